/** Version numbers that a registry does not tell with its answer. */
import { describe, expect, it } from 'vitest';
import { findNeededVersions, settleVersions } from '../../src/app/restore/given-versions.ts';
import { indexRows } from '../../src/app/restore/snapshot-rows.ts';
import type { PlanStep, RegisterStep } from '../../src/plan/plan.ts';
import { NO_IMPORT, planFor, snapshotOf, targetOf } from '../plan/support.ts';

const base: RegisterStep = {
  step: 0,
  action: 'register',
  subject: 'a',
  from: { subject: 'a', version: 1 },
  schemaType: 'AVRO',
  sha256: '',
  references: [],
  way: 'post',
  version: 1,
  guid: '',
  verdict: 'simulated',
};
const registerStep = (step: number, subject: string, version: number, references: RegisterStep['references'] = []) => ({
  ...base,
  step,
  subject,
  version,
  references,
});

describe('findNeededVersions', () => {
  it('are those that are referred to, and all of subjects of which something is deleted', () => {
    const steps: readonly PlanStep[] = [
      registerStep(0, 'a', 1),
      registerStep(1, 'a', 2),
      registerStep(2, 'b', 1, [{ name: 'A', subject: 'a', version: 1 }]),
      registerStep(3, ':.x:c', 1),
      registerStep(4, ':.x:d', 1, [{ name: 'C', subject: 'c', version: 1 }]),
      registerStep(5, 'e', 1),
      registerStep(6, 'e', 2),
      { ...base, step: 7, subject: 'e', action: 'delete-version', version: 1, permanent: false, why: 'soft-deleted' },
    ];
    const isNeeded = findNeededVersions(steps);
    const needed = steps.filter((step) => step.action === 'register' && isNeeded(step.subject, step.version));
    expect(needed.map(({ step }) => step)).toEqual([0, 3, 5, 6]);
  });
});

describe('settleVersions', () => {
  const after = indexRows(
    snapshotOf([
      { subject: 'a', version: 1, id: 7 },
      { subject: 'a', version: 2, id: 8 },
      { subject: 'a', version: 3, id: 7, deleted: true },
    ]),
  );
  const { plan: made } = planFor(snapshotOf([]), targetOf(snapshotOf([]), NO_IMPORT));
  const settle = (version: number, result: { readonly id?: number; readonly version?: number }) =>
    settleVersions({ ...made, steps: [registerStep(0, 'a', version)] }, new Map([[0, result]]), after).get(0);

  it('finds a row by its id, first where it was planned', () => {
    expect(settle(2, { id: 8 })).toEqual({ id: 8, version: 2 });
    expect(settle(3, { id: 7 })).toEqual({ id: 7, version: 3 });
    expect(settle(2, { id: 7 })).toEqual({ id: 7, version: 1 });
  });

  it('leaves what was told, and what is nowhere', () => {
    expect(settle(2, { id: 7, version: 2 })).toEqual({ id: 7, version: 2 });
    expect(settle(2, { id: 9 })).toEqual({ id: 9 });
    expect(settle(2, {})).toEqual({});
  });
});
