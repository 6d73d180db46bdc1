/** The batches of a fetch answer as pieces of a source, with what is not wanted left out. */
import { SrgitError } from '../errors.ts';
import { ATTRIBUTE, checkBatchCrc, readBatchHeader } from '../records/batch-header.ts';
import { partOfBatch, partOfMessage } from '../records/batch-part.ts';
import { nextBatch } from '../records/batch-walk.ts';
import type { RecordLimits } from '../records/limits.ts';
import { RecordError } from '../records/record-error.ts';
import type { SourcePiece } from '../records/record-source.ts';
import { AbortedFilter, type KnownAborted } from '../records/transactions.ts';

export interface Wanted {
  readonly topic: string;
  readonly partition: number;
  /** First offset wanted. */
  readonly from: bigint;
  /** Exclusive. */
  readonly to: bigint;
  readonly skipDamaged: boolean;
  readonly limits: RecordLimits;
}

export interface Pieces {
  readonly pieces: readonly SourcePiece[];
  /** Where to go on: behind the last batch that was whole. */
  readonly next: bigint;
}

/**
 * @param aborted transactions whose records are left out; undefined leaves none out
 * @throws SrgitError SRGIT_RECORDS_DAMAGED unless damage is to be skipped
 */
export function piecesOf(records: Buffer, aborted: readonly KnownAborted[] | undefined, wanted: Wanted): Pieces {
  const pieces: SourcePiece[] = [];
  const filter = new AbortedFilter(aborted ?? []);
  let next = wanted.from;
  for (let at = 0; next < wanted.to; ) {
    const found = find(records, at, wanted);
    if (found.kind !== 'batch') break;
    const { start, end } = found;
    at = end;
    const last = found.magic === 2 ? lastOffsetOf(records, start) : records.readBigInt64BE(start);
    const isAborted = found.magic === 2 && filter.isAborted(records, start);
    // The broker's answer begins with the whole batch that the offset is in.
    if (last < wanted.from) continue;
    const piece = describe(records, found, last, isAborted && aborted !== undefined, wanted);
    if (piece !== undefined) pieces.push(piece);
    next = last + 1n;
  }
  return { pieces, next: next < wanted.to ? next : wanted.to };
}

type Found = ReturnType<typeof nextBatch>;
type FoundBatch = Found & { readonly kind: 'batch' };

function find(records: Buffer, at: number, wanted: Wanted): Found {
  try {
    return nextBatch(records, at, records.length, wanted.limits);
  } catch (error) {
    throw damagedError(error, wanted);
  }
}

function describe(
  records: Buffer,
  found: FoundBatch,
  last: bigint,
  isAborted: boolean,
  wanted: Wanted,
): SourcePiece | undefined {
  const { start, end, magic } = found;
  try {
    if (magic !== 2) return partOfMessage(records, start, end, wanted, wanted.limits);
    checkBatchCrc(records, start, end);
    const { baseOffset, attributes, recordCount } = readBatchHeader(records, start);
    const range = { firstOffset: greater(baseOffset, wanted.from), lastOffset: lesser(last, wanted.to - 1n) };
    if ((attributes & ATTRIBUTE.control) !== 0) return { kind: 'skipped', reason: 'control', ...range };
    if (isAborted) return { kind: 'skipped', reason: 'aborted', ...range, records: recordCount };
    const bytes = records.subarray(start, end);
    if (baseOffset >= wanted.from && last < wanted.to) return { kind: 'batch', bytes };
    return partOfBatch(bytes, wanted, wanted.limits);
  } catch (error) {
    if (!wanted.skipDamaged || !(error instanceof RecordError)) throw damagedError(error, wanted);
    const firstOffset = greater(records.readBigInt64BE(start), wanted.from);
    const lastOffset = lesser(greater(last, firstOffset), wanted.to - 1n);
    return {
      kind: 'skipped',
      reason: 'damaged',
      firstOffset,
      lastOffset,
      detail: `${nameOf(wanted)}: ${error.message}`,
    };
  }
}

function lastOffsetOf(records: Buffer, start: number): bigint {
  const { baseOffset, lastOffsetDelta } = readBatchHeader(records, start);
  return baseOffset + BigInt(lastOffsetDelta);
}

function nameOf({ topic, partition }: Wanted): string {
  return `topic "${topic}", partition ${partition}`;
}

function damagedError(error: unknown, wanted: Wanted): unknown {
  if (!(error instanceof RecordError)) return error;
  return new SrgitError('SRGIT_RECORDS_DAMAGED', `${nameOf(wanted)} cannot be read: ${error.message}`, {
    hint: 'Look at the broker’s disks, or read on behind it with `--skip-damaged`.',
    cause: error,
    details: { topic: wanted.topic, partition: wanted.partition },
  });
}

function greater(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function lesser(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
