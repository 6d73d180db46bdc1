/** Any input gets an answer or an error value: no throw, no endless run. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ResolvedReference } from '../../../src/schema/language.ts';
import { protobufLanguage } from '../../../src/schema/protobuf/protobuf-language.ts';
import { canonicalize, compare, normalize, protobuf, referTo } from './language.ts';

const MANY = 5000;
const many = (item: (index: number) => string): string =>
  Array.from({ length: MANY }, (_, index) => item(index)).join('\n');

/** Asks everything that can be asked of one text. */
function askAll(text: string): void {
  for (const canonical of [canonicalize(text), normalize(text)]) {
    if (!('text' in canonical)) {
      expect(canonical.error).not.toBe('');
      continue;
    }
    const schema = protobuf(canonical.text);
    expect(protobufLanguage.format(schema, 'serialized')).toBeDefined();
    expect(protobufLanguage.format(schema, 'ignore_extensions')).toBeDefined();
    expect(compare(schema, schema)).toEqual([]);
  }
}

describe('any text is answered', () => {
  it.each([
    ['deep messages', 'message A {'.repeat(MANY) + '}'.repeat(MANY)],
    ['messages as deep as allowed', 'message A {'.repeat(499) + '}'.repeat(499)],
    ['deep option values', `option (x) = ${'{ a '.repeat(MANY)}{}${'}'.repeat(MANY)};`],
    ['option values as deep as allowed', `option (x) = ${'{ a '.repeat(240)}{}${'}'.repeat(240)};`],
    ['deep lists', `option (x) = { a: ${'['.repeat(MANY)}${']'.repeat(MANY)} };`],
    ['long option names', `option (x)${'.a'.repeat(MANY)} = 1;`],
    ['option names as long as allowed', `option (x)${'.a'.repeat(499)} = 1;`],
    ['deep maps', `syntax = "proto3"; message M { ${'map<int32, '.repeat(MANY)}int32${'>'.repeat(MANY)} a = 1; }`],
    ['groups in groups', `message M { ${'optional group G = 1 {'.repeat(MANY)} } }`],
    ['many fields', `syntax = "proto3"; message M { ${many((index) => `int32 f${index} = ${index + 1};`)} }`],
    ['many messages', many((index) => `message M${index} { optional M${(index * 7) % MANY} a = 1; }`)],
    ['many values of one key', `option (x) = { ${many(() => 'a: 1')} };`],
    ['many dotted options', many((index) => `option (x).a${index} = 1;`)],
    [
      'many extend blocks',
      `message M { extensions 1 to max; } ${many((index) => `extend M { optional int32 f${index} = ${index + 1}; }`)}`,
    ],
    ['a long string in pieces', `option java_package = ${many(() => '"a\\n"')};`],
    ['an open comment', `/*${'*'.repeat(MANY)}`],
    [
      'huge numbers',
      'message M { optional int32 a = 2147483647; reserved 1 to 2147483647; extensions 5 to 2147483647; }',
    ],
    ['too huge numbers', `message M { optional int32 a = ${'9'.repeat(MANY)}; }`],
    ['lone surrogates', 'option java_package = "\ud800"; option (\udc00) = 1; message M {}'],
    ['control characters', 'option java_package = "\u0000\u0007"; \u0000'],
    [
      'names of prototypes',
      'syntax = "proto3"; message __proto__ { constructor toString = 1; message constructor {} enum hasOwnProperty { valueOf = 0; } ' +
        'oneof o { int32 __proto__ = 2; } map<string, constructor> prototype = 3; option (__proto__) = { __proto__: 1 constructor: 2 }; }',
    ],
    ['a name with line breaks', 'import "a\nb"; message M { reserved "c\nd"; }'],
    ['nothing', '\ufeff'],
  ])('%s', (_, text) => askAll(text));
});

it('keeps names of prototypes', () => {
  const canonical = canonicalize(
    'syntax = "proto3"; option (a) = { __proto__: 1 constructor: { toString: 2 } }; message __proto__ {}',
  );
  expect(canonical).toMatchObject({
    text: expect.stringContaining('__proto__: 1,\n  constructor: {\n    toString: 2'),
  });
});

it('does not repeat itself without end where files use each other twice', () => {
  const chain = (type: string): readonly ResolvedReference[] => {
    let references: readonly ResolvedReference[] = [];
    for (let at = 40; at >= 0; at--) {
      const fields = at === 40 ? `${type} a = 1;` : `p${at + 1}.T a = 1; p${at + 1}.T b = 2;`;
      references = [referTo(`${at}.proto`, `syntax = "proto3"; package p${at}; message T { ${fields} }`, references)];
    }
    return references;
  };
  const root = 'syntax = "proto3"; message R { p0.T a = 1; }';
  expect(compare(protobuf(root, chain('int32')), protobuf(root, chain('int64')))).toEqual([]);
  const found = compare(protobuf(root, chain('int32')), protobuf(root, chain('string')));
  expect(found.at(-1)).toBe('FIELD_NAMED_TYPE_CHANGED #/R/1');
  expect(found.length).toBeLessThan(2000);
});

it('answers files that import each other', () => {
  const a = referTo('a.proto', 'syntax = "proto3"; import "b.proto"; message A { B b = 1; }');
  const b = referTo('b.proto', 'syntax = "proto3"; import "a.proto"; message B { A a = 1; }');
  const schema = protobuf('syntax = "proto3"; import "a.proto"; message M { A a = 1; }', [a, b]);
  expect(protobufLanguage.format(schema, 'serialized')).toEqual({ error: expect.any(String) });
  expect(compare(schema, schema)).toEqual([]);
});

it('answers texts made of pieces of the language', () => {
  const pieces = [
    ...[
      'syntax = "proto3";',
      'message',
      'enum',
      'extend',
      'oneof',
      'service',
      'rpc',
      'reserved',
      'extensions',
      'option',
      'map<',
    ],
    ...[
      'group',
      'optional',
      'repeated',
      'stream',
      'returns',
      'max',
      'to',
      'import',
      'package',
      'M',
      'int32',
      'a.b',
      '(x)',
      '[',
      ']',
    ],
    ...[
      '{',
      '}',
      '<',
      '>',
      '(',
      ')',
      ';',
      ',',
      '=',
      ':',
      '.',
      '1',
      '-1',
      '"s"',
      "'",
      '"',
      '\\',
      '/',
      '//',
      '/*',
      '*/',
      '\n',
      ' ',
    ],
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 40 }), fc.constantFrom('', ' '), (words, between) => {
      const text = words.join(between);
      const canonical = canonicalize(text);
      if ('text' in canonical) askAll(canonical.text);
    }),
    { numRuns: 3000 },
  );
});

it('answers any characters and any bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      expect(canonicalize(text)).toBeDefined();
    }),
    { numRuns: 1000 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const canonical = canonicalize(Buffer.from(bytes).toString('base64'));
      if ('text' in canonical) expect(canonicalize(canonical.text)).toBeDefined();
    }),
    { numRuns: 2000 },
  );
});
