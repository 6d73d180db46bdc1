/** Goes from record to record in a stretch of a record stream that was already found sound. */
import type { SliceCursor } from '../records/record-source.ts';

export class KbakCursor implements SliceCursor {
  readonly bytes: Buffer;
  offsetDelta = 0;
  keyStart = 0;
  keyLength = -1;
  valueStart = 0;
  valueLength = -1;
  headerCount = 0;
  headers = NO_HEADERS;
  timestampHigh = 0;
  timestampLow = 0;

  private at: number;
  private readonly end: number;
  private readonly baseOffset: number;

  /** The records are `bytes[start, end)`; the first record's offset, or a smaller one, is the base. */
  constructor(bytes: Buffer, start: number, end: number, baseOffset: number) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    this.baseOffset = baseOffset;
  }

  next(): boolean {
    const { bytes, at } = this;
    if (at >= this.end) return false;
    const end = at + 4 + int32(bytes, at);
    this.timestampLow = int32(bytes, at + 4);
    this.timestampHigh = int32(bytes, at + 8);
    this.offsetDelta = int32(bytes, at + 16) * 4294967296 + (int32(bytes, at + 12) >>> 0) - this.baseOffset;
    const keyLength = int32(bytes, at + 20);
    this.keyLength = keyLength;
    this.keyStart = at + 24;
    let here = keyLength > 0 ? at + 24 + keyLength : at + 24;
    const valueLength = int32(bytes, here);
    this.valueLength = valueLength;
    here += 4;
    this.valueStart = here;
    if (valueLength > 0) here += valueLength;
    const count = (bytes[here] as number) | ((bytes[here + 1] as number) << 8);
    this.headerCount = count;
    if (count > 0) this.readHeaders(here + 2, count);
    this.at = end;
    return true;
  }

  private readHeaders(start: number, count: number): void {
    if (this.headers.length < 4 * count) this.headers = new Int32Array(8 * count);
    const { bytes, headers } = this;
    let at = start;
    for (let slot = 0; slot < 4 * count; slot += 4) {
      const keyLength = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
      at += 2;
      headers[slot] = at;
      headers[slot + 1] = keyLength;
      at += keyLength;
      const valueLength = int32(bytes, at);
      at += 4;
      headers[slot + 2] = at;
      headers[slot + 3] = valueLength;
      if (valueLength > 0) at += valueLength;
    }
  }
}

const NO_HEADERS = new Int32Array(0);

function int32(bytes: Buffer, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}
