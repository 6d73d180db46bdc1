/** `.srgit/`: what srgit keeps on this machine beside a tree: journals, and exports of what was replaced. Never in git. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { SrgitError } from '../../errors.ts';

export const STATE_FOLDER = '.srgit';

/** In the repository that the tree lies in, at its top; else beside the tree. Nothing is made. */
export function stateFolderOf(tree: string): string {
  const root = resolve(tree);
  for (let folder = root; ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return join(folder, STATE_FOLDER);
    if (dirname(folder) === folder) return join(dirname(root), STATE_FOLDER);
  }
}

/**
 * Makes a folder in `.srgit/`, readable by its owner alone: exports there hold what the registry calls sensitive.
 *
 * @throws SrgitError SRGIT_TREE_WRITE
 */
export function makeStateFolder(stateFolder: string, name: string): string {
  const folder = join(stateFolder, name);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const ignore = join(stateFolder, '.gitignore');
    if (!existsSync(ignore)) writeFileSync(ignore, '*\n');
    return folder;
  } catch (cause) {
    throw stateFailure(folder, cause);
  }
}

export function stateFailure(path: string, cause: unknown): SrgitError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  return new SrgitError('SRGIT_TREE_WRITE', `cannot write ${path}: ${reason}`, {
    hint: 'A restore keeps a journal there, without which it does not begin: give it room and permission to write.',
    cause,
    details: { file: path },
  });
}
