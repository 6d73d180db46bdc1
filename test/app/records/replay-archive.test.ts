/** Replaying into an archive: what is written, record for record, against the rule written down a second time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LoadedMap } from '../../../src/app/records/load-map.ts';
import {
  type ReplayOptions,
  type ReplayResult,
  replayRecords,
} from '../../../src/app/records/replay/replay-records.ts';
import { makeTopicRules, type RuleOptions } from '../../../src/app/records/topic-rules.ts';
import type { SrgitError } from '../../../src/errors.ts';
import type { PlainRecord } from '../../../src/records/record-slices.ts';
import { asText, framed, plainRecord, records, seedOf } from '../../records/random-records.ts';
import { schemas } from '../../support/known-schemas.ts';
import {
  type MemorySink,
  type MemorySource,
  type MemorySourceOptions,
  type MemoryTopics,
  memorySink,
  memorySource,
} from '../../support/memory-records.ts';

const IDS: Readonly<Record<number, number>> = { 1: 2, 2: 1, 5: 100 };
const map: LoadedMap = {
  file: 'map.json',
  form: 'mapping',
  entries: Object.entries(IDS).map(([from, to]) => ({ context: '.', from: Number(from), toContext: '.', to })),
};
/** 7 is a schema of the source that the target lacks. */
const known = { snapshot: schemas({ '.': { Any: [1, 2, 5, 7] } }), retiredIds: new Map() };

interface Asked extends Partial<Omit<ReplayOptions, 'source' | 'target' | 'rules'>>, Partial<RuleOptions> {
  readonly from?: MemorySourceOptions;
  readonly slow?: boolean;
}

interface Outcome {
  readonly result: ReplayResult;
  readonly sink: MemorySink;
  readonly source: MemorySource;
  readonly created: () => number;
}

async function run(topics: MemoryTopics, asked: Asked = {}): Promise<Outcome> {
  const prepared = prepare(topics, asked);
  return { ...prepared, result: await replayRecords(prepared.options) };
}

function prepare(topics: MemoryTopics, asked: Asked = {}) {
  const source = memorySource(topics, asked.from);
  const sink = memorySink(asked.slow);
  let created = 0;
  const { framing = [], contexts = [] } = asked;
  const create = async () => {
    created++;
    return sink;
  };
  const options: ReplayOptions = {
    registry: { skip: 'a test' },
    selection: {},
    onUnknown: 'fail',
    scan: true,
    now: Date.now,
    map,
    ...asked,
    source,
    rules: makeTopicRules({ known, map, ...asked, framing, contexts }),
    target: { kind: 'archive', location: 'memory', create },
  };
  return { options, sink, source, created: () => created };
}

async function errorOf(
  topics: MemoryTopics,
  asked: Asked = {},
): Promise<{ error: SrgitError; sink: MemorySink; created: number }> {
  const prepared = prepare(topics, asked);
  const error = await replayRecords(prepared.options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { error: error as SrgitError, sink: prepared.sink, created: prepared.created() };
}

const values = (ids: readonly (number | null)[]): PlainRecord[] =>
  ids.map((id, at) => plainRecord({ offset: BigInt(10 * at), value: id === null ? null : framed(id) }));

/** The rule, written down a second time. */
function swapped(record: PlainRecord): PlainRecord {
  const swap = (part: Buffer | null): Buffer | null => {
    const target = part !== null && part.length >= 5 && part[0] === 0 ? IDS[part.readInt32BE(1)] : undefined;
    if (part === null || target === undefined) return part;
    const copy = Buffer.from(part);
    copy.writeInt32BE(target, 1);
    return copy;
  };
  return { ...record, key: swap(record.key), value: swap(record.value) };
}

function idsWritten(sink: MemorySink, name: string): (number | undefined)[] {
  return (sink.written.get(name) ?? []).map(({ value }) => value?.readInt32BE(1));
}

describe('replaying into an archive', () => {
  const seed = seedOf('replay-archive');
  const numRuns = Number(process.env['SRGIT_RUNS'] ?? 150);

  it('keeps everything but the ids, offsets too, from pieces of any kind', async () => {
    const frame = fc.constantFrom(
      null,
      framed(1),
      framed(2),
      framed(5),
      framed(5, 'xyz'),
      framed(77),
      Buffer.from('text'),
    );
    const list = fc
      .tuple(records, fc.array(fc.tuple(frame, frame), { minLength: 20, maxLength: 20 }))
      .map(([all, frames]) =>
        all.map((record, at) => ({ ...record, key: frames[at]?.[0] ?? null, value: frames[at]?.[1] ?? null })),
      );
    await fc.assert(
      fc.asyncProperty(
        fc.array(list, { minLength: 1, maxLength: 3 }),
        fc.constantFrom('batch', 'records'),
        fc.constantFrom('none', 'zstd', 'lz4'),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        async (partitions, pieces, codec, pieceSize, slow) => {
          // Lookalikes would be missing schemas beside frames of known ones.
          const asked = { onUnknown: 'pass', from: { pieces, codec, pieceSize }, slow } as const;
          const { sink, result } = await run({ orders: partitions }, asked);
          for (const [number, expected] of partitions.entries()) {
            expect(asText(sink.written.get(`orders/${number}`) ?? [])).toEqual(asText(expected.map(swapped)));
          }
          const changed = partitions
            .flat()
            .filter((record) => `${asText([record])}` !== `${asText([swapped(record)])}`);
          expect(result.topics[0]?.patched ?? 0).toBe(changed.length);
          expect(result.records).toBe(partitions.flat().length);
        },
      ),
      { seed, numRuns },
    );
  });

  it('writes nothing where a schema is missing, and names every one', async () => {
    const { error, created } = await errorOf({ orders: [values([1, 7]), values([7, 7])], other: [values([42, 1])] });
    expect(error.code).toBe('SRGIT_SCHEMA_UNKNOWN');
    expect(error.message.split('\n')).toEqual([
      'Schema ID 7 not found in target registry: value in orders, partition 0, offset 10 (3 records, 2 partitions)',
      'Schema ID 42 not found in target registry: value in other, partition 0, offset 0 (1 record)',
    ]);
    expect(created).toBe(0);
  });

  it('without a scan stops at the first one, and leaves no archive', async () => {
    const { error, sink } = await errorOf({ orders: [values([1, 7])] }, { scan: false });
    expect(error.code).toBe('SRGIT_SCHEMA_UNKNOWN');
    expect(error.message).toBe('Schema ID 7 not found in target registry: value in orders, partition 0, offset 10');
    expect([sink.aborted, sink.facts]).toEqual([true, undefined]);
  });

  it('passes on, skips or puts aside what is unknown', async () => {
    const topics = { orders: [values([1, 7, 42, 5])] };
    const passed = await run(topics, { onUnknown: 'pass' });
    expect(idsWritten(passed.sink, 'orders/0')).toEqual([2, 7, 42, 100]);
    const skipped = await run(topics, { onUnknown: 'skip' });
    expect(idsWritten(skipped.sink, 'orders/0')).toEqual([2, 100]);
    expect(skipped.result.topics[0]).toMatchObject({ records: 2, takenOut: 2 });
    const { sink } = await run(topics, { onUnknown: 'dead-letter' });
    expect(idsWritten(sink, 'orders/0')).toEqual([2, 100]);
    const dead = sink.written.get('orders.dead-letters/0') ?? [];
    expect(dead.map(({ offset, value }) => [offset, value?.readInt32BE(1)])).toEqual([
      [10n, 7],
      [20n, 42],
    ]);
    expect(Object.fromEntries(dead[0]?.headers.map(([key, value]) => [`${key}`, `${value}`]) ?? [])).toEqual({
      'srgit.dead-letter.reason': 'schema-unknown',
      'srgit.dead-letter.side': 'value',
      'srgit.dead-letter.schema-id': '7',
      'srgit.dead-letter.topic': 'orders',
      'srgit.dead-letter.partition': '0',
      'srgit.dead-letter.offset': '10',
    });
    expect(sink.facts?.topics.map(({ name }) => name)).toEqual(['orders', 'orders.dead-letters']);
  });

  it('refuses what was rewritten already, unless ids stay', async () => {
    const topics = { orders: [values([1])] };
    const { result, sink } = await run(topics);
    expect(sink.facts?.rewrittenBy).toBe(result.mapHash);
    const again = await errorOf(topics, { from: { rewrittenBy: result.mapHash } });
    expect([again.error.code, again.created]).toEqual(['SRGIT_REPLAY_REWRITTEN', 0]);
    expect(again.error.message).toContain('this very id map');
    expect((await errorOf(topics, { from: { rewrittenBy: 'f00' } })).error.message).toContain('another id map (f00)');
    const kept = await run(topics, { from: { rewrittenBy: 'f00' }, map: undefined });
    expect(idsWritten(kept.sink, 'orders/0')).toEqual([1]);
    expect(kept.sink.facts?.rewrittenBy).toBe('f00');
  });

  it('renames topics, moves partitions, and takes groups along', async () => {
    const groups = [{ group: 'billing', offsets: [{ topic: 'orders', partition: 0, offset: 10n }] }];
    const { sink } = await run(
      { orders: [values([1]), values([2])], other: [values([5])] },
      {
        topicMapping: [
          { from: 'other', to: 'exact' },
          { from: '*', to: 'eu-*' },
        ],
        partitionMapping: [{ topic: 'orders', from: 0, to: 7 }],
        from: { groups },
      },
    );
    expect([...sink.written.keys()].sort()).toEqual(['eu-orders/1', 'eu-orders/7', 'exact/0']);
    expect(sink.facts?.groups).toEqual([
      { group: 'billing', offsets: [{ topic: 'eu-orders', partition: 0, offset: 10n }] },
    ]);
    const joined = await errorOf(
      { orders: [values([1]), values([2])] },
      { partitionMapping: [{ topic: 'orders', from: 0, to: 1 }] },
    );
    expect(joined.error.message).toContain('an archive has each offset once');
  });

  it('adds and drops tracking headers only as asked', async () => {
    const own: PlainRecord['headers'] = [
      [Buffer.from('a'), Buffer.from('1')],
      [Buffer.from('x-original-offset'), Buffer.from('77')],
      [Buffer.from('a'), null],
    ];
    const topics = { orders: [[plainRecord({ offset: 5n, timestamp: 9n, value: framed(1), headers: own })]] };
    const headers = async (policy: ReplayOptions['headers']): Promise<string[] | undefined> =>
      (await run(topics, { headers: policy })).sink.written
        .get('orders/0')?.[0]
        ?.headers.map(([key, value]) => `${key}=${value?.toString('hex')}`);
    const kept = ['a=31', 'x-original-offset=3737', 'a=undefined'];
    expect(await headers(undefined)).toEqual(kept);
    expect(await headers({ add: false, drop: true })).toEqual(['a=31', 'a=undefined']);
    expect(await headers({ add: true, drop: true })).toEqual([
      'a=31',
      'a=undefined',
      'x-original-offset=0500000000000000',
      'x-original-timestamp=0900000000000000',
      'x-source-partition=00000000',
    ]);
  });

  it('leaves out what the time window leaves out, and reports it', async () => {
    const times = [30n, 10n, 20n, 40n];
    const list = times.map((timestamp, at) => plainRecord({ offset: BigInt(at), timestamp, value: framed(1) }));
    const { sink, result } = await run({ orders: [list] }, { window: { since: 20n, until: 30n } });
    expect(sink.written.get('orders/0')?.map(({ offset }) => offset)).toEqual([0n, 2n]);
    expect(result.topics[0]).toMatchObject({ records: 2, outside: 2 });
  });

  it('with --dry-run reads and checks, and writes nothing', async () => {
    const { result, created } = await run({ orders: [values([1, 2])] }, { dryRun: true });
    expect(result).toMatchObject({ outcome: 'dry-run', records: 0, scan: { records: 2, covered: true } });
    expect(created()).toBe(0);
  });

  it('warns of keys whose ids change in a compacted topic', async () => {
    const topics = { orders: [[plainRecord({ key: framed(1), value: framed(1) })]] };
    const { result } = await run(topics, { from: { config: { 'cleanup.policy': 'compact' } } });
    expect(result.warnings).toEqual([
      expect.stringMatching(/^ids in keys of orders change: .*compaction takes old and new keys/),
    ]);
  });

  it('makes a report that is one JSON document, with samples of the rate', async () => {
    const { result } = await run({ orders: [values([1, 2, null])] });
    expect(JSON.parse(JSON.stringify(result))).toMatchObject({ records: 3, topics: [{ patched: 2 }] });
    expect(result.samples.at(-1)).toMatchObject({ records: 3 });
  });

  it('ends when it is interrupted, and leaves no archive', async () => {
    const stop = new AbortController();
    const list = values(Array.from({ length: 400 }, () => 1));
    let calls = 0;
    const { error, sink } = await errorOf(
      { orders: [list] },
      {
        scan: false,
        signal: stop.signal,
        onProgress: () => {
          if (++calls === 3) stop.abort();
        },
      },
    );
    expect(error.code).toBe('SRGIT_INTERRUPTED');
    expect([sink.aborted, sink.facts]).toEqual([true, undefined]);
    expect(sink.written.get('orders/0')?.length).toBeLessThan(400);
  });
});
