import { setImmediate as tick } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { SrgitError } from '../../src/errors.ts';
import { mapConcurrent } from '../../src/registry/map-concurrent.ts';
import { failureOf } from '../support/registry-client.ts';

describe('mapConcurrent', () => {
  it('keeps the order of the items and the limit', async () => {
    let running = 0;
    let most = 0;
    const results = await mapConcurrent([5, 1, 4, 2, 3], 2, async (item) => {
      most = Math.max(most, ++running);
      for (let turn = 0; turn < item; turn++) await tick();
      running--;
      return item * 10;
    });
    expect(results).toEqual([50, 10, 40, 20, 30]);
    expect(most).toBe(2);
  });

  it('gives nothing for nothing', async () => {
    expect(await mapConcurrent([], 4, async () => 1)).toEqual([]);
  });

  it('throws the first failure, aborts what runs and begins no more', async () => {
    const begun: number[] = [];
    let aborted = 0;
    const call = mapConcurrent([1, 2, 3, 4, 5], 2, async (item, signal) => {
      begun.push(item);
      if (item === 2) throw new SrgitError('SRGIT_INTERNAL', 'two');
      for (let turn = 0; turn < 5; turn++) await tick();
      if (signal.aborted) aborted++;
    });
    expect((await failureOf(call)).message).toBe('two');
    expect(begun).toEqual([1, 2]);
    expect(aborted).toBe(1);
  });

  it('ends with SRGIT_INTERRUPTED when the caller aborts', async () => {
    const stop = new AbortController();
    const begun: number[] = [];
    const call = mapConcurrent(
      [1, 2, 3],
      1,
      async (item) => {
        begun.push(item);
        stop.abort();
      },
      stop.signal,
    );
    expect((await failureOf(call)).code).toBe('SRGIT_INTERRUPTED');
    expect(begun).toEqual([1]);
  });
});
