/**
 * The headers by which a record tells where it was before (a backup tool's, observed): `x-original-offset`,
 * `x-original-timestamp`: int64, little-endian; `x-source-partition`: int32, little-endian; `x-source-cluster`: text.
 */
import type { PlainRecord, RecordSlices } from '../../../records/record-slices.ts';
import { isTrackingName } from '../../../records/tracking-names.ts';

export interface HeaderPolicy {
  /** Take away those that records have. */
  readonly drop: boolean;
  /** Put them on, at the end. */
  readonly add: boolean;
}

/** Records keep exactly the headers that they have. */
export const KEEP_HEADERS: HeaderPolicy = { drop: false, add: false };

/** Whether a record has one, without taking it apart. */
export function hasTracking(bytes: Buffer, { headers, headerCount }: RecordSlices): boolean {
  for (let slot = 0; slot < 4 * headerCount; slot += 4) {
    if (isTrackingName(bytes, headers[slot] ?? 0, headers[slot + 1] ?? 0)) return true;
  }
  return false;
}

/** The record with its headers as the policy wants them. */
export function applyHeaderPolicy(record: PlainRecord, partition: number, { drop, add }: HeaderPolicy): PlainRecord {
  const kept = drop ? record.headers.filter(([key]) => !isTrackingName(key, 0, key.length)) : record.headers;
  if (!add) return { ...record, headers: kept };
  const int64 = (value: bigint): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  };
  const source = Buffer.alloc(4);
  source.writeInt32LE(partition);
  const added: [Buffer, Buffer][] = [
    [Buffer.from('x-original-offset'), int64(record.offset)],
    [Buffer.from('x-original-timestamp'), int64(record.timestamp)],
    [Buffer.from('x-source-partition'), source],
  ];
  return { ...record, headers: [...kept, ...added] };
}
