/** Bytes a second, for all workers together. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SrgitError, throwIfAborted } from '../../../errors.ts';

export class RateLimit {
  readonly #bytesPerSecond: number;
  readonly #now: () => number;
  /** When what was taken so far is paid for. */
  #paidAt = 0;

  /** @param now milliseconds, ascending */
  constructor(bytesPerSecond: number, now: () => number) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#now = now;
  }

  /** Waits until the bytes may go. What was not used for a tenth of a second is lost. */
  async take(bytes: number, signal?: AbortSignal): Promise<void> {
    const now = this.#now();
    this.#paidAt = Math.max(this.#paidAt, now - 100) + (1000 * bytes) / this.#bytesPerSecond;
    const wait = this.#paidAt - now;
    if (wait > 0) {
      await sleep(wait, undefined, signal === undefined ? {} : { signal }).catch(() => throwIfAborted(signal));
    }
  }
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
};

/** `50MB/s`, `512KiB`: bytes. @throws SrgitError SRGIT_USAGE */
export function parseBytes(text: string, flag: string): number {
  const [, number, unit] = /^([0-9]+(?:\.[0-9]+)?) ?([kmg]i?)?b?(?:\/s)?$/i.exec(text) ?? [];
  const bytes = Number(number) * (UNITS[(unit ?? '').toLowerCase()] ?? Number.NaN);
  if (bytes >= 1) return bytes;
  throw new SrgitError('SRGIT_USAGE', `--${flag} ${text} is no amount of bytes`, {
    hint: 'For example 50MB or 512KiB.',
  });
}
