/** The one place of this room where many calls are in flight at once. */
import { throwIfAborted } from '../errors.ts';

/**
 * Calls `fn` for every item, at most `limit` at a time, and gives the results in the items' order. The first failure
 * aborts the signal the other calls were given, waits for them and is then thrown; items not begun are never begun.
 */
export async function mapConcurrent<T, R>(
  items: readonly T[],
  limit: number,
  fn: (item: T, signal: AbortSignal) => Promise<R>,
  signal?: AbortSignal,
): Promise<R[]> {
  throwIfAborted(signal);
  const results: R[] = new Array(items.length);
  const stop = new AbortController();
  // One combined signal for the whole run: one per call would leak a listener each.
  const combined = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  let failure: { readonly error: unknown } | undefined;
  const iterator = items.entries();
  const work = async (): Promise<void> => {
    for (const [index, item] of iterator) {
      if (combined.aborted) return;
      try {
        results[index] = await fn(item, combined);
      } catch (error) {
        failure ??= { error };
        stop.abort();
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(limit, items.length)) }, work));
  throwIfAborted(signal);
  if (failure !== undefined) throw failure.error;
  return results;
}
