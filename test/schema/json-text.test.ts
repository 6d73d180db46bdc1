import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compactJson, indentJson, stripJsonWhitespace } from '../../src/schema/json-text.ts';

describe('indentJson', () => {
  it('puts one member on a line and short arrays of scalars on one', () => {
    const text =
      '{"type":"record","name":"R","fields":[{"name":"a","type":["null","string"],"default":null}],"x":{},"y":[]}';
    expect(indentJson(text)).toBe(`{
  "type": "record",
  "name": "R",
  "fields": [
    {
      "name": "a",
      "type": ["null", "string"],
      "default": null
    }
  ],
  "x": {},
  "y": []
}
`);
  });

  it.each([
    '"string"',
    '1.0',
    '{"10":1,"2":2,"10":3}',
    '{"n":1E+2,"big":123456789012345678901234567890,"d":1.50}',
    '{"q":"a \\"quoted\\" \\\\","u":"\\u00e9\\ud83d\\ude00","ws":"  a\\tb  "}',
    '[[[]],[{}],[1,[2]]]',
    '["]",",",":","{","\\\\"]',
  ])('keeps every byte of %s', (text) => {
    const pretty = indentJson(text);
    expect(pretty).toBeDefined();
    expect(stripJsonWhitespace(pretty ?? '')).toBe(text);
  });

  it.each(['', ' {}', '{"a": 1}', '{"a":"b', '[1,2', '{"a":1]', ']', '1,2', `${'['.repeat(500)}1${']'.repeat(500)}`])(
    'leaves alone what it could not give back: %s',
    (text) => {
      expect(indentJson(text)).toBeUndefined();
    },
  );

  it('round-trips any JSON value, and any text that it accepts at all', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (json) => {
        const compact = compactJson(json);
        expect(compact).toBeDefined();
        const pretty = indentJson(compact ?? '');
        expect(stripJsonWhitespace(pretty ?? '')).toBe(compact);
      }),
      { numRuns: 500 },
    );
    const tokens = fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', 'a', '1', ' ', '\n', 'é', '""', '"x y"');
    fc.assert(
      fc.property(fc.array(tokens, { maxLength: 30 }), (parts) => {
        const text = parts.join('');
        const pretty = indentJson(text);
        if (pretty !== undefined) expect(stripJsonWhitespace(pretty)).toBe(text);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('compactJson', () => {
  it('drops whitespace between tokens only', () => {
    expect(compactJson('{ "a" : [ 1.0 , "x  y" ] }\r\n')).toBe('{"a":[1.0,"x  y"]}');
  });
  it('tells what is not JSON', () => {
    for (const text of ['', '{', '{"a" 1}', 'nope', '1 2']) expect(compactJson(text)).toBeUndefined();
  });
});
