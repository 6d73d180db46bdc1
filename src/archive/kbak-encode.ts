/** Lays a record out as the record stream has it. */
import { RecordError } from '../records/record-error.ts';
import type { RecordSlices } from '../records/record-slices.ts';
import { LEAST_RECORD } from './kbak-format.ts';

const MOST = 0xffff;

/**
 * Bytes that the record takes in the stream, its length field included.
 * @throws RecordError `too-large` for what the form cannot hold: 65,536 headers, a header key of 65,536 bytes
 */
export function sizeOfKbakRecord(record: RecordSlices): number {
  const { headers, headerCount } = record;
  let size = 4 + LEAST_RECORD + Math.max(0, record.keyLength) + Math.max(0, record.valueLength);
  if (headerCount > MOST) throw tooLarge(`${headerCount} headers`);
  for (let slot = 0; slot < 4 * headerCount; slot += 4) {
    const keyLength = headers[slot + 1] as number;
    if (keyLength > MOST) throw tooLarge(`a header key of ${keyLength} bytes`);
    size += 6 + keyLength + Math.max(0, headers[slot + 3] as number);
  }
  if (size > 0x7fff_ffff) throw tooLarge(`${size} bytes`);
  return size;
}

/** Writes it at `start` of `to`, where there must be `size` bytes of room. */
export function writeKbakRecord(
  to: Buffer,
  start: number,
  size: number,
  bytes: Buffer,
  record: RecordSlices,
  offset: number,
): void {
  let at = putInt32(to, start, size - 4);
  at = putInt32(to, at, record.timestampLow);
  at = putInt32(to, at, record.timestampHigh);
  at = putInt32(to, at, offset | 0);
  at = putInt32(to, at, Math.floor(offset / 4294967296));
  at = putPart(to, at, bytes, record.keyStart, record.keyLength);
  at = putPart(to, at, bytes, record.valueStart, record.valueLength);
  at = putInt16(to, at, record.headerCount);
  const { headers } = record;
  for (let slot = 0; slot < 4 * record.headerCount; slot += 4) {
    const keyLength = headers[slot + 1] as number;
    at = putInt16(to, at, keyLength);
    at = putBytes(to, at, bytes, headers[slot] as number, keyLength);
    at = putPart(to, at, bytes, headers[slot + 2] as number, headers[slot + 3] as number);
  }
}

function putPart(to: Buffer, at: number, from: Buffer, start: number, length: number): number {
  if (length < 0) return putInt32(to, at, -1);
  return putBytes(to, putInt32(to, at, length), from, start, length);
}

function putBytes(to: Buffer, at: number, from: Buffer, start: number, length: number): number {
  // A call into the runtime costs more than a few bytes copied here.
  if (length > 64) from.copy(to, at, start, start + length);
  else for (let i = 0; i < length; i++) to[at + i] = from[start + i] as number;
  return at + length;
}

function putInt16(to: Buffer, at: number, value: number): number {
  to[at] = value;
  to[at + 1] = value >>> 8;
  return at + 2;
}

function putInt32(to: Buffer, at: number, value: number): number {
  to[at] = value;
  to[at + 1] = value >>> 8;
  to[at + 2] = value >>> 16;
  to[at + 3] = value >>> 24;
  return at + 4;
}

function tooLarge(what: string): RecordError {
  return new RecordError('too-large', `an archive's record cannot have ${what}`, { position: 0 });
}
