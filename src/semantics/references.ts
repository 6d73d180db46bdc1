/** References between schemas: resolving them, and what they forbid to delete. */
import type { Reference } from '../model/schema-version.ts';
import { compareContexts } from '../model/subject-name.ts';
import type { ResolvedReference } from '../schema/language.ts';
import { contextOf, referencedSubject } from './names.ts';
import { findLatest, findRow, LATEST, type RegistryState, type Row } from './state.ts';

/** A reference as a request sends it: every member may be missing. */
export interface RequestedReference {
  readonly name?: string;
  readonly subject?: string;
  readonly version?: number;
}

export interface ResolvedReferences {
  /** As they are stored: -1 replaced by the version it meant. */
  readonly references: readonly Reference[];
  readonly resolved: readonly ResolvedReference[];
}

/**
 * Finds what a schema's references mean.
 *
 * @param includeDeleted whether soft-deleted versions count: for look-ups and imports they do (observed).
 * @returns the server's words on the first reference that leads nowhere.
 */
export function resolveReferences(
  state: RegistryState,
  referrer: string,
  requested: readonly RequestedReference[],
  includeDeleted: boolean,
): ResolvedReferences | { readonly missing: string } {
  const references: Reference[] = [];
  const resolved: ResolvedReference[] = [];
  for (const reference of requested) {
    const { name, subject, version } = reference;
    if (name === undefined || subject === undefined || version === undefined) {
      return { missing: `Invalid reference: ${describeReference(reference)}` };
    }
    if (version < 1 && version !== LATEST) {
      return { missing: `io.confluent.kafka.schemaregistry.exceptions.InvalidVersionException: ${version}` };
    }
    const target = referencedSubject(referrer, subject);
    const row = version === LATEST ? findLatest(state, target) : findRow(state, target, version);
    if (row === undefined || (row.deleted && !includeDeleted)) {
      return { missing: `No schema reference found for subject "${target}" and version ${version}` };
    }
    references.push({ name, subject, version: row.version });
    resolved.push({
      name,
      schemaType: row.schemaType,
      schema: row.schema,
      references: resolveStored(state, row),
    });
  }
  return { references, resolved };
}

/**
 * What stored references lead to; one that leads nowhere, or back to a row on the way, is left out. A row that is reached
 * twice is resolved once and shared: schemas that each refer to the two before them would otherwise double at each step.
 *
 * @param referrer a row, or a candidate under the subject it is meant for.
 */
export function resolveStored(
  state: RegistryState,
  referrer: Pick<Row, 'subject' | 'references'>,
): readonly ResolvedReference[] {
  const root: ResolvedReference[] = [];
  const lists = new Map<object, ResolvedReference[]>();
  // An own stack: chains may be long.
  const path = [{ row: referrer, list: root, next: 0 }];
  const onPath = new Set<object>([referrer]);
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const reference = top.row.references[top.next++];
    if (reference === undefined) {
      onPath.delete(top.row);
      path.pop();
      continue;
    }
    const target = findRow(state, referencedSubject(top.row.subject, reference.subject), reference.version);
    if (target === undefined || onPath.has(target)) continue;
    const known = lists.get(target);
    const list = known ?? [];
    top.list.push({ name: reference.name, schemaType: target.schemaType, schema: target.schema, references: list });
    if (known !== undefined) continue;
    lists.set(target, list);
    onPath.add(target);
    path.push({ row: target, list, next: 0 });
  }
  return root;
}

export function describeReference({ name, subject, version }: RequestedReference): string {
  return `{name='${name ?? 'null'}', subject='${subject ?? 'null'}', version=${version ?? 'null'}}`;
}

export function referrersOf(state: RegistryState, subject: string, version: number): Iterable<Row> {
  return state.referrers.get(subject)?.get(version) ?? [];
}

/** `GET …/referencedby`: ids of the schemas that refer to a version, context by context, ascending within one. */
export function listReferrerIds(
  state: RegistryState,
  subject: string,
  version: number,
  includeDeleted: boolean,
): readonly number[] {
  const byContext = new Map<string, Set<number>>();
  for (const row of referrersOf(state, subject, version)) {
    if (row.deleted && !includeDeleted) continue;
    const context = contextOf(row.subject);
    byContext.set(context, (byContext.get(context) ?? new Set()).add(row.id));
  }
  return [...byContext].sort(([a], [b]) => compareContexts(a, b)).flatMap(([, ids]) => [...ids].sort((a, b) => a - b));
}
