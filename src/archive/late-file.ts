/** A file that is written from behind its head on, under a name that nobody looks for, until its head is known. */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SrgitError, throwIfAborted } from '../errors.ts';
import { CHUNK, syncFolder, writeWhole } from './file-bytes.ts';
import type { LateHead, StoredObject } from './storage.ts';
import { temporaryName } from './temporary-files.ts';

export interface LateFilePlace {
  /** In an existing folder. */
  readonly path: string;
  readonly headBytes: number;
  /** The file as it is when it is there. */
  readonly describe: () => Promise<StoredObject>;
  /** Makes of any error what is thrown. */
  readonly fail: (error: unknown) => Error;
}

export class LateFile implements LateHead {
  readonly #file: FileHandle;
  readonly #temporary: string;
  readonly #place: LateFilePlace;
  #end: number;
  #isOver = false;

  static async begin(place: LateFilePlace): Promise<LateFile> {
    const temporary = join(dirname(place.path), temporaryName());
    try {
      return new LateFile(await open(temporary, 'wx+', 0o666), temporary, place);
    } catch (error) {
      throw place.fail(error);
    }
  }

  private constructor(file: FileHandle, temporary: string, place: LateFilePlace) {
    this.#file = file;
    this.#temporary = temporary;
    this.#place = place;
    this.#end = place.headBytes;
  }

  async add(bytes: Buffer): Promise<void> {
    try {
      await writeWhole(this.#file, bytes, this.#end);
      this.#end += bytes.length;
    } catch (error) {
      throw this.#place.fail(error);
    }
  }

  async *read(): AsyncGenerator<Buffer> {
    const room = Buffer.allocUnsafeSlow(Math.min(CHUNK, this.#end - this.#place.headBytes));
    for (let at = this.#place.headBytes; at < this.#end; ) {
      let bytesRead = 0;
      try {
        ({ bytesRead } = await this.#file.read(room, 0, Math.min(room.length, this.#end - at), at));
        if (bytesRead === 0) throw new Error('it ends too early');
      } catch (error) {
        throw this.#place.fail(error);
      }
      at += bytesRead;
      yield room.subarray(0, bytesRead);
    }
  }

  async commit(head: Buffer, signal?: AbortSignal): Promise<StoredObject> {
    throwIfAborted(signal);
    if (head.length !== this.#place.headBytes) {
      throw new SrgitError(
        'SRGIT_INTERNAL',
        `a head of ${head.length} bytes was given where ${this.#place.headBytes} are kept`,
      );
    }
    try {
      await writeWhole(this.#file, head, 0);
      await this.#file.sync();
      await this.#file.close();
      await rename(this.#temporary, this.#place.path);
      this.#isOver = true;
      await syncFolder(dirname(this.#place.path));
      return await this.#place.describe();
    } catch (error) {
      throw this.#place.fail(error);
    }
  }

  async discard(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#file.close().catch(() => undefined);
    await rm(this.#temporary, { force: true }).catch(() => undefined);
  }
}
