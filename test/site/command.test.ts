/** `srgit site` and `srgit serve --ui` as commands. */
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { serveDuringTest } from '../support/serve.ts';
import { temporaryFolder } from '../support/trees.ts';
import { givePagesToCli } from './support.ts';

const EXAMPLE = join(import.meta.dirname, '../../schemas-example');

beforeAll(givePagesToCli, 120_000);

function project(): string {
  const folder = temporaryFolder();
  cpSync(EXAMPLE, join(folder, 'schemas'), { recursive: true });
  return folder;
}

it('writes the pages and says where they are', async () => {
  const cwd = project();
  const { code, stdout, stderr } = await runCli(['site', '--out', 'public', '--title', 'Shop'], { cwd });
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^public\/index\.html: 6 subjects, 9 versions in \d+ files, \d+ kB\.\n$/);
  expect(readFileSync(join(cwd, 'public/index.html'), 'utf8')).toContain('<title>Shop</title>');
  const again = await runCli(['site', '--out', 'public', '--title', 'Shop', '--json'], { cwd });
  expect(JSON.parse(again.stdout)).toMatchObject({ upToDate: true, counts: { subjects: 6 } });
  const refused = await runCli(['site', '--out', 'schemas/site'], { cwd });
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('within the schema tree')]);
}, 60_000);

it('serves them beside the registry', async () => {
  const { cli, url } = await serveDuringTest(project(), '--ui');
  expect(cli.output().stdout).toContain(`, pages at ${url}/ui/`);
  expect(await (await fetch(`${url}/ui/`)).text()).toContain('data-served="yes"');
}, 60_000);
