/**
 * The batches of one partition on their way, in the order in which they were given. A broker takes a producer's batches only
 * in sequence, and knows the last five of each: this is what makes "each once, in order" hold through retries.
 */
import type { ProduceOutcome } from './raw-produce.ts';

export interface PendingBatch {
  readonly bytes: Buffer;
  readonly recordCount: number;
  /** `performance.now()` by which it must be there. */
  readonly deadline: number;
  /** Rises with each batch of the partition. */
  readonly order: number;
  /** -1 until it is sent first; then it stays, as the broker may have it without our knowing. */
  sequence: number;
  /** In flight when one before it was refused: out of order for sure, so its sequence is free again. */
  isStale: boolean;
  tries: number;
  readonly settle: (outcome: { readonly baseOffset: bigint } | Error) => void;
}

/** A batch's sequence is 31 bits wide: after the greatest comes 0. */
export function advanceSequence(sequence: number, by: number): number {
  return Number((BigInt(sequence) + BigInt(by)) & 0x7fff_ffffn);
}

export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  readonly waiting: PendingBatch[] = [];
  readonly inFlight: PendingBatch[] = [];
  /** Next batch's, of those that have none yet. */
  nextSequence: number;
  /** `performance.now()` before which nothing is sent: it failed a moment ago. */
  holdUntil = 0;
  tries = 0;
  /** Since when the cluster says that it has no such topic or partition. */
  missingSince: number | undefined;
  /** Address that the batches in flight went to. */
  sentTo: string | undefined;
  /** Known to the transaction coordinator as a part of the transaction. */
  inTransaction = false;

  private isEstablished = false;
  /** Something failed: the next batch goes when those in flight have come back. */
  private isDraining = false;
  private nextOrder = 0;

  constructor(topic: string, partition: number, firstSequence: number) {
    this.topic = topic;
    this.partition = partition;
    this.nextSequence = firstSequence;
  }

  get isIdle(): boolean {
    return this.waiting.length === 0 && this.inFlight.length === 0;
  }

  add(batch: Omit<PendingBatch, 'order' | 'sequence' | 'isStale' | 'tries'>): void {
    this.waiting.push({ ...batch, order: this.nextOrder++, sequence: -1, isStale: false, tries: 0 });
  }

  /**
   * Whether the next batch may go now. A broker that does not know the producer yet takes any sequence as its first, so the
   * first batch goes alone: one behind it could overtake it otherwise. So does one that is sent again: five written behind
   * it, and the broker would not know any more that it has it.
   */
  mayGo(now: number, most: number): boolean {
    const next = this.waiting[0];
    if (next === undefined || now < this.holdUntil || this.isDraining) return false;
    const isAlone = !this.isEstablished || (this.inFlight[0]?.tries ?? 0) > 1;
    return this.inFlight.length < (isAlone ? 1 : most);
  }

  /** The next batch goes: it has a sequence from now on. */
  take(): PendingBatch {
    const batch = this.waiting.shift() as PendingBatch;
    if (batch.sequence < 0) {
      batch.sequence = this.nextSequence;
      this.nextSequence = advanceSequence(batch.sequence, batch.recordCount);
    }
    batch.tries++;
    this.inFlight.push(batch);
    return batch;
  }

  isFirst(batch: PendingBatch): boolean {
    const earlier = (each: PendingBatch): boolean => each.order < batch.order;
    return !this.isDraining && !this.inFlight.some(earlier) && !this.waiting.some(earlier);
  }

  written(batch: PendingBatch, baseOffset: bigint): void {
    this.land(batch);
    this.isEstablished = true;
    this.tries = 0;
    this.missingSince = undefined;
    batch.settle({ baseOffset });
  }

  /** To be sent again with the sequence that it has, after those before it. */
  again(batch: PendingBatch, holdUntil: number): void {
    this.holdUntil = Math.max(this.holdUntil, holdUntil);
    this.tries = Math.max(this.tries, batch.tries);
    if (batch.isStale) {
      batch.isStale = false;
      batch.sequence = -1;
    }
    const at = this.waiting.findIndex((each) => each.order > batch.order);
    this.waiting.splice(at < 0 ? this.waiting.length : at, 0, batch);
    this.isDraining = true;
    this.land(batch);
  }

  /** The broker has not written it and never will: the batches behind it move up to its sequence. */
  refused(batch: PendingBatch, error: Error): void {
    if (!batch.isStale) {
      this.nextSequence = batch.sequence;
      for (const each of this.waiting) if (each.order > batch.order) each.sequence = -1;
      for (const each of this.inFlight) if (each.order > batch.order) each.isStale = true;
    }
    this.isDraining = true;
    this.land(batch);
    batch.settle(error);
  }

  /** Answers whether one of them may have been written without our knowing. */
  failWaiting(error: Error): boolean {
    return settleAll(this.waiting, error);
  }

  failInFlight(error: Error): boolean {
    this.isDraining = false;
    return settleAll(this.inFlight, error);
  }

  giveUp(batch: PendingBatch, error: Error): void {
    this.land(batch);
    batch.settle(error);
  }

  /** A new producer epoch begins at sequence 0. */
  restart(): void {
    this.nextSequence = 0;
    this.isEstablished = false;
  }

  has(batch: PendingBatch): boolean {
    return this.inFlight.includes(batch);
  }

  private land(batch: PendingBatch): void {
    const at = this.inFlight.indexOf(batch);
    if (at >= 0) this.inFlight.splice(at, 1);
    if (this.inFlight.length === 0) this.isDraining = false;
  }
}

function settleAll(batches: PendingBatch[], error: Error): boolean {
  const all = batches.splice(0);
  for (const batch of all) batch.settle(error);
  return all.some(({ tries }) => tries > 0);
}

/** The outcome of one partition in a produce answer; undefined when the answer leaves it out. */
export function outcomeOf(outcomes: readonly ProduceOutcome[], queue: PartitionQueue): ProduceOutcome | undefined {
  return outcomes.find(({ topic, partition }) => topic === queue.topic && partition === queue.partition);
}
