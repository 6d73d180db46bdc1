/**
 * Answers the reading half of Confluent 8.3.1's API from a state: one recorded in fixtures/confluent-8.3.1/topics, or
 * one a test makes and changes while it is read. Not a registry: nothing can be written.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/model/json.ts';
import { FIXTURES } from './data.ts';
import { answerJson, type LoopbackServer, startServer } from './loopback-server.ts';

export interface PlayedRow extends JsonObject {
  readonly subject: string;
  readonly version: number;
  readonly deleted: boolean;
}

export interface PlayedState {
  contexts: readonly string[];
  /** In the registry's order: by subject, then version. */
  schemas: readonly PlayedRow[];
  /** By level as in the path, `''` the registry's own: the answer, or `{status, body}`. */
  config: Readonly<Record<string, JsonObject>>;
  modes: Readonly<Record<string, JsonObject>>;
}

export interface RecordedTopic extends PlayedState {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly subjectsWithDeleted: readonly string[];
}

const TOPICS = join(FIXTURES, 'confluent-8.3.1', 'topics');

/** Every recorded state whose node started; those that refused to start have none. */
export function readRecordedTopics(): readonly RecordedTopic[] {
  return readdirSync(TOPICS)
    .map((file) => JSON.parse(readFileSync(join(TOPICS, file), 'utf8')) as { name: string; state?: RecordedTopic })
    .flatMap(({ name, state }) => (state === undefined ? [] : [{ ...state, name }]));
}

/** The request target as sent: a URL object would resolve the segments `.` and `%2E`. */
export interface Target {
  readonly pathname: string;
  readonly searchParams: URLSearchParams;
}

export interface PlayerOptions {
  /** Called first: true when it has answered itself. May change the state. */
  readonly intercept?: (url: Target, response: ServerResponse) => boolean;
  /** Highest number of rows in one page of GET /schemas. */
  readonly maxPage?: number;
}

const DEFAULT_PAGE = 1000;

export async function playState(state: PlayedState, options: PlayerOptions = {}): Promise<LoopbackServer> {
  return startServer((request, response) => {
    const url = readTarget(request.url ?? '/');
    if (options.intercept?.(url, response) === true) return;
    const answer =
      request.method === 'GET' ? answerRead(state, url, options) : refusal(405, 405, 'HTTP 405 Method Not Allowed');
    answerJson(response, answer.status, answer.body);
  });
}

function readTarget(target: string): Target {
  const [pathname = '/', query = ''] = target.split('?');
  return { pathname, searchParams: new URLSearchParams(query) };
}

interface Answer {
  readonly status: number;
  readonly body: JsonValue;
}

function answerRead(state: PlayedState, url: Target, options: PlayerOptions): Answer {
  const [resource = '', name, part, version] = url.pathname.slice(1).split('/').map(decodeURIComponent);
  if (url.pathname === '/v1/metadata/version') return found({ version: '8.3.1', commitId: '1591732f' });
  if (url.pathname === '/contexts') return found(state.contexts);
  if (url.pathname === '/schemas') return found(listSchemas(state, url, options.maxPage ?? DEFAULT_PAGE));
  if (url.pathname === '/subjects') return found(listSubjects(state, url));
  if (resource === 'config' || resource === 'mode') return answerLevel(state, resource, name ?? '', url);
  if (resource === 'subjects' && name !== undefined && part === 'versions')
    return answerVersions(state, name, version, url);
  return refusal(404, 404, 'HTTP 404 Not Found');
}

function visible(state: PlayedState, url: Target): readonly PlayedRow[] {
  const prefix = url.searchParams.get('subjectPrefix') ?? ':*:';
  const deleted = url.searchParams.get('deleted') === 'true';
  const every = prefix.startsWith(':*:');
  const wanted = every ? prefix.slice(3) : prefix;
  return state.schemas.filter(
    (row) =>
      (deleted || !row.deleted) &&
      (every ? wanted === '' || unqualified(row.subject).startsWith(wanted) : row.subject.startsWith(wanted)),
  );
}

function unqualified(subject: string): string {
  return subject.startsWith(':.') ? subject.slice(subject.indexOf(':', 1) + 1) : subject;
}

function listSchemas(state: PlayedState, url: Target, maxPage: number): readonly JsonValue[] {
  const offset = Number(url.searchParams.get('offset') ?? 0);
  const asked = Number(url.searchParams.get('limit') ?? -1);
  const limit = asked <= 0 || asked > maxPage ? maxPage : asked;
  return visible(state, url).slice(offset, offset + limit);
}

function listSubjects(state: PlayedState, url: Target): readonly string[] {
  return [...new Set(visible(state, url).map((row) => row.subject))];
}

function answerVersions(state: PlayedState, subject: string, version: string | undefined, url: Target): Answer {
  const rows = visible(state, url).filter((row) => row.subject === subject);
  if (rows.length === 0) return refusal(404, 40401, `Subject '${subject}' not found.`);
  if (version === undefined) return found(rows.map((row) => row.version));
  const row = version === 'latest' ? rows.at(-1) : rows.find((one) => String(one.version) === version);
  return row === undefined ? refusal(404, 40402, `Version ${version} not found.`) : found(row);
}

function answerLevel(state: PlayedState, kind: 'config' | 'mode', level: string, url: Target): Answer {
  const levels = kind === 'config' ? state.config : state.modes;
  const unset: JsonObject = kind === 'config' ? { compatibilityLevel: 'BACKWARD' } : { mode: 'READWRITE' };
  const own = levels[level];
  if (own !== undefined) {
    const { status, body } = own;
    if (typeof status !== 'number') return found(own);
    if (isJsonObject(body ?? null) && url.searchParams.get('defaultToGlobal') !== 'true')
      return { status, body: body ?? null };
  }
  // The two top levels are always answered, set or not.
  if (level === '' || level === ':.__GLOBAL:') return found(unset);
  if (url.searchParams.get('defaultToGlobal') === 'true') return found(levels[':.__GLOBAL:'] ?? levels[''] ?? unset);
  const what = kind === 'config' ? 'compatibility' : 'mode';
  return refusal(
    404,
    kind === 'config' ? 40408 : 40409,
    `Subject '${level}' does not have subject-level ${what} configured`,
  );
}

function found(body: JsonValue): Answer {
  return { status: 200, body };
}

function refusal(status: number, errorCode: number, message: string): Answer {
  return { status, body: { error_code: errorCode, message } };
}
