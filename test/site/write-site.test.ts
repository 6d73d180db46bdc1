/** What `srgit site` writes: history from git, whole or not at all, nothing of others' touched. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isSrgitError } from '../../src/errors.ts';
import { computeGuid } from '../../src/semantics/guid.ts';
import type { IdPayload, SiteIndex, SiteSubject, TermEntry } from '../../src/site/model.ts';
import { git, repository } from '../support/git.ts';
import { readFolder, temporaryFolder, writeTree } from '../support/trees.ts';
import { readData, siteOf } from './support.ts';

const EXAMPLE = join(import.meta.dirname, '../../schemas-example');

/** The example in a repository: two commits by two people. */
function exampleRepository(): { readonly root: string; readonly tree: string } {
  const root = repository();
  const tree = join(root, 'deep/schemas');
  cpSync(EXAMPLE, tree, { recursive: true });
  const last = join(tree, 'subjects/orders-value/v3.avsc');
  const text = readFileSync(last);
  git(root, 'add', '--all', ':!deep/schemas/subjects/orders-value/v3.avsc');
  git(
    root,
    'commit',
    '--quiet',
    '--author',
    'Ann <ann@example.com>',
    '--date',
    '1700000000 +0000',
    '-m',
    'First export',
  );
  writeFileSync(last, text);
  git(root, 'add', '--all');
  git(
    root,
    'commit',
    '--quiet',
    '--author',
    'Bén <b@example.com>',
    '--date',
    '1700100000 +0000',
    '-m',
    'Orders: ship_to',
  );
  return { root, tree };
}

const findSubject = (out: string, name: string): SiteSubject | undefined =>
  readData<readonly SiteSubject[]>(out, 'subjects-0').find((subject) => subject.name === name);

const readFolderText = (folder: string): string => [...readFolder(folder).values()].join('\n');

const codeOf = async (promise: Promise<unknown>): Promise<string> => {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return isSrgitError(error) ? error.code : String(error);
};

it('tells who brought each version, and when, and no address', async () => {
  const { root, tree } = exampleRepository();
  const out = join(root, 'site');
  await siteOf(tree, out);
  const orders = findSubject(out, 'orders-value');
  expect(orders?.versions.map(({ version, commit }) => [version, commit?.author, commit?.time])).toEqual([
    [1, 'Ann', 1_700_000_000],
    [2, 'Ann', 1_700_000_000],
    [3, 'Bén', 1_700_100_000],
  ]);
  expect(orders?.versions[2]?.commit?.hash).toBe(git(root, 'rev-parse', 'HEAD'));
  const index = readData<SiteIndex>(out, 'index');
  expect(index.changes.map(({ commit, added, subjectCount }) => [commit.title, added, subjectCount])).toEqual([
    ['Orders: ship_to', 1, 1],
    ['First export', 8, 6],
  ]);
  expect(index.history).toEqual({ shallow: false, commits: 2 });
  const folder = JSON.parse(readFileSync(join(out, 'srgit-site.json'), 'utf8')).folder;
  for (const file of readdirSync(join(out, folder, 'data'))) {
    expect(readFileSync(join(out, folder, 'data', file), 'utf8')).not.toContain('@example.com');
  }
});

it('shows the tree as it was at a commit', async () => {
  const { root, tree } = exampleRepository();
  const out = join(root, 'site');
  await siteOf(tree, out, { ref: 'HEAD~1' });
  expect(findSubject(out, 'orders-value')?.versions.map(({ version }) => version)).toEqual([1, 2]);
  const { findings, history } = readData<SiteIndex>(out, 'index');
  expect(history?.commit).toBe(git(root, 'rev-parse', 'HEAD~1'));
  // The file of version 3 was not committed yet.
  expect(findings[0]).toMatchObject({ severity: 'error', code: 'SRGIT_TREE_FILE_MISSING' });
});

it('knows references both ways, ids in every context, and id maps', async () => {
  const folder = temporaryFolder();
  const tree = join(folder, 'schemas');
  cpSync(EXAMPLE, tree, { recursive: true });
  mkdirSync(join(tree, 'id-maps'));
  writeFileSync(
    join(tree, 'id-maps/dr.json'),
    JSON.stringify({
      format: 1,
      source: { kind: 'tree', fingerprint: 'x' },
      target: { name: 'dr', kind: 'confluent' },
      contexts: [{ context: '.', ids: [{ id: 7, to: 107, guid: '3b808944-dd93-9bb8-bc6e-e1413e01c58e' }] }],
    }),
  );
  writeFileSync(join(tree, 'id-maps/broken.json'), '{');
  const out = join(folder, 'site');
  await siteOf(tree, out);
  const { subjects, findings, history, idMaps } = readData<SiteIndex>(out, 'index');
  const address = findSubject(out, 'common-address-value');
  const orders = subjects.name.indexOf('orders-value');
  expect(address?.versions[0]?.referencedBy).toEqual([[orders, 3]]);
  expect(findSubject(out, 'orders-value')?.versions[2]?.references[0]).toEqual({
    name: 'com.example.shop.Address',
    subject: 'common-address-value',
    version: 1,
    at: subjects.name.indexOf('common-address-value'),
  });
  const terms = new Map(readData<readonly TermEntry[]>(out, 'terms-0'));
  expect((terms.get('i1') as IdPayload).rows).toHaveLength(2);
  expect((terms.get('i7') as IdPayload).maps).toEqual([[0, 0, 107]]);
  expect(idMaps).toEqual([{ name: 'dr', kind: 'confluent', entries: 1 }]);
  expect(findings).toMatchObject([{ severity: 'warning', code: 'SRGIT_TREE_INVALID', file: 'id-maps/broken.json' }]);
  expect(history).toBeUndefined();
});

it('writes nothing where nothing changed, and takes the old files away where something did', async () => {
  const { root, tree } = exampleRepository();
  const out = join(root, 'site');
  const first = await siteOf(tree, out);
  expect(first.upToDate).toBe(false);
  writeFileSync(join(out, 'CNAME'), 'schemas.example.com');
  mkdirSync(join(out, '.git'));
  const before = readdirSync(out);
  expect((await siteOf(tree, out)).upToDate).toBe(true);
  expect(readdirSync(out)).toEqual(before);
  const changed = await siteOf(tree, out, { ref: 'HEAD~1' });
  expect(changed.upToDate).toBe(false);
  expect(readdirSync(out).filter((name) => name.startsWith('site-'))).toHaveLength(1);
  expect(readdirSync(out)).toEqual(expect.arrayContaining(['CNAME', '.git', 'index.html']));
});

it('leaves the site as it was when it is interrupted', async () => {
  const { root, tree } = exampleRepository();
  const out = join(root, 'site');
  await siteOf(tree, out);
  const before = readdirSync(out);
  const stop = new AbortController();
  const onProgress = ({ phase }: { readonly phase: string }) => {
    if (phase === 'writing the site') stop.abort();
  };
  const interrupted = siteOf(tree, out, { ref: 'HEAD~1', signal: stop.signal, onProgress });
  expect(await codeOf(interrupted)).toBe('SRGIT_INTERRUPTED');
  expect(readdirSync(out)).toEqual(before);
});

it('refuses to write over another page, into the tree, and where it may not', async () => {
  const folder = temporaryFolder();
  const tree = join(folder, 'schemas');
  cpSync(EXAMPLE, tree, { recursive: true });
  writeFileSync(join(folder, 'index.html'), 'mine');
  expect(await codeOf(siteOf(tree, folder))).toBe('SRGIT_USAGE');
  expect(readFileSync(join(folder, 'index.html'), 'utf8')).toBe('mine');
  expect(await codeOf(siteOf(tree, join(tree, 'site')))).toBe('SRGIT_USAGE');
  expect(await codeOf(siteOf(tree, tree))).toBe('SRGIT_USAGE');
  writeFileSync(join(folder, 'file'), '');
  expect(await codeOf(siteOf(tree, join(folder, 'file', 'site')))).toBe('SRGIT_STORAGE_WRITE');
  expect(await codeOf(siteOf(join(folder, 'nothing'), join(folder, 'site')))).toBe('SRGIT_TREE_MISSING');
  expect(existsSync(join(folder, 'site'))).toBe(false);
});

it('has no value that is called sensitive', async () => {
  const folder = temporaryFolder();
  const secret = { properties: { owner: 'team-a', key: 's3cr3t' }, sensitive: ['key'] };
  const content = { schemaType: 'AVRO' as const, schema: '"string"', references: [], metadata: secret };
  const row = { ...content, version: 1, id: 1, guid: computeGuid(content), deleted: false };
  const config = { fields: { defaultMetadata: secret } };
  const snapshot = {
    registry: { kind: 'confluent' as const },
    contexts: [{ name: '.', config, subjects: [{ name: 'a', config, versions: [row] }] }],
    global: {},
    gaps: [],
  };
  await writeTree(join(folder, 'schemas'), snapshot, { includeSensitive: true });
  expect(readFolderText(join(folder, 'schemas'))).toContain('s3cr3t');
  const out = join(folder, 'site');
  await siteOf(join(folder, 'schemas'), out);
  expect(readFolderText(out)).not.toContain('s3cr3t');
  expect(findSubject(out, 'a')?.versions[0]?.metadata?.properties).toEqual({ owner: 'team-a', key: '<sensitive>' });
});

it('says that a shallow clone does not know its past', async () => {
  const { root } = exampleRepository();
  const clone = join(temporaryFolder(), 'clone');
  git(root, 'clone', '--quiet', '--depth', '1', `file://${root}`, clone);
  await siteOf(join(clone, 'deep/schemas'), join(clone, 'site'));
  expect(readData<SiteIndex>(join(clone, 'site'), 'index').history).toEqual({ shallow: true, commits: 1 });
});

it('shows a version that was added by hand, and a subject that has no other', async () => {
  const folder = temporaryFolder();
  const tree = join(folder, 'schemas');
  cpSync(EXAMPLE, tree, { recursive: true });
  mkdirSync(join(tree, 'subjects/new-value'));
  writeFileSync(join(tree, 'subjects/new-value/v1.avsc'), '"string"');
  const out = join(folder, 'site');
  await siteOf(tree, out, { title: 'A <b> & "c"' });
  expect(findSubject(out, 'new-value')).toMatchObject({ versions: [], pending: [{ version: 1, text: '"string"' }] });
  expect(readFileSync(join(out, 'index.html'), 'utf8')).toContain('<title>A &lt;b&gt; &amp; &quot;c&quot;</title>');
});
