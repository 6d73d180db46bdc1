import { describe, expect, it } from 'vitest';
import { createRecordRewriter, decodeFrame, type IdMap, type KafkaRecord, recordIds } from '../../src/index.ts';
import { randomNumbers } from '../support/random-numbers.ts';

const seed = Number(process.env['SRGIT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const RUNS = Number(process.env['SRGIT_RUNS'] ?? 3000);

const OLD = '3b808944-dd93-9bb8-bc6e-e1413e01c58e';
const NEW = '00112233-4455-6677-8899-aabbccddeeff';

function idMapOf(
  ...pairs: readonly (readonly [from: number, to: number, context?: string, toContext?: string])[]
): IdMap {
  return {
    source: { kind: 'tree', fingerprint: '' },
    target: { name: 'dr', kind: 'confluent' },
    ids: pairs.map(([from, to, context = '.', toContext = context]) => {
      return { context, from, toContext, to, fromGuid: OLD, toGuid: NEW };
    }),
  };
}

const framed = (id: number, ...payload: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(5 + payload.length);
  bytes.writeInt32BE(id, 1);
  bytes.set(payload, 5);
  return bytes;
};
const ofGuid = (guid: string): Buffer => Buffer.from(`01${guid.replaceAll('-', '')}`, 'hex');

describe('createRecordRewriter', () => {
  it('changes the id of key and value and nothing else, and not the record that it was given', () => {
    const rewriter = createRecordRewriter({ ids: recordIds(idMapOf([7, 1042], [1042, 7])) });
    const record: KafkaRecord = {
      key: framed(1042, 1, 2),
      value: new Uint8Array(framed(7, 9, 9, 9)),
      headers: [
        ['trace', Buffer.from('abc')],
        ['trace', null],
      ],
    };
    const before = JSON.stringify(record);
    const rewritten = rewriter.rewrite(record, 5n);
    expect(rewritten?.isChanged).toBe(true);
    expect(Buffer.from(rewritten?.key ?? [])).toEqual(framed(7, 1, 2));
    expect(Buffer.from(rewritten?.value ?? [])).toEqual(framed(1042, 9, 9, 9));
    expect(rewritten?.headers).toEqual([
      [Buffer.from('trace'), Buffer.from('abc')],
      [Buffer.from('trace'), null],
    ]);
    expect(JSON.stringify(record)).toBe(before);
    expect(rewriter.report().frames).toMatchObject([
      { side: 'key', id: '1042', target: '7', count: 1, firstOffset: 5n },
      { side: 'value', id: '7', target: '1042', count: 1, lastOffset: 5n },
    ]);
  });

  it('rewrites guids, before the payload and in the header', () => {
    const rewriter = createRecordRewriter({ ids: recordIds(idMapOf([7, 8])) });
    const inPayload = rewriter.rewrite({ key: null, value: Buffer.concat([ofGuid(OLD), Buffer.from([1])]) });
    expect(Buffer.from(inPayload?.value ?? [])).toEqual(Buffer.concat([ofGuid(NEW), Buffer.from([1])]));
    const inHeader = rewriter.rewrite({
      key: null,
      value: Buffer.from('bare'),
      headers: [['__value_schema_id', ofGuid(OLD)]],
    });
    expect(inHeader).toMatchObject({ isChanged: true, value: Buffer.from('bare') });
    expect(inHeader?.headers[0]?.[1]).toEqual(ofGuid(NEW));
  });

  it('gives what it leaves alone as it came: tombstones, texts, sides without frames', () => {
    const rewriter = createRecordRewriter({ ids: recordIds(idMapOf([7, 8])), key: 'none' });
    const key = framed(7, 1);
    const value = Buffer.from('{"a":1}');
    expect(rewriter.rewrite({ key, value: null })).toMatchObject({ isChanged: false, value: null, key });
    expect(rewriter.rewrite({ key: null, value })?.value).toBe(value);
  });

  it('takes a view into a larger buffer for what it is', () => {
    const rewriter = createRecordRewriter({ ids: recordIds(idMapOf([7, 8])) });
    const pool = new Uint8Array(64).fill(0xee);
    pool.set(framed(7, 3), 20);
    const rewritten = rewriter.rewrite({ key: null, value: pool.subarray(20, 26) });
    expect(Buffer.from(rewritten?.value ?? [])).toEqual(framed(8, 3));
    expect(pool[24]).toBe(7);
  });

  it('a schema that the target lacks: an error, the record as it is, or no record', () => {
    const ids = recordIds(idMapOf([7, 8]), { tree: treeWithId(5) });
    const lost = { key: null, value: framed(5, 1) };
    const failing = createRecordRewriter({ ids, topic: 'orders', partition: 2 });
    expect(() => failing.rewrite(lost, 41n)).toThrow(
      expect.objectContaining({
        code: 'SRGIT_SCHEMA_UNKNOWN',
        message: 'Schema ID 5 not found in target registry: value in orders, partition 2, offset 41',
      }),
    );
    expect(() => createRecordRewriter({ ids }).rewrite(lost, 41n)).toThrow('value at offset 41');
    expect(createRecordRewriter({ ids, onUnknown: 'pass' }).rewrite(lost)).toMatchObject({ isChanged: false });
    expect(createRecordRewriter({ ids, onUnknown: 'skip' }).rewrite(lost)).toBeUndefined();
  });

  it('leaves what only looks like a frame, unless frames are certain', () => {
    const ids = recordIds(idMapOf([7, 8]));
    const stranger = { key: null, value: framed(99, 1) };
    expect(createRecordRewriter({ ids }).rewrite(stranger)).toMatchObject({ isChanged: false });
    expect(() => createRecordRewriter({ ids, value: 'confluent' }).rewrite(stranger)).toThrow('Schema ID 99');
  });
});

describe('recordIds', () => {
  it('takes the ids of one context', () => {
    const map = idMapOf([1, 10], [1, 20, '.staging']);
    expect(recordIds(map).ids.get(1)).toBe(10);
    expect(recordIds(map, { context: '.staging' }).ids.get(1)).toBe(20);
    expect(() => recordIds(map, { context: '.other' })).toThrow(
      expect.objectContaining({ code: 'SRGIT_USAGE', hint: expect.stringContaining('.staging') }),
    );
  });

  it('does not guess which of several contexts is meant', () => {
    const map = idMapOf([1, 10, '.', '.eu'], [1, 20, '.', '.us']);
    expect(() => recordIds(map)).toThrow(expect.objectContaining({ code: 'SRGIT_USAGE' }));
    expect(recordIds(map, { toContext: '.us' }).ids.get(1)).toBe(20);
  });

  it('knows from the tree which ids are missing in the target', () => {
    const { ids } = recordIds(idMapOf([7, 8]), { tree: treeWithId(5) });
    expect(ids.has(5) && ids.get(5) === undefined).toBe(true);
    expect(ids.has(6)).toBe(false);
  });
});

describe('decodeFrame', () => {
  it.each([
    ['an id', [0, 0, 0, 1, 2, 9], { kind: 'id', id: 258, payload: Buffer.from([9]) }],
    ['an id without a payload', [0, 0, 0, 0, 1], { kind: 'id', id: 1, payload: Buffer.alloc(0) }],
    ['a guid', [...ofGuid(OLD), 4], { kind: 'guid', guid: OLD, payload: Buffer.from([4]) }],
    ['Glue', [3, 5, ...ofGuid(OLD).subarray(1), 4], { kind: 'glue', guid: OLD, payload: Buffer.from([4]) }],
    ['a 64-bit id', [0, 0, 0, 0, 0, 0, 0, 0, 6, 7], { kind: 'apicurio-id', id: 6n, payload: Buffer.from([7]) }],
  ])('%s', (_, bytes, frame) => {
    expect(decodeFrame(Buffer.from(bytes))).toEqual(frame);
  });

  it.each([
    ['nothing', []],
    ['too little', [0, 0, 0, 1]],
    ['a text', [...Buffer.from('{"a":1}')]],
    ['a negative id', [0, 255, 255, 255, 255, 1]],
    ['zeros', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['half a guid', [1, 2, 3, 4, 5, 6]],
    ['Glue with a compression that there is not', [3, 1, ...ofGuid(OLD).subarray(1)]],
  ])('%s is no frame', (_, bytes) => {
    expect(decodeFrame(Uint8Array.from(bytes))).toBeUndefined();
  });

  it('sees what a scan of records sees, in any bytes', () => {
    console.log(`decodeFrame: seed ${seed}; repeat with SRGIT_SEED=${seed}`);
    const next = randomNumbers(seed);
    let framesSeen = 0;
    for (let run = 0; run < RUNS; run++) {
      const length = Math.floor(next() * 24);
      const bytes = Buffer.from(Array.from({ length }, () => (next() < 0.5 ? 0 : Math.floor(next() * 256))));
      if (length > 0) bytes[0] = Math.floor(next() * 5);
      const rewriter = createRecordRewriter({ value: 'confluent' });
      rewriter.scan({ key: null, value: bytes });
      const [scanned] = rewriter.report().frames;
      const decoded = decodeFrame(bytes);
      const how = `SRGIT_SEED=${seed} run ${run} ${bytes.toString('hex')}`;
      // A scan counts ids that cannot be, where a topic is said to have nothing but frames.
      if (scanned?.kind === 'id' && Number(scanned.id) <= 0) {
        expect(decoded, how).toBeUndefined();
        continue;
      }
      expect(decoded?.kind, how).toBe(scanned?.kind);
      if (decoded === undefined) continue;
      framesSeen++;
      expect(`${'guid' in decoded ? decoded.guid : decoded.id}`, how).toBe(scanned?.id);
      expect(length - decoded.payload.length, how).toBe({ id: 5, guid: 17, glue: 18, 'apicurio-id': 9 }[decoded.kind]);
    }
    expect(framesSeen).toBeGreaterThan(RUNS / 20);
  });
});

function treeWithId(id: number): NonNullable<Parameters<typeof recordIds>[1]>['tree'] {
  const row = {
    version: 1,
    id,
    guid: '11111111-1111-1111-1111-111111111111',
    schemaType: 'AVRO' as const,
    schema: '"string"',
    references: [],
    deleted: false,
  };
  return {
    snapshot: {
      registry: { kind: 'confluent' },
      contexts: [{ name: '.', subjects: [{ name: 'a', versions: [row] }] }],
      global: {},
      gaps: [],
    },
    retiredIds: new Map(),
  };
}
