/** A live cluster as a source of records: what there is when each partition is begun. */

import type { KafkaClient, KafkaTopic } from '../../kafka/port.ts';
import type { RecordSource, SourceTopic } from '../../records/record-source.ts';
import { mapConcurrent } from '../../registry/map-concurrent.ts';

const AT_ONCE = 8;

/** The source closes the client with itself. */
export async function kafkaSource(client: KafkaClient, signal?: AbortSignal): Promise<RecordSource> {
  const { admin } = client;
  const id = await admin.clusterId(signal);
  return {
    kind: 'kafka',
    id,
    async topics(inner) {
      const topics = await admin.topics(undefined, inner);
      return mapConcurrent(topics, AT_ONCE, (topic, signalOfAll) => describeTopic(client, topic, signalOfAll), inner);
    },
    read: (topic, partition, options) => client.read(topic, partition, options),
    async groups(inner) {
      const names = await admin.groups(inner);
      const groups = await mapConcurrent(
        names,
        AT_ONCE,
        (name, signalOfAll) => admin.groupOffsets(name, signalOfAll),
        inner,
      );
      // Positions of replays are of this cluster only.
      return groups.filter(({ group, offsets }) => offsets.length > 0 && !group.startsWith('srgit-replay-'));
    },
    close: () => client.close(),
  };
}

async function describeTopic({ admin }: KafkaClient, topic: KafkaTopic, signal: AbortSignal): Promise<SourceTopic> {
  const { name, partitionCount, replicationFactor } = topic;
  const [first, end, config] = await Promise.all([
    admin.offsets(name, 'earliest', signal),
    admin.offsets(name, 'stable', signal),
    admin.topicConfig(name, signal),
  ]);
  const partitions = Array.from({ length: partitionCount }, (_, partition) => ({
    partition,
    firstOffset: first.get(partition) ?? 0n,
    endOffset: end.get(partition) ?? 0n,
  }));
  return { name, partitionCount, replicationFactor, config, partitions };
}
