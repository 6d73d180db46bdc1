/** What the catalogue's pages read: an index that every page needs, and pieces that are fetched when asked for. */
import type { RegistryIdentity } from '../model/registry-snapshot.ts';
import type { ConfigRecord, Metadata, RuleSet, SchemaType } from '../model/schema-version.ts';

export const SITE_FORMAT = 1;

/** Where a setting in force comes from. */
export type SettingOrigin = 'subject' | 'context' | 'global' | 'default';

/** A commit that touched the tree. No e-mail addresses: pages are often public. */
export interface SiteCommit {
  /** Full hash. */
  readonly hash: string;
  readonly author: string;
  /** Epoch seconds, the author's. */
  readonly time: number;
  /** First line of the message. */
  readonly title: string;
}

/** What a commit did to the tree. */
export interface SiteChange {
  readonly commit: SiteCommit;
  /** Subjects by number that it touched, at most `CHANGE_SUBJECTS` of them. */
  readonly subjects: readonly number[];
  readonly subjectCount: number;
  /** Versions that it added. */
  readonly added: number;
  readonly removed: number;
}

export const CHANGE_SUBJECTS = 12;

export interface SiteFinding {
  readonly severity: 'error' | 'warning' | 'notice';
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly file?: string;
}

export interface SiteContext {
  readonly name: string;
  readonly config?: ConfigRecord;
  readonly mode?: string;
  /** Highest id ever seen in it. */
  readonly maxId?: number;
  readonly retiredCount: number;
  /** The first of them. */
  readonly retired: readonly number[];
}

/** Subjects as columns, all of one length: they compress far better so. */
export interface SubjectColumns {
  /** Within the context. */
  readonly name: readonly string[];
  /** Index into `contexts`. */
  readonly context: readonly number[];
  /** Index into `SCHEMA_TYPES`, of the latest version; -1 where there is none. */
  readonly type: readonly number[];
  readonly versions: readonly number[];
  /** How many of them are soft-deleted. */
  readonly deleted: readonly number[];
  /** The latest version that is not soft-deleted, else the latest; 0 where there is none. */
  readonly latest: readonly number[];
  readonly id: readonly number[];
  /** Index into `levels`. */
  readonly level: readonly number[];
  /** Epoch seconds of the latest change that is known; 0 where none is. */
  readonly changed: readonly number[];
}

export interface SiteIdMap {
  readonly name: string;
  readonly kind: string;
  readonly entries: number;
}

export interface SiteIndex {
  readonly format: typeof SITE_FORMAT;
  readonly title: string;
  readonly registry: RegistryIdentity;
  readonly counts: {
    readonly contexts: number;
    readonly subjects: number;
    readonly versions: number;
    readonly deleted: number;
    readonly references: number;
    readonly findings: number;
  };
  readonly contexts: readonly SiteContext[];
  /** Names that `subjects.level` points to. */
  readonly levels: readonly string[];
  readonly subjects: SubjectColumns;
  /** Number of the first subject of each piece `subjects-<n>`. */
  readonly pieces: readonly number[];
  /** First term of each piece `terms-<n>`, in code unit order. */
  readonly termPieces: readonly string[];
  /** Errors first; the first `MAX_FINDINGS` of them. */
  readonly findings: readonly SiteFinding[];
  readonly idMaps: readonly SiteIdMap[];
  readonly changes: readonly SiteChange[];
  /** Absent where the tree is in no repository. */
  readonly history?: {
    /** Full hash of the commit shown; absent for the work tree. */
    readonly commit?: string;
    /** The repository was cloned without its past. */
    readonly shallow: boolean;
    readonly commits: number;
  };
}

export const MAX_FINDINGS = 500;
export const MAX_RETIRED = 1000;

export interface SiteReference {
  readonly name: string;
  /** Qualified. */
  readonly subject: string;
  readonly version: number;
  /** Number of the subject; absent where the tree does not have it. */
  readonly at?: number;
}

export interface SiteVersion {
  readonly version: number;
  readonly id: number;
  readonly guid: string;
  readonly type: SchemaType;
  readonly text: string;
  readonly references: readonly SiteReference[];
  /** Subject number and version of each that refers to this one. */
  readonly referencedBy: readonly (readonly [number, number])[];
  /** Others of the same context that have the same id. */
  readonly sameId: readonly (readonly [number, number])[];
  readonly metadata?: Metadata;
  readonly ruleSet?: RuleSet;
  readonly deleted: boolean;
  /** Epoch milliseconds, as the registry tells. */
  readonly registeredAt?: number;
  /** The commit that brought its file into the tree. */
  readonly commit?: SiteCommit;
}

/** A version that was added to the tree by hand and has no id yet. */
export interface SitePending {
  readonly version: number;
  readonly type: SchemaType;
  readonly text: string;
  readonly file: string;
}

export interface SiteSubject {
  readonly name: string;
  readonly context: string;
  readonly config?: ConfigRecord;
  readonly mode?: string;
  readonly level: { readonly value: string; readonly from: SettingOrigin };
  readonly modeInForce: { readonly value: string; readonly from: SettingOrigin };
  /** Ascending. */
  readonly versions: readonly SiteVersion[];
  readonly pending: readonly SitePending[];
}

/** The piece `graph`: which subject refers to which, by number. */
export interface SiteGraph {
  readonly edges: readonly (readonly [from: number, to: number])[];
}

/**
 * What stands under a term of the piece `terms-<n>`. A term begins with its kind: `w` a word of field names and docs,
 * `i` an id, `g` a guid.
 */
export type TermEntry = readonly [term: string, payload: WordPayload | IdPayload | GuidPayload];

export interface WordPayload {
  /** Subject numbers, ascending, each as its difference to the one before. */
  readonly s: readonly number[];
  /** Where in each the word stands: a field's path. Left out of words that many subjects have. */
  readonly f?: readonly string[];
}

export interface IdPayload {
  /** Subject number and version. */
  readonly rows: readonly (readonly [number, number])[];
  /** Contexts by number in which the id is retired. */
  readonly retired?: readonly number[];
  /** Context by number, id map by number, id there, and the context there when it is another. */
  readonly maps?: readonly (readonly [context: number, map: number, to: number, toContext?: string])[];
}

export interface GuidPayload {
  readonly rows: readonly (readonly [number, number])[];
}
