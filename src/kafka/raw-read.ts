/** Reads a partition from its leader, wherever that is at the time: one fetch ahead of what is being worked on. */
import { SrgitError, throwIfAborted } from '../errors.ts';
import type { OffsetRange } from '../records/batch-part.ts';
import { freeWhole } from '../records/free-bytes.ts';
import { DEFAULT_LIMITS } from '../records/limits.ts';
import { RecordError } from '../records/record-error.ts';
import type { SourcePiece } from '../records/record-source.ts';
import { isStaleLeader, type KafkaTask } from './kafka-error.ts';
import type { KafkaReadOptions } from './port.ts';
import { type Cluster, noSuchPartition } from './raw-cluster.ts';
import { BrokerRefusal, CODE, failureOf, mayPass } from './raw-fault.ts';
import { type FetchAnswer, fetchPartition } from './raw-fetch.ts';
import { type OffsetAt, partitionOffset } from './raw-offsets.ts';
import { type AnswerExtent, extentOf, piecesOf } from './raw-pieces.ts';
import { backoffMs, pause } from './raw-wait.ts';

const MAX_BYTES = 4 * 1024 * 1024;
const MAX_WAIT_MS = 500;
/** How long failures are met with another try while nothing arrives. */
const PATIENCE_MS = 120_000;

/** @throws SrgitError */
export async function* readPartition(
  cluster: Cluster,
  topic: string,
  partition: number,
  options: KafkaReadOptions = {},
): AsyncGenerator<SourcePiece> {
  throwIfAborted(options.signal);
  const reader = new PartitionReader(cluster, topic, partition, options);
  try {
    yield* reader.pieces();
  } finally {
    reader.close();
  }
}

interface Fetched {
  readonly answer: FetchAnswer;
  readonly extent: AnswerExtent;
}

/** Lanes in use, by cluster: a waiting fetch blocks its connection, so each reader has its own. */
const lanes = new WeakMap<Cluster, Set<number>>();

class PartitionReader {
  private readonly cluster: Cluster;
  private readonly topic: string;
  private readonly partition: number;
  private readonly options: KafkaReadOptions;
  private readonly task: KafkaTask;
  private readonly lane: number;
  private readonly limits;
  private readonly stop = new AbortController();
  private readonly signal: AbortSignal;
  private maxBytes: number;
  private lastProgress = performance.now();
  /** A fetch that nobody waits for yet: its connection cannot be another's. */
  private pending = false;

  constructor(cluster: Cluster, topic: string, partition: number, options: KafkaReadOptions) {
    this.cluster = cluster;
    this.topic = topic;
    this.partition = partition;
    this.options = options;
    this.task = { what: `read partition ${partition} of topic "${topic}"`, topic, partition };
    this.limits = options.limits ?? DEFAULT_LIMITS;
    this.maxBytes = options.maxBytes ?? MAX_BYTES;
    this.signal = options.signal === undefined ? this.stop.signal : AbortSignal.any([options.signal, this.stop.signal]);
    this.lane = takeLane(cluster);
  }

  close(): void {
    this.stop.abort();
    // What was asked ahead is not wanted any more.
    if (this.pending) this.cluster.connections.drop(laneName(this.lane));
    lanes.get(this.cluster)?.delete(this.lane);
  }

  async *pieces(): AsyncGenerator<SourcePiece> {
    const { count, range, logStart } = await this.beginning();
    if (this.partition >= count || this.partition < 0) throw noSuchPartition(this.topic, this.partition, count);
    if (range.from < logStart && (range.to === undefined || range.from < range.to)) {
      yield gap(range.from, range.to !== undefined && logStart > range.to ? range.to : logStart);
    }
    let from = range.from < logStart ? logStart : range.from;
    let ahead = isWithin(from, range.to) ? this.ask(from) : undefined;
    while (ahead !== undefined) {
      const fetched = await ahead;
      ahead = undefined;
      if (fetched.answer.errorCode === CODE.offsetOutOfRange) {
        const next = await this.afterGap(from);
        yield gap(from, range.to !== undefined && next > range.to ? range.to : next);
        from = next;
        ahead = isWithin(from, range.to) ? this.ask(from) : undefined;
        continue;
      }
      const { extent, answer } = fetched;
      const here: OffsetRange = { from, to: range.to };
      if (extent.broken !== undefined && extent.end === 0) throw this.damaged(extent.broken, from);
      from = extent.next;
      if (isWithin(from, range.to)) ahead = this.ask(from);
      // Looked at when it is waited for: until then its failure is nobody's.
      ahead?.catch(() => undefined);
      yield* this.piecesIn(answer, extent.end, here);
      if (this.options.transient === true) freeWhole(answer.records);
      throwIfAborted(this.options.signal);
      if (this.options.follow) this.options.onPosition?.(from);
    }
  }

  private *piecesIn(answer: FetchAnswer, end: number, range: OffsetRange): Generator<SourcePiece> {
    const { isolation, skipDamaged = false } = this.options;
    const options = { limits: this.limits, isCommittedOnly: isolation !== 'read_uncommitted', skipDamaged };
    try {
      for (const piece of piecesOf(answer, end, range, options)) {
        throwIfAborted(this.options.signal);
        yield piece;
      }
    } catch (error) {
      throw error instanceof RecordError ? this.damaged(error, range.from) : error;
    }
  }

  private async beginning(): Promise<{ count: number; range: OffsetRange; logStart: bigint }> {
    const { from, to, follow, isolation } = this.options;
    const { partitions } = await this.cluster.topic(this.topic, this.signal);
    const count = partitions.length;
    if (this.partition >= count || this.partition < 0) {
      this.cluster.forget(this.topic);
      return {
        count: (await this.cluster.topic(this.topic, this.signal)).partitions.length,
        range: { from: 0n, to: 0n },
        logStart: 0n,
      };
    }
    const logStart = await this.offset('earliest');
    const end = await this.offset(isolation === 'read_uncommitted' ? 'latest' : 'stable');
    const first = from ?? logStart;
    // Up to the last stable offset there may be nothing to read yet, but beyond the end there never was anything.
    if (first > end && first > (await this.offset('latest'))) throw await this.beyondEnd(first, logStart);
    if (follow) return { count, range: { from: first, to }, logStart };
    return { count, range: { from: first, to: to === undefined || to > end ? end : to }, logStart };
  }

  private offset(at: OffsetAt): Promise<bigint> {
    return partitionOffset(this.cluster, this.topic, this.partition, at, this.signal);
  }

  /** The offset was deleted meanwhile, and reading goes on behind it. @throws when it is beyond the end */
  private async afterGap(from: bigint): Promise<bigint> {
    const first = await this.offset('earliest');
    if (first > from) return first;
    throw await this.beyondEnd(from, first);
  }

  private async beyondEnd(from: bigint, first: bigint): Promise<SrgitError> {
    const end = await this.offset('latest');
    const message = `could not ${this.task.what}: offset ${from} was asked for, and the partition has ${first} to ${end}`;
    return new SrgitError('SRGIT_KAFKA_FAILED', message, {
      hint: 'The topic was deleted and made anew, or a broker lost records: begin again from the first offset.',
      details: { topic: this.topic, partition: this.partition },
    });
  }

  private async ask(from: bigint): Promise<Fetched> {
    this.pending = true;
    try {
      return await this.fetch(from);
    } finally {
      this.pending = false;
    }
  }

  /** One answer that brings something: tried through leader changes and restarts. */
  private async fetch(from: bigint): Promise<Fetched> {
    for (let tries = 0; ; tries++) {
      try {
        const answer = await this.fetchOnce(from);
        if (answer.errorCode === CODE.offsetOutOfRange)
          return { answer, extent: extentOf(answer.records, { from, to: from }, this.limits) };
        const fetched = this.lookAt(answer, from);
        if (fetched !== undefined) return fetched;
        tries = 0;
        if (!this.options.follow) this.checkPatience(undefined);
      } catch (error) {
        const code = error instanceof BrokerRefusal ? error.errorCode : undefined;
        if (!mayPass(error)) throw failureOf(error, this.task);
        if (code === undefined || isStaleLeader(code)) this.cluster.forget(this.topic);
        this.checkPatience(error);
        await pause(backoffMs(tries), this.signal);
      }
    }
  }

  /** Undefined when nothing came. */
  private lookAt(answer: FetchAnswer, from: bigint): Fetched | undefined {
    const extent = extentOf(answer.records, { from, to: undefined }, this.limits);
    if (extent.next > from || extent.broken !== undefined) {
      this.lastProgress = performance.now();
      return { answer, extent };
    }
    // A broker that does not send a batch that is larger than what was asked for.
    if (extent.needed !== undefined) this.maxBytes = Math.max(2 * this.maxBytes, extent.needed);
    // What is left of a log that compaction emptied: nothing comes up to the end that it says it has.
    else if (this.options.follow) this.lastProgress = performance.now();
    return undefined;
  }

  private async fetchOnce(offset: bigint): Promise<FetchAnswer> {
    const { topic, partition, maxBytes } = this;
    const places = await this.cluster.topic(topic, this.signal);
    const leader = places.partitions[partition]?.leader;
    if (leader === undefined) {
      this.cluster.forget(topic);
      throw new BrokerRefusal(5);
    }
    const isolation = this.options.isolation ?? 'read_committed';
    const request = { topic, partition, offset, isolation, maxWaitMs: MAX_WAIT_MS, maxBytes };
    const answer = await this.cluster.connections.request(
      leader,
      laneName(this.lane),
      (connection) => fetchPartition(connection, request),
      this.signal,
    );
    const { errorCode } = answer;
    if (errorCode !== 0 && errorCode !== CODE.offsetOutOfRange) throw new BrokerRefusal(errorCode);
    return answer;
  }

  private checkPatience(error: unknown): void {
    if (performance.now() - this.lastProgress < PATIENCE_MS) return;
    if (error !== undefined) throw failureOf(error, this.task);
    throw new SrgitError(
      'SRGIT_KAFKA_TIMEOUT',
      `could not ${this.task.what}: nothing came for ${PATIENCE_MS / 1000} s`,
      {
        hint: 'Look at the state of the partition and its leader.',
        details: { topic: this.topic, partition: this.partition },
      },
    );
  }

  private damaged(error: RecordError, from: bigint): SrgitError {
    const offset = error.baseOffset ?? from;
    const message = `could not ${this.task.what} at offset ${offset}: ${error.message}`;
    return new SrgitError('SRGIT_RECORDS_DAMAGED', message, {
      cause: error,
      hint: 'Read on behind it with --skip-damaged, where the command has it, or restore the partition from another replica.',
      details: { topic: this.topic, partition: this.partition, offset: String(offset) },
    });
  }
}

function isWithin(offset: bigint, to: bigint | undefined): boolean {
  return to === undefined || offset < to;
}

function gap(first: bigint, next: bigint): SourcePiece {
  return { kind: 'skipped', reason: 'gap', firstOffset: first, lastOffset: next - 1n };
}

function laneName(lane: number): string {
  return `fetch-${lane}`;
}

function takeLane(cluster: Cluster): number {
  let used = lanes.get(cluster);
  if (used === undefined) {
    used = new Set();
    lanes.set(cluster, used);
  }
  let lane = 0;
  while (used.has(lane)) lane++;
  used.add(lane);
  return lane;
}
