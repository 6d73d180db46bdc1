/** Id maps in every form, and what the maps of contexts are made of. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeContextMaps } from '../../../src/app/records/context-maps.ts';
import { type LoadedMap, loadMap } from '../../../src/app/records/load-map.ts';
import { targetFaults } from '../../../src/app/records/replay/check-target-ids.ts';
import { formatIdMap } from '../../../src/plan/id-map-text.ts';
import { guidOf, schemas } from '../../support/known-schemas.ts';
import { temporaryFolder } from '../../support/trees.ts';

function fileWith(text: string): string {
  const file = join(temporaryFolder(), 'map');
  writeFileSync(file, text);
  return file;
}

const ENTRY = { context: '.', from: 1, toContext: '.', to: 100, fromGuid: guidOf(1), toGuid: guidOf(100) };

describe('an id map', () => {
  it('is read as a restore has left it', () => {
    const map = {
      source: { kind: 'tree', fingerprint: 'f' },
      target: { name: 'dr', kind: 'confluent' },
      ids: [ENTRY],
    } as const;
    expect(loadMap(fileWith(formatIdMap(map)))).toMatchObject({ form: 'srgit', target: 'dr', entries: [ENTRY] });
  });

  it('is read as id_mapping_file and as the backup tool has it', () => {
    const pairs = [
      { context: '.', from: 1, toContext: '.', to: 100 },
      { context: '.', from: 5, toContext: '.', to: 101 },
    ];
    expect(loadMap(fileWith('{"1": 100, "5": 101}'))).toMatchObject({ form: 'mapping', entries: pairs });
    for (const yaml of [
      'schema_id_mapping: { 1: 100, 5: 101 }',
      'mode: restore\nrestore:\n  rewrite_schema_ids: true\n  schema_id_mapping:\n    1: 100\n    "5": 101\n',
    ]) {
      expect(loadMap(fileWith(yaml))).toMatchObject({ form: 'yaml', entries: pairs });
    }
    const contexts = loadMap(fileWith('{"1": 2, ".eu": {"1": 7}}'));
    expect(contexts.entries.map(({ context, to }) => [context, to])).toEqual([
      ['.', 2],
      ['.eu', 7],
    ]);
  });

  it('that is none is refused, saying why', () => {
    const refused = (text: string): string => {
      try {
        loadMap(fileWith(text));
      } catch (error) {
        return (error as Error).message.replace(/^\S+ /, '');
      }
      return 'taken';
    };
    expect(refused('a: b')).toBe('is no id map: there is no schema_id_mapping in it');
    expect(refused('schema_id_mapping: { a: 1 }')).toContain('"a": 1 is no pair of ids');
    expect(refused('schema_id_mapping: { 1: 1.5 }')).toContain('is no pair of ids');
    expect(refused('a: &x [1]\nb: *x')).toContain('neither JSON nor YAML');
    expect(refused('{"x": 1}')).toContain('is no id mapping');
    expect(refused('{"format": 99}')).toContain('newer than this srgit knows');
    expect(refused('\u0000')).toContain('is no id map');
    expect(() => loadMap('/nowhere/map')).toThrow('cannot be read: ENOENT');
  });
});

describe('maps of contexts', () => {
  const known = { snapshot: schemas({ '.': { a: [1, 2] }, '.eu': { a: [1] } }), retiredIds: new Map([['.', [9]]]) };
  const map = (entries: LoadedMap['entries']): LoadedMap => ({ file: 'm', form: 'srgit', entries });

  it('have every id that the source has or had', () => {
    const { maps } = makeContextMaps(known, map([ENTRY]));
    expect([...(maps.get('.')?.ids ?? [])].sort()).toEqual([
      [1, 100],
      [2, undefined],
      [9, undefined],
    ]);
    expect(maps.get('.')?.guids?.get(guidOf(1))).toBe(guidOf(100));
    expect([...(maps.get('.eu')?.ids ?? [])]).toEqual([[1, undefined]]);
    const kept = makeContextMaps(known, undefined);
    expect([...(kept.maps.get('.')?.ids ?? [])].every(([from, to]) => from === to)).toBe(true);
    expect(kept.hash).toBe('unchanged');
  });

  it('have one hash for one map, whatever the tree is', () => {
    const hash = (...args: Parameters<typeof makeContextMaps>) => makeContextMaps(...args).hash;
    const other = { ...ENTRY, from: 2, to: 3 };
    expect(hash(known, map([ENTRY, other]))).toBe(hash(undefined, map([other, ENTRY])));
    expect(hash(known, map([ENTRY]))).not.toBe(hash(known, map([{ ...ENTRY, to: 101 }])));
    expect(hash(known, map([ENTRY]))).not.toBe(hash(known, map([{ ...ENTRY, context: '.eu' }])));
  });

  it('do not guess which of several contexts of the target is meant', () => {
    const two = map([ENTRY, { ...ENTRY, toContext: '.dr', to: 7 }]);
    expect(() => makeContextMaps(known, two)).toThrow('maps id 1 of context . to several contexts: ., .dr');
    expect(makeContextMaps(known, two, '.dr').maps.get('.')?.ids.get(1)).toBe(7);
  });
});

it('the target must have every id, and the same schema under it', () => {
  const target = schemas({ '.': { a: [100, 101] }, '.dr': { a: [7] } });
  const entries = [
    ENTRY,
    { context: '.', from: 2, toContext: '.', to: 101 },
    { ...ENTRY, from: 3, to: 101 },
    { ...ENTRY, from: 4, to: 7 },
    { context: '.', from: 5, toContext: '.dr', to: 8 },
  ];
  expect(targetFaults(entries, target)).toEqual([
    'Schema ID 101 is another schema in the target registry than when the id map was made',
    'Schema ID 7 not found in target registry: id 4 would become it',
    'Schema ID 8 not found in target registry in context .dr: id 5 would become it',
  ]);
});
