/** The page about Apicurio, played with a real one. Slow: it starts a Java process. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliEntry } from '../support/cli.ts';
import { startRealRegistry } from '../support/real-registries.ts';
import { strictRegistryDuringTest } from '../support/restoring.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { pageReader } from './page-reader.ts';
import { fillShop, textOf } from './shop.ts';

const START_MS = 300_000;
let apicurio: ServerProcess;

beforeAll(async () => {
  [apicurio] = await Promise.all([startRealRegistry('apicurio-3'), cliEntry()]);
}, START_MS);

afterAll(() => apicurio?.stop());

describe('migration to Apicurio', { timeout: START_MS }, () => {
  it('confluent-to-apicurio.md', async () => {
    const old = await strictRegistryDuringTest();
    await fillShop(old.url);
    const reader = await pageReader({ OLD_URL: old.url, NEW_URL: new URL(apicurio.url).origin });
    await reader.play('migration/confluent-to-apicurio.md');
    for (const id of [1, 2, 3, 4]) expect(await textOf(apicurio.url, id)).toBe(await textOf(old.url, id));
  });
});
