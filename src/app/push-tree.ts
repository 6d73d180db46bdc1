/** Pushes the commits of a tree, and keeps at it when somebody else pushed in between. */
import { isSrgitError, SrgitError, throwIfAborted } from '../errors.ts';
import type { CommitOptions, GitRepository } from '../git/repository.ts';

export interface PushTreeOptions {
  readonly repository: GitRepository;
  /** The tree, relative to the repository's root. */
  readonly path: string;
  readonly remote: string;
  readonly identity: CommitOptions;
  /** Writes the tree again after a rebase: a merge of two exports is not a state that any registry had. */
  readonly rewrite: () => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

const ATTEMPTS = 6;

/** @returns undefined when the remote has everything already. */
export async function pushTree(
  options: PushTreeOptions,
): Promise<{ remote: string; branch: string; races: number } | undefined> {
  const { repository, path, remote, identity } = options;
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
    await repository.rebaseOnto(remote, branch);
    await options.rewrite();
    if (!(await repository.hasChanges(path))) continue;
    // The rebased commit is ours unless it became empty; then the correction is a commit of its own.
    if (await repository.isAhead(remote, branch)) await repository.amendPath(path, identity);
    else await repository.commitPath(path, identity);
  }
}
