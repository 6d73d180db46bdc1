/** Consumer groups: which there are, and their positions. Never a member of one. */
import { describeGroupsV5, listGroupsV3, offsetCommitV8, offsetFetchV7 } from '@platformatic/kafka';
import type { ConsumerGroup, GroupOffset } from '../records/record-source.ts';
import type { KafkaGroup, OffsetsOf } from './port.ts';
import { ADMIN_RETRY_MS, type Cluster } from './raw-cluster.ts';
import { answerIn, failureOf, refuse } from './raw-fault.ts';
import { Coordinator } from './raw-transactions.ts';

/** Sorted; every broker knows those that it coordinates. @throws SrgitError */
export async function listGroups(cluster: Cluster, signal?: AbortSignal): Promise<readonly string[]> {
  try {
    return await cluster.patiently(async (inner) => {
      const { brokers } = await cluster.view([], inner);
      const groups = new Set<string>();
      for (const broker of brokers) {
        const answer = await cluster.connections.request(
          broker,
          'main',
          (connection) => listGroupsV3.api.async(connection, [], []),
          inner,
        );
        for (const { groupId } of answer.groups) groups.add(groupId);
      }
      return [...groups].sort();
    }, signal);
  } catch (error) {
    throw failureOf(error, { what: 'list the consumer groups' });
  }
}

/** Version 5 answers `Dead` for a group that there is not. @throws SrgitError */
export async function describeGroup(cluster: Cluster, group: string, signal?: AbortSignal): Promise<KafkaGroup> {
  try {
    return await coordinatorOf(cluster, group, signal).call(async (connection) => {
      const answer = await describeGroupsV5.api.async(connection, [group], false).catch(answerIn<Described>);
      const [found] = answer.groups;
      refuse(found?.errorCode ?? 0);
      const { groupState = 'Dead', protocolType = '', members = [] } = found ?? {};
      return {
        state: groupState,
        protocolType,
        members: members.map(({ memberId, clientHost, memberMetadata, memberAssignment }) => ({
          id: memberId,
          clientHost,
          metadata: memberMetadata,
          assignment: memberAssignment,
        })),
      };
    });
  } catch (error) {
    throw failureOf(error, { what: `look at group "${group}"`, group });
  }
}

/** Waits for transactions that are about to change them, unless told otherwise. @throws SrgitError */
export async function readGroupOffsets(
  cluster: Cluster,
  group: string,
  signal?: AbortSignal,
  { partitions, unsettled = false }: OffsetsOf = {},
): Promise<ConsumerGroup> {
  const wanted = partitions === undefined ? null : Map.groupBy(partitions, ({ topic }) => topic);
  const topics =
    wanted === null
      ? null
      : [...wanted].map(([name, list]) => ({ name, partitionIndexes: list.map(({ partition }) => partition) }));
  try {
    const answer = await coordinatorOf(cluster, group, signal).call(async (connection) => {
      const found = await offsetFetchV7.api
        .async(connection, [{ groupId: group, topics }], !unsettled)
        .catch(answerIn<Fetched>);
      refuse(found.errorCode);
      for (const { errorCode } of found.topics.flatMap(({ partitions }) => partitions)) refuse(errorCode);
      return found;
    });
    const offsets = answer.topics.flatMap(({ name, partitions }) =>
      partitions
        .filter(({ committedOffset }) => committedOffset >= 0n)
        .map(({ partitionIndex, committedOffset, metadata }) => ({
          topic: name,
          partition: partitionIndex,
          offset: committedOffset,
          ...(metadata ? { metadata } : {}),
        })),
    );
    offsets.sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
    return { group, offsets };
  } catch (error) {
    throw failureOf(error, { what: `read the positions of group "${group}"`, group });
  }
}

/** @throws SRGIT_KAFKA_GROUP when the group has members */
export async function commitGroupOffsets(
  cluster: Cluster,
  group: string,
  offsets: readonly GroupOffset[],
  signal?: AbortSignal,
): Promise<void> {
  if (offsets.length === 0) return;
  const topics = [...Map.groupBy(offsets, ({ topic }) => topic)].map(([name, list]) => ({
    name,
    partitions: list.map(({ partition, offset, metadata }) => ({
      partitionIndex: partition,
      committedOffset: offset,
      committedLeaderEpoch: -1,
      committedMetadata: metadata ?? null,
    })),
  }));
  try {
    await coordinatorOf(cluster, group, signal).call(async (connection) => {
      const answer = await offsetCommitV8.api.async(connection, group, -1, '', null, topics).catch(answerIn<Committed>);
      for (const { errorCode } of answer.topics.flatMap(({ partitions }) => partitions)) refuse(errorCode);
    });
  } catch (error) {
    throw failureOf(error, { what: `write the positions of group "${group}"`, group });
  }
}

function coordinatorOf(cluster: Cluster, group: string, signal: AbortSignal | undefined): Coordinator {
  return new Coordinator('group', group, { cluster, lane: 'main', forMs: ADMIN_RETRY_MS, signal });
}

type Described = Awaited<ReturnType<typeof describeGroupsV5.api.async>>;
type Fetched = Awaited<ReturnType<typeof offsetFetchV7.api.async>>;
type Committed = Awaited<ReturnType<typeof offsetCommitV8.api.async>>;
