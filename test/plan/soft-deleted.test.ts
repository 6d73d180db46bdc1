/** Soft-deleted versions: when they come to be, and what keeps them from being dropped. */
import { describe, expect, it } from 'vitest';
import type { RegistrySnapshot } from '../../src/model/registry-snapshot.ts';
import {
  EMPTY,
  NO_IMPORT,
  planFor,
  play,
  problemsOf,
  record,
  rowsOf,
  snapshotOf,
  stepsOf,
  targetOf,
} from './support.ts';

const short = (snapshot: RegistrySnapshot) => rowsOf(snapshot).map((row) => row.replace(/ [0-9a-f-]{36}/, ''));

describe('soft-deleted versions', () => {
  const gone = snapshotOf([
    { subject: 'a', version: 1, id: 5, deleted: true },
    { subject: 'a', version: 3, id: 5 },
  ]);

  it('are registered live, and deleted last: otherwise the same content above them would drop them', () => {
    const planned = planFor(gone, EMPTY, { ids: 'force' });
    expect(stepsOf(planned.plan)).toEqual([
      'mode a IMPORT for now',
      'import a v1 id 5',
      'import a v3 id 5',
      'mode a null',
      'delete a v1 (soft-deleted)',
    ]);
    expect(rowsOf(play(planned))).toEqual(rowsOf(gone));
  });

  it('that are in the target already are brought to life for as long as the same content is registered above', () => {
    const there = snapshotOf([{ subject: 'a', version: 1, id: 5, deleted: true }]);
    const planned = planFor(gone, there, { ids: 'force' });
    expect(stepsOf(planned.plan).slice(1)).toEqual([
      'import a v1 id 5',
      'import a v3 id 5',
      'mode a null',
      'delete a v1 (soft-deleted)',
    ]);
    expect(rowsOf(play(planned))).toEqual(rowsOf(gone));
  });

  it('that a live version is built on are deleted before that one comes', () => {
    const source = snapshotOf([
      { subject: 'address', id: 1, schema: record('A'), deleted: true },
      {
        subject: 'order',
        id: 2,
        schema: record('O', 'A'),
        references: [{ name: 'A', subject: 'address', version: 1 }],
      },
    ]);
    const planned = planFor(source, EMPTY, { ids: 'force' });
    expect(stepsOf(planned.plan)).toEqual([
      'mode  IMPORT for now',
      'import address v1 id 1',
      'delete address v1 (soft-deleted)',
      'import order v1 id 2',
      'mode  null',
    ]);
    expect(rowsOf(play(planned))).toEqual(rowsOf(source));
    // Not asked for, they come along where something live needs them.
    expect(rowsOf(play(planFor(source, EMPTY, { ids: 'force', includeSoftDeleted: false })))).toEqual(rowsOf(source));
    const posted = planFor(source, targetOf(EMPTY, NO_IMPORT));
    expect(problemsOf(posted.plan)).toEqual(['warning REFERENCED address v1']);
  });

  it('are left out when they are not asked for', () => {
    expect(short(play(planFor(gone, EMPTY, { includeSoftDeleted: false })))).toEqual(['a v3 id 1']);
  });

  it('are deleted after what refers to them', () => {
    const source = snapshotOf([
      { subject: 'address', id: 1, schema: record('A'), deleted: true },
      {
        subject: 'order',
        id: 2,
        schema: record('O', 'A'),
        references: [{ name: 'A', subject: 'address', version: 1 }],
        deleted: true,
      },
    ]);
    expect(stepsOf(planFor(source, EMPTY).plan).slice(-2)).toEqual([
      'delete order v1 (soft-deleted)',
      'delete address v1 (soft-deleted)',
    ]);
  });
});
