/**
 * Where each version of the source goes in the target: to a row that is there already, or to a new one with this
 * number, this id and these references. Rows come after those they refer to, so that a renumbered version is known to
 * its referrers.
 */
import type { Reference } from '../model/schema-version.ts';
import { type ChosenId, contentKey, createIdChooser, type IdChooser } from './choose-ids.ts';
import { createVersionChooser, type VersionChooser } from './choose-versions.ts';
import { aboutRow, describeRow, type MappedReference, mapReferences } from './name-rows.ts';
import type { Problem, Strategy } from './plan.ts';
import { isPresent, type PlanContext } from './plan-context.ts';
import { retiredIdsByTarget } from './retired-ids.ts';
import type { RowContents } from './row-content.ts';
import type { SourceRow } from './source-rows.ts';
import { rowKey, type TargetRow } from './target-index.ts';

export interface Placement {
  readonly source: SourceRow;
  readonly strategy: Strategy;
  /**
   * `keep`: the target has it. `undelete`: the target has it, softly deleted. `add`: it is to be registered. `share`:
   * another version with the same content is, and the number of this one is not to be had. `leave`: nothing is done
   * about it.
   */
  readonly action: 'keep' | 'undelete' | 'add' | 'share' | 'leave';
  readonly version: number;
  readonly references: readonly Reference[];
  /** Identity of what the target stores. */
  readonly guid: string;
  readonly chosen: ChosenId | undefined;
  readonly existing?: TargetRow;
  /** It is live in the target, or comes to be, and ends softly deleted. */
  readonly ends: 'live' | 'deleted' | 'as it is';
  /** A problem keeps it from being registered. */
  readonly failed: boolean;
}

/** `rowKey` of the version in the target. */
export function placementKey({ source, version }: Placement): string {
  return version === source.row.version ? source.key : rowKey(source.subject, version);
}

export interface Placements {
  /** In the order of registration. */
  readonly list: readonly Placement[];
  /** By subject and version of the source. */
  readonly bySource: ReadonlyMap<string, Placement>;
  readonly ids: IdChooser;
  /** Target's subjects that the strategy `skip` leaves alone. */
  readonly skipped: ReadonlySet<string>;
}

export function placeRows(context: PlanContext, removed: ReadonlySet<TargetRow>): Placements {
  const { options, index, target, report } = context;
  const bySource = new Map<string, Placement>();
  const byTarget = new Map<string, Placement>();
  const list: Placement[] = [];
  const skipped = new Set<string>();
  const ids = createIdChooser({
    options,
    target,
    index,
    removed,
    retiredIds: retiredIdsByTarget(context),
    wantedIds: options.ids === 'keep' ? idsByTarget(context) : new Map(),
    report,
  });
  const contents = context.contents((subject, version) => {
    const placed = byTarget.get(rowKey(subject, version));
    if (placed !== undefined) {
      const { row } = placed.source;
      return { subject, schemaType: row.schemaType, schema: row.schema, references: placed.references };
    }
    const found = index.subjects.get(subject)?.get(version);
    return found === undefined || removed.has(found)
      ? undefined
      : { subject, schemaType: found.row.schemaType, schema: found.row.schema, references: found.row.references };
  });
  const versions = createVersionChooser(context, contents, removed);
  for (const row of context.rows.rows) {
    const placement = placeRow(context, { bySource, removed, ids, contents, versions }, row);
    if (placement.action === 'leave') skipped.add(row.subject);
    bySource.set(row.fromKey, placement);
    byTarget.set(placementKey(placement), placement);
    list.push(placement);
  }
  return { list, bySource, ids, skipped };
}

function idsByTarget({ rows }: PlanContext): ReadonlyMap<string, ReadonlySet<number>> {
  const wanted = new Map<string, Set<number>>();
  for (const { context, from } of rows.rows) wanted.set(context, (wanted.get(context) ?? new Set()).add(from.id));
  return wanted;
}

interface Placing {
  readonly bySource: ReadonlyMap<string, Placement>;
  readonly removed: ReadonlySet<TargetRow>;
  readonly ids: IdChooser;
  readonly contents: RowContents;
  readonly versions: VersionChooser;
}

function placeRow(context: PlanContext, placing: Placing, row: SourceRow): Placement {
  const strategy = context.strategyOf(row.from.subject);
  const { ids, contents } = placing;
  const problemsBefore = context.problems.length;
  const leave = strategy === 'skip' && isPresent(context, row.subject);
  const references = placeReferences(context, placing, row, leave);
  const base = { source: row, strategy, references: references ?? [] };
  if (leave) return leaveRow(placing, base, references);
  if (references === undefined) {
    return { ...base, action: 'add', version: row.row.version, guid: row.row.guid, chosen: undefined, ...FAILED };
  }
  const { version, existing, action } = placing.versions.choose(row, references);
  if (action === 'taken') return { ...base, action: 'add', version, guid: row.row.guid, chosen: undefined, ...FAILED };
  const guid = existing?.row.guid ?? contents.storedGuid(row, references);
  const chosen = ids.choose({
    row,
    content: contentKey(row.row.schemaType, guid),
    ...(existing === undefined ? {} : { existing }),
  });
  if (action === 'add') warnOfContent(context, contents, row, references, guid);
  const failed = context.problems.slice(problemsBefore).some(({ severity }) => severity === 'error');
  return {
    ...base,
    action,
    version,
    guid,
    chosen,
    ...(existing === undefined ? {} : { existing }),
    ends: endOf(context, strategy, row, existing),
    failed: failed || chosen === undefined,
  };
}

/** A row that the strategy leaves alone: the target may have it all the same, and then it has an id there. */
function leaveRow(
  { versions, ids, contents }: Placing,
  base: Pick<Placement, 'source' | 'strategy' | 'references'>,
  references: readonly Reference[] | undefined,
): Placement {
  const { source: row } = base;
  const existing = references && versions.find(row, references);
  const guid = existing?.row.guid ?? (references === undefined ? row.row.guid : contents.storedGuid(row, references));
  const id = existing?.row.id ?? ids.find(row.context, contentKey(row.row.schemaType, guid));
  return {
    ...base,
    action: 'leave',
    version: existing?.row.version ?? row.row.version,
    guid,
    chosen: id === undefined ? undefined : { id, how: 'reused' },
    ...(existing === undefined ? {} : { existing }),
    ends: 'as it is',
    failed: false,
  };
}

const FAILED = { ends: 'as it is', failed: true } as const;

function endOf({ options }: PlanContext, strategy: Strategy, { row }: SourceRow, existing: TargetRow | undefined) {
  if (existing === undefined) return row.deleted ? 'deleted' : 'live';
  if (!row.deleted) return 'live';
  if (existing.row.deleted) return 'as it is';
  // A restore only adds: what the target has live stays so, unless the tree's state is to replace it.
  return options.kind === 'reconcile' || strategy === 'overwrite' ? 'deleted' : 'as it is';
}

function warnOfContent(
  { report }: PlanContext,
  contents: RowContents,
  row: SourceRow,
  references: readonly Reference[],
  guid: string,
): void {
  if (row.redacted) {
    report({
      ...aboutRow(row),
      severity: 'error',
      reason: 'SENSITIVE_REDACTED',
      message: `${describeRow(row)} was exported without the values of its sensitive metadata: it would be another schema`,
      hint: 'Export with --include-sensitive, or restore from a registry that has it.',
    });
  } else if (contents.sentGuid(row, references) !== guid) {
    report({
      ...aboutRow(row),
      severity: 'warning',
      reason: 'TEXT_CHANGED',
      message: `${describeRow(row)}: the target stores its text in another form that means the same, so its guid differs`,
    });
  }
}

/** The row's references in the target's names and numbers; undefined when one leads nowhere. */
function placeReferences(
  context: PlanContext,
  { bySource, removed }: Placing,
  row: SourceRow,
  quiet: boolean,
): readonly Reference[] | undefined {
  const { index, report } = context;
  const placed: Reference[] = [];
  let sound = true;
  const tell = (what: Pick<Problem, 'message' | 'hint'>): void => {
    sound = false;
    if (!quiet) report({ ...aboutRow(row), severity: 'error', reason: 'REFERENCE_MISSING', ...what });
  };
  for (const mapped of mapReferences(context, row.from.subject, row.subject, row.row.references)) {
    const { from, target, reference } = mapped;
    const version = reference?.version ?? 0;
    const source = bySource.get(rowKey(from, version));
    const existing = index.subjects.get(target)?.get(version);
    if (reference === undefined) tell(unnameable(row, mapped));
    else if (source !== undefined && (source.action !== 'leave' || source.existing !== undefined)) {
      placed.push({ ...reference, version: source.version });
      // Told already, where its own problem is.
      if (source.failed) sound = false;
    } else if (source === undefined && existing !== undefined && !removed.has(existing)) placed.push(reference);
    else tell(missing(row, mapped, version, source !== undefined));
  }
  return sound ? placed : undefined;
}

function unnameable(row: SourceRow, { from, target }: MappedReference): Pick<Problem, 'message' | 'hint'> {
  return {
    message: `${describeRow(row)} refers to ${from}, which would be ${target}: it cannot be named from ${row.subject}`,
    hint: 'From another context the default one cannot be named: move both into one context.',
  };
}

function missing(
  row: SourceRow,
  { from, target }: MappedReference,
  version: number,
  isSkipped: boolean,
): Pick<Problem, 'message' | 'hint'> {
  const renamed = from === target ? '' : ` (${target} in the target)`;
  const skipped = isSkipped ? `, because the strategy skip leaves ${target} alone` : '';
  return {
    message: `Reference to subject '${from}' version ${version} not found${renamed}${skipped}: ${describeRow(row)} needs it`,
    hint: isSkipped
      ? `Use the strategy preserve for ${from}.`
      : `Include it: add ${from} to the subjects, or export with include_references: true.`,
  };
}
