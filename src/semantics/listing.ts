/**
 * Listings. Their order is that of the names as shown, in code units. The rows of a bulk listing are put together once
 * and kept until the next write, so that paging through it neither sorts nor filters again.
 */

import { parseSubjectName } from '../model/subject-name.ts';
import { type Refusal, subjectNotFound } from './decision.ts';
import { canonicalSubject } from './names.ts';
import { hasSubject, type RegistryState, type Row, type SubjectEntry } from './state.ts';

/** Which soft-deleted things a listing shows. */
export type DeletedFilter = 'live' | 'all' | 'deleted';

/** Every context, as a prefix. */
export const ANY_CONTEXT = ':*:';

/** Whether a subject is under a prefix: `:*:x` in every context, `:.ctx:x` in one, `x` in the default one. */
export function prefixFilter(prefix: string): (subject: string) => boolean {
  if (prefix === ANY_CONTEXT) return () => true;
  const anywhere = prefix.startsWith(ANY_CONTEXT);
  const { context, subject } = anywhere
    ? { context: '', subject: prefix.slice(ANY_CONTEXT.length) }
    : parseSubjectName(prefix);
  return (name) => {
    const parsed = parseSubjectName(name);
    return (anywhere || parsed.context === context) && parsed.subject.startsWith(subject);
  };
}

function* entriesUnder(state: RegistryState, prefix: string): Generator<SubjectEntry> {
  const matches = prefixFilter(prefix);
  for (const subject of state.sortedSubjects) {
    const entry = matches(subject) ? state.subjects.get(subject) : undefined;
    if (entry !== undefined) yield entry;
  }
}

/** `GET /subjects`. With `deleted`: subjects without a live version. */
export function listSubjects(state: RegistryState, prefix: string, filter: DeletedFilter): readonly string[] {
  const names: string[] = [];
  for (const entry of entriesUnder(state, prefix)) {
    const live = entry.rows.some((row) => !row.deleted);
    if (filter === 'all' || live === (filter === 'live')) names.push(entry.subject);
  }
  return names;
}

/**
 * `GET /subjects/{s}/versions`, ascending.
 *
 * @param deletedAsNegative all versions, soft-deleted ones as their negative; wins over the filter (observed).
 */
export function listVersions(
  state: RegistryState,
  name: string,
  filter: DeletedFilter,
  deletedAsNegative: boolean,
): readonly number[] | Refusal {
  const subject = canonicalSubject(name);
  if (!hasSubject(state, subject, filter !== 'live')) return subjectNotFound(name);
  const rows = state.subjects.get(subject)?.rows ?? [];
  if (deletedAsNegative) return rows.map((row) => (row.deleted ? -row.version : row.version));
  return rows.filter((row) => filter === 'all' || row.deleted === (filter === 'deleted')).map((row) => row.version);
}

export interface RowQuery {
  readonly prefix: string;
  readonly includeDeleted: boolean;
  /** Only the highest version of each subject, after leaving out deleted ones. */
  readonly latestOnly: boolean;
}

/** Enough for the few listings that are paged through at a time. */
const KEPT_LISTINGS = 4;

/** `GET /schemas`: rows by subject, then version. The same array until the next write. */
export function listRows(state: RegistryState, query: RowQuery): readonly Row[] {
  const key = `${query.includeDeleted ? 'd' : '-'}${query.latestOnly ? 'l' : '-'}${query.prefix}`;
  const kept = state.listings.get(key);
  if (kept !== undefined) return kept;
  const rows: Row[] = [];
  for (const entry of entriesUnder(state, query.prefix)) {
    const shown = query.includeDeleted ? entry.rows : entry.rows.filter((row) => !row.deleted);
    if (!query.latestOnly) for (const row of shown) rows.push(row);
    else if (shown.length > 0) rows.push(...shown.slice(-1));
  }
  const [oldest] = state.listings.keys();
  if (state.listings.size >= KEPT_LISTINGS && oldest !== undefined) state.listings.delete(oldest);
  state.listings.set(key, rows);
  return rows;
}
