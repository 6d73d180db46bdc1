/** Every kind of difference, forth and back: what one direction refuses, the other one often allows. */
import { describe, expect, it } from 'vitest';
import { jsonLanguage } from '../../../src/schema/json/json-language.ts';
import { makeSchema } from './recorded.ts';

/** `TYPE #/path` of each difference of a reader from a writer. */
function find(writer: unknown, reader: unknown): readonly string[] {
  const [from, to] = [writer, reader].map((schema) => makeSchema(JSON.stringify(schema)));
  if (from === undefined || to === undefined) return [];
  return jsonLanguage.findIncompatibilities(to, from, 'new').map(({ errorType, path }) => `${errorType} ${path}`);
}

type Case = readonly [name: string, before: unknown, after: unknown, forth: readonly string[], back: readonly string[]];

const D4 = 'http://json-schema.org/draft-04/schema#';
const D2020 = 'https://json-schema.org/draft/2020-12/schema';

function run(cases: readonly Case[]): void {
  it.each(cases)('%s', (_name, before, after, forth, back) => {
    expect(find(before, after)).toEqual(forth);
    expect(find(after, before)).toEqual(back);
    expect(find(before, before)).toEqual([]);
    expect(find(after, after)).toEqual([]);
  });
}

describe('types', () => {
  run([
    ['another', { type: 'string' }, { type: 'boolean' }, ['TYPE_CHANGED #/'], ['TYPE_CHANGED #/']],
    ['integer and number', { type: 'integer' }, { type: 'number' }, [], ['TYPE_NARROWED #/']],
    ['anything', { type: 'null' }, {}, [], ['TYPE_CHANGED #/']],
    ['nothing', false, { type: 'null' }, [], ['TYPE_CHANGED #/']],
    ['nothing and anything', false, true, [], ['TYPE_CHANGED #/']],
    ['anything, said in two ways', true, { title: 't' }, [], []],
    ['a format', { $schema: D2020, type: 'integer' }, { $schema: D2020, type: 'integer', format: 'int32' }, [], []],
    ['a format alone', { $schema: D2020, type: 'null' }, { $schema: D2020, format: 'date' }, [], ['TYPE_CHANGED #/']],
    ['no condition', { $schema: D2020, type: 'null' }, { $schema: D2020, type: 'null', else: false }, [], []],
    ['constant to enum', { const: 1 }, { enum: [1] }, ['TYPE_CHANGED #/'], ['TYPE_CHANGED #/']],
    ['conditions are not compared', { if: {}, else: { type: 'string' } }, { if: { type: 'null' } }, [], []],
    ['one of many', { type: 'string' }, { type: ['string', 'null'] }, [], ['TYPE_CHANGED #/']],
    ['many', { type: ['string', 'null'] }, { type: ['null', 'string', 'null'] }, [], []],
    ['fewer', { type: ['string', 'null', 'array'] }, { type: ['null', 'string'] }, ['SUM_TYPE_NARROWED #/'], []],
  ]);
});

describe('strings', () => {
  run([
    ['maxLength', { type: 'string' }, { type: 'string', maxLength: 0 }, ['MAX_LENGTH_ADDED #/maxLength'], []],
    ['maxLength down', { maxLength: 2 }, { maxLength: 1 }, ['MAX_LENGTH_DECREASED #/maxLength'], []],
    ['minLength', { type: 'string' }, { type: 'string', minLength: 0 }, ['MIN_LENGTH_ADDED #/minLength'], []],
    ['minLength up', { minLength: 1 }, { minLength: 2 }, ['MIN_LENGTH_INCREASED #/minLength'], []],
    ['pattern', { type: 'string' }, { type: 'string', pattern: '' }, ['PATTERN_ADDED #/pattern'], []],
    ['other pattern', { pattern: 'a' }, { pattern: 'b' }, ['PATTERN_CHANGED #/pattern'], ['PATTERN_CHANGED #/pattern']],
    ['format', { type: 'string' }, { type: 'string', format: 'date' }, [], []],
    ['without a type', { maxLength: 1 }, { type: 'string', maxLength: 1 }, [], []],
    [
      'all at once',
      { type: 'string', maxLength: 9, minLength: 1, pattern: 'a' },
      { type: 'string', maxLength: 8, minLength: 2, pattern: 'b' },
      ['MAX_LENGTH_DECREASED #/maxLength', 'MIN_LENGTH_INCREASED #/minLength', 'PATTERN_CHANGED #/pattern'],
      ['PATTERN_CHANGED #/pattern'],
    ],
  ]);
});

describe('numbers', () => {
  const changed = ['MULTIPLE_OF_CHANGED #/multipleOf'];
  run([
    ['maximum', { type: 'number' }, { type: 'number', maximum: 0 }, ['MAXIMUM_ADDED #/maximum'], []],
    ['maximum down', { maximum: 2 }, { maximum: 1.5 }, ['MAXIMUM_DECREASED #/maximum'], []],
    ['minimum', { type: 'number' }, { type: 'number', minimum: 0 }, ['MINIMUM_ADDED #/minimum'], []],
    ['minimum up', { minimum: 1 }, { minimum: 1.5 }, ['MINIMUM_INCREASED #/minimum'], []],
    ['up', { exclusiveMaximum: 1 }, { exclusiveMaximum: 2 }, [], ['EXCLUSIVE_MAXIMUM_DECREASED #/exclusiveMaximum']],
    ['down', { exclusiveMinimum: 2 }, { exclusiveMinimum: 1 }, [], ['EXCLUSIVE_MINIMUM_INCREASED #/exclusiveMinimum']],
    [
      'exclusive limits',
      { type: 'number' },
      { type: 'number', exclusiveMaximum: 1, exclusiveMinimum: 0 },
      ['EXCLUSIVE_MAXIMUM_ADDED #/exclusiveMaximum', 'EXCLUSIVE_MINIMUM_ADDED #/exclusiveMinimum'],
      [],
    ],
    [
      'held against maximum',
      { exclusiveMaximum: 100 },
      { exclusiveMaximum: 3, maximum: 100 },
      ['MAXIMUM_ADDED #/maximum'],
      [],
    ],
    [
      'held against a lower maximum',
      { exclusiveMaximum: 100, maximum: -1 },
      { exclusiveMaximum: 1, maximum: -1 },
      ['EXCLUSIVE_MAXIMUM_DECREASED #/exclusiveMaximum'],
      [],
    ],
    ['flags of draft 4', { $schema: D4, minimum: 1 }, { $schema: D4, minimum: 1, exclusiveMinimum: true }, [], []],
    ['multipleOf', { type: 'number' }, { type: 'number', multipleOf: 2 }, ['MULTIPLE_OF_ADDED #/multipleOf'], []],
    ['multiples', { multipleOf: 2 }, { multipleOf: 6 }, ['MULTIPLE_OF_EXPANDED #/multipleOf'], []],
    ['others', { multipleOf: 4 }, { multipleOf: 6 }, changed, changed],
    ['decimals', { multipleOf: 0.5 }, { multipleOf: 0.25 }, [], ['MULTIPLE_OF_EXPANDED #/multipleOf']],
    ['other decimals', { multipleOf: 0.5 }, { multipleOf: 0.3 }, changed, changed],
    [
      'all at once',
      { type: 'number', maximum: 9, minimum: 1, multipleOf: 1 },
      { type: 'integer', maximum: 8, minimum: 2, multipleOf: 2 },
      [
        'MAXIMUM_DECREASED #/maximum',
        'MINIMUM_INCREASED #/minimum',
        'MULTIPLE_OF_EXPANDED #/multipleOf',
        'TYPE_NARROWED #/',
      ],
      [],
    ],
  ]);

  it('are what they were in another spelling', () => {
    const [one, other] = ['{"minimum":1}', '{"minimum":1.0}'].map((schema) => makeSchema(schema));
    expect(one && other && jsonLanguage.findIncompatibilities(one, other, 'new')).toEqual([]);
  });
});

describe('listed values', () => {
  const overlap = ['ENUM_ARRAY_CHANGED #/enum'];
  const other = ['ENUM_ARRAY_CHANGED #/const'];
  run([
    ['more', { enum: [1, 'a'] }, { enum: ['a', null, 1] }, [], ['ENUM_ARRAY_NARROWED #/enum']],
    ['others', { enum: [1, 2] }, { enum: [2, 3] }, overlap, overlap],
    ['in another order', { enum: [{ a: 1, b: 2 }, 1] }, { enum: [1, { b: 2, a: 1 }, 1] }, [], []],
    ['constant', { const: { a: [1] } }, { const: { a: [2] } }, other, other],
    ['constant null', { const: null }, { const: false }, other, other],
  ]);
});

describe('objects', () => {
  const open = { type: 'object', properties: { a: { type: 'string' } } };
  const closed = { ...open, additionalProperties: false };
  const partial = { ...open, additionalProperties: { type: 'string' } };
  const pattern = { ...closed, patternProperties: { '^x': { type: 'string' } } };
  const and = (object: { properties: object }, more: object, rest = {}) => ({
    ...object,
    ...rest,
    properties: { ...object.properties, ...more },
  });
  const addedToOpen = ['OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL #/properties/x'];
  const removedFromClosed = ['PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL #/properties/x'];
  const x = { x: { type: 'string' } };
  const notCovered = (direction: string) => [
    'TYPE_CHANGED #/properties/x',
    `PROPERTY_${direction}_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL #/properties/x`,
  ];
  run([
    ['open', open, and(open, x), addedToOpen, []],
    ['open, anything', open, and(open, { x: {} }), [], []],
    [
      'open, required',
      open,
      and(open, x, { required: ['x'] }),
      ['REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL #/properties/x'],
      [],
    ],
    [
      'open, required with a default',
      open,
      and(open, { x: { type: 'string', default: null } }, { required: ['x'] }),
      ['REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL #/properties/x'],
      [],
    ],
    ['closed', closed, and(closed, x), [], removedFromClosed],
    ['closed, impossible', closed, and(closed, { x: false }), [], []],
    [
      'closed, required',
      closed,
      and(closed, x, { required: ['x'] }),
      ['REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL #/properties/x'],
      removedFromClosed,
    ],
    [
      'closed, required with a default',
      closed,
      and(closed, { x: { default: 1 } }, { required: ['x'] }),
      [],
      removedFromClosed,
    ],
    ['partial', partial, and(partial, x), [], []],
    [
      'partial, not covered',
      partial,
      and(partial, { x: { type: 'null' } }),
      notCovered('ADDED'),
      notCovered('REMOVED'),
    ],
    ['pattern', pattern, and(pattern, x), [], []],
    [
      'pattern, not covered',
      pattern,
      and(pattern, { x: { type: 'null' } }),
      notCovered('ADDED'),
      notCovered('REMOVED'),
    ],
    [
      'pattern, another name',
      pattern,
      and(pattern, { ax: {} }),
      [],
      ['PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL #/properties/ax'],
    ],
    ['closing', open, closed, ['ADDITIONAL_PROPERTIES_REMOVED #/additionalProperties'], []],
    ['closing in part', open, partial, ['ADDITIONAL_PROPERTIES_NARROWED #/additionalProperties'], []],
    ['opening in part', closed, partial, [], ['ADDITIONAL_PROPERTIES_REMOVED #/additionalProperties']],
    [
      'other additional ones',
      partial,
      { ...open, additionalProperties: { type: 'string', maxLength: 1 } },
      ['MAX_LENGTH_ADDED #/additionalProperties/maxLength'],
      [],
    ],
    ['required', open, { ...open, required: ['a'] }, ['REQUIRED_ATTRIBUTE_ADDED #/required/a'], []],
    [
      'required with a default',
      open,
      { ...open, properties: { a: { type: 'string', default: '' } }, required: ['a'] },
      [],
      [],
    ],
    ['required, not described', { required: ['a'] }, { required: ['b'] }, [], []],
    ['at most', { type: 'object' }, { maxProperties: 1 }, ['MAX_PROPERTIES_ADDED #/maxProperties'], []],
    ['at most, fewer', { maxProperties: 2 }, { maxProperties: 1 }, ['MAX_PROPERTIES_DECREASED #/maxProperties'], []],
    ['at least', { type: 'object' }, { minProperties: 1 }, ['MIN_PROPERTIES_ADDED #/minProperties'], []],
    ['at least, more', { minProperties: 1 }, { minProperties: 2 }, ['MIN_PROPERTIES_INCREASED #/minProperties'], []],
    ['names are not compared', { propertyNames: { maxLength: 1 } }, { propertyNames: { maxLength: 2 } }, [], []],
    [
      'patterns are not compared',
      { patternProperties: { a: {} } },
      { patternProperties: { b: { type: 'null' } } },
      [],
      [],
    ],
    [
      'of properties',
      { properties: { a: { properties: { b: { type: 'integer' } } } } },
      { properties: { a: { properties: { b: { type: 'number' } } } } },
      [],
      ['TYPE_NARROWED #/properties/a/properties/b'],
    ],
  ]);

  it('are told property by property in the order of their hashes', () => {
    const names = ['zeta', 'alpha', 'Mu', 'b', 'a', '10', '9', 'constructor', '__proto__', ''];
    const make = (type: string) => `{"properties":{${names.map((name) => `"${name}":{"type":"${type}"}`).join(',')}}}`;
    const found = jsonLanguage.findIncompatibilities(makeSchema(make('null')), makeSchema(make('string')), 'new');
    // By `hashCode` modulo the size of the table, worked out by hand for this list.
    const order = [...names].sort((a, b) => bucket(a) - bucket(b));
    expect(found.map(({ path }) => path)).toEqual(order.map((name) => `#/properties/${name}`));

    function bucket(name: string): number {
      const hash = [...name].reduce((sum, char) => BigInt.asUintN(32, sum * 31n + BigInt(char.charCodeAt(0))), 0n);
      return Number((hash ^ (hash >> 16n)) % 16n);
    }
  });
});

describe('dependencies', () => {
  const none = { type: 'object' };
  const on = (a: unknown) => ({ type: 'object', dependencies: { a } });
  const at = (type: string) => [`${type} #/dependencies/a`];
  const on2020 = (more: object) => ({ $schema: D2020, type: 'object', ...more });
  run([
    ['names', none, on(['b']), at('DEPENDENCY_ARRAY_ADDED'), []],
    ['no names', none, on([]), [], []],
    ['more names', on(['b']), on(['c', 'b']), at('DEPENDENCY_ARRAY_EXTENDED'), []],
    ['other names', on(['b']), on(['c']), at('DEPENDENCY_ARRAY_CHANGED'), at('DEPENDENCY_ARRAY_CHANGED')],
    ['a schema', none, on({ required: ['b'] }), at('DEPENDENCY_SCHEMA_ADDED'), []],
    [
      'another schema',
      on({ maxProperties: 2 }),
      on({ maxProperties: 1 }),
      ['MAX_PROPERTIES_DECREASED #/dependencies/a/maxProperties'],
      [],
    ],
    ['from names to a schema', on(['b']), on({}), at('DEPENDENCY_SCHEMA_ADDED'), at('DEPENDENCY_ARRAY_ADDED')],
    ['dependentRequired', on2020({}), on2020({ dependentRequired: { a: ['b'] } }), at('DEPENDENCY_ARRAY_ADDED'), []],
    ['dependentRequired of none', on2020({}), on2020({ dependentRequired: { a: [] } }), [], []],
    ['dependentSchemas', on2020({}), on2020({ dependentSchemas: { a: {} } }), at('DEPENDENCY_SCHEMA_ADDED'), []],
    ['of older drafts', on2020({}), on2020({ dependencies: { a: ['b'] } }), [], []],
  ]);
});

describe('arrays', () => {
  const any = { type: 'array' };
  const string = { type: 'string' };
  const list = { type: 'array', items: string };
  const tuple = (...items: readonly unknown[]) => ({ type: 'array', items });
  const closed = (...items: readonly unknown[]) => ({ type: 'array', items, additionalItems: false });
  const partial = (...items: readonly unknown[]) => ({ type: 'array', items, additionalItems: string });
  const modern = (more: object) => ({ $schema: D2020, type: 'array', ...more });
  const removed = ['ADDITIONAL_ITEMS_REMOVED #/additionalItems'];
  const contains = (more: object) => ({ $schema: D2020, contains: string, ...more });
  const notCovered = (direction: string) => [
    'TYPE_CHANGED #/items/0',
    `ITEM_${direction}_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL #/items/0`,
  ];
  run([
    ['a list', any, list, ['SCHEMA_ADDED #/items'], []],
    [
      'another list',
      list,
      { type: 'array', items: { ...string, maxLength: 1 } },
      ['MAX_LENGTH_ADDED #/items/maxLength'],
      [],
    ],
    ['open', tuple(), tuple(string), ['ITEM_ADDED_TO_OPEN_CONTENT_MODEL #/items/0'], []],
    ['open, anything', tuple(), tuple(true), [], []],
    ['closed', closed(string), closed(string, string), [], ['ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL #/items/1']],
    ['closed, impossible', closed(), closed(false), [], []],
    ['partial', partial(), partial(string), [], []],
    ['partial, not covered', partial(), partial({ type: 'null' }), notCovered('ADDED'), notCovered('REMOVED')],
    ['closing', tuple(string), closed(string), ['ADDITIONAL_ITEMS_REMOVED #/additionalItems'], []],
    ['closing in part', tuple(string), partial(string), ['ADDITIONAL_ITEMS_NARROWED #/additionalItems'], []],
    ['a closed list', list, { ...list, additionalItems: false }, [], []],
    ['at most', any, { ...any, maxItems: 1 }, ['MAX_ITEMS_ADDED #/maxItems'], []],
    ['at most, fewer', { maxItems: 2 }, { maxItems: 1 }, ['MAX_ITEMS_DECREASED #/maxItems'], []],
    ['at least', any, { ...any, minItems: 1 }, ['MIN_ITEMS_ADDED #/minItems'], []],
    ['at least, more', { minItems: 1 }, { minItems: 2 }, ['MIN_ITEMS_INCREASED #/minItems'], []],
    ['without repetition', { uniqueItems: false }, { uniqueItems: true }, ['UNIQUE_ITEMS_ADDED #/uniqueItems'], []],
    ['contains in draft 7', any, { ...any, contains: string }, [], []],
    ['minContains in draft 7', any, { ...any, minContains: 0 }, ['MIN_CONTAINS_ADDED #/minContains'], []],
    ['minContains beside another demand', { ...any, not: {} }, { ...any, not: {}, maxContains: 2 }, [], []],
    ['minContains', contains({}), contains({ minContains: 2 }), ['MIN_CONTAINS_INCREASED #/minContains'], []],
    ['maxContains', contains({}), contains({ maxContains: 2 }), ['MAX_CONTAINS_ADDED #/maxContains'], []],
    ['fewer', contains({ maxContains: 2 }), contains({ maxContains: 1 }), ['MAX_CONTAINS_DECREASED #/maxContains'], []],
    ['contains', { $schema: D2020, type: 'array' }, contains({}), ['MIN_CONTAINS_ADDED #/minContains'], []],
    ['minContains, cut', contains({ minContains: 2 }), contains({ minContains: 2.9 }), [], []],
    ['no number', contains({}), contains({ minContains: 'x' }), [], []],
    ['any items since 2019-09', modern({}), modern({ items: true }), [], []],
    ['any items, as a schema', modern({}), modern({ items: {} }), ['SCHEMA_ADDED #/items'], []],
    ['no items since 2019-09', modern({}), modern({ items: false }), removed, []],
    ['a list of none', modern({ items: string }), modern({ items: false }), removed, ['SCHEMA_ADDED #/items']],
    ['an empty tuple', modern({ items: string }), modern({ items: string, prefixItems: [] }), [], []],
    [
      'prefixItems',
      { $schema: D2020, prefixItems: [string], items: false },
      { $schema: D2020, prefixItems: [string, string], items: false },
      [],
      ['ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL #/items/1'],
    ],
  ]);
});

describe('combinations', () => {
  const string = { type: 'string' };
  const integer = { type: 'integer' };
  const number = { type: 'number' };
  const parts = ['COMBINED_TYPE_SUBSCHEMAS_CHANGED #/'];
  const kind = ['COMBINED_TYPE_CHANGED #/'];
  const type = ['TYPE_CHANGED #/'];
  run([
    ['more alternatives', { oneOf: [string] }, { oneOf: [integer, string] }, [], ['SUM_TYPE_NARROWED #/']],
    ['more demands', { allOf: [string] }, { allOf: [integer, string] }, ['PRODUCT_TYPE_EXTENDED #/'], []],
    ['wider', { anyOf: [integer, string] }, { anyOf: [string, number] }, [], parts],
    ['one and the same twice', { anyOf: [string, string, integer] }, { anyOf: [integer, string] }, [], []],
    ['others', { oneOf: [string] }, { oneOf: [integer] }, parts, parts],
    ['oneOf to anyOf', { oneOf: [string, integer] }, { anyOf: [string, integer] }, [], kind],
    ['allOf to anyOf, more', { allOf: [string, integer] }, { anyOf: [string, integer, { type: 'null' }] }, [], kind],
    ['oneOf to allOf', { oneOf: [string, integer] }, { allOf: [string, integer] }, kind, kind],
    ['single ones', { oneOf: [string] }, { allOf: [string] }, [], []],
    ['a list of one type', { type: ['string'] }, { oneOf: [string, integer] }, [], ['SUM_TYPE_NARROWED #/']],
    ['the only one of all', { allOf: [string] }, { oneOf: [integer, string] }, [], kind],
    ['one of all', { allOf: [string, integer] }, { oneOf: [string] }, [], kind],
    ['several kinds', { ...string, const: 'a' }, { oneOf: [{ type: 'null' }] }, parts, kind],
    ['one of several', string, { oneOf: [integer, string] }, [], type],
    ['all of several', string, { allOf: [integer, string] }, type, []],
    ['the only one', string, { allOf: [string] }, [], []],
    ['no alternative', string, { oneOf: [integer] }, type, type],
    ['a further demand', string, { ...string, enum: ['a'] }, type, []],
    ['empty', { oneOf: [] }, { oneOf: [string] }, [], ['SUM_TYPE_NARROWED #/']],
    ['what must not be', { not: integer }, { not: number }, ['NOT_TYPE_EXTENDED #/not'], []],
    [
      'partners that fit more than one',
      { anyOf: [integer, { ...integer, minimum: 1 }] },
      { anyOf: [number, { ...integer, minimum: 0 }] },
      [],
      parts,
    ],
  ]);
});

describe('equal parts', () => {
  const object = { type: 'object' };
  const array = { type: 'array' };
  const string = { type: 'string' };
  const D6 = 'http://json-schema.org/draft-06/schema#';
  const D7 = 'http://json-schema.org/draft-07/schema#';
  /** Whether two parts count as one: then nothing goes when one does. */
  const areOne = ($schema: string, one: unknown, other: unknown) =>
    find({ $schema, oneOf: [one, other] }, { $schema, oneOf: [true] }).length === 0;

  it.each<readonly [object, object, readonly string[]]>([
    [object, { ...object, additionalProperties: true, properties: {}, required: [] }, [D6, D7, D2020]],
    [object, { ...object, additionalProperties: {} }, []],
    [object, { ...object, properties: { additionalProperties: true } }, []],
    [object, { ...object, dependencies: { a: [] } }, [D6, D7]],
    [object, { ...object, dependentRequired: { a: [] } }, [D2020]],
    [{ enum: [1] }, { enum: [1], additionalProperties: true }, []],
    [array, { ...array, uniqueItems: false }, [D6, D7, D2020]],
    [array, { ...array, items: true }, [D2020]],
    [array, { ...array, additionalItems: true, items: [] }, [D6, D7]],
    [{ ...array, items: {} }, { ...array, items: {}, additionalItems: false }, [D6, D7]],
    [string, { ...string, format: 'iri' }, [D6, D7, D2020]],
    [string, { ...string, format: 'date' }, [D6, D2020]],
    [string, { ...string, title: 't' }, []],
    [string, { ...string, readOnly: true }, [D2020]],
    [{ enum: [1, 2] }, { enum: [2, 1, 2] }, [D6, D7, D2020]],
    [{ not: { enum: [1] } }, { not: { enum: [2] } }, []],
    [{ type: ['string', 'null'] }, { type: ['null', 'string'] }, [D6, D7, D2020]],
    [{ anyOf: [string, array] }, { anyOf: [array, string] }, [D6, D7, D2020]],
  ])('%j and %j', (one, other, drafts) => {
    expect([D6, D7, D2020].filter((draft) => areOne(draft, one, other))).toEqual(drafts);
  });
});

describe('demands of several kinds since 2019-09', () => {
  const modern = (more: object) => ({ $schema: D2020, ...more });
  const string = { type: 'string' };
  const integer = { type: 'integer' };
  const parts = ['COMBINED_TYPE_SUBSCHEMAS_CHANGED #/'];
  const narrowed = ['SUM_TYPE_NARROWED #/'];
  const listed = { type: ['integer', 'string'], minLength: 5 };
  run([
    [
      'are parts of the combination around them',
      modern({ oneOf: [{ ...string, enum: ['a'] }, integer] }),
      modern({ oneOf: [string, integer] }),
      narrowed,
      [],
    ],
    [
      'are not, written as allOf',
      modern({ oneOf: [{ allOf: [string, { enum: ['a'] }] }, integer] }),
      modern({ oneOf: [string, integer] }),
      [],
      parts,
    ],
    [
      'count once',
      modern({ oneOf: [{ ...string, enum: ['a'] }, { enum: ['a'] }] }),
      modern({ oneOf: [string, { enum: ['a'] }] }),
      [],
      [],
    ],
    // `format` comes between the two in the order of the hash table.
    [
      'join a list of types',
      modern({ type: ['string', 'null'] }),
      modern({ type: ['string', 'null'], minLength: 1 }),
      parts,
      [],
    ],
    [
      'do not join it after another kind',
      modern({ ...listed, format: 'date' }),
      modern({ ...listed, minLength: 5 }),
      parts,
      ['COMBINED_TYPE_CHANGED #/'],
    ],
    ['need a property', modern(string), modern({ ...string, properties: {} }), [], []],
  ]);
});

describe('references', () => {
  const list = (type: string) => ({
    $ref: '#/definitions/L',
    definitions: { L: { properties: { v: { type }, next: { $ref: '#/definitions/L' } } } },
  });
  const tree = (type: string) => ({ properties: { v: { type }, child: { $ref: '#' } } });
  run([
    [
      'without a default of their own',
      { type: 'object', additionalProperties: false },
      {
        type: 'object',
        additionalProperties: false,
        properties: { a: { $ref: '#/definitions/A', default: 1 } },
        required: ['a'],
        definitions: { A: { type: 'integer', default: 1 } },
      },
      ['REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL #/properties/a'],
      ['PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL #/properties/a'],
    ],
    ['to what was there', { type: 'string' }, { $ref: '#/$defs/A', $defs: { A: { type: 'string' } } }, [], []],
    ['in cycles', list('integer'), list('number'), [], ['TYPE_NARROWED #/properties/v']],
    [
      // The top is loaded a second time for the reference to it, and so told of twice.
      'to the top',
      tree('integer'),
      tree('number'),
      [],
      ['TYPE_NARROWED #/properties/v', 'TYPE_NARROWED #/properties/child/properties/v'],
    ],
    ['to themselves', { type: 'string' }, { $ref: '#' }, [], ['TYPE_CHANGED #/']],
    ['with text beside them', { $ref: '#/$defs/A', type: 'null', $defs: { A: {} } }, {}, [], []],
    [
      'with keywords beside them, since 2019-09',
      { $schema: D2020, $ref: '#/$defs/A', $defs: { A: { type: 'string' } } },
      { $schema: D2020, $ref: '#/$defs/A', minLength: 1, $defs: { A: { type: 'string' } } },
      ['TYPE_CHANGED #/'],
      [],
    ],
  ]);
});
