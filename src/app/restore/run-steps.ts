/** Runs steps as soon as those that they wait for are done, the earliest first, a bounded number at a time. */
import { throwIfAborted } from '../../errors.ts';

export interface RunOptions {
  /** For each step the earlier ones that it waits for. */
  readonly waitsFor: readonly (readonly number[])[];
  /** Most at a time. */
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
  readonly run: (at: number) => Promise<void>;
}

/**
 * The first failure, or an aborted signal, keeps more from being begun; what runs is waited for, and then it is thrown.
 * The earliest first: then few subjects are in the middle of their steps at any moment.
 */
export async function runSteps({ waitsFor, limit, signal, run }: RunOptions): Promise<void> {
  throwIfAborted(signal);
  const left = waitsFor.map((list) => list.length);
  const followers: number[][] = waitsFor.map(() => []);
  const ready = new LowestFirst();
  waitsFor.forEach((list, at) => {
    for (const before of list) followers[before]?.push(at);
    if (list.length === 0) ready.push(at);
  });
  let failure: { readonly error: unknown } | undefined;
  let running = 0;
  let done = 0;
  await new Promise<void>((resolve) => {
    const fill = (): void => {
      while (running < limit && failure === undefined && signal?.aborted !== true) {
        const next = ready.pop();
        if (next === undefined) break;
        running++;
        void begin(next);
      }
      if (running === 0) resolve();
    };
    const begin = async (at: number): Promise<void> => {
      try {
        await run(at);
        done++;
        for (const follower of followers[at] ?? []) {
          const count = (left[follower] ?? 0) - 1;
          left[follower] = count;
          if (count === 0) ready.push(follower);
        }
      } catch (error) {
        failure ??= { error };
      }
      running--;
      fill();
    };
    fill();
  });
  if (failure !== undefined) throw failure.error;
  if (done < waitsFor.length) throwIfAborted(signal);
}

/** A binary heap. */
class LowestFirst {
  readonly #items: number[] = [];

  push(value: number): void {
    const items = this.#items;
    let at = items.push(value) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = items[parent] ?? 0;
      if (above <= value) break;
      items[at] = above;
      at = parent;
    }
    items[at] = value;
  }

  pop(): number | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (first === undefined || last === undefined || items.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if ((items[child + 1] ?? Number.POSITIVE_INFINITY) < (items[child] ?? 0)) child++;
      const below = items[child] ?? 0;
      if (below >= last) break;
      items[at] = below;
      at = child;
    }
    items[at] = last;
    return first;
  }
}
