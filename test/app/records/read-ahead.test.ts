/** What keeps memory bounded: a budget of bytes, reading ahead, and a rate. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ByteBudget } from '../../../src/app/records/byte-budget.ts';
import { readAhead } from '../../../src/app/records/read-ahead.ts';
import { parseBytes, RateLimit } from '../../../src/app/records/replay/rate-limit.ts';
import { randomNumbers } from '../../support/random-numbers.ts';

describe('a budget of bytes', () => {
  it('never gives out more than there is, first come first served, and what is larger goes alone', async () => {
    const budget = new ByteBudget(100);
    const order: string[] = [];
    const take = (name: string, bytes: number) => budget.take(bytes).then(() => order.push(name));
    const waiting = [take('a', 60), take('b', 60), take('c', 10), take('d', 500)];
    await turn();
    expect([order, budget.used]).toEqual([['a'], 60]);
    budget.give(60);
    await turn();
    // Not even what would fit goes before those who came earlier.
    expect([order, budget.used]).toEqual([['a', 'b', 'c'], 70]);
    budget.give(70);
    await Promise.all(waiting);
    expect([order, budget.used]).toEqual([['a', 'b', 'c', 'd'], 500]);
  });

  it('lets go of who does not want to wait any more', async () => {
    const budget = new ByteBudget(10);
    await budget.take(10);
    const stop = new AbortController();
    const given = budget.take(10, stop.signal);
    const next = budget.take(5);
    stop.abort();
    await expect(given).rejects.toMatchObject({ code: 'SRGIT_INTERRUPTED' });
    budget.give(10);
    await next;
    expect(budget.used).toBe(5);
  });
});

describe('reading ahead', () => {
  async function* numbers(count: number, log: { made: number; ended: boolean }, fail = false): AsyncGenerator<number> {
    try {
      for (let i = 0; i < count; i++) {
        await turn();
        log.made++;
        yield i;
      }
      if (fail) throw new Error('no more');
    } finally {
      log.ended = true;
    }
  }

  it('gives the same items in the same order, and is at most so far ahead', async () => {
    const random = randomNumbers(7);
    const log = { made: 0, ended: false };
    const got: number[] = [];
    for await (const item of readAhead(numbers(200, log), 4, () => undefined)) {
      got.push(item);
      for (let i = 0; i < random() * 4; i++) await turn();
      expect(log.made - got.length).toBeLessThanOrEqual(5);
    }
    expect(got).toEqual(Array.from({ length: 200 }, (_, i) => i));
  });

  it('tells of an error after the items before it', async () => {
    const got: number[] = [];
    const read = async () => {
      for await (const item of readAhead(numbers(10, { made: 0, ended: false }, true), 3, () => undefined))
        got.push(item);
    };
    await expect(read()).rejects.toThrow('no more');
    expect(got).toHaveLength(10);
  });

  it('ends the source and drops what nobody wants', async () => {
    const log = { made: 0, ended: false };
    const dropped: number[] = [];
    let seen = 0;
    for await (const _ of readAhead(numbers(100, log), 3, (item) => dropped.push(item))) {
      for (let i = 0; i < 20; i++) await turn();
      if (++seen === 2) break;
    }
    expect(log.ended).toBe(true);
    expect(seen + dropped.length).toBe(log.made);
  });
});

describe('a rate', () => {
  it('is understood in the usual units', () => {
    expect(['50MB/s', '512KiB', '1.5 g', '1000', '2mb'].map((text) => parseBytes(text, 'x'))).toEqual([
      50e6, 524_288, 1.5e9, 1000, 2e6,
    ]);
    for (const text of ['', 'fast', '0', '-1', '5 TB']) {
      expect(() => parseBytes(text, 'rate-limit')).toThrow('is no amount of bytes');
    }
  });

  it('makes who takes more wait', async () => {
    let now = 1000;
    const limit = new RateLimit(1_000_000, () => now);
    await limit.take(50_000);
    const begun = performance.now();
    await limit.take(60_000);
    // 110 kB are 110 ms, of which 100 may be taken at once.
    expect(performance.now() - begun).toBeGreaterThan(5);
    now += 10_000;
    await limit.take(10);
  });

  it('does not outlast an interruption', async () => {
    const stop = new AbortController();
    const waiting = new RateLimit(1, () => 0).take(1_000_000, stop.signal);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'SRGIT_INTERRUPTED' });
  });
});
