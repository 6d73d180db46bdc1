/** Whole batches: patched where they lie, compressed again, or laid anew. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AT, ATTRIBUTE, checkBatchCrc, readBatchHeader } from '../../src/records/batch-header.ts';
import type { SideRule, UnknownPolicy } from '../../src/records/frame-rules.ts';
import { DEFAULT_LIMITS } from '../../src/records/limits.ts';
import { readPlainRecords, writePlainRecords } from '../../src/records/plain-records.ts';
import { RecordError } from '../../src/records/record-error.ts';
import type { PlainRecord } from '../../src/records/record-slices.ts';
import { BatchRewriter, type RewriteBatchOptions } from '../../src/records/rewrite-batch.ts';
import { SchemaIdRewriter, UnknownSchemaError } from '../../src/records/schema-id-rewriter.ts';
import { asText, batchOf, bytesUpTo, CODEC_NAMES, framed, plainRecord, records, seedOf } from './random-records.ts';

const SWAP = new Map<number, number | undefined>([
  [1, 2],
  [2, 1],
  [5, 100_001],
  [6, 6],
  [7, undefined],
]);

function idsOf(onUnknown: UnknownPolicy = 'fail', ids = SWAP, framing: SideRule['framing'] = 'auto'): SchemaIdRewriter {
  const side = { framing, map: { ids } };
  return new SchemaIdRewriter({ topic: 'orders', partition: 3, onUnknown, rule: { key: side, value: side } });
}

function batchesOf(onUnknown: UnknownPolicy = 'fail', options: RewriteBatchOptions = {}): BatchRewriter {
  return new BatchRewriter(idsOf(onUnknown), options);
}

/** The very rule, written down a second time for plain records: what the rewriter must come to. */
function swapped(record: PlainRecord): PlainRecord {
  const swap = (part: Buffer | null): Buffer | null => {
    if (part === null || part.length < 5 || part[0] !== 0) return part;
    const target = SWAP.get(part.readInt32BE(1));
    if (target === undefined) return part;
    const copy = Buffer.from(part);
    copy.writeInt32BE(target, 1);
    return copy;
  };
  return { ...record, key: swap(record.key), value: swap(record.value) };
}

const part = fc.oneof(
  fc.constant(null),
  bytesUpTo(40),
  fc
    .tuple(fc.constantFrom(1, 2, 5, 6, 42), bytesUpTo(40))
    .map(([id, payload]) => framed(id, payload.toString('latin1'))),
);
const framedRecords = fc
  .tuple(records, fc.array(fc.tuple(part, part), { minLength: 20, maxLength: 20 }))
  .map(([list, parts]) =>
    list.map((record, i) => ({ ...record, key: parts[i]?.[0] ?? null, value: parts[i]?.[1] ?? null })),
  );

describe('rewriting a batch', () => {
  const seed = seedOf('rewriting');

  it('comes to what writing the rewritten records anew comes to, and swaps ids at once', () => {
    fc.assert(
      fc.property(framedRecords, fc.integer({ min: 0, max: 2000 }), (list, producerId) => {
        const fields = { producerId: BigInt(producerId), attributes: ATTRIBUTE.transactional, leaderEpoch: 4 };
        const batch = writePlainRecords(list, {}, fields);
        const { batch: rewritten, patched, recordCount, removed } = batchesOf().rewrite(batch);
        const expected = list.map(swapped);
        expect(rewritten?.toString('hex')).toBe(writePlainRecords(expected, {}, fields).toString('hex'));
        expect(rewritten).toBe(batch);
        expect(recordCount).toBe(list.length);
        expect(removed).toEqual([]);
        expect(patched).toBe(
          list.filter((record, i) => `${asText([record])}` !== `${asText([expected[i] ?? record])}`).length,
        );
      }),
      { seed, numRuns: 500 },
    );
  });

  it('comes to the same with every codec, and keeps the codec', () => {
    fc.assert(
      fc.property(
        framedRecords,
        fc.constantFrom(...CODEC_NAMES),
        fc.constantFrom('raw', 'xerial'),
        (list, codec, framing) => {
          const compress = { snappyFraming: framing } as const;
          const batch = writePlainRecords(list, { codec, compress });
          const before = Buffer.from(batch);
          const { batch: rewritten = Buffer.alloc(0), patched } = batchesOf().rewrite(batch);
          expect(asText(readPlainRecords(rewritten))).toEqual(asText(list.map(swapped)));
          if (patched === 0) expect(rewritten.equals(before)).toBe(true);
          expect(rewritten.subarray(AT.attributes, AT.records).equals(before.subarray(AT.attributes, AT.records))).toBe(
            true,
          );
          const isXerial = codec === 'snappy' && framing === 'xerial';
          expect(rewritten.includes(Buffer.from('82534e4150505900', 'hex'))).toBe(isXerial);
        },
      ),
      { seed, numRuns: 300 },
    );
  });

  it('twice with a swap is no rewriting at all: a permutation is applied in one pass', () => {
    const batch = batchOf([framed(1), framed(2), framed(1)]);
    const before = Buffer.from(batch);
    const rewriter = batchesOf();
    expect(readPlainRecords(rewriter.rewrite(batch).batch ?? before).map(({ value }) => value?.readInt32BE(1))).toEqual(
      [2, 1, 2],
    );
    expect(rewriter.rewrite(batch).batch?.equals(before)).toBe(true);
  });

  it('leaves a compressed batch as it is when no id in it changes', () => {
    for (const codec of CODEC_NAMES) {
      const batch = batchOf([framed(6), Buffer.from('plain')], 0n, codec);
      expect(batchesOf().rewrite(batch)).toEqual({ batch, patched: 0, removed: [], recordCount: 2 });
    }
  });

  it('does not make a damaged batch look sound', () => {
    const batch = batchOf([framed(1), Buffer.alloc(50)]);
    batch[batch.length - 10] = 1;
    expect(() => batchesOf().rewrite(Buffer.from(batch))).toThrow(RecordError);
    const { batch: rewritten = batch } = batchesOf('fail', { checkCrc: false }).rewrite(batch);
    expect(readBatchHeader(rewritten).crc).not.toBe(0);
    expect(() => checkBatchCrc(rewritten, 0, rewritten.length)).toThrow(/checksum/);
  });

  it('passes on topics that are left alone without looking into their batches', () => {
    const idle = new BatchRewriter(idsOf('fail', SWAP, 'none'));
    const batch = batchOf([framed(1)], 0n, 'zstd');
    expect(idle.rewrite(batch)).toEqual({ batch, patched: 0, removed: [], recordCount: 1 });
    batch[batch.length - 1] = 1;
    expect(() => idle.rewrite(batch)).toThrow(RecordError);
  });

  it('gives nothing for control batches and emptied ones', () => {
    const marker = plainRecord({ key: Buffer.from([0, 0, 0, 1]), value: Buffer.alloc(6) });
    const control = writePlainRecords([marker], {}, { attributes: ATTRIBUTE.control | ATTRIBUTE.transactional });
    const empty = writePlainRecords([], {}, { baseOffset: 7n, lastOffsetDelta: 3 });
    for (const batch of [control, empty]) {
      for (const rewriter of [idsOf(), idsOf('fail', SWAP, 'none')]) {
        const result = new BatchRewriter(rewriter, { forProduce: true }).rewrite(Buffer.from(batch));
        expect(result).toEqual({ batch: undefined, patched: 0, removed: [], recordCount: 0 });
        expect(rewriter.report().frames).toEqual([]);
      }
    }
  });

  it('stops at a schema that the target lacks and says where, if it is to fail', () => {
    const batch = batchOf([framed(1), framed(7)], 1000n, 'lz4');
    expect(() => batchesOf().rewrite(batch)).toThrow(UnknownSchemaError);
    expect(() => batchesOf().rewrite(batch)).toThrow(
      'schema ID 7 not found in target registry: value in orders, partition 3, offset 1001',
    );
  });

  it.each(['skip', 'dead-letter'] as const)(
    'takes records out under the policy %s, and gives them as they were',
    (policy) => {
      for (const codec of CODEC_NAMES) {
        const list = [framed(1), framed(7), framed(2), framed(7, 'again'), Buffer.from('plain')].map((value, i) =>
          plainRecord({
            offset: 10n + BigInt(2 * i),
            key: framed(1, 'key'),
            value,
            headers: [[Buffer.from('h'), null]],
          }),
        );
        const batch = writePlainRecords(list, { codec }, { lastOffsetDelta: 20, producerId: 3n });
        const {
          batch: rewritten = batch,
          removed,
          patched,
          recordCount,
        } = batchesOf(policy).rewrite(Buffer.from(batch));
        expect(removed.map(({ side, id }) => `${side} ${id}`)).toEqual(['value 7', 'value 7']);
        expect(asText(removed.map(({ record }) => record))).toEqual(asText(list.filter((_, i) => i === 1 || i === 3)));
        expect([patched, recordCount]).toEqual([3, 3]);
        const rest = list.filter((_, i) => i !== 1 && i !== 3).map(swapped);
        expect(asText(readPlainRecords(rewritten))).toEqual(asText(rest));
        expect(readBatchHeader(rewritten)).toMatchObject({ baseOffset: 10n, lastOffsetDelta: 20, producerId: 3n });
        const anew = batchesOf(policy, { forProduce: true }).rewrite(Buffer.from(batch)).batch ?? batch;
        expect(readPlainRecords(anew).map(({ offset }) => offset)).toEqual([10n, 11n, 12n]);
        expect(readBatchHeader(anew).lastOffsetDelta).toBe(2);
      }
      expect(batchesOf(policy).rewrite(batchOf([framed(7)])).batch).toBeUndefined();
    },
  );

  it('passes records with missing schemas on under the policy pass', () => {
    const batch = batchOf([framed(7), framed(1)]);
    const { batch: rewritten = batch } = batchesOf('pass').rewrite(batch);
    expect(readPlainRecords(rewritten).map(({ value }) => value?.readInt32BE(1))).toEqual([7, 2]);
  });
});

describe('a batch for a producer', () => {
  const seed = seedOf('for produce');

  it('has no gaps in its offsets, and is otherwise the same', () => {
    fc.assert(
      fc.property(framedRecords, fc.constantFrom(...CODEC_NAMES), (list, codec) => {
        const batch = writePlainRecords(list, { codec });
        const { batch: made = batch } = batchesOf('fail', { forProduce: true }).rewrite(batch);
        const base = list[0]?.offset ?? 0n;
        const expected = list.map((record, i) => ({ ...swapped(record), offset: base + BigInt(i) }));
        expect(asText(readPlainRecords(made))).toEqual(asText(expected));
        expect(readBatchHeader(made)).toMatchObject({ lastOffsetDelta: list.length - 1, recordCount: list.length });
      }),
      { seed, numRuns: 300 },
    );
  });

  it("carries a broker's timestamps as its own", () => {
    for (const codec of CODEC_NAMES) {
      const list = [5n, 3n, 9n].map((time, i) => plainRecord({ offset: BigInt(i), timestamp: time, value: framed(1) }));
      const fields = { attributes: ATTRIBUTE.logAppendTime, maxTimestamp: 77n };
      const batch = writePlainRecords(list, { codec }, fields);
      expect(readPlainRecords(batch).map(({ timestamp }) => timestamp)).toEqual([77n, 77n, 77n]);
      const { batch: made = batch } = batchesOf('fail', { forProduce: true }).rewrite(batch);
      expect(readPlainRecords(made).map(({ timestamp }) => timestamp)).toEqual([77n, 77n, 77n]);
      expect(readBatchHeader(made)).toMatchObject({ maxTimestamp: 77n, baseTimestamp: 77n });
      expect(readBatchHeader(made).attributes & ATTRIBUTE.logAppendTime).toBe(0);
    }
  });
});

describe('scanning a batch', () => {
  it('counts the same as rewriting, and changes nothing', () => {
    fc.assert(
      fc.property(framedRecords, fc.constantFrom(...CODEC_NAMES), (list, codec) => {
        const batch = writePlainRecords(list, { codec });
        const before = Buffer.from(batch);
        const [scanned, rewritten] = [idsOf('pass'), idsOf('pass')];
        const inLog = Buffer.concat([Buffer.alloc(7), batch, Buffer.alloc(9)]);
        expect(new BatchRewriter(scanned).scan(inLog, 7, 7 + batch.length)).toBe(list.length);
        expect(inLog.subarray(7, 7 + batch.length).equals(before)).toBe(true);
        new BatchRewriter(rewritten).rewrite(batch);
        expect(scanned.report()).toEqual(rewritten.report());
      }),
      { seed: seedOf('scanning'), numRuns: 200 },
    );
  });

  it('says where the damage is', () => {
    const batch = batchOf([framed(1), framed(2)], 500n);
    const log = Buffer.concat([Buffer.alloc(100), batch]);
    const scan = (): unknown => new BatchRewriter(idsOf(), { checkCrc: false }).scan(log, 100, log.length);
    log[100 + AT.records] = 0x7e;
    expect(scan).toThrow(expect.objectContaining({ reason: 'truncated', position: 162, baseOffset: 500n }));
    expect(scan).toThrow(/byte 162 of the batch at offset 500/);
    log.writeInt32BE(3, 100 + AT.recordCount);
    expect(scan).toThrow(expect.objectContaining({ reason: 'truncated' }));
    log.writeInt32BE(1000, 100 + AT.recordCount);
    expect(scan).toThrow(expect.objectContaining({ reason: 'bad-count' }));
    log[100 + AT.attributes + 1] = 5;
    expect(scan).toThrow(expect.objectContaining({ reason: 'bad-codec' }));
  });

  it('refuses what its limits do not allow', () => {
    const many = plainRecord({ headers: Array.from({ length: 100 }, () => [Buffer.from('h'), null]) });
    const limits = { ...DEFAULT_LIMITS, maxHeadersPerRecord: 99, maxDecompressedBytes: 1000 };
    const scan = (batch: Buffer) => () => new BatchRewriter(idsOf(), { limits }).scan(batch, 0, batch.length);
    expect(scan(writePlainRecords([many]))).toThrow(expect.objectContaining({ reason: 'too-large' }));
    expect(scan(batchOf([Buffer.alloc(1000)], 0n, 'gzip'))).toThrow(expect.objectContaining({ reason: 'too-large' }));
    expect(scan(batchOf([Buffer.alloc(900)], 0n, 'gzip'))()).toBe(1);
  });
});
