/** One (subject, version) row of a registry and the things it is made of. */
import type { JsonObject } from './json.ts';

export const SCHEMA_TYPES = ['AVRO', 'JSON', 'PROTOBUF'] as const;
export type SchemaType = (typeof SCHEMA_TYPES)[number];

export function isSchemaType(value: unknown): value is SchemaType {
  return typeof value === 'string' && (SCHEMA_TYPES as readonly string[]).includes(value);
}

/** A schema this one is built on. `subject` stays as stored: relative to the referrer's context unless qualified. */
export interface Reference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

/** `metadata` of a version; an empty object and an absent one are different identities (see guid). */
export interface Metadata {
  readonly tags?: Readonly<Record<string, readonly string[]>>;
  readonly properties?: Readonly<Record<string, string>>;
  /** Names of properties whose values are secret. */
  readonly sensitive?: readonly string[];
}

export interface Rule {
  readonly name?: string;
  readonly doc?: string;
  readonly kind?: string;
  readonly mode?: string;
  readonly type?: string;
  readonly tags?: readonly string[];
  readonly params?: Readonly<Record<string, string>>;
  readonly expr?: string;
  readonly onSuccess?: string;
  readonly onFailure?: string;
  readonly disabled?: boolean;
}

export interface RuleSet {
  readonly migrationRules?: readonly Rule[];
  readonly domainRules?: readonly Rule[];
  readonly encodingRules?: readonly Rule[];
  readonly enableAt?: string;
}

/** What two registrations must share to be the same schema: everything the guid is computed from, and the type. */
export interface SchemaContent {
  readonly schemaType: SchemaType;
  /** Exact stored text. */
  readonly schema: string;
  readonly references: readonly Reference[];
  readonly metadata?: Metadata;
  readonly ruleSet?: RuleSet;
}

export interface SchemaVersion extends SchemaContent {
  /** 1 to 2^31-1; gaps are normal. */
  readonly version: number;
  /** Unique per content within a context, not across contexts. Normally positive; 0 and negative ones exist. */
  readonly id: number;
  /** MD5 of the content as a UUID; the same in every context and registry. */
  readonly guid: string;
  /** Soft-deleted: hidden from normal listings, still readable by id. */
  readonly deleted: boolean;
  /** SHA-256 of the text, lower-case hex, where whoever read the row has it at hand. */
  readonly sha256?: string;
  /** Time of the record in the registry's topic, epoch milliseconds; absent where the registry does not tell. */
  readonly registeredAt?: number;
}

export const COMPATIBILITY_LEVELS = [
  'NONE',
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
] as const;
export type CompatibilityLevel = (typeof COMPATIBILITY_LEVELS)[number];

export const MODES = ['READWRITE', 'READONLY', 'READONLY_OVERRIDE', 'IMPORT', 'FORWARD'] as const;
export type Mode = (typeof MODES)[number];

/** A config record of one level (subject, context or global). Absent means that the level sets nothing. */
export interface ConfigRecord {
  /** `compatibilityLevel` in answers, `compatibility` in requests: here always this name. */
  readonly compatibility?: string;
  /** Every other field under the registry's own name: alias, normalize, compatibilityGroup, defaultMetadata, … */
  readonly fields: JsonObject;
}
