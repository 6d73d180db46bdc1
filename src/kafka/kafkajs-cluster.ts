/** What is known of a cluster: its brokers, who leads which partition, who coordinates which group or transaction. */
import { isSrgitError, SrgitError } from '../errors.ts';
import { closedEarlyError, codeError, isStaleCoordinator, isStaleLeader, type KafkaTask } from './kafka-error.ts';
import type { KafkajsInternals } from './kafkajs-internals.ts';
import { type BrokerAddress, KafkajsLink, parseAddress, REQUEST_TIMEOUT_MS } from './kafkajs-link.ts';
import {
  type Call,
  coordinatorCall,
  type MetadataAnswer,
  metadataCall,
  type TopicMetadata,
} from './kafkajs-requests.ts';
import { orAborted, type Patience, patience, retrying } from './kafkajs-wait.ts';
import type { KafkaSettings } from './port.ts';

/** How long what is known of a topic is believed. */
const STALE_MS = 60_000;
/** A topic may be new to the broker that was asked. */
const NEW_TOPIC_MS = 1500;
const UNKNOWN_TOPIC = 3;
const INVALID_TOPIC = 17;
const LEADER_NOT_AVAILABLE = 5;

export type CoordinatorKind = 'group' | 'transaction';

/** Whom to ask. */
export type Where =
  | { readonly kind: 'any' }
  | { readonly kind: 'controller' }
  | {
      readonly kind: 'leader';
      readonly topic: string;
      readonly partition: number;
      /** Connections of its own, for requests that wait: a broker works on one at a time of each connection. */
      readonly lane?: number;
    }
  | { readonly kind: CoordinatorKind; readonly key: string };

export class KafkajsCluster {
  readonly requestTimeoutMs: number;
  private readonly internals: KafkajsInternals;
  private readonly settings: KafkaSettings;
  private readonly bootstrap: readonly BrokerAddress[];
  private readonly links = new Map<string, KafkajsLink>();
  private readonly topics = new Map<string, { readonly topic: TopicMetadata; readonly at: number }>();
  private readonly lanes = new Set<number>();
  private readonly coordinators = new Map<string, BrokerAddress>();
  private readonly brokers = new Map<number, BrokerAddress>();
  private controller: BrokerAddress | undefined;
  private contacted = false;
  private closed = false;

  constructor(internals: KafkajsInternals, settings: KafkaSettings) {
    this.internals = internals;
    this.settings = settings;
    this.bootstrap = settings.bootstrapServers.map(parseAddress);
    this.requestTimeoutMs = settings.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
    if (this.bootstrap.length === 0) {
      throw new SrgitError('SRGIT_CONFIG_MISSING', 'no address of a Kafka broker is given', {
        hint: 'Give `bootstrap_servers`.',
      });
    }
  }

  /**
   * Asks until there is an answer that `codeOf` finds no fault with, or the time is over.
   * @param codeOf the protocol's error code in an answer, 0 for none
   */
  async ask<T>(
    where: Where,
    call: Call<T>,
    codeOf: (answer: T) => number,
    task: KafkaTask,
    limits: Patience = patience(this.requestTimeoutMs),
  ): Promise<T> {
    return this.patiently(limits, where, () => this.askOnce(where, call, codeOf, task, limits.signal));
  }

  /** Every broker there is. */
  async askAll<T>(
    call: Call<T>,
    codeOf: (answer: T) => number,
    task: KafkaTask,
    limits: Patience,
  ): Promise<readonly T[]> {
    return this.patiently(limits, { kind: 'any' }, async () => {
      await this.metadata([], task, limits.signal);
      const asked = [...this.brokers.values()].map(async (address) => {
        const answer = await orAborted(this.link(address).call(call, task), limits.signal);
        const code = codeOf(answer);
        if (code !== 0) throw codeError(code, task);
        return answer;
      });
      return Promise.all(asked);
    });
  }

  /** One try. What the failure says about leaders and coordinators is remembered. */
  async askOnce<T>(
    where: Where,
    call: Call<T>,
    codeOf: (answer: T) => number,
    task: KafkaTask,
    signal?: AbortSignal,
    timeoutMs?: number,
  ): Promise<T> {
    const link = await this.find(where, task, signal);
    try {
      const answer = await orAborted(link.call(call, task, timeoutMs), signal);
      const code = codeOf(answer);
      if (code !== 0) throw codeError(code, { broker: link.name, ...task });
      return answer;
    } catch (error) {
      this.learnFrom(error, where);
      throw error;
    }
  }

  /** The first contact with a cluster is tried once: a wrong address should be told at once. */
  patiently<T>(limits: Patience, where: Where, attempt: () => Promise<T>): Promise<T> {
    return retrying(!this.contacted ? { ...limits, until: 0 } : limits, attempt, (error) => {
      if (!isSrgitError(error)) return false;
      // What a leader does not know any more may have moved.
      return error.retriable && !(error.details['kafkaCode'] === UNKNOWN_TOPIC && where.kind !== 'leader');
    });
  }

  /** One round of the brokers known, then of those that were given. */
  async metadata(topics: readonly string[] | null, task: KafkaTask, signal?: AbortSignal): Promise<MetadataAnswer> {
    let failure: unknown;
    const known = [...this.brokers.values()].sort(() => Math.random() - 0.5);
    for (const address of [...known, ...this.bootstrap]) {
      try {
        const answer = await orAborted(this.link(address).call(metadataCall(topics), task), signal);
        // What a broker answers with that does not take the connection for authenticated.
        if (answer.nodes.length === 0) throw closedEarlyError({ broker: `${address.host}:${address.port}`, ...task });
        this.learn(answer);
        return answer;
      } catch (error) {
        if (!isSrgitError(error) || !error.retriable) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  /** Undefined when there is none. */
  async findTopic(name: string, signal?: AbortSignal): Promise<TopicMetadata | undefined> {
    const task = { what: `find topic "${name}"`, topic: name };
    const answer = await this.patiently(patience(this.requestTimeoutMs, signal), { kind: 'any' }, async () => {
      const { topics } = await this.metadata([name], task, signal);
      const [found] = topics;
      const code = found?.code ?? UNKNOWN_TOPIC;
      if (found === undefined || code === UNKNOWN_TOPIC || code === INVALID_TOPIC) return undefined;
      if (code !== 0 && found.partitions.length === 0) throw codeError(code, task);
      return found;
    });
    if (answer !== undefined) this.topics.set(name, { topic: answer, at: performance.now() });
    return answer;
  }

  /** @throws SRGIT_KAFKA_TOPIC when there is no such topic */
  async topic(name: string, signal?: AbortSignal): Promise<TopicMetadata> {
    const known = this.topics.get(name);
    if (known !== undefined && performance.now() - known.at < STALE_MS) return known.topic;
    return retrying(
      patience(NEW_TOPIC_MS, signal),
      async () => {
        const found = await this.findTopic(name, signal);
        if (found === undefined) throw noSuchTopic(name);
        return found;
      },
      (error) => isSrgitError(error, 'SRGIT_KAFKA_TOPIC'),
    );
  }

  /** @throws SRGIT_KAFKA_TOPIC when the topic has no such partition */
  async requirePartition(name: string, partition: number, task: KafkaTask, signal?: AbortSignal): Promise<void> {
    await this.leaderOf(name, partition, task, signal);
  }

  /** The lowest lane that is free, so that its connections are used again. */
  takeLane(): number {
    let lane = 1;
    while (this.lanes.has(lane)) lane++;
    this.lanes.add(lane);
    return lane;
  }

  /** @param cut ends its connections, where an answer is still to come */
  freeLane(lane: number, cut: boolean): void {
    this.lanes.delete(lane);
    if (!cut) return;
    for (const [key, link] of this.links) {
      if (!key.startsWith(`${lane} `)) continue;
      this.links.delete(key);
      link.close();
    }
  }

  forgetTopic(name: string): void {
    this.topics.delete(name);
  }

  close(): void {
    this.closed = true;
    for (const link of this.links.values()) link.close();
    this.links.clear();
  }

  private async find(where: Where, task: KafkaTask, signal?: AbortSignal): Promise<KafkajsLink> {
    switch (where.kind) {
      case 'any': {
        if (this.brokers.size === 0) await this.metadata([], task, signal);
        return this.anyLink();
      }
      case 'controller': {
        await this.metadata([], task, signal);
        return this.controller === undefined ? this.anyLink() : this.link(this.controller);
      }
      case 'leader':
        return this.link(await this.leaderOf(where.topic, where.partition, task, signal), where.lane);
      default:
        return this.link(await this.coordinatorOf(where.kind, where.key, task, signal));
    }
  }

  private async leaderOf(
    name: string,
    partition: number,
    task: KafkaTask,
    signal?: AbortSignal,
  ): Promise<BrokerAddress> {
    const topic = await this.topic(name, signal);
    const found = topic.partitions.find((each) => each.partition === partition);
    if (found === undefined) {
      // There may be more of them by now.
      const fresh = (await this.findTopic(name, signal)) ?? topic;
      if (fresh.partitions.every((each) => each.partition !== partition)) {
        throw noSuchPartition(name, partition, fresh.partitions.length);
      }
      this.forgetTopic(name);
      throw codeError(LEADER_NOT_AVAILABLE, task);
    }
    const address = this.brokers.get(found.leader);
    if (address !== undefined) return address;
    this.forgetTopic(name);
    throw codeError(LEADER_NOT_AVAILABLE, task, 'LEADER_NOT_AVAILABLE');
  }

  private async coordinatorOf(
    kind: CoordinatorKind,
    key: string,
    task: KafkaTask,
    signal?: AbortSignal,
  ): Promise<BrokerAddress> {
    const known = this.coordinators.get(`${kind} ${key}`);
    if (known !== undefined) return known;
    const { node } = await this.askOnce({ kind: 'any' }, coordinatorCall(kind, key), ({ code }) => code, task, signal);
    this.coordinators.set(`${kind} ${key}`, node);
    return node;
  }

  private anyLink(): KafkajsLink {
    const addresses = [...this.brokers.values()];
    const address = addresses[Math.floor(Math.random() * addresses.length)] ?? this.bootstrap[0];
    if (address === undefined) throw new SrgitError('SRGIT_INTERNAL', 'no broker is known');
    return this.link(address);
  }

  private link(address: BrokerAddress, lane = 0): KafkajsLink {
    if (this.closed) throw new SrgitError('SRGIT_KAFKA_FAILED', 'the Kafka client is closed');
    const key = `${lane} ${address.host}:${address.port}`;
    const link = this.links.get(key) ?? new KafkajsLink(this.internals, this.settings, address);
    this.links.set(key, link);
    return link;
  }

  private learn(answer: MetadataAnswer): void {
    this.contacted = true;
    this.brokers.clear();
    for (const { id, host, port } of answer.nodes) this.brokers.set(id, { host, port });
    this.controller = this.brokers.get(answer.controllerId);
    const at = performance.now();
    for (const topic of answer.topics) if (topic.code === 0) this.topics.set(topic.name, { topic, at });
  }

  private learnFrom(error: unknown, where: Where): void {
    if (!isSrgitError(error)) return;
    const code = error.details['kafkaCode'];
    const isLost = error.retriable && typeof code !== 'number';
    if (where.kind === 'leader' && (isLost || (typeof code === 'number' && isStaleLeader(code)))) {
      this.forgetTopic(where.topic);
    }
    if (where.kind === 'group' || where.kind === 'transaction') {
      if (isLost || (typeof code === 'number' && isStaleCoordinator(code))) {
        this.coordinators.delete(`${where.kind} ${where.key}`);
      }
    }
    // A broker that is gone must not be chosen again and again: those that were given are asked.
    if (isLost && where.kind === 'any') this.brokers.clear();
  }
}

export function noSuchTopic(name: string): SrgitError {
  return new SrgitError('SRGIT_KAFKA_TOPIC', `there is no topic "${name}"`, {
    hint: 'Check its name, and whether this user may see it.',
    details: { topic: name },
  });
}

function noSuchPartition(name: string, partition: number, count: number): SrgitError {
  const has = `topic "${name}" has ${count} partition${count === 1 ? '' : 's'}`;
  return new SrgitError('SRGIT_KAFKA_TOPIC', `there is no partition ${partition}: ${has}`, {
    hint: 'Create the topic with as many partitions as its source has.',
    details: { topic: name, partition },
  });
}
