import { describe, expect, it } from 'vitest';
import { Limiter } from '../../src/registry/limiter.ts';

/** A limiter whose clock moves only when told; sleepers wake then. */
function makeLimiter(max: number) {
  let time = 1000;
  const sleepers: { at: number; wake: () => void }[] = [];
  const limiter = new Limiter({
    max,
    now: () => time,
    sleep: (ms) => new Promise((wake) => sleepers.push({ at: time + ms, wake })),
  });
  const advance = async (ms: number): Promise<void> => {
    time += ms;
    for (const sleeper of sleepers.splice(0)) {
      if (sleeper.at <= time) sleeper.wake();
      else sleepers.push(sleeper);
    }
    await settle();
  };
  return { limiter, advance, now: () => time };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function grant(limiter: Limiter, ahead = false): Promise<number> {
  const waiting = limiter.acquire(undefined, ahead);
  return waiting === undefined ? limiter.ticket : await waiting;
}

/** A window's worth of calls, the limit reached. */
async function answerWindow(limiter: Limiter, latencyMs: number): Promise<void> {
  for (let answers = 0; answers < 16; answers += 1) {
    const inFlight = limiter.limit - limiter.inFlight;
    for (let place = 0; place < inFlight; place += 1) await grant(limiter);
    limiter.noteAnswer(latencyMs);
    for (let place = 0; place < inFlight; place += 1) limiter.release();
  }
}

describe('the bounds', () => {
  it('never lets more in than the limit, and lets the next in when one leaves', async () => {
    const { limiter } = makeLimiter(4);
    expect(limiter.limit).toBe(2);
    await grant(limiter);
    await grant(limiter);
    let third = false;
    const waiting = grant(limiter).then(() => {
      third = true;
    });
    await settle();
    expect(third).toBe(false);
    expect(limiter.inFlight).toBe(2);
    limiter.release();
    await waiting;
    expect(limiter.inFlight).toBe(2);
  });

  it('grows by one a window up to max and not beyond', async () => {
    const { limiter } = makeLimiter(6);
    const limits: number[] = [];
    for (let window = 0; window < 6; window += 1) {
      limits.push(limiter.limit);
      await answerWindow(limiter, 10);
    }
    expect(limits).toEqual([3, 4, 5, 6, 6, 6]);
  });

  it('does not grow while the limit is not reached', async () => {
    const { limiter } = makeLimiter(8);
    for (let answers = 0; answers < 100; answers += 1) {
      await grant(limiter);
      limiter.noteAnswer(10);
      limiter.release();
    }
    expect(limiter.limit).toBe(4);
  });

  it('halves on a refusal, once for a burst of one generation, and never below one', async () => {
    const { limiter } = makeLimiter(16);
    const tickets = [];
    for (let place = 0; place < 8; place += 1) tickets.push(await grant(limiter));
    for (const ticket of tickets) limiter.noteThrottle(ticket);
    expect(limiter.limit).toBe(4);
    for (let place = 0; place < 8; place += 1) limiter.release();
    for (let round = 0; round < 5; round += 1) {
      limiter.noteThrottle(await grant(limiter));
      limiter.release();
    }
    expect(limiter.limit).toBe(1);
  });

  it('shrinks when even the fastest answers are far above the floor, not for one slow call', async () => {
    const { limiter } = makeLimiter(16);
    await answerWindow(limiter, 10);
    const before = limiter.limit;
    await grant(limiter);
    limiter.noteAnswer(60_000);
    limiter.release();
    await answerWindow(limiter, 10);
    expect(limiter.limit).toBeGreaterThanOrEqual(before);
    const steady = limiter.limit;
    await answerWindow(limiter, 500);
    await answerWindow(limiter, 500);
    expect(limiter.limit).toBeLessThan(steady);
  });

  it('does not take the noise of quick answers for load', async () => {
    const { limiter } = makeLimiter(4);
    await answerWindow(limiter, 0.2);
    await answerWindow(limiter, 20);
    expect(limiter.limit).toBe(4);
  });
});

describe('the line', () => {
  it('serves in the order of arrival, those that are back before the others', async () => {
    const { limiter } = makeLimiter(1);
    await grant(limiter);
    const order: string[] = [];
    const calls = [
      ...['a', 'b', 'c'].map((name) => grant(limiter).then(() => order.push(name))),
      grant(limiter, true).then(() => order.push('retry')),
    ];
    for (let step = 0; step < 4; step += 1) {
      limiter.release();
      await settle();
    }
    await Promise.all(calls);
    expect(order).toEqual(['retry', 'a', 'b', 'c']);
  });

  it('keeps the order over tens of thousands', async () => {
    const { limiter } = makeLimiter(1);
    await grant(limiter);
    const order: number[] = [];
    const calls = Array.from({ length: 30_000 }, (_, index) =>
      grant(limiter).then(() => {
        order.push(index);
        limiter.release();
      }),
    );
    limiter.release();
    await Promise.all(calls);
    expect(order).toEqual(Array.from({ length: 30_000 }, (_, index) => index));
  });

  it('lets an aborted call go, and skips its place', async () => {
    const { limiter } = makeLimiter(1);
    await grant(limiter);
    const controller = new AbortController();
    const aborted = limiter.acquire(controller.signal);
    const next = grant(limiter);
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'SRGIT_INTERRUPTED' });
    limiter.release();
    await next;
    expect(limiter.inFlight).toBe(1);
  });

  it('admits nobody during a pause', async () => {
    const { limiter, advance, now } = makeLimiter(4);
    limiter.pauseUntil(now() + 5000);
    let granted = 0;
    const calls = [1, 2].map(() => grant(limiter).then(() => (granted += 1)));
    await advance(4999);
    expect(granted).toBe(0);
    await advance(1);
    expect(granted).toBe(2);
    await Promise.all(calls);
  });

  it('goes single file while told so', async () => {
    const { limiter } = makeLimiter(8);
    limiter.setSingleFile(true);
    await grant(limiter);
    const others = [1, 2, 3].map(() => grant(limiter));
    await settle();
    expect(limiter.inFlight).toBe(1);
    limiter.setSingleFile(false);
    await Promise.all(others);
    expect(limiter.inFlight).toBe(4);
  });

  it('refuses everybody once closed', async () => {
    const { limiter } = makeLimiter(1);
    await grant(limiter);
    const waiting = grant(limiter);
    limiter.close();
    await expect(waiting).rejects.toMatchObject({ code: 'SRGIT_INTERNAL' });
    await expect(grant(limiter)).rejects.toMatchObject({ code: 'SRGIT_INTERNAL' });
  });
});
