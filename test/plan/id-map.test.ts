/** Id maps: built, checked, written and read. */
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { buildIdMap, checkIdMap, type IdMap } from '../../src/plan/id-map.ts';
import {
  formatIdMap,
  formatIdMapCsv,
  formatIdMapping,
  formatSchemaIdMapping,
  parseIdMap,
} from '../../src/plan/id-map-text.ts';
import { EMPTY, givenIds, NO_IMPORT, planFor, play, record, snapshotOf, targetOf } from './support.ts';

const SHOP = snapshotOf([
  { subject: 'orders-value', version: 1, id: 1, schema: record('A') },
  { subject: 'orders-value', version: 2, id: 5, schema: record('B') },
  { subject: 'payments-value', version: 1, id: 2, schema: record('C') },
]);
const never = () => false;
const flat = ({ ids }: IdMap) => Object.fromEntries(ids.map(({ from, to }) => [from, to]));

describe('an id map', () => {
  const planned = planFor(SHOP, EMPTY);
  const { map } = buildIdMap(planned.plan, givenIds(planned));

  it('is the one of the documentation, total and proved', () => {
    expect(flat(map)).toEqual({ 1: 1, 5: 2, 2: 3 });
    expect(checkIdMap(map, SHOP, play(planned), never)).toEqual([]);
  });

  it('is known before where ids are chosen, and only afterwards where the registry gives them', () => {
    expect(buildIdMap(planned.plan, new Map()).map).toEqual(map);
    const posted = planFor(SHOP, targetOf(EMPTY, NO_IMPORT));
    expect(buildIdMap(posted.plan, new Map())).toMatchObject({
      map: { ids: [] },
      missing: [{ from: 1 }, { from: 2 }, { from: 5 }],
    });
    const after = buildIdMap(posted.plan, givenIds(posted));
    expect([flat(after.map), after.missing]).toEqual([{ 1: 1, 5: 2, 2: 3 }, []]);
    // What the registry answers counts, not what was expected.
    const other = new Map([...givenIds(planned)].map(([step, given]) => [step, { ...given, id: given.id + 100 }]));
    expect(flat(buildIdMap(planned.plan, other).map)).toEqual({ 1: 101, 5: 102, 2: 103 });
  });

  it('tells what is wrong with it', () => {
    const target = play(planned);
    const kinds = (changed: IdMap, source = SHOP, to = target) =>
      checkIdMap(changed, source, to, never).map(({ kind, from }) => `${kind} ${from}`);
    expect(kinds({ ...map, ids: map.ids.slice(1) })).toEqual(['unmapped 1']);
    expect(kinds(map, EMPTY)).toEqual(['unknown 1', 'unknown 2', 'unknown 5']);
    expect(kinds(map, SHOP, EMPTY)).toEqual(['absent 1', 'absent 2', 'absent 5']);
    expect(kinds({ ...map, ids: map.ids.map((entry) => ({ ...entry, to: (entry.to % 3) + 1 })) })).toEqual([
      'different 1',
      'different 2',
      'different 5',
    ]);
  });

  it('takes renamed references for the same schema, other texts only when they mean the same', () => {
    const source = snapshotOf([
      { subject: 'a', schema: record('A') },
      { subject: 'b', id: 2, schema: record('B', 'A'), references: [{ name: 'A', subject: 'a', version: 1 }] },
    ]);
    const renamed = planFor(source, EMPTY, { subjectMapping: [{ from: 'a', to: 'z' }] });
    const built = buildIdMap(renamed.plan, givenIds(renamed)).map;
    expect(checkIdMap(built, source, play(renamed), never)).toEqual([]);
    const spaced = snapshotOf([{ subject: 'a', schema: '{"type":"record", "name":"A","fields":[]}' }]);
    const rewritten = planFor(spaced, EMPTY);
    const canonical = buildIdMap(rewritten.plan, givenIds(rewritten)).map;
    expect(checkIdMap(canonical, spaced, play(rewritten), () => true)).toEqual([]);
    expect(checkIdMap(canonical, spaced, play(rewritten), never).map(({ kind }) => kind)).toEqual(['different']);
  });

  it('has the same bytes whatever its order was, an id a line', () => {
    const text = formatIdMap(map);
    expect(formatIdMap({ ...map, ids: map.ids.toReversed() })).toBe(text);
    expect(parseIdMap(text, 'dr.json')).toEqual(map);
    expect(JSON.parse(text)).toMatchObject({
      format: 1,
      target: { name: 'dr', kind: 'srgit' },
      contexts: [
        {
          context: '.',
          ids: [
            { id: 1, to: 1 },
            { id: 2, to: 3 },
            { id: 5, to: 2 },
          ],
        },
      ],
    });
    expect(text.split('\n').filter((line) => line.includes('"to"'))).toHaveLength(3);
    expect(parseIdMap(formatIdMap({ ...map, ids: [] }), 'dr.json').ids).toEqual([]);
  });

  it.each([
    ['nonsense', 'SRGIT_TREE_INVALID'],
    ['[]', 'SRGIT_TREE_INVALID'],
    ['{"format":2}', 'SRGIT_TREE_FORMAT'],
    ['{"format":1}', 'SRGIT_TREE_INVALID'],
    [formatIdMap(map).replace('"to":1', '"to":1.5'), 'SRGIT_TREE_INVALID'],
    [formatIdMap(map).replace('"id":2', '"id":1'), 'SRGIT_TREE_INVALID'],
  ])('that is %s is refused', (text, code) => {
    expect(() => parseIdMap(text, 'dr.json')).toThrow(expect.objectContaining({ code }));
  });

  it('is written in the forms of other tools', () => {
    expect(formatIdMapping(map)).toBe('{\n  "1": 1,\n  "2": 3,\n  "5": 2\n}\n');
    expect(parse(formatSchemaIdMapping(map))).toEqual({ schema_id_mapping: { 1: 1, 2: 3, 5: 2 } });
    expect(parse(formatSchemaIdMapping({ ...map, ids: [] }))).toEqual({ schema_id_mapping: {} });
    const [first] = map.ids;
    const odd = { ...map, ids: first === undefined ? [] : [{ ...first, context: '.a,"b"' }] };
    expect(formatIdMapCsv(odd).split('\r\n')[1]).toBe(`".a,""b""",1,.,1,${first?.fromGuid},${first?.toGuid}`);
  });

  it('of several contexts has no flat form unless one is named', () => {
    const [first] = map.ids;
    const two = { ...map, ids: [...map.ids, ...(first === undefined ? [] : [{ ...first, context: '.x', to: 9 }])] };
    expect(() => formatIdMapping(two)).toThrow(expect.objectContaining({ code: 'SRGIT_USAGE' }));
    expect(JSON.parse(formatIdMapping(two, '.x'))).toEqual({ 1: 9 });
  });
});
