/** Topics, offsets, settings and groups. */
import { isSrgitError, throwIfAborted } from '../errors.ts';
import type { ConsumerGroup, GroupOffset } from '../records/record-source.ts';
import { codeError, type KafkaTask } from './kafka-error.ts';
import {
  alterTopicConfigCall,
  commitOffsetsCall,
  createTopicCall,
  deleteRecordsCall,
  deleteTopicCall,
  describeGroupCall,
  type GroupOffsetsAnswer,
  groupOffsetsCall,
  listGroupsCall,
  topicConfigCall,
} from './kafkajs-admin-requests.ts';
import { type KafkajsCluster, noSuchTopic, type Where } from './kafkajs-cluster.ts';
import { EARLIEST, LATEST, listOffsetsCall, type PartitionCode, type TopicMetadata } from './kafkajs-requests.ts';
import { type Patience, patience, pause } from './kafkajs-wait.ts';
import type { KafkaAdmin, KafkaGroup, KafkaTopic, NewTopic, OffsetsOf } from './port.ts';

/** For the broker to carry out a change. */
const CHANGE_MS = 15_000;
const POLL_MS = 100;
const LEADERS_MS = 30_000;
const UNKNOWN_TOPIC = 3;
const GROUP_NOT_FOUND = 69;
const ANY: Where = { kind: 'any' };
const CONTROLLER: Where = { kind: 'controller' };

export class KafkajsAdmin implements KafkaAdmin {
  private readonly cluster: KafkajsCluster;

  constructor(cluster: KafkajsCluster) {
    this.cluster = cluster;
  }

  async topics(names?: readonly string[], signal?: AbortSignal): Promise<readonly KafkaTopic[]> {
    throwIfAborted(signal);
    if (names?.length === 0) return [];
    const wanted = names === undefined ? null : [...new Set(names)];
    const { topics } = await this.cluster.patiently(this.limits(signal), ANY, () =>
      this.cluster.metadata(wanted, { what: 'list the topics' }, signal),
    );
    const found = topics.filter(({ partitions }) => partitions.length > 0).map(topicOf);
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async offsets(
    topic: string,
    at: 'earliest' | 'latest' | 'stable',
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<number, bigint>> {
    throwIfAborted(signal);
    const found = await this.cluster.findTopic(topic, signal);
    if (found === undefined) throw noSuchTopic(topic);
    const timestamp = at === 'earliest' ? EARLIEST : LATEST;
    const task = { what: `ask for the offsets of topic "${topic}"`, topic };
    const answers = await Promise.all(
      partitionsByLeader(found).map((partitions) => {
        const call = listOffsetsCall(topic, partitions, timestamp, at === 'stable');
        const where: Where = { kind: 'leader', topic, partition: partitions[0] ?? 0 };
        return this.cluster.ask(where, call, firstCode, task, this.limits(signal));
      }),
    );
    const offsets = answers.flat().map(({ partition, offset }) => [partition, offset] as const);
    return new Map(offsets.sort(([a], [b]) => a - b));
  }

  async clusterId(signal?: AbortSignal): Promise<string> {
    throwIfAborted(signal);
    const { clusterId } = await this.cluster.patiently(this.limits(signal), ANY, () =>
      this.cluster.metadata([], { what: 'ask for the id of the cluster' }, signal),
    );
    return clusterId ?? '';
  }

  async createTopic(topic: NewTopic, signal?: AbortSignal): Promise<void> {
    const { name, partitionCount, replicationFactor = -1, config = {} } = topic;
    const task = { what: `create topic "${name}"`, topic: name };
    const call = createTopicCall({ name, partitionCount, replicationFactor }, config, CHANGE_MS);
    await this.cluster.ask(CONTROLLER, call, (code) => code, task, this.limits(signal));
    await this.until(name, signal, (found) => found !== undefined && hasLeaders(found, partitionCount));
  }

  async deleteTopic(name: string, signal?: AbortSignal): Promise<void> {
    const task = { what: `delete topic "${name}"`, topic: name };
    const call = deleteTopicCall(name, CHANGE_MS);
    await this.cluster
      .ask(CONTROLLER, call, (code) => code, task, this.limits(signal))
      .catch((error: unknown) => {
        throw isSrgitError(error) && error.details['kafkaCode'] === UNKNOWN_TOPIC ? noSuchTopic(name) : error;
      });
    this.cluster.forgetTopic(name);
    await this.until(name, signal, (found) => found === undefined);
  }

  async topicConfig(name: string, signal?: AbortSignal): Promise<Readonly<Record<string, string>>> {
    const task = { what: `read the settings of topic "${name}"`, topic: name };
    const { config } = await this.cluster
      .ask(ANY, topicConfigCall(name), ({ code }) => code, task, this.limits(signal))
      .catch((error: unknown) => {
        throw isSrgitError(error) && error.details['kafkaCode'] === UNKNOWN_TOPIC ? noSuchTopic(name) : error;
      });
    return config;
  }

  async alterTopicConfig(
    name: string,
    changes: Readonly<Record<string, string | null>>,
    signal?: AbortSignal,
  ): Promise<void> {
    if (Object.keys(changes).length === 0) return;
    const task = { what: `change the settings of topic "${name}"`, topic: name };
    const call = alterTopicConfigCall(name, changes);
    await this.cluster.ask(CONTROLLER, call, (code) => code, task, this.limits(signal));
  }

  async deleteRecords(topic: string, before: ReadonlyMap<number, bigint>, signal?: AbortSignal): Promise<void> {
    const task = { what: `delete records of topic "${topic}"`, topic };
    const found = await this.cluster.topic(topic, signal);
    for (const partitions of partitionsByLeader(found)) {
      const wanted = partitions.flatMap((partition) => {
        const offset = before.get(partition);
        return offset === undefined ? [] : [[partition, offset] as const];
      });
      const [first] = wanted;
      if (first === undefined) continue;
      const where: Where = { kind: 'leader', topic, partition: first[0] };
      const call = deleteRecordsCall(topic, wanted, CHANGE_MS);
      await this.cluster.ask(where, call, firstCode, task, this.limits(signal));
    }
    for (const partition of before.keys()) await this.cluster.requirePartition(topic, partition, task, signal);
  }

  /** Of every broker: each knows those that it coordinates. */
  async groups(signal?: AbortSignal): Promise<readonly string[]> {
    throwIfAborted(signal);
    const task = { what: 'list the consumer groups' };
    const answers = await this.cluster.askAll(listGroupsCall(), ({ code }) => code, task, this.limits(signal));
    return [...new Set(answers.flatMap(({ groups }) => groups))].sort();
  }

  async describeGroup(group: string, signal?: AbortSignal): Promise<KafkaGroup> {
    throwIfAborted(signal);
    const task = { what: `look at group "${group}"`, group };
    const where: Where = { kind: 'group', key: group };
    const { code: _, ...found } = await this.cluster.ask(
      where,
      describeGroupCall(group),
      ({ code }) => code,
      task,
      this.limits(signal),
    );
    return found;
  }

  async groupOffsets(group: string, signal?: AbortSignal, of?: OffsetsOf): Promise<ConsumerGroup> {
    const task = { what: `read the offsets of group "${group}"`, group };
    const codeOf = ({ code, offsets }: GroupOffsetsAnswer): number => {
      if (code !== 0) return code === GROUP_NOT_FOUND ? 0 : code;
      return offsets.find((offset) => offset.code !== 0)?.code ?? 0;
    };
    const where: Where = { kind: 'group', key: group };
    const answer = await this.cluster.ask(where, groupOffsetsCall(group, of), codeOf, task, this.limits(signal));
    const offsets = answer.offsets.map(({ code: _, ...offset }) => offset);
    return { group, offsets: offsets.filter(({ offset }) => offset >= 0n).sort(byPlace) };
  }

  async commitGroupOffsets(group: string, offsets: readonly GroupOffset[], signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    if (offsets.length === 0) return;
    const task = { what: `commit offsets of group "${group}"`, group };
    const where: Where = { kind: 'group', key: group };
    await this.cluster.ask(where, commitOffsetsCall(group, offsets), firstCode, task, this.limits(signal));
  }

  private limits(signal: AbortSignal | undefined): Patience {
    return patience(this.cluster.requestTimeoutMs, signal);
  }

  private async until(
    name: string,
    signal: AbortSignal | undefined,
    isDone: (found: TopicMetadata | undefined) => boolean,
  ): Promise<void> {
    const end = performance.now() + LEADERS_MS;
    while (!isDone(await this.cluster.findTopic(name, signal))) {
      const task: KafkaTask = { what: `wait for the leaders of topic "${name}"`, topic: name };
      if (performance.now() > end) throw codeError(5, task, 'LEADER_NOT_AVAILABLE');
      await pause(POLL_MS, signal);
    }
  }
}

function topicOf({ name, internal, partitions }: TopicMetadata): KafkaTopic {
  const replicationFactor = partitions[0]?.replicas.length ?? 0;
  return { name, internal, partitionCount: partitions.length, replicationFactor };
}

function hasLeaders({ partitions }: TopicMetadata, count: number): boolean {
  return partitions.length >= count && partitions.every(({ leader }) => leader >= 0);
}

function partitionsByLeader({ partitions }: TopicMetadata): readonly number[][] {
  const groups = Map.groupBy(partitions, ({ leader }) => leader);
  return [...groups.values()].map((group) => group.map(({ partition }) => partition));
}

function firstCode(answers: readonly PartitionCode[]): number {
  return answers.find(({ code }) => code !== 0)?.code ?? 0;
}

function byPlace(a: GroupOffset, b: GroupOffset): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1;
  return a.partition - b.partition;
}
