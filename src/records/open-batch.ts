import { AT, ATTRIBUTE, checkBatchCrc, LENGTH_OVERHEAD } from './batch-header.ts';
import { codecOf, decompress } from './codec.ts';
import type { RecordLimits } from './limits.ts';
import type { RecordCursor } from './record-cursor.ts';
import { RecordError, type RecordErrorReason } from './record-error.ts';

/** @throws RecordError `truncated`, `bad-magic` or `bad-length` unless `bytes[start, end)` is one version 2 batch by its header */
export function checkHeader(bytes: Buffer, start: number, end: number): void {
  const fail = (reason: RecordErrorReason, what: string): never => {
    throw new RecordError(reason, what, { position: start });
  };
  if (end - start < AT.records) fail('truncated', 'a batch ends in its header');
  const magic = bytes[start + AT.magic];
  if (magic !== 2) fail('bad-magic', `format version ${magic} is not 2`);
  const size = bytes.readInt32BE(start + AT.length) + LENGTH_OVERHEAD;
  if (size !== end - start) fail('bad-length', `a batch of ${end - start} bytes says that it has ${size}`);
}

/**
 * Checks the version 2 batch in `batch[start, end)`, decompresses it where it is compressed, and opens the cursor on its
 * records. Answers the bytes that the cursor's positions are in: the very `batch` when it is not compressed.
 * @param checkCrc false where the bytes were checked before
 * @throws RecordError
 */
export function openBatch(
  batch: Buffer,
  start: number,
  end: number,
  cursor: RecordCursor,
  limits: RecordLimits,
  checkCrc = true,
): Buffer {
  checkHeader(batch, start, end);
  if (checkCrc) checkBatchCrc(batch, start, end);
  const codec = codecOf(batch.readInt16BE(start + AT.attributes) & ATTRIBUTE.codec, start);
  const from = start + AT.records;
  // A compacted batch may have lost all its records, and has then no compressed data either.
  if (codec === 'none' || from === end) {
    cursor.open(batch, start, batch, from, end);
    return batch;
  }
  const bytes = decompress(codec, batch, from, end, limits.maxDecompressedBytes);
  cursor.open(batch, start, bytes, 0, bytes.length);
  return bytes;
}
