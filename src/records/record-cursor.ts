/**
 * Walks the records of a version 2 batch, decompressed, without an object for each. Each record: length (varint),
 * attributes 1 (unused), timestamp delta (varlong), offset delta (varint), key, value (each a varint length, -1 for null,
 * and bytes), header count (varint), headers alike. A record must fill its length exactly, as Kafka's own reader has it.
 */
import { AT, ATTRIBUTE } from './batch-header.ts';
import { DEFAULT_LIMITS, type RecordLimits } from './limits.ts';
import { RecordError, type RecordErrorReason } from './record-error.ts';
import type { RecordSlices } from './record-slices.ts';

export class RecordCursor implements RecordSlices {
  /** The record's own bytes, its length included: `[start, end)`. */
  start = 0;
  end = 0;
  /** The record's offset is the batch's base offset plus this. */
  offsetDelta = 0;
  keyStart = 0;
  keyLength = -1;
  valueStart = 0;
  valueLength = -1;
  headerCount = 0;
  headers = new Int32Array(64);
  timestampHigh = 0;
  timestampLow = 0;
  /** Number of the record within its batch, from 0. */
  index = -1;

  private bytes: Buffer = EMPTY;
  private count = 0;
  private recordsEnd = 0;
  private at = 0;
  /** What is being read must end here: the record, or all records while a record's length is read. */
  private limit = 0;
  private decompressed = false;
  private baseHigh = 0;
  private baseLow = 0;
  private appendTime = false;
  private readonly limits: RecordLimits;

  constructor(limits: RecordLimits = DEFAULT_LIMITS) {
    this.limits = limits;
  }

  /**
   * Begins the batch whose header is at `batchStart` of `batch` and whose records are `bytes[from, to)`: the same buffer,
   * or what it decompressed to. @throws RecordError `bad-count`
   */
  open(batch: Buffer, batchStart: number, bytes: Buffer, from: number, to: number): void {
    this.bytes = bytes;
    this.at = from;
    this.end = from;
    this.recordsEnd = to;
    this.index = -1;
    this.decompressed = bytes !== batch;
    this.appendTime = (batch.readInt16BE(batchStart + AT.attributes) & ATTRIBUTE.logAppendTime) !== 0;
    // With broker timestamps every record has the batch's maximum: what a consumer is told, whatever the deltas say.
    const base = batchStart + (this.appendTime ? AT.maxTimestamp : AT.baseTimestamp);
    this.baseHigh = batch.readInt32BE(base);
    this.baseLow = batch.readInt32BE(base + 4);
    this.count = batch.readInt32BE(batchStart + AT.recordCount);
    // The least record has seven bytes.
    if (this.count < 0 || this.count > (to - from) / 7) {
      throw new RecordError('bad-count', `${to - from} bytes cannot hold ${this.count} records`, {
        position: from,
        decompressed: this.decompressed,
      });
    }
  }

  /**
   * Goes to the next record; false after the last, when the batch's bytes must be used up.
   * @throws RecordError `bad-record`, `truncated`, `bad-count` or `too-large`
   */
  next(): boolean {
    this.limit = this.recordsEnd;
    if (++this.index >= this.count) {
      if (this.at !== this.recordsEnd) this.fail('bad-count', 'bytes are left after the last record');
      return false;
    }
    this.start = this.at;
    const length = this.readVarint();
    if (length < 0) this.fail('bad-record', `a record cannot have ${length} bytes`);
    if (length > this.recordsEnd - this.at) this.fail('truncated', `a record of ${length} bytes goes beyond the batch`);
    this.end = this.at + length;
    this.limit = this.end;
    this.at++;
    this.readTimestamp();
    this.offsetDelta = this.readVarint();
    this.keyLength = this.readLength('key');
    this.keyStart = this.at;
    if (this.keyLength > 0) this.at += this.keyLength;
    this.valueLength = this.readLength('value');
    this.valueStart = this.at;
    if (this.valueLength > 0) this.at += this.valueLength;
    this.headerCount = this.readVarint();
    if (this.headerCount !== 0) this.readHeaders();
    if (this.at !== this.end) this.fail('bad-record', 'a record is longer than its parts');
    return true;
  }

  private readHeaders(): void {
    const count = this.headerCount;
    if (count < 0 || count > (this.end - this.at) / 2) this.fail('bad-record', `a record cannot have ${count} headers`);
    if (count > this.limits.maxHeadersPerRecord) this.fail('too-large', `a record has ${count} headers`);
    if (this.headers.length < 4 * count) this.headers = new Int32Array(8 * count);
    const headers = this.headers;
    for (let slot = 0; slot < 4 * count; slot += 4) {
      const keyLength = this.readLength('header key');
      if (keyLength < 0) this.fail('bad-record', 'a header key is null');
      headers[slot] = this.at;
      headers[slot + 1] = keyLength;
      this.at += keyLength;
      const valueLength = this.readLength('header value');
      headers[slot + 2] = this.at;
      headers[slot + 3] = valueLength;
      if (valueLength > 0) this.at += valueLength;
    }
  }

  /** A length of bytes that follow it; any negative one is null, as in Kafka's reader. */
  private readLength(what: string): number {
    const length = this.readVarint();
    if (length > this.limit - this.at) this.fail('bad-record', `a ${what} of ${length} bytes goes beyond its record`);
    return length < 0 ? -1 : length;
  }

  private readVarint(): number {
    const bytes = this.bytes;
    const limit = this.limit;
    let at = this.at;
    if (at >= limit) this.fail('truncated', 'a number goes beyond its record');
    let byte = bytes[at++] as number;
    let raw = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      if (at >= limit) this.fail('truncated', 'a number goes beyond its record');
      if (shift > 28) this.fail('bad-record', 'a number has more than five bytes');
      byte = bytes[at++] as number;
      raw |= (byte & 0x7f) << shift;
    }
    this.at = at;
    return (raw >>> 1) ^ -(raw & 1);
  }

  private readTimestamp(): void {
    const bytes = this.bytes;
    const limit = this.limit;
    let at = this.at;
    let low = 0;
    let high = 0;
    for (let shift = 0, byte = 0x80; byte >= 0x80; shift += 7) {
      if (at >= limit) this.fail('truncated', 'a timestamp goes beyond its record');
      if (shift > 63) this.fail('bad-record', 'a timestamp has more than ten bytes');
      byte = bytes[at++] as number;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
    }
    this.at = at;
    if (this.appendTime) {
      this.timestampHigh = this.baseHigh;
      this.timestampLow = this.baseLow;
      return;
    }
    const sign = -(low & 1);
    const deltaLow = ((low >>> 1) | (high << 31)) ^ sign;
    const deltaHigh = (high >>> 1) ^ sign;
    const sum = (this.baseLow >>> 0) + (deltaLow >>> 0);
    this.timestampLow = sum | 0;
    this.timestampHigh = (this.baseHigh + deltaHigh + (sum > 0xffff_ffff ? 1 : 0)) | 0;
  }

  private fail(reason: RecordErrorReason, what: string): never {
    throw new RecordError(reason, what, { position: this.at, decompressed: this.decompressed });
  }
}

const EMPTY = Buffer.alloc(0);
