/** Topics and their settings, offsets and deletion of records. */
import {
  ConfigResourceTypes,
  ConfigSources,
  createTopicsV5,
  deleteRecordsV1,
  deleteTopicsV5,
  describeConfigsV2,
  IncrementalAlterConfigOperationTypes,
  incrementalAlterConfigsV1,
  metadataV12,
} from '@platformatic/kafka';
import { isSrgitError, SrgitError, throwIfAborted } from '../errors.ts';
import { isStaleLeader } from './kafka-error.ts';
import type { KafkaAdmin, KafkaTopic, NewTopic } from './port.ts';
import { ADMIN_RETRY_MS, type Cluster, isMissing, noSuchTopic, type TopicPlaces } from './raw-cluster.ts';
import { answerIn, BrokerRefusal, CODE, failureOf, mayPass, refuse } from './raw-fault.ts';
import { commitGroupOffsets, describeGroup, listGroups, readGroupOffsets } from './raw-groups.ts';
import { byLeader, topicOffsets } from './raw-offsets.ts';
import { pause } from './raw-wait.ts';

/** How long brokers may take to carry out a change of topics. */
const CHANGE_TIMEOUT_MS = 30_000;
const POLL_MS = 50;

export function openAdmin(cluster: Cluster): KafkaAdmin {
  return {
    topics: (names, signal) => listTopics(cluster, names, signal),
    offsets: (topic, at, signal) => topicOffsets(cluster, topic, at, signal),
    topicIds: (names, signal) => readTopicIds(cluster, names, signal),
    clusterId: (signal) => readClusterId(cluster, signal),
    createTopic: (topic, signal) => createTopic(cluster, topic, signal),
    deleteTopic: (name, signal) => deleteTopic(cluster, name, signal),
    topicConfig: (name, signal) => readTopicConfig(cluster, name, signal),
    alterTopicConfig: (name, changes, signal) => alterTopicConfig(cluster, name, changes, signal),
    deleteRecords: (topic, before, signal) => deleteRecords(cluster, topic, before, signal),
    groups: (signal) => listGroups(cluster, signal),
    describeGroup: (group, signal) => describeGroup(cluster, group, signal),
    groupOffsets: (group, signal, of) => readGroupOffsets(cluster, group, signal, of),
    commitGroupOffsets: (group, offsets, signal) => commitGroupOffsets(cluster, group, offsets, signal),
  };
}

async function listTopics(
  cluster: Cluster,
  names: readonly string[] | undefined,
  signal: AbortSignal | undefined,
): Promise<readonly KafkaTopic[]> {
  throwIfAborted(signal);
  if (names?.length === 0) return [];
  try {
    return await cluster.patiently(async (inner) => {
      const { topics } = await cluster.view(names, inner);
      const there = topics.filter(({ errorCode }) => !isMissing(errorCode));
      for (const { errorCode, partitions } of there) if (partitions.length === 0) refuse(errorCode);
      return there.map(describeTopic).sort((a, b) => (a.name < b.name ? -1 : 1));
    }, signal);
  } catch (error) {
    throw failureOf(error, { what: 'list the topics' });
  }
}

function describeTopic({ name, internal, partitions }: TopicPlaces): KafkaTopic {
  const replicationFactor = Math.max(0, ...partitions.map(({ replicaCount }) => replicaCount));
  return { name, internal, partitionCount: partitions.length, replicationFactor };
}

async function readClusterId(cluster: Cluster, signal: AbortSignal | undefined): Promise<string> {
  try {
    const { clusterId } = await cluster.patiently((inner) => cluster.view([], inner), signal);
    if (clusterId !== undefined) return clusterId;
  } catch (error) {
    throw failureOf(error, { what: 'read the id of the cluster' });
  }
  throw new SrgitError('SRGIT_KAFKA_FAILED', 'could not read the id of the cluster: it has none');
}

/** Metadata version 12: brokers before 2.8 have neither it nor ids. */
async function readTopicIds(
  cluster: Cluster,
  names: readonly string[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, string>> {
  throwIfAborted(signal);
  if (names.length === 0) return new Map();
  const answer = await cluster
    .anyBroker((connection) => {
      return metadataV12.api.async(connection, [...names], false, false).catch(answerIn<MetadataWithIds>);
    }, signal)
    .catch((): MetadataWithIds => ({ topics: [] }));
  throwIfAborted(signal);
  return new Map(
    answer.topics.flatMap(({ errorCode, name, topicId }) =>
      errorCode !== 0 || !name || !topicId || /^[0-]*$/.test(topicId) ? [] : [[name, topicId] as const],
    ),
  );
}

interface MetadataWithIds {
  readonly topics: readonly {
    readonly errorCode: number;
    readonly name: string | null;
    readonly topicId: string | null;
  }[];
}

async function createTopic(cluster: Cluster, topic: NewTopic, signal: AbortSignal | undefined): Promise<void> {
  const { name, partitionCount, replicationFactor = -1, config = {} } = topic;
  const task = { what: `create topic "${name}"`, topic: name };
  const configs = Object.entries(config).map(([key, value]) => ({ name: key, value }));
  const wanted = { name, numPartitions: partitionCount, replicationFactor, assignments: [], configs };
  let isUnsure = false;
  try {
    await cluster.patiently(async (inner) => {
      const { controller } = await cluster.view([], inner);
      if (controller === undefined) throw new BrokerRefusal(NOT_CONTROLLER);
      const answer = await cluster.connections
        .request(
          controller,
          'main',
          (connection) =>
            createTopicsV5.api.async(connection, [wanted], CHANGE_TIMEOUT_MS, false).catch(answerIn<Created>),
          inner,
        )
        .catch((error: unknown) => {
          isUnsure ||= mayPass(error);
          throw error;
        });
      const { errorCode = 0, errorMessage } = answer.topics[0] ?? {};
      // The answer to an earlier try was lost, and that try had done it.
      if (errorCode === CODE.topicExists && isUnsure) return;
      refuse(errorCode, errorMessage);
    }, signal);
    cluster.forget(name);
    await untilTrue(async () => {
      const found = await cluster.refresh(name);
      return (
        found?.partitions.length === partitionCount && found.partitions.every(({ leader }) => leader !== undefined)
      );
    }, signal);
  } catch (error) {
    throw failureOf(error, task);
  }
}

const NOT_CONTROLLER = 41;

async function deleteTopic(cluster: Cluster, name: string, signal: AbortSignal | undefined): Promise<void> {
  let isUnsure = false;
  try {
    await cluster.patiently(async (inner) => {
      const { controller } = await cluster.view([], inner);
      if (controller === undefined) throw new BrokerRefusal(NOT_CONTROLLER);
      const answer = await cluster.connections
        .request(
          controller,
          'main',
          (connection) => deleteTopicsV5.api.async(connection, [{ name }], CHANGE_TIMEOUT_MS).catch(answerIn<Deleted>),
          inner,
        )
        .catch((error: unknown) => {
          isUnsure ||= mayPass(error);
          throw error;
        });
      const { errorCode = 0, errorMessage } = answer.responses[0] ?? {};
      if (isMissing(errorCode)) {
        if (isUnsure) return;
        throw noSuchTopic(name);
      }
      refuse(errorCode, errorMessage);
    }, signal);
    await untilTrue(async () => (await cluster.refresh(name)) === undefined, signal);
  } catch (error) {
    throw failureOf(error, { what: `delete topic "${name}"`, topic: name });
  }
}

/** Brokers learn of a change a moment after it was answered. */
async function untilTrue(ask: () => Promise<boolean>, signal: AbortSignal | undefined): Promise<void> {
  const end = performance.now() + ADMIN_RETRY_MS;
  while (performance.now() < end) {
    const isTrue = await ask().catch((error: unknown) => {
      if (mayPass(error)) return false;
      throw error;
    });
    if (isTrue) return;
    await pause(POLL_MS, signal);
  }
  throw new BrokerRefusal(7);
}

async function readTopicConfig(
  cluster: Cluster,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Readonly<Record<string, string>>> {
  const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: name, configurationKeys: null };
  try {
    const configs = await cluster.patiently(
      (inner) =>
        cluster.anyBroker(async (connection) => {
          const answer = await describeConfigsV2.api.async(connection, [resource], false).catch(answerIn<Described>);
          const found = answer.results[0];
          refuse(found?.errorCode ?? 0, found?.errorMessage);
          return found?.configs ?? [];
        }, inner),
      signal,
    );
    const own = configs.filter((each) => each.configSource === ConfigSources.DYNAMIC_TOPIC_CONFIG && !each.isSensitive);
    const entries = own.flatMap(({ name: key, value }) => (typeof value === 'string' ? [[key, value] as const] : []));
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  } catch (error) {
    throw isUnknown(error)
      ? noSuchTopic(name)
      : failureOf(error, { what: `read the settings of topic "${name}"`, topic: name });
  }
}

function isUnknown(error: unknown): boolean {
  return error instanceof BrokerRefusal && isMissing(error.errorCode);
}

async function alterTopicConfig(
  cluster: Cluster,
  name: string,
  changes: Readonly<Record<string, string | null>>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const entries = Object.entries(changes);
  if (entries.length === 0) return;
  const { SET, DELETE } = IncrementalAlterConfigOperationTypes;
  const configs = entries.map(([key, value]) =>
    value === null ? { name: key, configOperation: DELETE } : { name: key, configOperation: SET, value },
  );
  const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: name, configs };
  try {
    await cluster.patiently(
      (inner) =>
        cluster.anyBroker(async (connection) => {
          const answer = await incrementalAlterConfigsV1.api
            .async(connection, [resource], false)
            .catch(answerIn<Altered>);
          const found = answer.responses[0];
          refuse(found?.errorCode ?? 0, found?.errorMessage);
        }, inner),
      signal,
    );
    await untilTrue(async () => isVisible(await readTopicConfig(cluster, name, signal), changes), signal);
  } catch (error) {
    if (isSrgitError(error)) throw error;
    throw isUnknown(error)
      ? noSuchTopic(name)
      : failureOf(error, { what: `change the settings of topic "${name}"`, topic: name });
  }
}

/** What was taken away is gone; what was set is there, though perhaps in other words ("1000" for "1e3"). */
function isVisible(
  config: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string | null>>,
): boolean {
  return Object.entries(changes).every(([key, value]) => (value === null) === (config[key] === undefined));
}

async function deleteRecords(
  cluster: Cluster,
  topic: string,
  before: ReadonlyMap<number, bigint>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const done = new Set<number>();
  try {
    await cluster.patiently(async (inner) => {
      const left = [...before.keys()].filter((partition) => !done.has(partition));
      for (const [leader, partitions] of await byLeader(cluster, topic, left, inner)) {
        const wanted = partitions.map((partitionIndex) => ({
          partitionIndex,
          offset: before.get(partitionIndex) ?? 0n,
        }));
        const answer = await cluster.connections.request(
          leader,
          'main',
          (connection) =>
            deleteRecordsV1.api
              .async(connection, [{ name: topic, partitions: wanted }], CHANGE_TIMEOUT_MS)
              .catch(answerIn<Cleared>),
          inner,
        );
        for (const { partitionIndex, errorCode } of answer.topics.flatMap((each) => each.partitions)) {
          if (isStaleLeader(errorCode)) cluster.forget(topic);
          refuse(errorCode);
          done.add(partitionIndex);
        }
      }
    }, signal);
  } catch (error) {
    throw failureOf(error, { what: `delete records of topic "${topic}"`, topic });
  }
}

type Created = Awaited<ReturnType<typeof createTopicsV5.api.async>>;
type Deleted = Awaited<ReturnType<typeof deleteTopicsV5.api.async>>;
type Described = Awaited<ReturnType<typeof describeConfigsV2.api.async>>;
type Altered = Awaited<ReturnType<typeof incrementalAlterConfigsV1.api.async>>;
type Cleared = Awaited<ReturnType<typeof deleteRecordsV1.api.async>>;
