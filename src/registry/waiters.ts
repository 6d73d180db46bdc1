/** The line before the limiter. */
import { throwIfAborted } from '../errors.ts';
import { type Abortable, unwatchAbort } from './abort.ts';

/** One call that waits for a place in flight; aborting it takes it out of the line. */
export class Waiter implements Abortable {
  waiting = true;
  readonly #resolve: (ticket: number) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #signal: AbortSignal | undefined;

  constructor(resolve: (ticket: number) => void, reject: (reason: unknown) => void, signal: AbortSignal | undefined) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#signal = signal;
  }

  admit(ticket: number): void {
    this.#leave();
    this.#resolve(ticket);
  }

  refuse(reason: unknown): void {
    this.#leave();
    this.#reject(reason);
  }

  abort(): void {
    this.#leave();
    try {
      throwIfAborted(this.#signal);
    } catch (error) {
      this.#reject(error);
    }
  }

  #leave(): void {
    this.waiting = false;
    if (this.#signal !== undefined) unwatchAbort(this.#signal, this);
  }
}

/** First in, first out, in constant time: an export queues tens of thousands. */
export class WaiterQueue {
  #items: Waiter[] = [];
  #head = 0;

  get empty(): boolean {
    return this.#head >= this.#items.length;
  }

  push(waiter: Waiter): void {
    this.#items.push(waiter);
  }

  shift(): Waiter | undefined {
    const waiter = this.#items[this.#head];
    if (waiter === undefined) return undefined;
    this.#head += 1;
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return waiter;
  }
}
