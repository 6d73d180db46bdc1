/** What can be wrong with a `_schemas` topic, and what a registry does about it (observed on Confluent 8.3.1). */

/** What a finding means for a registry that reads the topic. */
export type FindingEffect =
  /** It does not start, and a running one stops following the topic. */
  | 'stops'
  /** It passes the record over: what the record said is missing. */
  | 'lost'
  /** It answers something else than was registered. */
  | 'misleads'
  /** Nothing now; something later, or with another registry. */
  | 'risk';

interface FindingKind {
  readonly effect: FindingEffect;
  readonly cause: string;
  readonly next: string;
}

const REBUILD = 'Rebuild the topic: `srgit topic rebuild` leaves such records out.';

/** Closed: documentation and tests enumerate it. */
export const TOPIC_FINDINGS = {
  KEY_NULL: {
    effect: 'stops',
    cause: 'a record without a key: something else than a registry wrote to the topic',
    next: REBUILD,
  },
  KEY_MALFORMED: {
    effect: 'lost',
    cause: 'the key is no JSON object, or a part of it is of a wrong type',
    next: 'Nothing, if the record is foreign; else look at the value and register it again.',
  },
  KEYTYPE_UNKNOWN: {
    effect: 'stops',
    cause: 'the key has no keytype, or one that registries of this release do not know',
    next: REBUILD,
  },
  KEYTYPE_NEWER: {
    effect: 'risk',
    cause: 'a keytype that only Confluent 8.3 and later know: an older registry does not start with it',
    next: 'Rebuild the topic without it before an older registry is started: `srgit topic rebuild --for 7`.',
  },
  KEY_MAGIC: {
    effect: 'lost',
    cause: 'the key of a schema has a magic number that registries do not take',
    next: 'Register what the record says again, or rebuild from a tree that has it.',
  },
  KEY_INCOMPLETE: {
    effect: 'misleads',
    cause: 'the key lacks its subject or version',
    next: REBUILD,
  },
  VALUE_MALFORMED: {
    effect: 'lost',
    cause: 'the value is no JSON object, or a part of it is of a wrong type: the whole record is passed over',
    next: 'Rebuild from a tree or a backup that has this row.',
  },
  VALUE_EMPTY: {
    effect: 'misleads',
    cause: 'an empty value: Karapace deletes so, Confluent passes it over, and what was deleted is there again',
    next: 'Rebuild the topic before Confluent is started on it: deletions become real tombstones.',
  },
  VALUE_INCOMPLETE: {
    effect: 'lost',
    cause: 'the value of a schema has no id, or that of a deletion no subject or version',
    next: 'Rebuild from a tree or a backup that has this row.',
  },
  VALUE_NO_SUBJECT: {
    effect: 'stops',
    cause: 'the value of a schema has no subject',
    next: REBUILD,
  },
  VALUE_NO_VERSION: {
    effect: 'misleads',
    cause: 'the value of a schema has no version: it is listed without one',
    next: 'Rebuild the topic: the version is taken from the key.',
  },
  KEY_VALUE_MISMATCH: {
    effect: 'misleads',
    cause:
      'key and value name different subjects or versions: a row is listed as the value says, and looked up as the key says; a deletion deletes what the value says',
    next: 'Find out which of the two is right, and rebuild from a tree that says so.',
  },
  DUPLICATE_ID: {
    effect: 'lost',
    cause:
      'the id is bound to another schema already: the row is ignored, and a leader that sees it written takes it back',
    next: 'Records with this id belong to the first of the two. Give the other a new id: `srgit restore`.',
  },
  ROW_REPLACED: {
    effect: 'misleads',
    cause: 'a version was replaced by another schema: the id that it had now shows the other one',
    next: 'Rebuild from the time before (a topic backup, or the tree in git), or records with the old id are read wrongly.',
  },
  TWIN_KEYS: {
    effect: 'risk',
    cause:
      'the same thing under two spellings of its key: compaction keeps both, and a deletion of one brings the other back',
    next: 'Rebuild the topic: every key is written once.',
  },
  TYPE_UNKNOWN: {
    effect: 'misleads',
    cause: 'a schema type other than AVRO, JSON and PROTOBUF',
    next: 'Nothing can be done with such a row but delete it.',
  },
  REFERENCE_MISSING: {
    effect: 'misleads',
    cause: 'it refers to a schema that the topic does not have',
    next: 'Restore the schema that it refers to: `srgit restore` with the subject included.',
  },
  REFERENCE_LATER: {
    effect: 'risk',
    cause: 'it comes before a schema that it refers to: Confluent does not mind, Karapace drops it',
    next: 'Rebuild the topic: schemas come after what they refer to.',
  },
  ID_REUSE: {
    effect: 'risk',
    cause: 'the highest ids are those of deleted schemas: after compaction and a restart they are given to new ones',
    next: 'Rebuild the topic from a tree: the highest id is pinned. Old records would be read with the new schemas.',
  },
  METADATA_ENCODED: {
    effect: 'risk',
    cause:
      'values of its metadata are encrypted: they are read with the secret and `_schema_encoders` of that registry only',
    next: 'Back up `_schema_encoders` too, and keep `metadata.encoder.secret`.',
  },
  TENANT_OTHER: {
    effect: 'lost',
    cause: 'a context of another tenant, or of none: only those of `default` are listed',
    next: 'Nothing, unless the context is missed.',
  },
  SCHEMA_INVALID: {
    effect: 'misleads',
    cause: 'the text of the schema cannot be read: the registry answers with it, and no client can use it',
    next: 'Find the text in git, or in the application that wrote it.',
  },
  TOPIC_PARTITIONS: {
    effect: 'stops',
    cause: 'the topic has more than one partition: a registry does not start with it',
    next: REBUILD,
  },
  TOPIC_NOT_COMPACT: {
    effect: 'stops',
    cause:
      'cleanup.policy of the topic is not exactly `compact`: a registry does not start with it, and schemas expire',
    next: 'Set it at once, before retention deletes schemas: cleanup.policy=compact.',
  },
  TOPIC_REPLICATION: {
    effect: 'risk',
    cause: 'the topic has fewer than three replicas',
    next: 'Raise its replication factor: the loss of one disk may be the loss of every schema.',
  },
  TOPIC_EMPTY: {
    effect: 'misleads',
    cause: 'the topic has no schema',
    next: 'Rebuild it from a tree: `srgit topic rebuild`. Check first that it is the right topic and cluster.',
  },
  RECORD_DAMAGED: {
    effect: 'stops',
    cause: 'bytes of the topic cannot be read',
    next: 'Rebuild from a tree or a backup; `srgit topic salvage` keeps what can be read.',
  },
} as const satisfies Readonly<Record<string, FindingKind>>;

export type TopicFindingCode = keyof typeof TOPIC_FINDINGS;

export interface TopicFinding {
  readonly code: TopicFindingCode;
  readonly effect: FindingEffect;
  /** Of the record; absent for what is no single record's. */
  readonly offset?: bigint;
  /** Qualified subject. */
  readonly subject?: string;
  readonly version?: number;
  readonly id?: number;
  /** What is particular to this one. */
  readonly detail?: string;
}

export function topicFinding(
  code: TopicFindingCode,
  place: Omit<TopicFinding, 'code' | 'effect'> = {},
  effect: FindingEffect = TOPIC_FINDINGS[code].effect,
): TopicFinding {
  return { code, effect, ...place };
}
