import { describe, expect, it } from 'vitest';
import { backoffMs, parseRetryAfter, transienceOf } from '../../src/registry/retry.ts';

describe('transienceOf', () => {
  it.each([
    [408, 408, 'yes'],
    [429, 42901, 'yes'],
    [500, 50001, 'yes'],
    [500, 50002, 'yes'],
    [500, 50003, 'yes'],
    [500, 50004, 'yes'],
    [500, 500, 'limited'],
    [500, 50070, 'no'],
    [501, 501, 'no'],
    [502, 502, 'yes'],
    [503, 503, 'yes'],
    [504, 504, 'yes'],
    [404, 40401, 'no'],
    [422, 42201, 'no'],
  ])('%i with code %i: %s', (status, code, expected) => {
    expect(transienceOf(status, code)).toBe(expected);
  });
});

describe('backoffMs', () => {
  const options = { baseMs: 100, capMs: 10_000 };
  it('doubles its ceiling up to the cap', () => {
    const ceilings = [1, 2, 3, 7, 8, 20].map((round) => backoffMs(round, options, () => 0.999_999));
    expect(ceilings).toEqual([99, 199, 399, 6399, 9999, 9999]);
  });
  it('goes down to nothing', () => {
    expect(backoffMs(5, options, () => 0)).toBe(0);
  });
});

describe('parseRetryAfter', () => {
  const now = Date.parse('2026-03-01T12:00:00Z');
  it.each([
    ['3', 3000],
    [' 0 ', 0],
    ['1.5', 1500],
    ['Sun, 01 Mar 2026 12:00:07 GMT', 7000],
    ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['-5', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s', (value, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected);
  });
});
