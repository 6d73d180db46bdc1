/** Whole batches as plain records and back: for small amounts, dead letters and tests. */
import { BatchBuilder, type BatchBuilderOptions, type BatchFields } from './batch-builder.ts';
import { readBatchHeader } from './batch-header.ts';
import { DEFAULT_LIMITS, type RecordLimits } from './limits.ts';
import { openBatch } from './open-batch.ts';
import { RecordCursor } from './record-cursor.ts';
import { copyRecord, type PlainRecord, type RecordSlices } from './record-slices.ts';

/** The records of one version 2 batch, control records too. @throws RecordError when it is damaged */
export function readPlainRecords(batch: Buffer, limits: RecordLimits = DEFAULT_LIMITS): PlainRecord[] {
  const cursor = new RecordCursor(limits);
  const bytes = openBatch(batch, 0, batch.length, cursor, limits);
  const { baseOffset } = readBatchHeader(batch);
  const records: PlainRecord[] = [];
  while (cursor.next()) records.push(copyRecord(bytes, cursor, baseOffset + BigInt(cursor.offsetDelta)));
  return records;
}

/**
 * One batch of these records, whose offsets must ascend; the first is the base offset unless `fields` names another.
 * Limits of size are the caller's.
 */
export function writePlainRecords(
  records: readonly PlainRecord[],
  options: BatchBuilderOptions = {},
  fields: BatchFields = {},
): Buffer {
  const builder = new BatchBuilder({ ...options, maxBytes: Number.MAX_SAFE_INTEGER });
  const baseOffset = fields.baseOffset ?? records[0]?.offset ?? 0n;
  for (const record of records) {
    const { bytes, slices } = sliceRecord(record);
    builder.append(bytes, slices, Number(record.offset - baseOffset));
  }
  return builder.finish({ ...fields, baseOffset });
}

/** A plain record as bytes and where its parts are. */
export function sliceRecord(record: PlainRecord): { readonly bytes: Buffer; readonly slices: RecordSlices } {
  const parts: Buffer[] = [];
  let at = 0;
  const put = (part: Buffer | null): readonly [start: number, length: number] => {
    if (part === null) return [at, -1];
    const start = at;
    parts.push(part);
    at += part.length;
    return [start, part.length];
  };
  const [keyStart, keyLength] = put(record.key);
  const [valueStart, valueLength] = put(record.value);
  const headers = Int32Array.from(record.headers.flatMap(([key, value]) => [...put(key), ...put(value)]));
  const timestampHigh = Number(BigInt.asIntN(32, record.timestamp >> 32n));
  const timestampLow = Number(BigInt.asIntN(32, record.timestamp));
  const headerCount = record.headers.length;
  const slices = { keyStart, keyLength, valueStart, valueLength, headerCount, headers, timestampHigh, timestampLow };
  return { bytes: Buffer.concat(parts), slices };
}
