import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDecimal, isMultiple, truncateToInt } from '../../../src/schema/json/java-decimal.ts';

describe('the whole part as a Java int', () => {
  it.each([
    ['0.5', 0],
    ['-0.5', 0],
    ['2.9', 2],
    ['-2.9', -2],
    ['2147483648', -2147483648],
    ['4294967298.7', 2],
    ['-4294967298', -2],
    ['1E+3', 1000],
    ['1E+31', -2147483648],
    ['1E+32', 0],
    ['1E+2147483647', 0],
    ['1E-2147483647', 0],
  ])('of %s is %d', (text, expected) => {
    expect(truncateToInt(text)).toBe(expected);
  });
});

describe('multiples', () => {
  it.each([
    ['0.5', '0.25', true],
    ['0.25', '0.5', false],
    ['1E+2', '0.1', true],
    ['-6', '4', false],
    ['0', '3', true],
    ['3', '0', false],
    ['1E+2147483647', '1E-2147483647', false],
  ])('%s is one of %s: %s', (a, b, expected) => {
    expect(isMultiple(a, b)).toBe(expected);
  });
});

it('means the same number in every spelling', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      for (const lexeme of [value.toExponential(), value.toString()]) {
        expect(Number(formatDecimal(lexeme))).toBe(value === 0 ? 0 : value);
      }
    }),
  );
});
