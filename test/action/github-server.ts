/** The part of GitHub's API that the Action speaks, on loopback: comments in pages, pull requests, the token's login. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';
import { answerJson, readText, startServer } from '../support/loopback-server.ts';

export interface StoredComment {
  id: number;
  body: string;
  readonly issue: number;
  readonly user: { readonly login: string };
}

export interface StoredPull {
  readonly number: number;
  readonly head: string;
  readonly base: string;
  title: string;
  body: string;
  state: string;
  readonly html_url: string;
}

export interface GitHubServer {
  readonly url: string;
  readonly comments: StoredComment[];
  readonly pulls: StoredPull[];
  /** `POST /repos/acme/schemas/issues/1/comments`, in order. */
  readonly requests: readonly string[];
  /** Every write is answered with 403, as it is for a token without permission. */
  refuseWrites: boolean;
}

export async function gitHubDuringTest(): Promise<GitHubServer> {
  const comments: StoredComment[] = [];
  const pulls: StoredPull[] = [];
  const state = { refuseWrites: false };
  const server = await startServer((request, response) => {
    answer(request, response).catch((error: unknown) => answerJson(response, 500, { message: String(error) }));
  });
  onTestFinished(() => server.close());

  const routes: readonly Route[] = [
    ['POST', /^\/graphql$/, () => ({ data: { viewer: { login: 'github-actions' } } })],
    ['GET', /^\/issues\/(\d+)\/comments$/, (issue) => comments.filter((comment) => comment.issue === issue)],
    [
      'POST',
      /^\/issues\/(\d+)\/comments$/,
      (issue, { body }) => {
        const made = { id: comments.length + 1, body: String(body), issue, user: BOT };
        comments.push(made);
        return made;
      },
    ],
    [
      'PATCH',
      /^\/issues\/comments\/(\d+)$/,
      (id, { body }) => {
        const comment = comments.find((one) => one.id === id);
        return comment === undefined ? undefined : Object.assign(comment, { body });
      },
    ],
    [
      'GET',
      /^\/pulls$/,
      (_, __, search) =>
        pulls.filter((pull) => pull.state === search.get('state') && `acme:${pull.head}` === search.get('head')),
    ],
    [
      'POST',
      /^\/pulls$/,
      (_, { head, base, title, body }) => {
        const number = pulls.length + 1;
        const html_url = `https://github.com/acme/schemas/pull/${number}`;
        const texts = { head: String(head), base: String(base), title: String(title), body: String(body) };
        pulls.push({ number, ...texts, state: 'open', html_url });
        return pulls.at(-1);
      },
    ],
    [
      'PATCH',
      /^\/pulls\/(\d+)$/,
      (number, body) => {
        const pull = pulls.find((one) => one.number === number);
        return pull === undefined ? undefined : Object.assign(pull, body);
      },
    ],
  ];

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', server.url);
    const text = await readText(request);
    const say = (status: number, body: unknown, headers = {}) =>
      answerJson(response, status, body, { ...JSON_TYPE, ...headers });
    if (request.headers.authorization !== 'token ghs_of-this-run') return say(401, { message: 'Bad credentials' });
    const path = pathname.replace('/repos/acme/schemas', '');
    if (state.refuseWrites && request.method !== 'GET' && path !== '/graphql') {
      return say(403, { message: 'Resource not accessible by integration' });
    }
    for (const [method, pattern, act] of routes) {
      const match = pattern.exec(path);
      if (match === null || method !== request.method) continue;
      const result = act(Number(match[1]), text === '' ? {} : JSON.parse(text), searchParams);
      if (!Array.isArray(result)) return result === undefined ? say(404, { message: 'Not Found' }) : say(200, result);
      const size = Number(searchParams.get('per_page') ?? 30);
      const page = Number(searchParams.get('page') ?? 1);
      const next = `<${server.url}${pathname}?per_page=${size}&page=${page + 1}>; rel="next"`;
      const items = result.slice((page - 1) * size, page * size);
      return say(200, items, page * size >= result.length ? {} : { link: next });
    }
    return say(404, { message: `Not Found: ${request.method} ${pathname}` });
  }

  return Object.assign(state, { url: server.url, comments, pulls, requests: server.requests });
}

type Route = readonly [
  method: string,
  path: RegExp,
  act: (number: number, body: Readonly<Record<string, unknown>>, search: URLSearchParams) => unknown,
];

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };

const BOT = { login: 'github-actions[bot]' };
