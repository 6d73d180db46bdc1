/** Wall time by phase, for reports. */
export class Stopwatch {
  readonly #durations: Record<string, number> = {};

  /** Whole milliseconds by phase. */
  get durations(): Readonly<Record<string, number>> {
    return this.#durations;
  }

  async time<T>(phase: string, work: Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work;
    } finally {
      this.#durations[phase] = Math.round((this.#durations[phase] ?? 0) + performance.now() - start);
    }
  }
}
