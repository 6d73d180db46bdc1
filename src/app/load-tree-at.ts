/** A tree as it is now, or as it was in a commit. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRepositoryOf } from '../git/open-repository.ts';
import { type LoadedTree, loadTree } from '../tree/load-tree.ts';

export interface TreeAt {
  readonly tree: LoadedTree;
  /** Full hash; absent for the work tree. */
  readonly commit?: string;
}

/**
 * @param ref branch, tag or commit; undefined: the work tree.
 * @throws SrgitError of the tree, and of git for an unknown ref or a folder that is in no repository.
 */
export async function loadTreeAt(
  folder: string,
  ref: string | undefined,
  options: { readonly env: NodeJS.ProcessEnv; readonly signal?: AbortSignal | undefined },
): Promise<TreeAt> {
  if (ref === undefined) return { tree: await loadTree(folder, options.signal) };
  const repository = await openRepositoryOf(folder, options);
  const commit = await repository.resolveRef(ref);
  const scratch = mkdtempSync(join(tmpdir(), 'srgit-ref-'));
  try {
    const target = join(scratch, 'tree');
    await repository.materialise(commit, repository.pathInside(folder), target);
    return { tree: await loadTree(target, options.signal), commit };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
