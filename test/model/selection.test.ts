import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileSelection, selectsEverything } from '../../src/model/selection.ts';

const selects = (pattern: string, subject: string, context = '.') =>
  compileSelection({ include: [pattern], exclude: [] })(context, subject);

describe('a glob', () => {
  it.each([
    ['*', 'anything/at all', true],
    ['**', '', true],
    ['*', '', true],
    ['orders-*', 'orders-value', true],
    ['orders-*', 'orders-', true],
    ['orders-*', 'old-orders-value', false],
    ['*-value', 'a/b/c-value', true],
    ['*-value', '.hidden-value', true],
    ['a*z', 'a\nz', true],
    ['orders-?alue', 'orders-value', true],
    ['orders-?', 'orders-', false],
    ['{orders,payments}-value', 'payments-value', true],
    ['{orders,payments}-value', 'carts-value', false],
    ['v[0-9]', 'v7', true],
    ['v[0-9]', 'vx', false],
    ['Orders-*', 'orders-value', false],
    ['!orders', '!orders', true],
    ['!orders', 'payments', false],
    ['a.b', 'axb', false],
    ['a+b', 'a+b', true],
    ['a(b)', 'a(b)', true],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'axb', false],
    ['./a', './a', true],
    ['com.example.Order', 'com.example.Order', true],
    ['a|b', 'a', false],
    ['^a$', 'a', false],
    ['%|/a', '%', false],
    ['[!a]b', 'cb', true],
    ['[!a]b', 'ab', false],
    ['[]a]', ']', true],
    ['{a,b{c,d}}e', 'bde', true],
    ['{a}', '{a}', true],
    ['\\{a,b}', '{a,b}', true],
    ['{a,}b', 'b', true],
    ['?', '😀', true],
    ['a\\', 'a\\', true],
  ])('%j on %j: %s', (pattern, subject, expected) => {
    expect(selects(pattern, subject)).toBe(expected);
  });

  it('that begins with a context is held against the qualified name', () => {
    expect(selects(':.staging:orders-*', 'orders-value', '.staging')).toBe(true);
    expect(selects(':.staging:orders-*', 'orders-value', '.prod')).toBe(false);
    expect(selects(':.staging:orders-*', 'orders-value')).toBe(false);
    expect(selects(':*:orders-*', 'orders-value', '.prod')).toBe(true);
    expect(selects('orders-*', 'orders-value', '.prod')).toBe(true);
  });

  it('without special characters is that name and no other', () => {
    const name = fc.string({ unit: fc.constantFrom(...'abAB01._-/: %~^$|&é😀'), minLength: 1, maxLength: 8 });
    const plain = name.filter((text) => !text.startsWith(':.'));
    fc.assert(
      fc.property(plain, plain, (pattern, other) => {
        expect(selects(pattern, pattern)).toBe(true);
        expect(selects(pattern, other)).toBe(pattern === other);
      }),
      { numRuns: 2_000 },
    );
  });

  it('that is not well formed is text', () => {
    for (const pattern of ['[', '[a', '{a,', '(((', ')', '{']) expect(selects(pattern, pattern)).toBe(true);
  });

  it('takes no time to speak of, whatever it is', () => {
    const subject = 'a'.repeat(500);
    expect(selects(`${'*a'.repeat(100)}b`, subject)).toBe(false);
    expect(selects('*'.repeat(10_000), subject)).toBe(true);
    expect(() => selects('{a,b}'.repeat(20), subject)).toThrow('more than 1000 alternatives');
  });
});

describe('a selection', () => {
  it('is what one includes and none excludes', () => {
    const filter = compileSelection({ include: ['a-*', 'b-*'], exclude: ['*-test', ':.tmp:*'] });
    expect(filter('.', 'a-1')).toBe(true);
    expect(filter('.', 'b-1')).toBe(true);
    expect(filter('.', 'c-1')).toBe(false);
    expect(filter('.', 'a-test')).toBe(false);
    expect(filter('.tmp', 'a-1')).toBe(false);
    expect(compileSelection({ include: ['*'], exclude: ['*'] })('.', 'a')).toBe(false);
  });

  it('knows whether it is everything', () => {
    expect(selectsEverything({ include: ['a', '*'], exclude: [] })).toBe(true);
    expect(selectsEverything({ include: ['*'], exclude: ['a'] })).toBe(false);
    expect(selectsEverything({ include: ['a*'], exclude: [] })).toBe(false);
  });
});
