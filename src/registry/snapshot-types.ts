/** What the parts of a snapshot reading share. */

import type { SrgitError } from '../errors.ts';
import type { RegistrySnapshot, SnapshotGap } from '../model/registry-snapshot.ts';
import type { SchemaType, SchemaVersion } from '../model/schema-version.ts';
import type { SubjectFilter } from '../model/selection.ts';
import { parseSubjectName, type SubjectName } from '../model/subject-name.ts';
import type { CollectedVersion } from './collected-version.ts';
import type { TextSpill } from './text-spill.ts';
import type { RegistryCapabilities, RegistryClient } from './types.ts';

/** A row the caller has already (the tree), so that it need not be fetched. */
export type KnownVersion = (
  context: string,
  subject: string,
  version: number,
) => SchemaVersion | undefined | Promise<SchemaVersion | undefined>;

export interface SnapshotProgress {
  readonly phase: 'subjects' | 'versions' | 'settings';
  readonly done: number;
  readonly total?: number;
}

export interface SnapshotOptions {
  /** Default: every subject. */
  readonly subjects?: SubjectFilter | undefined;
  /** Default true. */
  readonly includeDeleted?: boolean | undefined;
  /** `latest`: the highest live version of each subject. Default `all`. */
  readonly versions?: 'all' | 'latest' | undefined;
  /** Default: every type. */
  readonly schemaTypes?: readonly SchemaType[] | undefined;
  /** Completes selected versions by what they reference, whatever the other options say. Default true. */
  readonly includeReferences?: boolean | undefined;
  /**
   * Rows that are known: only used where versions are fetched one by one. A version is taken to be immutable but for
   * its deleted flag; a subject that was hard-deleted and registered anew under the same numbers needs `full`.
   */
  readonly known?: KnownVersion | undefined;
  /** False: rows only; config and modes, most of a reading's requests, are left out. Default true. */
  readonly settings?: boolean | undefined;
  /**
   * Qualified subjects whose settings are read though they may have no version: config and mode can be set before the
   * first one, and no list names such subjects. Not asked for in a registry without any subject.
   */
  readonly alsoLevels?: readonly string[] | undefined;
  /** Fetches every version, known or not. */
  readonly full?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: SnapshotProgress) => void) | undefined;
  /** The registry's name in srgit.yaml. */
  readonly registryName?: string | undefined;
}

export interface SnapshotStats {
  readonly source: 'bulk' | 'subjects';
  /** HTTP requests, retries included. */
  readonly requests: number;
  /** Pages of `GET /schemas`. */
  readonly pages: number;
  /** Versions fetched one by one. */
  readonly fetched: number;
  /** Versions taken from `known`. */
  readonly reused: number;
  /** Times the listings were held against what had been read; 1 when nothing moved. */
  readonly passes: number;
  /** Findings a person should see, one sentence each; none of them makes the snapshot partial. */
  readonly warnings: readonly string[];
}

export interface SnapshotResult {
  readonly snapshot: RegistrySnapshot;
  readonly stats: SnapshotStats;
}

/** A row as collected: its content may be the reason why it cannot be held. */
export interface CollectedRow {
  readonly content: CollectedVersion | SrgitError;
  readonly deleted: boolean;
}

/** Qualified subject → version → row. */
export type CollectedRows = Map<string, Map<number, CollectedRow>>;

/** One reading in progress. */
export interface SnapshotReading {
  readonly client: RegistryClient;
  readonly capabilities: RegistryCapabilities;
  readonly options: SnapshotOptions;
  readonly signal: AbortSignal | undefined;
  readonly texts: TextSpill;
  readonly rows: CollectedRows;
  readonly gaps: SnapshotGap[];
  readonly warnings: Set<string>;
  /** Qualified names of rows whose guid is not the computed one. */
  readonly guidDiffers: string[];
  /** Qualified subjects of which the registry lists versions that it does not show: each has its gap. */
  readonly unreadable: Set<string>;
  pages: number;
  fetched: number;
  reused: number;
}

/**
 * Calls begun at once while reading; the client's own limiter decides how many are really in flight. More than its
 * limit, so that a slot never waits for us.
 */
export const CALLS_AT_ONCE = 32;

/** On servers without contexts `:.a:b` is an odd name in the only namespace there is. */
export function splitSubject(reading: SnapshotReading, qualified: string, home?: string): SubjectName {
  if (!reading.capabilities.contexts) return { context: '.', subject: qualified };
  return parseSubjectName(qualified, home);
}

export function putRow(rows: CollectedRows, subject: string, version: number, row: CollectedRow): void {
  const versions = rows.get(subject);
  if (versions === undefined) rows.set(subject, new Map([[version, row]]));
  else versions.set(version, row);
}
