/** Numbers as Java prints and reads them. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatDouble, formatFloat, parseDouble } from '../../../src/schema/avro/java-number.ts';

it.each([
  [1, '1.0'],
  [-0, '-0.0'],
  [100, '100.0'],
  [1e7, '1.0E7'],
  [9999999, '9999999.0'],
  [1234567.5, '1234567.5'],
  [0.001, '0.001'],
  [0.00012, '1.2E-4'],
  [-1.5e300, '-1.5E300'],
  [5e-324, '4.9E-324'],
  [1e23, '1.0E23'],
  [0.1, '0.1'],
  [Number.NaN, 'NaN'],
  [Number.NEGATIVE_INFINITY, '-Infinity'],
])('prints %d as %s', (value, text) => {
  expect(formatDouble(value)).toBe(text);
});

it.each([
  [0.1, '0.1'],
  [3, '3.0'],
  [16777217, '1.6777216E7'],
  [0.3333333333, '0.33333334'],
  [3.4028234663852886e38, '3.4028235E38'],
  [1e-45, '1.4E-45'],
])('prints the float nearest to %d as %s', (value, text) => {
  expect(formatFloat(Math.fround(value))).toBe(text);
});

it.each([
  [' 1.5 ', 1.5],
  ['+.5f', 0.5],
  ['1d', 1],
  ['1.', 1],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['NaN', Number.NaN],
  ['0x1.8p1', 3],
  ['-0xAp-1', -5],
  ['0x1p-1074', 5e-324],
  ['0x1.8p-1074', 1e-323],
  ['0x1p-1075', 0],
  ['0x1.fffffffffffff8p1023', Number.POSITIVE_INFINITY],
  ['0x1.00000000000008p0', 1],
  ['0x1.000000000000080000001p0', 1 + 2 ** -52],
])('reads %s', (text, value) => {
  expect(parseDouble(text)).toBe(value);
});

it.each(['', ' ', 'abc', '1e', '0x1', '0xp1', '1,5', 'infinity', 'Infinityf', '1_0', '--1'])('refuses %j', (text) => {
  expect(parseDouble(text)).toBeUndefined();
});

it('reads what it prints', () => {
  fc.assert(
    fc.property(fc.double(), (value) => {
      expect(parseDouble(formatDouble(value))).toBe(value);
    }),
    { numRuns: 5000, verbose: true },
  );
  fc.assert(
    fc.property(fc.float(), (value) => {
      expect(Math.fround(parseDouble(formatFloat(value)) ?? 0)).toBe(value);
    }),
    { numRuns: 5000, verbose: true },
  );
});

it('reads hexadecimal digits as exactly as decimal ones', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 1n << 80n }), fc.integer({ min: -1100, max: 0 }), (digits, power) => {
      const shifted = digits << BigInt(1200 + power);
      // The same number as a decimal text: digits * 2^power = shifted / 2^1200 = shifted * 5^1200 / 10^1200.
      const decimal = `${shifted * 5n ** 1200n}e-1200`;
      expect(parseDouble(`0x${digits.toString(16)}p${power}`)).toBe(Number(decimal));
    }),
    { numRuns: 500, verbose: true },
  );
});
