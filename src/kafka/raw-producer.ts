/** A producer: idempotent always, transactional where it has an id. */
import { initProducerIdV4 } from '@platformatic/kafka';
import { isSrgitError, SrgitError, throwIfAborted } from '../errors.ts';
import { AT, ATTRIBUTE } from '../records/batch-header.ts';
import { checkHeader } from '../records/open-batch.ts';
import type { GroupOffset } from '../records/record-source.ts';
import type { KafkaProducer, ProducerOptions } from './port.ts';
import type { Cluster } from './raw-cluster.ts';
import { CODE, failureOf } from './raw-fault.ts';
import { type ProducerIdentity, Sender } from './raw-sender.ts';
import { Transactions } from './raw-transactions.ts';
import { interruption, pause } from './raw-wait.ts';

const DELIVERY_TIMEOUT_MS = 120_000;
const TRANSACTION_TIMEOUT_MS = 60_000;
/** How long an aborted or closed producer tries to tell the coordinator that its transaction is void. */
const FAREWELL_MS = 5000;

let producers = 0;

/** @throws SrgitError */
export async function openProducer(cluster: Cluster, options: ProducerOptions = {}): Promise<KafkaProducer> {
  const { transactionalId, signal, deliveryTimeoutMs = DELIVERY_TIMEOUT_MS } = options;
  throwIfAborted(signal);
  // A lane each: what one has on its way does not wait for another's.
  const lane = `produce-${++producers}`;
  const sending = { transactionalId, acks: options.acks === 'leader' ? 1 : -1, deliveryTimeoutMs, lane } as const;
  if (transactionalId === undefined) {
    const identity = await idempotentIdentity(cluster, signal);
    return new RawProducer(cluster, new Sender(cluster, sending, identity), lane, undefined, signal);
  }
  if (sending.acks !== -1) {
    throw new SrgitError('SRGIT_KAFKA_FAILED', 'a transaction needs acks of all replicas', {
      hint: 'leave out acks, or the transactional id',
    });
  }
  const call = { cluster, lane: `${lane}-control`, forMs: deliveryTimeoutMs, signal };
  const transactions = new Transactions(transactionalId, options.transactionTimeoutMs ?? TRANSACTION_TIMEOUT_MS, call);
  const identity = await transactions.init();
  const sender = new Sender(cluster, sending, identity);
  sender.addToTransaction = (partitions) => transactions.add(sender.identity, partitions);
  return new RawProducer(cluster, sender, lane, transactions, signal);
}

async function idempotentIdentity(cluster: Cluster, signal: AbortSignal | undefined): Promise<ProducerIdentity> {
  try {
    const { producerId, producerEpoch } = await cluster.patiently(
      (inner) =>
        cluster.anyBroker((connection) => initProducerIdV4.api.async(connection, null, NO_TIMEOUT, -1n, -1), inner),
      signal,
    );
    return { producerId, producerEpoch };
  } catch (error) {
    throw failureOf(error, { what: 'begin to write to Kafka' });
  }
}

/** For a producer without transactions the field means nothing; Kafka's own client sends this. */
const NO_TIMEOUT = 0x7fff_ffff;

type State = 'idle' | 'open' | 'closed';

class RawProducer implements KafkaProducer {
  private readonly cluster: Cluster;
  private readonly sender: Sender;
  private readonly lane: string;
  private readonly transactions: Transactions | undefined;
  private readonly signal: AbortSignal | undefined;
  private readonly interrupt: () => void;
  private state: State = 'idle';
  /** Why the open transaction cannot be committed any more. */
  private spoiled: SrgitError | undefined;
  /** Positions were given to the transaction: it exists at the coordinator even without a record. */
  private hasOffsets = false;
  /** The coordinator was asked to commit, and may have done so. */
  private isCommitting = false;
  /** Number of the transaction. */
  private turn = 0;

  constructor(
    cluster: Cluster,
    sender: Sender,
    lane: string,
    transactions: Transactions | undefined,
    signal: AbortSignal | undefined,
  ) {
    this.cluster = cluster;
    this.sender = sender;
    this.lane = lane;
    this.transactions = transactions;
    this.signal = signal;
    this.interrupt = () => {
      if (signal !== undefined) sender.fail(interruption(signal));
    };
    signal?.addEventListener('abort', this.interrupt, { once: true });
    if (signal?.aborted) this.interrupt();
  }

  send(topic: string, partition: number, batch: Buffer): Promise<{ readonly baseOffset: bigint }> {
    const sent = this.trySend(topic, partition, batch);
    // Callers hold many of these and look at them later, or only at what commit says.
    const { turn } = this;
    sent.catch((error: unknown) => {
      if (turn === this.turn) this.spoiled ??= failureOf(error, { what: 'write to Kafka' });
    });
    return sent;
  }

  private async trySend(topic: string, partition: number, batch: Buffer): Promise<{ readonly baseOffset: bigint }> {
    this.checkOpen();
    if (this.transactions !== undefined && this.state !== 'open') throw misuse('write outside of a transaction');
    checkBatch(batch, topic, partition);
    return this.sender.send(topic, partition, batch);
  }

  async begin(): Promise<void> {
    this.checkOpen();
    if (this.transactions === undefined) throw misuse('begin a transaction without a transactional id');
    if (this.state === 'open') throw misuse('begin a transaction in a transaction');
    if (this.sender.failure !== undefined) throw this.sender.failure;
    this.state = 'open';
    this.spoiled = undefined;
    this.hasOffsets = false;
    this.isCommitting = false;
    this.turn++;
  }

  async commit(position?: { readonly group: string; readonly offsets: readonly GroupOffset[] }): Promise<void> {
    this.checkOpen();
    const { transactions, sender } = this;
    if (transactions === undefined || this.state !== 'open') throw misuse('commit where no transaction is open');
    await sender.settled();
    if (sender.failure !== undefined) throw sender.failure;
    if (this.spoiled !== undefined) throw this.spoiled;
    try {
      if (position !== undefined && position.offsets.length > 0) {
        this.hasOffsets = true;
        await transactions.addOffsets(sender.identity, position.group, position.offsets);
      }
      if (this.existsAtCoordinator()) {
        this.isCommitting = true;
        await transactions.end(sender.identity, 'commit');
      }
      if (this.hasOffsets && position !== undefined) await transactions.settleOffsets(position.group, position.offsets);
    } catch (error) {
      this.spoiled ??= failureOf(error, { what: 'commit the transaction' });
      throw this.spoiled;
    }
    this.leaveTransaction();
  }

  async abort(): Promise<void> {
    this.checkOpen();
    const { transactions, sender } = this;
    if (transactions === undefined || this.state !== 'open') throw misuse('abort where no transaction is open');
    sender.halt(new SrgitError('SRGIT_KAFKA_FAILED', 'the transaction was aborted'));
    const signal = this.signal?.aborted ? AbortSignal.timeout(FAREWELL_MS) : this.signal;
    await this.comeHome(signal);
    const { failure = misuse('abort') } = sender;
    sender.fail(failure);
    if (this.existsAtCoordinator()) await this.endVoid(transactions, signal);
    // With another epoch none that is still on its way can be written after the end, and sequences begin anew.
    sender.resume(sender.isUnsure ? await transactions.init(sender.identity, signal) : undefined);
    this.leaveTransaction();
    if (this.signal?.aborted) this.interrupt();
  }

  async close(): Promise<void> {
    if (this.state === 'closed') return;
    const { transactions, sender, signal } = this;
    if (transactions === undefined) await sender.settled();
    else if (this.state === 'open') {
      sender.fail(new SrgitError('SRGIT_KAFKA_FAILED', 'the producer was closed'));
      if (this.existsAtCoordinator() && !isSrgitError(sender.failure, 'SRGIT_KAFKA_FENCED')) {
        // What cannot be told now, the coordinator finds by itself when the transaction's time is over.
        const farewell = AbortSignal.timeout(FAREWELL_MS);
        await transactions.end(sender.identity, 'abort', farewell).catch(() => undefined);
      }
    }
    this.state = 'closed';
    signal?.removeEventListener('abort', this.interrupt);
    sender.fail(closedError());
    this.cluster.connections.drop(this.lane);
    this.cluster.connections.drop(`${this.lane}-control`);
  }

  /** A coordinator that never heard of the transaction refuses to abort it; so does one that has committed it. */
  private async endVoid(transactions: Transactions, signal: AbortSignal | undefined): Promise<void> {
    try {
      await transactions.end(this.sender.identity, 'abort', signal);
    } catch (error) {
      const isUnknown = isSrgitError(error) && error.details['kafkaCode'] === CODE.invalidTxnState;
      if (!isUnknown || this.isCommitting) throw error;
    }
  }

  /** Waits for what is on its way, but not for long. */
  private async comeHome(signal: AbortSignal | undefined): Promise<void> {
    const enough = new AbortController();
    const limit = pause(FAREWELL_MS, AbortSignal.any([enough.signal, ...(signal === undefined ? [] : [signal])]));
    await Promise.race([this.sender.settled(), limit.catch(() => undefined)]);
    enough.abort();
  }

  private existsAtCoordinator(): boolean {
    return this.hasOffsets || this.sender.partitionsInTransaction().length > 0;
  }

  private leaveTransaction(): void {
    this.sender.endTransaction();
    this.state = 'idle';
  }

  private checkOpen(): void {
    if (this.state === 'closed') throw closedError();
    throwIfAborted(this.state === 'open' ? undefined : this.signal);
  }
}

function closedError(): SrgitError {
  return new SrgitError('SRGIT_KAFKA_FAILED', 'the producer is closed');
}

function misuse(what: string): SrgitError {
  return new SrgitError('SRGIT_INTERNAL', `a producer cannot ${what}`);
}

/** What a broker would refuse, or take in another meaning, is refused before. @throws SRGIT_KAFKA_RECORD */
function checkBatch(batch: Buffer, topic: string, partition: number): void {
  const wrong = whatIsWrong(batch);
  if (wrong === undefined) return;
  throw new SrgitError('SRGIT_KAFKA_RECORD', `a batch for ${topic}/${partition} cannot be written: ${wrong}`, {
    hint: 'lay its records into a batch made for producing',
    details: { topic, partition },
  });
}

function whatIsWrong(batch: Buffer): string | undefined {
  try {
    checkHeader(batch, 0, batch.length);
  } catch (error) {
    return (error as Error).message;
  }
  const attributes = batch.readInt16BE(AT.attributes);
  const count = batch.readInt32BE(AT.recordCount);
  if ((attributes & ATTRIBUTE.control) !== 0) return 'it holds control records, which are the broker’s own';
  if ((attributes & ATTRIBUTE.logAppendTime) !== 0) return 'its timestamps are a broker’s';
  if (count < 1) return 'it has no records';
  if (batch.readInt32BE(AT.lastOffsetDelta) !== count - 1) return 'there are gaps between its offsets';
  return undefined;
}
