/** Lets so many uploads run at once: each holds parts in memory, and partitions that fill alike end their segments together. */
export class StoreSlots {
  private free: number;
  private readonly waiting: (() => void)[] = [];

  constructor(slots: number) {
    this.free = slots;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      // The slot goes on to whoever has waited longest.
      if (next === undefined) this.free++;
      else next();
    }
  }
}
