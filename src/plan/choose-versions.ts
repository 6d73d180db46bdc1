/** Which version of the target a version of the source is, or is to be. */
import type { Reference } from '../model/schema-version.ts';
import { aboutRow, describeRow } from './name-rows.ts';
import type { Problem } from './plan.ts';
import type { PlanContext } from './plan-context.ts';
import type { RowContents } from './row-content.ts';
import type { SourceRow } from './source-rows.ts';
import { rowKey, type TargetRow } from './target-index.ts';

export interface ChosenVersion {
  readonly action: 'keep' | 'undelete' | 'add' | 'share' | 'taken';
  readonly version: number;
  readonly existing?: TargetRow;
}

export interface VersionChooser {
  /** Rows of a subject are to be asked for in the order of their registration. */
  readonly choose: (row: SourceRow, references: readonly Reference[]) => ChosenVersion;
  /** The target's row that is the same schema, when nothing is to be registered. */
  readonly find: (row: SourceRow, references: readonly Reference[]) => TargetRow | undefined;
}

interface Numbers {
  /** Given in this plan. */
  readonly taken: Set<number>;
  /** Content to the number that it gets, where that is not the source's. */
  readonly byContent: Map<string, number>;
  next: number;
}

export function createVersionChooser(
  context: PlanContext,
  contents: RowContents,
  removed: ReadonlySet<TargetRow>,
): VersionChooser {
  const { index, options, target } = context;
  const { capabilities } = target;
  /** Whether the version must have its number: asked for, and no other version is in the way of an overwrite. */
  const isExact = (row: SourceRow): boolean =>
    options.ids === 'force' ||
    (capabilities.import && (options.kind === 'reconcile' || context.strategyOf(row.from.subject) === 'overwrite'));
  const numbers = new Map<string, Numbers>();
  const sourceNumbers = new Map<string, number>();
  const atTarget = new Map<string, SourceRow>();
  for (const row of context.rows.rows) {
    atTarget.set(row.key, row);
    sourceNumbers.set(row.subject, Math.max(sourceNumbers.get(row.subject) ?? 0, row.row.version));
  }
  const remaining = (subject: string): readonly TargetRow[] =>
    [...(index.subjects.get(subject)?.values() ?? [])].filter((item) => !removed.has(item));
  const numbersOf = (subject: string): Numbers => {
    const known = numbers.get(subject);
    if (known !== undefined) return known;
    const existing = remaining(subject).map(({ row }) => row.version);
    const made = { taken: new Set<number>(), byContent: new Map<string, number>(), next: Math.max(0, ...existing) + 1 };
    numbers.set(subject, made);
    return made;
  };
  const contentOf = (row: SourceRow, references: readonly Reference[]): string =>
    `${row.row.schemaType} ${contents.storedGuid(row, references)}`;

  /** The same schema under another number that no version of the source stands for. */
  const findElsewhere = (row: SourceRow, references: readonly Reference[]): TargetRow | undefined =>
    remaining(row.subject).find((item) => {
      if (item.row.version === row.row.version || (item.row.deleted && !row.row.deleted)) return false;
      if (capabilities.import) {
        const own = atTarget.get(rowKey(row.subject, item.row.version));
        if (own?.row.guid === row.row.guid) return false;
      }
      return contents.isSame(row, references, item);
    });

  const keep = (row: SourceRow, existing: TargetRow): ChosenVersion => {
    const { version, deleted } = existing.row;
    return { action: deleted && !row.row.deleted ? 'undelete' : 'keep', version, existing };
  };

  const post = (row: SourceRow, references: readonly Reference[]): ChosenVersion => {
    const own = numbersOf(row.subject);
    const content = contentOf(row, references);
    const posted = own.byContent.get(content);
    if (posted !== undefined) return { action: 'share', version: posted };
    const version = own.next++;
    own.byContent.set(content, version);
    if (version !== row.row.version) reportGap(context, row, version, 'warning');
    return { action: 'add', version };
  };

  const importAs = (row: SourceRow, references: readonly Reference[], isFree: boolean): ChosenVersion => {
    const { version } = row.row;
    const own = numbersOf(row.subject);
    if (isFree && !own.taken.has(version) && (capabilities.forcedVersions || version === own.next)) {
      own.taken.add(version);
      own.next = Math.max(own.next, version + 1);
      return { action: 'add', version };
    }
    if (isFree && !own.taken.has(version)) {
      const given = freeNumber(own);
      reportGap(context, row, given, isExact(row) ? 'error' : 'warning');
      return { action: 'add', version: given };
    }
    if (capabilities.forcedVersions) own.next = Math.max(own.next, (sourceNumbers.get(row.subject) ?? 0) + 1);
    if (isExact(row)) {
      reportTaken(context, row, undefined);
      return { action: 'taken', version };
    }
    const content = contentOf(row, references);
    const shared = own.byContent.get(content);
    const moved = shared ?? freeNumber(own);
    own.byContent.set(content, moved);
    reportTaken(context, row, moved);
    return { action: shared === undefined ? 'add' : 'share', version: moved };
  };

  const choose = (row: SourceRow, references: readonly Reference[]): ChosenVersion => {
    const existing = index.subjects.get(row.subject)?.get(row.row.version);
    const there = existing === undefined || removed.has(existing) ? undefined : existing;
    if (there !== undefined && contents.isSame(row, references, there)) {
      // Outside IMPORT a soft-deleted version does not come back: the schema gets the next number.
      if (capabilities.import || !there.row.deleted || row.row.deleted) return keep(row, there);
      return post(row, references);
    }
    const elsewhere = isExact(row) ? undefined : findElsewhere(row, references);
    if (elsewhere !== undefined) return keep(row, elsewhere);
    return capabilities.import ? importAs(row, references, there === undefined) : post(row, references);
  };
  const find = (row: SourceRow, references: readonly Reference[]): TargetRow | undefined => {
    const there = index.subjects.get(row.subject)?.get(row.row.version);
    if (there !== undefined && contents.isSame(row, references, there)) return there;
    return findElsewhere(row, references);
  };
  return { choose, find };
}

function reportGap({ report }: PlanContext, row: SourceRow, version: number, severity: Problem['severity']): void {
  report({
    ...aboutRow(row),
    severity,
    reason: 'VERSION_GAP',
    message: `${describeRow(row)} becomes version ${version} of ${row.subject}: this registry numbers versions itself`,
    hint: 'References to it are adapted.',
  });
}

function reportTaken({ report }: PlanContext, row: SourceRow, moved: number | undefined): void {
  const where = `version ${row.row.version} of ${row.subject} is another schema in the target`;
  const replace = 'Use the strategy overwrite to replace it';
  report({
    ...aboutRow(row),
    severity: moved === undefined ? 'error' : 'warning',
    reason: 'VERSION_TAKEN',
    message: moved === undefined ? where : `${where}: the tree's is registered as version ${moved}`,
    hint: moved === undefined ? `${replace}, or map the subject to another name.` : `${replace}.`,
  });
}

/** The number after all that the subject has. */
function freeNumber(own: Numbers): number {
  const version = own.next++;
  own.taken.add(version);
  return version;
}
