/** Reads a partition by fetch requests of our own: no group, nothing committed, batches as the broker has them. */
import { SrgitError, throwIfAborted } from '../errors.ts';
import { DEFAULT_LIMITS } from '../records/limits.ts';
import type { SourcePiece } from '../records/record-source.ts';
import { codeError } from './kafka-error.ts';
import type { KafkajsCluster, Where } from './kafkajs-cluster.ts';
import { piecesOf } from './kafkajs-pieces.ts';
import { EARLIEST, type FetchAnswer, fetchCall, LATEST, listOffsetsCall } from './kafkajs-requests.ts';
import { patience } from './kafkajs-wait.ts';
import type { KafkaReadOptions } from './port.ts';

const MAX_BYTES = 8 * 1024 * 1024;
/** How long a broker holds a fetch back while there is nothing new. */
const MAX_WAIT_MS = 500;
/** Through restarts of brokers and changes of leaders. */
const PATIENCE_MS = 120_000;
const OFFSET_OUT_OF_RANGE = 1;
/** Answers without a batch where there should be one, before that is an error. */
const EMPTY_ANSWERS = 20;

export class KafkajsReader {
  private readonly cluster: KafkajsCluster;
  private readonly topic: string;
  private readonly partition: number;
  private readonly options: KafkaReadOptions;
  private readonly committed: boolean;

  constructor(cluster: KafkajsCluster, topic: string, partition: number, options: KafkaReadOptions) {
    this.cluster = cluster;
    this.topic = topic;
    this.partition = partition;
    this.options = options;
    this.committed = options.isolation !== 'read_uncommitted';
  }

  async *pieces(): AsyncGenerator<SourcePiece> {
    const { follow = false, onPosition, signal, limits = DEFAULT_LIMITS, skipDamaged = false } = this.options;
    throwIfAborted(signal);
    const { earliest, end } = await this.range();
    let position = this.options.from ?? earliest;
    const to = follow ? (this.options.to ?? MAX_OFFSET) : lesser(this.options.to ?? end, end);
    if (position < earliest) {
      yield gap(position, lesser(earliest, to));
      position = earliest;
    }
    let told = position;
    let empty = 0;
    const lane = this.cluster.takeLane();
    let fetching = position < to ? this.fetch(position, lane) : undefined;
    try {
      while (fetching !== undefined) {
        const answer: FetchAnswer = await fetching;
        fetching = undefined;
        if (answer.code === OFFSET_OUT_OF_RANGE) {
          const start = await this.startAfterDeletion(position);
          yield gap(position, lesser(start, to));
          position = start;
        } else {
          const wanted = { topic: this.topic, partition: this.partition, from: position, to, skipDamaged, limits };
          const { pieces, next } = piecesOf(answer.records, this.committed ? answer.aborted : undefined, wanted);
          empty = next === position ? empty + 1 : 0;
          if (!follow && empty > EMPTY_ANSWERS) throw this.nothingThere(position, to);
          // The next answer is on its way while these pieces are used.
          if (next < to) fetching = this.fetch(next, lane);
          yield* pieces;
          position = next;
        }
        if (follow && position !== told) onPosition?.(position);
        told = position;
        if (position < to) fetching ??= this.fetch(position, lane);
      }
    } finally {
      this.cluster.freeLane(lane, fetching !== undefined);
    }
  }

  private get where(): Where & { readonly kind: 'leader' } {
    return { kind: 'leader', topic: this.topic, partition: this.partition };
  }

  private get task(): { readonly what: string; readonly topic: string; readonly partition: number } {
    const { topic, partition } = this;
    return { what: `read partition ${partition} of topic "${topic}"`, topic, partition };
  }

  /** The log's first offset, and its end for a reader of this isolation. */
  private async range(): Promise<{ readonly earliest: bigint; readonly end: bigint }> {
    const [earliest, end, last] = await Promise.all([
      this.offsetAt(EARLIEST, false),
      this.offsetAt(LATEST, this.committed),
      this.offsetAt(LATEST, false),
    ]);
    const { from } = this.options;
    if (from !== undefined && from > last) {
      throw new SrgitError(
        'SRGIT_KAFKA_FAILED',
        `could not ${this.task.what} from offset ${from}: it ends at ${last}`,
        {
          hint: 'The topic has fewer records than it had before: was it deleted and created again?',
          details: { topic: this.topic, partition: this.partition },
        },
      );
    }
    return { earliest, end };
  }

  private async offsetAt(timestamp: bigint, committed: boolean): Promise<bigint> {
    const call = listOffsetsCall(this.topic, [this.partition], timestamp, committed);
    const limits = patience(this.cluster.requestTimeoutMs, this.options.signal);
    const [answer] = await this.cluster.ask(this.where, call, ([first]) => first?.code ?? -1, this.task, limits);
    return answer?.offset ?? 0n;
  }

  private fetch(offset: bigint, lane: number): Promise<FetchAnswer> {
    const call = fetchCall({
      topic: this.topic,
      partition: this.partition,
      offset,
      committed: this.committed,
      maxBytes: this.options.maxBytes ?? MAX_BYTES,
      maxWaitMs: MAX_WAIT_MS,
    });
    const codeOf = ({ code }: FetchAnswer): number => (code === OFFSET_OUT_OF_RANGE ? 0 : code);
    const limits = patience(PATIENCE_MS, this.options.signal);
    const answer = this.cluster.ask({ ...this.where, lane }, call, codeOf, this.task, limits);
    // It may fail while nobody waits for it yet.
    answer.catch(() => undefined);
    return answer;
  }

  /** Where the log begins now that the offset is out of it. @throws when it is not below */
  private async startAfterDeletion(position: bigint): Promise<bigint> {
    const earliest = await this.offsetAt(EARLIEST, false);
    if (earliest > position) return earliest;
    throw codeError(OFFSET_OUT_OF_RANGE, { ...this.task, what: `${this.task.what} at offset ${position}` });
  }

  private nothingThere(position: bigint, to: bigint): SrgitError {
    const message = `could not ${this.task.what}: nothing comes from offset ${position} on, though it ends at ${to}`;
    return new SrgitError('SRGIT_KAFKA_FAILED', message, {
      hint: 'Look at the health of the partition’s leader.',
      retriable: true,
      details: { topic: this.topic, partition: this.partition },
    });
  }
}

const MAX_OFFSET = 2n ** 63n - 1n;

/** Offsets below the first that the log has. */
function gap(from: bigint, to: bigint): SourcePiece {
  return {
    kind: 'skipped',
    reason: 'gap',
    firstOffset: from,
    lastOffset: to - 1n,
    detail: 'the topic no longer has these records',
  };
}

function lesser(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
