/**
 * The requests that srgit makes over connections of kafkajs, in the newest versions without flexible fields where there are such: brokers from
 * Kafka 2.5 to 4.x know them all (KIP-896 removed older ones only). https://kafka.apache.org/protocol#protocol_messages
 */
import type { GroupOffset } from '../records/record-source.ts';
import type { KnownAborted } from '../records/transactions.ts';
import { type BodyReader, BodyWriter } from './kafkajs-wire.ts';

/** One request, ready to be sent, and how its answer is read. Codes in answers are the caller's to look at. */
export interface Call<T> {
  readonly key: number;
  readonly version: number;
  readonly name: string;
  readonly body: Buffer;
  read(answer: BodyReader): T;
}

/** Code and place of what failed in an answer; 0 is none. */
export interface PartitionCode {
  readonly topic: string;
  readonly partition: number;
  readonly code: number;
}

interface TopicPartitions<P> {
  readonly topic: string;
  readonly partitions: readonly P[];
}

export interface MetadataAnswer {
  readonly nodes: readonly { readonly id: number; readonly host: string; readonly port: number }[];
  readonly clusterId: string | null;
  readonly controllerId: number;
  readonly topics: readonly TopicMetadata[];
}

export interface TopicMetadata {
  readonly name: string;
  readonly code: number;
  readonly internal: boolean;
  readonly partitions: readonly {
    readonly code: number;
    readonly partition: number;
    readonly leader: number;
    readonly replicas: readonly number[];
  }[];
}

/** @param topics null for all of them */
export function metadataCall(topics: readonly string[] | null): Call<MetadataAnswer> {
  const body = new BodyWriter();
  // Without the last flag a broker may create what it is asked for.
  body.array(topics, (topic) => body.string(topic)).bool(false);
  return call(3, 6, 'Metadata', body, (answer) => {
    answer.int32();
    const nodes = answer.array(() => {
      const node = { id: answer.int32(), host: text(answer), port: answer.int32() };
      answer.string();
      return node;
    });
    const clusterId = answer.string();
    const controllerId = answer.int32();
    const topicList = answer.array(() => ({
      code: answer.int16(),
      name: text(answer),
      internal: answer.bool(),
      partitions: answer.array(() => {
        const partition = {
          code: answer.int16(),
          partition: answer.int32(),
          leader: answer.int32(),
          replicas: answer.array(() => answer.int32()),
        };
        answer.array(() => answer.int32());
        answer.array(() => answer.int32());
        return partition;
      }),
    }));
    return { nodes, clusterId, controllerId, topics: topicList };
  });
}

export interface CoordinatorAnswer {
  readonly code: number;
  readonly node: { readonly id: number; readonly host: string; readonly port: number };
}

export function coordinatorCall(kind: 'group' | 'transaction', key: string): Call<CoordinatorAnswer> {
  const body = new BodyWriter().string(key).int8(kind === 'group' ? 0 : 1);
  return call(10, 1, 'FindCoordinator', body, (answer) => {
    answer.int32();
    const code = answer.int16();
    answer.string();
    return { code, node: { id: answer.int32(), host: text(answer), port: answer.int32() } };
  });
}

export const EARLIEST = -2n;
export const LATEST = -1n;

export interface OffsetAnswer extends PartitionCode {
  readonly offset: bigint;
}

export function listOffsetsCall(
  topic: string,
  partitions: readonly number[],
  timestamp: bigint,
  committed: boolean,
): Call<readonly OffsetAnswer[]> {
  const body = new BodyWriter().int32(-1).int8(committed ? 1 : 0);
  writeTopics(body, [{ topic, partitions }], (partition) => body.int32(partition).int64(timestamp));
  return call(2, 3, 'ListOffsets', body, (answer) => {
    answer.int32();
    return readTopics(answer, (name) => {
      const partition = answer.int32();
      const code = answer.int16();
      answer.int64();
      return { topic: name, partition, code, offset: answer.int64() };
    });
  });
}

export interface FetchRequest {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly committed: boolean;
  readonly maxBytes: number;
  readonly maxWaitMs: number;
}

export interface FetchAnswer {
  readonly code: number;
  readonly highWatermark: bigint;
  readonly lastStableOffset: bigint;
  readonly logStartOffset: bigint;
  readonly aborted: readonly KnownAborted[];
  /** Batches one after the other; the last may be cut off. */
  readonly records: Buffer;
}

export function fetchCall(request: FetchRequest): Call<FetchAnswer> {
  const body = new BodyWriter().int32(-1).int32(request.maxWaitMs).int32(1).int32(request.maxBytes);
  body
    .int8(request.committed ? 1 : 0)
    .int32(0)
    .int32(-1);
  writeTopics(body, [{ topic: request.topic, partitions: [request.partition] }], (partition) =>
    body.int32(partition).int32(-1).int64(request.offset).int64(-1n).int32(request.maxBytes),
  );
  body.int32(0).string('');
  return call(1, 11, 'Fetch', body, (answer) => {
    answer.int32();
    const code = answer.int16();
    answer.int32();
    const [first] = readTopics(answer, () => {
      answer.int32();
      return {
        code: answer.int16(),
        highWatermark: answer.int64(),
        lastStableOffset: answer.int64(),
        logStartOffset: answer.int64(),
        aborted: answer.array(() => ({ producerId: answer.int64(), firstOffset: answer.int64() })),
        preferredReplica: answer.int32(),
        records: answer.bytesOf(),
      };
    });
    if (first !== undefined && code === 0) return first;
    return { code: code === 0 ? -1 : code, ...NOTHING_FETCHED };
  });
}

const NOTHING_FETCHED = {
  highWatermark: -1n,
  lastStableOffset: -1n,
  logStartOffset: -1n,
  aborted: [],
  records: Buffer.alloc(0),
};

export interface ProduceAnswer {
  readonly code: number;
  readonly baseOffset: bigint;
}

export function produceCall(
  topic: string,
  partition: number,
  batch: Buffer,
  options: { readonly transactionalId: string | null; readonly acks: number; readonly timeoutMs: number },
): Call<ProduceAnswer> {
  const body = new BodyWriter().string(options.transactionalId).int16(options.acks).int32(options.timeoutMs);
  writeTopics(body, [{ topic, partitions: [partition] }], (index) => body.int32(index).bytesOf(batch));
  return call(0, 7, 'Produce', body, (answer) => {
    const [first] = readTopics(answer, () => {
      answer.int32();
      const part = { code: answer.int16(), baseOffset: answer.int64() };
      answer.int64();
      answer.int64();
      return part;
    });
    return first ?? { code: -1, baseOffset: -1n };
  });
}

export function call<T>(
  key: number,
  version: number,
  name: string,
  body: BodyWriter,
  read: (answer: BodyReader) => T,
): Call<T> {
  return { key, version, name, body: body.done(), read };
}

export function text(answer: BodyReader): string {
  return answer.string() ?? '';
}

export function writeTopics<P>(
  body: BodyWriter,
  topics: readonly TopicPartitions<P>[],
  write: (partition: P) => void,
): void {
  body.array(topics, ({ topic, partitions }) => body.string(topic).array(partitions, write));
}

export function writeOffsets(body: BodyWriter, offsets: readonly GroupOffset[]): void {
  const byTopic = Map.groupBy(offsets, ({ topic }) => topic);
  const topics = [...byTopic].map(([topic, partitions]) => ({ topic, partitions }));
  writeTopics(body, topics, ({ partition, offset, metadata }) =>
    body
      .int32(partition)
      .int64(offset)
      .string(metadata ?? ''),
  );
}

export function readTopics<T>(answer: BodyReader, read: (topic: string) => T): T[] {
  return answer
    .array(() => {
      const topic = text(answer);
      return answer.array(() => read(topic));
    })
    .flat();
}

export function readThrottledCodes(answer: BodyReader): readonly PartitionCode[] {
  answer.int32();
  return readTopics(answer, (topic) => ({ topic, partition: answer.int32(), code: answer.int16() }));
}
