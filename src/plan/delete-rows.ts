/** The steps that delete versions: what refers to others first, whole subjects in one step where that is enough. */
import { referrersOf } from '../semantics/references.ts';
import { findRow, type RegistryState } from '../semantics/state.ts';
import type { Draft, StepSubject } from './draft.ts';
import { orderNodes } from './order-nodes.ts';
import { rowKey } from './target-index.ts';

interface Address {
  readonly subject: string;
  readonly version: number;
}

interface Unit {
  readonly subject: string;
  readonly versions: readonly number[];
  /** One DELETE of the subject does it. */
  readonly whole: boolean;
}

/** Deletes live versions softly. Those that are not live are left out. */
export function deleteSoftly(
  draft: Draft,
  rows: readonly Address[],
  why: 'soft-deleted' | 'replace' | 'prune',
  about: StepSubject = {},
): void {
  const state = draft.state();
  const isLive = (row: { readonly deleted: boolean }) => !row.deleted;
  for (const { subject, versions, whole } of orderUnits(state, rows, why !== 'soft-deleted', isLive)) {
    if (whole && why !== 'soft-deleted') {
      draft.add({ action: 'delete-subject', subject, permanent: false, versions, why }, { subject, ...about });
      continue;
    }
    for (const version of versions) {
      draft.add({ action: 'delete-version', subject, version, permanent: false, why }, { subject, version, ...about });
    }
  }
}

/** Deletes softly deleted versions for good. Those that are still live, for a reason that has been told, are left out. */
export function deleteForGood(draft: Draft, rows: readonly Address[], why: 'replace' | 'prune'): void {
  const deleted = rows.filter(({ subject, version }) => findRow(draft.state(), subject, version)?.deleted === true);
  for (const { subject, versions, whole } of orderUnits(draft.state(), deleted, true, () => true)) {
    if (whole) {
      draft.add({ action: 'delete-subject', subject, permanent: true, versions, why });
      continue;
    }
    for (const version of versions) {
      draft.add({ action: 'delete-version', subject, version, permanent: true, why }, { subject, version });
    }
  }
}

/**
 * @param counts which of a subject's rows a deletion of the whole subject is about.
 */
function orderUnits(
  state: RegistryState,
  rows: readonly Address[],
  joins: boolean,
  counts: (row: { readonly deleted: boolean }) => boolean,
): readonly Unit[] {
  const bySubject = new Map<string, number[]>();
  for (const { subject, version } of rows) {
    const row = findRow(state, subject, version);
    if (row === undefined || !counts(row)) continue;
    const known = bySubject.get(subject);
    if (known === undefined) bySubject.set(subject, [version]);
    else known.push(version);
  }
  const single = (subject: string, version: number): Unit => ({ subject, versions: [version], whole: false });
  const units = [...bySubject].flatMap(([subject, versions]): Unit[] => {
    const sorted = [...versions].sort((a, b) => a - b);
    const all = state.subjects.get(subject)?.rows.filter(counts).length;
    return joins && all === versions.length
      ? [{ subject, versions: sorted, whole: true }]
      : sorted.map((version) => single(subject, version));
  });
  const { ordered, stuck } = orderByReferrers(state, units);
  if (stuck.length === 0) return ordered;
  // Two subjects that refer to each other: their versions can still be deleted one by one.
  const split = units.flatMap(({ subject, versions }) => versions.map((version) => single(subject, version)));
  const again = orderByReferrers(state, split);
  return [...again.ordered, ...again.stuck];
}

/** Each after the units whose versions refer to its own. */
function orderByReferrers(state: RegistryState, units: readonly Unit[]) {
  const unitAt = new Map<string, number>();
  units.forEach(({ subject, versions }, at) => {
    for (const version of versions) unitAt.set(rowKey(subject, version), at);
  });
  const needs = units.map(({ subject, versions }, at) =>
    versions.flatMap((version) =>
      [...referrersOf(state, subject, version)].flatMap((referrer) => {
        const other = unitAt.get(rowKey(referrer.subject, referrer.version));
        return other === undefined || other === at ? [] : [other];
      }),
    ),
  );
  const { order, stuck } = orderNodes(units.length, (at) => needs[at] ?? []);
  return { ordered: order.flatMap((at) => units[at] ?? []), stuck: stuck.flatMap((at) => units[at] ?? []) };
}
