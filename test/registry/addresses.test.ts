import { describe, expect, it } from 'vitest';
import { parseBaseUrl } from '../../src/registry/base-url.ts';
import { bypassesProxy } from '../../src/registry/no-proxy.ts';
import { buildTarget, encodeSegment } from '../../src/registry/request-target.ts';
import { everythingOf } from '../support/registry-client.ts';

describe('encodeSegment', () => {
  it.each([
    ['orders-value', 'orders-value'],
    [':.ctx:a/b', '%3A.ctx%3Aa%2Fb'],
    ['a+b c%', 'a%2Bb%20c%25'],
    ['ü☃😀', '%C3%BC%E2%98%83%F0%9F%98%80'],
    ['.', '%2E'],
    ['..', '%2E%2E'],
    ['...', '...'],
    ['', ''],
  ])('%s', (name, expected) => {
    expect(encodeSegment(name)).toBe(expected);
  });

  it('refuses half a surrogate pair instead of asking for another name', () => {
    expect(() => encodeSegment('a\ud800')).toThrow(/half a surrogate pair/);
  });
});

describe('buildTarget', () => {
  it('adds what is defined, encoded', () => {
    expect(buildTarget('/schemas', { subjectPrefix: ':*:', deleted: true, limit: 0, offset: undefined })).toBe(
      '/schemas?subjectPrefix=%3A*%3A&deleted=true&limit=0',
    );
    expect(buildTarget('/a?b=1', { c: 2 })).toBe('/a?b=1&c=2');
    expect(buildTarget('/a', {})).toBe('/a');
  });
});

describe('parseBaseUrl', () => {
  it('takes the credentials out of what is shown', () => {
    expect(parseBaseUrl('https://us%40er:p%2Fw%@sr.example/apis/ccompat/v7/')).toEqual({
      origin: 'https://sr.example',
      protocol: 'https:',
      hostname: 'sr.example',
      port: 443,
      prefix: '/apis/ccompat/v7',
      shown: 'https://sr.example/apis/ccompat/v7',
      credentials: { username: 'us@er', password: 'p%2Fw%' },
    });
  });

  it.each(['sr:8081', 'ftp://u:hunter2@sr', 'http://u:hunter2@sr:port', '', 'http://'])('refuses %s', (text) => {
    let caught: unknown;
    try {
      parseBaseUrl(text);
    } catch (error) {
      caught = error;
    }
    expect(caught).toMatchObject({ code: 'SRGIT_CONFIG_INVALID' });
    expect(everythingOf(caught)).not.toContain('hunter2');
  });
});

describe('bypassesProxy', () => {
  it.each([
    ['*', 'sr.example', 80, true],
    ['sr.example', 'sr.example', 80, true],
    ['example', 'sr.example', 80, true],
    ['ample', 'sr.example', 80, false],
    ['.example', 'sr.example', 80, true],
    ['*.example', 'sr.example', 80, true],
    ['a, b ,SR.example', 'sr.EXAMPLE', 80, true],
    ['sr.example:8081', 'sr.example', 8081, true],
    ['sr.example:8081', 'sr.example', 80, false],
    ['127.0.0.1', '127.0.0.1', 80, true],
    ['127.0.0.1:99', '127.0.0.1', 80, false],
    ['0.0.1', '127.0.0.1', 80, false],
    ['10.0.0.0/8', '10.20.30.40', 80, true],
    ['10.0.0.0/8', '11.20.30.40', 80, false],
    ['10.0.0.0/99', '10.20.30.40', 80, false],
    ['::1', '[::1]', 80, true],
    ['[::1]', '[::1]', 80, true],
    ['fd00::/8', '[fd00::5]', 80, true],
    ['', 'sr.example', 80, false],
    [undefined, 'sr.example', 80, false],
  ])('%s for %s:%i is %s', (list, host, port, expected) => {
    expect(bypassesProxy(list, host, port)).toBe(expected);
  });
});
