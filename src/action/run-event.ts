/** What the runner tells of the run: which repository, which pull request, and where its pages are. */
import { context } from '@actions/github';

export interface PullRequestEvent {
  readonly number: number;
  /** Its runs have no secrets and no token that may write: a fork, or Dependabot. */
  readonly isUntrusted: boolean;
  /** Branch that it is for. */
  readonly baseRef: string;
  readonly baseSha: string;
}

export interface RunEvent {
  readonly repository?: { readonly owner: string; readonly repo: string };
  readonly pullRequest?: PullRequestEvent;
  readonly workflow: string;
  readonly job: string;
  /** Page of this run. */
  readonly runUrl?: string;
}

/** Whatever is missing outside of a runner is absent. */
export function readEvent(env: NodeJS.ProcessEnv): RunEvent {
  const { payload, workflow, job, serverUrl, runId } = context;
  const [owner = '', repo = ''] = (env['GITHUB_REPOSITORY'] ?? '').split('/');
  const isKnown = owner !== '' && repo !== '';
  const pullRequest = pullRequestOf(payload.pull_request, env['GITHUB_ACTOR']);
  return {
    workflow: workflow ?? '',
    job: job ?? '',
    ...(isKnown ? { repository: { owner, repo } } : {}),
    ...(isKnown && Number.isInteger(runId) ? { runUrl: `${serverUrl}/${owner}/${repo}/actions/runs/${runId}` } : {}),
    ...(pullRequest === undefined ? {} : { pullRequest }),
  };
}

function pullRequestOf(payload: unknown, actor: string | undefined): PullRequestEvent | undefined {
  const number = field(payload, 'number');
  const base = field(payload, 'base');
  const [baseRef, baseSha] = [field(base, 'ref'), field(base, 'sha')];
  if (typeof number !== 'number' || typeof baseRef !== 'string' || typeof baseSha !== 'string') return undefined;
  const into = field(field(base, 'repo'), 'full_name');
  // null where the fork was deleted meanwhile.
  const from = field(field(field(payload, 'head'), 'repo'), 'full_name');
  return { number, baseRef, baseSha, isUntrusted: from !== into || actor === 'dependabot[bot]' };
}

function field(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
