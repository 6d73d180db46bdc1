/** Paths and queries as registries read them. */
import { SrgitError } from '../errors.ts';
import type { Query } from './types.ts';

/**
 * Percent-encodes one path segment, a subject name as a rule: `/`, `:` and `+` too, since servers take `/` for a
 * separator and Karapace reads `+` as a space. A segment `.` or `..` would be taken for a step in the path.
 */
export function encodeSegment(name: string): string {
  if (name === '.') return '%2E';
  if (name === '..') return '%2E%2E';
  if (!name.isWellFormed()) {
    throw new SrgitError(
      'SRGIT_SNAPSHOT_UNREPRESENTABLE',
      `the name ${JSON.stringify(name)} holds half a surrogate pair and cannot be put in a URL`,
      { hint: 'Rename or delete the subject in the registry: no HTTP client can address it.' },
    );
  }
  return encodeURIComponent(name);
}

/** The path with its query string; undefined values are left out. */
export function buildTarget(path: string, query: Query | undefined): string {
  if (query === undefined) return path;
  let target = path;
  let separator = path.includes('?') ? '&' : '?';
  for (const name of Object.keys(query)) {
    const value = query[name];
    if (value === undefined) continue;
    target += `${separator}${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
    separator = '&';
  }
  return target;
}
