import { describe, expect, it } from 'vitest';
import { type OffsetRange, partOfBatch, type RecordsPiece } from '../../src/records/batch-part.ts';
import { DEFAULT_LIMITS } from '../../src/records/limits.ts';
import { writePlainRecords } from '../../src/records/plain-records.ts';
import { copyRecord } from '../../src/records/record-slices.ts';
import { CODEC_NAMES, plainRecord } from './random-records.ts';

/** Offsets with gaps, as compaction leaves them. */
const OFFSETS = [100n, 101n, 105n, 106n, 200n];
const RECORDS = OFFSETS.map((offset) => plainRecord({ offset, value: Buffer.from(`${offset}`) }));

function read(piece: RecordsPiece): string[] {
  const read: string[] = [];
  const { cursor, baseOffset } = piece;
  while (cursor.next()) {
    const offset = baseOffset + BigInt(cursor.offsetDelta);
    read.push(`${offset}=${copyRecord(cursor.bytes, cursor, offset).value}`);
  }
  return read;
}

describe('a part of a batch', () => {
  it.each(CODEC_NAMES)('has the records of a range, and no others (%s)', (codec) => {
    const batch = writePlainRecords(RECORDS, { codec });
    for (const from of [0n, 100n, 101n, 102n, 200n, 201n]) {
      for (const to of [100n, 101n, 106n, 107n, 201n, 2n ** 40n, undefined]) {
        const wanted = OFFSETS.filter((offset) => offset >= from && (to === undefined || offset < to));
        const range: OffsetRange = { from, to };
        const piece = partOfBatch(Buffer.from(batch), range, DEFAULT_LIMITS);
        expect(read(piece)).toEqual(wanted.map((offset) => `${offset}=${offset}`));
        expect(piece.byteLength).toBeGreaterThanOrEqual(batch.length);
      }
    }
  });

  it('is read to the end of the batch, whatever is wanted of it', () => {
    const batch = writePlainRecords(RECORDS);
    // The last value says that it is longer than it is; the checksum is not looked at here.
    batch[batch.lastIndexOf(Buffer.from('200')) - 1] = 0x7e;
    expect(() => read(partOfBatch(batch, { from: 100n, to: 101n }, DEFAULT_LIMITS))).toThrow(/byte/);
  });

  it('names the batch where it cannot be opened', () => {
    const batch = writePlainRecords(RECORDS, { codec: 'gzip' });
    batch.fill(0xff, 61);
    expect(() => partOfBatch(batch, { from: 0n, to: undefined }, DEFAULT_LIMITS)).toThrow(/batch at offset 100/);
  });
});
