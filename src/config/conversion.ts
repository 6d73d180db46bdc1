/** What reading another spelling of the configuration comes to: settings in our words, and where each came from. */

export interface ConversionNote {
  /** Keys of the file. */
  readonly path: readonly string[];
  readonly text: string;
}

export interface Origin {
  /** Keys in the words of srgit.yaml. */
  readonly to: readonly string[];
  /** Keys of the file. */
  readonly from: readonly string[];
}

/** Gathers settings by path. */
export class Conversion {
  /** RawConfig in the making. */
  readonly raw: Record<string, unknown> = {};
  readonly origins: Origin[] = [];
  readonly mistakes: ConversionNote[] = [];

  put(to: readonly string[], value: unknown, from: readonly string[]): void {
    if (value === undefined || value === null) return;
    let holder = this.raw;
    for (const key of to.slice(0, -1)) {
      const next = holder[key];
      if (isRecord(next)) holder = next;
      else {
        const made: Record<string, unknown> = {};
        holder[key] = made;
        holder = made;
      }
    }
    const last = to.at(-1);
    if (last !== undefined) holder[last] = value;
    this.origins.push({ to, from });
  }

  mistake(path: readonly string[], text: string): void {
    this.mistakes.push({ path, text });
  }
}

/** A mapping of the file; what it lacks is undefined, and so is everything below. */
export class Section {
  readonly path: readonly string[];
  readonly #data: Readonly<Record<string, unknown>>;
  readonly #spell: (key: string) => string;

  /** @param spell how the file writes a key that is `like_this` here. */
  constructor(data: unknown, path: readonly string[], spell: (key: string) => string = (key) => key) {
    this.#data = isRecord(data) ? data : {};
    this.path = path;
    this.#spell = spell;
  }

  get(key: string): unknown {
    const name = this.#spell(key);
    return Object.hasOwn(this.#data, name) ? this.#data[name] : undefined;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined && this.get(key) !== null;
  }

  text(key: string): string | undefined {
    const value = this.get(key);
    return typeof value === 'string' ? value : undefined;
  }

  within(key: string): Section {
    return new Section(this.get(key), this.pathOf(key), this.#spell);
  }

  pathOf(key: string): readonly string[] {
    return [...this.path, this.#spell(key)];
  }

  get isEmpty(): boolean {
    return Object.keys(this.#data).length === 0;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
