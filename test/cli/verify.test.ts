import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { cliEntry, runCli, runCliJson } from '../support/cli.ts';
import { record, register, registryDuringTest, request } from '../support/embedded-registry.ts';
import { temporaryFolder } from '../support/trees.ts';

beforeAll(async () => {
  await cliEntry();
});

/** A registry with a bit of everything, and the tree that an export made of it. */
async function exported(...flags: string[]) {
  const registry = await registryDuringTest();
  const { url } = registry;
  await register(url, 'orders-value', record('Order'));
  await register(url, 'orders-value', record('Order', 'number'));
  await register(url, 'payments-value', record('Payment'));
  await register(url, 'old-value', record('Old'));
  await register(url, ':.staging:carts-value', record('Cart'));
  await request(url, 'POST', '/subjects/users-value/versions', {
    schema: JSON.stringify({ type: 'record', name: 'User', fields: [{ name: 'order', type: 'Order' }] }),
    references: [{ name: 'Order', subject: 'orders-value', version: 1 }],
    metadata: { properties: { owner: 'team', key: 'hunter2' }, sensitive: ['key'] },
  });
  await request(url, 'PUT', '/config', { compatibility: 'FULL' });
  await request(url, 'PUT', '/config/payments-value', { compatibility: 'NONE' });
  await request(url, 'DELETE', '/subjects/old-value');
  const cwd = temporaryFolder();
  const result = await runCli(['export', '--url', url, ...flags], { cwd });
  expect([result.code, result.stderr]).toEqual([0, '']);
  return { registry, url, cwd };
}

interface Verified {
  readonly sound: boolean;
  readonly differences: readonly { readonly kind: string; readonly subject: string; readonly version?: number }[];
}

async function verify(cwd: string, ...args: string[]) {
  const { code, json } = await runCliJson(['verify', ...args], { cwd });
  const { differences, sound } = json as Verified;
  const found = differences?.map(
    ({ kind, subject, version }) => `${kind} ${subject}${version === undefined ? '' : ` ${version}`}`,
  );
  return { code, sound, found };
}

const CLEAN = { code: 0, sound: true, found: [] };

describe('verify', () => {
  it('finds each kind of difference, and ends with 3', async () => {
    const { url, cwd } = await exported();
    expect(await verify(cwd, '--url', url)).toEqual(CLEAN);
    await register(url, 'orders-value', record('Order', 'third'));
    await register(url, ':.fresh:x', record('X'));
    await request(url, 'DELETE', '/subjects/payments-value');
    await request(url, 'DELETE', '/subjects/old-value?permanent=true');
    await request(url, 'PUT', '/config', { compatibility: 'BACKWARD' });
    await request(url, 'PUT', '/mode/orders-value', { mode: 'READONLY' });
    const { code, sound, found } = await verify(cwd, '--url', url);
    expect([code, sound]).toEqual([3, true]);
    expect(found).toEqual(
      expect.arrayContaining([
        'extra orders-value 3',
        'context :.fresh:',
        'extra :.fresh:x 1',
        'deleted payments-value 1',
        'missing old-value 1',
        'config ',
        'mode orders-value',
      ]),
    );
    const { stdout } = await runCli(['verify', '--url', url], { cwd });
    expect(stdout).toMatch(
      /✓ the tree is sound[\s\S]*≠ orders-value version 3: only in the registry[\s\S]*✗ \d+ differences between/,
    );
  });

  it('finds other content, ids and references under the same version', async () => {
    const { cwd } = await exported();
    const other = await registryDuringTest();
    await register(other.url, 'filler', '"bytes"');
    await register(other.url, 'orders-value', record('Order', 'other'));
    await register(other.url, 'users-value', record('User'));
    const { code, found } = await verify(cwd, '--url', other.url, '--subject', '{orders,users}-value');
    expect(code).toBe(3);
    expect(found).toEqual(
      expect.arrayContaining([
        'id orders-value 1',
        'content orders-value 1',
        'missing orders-value 2',
        'content users-value 1',
      ]),
    );
    expect(found).not.toContain('missing payments-value 1');
  });

  it('does not call damage what an export without references leaves out', async () => {
    const { url, cwd } = await exported('--subject', 'users-value', '--no-references');
    const flags = ['--subject', 'users-value', '--no-references'];
    expect(await verify(cwd, '--url', url, ...flags)).toEqual(CLEAN);
    expect((await verify(cwd, '--offline', '--no-references')).code).toBe(0);
    expect((await verify(cwd, '--offline')).code).toBe(1);
  });

  it('takes flags of the file, and their --no- form before them', async () => {
    const { url } = await exported();
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'srgit.yaml'), 'backup: { include_soft_deleted: false, include_sensitive: true }\n');
    const deleted = async (...flags: string[]) => {
      const { json } = await runCliJson(['export', '--url', url, ...flags], { cwd });
      return (json as { counts: { deleted: number } }).counts.deleted;
    };
    expect(await deleted()).toBe(0);
    const metadata = readFileSync(join(cwd, 'schemas/subjects/users-value/metadata.json'), 'utf8');
    expect(metadata).toContain('hunter2');
    expect(await deleted('--soft-deleted')).toBe(1);
    expect(await deleted('--no-soft-deleted')).toBe(0);
  });

  it('knows redacted values from others', async () => {
    const { url, cwd } = await exported();
    const metadata = join(cwd, 'schemas/subjects/users-value/metadata.json');
    expect(readFileSync(metadata, 'utf8')).not.toContain('hunter2');
    expect(await verify(cwd, '--url', url)).toEqual(CLEAN);
    const offline = await runCli(['verify', '--offline'], { cwd });
    expect([offline.code, offline.stdout]).toEqual([
      0,
      '· the guids of 1 versions cannot be checked: values of sensitive metadata were not exported\n✓ the tree is sound: 5 subjects, 6 versions\n',
    ]);
    expect((await runCli(['export', '--url', url, '--include-sensitive'], { cwd })).code).toBe(0);
    expect(readFileSync(metadata, 'utf8')).toContain('hunter2');
    expect((await runCli(['verify', '--offline'], { cwd })).stdout).toBe(
      '✓ the tree is sound: 5 subjects, 6 versions\n',
    );
    expect(await verify(cwd, '--url', url)).toEqual(CLEAN);
  });

  it('ends with 1 when the tree is damaged', async () => {
    const { url, cwd } = await exported();
    rmSync(join(cwd, 'schemas/subjects/orders-value/v2.avsc'));
    expect(await verify(cwd, '--offline')).toMatchObject({ code: 1, sound: false });
    expect(await verify(cwd, '--url', url)).toMatchObject({ code: 1, sound: false, found: ['extra orders-value 2'] });
    const { stdout } = await runCli(['verify', '--offline', '--quiet'], { cwd });
    expect(stdout).toBe('');
  });
});
