import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../../src/model/json.ts';
import { decodeAvro } from '../../../src/schema/decode/decode-avro.ts';
import type { Decoded } from '../../../src/schema/decode/decoded.ts';
import type { ResolvedReference } from '../../../src/schema/language.ts';
import { randomNumbers } from '../../support/random-numbers.ts';
import { long, makeSchema } from './avro-writer.ts';
import { below, runsOf, seedOf } from './seed.ts';

const seed = seedOf('decoding of random Avro');

function decode(schema: JsonValue, bytes: Buffer | string, references: readonly ResolvedReference[] = []): Decoded {
  const given = typeof bytes === 'string' ? Buffer.from(bytes, 'hex') : bytes;
  return decodeAvro({ schema: JSON.stringify(schema), references }, given);
}

const record = (...fields: readonly (readonly [string, JsonValue])[]): JsonValue => ({
  type: 'record',
  name: 'R',
  fields: fields.map(([name, type]) => ({ name, type })),
});

describe('an Avro datum', () => {
  it('of any schema is what was written', () => {
    for (let run = 0, runs = runsOf(1500); run < runs; run++) {
      const random = below(randomNumbers(seed + run));
      const { schema, value } = makeSchema(random);
      const { bytes, shown } = value();
      const decoded = decode(schema, bytes);
      const how = `SRGIT_SEED=${seed + run} ${JSON.stringify(schema)} ${bytes.toString('hex')}`;
      expect(decoded.problems, how).toEqual([]);
      expect(JSON.stringify(decoded.value), how).toBe(JSON.stringify(shown));
    }
  });

  it('shows logical types beside what was written', () => {
    const days = long(20_455n);
    const cases: readonly (readonly [JsonValue, Buffer, JsonValue])[] = [
      [{ type: 'int', logicalType: 'date' }, days, { raw: 20455, date: '2026-01-02' }],
      [{ type: 'int', logicalType: 'date' }, long(-1n), { raw: -1, date: '1969-12-31' }],
      [
        { type: 'int', logicalType: 'time-millis' },
        long(11_045_678n),
        { raw: 11045678, 'time-millis': '03:04:05.678' },
      ],
      [{ type: 'int', logicalType: 'time-millis' }, long(86_400_000n), 86400000],
      [
        { type: 'long', logicalType: 'timestamp-millis' },
        long(1_767_323_045_678n),
        { raw: 1767323045678, 'timestamp-millis': '2026-01-02T03:04:05.678Z' },
      ],
      [
        { type: 'long', logicalType: 'timestamp-micros' },
        long(-1n),
        { raw: -1, 'timestamp-micros': '1969-12-31T23:59:59.999999Z' },
      ],
      [
        { type: 'long', logicalType: 'local-timestamp-nanos' },
        long(1_767_323_045_678_901_234n),
        { raw: '1767323045678901234', 'local-timestamp-nanos': '2026-01-02T03:04:05.678901234' },
      ],
      [{ type: 'long', logicalType: 'timestamp-millis' }, long(2n ** 62n), `${2n ** 62n}`],
      [
        { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 },
        Buffer.from('02ff', 'hex'),
        { raw: { base64: '/w==' }, decimal: '-0.01' },
      ],
      [{ type: 'string', logicalType: 'uuid' }, Buffer.from('0261', 'hex'), 'a'],
      [
        { type: 'fixed', name: 'U', size: 16, logicalType: 'uuid' },
        Buffer.from('0123456789abcdef0123456789abcdef', 'hex'),
        { raw: { base64: 'ASNFZ4mrze8BI0VniavN7w==' }, uuid: '01234567-89ab-cdef-0123-456789abcdef' },
      ],
      [
        { type: 'fixed', name: 'D', size: 12, logicalType: 'duration' },
        Buffer.from('010000000200000003000000', 'hex'),
        { raw: { base64: 'AQAAAAIAAAADAAAA' }, duration: '1 months 2 days 3 ms' },
      ],
      // What does not fit its type is an attribute like any other.
      [{ type: 'long', logicalType: 'date' }, days, 20455],
    ];
    for (const [schema, bytes, shown] of cases)
      expect(decode(schema, bytes)).toMatchObject({ complete: true, value: shown });
  });

  it('keeps numbers that JSON cannot hold', () => {
    const double = (value: number) => {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleLE(value);
      return bytes;
    };
    const float = Buffer.alloc(4);
    float.writeFloatLE(0.1);
    expect(decode('long', long(-(2n ** 63n))).value).toBe('-9223372036854775808');
    expect(decode('long', long(2n ** 53n - 1n)).value).toBe(9007199254740991);
    expect(decode('double', double(Number.NaN)).value).toBe('NaN');
    expect(decode('double', double(-0)).value).toBe('-0');
    expect(decode('float', float).value).toBe(0.1);
  });

  it('is read with what its schema refers to, however deep', () => {
    const city = JSON.stringify({
      type: 'record',
      name: 'City',
      namespace: 'a',
      fields: [{ name: 'name', type: 'string' }],
    });
    const home = JSON.stringify({
      type: 'record',
      name: 'Home',
      namespace: 'a',
      fields: [{ name: 'city', type: 'City' }],
    });
    const inner: ResolvedReference = { name: 'a.City', schemaType: 'AVRO', schema: city, references: [] };
    const outer: ResolvedReference = { name: 'a.Home', schemaType: 'AVRO', schema: home, references: [inner] };
    const decoded = decode(record(['home', 'a.Home'], ['more', ['null', 'a.City', 'int']]), '0442' + '45' + '020246', [
      outer,
    ]);
    expect(decoded).toMatchObject({
      complete: true,
      value: { home: { city: { name: 'BE' } }, more: { 'a.City': { name: 'F' } } },
    });
    const missing = decode(record(['home', 'a.Home']), '044245');
    expect(missing).toMatchObject({ complete: false, problems: [{ offset: 0, path: expect.any(String) }] });
  });
});

describe('an Avro datum that does not fit', () => {
  const orders = record(
    ['id', 'string'],
    ['items', { type: 'array', items: { type: 'record', name: 'Item', fields: [{ name: 'sku', type: 'string' }] } }],
    ['tags', { type: 'map', values: ['null', 'int', 'string'] }],
    ['ok', 'boolean'],
  );
  const cases: readonly (readonly [string, string, string, number, string, JsonValue | undefined])[] = [
    ['the end', '', 'id', 0, 'the bytes end where the length of a string should be', {}],
    ['a string beyond the end', '0a61', 'id', 1, 'a string should have 5 bytes, and 1 are left', {}],
    ['a negative length', '03', 'id', 0, 'a string cannot have -2 bytes', {}],
    [
      'an item',
      '0261' + '04' + '0262' + '10',
      'items[1].sku',
      6,
      'a string should have 8 bytes, and 0 are left',
      { id: 'a', items: [{ sku: 'b' }, {}] },
    ],
    [
      'too many items',
      '0261' + 'feffffff0f' + '00',
      'items',
      2,
      'a block of the array says that it has 2147483647 items, and 1 bytes are left',
      { id: 'a', items: [] },
    ],
    [
      'a block with a wrong size',
      '0261' + '0106' + '0262',
      'items',
      2,
      'a block of the array says that it has 3 bytes, and 2 are left',
      { id: 'a', items: [] },
    ],
    [
      'a branch that does not exist',
      '0261' + '00' + '02' + '0278' + '08',
      'tags["x"]',
      6,
      'a union has 3 branches, and this is number 4',
      { id: 'a', items: [], tags: {} },
    ],
    [
      'a value of a map',
      '0261' + '00' + '02' + '0278' + '0402',
      'tags["x"]',
      8,
      'a string should have 1 bytes, and 0 are left',
      { id: 'a', items: [], tags: {} },
    ],
    [
      'a boolean',
      '0261' + '00' + '00' + '02',
      'ok',
      4,
      'a boolean is 0 or 1, and this byte is 2',
      { id: 'a', items: [], tags: {} },
    ],
    [
      'what is left over',
      '0261' + '00' + '00' + '01' + 'ffff',
      '',
      5,
      '2 bytes left over behind the value',
      { id: 'a', items: [], tags: {}, ok: true },
    ],
  ];
  it.each(cases)('%s: its place and what was read', (_what, hex, path, offset, message, value) => {
    const decoded = decode(orders, hex);
    expect(decoded).toEqual({
      ...(value === undefined ? {} : { value }),
      complete: false,
      problems: [{ offset, path, message }],
      notes: [],
      unknownFields: [],
      unlisted: 0,
    });
  });

  it('says that a text is not UTF-8, a key is there twice, an int has too many bits', () => {
    expect(decode('string', '02ff')).toMatchObject({
      complete: false,
      problems: [{ message: 'a string is not UTF-8' }],
    });
    const twice = decode({ type: 'map', values: 'int' }, '04' + '026102' + '026104' + '00');
    expect(twice).toMatchObject({ complete: true, value: { a: 2 }, notes: [{ offset: 4, path: '["a"]' }] });
    expect(decode('int', long(2n ** 31n))).toMatchObject({
      problems: [{ message: 'an int has 32 bits, and this is 2147483648' }],
    });
    expect(decode('long', 'ff'.repeat(11))).toMatchObject({
      problems: [{ message: 'a long is a number of more than ten bytes' }],
    });
    expect(decode({ type: 'enum', name: 'E', symbols: ['A'] }, '02').problems[0]?.message).toBe(
      'enum E has 1 symbols, and this is number 1',
    );
  });

  it('cannot make much of few bytes', () => {
    const items = (count: bigint) => Buffer.concat([long(count), Buffer.from([0])]);
    const nulls = decode({ type: 'array', items: 'null' }, items(2n ** 31n));
    expect(nulls.problems[0]?.message).toContain('says that it has 2147483648 items');
    expect(decode({ type: 'array', items: 'null' }, items(9999n)).value).toHaveLength(9999);
    const empties = decode({ type: 'array', items: { type: 'record', name: 'E', fields: [] } }, items(10_001n));
    expect(empties).toMatchObject({ complete: false, value: [] });
    // Two of each, at every level: 2^30 nulls without a byte.
    let doubled: JsonValue = 'null';
    for (let level = 0; level < 30; level++) {
      const fields = ['a', 'b'].map((name, at) => ({
        name,
        type: at === 0 ? doubled : level === 0 ? 'null' : `D${level - 1}`,
      }));
      doubled = { type: 'record', name: `D${level}`, fields };
    }
    expect(decode(doubled, '').problems[0]?.message).toBe('more than 500000 values');
    const list: JsonValue = { type: 'record', name: 'L', fields: [{ name: 'next', type: ['null', 'L'] }] };
    expect(decode(list, Buffer.alloc(100_000, 2)).problems[0]?.message).toBe('nested deeper than 500 levels');
    expect(decode(list, Buffer.concat([Buffer.alloc(400, 2), Buffer.from([0])])).complete).toBe(true);
    const endless: JsonValue = { type: 'record', name: 'L', fields: [{ name: 'next', type: 'L' }] };
    expect(decode(endless, '').problems[0]?.message).toBe('nested deeper than 500 levels');
  });

  it('says when it is the schema that cannot be read', () => {
    expect(decode({ type: 'rekord' }, '00')).toMatchObject({
      complete: false,
      problems: [{ message: expect.stringContaining('the schema cannot be read') }],
    });
  });
});
