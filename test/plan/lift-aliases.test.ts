/** Aliases that the target has on a subject that is written. */
import { describe, expect, it } from 'vitest';
import {
  EMPTY,
  NO_IMPORT,
  type Planned,
  planFor,
  play,
  problemsOf,
  snapshotOf,
  stepsOf,
  targetOf,
  withSettings,
} from './support.ts';

const V2 = '{"type":"record","name":"R","doc":"2","fields":[]}';
const two = snapshotOf([{ subject: 'a' }, { subject: 'a', version: 2, id: 2, schema: V2 }]);
const configOf = (planned: Planned) => {
  return play(planned).contexts[0]?.subjects.find(({ name }) => name === 'a')?.config;
};
const one = snapshotOf([{ subject: 'a' }]);
const aliased = (snapshot = one, fields: object = {}) =>
  withSettings(snapshot, 'a', { compatibility: 'FULL', fields: { alias: 'b', ...fields } });

describe('an alias of the target', () => {
  it('is lifted for the time of the writing, and put back', () => {
    const planned = planFor(two, aliased());
    expect(stepsOf(planned.plan)).toEqual([
      'config a {"alias":null} for now',
      'mode a IMPORT for now',
      'import a v2 id 2',
      'mode a null',
      'config a {"compatibility":"FULL","alias":"b"}',
    ]);
    expect(problemsOf(planned.plan)).toEqual([]);
    expect(planned.plan.subjects).toMatchObject([{ subject: 'a', outcome: 'extend', changesConfig: false }]);
    expect(configOf(planned)).toEqual({ compatibility: 'FULL', fields: { alias: 'b' } });
  });

  it('stays where nothing is written', () => {
    expect(planFor(one, aliased()).plan.steps).toEqual([]);
    expect(planFor(snapshotOf([{ subject: 'c' }]), aliased()).plan.steps.map(({ subject }) => subject)).not.toContain(
      'a',
    );
  });

  it('is the last to be set, with the level that the restore changes meanwhile', () => {
    const planned = planFor(two, targetOf(aliased(), NO_IMPORT), { setCompatibility: 'NONE' });
    const steps = stepsOf(planned.plan);
    expect(steps.slice(0, 2)).toEqual(['config a {"alias":null} for now', 'config a {"compatibility":"NONE"} for now']);
    expect(steps.at(-1)).toBe('config a {"compatibility":"FULL","alias":"b"}');
    // Until then a stop puts everything back as it was.
    expect(steps.filter((step) => step.startsWith('config') && !step.endsWith('for now'))).toHaveLength(1);
    expect(configOf(planned)).toEqual({ compatibility: 'FULL', fields: { alias: 'b' } });
  });

  it('goes where a reconcile finds none in the source, and becomes the one that is there', () => {
    const gone = planFor(withSettings(two, 'a', { compatibility: 'FULL', fields: {} }), aliased(), {
      kind: 'reconcile',
    });
    expect(stepsOf(gone.plan)[0]).toBe('config a {"alias":null}');
    expect(configOf(gone)).toMatchObject({ compatibility: 'FULL' });
    expect(configOf(gone)?.fields['alias'] ?? null).toBeNull();
    const other = planFor(withSettings(two, 'a', { fields: { alias: 'c', normalize: true } }), aliased(), {
      kind: 'reconcile',
    });
    expect(stepsOf(other.plan)[0]).toBe('config a {"alias":null} for now');
    expect(configOf(other)?.fields).toMatchObject({ alias: 'c', normalize: true });
    const lasting = stepsOf(other.plan).filter((step) => step.startsWith('config') && !step.endsWith('for now'));
    expect(lasting).toEqual([expect.stringContaining('"alias":"c"')]);
  });

  it('is lifted before deletions, too', () => {
    const pruned = planFor(one, aliased(two), { kind: 'restore', strategy: 'overwrite', ids: 'force' });
    expect(pruned.plan.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    const wider = planFor(one, aliased(two), { kind: 'reconcile', prune: true, settings: false });
    expect(stepsOf(wider.plan)).toEqual([
      'config a {"alias":null} for now',
      expect.stringMatching(/^delete a v2/),
      'config a {"compatibility":"FULL","alias":"b"}',
    ]);
    const whole = planFor(snapshotOf([{ subject: 'x' }]), aliased(), {
      kind: 'reconcile',
      prune: true,
      permanent: true,
      settings: false,
    });
    expect(stepsOf(whole.plan)).toContain('config a {"alias":null} for now');
    // With its last version for good its settings go.
    expect(configOf(whole)).toBeUndefined();
  });

  it('of a subject that has only settings is lifted as well', () => {
    const planned = planFor(one, withSettings(EMPTY, 'a', { fields: { alias: 'b' } }));
    expect(stepsOf(planned.plan)[0]).toBe('config a {"alias":null} for now');
    expect(configOf(planned)?.fields['alias']).toBe('b');
  });
});
