/** Reads by id and by guid. */
import { compareContexts, DEFAULT_CONTEXT, formatSubjectName } from '../model/subject-name.ts';
import { inConcurrentHashOrder } from '../schema/java-hash-order.ts';
import { type Refusal, schemaNotFound } from './decision.ts';
import { canonicalSubject, contextOf } from './names.ts';
import { findRow, type RegistryState, type Row } from './state.ts';

/**
 * The row an id is shown as: the hinted subject's when it has the id, else the first subject's in the hint's context.
 * An unqualified hint that the default context knows nothing of is tried in every other context (observed).
 */
export function findById(state: RegistryState, id: number, hint: string | undefined): Row | undefined {
  const subject = canonicalSubject(hint ?? '');
  const inContext = rowOfId(state, contextOf(subject), id, subject);
  if (contextOf(subject) !== DEFAULT_CONTEXT || subject === '' || inContext?.subject === subject) return inContext;
  for (const context of [...state.contexts].sort()) {
    const qualified = formatSubjectName({ context, subject });
    const row = rowOfId(state, context, id, qualified);
    if (row?.subject === qualified) return row;
  }
  return inContext;
}

/** The row that an id stands for in a context: the preferred subject's, else the first that Confluent comes to. */
export function rowOfId(state: RegistryState, context: string, id: number, preferred: string): Row | undefined {
  const subjects = state.ids.get(context)?.subjectsById.get(id);
  if (subjects === undefined) return undefined;
  const subject = subjects.has(preferred) ? preferred : subjects.first;
  const version = subject === undefined ? undefined : subjects.get(subject);
  return subject === undefined || version === undefined ? undefined : findRow(state, subject, version);
}

export interface SubjectVersion {
  readonly subject: string;
  readonly version: number;
}

/** `GET /schemas/ids/{id}/versions`: one version a subject; see ContextIds. */
export function listVersionsOfId(
  state: RegistryState,
  id: number,
  hint: string | undefined,
  includeDeleted: boolean,
): readonly SubjectVersion[] | Refusal {
  const shown = findById(state, id, hint);
  if (shown === undefined) return schemaNotFound();
  // Confluent goes from the id to its content and from there to the id the content was last stored under (observed).
  const ids = state.ids.get(contextOf(shown.subject));
  const subjects = ids?.subjectsById.get(ids.idByGuid.get(shown.guid) ?? id);
  if (subjects === undefined) return schemaNotFound();
  const versions: SubjectVersion[] = [];
  for (const subject of inConcurrentHashOrder([...subjects.keys()])) {
    const version = subjects.get(subject);
    if (version === undefined) continue;
    const row = findRow(state, subject, version);
    if (row !== undefined && (includeDeleted || !row.deleted)) versions.push({ subject, version });
  }
  return versions;
}

/** Highest id ever given in the context of the hint. */
export function maxIdOf(state: RegistryState, hint: string | undefined): number {
  return state.ids.get(contextOf(canonicalSubject(hint ?? '')))?.lastId ?? 0;
}

/** The guid in its usual form; undefined for what is no guid. Dashes may be missing, case does not matter (observed). */
export function readGuid(text: string): string | undefined {
  const hex = text.replaceAll('-', '').toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(hex)) return undefined;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export interface ContextId {
  readonly context: string;
  readonly id: number;
  /** The row it is shown as; absent when only the memory of a hard-deleted schema is left. */
  readonly row?: Row;
}

/** Where a guid is, or was, stored: the default context first. */
export function findByGuid(state: RegistryState, guid: string): readonly ContextId[] {
  const found: ContextId[] = [];
  for (const context of [...state.ids.keys()].sort(compareContexts)) {
    const id = state.ids.get(context)?.idByGuid.get(guid);
    if (id === undefined) continue;
    const row = rowOfId(state, context, id, '');
    found.push({ context, id, ...(row === undefined ? {} : { row }) });
  }
  return found;
}
