/** What is known of a cluster: its brokers, who leads which partition, who coordinates which group or transaction. */
import { type Connection, findCoordinatorV3, metadataV8 } from '@platformatic/kafka';
import { SrgitError } from '../errors.ts';
import type { KafkaSettings } from './port.ts';
import { type BrokerAddress, Connections, parseAddress } from './raw-connections.ts';
import { answerIn, BrokerRefusal, CODE, failureOf, mayPass, refuse } from './raw-fault.ts';
import { retrying, untilAborted } from './raw-wait.ts';

export interface PartitionPlace {
  /** Undefined while there is no leader. */
  readonly leader: BrokerAddress | undefined;
  readonly replicaCount: number;
}

export interface TopicPlaces {
  readonly name: string;
  readonly internal: boolean;
  readonly errorCode: number;
  /** By number of the partition. */
  readonly partitions: readonly PartitionPlace[];
}

export interface ClusterView {
  readonly clusterId: string | undefined;
  readonly controller: BrokerAddress | undefined;
  readonly brokers: readonly BrokerAddress[];
  readonly topics: readonly TopicPlaces[];
}

export type CoordinatorKind = 'group' | 'transaction';

/** How long an administrative call is tried for. */
export const ADMIN_RETRY_MS = 30_000;
/** A topic may be new to the broker that was asked. */
const NEW_TOPIC_MS = 1500;
/** Leaders may have moved without an error that says so. */
const STALE_MS = 60_000;

export class Cluster {
  readonly connections: Connections;
  private readonly bootstrap: readonly BrokerAddress[];
  private brokers: readonly BrokerAddress[] = [];
  private readonly places = new Map<string, { readonly topic: TopicPlaces; readonly at: number }>();
  private readonly refreshing = new Map<string, Promise<TopicPlaces | undefined>>();

  constructor(settings: KafkaSettings) {
    this.connections = new Connections(settings);
    this.bootstrap = settings.bootstrapServers.map(parseAddress);
    if (this.bootstrap.length === 0) {
      throw new SrgitError('SRGIT_CONFIG_MISSING', 'no address of a Kafka broker is given');
    }
  }

  /** Asks brokers one after the other until one answers; one round only. */
  async anyBroker<T>(run: (connection: Connection) => Promise<T>, signal?: AbortSignal): Promise<T> {
    let failure: unknown;
    for (const broker of [...shuffle(this.brokers), ...this.bootstrap]) {
      try {
        return await this.connections.request(broker, 'main', run, signal);
      } catch (error) {
        if (!mayPass(error) || error instanceof BrokerRefusal || signal?.aborted) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  /** Where topics are: those named, or all with undefined. Errors of topics are in the answer. One round of brokers. */
  async view(topics: readonly string[] | undefined, signal?: AbortSignal): Promise<ClusterView> {
    const names = topics === undefined ? null : [...topics];
    const answer = await this.anyBroker(
      (connection) => metadataV8.api.async(connection, names, false, false, false).catch(answerIn<Metadata>),
      signal,
    );
    const byId = new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
    if (byId.size > 0) this.brokers = [...byId.values()];
    const view: ClusterView = {
      clusterId: answer.clusterId ?? undefined,
      controller: byId.get(answer.controllerId),
      brokers: [...byId.values()],
      topics: answer.topics.map((topic) => placesOf(topic, byId)),
    };
    const at = performance.now();
    for (const topic of view.topics) if (topic.errorCode === 0) this.places.set(topic.name, { topic, at });
    return view;
  }

  /** What was last heard of a topic; undefined when nothing was, or too long ago. */
  known(topic: string): TopicPlaces | undefined {
    const known = this.places.get(topic);
    return known === undefined || performance.now() - known.at > STALE_MS ? undefined : known.topic;
  }

  forget(topic: string): void {
    this.places.delete(topic);
  }

  /** Asks anew; undefined when the brokers do not have the topic. Calls at the same time share one request. */
  refresh(topic: string): Promise<TopicPlaces | undefined> {
    const running = this.refreshing.get(topic);
    if (running !== undefined) return running;
    const asked = this.view([topic])
      .then(({ topics }) => {
        const found = topics.find(({ name }) => name === topic);
        if (found === undefined || isMissing(found.errorCode)) {
          this.forget(topic);
          return undefined;
        }
        if (found.partitions.length === 0) refuse(found.errorCode);
        this.places.set(topic, { topic: found, at: performance.now() });
        return found;
      })
      .finally(() => this.refreshing.delete(topic));
    this.refreshing.set(topic, asked);
    return asked;
  }

  /** @throws SRGIT_KAFKA_TOPIC when there is no such topic */
  async topic(name: string, signal?: AbortSignal): Promise<TopicPlaces> {
    const known = this.known(name);
    if (known !== undefined) return known;
    const ask = async (inner: AbortSignal | undefined): Promise<TopicPlaces> => {
      const topic = await untilAborted(this.refresh(name), inner);
      if (topic === undefined) throw new BrokerRefusal(CODE.unknownTopic);
      return topic;
    };
    return this.patiently(ask, signal).catch((error: unknown) => {
      throw isUnknownTopic(error) ? noSuchTopic(name) : failureOf(error, { what: `find topic ${name}`, topic: name });
    });
  }

  /** Tries on as long as an administrative call may take, once there was contact. */
  async patiently<T>(run: (signal: AbortSignal | undefined) => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.meet(signal);
    return retrying({ forMs: ADMIN_RETRY_MS, signal, retry: mayPassSoon }, () => run(signal));
  }

  /** The first contact fails at once: an address that is wrong does not become right. */
  async meet(signal?: AbortSignal): Promise<void> {
    if (this.brokers.length === 0) await this.view([], signal);
  }

  /** The broker that coordinates a group or a transactional id now. One try. */
  async coordinator(kind: CoordinatorKind, key: string, signal?: AbortSignal): Promise<BrokerAddress> {
    const answer = await this.anyBroker(
      (connection) => findCoordinatorV3.api.async(connection, kind === 'group' ? 0 : 1, [key]),
      signal,
    );
    const found = answer.coordinators[0];
    if (found === undefined) throw new BrokerRefusal(CODE.coordinatorLoading);
    return { host: found.host, port: found.port };
  }

  close(): void {
    this.connections.close();
  }
}

type Metadata = Awaited<ReturnType<typeof metadataV8.api.async>>;

function placesOf(topic: Metadata['topics'][number], brokers: ReadonlyMap<number, BrokerAddress>): TopicPlaces {
  const partitions: PartitionPlace[] = [];
  for (const { partitionIndex, leaderId, replicaNodes } of topic.partitions) {
    partitions[partitionIndex] = { leader: brokers.get(leaderId), replicaCount: replicaNodes.length };
  }
  return { name: topic.name, internal: topic.isInternal, errorCode: topic.errorCode, partitions };
}

/** What a name that no topic can have is answered with, too. */
export function isMissing(errorCode: number): boolean {
  return errorCode === CODE.unknownTopic || errorCode === CODE.invalidTopic;
}

/** A topic that is missing is not waited for as long as a broker. */
export function mayPassSoon(error: unknown, afterMs: number): boolean {
  return mayPass(error) && (!isUnknownTopic(error) || afterMs < NEW_TOPIC_MS);
}

function isUnknownTopic(error: unknown): boolean {
  return error instanceof BrokerRefusal && isMissing(error.errorCode);
}

export function noSuchTopic(name: string): SrgitError {
  return new SrgitError('SRGIT_KAFKA_TOPIC', `there is no topic ${name}`, {
    hint: 'check its name, and whether this user may see it',
  });
}

export function noSuchPartition(name: string, partition: number, count: number): SrgitError {
  const message = `topic ${name} has ${count} partition${count === 1 ? '' : 's'}, and no partition ${partition}`;
  return new SrgitError('SRGIT_KAFKA_TOPIC', message, { details: { topic: name, partition } });
}

function shuffle<T>(items: readonly T[]): T[] {
  return [...items].sort(() => Math.random() - 0.5);
}
