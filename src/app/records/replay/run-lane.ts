/** Writes one partition of the target: reading, rewriting and sending go on at the same time, positions are kept with the records. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SrgitError } from '../../../errors.ts';
import type { KafkaProducer } from '../../../kafka/port.ts';
import { AT } from '../../../records/batch-header.ts';
import type { Codec } from '../../../records/codec.ts';
import { freeBytes } from '../../../records/free-bytes.ts';
import { writePlainRecords } from '../../../records/plain-records.ts';
import type { ByteBudget } from '../byte-budget.ts';
import type { Lane, LaneSource } from '../lanes.ts';
import { readAhead } from '../read-ahead.ts';
import { RecordStage } from '../record-stage.ts';
import { SkipTally } from '../skip-tally.ts';
import { deadLetterTopic, toDeadLetter } from './dead-letters.ts';
import { BUILT_BYTES, type PreparedBatch, prepareBatches } from './prepare-batches.ts';
import type { ReplayContext } from './replay-archive.ts';
import { AT_END, type LanePosition, translationKey } from './replay-position.ts';

export interface LaneRun {
  readonly context: ReplayContext;
  readonly lane: Lane;
  readonly producer: KafkaProducer;
  /** Where an earlier run stopped. */
  readonly position: LanePosition | undefined;
  /** Source offsets whose target offsets are asked for, ascending, by number of the lane's source. */
  readonly wanted: readonly (readonly bigint[])[];
  readonly budget: ByteBudget;
  readonly maxBatchBytes: number;
  readonly deadLetterPartitions: number;
  readonly codec: Codec;
  readonly commitBytes: number;
  readonly commitMs: number;
  readonly now: () => number;
  readonly isTransactional: boolean;
  /** Keeps the position: with the transaction, or after everything sent was taken. */
  readonly commit: (position: LanePosition) => Promise<void>;
  readonly onDeadLetters: (count: number) => void;
  /** Greatest time in a batch that is sent, milliseconds since 1970. */
  readonly onTime: (time: bigint) => void;
  readonly signal: AbortSignal;
}

/** Prepared batches that wait for the producer: enough to go on through a commit. */
const AHEAD = 4;

/** @returns the position at the end */
export async function runLane(run: LaneRun): Promise<LanePosition | undefined> {
  const sender = new LaneSender(run);
  try {
    for (const [number, source] of run.lane.sources.entries()) {
      const from = firstOffset(run, number, source);
      if (from !== undefined) await copySource(run, sender, number, source, from);
    }
    await sender.commit();
    return sender.position;
  } catch (error) {
    await sender.abandon();
    throw error;
  }
}

function firstOffset({ position }: LaneRun, number: number, source: LaneSource): bigint | undefined {
  if (position === undefined || number > position.source) return source.from;
  if (number < position.source) return undefined;
  return position.next < source.to ? position.next : undefined;
}

async function copySource(
  run: LaneRun,
  sender: LaneSender,
  number: number,
  source: LaneSource,
  from: bigint,
): Promise<void> {
  const { context, budget, signal } = run;
  const { onUnknown, window, headers, tally, progress, read } = context;
  const { topic, partition, rule } = source;
  const place = { topic, partition: partition.partition };
  const stage = new RecordStage({ ...place, rule, onUnknown, window, headers, limits: read.limits });
  const skipped = new SkipTally();
  let takenOut = 0;
  const batches = prepareBatches({
    source: context.source,
    lane: source,
    from,
    stage,
    takesOut: onUnknown === 'skip' || onUnknown === 'dead-letter',
    maxBatchBytes: run.maxBatchBytes,
    builtBytes: Math.min(BUILT_BYTES, run.commitBytes),
    codec: run.codec,
    wanted: (run.wanted[number] ?? []).filter((offset) => offset >= from || from === source.from),
    skipped,
    budget,
    read,
    onRead: (bytes, records) => progress.add(bytes, records),
    signal,
  });
  const drop = ({ bytes }: PreparedBatch): void => budget.give(bytes?.length ?? 0);
  for await (const batch of inGoodTime(readAhead(batches, AHEAD, drop), sender)) {
    takenOut += batch.takenOut.length;
    await sender.send(number, batch);
  }
  progress.finish(partition);
  const { patched, outside, rewriter } = stage;
  tally.finished(run.lane, { ...place, report: rewriter.report() }, { patched, takenOut, outside }, skipped.counts());
}

/** The same items; while one is waited for, the sender does what is due. */
async function* inGoodTime<T>(
  items: AsyncGenerator<T, void, undefined>,
  sender: LaneSender,
): AsyncGenerator<T, void, undefined> {
  try {
    for (;;) {
      const { done, value } = await sender.meanwhile(items.next());
      if (done === true) return;
      yield value;
    }
  } finally {
    await items.return();
  }
}

class LaneSender {
  position: LanePosition | undefined;
  readonly #run: LaneRun;
  readonly #translated: Map<string, bigint>;
  readonly #sending = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;
  #isOpen = false;
  #bytes = 0;
  #begunAt = 0;
  /** Whether everything sent belongs to what was reached: not in the middle of a batch that goes in parts. */
  #isWhole = true;
  /** Reached by what was sent, and not kept yet. */
  #reached: { readonly source: number; readonly next: bigint } | undefined;

  constructor(run: LaneRun) {
    this.#run = run;
    this.position = run.position;
    this.#translated = new Map(run.position?.translated);
  }

  async send(source: number, batch: PreparedBatch): Promise<void> {
    const { producer, lane, context, isTransactional, now, commitBytes, commitMs, signal } = this.#run;
    const { bytes, takenOut } = batch;
    this.#throwFailure();
    if (bytes !== undefined && context.rate !== undefined) {
      await this.meanwhile(context.rate.take(bytes.length, signal));
    }
    this.#isWhole = batch.isWhole;
    if (!this.#isOpen) {
      if (isTransactional) await producer.begin();
      this.#isOpen = true;
      this.#begunAt = now();
    }
    if (takenOut.length > 0 && context.onUnknown === 'dead-letter') this.#sendDeadLetters(batch);
    if (bytes !== undefined) {
      const size = bytes.length;
      // A broker deletes by the greatest time of what lies together.
      this.#run.onTime(bytes.readBigInt64BE(AT.maxTimestamp));
      this.#bytes += size;
      this.#track(producer.send(lane.topic, lane.partition, bytes), size, ({ baseOffset }) => {
        for (const { wanted, index } of batch.hits) {
          if (index !== undefined) this.#translated.set(translationKey(source, wanted), baseOffset + BigInt(index));
        }
        context.tally.wrote(lane, batch.records, size);
        if (batch.isBuilt) freeBytes(bytes);
      });
    }
    for (const { wanted, index } of batch.hits) {
      if (index === undefined) this.#translated.set(translationKey(source, wanted), AT_END);
    }
    if (!batch.isWhole) return;
    this.#reached = { source, next: batch.next };
    if (this.#bytes >= commitBytes || now() - this.#begunAt >= commitMs) await this.commit();
  }

  /**
   * Waits, for a slow source or for a limit of speed. What was sent is committed when its time has come: a broker aborts
   * transactions that last longer than they said.
   */
  async meanwhile<T>(waiting: Promise<T>): Promise<T> {
    if (!this.#isOpen || !this.#isWhole || this.#reached === undefined) return waiting;
    const { now, commitMs } = this.#run;
    waiting.catch(() => undefined);
    const due = new AbortController();
    const left = Math.max(0, this.#begunAt + commitMs - now());
    const isLate = sleep(left, true, { signal: due.signal }).catch(() => false);
    const isThere = waiting.then(() => false);
    try {
      if (await Promise.race([isThere, isLate])) await this.commit();
    } finally {
      due.abort();
    }
    return waiting;
  }

  /** Everything sent so far is there, once and for all, and the position with it. */
  async commit(): Promise<void> {
    await Promise.all(this.#sending);
    this.#throwFailure();
    const reached = this.#reached;
    if (reached === undefined) return;
    const position = { ...reached, translated: new Map(this.#translated) };
    await this.#run.commit(position);
    this.position = position;
    this.#isOpen = false;
    this.#bytes = 0;
    this.#reached = undefined;
  }

  /** Nothing of what is not committed is ever seen. */
  async abandon(): Promise<void> {
    await Promise.all(this.#sending);
    if (!this.#isOpen || !this.#run.isTransactional) return;
    // The next run fences this producer anyway: what it left open is aborted then.
    await this.#run.producer.abort().catch(() => undefined);
  }

  #sendDeadLetters({ takenOut }: PreparedBatch): void {
    const { producer, lane, deadLetterPartitions, onDeadLetters } = this.#run;
    const partition = lane.partition % Math.max(1, deadLetterPartitions);
    for (const taken of takenOut) {
      // One by one: each may be as large as a batch may be.
      const record = { ...toDeadLetter(taken), offset: 0n };
      const batch = writePlainRecords([record]);
      this.#track(producer.send(deadLetterTopic(lane.topic), partition, batch), 0, () => onDeadLetters(1));
    }
  }

  #track<T>(sending: Promise<T>, size: number, then: (result: T) => void): void {
    const tracked = sending
      .then(then, (error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        if (size > 0) this.#run.budget.give(size);
        this.#sending.delete(tracked);
      });
    this.#sending.add(tracked);
  }

  #throwFailure(): void {
    if (this.#failure === undefined) return;
    const { error } = this.#failure;
    const { lane } = this.#run;
    if (error instanceof Error) throw error;
    throw new SrgitError('SRGIT_KAFKA_FAILED', `${lane.topic}, partition ${lane.partition}: ${String(error)}`);
  }
}
