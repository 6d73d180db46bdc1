/**
 * Writes batches, each once and in order: one on its way for each partition, sent again with the same sequence number
 * until the broker has answered for it. What the fate of a batch is not known of ends the producer.
 */
import { isSrgitError, SrgitError, throwIfAborted } from '../errors.ts';
import { AT, stampProducer } from '../records/batch-header.ts';
import type { GroupOffset } from '../records/record-source.ts';
import type { KafkajsCluster, Where } from './kafkajs-cluster.ts';
import { type PartitionCode, produceCall } from './kafkajs-requests.ts';
import {
  addOffsetsCall,
  addPartitionsCall,
  endTransactionCall,
  initProducerCall,
  type TransactionIdentity,
  transactionOffsetsCall,
  transactionStateCall,
} from './kafkajs-transaction-requests.ts';
import { type Patience, patience, pause } from './kafkajs-wait.ts';
import type { KafkaProducer, ProducerOptions } from './port.ts';
import { refuseUnproducible } from './refuse-record.ts';

const DELIVERY_TIMEOUT_MS = 120_000;
const TRANSACTION_TIMEOUT_MS = 60_000;
/** For a transaction that is given up: its own time ends it otherwise. */
const CLOSE_TIMEOUT_MS = 5000;
const MOST_POLL_MS = 64;
const MAX_SEQUENCE = 2 ** 31;

/** After these the broker has not written the batch, and will not: the next one may take its sequence number. */
const DEFINITE_REFUSALS: ReadonlySet<number> = new Set([2, 10, 17, 18, 29, 32, 43, 76, 87]);

/** Fences every other producer with the same transactional id, and has its transaction aborted. */
export async function startProducer(cluster: KafkajsCluster, options: ProducerOptions): Promise<KafkaProducer> {
  const { transactionalId = null, acks = 'all', signal } = options;
  const limits = patience(options.deliveryTimeoutMs ?? DELIVERY_TIMEOUT_MS, signal);
  if (transactionalId === null && acks === 'leader') return new KafkajsProducer(cluster, options, NO_IDENTITY);
  const where: Where = transactionalId === null ? { kind: 'any' } : { kind: 'transaction', key: transactionalId };
  const call = initProducerCall(transactionalId, options.transactionTimeoutMs ?? TRANSACTION_TIMEOUT_MS);
  const task = { what: transactionalId === null ? 'begin to write' : `begin to write as "${transactionalId}"` };
  const { producerId, producerEpoch } = await cluster.ask(where, call, ({ code }) => code, task, limits);
  return new KafkajsProducer(cluster, options, { transactionalId: transactionalId ?? '', producerId, producerEpoch });
}

const NO_IDENTITY: TransactionIdentity = { transactionalId: '', producerId: -1n, producerEpoch: -1 };

class KafkajsProducer implements KafkaProducer {
  private readonly cluster: KafkajsCluster;
  private readonly options: ProducerOptions;
  private readonly identity: TransactionIdentity;
  private readonly sequences = new Map<string, number>();
  /** The last send of each partition, whatever becomes of it. */
  private readonly queues = new Map<string, Promise<unknown>>();
  private adding: Promise<unknown> = Promise.resolve();
  private added = new Set<string>();
  private state: 'idle' | 'open' | 'closed' = 'idle';
  private hasOffsets = false;
  /** The first that failed in this transaction, which must not be committed then. */
  private failed: unknown;
  /** Why nothing more is written: the fate of a batch or of a transaction is not known. */
  private broken: SrgitError | undefined;

  constructor(cluster: KafkajsCluster, options: ProducerOptions, identity: TransactionIdentity) {
    this.cluster = cluster;
    this.options = options;
    this.identity = identity;
  }

  async send(topic: string, partition: number, batch: Buffer): Promise<{ readonly baseOffset: bigint }> {
    this.checkUsable();
    if (this.isTransactional && this.state !== 'open') throw misuse('send', 'no transaction was begun');
    refuseUnproducible(topic, partition, batch);
    const key = keyOf(topic, partition);
    const previous = this.queues.get(key) ?? Promise.resolve();
    const limits = this.limits();
    const sending = previous.then(() => this.write(topic, partition, batch, limits));
    const settled = sending.catch((error: unknown) => {
      this.failed ??= error;
    });
    this.queues.set(key, settled);
    return sending;
  }

  async begin(): Promise<void> {
    this.checkUsable();
    if (!this.isTransactional) throw misuse('begin', 'the producer has no transactional id');
    if (this.state === 'open') throw misuse('begin', 'a transaction is open');
    this.state = 'open';
    this.failed = undefined;
    this.hasOffsets = false;
    this.added = new Set();
  }

  async commit(position?: { readonly group: string; readonly offsets: readonly GroupOffset[] }): Promise<void> {
    this.checkUsable();
    if (this.state !== 'open') throw misuse('commit', 'no transaction was begun');
    await this.settled();
    if (this.failed !== undefined) throw this.failed;
    this.checkUsable();
    const limits = this.limits();
    if (position !== undefined && position.offsets.length > 0) await this.addOffsets(position, limits);
    await this.end(true, limits);
  }

  async abort(): Promise<void> {
    if (this.state === 'closed') throw misuse('abort', 'the producer is closed');
    if (this.state !== 'open') throw misuse('abort', 'no transaction was begun');
    await this.settled();
    await this.end(false, this.limits());
  }

  async close(): Promise<void> {
    if (this.state === 'closed') return;
    const wasOpen = this.state === 'open';
    this.state = 'closed';
    await this.settled();
    if (!wasOpen) return;
    // Best effort: otherwise readers wait until the transaction's time is over.
    await this.end(false, patience(CLOSE_TIMEOUT_MS)).catch(() => undefined);
    this.state = 'closed';
  }

  private get isTransactional(): boolean {
    return this.identity.transactionalId !== '';
  }

  private limits(): Patience {
    return patience(this.options.deliveryTimeoutMs ?? DELIVERY_TIMEOUT_MS, this.options.signal);
  }

  private checkUsable(): void {
    throwIfAborted(this.options.signal);
    if (this.state === 'closed') throw misuse('write', 'the producer is closed');
    if (this.broken !== undefined) throw this.broken;
  }

  private async settled(): Promise<void> {
    await Promise.all(this.queues.values());
  }

  private async write(
    topic: string,
    partition: number,
    batch: Buffer,
    limits: Patience,
  ): Promise<{ readonly baseOffset: bigint }> {
    if (this.broken !== undefined) throw this.broken;
    const key = keyOf(topic, partition);
    const task = { what: `write to partition ${partition} of topic "${topic}"`, topic, partition };
    const where: Where = { kind: 'leader', topic, partition };
    const { transactionalId, producerId, producerEpoch } = this.identity;
    const isIdempotent = producerId >= 0n;
    const count = batch.readInt32BE(AT.recordCount);
    const sequence = this.sequences.get(key) ?? 0;
    const baseSequence = isIdempotent ? sequence : -1;
    stampProducer(batch, { producerId, producerEpoch, baseSequence, transactional: this.isTransactional });
    const call = produceCall(topic, partition, batch, {
      transactionalId: this.isTransactional ? transactionalId : null,
      acks: this.options.acks === 'leader' && !this.isTransactional ? 1 : -1,
      // Less than the client's own limit, so that the broker's answer comes first.
      timeoutMs: Math.ceil(0.9 * this.cluster.requestTimeoutMs),
    });
    let isUnsure = false;
    let isSent = false;
    try {
      const { baseOffset } = await this.cluster.patiently(limits, where, async () => {
        // Finds partitions that there are not, before the transaction hears of them.
        await this.cluster.requirePartition(topic, partition, task, limits.signal);
        if (this.isTransactional) await this.addPartition(topic, partition, limits);
        isSent = true;
        return this.cluster
          .askOnce(where, call, ({ code }) => code, task, limits.signal)
          .catch((error: unknown) => {
            isUnsure ||= mayBeWritten(error);
            throw error;
          });
      });
      this.sequences.set(key, (sequence + count) % MAX_SEQUENCE);
      return { baseOffset };
    } catch (error) {
      if (isUnsure || (isSent && !isDefinite(error))) this.broken = asSrgitError(error);
      throw error;
    }
  }

  /** One at a time: the coordinator refuses those that come together. */
  private async addPartition(topic: string, partition: number, limits: Patience): Promise<void> {
    const key = keyOf(topic, partition);
    const adding = this.adding.then(async () => {
      if (this.added.has(key)) return;
      const task = { what: `add partition ${partition} of topic "${topic}" to the transaction`, topic, partition };
      await this.cluster.ask(
        this.coordinator,
        addPartitionsCall(this.identity, topic, partition),
        firstCode,
        task,
        limits,
      );
      this.added.add(key);
    });
    this.adding = adding.catch(() => undefined);
    await adding;
  }

  private async addOffsets(
    { group, offsets }: { readonly group: string; readonly offsets: readonly GroupOffset[] },
    limits: Patience,
  ): Promise<void> {
    const task = { what: `commit offsets of group "${group}" in the transaction`, group };
    await this.cluster.ask(this.coordinator, addOffsetsCall(this.identity, group), (code) => code, task, limits);
    this.hasOffsets = true;
    const call = transactionOffsetsCall(this.identity, group, offsets);
    // A broker that did not hear of the transaction yet says so by CONCURRENT_TRANSACTIONS, which is tried again.
    await this.cluster.ask({ kind: 'group', key: group }, call, firstCode, task, limits);
  }

  private async end(commit: boolean, limits: Patience): Promise<void> {
    if (this.added.size > 0 || this.hasOffsets) {
      const task = { what: `${commit ? 'commit' : 'abort'} the transaction of "${this.identity.transactionalId}"` };
      try {
        await this.cluster.ask(
          this.coordinator,
          endTransactionCall(this.identity, commit),
          (code) => code,
          task,
          limits,
        );
      } catch (error) {
        this.broken ??= asSrgitError(error);
        throw error;
      }
      await this.untilTold(limits);
    }
    this.state = this.state === 'closed' ? 'closed' : 'idle';
  }

  /**
   * The coordinator answers when the end is certain, and tells the partitions then: until it has, readers do not see it,
   * the group has its old position, and no other transaction can begin.
   */
  private async untilTold(limits: Patience): Promise<void> {
    const { transactionalId } = this.identity;
    const task = { what: `ask for the state of transaction "${transactionalId}"` };
    for (let ms = 1; performance.now() < limits.until; ms = Math.min(2 * ms, MOST_POLL_MS)) {
      const call = transactionStateCall(transactionalId);
      // The transaction has ended whatever this says: brokers before 3.0 say nothing.
      const answer = await this.cluster
        .ask(this.coordinator, call, ({ code }) => code, task, limits)
        .catch(() => undefined);
      if (answer === undefined || !answer.state.startsWith('Prepare')) return;
      await pause(ms, limits.signal);
    }
  }

  private get coordinator(): Where {
    return { kind: 'transaction', key: this.identity.transactionalId };
  }
}

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

function firstCode(answers: readonly PartitionCode[]): number {
  return answers.find(({ code }) => code !== 0)?.code ?? 0;
}

/** No answer at all, REQUEST_TIMED_OUT, or NOT_ENOUGH_REPLICAS_AFTER_APPEND. */
function mayBeWritten(error: unknown): boolean {
  const code = isSrgitError(error) ? error.details['kafkaCode'] : undefined;
  return code === undefined || code === 7 || code === 20;
}

function isDefinite(error: unknown): boolean {
  if (!isSrgitError(error)) return false;
  if (error.code === 'SRGIT_KAFKA_TOPIC' && error.details['kafkaCode'] === undefined) return true;
  const code = error.details['kafkaCode'];
  return typeof code === 'number' && DEFINITE_REFUSALS.has(code);
}

function asSrgitError(error: unknown): SrgitError {
  if (error instanceof SrgitError) return error;
  return new SrgitError('SRGIT_INTERNAL', 'writing to Kafka failed', { cause: error });
}

function misuse(what: string, why: string): SrgitError {
  return new SrgitError('SRGIT_INTERNAL', `a Kafka producer cannot ${what}: ${why}`);
}
