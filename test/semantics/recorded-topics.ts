/** Recorded `_schemas` topics and their records as ours. */
import { readdirSync, readFileSync } from 'node:fs';
import type { JsonObject } from '../../src/model/json.ts';
import type { Metadata, Reference, SchemaType } from '../../src/model/schema-version.ts';
import type { RegistryRecord } from '../../src/semantics/records.ts';
import type { TopicRecord } from '../../src/semantics/topic/topic-record.ts';

interface RecordedAnswer {
  readonly status: number;
  readonly response: unknown;
}

export interface RecordedTopic {
  readonly name: string;
  readonly kind: string;
  readonly scenario?: string;
  /** Of a damaged topic: whether the registry answered. */
  readonly starts?: boolean;
  /** Of a damaged topic: what the registry that read it answered, and to a registration after that. */
  readonly probes?: readonly (RecordedAnswer & { readonly path: string })[];
  readonly registerAfterStart?: RecordedAnswer;
  readonly records: readonly {
    readonly offset: number;
    readonly timestamp: number;
    readonly key: string;
    readonly value: string | null;
  }[];
  readonly state: {
    readonly contexts: readonly string[];
    readonly subjects: readonly string[];
    readonly subjectsWithDeleted: readonly string[];
    readonly config: Readonly<Record<string, unknown>>;
    readonly modes: Readonly<Record<string, unknown>>;
    readonly schemas: readonly JsonObject[];
    readonly ids: Readonly<Record<string, Readonly<Record<string, JsonObject>>>>;
  };
}

const FOLDER = new URL('../fixtures/confluent-8.3.1/topics/', import.meta.url);

/** Hand-written topics whose records are well-formed: what they try is the order of records, not their encoding. */
const WELL_FORMED = new Set([
  'damaged-delete-subject-before-schema.json',
  'damaged-delete-subject-compacted.json',
  'damaged-same-text-two-ids.json',
  'damaged-tombstones.json',
]);

/** Those that a registry wrote itself, and a few by hand. */
export function readTopics(): readonly RecordedTopic[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json') && (!name.startsWith('damaged-') || WELL_FORMED.has(name)))
    .sort()
    .map((name) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')));
}

/** All of them; in the damaged ones keys and values may be `{base64}`, and there is no state where no registry started. */
export function readAllTopics(): readonly RecordedTopic[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')));
}

/** A record as it lay in the topic. */
export function recordBytes(raw: RecordedTopic['records'][number]): TopicRecord {
  return {
    offset: BigInt(raw.offset),
    timestamp: raw.timestamp ?? 0,
    key: bytes(raw.key),
    value: raw.value === null ? null : bytes(raw.value),
  };
}

function bytes(text: string | { readonly base64: string }): Buffer {
  return typeof text === 'string' ? Buffer.from(text) : Buffer.from(text.base64, 'base64');
}

interface SchemaJson {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  readonly schemaType: SchemaType;
  readonly references?: readonly Reference[];
  readonly metadata?: Metadata;
  readonly schema: string;
  readonly deleted: boolean;
}

/** The records that change a state; undefined for election markers. */
export function decodeRecord({ key, value, timestamp }: RecordedTopic['records'][number]): RegistryRecord | undefined {
  const { magic: _magic, tenant: _tenant, ...parsedKey } = JSON.parse(key);
  if (parsedKey.keytype === 'NOOP') return undefined;
  const parsed = value === null ? null : JSON.parse(value);
  return {
    key: parsedKey,
    value: parsed === null ? null : decodeValue(parsedKey.keytype, parsed),
    timestamp,
  } as RegistryRecord;
}

function decodeValue(keytype: string, value: JsonObject): unknown {
  if (keytype === 'SCHEMA') return { references: [], ...(value as unknown as SchemaJson) };
  if (keytype === 'CONFIG') {
    const { subject: _subject, compatibilityLevel, ...fields } = value;
    return { ...(compatibilityLevel === undefined ? {} : { compatibility: compatibilityLevel }), fields };
  }
  if (keytype === 'MODE') return { mode: value['mode'] };
  if (keytype === 'CONTEXT') return { context: value['context'] };
  return value;
}
