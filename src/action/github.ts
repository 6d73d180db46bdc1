/** The few calls to GitHub that the Action makes. */
import { getOctokit } from '@actions/github';
import type { RunEvent } from './run-event.ts';

export interface Comment {
  readonly id: number;
  readonly body: string;
  readonly author: string;
}

export interface PullRequest {
  readonly number: number;
  readonly url: string;
}

/** Errors are octokit's, with `status`. */
export interface GitHub {
  /** Login that the token acts as; undefined where GitHub does not tell. */
  viewer(): Promise<string | undefined>;
  /** All pages. */
  comments(pullRequest: number): Promise<readonly Comment[]>;
  createComment(pullRequest: number, body: string): Promise<number>;
  updateComment(id: number, body: string): Promise<void>;
  /** The open one from this branch of this repository. */
  findPullRequest(branch: string): Promise<PullRequest | undefined>;
  createPullRequest(given: { branch: string; base: string; title: string; body: string }): Promise<PullRequest>;
  updatePullRequest(number: number, given: { title?: string; body?: string; state?: 'closed' }): Promise<void>;
  defaultBranch(): Promise<string>;
}

/** @returns undefined where there is no token or no repository. */
export function connectGitHub(token: string | undefined, { repository }: RunEvent): GitHub | undefined {
  if (token === undefined || repository === undefined) return undefined;
  const { owner, repo } = repository;
  const octokit = getOctokit(token);
  const { issues, pulls, repos } = octokit.rest;
  return {
    async viewer() {
      try {
        const { viewer } = await octokit.graphql<{ viewer: { login: string } }>('query { viewer { login } }');
        return viewer.login;
      } catch {
        return undefined;
      }
    },
    async comments(issue_number) {
      const all = await octokit.paginate(issues.listComments, { owner, repo, issue_number, per_page: 100 });
      return all.map(({ id, body = '', user }) => ({ id, body, author: user?.login ?? '' }));
    },
    async createComment(issue_number, body) {
      return (await issues.createComment({ owner, repo, issue_number, body })).data.id;
    },
    async updateComment(comment_id, body) {
      await issues.updateComment({ owner, repo, comment_id, body });
    },
    async findPullRequest(branch) {
      const { data } = await pulls.list({ owner, repo, head: `${owner}:${branch}`, state: 'open', per_page: 1 });
      const [found] = data;
      return found === undefined ? undefined : { number: found.number, url: found.html_url };
    },
    async createPullRequest({ branch, base, title, body }) {
      const { data } = await pulls.create({ owner, repo, head: branch, base, title, body });
      return { number: data.number, url: data.html_url };
    },
    async updatePullRequest(pull_number, given) {
      await pulls.update({ owner, repo, pull_number, ...given });
    },
    async defaultBranch() {
      return (await repos.get({ owner, repo })).data.default_branch;
    },
  };
}

/** The HTTP status of a call that GitHub answered with an error. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('status' in error)) return undefined;
  return typeof error.status === 'number' ? error.status : undefined;
}
