/** A backup of records that tell their place, and a look whether each came to the target as it must: in order, once. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKbak } from '../../src/archive/kbak-sink.ts';
import { openStorage } from '../../src/archive/open-storage.ts';
import { sliceRecord } from '../../src/records/plain-records.ts';
import type { PlainRecord } from '../../src/records/record-slices.ts';
import type { ConsumerGroup } from '../../src/records/record-source.ts';
import type { SeenRecord } from './kafka-broker-eye.ts';

export const NUMBERED_TOPIC = 'orders';

/** A permutation, so that to rewrite twice would be seen, and one that is no part of it. */
export const NUMBERED_MAP: Readonly<Record<number, number>> = { 1: 2, 2: 3, 3: 1, 5: 100 };

const IDS = Object.keys(NUMBERED_MAP).map(Number);
const START = 1_700_000_000_000;

/** Every kind of key, value and header; timestamps are not in order. */
export function numberedRecord(partition: number, number: number): PlainRecord {
  const place = `${partition}:${number}`;
  const text = `value ${place} ${'x'.repeat((number * 31) % 120)}`;
  const isEmpty = number % 17 === 0;
  return {
    // With gaps, as compaction leaves them.
    offset: BigInt(number + Math.floor(number / 50)),
    timestamp: BigInt(START + number + ((number * 7919) % 1000)),
    key: number % 11 === 0 ? frame(IDS[number % IDS.length] ?? 1, place) : Buffer.from(place),
    value: isEmpty ? (number % 2 === 0 ? null : Buffer.alloc(0)) : frame(IDS[(number * 7) % IDS.length] ?? 1, text),
    headers:
      number % 5 === 0
        ? [
            [Buffer.from('h'), Buffer.from(place)],
            [Buffer.from('h'), null],
          ]
        : [],
  };
}

function frame(id: number, text: string): Buffer {
  const bytes = Buffer.alloc(5 + Buffer.byteLength(text));
  bytes.writeInt32BE(id, 1);
  bytes.write(text, 5);
  return bytes;
}

/** Writes the backup to `backup` below the folder, and the map to `map.json`. */
export async function writeNumbered(
  folder: string,
  partitions: number,
  recordsEach: number,
  more: {
    readonly backupId: string;
    readonly groups?: readonly ConsumerGroup[];
    readonly config?: Readonly<Record<string, string>>;
  },
): Promise<void> {
  const storage = await openStorage({ backend: 'filesystem', path: join(folder, 'backup') });
  const sink = await createKbak(storage, { backupId: more.backupId, segmentBytes: 512 * 1024 });
  for (let partition = 0; partition < partitions; partition++) {
    const output = await sink.open(NUMBERED_TOPIC, partition);
    for (let number = 0; number < recordsEach; number++) {
      const record = numberedRecord(partition, number);
      const { bytes, slices } = sliceRecord(record);
      await output.append(bytes, slices, record.offset);
    }
    await output.close();
  }
  const topic = { name: NUMBERED_TOPIC, partitionCount: partitions, partitions: [] };
  await sink.finish({
    topics: [more.config === undefined ? topic : { ...topic, config: more.config }],
    createdAt: START,
    ...(more.groups === undefined ? {} : { groups: more.groups }),
  });
  writeFileSync(join(folder, 'map.json'), JSON.stringify(NUMBERED_MAP));
}

/** What is wrong with one partition of the target; undefined where each record is there once, in order. */
export function wrongWith(partition: number, recordsEach: number, seen: readonly SeenRecord[]): string | undefined {
  for (let number = 0; number < Math.max(recordsEach, seen.length); number++) {
    const record = seen[number];
    const where = `partition ${partition}, record ${number} of ${recordsEach} (${seen.length} seen)`;
    if (record === undefined) return `${where} is missing`;
    if (number >= recordsEach) return `${where} is one too many: ${placeOf(record)}`;
    if (!isAs(record, number)) return `${where} is another one: ${placeOf(record)}`;
  }
  return undefined;
}

/**
 * Where records may come twice: none missing, each as it must be, and for the first time in order.
 * @returns how many came again
 */
export function countDoubles(partition: number, recordsEach: number, seen: readonly SeenRecord[]): number | string {
  let next = 0;
  let doubles = 0;
  for (const record of seen) {
    const number = Number(/^[0-9]+:([0-9]+)$/.exec(placeOf(record))?.[1] ?? Number.NaN);
    if (!(number <= next) || !isAs(record, number)) return `partition ${partition}: ${placeOf(record)} before ${next}`;
    if (number === next) next++;
    else doubles++;
  }
  return next === recordsEach ? doubles : `partition ${partition} ends with ${next} of ${recordsEach}`;
}

function isAs(record: SeenRecord, number: number): boolean {
  const { timestamp, key, value, headers } = numberedRecord(record.partition, number);
  return (
    record.timestamp === timestamp &&
    isSame(record.key, mapped(key)) &&
    isSame(record.value, mapped(value)) &&
    record.headers.length === headers.length &&
    headers.every(([name, content], at) => {
      const [seenName, seenContent = null] = record.headers[at] ?? [null];
      return isSame(seenName, name) && isSame(seenContent, content);
    })
  );
}

function mapped(bytes: Buffer | null): Buffer | null {
  if (bytes === null || bytes.length < 5 || bytes[0] !== 0) return bytes;
  const copy = Buffer.from(bytes);
  copy.writeInt32BE(NUMBERED_MAP[bytes.readInt32BE(1)] ?? -1, 1);
  return copy;
}

function isSame(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b);
}

function placeOf({ key }: SeenRecord): string {
  return (key?.[0] === 0 ? key.subarray(5) : key)?.toString() ?? 'a record without a key';
}
