/** Where an archive's files are: a folder or a bucket, behind one interface. Keys have `/` between their parts. */

export interface StoredObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Changes when the content does: the ETag, or time and size. */
  readonly tag: string;
}

export interface StorageReadOptions {
  /** First byte. */
  readonly start?: number;
  /** Exclusive. */
  readonly end?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Keys are the archive's own; whatever prefix the storage has is its own business. Every method throws SrgitError
 * SRGIT_STORAGE_READ or SRGIT_STORAGE_WRITE that names the key, and SRGIT_STORAGE_KEY for a key that would leave the storage.
 */
export interface Storage {
  /** For people, without secrets: `/backups/x`, `s3://bucket/prefix`. */
  readonly location: string;
  /** Objects whose key begins with `prefix`, sorted by key, page by page. */
  list(prefix: string, signal?: AbortSignal): AsyncIterable<StoredObject>;
  /** Names of the folders directly below `folder` (`''` or `a/b`), sorted: no look at what they hold. */
  listFolders(folder: string, signal?: AbortSignal): AsyncIterable<string>;
  /** Undefined where there is none. */
  stat(key: string, signal?: AbortSignal): Promise<StoredObject | undefined>;
  /** In pieces of at most some MiB; goes on after a cut connection at the byte where it was cut. The pieces are the receiver's. */
  read(key: string, options?: StorageReadOptions): AsyncIterable<Buffer>;
  /** The whole of a small object. @throws SRGIT_STORAGE_READ when it has more than `limit` bytes */
  readAll(key: string, limit: number, signal?: AbortSignal): Promise<Buffer>;
  /** Whole or not at all: a reader never sees a part. Big ones are sent in parts as they come. */
  write(key: string, content: AsyncIterable<Buffer> | Buffer, signal?: AbortSignal): Promise<StoredObject>;
  /** Begins an object of which the first `headBytes` are known last. Not every storage can. */
  writeLate?(key: string, headBytes: number): Promise<LateHead>;
  delete(key: string, signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** An object whose rest is written before its head. No reader sees anything of it before `commit`. */
export interface LateHead {
  /** Behind what was added before, one call at a time; when it resolves, the bytes are the caller's again. */
  add(bytes: Buffer): Promise<void>;
  /** What was added, in order; a piece holds until the next one is asked for. */
  read(): AsyncIterable<Buffer>;
  /** @param head as long as was said at the beginning */
  commit(head: Buffer, signal?: AbortSignal): Promise<StoredObject>;
  /** Leaves nothing of it; does nothing after `commit`. */
  discard(): Promise<void>;
}
