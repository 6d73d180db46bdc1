/** A real registry shared by the whole test run: use subjects of your own, or start one with startRealRegistry. */
import { inject } from 'vitest';
import type { RealRegistry } from './real-registries.ts';

/** Base URL. The first call in a run starts the server (10 s and more), so give the hook a timeout to match. */
export async function sharedRegistry(name: RealRegistry): Promise<string> {
  const answer: unknown = await fetch(`${inject('registryBroker')}/${name}`).then((response) => response.json());
  if (typeof answer === 'object' && answer !== null) {
    if ('url' in answer && typeof answer.url === 'string') return answer.url;
    if ('error' in answer) throw new Error(`${name} could not be started: ${String(answer.error)}`);
  }
  throw new Error(`${name} could not be started`);
}
