/** Where the records of a `_schemas` topic are read from: a live topic, a backup of it, a broker's log folder. */
import type { KafkaAdmin, KafkaClient } from '../../kafka/port.ts';
import { copyRecord, type PlainRecord } from '../../records/record-slices.ts';
import type { RecordSource, SourcePiece } from '../../records/record-source.ts';
import type { TopicRecord } from '../../semantics/topic/topic-record.ts';
import { PieceCursor } from '../records/piece-cursor.ts';

/** The registry's own default, `kafkastore.topic`. */
export const SCHEMAS_TOPIC = '_schemas';

export interface TopicSettings {
  readonly partitionCount: number;
  readonly replicationFactor?: number;
  /** Undefined where the source does not know. */
  readonly config?: Readonly<Record<string, string>>;
}

export type TopicItem =
  | { readonly kind: 'record'; readonly record: TopicRecord }
  /** What could not be read. */
  | { readonly kind: 'damage'; readonly firstOffset: bigint; readonly detail: string };

export interface TopicSource {
  /** For people: `topic _schemas of prod`, `backup /backups/x`. */
  readonly name: string;
  readonly topic: string;
  readonly settings?: TopicSettings;
  /** From the first record to the end as it is now; what cannot be read is passed over and told. @throws SrgitError */
  read(signal?: AbortSignal): AsyncIterable<TopicItem>;
  /** Of a live topic: what comes from this offset on, until the signal. */
  readonly follow?: (from: bigint, signal: AbortSignal) => AsyncIterable<TopicItem>;
  close(): Promise<void>;
}

/** A topic of an archive or of a broker's log folder. Undefined when it has no such topic. */
export async function topicOfArchive(
  source: RecordSource,
  topic: string,
  name: string,
  signal?: AbortSignal,
): Promise<TopicSource | undefined> {
  const found = (await source.topics(signal)).find((one) => one.name === topic);
  if (found === undefined) return undefined;
  const { partitionCount, replicationFactor, config } = found;
  return {
    name,
    topic,
    settings: {
      partitionCount,
      ...(replicationFactor === undefined ? {} : { replicationFactor }),
      ...(config === undefined ? {} : { config }),
    },
    read: (abort) => itemsOf(source.read(topic, 0, { skipDamaged: true, signal: abort })),
    close: () => source.close(),
  };
}

/** A topic of a live cluster. Undefined when it has no such topic. */
export async function topicOfCluster(
  client: KafkaClient,
  topic: string,
  name: string,
  signal?: AbortSignal,
): Promise<TopicSource | undefined> {
  const settings = await readTopicSettings(client.admin, topic, signal);
  if (settings === undefined) return undefined;
  return {
    name,
    topic,
    settings,
    read: (abort) => itemsOf(client.read(topic, 0, { skipDamaged: true, signal: abort })),
    follow: (from, abort) => itemsOf(client.read(topic, 0, { from, follow: true, skipDamaged: true, signal: abort })),
    close: () => client.close(),
  };
}

export async function readTopicSettings(
  admin: KafkaAdmin,
  topic: string,
  signal?: AbortSignal,
): Promise<TopicSettings | undefined> {
  const [found] = await admin.topics([topic], signal);
  if (found === undefined) return undefined;
  const { partitionCount, replicationFactor } = found;
  return { partitionCount, replicationFactor, config: await admin.topicConfig(topic, signal) };
}

/** Pieces of one partition as records of the topic, in order. */
export async function* itemsOf(pieces: AsyncIterable<SourcePiece>): AsyncGenerator<TopicItem> {
  const cursor = new PieceCursor();
  for await (const piece of pieces) {
    if (piece.kind === 'skipped') {
      if (piece.reason !== 'damaged') continue;
      yield { kind: 'damage', firstOffset: piece.firstOffset, detail: piece.detail ?? 'damaged bytes' };
      continue;
    }
    cursor.open(piece);
    while (cursor.next()) {
      const offset = cursor.baseOffset + BigInt(cursor.record.offsetDelta);
      yield { kind: 'record', record: topicRecord(copyRecord(cursor.bytes, cursor.record, offset)) };
    }
  }
}

function topicRecord({ offset, timestamp, key, value, headers }: PlainRecord): TopicRecord {
  return { offset, timestamp: Number(timestamp), key, value, headers };
}
