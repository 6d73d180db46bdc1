/** What is left of a batch, or of a message from before batches, that lies across the border of a range of offsets. */
import { BatchBuilder } from './batch-builder.ts';
import { readBatchHeader } from './batch-header.ts';
import type { RecordLimits } from './limits.ts';
import { readMessage } from './message-set.ts';
import { openBatch } from './open-batch.ts';
import { RecordCursor } from './record-cursor.ts';
import { placeError } from './record-error.ts';
import type { SliceCursor, SourcePiece } from './record-source.ts';

/** `[from, to)` */
export interface OffsetRange {
  readonly from: bigint;
  /** Undefined for no end. */
  readonly to: bigint | undefined;
}

export type RecordsPiece = SourcePiece & { readonly kind: 'records' };

/**
 * Those records of a version 2 batch whose offsets are in the range.
 *
 * @param batch a whole batch whose checksum was checked
 * @throws RecordError, also from the cursor: records that cannot be, though the checksum is right
 */
export function partOfBatch(batch: Buffer, range: OffsetRange, limits: RecordLimits): RecordsPiece {
  const { baseOffset } = readBatchHeader(batch);
  const cursor = new RecordCursor(limits);
  let bytes: Buffer;
  try {
    bytes = openBatch(batch, 0, batch.length, cursor, limits, false);
  } catch (error) {
    throw placeError(error, 0, baseOffset);
  }
  // Within a batch offsets differ by an int32 at most.
  const first = Number(range.from - baseOffset);
  const end = range.to === undefined ? Number.POSITIVE_INFINITY : Number(range.to - baseOffset);
  const byteLength = bytes === batch ? batch.length : batch.length + bytes.length;
  return { kind: 'records', baseOffset, cursor: new PartCursor(cursor, bytes, first, end), byteLength };
}

/**
 * Those records of a message of version 0 or 1 that are in the range: laid into a batch, for such messages are rare and
 * old. Undefined when none is.
 *
 * @throws RecordError
 */
export function partOfMessage(
  bytes: Buffer,
  start: number,
  end: number,
  range: OffsetRange,
  limits: RecordLimits,
): RecordsPiece | undefined {
  const builder = new BatchBuilder({ maxBytes: Number.MAX_SAFE_INTEGER });
  let baseOffset: bigint | undefined;
  readMessage(bytes, start, end, limits, (inner, record, offset) => {
    if (offset < range.from || (range.to !== undefined && offset >= range.to)) return;
    baseOffset ??= offset;
    builder.append(inner, record, Number(offset - baseOffset));
  });
  if (baseOffset === undefined) return undefined;
  return partOfBatch(builder.finish({ baseOffset }), range, limits);
}

class PartCursor implements SliceCursor {
  readonly bytes: Buffer;
  private readonly cursor: RecordCursor;
  private readonly first: number;
  private readonly end: number;

  /** @param first least offset delta; `end` is exclusive */
  constructor(cursor: RecordCursor, bytes: Buffer, first: number, end: number) {
    this.cursor = cursor;
    this.bytes = bytes;
    this.first = first;
    this.end = end;
  }

  next(): boolean {
    const { cursor } = this;
    while (cursor.next()) {
      // Offsets ascend within a batch, yet its last bytes are still to be checked: so on to the end.
      if (cursor.offsetDelta >= this.first && cursor.offsetDelta < this.end) return true;
    }
    return false;
  }

  get offsetDelta(): number {
    return this.cursor.offsetDelta;
  }
  get keyStart(): number {
    return this.cursor.keyStart;
  }
  get keyLength(): number {
    return this.cursor.keyLength;
  }
  get valueStart(): number {
    return this.cursor.valueStart;
  }
  get valueLength(): number {
    return this.cursor.valueLength;
  }
  get headerCount(): number {
    return this.cursor.headerCount;
  }
  get headers(): Int32Array {
    return this.cursor.headers;
  }
  get timestampHigh(): number {
    return this.cursor.timestampHigh;
  }
  get timestampLow(): number {
    return this.cursor.timestampLow;
  }
}
