/** Numbers that a registry gives to what is posted and does not tell: of some the plan must know them, the rest can wait. */
import { parseSubjectName } from '../../model/subject-name.ts';
import type { Plan, PlanStep } from '../../plan/plan.ts';
import type { StepResult } from './carry-out-step.ts';
import type { SnapshotRows } from './snapshot-rows.ts';
import { qualify } from './step-order.ts';

/**
 * Whether a step of the plan goes by the number that a version gets: it refers to it, or deletes versions of the
 * subject, and a version that became another one must not be deleted for it.
 */
export function findNeededVersions(steps: readonly PlanStep[]): (subject: string, version: number) => boolean {
  const referred = new Set<string>();
  const pruned = new Set<string>();
  for (const step of steps) {
    if (step.action === 'delete-version' || step.action === 'delete-subject') pruned.add(step.subject);
    if (step.action !== 'register') continue;
    const home = parseSubjectName(step.subject).context;
    for (const { subject, version } of step.references) referred.add(`${version} ${qualify(subject, home)}`);
  }
  return (subject, version) => pruned.has(subject) || referred.has(`${version} ${subject}`);
}

/** The same results with the versions that the registry did not tell, found by the ids that it gave. */
export function settleVersions(
  { steps }: Plan,
  results: ReadonlyMap<number, StepResult>,
  after: SnapshotRows,
): ReadonlyMap<number, StepResult> {
  const settled = new Map(results);
  for (const step of steps) {
    const result = results.get(step.step);
    if (step.action !== 'register' || result?.id === undefined || result.version !== undefined) continue;
    const version = findVersion(after, step.subject, step.version, result.id);
    if (version !== undefined) settled.set(step.step, { ...result, version });
  }
  return settled;
}

/** The planned number where it has the id, else the lowest that has. */
function findVersion(rows: SnapshotRows, subject: string, planned: number, id: number): number | undefined {
  const versions = rows.get(subject);
  if (versions?.get(planned)?.id === id) return planned;
  for (const [version, row] of versions ?? []) if (row.id === id) return version;
  return undefined;
}
