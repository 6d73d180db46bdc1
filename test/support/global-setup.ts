/**
 * Runs once per test run, in vitest's own process: hands out real registries to whichever test asks first, so that a
 * run of unit tests starts none, and stops them all at the end.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { REAL_REGISTRIES, startRealRegistry } from './real-registries.ts';
import type { ServerProcess } from './server-process.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** `GET {url}/{name}` starts a real registry, or finds it running, and answers `{url}` or `{error}`. */
    readonly registryBroker: string;
    /**
     * For what is too large to be removed while others run: ext4 is slow to create files right after many were deleted.
     */
    readonly removedAtTheEnd: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const running = new Map<string, Promise<ServerProcess>>();
  const broker = createServer((request, response) => {
    const name = REAL_REGISTRIES.find((known) => request.url === `/${known}`);
    if (name === undefined) {
      response.writeHead(404).end();
      return;
    }
    const server = running.get(name) ?? startRealRegistry(name);
    running.set(name, server);
    server.then(
      ({ url }) => response.end(JSON.stringify({ url })),
      (error: unknown) =>
        response.end(JSON.stringify({ error: error instanceof Error ? error.message : String(error) })),
    );
  });
  await new Promise<void>((resolve) => broker.listen(0, '127.0.0.1', resolve));
  const { port } = broker.address() as AddressInfo;
  project.provide('registryBroker', `http://127.0.0.1:${port}`);
  const removedAtTheEnd = mkdtempSync(join(tmpdir(), 'srgit-large-'));
  project.provide('removedAtTheEnd', removedAtTheEnd);
  return async () => {
    rmSync(removedAtTheEnd, { recursive: true, force: true });
    broker.closeAllConnections();
    broker.close();
    const servers = await Promise.allSettled(running.values());
    await Promise.all(servers.map((server) => (server.status === 'fulfilled' ? server.value.stop() : undefined)));
  };
}
