import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContextState, RegistrySnapshot } from '../../src/model/registry-snapshot.ts';
import type { SchemaVersion } from '../../src/model/schema-version.ts';
import { type CompareOptions, compareSnapshots } from '../../src/plan/compare-snapshots.ts';
import { anySnapshot } from '../support/snapshots.ts';

const OPTIONS: CompareOptions = {
  left: 'the tree',
  right: 'the registry',
  ignoreConfig: () => false,
  ignoreMode: () => false,
  ignoreMissing: () => false,
  redacted: '<sensitive>',
};

const ROW: SchemaVersion = {
  version: 1,
  id: 7,
  guid: '00000000-0000-0000-0000-000000000000',
  schemaType: 'AVRO',
  schema: '"string"',
  references: [],
  deleted: false,
};

function snapshotOf(row: Partial<SchemaVersion> | undefined, more: Partial<RegistrySnapshot> = {}): RegistrySnapshot {
  const subjects = row === undefined ? [] : [{ name: 'a', versions: [{ ...ROW, ...row }] }];
  return { registry: { kind: 'confluent' }, contexts: [{ name: '.', subjects }], global: {}, gaps: [], ...more };
}

function differences(left: RegistrySnapshot, right: RegistrySnapshot, options: Partial<CompareOptions> = {}) {
  return compareSnapshots(left, right, { ...OPTIONS, ...options }).map(
    ({ kind, subject, version, message }) => `${kind} ${subject} ${version ?? '-'}: ${message}`,
  );
}

describe('compareSnapshots', () => {
  it.each<[Partial<SchemaVersion>, Partial<SchemaVersion>, string]>([
    [{}, { id: 8 }, 'id a 1: id 7 in the tree, 8 in the registry'],
    [{ deleted: true }, {}, 'deleted a 1: soft-deleted only in the tree'],
    [{}, { deleted: true }, 'deleted a 1: soft-deleted only in the registry'],
    [{}, { schemaType: 'JSON' }, 'content a 1: type AVRO in the tree, JSON in the registry'],
    [{}, { schema: '"long"' }, 'content a 1: the schema text differs'],
    [{}, { references: [{ name: 'n', subject: 's', version: 1 }] }, 'content a 1: the references differ'],
    [{}, { metadata: {} }, 'content a 1: the metadata differs'],
    [
      { metadata: { properties: { a: '1' } } },
      { metadata: { properties: { a: '2' } } },
      'content a 1: the metadata differs',
    ],
    [{}, { ruleSet: { domainRules: [] } }, 'content a 1: the rule set differs'],
  ])('%j is not %j', (left, right, expected) => {
    expect(differences(snapshotOf(left), snapshotOf(right))).toEqual([expected]);
  });

  it('finds what only one side has', () => {
    expect(differences(snapshotOf({}), snapshotOf(undefined))).toEqual(['missing a 1: only in the tree']);
    expect(differences(snapshotOf(undefined), snapshotOf({}))).toEqual(['extra a 1: only in the registry']);
    expect(differences(snapshotOf({}), snapshotOf(undefined), { ignoreMissing: () => true })).toEqual([]);
    const staging: ContextState = { name: '.staging', subjects: [{ name: 'b', versions: [ROW] }] };
    const both = snapshotOf({}, { contexts: [...snapshotOf({}).contexts, staging] });
    expect(differences(both, snapshotOf({}))).toEqual([
      'context :.staging: -: context .staging is only in the tree',
      'missing :.staging:b 1: only in the tree',
    ]);
    const empty = snapshotOf({}, { contexts: [...snapshotOf({}).contexts, { name: '.empty', subjects: [] }] });
    expect(differences(empty, snapshotOf({}))).toEqual([]);
  });

  it('compares settings at every level, unless they are not known', () => {
    const set = snapshotOf(undefined, {
      contexts: [
        {
          name: '.',
          mode: 'READONLY',
          config: { compatibility: 'FULL', fields: {} },
          subjects: [{ name: 'a', versions: [], config: { fields: { alias: 'x' } }, mode: 'IMPORT' }],
        },
      ],
      global: { config: { compatibility: 'NONE', fields: {} } },
    });
    expect(differences(set, snapshotOf(undefined))).toEqual([
      'config  -: compatibility FULL in the tree, inherited in the registry',
      'mode  -: mode READONLY in the tree, inherited in the registry',
      'config a -: config fields differ',
      'mode a -: mode IMPORT in the tree, inherited in the registry',
      'config :.__GLOBAL: -: compatibility NONE in the tree, inherited in the registry',
    ]);
    const unknown = { ignoreConfig: () => true, ignoreMode: (subject: string) => subject === '' };
    expect(differences(set, snapshotOf(undefined), unknown)).toEqual([
      'mode a -: mode IMPORT in the tree, inherited in the registry',
    ]);
  });

  it('takes the order of members for nothing', () => {
    const config = (fields: RegistrySnapshot['contexts'][number]) => snapshotOf(undefined, { contexts: [fields] });
    const left = config({ name: '.', subjects: [], config: { fields: { a: 1, b: { c: 1, d: [1, 2] } } } });
    const right = config({ name: '.', subjects: [], config: { fields: { b: { d: [1, 2], c: 1 }, a: 1 } } });
    expect(differences(left, right)).toEqual([]);
  });

  it('takes a redacted value for any value, but no other', () => {
    const sensitive = (properties: Record<string, string>, names = ['key']) =>
      snapshotOf({ metadata: { properties, sensitive: names } });
    expect(differences(sensitive({ key: '<sensitive>', x: '1' }), sensitive({ key: 'hunter2', x: '1' }))).toEqual([]);
    expect(differences(sensitive({ key: '<sensitive>', x: '1' }), sensitive({ key: 'hunter2', x: '2' }))).toHaveLength(
      1,
    );
    expect(differences(sensitive({ key: '<sensitive>' }), sensitive({}))).toHaveLength(1);
    expect(differences(sensitive({ key: 'a' }), sensitive({ key: 'b' }))).toHaveLength(1);
    expect(differences(sensitive({ key: '<sensitive>' }), sensitive({ key: 'b' }, []))).toHaveLength(1);
  });

  it('finds nothing between a state and itself, and the same number both ways', () => {
    fc.assert(
      fc.property(anySnapshot, anySnapshot, (a, b) => {
        expect(compareSnapshots(a, structuredClone(a), OPTIONS)).toEqual([]);
        expect(compareSnapshots(a, b, OPTIONS)).toHaveLength(compareSnapshots(b, a, OPTIONS).length);
      }),
      { numRuns: 150 },
    );
  });
});
