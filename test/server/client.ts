/** A running embedded registry and plain calls to it, for tests. */
import type { RegistryState } from '../../src/semantics/state.ts';
import { createState } from '../../src/semantics/state.ts';
import { type RunningServer, type ServerOptions, startServer } from '../../src/server/server.ts';
import { REGISTRY_TYPE } from './scenario.ts';

export interface TestRegistry extends RunningServer {
  readonly state: RegistryState;
  /** Status, content type and parsed body of a call. */
  call(method: string, path: string, body?: unknown): Promise<{ status: number; type: string | null; body: unknown }>;
}

export async function startRegistry(options: Partial<ServerOptions> = {}): Promise<TestRegistry> {
  const state = options.state ?? createState();
  const server = await startServer({ ...options, state });
  return {
    ...server,
    state,
    async call(method, path, body) {
      const response = await fetch(`${server.url}${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': REGISTRY_TYPE } }),
      });
      const text = await response.text();
      return {
        status: response.status,
        type: response.headers.get('content-type'),
        body: text === '' ? undefined : JSON.parse(text),
      };
    },
  };
}

export const record = (name: string, ...fields: string[]): string =>
  JSON.stringify({
    type: 'record',
    name,
    fields: fields.map((field) => ({ name: field, type: 'string', default: '' })),
  });
