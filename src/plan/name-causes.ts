/** The likely causes of what a plan will change, subject by subject: why the registry is not what the tree says. */
import type { SchemaVersion } from '../model/schema-version.ts';
import { formatSubjectName, parseSubjectName } from '../model/subject-name.ts';
import { type DriftCause, type DriftExplainer, explainDrift } from './drift-cause.ts';
import type { SubjectPlan } from './plan.ts';
import type { PlanContext } from './plan-context.ts';

/**
 * The subjects with their causes. None are named for a registry that has no schema yet, or that a tree stands for, nor for
 * what comes from another registry or goes to other names: that is no drift.
 */
export function nameCauses(context: PlanContext, subjects: readonly SubjectPlan[]): readonly SubjectPlan[] {
  const { source, target, index, options, port } = context;
  const isElsewhere = options.subjectMapping.length > 0 || options.toContext !== undefined;
  if (source.identity.kind !== 'tree' || target.standIn === true || isElsewhere) return subjects;
  if (index.subjects.size === 0) return subjects;
  const changed = new Set(subjects.filter(isChanged).map(({ subject }) => subject));
  if (changed.size === 0) return subjects;
  const sides = { tree: source.snapshot, registry: target.snapshot, retiredIds: source.retiredIds };
  const naming: Naming = {
    explain: withOwnIds(context, explainDrift(sides, port)),
    rows: rowsOf(context, changed),
    pending: new Set(source.pending.map((one) => formatSubjectName({ context: one.context, subject: one.subject }))),
  };
  return subjects.map((subject) => {
    if (!changed.has(subject.subject)) return subject;
    const causes = causesOf(context, subject, naming);
    return causes.length === 0 ? subject : { ...subject, causes };
  });
}

interface Naming {
  readonly explain: DriftExplainer;
  /** Rows of the source by subject and version. */
  readonly rows: ReadonlyMap<string, Rows>;
  /** Subjects that versions were added to by hand. */
  readonly pending: ReadonlySet<string>;
}

function isChanged({ outcome }: SubjectPlan): boolean {
  return outcome !== 'same' && outcome !== 'skip';
}

function causesOf({ index }: PlanContext, plan: SubjectPlan, naming: Naming): readonly DriftCause[] {
  const { subject, outcome, changesConfig, changesMode } = plan;
  const ours: Rows = naming.rows.get(subject) ?? new Map();
  const theirs: Rows = new Map([...(index.subjects.get(subject) ?? [])].map(([version, { row }]) => [version, row]));
  const causes = [...causesOfAdds(plan, ours, theirs, naming), ...causesOfDeletes(plan, ours, theirs, naming)];
  // The settings of a subject that is made come with it.
  if (changesConfig && outcome !== 'create') causes.push('config-changed');
  if (changesMode && outcome !== 'create') causes.push('mode-changed');
  return [...new Set(causes)];
}

type Rows = ReadonlyMap<number, SchemaVersion>;

function* causesOfAdds(
  { subject, adds }: SubjectPlan,
  ours: Rows,
  theirs: Rows,
  { explain, pending }: Naming,
): Generator<DriftCause> {
  if (adds.length === 0) return;
  if (pending.has(subject)) yield 'added-to-tree';
  const known = new Set([...theirs.values()].map(({ guid }) => guid));
  for (const row of ours.values()) {
    const there = theirs.get(row.version);
    if (there === undefined) {
      if (!known.has(row.guid)) yield explain.missing(subject, row);
    } else if (there.guid !== row.guid) yield explain.text(row, there);
    else if (there.deleted && !row.deleted) yield 'soft-deleted';
  }
}

function* causesOfDeletes(
  { subject, deletes }: SubjectPlan,
  ours: Rows,
  theirs: Rows,
  { explain }: Naming,
): Generator<DriftCause> {
  for (const version of deletes) {
    const [row, there] = [ours.get(version), theirs.get(version)];
    if (there === undefined) continue;
    if (row === undefined) yield explain.extra(subject, there);
    else if (row.guid !== there.guid) yield explain.text(row, there);
    else if (row.deleted && !there.deleted) yield 'undeleted';
  }
}

function rowsOf({ rows }: PlanContext, subjects: ReadonlySet<string>): Naming['rows'] {
  const found = new Map<string, Map<number, SchemaVersion>>();
  for (const { subject, row } of rows.rows) {
    if (!subjects.has(subject)) continue;
    const known = found.get(subject) ?? new Map<number, SchemaVersion>();
    found.set(subject, known.set(row.version, row));
  }
  return found;
}

/** A registry that shares no id with the tree has a numbering of its own: nothing in it was used again. */
function withOwnIds({ source, target }: PlanContext, explain: DriftExplainer): DriftExplainer {
  const ours = new Set<string>();
  const key = (context: string, { id, guid }: SchemaVersion): string => `${context} ${id} ${guid}`;
  for (const { name, subjects } of source.snapshot.contexts) {
    for (const { versions } of subjects) for (const row of versions) ours.add(key(name, row));
  }
  const shared = new Set<string>();
  for (const { name, subjects } of target.snapshot.contexts) {
    if (subjects.some(({ versions }) => versions.some((row) => ours.has(key(name, row))))) shared.add(name);
  }
  const told = (subject: string, cause: DriftCause, otherwise: DriftCause): DriftCause =>
    cause === 'id-reused' && !shared.has(parseSubjectName(subject).context) ? otherwise : cause;
  return {
    ...explain,
    extra: (subject, row) => told(subject, explain.extra(subject, row), 'registered'),
    missing: (subject, row) => told(subject, explain.missing(subject, row), 'deleted'),
  };
}
