/** The archive for Apicurio as plain data: which files from which rows, and what keeps it from being written. */
import { describe, expect, it } from 'vitest';
import type { RegistryKind, RegistrySnapshot } from '../../src/model/registry-snapshot.ts';
import { sha256Of } from '../../src/model/text-bytes.ts';
import { archiveEntries } from '../../src/plan/apicurio/archive-entries.ts';
import type { ArchiveEntry } from '../../src/plan/apicurio/archive-entry.ts';
import { collectRows } from '../../src/plan/apicurio/archive-rows.ts';
import { checkArchiveRows, type IdsOnceGiven } from '../../src/plan/apicurio/check-rows.ts';
import { type ApicurioLayout, archiveOptions, emptyApicurio } from '../../src/plan/apicurio/empty-registry.ts';
import { checkImportLimits } from '../../src/plan/apicurio/import-limits.ts';
import { refersToItself } from '../../src/plan/apicurio/refers-to-itself.ts';
import { withTopLevel } from '../../src/plan/apicurio/top-level.ts';
import type { PlanOptions, Problem } from '../../src/plan/plan.ts';
import type { PlanSourceState } from '../../src/plan/plan-input.ts';
import {
  EMPTY,
  NO_IMPORT,
  planFor,
  problemsOf,
  RESTORE,
  record,
  snapshotOf,
  sourceOf,
  targetOf,
  withSettings,
} from './support.ts';

function archiveOf(source: RegistrySnapshot | PlanSourceState, options: Partial<PlanOptions> = {}) {
  const state = 'snapshot' in source ? source : sourceOf(source);
  const asked = archiveOptions({ ...RESTORE, ...options });
  const { plan, texts } = planFor(state, emptyApicurio('apicurio'), asked);
  return { plan, texts, archive: withTopLevel(collectRows(plan), state.snapshot, asked) };
}

function filesOf(source: RegistrySnapshot | PlanSourceState, layout: ApicurioLayout = '3', times?: number) {
  const { archive, texts } = archiveOf(source);
  const entries = [...archiveEntries(archive, { layout, textOf: texts, registeredAt: () => times })];
  return { paths: entries.map(({ path }) => path), read: (path: string) => readEntry(entries, path) };
}

function readEntry(entries: readonly ArchiveEntry[], path: string) {
  const entry = entries.find((candidate) => candidate.path === path);
  if (entry === undefined) throw new Error(`no ${path} among ${entries.map((item) => item.path).join(', ')}`);
  return Buffer.from(entry.content()).toString('utf8');
}

function checked(source: RegistrySnapshot | PlanSourceState, ids: IdsOnceGiven = { retired: [] }): readonly Problem[] {
  const { plan, archive, texts } = archiveOf(source);
  expect(problemsOf(plan).filter((problem) => problem.startsWith('error'))).toEqual([]);
  return checkArchiveRows(archive, texts, ids);
}

const two = snapshotOf([
  { subject: 'a/b', id: 7, version: 3, schema: record('A') },
  { subject: 'a/b', id: 9, version: 10, schema: record('A2'), deleted: true },
  {
    subject: 'z',
    id: 8,
    schema: record('Z', 'A'),
    references: [{ name: 'A', subject: 'a/b', version: 3 }],
  },
]);

describe('the archive', () => {
  it('has a file for each thing, in the order of the exports of Apicurio 3', () => {
    const { paths } = filesOf(withSettings(two, 'z', { compatibility: 'NONE' }));
    expect(paths).toEqual([
      'manifest.Manifest.json',
      'content/7.Content.json',
      'content/7.Content.data',
      'content/8.Content.json',
      'content/8.Content.data',
      'content/9.Content.json',
      'content/9.Content.data',
      'groups/default/artifacts/1-a_b/MetaData.Artifact.json',
      'groups/default/artifacts/2-z/MetaData.Artifact.json',
      'groups/default/artifacts/1-a_b/versions/3.ArtifactVersion.json',
      'groups/default/artifacts/1-a_b/versions/10.ArtifactVersion.json',
      'groups/default/artifacts/2-z/versions/1.ArtifactVersion.json',
      'groups/default/artifacts/1-a_b/branches/latest.Branch.json',
      'groups/default/artifacts/2-z/branches/latest.Branch.json',
      'groups/default/artifacts/2-z/rules/COMPATIBILITY.ArtifactRule.json',
      'rules/COMPATIBILITY.GlobalRule.json',
    ]);
  });

  it('has ids, numbers, soft deletions, references and times', () => {
    const { read } = filesOf(two, '3', 1_700_000_000_000);
    expect(JSON.parse(read('groups/default/artifacts/1-a_b/versions/10.ArtifactVersion.json'))).toMatchObject({
      globalId: 2,
      artifactId: 'a/b',
      version: '10',
      versionOrder: 10,
      state: 'DISABLED',
      contentId: 9,
      createdOn: 1_700_000_000_000,
    });
    expect(JSON.parse(read('groups/default/artifacts/1-a_b/branches/latest.Branch.json'))).toMatchObject({
      versions: ['3', '10'],
    });
    expect(read('content/8.Content.data')).toBe(record('Z', 'A'));
    // As Apicurio 3.3.3 was seen to spell and hash it.
    expect(JSON.parse(read('content/8.Content.json'))).toEqual({
      contentId: 8,
      canonicalHash: null,
      contentHash: '4cd89017fd7acb8511004a81a6fd9f50bc629073d98048d1c78960695008a441',
      artifactType: 'AVRO',
      contentType: 'application/json',
      serializedReferences: '[{"groupId":null,"artifactId":"a/b","version":"3","name":"A"}]',
    });
  });

  it('counts versions in their order, whichever a registry would have to take first', () => {
    const { read } = filesOf(
      snapshotOf([
        { subject: 'a', id: 3, schema: record('A', 'Z'), references: [{ name: 'Z', subject: 'z', version: 1 }] },
        { subject: 'a', version: 2, id: 2, schema: record('A') },
        { subject: 'z', id: 1, schema: record('Z') },
      ]),
    );
    expect(JSON.parse(read('groups/default/artifacts/1-a/branches/latest.Branch.json')).versions).toEqual(['1', '2']);
  });

  it('is laid out as 2.x exports it where that is asked for', () => {
    const { paths, read } = filesOf(two, '2');
    expect(paths.filter((path) => /Branch|MetaData/.test(path))).toEqual([]);
    expect(JSON.parse(read('manifest.Manifest.json'))).toMatchObject({ exportVersion: '1.0' });
    const [first, last] = [3, 10].map((version) =>
      JSON.parse(read(`groups/default/artifacts/1-a_b/versions/${version}.ArtifactVersion.json`)),
    );
    expect(first).toMatchObject({ versionId: 3, artifactType: 'AVRO', isLatest: false, state: 'ENABLED' });
    expect(last).toMatchObject({ versionId: 10, isLatest: true, state: 'DISABLED' });
  });

  it('gives one text two ids where it has two, each with a hash of its own', () => {
    const { plan } = archiveOf(twins);
    expect(problemsOf(plan)).toEqual(['warning METADATA_UNSUPPORTED a', 'warning CONTENT_CONFLICT b v1']);
    const { read } = filesOf(twins);
    const hashes = [1, 2].map((id) => JSON.parse(read(`content/${id}.Content.json`)));
    // The one that is what it was is found by what it is.
    expect(hashes[1]).toMatchObject({ canonicalHash: null, contentHash: sha256Of(record('A')) });
    expect(hashes[0].contentHash).not.toBe(hashes[1].contentHash);
    expect(hashes[0].canonicalHash).toBe(hashes[0].contentHash);
    expect(read('content/1.Content.data')).toBe(read('content/2.Content.data'));
  });

  it('says the level that is in force where none is set, since Apicurio has another default', () => {
    const { archive } = archiveOf(two);
    expect(archive.levels).toEqual(new Map([['', 'BACKWARD']]));
    expect(archiveOf(withSettings(two, '', { compatibility: 'FULL' })).archive.levels.get('')).toBe('FULL');
    expect(archiveOf(withSettings(two, ':.__GLOBAL:', { compatibility: 'FORWARD' })).archive.levels.get('')).toBe(
      'FORWARD',
    );
    expect(archiveOf(withSettings(two, '', { compatibility: 'NONE' })).archive.levels.get('')).toBeUndefined();
    const itself: RegistrySnapshot = { ...two, registry: { kind: 'apicurio' } };
    expect(archiveOf(itself).archive.levels).toEqual(new Map());
    expect(archiveOf(two, { settings: false }).archive.levels).toEqual(new Map());
    const unknown: RegistrySnapshot = { ...two, gaps: [{ what: 'config', why: 'not allowed' }] };
    expect(archiveOf(unknown).archive.levels).toEqual(new Map());
  });

  it('takes names from the mapping, and nothing else of what a restore can be asked for', () => {
    const { plan, archive } = archiveOf(two, {
      subjectMapping: [{ from: '*', to: 'x-*' }],
      ids: 'rewrite',
      strategy: 'overwrite',
      setCompatibility: 'NONE',
      forceRegister: true,
    });
    expect(plan.problems).toEqual([]);
    expect(archive.rows.map(({ subject, id, version }) => `${subject} ${version} ${id}`)).toEqual([
      'x-a/b 3 7',
      'x-a/b 10 9',
      'x-z 1 8',
    ]);
    expect(archive.rows[2]?.references).toEqual([{ name: 'A', subject: 'x-a/b', version: 3 }]);
    expect(archive.levels).toEqual(new Map([['', 'BACKWARD']]));
  });
});

const twins = snapshotOf([
  { subject: 'a', id: 1, schema: record('A'), metadata: { properties: { owner: 'me' } } },
  { subject: 'b', id: 2, schema: record('A') },
]);

describe('what Apicurio cannot take', () => {
  it('is told with the whole plan: contexts, missing references', () => {
    const { plan } = archiveOf(
      snapshotOf([
        { subject: ':.ctx:a', schema: record('A') },
        { subject: 'b', id: 2, schema: record('B', 'X'), references: [{ name: 'X', subject: 'gone', version: 1 }] },
      ]),
    );
    expect(problemsOf(plan)).toEqual(['error CONTEXTS_UNSUPPORTED :.ctx:a', 'error REFERENCE_MISSING b v1']);
  });

  it('is told of modes and config fields', () => {
    const source = withSettings(two, 'z', { compatibility: 'FULL', fields: { normalize: true }, mode: 'READONLY' });
    expect(problemsOf(archiveOf(source).plan)).toEqual(['warning CONFIG_UNSUPPORTED', 'warning MODE_UNSUPPORTED']);
  });

  it.each<[string, RegistrySnapshot | PlanSourceState, IdsOnceGiven, string, RegExp]>([
    [
      'a version without an id',
      sourceOf(two, {
        pending: [
          {
            context: '.',
            subject: 'n',
            version: 1,
            schemaType: 'AVRO',
            schema: record('N'),
            file: 'subjects/n/v1.avsc',
          },
        ],
      }),
      { retired: [] },
      'error ID_UNMAPPED n v1',
      /added by hand and has no id yet$/,
    ],
    [
      'a subject with two types',
      snapshotOf([
        { subject: 'm', schema: record('A') },
        { subject: 'm', version: 2, id: 2, schemaType: 'JSON', schema: '{"type":"object"}' },
      ]),
      { retired: [] },
      'error CONTENT_CONFLICT m',
      /several types \(AVRO, JSON\)/,
    ],
    [
      'a name that is too long',
      snapshotOf([{ subject: 'ä'.repeat(513), schema: record('A') }]),
      { retired: [] },
      `error INVALID_SUBJECT ${'ä'.repeat(513)}`,
      /more than 512 characters/,
    ],
    [
      'two references of one name',
      snapshotOf([
        { subject: 'a', schema: record('A') },
        {
          subject: 'b',
          id: 2,
          schema: record('B', 'A'),
          references: [
            { name: 'A', subject: 'a', version: 1 },
            { name: 'A', subject: 'a', version: 1 },
          ],
        },
      ]),
      { retired: [] },
      'error CONTENT_CONFLICT b v1',
      /two references named A/,
    ],
    [
      'half a surrogate pair',
      snapshotOf([{ subject: 'a', schema: `{"type":"record","name":"A","fields":[],"doc":"\ud800"}` }]),
      { retired: [] },
      'error TEXT_CHANGED a v1',
      /half a surrogate pair/,
    ],
    [
      'a level without a version',
      withSettings(two, 'later', { compatibility: 'FULL' }),
      { retired: [] },
      'warning CONFIG_UNSUPPORTED later',
      /a compatibility level and no version/,
    ],
    [
      'ids that were given before',
      two,
      { maxId: 20, retired: [12] },
      'warning RETIRED_ID',
      /up to 20 .* goes on with 10 /,
    ],
    ['ids that are retired', two, { retired: [12] }, 'warning RETIRED_ID', /up to 12 /],
    [
      'the last id',
      snapshotOf([{ subject: 'a', id: 2 ** 31 - 1, schema: record('A') }]),
      { retired: [] },
      'warning ID_TAKEN',
      /can register nothing after the import/,
    ],
  ])('%s', (_what, source, ids, problem, message) => {
    const problems = checked(source, ids);
    expect(problemsOf({ ...archiveOf(source).plan, problems })).toEqual([problem]);
    expect(problems[0]?.message).toMatch(message);
  });

  it('is nothing where the names are just short enough, and ids were given in order', () => {
    expect(checked(snapshotOf([{ subject: '😀'.repeat(512), schema: record('A') }]))).toEqual([]);
    expect(checked(two, { maxId: 9, retired: [2] })).toEqual([]);
  });
});

describe('a plan for a registry that takes no ids', () => {
  it.each<[RegistryKind, RegExp]>([
    ['apicurio', /srgit restore --format apicurio-zip --out FILE .* Or use the rewrite policy/],
    ['karapace', /srgit topic rebuild .* Or use the rewrite policy/],
    ['unknown', /^Use the rewrite policy/],
  ])('names the way that there is to %s', (kind, hint) => {
    const target = { ...targetOf(EMPTY, NO_IMPORT), identity: { name: 'dr', kind } };
    for (const ids of ['force', 'keep'] as const) {
      const { plan } = planFor(two, target, { ids });
      const found = plan.problems.find(({ reason }) => reason === 'IMPORT_UNSUPPORTED');
      expect(found?.severity).toBe(ids === 'force' ? 'error' : 'warning');
      expect(found?.hint).toMatch(hint);
    }
  });
});

describe('limits of the import', () => {
  const small = { entries: 10, unpacked: 1000, bytes: 500, largest: { path: 'x', bytes: 100 } };

  it.each([
    [{ entries: 10_001 }, 'apicurio.import.zip.max-entry-count=10001'],
    [{ largest: { path: 'x', bytes: 10_485_761 } }, 'apicurio.import.zip.max-entry-size=10485761'],
    [{ unpacked: 104_857_601 }, 'apicurio.import.zip.max-total-size=104857601'],
    [{ bytes: 52_428_801 }, 'quarkus.http.limits.max-body-size=52428801'],
  ])('are warned about: %o', (more, setting) => {
    const problems = checkImportLimits({ ...small, ...more }, '3');
    expect(problems.map(({ severity, hint }) => `${severity} ${hint}`)).toEqual([
      `warning Start it with -D${setting} for the import.`,
    ]);
    // 2.x was seen to take what is more than the first three.
    expect(checkImportLimits({ ...small, ...more }, '2').length).toBe('bytes' in more ? 1 : 0);
  });

  it('are not reached by what is just small enough', () => {
    const most = {
      entries: 10_000,
      unpacked: 104_857_600,
      bytes: 52_428_800,
      largest: { path: 'x', bytes: 10_485_760 },
    };
    expect(checkImportLimits(most, '3')).toEqual([]);
  });
});

describe('a type that contains itself', () => {
  const node = (next: string): string =>
    `{"type":"record","name":"Node","namespace":"x","fields":[{"name":"next","type":${next}}]}`;

  it.each([
    ['"Node"', true],
    ['["null","x.Node"]', true],
    ['{"type":"array","items":"Node"}', true],
    ['{"type":"map","values":["null",{"type":"array","items":"x.Node"}]}', true],
    ['{"type":"record","name":"In","fields":[{"name":"up","type":"x.Node"}]}', true],
    ['{"type":"record","name":"In","fields":[{"name":"n","type":"string"}]}', false],
    ['["null","string"]', false],
    ['{"type":"enum","name":"E","symbols":["Node"],"default":"Node"}', false],
    ['{"type":"string","doc":"Node"}', false],
  ])('through %s: %s', (next, expected) => {
    expect(refersToItself(node(next))).toBe(expected);
  });

  it('is not one that is defined before, nor text that is no Avro', () => {
    const twice = `{"type":"record","name":"Pair","fields":[{"name":"a","type":{"type":"fixed","name":"F","size":4}},{"name":"b","type":"F"}]}`;
    expect(refersToItself(twice)).toBe(false);
    expect(refersToItself('"int"')).toBe(false);
    expect(refersToItself('no JSON')).toBe(false);
    expect(refersToItself(`${'['.repeat(5000)}"Node"${']'.repeat(5000)}`)).toBe(false);
  });

  it('brings its own canonical hash for Apicurio 2, whose import cannot compute it', () => {
    const source = snapshotOf([{ subject: 'a', schema: node('"Node"') }]);
    const hash = sha256Of(node('"Node"'));
    expect(JSON.parse(filesOf(source, '2').read('content/1.Content.json'))).toMatchObject({ canonicalHash: hash });
    expect(JSON.parse(filesOf(source, '3').read('content/1.Content.json'))).toMatchObject({ canonicalHash: null });
  });
});
