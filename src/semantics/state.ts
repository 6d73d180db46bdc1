/**
 * The state of a registry in memory, indexed for what its API asks. One owner mutates it, and only through
 * `applyRecord`; everything else reads.
 */
import type { ConfigRecord, SchemaVersion } from '../model/schema-version.ts';
import { compareCodeUnits, GLOBAL_CONTEXT, parseSubjectName } from '../model/subject-name.ts';
import { type AssociationIndex, createAssociationIndex } from './association-index.ts';
import { contextOf } from './names.ts';
import type { SubjectsOfId } from './subjects-of-id.ts';

/** A version with the subject it belongs to. Immutable: a change puts a new row in its place. */
export interface Row extends SchemaVersion {
  /** Qualified outside the default context. */
  readonly subject: string;
}

export interface SubjectEntry {
  readonly subject: string;
  readonly context: string;
  /** Ascending by version, soft-deleted ones too; never empty. */
  readonly rows: Row[];
}

/** The id space of a context. */
export interface ContextIds {
  /**
   * Id to subjects to version. One version a subject: of several versions of a subject that share an id Confluent
   * knows the one written last. An entry may outlive its row when an import replaced it (observed).
   */
  readonly subjectsById: Map<number, SubjectsOfId>;
  /** Guid to the id its content was last stored under. Outlives the rows. */
  readonly idByGuid: Map<string, number>;
  /** Highest id ever seen in the context, deleted ones too: the next is one more. */
  lastId: number;
}

export interface RegistryState {
  readonly subjects: Map<string, SubjectEntry>;
  /** Names of `subjects` in code unit order, the order of every listing. */
  readonly sortedSubjects: string[];
  readonly ids: Map<string, ContextIds>;
  /** Contexts that `GET /contexts` lists beside the default one: those with a CONTEXT record. */
  readonly contexts: Set<string>;
  /** By subject, by `:.ctx:`, or under '' for the global one. */
  readonly configs: Map<string, ConfigRecord>;
  readonly modes: Map<string, string>;
  /** Referenced subject to version to the rows that name it. */
  readonly referrers: Map<string, Map<number, Set<Row>>>;
  /** Listings kept until the next write of a row; see listing.ts. */
  readonly listings: Map<string, readonly Row[]>;
  readonly associations: AssociationIndex;
}

export function createState(): RegistryState {
  return {
    subjects: new Map(),
    sortedSubjects: [],
    ids: new Map(),
    contexts: new Set(),
    configs: new Map(),
    modes: new Map(),
    referrers: new Map(),
    listings: new Map(),
    associations: createAssociationIndex(),
  };
}

/** `latest` and `-1` of the API. */
export const LATEST = -1;

export function findRow(state: RegistryState, subject: string, version: number): Row | undefined {
  const rows = state.subjects.get(subject)?.rows;
  if (rows === undefined) return undefined;
  const at = rowIndex(rows, version);
  const row = rows[at];
  return row?.version === version ? row : undefined;
}

/** The highest version that is not soft-deleted. */
export function findLatest(state: RegistryState, subject: string): Row | undefined {
  return state.subjects.get(subject)?.rows.findLast((row) => !row.deleted);
}

/** Where the version is, or belongs, in rows ascending by version. */
export function rowIndex(rows: readonly Row[], version: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const row = rows[middle];
    if (row !== undefined && row.version < version) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where the name is, or belongs, among sorted names. */
export function nameIndex(names: readonly string[], name: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareCodeUnits(names[middle] ?? '', name) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether the subject itself has a version; soft-deleted ones count when asked for. */
export function hasVersions(state: RegistryState, subject: string, includeDeleted: boolean): boolean {
  const entry = state.subjects.get(subject);
  return entry !== undefined && isShown(entry, includeDeleted);
}

/**
 * Whether reads find the name: a subject with a version. The name of a context (`:.ctx:`) is found when one of its
 * subjects has one, `:.__GLOBAL:` when any has (observed).
 */
export function hasSubject(state: RegistryState, subject: string, includeDeleted: boolean): boolean {
  if (hasVersions(state, subject, includeDeleted)) return true;
  const { context, subject: name } = parseSubjectName(subject);
  if (name !== '') return false;
  const scope: Scope = context === GLOBAL_CONTEXT ? { kind: 'all' } : { kind: 'context', context };
  for (const entry of entriesInScope(state, scope)) if (isShown(entry, includeDeleted)) return true;
  return false;
}

function isShown({ rows }: SubjectEntry, includeDeleted: boolean): boolean {
  return includeDeleted || rows.some((row) => !row.deleted);
}

/** The entries a settings name covers: one subject, a whole context (`:.ctx:`), or all ('' and `:.__GLOBAL:`). */
export function* entriesInScope(state: RegistryState, scope: Scope): Generator<SubjectEntry> {
  if (scope.kind === 'subject') {
    const entry = state.subjects.get(scope.subject);
    if (entry !== undefined) yield entry;
    return;
  }
  for (const entry of state.subjects.values()) {
    if (scope.kind === 'all' || entry.context === scope.context) yield entry;
  }
}

export type Scope =
  | { readonly kind: 'all' }
  | { readonly kind: 'context'; readonly context: string }
  | { readonly kind: 'subject'; readonly subject: string };

export function contextIds(state: RegistryState, subject: string): ContextIds | undefined {
  return state.ids.get(contextOf(subject));
}
