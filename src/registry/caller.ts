/** A call from its place in the line to its answer: limiter, nodes, retries. */
import { throwIfAborted } from '../errors.ts';
import { type AttemptContext, attemptCall, type Call } from './attempt.ts';
import { type Failure, failureError, type NodeFailure } from './failure.ts';
import type { Limiter } from './limiter.ts';
import type { Node, Nodes } from './nodes.ts';
import type { RetryOptions } from './options.ts';
import { backoffMs, LIMITED_TRIES } from './retry.ts';
import type { RegistryAnswer } from './types.ts';

export interface CallerOptions extends Omit<AttemptContext, 'countRequest'> {
  readonly nodes: Nodes;
  readonly limiter: Limiter;
  readonly retry: Required<RetryOptions>;
  readonly random: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** What a call remembers of its failures; made at the first. */
interface Trouble {
  readonly startedAt: number;
  attempts: number;
  rounds: number;
  limited: number;
  /** Nodes that failed in this round. */
  tried: Node[];
  failures: NodeFailure[];
}

const NONE: readonly Node[] = [];
/** A longer Retry-After is a schedule, not a guess: such waits are bounded by the time budget alone. */
const SCHEDULED_WAIT_MS = 1000;

export class Caller {
  readonly stats = { requests: 0, retries: 0, failovers: 0, throttled: 0 };
  readonly #options: CallerOptions;
  readonly #attempt: AttemptContext;

  constructor(options: CallerOptions) {
    this.#options = options;
    const { stats } = this;
    this.#attempt = {
      maxBytes: options.maxBytes,
      secrets: options.secrets,
      now: options.now,
      countRequest: () => {
        stats.requests += 1;
      },
    };
    options.limiter.setSingleFile(options.nodes.unproven);
  }

  /** @throws SrgitError when there is nothing left to try. */
  async perform(call: Call): Promise<RegistryAnswer> {
    const { limiter, nodes, now } = this.#options;
    throwIfAborted(call.signal);
    let trouble: Trouble | undefined;
    for (;;) {
      const waiting = limiter.acquire(call.signal, trouble !== undefined);
      const ticket = waiting === undefined ? limiter.ticket : await waiting;
      const node = nodes.pick(trouble?.tried ?? NONE);
      const began = now();
      let failure: Failure;
      try {
        const result = await attemptCall(node, call, this.#attempt);
        if (result === 'aborted') throwIfAborted(call.signal);
        if (typeof result === 'string') continue;
        // Refusals are left out: they are made faster than answers, and would set the floor too low.
        if ('ok' in result) limiter.noteAnswer(now() - began);
        if ('ok' in result || !result.nodeFault) nodes.noteWell(node);
        if ('ok' in result) return result;
        failure = result;
        this.#noteFailure(node, failure, ticket);
      } finally {
        limiter.setSingleFile(nodes.unproven);
        limiter.release();
      }
      trouble ??= { startedAt: began, attempts: 0, rounds: 0, limited: 0, tried: [], failures: [] };
      await this.#recover(call, node, failure, trouble);
    }
  }

  #noteFailure(node: Node, failure: Failure, ticket: number): void {
    const { limiter, nodes } = this.#options;
    if (failure.status === 429) this.stats.throttled += 1;
    if (failure.status === 429 || failure.status === 503) limiter.noteThrottle(ticket);
    // A 500 without a reason may be this request's own: it says nothing about the node.
    if (failure.nodeFault && failure.transience !== 'limited') nodes.noteDown(node);
  }

  /** Returns when the call may be tried again, at the next node or after a wait; else throws. */
  async #recover(call: Call, node: Node, failure: Failure, trouble: Trouble): Promise<void> {
    const { limiter, nodes, retry, random, sleep, now } = this.#options;
    trouble.attempts += 1;
    trouble.failures.push({ node: node.url.shown, failure });
    if (failure.transience === 'limited') trouble.limited += 1;
    if (trouble.limited >= LIMITED_TRIES || !mayRepeat(call, failure)) throw this.#giveUp(call, trouble);

    if (failure.nodeFault) {
      trouble.tried.push(node);
      if (trouble.tried.length < nodes.count) {
        this.stats.failovers += 1;
        return;
      }
    }
    const hopeless = trouble.failures.every((each) => each.failure.transience === 'no');
    const retryAfter = failure.retryAfterMs;
    if (retryAfter === undefined || retryAfter < SCHEDULED_WAIT_MS) trouble.rounds += 1;
    if (hopeless || trouble.rounds >= retry.attempts) throw this.#giveUp(call, trouble);

    const jitter = backoffMs(Math.max(1, trouble.rounds), retry, random);
    const wait = retryAfter === undefined ? jitter : retryAfter + Math.min(jitter, retry.baseMs);
    if (now() + wait - trouble.startedAt > retry.budgetMs) throw this.#giveUp(call, trouble);
    if (retryAfter !== undefined) limiter.pauseUntil(now() + retryAfter);
    this.stats.retries += 1;
    trouble.tried = [];
    trouble.failures = [];
    await sleep(wait, call.signal).catch((error: unknown) => {
      throwIfAborted(call.signal);
      throw error;
    });
    throwIfAborted(call.signal);
  }

  #giveUp(call: Call, trouble: Trouble): Error {
    return failureError(call, trouble.failures, trouble.attempts);
  }
}

/**
 * Idempotent calls may be repeated whenever that may help. Others only when the server cannot have acted on them, or
 * has said when to come back: a registration that timed out may have been made.
 */
function mayRepeat(call: Call, failure: Failure): boolean {
  if (call.idempotent) return failure.transience !== 'no' || failure.nodeFault;
  if (failure.delivery === 'not-sent') return true;
  return (failure.status === 429 || failure.status === 503) && failure.retryAfterMs !== undefined;
}
