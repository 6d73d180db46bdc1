/** What becomes of each subject. */
import { compareContexts, parseSubjectName } from '../model/subject-name.ts';
import type { Placements } from './place-rows.ts';
import type { SubjectPlan } from './plan.ts';
import type { PlanContext } from './plan-context.ts';
import type { PrunedRows } from './prune-rows.ts';
import type { RegisteredPending } from './register-pending.ts';
import type { SettingsTally } from './settings-steps.ts';
import type { TargetRow } from './target-index.ts';

export interface PlannedRows {
  readonly placements: Placements;
  readonly removed: ReadonlySet<TargetRow>;
  readonly pruned: PrunedRows;
  readonly pending: RegisteredPending;
  readonly tally: SettingsTally;
}

interface Tally {
  readonly adds: Set<number>;
  readonly keeps: Set<number>;
  readonly deletes: Set<number>;
}

/** Subjects of the source, and of the target those that the plan touches; by context and name of the target. */
export function summarizeSubjects(context: PlanContext, rows: PlannedRows): readonly SubjectPlan[] {
  const { placements, removed, pruned, pending, tally } = rows;
  const tallies = new Map<string, Tally>();
  const of = (subject: string): Tally => {
    const known = tallies.get(subject) ?? { adds: new Set(), keeps: new Set(), deletes: new Set() };
    tallies.set(subject, known);
    return known;
  };
  const origin = new Map([...context.rows.subjects].map(([from, subject]) => [subject, from]));
  for (const subject of origin.keys()) of(subject);
  for (const { source, action, version, ends, existing, failed } of placements.list) {
    const { adds, keeps, deletes } = of(source.subject);
    if (failed) continue;
    if (action === 'add' || action === 'undelete') adds.add(version);
    else if (existing !== undefined || action === 'share') keeps.add(version);
    if (ends === 'deleted' && existing?.row.deleted === false) deletes.add(version);
  }
  for (const [subject, versions] of pending.added) for (const version of versions) of(subject).adds.add(version);
  for (const [subject, versions] of pending.kept) for (const version of versions) of(subject).keeps.add(version);
  for (const { subject, row } of [...removed, ...pruned.rows]) of(subject).deletes.add(row.version);
  for (const level of [...tally.config, ...tally.mode]) if (isSubject(level)) of(level);
  const replaced = new Set([...removed].map(({ subject }) => subject));
  return [...tallies]
    .map(([subject, { adds, keeps, deletes }]): SubjectPlan => {
      const changesConfig = tally.config.has(subject);
      const changesMode = tally.mode.has(subject);
      const from = origin.get(subject);
      const outcome = (): SubjectPlan['outcome'] => {
        if (replaced.has(subject)) return 'replace';
        if (placements.skipped.has(subject)) return 'skip';
        if (from === undefined || (adds.size === 0 && deletes.size > 0)) return deletes.size > 0 ? 'prune' : 'settings';
        if (adds.size > 0) return wasLive(context, subject) ? 'extend' : 'create';
        return changesConfig || changesMode ? 'settings' : 'same';
      };
      return {
        ...(from === undefined ? {} : { from }),
        subject,
        outcome: outcome(),
        adds: ascending(adds),
        keeps: ascending(keeps),
        deletes: ascending(deletes),
        changesConfig,
        changesMode,
      };
    })
    .sort((a, b) => compareNames(a.subject, b.subject));
}

function isSubject(level: string): boolean {
  return level !== '' && parseSubjectName(level).subject !== '';
}

function wasLive({ index }: PlanContext, subject: string): boolean {
  return [...(index.subjects.get(subject)?.values() ?? [])].some(({ row }) => !row.deleted);
}

function ascending(versions: ReadonlySet<number>): readonly number[] {
  return [...versions].sort((a, b) => a - b);
}

function compareNames(a: string, b: string): number {
  const [left, right] = [parseSubjectName(a), parseSubjectName(b)];
  return compareContexts(left.context, right.context) || (a < b ? -1 : a > b ? 1 : 0);
}
