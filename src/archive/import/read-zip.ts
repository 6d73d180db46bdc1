/** Entries of a ZIP file that comes from elsewhere, in memory and nowhere else: whole, checked, and within bounds. */
import { closeSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { SrgitError, throwIfAborted } from '../../errors.ts';
import { MAX_SOURCE_BYTES, MAX_TEXT_BYTES, unreadable } from './walk-folder.ts';

export interface ReadZipEntry {
  readonly path: string;
  readonly bytes: Buffer;
}

export interface ReadZipOptions {
  /** Which entries are unpacked. */
  readonly wants: (path: string) => boolean;
  /** Bytes of all of them together, and of one. */
  readonly maxTotal?: number;
  readonly maxEntry?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onEntry?: ((done: number, total: number) => void) | undefined;
}

/** A name for each is held by whoever lists an archive. */
const MAX_ENTRIES = 2_000_000;

/**
 * In the order of the archive's directory. What an entry says of its size is not believed: it is counted while it unpacks.
 *
 * @throws SrgitError SRGIT_ARCHIVE_MISSING, SRGIT_ARCHIVE_INVALID
 */
export async function* readZip(file: string, options: ReadZipOptions): AsyncGenerator<ReadZipEntry> {
  const { wants, maxTotal = MAX_SOURCE_BYTES, maxEntry = MAX_TEXT_BYTES, signal, onEntry } = options;
  requireReadable(file);
  let zip: ZipFile | undefined;
  const seen = new Set<string>();
  let total = 0;
  let done = 0;
  try {
    zip = await openPromise(file);
    if (zip.entryCount > MAX_ENTRIES) throw invalid(file, `has ${zip.entryCount} entries`);
    for await (const entry of zip.eachEntry()) {
      throwIfAborted(signal);
      onEntry?.(++done, zip.entryCount);
      const { fileName: path } = entry;
      if (path.endsWith('/') || !wants(path)) continue;
      if (seen.has(path)) throw invalid(file, `has two entries ${show(path)}`);
      seen.add(path);
      const bytes = await unpack(zip, entry, { file, most: Math.min(maxEntry, maxTotal - total), signal });
      total += bytes.length;
      yield { path, bytes };
    }
  } catch (cause) {
    throwIfAborted(signal);
    if (cause instanceof SrgitError) throw cause;
    throw invalid(file, `is no sound ZIP file: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  } finally {
    zip?.close();
  }
}

async function unpack(
  zip: ZipFile,
  entry: Entry,
  { file, most, signal }: { readonly file: string; readonly most: number; readonly signal: AbortSignal | undefined },
): Promise<Buffer> {
  const tooLarge = () => invalid(file, `unpacks to more than srgit takes, at entry ${show(entry.fileName)}`);
  if (entry.isEncrypted()) throw invalid(file, `has an encrypted entry ${show(entry.fileName)}`);
  if (entry.uncompressedSize > most) throw tooLarge();
  const stream = await zip.openReadStreamPromise(entry);
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of stream as AsyncIterable<Buffer>) {
    throwIfAborted(signal);
    length += part.length;
    if (length > most) throw tooLarge();
    parts.push(part);
  }
  const bytes = Buffer.concat(parts, length);
  // The library compares sizes only.
  if (crc32(bytes) !== entry.crc32)
    throw invalid(file, `is damaged: entry ${show(entry.fileName)} has another checksum`);
  return bytes;
}

/** Told apart from a file that is no archive. */
function requireReadable(file: string): void {
  try {
    const handle = openSync(file, 'r');
    try {
      readSync(handle, Buffer.alloc(1));
    } finally {
      closeSync(handle);
    }
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function show(path: string): string {
  return JSON.stringify(path.slice(0, 200));
}

function invalid(file: string, what: string, cause?: unknown): SrgitError {
  return new SrgitError('SRGIT_ARCHIVE_INVALID', `${file} ${what}`, {
    hint: 'Nothing was written. Export the archive again, or copy it once more.',
    cause,
  });
}
