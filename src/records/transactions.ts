/**
 * Which records a transaction's end made void. A log holds the records of open, committed and aborted transactions alike;
 * a control batch of the same producer says later how it ended.
 */
import { AT, ATTRIBUTE, readBatchHeader } from './batch-header.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { openBatch } from './open-batch.ts';
import { RecordCursor } from './record-cursor.ts';
import type { RecordSlices } from './record-slices.ts';
import { hasOnlyTracking } from './tracking-names.ts';

/** What a control record says; `other` are a Raft log's own and those of versions to come. */
export type ControlType = 'commit' | 'abort' | 'other';

/** Whether the version 2 batch at `start` holds control records, which are never data. */
export function isControlBatch(bytes: Buffer, start = 0): boolean {
  return (bytes.readInt16BE(start + AT.attributes) & ATTRIBUTE.control) !== 0;
}

/** The key of a control record: version 2, type 2 (0 abort, 1 commit). */
export function controlTypeOf(bytes: Buffer, record: RecordSlices): ControlType {
  if (record.keyLength < 4) return 'other';
  const type = bytes.readInt16BE(record.keyStart + 2);
  if (type === 0) return 'abort';
  return type === 1 ? 'commit' : 'other';
}

/**
 * Whether a record of an archive that keeps no control flag is a transaction marker: backup tools before they knew better
 * wrote them like data (observed: key 00000000 for an abort or 00000001 for a commit, a value of six bytes that begins with
 * version 0), with their tracking headers where these were on. The value looks like a frame with id 0.
 */
export function isArchivedMarker(bytes: Buffer, record: RecordSlices): boolean {
  if (record.keyLength !== 4 || record.valueLength !== 6) return false;
  const key = bytes.readInt32BE(record.keyStart);
  if ((key !== 0 && key !== 1) || bytes.readInt16BE(record.valueStart) !== 0) return false;
  return hasOnlyTracking(bytes, record);
}

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
  /** Offset of the marker that ended it. */
  readonly lastOffset: bigint;
}

/**
 * Finds the aborted transactions of a partition whose version 2 batches are shown to it in order, a first pass that reads
 * headers only. What is still open at the end is in `open`.
 */
export class TransactionScan {
  readonly aborted: AbortedTransaction[] = [];
  /** First offset of each producer's transaction that has not ended yet: read_committed readers stop before the least. */
  readonly open = new Map<bigint, bigint>();
  private readonly cursor = new RecordCursor(DEFAULT_LIMITS);

  /** @throws RecordError when a control batch is damaged */
  add(bytes: Buffer, start: number, end: number): void {
    const attributes = bytes.readInt16BE(start + AT.attributes);
    if ((attributes & (ATTRIBUTE.transactional | ATTRIBUTE.control)) === 0) return;
    const { producerId, baseOffset } = readBatchHeader(bytes, start);
    if ((attributes & ATTRIBUTE.control) === 0) {
      if (!this.open.has(producerId)) this.open.set(producerId, baseOffset);
      return;
    }
    const opened = openBatch(bytes, start, end, this.cursor, DEFAULT_LIMITS);
    while (this.cursor.next()) {
      const type = controlTypeOf(opened, this.cursor);
      if (type === 'other') continue;
      const firstOffset = this.open.get(producerId);
      this.open.delete(producerId);
      if (type === 'commit' || firstOffset === undefined) continue;
      this.aborted.push({ producerId, firstOffset, lastOffset: baseOffset + BigInt(this.cursor.offsetDelta) });
    }
  }
}

/** An aborted transaction as a fetch answer names it: without its end, which is the producer's next control batch. */
export type KnownAborted = Pick<AbortedTransaction, 'producerId' | 'firstOffset'> & Partial<AbortedTransaction>;

/**
 * Tells aborted batches from others while a partition is read in order, given its aborted transactions: from a
 * `TransactionScan`, a fetch answer or a broker's transaction index.
 */
export class AbortedFilter {
  private readonly byStart: readonly KnownAborted[];
  private next = 0;
  private readonly active = new Map<bigint, KnownAborted>();

  constructor(aborted: readonly KnownAborted[]) {
    this.byStart = [...aborted].sort((a, b) => Number(a.firstOffset - b.firstOffset));
  }

  /** Whether the version 2 batch at `start` belongs to an aborted transaction. Show it every batch, in order. */
  isAborted(bytes: Buffer, start: number): boolean {
    if (this.byStart.length === 0) return false;
    const attributes = bytes.readInt16BE(start + AT.attributes);
    if ((attributes & (ATTRIBUTE.transactional | ATTRIBUTE.control)) === 0) return false;
    const { baseOffset, lastOffsetDelta, producerId } = readBatchHeader(bytes, start);
    const lastOffset = baseOffset + BigInt(lastOffsetDelta);
    for (let first = this.byStart[this.next]; first && first.firstOffset <= lastOffset; ) {
      this.active.set(first.producerId, first);
      first = this.byStart[++this.next];
    }
    const transaction = this.active.get(producerId);
    if (transaction === undefined) return false;
    const isOver = transaction.lastOffset !== undefined && transaction.lastOffset < baseOffset;
    if (isOver || (attributes & ATTRIBUTE.control) !== 0) {
      this.active.delete(producerId);
      return false;
    }
    return true;
  }
}
