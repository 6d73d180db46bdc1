import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exportSchemas } from '../../src/app/export-schemas.ts';
import { verifyTree } from '../../src/app/verify-tree.ts';
import { loadConfig, requireRegistry } from '../../src/config/load-config.ts';
import type { ConfigFlags } from '../../src/config/types.ts';
import { record, register, registryDuringTest, request } from '../support/embedded-registry.ts';
import { answerJson, startServer } from '../support/loopback-server.ts';
import { temporaryFolder } from '../support/trees.ts';

async function sourceRegistry(): Promise<string> {
  const { url } = await registryDuringTest();
  for (const field of ['a', 'b', 'c']) await register(url, 'orders-value', record('Order', field));
  await register(url, 'payments-value', record('Payment'));
  await register(url, 'old-value', record('Old'));
  await register(url, 'old-value', record('Old', 'b'));
  await register(url, ':.staging:carts-value', record('Cart'));
  await request(url, 'POST', '/subjects/users-value/versions', {
    schema: JSON.stringify({ type: 'record', name: 'User', fields: [{ name: 'order', type: 'Order' }] }),
    references: [{ name: 'Order', subject: 'orders-value', version: 2 }],
  });
  await request(url, 'POST', '/subjects/mixed/versions', { schema: '{"type":"object"}', schemaType: 'JSON' });
  await request(url, 'PUT', '/config', { compatibility: 'FULL' });
  await request(url, 'PUT', '/config/orders-value', { compatibility: 'NONE' });
  await request(url, 'PUT', '/config/:.staging:', { compatibility: 'BACKWARD' });
  await request(url, 'PUT', '/mode/payments-value', { mode: 'READONLY' });
  await request(url, 'DELETE', '/subjects/old-value');
  await request(url, 'DELETE', '/subjects/orders-value/versions/3');
  return url;
}

async function exportTo(tree: string, url: string, flags: ConfigFlags = {}): Promise<void> {
  const config = loadConfig({ ...flags, tree, url: [url] }, {}, tree);
  await exportSchemas({
    config,
    registry: requireRegistry(config),
    full: false,
    commit: false,
    push: false,
    allowDeletions: false,
    env: {},
    now: () => 0,
  });
}

async function verify(tree: string, url: string, flags: ConfigFlags = {}) {
  const config = loadConfig({ ...flags, tree, url: [url] }, {}, tree);
  return verifyTree({ config, registry: requireRegistry(config) });
}

const CLEAN = { sound: true, differences: [] };

describe('verifyTree', () => {
  const selections: readonly ConfigFlags[] = [
    {},
    { subjects: ['users-*'] },
    { subjects: ['users-*'], includeReferences: false },
    { versions: 'latest' },
    { versions: 'latest', includeSoftDeleted: false },
    { versions: 'latest', includeReferences: false },
    { includeSoftDeleted: false },
    { schemaTypes: ['JSON'] },
    { schemaTypes: ['AVRO'], versions: 'latest' },
    { exclude: ['*-value'] },
    { exclude: ['orders-*'] },
    { subjects: [':.staging:*'] },
    { subjects: ['nothing'] },
  ];
  it.each(selections)('holds the same selection of tree and registry against each other: %j', async (selection) => {
    const url = await sourceRegistry();
    const everything = join(temporaryFolder(), 'all');
    await exportTo(everything, url);
    expect(await verify(everything, url, selection)).toMatchObject(CLEAN);
    const part = join(temporaryFolder(), 'part');
    await exportTo(part, url, selection);
    expect(await verify(part, url, selection)).toMatchObject(CLEAN);
  });

  it.each([
    ['config and mode', /^\/(config|mode)/],
    ['the config of the registry', /^\/config($|\?)/],
    ['the config of a subject', /^\/config\/orders-value/],
    ['the mode of the registry', /^\/mode($|\?)/],
  ])('takes %s for unknown where reading it is forbidden', async (_, forbidden) => {
    const url = await sourceRegistry();
    const tree = join(temporaryFolder(), 'schemas');
    await exportTo(tree, url);
    const front = await startServer((incoming, response) => {
      if (forbidden.test(incoming.url ?? '')) {
        answerJson(response, 403, { error_code: 40301, message: 'no' });
        return;
      }
      fetch(url + incoming.url)
        .then(async (answer) => answerJson(response, answer.status, await answer.json()))
        .catch(() => response.destroy());
    });
    const result = await verify(tree, front.url);
    await front.close();
    expect(result).toMatchObject(CLEAN);
    expect(result.partial?.length).toBeGreaterThan(0);
  });
});
