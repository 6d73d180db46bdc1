/** The source's versions under the names that they are to have in the target. */
import type { Metadata, RuleSet, SchemaVersion } from '../model/schema-version.ts';
import { formatSubjectName, parseSubjectName } from '../model/subject-name.ts';
import { isValidSubject } from '../semantics/names.ts';
import { levelOfContext, type NameMapping } from './map-names.ts';
import type { PlanOptions, Problem } from './plan.ts';
import type { PlanSourceState, PlanTargetState } from './plan-input.ts';
import { rowKey } from './target-index.ts';

export interface SourceRow {
  readonly from: { readonly subject: string; readonly context: string; readonly version: number; readonly id: number };
  /** `rowKey` of `from`. Made once: a key that is asked for again and again is hashed once. */
  readonly fromKey: string;
  /** Qualified, in the target. */
  readonly subject: string;
  readonly context: string;
  /** `rowKey` of the subject in the target and the source's version. */
  readonly key: string;
  /** As the source has it; not copied: its text may be read only when it is asked for. */
  readonly row: SchemaVersion;
  /** What of it the target keeps. */
  readonly metadata: Metadata | undefined;
  readonly ruleSet: RuleSet | undefined;
  /** Values of its metadata were not exported, so that it cannot be registered as it was. */
  readonly redacted: boolean;
  readonly file: string | undefined;
}

export interface SourceRows {
  /** By context, subject and version of the target. */
  readonly rows: readonly SourceRow[];
  /** Source subjects to target subjects, those with settings only among them. */
  readonly subjects: ReadonlyMap<string, string>;
  /** Soft-deleted versions that were not asked for, by subject and version of the target. */
  readonly leftOut: ReadonlySet<string>;
  readonly problems: readonly Problem[];
}

/** What stands in a tree for a value that was not exported, unless the source says otherwise. */
export const REDACTED = '<sensitive>';

export function mapSourceRows(
  source: PlanSourceState,
  { capabilities }: PlanTargetState,
  options: PlanOptions,
  mapping: NameMapping,
): SourceRows {
  const problems: Problem[] = [];
  const subjects = new Map<string, string>();
  const origins = new Map<string, string>();
  const rows: SourceRow[] = [];
  const leftOut = new Set<string>();
  const needed = options.includeSoftDeleted ? undefined : neededRows(source);
  const claim = (name: string): string | undefined => {
    const known = subjects.get(name);
    if (known !== undefined) return known;
    const target = mapping.subject(name);
    const problem = checkName(name, target, capabilities.contexts) ?? checkCollision(name, target, origins.get(target));
    if (problem !== undefined) {
      problems.push(problem);
      return undefined;
    }
    origins.set(target, name);
    subjects.set(name, target);
    return target;
  };
  for (const context of source.snapshot.contexts) {
    for (const state of context.subjects) {
      const name = formatSubjectName({ context: context.name, subject: state.name });
      const subject = claim(name);
      if (subject === undefined) continue;
      const home = parseSubjectName(subject).context;
      for (const row of state.versions) {
        const fromKey = rowKey(name, row.version);
        const key = name === subject ? fromKey : rowKey(subject, row.version);
        if (row.deleted && needed?.has(fromKey) === false) {
          leftOut.add(key);
          continue;
        }
        rows.push({
          from: { subject: name, context: context.name, version: row.version, id: row.id },
          fromKey,
          subject,
          context: home,
          key,
          row,
          metadata: capabilities.metadata ? row.metadata : undefined,
          ruleSet: capabilities.ruleSets === 'kept' ? row.ruleSet : undefined,
          redacted: isRedacted(row.metadata, source.redacted ?? REDACTED),
          file: source.fileOf?.(name, row.version),
        });
      }
    }
  }
  for (const { context, subject } of source.pending) claim(formatSubjectName({ context, subject }));
  const dropsRules = rows.filter(({ row, ruleSet }) => row.ruleSet !== ruleSet);
  const dropsMetadata = rows.filter(({ row, metadata }) => row.metadata !== metadata);
  problems.push(...describeDropped('RULES_DROPPED', 'the rule set', dropsRules));
  problems.push(...describeDropped('METADATA_UNSUPPORTED', 'the metadata', dropsMetadata));
  rows.sort((a, b) => compareAddresses(a, b));
  return { rows, subjects, leftOut, problems };
}

/** Default context first, then by name; subjects in code unit order; versions ascending. */
function compareAddresses(a: SourceRow, b: SourceRow): number {
  if (a.subject !== b.subject) {
    if (a.context === b.context) return a.subject < b.subject ? -1 : 1;
    const [left, right] = [levelOfContext(a.context), levelOfContext(b.context)];
    return left < right ? -1 : 1;
  }
  return a.row.version - b.row.version;
}

/** Soft-deleted versions that live ones are built on: without them those could not be registered. */
function neededRows({ snapshot }: PlanSourceState): ReadonlySet<string> {
  const rows = new Map<string, { readonly context: string; readonly row: SchemaVersion }>();
  const queue: string[] = [];
  for (const context of snapshot.contexts) {
    for (const { name, versions } of context.subjects) {
      for (const row of versions) {
        const key = rowKey(formatSubjectName({ context: context.name, subject: name }), row.version);
        rows.set(key, { context: context.name, row });
        if (!row.deleted) queue.push(key);
      }
    }
  }
  const needed = new Set(queue);
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    const item = rows.get(key);
    for (const reference of item?.row.references ?? []) {
      const target = parseSubjectName(reference.subject, item?.context);
      const next = rowKey(formatSubjectName(target), reference.version);
      if (needed.has(next) || !rows.has(next)) continue;
      needed.add(next);
      queue.push(next);
    }
  }
  return needed;
}

export function isRedacted(metadata: Metadata | undefined, redacted: string): boolean {
  return (metadata?.sensitive ?? []).some(
    (name) =>
      metadata?.properties !== undefined &&
      Object.hasOwn(metadata.properties, name) &&
      metadata.properties[name] === redacted,
  );
}

function checkName(from: string, to: string, contexts: boolean): Problem | undefined {
  const base = { severity: 'error', subject: from } as const;
  if (!isValidSubject(to) || to === '') {
    return {
      ...base,
      reason: 'INVALID_SUBJECT',
      message: `${JSON.stringify(to)} cannot be a subject's name in a registry`,
      hint: 'Give it another one with subject_mapping, or leave it out.',
    };
  }
  if (contexts || parseSubjectName(to).context === '.') return undefined;
  return {
    ...base,
    reason: 'CONTEXTS_UNSUPPORTED',
    message: `${to} is in a context, and this registry has none`,
    hint: 'Map it to a subject of the default context with subject_mapping or --to-context, or leave it out.',
  };
}

function checkCollision(from: string, to: string, other: string | undefined): Problem | undefined {
  if (other === undefined) return undefined;
  return {
    severity: 'error',
    reason: 'SUBJECT_COLLISION',
    subject: from,
    message: `${other} and ${from} would both become ${to}`,
    hint: 'Change subject_mapping or --to-context so that each subject has a name of its own.',
  };
}

function describeDropped(
  reason: 'RULES_DROPPED' | 'METADATA_UNSUPPORTED',
  what: string,
  rows: readonly SourceRow[],
): readonly Problem[] {
  const counts = new Map<string, number>();
  for (const { from } of rows) counts.set(from.subject, (counts.get(from.subject) ?? 0) + 1);
  return [...counts].map(([subject, versions]) => ({
    severity: 'warning',
    reason,
    subject,
    message: `this registry drops ${what} of ${versions === 1 ? 'a version' : `${versions} versions`} of ${subject}`,
    hint: 'The schemas are registered without it, so their guids differ.',
  }));
}
