/** What happens to each record of one source partition on its way: filtered, its ids rewritten, its headers as asked. */
import { SrgitError } from '../../errors.ts';
import type { RecordSide, TopicRule, UnknownPolicy } from '../../records/frame-rules.ts';
import { DEFAULT_LIMITS, type RecordLimits } from '../../records/limits.ts';
import { sliceRecord } from '../../records/plain-records.ts';
import { copyRecord, type PlainRecord, type RecordSlices } from '../../records/record-slices.ts';
import { BatchRewriter, type RewrittenBatch } from '../../records/rewrite-batch.ts';
import { SchemaIdRewriter, UnknownSchemaError } from '../../records/schema-id-rewriter.ts';
import { type DataPiece, PieceCursor, placeInTopic } from './piece-cursor.ts';
import { hasTimes, isInTime, type RecordWindow } from './record-window.ts';
import { applyHeaderPolicy, type HeaderPolicy, hasTracking } from './replay/tracking-headers.ts';

export interface StageOptions {
  /** Of the source. */
  readonly topic: string;
  readonly partition: number;
  readonly rule: TopicRule;
  readonly onUnknown: UnknownPolicy;
  readonly window: RecordWindow;
  readonly headers: HeaderPolicy;
  readonly limits?: RecordLimits | undefined;
}

/** A record taken out, as it was. */
export interface TakenOut {
  readonly topic: string;
  readonly partition: number;
  readonly record: PlainRecord;
  readonly side: RecordSide;
  readonly id: string;
}

export class RecordStage {
  /** Whether a batch may go as a whole: no record of it need be looked at but for its ids. */
  readonly takesBatches: boolean;
  readonly rewriter: SchemaIdRewriter;
  /** Of the record that `next` went to. */
  bytes: Buffer = Buffer.alloc(0);
  record: RecordSlices;
  offset = 0n;
  patched = 0;
  /** Records that the window leaves out. */
  outside = 0;
  /** Records taken out since this was emptied last. */
  takenOut: TakenOut[] = [];

  readonly #options: StageOptions;
  readonly #cursor: PieceCursor;
  readonly #batches: BatchRewriter;
  readonly #isTimed: boolean;

  constructor(options: StageOptions) {
    const { topic, partition, rule, onUnknown, window, headers, limits = DEFAULT_LIMITS } = options;
    this.#options = options;
    this.rewriter = new SchemaIdRewriter({ topic, partition, rule, onUnknown });
    this.#batches = new BatchRewriter(this.rewriter, { limits, forProduce: true });
    this.#cursor = new PieceCursor(limits);
    this.record = this.#cursor.record;
    this.#isTimed = hasTimes(window);
    this.takesBatches = !this.#isTimed && !headers.add && !headers.drop;
  }

  /** A whole batch made fit for a producer. @throws SrgitError SRGIT_RECORDS_DAMAGED, SRGIT_SCHEMA_UNKNOWN */
  rewriteBatch(batch: Buffer): RewrittenBatch {
    const { topic, partition } = this.#options;
    try {
      const result = this.#batches.rewrite(batch);
      this.patched += result.patched;
      for (const removed of result.removed) this.takenOut.push({ topic, partition, ...removed });
      return result;
    } catch (error) {
      throw this.#placed(error);
    }
  }

  /** Begins a piece, whose records `next` goes through. */
  open(piece: DataPiece): void {
    try {
      this.#cursor.open(piece);
      this.rewriter.begin(this.#cursor.baseOffset);
    } catch (error) {
      throw this.#placed(error);
    }
  }

  /** Goes to the next record that stays. @throws SrgitError SRGIT_RECORDS_DAMAGED, SRGIT_SCHEMA_UNKNOWN */
  next(): boolean {
    try {
      return this.#next();
    } catch (error) {
      throw this.#placed(error);
    }
  }

  #next(): boolean {
    const cursor = this.#cursor;
    const { topic, partition, window, headers } = this.#options;
    while (cursor.next()) {
      const { record, bytes } = cursor;
      if (this.#isTimed && !isInTime(window, record)) {
        this.outside++;
        continue;
      }
      const fate = this.rewriter.rewrite(bytes, record, record.offsetDelta);
      this.offset = cursor.baseOffset + BigInt(record.offsetDelta);
      if (fate === 'removed') {
        const { side = 'value', id = '' } = this.rewriter.removedFor ?? {};
        this.takenOut.push({ topic, partition, record: copyRecord(bytes, record, this.offset), side, id });
        continue;
      }
      if (fate === 'patched') this.patched++;
      if (headers.add || (headers.drop && hasTracking(bytes, record))) {
        const made = sliceRecord(applyHeaderPolicy(copyRecord(bytes, record, this.offset), partition, headers));
        this.bytes = made.bytes;
        this.record = made.slices;
      } else {
        this.bytes = bytes;
        this.record = record;
      }
      return true;
    }
    return false;
  }

  #placed(error: unknown): unknown {
    if (!(error instanceof UnknownSchemaError))
      return placeInTopic(error, this.#options.topic, this.#options.partition);
    const { topic, partition, offset, side, id } = error;
    return new SrgitError(
      'SRGIT_SCHEMA_UNKNOWN',
      `Schema ID ${id} not found in target registry: ${side} in ${topic}, partition ${partition}, offset ${offset}`,
      {
        hint: 'Restore the schema first (srgit restore), or say what becomes of such records with --on-unknown.',
        cause: error,
        details: { topic, partition, offset: `${offset}`, side, id },
      },
    );
  }
}
