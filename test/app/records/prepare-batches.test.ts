/** Batches for a producer: whole ones, small ones put together, large ones taken apart; positions and places exact in all. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteBudget } from '../../../src/app/records/byte-budget.ts';
import { RecordStage } from '../../../src/app/records/record-stage.ts';
import { type PreparedBatch, prepareBatches, type WantedHit } from '../../../src/app/records/replay/prepare-batches.ts';
import { SkipTally } from '../../../src/app/records/skip-tally.ts';
import { checkBatchCrc, readBatchHeader } from '../../../src/records/batch-header.ts';
import type { UnknownPolicy } from '../../../src/records/frame-rules.ts';
import { readPlainRecords } from '../../../src/records/plain-records.ts';
import type { PlainRecord } from '../../../src/records/record-slices.ts';
import { asText, framed, plainRecord, seedOf } from '../../records/random-records.ts';
import { type MemorySourceOptions, memorySource } from '../../support/memory-records.ts';

const IDS = new Map<number, number | undefined>([
  [1, 2],
  [2, 1],
  [5, 100],
  [7, undefined],
]);

interface Asked extends MemorySourceOptions {
  readonly onUnknown?: UnknownPolicy;
  readonly from?: bigint;
  readonly maxBatchBytes?: number;
  readonly wanted?: readonly bigint[];
}

async function prepare(records: readonly PlainRecord[], asked: Asked = {}): Promise<PreparedBatch[]> {
  const { onUnknown = 'pass', maxBatchBytes = 1_048_588, wanted = [] } = asked;
  const side = { framing: 'auto', map: { ids: IDS } } as const;
  const rule = { context: '.', key: side, value: side };
  const place = { topic: 't', partition: 0 };
  const stage = new RecordStage({ ...place, rule, onUnknown, window: {}, headers: { add: false, drop: false } });
  const budget = new ByteBudget(5_000_000);
  const end = (records.at(-1)?.offset ?? -1n) + 1n;
  const all: PreparedBatch[] = [];
  const batches = prepareBatches({
    source: memorySource({ t: [records] }, asked),
    lane: { topic: 't', partition: { partition: 0, firstOffset: 0n, endOffset: end }, rule, from: 0n, to: end },
    from: asked.from ?? 0n,
    stage,
    takesOut: onUnknown === 'skip' || onUnknown === 'dead-letter',
    maxBatchBytes,
    builtBytes: 1_000_000,
    codec: 'none',
    wanted,
    skipped: new SkipTally(),
    budget,
    read: {},
    onRead: () => undefined,
    signal: new AbortController().signal,
  });
  for await (const batch of batches) {
    all.push(batch);
    budget.give(batch.bytes?.length ?? 0);
  }
  expect(budget.used).toBe(0);
  return all;
}

function rewritten(record: PlainRecord): PlainRecord {
  const value = record.value === null ? null : Buffer.from(record.value);
  const target = value === null || value.length < 5 ? undefined : IDS.get(value.readInt32BE(1));
  if (target !== undefined) value?.writeInt32BE(target, 1);
  return { ...record, value };
}

const lacks = ({ value }: PlainRecord): boolean => value !== null && value.readInt32BE(1) === 7;

/** Of the record that is told, among those from the batch on. */
function offsetOf({ index }: WantedHit, records: readonly PlainRecord[]): bigint | undefined {
  return index === undefined ? undefined : records[index]?.offset;
}

describe('batches for a producer', () => {
  const seed = seedOf('prepare-batches');
  const numRuns = Number(process.env['SRGIT_RUNS'] ?? 120);
  const list = fc
    .tuple(
      fc.array(
        fc.record({
          gap: fc.constantFrom(1, 1, 1, 1, 3),
          size: fc.constantFrom(0, 10, 3000, 20_000, 20_000, 20_000),
          id: fc.constantFrom(1, 2, 5, 6, 7),
        }),
        {
          minLength: 1,
          maxLength: 60,
          size: 'max',
        },
      ),
      fc.boolean(),
    )
    .map(([parts, isDense]) => {
      let offset = 0;
      return parts.map(({ gap, size, id }) => {
        offset += isDense ? 1 : gap;
        return plainRecord({ offset: BigInt(offset), value: framed(id, `${offset} `.repeat(size / 5)) });
      });
    });

  it('hold every record once, fit for the target, with exact positions and places', async () => {
    let whole = 0;
    let apart = 0;
    await fc.assert(
      fc.asyncProperty(
        list,
        fc.record({
          onUnknown: fc.constantFrom<UnknownPolicy>('pass', 'skip'),
          pieces: fc.constantFrom('batch', 'records'),
          codec: fc.constantFrom('none', 'none', 'zstd'),
          pieceSize: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.constant(30)),
          maxBatchBytes: fc.constantFrom(1_048_588, 90_000, 30_000, 30_000),
          from: fc.bigInt({ min: 0n, max: 30n }),
          wanted: fc.array(fc.bigInt({ min: 0n, max: 190n }), { maxLength: 6 }),
        }),
        async (records, asked) => {
          const wanted = [...new Set(asked.wanted)]
            .filter((offset) => offset >= asked.from)
            .sort((a, b) => (a < b ? -1 : 1));
          const batches = await prepare(records, { ...asked, wanted });
          const meant = records.filter(({ offset }) => offset >= asked.from);
          const kept = meant.filter((record) => asked.onUnknown === 'pass' || !lacks(record));
          const got: PlainRecord[] = [];
          const taken: PlainRecord[] = [];
          const found = new Map<bigint, bigint | undefined>();
          for (const batch of batches) {
            const inside = batch.bytes === undefined ? [] : readPlainRecords(batch.bytes);
            if (batch.bytes !== undefined) {
              checkBatchCrc(batch.bytes, 0, batch.bytes.length);
              const { lastOffsetDelta, recordCount } = readBatchHeader(batch.bytes);
              expect([lastOffsetDelta, recordCount]).toEqual([inside.length - 1, inside.length]);
              expect(inside.length === 1 || batch.bytes.length <= asked.maxBatchBytes).toBe(true);
              if (batch.bytes.length >= 64 * 1024) whole++;
            }
            for (const hit of batch.hits) found.set(hit.wanted, offsetOf(hit, kept.slice(got.length)));
            got.push(...inside);
            taken.push(...batch.takenOut.map(({ record }) => record));
            expect(batch.records).toBe(inside.length);
            if (!batch.isWhole) apart++;
            else {
              expect(got.length).toBe(kept.filter(({ offset }) => offset < batch.next).length);
              expect(taken.length).toBe(meant.filter((record) => record.offset < batch.next).length - got.length);
            }
          }
          const plain = (all: readonly PlainRecord[]) => asText(all.map((record) => ({ ...record, offset: 0n })));
          expect(plain(got)).toEqual(plain(kept.map(rewritten)));
          expect(asText(taken)).toEqual(asText(meant.filter((record) => !kept.includes(record))));
          expect(batches.at(-1)).toMatchObject({ isWhole: true, next: (records.at(-1)?.offset ?? -1n) + 1n });
          for (const offset of wanted) {
            const first = kept.find((record) => record.offset >= offset)?.offset;
            expect([offset, found.has(offset), found.get(offset)]).toEqual([offset, true, first]);
          }
        },
      ),
      { seed, numRuns },
    );
    // The random lists must have come to these ways at all.
    expect(whole).toBeGreaterThan(0);
    expect(apart).toBeGreaterThan(0);
  });

  it('are the very bytes of the source where only ids change', async () => {
    const records = Array.from({ length: 100 }, (_, at) =>
      plainRecord({ offset: BigInt(at), value: framed(6, 'x'.repeat(2000)) }),
    );
    const batches = await prepare(records, { pieceSize: 100 });
    expect(batches.map((batch) => batch.records)).toEqual([100, 0]);
    const single = await prepare(records, { pieceSize: 1 });
    expect(single.map((batch) => batch.records)).toEqual([100]);
  });
});
