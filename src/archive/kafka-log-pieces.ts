/** What one batch or message of a broker's log is for who reads the partition. */
import { SrgitError } from '../errors.ts';
import { AT, ATTRIBUTE, readBatchHeader } from '../records/batch-header.ts';
import { partOfBatch } from '../records/batch-part.ts';
import type { RecordLimits } from '../records/limits.ts';
import { readMessage } from '../records/message-set.ts';
import { RecordError } from '../records/record-error.ts';
import type { SkipReason, SourcePiece } from '../records/record-source.ts';
import type { AbortedFilter } from '../records/transactions.ts';
import { CollectedRecords } from './collected-records.ts';
import type { LogWalk, OrderedLog } from './kafka-log-walk.ts';

/** How the transactions of a stretch ended. */
export interface Fates {
  readonly filter: AbortedFilter;
  /** Those that had not ended: first offset by producer. */
  readonly open: ReadonlyMap<bigint, bigint>;
}

export interface Wanted {
  readonly from: bigint;
  /** Exclusive. */
  readonly to: bigint | undefined;
  readonly limits: RecordLimits;
  readonly skipDamaged: boolean;
}

/** Whether the batch that the walk is at holds records of a transaction. */
export function isTransactionalData({ bytes, start, magic }: LogWalk): boolean {
  if (magic < 2) return false;
  const attributes = bytes.readInt16BE(start + AT.attributes);
  return (attributes & (ATTRIBUTE.transactional | ATTRIBUTE.control)) === ATTRIBUTE.transactional;
}

/**
 * Of the version 2 batch that the walk is at; undefined where compaction left no records.
 * @throws SrgitError SRGIT_RECORDS_DAMAGED
 */
export function pieceOfBatch(
  walk: LogWalk,
  log: OrderedLog,
  wanted: Wanted,
  fates: Fates | undefined,
): SourcePiece | undefined {
  const { bytes, start, end, baseOffset, lastOffset, nextOffset: low } = walk;
  const { to, limits } = wanted;
  const isWhole = baseOffset >= low && (to === undefined || lastOffset < to);
  const { attributes, recordCount } = readBatchHeader(bytes, start);
  const skipped = (reason: SkipReason, detail?: string): SourcePiece => ({
    kind: 'skipped',
    reason,
    firstOffset: baseOffset < low ? low : baseOffset,
    lastOffset: endBefore(lastOffset, to),
    ...(isWhole ? { records: recordCount } : {}),
    ...(detail === undefined ? {} : { detail }),
  });
  const isAborted = fates?.filter.isAborted(bytes, start) ?? false;
  if ((attributes & ATTRIBUTE.control) !== 0) return skipped('control');
  if (recordCount === 0) return undefined;
  if (isAborted) return skipped('aborted', openTransaction(fates, bytes, start));
  const batch = bytes.subarray(start, end);
  if (isWhole) return { kind: 'batch', bytes: batch };
  try {
    return partOfBatch(batch, { from: low, to }, limits);
  } catch (error) {
    const failure = describeFailure(error, log, walk);
    if (!wanted.skipDamaged) throw failure;
    return skipped('damaged', failure.message);
  }
}

export function endBefore(lastOffset: bigint, to: bigint | undefined): bigint {
  return to !== undefined && lastOffset >= to ? to - 1n : lastOffset;
}

function openTransaction(fates: Fates | undefined, bytes: Buffer, start: number): string | undefined {
  const { producerId, baseOffset } = readBatchHeader(bytes, start);
  const since = fates?.open.get(producerId);
  if (since === undefined || baseOffset < since) return undefined;
  return `the transaction of producer ${producerId} from offset ${since} on had not ended`;
}

/** What could not be read although its checksum is right. */
export function describeFailure(error: unknown, log: OrderedLog, walk: LogWalk): SrgitError {
  if (error instanceof SrgitError) return error;
  if (!(error instanceof RecordError)) throw error;
  const what = error.baseOffset === undefined ? `${error.message} at offset ${walk.baseOffset}` : error.message;
  return new SrgitError('SRGIT_RECORDS_DAMAGED', `${log.name}: ${walk.key}: ${what}`, {
    hint: 'The checksum is right, so it was written like this: another replica will not differ.',
    details: { key: walk.key, offset: String(walk.baseOffset) },
    cause: error,
  });
}

/** Of messages of versions 0 and 1, which are collected into larger pieces. */
const PIECE_BYTES = 1024 * 1024;
const PIECE_RECORDS = 16_384;

/** Messages of versions 0 and 1 on their way into pieces. */
export class Messages {
  private records = new CollectedRecords();
  private content = 0;
  private readonly ready: SourcePiece[] = [];
  private readonly wanted: Wanted;

  constructor(wanted: Wanted) {
    this.wanted = wanted;
  }

  /** Adds the one that the walk is at. @throws RecordError, and then it is not to be had */
  add({ bytes, start, end, nextOffset }: LogWalk): void {
    const { to, limits } = this.wanted;
    const low = nextOffset > this.wanted.from ? nextOffset : this.wanted.from;
    let counted: Buffer = bytes;
    readMessage(bytes, start, end, limits, (inner, record, offset) => {
      if (inner !== counted) {
        counted = inner;
        this.content += inner.length;
      }
      if (offset < low || (to !== undefined && offset >= to)) return;
      if (!this.records.takes(offset)) this.end();
      this.records.add(inner, record, offset);
    });
    this.content += end - start;
  }

  /** What was collected, when it is much; whatever there is when it is the last. */
  take(isLast: boolean): SourcePiece | undefined {
    if (isLast || this.content >= PIECE_BYTES || this.records.count >= PIECE_RECORDS) this.end();
    return this.ready.shift();
  }

  private end(): void {
    const { records } = this;
    if (records.count === 0) return;
    const { baseOffset, byteLength } = records;
    this.ready.push({ kind: 'records', baseOffset, cursor: records, byteLength });
    this.records = new CollectedRecords();
    this.content = 0;
  }
}
