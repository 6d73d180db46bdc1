/**
 * Scans and rewrites whole version 2 batches. An uncompressed batch is patched where it lies and its checksum adjusted; a
 * compressed one is decompressed, and compressed again (same codec) only if an id in it changed; records are laid anew only
 * where some are removed or a producer may not send them as they are.
 */
import { BatchBuilder, type BatchFields } from './batch-builder.ts';
import { AT, ATTRIBUTE, checkBatchCrc, LENGTH_OVERHEAD, readBatchHeader } from './batch-header.ts';
import { type CompressOptions, codecOf, compress, optionsLike } from './codec.ts';
import { ChecksumPatch, checksumOf } from './crc32c.ts';
import type { RecordSide } from './frame-rules.ts';
import { DEFAULT_LIMITS, type RecordLimits } from './limits.ts';
import { checkHeader, openBatch } from './open-batch.ts';
import { RecordCursor } from './record-cursor.ts';
import { placeError } from './record-error.ts';
import { copyRecord, type PlainRecord } from './record-slices.ts';
import type { SchemaIdRewriter } from './schema-id-rewriter.ts';
import { isControlBatch } from './transactions.ts';

export interface RewriteBatchOptions {
  readonly limits?: RecordLimits;
  /** Whether a batch's checksum is looked at before. A damaged one is never made to look sound, either way. */
  readonly checkCrc?: boolean;
  readonly compress?: CompressOptions;
  /**
   * Make batches that a producer may send: no gaps in the offsets (a broker refuses them, and compaction leaves them), no
   * broker timestamps (each record then carries, as its own, the time that consumers were told).
   */
  readonly forProduce?: boolean;
}

export interface RemovedRecord {
  readonly record: PlainRecord;
  readonly side: RecordSide;
  /** The schema id that the target lacks: decimal, or a guid. */
  readonly id: string;
}

export interface RewrittenBatch {
  /** The very bytes that came in where they could stay or be patched; undefined when no record is left. */
  readonly batch: Buffer | undefined;
  /** Records in which an id was changed. */
  readonly patched: number;
  readonly removed: readonly RemovedRecord[];
  readonly recordCount: number;
}

/** Works on one batch after the other of one partition. */
export class BatchRewriter {
  private readonly rewriter: SchemaIdRewriter;
  private readonly limits: RecordLimits;
  private readonly checkCrc: boolean;
  private readonly compression: CompressOptions;
  private readonly forProduce: boolean;
  private readonly cursor: RecordCursor;
  private readonly checksum = new ChecksumPatch();

  constructor(rewriter: SchemaIdRewriter, options: RewriteBatchOptions = {}) {
    this.rewriter = rewriter;
    this.limits = options.limits ?? DEFAULT_LIMITS;
    this.checkCrc = options.checkCrc ?? true;
    this.compression = options.compress ?? {};
    this.forProduce = options.forProduce ?? false;
    this.cursor = new RecordCursor(this.limits);
  }

  /**
   * Counts the frames of the batch in `bytes[start, end)`. Control batches are not looked into.
   * @returns the number of its records
   * @throws RecordError
   */
  scan(bytes: Buffer, start: number, end: number): number {
    const { cursor, rewriter } = this;
    checkHeader(bytes, start, end);
    const baseOffset = bytes.readBigInt64BE(start);
    try {
      const records = openBatch(bytes, start, end, cursor, this.limits, this.checkCrc);
      if (isControlBatch(bytes, start)) return 0;
      rewriter.begin(baseOffset);
      while (cursor.next()) rewriter.scan(records, cursor, cursor.offsetDelta);
      return cursor.index;
    } catch (error) {
      throw placeError(error, 0, baseOffset);
    }
  }

  /**
   * Rewrites one batch, which `batch` holds and nothing else; its bytes may be patched. Of a control batch nothing is left:
   * it holds no data. After an error its bytes are not to be used.
   * @throws RecordError, UnknownSchemaError
   */
  rewrite(batch: Buffer): RewrittenBatch {
    const { cursor, rewriter } = this;
    checkHeader(batch, 0, batch.length);
    const baseOffset = batch.readBigInt64BE(0);
    try {
      if (rewriter.isIdle && !(this.forProduce && isUnfit(batch))) return this.passOn(batch);
      const records = openBatch(batch, 0, batch.length, cursor, this.limits, this.checkCrc);
      if (isControlBatch(batch)) return { batch: undefined, patched: 0, removed: [], recordCount: 0 };
      const isPlain = records === batch;
      const removed = new Map<number, RemovedRecord>();
      let patched = 0;
      let hasGaps = false;
      rewriter.begin(baseOffset);
      this.checksum.begin(AT.attributes);
      while (cursor.next()) {
        const fate = rewriter.rewrite(records, cursor, cursor.offsetDelta, isPlain ? this.checksum : undefined);
        if (fate === 'patched') patched++;
        else if (fate === 'removed') removed.set(cursor.index, this.takeOut(records, baseOffset));
        if (cursor.offsetDelta !== cursor.index) hasGaps = true;
      }
      const all = cursor.index;
      const result = { patched, removed: [...removed.values()], recordCount: all - removed.size };
      if (result.recordCount === 0) return { ...result, batch: undefined };
      if (removed.size > 0 || (this.forProduce && (hasGaps || isUnfit(batch)))) {
        return { ...result, batch: this.layAnew(batch, records, removed) };
      }
      if (patched === 0) return { ...result, batch };
      if (!isPlain) return { ...result, batch: this.compressAgain(batch, records) };
      batch.writeUInt32BE(this.checksum.finish(batch.readUInt32BE(AT.crc), batch.length), AT.crc);
      return { ...result, batch };
    } catch (error) {
      throw placeError(error, 0, baseOffset);
    }
  }

  private takeOut(records: Buffer, baseOffset: bigint): RemovedRecord {
    const record = copyRecord(records, this.cursor, baseOffset + BigInt(this.cursor.offsetDelta));
    const { side = 'value', id = '' } = this.rewriter.removedFor ?? {};
    return { record, side, id };
  }

  /** For topics whose records nobody asked to look into. */
  private passOn(batch: Buffer): RewrittenBatch {
    if (this.checkCrc) checkBatchCrc(batch, 0, batch.length);
    const recordCount = isControlBatch(batch) ? 0 : batch.readInt32BE(AT.recordCount);
    return { batch: recordCount === 0 ? undefined : batch, patched: 0, removed: [], recordCount };
  }

  private compressAgain(batch: Buffer, records: Buffer): Buffer {
    const codec = codecOf(batch.readInt16BE(AT.attributes), 0);
    const payload = compress(codec, records, optionsLike(codec, batch.subarray(AT.records), this.compression));
    const made = Buffer.allocUnsafe(AT.records + payload.length);
    batch.copy(made, 0, 0, AT.records);
    payload.copy(made, AT.records);
    made.writeInt32BE(made.length - LENGTH_OVERHEAD, AT.length);
    made.writeUInt32BE(checksumOf(made, AT.attributes, made.length), AT.crc);
    return made;
  }

  /** The batch of the records that are left; their ids are patched already. */
  private layAnew(batch: Buffer, records: Buffer, removed: ReadonlyMap<number, unknown>): Buffer {
    const { cursor, forProduce } = this;
    const header = readBatchHeader(batch);
    const codec = codecOf(header.attributes, 0);
    const compressOptions = optionsLike(codec, batch.subarray(AT.records), this.compression);
    const builder = new BatchBuilder({ codec, compress: compressOptions, maxBytes: Number.MAX_SAFE_INTEGER });
    const from = records === batch ? AT.records : 0;
    cursor.open(batch, 0, records, from, records.length);
    while (cursor.next()) {
      if (removed.has(cursor.index)) continue;
      builder.append(records, cursor, forProduce ? undefined : cursor.offsetDelta);
    }
    return builder.finish(fieldsOf(header, forProduce));
  }
}

/** Whether a producer may not send the batch as its header has it. */
function isUnfit(batch: Buffer): boolean {
  if (batch.readInt32BE(AT.lastOffsetDelta) !== batch.readInt32BE(AT.recordCount) - 1) return true;
  return (batch.readInt16BE(AT.attributes) & ATTRIBUTE.logAppendTime) !== 0;
}

/** Records get timestamps of their own by being laid anew, so that neither a broker's time nor a delete horizon is left. */
function fieldsOf(header: ReturnType<typeof readBatchHeader>, forProduce: boolean): BatchFields {
  const { baseOffset, leaderEpoch, producerId, producerEpoch, baseSequence, lastOffsetDelta } = header;
  const { codec, deleteHorizon, logAppendTime } = ATTRIBUTE;
  const attributes = header.attributes & ~(codec | deleteHorizon | logAppendTime);
  const fields = { baseOffset, leaderEpoch, attributes, producerId, producerEpoch, baseSequence };
  return forProduce ? fields : { ...fields, lastOffsetDelta };
}
