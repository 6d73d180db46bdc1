/** `srgit verify`, `srgit diff` and `srgit plan --detailed-exitcode` on a registry that drifted in every way: each difference with its likely cause. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { record, snapshotOf, withSettings } from '../plan/support.ts';
import { cliEntry, runCli, runCliJson } from '../support/cli.ts';
import { registryDuringTest } from '../support/embedded-registry.ts';
import { git } from '../support/git.ts';
import { temporaryFolder, writeTree } from '../support/trees.ts';

const TIMEOUT = 180_000;

beforeAll(async () => {
  await cliEntry();
}, TIMEOUT);

const names = ['kept', 'rewritten', 'overwritten', 'deleted', 'hidden', 'used'] as const;
const rows = names.map((name, at) => ({ subject: `${name}-value`, id: at + 1, schema: record(name) }));
const TREE = snapshotOf(rows);
const WRITTEN_OTHERWISE = '{"name":"rewritten","type":"record","fields":[]}';

const DRIFTED = withSettings(
  snapshotOf([
    ...rows.flatMap((row) => {
      const { subject } = row;
      if (subject === 'deleted-value' || subject === 'used-value') return [];
      if (subject === 'hidden-value') return [{ ...row, deleted: true }];
      if (subject === 'overwritten-value') return [{ ...row, schema: record('Other') }];
      if (subject === 'rewritten-value') return [{ ...row, schema: WRITTEN_OTHERWISE }];
      return [row];
    }),
    { subject: 'kept-value', version: 2, id: 20, schema: record('Kept2') },
    { subject: 'stray-value', id: 6, schema: record('Stray') },
  ]),
  'kept-value',
  { compatibility: 'NONE', mode: 'READONLY' },
);

interface Verified {
  readonly differences: readonly { readonly subject: string; readonly version?: number; readonly cause?: string }[];
}

interface Planned {
  readonly subjects: readonly { readonly subject: string; readonly causes?: readonly string[] }[];
}

interface Diffed {
  readonly subjects: readonly {
    readonly subject: string;
    readonly versions: readonly { readonly version: number; readonly cause?: string }[];
    readonly settings: readonly { readonly setting: string; readonly cause?: string }[];
  }[];
}

it('each difference has its likely cause, as text and as JSON', { timeout: TIMEOUT }, async () => {
  const { url } = await registryDuringTest(DRIFTED);
  const cwd = temporaryFolder();
  await writeTree(join(cwd, 'schemas'), TREE);
  writeFileSync(join(cwd, 'srgit.yaml'), `registries: { prod: { url: "${url}" } }\n`);

  const verified = await runCliJson(['verify'], { cwd });
  expect(verified.code).toBe(3);
  const { differences } = verified.json as unknown as Verified;
  const told = differences.map(({ subject, version, cause }) => `${subject} ${version ?? '-'} ${cause}`).sort();
  expect(told.filter((line) => line.includes('-value'))).toEqual([
    'deleted-value 1 deleted',
    'hidden-value 1 soft-deleted',
    'kept-value - config-changed',
    'kept-value - mode-changed',
    'kept-value 2 registered',
    'overwritten-value 1 overwritten',
    'rewritten-value 1 recanonicalised',
    'stray-value 1 id-reused',
    'used-value 1 id-reused',
  ]);
  const text = await runCli(['verify'], { cwd });
  expect(text.stdout).toMatch(
    /≠ rewritten-value version 1: the schema text differs\n {4}likely the same schema, its text/,
  );
  expect(text.stdout).toMatch(/≠ kept-value version 2: only in .*\n {4}likely registered past the review/);

  const asked = ['plan', '--reconcile', '--prune', '--strategy', 'overwrite', '--ids', 'keep', '--detailed-exitcode'];
  const planned = await runCliJson(asked, { cwd });
  const causes = Object.fromEntries(
    (planned.json as unknown as Planned).subjects.flatMap(({ subject, causes }) => (causes ? [[subject, causes]] : [])),
  );
  expect(causes).toMatchObject({
    'deleted-value': ['deleted'],
    'hidden-value': ['soft-deleted'],
    'kept-value': ['registered', 'config-changed', 'mode-changed'],
    'overwritten-value': ['overwritten'],
    'stray-value': ['id-reused'],
    'used-value': ['id-reused'],
  });
  const shown = await runCli(asked, { cwd });
  expect([shown.code, planned.code]).toEqual([planned.code, shown.code]);
  expect(shown.stdout).toMatch(
    /\nLikely causes:\n[\s\S]*\n {2}an id used again for another schema: [^\n]*: stray-value, used-value\n/,
  );

  git(cwd, 'init', '--quiet');
  const diffed = await runCliJson(['diff', '.', 'registry'], { cwd });
  const listed = (diffed.json as unknown as Diffed).subjects.flatMap(({ subject, versions, settings }) => [
    ...versions.map(({ version, cause }) => `${subject} ${version} ${cause}`),
    ...settings.map(({ setting, cause }) => `${subject} ${setting} ${cause}`),
  ]);
  expect(listed.filter((line) => line.includes('-value')).sort()).toEqual([
    'deleted-value 1 deleted',
    'hidden-value 1 soft-deleted',
    'kept-value 2 registered',
    'kept-value compatibility config-changed',
    'kept-value mode mode-changed',
    'overwritten-value 1 overwritten',
    'rewritten-value 1 recanonicalised',
    'stray-value 1 id-reused',
    'used-value 1 id-reused',
  ]);
  const drawn = await runCli(['diff', 'registry', '.', '--format', 'markdown'], { cwd });
  expect(drawn.stdout).toMatch(/REPLACED by other content.*<br>likely ⚠️ an immutable version was overwritten/);
});
