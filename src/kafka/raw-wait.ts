/** Waiting that a signal ends, and trying again with pauses that grow and differ. */
import { SrgitError, throwIfAborted } from '../errors.ts';
import { mayPass } from './raw-fault.ts';

/** The promise, or the error of the signal as soon as that aborts; what the promise then does is nobody's concern. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => {
      promise.catch(() => undefined);
      reject(interruption(signal));
    };
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

export function interruption(signal: AbortSignal): SrgitError {
  if (signal.reason instanceof SrgitError) return signal.reason;
  return new SrgitError('SRGIT_INTERRUPTED', 'interrupted', { cause: signal.reason });
}

/** Resolves after so many milliseconds. @throws when the signal aborts */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    throwIfAborted(signal);
    const stop = (): void => {
      clearTimeout(timer);
      if (signal !== undefined) reject(interruption(signal));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

const MOST_MS = 1000;

/** Half of it fixed, half of it chance: clients that failed together do not come back together. */
export function backoffMs(tries: number, baseMs = 50): number {
  const ceiling = Math.min(MOST_MS, baseMs * 2 ** Math.min(tries, 10));
  return ceiling / 2 + (Math.random() * ceiling) / 2;
}

export interface RetryOptions {
  /** How long failures are met with another try. */
  readonly forMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly baseMs?: number;
  /** Others than those that may pass by themselves, after so many milliseconds. */
  readonly retry?: (error: unknown, afterMs: number) => boolean;
}

/** Calls until it goes well, fails for good or the time is over: the last error then. */
export async function retrying<T>(options: RetryOptions, attempt: (tries: number) => Promise<T>): Promise<T> {
  const { forMs, signal, baseMs, retry = mayPass } = options;
  const start = performance.now();
  for (let tries = 0; ; tries++) {
    throwIfAborted(signal);
    try {
      return await attempt(tries);
    } catch (error) {
      const ms = backoffMs(tries, baseMs);
      const afterMs = performance.now() - start + ms;
      if (afterMs > forMs || !retry(error, afterMs)) throw error;
      await pause(ms, signal);
    }
  }
}
