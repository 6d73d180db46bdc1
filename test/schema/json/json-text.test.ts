/** Reading and writing JSON as the registry's parser does. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJson } from '../../../src/schema/json/read-json.ts';
import { writeJson, writeSortedJson } from '../../../src/schema/json/write-json.ts';

function rewrite(text: string): string | undefined {
  const node = readJson(text);
  return node === undefined ? undefined : writeJson(node);
}

describe('what is read', () => {
  it.each([
    ['{"10":1,"9":2,"a":3,"1":4}', '{"10":1,"9":2,"a":3,"1":4}'],
    ['{"a":1,"b":2,"a":3}', '{"a":3,"b":2}'],
    ['{"__proto__":{"a":1},"constructor":[]}', '{"__proto__":{"a":1},"constructor":[]}'],
    [' [ 1 , 2 ] // more', '[1,2]'],
    ['/* a */ {/* b */"x"/**/:// c\n1/* d */}', '{"x":1}'],
    ['{"a":1} and {anything}', '{"a":1}'],
    [
      '[NaN,Infinity,-Infinity,INF,-INF,+INF,+Infinity]',
      strings('NaN', 'Infinity', '-Infinity', 'Infinity', '-Infinity', 'Infinity', 'Infinity'),
    ],
    ['"\\u0041\\/\\u2028\\u001f\\u007f"', '"A/\u2028\\u001F\u007f"'],
    ['"\\ud800"', '"\ud800"'],
    ['"\\b\\t\\n\\f\\r\\"\\\\"', '"\\b\\t\\n\\f\\r\\"\\\\"'],
    ['true{', 'true'],
    ['7 seven', '7'],
  ])('%j', (text, expected) => {
    expect(rewrite(text)).toBe(expected);
  });

  function strings(...values: readonly string[]): string {
    return JSON.stringify(values);
  }
});

describe('numbers', () => {
  it.each([
    ['0', '0'],
    ['-0', '0'],
    ['-0.0', '0.0'],
    ['1.50', '1.50'],
    ['1e2', '1E+2'],
    ['1E+2', '1E+2'],
    ['1e0', '1'],
    ['12e-1', '1.2'],
    ['1e-6', '0.000001'],
    ['1e-7', '1E-7'],
    ['123e-9', '1.23E-7'],
    ['1.0E10', '1.0E+10'],
    ['0e5', '0E+5'],
    ['0.000', '0.000'],
    ['123456789012345678901234567890', '123456789012345678901234567890'],
    ['0.12345678901234567890123', '0.12345678901234567890123'],
    ['1e2147483647', '1E+2147483647'],
  ])('%s is written %s', (text, expected) => {
    expect(rewrite(text)).toBe(expected);
  });

  it.each(['1e2147483649', '1e99999999999', '-', '+1', '01', '-01', '.5', '1.', '1e', '1e+', '0x1', '1_0', '5{}'])(
    '%s is none',
    (text) => {
      expect(rewrite(text)).toBeUndefined();
    },
  );
});

describe('what is no JSON', () => {
  it.each([
    '',
    ' ',
    '// nothing',
    '/* open',
    '\ufeff{}',
    '{type:1}',
    "{'a':1}",
    '{"a":1,}',
    '[1,]',
    '[1 2]',
    '{"a" 1}',
    '{"a":1',
    '"open',
    '"\t"',
    '"\\x41"',
    '"\\u12"',
    'nul',
    'nulls',
    'undefined',
    '# comment\n1',
  ])('%j', (text) => {
    expect(readJson(text)).toBeUndefined();
  });
});

describe('limits', () => {
  it.each([
    ['depth', (n: number) => '['.repeat(n) + ']'.repeat(n), 1000],
    ['digits', (n: number) => '1'.repeat(n), 1000],
    ['length of a name', (n: number) => `{"${'a'.repeat(n)}":1}`, 50_000],
  ])('of %s', (_name, make, limit) => {
    expect(readJson(make(limit))).toBeDefined();
    expect(readJson(make(limit + 1))).toBeUndefined();
  });
});

it('sorts keys by their UTF-16 units, however deep', () => {
  const node = readJson('{"b":[{"z":1,"a":2}],"\ue000":1,"😀":2,"10":3,"9":4,"A":5}');
  expect(node && writeSortedJson(node)).toBe('{"10":3,"9":4,"A":5,"b":[{"a":2,"z":1}],"😀":2,"\ue000":1}');
});

it('keeps what other parsers understand, and what it wrote itself', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.boolean(), (value, indented) => {
      const text = JSON.stringify(value, undefined, indented ? 1 : undefined);
      const node = readJson(text);
      expect(node).toBeDefined();
      if (node === undefined) return;
      for (const write of [writeJson, writeSortedJson]) {
        const written = write(node);
        expect(JSON.parse(written)).toEqual(JSON.parse(text));
        expect(rewrite(written)).toBe(written);
      }
    }),
  );
});

it('reads any text at all', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '"a"',
    '1',
    '-',
    '.5',
    'e9',
    'NaN',
    '/',
    '*',
    '\\',
    ' ',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const written = rewrite(pieces.join(''));
      if (written !== undefined) expect(rewrite(written)).toBe(written);
    }),
  );
});
