/** Config, modes, aliases, and versions that were added by hand. */
import { describe, expect, it } from 'vitest';
import type { RegistrySnapshot } from '../../src/model/registry-snapshot.ts';
import type { PendingSchema } from '../../src/plan/plan-input.ts';
import { schemaLanguages } from '../../src/schema/schema-port.ts';
import {
  EMPTY,
  NO_IMPORT,
  planFor,
  play,
  problemsOf,
  record,
  snapshotOf,
  sourceOf,
  stepsOf,
  targetOf,
  withSettings,
} from './support.ts';

const one = snapshotOf([{ subject: 'a' }]);
const set = (level: string, settings: Parameters<typeof withSettings>[2], snapshot: RegistrySnapshot = one) =>
  withSettings(snapshot, level, settings);
const settings = (source: RegistrySnapshot, target: RegistrySnapshot, kind: 'restore' | 'reconcile' = 'reconcile') =>
  stepsOf(planFor(source, target, { kind }).plan).filter(
    (step) => !step.includes('for now') && /^(mode|config)/.test(step),
  );

describe('config', () => {
  it('comes after the versions, aliases after all others, modes last', () => {
    let source = set('a', { compatibility: 'FULL', fields: { normalize: true, alias: 'b' }, mode: 'READONLY' });
    source = set('', { compatibility: 'NONE' }, source);
    expect(stepsOf(planFor(source, EMPTY).plan)).toEqual(
      [
        'mode a IMPORT for now',
        'import a v1 id 1',
        'mode a null',
        'config  {"compatibility":"NONE"}',
        'config a {"compatibility":"FULL","normalize":true}',
        'config a {"normalize":true,"alias":"b","compatibility":"FULL"}',
        'mode a READONLY',
      ].map((step) => (step.includes('alias') ? expect.stringMatching(/^config a \{.*"alias":"b".*\}$/) : step)),
    );
  });

  it('that is to be unset is sent as null', () => {
    const target = set('a', { compatibility: 'FULL', fields: { normalize: true, compatibilityGroup: 'g' } });
    expect(settings(set('a', { fields: { normalize: true } }), target)).toEqual([
      'config a {"compatibility":null,"normalize":true,"compatibilityGroup":null}',
    ]);
    expect(settings(one, target)).toEqual(['config a null']);
  });

  it('of a level that shows the default is no drift: nobody knows whether it is set', () => {
    const shown = set('a', { compatibility: 'BACKWARD', fields: { normalize: true } });
    const unset = set('a', { fields: { normalize: true } });
    expect([settings(unset, shown), settings(shown, unset)]).toEqual([[], []]);
    expect(settings(one, set('', { compatibility: 'BACKWARD', mode: 'READWRITE' }))).toEqual([]);
    expect(settings(one, set(':.__GLOBAL:', { compatibility: 'BACKWARD', mode: 'READWRITE' }))).toEqual([]);
    // A subject's own record shields it from the levels above.
    expect(settings(one, set('a', { compatibility: 'BACKWARD' }))).toEqual(['config a null']);
    expect(settings(set('a', { compatibility: 'BACKWARD' }), one)).toEqual(['config a {"compatibility":"BACKWARD"}']);
    const full = targetOf(set('', { compatibility: 'FULL' }), { defaultLevel: 'FULL' });
    expect(planFor(one, full, { kind: 'reconcile' }).plan.steps).toEqual([]);
  });

  it('is set back by a reconcile only', () => {
    const source = set('a', { compatibility: 'FULL', mode: 'READWRITE' });
    const target = set('a', { compatibility: 'NONE', mode: 'READONLY' });
    expect(settings(source, target, 'restore')).toEqual([]);
    expect(settings(source, set('a', { compatibility: 'NONE' }))).toEqual([
      'config a {"compatibility":"FULL"}',
      'mode a READWRITE',
    ]);
    // What the target does not have at all is added.
    expect(settings(source, one, 'restore')).toEqual(['config a {"compatibility":"FULL"}', 'mode a READWRITE']);
    expect(planFor(source, target, { kind: 'reconcile', settings: false }).plan.steps).toEqual([]);
  });

  it('of a context is restored where all that is in there comes from the source', () => {
    const source = set('', { compatibility: 'FULL' });
    const foreign = snapshotOf([{ subject: 'b', schema: record('B') }], {});
    expect(settings(source, EMPTY, 'restore')).toEqual(['mode a null', 'config  {"compatibility":"FULL"}']);
    expect(settings(source, set('', { compatibility: 'NONE' }, foreign), 'restore')).toEqual(['mode a null']);
  });

  it('that could not be read, on either side, is left alone', () => {
    const source = set('a', { compatibility: 'FULL' });
    const target = set('a', { compatibility: 'NONE' });
    const gaps = [{ what: 'config' as const, where: 'a', why: 'HTTP 403' }];
    expect(settings({ ...one, gaps }, target)).toEqual([]);
    expect(settings(source, { ...target, gaps })).toEqual([]);
  });

  it('that the registry drops is named, and no drift', () => {
    const source = set('a', { fields: { defaultRuleSet: { domainRules: [] } } });
    const planned = planFor(source, targetOf(set('a', { fields: {} }), { ruleSets: 'dropped' }), { kind: 'reconcile' });
    expect([stepsOf(planned.plan), problemsOf(planned.plan)]).toEqual([[], ['warning RULES_DROPPED']]);
  });

  it('an alias is renamed with its subject', () => {
    const source = set('old', { fields: { alias: 'a' } });
    const planned = planFor(source, EMPTY, { subjectMapping: [{ from: '*', to: 'r-*' }] });
    expect(stepsOf(planned.plan).at(-1)).toBe('config r-old {"alias":"r-a"}');
  });

  it('moves with its context', () => {
    const source = set('', { compatibility: 'FULL' });
    const planned = planFor(source, EMPTY, { toContext: { from: '.', to: '.dr' } });
    expect(stepsOf(planned.plan).slice(-1)).toEqual(['config :.dr: {"compatibility":"FULL"}']);
  });
});

describe('modes', () => {
  it('of a subject are put back as they were', () => {
    const more = snapshotOf([{ subject: 'a' }, { subject: 'a', version: 2, id: 2, schema: record('B') }]);
    const steps = (mode?: string) =>
      stepsOf(planFor(more, mode === undefined ? one : set('a', { mode }), { forceRegister: true }).plan);
    expect(steps()).toEqual(['mode a IMPORT for now', 'import a v2 id 2', 'mode a null']);
    expect(steps('READWRITE')).toEqual(['mode a IMPORT for now', 'import a v2 id 2', 'mode a READWRITE']);
    expect(steps('IMPORT')).toEqual(['import a v2 id 2']);
  });

  it('one for a context in which there is nothing else', () => {
    const source = snapshotOf([{ subject: ':.x:a' }, { subject: ':.x:b' }, { subject: 'a' }]);
    expect(
      stepsOf(planFor(source, set('b', { mode: 'READWRITE' })).plan).filter((step) => step.startsWith('mode')),
    ).toEqual(['mode :.x: IMPORT for now', 'mode :.x: null']);
    const partly = snapshotOf([{ subject: ':.x:c', schema: record('C') }]);
    expect(stepsOf(planFor(source, partly).plan).filter((step) => step.includes('for now'))).toEqual([
      'mode a IMPORT for now',
      'mode :.x:a IMPORT for now',
      'mode :.x:b IMPORT for now',
    ]);
  });

  it('READONLY of a context does not keep a subject from being written that is READWRITE itself', () => {
    const more = snapshotOf([{ subject: 'a' }, { subject: 'b', id: 2, schema: record('B') }]);
    const target = set('b', { mode: 'READWRITE' }, set('', { mode: 'READONLY' }));
    expect(problemsOf(planFor(more, target).plan)).toEqual([]);
    expect(problemsOf(planFor(more, set('', { mode: 'READONLY' })).plan)).toEqual(['error MODE_READONLY']);
  });

  it('READONLY in the tree is restored, and then nothing is to be done', () => {
    const source = set('a', { mode: 'READONLY' }, set('', { mode: 'READONLY' }));
    const planned = planFor(source, EMPTY, { ids: 'force' });
    expect(problemsOf(planned.plan)).toEqual([]);
    expect(planFor(source, play(planned), { kind: 'reconcile' }).plan.steps).toEqual([]);
  });
});

describe('versions added by hand', () => {
  const v2 = '{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":1}]}';
  const pending = (more: Partial<PendingSchema> = {}): PendingSchema => ({
    context: '.',
    subject: 'a',
    version: 2,
    schemaType: 'AVRO',
    schema: v2,
    file: 'subjects/a/v2.avsc',
    ...more,
  });
  const planWith = (items: readonly PendingSchema[], target = targetOf(EMPTY), source = one) =>
    planFor(sourceOf(source, { pending: items }), target, {}, schemaLanguages);

  it('are posted after the history and its config', () => {
    const planned = planWith([pending()], targetOf(EMPTY), set('a', { compatibility: 'FULL' }));
    expect(stepsOf(planned.plan)).toEqual([
      'mode a IMPORT for now',
      'import a v1 id 1',
      'mode a null',
      'config a {"compatibility":"FULL"}',
      'post a v2',
    ]);
    expect(planned.plan.subjects[0]).toMatchObject({ outcome: 'create', adds: [1, 2] });
    const restored = play(planned, schemaLanguages);
    expect(planWith([pending()], targetOf(restored), set('a', { compatibility: 'FULL' })).plan.steps).toEqual([]);
    const pruned = planFor(sourceOf(one, { pending: [pending()] }), restored, {
      kind: 'reconcile',
      prune: true,
      settings: false,
    });
    expect(pruned.plan.steps).toEqual([]);
  });

  it('get the next number, whatever their file says', () => {
    const planned = planWith([pending({ version: 7 })]);
    expect(stepsOf(planned.plan).at(-1)).toBe('post a v2');
    expect(problemsOf(planned.plan)).toEqual(['warning VERSION_GAP a v7']);
  });

  it('need a mode in which a registry takes them', () => {
    expect(stepsOf(planWith([pending()], targetOf(set('a', { mode: 'IMPORT' }))).plan)).toEqual([
      'mode a READWRITE for now',
      'post a v2',
      'mode a IMPORT',
    ]);
  });

  it('may be built on each other, and on what is renamed', () => {
    const address = pending({ subject: 'z', version: 1, schema: record('Z'), file: 'z' });
    const order = pending({
      subject: 'b',
      version: 1,
      schema: record('B', 'Z'),
      references: [{ name: 'Z', subject: 'z', version: 1 }],
      file: 'b',
    });
    const source = sourceOf(EMPTY, { pending: [order, address] });
    const planned = planFor(source, EMPTY, { subjectMapping: [{ from: 'z', to: 'y' }] });
    expect(planned.plan.problems).toEqual([]);
    expect(planned.plan.steps).toMatchObject([
      { subject: 'y', version: 1 },
      { subject: 'b', references: [{ name: 'Z', subject: 'y', version: 1 }] },
    ]);
    const circle = { ...address, references: [{ name: 'B', subject: 'b', version: 1 }] };
    expect(problemsOf(planFor(sourceOf(EMPTY, { pending: [order, circle] }), EMPTY).plan)).toEqual([
      'error REFERENCE_CYCLE b v1',
      'error REFERENCE_CYCLE z v1',
    ]);
  });

  it('that do not parse say so, with their file', () => {
    const [problem] = planWith([pending({ schema: '{' })]).plan.problems;
    expect(problem).toMatchObject({ severity: 'error', reason: 'INVALID_SCHEMA', file: 'subjects/a/v2.avsc' });
  });

  it('go to a registry without IMPORT like the rest', () => {
    expect(stepsOf(planWith([pending()], targetOf(EMPTY, NO_IMPORT)).plan)).toEqual(['post a v1', 'post a v2']);
  });
});
