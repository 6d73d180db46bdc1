/**
 * Random requests against the server over real HTTP: it never crashes, hangs or leaks, and every answer is one.
 * `SRGIT_FUZZ_REQUESTS` says how many (20,000), `SRGIT_SEED` repeats a run.
 */
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { applyRecords } from '../../src/semantics/apply.ts';
import type { RegistryRecord } from '../../src/semantics/records.ts';
import { snapshotFromState } from '../../src/semantics/snapshot-state.ts';
import { createState } from '../../src/semantics/state.ts';
import { startServer } from '../../src/server/server.ts';
import { type RandomRequest, RequestSource } from './random-requests.ts';

const SEED = Number(process.env['SRGIT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const REQUESTS = Number(process.env['SRGIT_FUZZ_REQUESTS'] ?? 20_000);
/** A fresh registry after so many, so that what is registered does not look like a leak. */
const ROUND = Math.max(500, Math.min(2500, Math.floor(REQUESTS / 8)));
/** A hang, on a machine that does other things too. */
const SLOWEST_MS = 30_000;
/** What a round may leave behind on average: code that is compiled, caches that fill. */
const LEAK_BYTES_PER_REQUEST = 400;

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function send(port: number, agent: Agent, { method, path, headers, body }: RandomRequest): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: '127.0.0.1',
        port,
        agent,
        method,
        path,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-length': body.length }) },
        timeout: SLOWEST_MS,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      },
    );
    request.on('timeout', () => request.destroy(new Error(`no answer within ${SLOWEST_MS} ms`)));
    request.on('error', reject);
    request.end(body);
  });
}

/** Why the answer is none; undefined when it is. */
function faultOf({ method, path }: RandomRequest, { status, headers, body }: Reply): string | undefined {
  if (headers['x-request-id'] === undefined && status !== 400) return 'no X-Request-ID';
  if (method === 'HEAD') return body === '' ? undefined : 'a body for HEAD';
  if (status === 204) return body === '' ? undefined : 'a body with 204';
  const type = headers['content-type'];
  if (type?.startsWith('text/html') === true) return status === 400 ? undefined : 'a page';
  if (type?.startsWith('text/plain') === true) return status === 200 ? undefined : 'text';
  // The text of a Protobuf schema goes by the type of JSON (observed).
  if (status === 200 && path.includes('/schema')) {
    if (/\/schema\/?(\?|$)/.test(path)) return undefined;
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return 'no JSON';
  }
  if (status === 200) return undefined;
  const { error_code: code, message } = (parsed ?? {}) as { error_code?: unknown; message?: unknown };
  if (!Number.isInteger(code) || typeof message !== 'string') return 'an error without a code';
  return String(code).startsWith(String(status)) ? undefined : `code ${String(code)} with status ${status}`;
}

it(`answers ${REQUESTS} random requests`, { timeout: 3_600_000 }, async () => {
  console.log(
    `fuzz: seed ${SEED}, ${REQUESTS} requests (repeat with SRGIT_SEED=${SEED} SRGIT_FUZZ_REQUESTS=${REQUESTS})`,
  );
  const source = new RequestSource(SEED);
  const statuses = new Map<number, number>();
  const heaps: number[] = [];
  const seen = { registered: new Map<string, number>(), slowest: 0, connections: 0, sent: 0 };
  const began = performance.now();
  while (seen.sent < REQUESTS) {
    await playRound(source, heaps.length % 2 === 1, seen, statuses);
    collectGarbage();
    heaps.push(process.memoryUsage().heapUsed);
  }
  const seconds = (performance.now() - began) / 1000;
  const half = Math.floor(heaps.length / 2);
  // The first round compiles and fills what all later ones use.
  const [first, second] = [median(heaps.slice(1, half + 1)), median(heaps.slice(half + 1))];
  console.log(
    `fuzz: ${seen.sent} answers in ${seconds.toFixed(1)} s over ${seen.connections} connections, slowest ${seen.slowest.toFixed(0)} ms; ` +
      `status ${tell(statuses)}; registered ${tell(seen.registered)}; ` +
      `heap after collection ${mib(first)} MiB (first half), ${mib(second)} MiB (second half)`,
  );
  for (const type of ['AVRO', 'JSON', 'PROTOBUF']) expect(seen.registered.get(type), type).toBeGreaterThan(0);
  expect(seen.connections).toBeLessThan(Math.max(50, seen.sent / 20));
  if (heaps.length >= 4) expect(second - first).toBeLessThan((LEAK_BYTES_PER_REQUEST * seen.sent) / 2);
});

interface Seen {
  readonly registered: Map<string, number>;
  slowest: number;
  connections: number;
  sent: number;
}

/** A registry of its own; at its end the log it wrote leads to its state. */
async function playRound(source: RequestSource, strictConfluent: boolean, seen: Seen, statuses: Map<number, number>) {
  const log: RegistryRecord[] = [];
  const failures: string[] = [];
  const state = createState();
  const server = await startServer({
    state,
    strictConfluent,
    operations: 'guarded',
    clock: () => 1_800_000_000_000,
    onRecords: (records) => log.push(...records),
    onFailure: (error) => failures.push(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const sockets = new Set<unknown>();
  agent.on('free', (socket) => sockets.add(socket));
  try {
    for (let i = 0; i < ROUND && seen.sent < REQUESTS; i++) {
      const request = source.next();
      const start = performance.now();
      const reply = await send(server.port, agent, request).catch((error: unknown) => {
        throw new Error(`${describe(request)}: ${String(error)}`, { cause: error });
      });
      seen.slowest = Math.max(seen.slowest, performance.now() - start);
      seen.sent++;
      statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
      const fault = faultOf(request, reply) ?? failures[0];
      if (fault !== undefined) {
        expect.fail(
          `request ${seen.sent}${strictConfluent ? ', strict' : ''}: ${describe(request)} -> ${reply.status} ${reply.body.slice(0, 300)}: ${fault}`,
        );
      }
      const guid = /"guid":"([0-9a-f-]{36})"/.exec(reply.body)?.[1];
      if (guid !== undefined) source.learnGuid(guid);
    }
  } finally {
    seen.connections += sockets.size;
    agent.destroy();
    await server.close();
  }
  for (const { key, value } of log) {
    if (key.keytype !== 'SCHEMA' || value === null || !('schemaType' in value)) continue;
    seen.registered.set(value.schemaType, (seen.registered.get(value.schemaType) ?? 0) + 1);
  }
  const rebuilt = createState();
  applyRecords(rebuilt, log);
  const identity = { kind: 'srgit' } as const;
  expect(snapshotFromState(rebuilt, identity)).toEqual(snapshotFromState(state, identity));
  expect(rebuilt.associations).toEqual(state.associations);
}

const describe = ({ method, path, headers, body }: RandomRequest): string =>
  `${method} ${path} ${JSON.stringify(headers)} ${body === undefined ? '' : body.toString('utf8').slice(0, 2000)}`;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
const tell = (counts: ReadonlyMap<string | number, number>): string =>
  [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${name} x${count}`)
    .join(', ');
