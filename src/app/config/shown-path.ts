import { relative } from 'node:path';

/** A file as a person in that folder would name it. */
export function shownPath(file: string, cwd: string): string {
  const path = relative(cwd, file);
  return path.startsWith('..') ? file : path;
}
