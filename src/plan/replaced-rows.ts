/** What an overwrite deletes for good before the tree's versions are registered. */
import type { Reference } from '../model/schema-version.ts';
import { referencedSubject } from '../semantics/names.ts';
import { mappedId } from './choose-ids.ts';
import { mapReferences } from './name-rows.ts';
import type { PlanContext } from './plan-context.ts';
import type { RowContents } from './row-content.ts';
import type { SourceRow } from './source-rows.ts';
import { rowKey, type TargetRow } from './target-index.ts';

export interface ReplacedRows {
  readonly removed: ReadonlySet<TargetRow>;
  /** Subjects of which a row cannot be deleted; that has been told. */
  readonly blocked: ReadonlySet<string>;
}

/**
 * Rows of the target to delete: of subjects with the strategy `overwrite` those that differ from the tree's, and
 * whatever refers to them, for a version that something refers to cannot be deleted. Referrers are registered again
 * from the tree; one that the tree does not have, or has otherwise, is a problem.
 */
export function findReplacedRows(context: PlanContext): ReplacedRows {
  const { rows, index, options, target } = context;
  const wanted = new Map<string, SourceRow[]>();
  const byTarget = new Map<string, SourceRow>();
  for (const row of rows.rows) {
    byTarget.set(row.key, row);
    const known = wanted.get(row.subject);
    if (known === undefined) wanted.set(row.subject, [row]);
    else known.push(row);
  }
  const contents = context.contents((subject, version) => {
    const row = byTarget.get(rowKey(subject, version));
    if (row !== undefined) return { subject, ...contentOf(row), references: referencesOf(context, row) };
    const found = index.subjects.get(subject)?.get(version)?.row;
    return found && { subject, ...contentOf({ row: found }), references: found.references };
  });
  const removed = new Set<TargetRow>();
  for (const [from, subject] of rows.subjects) {
    if (context.strategyOf(from) !== 'overwrite') continue;
    const existing = index.subjects.get(subject);
    if (existing === undefined || !wanted.has(subject)) continue;
    if (!target.capabilities.import) {
      // The registry numbers versions itself, so the numbers come right only from the first one on.
      if (!isPrefix(context, contents, wanted.get(subject) ?? [], [...existing.values()])) {
        for (const item of existing.values()) removed.add(item);
      }
      continue;
    }
    for (const item of existing.values()) {
      const row = byTarget.get(rowKey(subject, item.row.version));
      // What only the target has, softly deleted, does not make the subject another one.
      const differing =
        row === undefined ? !item.row.deleted || options.ids === 'force' : differs(context, contents, row, item);
      if (differing) removed.add(item);
    }
  }
  return { removed, blocked: spreadBlocked(context, addReferrers(context, contents, byTarget, removed), removed) };
}

function differs(context: PlanContext, contents: RowContents, row: SourceRow, item: TargetRow): boolean {
  const { options } = context;
  if (!contents.isSame(row, referencesOf(context, row), item)) return true;
  if (options.ids === 'force') return item.row.id !== row.from.id;
  if (options.ids !== 'manual') return false;
  const given = mappedId(options.idMapping, row.from.context, row.from.id);
  return given !== undefined && given !== item.row.id;
}

/** Whether the target's live versions are the first of the source's, one after the other, whatever their numbers are. */
function isPrefix(
  context: PlanContext,
  contents: RowContents,
  rows: readonly SourceRow[],
  existing: readonly TargetRow[],
): boolean {
  const guids = new Set<string>();
  const sequence = rows.filter(({ row }) => !guids.has(row.guid) && guids.add(row.guid));
  return existing
    .filter(({ row }) => !row.deleted)
    .every((item, at) => {
      const row = sequence[at];
      return row !== undefined && contents.isSame(row, referencesOf(context, row), item);
    });
}

function addReferrers(
  context: PlanContext,
  contents: RowContents,
  byTarget: ReadonlyMap<string, SourceRow>,
  removed: Set<TargetRow>,
): ReadonlySet<string> {
  const blocked = new Set<string>();
  const queue = [...removed];
  for (let item = queue.pop(); item !== undefined; item = queue.pop()) {
    for (const referrer of context.index.referrersOf(item)) {
      if (removed.has(referrer)) continue;
      const row = byTarget.get(rowKey(referrer.subject, referrer.row.version));
      if (row !== undefined && contents.isSame(row, referencesOf(context, row), referrer)) {
        removed.add(referrer);
        queue.push(referrer);
        continue;
      }
      blocked.add(item.subject);
      const why = row === undefined ? 'the tree does not have' : 'the tree has otherwise';
      context.report({
        severity: 'error',
        reason: 'REFERENCED',
        subject: item.subject,
        version: item.row.version,
        message:
          `${item.subject} version ${item.row.version} cannot be replaced: ${referrer.subject} version ` +
          `${referrer.row.version}, which ${why}, refers to it`,
        hint: `Restore ${referrer.subject} with the strategy overwrite too, or delete it first.`,
      });
    }
  }
  return blocked;
}

/** What a subject that stays refers to stays as well. */
function spreadBlocked(
  { index }: PlanContext,
  blocked: ReadonlySet<string>,
  removed: ReadonlySet<TargetRow>,
): ReadonlySet<string> {
  const all = new Set(blocked);
  const queue = [...blocked];
  for (let subject = queue.pop(); subject !== undefined; subject = queue.pop()) {
    for (const item of index.subjects.get(subject)?.values() ?? []) {
      for (const reference of item.row.references) {
        const name = referencedSubject(subject, reference.subject);
        const target = index.subjects.get(name)?.get(reference.version);
        if (target === undefined || !removed.has(target) || all.has(name)) continue;
        all.add(name);
        queue.push(name);
      }
    }
  }
  return all;
}

function contentOf({ row }: { readonly row: SourceRow['row'] }) {
  return {
    schemaType: row.schemaType,
    get schema() {
      return row.schema;
    },
  };
}

/** As they would be stored if no version changed its number. */
function referencesOf({ mapping }: PlanContext, row: SourceRow): readonly Reference[] {
  return mapReferences({ mapping }, row.from.subject, row.subject, row.row.references).flatMap(({ reference }) =>
    reference === undefined ? [] : [reference],
  );
}
