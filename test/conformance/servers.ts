/** The registries that the suite is held against. */
import { createState } from '../../src/semantics/state.ts';
import { startServer } from '../../src/server/server.ts';
import { type RealRegistry, startRealRegistry } from '../support/real-registries.ts';

export interface ConformanceServer {
  /** Heading of its column. */
  readonly title: string;
  /** Key of its known differences. */
  readonly key: 'srgit' | RealRegistry;
  /** Starts one of its own, empty: the suite changes what holds for a whole registry. */
  start(): Promise<{ readonly url: string; stop(): Promise<void> }>;
}

async function startEmbedded(strictConfluent: boolean): Promise<{ url: string; stop(): Promise<void> }> {
  const server = await startServer({ state: createState(), strictConfluent });
  return { url: server.url, stop: () => server.close() };
}

/**
 * What every other one is compared with: step by step it is held to recordings of Confluent 8.3.1 in
 * test/server/scenarios.test.ts, so it stands for the real one, which cannot be installed here.
 */
export const startReference = (): ReturnType<typeof startEmbedded> => startEmbedded(true);

export const SERVERS: readonly ConformanceServer[] = [
  { title: '`srgit serve`', key: 'srgit', start: () => startEmbedded(false) },
  { title: 'Apicurio 3.3.3', key: 'apicurio-3', start: () => startRealRegistry('apicurio-3') },
  { title: 'Apicurio 2.6.13', key: 'apicurio-2', start: () => startRealRegistry('apicurio-2') },
  { title: 'srfake 1.8.0', key: 'srfake', start: () => startRealRegistry('srfake') },
];
