/** Batches as Kafka's own library writes and reads them, and as this codec does. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchBuilder, encodeHeaders } from '../../src/records/batch-builder.ts';
import { ATTRIBUTE, readBatchHeader, stampProducer } from '../../src/records/batch-header.ts';
import { batchesIn } from '../../src/records/batch-walk.ts';
import { CODECS, codecOf } from '../../src/records/codec.ts';
import { DEFAULT_LIMITS } from '../../src/records/limits.ts';
import { readMessage } from '../../src/records/message-set.ts';
import { readPlainRecords, sliceRecord, writePlainRecords } from '../../src/records/plain-records.ts';
import { copyRecord, type PlainRecord } from '../../src/records/record-slices.ts';
import { SchemaIdRewriter } from '../../src/records/schema-id-rewriter.ts';
import { asText, CODEC_NAMES, plainRecord, records, seedOf } from './random-records.ts';

interface Golden {
  readonly name: string;
  readonly bytes: string;
  readonly batches: readonly {
    readonly magic: number;
    readonly baseOffset: string;
    readonly lastOffset: string;
    readonly control: boolean;
    readonly transactional: boolean;
    readonly codec: string;
    readonly maxTimestamp: string;
    readonly producerId: string;
    readonly producerEpoch: number;
    readonly baseSequence: number;
    readonly records: readonly unknown[] | 'generated';
  }[];
}

const golden = readFileSync(join(import.meta.dirname, 'fixtures/kafka-clients-4.3.1.ndjson'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Golden);

function longRecords(): PlainRecord[] {
  const text = 'lorem ipsum dolor sit amet consectetur ';
  return Array.from({ length: 200 }, (_, i) =>
    plainRecord({
      offset: BigInt(i),
      timestamp: 1_700_000_000_000n + BigInt(i),
      key: Buffer.from(`key-${i}`),
      value: Buffer.from(text.slice(i % 20) + text.repeat(16) + i),
    }),
  );
}

function readAll(bytes: Buffer): PlainRecord[] {
  const list: PlainRecord[] = [];
  for (const { start, end, magic } of batchesIn(bytes, DEFAULT_LIMITS)) {
    if (magic === 2) list.push(...readPlainRecords(bytes.subarray(start, end)));
    else
      readMessage(bytes, start, end, DEFAULT_LIMITS, (from, slices, offset) =>
        list.push(copyRecord(from, slices, offset)),
      );
  }
  return list;
}

describe("batches of Kafka's own library", () => {
  it.each(golden.map((one) => [one.name, one] as const))('%s is read as that library reads it', (_, one) => {
    const expected = one.batches.flatMap((batch) =>
      batch.records === 'generated' ? asText(longRecords()) : batch.records,
    );
    expect(asText(readAll(Buffer.from(one.bytes, 'base64')))).toEqual(expected);
  });

  it.each(golden.filter((one) => one.batches[0]?.magic === 2).map((one) => [one.name, one] as const))(
    "%s has that library's fields",
    (_, one) => {
      const bytes = Buffer.from(one.bytes, 'base64');
      const headers = [...batchesIn(bytes, DEFAULT_LIMITS)].map(({ start }) => readBatchHeader(bytes, start));
      expect(
        headers.map((header) => ({
          baseOffset: `${header.baseOffset}`,
          lastOffset: `${header.baseOffset + BigInt(header.lastOffsetDelta)}`,
          control: (header.attributes & ATTRIBUTE.control) !== 0,
          transactional: (header.attributes & ATTRIBUTE.transactional) !== 0,
          codec: codecOf(header.attributes, 0),
          maxTimestamp: `${header.maxTimestamp}`,
          producerId: `${header.producerId}`,
          producerEpoch: header.producerEpoch,
          baseSequence: header.baseSequence,
        })),
      ).toEqual(one.batches.map(({ magic, records: _records, ...fields }) => fields));
    },
  );

  it('are written byte for byte alike where nothing is compressed', () => {
    const names = ['v2-none-CreateTime', 'extremes-none', 'transactional', 'emptied'];
    for (const { name, bytes } of golden.filter((one) => names.includes(one.name))) {
      const batch = Buffer.from(bytes, 'base64');
      const header = readBatchHeader(batch);
      // A batch that the cleaner emptied has no first record: its base timestamp is -1, which no builder writes.
      if (name === 'emptied') expect(readPlainRecords(batch)).toEqual([]);
      else
        expect(writePlainRecords(readPlainRecords(batch), {}, header).toString('hex'), name).toBe(
          batch.toString('hex'),
        );
    }
  });

  it('of versions 0 and 1 can be laid as version 2, rewritten on the way', () => {
    const side = { framing: 'auto', map: { ids: new Map([[5, 6]]) } } as const;
    for (const { name, bytes } of golden.filter((one) => one.batches[0]?.magic !== 2)) {
      const rule = { key: side, value: side };
      const rewriter = new SchemaIdRewriter({ topic: 't', partition: 0, rule, onUnknown: 'fail' });
      const builder = new BatchBuilder({ codec: 'lz4' });
      const log = Buffer.from(bytes, 'base64');
      const before = readAll(Buffer.from(log));
      for (const { start, end } of batchesIn(log, DEFAULT_LIMITS)) {
        readMessage(log, start, end, DEFAULT_LIMITS, (from, slices, offset) => {
          rewriter.rewrite(from, slices, Number(offset));
          builder.append(from, slices);
        });
      }
      const expected = before.map((record, i) => {
        const value = record.value && Buffer.from(record.value);
        if (value?.length === 8) value[4] = 6;
        return { ...record, offset: BigInt(i), value };
      });
      expect(asText(readPlainRecords(builder.finish())), name).toEqual(asText(expected));
      expect(rewriter.report().frames.map(({ id, count }) => `${id} ${count}`)).toEqual(['5 1']);
    }
  });

  it('are smaller, compressed, than what they hold', () => {
    for (const codec of CODECS.slice(1)) {
      const plain = writePlainRecords(longRecords()).length;
      expect(writePlainRecords(longRecords(), { codec }).length, codec).toBeLessThan(plain / 5);
    }
  });
});

describe('a batch', () => {
  const seed = seedOf('record batches');

  it('holds any records, with every codec', () => {
    fc.assert(
      fc.property(
        records,
        fc.constantFrom(...CODEC_NAMES),
        fc.constantFrom('raw', 'xerial'),
        (list, codec, framing) => {
          const batch = writePlainRecords(list, { codec, compress: { snappyFraming: framing } });
          expect(asText(readPlainRecords(batch))).toEqual(asText(list));
          const header = readBatchHeader(batch);
          expect(header.recordCount).toBe(list.length);
          expect(header.baseOffset + BigInt(header.lastOffsetDelta)).toBe(list.at(-1)?.offset);
          expect(header.maxTimestamp).toBe(
            list.reduce((max, { timestamp }) => (timestamp > max ? timestamp : max), -(2n ** 63n)),
          );
        },
      ),
      { seed, numRuns: 500 },
    );
  });

  it('holds a value of 20 MB, with every codec', () => {
    const value = Buffer.alloc(20 << 20, 'a value that goes on; ');
    for (let at = 0; at < value.length; at += 997)
      value.writeUInt32BE((at * 2_654_435_761) >>> 0, at % (value.length - 4));
    for (const codec of CODEC_NAMES) {
      const [read] = readPlainRecords(writePlainRecords([plainRecord({ value })], { codec }));
      expect(read?.value?.equals(value), codec).toBe(true);
    }
  });

  it('is cut by bytes, not by count', () => {
    const { bytes, slices } = sliceRecord(plainRecord({ value: Buffer.alloc(400) }));
    const builder = new BatchBuilder({ maxBytes: 1000 });
    expect([1, 2, 3].map(() => builder.append(bytes, slices))).toEqual([true, true, false]);
    expect(builder.size).toBeLessThanOrEqual(1000);
    const batch = builder.finish();
    expect(batch.length).toBe(61 + 2 * (2 + 4 + 2 + 400 + 1));
    expect(readPlainRecords(batch)).toHaveLength(2);
    expect(builder.recordCount).toBe(0);
    expect(builder.append(bytes, slices)).toBe(true);
    expect(readPlainRecords(builder.finish())).toHaveLength(1);
  });

  it('takes a record larger than its limit by itself', () => {
    const { bytes, slices } = sliceRecord(plainRecord({ value: Buffer.alloc(200_000, 7) }));
    const builder = new BatchBuilder({ maxBytes: 1000 });
    expect(builder.append(bytes, slices)).toBe(true);
    expect(builder.append(bytes, slices)).toBe(false);
    expect(readPlainRecords(builder.finish())[0]?.value?.length).toBe(200_000);
  });

  it('takes headers beside those of the record', () => {
    const { bytes, slices } = sliceRecord(plainRecord({ headers: [[Buffer.from('a'), null]] }));
    const builder = new BatchBuilder();
    const more = encodeHeaders([
      [Buffer.from('x-original-offset'), Buffer.from('17')],
      [Buffer.from('a'), null],
    ]);
    builder.append(bytes, slices, undefined, more);
    expect(
      readPlainRecords(builder.finish())[0]?.headers.map(([key, value]) => [`${key}`, value && `${value}`]),
    ).toEqual([
      ['a', null],
      ['x-original-offset', '17'],
      ['a', null],
    ]);
  });

  it('given to a producer is as if that producer had built it', () => {
    fc.assert(
      fc.property(records, fc.boolean(), (list, transactional) => {
        const batch = writePlainRecords(
          list,
          {},
          { leaderEpoch: 9, producerId: 5n, attributes: ATTRIBUTE.transactional },
        );
        const stamp = { producerId: 2n ** 40n + 77n, producerEpoch: 12, baseSequence: 123_456, transactional };
        stampProducer(batch, stamp);
        const attributes = transactional ? ATTRIBUTE.transactional : 0;
        const base = list[0]?.offset ?? 0n;
        const moved = list.map((record) => ({ ...record, offset: record.offset - base }));
        expect(batch.equals(writePlainRecords(moved, {}, { ...stamp, attributes }))).toBe(true);
      }),
      { seed, numRuns: 200 },
    );
  });
});
