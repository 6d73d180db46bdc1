/** The embedded registry on loopback, holding a snapshot, for tests of the command line. */
import { onTestFinished } from 'vitest';
import type { RegistrySnapshot } from '../../src/model/registry-snapshot.ts';
import { stateFromSnapshot } from '../../src/semantics/snapshot-state.ts';
import { type RunningServer, startServer } from '../../src/server/server.ts';

export interface EmbeddedRegistry extends RunningServer {
  /** What it was asked, in order: `GET /subjects`. */
  readonly requests: string[];
}

/** Writable, with the built-in settings and whatever the snapshot has. The caller closes it. */
export async function startRegistry(snapshot: RegistrySnapshot = EMPTY): Promise<EmbeddedRegistry> {
  const requests: string[] = [];
  const server = await startServer({
    state: stateFromSnapshot(snapshot),
    onAccess: ({ method, url }) => requests.push(`${method} ${url}`),
  });
  return { ...server, requests };
}

/** Closes it when the test ends. */
export async function registryDuringTest(snapshot?: RegistrySnapshot): Promise<EmbeddedRegistry> {
  const registry = await startRegistry(snapshot);
  onTestFinished(() => registry.close());
  return registry;
}

const EMPTY: RegistrySnapshot = {
  registry: { kind: 'confluent', version: '8.3.1' },
  contexts: [{ name: '.', subjects: [] }],
  global: {},
  gaps: [],
};

/** Posts a schema and gives its id. */
export async function register(url: string, subject: string, schema: object | string): Promise<number> {
  const answer = await request(url, 'POST', `/subjects/${encodeURIComponent(subject)}/versions`, {
    schema: typeof schema === 'string' ? schema : JSON.stringify(schema),
  });
  if (typeof answer === 'object' && answer !== null && 'id' in answer && typeof answer.id === 'number')
    return answer.id;
  throw new Error(`${subject} was not taken: ${JSON.stringify(answer)}`);
}

/** The parsed answer, whatever its status. */
export async function request(url: string, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(url + path, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return response.json();
}

/** An Avro record with one field. */
export function record(name: string, field = 'id'): object {
  return { type: 'record', name, fields: [{ name: field, type: ['null', 'string'], default: null }] };
}
