/** The plain files of a folder that comes from elsewhere: no link is followed, and no file is read that is beyond any schema. */
import { isUtf8 } from 'node:buffer';
import { readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { SrgitError, throwIfAborted } from '../../errors.ts';
import type { SourceNote } from './imported.ts';

export interface FoundFile {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  readonly file: string;
  readonly bytes: number;
}

export interface WalkedFolder {
  /** By path. */
  readonly files: readonly FoundFile[];
  readonly leftOut: readonly SourceNote[];
}

/** Beyond any schema that a registry takes. */
export const MAX_TEXT_BYTES = 64 * 1024 * 1024;
/** All texts of a source together: they are held in memory. */
export const MAX_SOURCE_BYTES = 1024 ** 3;
const MAX_FILES = 1_000_000;

/** Folders that hold other things than schemas. */
const FOREIGN: ReadonlySet<string> = new Set(['node_modules']);

export interface WalkOptions {
  /** Files whose names begin with a dot, too; never such folders. */
  readonly hidden?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** @throws SrgitError SRGIT_ARCHIVE_MISSING, SRGIT_ARCHIVE_INVALID where there is more than a registry can hold */
export function walkFolder(folder: string, { hidden = false, signal }: WalkOptions = {}): WalkedFolder {
  const files: FoundFile[] = [];
  const leftOut: SourceNote[] = [];
  const open = [''];
  let total = 0;
  for (let below = open.pop(); below !== undefined; below = open.pop()) {
    throwIfAborted(signal);
    for (const entry of listFolder(join(folder, below))) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      const isHidden = entry.name.startsWith('.') && (entry.isDirectory() || !hidden);
      if (isHidden || FOREIGN.has(entry.name)) continue;
      if (entry.isDirectory()) open.push(path);
      else if (!entry.isFile()) leftOut.push({ place: path, why: 'it is a link or no plain file' });
      else {
        const file = join(folder, path);
        const bytes = sizeOf(file);
        total += bytes;
        if (files.length >= MAX_FILES || total > MAX_SOURCE_BYTES) {
          throw new SrgitError(
            'SRGIT_ARCHIVE_INVALID',
            `${folder} has more than ${MAX_FILES} files or ${MAX_SOURCE_BYTES} bytes: it is no folder of schemas alone`,
            { hint: 'Name the folder that the schemas are in.' },
          );
        }
        files.push({ path, file, bytes });
      }
    }
  }
  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return { files: files.sort((a, b) => order(a.path, b.path)), leftOut };
}

export type ReadText = { readonly text: string } | { readonly why: string };

/** A whole file as text; `why` where it is none. @throws SrgitError SRGIT_ARCHIVE_MISSING where it cannot be read */
export async function readText(file: string, signal?: AbortSignal): Promise<ReadText> {
  const bytes = await readBytes(file, MAX_TEXT_BYTES, signal);
  if (bytes === undefined) return { why: `it has more than ${MAX_TEXT_BYTES} bytes: no registry takes such a schema` };
  return isUtf8(bytes) ? { text: bytes.toString('utf8') } : { why: 'it is no text in UTF-8' };
}

/** Undefined for a file that is larger. @throws SrgitError SRGIT_ARCHIVE_MISSING */
export async function readBytes(file: string, most: number, signal?: AbortSignal): Promise<Buffer | undefined> {
  if (sizeOf(file) > most) return undefined;
  try {
    return await readFile(file, signal === undefined ? {} : { signal });
  } catch (cause) {
    throwIfAborted(signal);
    throw unreadable(file, cause);
  }
}

function listFolder(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    throw unreadable(folder, cause);
  }
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

export function unreadable(file: string, cause: unknown): SrgitError {
  const reason = cause instanceof Error ? ('code' in cause ? String(cause.code) : cause.message) : String(cause);
  return new SrgitError('SRGIT_ARCHIVE_MISSING', `${file} cannot be read: ${reason}`, {
    hint: 'Check the path and its permissions.',
    cause,
  });
}

/** Below a folder, links resolved by the caller. */
export function isBelow(file: string, folder: string): boolean {
  return file === folder || file.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
