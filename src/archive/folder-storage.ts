/**
 * A folder as a storage. What is written appears whole, by a rename, and is on the disk before it appears. Links that lead
 * out of the folder are not followed.
 */
import type { Dirent } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, realpath, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { SrgitError, throwIfAborted } from '../errors.ts';
import { CHUNK, codeOf, readChunk } from './file-bytes.ts';
import { LateFile } from './late-file.ts';
import type { LateHead, Storage, StorageReadOptions, StoredObject } from './storage.ts';
import { checkKey, checkPrefix } from './storage-key.ts';
import { isTemporaryName, Leftovers } from './temporary-files.ts';

const NO_HEAD = Buffer.alloc(0);

export class FolderStorage implements Storage {
  readonly location: string;
  /** Without links; undefined as long as the folder does not exist. */
  private root: string | undefined;
  private readonly leftovers = new Leftovers();

  constructor(path: string) {
    this.location = resolve(path);
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<StoredObject> {
    checkPrefix(prefix, this.location);
    const cut = prefix.lastIndexOf('/');
    yield* this.walk(cut < 0 ? '' : prefix.slice(0, cut), prefix, signal);
  }

  async *listFolders(folder: string, signal?: AbortSignal): AsyncGenerator<string> {
    checkPrefix(folder, this.location);
    for (const entry of await this.entries(folder)) {
      throwIfAborted(signal);
      if (entry.isDirectory()) yield entry.name;
    }
  }

  async stat(key: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
    throwIfAborted(signal);
    const path = await this.pathToRead(key);
    return path === undefined ? undefined : describe(key, path);
  }

  async *read(key: string, options: StorageReadOptions = {}): AsyncGenerator<Buffer> {
    const { start = 0, end = Number.POSITIVE_INFINITY, signal } = options;
    throwIfAborted(signal);
    const file = await this.open(key);
    let ahead: Promise<Buffer> | undefined;
    try {
      const readAt = (at: number): Promise<Buffer> => {
        const promise = readChunk(file, at, Math.min(CHUNK, end - at));
        // Whoever stops reading meanwhile does not wait for it.
        promise.catch(() => undefined);
        return promise;
      };
      for (let at = start; at < end; ) {
        const chunk: Buffer = await (ahead ?? readAt(at));
        throwIfAborted(signal);
        at += chunk.length;
        if (chunk.length === 0) return;
        ahead = readAt(at);
        yield chunk;
      }
    } catch (error) {
      throw error instanceof SrgitError ? error : this.readError(key, error);
    } finally {
      await ahead?.catch(() => undefined);
      await file.close();
    }
  }

  async readAll(key: string, limit: number, signal?: AbortSignal): Promise<Buffer> {
    const found = await this.stat(key, signal);
    if (found !== undefined && found.size > limit) throw tooLarge(this.location, key, limit);
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of this.read(key, { signal })) {
      size += chunk.length;
      if (size > limit) throw tooLarge(this.location, key, limit);
      chunks.push(chunk);
    }
    return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size);
  }

  async write(key: string, content: AsyncIterable<Buffer> | Buffer, signal?: AbortSignal): Promise<StoredObject> {
    throwIfAborted(signal);
    const file = await this.begin(key, 0);
    try {
      for await (const chunk of Buffer.isBuffer(content) ? [content] : content) {
        throwIfAborted(signal);
        await file.add(chunk);
      }
      return await file.commit(NO_HEAD, signal);
    } catch (error) {
      throw error instanceof SrgitError ? error : this.writeError(key, error);
    } finally {
      await file.discard();
    }
  }

  async delete(key: string, signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    checkKey(key, this.location);
    const cut = key.lastIndexOf('/');
    // A link is removed itself, not what it leads to.
    const folder = cut < 0 ? await this.findRoot() : await this.pathToRead(key.slice(0, cut));
    if (folder === undefined) return;
    try {
      await unlink(join(folder, key.slice(cut + 1)));
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR') throw this.writeError(key, error);
    }
  }

  async close(): Promise<void> {}

  writeLate(key: string, headBytes: number): Promise<LateHead> {
    return this.begin(key, headBytes);
  }

  private async begin(key: string, headBytes: number): Promise<LateFile> {
    const path = await this.pathToWrite(key);
    const fail = (error: unknown): SrgitError => (error instanceof SrgitError ? error : this.writeError(key, error));
    await this.leftovers.sweep(dirname(path));
    const described = async (): Promise<StoredObject> => (await describe(key, path)) ?? { key, size: 0, tag: '' };
    return LateFile.begin({ path, headBytes, describe: described, fail });
  }

  private async *walk(folder: string, prefix: string, signal: AbortSignal | undefined): AsyncGenerator<StoredObject> {
    for (const entry of await this.entries(folder)) {
      throwIfAborted(signal);
      const key = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        const inside = `${key}/`;
        if (inside.startsWith(prefix) || prefix.startsWith(inside)) yield* this.walk(key, prefix, signal);
        continue;
      }
      if (!key.startsWith(prefix) || isTemporaryName(entry.name)) continue;
      const object = await this.statListed(key, entry);
      if (object !== undefined) yield object;
    }
  }

  /** A link counts as what it leads to when that is a file in the storage. */
  private async statListed(key: string, entry: Dirent): Promise<StoredObject | undefined> {
    if (entry.isFile()) return describe(key, join(this.location, key));
    if (!entry.isSymbolicLink()) return undefined;
    try {
      const path = await this.pathToRead(key);
      return path === undefined ? undefined : await describe(key, path);
    } catch {
      return undefined;
    }
  }

  /** One folder at a time is held. Sorted as whole keys sort: `a-b` before what is in `a`. */
  private async entries(folder: string): Promise<Dirent[]> {
    try {
      const root = await this.findRoot();
      if (root === undefined) return [];
      if (folder !== '') {
        const path = await this.pathToRead(folder);
        if (path === undefined) return [];
      }
      const entries = await readdir(join(this.location, folder), { withFileTypes: true });
      return entries
        .map((entry) => ({ entry, sortKey: entry.isDirectory() ? `${entry.name}/` : entry.name }))
        .sort((a, b) => (a.sortKey < b.sortKey ? -1 : 1))
        .map(({ entry }) => entry);
    } catch (error) {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return [];
      throw error instanceof SrgitError ? error : this.readError(folder, error);
    }
  }

  private async open(key: string): Promise<FileHandle> {
    const path = await this.pathToRead(key);
    if (path === undefined) throw this.readError(key, undefined);
    try {
      return await open(path, 'r');
    } catch (error) {
      throw this.readError(key, error);
    }
  }

  /** The file's own path, every link resolved; undefined where there is nothing. */
  private async pathToRead(key: string): Promise<string | undefined> {
    checkKey(key, this.location);
    const root = await this.findRoot();
    if (root === undefined) return undefined;
    let path: string;
    try {
      path = await realpath(join(root, key));
    } catch (error) {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
      throw this.readError(key, error);
    }
    if (!isInside(path, root)) throw this.leadsOut(key);
    return path;
  }

  /** Makes the folders that are missing. A link in the file's own place is replaced, not followed. */
  private async pathToWrite(key: string): Promise<string> {
    checkKey(key, this.location);
    try {
      await mkdir(this.location, { recursive: true });
      const root = await this.findRoot();
      if (root === undefined) throw new Error('the folder is gone');
      let folder = root;
      const parts = key.split('/');
      for (const part of parts.slice(0, -1)) {
        const below = join(folder, part);
        await mkdir(below).catch((error: unknown) => {
          if (codeOf(error) !== 'EEXIST') throw error;
        });
        folder = (await lstat(below)).isSymbolicLink() ? await realpath(below) : below;
        if (!isInside(folder, root)) throw this.leadsOut(key);
      }
      return join(folder, parts.at(-1) ?? '');
    } catch (error) {
      throw error instanceof SrgitError ? error : this.writeError(key, error);
    }
  }

  private async findRoot(): Promise<string | undefined> {
    if (this.root !== undefined) return this.root;
    try {
      this.root = await realpath(this.location);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR') throw this.readError('', error);
    }
    return this.root;
  }

  private leadsOut(key: string): SrgitError {
    return new SrgitError('SRGIT_STORAGE_KEY', `${key} in ${this.location} is a link that leads out of it`, {
      hint: 'Put the file itself there, or open the folder that the link leads to.',
    });
  }

  private readError(key: string, cause: unknown): SrgitError {
    const place = key === '' ? this.location : `${this.location}/${key}`;
    return new SrgitError('SRGIT_STORAGE_READ', `cannot read ${place}: ${reasonOf(cause)}`, {
      hint: READ_HINTS[codeOf(cause)] ?? 'Look at the path, the permissions and the disk.',
      details: { key },
      cause,
    });
  }

  private writeError(key: string, cause: unknown): SrgitError {
    return new SrgitError('SRGIT_STORAGE_WRITE', `cannot write ${this.location}/${key}: ${reasonOf(cause)}`, {
      hint: WRITE_HINTS[codeOf(cause)] ?? 'Look at the path, the permissions and the disk.',
      details: { key },
      cause,
    });
  }
}

/** @throws SrgitError for an object that is read whole and has more than its limit */
export function tooLarge(location: string, key: string, limit: number): SrgitError {
  return new SrgitError('SRGIT_STORAGE_READ', `${location}/${key} has more than the ${limit} bytes it may have`, {
    hint: 'This is not the file it is taken for, or it is damaged.',
    details: { key },
  });
}

const READ_HINTS: Readonly<Record<string, string>> = {
  '': 'It is not there: look at the path, and whether the copy of the archive is complete.',
  EACCES: 'Give the user that runs srgit the right to read it.',
  EIO: 'The disk reports an error: take another copy of the archive.',
};

const WRITE_HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full: make room, or write to another place.',
  EDQUOT: 'The quota is used up: make room, or write to another place.',
  EACCES: 'Give the user that runs srgit the right to write there.',
  EROFS: 'The file system is mounted read-only.',
  EEXIST: 'A file is where a folder has to be.',
  ENOTDIR: 'A file is where a folder has to be.',
};

async function describe(key: string, path: string): Promise<StoredObject | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  return { key, size: Number(found.size), tag: `${found.mtimeNs}-${found.size}-${found.ino}` };
}

function isInside(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

function reasonOf(error: unknown): string {
  if (error === undefined) return 'there is no such file';
  return error instanceof Error ? error.message : String(error);
}
