/** The pieces of a fetch answer: whole batches where they lie, parts of batches and old messages as records. */
import { checkBatchCrc, readBatchHeader } from '../records/batch-header.ts';
import { type OffsetRange, partOfBatch, partOfMessage } from '../records/batch-part.ts';
import { type NextBatch, nextBatch } from '../records/batch-walk.ts';
import type { RecordLimits } from '../records/limits.ts';
import { RecordError } from '../records/record-error.ts';
import type { SourcePiece } from '../records/record-source.ts';
import { AbortedFilter, isControlBatch } from '../records/transactions.ts';
import type { FetchAnswer } from './raw-fetch.ts';

export interface AnswerExtent {
  /** Where the next fetch goes on; the range's `from` when no batch of it is whole. */
  readonly next: bigint;
  /** Bytes of whole batches. */
  readonly end: number;
  /** Bytes of the first batch when not even that is whole. */
  readonly needed: number | undefined;
  /** A batch that cannot be told from what follows it. */
  readonly broken: RecordError | undefined;
}

/** How far an answer's batches go, by their headers alone. */
export function extentOf(records: Buffer, range: OffsetRange, limits: RecordLimits): AnswerExtent {
  let next = range.from;
  let end = 0;
  try {
    for (;;) {
      const found = nextBatch(records, end, records.length, limits);
      if (found.kind !== 'batch') {
        const needed = found.kind === 'incomplete' && end === 0 ? found.needed : undefined;
        return { next, end, needed, broken: undefined };
      }
      const after = lastOffsetOf(records, found) + 1n;
      if (after > next) next = after;
      end = found.end;
    }
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    return { next, end, needed: undefined, broken: error };
  }
}

function lastOffsetOf(records: Buffer, { magic, start }: NextBatch & { kind: 'batch' }): bigint {
  // A compressed message of version 0 or 1 has the offset of its last record.
  if (magic < 2) return records.readBigInt64BE(start);
  const { baseOffset, lastOffsetDelta } = readBatchHeader(records, start);
  return baseOffset + BigInt(lastOffsetDelta);
}

export interface PieceOptions {
  readonly limits: RecordLimits;
  readonly isCommittedOnly: boolean;
  readonly skipDamaged: boolean;
}

/**
 * The pieces of the answer's first `end` bytes that are in the range.
 * @throws RecordError for a damaged batch, unless damage is skipped
 */
export function* piecesOf(
  answer: FetchAnswer,
  end: number,
  range: OffsetRange,
  options: PieceOptions,
): Generator<SourcePiece> {
  const { records } = answer;
  const filter = new AbortedFilter(options.isCommittedOnly ? answer.aborted : []);
  for (let at = 0; at < end; ) {
    const found = nextBatch(records, at, end, options.limits);
    if (found.kind !== 'batch') return;
    at = found.end;
    const last = lastOffsetOf(records, found);
    const isAborted = found.magic === 2 && filter.isAborted(records, found.start);
    if (last < range.from) continue;
    const first = found.magic === 2 ? records.readBigInt64BE(found.start) : range.from;
    if (range.to !== undefined && first >= range.to) return;
    try {
      const piece = pieceOf(records, found, range, options.limits, isAborted);
      if (piece !== undefined) yield piece;
    } catch (error) {
      if (!(error instanceof RecordError) || !options.skipDamaged) throw error;
      yield skippedPiece('damaged', first, last, range, error.message);
    }
  }
}

function pieceOf(
  records: Buffer,
  found: NextBatch & { kind: 'batch' },
  range: OffsetRange,
  limits: RecordLimits,
  isAborted: boolean,
): SourcePiece | undefined {
  const { start, end, magic } = found;
  if (magic < 2) return partOfMessage(records, start, end, range, limits);
  checkBatchCrc(records, start, end);
  const { baseOffset, lastOffsetDelta, recordCount } = readBatchHeader(records, start);
  const last = baseOffset + BigInt(lastOffsetDelta);
  if (isControlBatch(records, start)) return skippedPiece('control', baseOffset, last, range);
  if (isAborted) return skippedPiece('aborted', baseOffset, last, range);
  // Compaction leaves the header of a producer's last batch.
  if (recordCount === 0) return undefined;
  const bytes = records.subarray(start, end);
  if (baseOffset >= range.from && (range.to === undefined || last < range.to)) return { kind: 'batch', bytes };
  return partOfBatch(bytes, range, limits);
}

function skippedPiece(
  reason: 'control' | 'aborted' | 'damaged' | 'gap',
  first: bigint,
  last: bigint,
  range: OffsetRange,
  detail?: string,
): SourcePiece {
  return {
    kind: 'skipped',
    reason,
    firstOffset: first < range.from ? range.from : first,
    lastOffset: range.to !== undefined && last >= range.to ? range.to - 1n : last,
    ...(detail === undefined ? {} : { detail }),
  };
}
