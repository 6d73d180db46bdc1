/**
 * Each format, told by its content, becomes a sound tree; a registry that is restored from it has the ids that the source had.
 * The archives of Apicurio are what its 3.3.3 and 2.6.13 exported; the others are made by hand from the formats' facts.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeZip } from '../../../src/archive/write-zip.ts';
import type { SchemaVersion } from '../../../src/model/schema-version.ts';
import { formatSubjectName } from '../../../src/model/subject-name.ts';
import type { LoadedTree } from '../../../src/tree/load-tree.ts';
import { restoreHere, strictRegistryDuringTest } from '../../support/restoring.ts';
import { readFolder, temporaryFolder } from '../../support/trees.ts';
import { FIXTURES, importHere, rowNames, soundTree } from './support.ts';

const TEST_MS = 120_000;

/** Karapace knows no modes and no contexts. */
const KARAPACE = [
  'address 1 = 3',
  'common/money.proto 1 = 6',
  'customers of today 1 = 9',
  'orders-value 1 = 1 deleted',
  'orders-value 3 = 5',
  'payments-value 1 = 7',
];
const TOPIC = [...KARAPACE, ':.staging:carts 1 = 1'];
const APICURIO = [
  'address 1 = 1',
  'common/money.proto 1 = 4',
  'customers 1 = 6',
  'gone-value 1 = 7',
  'orders-value 1 = 2 deleted',
  'orders-value 2 = 3',
  'payments-value 1 = 5',
  ':.staging:carts 1 = 8',
];

const WITH_IDS: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'ccloud-exporter',
    'ccloud-exporter',
    [
      'address 1 = 3',
      'address copy 1 = 3',
      'common/money.proto 1 = 6',
      'customers of today 1 = 9',
      'orders-value 1 = 1',
      'orders-value 3 = 5',
      'payments-value 1 = 7',
      ':.staging:carts 1 = 1',
    ],
  ],
  ['console.txt', 'console', TOPIC],
  ['console-all.txt', 'console', TOPIC],
  ['kcat.jsonl', 'kcat', TOPIC],
  ['karapace-v1.json', 'karapace', KARAPACE],
  ['karapace-v2', 'karapace', KARAPACE],
  ['karapace-v3', 'karapace', KARAPACE],
  ['karapace-v3/_schemas.metadata', 'karapace', KARAPACE],
  ['apicurio-3.zip', 'apicurio', APICURIO],
  ['apicurio-2.zip', 'apicurio', APICURIO],
];

const WITHOUT_IDS: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'gitops',
    'gitops',
    ['address 1 = ?', 'common/money.proto 1 = ?', 'customers 1 = ?', 'orders-value 1 = ?', 'payments-value 1 = ?'],
  ],
  [
    'files',
    'files',
    [
      'Address 1 = ?',
      'customer 1 = ?',
      'legacy 1 = ?',
      'money 1 = ?',
      'orders-value 1 = ?',
      'orders-value 2 = ?',
      'payments 4 = ?',
      'visit 1 = ?',
    ],
  ],
];

function rowsByName({ snapshot }: Pick<LoadedTree, 'snapshot'>): ReadonlyMap<string, SchemaVersion> {
  const rows = new Map<string, SchemaVersion>();
  for (const { name: context, subjects } of snapshot.contexts) {
    for (const { name, versions } of subjects) {
      for (const row of versions) rows.set(`${formatSubjectName({ context, subject: name })} ${row.version}`, row);
    }
  }
  return rows;
}

describe.each([...WITH_IDS, ...WITHOUT_IDS])('%s', (name, kind, rows) => {
  it(`is told to be of ${kind}, becomes a sound tree, and the same again the second time`, {
    timeout: TEST_MS,
  }, async () => {
    const cwd = temporaryFolder();
    const result = await importHere(cwd, join(FIXTURES, name));
    expect(result).toMatchObject({ outcome: 'written', kind, faults: [], conflicts: [], versions: rows.length });
    expect([...rowNames(await soundTree(cwd))].sort()).toEqual([...rows].sort());
    const before = readFolder(join(cwd, 'schemas'));
    const again = await importHere(cwd, `${kind}:${join(FIXTURES, name)}`);
    expect(again).toMatchObject({ outcome: 'unchanged', added: 0, present: rows.length });
    expect(readFolder(join(cwd, 'schemas'))).toEqual(before);
  });
});

describe.each(WITH_IDS)('%s, restored into an empty registry,', (name) => {
  it('has its ids, versions, references and deletions there', { timeout: TEST_MS }, async () => {
    const cwd = temporaryFolder();
    await importHere(cwd, join(FIXTURES, name));
    const wanted = rowsByName(await soundTree(cwd));
    const registry = await strictRegistryDuringTest();
    expect(await restoreHere(cwd, registry.url, { ids: 'force' })).toMatchObject({ outcome: 'done' });
    const found = rowsByName({ snapshot: registry.snapshot() });
    expect([...found.keys()].sort()).toEqual([...wanted.keys()].sort());
    for (const [row, { id, schemaType, references, deleted }] of wanted) {
      expect(found.get(row), row).toMatchObject({ id, schemaType, references, deleted });
    }
  });
});

describe.each(WITHOUT_IDS)('%s, restored into an empty registry,', (name, _kind, rows) => {
  it('is registered with what it refers to', { timeout: TEST_MS }, async () => {
    const cwd = temporaryFolder();
    await importHere(cwd, join(FIXTURES, name));
    const registry = await strictRegistryDuringTest();
    expect(await restoreHere(cwd, registry.url, {})).toMatchObject({ outcome: 'done' });
    expect(rowsByName({ snapshot: registry.snapshot() }).size).toBe(rows.length);
  });
});

describe('settings and ids that are given no more', () => {
  it('are those of the topic', { timeout: TEST_MS }, async () => {
    const cwd = temporaryFolder();
    await importHere(cwd, join(FIXTURES, 'kcat.jsonl'));
    const { snapshot, maxIds, retiredIds } = await soundTree(cwd);
    const [main] = snapshot.contexts;
    expect(main?.config).toMatchObject({ compatibility: 'FULL' });
    expect(main?.subjects.find(({ name }) => name === 'orders-value')?.config).toMatchObject({ compatibility: 'NONE' });
    expect(main?.subjects.find(({ name }) => name === 'address')?.mode).toBe('READONLY');
    expect(main?.subjects[0]?.versions[0]?.registeredAt).toBe(1_700_000_000_002);
    expect([maxIds.get('.'), retiredIds.get('.')]).toEqual([12, [12]]);
  });

  it('are those of a state of schema-registry-gitops', { timeout: TEST_MS }, async () => {
    const cwd = temporaryFolder();
    const result = await importHere(cwd, join(FIXTURES, 'gitops/state.yaml'));
    const { snapshot, pending } = await soundTree(cwd);
    expect(snapshot.contexts[0]?.config).toEqual({ compatibility: 'FULL_TRANSITIVE', fields: { normalize: true } });
    const levels = snapshot.contexts[0]?.subjects.map(({ name, config }) => [name, config?.compatibility]);
    expect(levels?.filter(([, level]) => level !== undefined)).toEqual([
      ['orders-value', 'NONE'],
      ['payments-value', 'FORWARD'],
    ]);
    expect(result.warnings.join()).toContain('compatibility NONE');
    // Its state says nothing of it: found by the name that it imports.
    expect(pending.find(({ subject }) => subject === 'payments-value')?.references).toEqual([
      { name: 'common/money.proto', subject: 'common/money.proto', version: 1 },
    ]);
  });

  it('are those of Apicurio, whose groups are contexts', { timeout: TEST_MS }, async () => {
    const cwd = temporaryFolder();
    const result = await importHere(cwd, join(FIXTURES, 'apicurio-3.zip'));
    const { snapshot } = await soundTree(cwd);
    expect(snapshot.registry).toEqual({ kind: 'apicurio', version: '3.3.3' });
    expect(snapshot.contexts[0]?.config?.compatibility).toBe('FULL');
    expect(snapshot.contexts[0]?.subjects.find(({ name }) => name === 'orders-value')?.config?.compatibility).toBe(
      'FORWARD',
    );
    expect(result.leftOut).toMatchObject([{ why: 'its type is OPENAPI' }]);
    expect(snapshot.gaps.map(({ what }) => what)).toEqual(['mode']);
  });

  it('may be the global ids of Apicurio', { timeout: TEST_MS }, async () => {
    const cwd = temporaryFolder();
    await importHere(cwd, join(FIXTURES, 'apicurio-3.zip'), { apicurioIds: 'global' });
    expect(rowNames(await soundTree(cwd))).toContain('payments-value 1 = 5');
  });
});

describe('another tree', () => {
  it('is taken whole: rows, settings, times, retired ids and what was added by hand', {
    timeout: TEST_MS,
  }, async () => {
    const from = temporaryFolder();
    await importHere(from, join(FIXTURES, 'console-all.txt'));
    await importHere(from, join(FIXTURES, 'gitops'), { intoContext: 'wanted' });
    const cwd = temporaryFolder();
    expect(await importHere(cwd, join(from, 'schemas'))).toMatchObject({
      outcome: 'written',
      kind: 'tree',
      untold: [],
    });
    const wanted = await soundTree(from);
    const found = await soundTree(cwd);
    expect(found.snapshot).toEqual(wanted.snapshot);
    expect(found.pending).toEqual(wanted.pending);
    expect(found.retiredIds).toEqual(wanted.retiredIds);
    expect(readFolder(join(cwd, 'schemas'))).toEqual(readFolder(join(from, 'schemas')));
  });
});

describe('an archive of Apicurio', () => {
  const archive = async (file: string, more: Readonly<Record<string, object>> = {}): Promise<void> => {
    const version = {
      groupId: null,
      artifactId: 'a/b',
      artifactType: 'AVRO',
      versionId: 0,
      globalId: -1,
      state: 'ENABLED',
    };
    const entries: Readonly<Record<string, object | string>> = {
      'm.Manifest.json': { systemName: 'Remote Confluent Schema Registry', systemVersion: 'n/a', exportVersion: '1.0' },
      'content/x.Content.json': { contentId: 40, serializedReferences: '' },
      'content/x.Content.data': '"string"',
      'content/y.Content.json': { contentId: 7 },
      'content/y.Content.data': '"int"',
      'groups/default/artifacts/a/b/versions/2.ArtifactVersion.json': { ...version, version: '2', contentId: 40 },
      'groups/default/artifacts/a/b/versions/5.ArtifactVersion.json': { ...version, version: '5', contentId: 7 },
      ...more,
    };
    const content = (value: object | string) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
    await writeZip(
      file,
      Object.entries(entries).map(([path, value]) => ({ path, content: () => content(value) })),
    );
  };

  it('that its own tool made of a Confluent registry has Confluent ids and versions', {
    timeout: TEST_MS,
  }, async () => {
    const cwd = temporaryFolder();
    await archive(join(cwd, 'x.zip'));
    await importHere(cwd, 'x.zip');
    const tree = await soundTree(cwd);
    expect(rowNames(tree)).toEqual(['a/b 2 = 40', 'a/b 5 = 7']);
    expect(tree.snapshot.registry).toEqual({ kind: 'unknown' });
  });

  it('may call its versions otherwise than by numbers', { timeout: TEST_MS }, async () => {
    const cwd = temporaryFolder();
    const version = { artifactId: 'c', artifactType: 'AVRO', state: 'ENABLED', contentId: 7 };
    await archive(join(cwd, 'x.zip'), {
      'c/1.10.ArtifactVersion.json': { ...version, version: '1.10', versionOrder: 2 },
      'c/1.9.ArtifactVersion.json': { ...version, version: '1.9', versionOrder: 1, contentId: 40 },
      'd/1.10.ArtifactVersion.json': { ...version, artifactId: 'd', version: '1.10' },
      'd/1.9.ArtifactVersion.json': { ...version, artifactId: 'd', version: '1.9', contentId: 40, state: 'DISABLED' },
      'd/2.0.ArtifactVersion.json': { ...version, artifactId: 'd', version: '2.0', state: 'DRAFT' },
    });
    const { leftOut } = await importHere(cwd, 'x.zip');
    const names = ['c 1 = 40', 'c 2 = 7', 'd 1 = 40 deleted', 'd 2 = 7'];
    expect(rowNames(await soundTree(cwd))).toEqual(expect.arrayContaining(names));
    expect(leftOut).toMatchObject([{ place: 'd/2.0.ArtifactVersion.json' }]);
  });

  it('that lacks something says what', { timeout: TEST_MS }, async () => {
    const cwd = temporaryFolder();
    const version = { artifactId: 'c', version: '1', artifactType: 'AVRO', state: 'ENABLED' };
    const references = JSON.stringify([{ groupId: null, artifactId: 'gone', version: '1', name: 'n' }]);
    await archive(join(cwd, 'x.zip'), {
      'c/1.ArtifactVersion.json': { ...version, contentId: 99 },
      'content/z.Content.json': { contentId: 8, serializedReferences: references },
      'content/z.Content.data': ['not used'],
      'e/1.ArtifactVersion.json': { ...version, artifactId: 'e', contentId: 8 },
      'content/w.Content.json': { contentId: 9 },
      'f/1.ArtifactVersion.json': { ...version, artifactId: 'f', contentId: 9 },
      'g/1.ArtifactVersion.json': [],
    });
    const { outcome, faults } = await importHere(cwd, 'x.zip');
    expect(outcome).toBe('refused');
    expect(faults.map(({ place, why }) => `${place}: ${why}`).sort()).toEqual([
      'c/1.ArtifactVersion.json: its content 99 is not in the archive',
      'e/1.ArtifactVersion.json: it refers to gone version 1, which is not in the archive',
      'f/1.ArtifactVersion.json: content/w.Content.data is not in the archive',
      'g/1.ArtifactVersion.json: it is no JSON object',
    ]);
  });
});

it('state files of schema-registry-gitops are one state, of which the later counts', { timeout: TEST_MS }, async () => {
  const cwd = temporaryFolder();
  mkdirSync(join(cwd, 'state/b'), { recursive: true });
  writeFileSync(
    join(cwd, 'state/a.yaml'),
    'compatibility: NONE\nsubjects:\n  - {name: x, schema: \'"int"\'}\n  - {name: y, schema: \'"int"\'}\n',
  );
  writeFileSync(join(cwd, 'state/b/b.yml'), 'normalize: false\nsubjects:\n  - {name: x, schema: \'"long"\'}\n');
  const { warnings } = await importHere(cwd, 'state');
  const { pending, snapshot } = await soundTree(cwd);
  expect(pending.map(({ subject, schema }) => [subject, schema])).toEqual([
    ['x', '"long"'],
    ['y', '"int"'],
  ]);
  expect(snapshot.contexts[0]?.config).toEqual({ compatibility: 'NONE', fields: { normalize: false } });
  expect(warnings).toEqual(['x is in the state more than once: b/b.yml: subjects[0] x counts']);
});

it('what a tree does not know of its registry, a tree made of it does not know either', {
  timeout: TEST_MS,
}, async () => {
  const from = temporaryFolder();
  await importHere(from, join(FIXTURES, 'ccloud-exporter'));
  const cwd = temporaryFolder();
  await importHere(cwd, join(from, 'schemas'));
  const { snapshot } = await soundTree(cwd);
  expect(snapshot.gaps).toEqual((await soundTree(from)).snapshot.gaps);
  expect(snapshot.gaps.map(({ what }) => what)).toEqual(['deleted', 'config', 'mode']);
});
