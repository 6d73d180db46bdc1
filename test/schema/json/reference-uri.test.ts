import { expect, it } from 'vitest';
import { isJavaUri, parsePointer, resolveAddress, splitAddress } from '../../../src/schema/json/reference-uri.ts';

it.each([
  [undefined, 'a.json', 'a.json'],
  ['http://x.org/b/c.json', 'a.json', 'http://x.org/b/a.json'],
  ['http://x.org/b/c.json#', 'a.json#/d', 'http://x.org/b/a.json#/d'],
  ['http://x.org/b/c.json', '../a.json', 'http://x.org/a.json'],
  ['http://x.org/b/c.json', '../../../a.json', 'http://x.org/a.json'],
  ['http://x.org/b/c.json', './', 'http://x.org/b/'],
  ['http://x.org/b/c.json', '/a.json', 'http://x.org/a.json'],
  ['http://x.org/b/c.json', '//y.org/a', 'http://y.org/a'],
  ['http://x.org/b/c.json?q=1#f', '#d', 'http://x.org/b/c.json?q=1#d'],
  ['http://x.org/b/c.json', '?q', 'http://x.org/b/c.json?q'],
  ['http://x.org/b/c.json', '', 'http://x.org/b/c.json'],
  ['http://x.org', 'a.json', 'http://x.org/a.json'],
  ['http://x.org/b', 'urn:a:b', 'urn:a:b'],
  ['urn:a:b', '#/d', 'urn:a:b#/d'],
  ['b/c.json', 'a.json', 'b/a.json'],
])('from %s, %s is %s', (base, reference, expected) => {
  expect(resolveAddress(base, reference)).toBe(expected);
});

it('takes addresses and pointers apart', () => {
  expect(splitAddress('a.json#/b')).toEqual({ document: 'a.json', fragment: '/b' });
  expect(splitAddress('a.json')).toEqual({ document: 'a.json', fragment: '' });
  expect(parsePointer('')).toEqual([]);
  expect(parsePointer('/a~1b/c~0d/%25/%zz/')).toEqual(['a/b', 'c~d', '%', '%zz', '']);
  expect(parsePointer('anchor')).toBeUndefined();
});

it('knows what Java takes for an address', () => {
  expect(['', '#', 'http://x.org/é?q=%20', 'urn:a'].every(isJavaUri)).toBe(true);
  expect(['a b', '"', 'a\\b', '{a}', '%zz', '\u0000'].some(isJavaUri)).toBe(false);
});
