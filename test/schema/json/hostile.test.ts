/** Schemas made to hurt: each gets an answer, none takes the process or its time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonLanguage } from '../../../src/schema/json/json-language.ts';
import { makeSchema } from './recorded.ts';

function find(writer: string, reader: string): readonly string[] {
  return jsonLanguage
    .findIncompatibilities(makeSchema(reader), makeSchema(writer), 'new')
    .map((found) => found.errorType);
}

function accepts(schema: string): boolean {
  return 'text' in jsonLanguage.canonicalize(schema, [], { normalize: true, validate: true });
}

const nest = (open: string, leaf: string, close: string, depth: number) =>
  open.repeat(depth) + leaf + close.repeat(depth);

describe('depth', () => {
  it.each([
    ['items', '{"items":', '}'],
    ['not', '{"not":', '}'],
    ['additionalProperties', '{"additionalProperties":', '}'],
  ])('of %s', (_name, open, close) => {
    const make = (leaf: string, depth: number) => nest(open, `{"type":"${leaf}"}`, close, depth);
    expect(find(make('integer', 200), make('integer', 200))).toEqual([]);
    expect(find(make('integer', 200), make('string', 200))).toHaveLength(1);
    expect(accepts(make('integer', 999))).toBe(true);
    expect(accepts(make('integer', 1000))).toBe(false);
    expect(accepts(make('integer', 200_000))).toBe(false);
    expect(find(make('integer', 999), make('integer', 999))).toEqual(['NOT_COMPARED']);
  });

  it.each(['anyOf', 'allOf', 'oneOf'])('of %s', (keyword) => {
    const make = (leaf: string) => nest(`{"type":"object","${keyword}":[`, `{"type":"${leaf}"}`, ']}', 499);
    expect(accepts(make('integer'))).toBe(true);
    expect(find(make('integer'), make('integer'))).toEqual(['NOT_COMPARED']);
  });

  it('of references', () => {
    const chain = (length: number, step: (next: object) => object) => {
      const names = Array.from({ length }, (_, at) => `d${at}`);
      const definitions = names.map((name, at) => [
        name,
        at === length - 1 ? {} : step({ $ref: `#/definitions/d${at + 1}` }),
      ]);
      return JSON.stringify({ $ref: '#/definitions/d0', definitions: Object.fromEntries(definitions) });
    };
    const straight = chain(20_000, (next) => next);
    expect(find(straight, straight)).toEqual([]);
    const nested = chain(5000, (next) => ({ items: next }));
    expect(find(nested, nested)).toEqual(['NOT_COMPARED']);
  });
});

describe('cycles', () => {
  it.each([
    ['{"$ref":"#"}', '{"type":"string"}'],
    ['{"anyOf":[{"$ref":"#"},{"type":"integer"}]}', '{"type":"string"}'],
    ['{"allOf":[{"$ref":"#"}]}', '{"oneOf":[{"$ref":"#"},{"$ref":"#"}]}'],
    ['{"not":{"$ref":"#"}}', '{"not":{"not":{"$ref":"#"}}}'],
    ['{"items":{"$ref":"#"}}', '{"items":{"items":{"$ref":"#"}}}'],
    ['{"$ref":"#/definitions/a","definitions":{"a":{"$ref":"#/definitions/b"},"b":{"$ref":"#/definitions/a"}}}', '{}'],
  ])('%s', (one, other) => {
    for (const [writer, reader] of [
      [one, other],
      [other, one],
      [one, one],
      [other, other],
    ] as const) {
      expect(accepts(writer)).toBe(true);
      expect(Array.isArray(find(writer, reader))).toBe(true);
    }
    expect(find(one, one)).toEqual([]);
  });

  it('of everything through everything', () => {
    const mesh = (size: number, leaf: string, wrap: (schemas: readonly object[]) => object) => {
      const names = Array.from({ length: size }, (_, at) => `d${at}`);
      const body = wrap([...names.map((name) => ({ $ref: `#/definitions/${name}` })), { type: leaf }]);
      const definitions = Object.fromEntries(names.map((name) => [name, { title: name, ...body }]));
      return JSON.stringify({ $ref: '#/definitions/d0', definitions });
    };
    const members = (schemas: readonly object[]) => ({ properties: { ...schemas } });
    const choices = (schemas: readonly object[]) => ({
      anyOf: schemas.map((schema, at) => ({ properties: { [at]: schema }, additionalProperties: false })),
    });
    for (const wrap of [members, choices]) {
      expect(find(mesh(10, 'integer', wrap), mesh(10, 'number', wrap))).toEqual([]);
      expect(find(mesh(10, 'number', wrap), mesh(10, 'integer', wrap)).length).toBeGreaterThan(0);
    }
  });

  it('without cycles, but with more ways than anybody can go', () => {
    const dag = (leaf: string) => {
      const definitions = Array.from({ length: 60 }, (_, at) => {
        const next = { $ref: `#/definitions/d${at + 1}` };
        return [`d${at}`, { properties: { a: next, b: next } }];
      });
      const last = [['d60', { type: leaf }]];
      return JSON.stringify({ $ref: '#/definitions/d0', definitions: Object.fromEntries([...definitions, ...last]) });
    };
    expect(find(dag('integer'), dag('number'))).toEqual([]);
    expect(find(dag('number'), dag('integer'))).toHaveLength(10_000);
  });
});

describe('size', () => {
  const oneOf = (size: number, make: (at: number) => object) =>
    JSON.stringify({ oneOf: Array.from({ length: size }, (_, at) => make(at)) });

  it('of enums', () => {
    const values = Array.from({ length: 100_000 }, (_, at) => `v${at}`);
    expect(find(JSON.stringify({ enum: values }), JSON.stringify({ enum: ['new', ...values] }))).toEqual([]);
  });

  it('of objects', () => {
    const make = (type: string) =>
      JSON.stringify({
        properties: Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`p${at}`, { type }])),
      });
    expect(find(make('string'), make('integer'))).toHaveLength(10_000);
  });

  it('of combinations', () => {
    const members = (more: number) => (at: number) => ({
      properties: { [`k${(at + more) % 300}`]: { type: 'string', maxLength: at } },
      additionalProperties: false,
    });
    expect(find(oneOf(300, members(0)), oneOf(300, members(0)))).toEqual([]);
    expect(find(oneOf(300, members(0)), oneOf(300, members(1)))).toEqual(['COMBINED_TYPE_SUBSCHEMAS_CHANGED']);
    const strings = (more: number) => (at: number) => ({ type: 'string', maxLength: at + more });
    expect(find(oneOf(400, strings(0)), oneOf(400, strings(1)))).toEqual([]);
    expect(find(oneOf(400, strings(1)), oneOf(400, strings(0)))).toEqual(['COMBINED_TYPE_SUBSCHEMAS_CHANGED']);
  });

  it('of lists of types', () => {
    const types = [...Array(50_000).fill('string'), ...Array(50_000).fill('null')];
    expect(find(JSON.stringify({ type: types }), '{"type":["null","string"]}')).toEqual([]);
  });
});

it('patterns that never end', () => {
  const make = (extra: object) =>
    JSON.stringify({
      patternProperties: { '(a+)+$': { type: 'string' } },
      additionalProperties: false,
      properties: extra,
    });
  expect(find(make({}), make({ [`${'a'.repeat(60)}!`]: {} }))).toEqual([]);
});

it('names that objects of JavaScript have', () => {
  const names = ['__proto__', 'constructor', 'valueOf'];
  const make = (type: string) => `{"properties":{${names.map((name) => `"${name}":{"type":"${type}"}`).join(',')}}}`;
  expect(find(make('string'), make('integer'))).toEqual(['TYPE_CHANGED', 'TYPE_CHANGED', 'TYPE_CHANGED']);
  expect(find('{"properties":{}}', make('string'))).toHaveLength(3);
});

describe('any two schemas', () => {
  const leaf = fc.constantFrom<object | boolean>(
    true,
    false,
    {},
    { type: 'string' },
    { type: 'integer', minimum: 1 },
    { type: ['number', 'null'] },
    { enum: ['a', 1] },
    { const: null },
    { $ref: '#' },
    { $ref: '#/definitions/d' },
    { maxLength: 3, minItems: 1 },
  );
  const { schema } = fc.letrec<{ schema: object | boolean }>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      leaf,
      fc.record({ anyOf: fc.array(tie('schema'), { maxLength: 3 }) }),
      fc.record({ allOf: fc.array(tie('schema'), { maxLength: 3 }) }),
      fc.record({ oneOf: fc.array(tie('schema'), { maxLength: 3 }) }),
      fc.record({ not: tie('schema') }),
      fc.record({ items: tie('schema') }),
      fc.record({ items: fc.array(tie('schema'), { maxLength: 3 }), additionalItems: tie('schema') }),
      fc.record({
        properties: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('schema'), { noNullPrototype: true }),
        required: fc.subarray(['a', 'b']),
        additionalProperties: tie('schema'),
      }),
    ),
  }));
  const document = fc
    .tuple(schema, schema)
    .map(([top, d]) => JSON.stringify(typeof top === 'boolean' ? top : { definitions: { d }, ...top }));
  const loose = document.filter((text) => accepts(text));

  it('have an answer, and each fits itself', () => {
    fc.assert(
      fc.property(loose, loose, (one, other) => {
        expect(find(one, one)).toEqual([]);
        expect(Array.isArray(find(one, other))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
