import { describe, expect, it } from 'vitest';
import { batchesIn, findBatch, nextBatch } from '../../src/records/batch-walk.ts';
import { DEFAULT_LIMITS } from '../../src/records/limits.ts';
import { readPlainRecords } from '../../src/records/plain-records.ts';
import { RecordError } from '../../src/records/record-error.ts';
import { batchOf } from './random-records.ts';

const value = Buffer.from('v');
const first = batchOf([value, value], 10n);
const second = batchOf([value], 12n, 'zstd');
const log = Buffer.concat([first, second]);

function errorOf(run: () => unknown): RecordError {
  try {
    run();
  } catch (error) {
    if (error instanceof RecordError) return error;
    throw error;
  }
  throw new Error('no error');
}

describe('the batches of a log', () => {
  it('are found one after the other', () => {
    const found = [...batchesIn(log, DEFAULT_LIMITS)];
    expect(found.map(({ start, end, magic }) => [start, end, magic])).toEqual([
      [0, first.length, 2],
      [first.length, log.length, 2],
    ]);
    expect(nextBatch(log, log.length, log.length, DEFAULT_LIMITS)).toEqual({ kind: 'end', start: log.length });
  });

  it('may end inside one, and how much is missing is said as soon as it can be known', () => {
    for (let length = 1; length < log.length - first.length; length++) {
      const next = nextBatch(log, first.length, first.length + length, DEFAULT_LIMITS);
      expect(next).toEqual({ kind: 'incomplete', start: first.length, needed: length <= 16 ? 17 : second.length });
    }
    expect([...batchesIn(log.subarray(0, log.length - 1), DEFAULT_LIMITS)]).toHaveLength(1);
  });

  it('end before the zeros of a preallocated file', () => {
    for (const zeros of [17, 60, 61, 5000]) {
      const padded = Buffer.concat([log, Buffer.alloc(zeros)]);
      expect([...batchesIn(padded, DEFAULT_LIMITS)]).toHaveLength(2);
      expect(nextBatch(padded, log.length, padded.length, DEFAULT_LIMITS).kind).toBe('end');
    }
  });

  it.each([
    ['bad-magic', 16, 3],
    ['bad-magic', 16, 255],
    ['bad-length', 8, 0x80],
    ['bad-length', 11, 48],
    ['too-large', 8, 0x7f],
  ])('are an error, %s, when byte %i is %i', (reason, at, byte) => {
    const damaged = Buffer.from(log);
    damaged[first.length + at] = byte;
    const error = errorOf(() => [...batchesIn(damaged, DEFAULT_LIMITS)]);
    expect(error).toMatchObject({ reason, position: first.length, baseOffset: 12n });
    expect(error.message).toContain('batch at offset 12');
  });

  it('may not exceed the declared limit', () => {
    const limits = { ...DEFAULT_LIMITS, maxBatchBytes: first.length - 1 };
    expect(errorOf(() => nextBatch(log, 0, log.length, limits)).reason).toBe('too-large');
  });

  it('are found again after damage', () => {
    const junk = Buffer.alloc(3000, 2);
    const damaged = Buffer.concat([junk, first, second]);
    expect(findBatch(damaged, 0)).toBe(junk.length);
    expect(findBatch(damaged, junk.length + 1)).toBe(junk.length + first.length);
    damaged.writeUInt8(1, junk.length + first.length - 1);
    expect(findBatch(damaged, 0)).toBe(junk.length + first.length);
    expect(findBatch(junk, 0)).toBeUndefined();
    expect(findBatch(Buffer.alloc(0), 0)).toBeUndefined();
  });

  it('are not looked for beyond all measure where everything looks like a batch', () => {
    const lookalikes = Buffer.alloc(1 << 20);
    for (let at = 0; at + 61 <= lookalikes.length; at += 64) {
      first.copy(lookalikes, at, 0, 61);
      lookalikes.writeInt32BE(lookalikes.length - at - 12, at + 8);
    }
    // All 16,000 checksums would be 8 GB; sixteen times the size is what they may cost.
    expect(findBatch(Buffer.concat([lookalikes, first]), 0)).toBeUndefined();
    expect(findBatch(Buffer.concat([lookalikes.subarray(-640), first]), 0)).toBe(640);
  });

  it('that lie in a larger buffer are read where they lie', () => {
    expect(readPlainRecords(log.subarray(first.length)).map(({ offset }) => offset)).toEqual([12n]);
  });
});
