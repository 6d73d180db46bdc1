/** One attempt at one node: authentication, the exchange, redirects, and what the answer means. */
import type { Dispatcher } from 'undici';
import {
  decodeBody,
  joinHeaders,
  notARegistry,
  parseBody,
  readErrorBody,
  refusalFailure,
  singleHeader,
  tooLargeFailure,
} from './answer.ts';
import { type AnswerHeaders, exchange, type Outcome } from './exchange.ts';
import type { Failure } from './failure.ts';
import { networkFailure } from './network-failure.ts';
import type { Node } from './nodes.ts';
import type { Secrets } from './secrets.ts';
import type { RegistryAnswer } from './types.ts';

/** One call of the client, ready to be sent to any node. */
export interface Call {
  readonly method: Dispatcher.HttpMethod;
  /** As messages name it: without the query. */
  readonly path: string;
  /** With the query string, relative to a node's base URL. */
  readonly target: string;
  /** JSON text. */
  readonly body: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly allow: readonly number[] | undefined;
  readonly idempotent: boolean;
}

export interface AttemptContext {
  readonly maxBytes: number;
  readonly secrets: Secrets;
  readonly now: () => number;
  /** Called before each exchange. */
  readonly countRequest: () => void;
}

export type AttemptResult = RegistryAnswer | Failure | 'aborted';

const MOST_REDIRECTS = 3;

/**
 * The listings that reach megabytes are asked for compressed. The small answers are not: unpacking one takes longer
 * than everything else that is done with it, and Confluent's server packs even a hundred bytes.
 */
const PACKED_PATHS: ReadonlySet<string> = new Set(['/schemas', '/subjects']);

/** @throws SRGIT_OAUTH_FAILED, SRGIT_INTERRUPTED while waiting for a token; everything else is returned. */
export async function attemptCall(node: Node, call: Call, context: AttemptContext): Promise<AttemptResult> {
  const first = node.url.prefix + call.target;
  let path = first;
  for (let redirects = 0; ; redirects += 1) {
    const outcome = await sendAuthenticated(node, call, path, context);
    if (outcome.kind === 'aborted') return 'aborted';
    if (outcome.kind === 'too-large') return tooLargeFailure(context.maxBytes);
    if (outcome.kind === 'failed') return networkFailure(outcome, node.url.protocol === 'https:');
    if (outcome.status < 300 || outcome.status >= 400) return readAnswer(outcome, call, context);
    const location = resolveLocation(singleHeader(outcome.headers['location']), node.url.origin + path);
    if (call.method !== 'GET' || location?.origin !== node.url.origin || redirects === MOST_REDIRECTS) {
      const where = location === null ? 'nowhere' : `to ${location.origin}${location.pathname}`;
      return notARegistry(`it redirects ${where} (HTTP ${outcome.status}): is this the registry’s URL?`);
    }
    path = location.pathname + location.search;
  }
}

/** A refused OAuth token is renewed and the request repeated, once. */
async function sendAuthenticated(node: Node, call: Call, path: string, context: AttemptContext): Promise<Outcome> {
  const { tokens } = node.auth;
  if (tokens === undefined) return sendOnce(node, call, path, undefined, context);
  const authorization = tokens.current ?? (await tokens.get(call.signal));
  const outcome = await sendOnce(node, call, path, authorization, context);
  if (outcome.kind !== 'answer' || outcome.status !== 401) return outcome;
  tokens.drop(authorization);
  return sendOnce(node, call, path, await tokens.get(call.signal), context);
}

function sendOnce(
  node: Node,
  call: Call,
  path: string,
  authorization: string | undefined,
  context: AttemptContext,
): Promise<Outcome> {
  let headers = call.body === undefined ? node.headers : node.bodyHeaders;
  if (authorization !== undefined) headers = [...headers, 'authorization', authorization];
  if (PACKED_PATHS.has(call.path)) headers = [...headers, 'accept-encoding', 'gzip'];
  context.countRequest();
  const request = { origin: node.url.origin, method: call.method, path, headers, body: call.body };
  return exchange(node.dispatcher, request, context.maxBytes, call.signal);
}

interface Answered {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly body: Buffer;
}

async function readAnswer(answer: Answered, call: Call, context: AttemptContext): Promise<RegistryAnswer | Failure> {
  const { status, headers } = answer;
  const decoded = decodeBody(headers, answer.body, context.maxBytes);
  const text = typeof decoded === 'string' ? decoded : await decoded;
  if (status < 300) {
    if (typeof text !== 'string') return text;
    const parsed = parseBody(headers, text);
    return 'code' in parsed ? parsed : { ok: true, status, body: parsed.body, headers: joinHeaders(headers) };
  }
  const { errorCode, message, body } = readErrorBody(status, typeof text === 'string' ? text : '');
  if (call.allow !== undefined && (call.allow.includes(errorCode) || call.allow.includes(status))) {
    return { ok: false, status, errorCode, body, headers: joinHeaders(headers) };
  }
  return refusalFailure(status, errorCode, message, headers, context.secrets, context.now());
}

function resolveLocation(location: string | undefined, base: string): URL | null {
  return location === undefined ? null : URL.parse(location, base);
}
