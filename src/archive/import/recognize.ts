/** Which tool a backup is of, told by what is there. */
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseCcloudName } from './ccloud.ts';
import { looksLikeState } from './gitops.ts';
import { parseSchemaPath } from './schema-files.ts';
import { unreadable } from './walk-folder.ts';

export const SOURCE_KINDS = [
  'ccloud-exporter',
  'gitops',
  'karapace',
  'apicurio',
  'console',
  'kcat',
  'files',
  'tree',
] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];

export interface Recognized {
  readonly kind: SourceKind;
  /** What is to be read: of Karapace's third format the `.metadata` file in the folder. */
  readonly path: string;
}

const HEAD_BYTES = 64 * 1024;
/** Files of a folder that are looked at. */
const SAMPLE = 2000;

/** Undefined where nothing tells. @throws SrgitError SRGIT_ARCHIVE_MISSING */
export function recognizeSource(path: string): Recognized | undefined {
  const kind = isFolder(path) ? recognizeFolder(path) : recognizeFile(path);
  return typeof kind === 'string' ? { kind, path } : kind;
}

/** A kind that was named, with the file that is meant. @throws SrgitError SRGIT_ARCHIVE_MISSING */
export function placeOfKind(kind: SourceKind, path: string): Recognized {
  const metadata = kind === 'karapace' && isFolder(path) ? metadataIn(path) : undefined;
  return { kind, path: metadata ?? path };
}

function recognizeFolder(folder: string): SourceKind | Recognized | undefined {
  const names = list(folder);
  if (names.includes('_schemas.json') || isManifest(join(folder, 'manifest.json'))) return 'tree';
  const metadata = metadataIn(folder);
  if (metadata !== undefined) return { kind: 'karapace', path: metadata };
  const plain = names.filter((name) => !name.startsWith('.') || parseCcloudName(name) !== undefined);
  const ours = plain.filter((name) => parseCcloudName(name) !== undefined).length;
  // A stray file, as a listing made later, does not make it another tool's.
  if (ours > 0 && ours * 2 > plain.length) return 'ccloud-exporter';
  const all = walk(folder);
  const states = all.filter((name) => /\.ya?ml$/i.test(name) && looksLikeState(head(join(folder, name))));
  if (states.some((name) => /^subjects\s*:/m.test(head(join(folder, name))))) return 'gitops';
  return all.some((name) => parseSchemaPath(name) !== undefined) ? 'files' : undefined;
}

function recognizeFile(file: string): SourceKind | undefined {
  const text = head(file);
  if (text.startsWith('PK\u0003\u0004') || text.startsWith('PK\u0005\u0006')) return 'apicurio';
  if (text.startsWith('/V2\n') || text.startsWith('/V3\n') || /^\s*\[\s*\[/.test(text)) return 'karapace';
  if (/\.ya?ml$/i.test(file) && looksLikeState(text)) return 'gitops';
  const [line = ''] = text.split('\n', 1);
  if (/^\s*\{/.test(line) && line.includes('"topic"') && line.includes('"payload"')) return 'kcat';
  return text.includes('"keytype"') ? 'console' : undefined;
}

function isManifest(file: string): boolean {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof value === 'object' && value !== null && 'format' in value && 'subjects' in value;
  } catch {
    return false;
  }
}

function metadataIn(folder: string): string | undefined {
  const name = list(folder).find(
    (entry) => entry.endsWith('.metadata') && head(join(folder, entry)).startsWith('/V3\n'),
  );
  return name === undefined ? undefined : join(folder, name);
}

function list(folder: string): readonly string[] {
  return listEntries(folder)
    .map(({ name }) => name)
    .sort();
}

function listEntries(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    throw unreadable(folder, cause);
  }
}

/** Names of files below, as many as tell. */
function walk(folder: string): readonly string[] {
  const found: string[] = [];
  const open = [''];
  for (let below = open.pop(); below !== undefined && found.length < SAMPLE; below = open.pop()) {
    for (const entry of listEntries(join(folder, below))) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) open.push(path);
      else if (entry.isFile()) found.push(path);
    }
  }
  return found;
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** Bytes as characters. */
function head(file: string): string {
  try {
    const handle = openSync(file, 'r');
    try {
      const bytes = Buffer.alloc(HEAD_BYTES);
      return bytes.toString('latin1', 0, readSync(handle, bytes));
    } finally {
      closeSync(handle);
    }
  } catch (cause) {
    throw unreadable(file, cause);
  }
}
