/** Requests about topics, their settings and consumer groups; see kafkajs-requests.ts for their versions. */
import type { GroupOffset } from '../records/record-source.ts';
import {
  type Call,
  call,
  type PartitionCode,
  readThrottledCodes,
  readTopics,
  text,
  writeOffsets,
  writeTopics,
} from './kafkajs-requests.ts';
import { type BodyReader, BodyWriter } from './kafkajs-wire.ts';
import type { KafkaGroup, OffsetsOf } from './port.ts';

export function commitOffsetsCall(group: string, offsets: readonly GroupOffset[]): Call<readonly PartitionCode[]> {
  // Generation -1 and no member: as one that is not in the group, which then must be empty.
  const body = new BodyWriter().string(group).int32(-1).string('');
  writeOffsets(body, offsets);
  return call(8, 5, 'OffsetCommit', body, readThrottledCodes);
}

export interface GroupOffsetsAnswer {
  readonly code: number;
  readonly offsets: readonly (GroupOffset & { readonly code: number })[];
}

/**
 * Of the partitions named, or of all that the group has offsets of. From version 7 on, which has flexible fields, it can be asked for stable
 * ones: while a transaction is about to change an offset the answer is UNSTABLE_OFFSET_COMMIT (KIP-447), and not the old
 * one. A first offset that is on its way is not named at all where all are asked for.
 */
export function groupOffsetsCall(
  group: string,
  { partitions, unsettled = false }: OffsetsOf = {},
): Call<GroupOffsetsAnswer> {
  // Tagged fields of the header: none, as everywhere below.
  const body = new BodyWriter().varint(0).compactString(group);
  if (partitions === undefined) body.varint(0);
  else {
    const topics = Map.groupBy(partitions, ({ topic }) => topic);
    body.varint(topics.size + 1);
    for (const [topic, list] of topics) {
      body.compactString(topic).varint(list.length + 1);
      for (const { partition } of list) body.int32(partition);
      body.varint(0);
    }
  }
  body.bool(!unsettled).varint(0);
  return call(9, 7, 'OffsetFetch', body, (answer) => {
    answer.tags();
    answer.int32();
    const topics = answer.compactArray(() => {
      const topic = answer.compactString() ?? '';
      const partitions = answer.compactArray(() => readGroupOffset(answer, topic));
      answer.tags();
      return partitions;
    });
    return { code: answer.int16(), offsets: topics.flat() };
  });
}

function readGroupOffset(answer: BodyReader, topic: string): GroupOffset & { readonly code: number } {
  const partition = answer.int32();
  const offset = answer.int64();
  answer.int32();
  const metadata = answer.compactString() ?? '';
  const code = answer.int16();
  answer.tags();
  return { topic, partition, offset, ...(metadata === '' ? undefined : { metadata }), code };
}

export function listGroupsCall(): Call<{ readonly code: number; readonly groups: readonly string[] }> {
  return call(16, 2, 'ListGroups', new BodyWriter(), (answer) => {
    answer.int32();
    const code = answer.int16();
    const groups = answer.array(() => {
      const name = text(answer);
      answer.string();
      return name;
    });
    return { code, groups };
  });
}

/** Version 2: a group that there is not is `Dead`. */
export function describeGroupCall(group: string): Call<KafkaGroup & { readonly code: number }> {
  const body = new BodyWriter();
  body.array([group], (name) => body.string(name));
  return call(15, 2, 'DescribeGroups', body, (answer) => {
    answer.int32();
    const [found] = answer.array(() => {
      const code = answer.int16();
      answer.string();
      const state = text(answer);
      const protocolType = text(answer);
      answer.string();
      const members = answer.array(() => {
        const id = text(answer);
        answer.string();
        const clientHost = text(answer);
        return { id, clientHost, metadata: answer.bytesOf(), assignment: answer.bytesOf() };
      });
      return { code, state, protocolType, members };
    });
    return found ?? { code: 0, state: 'Dead', protocolType: '', members: [] };
  });
}

export function createTopicCall(
  topic: { readonly name: string; readonly partitionCount: number; readonly replicationFactor: number },
  config: Readonly<Record<string, string>>,
  timeoutMs: number,
): Call<number> {
  const body = new BodyWriter();
  body.array([topic], ({ name, partitionCount, replicationFactor }) => {
    body.string(name).int32(partitionCount).int16(replicationFactor).int32(0);
    body.array(Object.entries(config), ([setting, value]) => body.string(setting).string(value));
  });
  body.int32(timeoutMs).bool(false);
  return call(19, 4, 'CreateTopics', body, (answer) => {
    answer.int32();
    const [code = -1] = answer.array(() => {
      answer.string();
      const topicCode = answer.int16();
      answer.string();
      return topicCode;
    });
    return code;
  });
}

export function deleteTopicCall(name: string, timeoutMs: number): Call<number> {
  const body = new BodyWriter();
  body.array([name], (topic) => body.string(topic)).int32(timeoutMs);
  return call(20, 3, 'DeleteTopics', body, (answer) => {
    answer.int32();
    const [code = -1] = answer.array(() => {
      answer.string();
      return answer.int16();
    });
    return code;
  });
}

export function deleteRecordsCall(
  topic: string,
  before: readonly (readonly [partition: number, offset: bigint])[],
  timeoutMs: number,
): Call<readonly PartitionCode[]> {
  const body = new BodyWriter();
  writeTopics(body, [{ topic, partitions: before }], ([partition, offset]) => body.int32(partition).int64(offset));
  body.int32(timeoutMs);
  return call(21, 1, 'DeleteRecords', body, (answer) => {
    answer.int32();
    return readTopics(answer, (name) => {
      const partition = answer.int32();
      answer.int64();
      return { topic: name, partition, code: answer.int16() };
    });
  });
}

/** Resource type 2 and config source 1 are a topic's own. */
const TOPIC = 2;
const TOPIC_SOURCE = 1;

export interface TopicConfigAnswer {
  readonly code: number;
  readonly config: Readonly<Record<string, string>>;
}

/** Without what the topic inherits, and without sensitive settings. */
export function topicConfigCall(name: string): Call<TopicConfigAnswer> {
  const body = new BodyWriter();
  body
    .array([name], (topic) =>
      body
        .int8(TOPIC)
        .string(topic)
        .array(null, () => undefined),
    )
    .bool(false);
  return call(32, 2, 'DescribeConfigs', body, (answer) => {
    answer.int32();
    const [resource] = answer.array(() => {
      const code = answer.int16();
      answer.string();
      answer.int8();
      answer.string();
      const entries = answer.array(() => readSetting(answer));
      const own = entries.flatMap(({ own: isOwn, name: setting, value }) =>
        isOwn && value !== null ? [[setting, value] as const] : [],
      );
      return { code, config: Object.fromEntries(own) };
    });
    return resource ?? { code: -1, config: {} };
  });
}

function readSetting(answer: BodyReader): {
  readonly name: string;
  readonly value: string | null;
  readonly own: boolean;
} {
  const name = text(answer);
  const value = answer.string();
  answer.bool();
  const source = answer.int8();
  const sensitive = answer.bool();
  answer.array(() => {
    answer.string();
    answer.string();
    answer.int8();
  });
  return { name, value, own: source === TOPIC_SOURCE && !sensitive };
}

export function alterTopicConfigCall(name: string, changes: Readonly<Record<string, string | null>>): Call<number> {
  const body = new BodyWriter();
  body.array([name], (topic) => {
    body.int8(TOPIC).string(topic);
    // 0 sets, 1 deletes.
    body.array(Object.entries(changes), ([setting, value]) =>
      body
        .string(setting)
        .int8(value === null ? 1 : 0)
        .string(value),
    );
  });
  body.bool(false);
  return call(44, 0, 'IncrementalAlterConfigs', body, (answer) => {
    answer.int32();
    const [code = -1] = answer.array(() => {
      const resourceCode = answer.int16();
      answer.string();
      answer.int8();
      answer.string();
      return resourceCode;
    });
    return code;
  });
}
