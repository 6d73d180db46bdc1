/** Which schemas are refused, as rules of the loaders of the real registry. */
import { describe, expect, it } from 'vitest';
import { jsonLanguage } from '../../../src/schema/json/json-language.ts';
import type { ResolvedReference } from '../../../src/schema/language.ts';

const D4 = 'http://json-schema.org/draft-04/schema#';
const D6 = 'http://json-schema.org/draft-06/schema#';
const D7 = 'http://json-schema.org/draft-07/schema#';
const D2019 = 'https://json-schema.org/draft/2019-09/schema';
const D2020 = 'https://json-schema.org/draft/2020-12/schema';
const ALL = [D4, D6, D7, D2019, D2020];
const MODERN = [D2019, D2020];
const CLASSIC = [D4, D6, D7];

function refer(name: string, schema: string, references: readonly ResolvedReference[] = []): ResolvedReference {
  return { name, schemaType: 'JSON', schema, references };
}

function accepts(schema: unknown, references: readonly ResolvedReference[] = []): boolean {
  const text = typeof schema === 'string' ? schema : JSON.stringify(schema);
  return 'text' in jsonLanguage.canonicalize(text, references, { normalize: false, validate: true });
}

/** The drafts whose loader takes a schema with these keywords. */
function acceptedIn(keywords: object): readonly string[] {
  return ALL.filter((draft) => accepts({ $schema: draft, ...keywords }));
}

describe('values of keywords', () => {
  it.each<readonly [object, readonly string[]]>([
    [{ type: 'strin' }, []],
    [{ type: 5 }, []],
    [{ type: ['string', 5] }, []],
    [{ type: ['string', 'strin'] }, []],
    [{ type: [] }, ALL],
    [{ title: 5 }, []],
    [{ description: null }, []],
    [{ default: null, examples: 5, $comment: 5 }, ALL],
    [{ readOnly: 'yes' }, [D4, D6]],
    [{ maxLength: -1 }, ALL],
    [{ maxLength: 2147483648 }, MODERN],
    [{ minProperties: 1.5 }, MODERN],
    [{ minItems: '1' }, []],
    [{ multipleOf: 0 }, MODERN],
    [{ type: 'string', not: { multipleOf: 0.0 } }, MODERN],
    [{ minimum: '1' }, []],
    [{ minimum: null }, []],
    [{ exclusiveMinimum: true, minimum: 1 }, [D4]],
    [{ exclusiveMinimum: 1 }, [D6, D7, D2019, D2020]],
    [{ pattern: '(' }, []],
    [{ patternProperties: { '(': true } }, []],
    [{ format: 5 }, []],
    [{ required: 'a' }, []],
    [{ required: [1] }, []],
    [{ required: true }, []],
    [{ properties: [] }, []],
    [{ properties: { a: 5 } }, []],
    [{ properties: { a: null } }, []],
    [{ properties: { a: true } }, ALL],
    [{ properties: { $id: 'x' } }, CLASSIC.filter((draft) => draft !== D4)],
    [{ properties: { id: 'x' } }, [D4]],
    [{ additionalProperties: 'no' }, []],
    [{ items: 5 }, []],
    [{ items: true }, [D6, D7, D2019, D2020]],
    [{ items: [{}] }, CLASSIC],
    [{ items: [true] }, CLASSIC],
    [{ prefixItems: 5 }, CLASSIC],
    [{ additionalItems: 5 }, MODERN],
    [{ contains: 5 }, [D4]],
    [{ minContains: 'x', contains: {} }, ALL],
    [{ uniqueItems: 'yes' }, []],
    [{ enum: 5 }, []],
    [{ enum: [] }, ALL],
    [{ anyOf: {} }, []],
    [{ oneOf: [] }, ALL],
    [{ allOf: [5] }, []],
    [{ not: 5 }, []],
    [{ if: 5 }, [D4, D6]],
    [{ else: 5 }, [D4, D6, D2019, D2020]],
    [{ propertyNames: 5 }, [D4]],
    [{ dependencies: { a: 5 } }, MODERN],
    [{ dependencies: { a: true } }, [D6, D7, D2019, D2020]],
    [{ dependentRequired: { a: 5 } }, CLASSIC],
    [{ dependentSchemas: { a: 5 } }, CLASSIC],
    [{ unevaluatedProperties: 5 }, CLASSIC],
    [{ type: 'string', items: 5 }, []],
    [{ $ref: 5 }, []],
    [{ $ref: '' }, []],
    [{ $ref: '#', type: 5 }, CLASSIC],
    [{ definitions: { A: { type: 5 } } }, ALL],
    [{ $defs: 5 }, CLASSIC],
    [{ $defs: { A: { $ref: '#/nowhere' } } }, CLASSIC],
    [{ not: { $defs: { A: { items: [] } } } }, CLASSIC],
    [{ $id: 5 }, [D4, D2019, D2020]],
    [{ not: { $id: 'a b' } }, [D4]],
    [{ not: { id: 'a[b' } }, ALL.filter((draft) => draft !== D4)],
    [{ $anchor: 5 }, ALL],
    [{ $dynamicAnchor: 5 }, CLASSIC],
    [{ not: { $anchor: 'a#b' } }, CLASSIC],
  ])('%j', (keywords, drafts) => {
    expect(acceptedIn(keywords)).toEqual(drafts);
  });

  it('of other types than schemas have', () => {
    expect(['null', '5', '"x"', '[]'].some((text) => accepts(text))).toBe(false);
    expect(['true', 'false', '{}'].every((text) => accepts(text))).toBe(true);
    expect([5, null, ['x']].some(($schema) => accepts({ $schema }))).toBe(false);
    expect(accepts({ $schema: 'http://example.org/mine', const: 1 })).toBe(true);
    // Words for numbers that are none become strings.
    expect([accepts('{"default":NaN}'), accepts('{"minimum":NaN}')]).toEqual([true, false]);
  });
});

describe('references inside of a text', () => {
  it.each<readonly [object, readonly string[]]>([
    [{ $ref: '#/definitions/A', definitions: { A: {} } }, ALL],
    [{ $ref: '#/definitions/none', definitions: { A: {} } }, []],
    [{ $ref: '#/definitions/A', definitions: { A: 5 } }, []],
    [{ $ref: '#/definitions/a~1b%25/1', definitions: { 'a/b%': [5, {}] } }, ALL],
    [{ $ref: '#/definitions/A/01', definitions: { A: [5, {}] } }, []],
    [{ $ref: '#/__proto__' }, []],
    [{ $ref: '#/definitions/A/constructor', definitions: { A: {} } }, []],
    [{ $ref: '#x', definitions: { A: { $anchor: 'x' } } }, MODERN],
    [{ $ref: '#x', definitions: { A: { $id: '#x' } } }, [D6, D7]],
    [{ $ref: '#x', definitions: { A: { id: '#x' } } }, [D4]],
    [{ $dynamicRef: '#none' }, CLASSIC],
    [{ $ref: '#/definitions/A', definitions: { A: { $ref: '#/definitions/B' }, B: { $ref: '#/definitions/A' } } }, ALL],
    [{ $id: 'http://x.org/a', $ref: 'http://x.org/a' }, [D6, D7, D2019, D2020]],
    [{ $id: 'http://x.org/a', properties: { a: { $ref: 'b' }, b: { $id: 'b' } } }, [D6, D7, D2019, D2020]],
    // A pointer starts at the top of the text until draft 7, and at the nearest id since.
    [{ properties: { a: { $id: 'http://x.org/b', $ref: '#/$defs/A', $defs: {} } }, $defs: { A: {} } }, CLASSIC],
    [{ properties: { a: { $id: 'http://x.org/b', $ref: '#/$defs/A', $defs: { A: {} } } } }, MODERN],
    [{ $ref: 'http://127.0.0.1:1/x.json' }, []],
  ])('%j', (keywords, drafts) => {
    expect(acceptedIn(keywords)).toEqual(drafts);
  });

  it('start from an id that Java takes for an address', () => {
    expect(accepts({ $id: 'my schema' })).toBe(false);
    expect(accepts({ $id: '' })).toBe(true);
    const refused = ['[', 'http://x.org/]', 'a#b#c', ':a', '1:b', 'http:', 'http://', 'a%zz'];
    expect(refused.filter(($id) => accepts({ $id }))).toEqual([]);
    const taken = ['http://[::1]/a', 'a?[', 'a#[', 'a/1:b', 'urn:x', 'é', 'a%20b'];
    expect(taken.filter(($id) => !accepts({ $id }))).toEqual([]);
  });
});

describe('references to other schemas', () => {
  const object = '{"type":"object","definitions":{"A":{"type":"string"}}}';

  it.each<readonly [string, string, string, boolean]>([
    ['', 'a.json', 'a.json', true],
    ['', 'a.json', 'a.json#/definitions/A', true],
    ['', 'a.json', 'a.json#/definitions/B', false],
    ['', 'a.json', './a.json', false],
    ['', 'a.json', 'b.json', false],
    ['http://x.org/top.json', 'a.json', 'a.json', true],
    ['http://x.org/top.json', 'http://x.org/a.json', 'a.json', true],
    ['http://x.org/b/top.json', '../a.json', 'http://x.org/a.json', true],
    ['http://x.org/top.json', 'http://y.org/a.json', 'a.json', false],
  ])('from id %j, named %s, as %s: %s', (id, name, $ref, expected) => {
    for (const $schema of [D7, D2020]) {
      const schema = { $schema, ...(id === '' ? {} : { $id: id }), properties: { a: { $ref } } };
      expect(accepts(schema, [refer(name, object)])).toBe(expected);
    }
  });

  it('start from the id that the other schema has, not from its name', () => {
    const outer = { $id: 'http://x.org/top.json', $ref: 'a.json' };
    const inner = '{"$id":"http://y.org/a.json","$ref":"b.json"}';
    expect(accepts(outer, [refer('a.json', inner, [refer('b.json', '{}')])])).toBe(false);
    expect(accepts(outer, [refer('a.json', inner, [refer('http://y.org/b.json', '{}')])])).toBe(true);
  });

  it('share their names, however deep they are', () => {
    const inner = refer('b.json', '{"$ref":"c.json"}', [refer('c.json', '{"type":5}')]);
    expect(accepts({ $ref: 'b.json' }, [inner])).toBe(false);
    expect(accepts({ $ref: 'b.json' }, [inner, refer('c.json', '{"type":"string"}')])).toBe(false);
    expect(accepts({ $ref: 'b.json' }, [refer('c.json', '{"type":"string"}'), inner])).toBe(true);
  });

  it('must be objects until draft 7, used or not', () => {
    expect(accepts({ $schema: D7 }, [refer('a.json', 'true')])).toBe(false);
    expect(accepts({ $schema: D2020, $ref: 'a.json' }, [refer('a.json', 'true')])).toBe(true);
    expect(accepts({ $schema: D2020 }, [refer('a.json', 'not JSON')])).toBe(true);
    expect(accepts({ $schema: D2020, $ref: 'a.json' }, [refer('a.json', 'not JSON')])).toBe(false);
  });

  it('may be of an older draft', () => {
    const older = `{"$schema":"${D4}","minimum":1,"exclusiveMinimum":true}`;
    expect(accepts({ $ref: 'a.json' }, [refer('a.json', older)])).toBe(true);
    expect(accepts({ $ref: 'a.json' }, [refer('a.json', '{"minimum":1,"exclusiveMinimum":true}')])).toBe(false);
  });
});

describe('imports', () => {
  const canonicalize = (text: string) => jsonLanguage.canonicalize(text, [], { normalize: false, validate: false });

  it('must be JSON, and no more', () => {
    expect(canonicalize('{ "$ref" : "nowhere.json" }')).toEqual({ text: '{"$ref":"nowhere.json"}' });
    expect(canonicalize('{ "type" : 5 }')).toEqual({ text: '{"type":5}' });
    expect(canonicalize('x')).toEqual({ error: 'Invalid JSON schema' });
  });

  it('are told apart when something is compared with them', () => {
    const good = { schemaType: 'JSON', schema: '{}', references: [] } as const;
    const bad = { ...good, schema: '{"$ref":"nowhere.json"}' };
    const find = jsonLanguage.findIncompatibilities;
    const description = 'The old schema cannot be loaded: `$ref` leads nowhere: nowhere.json';
    expect(find(good, bad, 'new')).toMatchObject([
      { errorType: 'INVALID_SCHEMA', description, crashesConfluent: true },
    ]);
    expect(find(bad, good, 'old')).toMatchObject([
      { errorType: 'INVALID_SCHEMA', description, crashesConfluent: true },
    ]);
    expect(find({ ...good, schema: 'x' }, good, 'new')).toMatchObject([
      { description: 'The new schema cannot be loaded: it is not JSON' },
    ]);
  });
});

it('has no other form of a schema, and none with references written in', () => {
  const stored = { schemaType: 'JSON', schema: '{"$ref":"a.json"}', references: [refer('a.json', '{}')] } as const;
  expect(jsonLanguage.format(stored, 'resolved')).toBeUndefined();
  expect(jsonLanguage.equalsInlined('{}', stored.schema, stored.references)).toBe(false);
  expect(jsonLanguage.equalsInlined(stored.schema, stored.schema, stored.references)).toBe(true);
});
