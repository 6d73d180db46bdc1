/** A number of bytes that several workers share: who wants more than is left waits its turn. */
import { throwIfAborted } from '../../errors.ts';

interface Waiting {
  readonly bytes: number;
  readonly go: () => void;
}

export class ByteBudget {
  readonly #max: number;
  readonly #queue: Waiting[] = [];
  #used = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get used(): number {
    return this.#used;
  }

  /** What is larger than the whole budget goes alone. @throws SrgitError SRGIT_INTERRUPTED */
  async take(bytes: number, signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    if (this.#queue.length === 0 && this.#fits(bytes)) {
      this.#used += bytes;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1);
        this.#serve();
        try {
          throwIfAborted(signal);
        } catch (error) {
          reject(error);
        }
      };
      const waiting = {
        bytes,
        go: () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
      };
      this.#queue.push(waiting);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  give(bytes: number): void {
    this.#used -= bytes;
    this.#serve();
  }

  #fits(bytes: number): boolean {
    return this.#used === 0 || this.#used + bytes <= this.#max;
  }

  #serve(): void {
    for (let first = this.#queue[0]; first !== undefined && this.#fits(first.bytes); first = this.#queue[0]) {
      this.#queue.shift();
      this.#used += first.bytes;
      first.go();
    }
  }
}
