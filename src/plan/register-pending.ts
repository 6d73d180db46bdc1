/** Versions that were added to the tree by hand: posted as a producer would, after the history and its config. */
import type { Reference } from '../model/schema-version.ts';
import { formatSubjectName } from '../model/subject-name.ts';
import { sha256Of } from '../model/text-bytes.ts';
import { findLatest } from '../semantics/state.ts';
import type { Draft } from './draft.ts';
import { mapReferences } from './name-rows.ts';
import { cycleNodes, orderNodes } from './order-nodes.ts';
import type { Placements } from './place-rows.ts';
import type { Problem } from './plan.ts';
import { isPresent, type PlanContext } from './plan-context.ts';
import type { PendingSchema } from './plan-input.ts';
import { rowKey } from './target-index.ts';
import type { WriteWindows } from './write-windows.ts';

interface Pending {
  readonly schema: PendingSchema;
  /** Qualified, in the source. */
  readonly from: string;
  /** Qualified, in the target. */
  readonly subject: string;
}

export interface RegisteredPending {
  /** Target's versions by target's subject. */
  readonly added: ReadonlyMap<string, readonly number[]>;
  readonly kept: ReadonlyMap<string, readonly number[]>;
}

export function registerPending(
  context: PlanContext,
  draft: Draft,
  windows: WriteWindows,
  placements: Placements,
): RegisteredPending {
  const added = new Map<string, number[]>();
  const kept = new Map<string, number[]>();
  const placedAs = new Map<string, number>();
  const items = orderPending(context);
  const writable = items.filter(({ from, subject }) => {
    if (context.strategyOf(from) === 'skip' && isPresent(context, subject)) return false;
    return windows.takesVersions(subject);
  });
  const expected = writable.map(({ subject, schema }) => ({ subject, context: schema.context, way: 'post' as const }));
  windows.expect(expected);
  for (const item of writable) {
    const { schema, from, subject } = item;
    const done = registerOne(context, draft, windows, placements, placedAs, item);
    windows.wrote(subject);
    if (done === undefined) continue;
    placedAs.set(rowKey(from, schema.version), done.version);
    const list = done.isNew ? added : kept;
    list.set(subject, [...(list.get(subject) ?? []), done.version]);
    if (done.version !== schema.version) {
      context.report({
        ...about(item),
        severity: 'warning',
        reason: 'VERSION_GAP',
        message: `${schema.file} becomes version ${done.version} of ${subject}, not ${schema.version}`,
        hint: 'The registry numbers new versions itself; the next export names the file by its number.',
      });
    }
  }
  return { added, kept };
}

function registerOne(
  context: PlanContext,
  draft: Draft,
  windows: WriteWindows,
  placements: Placements,
  placedAs: ReadonlyMap<string, number>,
  item: Pending,
): { readonly version: number; readonly isNew: boolean } | undefined {
  const { schema, from, subject } = item;
  const references = referencesOf(context, draft, placements, placedAs, item);
  if (references === undefined) return undefined;
  const text = schema.schema;
  const step = {
    action: 'register' as const,
    subject,
    from: { subject: from, version: schema.version },
    schemaType: schema.schemaType,
    sha256: sha256Of(text),
    references,
    way: 'post' as const,
    version: schema.version,
    guid: '',
  };
  const known = draft.findRegistered(step, text);
  if (known !== undefined) return { version: known.version, isNew: false };
  windows.open(subject);
  const done = draft.register(step, text, about(item));
  return done && { version: done.version, isNew: true };
}

/** As listed, or those of the subject's latest version: undefined when one leads nowhere. */
function referencesOf(
  context: PlanContext,
  draft: Draft,
  placements: Placements,
  placedAs: ReadonlyMap<string, number>,
  item: Pending,
): readonly Reference[] | undefined {
  const { schema, from, subject } = item;
  if (schema.references === undefined) {
    const latest = findLatest(draft.state(), subject);
    return latest?.schemaType === schema.schemaType ? latest.references : [];
  }
  const found: Reference[] = [];
  for (const mapped of mapReferences(context, from, subject, schema.references)) {
    if (mapped.reference === undefined) return undefined;
    const key = rowKey(mapped.from, mapped.reference.version);
    const version = placedAs.get(key) ?? placements.bySource.get(key)?.version ?? mapped.reference.version;
    // What cannot be registered has its own problem; this one follows from it.
    if (placements.bySource.get(key)?.failed === true) return undefined;
    found.push({ ...mapped.reference, version });
  }
  return found;
}

function orderPending(context: PlanContext): readonly Pending[] {
  const { source, rows, report } = context;
  const items = source.pending
    .flatMap((schema): Pending[] => {
      const from = formatSubjectName({ context: schema.context, subject: schema.subject });
      const subject = rows.subjects.get(from);
      return subject === undefined ? [] : [{ schema, from, subject }];
    })
    .sort((a, b) => (a.subject === b.subject ? a.schema.version - b.schema.version : a.subject < b.subject ? -1 : 1));
  const numbers = new Map(items.map(({ from, schema }, at) => [rowKey(from, schema.version), at]));
  const needs = items.map(({ from, schema }, at) => [
    ...mapReferences(context, from, from, schema.references ?? []).flatMap(
      ({ from: target, reference }) => numbers.get(rowKey(target, reference?.version ?? 0)) ?? [],
    ),
    ...(items[at - 1]?.from === from ? [at - 1] : []),
  ]);
  const { order, stuck } = orderNodes(items.length, (at) => needs[at] ?? []);
  for (const at of cycleNodes(stuck, (node) => needs[node] ?? [])) {
    const item = items[at];
    if (item === undefined) continue;
    report({
      ...about(item),
      severity: 'error',
      reason: 'REFERENCE_CYCLE',
      message: `${item.schema.file} is part of a circle of references: no registry can take it`,
      hint: 'Correct the references in metadata.json: a schema cannot be built on itself.',
    });
  }
  return order.flatMap((at) => items[at] ?? []);
}

function about({ schema, from }: Pending): Pick<Problem, 'subject' | 'version' | 'file'> {
  return { subject: from, version: schema.version, file: schema.file };
}
