/** Strategies and ids: what a plan does, step by step. */
import { describe, expect, it } from 'vitest';
import type { RegistrySnapshot } from '../../src/model/registry-snapshot.ts';
import { takenKey } from '../../src/plan/plan-input.ts';
import {
  EMPTY,
  NO_IMPORT,
  planFor,
  play,
  problemsOf,
  record,
  rowsOf,
  snapshotOf,
  sourceOf,
  stepsOf,
  targetOf,
} from './support.ts';

/** The user's own example: ids 1, 5, 2. */
const SHOP = snapshotOf([
  { subject: 'orders-value', version: 1, id: 1, schema: record('A') },
  { subject: 'orders-value', version: 2, id: 5, schema: record('B') },
  { subject: 'payments-value', version: 1, id: 2, schema: record('C') },
]);

/** `from → to` of each id. */
const idsOf = (planned: ReturnType<typeof planFor>) =>
  planned.plan.ids.map(({ from, to, how }) => `${from} → ${to} ${how}`);

const short = (snapshot: RegistrySnapshot) => rowsOf(snapshot).map((row) => row.replace(/ [0-9a-f-]{36}/, ''));

describe('the example of the documentation', () => {
  it('rewrite gives new ids in order', () => {
    const planned = planFor(SHOP, EMPTY);
    expect(idsOf(planned)).toEqual(['1 → 1 assigned', '2 → 3 assigned', '5 → 2 assigned']);
    expect(stepsOf(planned.plan)).toEqual([
      'mode  IMPORT for now',
      'import orders-value v1 id 1',
      'import orders-value v2 id 2',
      'import payments-value v1 id 3',
      'mode  null',
    ]);
    expect(planned.plan.problems).toEqual([]);
    expect(planned.plan.subjects.map(({ subject, outcome, adds }) => [subject, outcome, adds])).toEqual([
      ['orders-value', 'create', [1, 2]],
      ['payments-value', 'create', [1]],
    ]);
  });

  it('force keeps them', () => {
    const planned = planFor(SHOP, EMPTY, { ids: 'force' });
    expect(idsOf(planned)).toEqual(['1 → 1 kept', '2 → 2 kept', '5 → 5 kept']);
    expect(rowsOf(play(planned))).toEqual(rowsOf(SHOP));
  });

  it('manual takes them from the mapping', () => {
    const planned = planFor(SHOP, EMPTY, { ids: 'manual', idMapping: { '.': { 1: 100, 5: 101, 2: 102 } } });
    expect(idsOf(planned)).toEqual(['1 → 100 given', '2 → 102 given', '5 → 101 given']);
    expect(short(play(planned))).toEqual([
      'orders-value v1 id 100',
      'orders-value v2 id 101',
      'payments-value v1 id 102',
    ]);
  });

  it('keep keeps what it can and says what it cannot', () => {
    const target = snapshotOf([{ subject: 'other', id: 5, schema: record('X') }]);
    const planned = planFor(SHOP, target, { ids: 'keep' });
    expect(idsOf(planned)).toEqual(['1 → 1 kept', '2 → 2 kept', '5 → 6 assigned']);
    expect(planned.plan.problems).toEqual([
      {
        severity: 'warning',
        reason: 'ID_TAKEN',
        subject: 'orders-value',
        version: 2,
        message: 'orders-value version 2 cannot keep id 5: the id belongs to other version 1 in the target',
        hint: 'It is mapped to id 6; records must be rewritten.',
      },
    ]);
  });

  it('keep gives what cannot keep its id none that another one is to keep', () => {
    const target = snapshotOf([{ subject: 'other', id: 1, schema: record('X') }]);
    // 2 and 5 are wanted; without that, 1 would have become 2 and pushed the next one away.
    expect(idsOf(planFor(SHOP, target, { ids: 'keep' }))).toEqual(['1 → 3 assigned', '2 → 2 kept', '5 → 5 kept']);
  });

  it('the same content has one id in a context, whatever the policy is called', () => {
    const target = snapshotOf([{ subject: 'elsewhere', id: 9, schema: record('B') }]);
    expect(idsOf(planFor(SHOP, target))).toEqual(['1 → 10 assigned', '2 → 11 assigned', '5 → 9 reused']);
    expect(idsOf(planFor(SHOP, target, { ids: 'keep' }))).toEqual(['1 → 1 kept', '2 → 2 kept', '5 → 9 reused']);
  });

  it('a registry that was once further is not given old ids again', () => {
    const target = targetOf(EMPTY, {}, { maxIds: new Map([['.', 40]]), retiredIds: new Map([['.', [42]]]) });
    const source = sourceOf(SHOP, { retiredIds: new Map([['.', [43]]]) });
    expect(idsOf(planFor(source, target))).toEqual(['1 → 41 assigned', '2 → 45 assigned', '5 → 44 assigned']);
  });

  it('a registry that takes no ids is posted to, and tells its ids afterwards', () => {
    const planned = planFor(SHOP, targetOf(EMPTY, NO_IMPORT));
    expect(stepsOf(planned.plan)).toEqual(['post orders-value v1', 'post orders-value v2', 'post payments-value v1']);
    expect(planned.plan.ids.map(({ from, to, how }) => [from, to, how])).toEqual([
      [1, undefined, 'assigned'],
      [2, undefined, 'assigned'],
      [5, undefined, 'assigned'],
    ]);
  });

  it('what a registry takes for a version of its own is that version, whatever the texts say', () => {
    const docs = (text: string) => `{"type":"record","name":"A","doc":"${text}","fields":[]}`;
    const source = snapshotOf([
      { subject: 'a', version: 1, id: 1, schema: docs('x') },
      { subject: 'a', version: 2, id: 2, schema: docs('y') },
      { subject: 'b', id: 3, schema: record('B', 'A'), references: [{ name: 'A', subject: 'a', version: 2 }] },
    ]);
    const there = snapshotOf([
      { subject: 'a', version: 1, id: 7, schema: docs('x') },
      { subject: 'b', id: 8, schema: record('B', 'A'), references: [{ name: 'A', subject: 'a', version: 1 }] },
    ]);
    const identity = { kind: 'apicurio' as const };
    const before = planFor(source, targetOf(there, NO_IMPORT, { identity }));
    const second = before.plan.steps.find((step) => step.action === 'register');
    if (second?.action !== 'register') throw new Error('the second version is not registered');
    expect(stepsOf(before.plan)).toEqual(['post a v2', 'post b v2']);
    const takenFor = new Map([[takenKey(second), 1]]);
    const planned = planFor(source, targetOf(there, NO_IMPORT, { identity, takenFor }));
    expect(stepsOf(planned.plan)).toEqual([]);
    expect(idsOf(planned)).toEqual(['1 → 7 reused', '2 → 7 reused', '3 → 8 reused']);
    // Of another text, type, subject or reference it says nothing.
    for (const other of [
      { sha256: '' },
      { schemaType: 'JSON' as const },
      { subject: 'b' },
      { references: [{ name: 'N', subject: 'a', version: 1 }] },
    ]) {
      const wrong = new Map([[takenKey({ ...second, ...other }), 1]]);
      expect(stepsOf(planFor(source, targetOf(there, NO_IMPORT, { identity, takenFor: wrong })).plan)).toHaveLength(2);
    }
  });

  it('ids that are taken at any time need no mode', () => {
    const planned = planFor(SHOP, targetOf(EMPTY, { importNeedsMode: false, modes: false }), { ids: 'force' });
    expect(stepsOf(planned.plan).every((step) => step.startsWith('import'))).toBe(true);
    expect(rowsOf(play(planned))).toEqual(rowsOf(SHOP));
  });

  it('a server whose rules are not known makes a plan that proves nothing', () => {
    const target = targetOf(EMPTY, {}, { identity: { name: 'rp', kind: 'redpanda' } });
    expect(new Set(planFor(SHOP, target).plan.steps.map(({ verdict }) => verdict))).toEqual(new Set(['unverifiable']));
    expect(new Set(planFor(SHOP, EMPTY).plan.steps.map(({ verdict }) => verdict))).toEqual(new Set(['simulated']));
  });
});

describe('strategies', () => {
  const target = snapshotOf([
    { subject: 'orders-value', version: 1, id: 1, schema: record('A') },
    { subject: 'orders-value', version: 2, id: 2, schema: record('Z') },
    { subject: 'orders-value', version: 3, id: 3, schema: record('Y') },
  ]);
  const lenient = { forceRegister: true };

  it('preserve adds what is missing and changes nothing', () => {
    const planned = planFor(SHOP, target, lenient);
    expect(problemsOf(planned.plan)).toEqual(['warning VERSION_TAKEN orders-value v2']);
    expect(short(play(planned))).toEqual([
      'orders-value v1 id 1',
      'orders-value v2 id 2',
      'orders-value v3 id 3',
      'orders-value v4 id 4',
      'payments-value v1 id 5',
    ]);
    expect(planned.plan.subjects[0]).toMatchObject({ outcome: 'extend', adds: [4], keeps: [1] });
  });

  it('skip leaves a subject alone that is there', () => {
    const planned = planFor(SHOP, target, { ...lenient, strategy: 'skip' });
    expect(stepsOf(planned.plan).filter((step) => step.startsWith('import'))).toEqual([
      'import payments-value v1 id 4',
    ]);
    expect(problemsOf(planned.plan)).toEqual(['warning SKIPPED orders-value']);
    expect(idsOf(planned)).toEqual(['1 → 1 reused', '2 → 4 assigned']);
  });

  it('overwrite deletes what differs, and only that', () => {
    const planned = planFor(SHOP, target, { ...lenient, strategy: 'overwrite', ids: 'keep' });
    expect(stepsOf(planned.plan)).toEqual([
      'delete orders-value v2 (replace)',
      'delete orders-value v3 (replace)',
      'delete for good orders-value v2 (replace)',
      'delete for good orders-value v3 (replace)',
      'mode orders-value IMPORT for now',
      'import orders-value v2 id 5',
      'mode orders-value null',
      'mode payments-value IMPORT for now',
      'import payments-value v1 id 2',
      'mode payments-value null',
    ]);
    expect(problemsOf(planned.plan)).toEqual(['warning LOSES_DATA orders-value']);
    expect(rowsOf(play(planned))).toEqual(rowsOf(SHOP));
  });

  it('overwrite handles who refers to what it replaces', () => {
    const referring = {
      subject: 'order',
      schema: record('O', 'A'),
      references: [{ name: 'A', subject: 'address', version: 1 }],
    };
    const source = snapshotOf([
      { subject: 'address', schema: record('A') },
      { ...referring, id: 2 },
    ]);
    const there = snapshotOf([
      { subject: 'address', id: 7, schema: '{"type":"fixed","name":"A","size":3}' },
      { ...referring, id: 8 },
    ]);
    const planned = planFor(source, there, { strategy: 'overwrite' });
    expect(stepsOf(planned.plan)).toEqual([
      'delete order (replace)',
      'delete address (replace)',
      'delete for good order (replace)',
      'delete for good address (replace)',
      'mode  IMPORT for now',
      'import address v1 id 9',
      'import order v1 id 8',
      'mode  null',
    ]);
    const foreign = planFor(snapshotOf([{ subject: 'address', schema: record('A') }]), there, {
      strategy: 'overwrite',
    });
    expect(problemsOf(foreign.plan)[0]).toBe('error REFERENCED address v1');
  });

  it('one subject may have another strategy; the first glob that matches counts', () => {
    const planned = planFor(SHOP, target, {
      ...lenient,
      strategyBySubject: [
        { subjects: 'orders-*', strategy: 'skip' },
        { subjects: '*', strategy: 'overwrite' },
      ],
    });
    expect(planned.plan.subjects.map(({ outcome }) => outcome)).toEqual(['skip', 'create']);
  });

  it('a hard deletion takes config and mode with it: they are put back', () => {
    const subjects = target.contexts[0]?.subjects.map((subject) => ({
      ...subject,
      versions: subject.versions.slice(1),
      config: { compatibility: 'NONE', fields: {} },
      mode: 'READWRITE',
    }));
    const there = { ...target, contexts: [{ name: '.', subjects: subjects ?? [] }] };
    const planned = planFor(SHOP, there, { ...lenient, strategy: 'overwrite', settings: false });
    expect(stepsOf(planned.plan).slice(-2)).toEqual([
      'config orders-value {"compatibility":"NONE"}',
      'mode orders-value READWRITE',
    ]);
    const restored = play(planned).contexts[0]?.subjects[0];
    expect(restored).toMatchObject({ config: { compatibility: 'NONE' }, mode: 'READWRITE' });
  });
});

describe('reconcile', () => {
  const target = snapshotOf([
    { subject: 'orders-value', version: 1, id: 1, schema: record('A') },
    { subject: 'orders-value', version: 2, id: 5, schema: record('B') },
    { subject: 'payments-value', version: 1, id: 2, schema: record('C'), deleted: true },
    { subject: 'payments-value', version: 2, id: 7, schema: record('D') },
    { subject: 'stray', version: 1, id: 8, schema: record('E') },
  ]);

  it('brings back, and without prune deletes nothing', () => {
    const planned = planFor(SHOP, target, { kind: 'reconcile', ids: 'force', forceRegister: true });
    expect(stepsOf(planned.plan)).toEqual([
      'mode payments-value IMPORT for now',
      'import payments-value v1 id 2',
      'mode payments-value null',
    ]);
  });

  it('prunes softly, or for good', () => {
    const soft = planFor(SHOP, target, { kind: 'reconcile', ids: 'force', prune: true, forceRegister: true });
    expect(stepsOf(soft.plan).slice(3)).toEqual(['delete payments-value v2 (prune)', 'delete stray (prune)']);
    const hard = planFor(SHOP, target, {
      kind: 'reconcile',
      ids: 'force',
      prune: true,
      permanent: true,
      forceRegister: true,
    });
    expect(rowsOf(play(hard))).toEqual(rowsOf(SHOP));
    expect(problemsOf(hard.plan)).toEqual(['warning LOSES_DATA payments-value', 'warning LOSES_DATA stray']);
  });

  it('prunes only what it may', () => {
    const given = targetOf(target, {}, { isPrunable: (subject) => subject !== 'stray' });
    const planned = planFor(SHOP, given, { kind: 'reconcile', prune: true, forceRegister: true });
    expect(stepsOf(planned.plan).filter((step) => step.includes('prune'))).toEqual([
      'delete payments-value v2 (prune)',
    ]);
  });

  it('of an equal registry is an empty plan', () => {
    for (const ids of ['rewrite', 'keep', 'force'] as const) {
      for (const strategy of ['preserve', 'overwrite'] as const) {
        const { plan } = planFor(SHOP, SHOP, { kind: 'reconcile', ids, strategy, prune: true });
        expect([plan.steps, plan.problems]).toEqual([[], []]);
        expect(plan.subjects.map(({ outcome }) => outcome)).toEqual(['same', 'same']);
      }
    }
  });
});
