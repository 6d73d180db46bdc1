/** The headers that the backup tool adds to every record unless told otherwise (observed), transaction markers included. */
import type { RecordSlices } from './record-slices.ts';

export const TRACKING_NAMES: readonly Buffer[] = [
  'x-original-offset',
  'x-original-timestamp',
  'x-source-cluster',
  'x-source-partition',
].map((name) => Buffer.from(name));

/** Whether the bytes are the name of one. */
export function isTrackingName(bytes: Buffer, start: number, length: number): boolean {
  for (const name of TRACKING_NAMES) {
    if (length === name.length && bytes.compare(name, 0, length, start, start + length) === 0) return true;
  }
  return false;
}

/** Whether the record has no header but these. */
export function hasOnlyTracking(bytes: Buffer, { headers, headerCount }: RecordSlices): boolean {
  for (let slot = 0; slot < 4 * headerCount; slot += 4) {
    if (!isTrackingName(bytes, headers[slot] as number, headers[slot + 1] as number)) return false;
  }
  return true;
}
