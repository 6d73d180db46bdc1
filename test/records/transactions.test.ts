import { describe, expect, it } from 'vitest';
import { ATTRIBUTE } from '../../src/records/batch-header.ts';
import { sliceRecord, writePlainRecords } from '../../src/records/plain-records.ts';
import { AbortedFilter, isArchivedMarker, isControlBatch, TransactionScan } from '../../src/records/transactions.ts';
import { batchOf, plainRecord } from './random-records.ts';

const data = (offset: bigint, producerId: bigint, count = 1): Buffer =>
  writePlainRecords(
    Array.from({ length: count }, (_, i) => plainRecord({ offset: offset + BigInt(i), value: Buffer.from('v') })),
    {},
    { producerId, attributes: ATTRIBUTE.transactional },
  );

const marker = (offset: bigint, producerId: bigint, type: number): Buffer =>
  writePlainRecords(
    [plainRecord({ offset, key: Buffer.from([0, 0, 0, type]), value: Buffer.alloc(6) })],
    {},
    { producerId, attributes: ATTRIBUTE.transactional | ATTRIBUTE.control },
  );
const ABORT = 0;
const COMMIT = 1;

// Two producers, interleaved: 1 commits, aborts, commits; 2 aborts and then leaves one open. One batch is in none.
const LOG: readonly (readonly [batch: Buffer, isAborted: boolean])[] = [
  [data(0n, 1n), false],
  [data(1n, 2n, 3), true],
  [data(4n, 1n), false],
  [marker(5n, 1n, COMMIT), false],
  [data(6n, 1n), true],
  [batchOf([Buffer.from('v')], 7n), false],
  [data(8n, 2n), true],
  [marker(9n, 2n, ABORT), false],
  [data(10n, 2n), false],
  [data(11n, 1n), true],
  [marker(12n, 1n, ABORT), false],
  [data(13n, 1n), false],
  [marker(14n, 1n, COMMIT), false],
];

describe('transactions', () => {
  const scan = new TransactionScan();
  for (const [batch] of LOG) scan.add(batch, 0, batch.length);

  it('that were aborted are found by their markers', () => {
    expect(scan.aborted).toEqual([
      { producerId: 2n, firstOffset: 1n, lastOffset: 9n },
      { producerId: 1n, firstOffset: 6n, lastOffset: 12n },
    ]);
    expect([...scan.open]).toEqual([[2n, 10n]]);
  });

  it.each([
    ['with their ends, as a broker indexes them', scan.aborted],
    [
      'without, as a fetch answer has them',
      scan.aborted.map(({ producerId, firstOffset }) => ({ producerId, firstOffset })),
    ],
  ])('tell aborted batches from others, %s', (_, aborted) => {
    const filter = new AbortedFilter(aborted);
    expect(LOG.map(([batch]) => filter.isAborted(batch, 0))).toEqual(LOG.map(([, isAborted]) => isAborted));
  });

  it('are told apart from the middle of a log, too', () => {
    const filter = new AbortedFilter(scan.aborted);
    const rest = LOG.slice(8);
    expect(rest.map(([batch]) => filter.isAborted(batch, 0))).toEqual(rest.map(([, isAborted]) => isAborted));
  });

  it('leave control batches, which are no data', () => {
    expect(LOG.filter(([batch]) => isControlBatch(batch))).toHaveLength(4);
  });

  it('leave markers in archives without flags, which look like frames with id 0', () => {
    const isMarker = (key: number[], value: number[], ...names: string[]): boolean => {
      const headers = names.map((name): [Buffer, Buffer] => [Buffer.from(name), Buffer.alloc(8)]);
      const { bytes, slices } = sliceRecord(plainRecord({ key: Buffer.from(key), value: Buffer.from(value), headers }));
      return isArchivedMarker(bytes, slices);
    };
    expect(isMarker([0, 0, 0, 1], [0, 0, 0, 0, 0, 0])).toBe(true);
    expect(isMarker([0, 0, 0, 0], [0, 0, 0, 0, 0, 9])).toBe(true);
    expect(isMarker([0, 0, 0, 2], [0, 0, 0, 0, 0, 0])).toBe(false);
    expect(isMarker([0, 0, 0, 1], [0, 1, 0, 0, 0, 0])).toBe(false);
    expect(isMarker([0, 0, 0, 1], [0, 0, 0, 0, 0])).toBe(false);
    // The tool adds its tracking headers to markers, too; a marker has no others.
    expect(isMarker([0, 0, 0, 1], [0, 0, 0, 0, 0, 0], 'x-original-offset', 'x-source-partition')).toBe(true);
    expect(isMarker([0, 0, 0, 1], [0, 0, 0, 0, 0, 0], 'x-original-offset', 'mine')).toBe(false);
  });
});
