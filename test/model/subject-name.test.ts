import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareContexts, formatSubjectName, parseSubjectName } from '../../src/model/subject-name.ts';

describe('subject names', () => {
  it.each([
    ['orders-value', '.', 'orders-value'],
    [':.staging:orders-value', '.staging', 'orders-value'],
    [':.:orders-value', '.', 'orders-value'],
    [':.staging:', '.staging', ''],
    [':.staging', '.staging', ''],
    [':.a:b:c', '.a', 'b:c'],
    [':a:b', '.', ':a:b'],
    ['', '.', ''],
    [':', '.', ':'],
  ])('%j is in %s: %j', (name, context, subject) => {
    expect(parseSubjectName(name)).toEqual({ context, subject });
  });

  it('are relative to the home of whoever says them', () => {
    expect(parseSubjectName('a', '.staging')).toEqual({ context: '.staging', subject: 'a' });
    expect(parseSubjectName(':.other:a', '.staging')).toEqual({ context: '.other', subject: 'a' });
  });

  it('come back from their text', () => {
    const context = fc.oneof(
      fc.constant('.'),
      fc.string({ unit: 'binary', maxLength: 8 }).map((name) => `.${name.replaceAll(':', '')}`),
    );
    const subject = fc.string({ unit: 'binary', maxLength: 12 }).filter((name) => !name.startsWith(':.'));
    fc.assert(
      fc.property(context, subject, (inContext, name) => {
        const parts = { context: inContext, subject: name };
        expect(parseSubjectName(formatSubjectName(parts))).toEqual(parts);
      }),
      { numRuns: 1_000 },
    );
  });

  it('of contexts have the default one first', () => {
    expect(['.b', '.', '.a', '.B'].sort(compareContexts)).toEqual(['.', '.B', '.a', '.b']);
  });
});
