/** What is a schema frame, for each topic and side, and what to do about a schema that the target does not have. */
import { EMPTY_MAP, type SchemaIdMap } from './schema-id-map.ts';

export type RecordSide = 'key' | 'value';

/**
 * - `auto`: what begins like a frame is one when its id is in the map and, where the topic's subjects are known, is
 *   registered under one of them
 * - `confluent`: whatever begins like a frame is one
 * - `none`: nothing is, headers neither
 */
export type Framing = 'auto' | 'confluent' | 'none';

export interface SideRule {
  readonly framing: Framing;
  /** The map of the context that this topic's schemas are in. */
  readonly map: SchemaIdMap;
  /**
   * Ids (of the source) registered under the subjects of this topic and side, soft-deleted versions too; left out when
   * there are no such subjects, as with names made of the record's type only. For `auto`.
   */
  readonly registered?: ReadonlySet<number>;
  /**
   * What an id is, in `auto`, that the source never had: a schema that is missing, or data that only looks like a frame, as
   * a long that begins with 0 does. By default missing where `registered` is given, and data where not.
   */
  readonly strangers?: 'missing' | 'data';
  /** Whether payloads of eight bytes may be frames (the default), or are numbers: see `looksLikeLongs`. */
  readonly longs?: 'frames' | 'data';
  /** Which of Apicurio's ids the 8 bytes after its magic byte are; a client of version 2 writes the global one. */
  readonly apicurioPayload?: 'globalId' | 'contentId';
}

export interface TopicRule {
  readonly key: SideRule;
  readonly value: SideRule;
}

export const LEFT_ALONE: SideRule = { framing: 'none', map: EMPTY_MAP };

/**
 * - `fail`: an error
 * - `pass`: the record goes on as it is
 * - `dead-letter`, `skip`: the record is taken out; the caller is given it
 */
export type UnknownPolicy = 'fail' | 'pass' | 'dead-letter' | 'skip';

/**
 * Why a topic is left alone unless asked for by name: its records are the system's own; undefined for all others. Told by
 * names alone, so a user's topic may be meant by mistake: say so in the report, do not pass over it in silence.
 */
export function whyInternal(topic: string): string | undefined {
  return INTERNAL.find(([pattern]) => pattern.test(topic))?.[1];
}

const INTERNAL: readonly (readonly [RegExp, string])[] = [
  [
    /^__consumer_offsets$|^__transaction_state$|^__cluster_metadata$|^__share_group_state$/,
    'a topic of the broker itself',
  ],
  [/^_schemas(?:_|$)|^_schema_encoders$|^_dek_registry_keys$/, 'a topic of a schema registry'],
  [/^kafkasql-(?:journal|snapshots)$/, 'a topic of a schema registry'],
  [/^(?:.*[-_.])?connect-(?:configs|offsets|status)$/, 'a topic of Kafka Connect itself'],
  [/^_confluent[-_]|^__confluent[-_.]/, 'a topic of Confluent Platform itself'],
  [/^__amazon_msk/, 'a topic of Amazon MSK itself'],
  [/(?:^|[-_.])(?:schema-?history|schema-?changes|dbhistory)(?:[-_.]|$)/i, 'a schema history of Debezium'],
  [/^(?:.+[-_.])?heartbeats$|^mm2-|\.checkpoints\.internal$/, 'a topic of MirrorMaker itself'],
  [/-changelog$/, 'a store of Kafka Streams, which it rebuilds'],
];
