/** Records of one source partition as batches that a producer may send. */
import { throwIfAborted } from '../../../errors.ts';
import { BatchBuilder } from '../../../records/batch-builder.ts';
import { AT } from '../../../records/batch-header.ts';
import type { Codec } from '../../../records/codec.ts';
import { DEFAULT_LIMITS } from '../../../records/limits.ts';
import { openBatch } from '../../../records/open-batch.ts';
import { RecordCursor } from '../../../records/record-cursor.ts';
import type { ReadOptions, RecordSource } from '../../../records/record-source.ts';
import type { ByteBudget } from '../byte-budget.ts';
import type { LaneSource } from '../lanes.ts';
import { sizeOfPiece } from '../piece-cursor.ts';
import type { RecordStage, TakenOut } from '../record-stage.ts';
import type { SkipTally } from '../skip-tally.ts';

export interface PreparedBatch {
  /** Absent where nothing is to be sent up to `next`. Its length is taken from the budget. */
  readonly bytes: Buffer | undefined;
  /** Made here, in memory of its own. */
  readonly isBuilt: boolean;
  readonly records: number;
  /** Everything of the source before this offset is in this batch or one before it. */
  readonly next: bigint;
  /** False: `next` is not reached before a batch to come. */
  readonly isWhole: boolean;
  readonly takenOut: readonly TakenOut[];
  readonly hits: readonly WantedHit[];
}

export interface WantedHit {
  /** Offset of the source. */
  readonly wanted: bigint;
  /** Which record of the batch is the first at or after it; undefined where the source has none. */
  readonly index: number | undefined;
}

export interface PrepareOptions {
  readonly source: RecordSource;
  readonly lane: LaneSource;
  /** Instead of the lane's own first offset. */
  readonly from: bigint;
  readonly stage: RecordStage;
  /** Whether records may be taken out. */
  readonly takesOut: boolean;
  /** Bytes of a batch that the target takes. */
  readonly maxBatchBytes: number;
  /** Bytes of the batches that are built. */
  readonly builtBytes: number;
  readonly codec: Codec;
  /** Ascending: source offsets whose target offsets are asked for. */
  readonly wanted: readonly bigint[];
  readonly skipped: SkipTally;
  readonly budget: ByteBudget;
  readonly read: Omit<ReadOptions, 'from' | 'to' | 'signal'>;
  readonly onRead: (bytes: number, records: number) => void;
  readonly signal: AbortSignal;
}

/** Batches smaller than this are put together: each costs the broker a request. */
const WORTH_A_REQUEST = 64 * 1024;
/** What a broker takes by default is little more. */
export const BUILT_BYTES = 1_000_000;
/** What compression and the header may add. */
const SLACK = 8 * 1024;

export async function* prepareBatches(options: PrepareOptions): AsyncGenerator<PreparedBatch, void, undefined> {
  const { source, lane, stage, budget, signal, maxBatchBytes, codec } = options;
  const wanted = new WantedOffsets(options.wanted);
  const maxBytes = Math.max(1, Math.min(options.builtBytes, maxBatchBytes - SLACK));
  const builder = new BatchBuilder({ codec, maxBytes });
  const flush = async (next: bigint): Promise<PreparedBatch> => {
    const records = builder.recordCount;
    const bytes = records === 0 ? undefined : builder.finish();
    if (bytes !== undefined) await budget.take(bytes.length, signal);
    const takenOut = stage.takenOut.splice(0);
    return { bytes, isBuilt: true, records, next, isWhole: true, takenOut, hits: wanted.drain() };
  };
  const readOptions = { ...options.read, from: options.from, to: lane.to, signal };
  for await (const piece of source.read(lane.topic, lane.partition.partition, readOptions)) {
    throwIfAborted(signal);
    if (piece.kind === 'skipped') {
      options.skipped.add(piece);
      continue;
    }
    if (piece.kind === 'batch' && goesWhole(piece.bytes, options, wanted)) {
      const base = piece.bytes.readBigInt64BE(0);
      if (builder.recordCount > 0) yield await flush(base);
      yield* wholeBatch(piece.bytes, base, maxBytes, options, wanted);
      continue;
    }
    let records = 0;
    stage.open(piece);
    while (stage.next()) {
      if (!builder.append(stage.bytes, stage.record)) {
        yield await flush(stage.offset);
        builder.append(stage.bytes, stage.record);
      }
      wanted.pass(stage.offset, builder.recordCount - 1);
      records++;
    }
    options.onRead(sizeOfPiece(piece), records);
  }
  // A source that ends early is not at its end.
  throwIfAborted(signal);
  const last = await flush(lane.to);
  yield { ...last, hits: [...last.hits, ...wanted.rest()] };
}

/** Whether a batch may go on as it is but for its ids. */
function goesWhole(batch: Buffer, { stage, takesOut }: PrepareOptions, wanted: WantedOffsets): boolean {
  if (!stage.takesBatches || batch.length < WORTH_A_REQUEST) return false;
  const lastDelta = batch.readInt32BE(AT.lastOffsetDelta);
  if (!wanted.isWithin(batch.readBigInt64BE(0) + BigInt(lastDelta))) return true;
  // Which record is the one that is asked for is told by its offset only where none is missing.
  return !takesOut && lastDelta === batch.readInt32BE(AT.recordCount) - 1;
}

async function* wholeBatch(
  batch: Buffer,
  base: bigint,
  maxBytes: number,
  { stage, budget, signal, maxBatchBytes, codec, onRead }: PrepareOptions,
  wanted: WantedOffsets,
): AsyncGenerator<PreparedBatch, void, undefined> {
  const last = base + BigInt(batch.readInt32BE(AT.lastOffsetDelta));
  const size = batch.length;
  const { batch: bytes, recordCount } = stage.rewriteBatch(batch);
  onRead(size, recordCount);
  wanted.passDense(base, last);
  const hits = wanted.drain();
  const done = { next: last + 1n, takenOut: stage.takenOut.splice(0) };
  if (bytes === undefined || bytes.length <= maxBatchBytes) {
    if (bytes !== undefined) await budget.take(bytes.length, signal);
    yield { bytes, isBuilt: false, records: recordCount, isWhole: true, hits, ...done };
    return;
  }
  // Larger than the target takes, as where the source allowed more: the same records in several batches.
  const builder = new BatchBuilder({ codec, maxBytes });
  const cursor = new RecordCursor();
  const records = openBatch(bytes, 0, bytes.length, cursor, DEFAULT_LIMITS, false);
  let first = 0;
  const part = async (): Promise<Pick<PreparedBatch, 'bytes' | 'isBuilt' | 'records' | 'hits'>> => {
    const count = builder.recordCount;
    const made = builder.finish();
    await budget.take(made.length, signal);
    const placed = hits.flatMap(({ wanted: offset, index = -1 }) =>
      index >= first && index < first + count ? [{ wanted: offset, index: index - first }] : [],
    );
    first += count;
    return { bytes: made, isBuilt: true, records: count, hits: placed };
  };
  while (cursor.next()) {
    if (builder.append(records, cursor)) continue;
    yield { ...(await part()), isWhole: false, next: base, takenOut: [] };
    builder.append(records, cursor);
  }
  yield { ...(await part()), isWhole: true, ...done };
}

/** Source offsets whose records are waited for, in order. */
class WantedOffsets {
  readonly #offsets: readonly bigint[];
  #at = 0;
  #hits: WantedHit[] = [];

  constructor(offsets: readonly bigint[]) {
    this.#offsets = offsets;
  }

  isWithin(lastOffset: bigint): boolean {
    const next = this.#offsets[this.#at];
    return next !== undefined && next <= lastOffset;
  }

  /** The record at this offset is the one of this number in the batch. */
  pass(offset: bigint, index: number): void {
    for (let next = this.#offsets[this.#at]; next !== undefined && next <= offset; next = this.#offsets[++this.#at]) {
      this.#hits.push({ wanted: next, index });
    }
  }

  /** A batch without gaps. */
  passDense(base: bigint, last: bigint): void {
    for (let next = this.#offsets[this.#at]; next !== undefined && next <= last; next = this.#offsets[++this.#at]) {
      this.#hits.push({ wanted: next, index: next < base ? 0 : Number(next - base) });
    }
  }

  drain(): readonly WantedHit[] {
    return this.#hits.splice(0);
  }

  /** Those behind the last record: control records, or nothing, are where they point. */
  rest(): readonly WantedHit[] {
    const offsets = this.#offsets.slice(this.#at);
    this.#at = this.#offsets.length;
    return offsets.map((wanted) => ({ wanted, index: undefined }));
  }
}
