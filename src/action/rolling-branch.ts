/** The branch of the one pull request that exports keep up to date: each export makes it anew on top of its base. */
import { SrgitError } from '../errors.ts';
import { GitCommand, type GitOptions } from '../git/git-command.ts';
import { GitRepository } from '../git/repository.ts';

export interface RollingBranch {
  readonly name: string;
  /** Branch that it is made from, and that the pull request is for. */
  readonly base: string;
  /** Puts the checked-out commit on the remote. @returns false when the remote had just that. */
  publish(): Promise<boolean>;
  /** Checks the base out again. */
  leave(): Promise<void>;
}

/** A manifest says when it was written: that alone is no news. */
const TIME_OF_EXPORT = '^  "backup_timestamp": ';

/**
 * Checks the branch out, as a new one on top of what is checked out now.
 *
 * @throws SrgitError SRGIT_USAGE where no branch is checked out, or the name is none.
 */
export async function beginRollingBranch(
  folder: string,
  name: string,
  remote: string,
  options: GitOptions,
): Promise<RollingBranch> {
  const repository = await GitRepository.open(folder, options);
  const base = await repository.currentBranch();
  if (base === undefined) {
    throw new SrgitError('SRGIT_USAGE', 'no branch is checked out, so there is nothing to open a pull request for', {
      hint: 'Check a branch out: actions/checkout with ref.',
    });
  }
  const git = new GitCommand(repository.root, options);
  if (
    name === base ||
    name.startsWith('-') ||
    (await git.ask('check-ref-format', `refs/heads/${name}`)) === undefined
  ) {
    throw new SrgitError('SRGIT_USAGE', `${JSON.stringify(name)} cannot be the branch of the pull request`, {
      hint: 'Choose another pull-request-branch, which is not the one that is checked out.',
    });
  }
  const start = await repository.resolveRef('HEAD');
  await git.runUnlocked(10, 'switch', '--quiet', '--no-track', '--force-create', name);
  return {
    name,
    base,
    async publish() {
      const theirs = `refs/remotes/${remote}/${name}`;
      // With a depth, a clone of everything would lose its history.
      const isShallow = (await git.ask('rev-parse', '--is-shallow-repository')) === 'true';
      const depth = isShallow ? ['--depth=2'] : [];
      await git.ask('fetch', '--quiet', ...depth, remote, `+refs/heads/${name}:${theirs}`);
      const known = await git.ask('rev-parse', '--verify', '--quiet', theirs);
      // The same on the same base: another commit would tell everybody of nothing new.
      const isSame =
        known !== undefined &&
        (await git.ask('rev-parse', '--verify', '--quiet', `${theirs}^`)) === start &&
        (await git.ask('diff', '--numstat', '--no-ext-diff', '-I', TIME_OF_EXPORT, theirs, 'HEAD')) === '';
      if (isSame) {
        await git.run('reset', '--quiet', '--hard', theirs);
        return false;
      }
      // What somebody pushed since it was fetched is not overwritten.
      const lease = `--force-with-lease=refs/heads/${name}:${known ?? ''}`;
      await git.run('push', '--quiet', lease, remote, `HEAD:refs/heads/${name}`);
      return true;
    },
    async leave() {
      await git.runUnlocked(10, 'switch', '--quiet', base);
    },
  };
}
