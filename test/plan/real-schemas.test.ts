/** Real schemas, as Confluent 8.3.1 stored them: planned with every policy and played through, row by row. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildIdMap, checkIdMap } from '../../src/plan/id-map.ts';
import type { IdPolicy } from '../../src/plan/plan.ts';
import { schemaLanguages } from '../../src/schema/schema-port.ts';
import { type ObservedRow, readLines, realSchemasFolder } from '../support/data.ts';
import { snapshotOfRows } from '../support/snapshots.ts';
import { EMPTY, errorsOf, planFor, play, rowsOf, targetOf } from './support.ts';

const folder = realSchemasFolder();
if (folder === undefined) console.log('skipped: no real schemas; set SRGIT_REAL_SCHEMAS to their folder');

it.skipIf(folder === undefined).each<IdPolicy>(['rewrite', 'keep', 'force', 'manual'])('are restored by %s', (ids) => {
  const source = snapshotOfRows(readLines<ObservedRow>(join(folder ?? '', 'observed-state.ndjson')));
  const rows = source.contexts.flatMap(({ subjects }) => subjects.flatMap(({ versions }) => versions));
  expect(rows.length).toBeGreaterThan(100);
  const idMapping = { '.': Object.fromEntries(rows.map(({ id }) => [String(id), id + 10_000])) };
  const options = { ids, ...(ids === 'manual' ? { idMapping } : {}) };
  const planned = planFor(source, targetOf(EMPTY, { ruleSets: 'dropped' }), options, schemaLanguages);
  expect(errorsOf(planned.plan)).toEqual([]);
  expect(planned.plan.problems).toEqual([]);
  const restored = play(planned, schemaLanguages);
  const content = (row: string) => (ids === 'force' || ids === 'keep' ? row : row.replace(/ id -?\d+ /, ' '));
  expect(rowsOf(restored).map(content)).toEqual(rowsOf(source).map(content));
  expect(checkIdMap(buildIdMap(planned.plan, new Map()).map, source, restored, () => false)).toEqual([]);
  expect(planFor(source, targetOf(restored, { ruleSets: 'dropped' }), options, schemaLanguages).plan.steps).toEqual([]);
});
