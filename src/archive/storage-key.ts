/** What a key may be, in every storage alike: an archive that is copied from a bucket into a folder keeps its keys. */
import { SrgitError } from '../errors.ts';

/** @throws SrgitError SRGIT_STORAGE_KEY for a key that would leave the storage, or that no folder could hold */
export function checkKey(key: string, location: string): void {
  const reason = whyNoKey(key);
  if (reason === undefined) return;
  throw new SrgitError(
    'SRGIT_STORAGE_KEY',
    `${JSON.stringify(key.slice(0, 300))} is no key in ${location}: ${reason}`,
    {
      hint: 'A key that an archive names must stay inside the archive; do not use one from a source you do not trust.',
    },
  );
}

/** As `checkKey`, for the beginning of keys: the last part may be missing or half. */
export function checkPrefix(prefix: string, location: string): void {
  if (prefix !== '') checkKey(prefix.endsWith('/') ? prefix.slice(0, -1) : prefix, location);
}

function whyNoKey(key: string): string | undefined {
  if (key === '') return 'it is empty';
  if (Buffer.byteLength(key) > 1024) return 'it has more than 1024 bytes';
  if (hasControlOrBackslash(key)) return 'it holds a control character or a backslash';
  if (!key.isWellFormed()) return 'it is no Unicode text';
  for (const part of key.split('/')) {
    if (part === '') return 'a part of it is empty';
    if (part === '.' || part === '..') return `it holds ${part}`;
    if (Buffer.byteLength(part) > 255) return 'a part of it has more than 255 bytes';
  }
  return undefined;
}

function hasControlOrBackslash(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f || code === 0x5c) return true;
  }
  return false;
}
