/** Looks at the places a write is about to change, before it changes any. */
import { lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SrgitError } from '../errors.ts';
import { isMissing } from './missing-file.ts';

export interface Places {
  readonly writes: readonly string[];
  readonly moves: readonly { readonly from: string; readonly to: string }[];
  readonly removals: readonly string[];
}

/**
 * No folder on the way may be a symbolic link: a repository could lead a write out of the tree with one. What is no
 * folder where one is needed is found here too, while the tree is still whole.
 *
 * @throws SrgitError SRGIT_TREE_WRITE
 */
export function checkPlaces(root: string, { writes, moves, removals }: Places): void {
  const gone = new Set(removals);
  const checked = new Set<string>(['.']);
  const checkFolder = (folder: string): void => {
    if (checked.has(folder)) return;
    checkFolder(dirname(folder));
    checked.add(folder);
    const found = look(root, folder);
    if (found === 'link') throw wrongPlace(root, folder, 'a symbolic link stands where a folder is needed');
    if (found === 'file' && !gone.has(folder)) throw wrongPlace(root, folder, 'a file stands where a folder is needed');
  };
  for (const path of [...removals, ...moves.map((move) => move.from)]) checkFolder(dirname(path));
  for (const path of [...writes, ...moves.map((move) => move.to)]) {
    checkFolder(dirname(path));
    // A link in a file's place is itself replaced, not followed.
    if (look(root, path) === 'folder') throw wrongPlace(root, path, 'a folder stands where a file is needed');
  }
}

function look(root: string, path: string): 'folder' | 'file' | 'link' | undefined {
  try {
    const stats = lstatSync(join(root, path));
    return stats.isSymbolicLink() ? 'link' : stats.isDirectory() ? 'folder' : 'file';
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function wrongPlace(root: string, path: string, reason: string): SrgitError {
  const file = join(root, path);
  return new SrgitError('SRGIT_TREE_WRITE', `cannot write ${file}: ${reason}`, {
    hint: 'Move it away and run the export again. Nothing was changed now.',
    details: { file },
  });
}
