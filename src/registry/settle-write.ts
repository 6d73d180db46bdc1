/**
 * Writes whose outcome may stay unknown. A 5xx, a reset or a timeout does not say whether the server acted: Confluent
 * 8.3.1 was seen to commit writes that it had answered with 50002 and 50003, some a minute later. So it is looked
 * before anything is sent again.
 */
import { setTimeout as sleepTimer } from 'node:timers/promises';
import { SrgitError, throwIfAborted } from '../errors.ts';
import { LIMITED_TRIES, transienceOf } from './retry.ts';

export interface WriteOptions {
  /**
   * Looked at between attempts only: a write that was sent is waited for, since an aborted one has an unknown outcome
   * too.
   */
  readonly signal?: AbortSignal | undefined;
  /** Told when it is not known whether the server acted, before it is looked. */
  readonly onDoubt?: ((failure: SrgitError) => void) | undefined;
  readonly patience?: WritePatience | undefined;
  /** Rejects, with anything, when the signal aborts. Milliseconds. */
  readonly sleep?: ((ms: number, signal?: AbortSignal) => Promise<void>) | undefined;
  /** In [0, 1). */
  readonly random?: (() => number) | undefined;
  /** Milliseconds on any clock that goes forward. */
  readonly now?: (() => number) | undefined;
}

export interface WritePatience {
  readonly attempts: number;
  /** First wait and longest one, in milliseconds; each is twice the one before, and up to half of it is left to chance. */
  readonly baseMs: number;
  readonly capMs: number;
  /** No attempt is begun later than this after the first, in milliseconds. */
  readonly budgetMs: number;
}

/** Outlasts a leader's election (10.6 s of 50003 were seen) and one forwarded write that hangs for a minute. */
export const DEFAULT_PATIENCE: WritePatience = { attempts: 12, baseMs: 250, capMs: 5000, budgetMs: 150_000 };

export interface Write<Result> {
  /** Sends it once. */
  readonly send: () => Promise<Result>;
  /**
   * What the registry has of it: undefined when it has not been done.
   *
   * @throws SRGIT_REGISTRY_CONFLICT when it can no longer be done.
   */
  readonly look: () => Promise<Result | undefined>;
}

/**
 * Sends a write until it is known to be done.
 *
 * @throws SrgitError of the client: the registry's refusal, or what it failed with when patience ran out. With
 * `details.outcome` `unknown` nobody knows whether it was done.
 */
export async function settleWrite<Result>(write: Write<Result>, options: WriteOptions = {}): Promise<Result> {
  const { signal, patience = DEFAULT_PATIENCE, now = () => performance.now() } = options;
  const began = now();
  let inDoubt = false;
  for (let attempt = 1; ; attempt++) {
    throwIfAborted(signal);
    const failure = await tryOnce(write.send);
    if ('result' in failure) return failure.result;
    const { error } = failure;
    const unknown = error.details['outcome'] === 'unknown';
    if (unknown) options.onDoubt?.(error);
    inDoubt ||= unknown;
    if (inDoubt) {
      // A refusal, too, may be the consequence of an attempt that went through: a version that is deleted already.
      const found = await tryOnce(write.look);
      if ('error' in found)
        throw found.error.code === 'SRGIT_REGISTRY_CONFLICT' ? found.error : withOutcomeUnknown(error);
      if (found.result !== undefined) return found.result;
    }
    if (!mayHelp(error, attempt, patience)) throw error;
    const wait = waitMs(attempt, patience, options.random ?? Math.random);
    if (now() + wait - began > patience.budgetMs) throw error;
    await (options.sleep ?? sleepAbortably)(wait, signal).catch((reason: unknown) => {
      throwIfAborted(signal);
      throw reason;
    });
  }
}

type Tried<Result> = { readonly result: Result } | { readonly error: SrgitError };

async function tryOnce<Result>(call: () => Promise<Result>): Promise<Tried<Result>> {
  try {
    return { result: await call() };
  } catch (error) {
    if (error instanceof SrgitError && error.code !== 'SRGIT_INTERRUPTED') return { error };
    throw error;
  }
}

function mayHelp({ retriable, details }: SrgitError, attempt: number, { attempts }: WritePatience): boolean {
  if (!retriable || attempt >= attempts) return false;
  const { status, errorCode } = details;
  if (typeof status !== 'number' || typeof errorCode !== 'number') return true;
  return transienceOf(status, errorCode) !== 'limited' || attempt < LIMITED_TRIES;
}

function waitMs(attempt: number, { baseMs, capMs }: WritePatience, random: () => number): number {
  const full = Math.min(capMs, baseMs * 2 ** (attempt - 1));
  return Math.round(full / 2 + (full / 2) * random());
}

function withOutcomeUnknown(error: SrgitError): SrgitError {
  return new SrgitError(error.code, error.message, {
    retriable: error.retriable,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.cause === undefined ? {} : { cause: error.cause }),
    details: { ...error.details, outcome: 'unknown' },
  });
}

async function sleepAbortably(ms: number, signal?: AbortSignal): Promise<void> {
  await sleepTimer(ms, undefined, signal === undefined ? {} : { signal });
}
