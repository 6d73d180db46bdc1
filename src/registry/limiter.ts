/** How many requests are in flight at once: first come first served, adapted to what the registry bears. */
import { SrgitError } from '../errors.ts';
import { watchAbort } from './abort.ts';
import { Waiter, WaiterQueue } from './waiters.ts';

export interface LimiterOptions {
  /** Most in flight, at least 1. */
  readonly max: number;
  readonly now: () => number;
  /** Ends, one way or the other, when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** A window's fastest answer slower than this many floors, and by this many milliseconds, means a queue at the server. */
const SLOW_FACTOR = 4;
const SLOW_MARGIN_MS = 100;
/** Fewest answers that are judged together. */
const SMALLEST_WINDOW = 16;
/** The floor forgets: a registry that became slower for good is not punished for ever. */
const FLOOR_DRIFT = 1.1;

/**
 * Additive increase, multiplicative decrease. One more in flight per window of answers, half after 429 or 503, three
 * quarters when even the fastest answer of a window is far above the fastest ever: the minimum, since one bulk listing
 * among small reads says nothing about the load.
 */
export class Limiter {
  readonly #max: number;
  readonly #now: () => number;
  readonly #sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly #closing = new AbortController();
  readonly #retries: Waiter[] = [];
  readonly #fresh: WaiterQueue = new WaiterQueue();
  #limit: number;
  #inFlight = 0;
  #singleFile = false;
  #pausedUntil = 0;
  #timer = false;
  /** Tickets number the admissions, so that a burst of refusals of one generation counts once. */
  #lastTicket = 0;
  #lastCutAt = 0;
  #windowCount = 0;
  #windowFastest = Number.POSITIVE_INFINITY;
  #windowBound = false;
  #floor = Number.POSITIVE_INFINITY;

  constructor(options: LimiterOptions) {
    this.#max = Math.max(1, Math.floor(options.max));
    this.#limit = Math.max(1, Math.ceil(this.#max / 2));
    this.#now = options.now;
    this.#sleep = options.sleep;
  }

  /** Most in flight at the moment. */
  get limit(): number {
    return this.#singleFile ? 1 : this.#limit;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** The number of the admission that was granted last; read it right after `acquire`. */
  get ticket(): number {
    return this.#lastTicket;
  }

  /**
   * A place in flight; undefined when it is granted at once, else a promise of the ticket.
   * @param ahead a call that has waited its turn once already: it goes before those that have not.
   * @throws SRGIT_INTERRUPTED when the signal aborts while waiting.
   */
  acquire(signal: AbortSignal | undefined, ahead = false): Promise<number> | undefined {
    if (!this.#closing.signal.aborted && this.#inFlight < this.limit && this.#idle() && !this.#paused()) {
      this.#admit();
      return undefined;
    }
    return new Promise<number>((resolve, reject) => {
      if (this.#closing.signal.aborted) {
        reject(new SrgitError('SRGIT_INTERNAL', 'the registry client is closed'));
        return;
      }
      const waiter = new Waiter(resolve, reject, signal);
      if (ahead) this.#retries.push(waiter);
      else this.#fresh.push(waiter);
      if (signal !== undefined) watchAbort(signal, waiter);
      this.#drain();
    });
  }

  /** Gives the place back; each `acquire` that was granted is followed by exactly one. */
  release(): void {
    this.#inFlight -= 1;
    this.#drain();
  }

  /** An answer that is no refusal came, `latencyMs` after the request was made. */
  noteAnswer(latencyMs: number): void {
    this.#windowCount += 1;
    if (latencyMs < this.#windowFastest) this.#windowFastest = latencyMs;
    // A limit that was never reached has not been tried: growing it would mean nothing.
    if (this.#inFlight >= this.#limit || !this.#fresh.empty) this.#windowBound = true;
    if (this.#windowCount >= Math.max(SMALLEST_WINDOW, this.#limit)) this.#judgeWindow();
  }

  /** The registry asked for fewer requests (429, 503). */
  noteThrottle(ticket: number): void {
    if (ticket <= this.#lastCutAt) return;
    this.#cut(0.5);
  }

  /** Nobody is admitted before `until`, milliseconds since 1970. */
  pauseUntil(until: number): void {
    if (until > this.#pausedUntil) this.#pausedUntil = until;
  }

  /** One at a time, while it is not known whether the node answers at all: a dead node then costs one attempt. */
  setSingleFile(on: boolean): void {
    if (this.#singleFile === on) return;
    this.#singleFile = on;
    if (!on) this.#drain();
  }

  /** Refuses everybody who waits, and all who come later. */
  close(): void {
    this.#closing.abort();
    for (let waiter = this.#next(); waiter !== undefined; waiter = this.#next()) {
      waiter.refuse(new SrgitError('SRGIT_INTERNAL', 'the registry client was closed while a call was waiting'));
    }
  }

  #judgeWindow(): void {
    const fastest = this.#windowFastest;
    const bound = this.#windowBound;
    this.#resetWindow();
    if (fastest > this.#floor * SLOW_FACTOR && fastest > this.#floor + SLOW_MARGIN_MS) {
      this.#floor *= FLOOR_DRIFT;
      this.#cut(0.75);
      return;
    }
    this.#floor = Math.min(fastest, this.#floor * FLOOR_DRIFT);
    if (bound && this.#limit < this.#max) {
      this.#limit += 1;
      this.#drain();
    }
  }

  #cut(factor: number): void {
    this.#limit = Math.max(1, Math.floor(this.#limit * factor));
    this.#lastCutAt = this.#lastTicket;
    this.#resetWindow();
  }

  #resetWindow(): void {
    this.#windowCount = 0;
    this.#windowFastest = Number.POSITIVE_INFINITY;
    this.#windowBound = false;
  }

  #idle(): boolean {
    return this.#retries.length === 0 && this.#fresh.empty;
  }

  #paused(): boolean {
    return this.#pausedUntil !== 0 && this.#now() < this.#pausedUntil;
  }

  #admit(): number {
    this.#inFlight += 1;
    this.#lastTicket += 1;
    return this.#lastTicket;
  }

  #drain(): void {
    while (this.#inFlight < this.limit) {
      if (this.#paused()) {
        if (!this.#idle()) this.#wakeAfterPause();
        return;
      }
      const waiter = this.#next();
      if (waiter === undefined) return;
      waiter.admit(this.#admit());
    }
  }

  /** Next one who still waits; those who aborted are dropped here. */
  #next(): Waiter | undefined {
    for (;;) {
      const waiter = this.#retries.shift() ?? this.#fresh.shift();
      if (waiter === undefined || waiter.waiting) return waiter;
    }
  }

  #wakeAfterPause(): void {
    if (this.#timer) return;
    this.#timer = true;
    const wake = (): void => {
      this.#timer = false;
      this.#drain();
    };
    this.#sleep(Math.max(1, this.#pausedUntil - this.#now()), this.#closing.signal).then(wake, wake);
  }
}
