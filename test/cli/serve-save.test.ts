/** `srgit serve --writable --save`: what is accepted is in the tree before it is answered. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { cliEntry, runCli, runCliJson } from '../support/cli.ts';
import { record, register, request } from '../support/embedded-registry.ts';
import { repository } from '../support/git.ts';
import { serveDuringTest } from '../support/serve.ts';
import { temporaryFolder } from '../support/trees.ts';

beforeAll(async () => {
  await cliEntry();
});

it('starts from nothing, keeps every answered write through kill -9, and goes on from it', async () => {
  const cwd = temporaryFolder();
  const first = await serveDuringTest(cwd, '--writable', '--save');
  await register(first.url, 'orders-value', record('Order'));
  await register(first.url, 'orders-value', record('Order', 'number'));
  await register(first.url, ':.staging:orders-value', record('Order'));
  await request(first.url, 'PUT', '/config/orders-value', { compatibility: 'FULL' });
  await request(first.url, 'PUT', '/mode/orders-value', { mode: 'READWRITE' });
  await request(first.url, 'DELETE', '/subjects/orders-value/versions/1');
  first.cli.kill('SIGKILL');
  await first.cli.done;
  expect((await runCli(['verify', '--offline'], { cwd })).code).toBe(0);

  const again = await serveDuringTest(cwd, '--writable', '--save');
  expect(await request(again.url, 'GET', '/subjects/orders-value/versions?deleted=true')).toEqual([1, 2]);
  expect(await request(again.url, 'GET', '/subjects/orders-value/versions')).toEqual([2]);
  expect(await request(again.url, 'GET', '/config/orders-value')).toEqual({ compatibilityLevel: 'FULL' });
  expect(await request(again.url, 'GET', '/mode/orders-value')).toEqual({ mode: 'READWRITE' });
  expect(await register(again.url, 'next', record('Next'))).toBe(3);
  // What it saves is what an export of it would write.
  const verified = await runCliJson(['verify', '--url', again.url], { cwd });
  expect([verified.code, verified.json]).toMatchObject([0, { differences: [] }]);
  again.cli.kill('SIGTERM');
  await again.cli.done;
});

it('saves many writes at once, and gives the tree back to others when it ends', async () => {
  const cwd = repository();
  const { url, cli } = await serveDuringTest(cwd, '--writable', '--save');
  const ids = await Promise.all(Array.from({ length: 60 }, (_, n) => register(url, `s${n}`, record(`R${n}`))));
  expect(new Set(ids).size).toBe(60);
  const manifest = JSON.parse(readFileSync(join(cwd, 'schemas/manifest.json'), 'utf8')) as { subjects: unknown[] };
  expect(manifest.subjects.length).toBe(60);
  const busy = await runCli(['export', '--url', url], { cwd });
  expect([busy.code, busy.stderr]).toEqual([1, expect.stringContaining('is writing the tree')]);
  cli.kill('SIGTERM');
  await cli.done;
  expect((await runCli(['verify', '--offline'], { cwd })).code).toBe(0);
  expect((await runCli(['index'], { cwd })).code).toBe(0);
});

it('answers 500/50001 when it cannot be kept, and brings it with the next', async () => {
  const cwd = temporaryFolder();
  const { url } = await serveDuringTest(cwd, '--writable', '--save');
  await register(url, 'a', record('A'));
  // A file where a folder has to be: the write fails on every system, as root too.
  writeFileSync(join(cwd, 'schemas/subjects/b'), 'in the way');
  const refused = await request(url, 'POST', '/subjects/b/versions', { schema: JSON.stringify(record('B')) });
  expect(refused).toMatchObject({ error_code: 50001, message: expect.stringContaining('subjects/b') });
  expect(existsSync(join(cwd, 'schemas/subjects/b/v1.avsc'))).toBe(false);
  rmSync(join(cwd, 'schemas/subjects/b'));
  await register(url, 'c', record('C'));
  expect(existsSync(join(cwd, 'schemas/subjects/b/v1.avsc'))).toBe(true);
  expect((await runCli(['verify', '--offline'], { cwd })).code).toBe(0);
});

it('needs --writable, and a tree that can be written', async () => {
  const cwd = temporaryFolder();
  expect((await runCli(['serve', '--save', '--port', '0'], { cwd })).code).toBe(2);
  expect((await runCli(['serve', '--writable', '--save', '--ref', 'HEAD', '--port', '0'], { cwd })).code).toBe(2);
});
