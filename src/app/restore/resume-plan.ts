/** Which steps of an interrupted plan are done, by its journal and by what the registry shows now. */
import type { Plan, PlanStep, RegisterStep } from '../../plan/plan.ts';
import type { StepResult } from './carry-out-step.ts';
import { type JournalState, settingKey } from './journal-entries.ts';
import { isSettingStep } from './prior-settings.ts';
import type { SnapshotRows } from './snapshot-rows.ts';

type RowStep = Exclude<PlanStep, { readonly action: 'set-mode' | 'set-config' }>;

/**
 * The steps that need not be carried out again; undefined when the registry is no longer where the plan left it, so
 * that a new plan has to be made.
 *
 * Temporary settings are set again as long as the step that ends them is not done: whoever put them back did so for the
 * time until now.
 */
export function resumePlan(
  plan: Plan,
  journal: Pick<JournalState, 'done'>,
  rows: SnapshotRows,
): ReadonlyMap<number, StepResult> | undefined {
  const done = new Map<number, StepResult>();
  const pendingDeletes = new Set<string>();
  /** The last step done on each version: what the registry must show. */
  const last = new Map<string, RowStep>();
  const stopped = new Set<string>();
  const deletions = lastDeletions(plan.steps);
  for (const step of plan.steps) {
    const result = journal.done.get(step.step);
    if (isSettingStep(step)) {
      if (result !== undefined) done.set(step.step, {});
      continue;
    }
    // A subject's steps are carried out one after the other: behind one that is not done there is none that is.
    const isDone = !stopped.has(step.subject) && (result !== undefined || showsRow(step, rows, deletions));
    if (isDone) {
      done.set(step.step, resultOf(step, result));
      for (const version of versionsOf(step)) last.set(keyOf(step.subject, version), step);
      continue;
    }
    stopped.add(step.subject);
    if (step.action !== 'register')
      for (const version of versionsOf(step)) pendingDeletes.add(keyOf(step.subject, version));
    else if (!pendingDeletes.has(keyOf(step.subject, step.version)) && isTaken(step, rows)) return undefined;
  }
  for (const [key, step] of last) {
    if (!stands(step, Number(key.slice(0, key.indexOf(' '))), done, rows)) return undefined;
  }
  for (const step of openTemporaries(plan.steps, done)) done.delete(step);
  return done;
}

/** Whether the registry shows a version as a registration leaves it: told by its id. */
function showsRow(step: RowStep, rows: SnapshotRows, deletions: ReadonlyMap<string, number>): boolean {
  // Deletions are repeated: that is answered as if it were the first time.
  if (step.action !== 'register') return false;
  const row = rows.get(step.subject)?.get(step.version);
  if (row === undefined) return false;
  // Both the registration and the plan's own deletion of it may have gone through without their lines.
  if (row.deleted && (deletions.get(keyOf(step.subject, step.version)) ?? -1) < step.step) return false;
  return row.guid === step.guid && (step.way === 'post' || row.id === step.id);
}

/** The last step that deletes a version. */
function lastDeletions(steps: readonly PlanStep[]): ReadonlyMap<string, number> {
  return new Map(
    steps.flatMap((step) => {
      if (isSettingStep(step) || step.action === 'register') return [];
      return versionsOf(step).map((version) => [keyOf(step.subject, version), step.step] as const);
    }),
  );
}

function isTaken(step: RegisterStep, rows: SnapshotRows): boolean {
  return rows.get(step.subject)?.has(step.version) === true;
}

function stands(step: RowStep, version: number, done: ReadonlyMap<number, StepResult>, rows: SnapshotRows): boolean {
  const row = rows.get(step.subject)?.get(version);
  // A later deletion may have gone through without its line.
  if (step.action === 'register') return row !== undefined && row.id === (done.get(step.step)?.id ?? step.id);
  return step.permanent ? row === undefined : row === undefined || row.deleted;
}

function openTemporaries(steps: readonly PlanStep[], done: ReadonlyMap<number, StepResult>): readonly number[] {
  const open = new Map<string, number[]>();
  for (const step of steps) {
    if (!isSettingStep(step)) continue;
    const key = settingKey({ kind: step.action, level: step.subject });
    if (step.temporary) open.set(key, [...(open.get(key) ?? []), step.step]);
    else if (done.has(step.step)) open.delete(key);
  }
  return [...open.values()].flat();
}

function resultOf(step: PlanStep, result: StepResult | undefined): StepResult {
  if (step.action !== 'register') return {};
  const id = result?.id ?? step.id;
  return { ...(id === undefined ? {} : { id }), version: result?.version ?? step.version };
}

function versionsOf(step: RowStep): readonly number[] {
  return step.action === 'delete-subject' ? step.versions : [step.version];
}

function keyOf(subject: string, version: number): string {
  return `${version} ${subject}`;
}
