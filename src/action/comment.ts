/** One comment on a pull request, found again by its marker and kept up to date. */
import { createHash } from 'node:crypto';
import { type GitHub, statusOf } from './github.ts';

/** GitHub takes 65,536 characters. */
const LONGEST = 60_000;

/** Invisible, and the same for every run of one job about one registry and tree. */
export function commentMarker(...parts: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 20);
  return `<!-- srgit:${hash} -->`;
}

/** Marker and text, cut at the end of a line where it is too long. */
export function commentBody(marker: string, text: string, runUrl: string | undefined): string {
  const body = `${marker}\n${text}`;
  if (body.length <= LONGEST) return body;
  const where = runUrl === undefined ? 'the summary of the run' : `[the summary of the run](${runUrl})`;
  // What is cut may have opened a fold or a block of code.
  const cut = body.slice(0, LONGEST - 300);
  const whole = cut.slice(0, cut.lastIndexOf('\n') + 1);
  const fences = whole.split('\n').filter((line) => /^`{3,}/.test(line));
  const close = fences.length % 2 === 1 ? `${/^`+/.exec(fences.at(-1) ?? '')?.[0] ?? '```'}\n` : '';
  const folds = whole.split('<details>').length - whole.split('</details>').length;
  return `${whole}${close}${'\n</details>\n'.repeat(Math.max(0, folds))}\n_The rest is too long for a comment: see ${where}._\n`;
}

export interface PostOptions {
  readonly github: GitHub;
  readonly pullRequest: number;
  readonly marker: string;
  readonly body: string;
  /** False: a comment that is there is brought up to date, but none is made to say that there is nothing. */
  readonly isNews: boolean;
  readonly warn: (text: string) => void;
}

/** @returns the comment's id; undefined where there is none. What GitHub refuses is a warning: the summary says the same. */
export async function postComment(options: PostOptions): Promise<number | undefined> {
  const { github, pullRequest, marker, body, isNews, warn } = options;
  try {
    const [comments, viewer] = [await github.comments(pullRequest), await github.viewer()];
    // Anybody can write the marker into a comment of their own.
    const mine = comments.find((one) => one.body.startsWith(marker) && isMine(one.author, viewer));
    if (mine === undefined) return isNews ? await github.createComment(pullRequest, body) : undefined;
    if (mine.body !== body) await github.updateComment(mine.id, body);
    return mine.id;
  } catch (error) {
    const status = statusOf(error);
    const why =
      status === 403 || status === 401 || status === 404
        ? `the token may not: the job needs permissions: pull-requests: write (HTTP ${status})`
        : error instanceof Error
          ? error.message
          : String(error);
    warn(`no comment on pull request ${pullRequest}: ${why}`);
    return undefined;
  }
}

function isMine(author: string, viewer: string | undefined): boolean {
  // `github-actions` and `github-actions[bot]` are one user in GraphQL and REST.
  const plain = (login: string): string => login.replace(/\[bot\]$/, '');
  return viewer === undefined ? author.endsWith('[bot]') : plain(author) === plain(viewer);
}
