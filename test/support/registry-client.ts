/** Clients for tests: quick to retry, closed when the test ends. */
import { inspect } from 'node:util';
import { expect, onTestFinished } from 'vitest';
import { SrgitError } from '../../src/errors.ts';
import { createRegistryClient } from '../../src/registry/client.ts';
import type { RegistryClientOptions } from '../../src/registry/options.ts';
import type { RegistryClient } from '../../src/registry/types.ts';
import type { LoopbackServer } from './loopback-server.ts';

/** Has a clock of its own: a wait moves it on at once, and is written down in `waits`, in milliseconds. */
export function makeClient(options: RegistryClientOptions, waits: number[] = []): RegistryClient {
  let clock = Date.now();
  const client = createRegistryClient({
    random: () => 0.5,
    now: () => clock,
    sleep: async (ms) => {
      waits.push(ms);
      clock += ms;
      await new Promise((resolve) => setImmediate(resolve));
    },
    ...options,
  });
  onTestFinished(() => client.close());
  return client;
}

/** Closes the server when the test ends. */
export async function during<T extends LoopbackServer>(starting: Promise<T>): Promise<T> {
  const server = await starting;
  onTestFinished(() => server.close());
  return server;
}

export async function failureOf(call: Promise<unknown>): Promise<SrgitError> {
  const error = await call.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof SrgitError) return error;
  throw error;
}

/** Everything that could be printed of an error, its causes included. */
export function everythingOf(error: unknown): string {
  const parts = [inspect(error, { depth: 20, showHidden: true }), JSON.stringify(error), String(error)];
  if (error instanceof SrgitError) parts.push(JSON.stringify([error.message, error.hint, error.details]));
  if (error instanceof Error) {
    parts.push(error.stack ?? '');
    if (error.cause !== undefined) parts.push(everythingOf(error.cause));
  }
  return parts.join('\n');
}

export function expectNoSecret(error: unknown, ...secrets: readonly string[]): void {
  const everything = everythingOf(error);
  for (const secret of secrets) {
    expect(everything).not.toContain(secret);
    expect(everything).not.toContain(Buffer.from(secret).toString('base64').replace(/=+$/, ''));
  }
}
