/** Reads one partition and counts the schema frames in it; nothing is kept but the counts. */
import { throwIfAborted } from '../../../errors.ts';
import type { TopicRule } from '../../../records/frame-rules.ts';
import type { FrameReport } from '../../../records/frame-tally.ts';
import { DEFAULT_LIMITS, type RecordLimits } from '../../../records/limits.ts';
import type { ReadOptions, RecordSource } from '../../../records/record-source.ts';
import { BatchRewriter } from '../../../records/rewrite-batch.ts';
import { SchemaIdRewriter } from '../../../records/schema-id-rewriter.ts';
import { type DataPiece, PieceCursor, placeInTopic, sizeOfPiece } from '../piece-cursor.ts';
import { hasTimes, isInTime, type RecordWindow } from '../record-window.ts';
import { type SkipCount, SkipTally } from '../skip-tally.ts';

export interface ScanPartitionOptions extends ReadOptions {
  readonly window: RecordWindow;
  /** Bytes and records of each piece, as it is done. */
  readonly onRead?: ((bytes: number, records: number) => void) | undefined;
}

export interface PartitionScan {
  readonly topic: string;
  readonly partition: number;
  readonly report: FrameReport;
  /** As the pieces had them: compressed where they were. */
  readonly bytes: number;
  readonly skipped: readonly SkipCount[];
}

/** @throws SrgitError of the source, and SRGIT_RECORDS_DAMAGED for records that cannot be read */
export async function scanPartition(
  source: RecordSource,
  topic: string,
  partition: number,
  rule: TopicRule,
  options: ScanPartitionOptions,
): Promise<PartitionScan> {
  const { window, onRead, signal } = options;
  const rewriter = new SchemaIdRewriter({ topic, partition, rule, onUnknown: 'pass' });
  const scanPiece = scannerFor(rewriter, window, options.limits ?? DEFAULT_LIMITS);
  const skipped = new SkipTally();
  let bytes = 0;
  try {
    for await (const piece of source.read(topic, partition, { ...options, transient: true })) {
      throwIfAborted(signal);
      if (piece.kind === 'skipped') {
        skipped.add(piece);
        continue;
      }
      const size = sizeOfPiece(piece);
      const records = scanPiece(piece);
      bytes += size;
      onRead?.(size, records);
    }
  } catch (error) {
    throw placeInTopic(error, topic, partition);
  }
  return { topic, partition, report: rewriter.report(), bytes, skipped: skipped.counts() };
}

function scannerFor(
  rewriter: SchemaIdRewriter,
  window: RecordWindow,
  limits: RecordLimits,
): (piece: DataPiece) => number {
  const cursor = new PieceCursor(limits);
  const batches = new BatchRewriter(rewriter, { limits });
  const isTimed = hasTimes(window);
  return (piece) => {
    if (piece.kind === 'batch' && !isTimed) return batches.scan(piece.bytes, 0, piece.bytes.length);
    let records = 0;
    cursor.open(piece);
    rewriter.begin(cursor.baseOffset);
    while (cursor.next()) {
      if (!isInTime(window, cursor.record)) continue;
      rewriter.scan(cursor.bytes, cursor.record, cursor.record.offsetDelta);
      records++;
    }
    return records;
  };
}
