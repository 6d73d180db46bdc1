/** Records that were parsed before they are walked: for formats whose records do not lie ready one after the other. */

import type { RecordSlices } from '../records/record-slices.ts';
import type { SliceCursor } from '../records/record-source.ts';

/** Numbers kept of each record, its headers aside. */
const FIELDS = 8;

/** Filled by `add`, then walked once by `next`. A record is eight numbers in one array, never an object. */
export class CollectedRecords implements SliceCursor {
  bytes: Buffer = EMPTY;
  offsetDelta = 0;
  keyStart = 0;
  keyLength = -1;
  valueStart = 0;
  valueLength = -1;
  headerCount = 0;
  headers: Int32Array = NO_HEADERS;
  timestampHigh = 0;
  timestampLow = 0;

  /** Of the first record added. */
  baseOffset = 0n;
  count = 0;
  /** Bytes that the records' buffers hold. */
  byteLength = 0;

  private fields = new Int32Array(64 * FIELDS);

  private readonly headerLists: (Int32Array | undefined)[] = [];
  /** Each buffer, and the number of the first record in it. */
  private readonly buffers: { readonly bytes: Buffer; readonly from: number }[] = [];
  private at = -1;
  private buffer = 0;

  /** Whether a record with this offset may be added: who makes a batch of the piece has 32 bits for each offset. */
  takes(offset: bigint): boolean {
    return this.count === 0 || offset - this.baseOffset <= 0x7fff_ffffn;
  }

  /** The positions of `record` are in `bytes`, which is kept, not copied. */
  add(bytes: Buffer, record: RecordSlices, offset: bigint): void {
    const index = this.count++;
    if (index === 0) this.baseOffset = offset;
    if (this.buffers.at(-1)?.bytes !== bytes) {
      this.buffers.push({ bytes, from: index });
      this.byteLength += bytes.length;
    }
    if (index * FIELDS === this.fields.length) this.grow();
    const fields = this.fields;
    let at = index * FIELDS;
    fields[at++] = record.keyStart;
    fields[at++] = record.keyLength;
    fields[at++] = record.valueStart;
    fields[at++] = record.valueLength;
    fields[at++] = record.headerCount;
    fields[at++] = record.timestampHigh;
    fields[at++] = record.timestampLow;
    fields[at] = Number(offset - this.baseOffset);
    if (record.headerCount > 0) this.headerLists[index] = record.headers.slice(0, 4 * record.headerCount);
  }

  next(): boolean {
    const index = ++this.at;
    if (index >= this.count) return false;
    while ((this.buffers[this.buffer + 1]?.from ?? Number.POSITIVE_INFINITY) <= index) this.buffer++;
    this.bytes = this.buffers[this.buffer]?.bytes ?? EMPTY;
    const fields = this.fields;
    let at = index * FIELDS;
    this.keyStart = fields[at++] as number;
    this.keyLength = fields[at++] as number;
    this.valueStart = fields[at++] as number;
    this.valueLength = fields[at++] as number;
    this.headerCount = fields[at++] as number;
    this.timestampHigh = fields[at++] as number;
    this.timestampLow = fields[at++] as number;
    this.offsetDelta = fields[at] as number;
    this.headers = this.headerLists[index] ?? NO_HEADERS;
    return true;
  }

  private grow(): void {
    const fields = new Int32Array(2 * this.fields.length);
    fields.set(this.fields);
    this.fields = fields;
  }
}

const EMPTY = Buffer.alloc(0);
const NO_HEADERS = new Int32Array(0);
