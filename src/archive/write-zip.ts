/** A ZIP archive as one file: whole or not at all, the same bytes for the same entries, one entry in memory at a time. */
import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { isSrgitError, SrgitError, throwIfAborted } from '../errors.ts';

export interface ZipEntry {
  /** Relative, with `/`. */
  readonly path: string;
  /** Asked for when it is written. */
  readonly content: () => Uint8Array;
}

export interface ZipSize {
  readonly entries: number;
  /** Bytes of all entries, unpacked. */
  readonly unpacked: number;
  readonly largest: { readonly path: string; readonly bytes: number };
  /** Bytes of the file. */
  readonly bytes: number;
}

export interface WriteZipOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onEntry?: ((done: number) => void) | undefined;
}

/** The format's first moment: the epoch is moved to it, in every time zone alike. */
const FIXED = { mtime: new Date(0), forceDosTimestamp: true, mode: 0o100644 } as const;

/**
 * Writes in the order given. A file of that name is replaced when the new one is complete.
 *
 * @throws SrgitError SRGIT_STORAGE_WRITE, SRGIT_INTERRUPTED, and what a content throws.
 */
export async function writeZip(
  file: string,
  entries: Iterable<ZipEntry>,
  { signal, onEntry }: WriteZipOptions = {},
): Promise<ZipSize> {
  const draft = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`);
  try {
    const zip = new ZipFile();
    const size = addEntries(zip, entries, onEntry);
    await pipeline(zip.outputStream, createWriteStream(draft), signal === undefined ? {} : { signal });
    const bytes = await syncFile(draft);
    await rename(draft, file);
    return { ...size, bytes };
  } catch (error) {
    await rm(draft, { force: true });
    throwIfAborted(signal);
    throw isSrgitError(error) ? error : cannotWrite(file, error);
  }
}

interface Tally {
  entries: number;
  unpacked: number;
  largest: { readonly path: string; readonly bytes: number };
}

/** Names come to be known now, contents one after the other while the archive is read. */
function addEntries(zip: ZipFile, entries: Iterable<ZipEntry>, onEntry: WriteZipOptions['onEntry']): Tally {
  const tally: Tally = { entries: 0, unpacked: 0, largest: { path: '', bytes: 0 } };
  const output = zip.outputStream;
  // An error that comes when the writing has ended already has been told.
  output.on('error', () => undefined);
  zip.on('error', (error: Error) => {
    if (output instanceof Readable) output.destroy(error);
  });
  for (const { path, content } of entries) {
    zip.addReadStreamLazy(path, FIXED, (give) => {
      try {
        const bytes = content();
        tally.entries++;
        tally.unpacked += bytes.length;
        if (bytes.length > tally.largest.bytes) tally.largest = { path, bytes: bytes.length };
        onEntry?.(tally.entries);
        give(undefined, Readable.from([bytes]));
      } catch (error) {
        give(error, Readable.from([]));
      }
    });
  }
  zip.end();
  return tally;
}

/** On disk before it takes the place of another. @returns its size. */
async function syncFile(file: string): Promise<number> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}

function cannotWrite(file: string, cause: unknown): SrgitError {
  const reason = cause instanceof Error ? ('code' in cause ? String(cause.code) : cause.message) : String(cause);
  return new SrgitError('SRGIT_STORAGE_WRITE', `${file} cannot be written: ${reason}`, {
    hint: 'Check the folder, its permissions and the space on the disk; nothing was left behind.',
    cause,
  });
}
