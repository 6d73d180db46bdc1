/** Seeded chance: the same seed throws the same. */

/** Numbers in [0, 1), a small well-known generator (mulberry32). */
function makeRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class Dice {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = makeRandom(seed);
  }

  /** An integer from 0 up to the bound, without it. */
  below(bound: number): number {
    return Math.floor(this.#random() * bound);
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error('an empty pool');
    return item;
  }

  /** An object with each of the members or without it. */
  some(members: Readonly<Record<string, () => unknown>>, probability: number): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(members).flatMap(([name, make]) => (this.chance(probability) ? [[name, make()]] : [])),
    );
  }
}
