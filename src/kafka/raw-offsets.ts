/** First, last and last stable offsets, asked of the leaders (ListOffsets version 5). */
import { listOffsetsV5 } from '@platformatic/kafka';
import { isStaleLeader } from './kafka-error.ts';
import type { Cluster } from './raw-cluster.ts';
import type { BrokerAddress } from './raw-connections.ts';
import { answerIn, BrokerRefusal, failureOf, refuse } from './raw-fault.ts';

/** `stable`: where a read_committed reader stops. */
export type OffsetAt = 'earliest' | 'latest' | 'stable';

const EARLIEST = -2n;
const LATEST = -1n;

/** @throws SrgitError SRGIT_KAFKA_TOPIC when there is no such topic */
export async function topicOffsets(
  cluster: Cluster,
  topic: string,
  at: OffsetAt,
  signal?: AbortSignal,
): Promise<ReadonlyMap<number, bigint>> {
  const { partitions } = await cluster.topic(topic, signal);
  return offsetsOf(cluster, topic, [...partitions.keys()], at, signal);
}

/** @throws SrgitError */
export async function partitionOffset(
  cluster: Cluster,
  topic: string,
  partition: number,
  at: OffsetAt,
  signal?: AbortSignal,
): Promise<bigint> {
  const found = await offsetsOf(cluster, topic, [partition], at, signal);
  return found.get(partition) ?? 0n;
}

async function offsetsOf(
  cluster: Cluster,
  topic: string,
  partitions: readonly number[],
  at: OffsetAt,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<number, bigint>> {
  const found = new Map<number, bigint>();
  try {
    await cluster.patiently(async (inner) => {
      const missing = partitions.filter((partition) => !found.has(partition));
      for (const [leader, led] of await byLeader(cluster, topic, missing, inner)) {
        await askLeader(cluster, leader, topic, led, at, found, inner);
      }
    }, signal);
  } catch (error) {
    throw failureOf(error, { what: `read the offsets of topic "${topic}"`, topic });
  }
  return new Map([...found].sort(([a], [b]) => a - b));
}

/** The partitions by who leads them now. @throws BrokerRefusal while one has no leader */
export async function byLeader(
  cluster: Cluster,
  topic: string,
  partitions: readonly number[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<BrokerAddress, readonly number[]>> {
  const places = await cluster.topic(topic, signal);
  return Map.groupBy(partitions, (partition) => {
    const leader = places.partitions[partition]?.leader;
    if (leader !== undefined) return leader;
    cluster.forget(topic);
    throw new BrokerRefusal(LEADER_NOT_AVAILABLE);
  });
}

const LEADER_NOT_AVAILABLE = 5;

async function askLeader(
  cluster: Cluster,
  leader: BrokerAddress,
  topic: string,
  partitions: readonly number[],
  at: OffsetAt,
  found: Map<number, bigint>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const timestamp = at === 'earliest' ? EARLIEST : LATEST;
  const wanted = partitions.map((partitionIndex) => ({ partitionIndex, currentLeaderEpoch: -1, timestamp }));
  const isolation = at === 'stable' ? 1 : 0;
  const ask = cluster.connections.request(
    leader,
    'main',
    (connection) =>
      listOffsetsV5.api.async(connection, -1, isolation, [{ name: topic, partitions: wanted }]).catch(answerIn<Answer>),
    signal,
  );
  const answer = await ask.catch((error: unknown) => {
    cluster.forget(topic);
    throw error;
  });
  for (const { partitionIndex, errorCode, offset } of answer.topics.flatMap((each) => each.partitions)) {
    if (isStaleLeader(errorCode)) cluster.forget(topic);
    refuse(errorCode);
    found.set(partitionIndex, offset);
  }
}

type Answer = Awaited<ReturnType<typeof listOffsetsV5.api.async>>;
