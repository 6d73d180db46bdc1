/**
 * Produce requests of version 8 (Kafka 2.4 and later, 3.9 and 4.3 among them): batches go as the bytes they are. Version 12
 * would add partitions to transactions by itself on brokers of today; the explicit way works on all.
 */
import { type Connection, type Reader, Writer } from '@platformatic/kafka';

export interface ProduceEntry {
  readonly topic: string;
  readonly partition: number;
  readonly bytes: Buffer;
}

export interface ProduceOptions {
  readonly transactionalId: string | undefined;
  /** -1: all replicas in sync; 1: the leader. */
  readonly acks: -1 | 1;
  /** How long the broker waits for replicas. */
  readonly timeoutMs: number;
}

export interface ProduceOutcome {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly baseOffset: bigint;
  /** The broker's words. */
  readonly said: string | undefined;
}

const PRODUCE = 0;
const VERSION = 8;

/** One request; a partition comes in it at most once. The bytes are copied before this returns, once it is connected. */
export function produce(
  connection: Connection,
  options: ProduceOptions,
  entries: readonly ProduceEntry[],
): Promise<readonly ProduceOutcome[]> {
  return new Promise((resolve, reject) => {
    const request = (): Writer => encodeRequest(options, entries);
    connection.send(PRODUCE, VERSION, request, readAnswer, false, false, (error, outcomes) => {
      if (error) reject(error);
      else resolve(outcomes ?? []);
    });
  });
}

function encodeRequest(options: ProduceOptions, entries: readonly ProduceEntry[]): Writer {
  const topics = Map.groupBy(entries, ({ topic }) => topic);
  const writer = Writer.create()
    .appendString(options.transactionalId ?? null, false)
    .appendInt16(options.acks)
    .appendInt32(options.timeoutMs)
    .appendInt32(topics.size);
  for (const [topic, partitions] of topics) {
    writer.appendString(topic, false).appendInt32(partitions.length);
    for (const { partition, bytes } of partitions) {
      writer.appendInt32(partition).appendInt32(bytes.length).append(bytes);
    }
  }
  return writer;
}

function readAnswer(_correlationId: number, _key: number, _version: number, reader: Reader): ProduceOutcome[] {
  const outcomes: ProduceOutcome[] = [];
  for (let topics = reader.readInt32(); topics > 0; topics--) {
    const topic = reader.readString(false);
    for (let partitions = reader.readInt32(); partitions > 0; partitions--) {
      const partition = reader.readInt32();
      const errorCode = reader.readInt16();
      const baseOffset = reader.readInt64();
      // Log append time and log start offset.
      reader.skip(16);
      const said: string[] = [];
      for (let errors = reader.readInt32(); errors > 0; errors--) {
        const index = reader.readInt32();
        const message = reader.readNullableString(false);
        if (message !== null && said.length < 3) said.push(`record ${index}: ${message}`);
      }
      const message = reader.readNullableString(false);
      const words = [message, ...said].filter((each) => each !== null).join('; ');
      outcomes.push({ topic, partition, errorCode, baseOffset, said: words === '' ? undefined : words });
    }
  }
  return outcomes;
}
