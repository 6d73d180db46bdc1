/**
 * The registry's log as typed records: what a Confluent-compatible registry writes to its `_schemas` topic, a key and
 * a value that is null for a tombstone. Everything that changes a registry's state is a sequence of these.
 *
 * Shapes as observed on Confluent 8.3.1; the JSON of keys and values belongs to the codec of the topic, not here.
 */
import type { ConfigRecord, Metadata, Reference, RuleSet, SchemaType } from '../model/schema-version.ts';
import type { AssociationAddress, AssociationValue } from './association-index.ts';

/** The value of a SCHEMA record. `subject` is qualified (`:.ctx:name`) outside the default context. */
export interface SchemaValue {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  /** Base64 of the content hash; present only where the stored content is not what the hash was computed from. */
  readonly md5?: string;
  readonly schemaType: SchemaType;
  readonly references: readonly Reference[];
  readonly metadata?: Metadata;
  readonly ruleSet?: RuleSet;
  readonly schema: string;
  readonly deleted: boolean;
}

interface Stamped {
  /** Record time, epoch milliseconds; it becomes the `ts` of answers. */
  readonly timestamp?: number;
}

export interface SchemaRecord extends Stamped {
  readonly key: { readonly keytype: 'SCHEMA'; readonly subject: string; readonly version: number };
  /** Null: the version is gone (hard delete). */
  readonly value: SchemaValue | null;
}

export interface ConfigLogRecord extends Stamped {
  /** No subject: the default context's, that is the registry's global config. `:.ctx:` is a context's own. */
  readonly key: { readonly keytype: 'CONFIG'; readonly subject?: string };
  readonly value: ConfigRecord | null;
}

export interface ModeRecord extends Stamped {
  readonly key: { readonly keytype: 'MODE'; readonly subject?: string };
  readonly value: { readonly mode: string } | null;
}

export interface DeleteSubjectRecord extends Stamped {
  readonly key: { readonly keytype: 'DELETE_SUBJECT'; readonly subject?: string };
  /**
   * Soft-deletes the versions up to this one that exist at this point of the log. Of the value's subject: the key says
   * which record it replaces, not what it does.
   */
  readonly value: { readonly subject: string; readonly version: number } | null;
}

export interface ClearSubjectRecord extends Stamped {
  readonly key: { readonly keytype: 'CLEAR_SUBJECT'; readonly subject?: string };
  /** Drops the soft-deleted versions in scope: that of the value's subject, without one everything. */
  readonly value: { readonly subject?: string } | null;
}

interface ContextRecord extends Stamped {
  readonly key: { readonly keytype: 'CONTEXT'; readonly context: string };
  readonly value: { readonly context: string } | null;
}

export interface AssociationRecord extends Stamped {
  readonly key: { readonly keytype: 'ASSOC' } & AssociationAddress;
  /** Null: the association is gone. */
  readonly value: AssociationValue | null;
}

export type RegistryRecord =
  | SchemaRecord
  | ConfigLogRecord
  | ModeRecord
  | DeleteSubjectRecord
  | ClearSubjectRecord
  | ContextRecord
  | AssociationRecord;
