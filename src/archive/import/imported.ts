/** What a backup of another tool, or a folder of schemas, says: rows and settings as plain data, and what is wrong with it. */
import type { LevelSettings, RegistryIdentity, SnapshotGap } from '../../model/registry-snapshot.ts';
import type { Metadata, Reference, RuleSet, SchemaType } from '../../model/schema-version.ts';

export interface ImportedVersion {
  /** `.` or `.name`. */
  readonly context: string;
  /** Within the context. */
  readonly subject: string;
  /** Absent: the next one of the subject. */
  readonly version?: number;
  /** Absent: no registry has given it one, as far as the source tells. A row with an id has a version. */
  readonly id?: number;
  readonly schemaType: SchemaType;
  readonly schema: string;
  /** Absent: to be found by name. */
  readonly references?: readonly Reference[];
  readonly metadata?: Metadata;
  readonly ruleSet?: RuleSet;
  readonly deleted?: boolean;
  /** Epoch milliseconds. */
  readonly registeredAt?: number;
  /** Where the source says it: of metadata that it does not have whole. */
  readonly guid?: string;
  /** Where it stands in the source, for people: a file, a line, a name. */
  readonly place: string;
}

/** Something of the source that is damaged, or that a tree has no place for. */
export interface SourceNote {
  readonly place: string;
  readonly why: string;
}

export interface ImportedSource {
  readonly registry: RegistryIdentity;
  readonly versions: readonly ImportedVersion[];
  /** By qualified subject, `:.ctx:`, `:.__GLOBAL:`, or `''` for the registry's own level. */
  readonly settings: ReadonlyMap<string, LevelSettings>;
  /** Contexts that are known without having a schema. */
  readonly contexts?: readonly string[];
  /** What whoever made the source could not read of the registry. */
  readonly gaps?: readonly SnapshotGap[];
  /** Highest id ever given, and ids that are given no more, by context; where the source remembers. */
  readonly maxIds?: ReadonlyMap<string, number>;
  readonly retiredIds?: ReadonlyMap<string, readonly number[]>;
  /** This one has no times of registration, though its kind may have. */
  readonly lacksTimes?: boolean;
  /** Damage: with any of it nothing is imported unless that is asked for. */
  readonly faults: readonly SourceNote[];
  /** What is not taken, and why. */
  readonly leftOut: readonly SourceNote[];
  /** What a person should know of what is taken. */
  readonly warnings: readonly string[];
}
