/** Waiting that a signal ends, and trying again until a time is over. */
import { isSrgitError, SrgitError, throwIfAborted } from '../errors.ts';

/** The promise, or the signal's error as soon as it aborts; what the promise does then is nobody's concern. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(abortedError(signal));
    if (signal.aborted) {
      promise.catch(() => undefined);
      stop();
      return;
    }
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

function abortedError(signal: AbortSignal): SrgitError {
  if (signal.reason instanceof SrgitError) return signal.reason;
  return new SrgitError('SRGIT_INTERRUPTED', 'interrupted', { cause: signal.reason });
}

export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    await orAborted(over, signal);
  } finally {
    clearTimeout(timer);
  }
}

export interface Patience {
  /** By `performance.now()`. */
  readonly until: number;
  readonly signal?: AbortSignal | undefined;
}

export function patience(ms: number, signal?: AbortSignal): Patience {
  return { until: performance.now() + ms, signal };
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;

/** Calls until it goes well, fails with what no repetition cures, or the time is over: the last error then. */
export async function retrying<T>(
  { until, signal }: Patience,
  attempt: () => Promise<T>,
  mayRetry: (error: unknown) => boolean = (error) => isSrgitError(error) && error.retriable,
): Promise<T> {
  for (let tries = 0; ; tries++) {
    throwIfAborted(signal);
    try {
      return await attempt();
    } catch (error) {
      const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(tries, 10));
      // Clients that failed together must not come back together.
      const ms = longest / 2 + (Math.random() * longest) / 2;
      if (!mayRetry(error) || performance.now() + ms > until) throw error;
      await pause(ms, signal);
    }
  }
}
