/**
 * The complete state of a registry at one moment, as plain data: what an export writes, a tree holds, a plan compares
 * and the embedded registry starts from.
 */
import type { ConfigRecord, SchemaVersion } from './schema-version.ts';
import { compareCodeUnits, compareContexts, DEFAULT_CONTEXT } from './subject-name.ts';

export const REGISTRY_KINDS = [
  'confluent',
  'confluent-cloud',
  'redpanda',
  'karapace',
  'apicurio',
  'srgit',
  'unknown',
] as const;
export type RegistryKind = (typeof REGISTRY_KINDS)[number];

/** What the registry is; nothing of the connection. */
export interface RegistryIdentity {
  /** Its name in srgit.yaml, when it has one. */
  readonly name?: string;
  readonly kind: RegistryKind;
  /** As the server tells it, e.g. `8.3.1`. */
  readonly version?: string;
}

/** Settings of one level: both absent when the level inherits everything. */
export interface LevelSettings {
  readonly config?: ConfigRecord;
  readonly mode?: string;
}

export interface SubjectState extends LevelSettings {
  /** Name within its context (unqualified). */
  readonly name: string;
  /** Ascending by version; may be empty when only settings exist. */
  readonly versions: readonly SchemaVersion[];
}

export interface ContextState extends LevelSettings {
  /** `.` or `.name`. Settings of the default context are the registry's global ones (`GET /config`). */
  readonly name: string;
  /** Ascending by name in code unit order. */
  readonly subjects: readonly SubjectState[];
}

export interface RegistrySnapshot {
  readonly registry: RegistryIdentity;
  /** Default context first, always there; the others by name. */
  readonly contexts: readonly ContextState[];
  /** Settings of `:.__GLOBAL:`, above every context. */
  readonly global: LevelSettings;
  /** What could not be read (for example no permission for /config): an export that has some is partial. */
  readonly gaps: readonly SnapshotGap[];
}

export interface SnapshotGap {
  readonly what: 'config' | 'mode' | 'deleted' | 'versions';
  /** Qualified subject, context subject (`:.ctx:`), or absent when it holds for the whole registry. */
  readonly where?: string;
  readonly why: string;
}

export interface SnapshotCounts {
  readonly contexts: number;
  readonly subjects: number;
  readonly versions: number;
  readonly deleted: number;
}

export function countSnapshot(snapshot: RegistrySnapshot): SnapshotCounts {
  let subjects = 0;
  let versions = 0;
  let deleted = 0;
  for (const context of snapshot.contexts) {
    subjects += context.subjects.length;
    for (const subject of context.subjects) {
      versions += subject.versions.length;
      for (const row of subject.versions) if (row.deleted) deleted++;
    }
  }
  return { contexts: snapshot.contexts.length, subjects, versions, deleted };
}

/** The same snapshot with contexts, subjects and versions in their defined order, and the default context present. */
export function sortSnapshot(snapshot: RegistrySnapshot): RegistrySnapshot {
  const contexts = snapshot.contexts.some((context) => context.name === DEFAULT_CONTEXT)
    ? [...snapshot.contexts]
    : [{ name: DEFAULT_CONTEXT, subjects: [] }, ...snapshot.contexts];
  return {
    ...snapshot,
    contexts: contexts
      .sort((a, b) => compareContexts(a.name, b.name))
      .map((context) => ({
        ...context,
        subjects: [...context.subjects]
          .sort((a, b) => compareCodeUnits(a.name, b.name))
          .map((subject) => ({ ...subject, versions: [...subject.versions].sort((a, b) => a.version - b.version) })),
      })),
  };
}
