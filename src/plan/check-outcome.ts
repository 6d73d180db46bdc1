/** The proof of a plan: the state after its steps is the one that was asked for, row by row. */
import { listRows } from '../semantics/listing.ts';
import type { Row } from '../semantics/state.ts';
import type { Draft } from './draft.ts';
import { type Placement, placementKey } from './place-rows.ts';
import type { PlanContext } from './plan-context.ts';
import { rowKey, type TargetRow } from './target-index.ts';

interface Expected {
  readonly subject: string;
  readonly version: number;
  readonly guid: string;
  /** Undefined where the registry gives it. */
  readonly id: number | undefined;
  readonly deleted: boolean;
}

export interface Outcome {
  readonly placements: readonly Placement[];
  /** Rows that the plan deletes for good. */
  readonly gone: ReadonlySet<TargetRow>;
  /** Rows that it deletes softly although the source does not have them. */
  readonly hidden: ReadonlySet<TargetRow>;
  /** Versions posted from files added by hand: their rows are what the registry made of them. */
  readonly posted: ReadonlyMap<string, readonly number[]>;
}

/**
 * Reports every row that would not be as it was asked for, or that would change although nobody asked for it. Only for
 * plans without errors, of registries whose rules are known, that import: others lose numbers and soft deletions, which
 * has been told.
 */
export function checkOutcome(context: PlanContext, draft: Draft, outcome: Outcome): void {
  const expected = expectRows(context, outcome);
  for (const row of listRows(draft.state(), { prefix: ':*:', includeDeleted: true, latestOnly: false })) {
    if (outcome.posted.get(row.subject)?.includes(row.version) === true) continue;
    const key = rowKey(row.subject, row.version);
    const wanted = expected.get(key);
    expected.delete(key);
    const difference = differenceOf(row, wanted);
    if (difference !== undefined) tell(context, row, difference);
  }
  for (const wanted of expected.values()) tell(context, wanted, 'would not be there');
}

function differenceOf(row: Row, wanted: Expected | undefined): string | undefined {
  if (wanted === undefined) return 'would be there, and should not';
  if (row.guid !== wanted.guid) return 'would be another schema than asked for';
  if (wanted.id !== undefined && row.id !== wanted.id) return `would have id ${row.id}, not ${wanted.id}`;
  if (row.deleted !== wanted.deleted) return `would be ${row.deleted ? 'softly deleted' : 'live'}`;
  return undefined;
}

function expectRows(context: PlanContext, outcome: Outcome): Map<string, Expected> {
  const expected = new Map<string, Expected>();
  for (const [subject, rows] of context.index.subjects) {
    for (const item of rows.values()) {
      if (outcome.gone.has(item)) continue;
      const { version, guid, id } = item.row;
      const deleted = item.row.deleted || outcome.hidden.has(item);
      expected.set(rowKey(subject, version), { subject, version, guid, id, deleted });
    }
  }
  const placed = new Set<string>();
  for (const placement of outcome.placements) {
    const { source, version, guid, chosen, ends, existing, action } = placement;
    if (action === 'leave') continue;
    const key = placementKey(placement);
    // Several versions of the source may be one of the target, which is live when one of them is.
    if (placed.has(key) && ends !== 'live') continue;
    placed.add(key);
    const deleted = ends === 'as it is' ? (existing?.row.deleted ?? source.row.deleted) : ends === 'deleted';
    expected.set(key, { subject: source.subject, version, guid, id: chosen?.id, deleted });
  }
  for (const [subject, versions] of outcome.posted) {
    for (const version of versions) expected.delete(rowKey(subject, version));
  }
  return expected;
}

function tell(context: PlanContext, { subject, version }: Pick<Expected, 'subject' | 'version'>, what: string): void {
  context.report({
    severity: 'error',
    reason: 'CONTENT_CONFLICT',
    subject,
    version,
    message: `after the plan ${subject} version ${version} ${what}: played through on the registry's rules`,
    hint: 'Nothing is carried out. Restore the subject by itself, or with the strategy overwrite.',
  });
}
