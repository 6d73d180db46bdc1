/** What the commits say about the files below a path: who added which, and what was touched last. */
import { GitCommand, type GitOptions } from './git-command.ts';
import { openRepositoryOf } from './open-repository.ts';

export interface HistoryCommit {
  /** Full hash. */
  readonly hash: string;
  readonly author: string;
  /** Epoch seconds, the author's. */
  readonly time: number;
  /** First line of the message. */
  readonly title: string;
  /** Paths relative to the folder asked about, with `/`. */
  readonly files: readonly HistoryFile[];
}

export interface HistoryFile {
  readonly change: 'added' | 'removed' | 'changed';
  readonly path: string;
}

export interface PathHistory {
  /** Latest first. What a merge brings is told by the commits it merges. */
  readonly commits: readonly HistoryCommit[];
  /** The repository was cloned without its past: the oldest commit seems to have added everything. */
  readonly shallow: boolean;
}

/** Begins a commit in git's output; no path or status does. */
const MARK = '\u001e';

/**
 * @param ref where to begin; undefined: the checked-out commit.
 * @returns undefined where there is no commit yet.
 * @throws SrgitError SRGIT_GIT_NO_REPOSITORY, SRGIT_GIT_FAILED
 */
export async function readHistory(
  folder: string,
  ref: string | undefined,
  options: GitOptions,
): Promise<PathHistory | undefined> {
  const repository = await openRepositoryOf(folder, options);
  const git = new GitCommand(repository.root, options);
  const start = await git.ask('rev-parse', '--verify', '--quiet', 'HEAD');
  if (start === undefined && ref === undefined) return undefined;
  const commit = ref === undefined ? String(start) : await repository.resolveRef(ref);
  const inside = repository.pathInside(folder);
  const shallow = (await git.ask('rev-parse', '--is-shallow-repository')) === 'true';
  const output = await git.run(
    'log',
    '-z',
    '--name-status',
    '--no-renames',
    // The user's configuration must not add signatures or colours to what is parsed.
    '--no-show-signature',
    '--no-color',
    `--format=${MARK}%H%x1f%aN%x1f%at%x1f%s`,
    commit,
    '--',
    inside === '.' ? '.' : `:(top,literal)${inside}`,
  );
  return { commits: parseLog(output, inside === '.' ? '' : `${inside}/`), shallow };
}

const CHANGES: Readonly<Record<string, HistoryFile['change']>> = { A: 'added', D: 'removed' };

function parseLog(output: string, prefix: string): readonly HistoryCommit[] {
  const commits: (HistoryCommit & { readonly files: HistoryFile[] })[] = [];
  const tokens = output.split('\0');
  for (let at = 0; at < tokens.length; at++) {
    const token = (tokens[at] ?? '').replace(/^\n+/, '');
    if (token.startsWith(MARK)) {
      const [hash = '', author = '', time = '', ...title] = token.slice(MARK.length).split('\u001f');
      commits.push({ hash, author, time: Number(time), title: title.join(' '), files: [] });
    } else if (token !== '') {
      const path = tokens[++at] ?? '';
      if (path.startsWith(prefix)) {
        commits.at(-1)?.files.push({ change: CHANGES[token.charAt(0)] ?? 'changed', path: path.slice(prefix.length) });
      }
    }
  }
  return commits;
}
