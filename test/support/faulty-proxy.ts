/** A reverse proxy in front of a registry that breaks what it is told to break. */
import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { answerJson, startServer } from './loopback-server.ts';

export type Fault =
  | 'none'
  /** The connection is reset; the registry never sees the request. */
  | 'reset-before'
  /** The registry carries it out; the answer is dropped with the connection. */
  | 'drop-after'
  /** The registry carries it out; the answer is cut off in the middle. */
  | 'cut-after'
  /** The registry carries it out; a timeout of the store is answered (observed on a frozen broker). */
  | 'error-after'
  /** A gateway gives up after the registry has carried it out. */
  | 'gateway-after'
  /** Leader unknown: nothing is carried out (observed while no node is eligible). */
  | 'no-leader'
  /** Too many requests, with or without a time to come back. */
  | 'throttle'
  | 'throttle-mute'
  | 'slow'
  /** What a node answers that has not seen an earlier write yet: no such version, no such reference. */
  | 'stale-read'
  | 'stale-write';

/** Those that may strike any write at any time. */
export const FAULTS: readonly Fault[] = [
  'reset-before',
  'drop-after',
  'cut-after',
  'error-after',
  'gateway-after',
  'no-leader',
  'throttle',
  'throttle-mute',
  'slow',
];

/** A request as the proxy sees it; `write` counts those that change the registry, from 1. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly isWrite: boolean;
  readonly write: number;
}

export interface FaultyProxy {
  readonly url: string;
  /** `PUT /mode/x`, in order, of what reached the registry. */
  readonly writes: string[];
  /** How often each fault struck. */
  readonly struck: Map<Fault, number>;
  close(): Promise<void>;
}

/** Reads that are sent with POST. */
const READING_POSTS = /^\/(compatibility\/|subjects\/[^/]+(\?|$))/;

export function isWriteRequest(method: string, url: string): boolean {
  return method !== 'GET' && !(method === 'POST' && READING_POSTS.test(url));
}

/**
 * @param choose what to do to a request, asked before it is forwarded.
 * @param onDone told when the registry has carried a request out, before it is answered.
 */
export async function startFaultyProxy(
  target: string,
  choose: (request: SeenRequest) => Fault | Promise<Fault>,
  onDone: (request: SeenRequest) => void = () => undefined,
): Promise<FaultyProxy> {
  const agent = new Agent({ keepAlive: true });
  const writes: string[] = [];
  const struck = new Map<Fault, number>();
  let count = 0;
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'GET', url = '/' } = request;
    const isWrite = isWriteRequest(method, url);
    if (isWrite) count++;
    const body = await readBytes(request);
    const seen = { method, url, isWrite, write: count };
    const fault = await choose(seen);
    if (fault !== 'none') struck.set(fault, (struck.get(fault) ?? 0) + 1);
    if (fault === 'reset-before') return void request.socket.destroy();
    if (fault === 'no-leader') return answerJson(response, 500, { error_code: 50004, message: 'Leader not known.' });
    if (fault === 'throttle') {
      return answerJson(response, 429, { error_code: 429, message: 'slow down' }, { 'retry-after': '0.01' });
    }
    if (fault === 'throttle-mute') return answerJson(response, 429, { error_code: 429, message: 'slow down' });
    if (fault === 'stale-read') return answerJson(response, 404, { error_code: 40402, message: 'Version not found.' });
    if (fault === 'stale-write') {
      return answerJson(response, 422, { error_code: 42201, message: 'No schema reference found' });
    }
    if (fault === 'slow') await sleep(30);
    if (isWrite) writes.push(`${method} ${url}`);
    const answer = await forward(target, request, body, agent);
    onDone(seen);
    if (fault === 'drop-after') return void request.socket.destroy();
    if (fault === 'error-after') {
      return answerJson(response, 500, { error_code: 50002, message: 'Register operation timed out' });
    }
    if (fault === 'gateway-after') return void response.writeHead(504).end('<html>Gateway Timeout</html>');
    if (fault === 'cut-after') {
      response.writeHead(answer.status, { 'content-type': answer.type, 'content-length': answer.body.length + 10 });
      response.write(answer.body.subarray(0, answer.body.length / 2), () => request.socket.destroy());
      return;
    }
    response.writeHead(answer.status, { 'content-type': answer.type });
    response.end(answer.body);
  };
  const server = await startServer((request, response) => {
    handle(request, response).catch(() => request.socket.destroy());
  });
  return {
    url: server.url,
    writes,
    struck,
    close: async () => {
      await server.close();
      agent.destroy();
    },
  };
}

/** Closes it when the test ends. */
export async function faultyProxyDuringTest(...args: Parameters<typeof startFaultyProxy>): Promise<FaultyProxy> {
  const proxy = await startFaultyProxy(...args);
  onTestFinished(() => proxy.close());
  return proxy;
}

interface Forwarded {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
}

function forward(target: string, request: IncomingMessage, body: Buffer, agent: Agent): Promise<Forwarded> {
  const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
  return new Promise((resolve, reject) => {
    const onward = httpRequest(
      target + (request.url ?? '/'),
      {
        method: request.method ?? 'GET',
        agent,
        headers: { ...headers, ...(body.length === 0 ? {} : { 'content-length': body.length }) },
      },
      (answer) => {
        readBytes(answer).then((bytes) => {
          const type = answer.headers['content-type'] ?? 'application/json';
          const encoding = answer.headers['content-encoding'];
          if (encoding !== undefined) reject(new Error(`the registry packed its answer: ${encoding}`));
          resolve({ status: answer.statusCode ?? 502, type, body: bytes });
        }, reject);
      },
    );
    onward.on('error', reject);
    onward.end(body.length === 0 ? undefined : body);
  });
}

async function readBytes(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
