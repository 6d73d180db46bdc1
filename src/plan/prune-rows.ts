/** What a reconcile deletes because the tree does not have it. */
import { contextSubject, DEFAULT_CONTEXT, formatSubjectName, parseSubjectName } from '../model/subject-name.ts';
import type { Placement } from './place-rows.ts';
import type { PlanContext } from './plan-context.ts';
import { rowKey, type TargetRow } from './target-index.ts';

export interface PrunedRows {
  readonly rows: readonly TargetRow[];
  /** Those of them that are deleted for good. What the source has softly deleted is not among them. */
  readonly forGood: readonly TargetRow[];
  /** Subjects and contexts (`:.ctx:`) that the source does not have: their settings go. */
  readonly levels: ReadonlySet<string>;
}

/** @param placements what the source has; rows that an overwrite deletes are not asked for again. */
export function findPrunedRows(
  context: PlanContext,
  placements: readonly Placement[],
  removed: ReadonlySet<TargetRow>,
  skipped: ReadonlySet<string>,
): PrunedRows {
  const { options, index, target } = context;
  if (options.kind !== 'reconcile' || !options.prune) return { rows: [], forGood: [], levels: new Set() };
  const isUnwanted = unwantedRows(context, placements, removed);
  const rows: TargetRow[] = [];
  for (const [subject, versions] of index.subjects) {
    if (skipped.has(subject) || target.isPrunable?.(subject) === false) continue;
    rows.push(...[...versions.values()].filter(isUnwanted));
  }
  const forGood = rows.filter(({ subject, row }) => !context.rows.leftOut.has(rowKey(subject, row.version)));
  return { rows, forGood: options.permanent ? forGood : [], levels: unwantedLevels(context) };
}

function unwantedRows(
  { source, rows, options }: PlanContext,
  placements: readonly Placement[],
  removed: ReadonlySet<TargetRow>,
): (item: TargetRow) => boolean {
  const wanted = new Set<string>();
  const highest = new Map<string, number>();
  for (const { source: row, version } of placements) {
    wanted.add(rowKey(row.subject, version));
    highest.set(row.subject, Math.max(highest.get(row.subject) ?? 0, version));
  }
  const pending = new Set(source.pending.map((item) => rows.subjects.get(formatSubjectName(item))));
  return (item) => {
    const { subject, row } = item;
    if (removed.has(item) || wanted.has(rowKey(subject, row.version))) return false;
    // It may be the one that was posted from a file added by hand, which is not in the tree's history yet.
    if (pending.has(subject) && row.version > (highest.get(subject) ?? 0)) return false;
    return !row.deleted || (options.permanent && !rows.leftOut.has(rowKey(subject, row.version)));
  };
}

function unwantedLevels({ rows, mapping, source, index, target }: PlanContext): ReadonlySet<string> {
  const subjects = new Set(rows.subjects.values());
  const contexts = new Set([DEFAULT_CONTEXT, ...source.snapshot.contexts.map(({ name }) => mapping.context(name))]);
  for (const subject of subjects) contexts.add(parseSubjectName(subject).context);
  const levels = new Set<string>();
  const add = (level: string): void => {
    if (target.isPrunable?.(level) !== false) levels.add(level);
  };
  for (const name of index.contexts.keys()) if (!contexts.has(name)) add(contextSubject(name));
  for (const level of new Set([...index.settings.keys(), ...index.subjects.keys()])) {
    // Settings of the empty name are its context's.
    if (!subjects.has(level) && parseSubjectName(level).subject !== '') add(level);
  }
  return levels;
}
