/** The outline of a JSON text: where every value lies in it, so that one can be changed and the rest keeps every byte. */

export type OutlineNode = OutlineObject | OutlineArray | OutlineString | OutlineOther;

interface Span {
  /** Index of the first character. */
  readonly start: number;
  /** Index after the last one. */
  readonly end: number;
}

export interface OutlineObject extends Span {
  readonly kind: 'object';
  /** In the text's order; of repeated keys the last one counts. */
  readonly members: ReadonlyMap<string, OutlineNode>;
}

export interface OutlineArray extends Span {
  readonly kind: 'array';
  readonly items: readonly OutlineNode[];
}

export interface OutlineString extends Span {
  readonly kind: 'string';
  readonly value: string;
}

interface OutlineOther extends Span {
  readonly kind: 'other';
}

/** As deep as the registry's own JSON parser goes. */
const DEPTH_LIMIT = 1000;

/** @returns undefined for what is no JSON, or nested deeper than 1,000 levels. */
export function outlineJson(text: string): OutlineNode | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  const reader = new Reader(text);
  return reader.value(0);
}

/** Reads a text that is known to be well-formed. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): OutlineNode | undefined {
    if (depth > DEPTH_LIMIT) return undefined;
    this.#skipWhitespace();
    const first = this.#text[this.#at];
    if (first === '{') return this.#object(depth);
    if (first === '[') return this.#array(depth);
    const start = this.#at;
    if (first === '"') {
      const value = this.#string();
      return { kind: 'string', value, start, end: this.#at };
    }
    while (this.#at < this.#text.length && !/[,\]}\s]/.test(this.#text[this.#at] ?? '')) this.#at++;
    return { kind: 'other', start, end: this.#at };
  }

  #object(depth: number): OutlineObject | undefined {
    const start = this.#at++;
    const members = new Map<string, OutlineNode>();
    while (!this.#ends('}')) {
      this.#skipWhitespace();
      const key = this.#string();
      this.#skipWhitespace();
      this.#at++;
      const value = this.value(depth + 1);
      if (value === undefined) return undefined;
      members.set(key, value);
    }
    return { kind: 'object', members, start, end: this.#at };
  }

  #array(depth: number): OutlineArray | undefined {
    const start = this.#at++;
    const items: OutlineNode[] = [];
    while (!this.#ends(']')) {
      const value = this.value(depth + 1);
      if (value === undefined) return undefined;
      items.push(value);
    }
    return { kind: 'array', items, start, end: this.#at };
  }

  /** Steps over a comma, or over the closing bracket: then it is the end. */
  #ends(closer: string): boolean {
    this.#skipWhitespace();
    if (this.#text[this.#at] === ',') this.#at++;
    if (this.#text[this.#at] !== closer) return false;
    this.#at++;
    return true;
  }

  #string(): string {
    const start = this.#at++;
    while (this.#text[this.#at] !== '"') this.#at += this.#text[this.#at] === '\\' ? 2 : 1;
    this.#at++;
    return String(JSON.parse(this.#text.slice(start, this.#at)));
  }

  #skipWhitespace(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++;
  }
}
