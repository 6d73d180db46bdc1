/** References and names: orders, renamed subjects, moved contexts. */
import { describe, expect, it } from 'vitest';
import type { RegistrySnapshot } from '../../src/model/registry-snapshot.ts';
import { computeGuid } from '../../src/semantics/guid.ts';
import {
  EMPTY,
  errorsOf,
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

describe('references and names', () => {
  const reference = { name: 'A', subject: 'address', version: 1 };
  const source = snapshotOf([
    { subject: 'address', id: 2, schema: record('A') },
    { subject: 'a-order', id: 1, schema: record('O', 'A'), references: [reference] },
    { subject: ':.x:address', id: 1, schema: record('A') },
    { subject: ':.x:order', id: 2, schema: record('O', 'A'), references: [reference] },
    {
      subject: ':.x:order',
      version: 2,
      id: 3,
      schema: record('P', 'A'),
      references: [{ ...reference, subject: ':.x:address' }],
    },
  ]);

  it('what is referred to comes first, by any id', () => {
    expect(stepsOf(planFor(source, EMPTY, { ids: 'force' }).plan).filter((step) => step.startsWith('import'))).toEqual([
      'import address v1 id 2',
      'import a-order v1 id 1',
      'import :.x:address v1 id 1',
      'import :.x:order v1 id 2',
      'import :.x:order v2 id 3',
    ]);
  });

  it('a renamed subject is renamed where it is referred to, and the guid is that of the new name', () => {
    const planned = planFor(source, EMPTY, { subjectMapping: [{ from: 'add*', to: 'restored-*' }] });
    const step = planned.plan.steps.find((one) => one.action === 'register' && one.subject === 'a-order');
    const references = [{ name: 'A', subject: 'restored-ress', version: 1 }];
    expect(step).toMatchObject({ references, guid: computeGuid({ schema: record('O', 'A'), references }) });
    expect(rowsOf(play(planned)).filter((row) => row.startsWith('restored'))).toHaveLength(1);
    expect(planned.plan.ids.find(({ from }) => from === 1)?.fromGuid).not.toBe(
      step?.action === 'register' && step.guid,
    );
  });

  it('the first rule that matches counts, exact or not', () => {
    const rules = [
      { from: 'address', to: 'first' },
      { from: '*', to: 'x-*' },
      { from: ':.x:*', to: ':.y:*' },
    ];
    const names = (subjectMapping: typeof rules) =>
      planFor(source, EMPTY, { subjectMapping }).plan.subjects.map(({ subject }) => subject);
    expect(names(rules)).toEqual(['first', 'x-a-order', ':.y:address', ':.y:order']);
    expect(names(rules.toReversed())).toEqual(['x-a-order', 'x-address', ':.y:address', ':.y:order']);
  });

  it('a context moves as a whole, with what it refers to', () => {
    const planned = planFor(source, EMPTY, { toContext: { from: '.x', to: '.z' } });
    expect(planned.plan.problems).toEqual([]);
    const moved = planned.plan.steps.filter((step) => step.action === 'register' && step.subject === ':.z:order');
    expect(moved.map((step) => step.action === 'register' && step.references)).toEqual([[reference], [reference]]);
    expect(planned.plan.ids.filter(({ context }) => context === '.x').map(({ toContext }) => toContext)).toEqual([
      '.z',
      '.z',
      '.z',
    ]);
  });

  it('a reference may lead to what only the target has', () => {
    const there = snapshotOf([{ subject: 'address', id: 4, schema: record('A') }]);
    const only = snapshotOf([{ subject: 'order', schema: record('O', 'A'), references: [reference] }]);
    expect(errorsOf(planFor(only, there).plan)).toEqual([]);
    expect(errorsOf(planFor(only, EMPTY).plan)).toEqual([
      "REFERENCE_MISSING: Reference to subject 'address' version 1 not found: order version 1 needs it",
    ]);
  });

  it('a renumbered version is renumbered where it is referred to', () => {
    const there = snapshotOf([{ subject: 'address', id: 4, schema: record('Z') }]);
    const planned = planFor(source, there, { forceRegister: true });
    const order = planned.plan.steps.find((step) => step.action === 'register' && step.subject === 'a-order');
    expect(order).toMatchObject({ references: [{ ...reference, version: 2 }] });
    expect(planFor(source, play(planned), { forceRegister: true }).plan.steps).toEqual([]);
  });

  it('thousands of references in a row are no matter', () => {
    const rows = Array.from({ length: 3000 }, (_, at) => ({
      subject: `s${String(at).padStart(4, '0')}`,
      id: at + 1,
      schemaType: 'JSON' as const,
      schema: `{"title":"${at}"}`,
      references: at === 2999 ? [] : [{ name: 'n', subject: `s${String(at + 1).padStart(4, '0')}`, version: 1 }],
    }));
    const names = planFor(snapshotOf(rows), targetOf(EMPTY, {}, { identity: { kind: 'unknown' } })).plan.steps.flatMap(
      (step) => (step.action === 'register' ? [step.subject] : []),
    );
    expect(names).toHaveLength(3000);
    expect(names[0]).toBe('s2999');
  });

  it('names of Object.prototype are names', () => {
    const odd = snapshotOf([
      { subject: '__proto__', id: 1, schema: record('A') },
      { subject: 'constructor', id: 2, schema: record('B'), metadata: { properties: JSON.parse('{"__proto__":"x"}') } },
    ]);
    const planned = planFor(odd, EMPTY, { ids: 'manual', idMapping: { '.': { 1: 7, 2: 8 } } });
    expect(short(play(planned))).toEqual(['__proto__ v1 id 7', 'constructor v1 id 8']);
    const unmapped = planFor(odd, EMPTY, { ids: 'manual', idMapping: {} });
    expect(problemsOf(unmapped.plan)).toEqual(['error ID_UNMAPPED __proto__ v1', 'error ID_UNMAPPED constructor v1']);
  });
});
