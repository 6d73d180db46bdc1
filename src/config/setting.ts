/** How single settings are read. */
import { readFileSync } from 'node:fs';
import { SrgitError } from '../errors.ts';
import { type Refuse, stopAtFirst } from './refuse.ts';

/** Folder of the tree where nothing says otherwise. */
export const DEFAULT_TREE = 'schemas';

/** A text file that the configuration names. */
export function readText(
  file: string,
  code: 'SRGIT_CONFIG_INVALID' | 'SRGIT_CONFIG_MISSING',
  refuse: Refuse = stopAtFirst,
  path: readonly string[] = [],
): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'cannot be read';
    const hint = 'Check the path and its permissions.';
    refuse(new SrgitError(code, `${file} cannot be read: ${reason}`, { hint, cause: error }), path);
    return '';
  }
}

/** A setting that may be one value or a list of them. */
export function list(value: string | readonly string[] | undefined): readonly string[] | undefined {
  return typeof value === 'string' ? [value] : value;
}

/** An empty variable is one that is not set: CI systems pass secrets that do not exist so. */
export function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
