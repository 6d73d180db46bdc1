import { readBatchHeader } from '../records/batch-header.ts';
import type { RecordLimits } from '../records/limits.ts';
import { openBatch } from '../records/open-batch.ts';
import { RecordCursor } from '../records/record-cursor.ts';
import { placeError } from '../records/record-error.ts';
import type { SliceCursor } from '../records/record-source.ts';

/** Those records of a version 2 batch whose offsets are in a range: what is left of a batch that lies across its border. */
export class BatchPart implements SliceCursor {
  readonly baseOffset: bigint;
  /** The batch's own bytes and what they decompressed to. */
  readonly byteLength: number;
  readonly bytes: Buffer;
  private readonly cursor: RecordCursor;
  private readonly first: number;
  private readonly last: number;

  /**
   * @param batch a whole batch whose checksum was checked
   * @param from first offset wanted
   * @param to last offset wanted, exclusive
   * @throws RecordError
   */
  constructor(batch: Buffer, from: bigint, to: bigint, limits: RecordLimits) {
    this.cursor = new RecordCursor(limits);
    this.baseOffset = readBatchHeader(batch).baseOffset;
    try {
      this.bytes = openBatch(batch, 0, batch.length, this.cursor, limits, false);
    } catch (error) {
      throw placeError(error, 0, this.baseOffset);
    }
    this.byteLength = this.bytes === batch ? batch.length : batch.length + this.bytes.length;
    this.first = Number(from - this.baseOffset);
    this.last = Number(to - this.baseOffset) - 1;
  }

  next(): boolean {
    const { cursor } = this;
    while (cursor.next()) {
      // Offsets ascend within a batch, yet its last bytes are still to be checked: so on to the end.
      if (cursor.offsetDelta >= this.first && cursor.offsetDelta <= this.last) return true;
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
