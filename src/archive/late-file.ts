/** A file that is written from behind its head on, under a name that nobody looks for, until its head is known. */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { throwIfAborted } from '../errors.ts';
import { CHUNK, syncFolder, writeWhole } from './file-bytes.ts';
import type { LateHead, StoredObject } from './storage.ts';
import { temporaryName } from './temporary-files.ts';

export class LateFile implements LateHead {
  readonly #file: FileHandle;
  readonly #temporary: string;
  readonly #path: string;
  readonly #headBytes: number;
  readonly #describe: () => Promise<StoredObject>;
  readonly #fail: (error: unknown) => Error;
  #end: number;
  #isOver = false;

  /** Into an existing folder. @param fail makes of any error what is thrown */
  static async begin(
    path: string,
    headBytes: number,
    describe: () => Promise<StoredObject>,
    fail: (error: unknown) => Error,
  ): Promise<LateFile> {
    const temporary = join(dirname(path), temporaryName());
    return new LateFile(await open(temporary, 'wx+', 0o666), temporary, path, headBytes, describe, fail);
  }

  private constructor(
    file: FileHandle,
    temporary: string,
    path: string,
    headBytes: number,
    describe: () => Promise<StoredObject>,
    fail: (error: unknown) => Error,
  ) {
    this.#file = file;
    this.#temporary = temporary;
    this.#path = path;
    this.#headBytes = headBytes;
    this.#end = headBytes;
    this.#describe = describe;
    this.#fail = fail;
  }

  async add(bytes: Buffer): Promise<void> {
    try {
      await writeWhole(this.#file, bytes, this.#end);
      this.#end += bytes.length;
    } catch (error) {
      throw this.#fail(error);
    }
  }

  async *read(): AsyncGenerator<Buffer> {
    const room = Buffer.allocUnsafeSlow(Math.min(CHUNK, this.#end - this.#headBytes));
    for (let at = this.#headBytes; at < this.#end; ) {
      let bytesRead = 0;
      try {
        ({ bytesRead } = await this.#file.read(room, 0, Math.min(room.length, this.#end - at), at));
        if (bytesRead === 0) throw new Error('it ends too early');
      } catch (error) {
        throw this.#fail(error);
      }
      at += bytesRead;
      yield room.subarray(0, bytesRead);
    }
  }

  async commit(head: Buffer, signal?: AbortSignal): Promise<StoredObject> {
    throwIfAborted(signal);
    try {
      await writeWhole(this.#file, head, 0);
      await this.#file.sync();
      await this.#file.close();
      await rename(this.#temporary, this.#path);
      this.#isOver = true;
      await syncFolder(dirname(this.#path));
      return await this.#describe();
    } catch (error) {
      throw this.#fail(error);
    }
  }

  async discard(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#file.close().catch(() => undefined);
    await rm(this.#temporary, { force: true }).catch(() => undefined);
  }
}
