/**
 * Finds the batches in bytes of a log, one after the other: what a broker's segment file, a tiered copy or a fetch answer
 * holds. Version 2 batches and the older messages (versions 0 and 1) begin alike: offset 8, length 4, four bytes, version.
 */
import { AT, ATTRIBUTE, LENGTH_OVERHEAD } from './batch-header.ts';
import { checksumOf } from './crc32c.ts';
import type { RecordLimits } from './limits.ts';
import { RecordError } from './record-error.ts';

export type NextBatch =
  | { readonly kind: 'batch'; readonly magic: 0 | 1 | 2; readonly start: number; readonly end: number }
  /** The bytes end inside a batch, which is usual at the end of a fetch answer: `needed` in all from its start. */
  | { readonly kind: 'incomplete'; readonly start: number; readonly needed: number }
  /** Nothing more; a preallocated segment file ends on zeros (fewer than 17 of them are `incomplete`). */
  | { readonly kind: 'end'; readonly start: number };

/** Bytes of the least that a length field may count, by version: 0 and 1 end on two four-byte lengths. */
const LEAST = [14, 22, AT.records - LENGTH_OVERHEAD] as const;

/**
 * The batch at `start`. Only its length and version are read.
 * @throws RecordError `bad-length`, `bad-magic` or `too-large`
 */
export function nextBatch(bytes: Buffer, start: number, end: number, limits: RecordLimits): NextBatch {
  const there = end - start;
  if (there <= 0) return { kind: 'end', start };
  if (there <= AT.magic) return { kind: 'incomplete', start, needed: AT.magic + 1 };
  const length = bytes.readInt32BE(start + AT.length);
  const magic = bytes[start + AT.magic] as number;
  if (length === 0 && isZero(bytes, start, start + AT.records < end ? start + AT.records : end)) {
    return { kind: 'end', start };
  }
  const place = { position: start, baseOffset: bytes.readBigInt64BE(start) };
  if (magic > 2) throw new RecordError('bad-magic', `format version ${magic} is none of 0, 1 and 2`, place);
  if (length < (LEAST[magic] as number))
    throw new RecordError('bad-length', `a batch cannot have ${length} bytes`, place);
  const size = length + LENGTH_OVERHEAD;
  if (size > limits.maxBatchBytes) {
    throw new RecordError('too-large', `a batch of ${size} bytes, and the limit is ${limits.maxBatchBytes}`, place);
  }
  if (size > there) return { kind: 'incomplete', start, needed: size };
  return { kind: 'batch', magic: magic as 0 | 1 | 2, start, end: start + size };
}

/** Every whole batch in the bytes, until their end or a batch that is not complete. */
export function* batchesIn(bytes: Buffer, limits: RecordLimits): Generator<NextBatch & { kind: 'batch' }> {
  for (let at = 0; ; ) {
    const next = nextBatch(bytes, at, bytes.length, limits);
    if (next.kind !== 'batch') return;
    yield next;
    at = next.end;
  }
}

/**
 * The start of the first sound version 2 batch after damage, at `from` or later; undefined when there is none in these
 * bytes. The work is bounded: bytes made to look like batches everywhere are given up on.
 */
export function findBatch(bytes: Buffer, from: number): number | undefined {
  let budget = 16 * bytes.length;
  for (let magicAt = bytes.indexOf(2, from + AT.magic); magicAt >= 0; magicAt = bytes.indexOf(2, magicAt + 1)) {
    const start = magicAt - AT.magic;
    const end = plausibleEnd(bytes, start);
    if (end === undefined) continue;
    if (checksumOf(bytes, start + AT.attributes, end) === bytes.readUInt32BE(start + AT.crc)) return start;
    budget -= end - start;
    if (budget < 0) return undefined;
  }
  return undefined;
}

function plausibleEnd(bytes: Buffer, start: number): number | undefined {
  if (start < 0 || bytes.length - start < AT.records) return undefined;
  const size = bytes.readInt32BE(start + AT.length) + LENGTH_OVERHEAD;
  if (size < AT.records || size > bytes.length - start) return undefined;
  const known = ATTRIBUTE.deleteHorizon * 2 - 1;
  if ((bytes.readUInt16BE(start + AT.attributes) & ~known) !== 0) return undefined;
  const count = bytes.readInt32BE(start + AT.recordCount);
  const last = bytes.readInt32BE(start + AT.lastOffsetDelta);
  if (count < 0 || last < 0 || count > last + 1 || bytes.readInt32BE(start) < 0) return undefined;
  return start + size;
}

function isZero(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] !== 0) return false;
  return true;
}
