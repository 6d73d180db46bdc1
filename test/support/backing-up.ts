/** What tests of backups share: records of every kind on a real broker, and what an archive holds, as Kafka's client has it. */
import { randomUUID } from 'node:crypto';
import type { PlainRecord } from '../../src/records/record-slices.ts';
import type { ReadRecord } from './independent-kbak-reader.ts';
import type { NewRecord, SeenRecord } from './kafka-broker-eye.ts';

const TIME = 1_700_000_000_000n;
const text = (value: string): Buffer => Buffer.from(value);

/** Everything that is easily lost: null and empty, headers twice, null and binary, old times. */
export const ODD_RECORDS: readonly NewRecord[] = [
  { timestamp: TIME, key: text('k'), value: text('plain') },
  { timestamp: TIME - 1n, key: null, value: text('no key') },
  { timestamp: TIME + 5n, key: text('tombstone'), value: null },
  { timestamp: 1n, key: Buffer.alloc(0), value: Buffer.alloc(0) },
  { timestamp: 0n, key: null, value: null },
  {
    timestamp: TIME - 86_400_000n * 9000n,
    key: text('headers'),
    value: Buffer.from([0, 0, 0, 0, 5, 1, 2, 3]),
    headers: [
      [text('h'), text('1')],
      [text('h'), text('2')],
      [text('other'), null],
      [text('h'), Buffer.from([0xff, 0x00, 0xfe])],
      [text('empty'), Buffer.alloc(0)],
      [text(''), text('no name')],
      [text('x-original-offset'), text('mine')],
    ],
  },
  { timestamp: TIME, key: Buffer.from([0, 0, 0, 1]), value: Buffer.alloc(6) },
  { timestamp: TIME + 1n, key: Buffer.from([0, 0, 0, 0, 7]), value: Buffer.from([0, 0, 0, 0, 9]) },
  ...Array.from({ length: 40 }, (_, i) => ({
    timestamp: TIME + BigInt(i),
    key: text(`key-${i}`),
    value: Buffer.alloc(50 + 10 * i, `value ${i} `),
  })),
];

export function newName(what: string): string {
  return `${what}-${randomUUID().slice(0, 8)}`;
}

/** Without offsets: a copy has its own. */
export function contentOf(records: readonly PlainRecord[]): unknown[] {
  const hex = (bytes: Buffer | null): string | null => bytes?.toString('hex') ?? null;
  return records.map(({ timestamp, key, value, headers }) => [
    String(timestamp),
    hex(key),
    hex(value),
    headers.map(([name, content]) => [hex(name), hex(content)]),
  ]);
}

/** With offsets, by partition. */
export function seenByPartition(records: readonly SeenRecord[]): ReadonlyMap<number, readonly unknown[]> {
  const groups = Map.groupBy(records, ({ partition }) => partition);
  return new Map(
    [...groups].map(([partition, group]) => {
      const contents = contentOf(group);
      return [partition, group.map(({ offset }, index) => [String(offset), contents[index]])];
    }),
  );
}

/** The same of an archive, by the independent reader. */
export function archivedPartition(records: readonly ReadRecord[]): readonly unknown[] {
  return records.map(({ offset, timestamp, key, value, headers }) => [
    String(offset),
    [String(timestamp), key, value, headers.map((header) => [...header])],
  ]);
}
