/** Scanning: what is counted, what is missing, and what is not read at all. */
import { describe, expect, it } from 'vitest';
import type { LoadedMap } from '../../../src/app/records/load-map.ts';
import {
  missingSchemas,
  type ScanOptions,
  type ScanResult,
  scanRecords,
} from '../../../src/app/records/scan/scan-records.ts';
import { makeTopicRules, type RuleOptions } from '../../../src/app/records/topic-rules.ts';
import { isSrgitError } from '../../../src/errors.ts';
import type { RegistrySnapshot } from '../../../src/model/registry-snapshot.ts';
import type { PlainRecord } from '../../../src/records/record-slices.ts';
import { framed, plainRecord } from '../../records/random-records.ts';
import { guidOf, schemas } from '../../support/known-schemas.ts';
import { type MemorySourceOptions, type MemoryTopics, memorySource } from '../../support/memory-records.ts';

function mapOf(ids: Readonly<Record<number, number>>): LoadedMap {
  const entries = Object.entries(ids).map(([from, to]) => ({ context: '.', from: Number(from), toContext: '.', to }));
  return { file: 'map.json', form: 'mapping', entries };
}

function values(list: readonly (Buffer | null)[], parts: Partial<PlainRecord> = {}): PlainRecord[] {
  return list.map((value, at) => plainRecord({ offset: BigInt(at), value, ...parts }));
}

interface Asked extends Partial<Omit<ScanOptions, 'source' | 'rules'>>, Partial<RuleOptions> {
  readonly source?: MemorySourceOptions;
}

async function scan(topics: MemoryTopics, asked: Asked = {}): Promise<ScanResult & { reads: string[] }> {
  const source = memorySource(topics, asked.source);
  const { known, map, toContext, framing = [], contexts = [] } = asked;
  const rules = makeTopicRules({ known, map, toContext, framing, contexts });
  const result = await scanRecords({ selection: {}, ...asked, source, rules });
  // What a report of --json is made of.
  expect(() => JSON.stringify({ ...result, topics: [] })).not.toThrow();
  return { ...result, reads: source.reads };
}

const ORDERS: RegistrySnapshot = schemas({
  '.': { 'orders-value': [1, 5], 'orders-key': [3], 'payments-com.shop.Payment': [7], Invoice: [9] },
  '.staging': { 'orders-value': [1] },
});
const known = { snapshot: ORDERS, retiredIds: new Map([['.', [8]]]) };

describe.each(['batch', 'records'] as const)('scanning %s pieces', (pieces) => {
  it('counts ids by topic, side and kind with their places, in several partitions', async () => {
    const { topics, covered, records } = await scan(
      {
        orders: [
          values([framed(1), framed(5), framed(1), null, Buffer.alloc(0), Buffer.from('plain')]),
          values([framed(5), framed(5)]),
        ],
      },
      { known, map: mapOf({ 1: 11, 5: 5 }), source: { pieces, pieceSize: 2 } },
    );
    expect(covered).toBe(true);
    expect(records).toBe(8);
    expect(topics).toHaveLength(1);
    expect(topics[0]).toMatchObject({
      topic: 'orders',
      context: '.',
      read: true,
      partitions: 2,
      records: 8,
      value: { nulls: 1, plain: 2 },
      missing: [],
    });
    expect(topics[0]?.ids).toEqual([
      expect.objectContaining({
        side: 'value',
        kind: 'id',
        id: '1',
        target: '11',
        verdict: 'mapped',
        count: 2,
        partitions: 1,
        first: { partition: 0, offset: '0' },
        last: { partition: 0, offset: '2' },
      }),
      expect.objectContaining({
        id: '5',
        verdict: 'same',
        count: 3,
        partitions: 2,
        first: { partition: 0, offset: '1' },
        last: { partition: 1, offset: '1' },
      }),
    ]);
    expect(() => JSON.stringify(topics)).not.toThrow();
  });

  it('names every schema that the target lacks, at once, with topic, partition, offset and count', async () => {
    const result = await scan(
      {
        orders: [values([framed(1)]), values([framed(5), framed(42), framed(5)])],
        payments: [values([framed(7), framed(8)])],
      },
      { known, map: mapOf({ 1: 11, 7: 17 }), source: { pieces } },
    );
    expect(result.covered).toBe(false);
    const error = missingSchemas(result.topics);
    expect(isSrgitError(error, 'SRGIT_SCHEMA_UNKNOWN')).toBe(true);
    expect(error?.message.split('\n')).toEqual([
      'Schema ID 5 not found in target registry: value in orders, partition 1, offset 0 (2 records)',
      // No schema of the source, where subjects of the topic are known.
      'Schema ID 42 not found in target registry: value in orders, partition 1, offset 1 (1 record)',
    ]);
    // An id that was deleted in the source is no schema of this topic: a frame of another one, or data.
    expect(result.topics[1]?.ids.find(({ id }) => id === '8')?.verdict).toBe('foreign');
  });

  it('takes times for what they are: in any order, both ends included', async () => {
    const times = [50n, 10n, 99n, 10n, 100n, 49n];
    const topic = times.map((timestamp, at) => plainRecord({ offset: BigInt(at), timestamp, value: framed(1) }));
    const counted = async (since: bigint | undefined, until: bigint | undefined): Promise<number> => {
      const window = { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) };
      return (await scan({ t: [topic] }, { window, source: { pieces, pieceSize: 3 } })).records;
    };
    expect(await counted(undefined, undefined)).toBe(6);
    expect(await counted(50n, 99n)).toBe(2);
    expect(await counted(10n, 10n)).toBe(2);
    expect(await counted(undefined, 49n)).toBe(3);
    expect(await counted(101n, undefined)).toBe(0);
  });
});

describe('what is a frame', () => {
  it('is decided by the context that the topic is said to be in', async () => {
    const contexts = [{ topics: 'orders', context: '.staging' }];
    const { topics } = await scan({ orders: [values([framed(1), framed(5)])] }, { known, contexts });
    expect(topics[0]).toMatchObject({ context: '.staging' });
    expect(topics[0]?.ids.map(({ id, verdict }) => [id, verdict])).toEqual([
      ['1', 'same'],
      ['5', 'unknown'],
    ]);
    await expect(scan({ orders: [[]] }, { known, contexts: [{ topics: '*', context: '.nowhere' }] })).rejects.toThrow(
      'is said to be of context .nowhere',
    );
  });

  it('is held against the subjects of the topic: by name, by record type, or by any id where there are none', async () => {
    const ids = async (topic: string, id: number): Promise<string | undefined> =>
      (await scan({ [topic]: [values([framed(id)])] }, { known })).topics[0]?.ids[0]?.verdict;
    expect(await ids('orders', 5)).toBe('same');
    expect(await ids('orders', 7)).toBe('foreign');
    expect(await ids('payments', 7)).toBe('same');
    expect(await ids('payments', 1)).toBe('foreign');
    expect(await ids('invoices', 9)).toBe('same');
    expect(await ids('invoices', 99)).toBe('lookalike');
  });

  it('is none on a side of longs, of which some begin like one', async () => {
    const long = (high: number, low: number): Buffer => {
      const bytes = Buffer.alloc(8);
      bytes.writeUInt32BE(high, 0);
      bytes.writeUInt32BE(low, 4);
      return bytes;
    };
    // 00 00 00 00 05 is id 5; 00 00 01 8b cf is no id that there ever was.
    const keys = [long(0, 0x05000000), long(0x18b, 0xcf000001), long(1, 2)];
    const records = keys.map((key, at) => plainRecord({ offset: BigInt(at), key, value: framed(9) }));
    const { topics, covered } = await scan({ counts: [records, records] }, { known });
    expect(covered).toBe(true);
    expect(topics[0]).toMatchObject({ longs: ['key'], key: { plain: 6, eightBytes: 6 } });
    expect(topics[0]?.ids.map(({ side }) => side)).toEqual(['value']);
  });

  it('is none where it is said so, and a topic of nothing else is not read', async () => {
    const framing = [
      { topics: 'ord*', value: 'none' as const },
      { topics: '*', key: 'none' as const },
    ];
    const { topics, reads, records } = await scan(
      { orders: [values([framed(1), framed(77)])], payments: [values([framed(7)])] },
      { known, framing },
    );
    expect(reads).toEqual(['payments/0']);
    expect(topics[0]).toMatchObject({ topic: 'orders', read: false, records: 2, missing: [] });
    expect(records).toBe(3);
  });

  it('may be what begins like one, when it is said so', async () => {
    const framing = [{ topics: 'invoices', value: 'confluent' as const }];
    const result = await scan({ invoices: [values([framed(99)])] }, { known, framing });
    expect(missingSchemas(result.topics)?.message).toContain('Schema ID 99 not found');
  });

  it('may be a guid, which stays where the map has no guid of its own', async () => {
    const guid = guidOf(1);
    const value = Buffer.concat([Buffer.from([1]), Buffer.from(guid.replaceAll('-', ''), 'hex'), Buffer.from('x')]);
    const { topics } = await scan({ orders: [values([value])] }, { known, map: mapOf({ 1: 11 }) });
    expect(topics[0]?.ids).toMatchObject([{ kind: 'guid', id: guid, verdict: 'same' }]);
  });
});

describe('which topics', () => {
  const topics: MemoryTopics = {
    _schemas: [values([framed(1)])],
    __consumer_offsets: [values([framed(1)])],
    orders: [values([framed(1)]), values([framed(1)])],
    'orders-eu': [values([framed(1)])],
  };

  it('leaves internal ones out and names them, unless they are named exactly', async () => {
    const { topics: all, leftOut } = await scan(topics, { known });
    expect(all.map(({ topic }) => topic)).toEqual(['orders', 'orders-eu']);
    expect(leftOut.map(({ topic }) => topic)).toEqual(['_schemas', '__consumer_offsets'].sort());
    const named = await scan(topics, { known, selection: { topics: ['_schemas', 'orders*'] } });
    expect(named.topics.map(({ topic }) => topic)).toEqual(['_schemas', 'orders', 'orders-eu']);
    expect(named.leftOut).toEqual([]);
  });

  it('takes globs, exclusions, partitions and offsets', async () => {
    const selection = { topics: ['orders*'], exclude: ['*-eu'], partitions: [1] };
    expect((await scan(topics, { known, selection })).reads).toEqual(['orders/1']);
    const window = { offsets: [{ topic: 'orders', partition: 0, first: 1n }] };
    expect((await scan(topics, { known, window, selection: { topics: ['orders'] } })).reads).toEqual(['orders/1']);
    await expect(scan(topics, { known, selection: { topics: ['ordres'] } })).rejects.toThrow('no topic ordres');
  });
});

describe('an interruption', () => {
  it('ends the scan', async () => {
    const stop = new AbortController();
    const list = values(Array.from({ length: 500 }, () => framed(1)));
    const running = scan({ orders: [list] }, { known, signal: stop.signal, onProgress: () => stop.abort() });
    await expect(running).rejects.toThrow('interrupted');
  });
});

it('counts what did not come as data', async () => {
  const skipped = [
    { kind: 'skipped', reason: 'control', firstOffset: 3n, lastOffset: 3n, records: 1 },
    { kind: 'skipped', reason: 'gap', firstOffset: 10n, lastOffset: 19n, detail: 'pruned' },
    { kind: 'skipped', reason: 'control', firstOffset: 30n, lastOffset: 31n },
  ] as const;
  const { topics } = await scan({ orders: [values([framed(1)])] }, { known, source: { skipped } });
  expect(topics[0]?.skipped).toEqual([
    { partition: 0, reason: 'control', stretches: 2, records: 1, firstOffset: '3', lastOffset: '31', details: [] },
    { partition: 0, reason: 'gap', stretches: 1, records: 0, firstOffset: '10', lastOffset: '19', details: ['pruned'] },
  ]);
});
