/** Which regular expressions Java compiles, and what they find. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findsPattern, isJavaPattern } from '../../../src/schema/json/java-pattern.ts';

describe('compiles', () => {
  it.each([
    '',
    '^[a-z][a-z0-9_-]*$',
    '^x-[\\w\\d\\.\\x2d_]+$',
    'a{2}{3}',
    'a*+',
    '(?<year>\\d{4})-\\k<year>',
    '(?i:abc)|(?-i)d',
    '(?<=a{1,3})b',
    '\\Q[\\E]',
    '[]a]',
    '[a-z&&[^aeiou]]',
    '[a-]',
    '[\\p{L}\\P{IsGreek}\\p{javaLowerCase}]',
    '\\p{InBasicLatin}\\p{script=Latin}\\pL',
    '\\u0041\\x41\\x{1F600}\\0101\\cA\\e',
    '}]',
    '\\1',
    '\\/\\-\\_',
    'a|',
    '(?x) a b # comment (',
  ])('%s', (pattern) => {
    expect(isJavaPattern(pattern)).toBe(true);
  });
});

describe('refuses', () => {
  it.each([
    '[',
    '[]',
    '[^]',
    '(',
    ')',
    'a)',
    '(?',
    '(?<a',
    '(?<a>x)(?<a>y)',
    '(?<a_b>x)',
    '*a',
    'a**',
    'a{,5}',
    'a{5,4}',
    'a{1',
    '{a}',
    '\\',
    '\\y',
    '\\i',
    '\\u12',
    '\\x4',
    '\\08',
    '\\p{Nope}',
    '\\p{L',
    '\\k<nope>',
    '[z-a]',
    '[a-\\d]',
    '(?<=a*)b',
    '(?y)a',
  ])('%s', (pattern) => {
    expect(isJavaPattern(pattern)).toBe(false);
  });
});

describe('finds', () => {
  it.each([
    ['^x_', 'x_a', true],
    ['^x_', 'ax_', false],
    ['b$', 'ab\n', true],
    ['b\\z', 'ab\n', false],
    ['^b', 'a\nb', false],
    ['(?m)^b', 'a\nb', true],
    ['(?i)É', 'é', true],
    ['a.c', 'a\u2028c', false],
    ['(?s)a.c', 'a\nc', true],
    ['^.$', '😀', true],
    ['(a)(b)\\2\\1', 'abba', true],
    ['\\1(a)', 'aa', false],
    ['a*+a', 'aaa', false],
    ['(?>a|ab)c', 'abc', false],
    ['(?<=a)b', 'ab', true],
    ['(?<!a)b', 'ab', false],
    ['a(?!b)', 'ab', false],
    ['^[a-z&&[^aeiou]]+$', 'xyz', true],
    ['^[a-z&&[^aeiou]]+$', 'xyza', false],
    ['^(ab|c){2,3}?$', 'abcab', true],
    ['\\bfoo\\b', 'a foo.', true],
    ['\\Q.*\\E', 'x.*y', true],
    ['\\p{Lu}', 'aÉ', true],
    ['^\\p{Upper}$', 'É', false],
    ['(?x)a b #c', 'ab', true],
    ['^(?:)*$', '', true],
    ['^(?:(?:a?)*)*$', 'aaa', true],
  ])('%s in %j: %s', (pattern, text, expected) => {
    expect(findsPattern({}, pattern, text)).toBe(expected);
  });

  it('the same as JavaScript where both mean the same', () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      '.',
      '[ab]',
      '[^a]',
      '(a|b)',
      '(?:ab)',
      'a*',
      'b+?',
      'a?',
      'b{1,2}',
      '^',
      '$',
      '|',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 8 }),
        fc.string({ unit: fc.constantFrom('a', 'b', 'c') }),
        (pieces, text) => {
          const pattern = pieces.join('');
          expect(findsPattern({}, pattern, text)).toBe(new RegExp(pattern, 'u').test(text));
        },
      ),
    );
  });

  it('any expression or none', () => {
    const piece = fc.constantFrom(
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      '?',
      '*',
      '+',
      '\\',
      'Q',
      'E',
      'p',
      '1',
      ',',
      '-',
      '&&',
      '^',
      '|',
      '<',
      '=',
      '!',
      'a',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        expect(typeof findsPattern({}, pieces.join(''), 'aaa')).toBe('boolean');
      }),
    );
  });

  it.each([
    ['(a+)+$', `${'a'.repeat(50)}!`],
    ['(a|a)*b', 'a'.repeat(20_000)],
    ['(?:a?){30}a{30}', 'a'.repeat(30)],
    ['(a*)*(a*)*(a*)*c', 'a'.repeat(5000)],
  ])('%s does not hang', (pattern, text) => {
    expect(typeof findsPattern({}, pattern, text)).toBe('boolean');
  });
});
