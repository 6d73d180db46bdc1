/** Random records for property tests: everything that Kafka can hold, the usual and the odd. */
import fc from 'fast-check';
import { writePlainRecords } from '../../src/records/plain-records.ts';
import type { PlainRecord } from '../../src/records/record-slices.ts';

/** The seed of this run's random tests, printed so that a failure can be repeated. */
export function seedOf(suite: string): number {
  const seed = Number(process.env['SRGIT_SEED'] ?? Math.floor(Math.random() * 0x7fff_ffff));
  console.log(`${suite}: seed ${seed} (repeat with SRGIT_SEED=${seed})`);
  return seed;
}

/** Bytes; some compress well, some not at all. */
export function bytesUpTo(length: number): fc.Arbitrary<Buffer> {
  const random = fc.uint8Array({ maxLength: length });
  const repeated = fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 9 }), fc.nat(Math.floor(length / 9)))
    .map(([unit, times]) => Buffer.concat(Array.from({ length: times }, () => unit)));
  return fc.oneof(random, repeated).map((bytes) => Buffer.from(bytes));
}

const part = (length: number): fc.Arbitrary<Buffer | null> => fc.option(bytesUpTo(length), { nil: null });

const timestamp = fc.oneof(
  fc.bigInt({ min: 1_600_000_000_000n, max: 1_600_000_100_000n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(-1n, 0n, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)),
);

const record = fc.record({
  gap: fc.oneof(
    { weight: 4, arbitrary: fc.constant(1n) },
    { weight: 1, arbitrary: fc.bigInt({ min: 1n, max: 40_000n }) },
  ),
  timestamp,
  key: part(40),
  value: part(3000),
  headers: fc.array(fc.tuple(bytesUpTo(20), part(40)), { maxLength: 4 }),
});

/** Records of one batch: ascending offsets, some missing as after compaction. */
export const records: fc.Arbitrary<PlainRecord[]> = fc
  .tuple(fc.bigInt({ min: 0n, max: 2n ** 60n }), fc.array(record, { minLength: 1, maxLength: 20 }))
  .map(([base, parts]) => {
    let offset = base - 1n;
    return parts.map(({ gap, ...rest }, index) => {
      offset += index === 0 ? 1n : gap;
      return { offset, ...rest };
    });
  });

export const CODEC_NAMES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/** Records as they are compared: with bytes as text. */
export function asText(list: readonly PlainRecord[]): unknown[] {
  const hex = (bytes: Buffer | null): string | null => (bytes === null ? null : bytes.toString('hex'));
  return list.map(({ offset, timestamp: time, key, value, headers }) => [
    `${offset}`,
    `${time}`,
    hex(key),
    hex(value),
    headers.map(([name, content]) => [hex(name), hex(content)]),
  ]);
}

/** A record with little said about it. */
export function plainRecord(parts: Partial<PlainRecord>): PlainRecord {
  return { offset: 0n, timestamp: 1_700_000_000_000n, key: null, value: null, headers: [], ...parts };
}

/** A batch of records with these values, offsets from `base` on. */
export function batchOf(
  values: readonly (Buffer | null)[],
  base = 0n,
  codec: (typeof CODEC_NAMES)[number] = 'none',
): Buffer {
  return writePlainRecords(
    values.map((value, index) => plainRecord({ offset: base + BigInt(index), value })),
    { codec },
  );
}

/** A payload framed with a 32-bit id. */
export function framed(id: number, payload = 'payload'): Buffer {
  const head = Buffer.alloc(5);
  head.writeInt32BE(id, 1);
  return Buffer.concat([head, Buffer.from(payload)]);
}
