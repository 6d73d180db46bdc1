/** What a plan is made from: the state asked for, the state found, and what the registry found can do. */
import type { RegistryIdentity, RegistrySnapshot } from '../model/registry-snapshot.ts';
import type { Reference, SchemaType } from '../model/schema-version.ts';
import type { SchemaPort } from '../schema/schema-port.ts';
import type { PlanSource } from './plan.ts';

/** A version that somebody added to the tree by hand: it has no id until a registry takes it. */
export interface PendingSchema {
  readonly context: string;
  /** Within its context. */
  readonly subject: string;
  readonly version: number;
  readonly schemaType: SchemaType;
  readonly schema: string;
  /** Undefined: those of the subject's latest version. */
  readonly references?: readonly Reference[];
  readonly file: string;
}

/** Something that reading the source found. Errors keep the plan from being carried out. */
export interface SourceFinding {
  readonly severity: 'error' | 'warning' | 'notice';
  /** The tree's own code, as SRGIT_TREE_EDITED_VERSION. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly file?: string;
}

export interface PlanSourceState {
  readonly identity: Omit<PlanSource, 'fingerprint'>;
  readonly snapshot: RegistrySnapshot;
  readonly pending: readonly PendingSchema[];
  readonly findings: readonly SourceFinding[];
  /** Ids that once existed and no longer do, by context. */
  readonly retiredIds: ReadonlyMap<string, readonly number[]>;
  /** Every guid of the snapshot is that of its row: whoever read it has computed them. */
  readonly guidsComputed?: boolean;
  /** File that holds a version, for messages. */
  readonly fileOf?: (subject: string, version: number) => string | undefined;
  /** What stands for the value of a sensitive metadata property that was not exported. */
  readonly redacted?: string;
}

/** What a plan must know of the registry it is for. */
export interface TargetCapabilities {
  /** Versions can be sent with an id of their own. */
  readonly import: boolean;
  /** That takes IMPORT mode. False: ids are taken at any time (Redpanda before 25.3). Nothing without `import`. */
  readonly importNeedsMode: boolean;
  /** Imports can choose the version number. False: the registry numbers them one after the other. */
  readonly forcedVersions: boolean;
  readonly contexts: boolean;
  /** PUT /mode works for a subject. */
  readonly modes: boolean;
  readonly metadata: boolean;
  readonly ruleSets: 'kept' | 'dropped';
  /** Fields that PUT /config keeps, `compatibility` among them; undefined: all of them. */
  readonly configFields?: readonly string[];
  /** The level that GET /config shows where a record sets none; BACKWARD unless the server was told otherwise. */
  readonly defaultLevel?: string;
  /** Whether a candidate can be asked for: `POST /compatibility/…`. */
  readonly compatibilityTest: boolean;
}

export interface PlanTargetState {
  readonly identity: RegistryIdentity;
  readonly snapshot: RegistrySnapshot;
  readonly capabilities: TargetCapabilities;
  /** Highest id ever given by context, where the registry tells; at least that of the rows is assumed. */
  readonly maxIds?: ReadonlyMap<string, number>;
  /** Ids that the registry once gave and must not give again, by context, where they are known. */
  readonly retiredIds?: ReadonlyMap<string, readonly number[]>;
  /** Schemas that the registry itself takes for one of its own, whatever the texts say: see `takenKey`. */
  readonly takenFor?: TakenFor;
  /** A tree stands for it: what is different there did not drift. */
  readonly standIn?: boolean;
  /** Which subjects `prune` may delete; undefined: all. */
  readonly isPrunable?: (subject: string) => boolean;
}

/** `takenKey` of a schema to the version of its subject that the registry takes it for. */
export type TakenFor = ReadonlyMap<string, number>;

/** What a registration sends, as far as it says which schema it is. `sha256` is that of the text. */
export function takenKey(sent: {
  readonly subject: string;
  readonly schemaType: SchemaType;
  readonly sha256: string;
  readonly references: readonly Reference[];
}): string {
  const references = sent.references.map(({ name, subject, version }) => [name, subject, version]);
  return JSON.stringify([sent.subject, sent.schemaType, sent.sha256, references]);
}

/** What the plan is simulated with. */
export interface PlanTools {
  readonly port: SchemaPort;
}

/** Kinds that follow the rules of src/semantics, so that playing a step through tells its outcome. */
const KNOWN_RULES: ReadonlySet<string> = new Set(['confluent', 'confluent-cloud', 'srgit']);

export function followsKnownRules({ kind }: RegistryIdentity): boolean {
  return KNOWN_RULES.has(kind);
}
