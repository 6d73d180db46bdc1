/**
 * Sends batches to the leaders of their partitions: several on their way, each partition's in order, tried until they are
 * written, refused or too late. Batches of partitions with the same leader share a request where they wait together.
 */
import type { SrgitError } from '../errors.ts';
import { AT, stampProducer } from '../records/batch-header.ts';
import { isStaleLeader } from './kafka-error.ts';
import { type Cluster, noSuchPartition, noSuchTopic } from './raw-cluster.ts';
import { type BrokerAddress, MAX_IN_FLIGHT } from './raw-connections.ts';
import { BrokerRefusal, CODE, failureOf, mayPass } from './raw-fault.ts';
import { outcomeOf, PartitionQueue, type PendingBatch } from './raw-partition-queue.ts';
import { type ProduceOutcome, produce } from './raw-produce.ts';
import { judge, tooLate, writeTask } from './raw-verdict.ts';
import { backoffMs } from './raw-wait.ts';

export interface ProducerIdentity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

export interface SenderOptions {
  readonly transactionalId: string | undefined;
  readonly acks: -1 | 1;
  readonly deliveryTimeoutMs: number;
  readonly lane: string;
}

/** Batches for one request of several partitions are gathered up to so many bytes; a larger one goes by itself. */
const REQUEST_BYTES = 1024 * 1024;
/** How long a partition may be unknown to the cluster before that is believed. */
const MISSING_MS = 3000;

export class Sender {
  /** Makes partitions part of the transaction before anything is sent to them. */
  addToTransaction: ((partitions: readonly PartitionQueue[]) => Promise<void>) | undefined;
  identity: ProducerIdentity;
  /** What ended the sending for good. */
  failure: SrgitError | undefined;
  /** A batch may have been written without our knowing: its sequence cannot be used again, and not be left out. */
  isUnsure = false;

  private readonly cluster: Cluster;
  private readonly options: SenderOptions;
  private readonly queues = new Map<string, PartitionQueue>();
  private readonly requests = new Map<string, number>();
  private readonly asking = new Set<string>();
  private adding = false;
  private pumping = false;
  private timer: NodeJS.Timeout | undefined;
  private idle: (() => void)[] = [];

  constructor(cluster: Cluster, options: SenderOptions, identity: ProducerIdentity) {
    this.cluster = cluster;
    this.options = options;
    this.identity = identity;
  }

  send(topic: string, partition: number, bytes: Buffer): Promise<{ readonly baseOffset: bigint }> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const key = `${topic}/${partition}`;
    let queue = this.queues.get(key);
    if (queue === undefined) {
      queue = new PartitionQueue(topic, partition, 0);
      this.queues.set(key, queue);
    }
    const { promise, resolve, reject } = Promise.withResolvers<{ readonly baseOffset: bigint }>();
    const deadline = performance.now() + this.options.deliveryTimeoutMs;
    queue.add({
      bytes,
      recordCount: bytes.readInt32BE(AT.recordCount),
      deadline,
      settle: (outcome) => {
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      },
    });
    this.pumpSoon();
    return promise;
  }

  /** Resolves when nothing waits and nothing is on its way, whatever became of it. */
  settled(): Promise<void> {
    if (this.isIdle()) return Promise.resolve();
    return new Promise((resolve) => this.idle.push(resolve));
  }

  partitionsInTransaction(): readonly PartitionQueue[] {
    return [...this.queues.values()].filter(({ inTransaction }) => inTransaction);
  }

  endTransaction(): void {
    for (const queue of this.queues.values()) queue.inTransaction = false;
  }

  /** Nothing more is sent or taken: what waits is rejected, what is on its way comes back yet (see `settled`). */
  halt(error: SrgitError): void {
    this.failure ??= error;
    for (const queue of this.queues.values()) if (queue.failWaiting(error)) this.isUnsure = true;
    clearTimeout(this.timer);
    this.tellIdle();
  }

  /** As `halt`, and gives up what is on its way. */
  fail(error: SrgitError): void {
    this.halt(error);
    for (const queue of this.queues.values()) {
      if (!queue.failInFlight(error)) continue;
      this.isUnsure = true;
      this.cluster.connections.drop(this.options.lane);
    }
    this.tellIdle();
  }

  /** Takes batches again after `halt` or `fail`; with another epoch, sequences begin anew. */
  resume(identity?: ProducerIdentity): void {
    this.failure = undefined;
    if (identity === undefined) return;
    this.identity = identity;
    this.isUnsure = false;
    for (const queue of this.queues.values()) queue.restart();
  }

  private isIdle(): boolean {
    for (const queue of this.queues.values()) if (!queue.isIdle) return false;
    return true;
  }

  private tellIdle(): void {
    if (this.idle.length === 0 || !this.isIdle()) return;
    const waiting = this.idle;
    this.idle = [];
    for (const tell of waiting) tell();
  }

  /** After what runs now, so that batches given one after the other go together. */
  private pumpSoon(): void {
    if (this.pumping) return;
    this.pumping = true;
    queueMicrotask(() => {
      this.pumping = false;
      this.pump();
    });
  }

  private pump(): void {
    if (this.failure !== undefined) return;
    const now = performance.now();
    const ready = new Map<string, { leader: BrokerAddress; queues: PartitionQueue[] }>();
    const outside: PartitionQueue[] = [];
    let earliest = Number.POSITIVE_INFINITY;
    for (const queue of this.queues.values()) {
      const head = queue.waiting[0] ?? queue.inFlight[0];
      if (head === undefined) continue;
      const oldest = Math.min(head.deadline, queue.inFlight[0]?.deadline ?? head.deadline);
      if (oldest <= now) {
        this.fail(tooLate(queue, this.options.deliveryTimeoutMs));
        return;
      }
      earliest = Math.min(earliest, oldest);
      if (queue.waiting.length > 0 && queue.holdUntil > now) earliest = Math.min(earliest, queue.holdUntil);
      if (!queue.mayGo(now, MAX_IN_FLIGHT)) continue;
      const leader = this.leaderOf(queue);
      if (leader === undefined) continue;
      if (this.addToTransaction !== undefined && !queue.inTransaction) {
        outside.push(queue);
        continue;
      }
      const address = `${leader.host}:${leader.port}`;
      // Those on their way to another broker come back first, for the order's sake.
      if (queue.inFlight.length > 0 && queue.sentTo !== address) continue;
      const group = ready.get(address) ?? { leader, queues: [] };
      group.queues.push(queue);
      ready.set(address, group);
    }
    if (outside.length > 0) this.addPartitions(outside);
    for (const [address, { leader, queues }] of ready) this.sendTo(address, leader, queues);
    this.wakeAt(earliest);
  }

  private wakeAt(time: number): void {
    clearTimeout(this.timer);
    if (time === Number.POSITIVE_INFINITY) return;
    this.timer = setTimeout(() => this.pump(), Math.max(1, Math.ceil(time - performance.now())));
  }

  private leaderOf(queue: PartitionQueue): BrokerAddress | undefined {
    const known = this.cluster.known(queue.topic);
    const leader = known?.partitions[queue.partition]?.leader;
    if (leader === undefined) this.ask(queue.topic);
    return leader;
  }

  /** Asks where the topic's leaders are now; what it does not have any more is refused. */
  private ask(topic: string): void {
    if (this.asking.has(topic)) return;
    this.asking.add(topic);
    this.cluster
      .refresh(topic)
      .then(
        (places) => this.learn(topic, places?.partitions.length, places?.partitions),
        (error: unknown) => {
          if (mayPass(error)) this.holdTopic(topic);
          else this.refuseTopic(topic, failureOf(error, { what: `find topic ${topic}`, topic }));
        },
      )
      .finally(() => {
        this.asking.delete(topic);
        this.pumpSoon();
      });
  }

  private learn(topic: string, count: number | undefined, places: readonly { leader?: unknown }[] | undefined): void {
    const now = performance.now();
    for (const queue of this.queues.values()) {
      if (queue.topic !== topic || queue.waiting.length === 0) continue;
      if (count !== undefined && queue.partition >= 0 && queue.partition < count) {
        queue.missingSince = undefined;
        if (places?.[queue.partition]?.leader === undefined) queue.holdUntil = now + backoffMs(queue.tries++);
        continue;
      }
      queue.missingSince ??= now;
      // A partition beyond a topic's count is not about to come; a topic may be new to the broker that was asked.
      const isBelieved = count !== undefined || now - queue.missingSince > MISSING_MS;
      if (!isBelieved) queue.holdUntil = now + backoffMs(2);
      else
        this.refuseWaiting(
          queue,
          count === undefined ? noSuchTopic(topic) : noSuchPartition(topic, queue.partition, count),
        );
    }
  }

  private holdTopic(topic: string): void {
    const until = performance.now() + backoffMs(3);
    for (const queue of this.queues.values()) if (queue.topic === topic) queue.holdUntil = until;
  }

  private refuseTopic(topic: string, error: SrgitError): void {
    for (const queue of this.queues.values()) if (queue.topic === topic) this.refuseWaiting(queue, error);
  }

  /** Where one of them was sent before, its fate is not known: then this is the end of all. */
  private refuseWaiting(queue: PartitionQueue, error: SrgitError): void {
    if (queue.inFlight.length > 0 || queue.waiting.some(({ tries }) => tries > 0)) this.fail(error);
    else queue.failWaiting(error);
    this.tellIdle();
  }

  private addPartitions(queues: readonly PartitionQueue[]): void {
    if (this.adding || this.addToTransaction === undefined) return;
    this.adding = true;
    this.addToTransaction(queues)
      .then(
        () => {
          for (const queue of queues) queue.inTransaction = true;
        },
        (error: unknown) => {
          const task = { what: 'add partitions to the transaction' };
          this.fail(failureOf(error, task));
        },
      )
      .finally(() => {
        this.adding = false;
        this.pumpSoon();
      });
  }

  private sendTo(address: string, leader: BrokerAddress, queues: readonly PartitionQueue[]): void {
    let rest = [...queues];
    while (rest.length > 0 && (this.requests.get(address) ?? 0) < MAX_IN_FLIGHT) {
      const entries: Entry[] = [];
      let size = 0;
      for (const queue of rest) {
        const next = queue.waiting[0];
        if (next === undefined || (entries.length > 0 && size + next.bytes.length > REQUEST_BYTES)) continue;
        queue.sentTo = address;
        const batch = queue.take();
        stampProducer(batch.bytes, {
          ...this.identity,
          baseSequence: batch.sequence,
          transactional: this.options.transactionalId !== undefined,
        });
        entries.push({ queue, batch });
        size += batch.bytes.length;
      }
      this.request(address, leader, entries);
      const now = performance.now();
      // Those that did not fit come first in the next.
      const left = rest.filter((queue) => !entries.some((entry) => entry.queue === queue));
      rest = [...left, ...entries.map(({ queue }) => queue)].filter((queue) => queue.mayGo(now, MAX_IN_FLIGHT));
    }
  }

  private request(address: string, leader: BrokerAddress, entries: readonly Entry[]): void {
    this.requests.set(address, (this.requests.get(address) ?? 0) + 1);
    const { transactionalId, acks, lane } = this.options;
    const { connections } = this.cluster;
    // Shorter than the client's own limit, so that the broker's answer comes first.
    const options = { transactionalId, acks, timeoutMs: Math.ceil(connections.requestTimeoutMs * 0.9) };
    const parts = entries.map(({ queue, batch }) => ({
      topic: queue.topic,
      partition: queue.partition,
      bytes: batch.bytes,
    }));
    connections
      .request(leader, lane, (connection) => produce(connection, options, parts))
      .then(
        (outcomes) => {
          for (const entry of entries) this.answered(entry, outcomeOf(outcomes, entry.queue));
        },
        (error: unknown) => {
          for (const entry of entries) this.failed(entry, error);
        },
      )
      .catch((error: unknown) => {
        this.fail(failureOf(error, { what: 'write to Kafka' }));
      })
      .finally(() => {
        this.requests.set(address, (this.requests.get(address) ?? 1) - 1);
        this.pump();
        this.tellIdle();
      });
  }

  private answered({ queue, batch }: Entry, outcome: ProduceOutcome | undefined): void {
    // Given up meanwhile.
    if (!queue.has(batch)) return;
    if (outcome === undefined) {
      this.failed({ queue, batch }, new BrokerRefusal(CODE.notLeader));
      return;
    }
    const { errorCode, said } = outcome;
    // Written before, and the broker no longer knows where: the answer to the first try was lost.
    if (errorCode === 0 || errorCode === CODE.duplicateSequence) {
      queue.written(batch, errorCode === 0 ? outcome.baseOffset : -1n);
      return;
    }
    this.failed({ queue, batch }, new BrokerRefusal(errorCode, said));
  }

  private failed({ queue, batch }: Entry, error: unknown): void {
    if (!queue.has(batch)) return;
    const verdict = judge(error, batch, queue);
    if (verdict === 'refused') {
      queue.refused(batch, failureOf(error, writeTask(queue)));
      return;
    }
    if (verdict === 'final') {
      this.fail(failureOf(error, writeTask(queue)));
      return;
    }
    const code = error instanceof BrokerRefusal ? error.errorCode : undefined;
    if (this.failure !== undefined) {
      if (code !== CODE.outOfOrderSequence) this.isUnsure = true;
      queue.giveUp(batch, this.failure);
      return;
    }
    if (code === undefined || isStaleLeader(code)) this.cluster.forget(queue.topic);
    queue.again(batch, performance.now() + backoffMs(batch.tries - 1));
  }
}

interface Entry {
  readonly queue: PartitionQueue;
  readonly batch: PendingBatch;
}
