import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../../src/model/json.ts';
import { decodeJson } from '../../../src/schema/decode/decode-json.ts';
import type { Decoded } from '../../../src/schema/decode/decoded.ts';
import type { ResolvedReference } from '../../../src/schema/language.ts';
import { randomNumbers } from '../../support/random-numbers.ts';
import { below, runsOf, seedOf } from './seed.ts';

const seed = seedOf('decoding of random JSON');

function decode(schema: JsonValue, text: string | Buffer, references: readonly ResolvedReference[] = []): Decoded {
  return decodeJson({ schema: JSON.stringify(schema), references }, Buffer.from(text), 0);
}

describe('JSON text', () => {
  it('is what any program reads, whatever is in it', () => {
    const random = below(randomNumbers(seed));
    const words = ['', 'a', '__proto__', '1', 'é "\\\n', '\u2028', 'toString'];
    const make = (depth: number): JsonValue => {
      switch (random(depth > 0 ? 8 : 6)) {
        case 0:
          return null;
        case 1:
          return random(2) === 0;
        case 2:
          return random(1000) - 500;
        case 3:
          return (random(2_000_000) - 1_000_000) / 128;
        case 4:
          return 10 ** (random(40) - 20);
        case 5:
          return words[random(words.length)] ?? '';
        case 6:
          return Array.from({ length: random(4) }, () => make(depth - 1));
        default:
          return Object.fromEntries(
            Array.from({ length: random(4) }, () => [words[random(words.length)] ?? '', make(depth - 1)]),
          );
      }
    };
    for (let run = 0, runs = runsOf(1000); run < runs; run++) {
      const value = make(4);
      const text = JSON.stringify(value, null, random(2) * 2);
      const decoded = decode({}, text);
      expect(decoded, `SRGIT_SEED=${seed} ${text}`).toMatchObject({ complete: true, notes: [] });
      expect(JSON.stringify(decoded.value), `SRGIT_SEED=${seed} ${text}`).toBe(JSON.stringify(value));
    }
  });

  it('keeps numbers that a double cannot hold, and says so', () => {
    const decoded = decode({}, '{"a":[12345678901234567890,1.0,1e400,0.12345678901234567890,-0,100000000000000000]}');
    expect(decoded.value).toEqual({
      a: ['12345678901234567890', 1, '1e400', '0.12345678901234567890', '-0', 100000000000000000],
    });
    expect(decoded.notes.map(({ offset, path }) => [offset, path])).toEqual([
      [6, 'a[0]'],
      [31, 'a[2]'],
      [37, 'a[3]'],
      [60, 'a[4]'],
    ]);
  });

  const cases: readonly (readonly [string, string, number, string, JsonValue | undefined])[] = [
    ['{"a":[1,{"b":tru}]}', 'a[1].b', 13, 'no JSON value begins with t', { a: [1, {}] }],
    ['{"a":1 "b":2}', '', 7, '" where a comma or } should be', { a: 1 }],
    ['{"a":"x', 'a', 5, 'a string without an end', {}],
    ['[1,2', '', 4, 'the bytes end where a comma or ] should be', [1, 2]],
    ['', '', 0, 'the bytes end where a value should be', undefined],
    ['\u0000{}', '', 0, 'no JSON value begins with the byte 0x00', undefined],
    ['{"k 1":{a:1}}', '["k 1"]', 8, 'a where a name in quotes should be', { 'k 1': {} }],
    ['[01]', '[0]', 1, '01 is no JSON number', []],
    ['["\\q"]', '[0]', 1, 'a string has a control character, or an escape that does not exist', []],
    ['{"é":1}x', '', 8, '1 byte left over behind the value', { é: 1 }],
  ];
  it.each(cases)('%s: where it is wrong, and what was read', (text, path, offset, message, value) => {
    expect(decode({}, text)).toEqual({
      ...(value === undefined ? {} : { value }),
      complete: false,
      problems: [{ offset, path, message }],
      notes: [],
      unknownFields: [],
      unlisted: 0,
    });
  });

  it('ends at a depth, and says what is not UTF-8', () => {
    expect(decode({}, '['.repeat(100_000)).problems[0]?.message).toBe('nested deeper than 500 levels');
    expect(decode({}, Buffer.from('5b22ff225d', 'hex'))).toMatchObject({
      complete: false,
      problems: [{ offset: 1, path: '[0]', message: 'a string is not UTF-8' }],
    });
    expect(decode({}, '{"a":1,"a":2}')).toMatchObject({
      complete: true,
      value: { a: 2 },
      notes: [{ offset: 7, path: 'a' }],
    });
    expect(decode({}, `[${'0,'.repeat(600_000)}0]`).problems[0]?.message).toBe('more than 500000 values');
  });
});

describe('JSON text against its schema', () => {
  const draft = (name: string) => `http://json-schema.org/${name}/schema#`;

  it('is told where it does not fit', () => {
    const schema = {
      type: 'object',
      properties: {
        n: { type: 'integer', minimum: 2 },
        list: { type: 'array', items: { $ref: '#/definitions/S' }, uniqueItems: true },
      },
      required: ['n', 'm'],
      additionalProperties: false,
      definitions: { S: { type: 'string', pattern: '^x' } },
    };
    const text = '{ "n": 1.5, "list": ["xa", "b", "xa"], "é": 1 }';
    const at = (part: string) => Buffer.from(text).indexOf(part);
    expect(decode(schema, text)).toMatchObject({ complete: false, value: { n: 1.5 } });
    expect(decode(schema, text).problems).toEqual([
      { offset: 0, path: '', message: "must have required property 'm'" },
      { offset: 0, path: '', message: 'must NOT have additional properties: "é"' },
      { offset: at('1.5'), path: 'n', message: 'must be integer' },
      { offset: at('1.5'), path: 'n', message: 'must be >= 2' },
      { offset: at('["xa"'), path: 'list', message: 'must NOT have duplicate items' },
      { offset: at('"b"'), path: 'list[1]', message: 'must match pattern "^x"' },
    ]);
    expect(decode(schema, '{"n":2,"m":0}').problems.map(({ message }) => message)).toEqual([
      'must NOT have additional properties: "m"',
    ]);
  });

  it.each([
    [
      'draft 4',
      { $schema: draft('draft-04'), id: 'http://x/y', properties: { id: { minimum: 1, exclusiveMinimum: true } } },
      '{"id":1}',
      '{"id":2}',
    ],
    [
      'draft 4 with what only looks like it',
      { $schema: draft('draft-04'), enum: [{ id: 'a', exclusiveMinimum: true }] },
      '{}',
      '{"id":"a","exclusiveMinimum":true}',
    ],
    ['draft 6', { $schema: draft('draft-06'), propertyNames: { maxLength: 1 } }, '{"ab":1}', '{"a":1}'],
    ['draft 7', { $schema: draft('draft-07'), if: { type: 'string' }, else: { maximum: 1 } }, '2', '"a"'],
    [
      'draft 7, where a reference hides what is beside it',
      {
        $schema: draft('draft-07'),
        definitions: { a: { type: 'string' } },
        properties: { x: { $ref: '#/definitions/a', maxLength: 1 } },
      },
      '{"x":1}',
      '{"x":"abc"}',
    ],
    [
      '2019-09',
      {
        $schema: 'https://json-schema.org/draft/2019-09/schema',
        properties: { a: true },
        unevaluatedProperties: false,
      },
      '{"b":1}',
      '{"a":1}',
    ],
    [
      '2020-12',
      { $schema: 'https://json-schema.org/draft/2020-12/schema', prefixItems: [{ type: 'string' }], items: false },
      '["a",1]',
      '["a"]',
    ],
    ['nobody’s draft', { $schema: 'urn:mine', type: 'string', nullable: true, id: 'x' }, 'null', '"a"'],
    ['no draft, with a format', { format: 'date-time', type: 'string' }, '1', '"yesterday"'],
    ['true', true, '{', '{}'],
    ['false', false, '{}', ''],
  ])('by %s', (_name, schema, wrong, right) => {
    expect(decode(schema as JsonValue, wrong).complete).toBe(false);
    if (right !== '') expect(decode(schema as JsonValue, right)).toMatchObject({ complete: true, notes: [] });
  });

  it('is held against what the schema refers to, however deep', () => {
    const part = (
      name: string,
      schema: JsonValue,
      references: readonly ResolvedReference[] = [],
    ): ResolvedReference => ({
      name,
      schemaType: 'JSON',
      schema: JSON.stringify(schema),
      references,
    });
    const city = part('city.json', { type: 'string', minLength: 2 });
    const address = part(
      'https://x.example/address.json',
      { $id: 'https://x.example/address.json', properties: { city: { $ref: 'city.json' } } },
      [{ ...city, name: 'https://x.example/city.json' }],
    );
    const schema = { $id: 'https://x.example/order.json', properties: { to: { $ref: 'address.json' } } };
    expect(decode(schema, '{"to":{"city":"a"}}', [address]).problems).toEqual([
      { offset: 14, path: 'to.city', message: 'must NOT have fewer than 2 characters' },
    ]);
    expect(decode(schema, '{"to":{"city":"ab"}}', [address])).toMatchObject({ complete: true, notes: [] });
    const plain = { properties: { city: { $ref: 'city.json' } } };
    expect(decode(plain, '{"city":""}', [city]).problems).toHaveLength(1);
    expect(decode(plain, '{"city":""}')).toMatchObject({
      complete: true,
      notes: [{ message: expect.stringContaining('not held against the schema') }],
    });
  });

  it('cannot be hung by a schema', () => {
    const evil = decode({ type: 'string', pattern: '^(a+)+$' }, JSON.stringify(`${'a'.repeat(60)}!`));
    expect(evil.complete).toBe(false);
    const items = `[${Array.from({ length: 60_000 }, (_, at) => `{"a":${at}}`).join(',')}]`;
    expect(decode({ uniqueItems: true }, items).complete).toBe(true);
    const deep = `${'{"a":'.repeat(400)}1${'}'.repeat(400)}`;
    expect(decode({ properties: { a: { $ref: '#' } } }, deep).complete).toBe(true);
  });
});
