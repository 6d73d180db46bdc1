/**
 * Folder names for subjects and contexts (rule 6 of the tree): safe on every file system, reversible unless cut, and
 * unable to leave the tree. `metadata.json` holds the true name; a folder name is only ever a hint.
 */
import { createHash } from 'node:crypto';

/** Longest folder name written, in bytes (= characters: the result is ASCII). */
export const MAX_FOLDER_NAME = 180;

/** Names that Windows reserves, with or without an extension. */
const DEVICE_NAME = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?$/i;

/** What stands for the empty name; `~` is never produced by encoding, so nothing else can be called so. */
const EMPTY_NAME = '~empty';

/**
 * Percent-encodes a name (UTF-8) outside `A-Z a-z 0-9 . _ -`, a leading and a trailing dot, and the first letter of a
 * Windows device name; cuts what is longer than 180 bytes and appends `~` and a hash of the true name.
 */
export function encodeFolderName(name: string, options: { readonly encodeUpperCase?: boolean } = {}): string {
  if (name === '') return EMPTY_NAME;
  const letters = options.encodeUpperCase ? /[^a-z0-9._-]/g : /[^A-Za-z0-9._-]/g;
  let encoded = name
    .toWellFormed()
    .replace(/[^\x20-\x7e]+|[\x20-\x7e]/g, (part) =>
      part.length === 1 && part.charCodeAt(0) < 0x7f && !part.match(letters) ? part : percentEncode(part),
    );
  if (encoded.startsWith('.')) encoded = `%2E${encoded.slice(1)}`;
  if (encoded.endsWith('.')) encoded = `${encoded.slice(0, -1)}%2E`;
  if (DEVICE_NAME.test(encoded)) encoded = percentEncode(encoded.slice(0, 1)) + encoded.slice(1);
  if (encoded.length <= MAX_FOLDER_NAME) return encoded;
  const hash = createHash('sha256').update(name, 'utf8').digest('hex').slice(0, 16);
  const room = MAX_FOLDER_NAME - hash.length - 1;
  return `${encoded.slice(0, room).replace(/%[0-9A-F]?$/, '')}~${hash}`;
}

/**
 * The name a folder stands for, for subjects added by hand; undefined when the name was cut or is not one that
 * `encodeFolderName` gives.
 */
export function decodeFolderName(folder: string): string | undefined {
  if (folder === EMPTY_NAME) return '';
  if (folder.includes('~')) return undefined;
  try {
    return decodeURIComponent(folder);
  } catch {
    return undefined;
  }
}

/**
 * Folder names for a set of names. Names that fold to the same lower-case text (`Orders`, `orders`) would be one
 * folder on macOS and Windows: there the upper-case letters are encoded too.
 */
export function assignFolderNames(names: Iterable<string>): Map<string, string> {
  const folders = new Map<string, string>();
  const byFold = new Map<string, string[]>();
  for (const name of names) {
    const folder = encodeFolderName(name);
    folders.set(name, folder);
    const fold = folder.toLowerCase();
    const same = byFold.get(fold);
    if (same) same.push(name);
    else byFold.set(fold, [name]);
  }
  for (const same of byFold.values()) {
    if (same.length > 1) for (const name of same) folders.set(name, encodeFolderName(name, { encodeUpperCase: true }));
  }
  return folders;
}

function percentEncode(text: string): string {
  let out = '';
  for (const byte of Buffer.from(text, 'utf8')) out += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return out;
}
