/** The git repository that a tree lies in: branches, commits of the tree alone, pushes, and past states. */
import { realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { SrgitError } from '../errors.ts';
import { GitCommand, type GitOptions } from './git-command.ts';

export interface CommitOptions {
  readonly message: string;
  /** Name and e-mail of author and committer; git's own configuration where absent. */
  readonly authorName?: string | undefined;
  readonly authorEmail?: string | undefined;
}

/** Seconds to wait for another git process to let go of the index. */
const LOCK_PATIENCE = 10;

/**
 * Files and folders of a tree look alike: a subject that is gone and one that is new pass for a renamed folder, and then
 * the other side's new versions of the first are put into the second. The strategy's option alone does not prevent that.
 */
const NO_RENAMES = ['-c', 'merge.renames=false', '-c', 'merge.directoryRenames=false', '-c', 'diff.renames=false'];

/** Changed entries from which an `add` writes a pack. */
const PACK_FROM = 200;

export class GitRepository {
  /** Real path of the work tree's top folder. */
  readonly root: string;
  readonly #options: GitOptions;
  readonly #git: GitCommand;

  private constructor(root: string, options: GitOptions) {
    this.root = root;
    this.#options = options;
    this.#git = new GitCommand(root, options);
  }

  /** The repository that `folder` (which must exist) lies in. @throws SrgitError SRGIT_GIT_NO_REPOSITORY */
  static async open(folder: string, options: GitOptions): Promise<GitRepository> {
    const root = await GitRepository.#findRoot(folder, options);
    if (root === undefined) {
      throw new SrgitError('SRGIT_GIT_NO_REPOSITORY', `${folder} is not in a git repository`, {
        hint: 'Run `git init` there first: commits, --ref and `srgit diff` need a repository.',
      });
    }
    return new GitRepository(root, options);
  }

  static async #findRoot(folder: string, options: GitOptions): Promise<string | undefined> {
    try {
      const root = await new GitCommand(folder, options).run('rev-parse', '--show-toplevel');
      return root === '' ? undefined : realpathSync(root);
    } catch (error) {
      // Not a repository is an answer; git missing or a foreign owner is not.
      if (error instanceof SrgitError && /not a git repository|must be run in a work tree/.test(causeText(error))) {
        return undefined;
      }
      throw error;
    }
  }

  /** `path` as git names it: relative to the root, with `/`. @throws SrgitError when it lies outside. */
  pathInside(path: string): string {
    const inside = relative(this.root, realPath(path));
    if (inside.startsWith('..') || resolve(this.root, inside) !== realPath(path)) {
      throw new SrgitError('SRGIT_GIT_NO_REPOSITORY', `${path} is not inside the repository ${this.root}`, {
        hint: 'Put the tree into the repository, or run the command in the repository that holds it.',
      });
    }
    return inside === '' ? '.' : inside.split(sep).join('/');
  }

  /** Name of the branch that is checked out; undefined when the head is detached. */
  async currentBranch(): Promise<string | undefined> {
    const name = await this.#git.ask('symbolic-ref', '--quiet', '--short', 'HEAD');
    return name === '' ? undefined : name;
  }

  /**
   * A commit would leave out what git ignores, without a word. The files are asked for by name, relative to the root,
   * and need not exist.
   *
   * @throws SrgitError SRGIT_GIT_FAILED naming the rule.
   */
  async refuseIgnored(...files: readonly string[]): Promise<void> {
    const answer = await this.#git.ask('check-ignore', '--no-index', '--verbose', '--', ...files);
    const [line] = answer?.split('\n') ?? [];
    if (line === undefined) return;
    const [rule = '', file = ''] = line.split('\t');
    throw new SrgitError('SRGIT_GIT_FAILED', `git ignores ${file}, so it would be missing from the commit`, {
      hint: `Take the rule out (${rule}) or put the tree into another folder.`,
      details: { file },
    });
  }

  /** A commit now would end a merge that a person has begun. @throws SrgitError SRGIT_GIT_BUSY */
  async refuseUnfinishedMerge(): Promise<void> {
    for (const head of ['MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REBASE_HEAD']) {
      if ((await this.#git.ask('rev-parse', '--verify', '--quiet', head)) === undefined) continue;
      throw new SrgitError('SRGIT_GIT_BUSY', 'a merge, rebase or cherry-pick is not finished in this repository', {
        hint: 'Finish or abort it, then run the command again.',
      });
    }
  }

  /** Whether the path differs from the last commit: changed, new or deleted files. */
  async hasChanges(path: string): Promise<boolean> {
    return (await this.#countChanges(path)) > 0;
  }

  /** Checks a branch out: the local one, else the remote's, else a new one from here. */
  async switchBranch(branch: string, remote: string): Promise<void> {
    await this.#checkBranchName(branch);
    if ((await this.currentBranch()) === branch) return;
    if ((await this.#git.ask('rev-parse', '--verify', '--quiet', `refs/heads/${branch}`)) !== undefined) {
      await this.#git.runUnlocked(LOCK_PATIENCE, 'switch', '--quiet', branch);
      return;
    }
    const fetched = (await this.#hasRemote(remote)) && (await this.#git.ask('fetch', '--quiet', remote, branch));
    if (typeof fetched === 'string') {
      await this.#git.runUnlocked(LOCK_PATIENCE, 'switch', '--quiet', '--create', branch, 'FETCH_HEAD');
      return;
    }
    if ((await this.#git.ask('rev-parse', '--verify', '--quiet', 'HEAD')) === undefined) {
      await this.#git.run('symbolic-ref', 'HEAD', `refs/heads/${branch}`);
      return;
    }
    await this.#git.runUnlocked(LOCK_PATIENCE, 'switch', '--quiet', '--create', branch);
  }

  /**
   * Commits what changed below `path`, and nothing else: what the user has staged elsewhere stays staged.
   *
   * @returns the new commit's full hash; undefined when there was nothing to commit.
   */
  async commitPath(path: string, options: CommitOptions): Promise<string | undefined> {
    await this.refuseUnfinishedMerge();
    const changed = await this.#countChanges(path);
    if (changed === 0) return undefined;
    // Many new objects go into one pack instead of a file each: several times faster, and smaller.
    const packed = changed > PACK_FROM ? ['-c', 'core.bigFileThreshold=1', '-c', 'core.compression=1'] : [];
    await this.#git.runUnlocked(LOCK_PATIENCE, ...packed, 'add', '--all', '--', path);
    if (await this.#sameAsHead(path)) return undefined;
    // A commit of paths reads every file again, so it is made only where something else is staged.
    const only = (await this.#stagedElsewhere(path)) ? ['--', path] : [];
    await this.#as(options).runUnlocked(LOCK_PATIENCE, 'commit', '--quiet', '--message', options.message, ...only);
    return this.#git.run('rev-parse', 'HEAD');
  }

  /** Puts what changed below `path` into the last commit. */
  async amendPath(path: string, options: CommitOptions): Promise<void> {
    await this.#git.runUnlocked(LOCK_PATIENCE, 'add', '--all', '--', path);
    await this.#as(options).runUnlocked(LOCK_PATIENCE, 'commit', '--quiet', '--amend', '--no-edit', '--', path);
  }

  /** Whether the local branch has commits that the remote's branch was not seen to have. */
  async isAhead(remote: string, branch: string): Promise<boolean> {
    if ((await this.#git.ask('rev-parse', '--verify', '--quiet', 'HEAD')) === undefined) return false;
    const theirs = `refs/remotes/${remote}/${branch}`;
    if ((await this.#git.ask('rev-parse', '--verify', '--quiet', theirs)) === undefined) return true;
    return (await this.#git.run('rev-list', '--count', `${theirs}..HEAD`)) !== '0';
  }

  /** Pushes the checked-out branch. @throws SrgitError SRGIT_GIT_PUSH_REJECTED, retriable when the remote moved on. */
  async push(remote: string, branch: string): Promise<void> {
    if (!(await this.#hasRemote(remote))) {
      throw new SrgitError('SRGIT_GIT_FAILED', `the repository has no remote named ${remote}`, {
        hint: `Add it (git remote add ${remote} <url>) or name another with --remote.`,
      });
    }
    await this.#git.run('push', '--quiet', remote, `HEAD:refs/heads/${branch}`);
  }

  /** Fetches a branch of the remote. @returns its full hash. */
  async fetch(remote: string, branch: string): Promise<string> {
    const theirs = `refs/remotes/${remote}/${branch}`;
    await this.#git.run('fetch', '--quiet', remote, `+refs/heads/${branch}:${theirs}`);
    return this.#git.run('rev-parse', '--verify', theirs);
  }

  /**
   * Puts the local commits on top of another. Where both changed the same file below `path` ours is kept: the caller
   * rewrites the tree afterwards, so that no mixture of both survives.
   */
  async rebaseOnto(commit: string, path: string): Promise<void> {
    const options = ['--quiet', '--autostash', '--strategy-option=theirs', '--strategy-option=no-renames'];
    try {
      let stopped = await this.#tryRebase(...options, commit);
      // A file that one side removed is a conflict whatever the strategy.
      while (stopped) {
        await this.#keepOurs(path, stopped);
        stopped = await this.#tryRebase('--continue');
      }
    } catch (error) {
      await this.#git.ask('rebase', '--abort');
      throw new SrgitError('SRGIT_GIT_PUSH_REJECTED', 'the remote branch moved on and the commits do not fit on top', {
        hint: 'Bring the branch up to date by hand (git pull --rebase), then run the command again.',
        cause: error,
      });
    }
  }

  /** @returns why it stopped, when it stopped at a conflict. */
  async #tryRebase(...args: readonly string[]): Promise<SrgitError | undefined> {
    const git = new GitCommand(this.root, this.#options, { GIT_EDITOR: 'true' });
    try {
      await git.runUnlocked(LOCK_PATIENCE, ...NO_RENAMES, 'rebase', ...args);
      return undefined;
    } catch (error) {
      if (!(error instanceof SrgitError) || (await this.#git.run('ls-files', '--unmerged')) === '') throw error;
      return error;
    }
  }

  /** Settles every conflict for the commit that is being put on top. @throws `reason` when one lies elsewhere. */
  async #keepOurs(path: string, reason: SrgitError): Promise<void> {
    const unmerged = async (...paths: readonly string[]) =>
      (await this.#git.run('ls-files', '--unmerged', '-z', '--', ...paths)).split('\0').filter((line) => line !== '');
    const inside = await unmerged(path);
    if ((await unmerged()).length !== inside.length) throw reason;
    const kept = new Set<string>();
    const all = new Set<string>();
    for (const line of inside) {
      // `mode hash stage<TAB>path`; stage 3 is the version of the commit that is put on top.
      const [info = '', file = ''] = line.split('\t');
      all.add(file);
      if (info.endsWith(' 3')) kept.add(file);
    }
    for (const files of chunks([...all].filter((file) => !kept.has(file)))) {
      await this.#git.run('rm', '--quiet', '--', ...files.map(literal));
    }
    for (const files of chunks([...kept])) {
      await this.#git.run('checkout', '--theirs', '--quiet', '--', ...files.map(literal));
      await this.#git.run('add', '--', ...files.map(literal));
    }
  }

  /** Whether the last commit has this message. */
  async isLastCommit(message: string): Promise<boolean> {
    const last = await this.#git.run('log', '--max-count=1', '--format=%B');
    return last.trim() === message.trim();
  }

  /** Full hash of a branch, tag or commit. @throws SrgitError SRGIT_GIT_FAILED */
  async resolveRef(ref: string): Promise<string> {
    const hash = ref.startsWith('-')
      ? undefined
      : await this.#git.ask('rev-parse', '--verify', '--quiet', `${ref}^{commit}`);
    if (hash === undefined) {
      throw new SrgitError('SRGIT_GIT_FAILED', `there is no branch, tag or commit ${ref} in ${this.root}`, {
        hint: 'Fetch it first, or look at `git log --oneline`.',
      });
    }
    return hash;
  }

  async hasPath(commit: string, path: string): Promise<boolean> {
    return (await this.#git.ask('cat-file', '-e', treeish(commit, path))) !== undefined;
  }

  /** Writes the files that `path` had at a commit into a folder, without touching index or work tree. */
  async materialise(commit: string, path: string, folder: string): Promise<void> {
    if (!(await this.hasPath(commit, path))) {
      throw new SrgitError('SRGIT_TREE_MISSING', `there is no ${path} at ${commit.slice(0, 12)}`, {
        hint: 'Choose a commit that has the tree, or another --tree.',
      });
    }
    const index = `${folder}.index`;
    const git = new GitCommand(this.root, this.#options, { GIT_INDEX_FILE: index });
    await git.run('read-tree', treeish(commit, path));
    await git.run('checkout-index', '--all', '--force', `--prefix=${folder}${sep}`);
  }

  /** Entries of `git status`; a new folder counts for as much as a large change, whatever is in it. */
  async #countChanges(path: string): Promise<number> {
    const status = await this.#git.run('status', '--porcelain', '--untracked-files=normal', '--', path);
    if (status === '') return 0;
    const lines = status.split('\n');
    return lines.some((line) => line.startsWith('?? ') && line.endsWith('/')) ? PACK_FROM + lines.length : lines.length;
  }

  async #stagedElsewhere(path: string): Promise<boolean> {
    if (path === '.') return false;
    const outside = ['--', '.', `:(exclude,top,literal)${path}`];
    const hasHead = (await this.#git.ask('rev-parse', '--verify', '--quiet', 'HEAD')) !== undefined;
    const staged = hasHead
      ? await this.#git.run('diff', '--cached', '--name-only', 'HEAD', ...outside)
      : await this.#git.run('ls-files', ...outside);
    return staged !== '';
  }

  #as(options: CommitOptions): GitCommand {
    const { authorName, authorEmail } = options;
    return new GitCommand(this.root, this.#options, {
      ...(authorName === undefined ? {} : { GIT_AUTHOR_NAME: authorName, GIT_COMMITTER_NAME: authorName }),
      ...(authorEmail === undefined ? {} : { GIT_AUTHOR_EMAIL: authorEmail, GIT_COMMITTER_EMAIL: authorEmail }),
    });
  }

  async #sameAsHead(path: string): Promise<boolean> {
    if ((await this.#git.ask('rev-parse', '--verify', '--quiet', 'HEAD')) === undefined) return false;
    return (await this.#git.ask('diff', '--cached', '--quiet', 'HEAD', '--', path)) !== undefined;
  }

  async #hasRemote(remote: string): Promise<boolean> {
    return (await this.#git.run('remote')).split('\n').includes(remote);
  }

  async #checkBranchName(branch: string): Promise<void> {
    if (!branch.startsWith('-') && (await this.#git.ask('check-ref-format', `refs/heads/${branch}`)) !== undefined)
      return;
    throw new SrgitError('SRGIT_USAGE', `${JSON.stringify(branch)} is not a name that git takes for a branch`, {
      hint: 'Choose another name for --branch.',
    });
  }
}

function treeish(commit: string, path: string): string {
  return path === '.' ? `${commit}^{tree}` : `${commit}:${path}`;
}

/** A file's name that is taken as it is, whatever characters it has. */
function literal(file: string): string {
  return `:(top,literal)${file}`;
}

/** Far below what a command line takes. */
function* chunks(files: readonly string[]): Generator<readonly string[]> {
  for (let from = 0; from < files.length; from += 200) yield files.slice(from, from + 200);
}

function causeText(error: SrgitError): string {
  return error.cause instanceof Error ? error.cause.message : '';
}

/** Real path of what may not exist yet: that of its nearest folder that does, and the rest as given. */
function realPath(path: string): string {
  const full = resolve(path);
  try {
    return realpathSync(full);
  } catch {
    return dirname(full) === full ? full : join(realPath(dirname(full)), basename(full));
  }
}
