/** What of a cluster is to be backed up now: topics as they are, and the offsets that the backup does not cover yet. */
import type { KbakSink } from '../../../archive/kbak-sink.ts';
import { SrgitError } from '../../../errors.ts';
import type { KafkaClient } from '../../../kafka/port.ts';
import type { SourceTopic } from '../../../records/record-source.ts';
import { mapConcurrent } from '../../../registry/map-concurrent.ts';
import { selectTopics, type TopicSelection } from '../select-topics.ts';
import type { PartitionWork } from './backup-partition.ts';

export type Isolation = 'read_committed' | 'read_uncommitted';

export interface BackupWork {
  readonly topics: readonly SourceTopic[];
  readonly leftOut: readonly { readonly topic: string; readonly why: string }[];
  /** The one with the most to read first, so that none is alone at the end. */
  readonly partitions: readonly PartitionWork[];
  /** Partitions that have nothing new. */
  readonly upToDate: number;
  /** Topics that are not those that the backup has under their names: nothing of them is added. */
  readonly refused: readonly { readonly topic: string; readonly why: string }[];
}

const AT_ONCE = 8;

/** @throws SrgitError of the cluster; SRGIT_USAGE for a topic named exactly that it does not have */
export async function findBackupWork(
  client: KafkaClient,
  sink: Pick<KbakSink, 'before' | 'nextOffset'>,
  options: {
    readonly selection: TopicSelection;
    readonly isolation: Isolation;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<BackupWork> {
  const { admin } = client;
  const { selection, isolation, signal } = options;
  const all = await admin.topics(undefined, signal);
  const { topics: wanted, leftOut } = selectTopics(
    all.map(({ name, partitionCount, replicationFactor }) => ({
      name,
      partitionCount,
      replicationFactor,
      partitions: [],
    })),
    { topics: selection.topics, exclude: selection.exclude },
  );
  const names = wanted.map(({ name }) => name);
  const ids = (await admin.topicIds?.(names, signal)) ?? new Map<string, string>();
  const topics = await mapConcurrent(
    wanted,
    AT_ONCE,
    (topic, inner) => describeTopic(client, withId(topic, ids.get(topic.name)), isolation, inner),
    signal,
  );
  const refused: BackupWork['refused'][number][] = [];
  const partitions: PartitionWork[] = [];
  let upToDate = 0;
  for (const topic of topics) {
    const why = await whyOther(client, sink, topic, signal);
    if (why !== undefined) {
      refused.push({ topic: topic.name, why });
      continue;
    }
    for (const { partition, firstOffset, endOffset } of topic.partitions) {
      const next = sink.nextOffset(topic.name, partition);
      // A partition that is new to the backup lacks nothing that was deleted before.
      const from = next === 0n ? undefined : next;
      if (endOffset > (from ?? firstOffset)) partitions.push({ topic: topic.name, partition, from, to: endOffset });
      else upToDate++;
    }
  }
  const sizes = new Map(
    topics.flatMap((topic) => topic.partitions.map((part) => [`${topic.name} ${part.partition}`, part])),
  );
  const waiting = ({ topic, partition, from, to }: PartitionWork): number =>
    Number(to - (from ?? sizes.get(`${topic} ${partition}`)?.firstOffset ?? 0n));
  partitions.sort((a, b) => waiting(b) - waiting(a));
  return { topics, leftOut, partitions, upToDate, refused };
}

/** What a run ends with that added the rest. */
export function refusal(refused: BackupWork['refused'], backupId: string): SrgitError | undefined {
  if (refused.length === 0) return undefined;
  const lines = refused.map(({ topic, why }) => `topic ${topic} was not added to backup ${backupId}: ${why}`);
  return new SrgitError('SRGIT_REPLAY_STALE', lines.join('\n'), {
    hint: 'Back it up under another --backup-id, or leave it out with --exclude. The old backup stays what it is; other topics were added.',
    details: { topics: refused.length },
  });
}

async function describeTopic(
  { admin }: KafkaClient,
  topic: SourceTopic,
  isolation: Isolation,
  signal: AbortSignal,
): Promise<SourceTopic> {
  const [first, end, config] = await Promise.all([
    admin.offsets(topic.name, 'earliest', signal),
    admin.offsets(topic.name, isolation === 'read_committed' ? 'stable' : 'latest', signal),
    admin.topicConfig(topic.name, signal),
  ]);
  const partitions = Array.from({ length: topic.partitionCount }, (_, partition) => ({
    partition,
    firstOffset: first.get(partition) ?? 0n,
    endOffset: end.get(partition) ?? 0n,
  }));
  return { ...topic, config, partitions };
}

function withId(topic: SourceTopic, id: string | undefined): SourceTopic {
  return id === undefined ? topic : { ...topic, id };
}

/** Why the topic cannot be the one that the backup has under its name; undefined when it is. */
async function whyOther(
  { admin }: KafkaClient,
  sink: Pick<KbakSink, 'before' | 'nextOffset'>,
  { name, id, partitions }: SourceTopic,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const known = sink.before?.topicId(name);
  if (known !== undefined && id !== undefined && known !== id) {
    return 'the topic was deleted and made anew since then';
  }
  const beyond = partitions.filter(({ partition, endOffset }) => sink.nextOffset(name, partition) > endOffset);
  if (beyond.length === 0) return undefined;
  // Where uncommitted records were backed up before, the backup may be ahead of the last stable offset.
  const latest = await admin.offsets(name, 'latest', signal);
  const other = beyond.find(({ partition }) => sink.nextOffset(name, partition) > (latest.get(partition) ?? 0n));
  if (other === undefined) return undefined;
  const next = sink.nextOffset(name, other.partition);
  return `the backup has partition ${other.partition} up to offset ${next - 1n}, and it ends at ${latest.get(other.partition) ?? 0n}: the topic was made anew, or brokers lost records`;
}
