/** Pushes the commits of a tree, and keeps at it when somebody else pushed in between. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSrgitError, SrgitError, throwIfAborted } from '../errors.ts';
import type { CommitOptions, GitRepository } from '../git/repository.ts';
import { joinIndexes } from '../tree/join-indexes.ts';
import { readTreeIndex, type TreeIndex } from '../tree/read-index.ts';

export interface PushTreeOptions {
  readonly repository: GitRepository;
  /** The tree's root. */
  readonly tree: string;
  /** The same, relative to the repository's root. */
  readonly path: string;
  readonly remote: string;
  readonly identity: CommitOptions;
  /**
   * Writes the snapshot into the tree again after a rebase: a merge of two exports is not a state that any registry
   * had. It is given what the tree and both sides of the rebase know.
   */
  readonly rewrite: (known: TreeIndex) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

export interface PushedTree {
  readonly remote: string;
  readonly branch: string;
  /** Times that somebody else was quicker. */
  readonly races: number;
}

const ATTEMPTS = 6;

/** @returns undefined when the remote has everything already. */
export async function pushTree(options: PushTreeOptions): Promise<PushedTree | undefined> {
  const { repository, remote } = options;
  const branch = await repository.currentBranch();
  if (branch === undefined) {
    throw new SrgitError('SRGIT_GIT_FAILED', 'no branch is checked out, so there is nothing to push to', {
      hint: 'Name one with --branch.',
    });
  }
  if (!(await repository.isAhead(remote, branch))) return undefined;
  for (let races = 0; ; races++) {
    throwIfAborted(options.signal);
    try {
      await repository.push(remote, branch);
      return { remote, branch, races };
    } catch (error) {
      if (!isSrgitError(error, 'SRGIT_GIT_PUSH_REJECTED') || !error.retriable || races + 1 >= ATTEMPTS) throw error;
    }
    await putOnTop(options, branch);
  }
}

async function putOnTop(
  { repository, tree, path, remote, identity, rewrite, signal }: PushTreeOptions,
  branch: string,
) {
  const ours = await readTreeIndex(tree, signal);
  const theirs = await repository.fetch(remote, branch);
  const known = [ours, await readIndexAt(repository, theirs, path, signal)];
  await repository.rebaseOnto(theirs, path);
  await rewrite(joinIndexes(await readTreeIndex(tree, signal), known));
  if (!(await repository.hasChanges(path))) return;
  // The last commit is the export's unless that became empty; then the correction is a commit of its own.
  if (await repository.isLastCommit(identity.message)) await repository.amendPath(path, identity);
  else await repository.commitPath(path, identity);
}

async function readIndexAt(
  repository: GitRepository,
  commit: string,
  path: string,
  signal: AbortSignal | undefined,
): Promise<TreeIndex> {
  const folder = mkdtempSync(join(tmpdir(), 'srgit-theirs-'));
  try {
    const root = join(folder, 'tree');
    if (await repository.hasPath(commit, path)) await repository.materialise(commit, path, root);
    return await readTreeIndex(root, signal);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
