/** What the tests of the contract in src/kafka/port.ts have in common: both adapters, special records, whole partitions. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { type ErrorCode, isSrgitError, type SrgitError } from '../../src/errors.ts';
import type { KafkaClient, KafkaReadOptions } from '../../src/kafka/port.ts';
import { readPlainRecords, writePlainRecords } from '../../src/records/plain-records.ts';
import { copyRecord, type PlainRecord } from '../../src/records/record-slices.ts';
import type { SourcePiece } from '../../src/records/record-source.ts';

export const CLIENTS = ['platformatic', 'kafkajs'] as const;

export function newName(kind: string): string {
  return `${kind}-${randomUUID()}`;
}

const UTF8 = (text: string): Buffer => Buffer.from(text);
const EMPTY = Buffer.alloc(0);
/** Any time will do, so long as the broker does not find it too old. */
export const TIME = BigInt(Date.now());

export function record(fields: Partial<PlainRecord> = {}): PlainRecord {
  return { offset: 0n, timestamp: TIME, key: UTF8('key'), value: UTF8('value'), headers: [], ...fields };
}

/** Records with values `first`, `first + 1`, …, at offsets from 0 on. */
export function countedRecords(count: number, first = 0): PlainRecord[] {
  return Array.from({ length: count }, (_, index) =>
    record({ offset: BigInt(index), key: null, value: UTF8(String(first + index)) }),
  );
}

/** One batch of `count` records whose values count on from `first`. */
export function countedBatch(count: number, first = 0): Buffer {
  return writePlainRecords(countedRecords(count, first));
}

/** What clients are known to alter: see each one's name. */
export const SPECIAL_RECORDS: Readonly<Record<string, PlainRecord>> = {
  'null key': record({ key: null }),
  tombstone: record({ value: null }),
  'neither key nor value': record({ key: null, value: null }),
  'empty value': record({ value: EMPTY }),
  'empty key': record({ key: EMPTY }),
  'empty key and value': record({ key: EMPTY, value: EMPTY }),
  'headers of the same name around another': record({
    headers: [
      [UTF8('a'), UTF8('1')],
      [UTF8('b'), UTF8('2')],
      [UTF8('a'), UTF8('3')],
    ],
  }),
  'null and empty header values': record({
    headers: [
      [UTF8('null'), null],
      [UTF8('empty'), EMPTY],
      [EMPTY, UTF8('no name')],
    ],
  }),
  'header values that are no text': record({ headers: [[UTF8('bytes'), Buffer.from([0, 0xff, 0xfe, 0x80])]] }),
  'key and value that are no text': record({
    key: Buffer.from([0xff, 0, 0xfe]),
    value: Buffer.from([0, 0, 0, 0, 7, 0xc3]),
  }),
  'headers that numbers sort otherwise': record({
    headers: [
      [UTF8('10'), UTF8('x')],
      [UTF8('9'), UTF8('y')],
      [UTF8('__proto__'), UTF8('z')],
    ],
  }),
  'an early time': record({ timestamp: 0n }),
  'a time before 1970': record({ timestamp: -1n }),
};

/** Java's client makes text of header keys when it writes, so it cannot write this one; it is read as bytes. */
export const BINARY_HEADER_KEY = record({ headers: [[Buffer.from([0xff, 0xfe, 0x00]), UTF8('value')]] });

export interface ReadPartition {
  readonly records: readonly PlainRecord[];
  readonly skipped: readonly (SourcePiece & { readonly kind: 'skipped' })[];
  readonly kinds: readonly SourcePiece['kind'][];
}

export async function readAll(
  client: KafkaClient,
  topic: string,
  partition = 0,
  options: KafkaReadOptions = {},
): Promise<ReadPartition> {
  const records: PlainRecord[] = [];
  const skipped: (SourcePiece & { readonly kind: 'skipped' })[] = [];
  const kinds: SourcePiece['kind'][] = [];
  for await (const piece of client.read(topic, partition, options)) {
    kinds.push(piece.kind);
    if (piece.kind === 'skipped') skipped.push(piece);
    else records.push(...recordsOf(piece));
  }
  return { records, skipped, kinds };
}

/**
 * A committed transaction is seen a moment after the commit: its coordinator answers when the commit is certain, and then
 * tells the partitions.
 */
export async function untilStable(client: KafkaClient, topic: string): Promise<void> {
  const isStable = async (): Promise<boolean> => {
    const stable = await client.admin.offsets(topic, 'stable');
    const latest = await client.admin.offsets(topic, 'latest');
    return [...latest].every(([partition, end]) => stable.get(partition) === end);
  };
  await expect.poll(isStable, { timeout: 120_000 }).toBe(true);
}

export function recordsOf(piece: SourcePiece): PlainRecord[] {
  if (piece.kind === 'skipped') return [];
  if (piece.kind === 'batch') return readPlainRecords(piece.bytes);
  const records: PlainRecord[] = [];
  const { cursor, baseOffset } = piece;
  while (cursor.next()) records.push(copyRecord(cursor.bytes, cursor, baseOffset + BigInt(cursor.offsetDelta)));
  return records;
}

export function valuesOf(records: readonly PlainRecord[]): string[] {
  return records.map(({ value }) => value?.toString('utf8') ?? 'null');
}

/** The error that a call fails with, which must have that code, a message and a hint. */
export async function failure(call: Promise<unknown>, ...codes: readonly ErrorCode[]): Promise<SrgitError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isSrgitError(error)) expect.fail(`not an error of srgit: ${String(error)}`);
  expect(codes, error.message).toContain(error.code);
  expect(error.message.length).toBeGreaterThan(10);
  return error;
}
