/** From an HTTP answer to JSON, or to what is wrong with it. */

import { STATUS_CODES } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { ErrorCode } from '../errors.ts';
import { isJsonObject, type JsonValue } from '../model/json.ts';
import type { AnswerHeaders } from './exchange.ts';
import type { Failure } from './failure.ts';
import { parseRetryAfter, transienceOf } from './retry.ts';
import type { Secrets } from './secrets.ts';

const gunzipAsync = promisify(gunzip);

/** An answer's body as text, decompressed; a failure when it cannot be, or is larger than `maxBytes`. */
export function decodeBody(headers: AnswerHeaders, body: Buffer, maxBytes: number): string | Promise<string | Failure> {
  const encoding = headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity' || body.length === 0) return body.toString('utf8');
  return inflate(String(encoding), body, maxBytes);
}

async function inflate(encoding: string, body: Buffer, maxBytes: number): Promise<string | Failure> {
  if (encoding !== 'gzip' && encoding !== 'x-gzip')
    return badAnswer('the answer has an encoding that was not asked for', false);
  try {
    return (await gunzipAsync(body, { maxOutputLength: maxBytes })).toString('utf8');
  } catch (error) {
    const tooLarge = error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    return tooLarge ? tooLargeFailure(maxBytes) : badAnswer('the answer’s compressed data is damaged or cut off', true);
  }
}

/** A body that was asked for and came, or why it is no registry's. */
export function parseBody(headers: AnswerHeaders, text: string): { readonly body: JsonValue | undefined } | Failure {
  if (text.length === 0) return { body: undefined };
  try {
    const body: JsonValue = JSON.parse(text);
    return { body };
  } catch {
    // The parser's error is not kept as a cause: it quotes the text.
    const type = String(headers['content-type'] ?? '').toLowerCase();
    if (type.includes('json')) return badAnswer('the answer is not valid JSON', true);
    return notARegistry(
      type.includes('html') || /^\s*</.test(text)
        ? 'it answered HTML: is this the registry’s URL?'
        : 'it answered something other than JSON: is this the registry’s URL?',
    );
  }
}

/** The registry's `error_code`, or the status where the body has none; and its message. */
export function readErrorBody(
  status: number,
  text: string,
): { errorCode: number; message: string; body: JsonValue | undefined } {
  try {
    const body: JsonValue = JSON.parse(text);
    if (!isJsonObject(body)) return { errorCode: status, message: '', body };
    const code = body['error_code'];
    const message = body['message'];
    return {
      errorCode: typeof code === 'number' && Number.isInteger(code) ? code : status,
      message: typeof message === 'string' ? message : '',
      body,
    };
  } catch {
    return { errorCode: status, message: '', body: undefined };
  }
}

/** A refusal (status 400 and above) that was not allowed for. */
export function refusalFailure(
  status: number,
  errorCode: number,
  message: string,
  headers: AnswerHeaders,
  secrets: Secrets,
  now: number,
): Failure {
  const code = errorCodeFor(status, errorCode);
  const transience = transienceOf(status, errorCode);
  const shown = secrets.showServerText(message);
  const named = errorCode === status ? '' : `, error_code ${errorCode}`;
  const phrase = STATUS_CODES[status];
  const retryAfter = transience === 'no' ? undefined : parseRetryAfter(singleHeader(headers['retry-after']), now);
  return {
    code,
    reason: `HTTP ${status}${phrase === undefined ? '' : ` ${phrase}`}${named}${shown === '' ? '' : `: ${shown}`}`,
    hint: HINTS[code] ?? HINT_FAILED,
    transience,
    nodeFault: status >= 500 && transience !== 'no',
    // Only a leader that is not known (50004) is sure not to have written.
    delivery: transience === 'no' || status === 429 || errorCode === 50004 ? 'refused' : 'unknown',
    status,
    errorCode,
    ...(retryAfter === undefined ? undefined : { retryAfterMs: retryAfter }),
  };
}

/** Registries' codes are the HTTP status times 100 and a detail; others are the bare status. The code goes first. */
function errorCodeFor(status: number, errorCode: number): ErrorCode {
  const family = errorCode >= 10_000 ? Math.floor(errorCode / 100) : errorCode;
  return CODES[family] ?? CODES[status] ?? (status >= 500 ? 'SRGIT_REGISTRY_FAILED' : 'SRGIT_REGISTRY_REFUSED');
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  401: 'SRGIT_REGISTRY_AUTH',
  403: 'SRGIT_REGISTRY_FORBIDDEN',
  404: 'SRGIT_REGISTRY_NOT_FOUND',
  408: 'SRGIT_REGISTRY_TIMEOUT',
  409: 'SRGIT_REGISTRY_CONFLICT',
  422: 'SRGIT_REGISTRY_REFUSED',
  429: 'SRGIT_REGISTRY_THROTTLED',
};

const HINT_FAILED = 'Look at the registry’s own log; try again when it is well.';
const HINTS: Readonly<Partial<Record<ErrorCode, string>>> = {
  SRGIT_REGISTRY_AUTH: 'Check the credentials in this registry’s `auth` settings.',
  SRGIT_REGISTRY_FORBIDDEN: 'Give the user of this registry’s `auth` settings the right to do this.',
  SRGIT_REGISTRY_NOT_FOUND: 'Check the name, and that the URL has the registry’s path prefix.',
  SRGIT_REGISTRY_CONFLICT: 'Compare with the subject’s earlier versions and its compatibility level.',
  SRGIT_REGISTRY_REFUSED: 'The registry does not accept the request as it is: change what it names.',
  SRGIT_REGISTRY_THROTTLED: 'Try again later, or lower the concurrency for this registry.',
  SRGIT_REGISTRY_TIMEOUT: 'Check that the registry is up and reachable from here, or raise the timeouts.',
};

export function notARegistry(reason: string): Failure {
  return {
    code: 'SRGIT_REGISTRY_NOT_A_REGISTRY',
    reason,
    hint: 'Check the registry’s URL and path prefix (Apicurio: /apis/ccompat/v7), and that no login page stands before it.',
    transience: 'no',
    nodeFault: false,
    delivery: 'unknown',
  };
}

function badAnswer(reason: string, transient: boolean): Failure {
  return {
    code: 'SRGIT_REGISTRY_BAD_ANSWER',
    reason,
    hint: 'Check what stands between here and the registry (proxy, load balancer).',
    transience: transient ? 'yes' : 'no',
    nodeFault: transient,
    delivery: 'unknown',
  };
}

export function tooLargeFailure(maxBytes: number): Failure {
  return badAnswer(`the answer is larger than ${maxBytes} bytes`, false);
}

/** Repeated headers joined as RFC 9110 allows; the same object when there are none. */
export function joinHeaders(headers: AnswerHeaders): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) joined[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return joined;
}

export function singleHeader(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}
