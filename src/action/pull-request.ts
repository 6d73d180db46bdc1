/** The rolling pull request of exports: opened, kept up to date, and closed when nothing differs any more. */
import { SrgitError } from '../errors.ts';
import { type GitHub, type PullRequest, statusOf } from './github.ts';

const LONGEST_TITLE = 200;

export interface Proposal {
  readonly branch: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
}

/** @throws SrgitError SRGIT_GIT_FAILED with what GitHub wants. */
export async function keepPullRequest(github: GitHub, { branch, base, title, body }: Proposal): Promise<PullRequest> {
  const short = title.length > LONGEST_TITLE ? `${title.slice(0, LONGEST_TITLE - 1).toWellFormed()}…` : title;
  try {
    const open = await github.findPullRequest(branch);
    if (open === undefined) return await github.createPullRequest({ branch, base, title: short, body });
    await github.updatePullRequest(open.number, { title: short, body });
    return open;
  } catch (error) {
    throw refused(error, branch);
  }
}

/** @returns the one that was closed. */
export async function closePullRequest(github: GitHub, branch: string, why: string): Promise<PullRequest | undefined> {
  try {
    const open = await github.findPullRequest(branch);
    if (open === undefined) return undefined;
    await github.createComment(open.number, why);
    await github.updatePullRequest(open.number, { state: 'closed' });
    return open;
  } catch (error) {
    throw refused(error, branch);
  }
}

function refused(error: unknown, branch: string): SrgitError {
  const status = statusOf(error);
  const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  const hint =
    status === 403 || status === 401 || status === 404
      ? 'The job needs permissions: pull-requests: write, and the repository the setting "Allow GitHub Actions to create and approve pull requests".'
      : 'The branch is pushed: run the job again, or open the pull request by hand.';
  return new SrgitError('SRGIT_GIT_FAILED', `GitHub did not take the pull request of ${branch}: ${reason}`, {
    hint,
    cause: error,
    ...(status === undefined ? {} : { details: { status } }),
  });
}
