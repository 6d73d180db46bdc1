/** Where a segment is sound again behind damage. */
import { crc32 } from 'node:zlib';
import { AT, checkBatchCrc, LENGTH_OVERHEAD, readBatchHeader } from '../records/batch-header.ts';
import { findBatch, type NextBatch, nextBatch } from '../records/batch-walk.ts';
import type { RecordLimits } from '../records/limits.ts';
import { RecordError } from '../records/record-error.ts';
import { LogBytes } from './kafka-log-bytes.ts';
import type { LogSegment } from './kafka-log-folders.ts';
import type { Storage } from './storage.ts';

export interface SoundBatch {
  readonly position: number;
  readonly baseOffset: bigint;
}

/** A broker keeps offsets relative to their segment's in 32 bits. */
export const LARGEST_SPAN = 0x7fff_ffffn;

/** Bytes searched at a time. A batch of more than half of them is not found. */
const WINDOW = 16 * 1024 * 1024;

/**
 * The first sound batch after the bad one at `from`: by the length that the bad one says, which is how versions 0 and 1
 * are found; otherwise the next version 2 batch, whose checksum is right.
 * @param least the first offset that it may have
 * @throws SrgitError
 */
export async function findSoundBatch(
  storage: Storage,
  segment: LogSegment & { readonly baseOffset: bigint },
  from: number,
  least: bigint,
  limits: RecordLimits,
  signal: AbortSignal | undefined,
): Promise<SoundBatch | undefined> {
  const bytes = new LogBytes(storage, segment.key, from, segment.size, signal);
  // No checksum covers the base offset.
  const isPossible = (offset: bigint): boolean => offset >= least && offset - segment.baseOffset <= LARGEST_SPAN;
  try {
    const length =
      (await bytes.ensure(AT.records)) > AT.length + 4 ? bytes.buffer.readInt32BE(bytes.at + AT.length) : 0;
    const after = from + length + LENGTH_OVERHEAD;
    if (length > 0 && after < segment.size) {
      const found = await readSoundBatch(storage, segment, after, limits, signal);
      if (found !== undefined && isPossible(found.baseOffset)) return found;
    }
    for (bytes.at += 1; ; ) {
      const there = await bytes.ensure(WINDOW);
      if (there < AT.records) return undefined;
      for (let found = findBatch(bytes.buffer, bytes.at); found !== undefined; ) {
        const baseOffset = bytes.buffer.readBigInt64BE(found);
        if (isPossible(baseOffset) && !isContradicted(bytes.buffer, found, least)) {
          return { position: bytes.position + found, baseOffset };
        }
        found = findBatch(bytes.buffer, found + 1);
      }
      if (there < WINDOW) return undefined;
      bytes.at += WINDOW / 2;
    }
  } finally {
    await bytes.close();
  }
}

/** Whether the batch behind that at `start` has offsets before the end of it. */
function isContradicted(bytes: Buffer, start: number, least: bigint): boolean {
  const end = start + bytes.readInt32BE(start + AT.length) + LENGTH_OVERHEAD;
  if (bytes.length - end < AT.records || bytes.readInt32BE(end + AT.length) <= 0) return false;
  const next = bytes.readBigInt64BE(end);
  return next >= least && next <= bytes.readBigInt64BE(start) + BigInt(bytes.readInt32BE(start + AT.lastOffsetDelta));
}

/** The batch at a position, if there is a sound one. */
export async function readSoundBatch(
  storage: Storage,
  segment: LogSegment,
  position: number,
  limits: RecordLimits,
  signal: AbortSignal | undefined,
): Promise<SoundBatch | undefined> {
  const bytes = new LogBytes(storage, segment.key, position, segment.size, signal);
  try {
    await bytes.ensure(AT.records);
    const look = (): NextBatch => nextBatch(bytes.buffer, bytes.at, bytes.buffer.length, limits);
    let next = look();
    if (next.kind === 'incomplete' && (await bytes.ensure(next.needed)) >= next.needed) next = look();
    if (next.kind !== 'batch') return undefined;
    checkSound(bytes.buffer, next.start, next.end, next.magic);
    return { position, baseOffset: bytes.buffer.readBigInt64BE(next.start) };
  } catch (error) {
    if (error instanceof RecordError) return undefined;
    throw error;
  } finally {
    await bytes.close();
  }
}

/** @throws RecordError for a batch or message whose checksum or counts are wrong */
export function checkSound(bytes: Buffer, start: number, end: number, magic: 0 | 1 | 2): void {
  if (magic < 2) {
    if (bytes.readUInt32BE(start + 12) === crc32(bytes.subarray(start + 16, end))) return;
    throw new RecordError('bad-crc', "a message's checksum is not that of its bytes", { position: start });
  }
  checkBatchCrc(bytes, start, end);
  const { baseOffset, lastOffsetDelta, recordCount } = readBatchHeader(bytes, start);
  if (baseOffset < 0n || lastOffsetDelta < 0 || recordCount < 0 || recordCount > lastOffsetDelta + 1) {
    throw new RecordError('bad-count', `a batch of ${recordCount} records at offsets ${baseOffset} and after`, {
      position: start,
      baseOffset,
    });
  }
}
