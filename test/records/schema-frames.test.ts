/** What is taken for a schema frame, on which side, and what is written in its place. */
import { describe, expect, it } from 'vitest';
import { LEFT_ALONE, type SideRule, whyInternal } from '../../src/records/frame-rules.ts';
import {
  type FrameReport,
  joinFrameReports,
  looksLikeLongs,
  MAX_STRANGERS,
  missingFrames,
} from '../../src/records/frame-tally.ts';
import { sliceRecord } from '../../src/records/plain-records.ts';
import type { PlainRecord } from '../../src/records/record-slices.ts';
import { EMPTY_MAP, hashSchemaIdMap, type SchemaIdMap } from '../../src/records/schema-id-map.ts';
import { type RewriterOptions, SchemaIdRewriter, UnknownSchemaError } from '../../src/records/schema-id-rewriter.ts';
import { framed, plainRecord } from './random-records.ts';

const GUID = '89791762-2336-4186-9674-299b90a802e2';
const OTHER = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';
const THIRD = '00000000-0000-0000-0000-000000000001';
const MAP: SchemaIdMap = {
  ids: new Map<number, number | undefined>([
    [1, 2],
    [2, 1],
    [5, 100_001],
    [6, 6],
    [7, undefined],
  ]),
  guids: new Map<string, string | undefined>([
    [GUID, OTHER],
    [THIRD, undefined],
  ]),
};

const guid = (text: string): Buffer => Buffer.from(text.replaceAll('-', ''), 'hex');
const long = (id: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(id);
  return bytes;
};
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

interface Outcome {
  readonly bytes: Buffer;
  readonly before: Buffer;
  readonly fate: string;
  readonly report: FrameReport;
}

function rewriterOf(rules: Partial<Record<'key' | 'value', Partial<SideRule>>>, more: Partial<RewriterOptions> = {}) {
  const side = { framing: 'auto', map: MAP } as const;
  const rule = { key: { ...side, ...rules.key }, value: { ...side, ...rules.value } };
  return new SchemaIdRewriter({ topic: 'orders', partition: 3, onUnknown: 'pass', rule, ...more });
}

function rewrite(parts: Partial<PlainRecord>, rewriter = rewriterOf({})): Outcome {
  const { bytes, slices } = sliceRecord(plainRecord(parts));
  const before = Buffer.from(bytes);
  rewriter.begin(0n);
  const fate = rewriter.rewrite(bytes, slices, 0);
  return { bytes, before, fate, report: rewriter.report() };
}

/** `kind id verdict` of each frame, and the value that the record has then. */
function ofValue(value: Buffer, rule: Partial<SideRule> = {}): readonly [frames: string, value: string] {
  const { bytes, report } = rewrite({ value }, rewriterOf({ value: rule }));
  return [framesOf(report), bytes.toString('hex')];
}

const framesOf = ({ frames }: FrameReport): string =>
  frames.map(({ side, kind, id, verdict }) => `${side} ${kind} ${id} ${verdict}`).join(', ');

describe('a value', () => {
  it('of the magic byte, an id and a payload has its id changed, and nothing else', () => {
    expect(ofValue(hex('00 00000005 00 02 6869'))).toEqual(['value id 5 mapped', '00000186a100026869']);
  });

  it('keeps its Protobuf message indexes', () => {
    expect(ofValue(hex('00 00000001 04 02 00 0a0161'))).toEqual(['value id 1 mapped', '00000000020402000a0161']);
  });

  it('of five bytes is a frame: a record without fields', () => {
    expect(ofValue(framed(1, ''))[0]).toBe('value id 1 mapped');
  });

  it.each([
    ['four bytes', hex('00 000001')],
    ['another magic byte', hex('02 00000001 00')],
    ['nothing', Buffer.alloc(0)],
    ['a guid that is cut', hex('01 897917622336418696742 99b90a802')],
    ['a guid that no map knows', Buffer.concat([hex('01'), guid(OTHER), hex('00')])],
    ['text', Buffer.from('some text')],
  ])('of %s is no frame', (_, value) => {
    const { report, bytes } = rewrite({ value });
    expect(report.frames).toEqual([]);
    expect(report.value.plain).toBe(1);
    expect(bytes.equals(value)).toBe(true);
  });

  it('of null is none', () => {
    expect(rewrite({ value: null }).report.value).toEqual({ nulls: 1, plain: 0, eightBytes: 0, badHeaders: 0 });
  });

  it.each([
    ['an id that stays', 6, 'same'],
    ['a schema that the target lacks', 7, 'unmapped'],
    ['an id that the source never had', 42, 'lookalike'],
    ['a negative id', -5, 'lookalike'],
  ])('with %s is left as it is', (_, id, verdict) => {
    const value = framed(id);
    expect(ofValue(value)).toEqual([`value id ${id} ${verdict}`, value.toString('hex')]);
  });

  it('is a frame only with an id of its topic, where the topic has subjects', () => {
    const registered = new Set([1, 7]);
    expect(ofValue(framed(1), { registered })[0]).toBe('value id 1 mapped');
    expect(ofValue(framed(5), { registered })).toEqual(['value id 5 foreign', framed(5).toString('hex')]);
    expect(ofValue(framed(7), { registered })[0]).toBe('value id 7 unmapped');
    expect(ofValue(framed(42), { registered })[0]).toBe('value id 42 unknown');
    expect(ofValue(framed(-42), { registered })[0]).toBe('value id -42 lookalike');
    expect(ofValue(framed(42), { registered, strangers: 'data' })[0]).toBe('value id 42 lookalike');
    expect(ofValue(framed(42), { strangers: 'missing' })[0]).toBe('value id 42 unknown');
  });

  it('is always a frame where that is asked for', () => {
    const rule = { framing: 'confluent', registered: new Set([1]) } as const;
    expect(ofValue(framed(5), rule)[0]).toBe('value id 5 mapped');
    expect(ofValue(framed(42), rule)[0]).toBe('value id 42 unknown');
    expect(ofValue(framed(-1), rule)[0]).toBe('value id -1 unknown');
    expect(ofValue(Buffer.concat([hex('01'), guid(OTHER)]), rule)[0]).toBe(`value guid ${OTHER} unknown`);
  });

  it('is never one where that is asked for', () => {
    expect(ofValue(framed(1), LEFT_ALONE)).toEqual(['', framed(1).toString('hex')]);
  });

  it('may begin with a guid', () => {
    const value = (of: string): Buffer => Buffer.concat([hex('01'), guid(of), hex('00 6869')]);
    expect(ofValue(value(GUID))).toEqual([`value guid ${GUID} mapped`, value(OTHER).toString('hex')]);
    expect(ofValue(value(THIRD))).toEqual([`value guid ${THIRD} unmapped`, value(THIRD).toString('hex')]);
  });
});

describe('a key', () => {
  it('and a value are framed independently', () => {
    const { bytes, report } = rewrite({ key: framed(1), value: framed(5) });
    expect(bytes.toString('hex')).toBe(Buffer.concat([framed(2), framed(100_001)]).toString('hex'));
    expect(framesOf(report)).toBe('key id 1 mapped, value id 5 mapped');
  });

  it('of eight bytes is a frame like any other', () => {
    expect(framesOf(rewrite({ key: framed(5, 'key') }).report)).toBe('key id 5 mapped');
  });

  it('that is a long is no frame, although it begins with 0 and an id', () => {
    const report = (keys: readonly (Buffer | null)[], longs: 'frames' | 'data' = 'frames'): FrameReport => {
      const rewriter = rewriterOf({ key: { longs } });
      for (const key of keys) rewrite({ key }, rewriter);
      return rewriter.report();
    };
    const longs = [77n, 5n * 2n ** 24n + 77n, 2n ** 50n, -1n].map(long);
    expect(framesOf(report(longs))).toBe('key id 0 lookalike, key id 5 mapped, key id 67108864 lookalike');
    expect(looksLikeLongs(report(longs), 'key')).toBe(true);
    expect(looksLikeLongs(report([...longs, null]), 'key')).toBe(true);
    expect(looksLikeLongs(report(longs), 'value')).toBe(false);
    // Framed keys that happen to have eight bytes, and other data among the keys.
    expect(looksLikeLongs(report([framed(5, 'key'), framed(1, 'abc')]), 'key')).toBe(false);
    expect(looksLikeLongs(report([...longs, framed(5, 'keys')]), 'key')).toBe(false);
    const { key, frames } = report(longs, 'data');
    expect(key).toEqual({ nulls: 0, plain: 4, eightBytes: 4, badHeaders: 0 });
    expect(frames).toEqual([]);
  });
});

describe('headers', () => {
  const header = (name: string, value: Buffer | null): readonly [Buffer, Buffer | null] => [Buffer.from(name), value];
  const headerGuid = (of: string): Buffer => Buffer.concat([hex('01'), guid(of)]);

  it('carry a guid, for the key and for the value, and what is framed then is the header alone', () => {
    const parts = { key: framed(1), value: framed(1) };
    const names = ['__value_schema_id', 'trace', '__key_schema_id'];
    const { bytes, report, fate } = rewrite({ ...parts, headers: names.map((name) => header(name, headerGuid(GUID))) });
    const expected = sliceRecord(
      plainRecord({ ...parts, headers: names.map((name, i) => header(name, headerGuid(i === 1 ? GUID : OTHER))) }),
    );
    expect(bytes.toString('hex')).toBe(expected.bytes.toString('hex'));
    expect(fate).toBe('patched');
    expect(framesOf(report)).toBe(`key header-guid ${GUID} mapped, value header-guid ${GUID} mapped`);
  });

  it('carry a guid and Protobuf message indexes, which stay', () => {
    const value = Buffer.concat([headerGuid(GUID), hex('04 02 00')]);
    const { bytes } = rewrite({ value: hex('0a'), headers: [header('__value_schema_id', value)] });
    expect(bytes.toString('hex').endsWith(`${guid(OTHER).toString('hex')}040200`)).toBe(true);
  });

  it('may carry an id', () => {
    const { bytes, report } = rewrite({ value: hex('0a'), headers: [header('__value_schema_id', framed(5, ''))] });
    expect(bytes.toString('hex').endsWith('00000186a1')).toBe(true);
    expect(framesOf(report)).toBe('value header-id 5 mapped');
  });

  it('of one name: the last wins, and the others stay', () => {
    const headers = [GUID, THIRD, GUID].map((of) => header('__value_schema_id', headerGuid(of)));
    const { bytes, before, report } = rewrite({ value: hex('0a'), headers });
    expect(framesOf(report)).toBe(`value header-guid ${GUID} mapped`);
    expect(bytes.subarray(0, -16).equals(before.subarray(0, -16))).toBe(true);
    expect(bytes.subarray(-16).equals(guid(OTHER))).toBe(true);
  });

  it('with a guid that no map knows are of a schema that the target lacks', () => {
    const { report } = rewrite({ value: hex('0a'), headers: [header('__value_schema_id', headerGuid(OTHER))] });
    expect(framesOf(report)).toBe(`value header-guid ${OTHER} unknown`);
  });

  it.each([[null], [Buffer.alloc(0)], [hex('00 0000 05')], [hex('02 00000005')], [headerGuid(GUID).subarray(0, 16)]])(
    'that cannot be read are counted, and the record stays: %s',
    (value) => {
      const { report, bytes, before } = rewrite({ value: framed(1), headers: [header('__value_schema_id', value)] });
      expect(report.value).toEqual({ nulls: 0, plain: 0, eightBytes: 0, badHeaders: 1 });
      expect(bytes.equals(before)).toBe(true);
    },
  );

  it('of a null value are left, and those of an empty one are not', () => {
    const headers = [header('__value_schema_id', headerGuid(GUID))];
    expect(rewrite({ value: null, headers }).fate).toBe('kept');
    expect(rewrite({ value: Buffer.alloc(0), headers }).fate).toBe('patched');
  });

  it('with other names of the same lengths are none', () => {
    const names = ['__value_schema_iD', 'x'.repeat(15), 'x'.repeat(21), 'y'.repeat(24), ''];
    const { report } = rewrite({ value: framed(1), headers: names.map((name) => header(name, headerGuid(GUID))) });
    expect(framesOf(report)).toBe('value id 1 mapped');
  });
});

describe('frames of other registries', () => {
  const header = (name: string, value: Buffer): readonly [Buffer, Buffer] => [Buffer.from(name), value];
  const apicurio = Buffer.concat([hex('00'), long(5n), hex('0a')]);
  const glue = Buffer.concat([hex('03 05'), guid(GUID), hex('0a')]);

  it('are recognised, counted and left', () => {
    expect(ofValue(apicurio)).toEqual(['value apicurio-id 5 left', apicurio.toString('hex')]);
    expect(ofValue(glue)).toEqual([`value glue ${GUID} left`, glue.toString('hex')]);
    const headers = [header('apicurio.value.globalId', long(5n)), header('apicurio.key.contentId', long(2n ** 40n))];
    const { report, fate } = rewrite({ key: framed(1), value: framed(1), headers });
    expect(fate).toBe('kept');
    expect(framesOf(report)).toBe(
      `key apicurio-header-content-id ${2 ** 40} left, value apicurio-header-global-id 5 left`,
    );
  });

  it('are changed by a map of their own', () => {
    const map: SchemaIdMap = {
      ids: new Map(),
      apicurioGlobalIds: new Map([[5n, 2n ** 40n + 6n]]),
      apicurioContentIds: new Map([[5n, 7n]]),
      glueVersions: new Map([[GUID, OTHER]]),
    };
    expect(ofValue(apicurio, { map })[1]).toBe(`00${long(2n ** 40n + 6n).toString('hex')}0a`);
    expect(ofValue(apicurio, { map, apicurioPayload: 'contentId' })[1]).toBe('0000000000000000070a');
    expect(ofValue(glue, { map })[1]).toBe(`0305${guid(OTHER).toString('hex')}0a`);
    const headers = [header('apicurio.value.contentId', long(5n)), header('apicurio.value.globalId', long(6n))];
    const { report, bytes } = rewrite({ value: hex('0a'), headers }, rewriterOf({ value: { map } }));
    expect(framesOf(report)).toBe(
      'value apicurio-header-global-id 6 unknown, value apicurio-header-content-id 5 mapped',
    );
    expect(bytes.includes(long(7n))).toBe(true);
  });

  it('of Glue with another compression, and eight zeros, are none', () => {
    expect(ofValue(Buffer.concat([hex('03 07'), guid(GUID)]))[0]).toBe('');
    expect(ofValue(Buffer.alloc(9))[0]).toBe('');
    expect(ofValue(Buffer.alloc(8))[0]).toBe('value id 0 lookalike');
  });
});

describe('a schema that the target lacks', () => {
  const record = { key: framed(1), value: framed(7) };

  it('ends the work where it is to fail, and says where', () => {
    const { bytes, slices } = sliceRecord(plainRecord(record));
    const before = Buffer.from(bytes);
    const rewriter = rewriterOf({}, { onUnknown: 'fail' });
    rewriter.begin(1000n);
    const error = (() => {
      try {
        rewriter.rewrite(bytes, slices, 17);
      } catch (thrown) {
        return thrown;
      }
      return undefined;
    })();
    expect(error).toBeInstanceOf(UnknownSchemaError);
    expect(error).toMatchObject({ topic: 'orders', partition: 3, offset: 1017n, side: 'value', id: '7' });
    expect(`${error}`).toContain('schema ID 7 not found in target registry: value in orders, partition 3, offset 1017');
    expect(bytes.equals(before)).toBe(true);
  });

  it('passes where it is to pass; the other side is changed', () => {
    const { bytes } = rewrite(record, rewriterOf({}, { onUnknown: 'pass' }));
    expect(bytes.equals(Buffer.concat([framed(2), framed(7)]))).toBe(true);
  });

  it.each(['dead-letter', 'skip'] as const)('takes its record out under the policy %s, unchanged', (onUnknown) => {
    const rewriter = rewriterOf({}, { onUnknown });
    const { bytes, before, fate } = rewrite(record, rewriter);
    expect(fate).toBe('removed');
    expect(bytes.equals(before)).toBe(true);
    expect(rewriter.removedFor).toEqual({ side: 'value', id: '7' });
    expect(rewrite({ value: framed(5) }, rewriter).fate).toBe('patched');
  });
});

describe('a report', () => {
  it('counts every id, with its first and last offset', () => {
    const rewriter = rewriterOf({});
    const scan = (base: bigint, delta: number, value: Buffer | null): void => {
      const { bytes, slices } = sliceRecord(plainRecord({ value }));
      rewriter.begin(base);
      rewriter.scan(bytes, slices, delta);
      expect(bytes.equals(value ?? Buffer.alloc(0))).toBe(true);
    };
    scan(100n, 0, framed(1));
    scan(100n, 5, framed(2));
    scan(2n ** 62n, 3, framed(1));
    scan(2n ** 62n, 4, null);
    scan(2n ** 62n, 5, Buffer.from('plain'));
    expect(rewriter.report()).toEqual({
      records: 5,
      key: { nulls: 5, plain: 0, eightBytes: 0, badHeaders: 0 },
      value: { nulls: 1, plain: 1, eightBytes: 0, badHeaders: 0 },
      frames: [
        {
          side: 'value',
          kind: 'id',
          id: '1',
          verdict: 'mapped',
          target: '2',
          count: 2,
          firstOffset: 100n,
          lastOffset: 2n ** 62n + 3n,
        },
        {
          side: 'value',
          kind: 'id',
          id: '2',
          verdict: 'mapped',
          target: '1',
          count: 1,
          firstOffset: 105n,
          lastOffset: 105n,
        },
      ],
    });
  });

  it('of several partitions is one', () => {
    const one = rewrite({ value: framed(5) }).report;
    const two = rewrite({ value: framed(5), key: framed(7) }).report;
    const joined = joinFrameReports([one, two]);
    expect(joined.records).toBe(2);
    expect(joined.key).toEqual({ nulls: 1, plain: 0, eightBytes: 0, badHeaders: 0 });
    expect(joined.frames.map(({ id, count }) => `${id} ${count}`)).toEqual(['5 2', '7 1']);
  });

  it('names what is missing: beyond doubt, or beside frames that are known', () => {
    const both = (...values: Buffer[]): FrameReport => {
      const rewriter = rewriterOf({});
      for (const value of values) rewrite({ value }, rewriter);
      return rewriter.report();
    };
    expect(missingFrames(both(framed(42)))).toEqual([]);
    expect(missingFrames(both(framed(42), framed(1))).map(({ id }) => id)).toEqual(['42']);
    expect(missingFrames(both(framed(7))).map(({ id }) => id)).toEqual(['7']);
  });

  it('stays small, and right, whatever ids the data has', () => {
    const rewriter = rewriterOf({});
    const value = framed(0);
    const { slices } = sliceRecord(plainRecord({ value }));
    for (let id = 10; id < 30_010; id++) {
      value.writeInt32BE(id, 1);
      rewriter.rewrite(value, slices, id);
    }
    value.writeInt32BE(5, 1);
    expect(rewriter.rewrite(value, slices, 0)).toBe('patched');
    const { frames } = rewriter.report();
    expect(frames).toHaveLength(MAX_STRANGERS + 2);
    expect(frames.find(({ id }) => id === 'others')).toMatchObject({
      verdict: 'lookalike',
      count: 30_000 - MAX_STRANGERS,
    });
    expect(frames.find(({ id }) => id === '5')).toMatchObject({ verdict: 'mapped', count: 1 });
  });
});

describe('a map', () => {
  it('has a hash that depends on what it says, and on nothing else', () => {
    const hash = hashSchemaIdMap(MAP);
    const again = { ...MAP, ids: new Map([...MAP.ids].reverse()) };
    expect(hashSchemaIdMap(again)).toBe(hash);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(hashSchemaIdMap({ ...MAP, ids: new Map([...MAP.ids, [7, 8]]) })).not.toBe(hash);
    expect(hashSchemaIdMap({ ids: MAP.ids })).not.toBe(hash);
    expect(hashSchemaIdMap(EMPTY_MAP)).not.toBe(hash);
  });
});

describe('topics of systems', () => {
  it.each([
    '__consumer_offsets',
    '__transaction_state',
    '_schemas',
    '_schemas_backup',
    '_schema_encoders',
    '_dek_registry_keys',
    'connect-configs',
    'prod-connect-offsets',
    'connect-status',
    '_confluent-metrics',
    '_confluent_balancer',
    '__amazon_msk_canary',
    'schema-history.inventory',
    'dbhistory.orders',
    'heartbeats',
    'source.heartbeats',
    'mm2-offset-syncs.b.internal',
    'source.checkpoints.internal',
    'app-KSTREAM-AGGREGATE-STATE-STORE-0000000003-changelog',
    'kafkasql-journal',
  ])('%s is left alone', (topic) => {
    expect(whyInternal(topic)).toBeTypeOf('string');
  });

  it.each([
    'orders',
    'connect',
    'schemas',
    'app-KSTREAM-repartition',
    'my_schemas',
    'reconnect-status-page',
    '_orders',
    'checkpoints',
  ])('%s is not', (topic) => {
    expect(whyInternal(topic)).toBeUndefined();
  });
});
