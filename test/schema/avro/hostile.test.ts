/** Whatever is sent, there is an answer: soon, and without an exception. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { avroLanguage } from '../../../src/schema/avro/avro-language.ts';
import type { ResolvedReference, ResolvedSchema } from '../../../src/schema/language.ts';

const PLAIN = { normalize: false, validate: true };
const NORMALIZED = { normalize: true, validate: true };

function store(schema: string, references: readonly ResolvedReference[] = []): string {
  const canonical = avroLanguage.canonicalize(schema, references, PLAIN);
  const normalized = avroLanguage.canonicalize(schema, references, NORMALIZED);
  expect(Object.keys(normalized)).toHaveLength(1);
  return 'text' in canonical ? canonical.text : canonical.error;
}

function check(reader: string, writer: string) {
  const resolve = (schema: string): ResolvedSchema => ({ schemaType: 'AVRO', schema, references: [] });
  return avroLanguage.findIncompatibilities(resolve(reader), resolve(writer), 'new');
}

function record(fields: string, name = 'R'): string {
  return `{"type":"record","name":"${name}","fields":[${fields}]}`;
}

function list(length: number, make: (index: number) => string): string {
  return Array.from({ length }, (_, index) => make(index)).join(',');
}

/** `{"name":"f0","type":…},…` */
function fields(types: readonly string[]): string {
  return types.map((type, index) => `{"name":"f${index}","type":${type}}`).join(',');
}

describe('depth', () => {
  const arrays = (depth: number, inner = '"int"') =>
    '{"type":"array","items":'.repeat(depth) + inner + '}'.repeat(depth);

  it('is 1000 containers, as for Jackson', () => {
    expect(store(arrays(1000))).toBe(arrays(1000));
    expect(store(arrays(1001))).toContain('Document nesting depth (1001) exceeds the maximum allowed (1000');
    expect(store('['.repeat(1_000_000))).toContain('Document nesting depth (1001)');
    expect(check(arrays(1000), arrays(1000, '"string"'))).toHaveLength(1);
  });

  it('may be used up by an attribute or a default', () => {
    expect(store(`{"type":"int","p":${'{"a":'.repeat(990)}1${'}'.repeat(990)}}`)).toContain('"int"');
    const type = record('{"name":"f","type":["null",{"type":"array","items":"T"}]}', 'T');
    const value = '{"f":['.repeat(490) + ']}'.repeat(490);
    expect(store(record(`{"name":"d","type":${type},"default":${value}}`))).toContain('"default"');
  });

  it('counts in what is written, where names lead to names', () => {
    const chain = [...Array(3000).keys()].map((index) => record(`{"name":"x","type":"T${index + 1}"}`, `T${index}`));
    const text = record(fields(['"T0"', ...chain, record('', 'T3000')]));
    expect(store(text)).toContain('StreamWriteConstraints.getMaxNestingDepth()');
  });

  it('does not matter among references, but in the text that inlines them', () => {
    let references: readonly ResolvedReference[] = [];
    for (let index = 0; index < 5000; index++) {
      const schema = record(index === 0 ? '' : `{"name":"x","type":"T${index - 1}"}`, `T${index}`);
      references = [{ name: `T${index}`, schemaType: 'AVRO', schema, references }];
    }
    const schema = record('{"name":"x","type":"T4999"}');
    expect(store(schema, references)).toBe(schema);
    const resolved: ResolvedSchema = { schemaType: 'AVRO', schema, references };
    expect(avroLanguage.format(resolved, 'resolved')).toHaveProperty('error');
    expect(avroLanguage.findIncompatibilities(resolved, resolved, 'old')).toEqual([]);
    expect(avroLanguage.equalsInlined('"int"', schema, references)).toBe(false);
  });
});

describe('cycles', () => {
  it('of references end', () => {
    const references: ResolvedReference[] = [];
    references.push({ name: 'A', schemaType: 'AVRO', schema: record('', 'A'), references });
    expect(store('"A"', references)).toBe('"A"');
  });

  it('of types whose lengths have no common divisor end in an answer', () => {
    const ring = (length: number, type: string) => {
      const next = (index: number) => `{"name":"x","type":"T${(index + 1) % length}"},{"name":"v","type":"${type}"}`;
      return record(fields([...Array(length).keys()].map((index) => record(next(index), `T${index}`))));
    };
    const [found] = check(ring(301, 'int'), ring(300, 'string'));
    expect(found?.message).toBe(
      'Unexpected exception during compatibility check: the schemas nest too deep to be compared',
    );
  });
});

it('cuts a list of mismatches that doubles with every level', () => {
  const doubling = (type: string) => {
    const level = (index: number) => `{"name":"x","type":"T${index}"},{"name":"y","type":"T${index}"}`;
    const levels = [...Array(40).keys()].map((index) => record(level(index), `T${index + 1}`));
    return record(fields([record(`{"name":"v","type":"${type}"}`, 'T0'), ...levels]));
  };
  expect(check(doubling('int'), doubling('string'))).toHaveLength(10_000);
});

it('takes wide schemas', () => {
  expect(store(record(list(20_000, (index) => `{"name":"f${index}","type":"int"}`)))).toContain('"f19999"');
  expect(store(`[${list(20_000, (index) => `{"type":"fixed","name":"F${index}","size":1}`)}]`)).toContain('"F19999"');
  expect(store(`{"type":"enum","name":"E","symbols":[${list(20_000, (index) => `"S${index}"`)}]}`)).toContain(
    '"S19999"',
  );
});

it('takes odd values', () => {
  expect(store(`{"type":"int","p":${'9'.repeat(1001)}}`)).toContain('Number value length (1001)');
  expect(store('{"type":"int","p":1e99999999999}')).toBe('{"type":"int","p":"Infinity"}');
  expect(store('{"type":"int","\\ud800":"\\udfff"}')).toBe('{"type":"int","\ud800":"\udfff"}');
  expect(store(`${'//\n'.repeat(100_000)}"int"`)).toBe('"int"');
  const hexadecimal = `{"name":"a","type":"double","default":"0x${'f'.repeat(100_000)}p-9"}`;
  expect(store(record(hexadecimal))).toContain('"Infinity"');
  const own = '{"type":"record","name":"__proto__","fields":[{"name":"__proto__","type":["null","__proto__"]}]}';
  expect(store(own)).toBe(own);
  expect(store('{"type":"constructor"}')).toContain('Unknown schema');
});

it('answers to any text', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json(), mutatedSchema()), (text) => {
      store(text);
    }),
    { numRuns: 3000, verbose: true },
  );
});

it('stores what it stored', () => {
  let stored = 0;
  fc.assert(
    fc.property(mutatedSchema(), (text) => {
      for (const options of [PLAIN, NORMALIZED]) {
        const once = avroLanguage.canonicalize(text, [], options);
        if (!('text' in once)) continue;
        expect(avroLanguage.canonicalize(once.text, [], options)).toEqual(once);
        stored++;
      }
    }),
    { numRuns: 3000, verbose: true },
  );
  expect(stored).toBeGreaterThan(500);
});

/** Well-formed JSON in which types, names and values stand in each other's places. */
function mutatedSchema(): fc.Arbitrary<string> {
  const word = fc.constantFrom('int', 'string', 'null', 'record', 'enum', 'array', 'x.A', 'A', '', 'a-b', '__proto__');
  const { node } = fc.letrec<{ node: unknown; object: unknown }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 5, depthSize: 'medium' },
      word,
      fc.constantFrom(null, 1, -1, 2.5, 1e30, true),
      tie('object'),
      fc.array(tie('node'), { maxLength: 3 }),
    ),
    object: fc.record(
      {
        type: fc.oneof(fc.constantFrom('record', 'enum', 'fixed', 'array', 'map'), tie('node')),
        name: word,
        namespace: word,
        fields: fc.array(
          fc.record({ name: word, type: tie('node'), default: tie('node') }, { requiredKeys: ['name'] }),
        ),
        symbols: fc.array(word),
        size: fc.constantFrom(1, 2, -1, 1.5),
        items: tie('node'),
        values: tie('node'),
        aliases: fc.array(word),
        doc: word,
        zz: tie('node'),
        logicalType: fc.constantFrom('decimal', 'date', 'other'),
      },
      { requiredKeys: ['type', 'name'] },
    ),
  }));
  return node.map((value) => JSON.stringify(value));
}
