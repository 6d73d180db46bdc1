/** `srgit diff`: between commits, the work tree and a registry. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { DiffResult } from '../../src/app/diff-trees.ts';
import { cliEntry, runCli, runCliJson } from '../support/cli.ts';
import { register, registryDuringTest, request } from '../support/embedded-registry.ts';
import { git, repository } from '../support/git.ts';

beforeAll(async () => {
  await cliEntry();
});

const order = (...more: readonly object[]) => ({
  type: 'record',
  name: 'Order',
  fields: [{ name: 'id', type: 'string' }, ...more],
});

it('tells what changed between commits, in the work tree, and on the registry', async () => {
  const { url } = await registryDuringTest();
  await register(url, 'orders-value', order());
  const cwd = repository();
  expect((await runCli(['export', '--url', url, '--commit'], { cwd })).code).toBe(0);
  await register(url, 'orders-value', order({ name: 'note', type: 'string', default: '' }));
  await register(url, 'new-value', order());
  await request(url, 'PUT', '/config/orders-value', { compatibility: 'NONE' });

  const live = await runCli(['diff', 'HEAD', 'registry', '--url', url], { cwd });
  expect([live.code, live.stderr]).toEqual([0, '']);
  expect(live.stdout).toBe(
    [
      '+ new-value added',
      '    + version 1 (id 1)',
      '        likely registered past the review, by a client with `auto.register.schemas` or by hand',
      '~ orders-value',
      '    + version 2 (id 2), against version 1',
      '        likely registered past the review, by a client with `auto.register.schemas` or by hand',
      '        + field Order.note: string, default ""',
      '    ~ compatibility inherited → NONE',
      '        likely config set at the registry, not in the tree',
      '',
      '2 places with differences, 2 versions.',
      '',
    ].join('\n'),
  );

  expect((await runCli(['export', '--url', url, '--commit'], { cwd })).code).toBe(0);
  const commits = await runCliJson(['diff', 'HEAD~1', 'HEAD', '--detailed-exitcode'], { cwd });
  const { subjects } = commits.json as DiffResult;
  expect([commits.code, subjects.map(({ subject, change }) => `${change} ${subject}`)]).toEqual([
    3,
    ['added new-value', 'changed orders-value'],
  ]);
  const none = await runCli(['diff', '--detailed-exitcode'], { cwd });
  expect([none.code, none.stdout]).toEqual([0, 'No difference between HEAD and the work tree.\n']);

  // A person proposes a version that breaks consumers; names are not to be believed.
  const evil = order({ name: 'count', type: 'int', doc: '`</code> @everyone <img> ```' });
  writeFileSync(join(cwd, 'schemas/subjects/orders-value/v3.avsc'), JSON.stringify(evil));
  const markdown = (await runCli(['diff', '--format', 'markdown'], { cwd })).stdout;
  expect(markdown).toContain('#### `orders-value`');
  expect(markdown).toContain('- version 3 (added by hand, no id yet), against version 2 ⚠️ **breaks BACKWARD**');
  expect(markdown).toContain(
    '- ```` + field Order.count: int, doc `</code> @everyone <img> ``` ```` ⚠️ breaks BACKWARD',
  );
  const text = (await runCli(['diff'], { cwd })).stdout;
  expect(text).toContain('breaks BACKWARD');
  expect(text).toContain('        - field Order.note\n');
});

it('knows what a schema of the registry refers to', async () => {
  const { url } = await registryDuringTest();
  await register(url, 'address', { type: 'record', name: 'Address', fields: [] });
  const references = [{ name: 'Address', subject: 'address', version: 1 }];
  const post = (...more: readonly object[]) => {
    const schema = JSON.stringify(order({ name: 'to', type: 'Address' }, ...more));
    return request(url, 'POST', '/subjects/orders-value/versions', { schema, references });
  };
  expect(await post()).toMatchObject({ version: 1 });
  const cwd = repository();
  expect((await runCli(['export', '--url', url, '--commit'], { cwd })).code).toBe(0);
  expect(await post({ name: 'note', type: 'string', default: '' })).toMatchObject({ version: 2 });
  const { stdout, stderr } = await runCli(['diff', 'HEAD', 'registry', '--url', url], { cwd });
  expect(stderr).toBe('');
  expect(stdout).toBe(
    [
      '~ orders-value',
      '    + version 2 (id 3), against version 1',
      '        likely registered past the review, by a client with `auto.register.schemas` or by hand',
      '        + field Order.note: string, default ""',
      '',
      '1 place with differences, 1 version.',
      '',
    ].join('\n'),
  );
});

it('takes a branch without a tree for nothing, and names a commit that is not there', async () => {
  const { url } = await registryDuringTest();
  const cwd = repository();
  writeFileSync(join(cwd, 'a.txt'), 'a');
  git(cwd, 'add', '.');
  git(cwd, 'commit', '--quiet', '--message', 'before any export');
  await register(url, 'orders-value', order());
  expect((await runCli(['export', '--url', url], { cwd })).code).toBe(0);
  expect((await runCli(['diff'], { cwd })).stdout).toMatch(/^\+ orders-value added\n/m);
  const unknown = await runCli(['diff', 'nowhere'], { cwd });
  expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('no branch, tag or commit nowhere')]);
});
