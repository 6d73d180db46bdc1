/**
 * The pages of docs/migration, played as they stand, with the embedded registry on both sides. Those that need a Kafka broker are
 * played in test/e2e/runbooks.test.ts, Apicurio's in test/docs/migration-apicurio.test.ts.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { cliEntry } from '../support/cli.ts';
import { record, register } from '../support/embedded-registry.ts';
import { type StrictRegistry, strictRegistryDuringTest } from '../support/restoring.ts';
import { pageReader } from './page-reader.ts';
import { fillShop, textOf } from './shop.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGES = join(ROOT, 'docs/migration');
const PAGE_MS = 180_000;

beforeAll(cliEntry, PAGE_MS);

async function twoRegistries(): Promise<{ readonly old: StrictRegistry; readonly fresh: StrictRegistry }> {
  const old = await strictRegistryDuringTest();
  await fillShop(old.url);
  return { old, fresh: await strictRegistryDuringTest() };
}

const envOf = (old: StrictRegistry, fresh: StrictRegistry) => ({
  ...{ OLD_URL: old.url, NEW_URL: fresh.url, NEW_USERNAME: 'key', NEW_PASSWORD: 'secret' },
});

async function expectSameIds(old: StrictRegistry, fresh: StrictRegistry): Promise<void> {
  for (const id of [1, 2, 3, 4]) expect(await textOf(fresh.url, id)).toBe(await textOf(old.url, id));
}

describe('migration, page by page', { timeout: PAGE_MS }, () => {
  it.each(['confluent-to-confluent-cloud.md', 'confluent-to-redpanda.md'])('%s', async (page) => {
    const { old, fresh } = await twoRegistries();
    const reader = await pageReader(envOf(old, fresh));
    await reader.play(`migration/${page}`);
    await expectSameIds(old, fresh);
    expect(fresh.state.modes.size).toBe(0);
  });

  it('context-to-context.md', async () => {
    const { old, fresh } = await twoRegistries();
    const reader = await pageReader(envOf(old, fresh));
    await reader.play('migration/context-to-context.md');
    const ids = await (await fetch(`${old.url}/subjects/:.team:orders-value/versions/2`)).json();
    expect(ids).toMatchObject({ id: 2 });
  });

  it('staging-to-production.md', async () => {
    const { old, fresh } = await twoRegistries();
    for (const name of ['A', 'B', 'C']) await register(fresh.url, `other-${name}`, record(name));
    const first = (await (await fetch(`${old.url}/subjects/orders-value/versions/1`)).json()) as { schema: string };
    expect(await register(fresh.url, 'orders-value', first.schema)).toBe(4);
    const reader = await pageReader(envOf(old, fresh));
    await reader.play('migration/staging-to-production.md');
    expect(await textOf(fresh.url, 5)).toBe(await textOf(old.url, 2));
  });

  it('has a test for each page', () => {
    const tested = ['test/docs/migration.test.ts', 'test/docs/migration-apicurio.test.ts', 'test/e2e/runbooks.test.ts']
      .map((file) => readFileSync(join(ROOT, file), 'utf8'))
      .join('\n');
    const index = readFileSync(join(PAGES, 'README.md'), 'utf8');
    for (const page of readdirSync(PAGES).filter((name) => name !== 'README.md')) {
      expect(tested).toContain(page);
      expect(index).toContain(`(${page})`);
    }
  });
});
