/**
 * Builds version 2 batches from records that lie in buffers: each is copied once, into the batch's own bytes. One
 * builder makes one batch after the other.
 */
import { AT, ATTRIBUTE, LENGTH_OVERHEAD } from './batch-header.ts';
import { CODECS, type Codec, type CompressOptions, compress } from './codec.ts';
import { checksumOf } from './crc32c.ts';
import type { RecordSlices } from './record-slices.ts';
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from './varint.ts';

export interface BatchBuilderOptions {
  readonly codec?: Codec;
  readonly compress?: CompressOptions;
  /**
   * Bytes of a batch, its header included, before it is compressed. A record that would exceed it goes into the next; one
   * that is larger by itself has a batch of its own. Stay below the topic's `max.message.bytes`.
   */
  readonly maxBytes?: number;
}

/** What a batch says of itself beside its records; what is left out is as a producer without idempotence has it. */
export interface BatchFields {
  readonly baseOffset?: bigint;
  readonly leaderEpoch?: number;
  /** Bits of `ATTRIBUTE`, without the codec. */
  readonly attributes?: number;
  readonly producerId?: bigint;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  /** Where it is more than the last record's: the last offset of a compacted batch outlives its record. */
  readonly lastOffsetDelta?: number;
  /** The broker's time, for a batch with `ATTRIBUTE.logAppendTime`; otherwise the records' greatest. */
  readonly maxTimestamp?: bigint;
}

/** Headers in a batch's own encoding, to be added at the end of records. */
export interface EncodedHeaders {
  readonly count: number;
  readonly bytes: Buffer;
}

export class BatchBuilder {
  /** Bytes of the batch so far, its header included, before compression. */
  size: number = AT.records;
  recordCount = 0;

  private bytes: Buffer;
  private lastDelta = -1;
  private baseHigh = 0;
  private baseLow = 0;
  private maxHigh = 0;
  private maxLow = 0;
  private readonly codec: Codec;
  private readonly compression: CompressOptions;
  private readonly maxBytes: number;

  constructor(options: BatchBuilderOptions = {}) {
    this.codec = options.codec ?? 'none';
    this.compression = options.compress ?? {};
    this.maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    this.bytes = Buffer.allocUnsafe(FIRST_ROOM);
  }

  /**
   * Adds the record that lies in `source`; false, and nothing is added, when the batch would grow beyond its limit.
   * @param offsetDelta the record's distance from the batch's base offset; a producer's batch has no gaps
   */
  append(source: Buffer, record: RecordSlices, offsetDelta = this.lastDelta + 1, more = NO_HEADERS): boolean {
    if (this.recordCount === 0) this.startTimestamps(record);
    // 64-bit difference in halves; it wraps as Java's does, and so does the reader's sum.
    const borrow = record.timestampLow >>> 0 < this.baseLow >>> 0 ? 1 : 0;
    const high = (record.timestampHigh - this.baseHigh - borrow) | 0;
    const low = (record.timestampLow - this.baseLow) | 0;
    const length = sizeOfRecord(record, high, low, offsetDelta, more);
    const size = this.size + sizeOfVarint(length) + length;
    if (size > this.maxBytes && this.recordCount > 0) return false;
    if (size > this.bytes.length) this.grow(size);
    this.write(source, record, length, high, low, offsetDelta, more);
    this.size = size;
    this.recordCount++;
    this.lastDelta = offsetDelta;
    this.keepGreatest(record);
    return true;
  }

  /** The batch, compressed and with its checksum, in bytes of its own; the builder is empty again. */
  finish(fields: BatchFields = {}): Buffer {
    const bytes = this.bytes;
    let batch = bytes.subarray(0, this.size);
    // A batch that compaction emptied keeps its header only, and no compressed nothing.
    const codec = this.recordCount === 0 ? 'none' : this.codec;
    if (codec !== 'none') {
      const payload = compress(codec, bytes.subarray(AT.records, this.size), this.compression);
      batch = Buffer.allocUnsafe(AT.records + payload.length);
      payload.copy(batch, AT.records);
    } else this.bytes = Buffer.allocUnsafe(Math.max(FIRST_ROOM, this.size + (this.size >>> 3)));
    batch.writeInt32BE(this.lastDelta, AT.lastOffsetDelta);
    batch.writeInt32BE(this.baseHigh, AT.baseTimestamp);
    batch.writeInt32BE(this.baseLow, AT.baseTimestamp + 4);
    batch.writeInt32BE(this.maxHigh, AT.maxTimestamp);
    batch.writeInt32BE(this.maxLow, AT.maxTimestamp + 4);
    batch.writeInt32BE(this.recordCount, AT.recordCount);
    writeFields(batch, fields, CODECS.indexOf(codec));
    this.clear();
    return batch;
  }

  /** Forgets the records added so far. */
  clear(): void {
    this.size = AT.records;
    this.recordCount = 0;
    this.lastDelta = -1;
  }

  private startTimestamps(record: RecordSlices): void {
    this.baseHigh = record.timestampHigh;
    this.baseLow = record.timestampLow;
    this.maxHigh = record.timestampHigh;
    this.maxLow = record.timestampLow;
  }

  private keepGreatest(record: RecordSlices): void {
    const { timestampHigh: high, timestampLow: low } = record;
    if (high < this.maxHigh || (high === this.maxHigh && low >>> 0 <= this.maxLow >>> 0)) return;
    this.maxHigh = high;
    this.maxLow = low;
  }

  private grow(size: number): void {
    const larger = Buffer.allocUnsafe(Math.max(size, Math.min(2 * this.bytes.length, this.maxBytes)));
    this.bytes.copy(larger, AT.records, AT.records, this.size);
    this.bytes = larger;
  }

  private write(
    source: Buffer,
    record: RecordSlices,
    length: number,
    high: number,
    low: number,
    offsetDelta: number,
    more: EncodedHeaders,
  ): void {
    const bytes = this.bytes;
    let at = writeVarint(bytes, this.size, length);
    bytes[at++] = 0;
    at = writeVarlong(bytes, at, high, low);
    at = writeVarint(bytes, at, offsetDelta);
    at = writePart(bytes, at, source, record.keyStart, record.keyLength);
    at = writePart(bytes, at, source, record.valueStart, record.valueLength);
    at = writeVarint(bytes, at, record.headerCount + more.count);
    const headers = record.headers;
    for (let slot = 0; slot < 4 * record.headerCount; slot += 2) {
      at = writePart(bytes, at, source, headers[slot] as number, headers[slot + 1] as number);
    }
    if (more.count > 0) more.bytes.copy(bytes, at);
  }
}

/** Below a broker's default `message.max.bytes` of 1,048,588. */
const DEFAULT_MAX_BYTES = 1_000_000;
const FIRST_ROOM = 64 * 1024;
const NO_HEADERS: EncodedHeaders = { count: 0, bytes: Buffer.alloc(0) };

/** Headers for `BatchBuilder.append` to add. */
export function encodeHeaders(headers: readonly (readonly [key: Buffer, value: Buffer | null])[]): EncodedHeaders {
  const parts = headers.flat().flatMap((part) => {
    const length = Buffer.allocUnsafe(5);
    const size = writeVarint(length, 0, part === null ? -1 : part.length);
    return part === null ? [length.subarray(0, size)] : [length.subarray(0, size), part];
  });
  return { count: headers.length, bytes: Buffer.concat(parts) };
}

function sizeOfRecord(
  record: RecordSlices,
  high: number,
  low: number,
  offsetDelta: number,
  more: EncodedHeaders,
): number {
  let size = 1 + sizeOfVarlong(high, low) + sizeOfVarint(offsetDelta);
  size += sizeOfPart(record.keyLength) + sizeOfPart(record.valueLength);
  size += sizeOfVarint(record.headerCount + more.count) + more.bytes.length;
  for (let slot = 1; slot < 4 * record.headerCount; slot += 2) size += sizeOfPart(record.headers[slot] as number);
  return size;
}

function sizeOfPart(length: number): number {
  return length < 0 ? 1 : sizeOfVarint(length) + length;
}

function writePart(bytes: Buffer, start: number, source: Buffer, from: number, length: number): number {
  if (length < 0) {
    // -1, zigzag
    bytes[start] = 1;
    return start + 1;
  }
  const at = writeVarint(bytes, start, length);
  // A call into the runtime costs more than a few bytes copied here.
  if (length > 32) source.copy(bytes, at, from, from + length);
  else for (let i = 0; i < length; i++) bytes[at + i] = source[from + i] as number;
  return at + length;
}

function writeFields(batch: Buffer, fields: BatchFields, codec: number): void {
  batch.writeBigInt64BE(fields.baseOffset ?? 0n, 0);
  batch.writeInt32BE(batch.length - LENGTH_OVERHEAD, AT.length);
  batch.writeInt32BE(fields.leaderEpoch ?? -1, AT.leaderEpoch);
  batch[AT.magic] = 2;
  batch.writeInt16BE(((fields.attributes ?? 0) & ~ATTRIBUTE.codec) | codec, AT.attributes);
  if (fields.lastOffsetDelta !== undefined) batch.writeInt32BE(fields.lastOffsetDelta, AT.lastOffsetDelta);
  if (fields.maxTimestamp !== undefined) batch.writeBigInt64BE(fields.maxTimestamp, AT.maxTimestamp);
  batch.writeBigInt64BE(fields.producerId ?? -1n, AT.producerId);
  batch.writeInt16BE(fields.producerEpoch ?? -1, AT.producerEpoch);
  batch.writeInt32BE(fields.baseSequence ?? -1, AT.baseSequence);
  batch.writeUInt32BE(checksumOf(batch, AT.attributes, batch.length), AT.crc);
}
