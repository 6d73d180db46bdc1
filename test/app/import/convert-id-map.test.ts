/** Id maps in every form, there and back. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convertIdMap, ID_MAP_FORMS, type IdMapForm } from '../../../src/app/import/convert-id-map.ts';
import { formatIdMap } from '../../../src/plan/id-map-text.ts';
import { temporaryFolder } from '../../support/trees.ts';

const seed = Number(process.env['SRGIT_SEED'] ?? Date.now() % 1_000_000_007);
const numRuns = Number(process.env['SRGIT_RUNS'] ?? 60);
const TEST_MS = 120_000;

const guid = (digit: string): string =>
  `${digit.repeat(8)}-${digit.repeat(4)}-${digit.repeat(4)}-${digit.repeat(4)}-${digit.repeat(12)}`;

function fileOf(text: string): string {
  const file = join(temporaryFolder(), 'map');
  writeFileSync(file, text);
  return file;
}

function whole(contexts: readonly string[] = ['.']): string {
  return formatIdMap({
    source: { kind: 'tree', fingerprint: 'f' },
    target: { name: 'prod', kind: 'confluent' },
    ids: contexts.flatMap((context) => [
      { context, from: 1, toContext: context, to: 100, fromGuid: guid('a'), toGuid: guid('a') },
      { context, from: 5, toContext: '.x', to: 7, fromGuid: guid('b'), toGuid: guid('c') },
    ]),
  });
}

describe('a whole map', () => {
  it('becomes every form, and says what that has no place for', () => {
    const file = fileOf(whole());
    const texts = ID_MAP_FORMS.map((to) => {
      const { text, lost, from, ids } = convertIdMap({ file, to });
      expect([from, ids]).toEqual(['json', 2]);
      return [to, text, lost.length];
    });
    expect(texts).toEqual([
      ['json', whole(), 0],
      [
        'csv',
        `context,id,to_context,to,guid,to_guid\r\n.,1,.,100,${guid('a')},${guid('a')}\r\n.,5,.x,7,${guid('b')},${guid('c')}\r\n`,
        1,
      ],
      ['mapping', '{\n  "1": 100,\n  "5": 7\n}\n', 3],
      ['yaml', 'schema_id_mapping:\n  1: 100\n  5: 7\n', 3],
      ['properties', '1=100\n5=7\n', 3],
    ]);
  });

  it('of several contexts becomes a flat form of one', () => {
    const file = fileOf(whole(['.', '.staging']));
    expect(() => convertIdMap({ file, to: 'properties' })).toThrow('2 contexts');
    expect(convertIdMap({ file, to: 'properties', context: '.staging' })).toMatchObject({
      ids: 2,
      text: '1=100\n5=7\n',
    });
    expect(() => convertIdMap({ file, to: 'csv', context: '.staging' })).toThrow('--context');
    expect(convertIdMap({ file, to: 'csv' }).text.split('\r\n').length).toBe(6);
  });

  it('is written whole or not at all', () => {
    const file = fileOf(whole());
    const out = join(temporaryFolder(), 'ids.csv');
    expect(convertIdMap({ file, to: 'csv', out })).toMatchObject({ out });
    expect(readFileSync(out, 'utf8')).toBe(convertIdMap({ file, to: 'csv' }).text);
    expect(() => convertIdMap({ file, to: 'csv', out: join(out, 'below') })).toThrow('cannot be written');
  });
});

describe('what others write', () => {
  it.each([
    ['1,100\n5,7', 'csv'],
    ['id,to\r\n1,100\r\n5,7\r\n', 'csv'],
    ['from,to,context\n1,100,.\n"5",7,""\n', 'csv'],
    ['new_id,old_id\n100,1\n7,5\n', 'csv'],
    ['# ours\n1=100\n 5 : 7\n', 'properties'],
    ['{"1": 100, "5": 7}', 'mapping'],
    ['{".": {"1": 100, "5": 7}}', 'mapping'],
    ['restore:\n  schema_id_mapping: {1: 100, 5: 7}\n', 'yaml'],
  ])('is read: %j', (text, from) => {
    expect(convertIdMap({ file: fileOf(text), to: 'properties' })).toMatchObject({
      from,
      text: '1=100\n5=7\n',
      ids: 2,
    });
  });

  it.each([
    ['1,100\n1,101', 'twice'],
    ['id,to\n1,x', 'line 2'],
    ['id,to\n1', 'line 2'],
    ['id,colour\n1,2', 'no column "colour"'],
    ['context,id\n.,2', 'no columns id and to'],
    ['1=100\n1=2', 'twice'],
    ['1=100\nx=2', 'line 2'],
    ['hello', 'line 1'],
    ['{"1": "x"}', 'no pair'],
    ['{"1": ', ''],
  ])('is refused with its place: %j', (text, message) => {
    expect(() => convertIdMap({ file: fileOf(text), to: 'properties' })).toThrow(message);
  });

  it('does not become a map with proof', () => {
    expect(() => convertIdMap({ file: fileOf('1,100'), to: 'json' })).toThrow('does not say which schemas');
  });
});

it(`flat forms become each other and nothing is lost (SRGIT_SEED=${seed})`, { timeout: TEST_MS }, () => {
  const id = fc.integer({ min: 0, max: 2 ** 31 - 1 });
  const flat: readonly IdMapForm[] = ['csv', 'mapping', 'yaml', 'properties'];
  fc.assert(
    fc.property(
      fc.dictionary(id.map(String), id, { minKeys: 1 }),
      fc.shuffledSubarray([...flat], { minLength: 1 }),
      (ids, path) => {
        const first = convertIdMap({ file: fileOf(JSON.stringify(ids)), to: 'mapping' }).text;
        let text = first;
        for (const to of path) text = convertIdMap({ file: fileOf(text), to }).text;
        expect(convertIdMap({ file: fileOf(text), to: 'mapping' }).text).toBe(first);
      },
    ),
    { numRuns, seed },
  );
});
