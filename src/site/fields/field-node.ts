/** A schema as a tree of fields that a person reads. */

export interface FieldNode {
  readonly name: string;
  /** In the language's words, on one line: `null | string`, `array<Line>`, `map<string, int32>`. */
  readonly type: string;
  /** The number of a Protobuf field. */
  readonly number?: number;
  readonly doc?: string;
  /** As JSON, or as written in Protobuf. */
  readonly default?: string;
  readonly required?: boolean;
  /** Everything else that is said of it, in the order in which it is shown. */
  readonly facts?: readonly (readonly [name: string, value: string])[];
  readonly children?: readonly FieldNode[];
  /** Names of types that this schema does not declare: what its references may hold. */
  readonly outside?: readonly string[];
  /** Its type is declared elsewhere in this schema, and shown there. */
  readonly shownAbove?: boolean;
}

export interface FieldTree {
  readonly nodes: readonly FieldNode[];
  /** Some of the schema was left out: it is deeper or larger than anybody reads. */
  readonly cut: boolean;
}

/** Deeper nesting is not shown. */
export const MAX_DEPTH = 40;

/** Nodes of one tree. */
export const MAX_NODES = 20_000;

/** Counts nodes while a tree is built. */
export class NodeBudget {
  #left = MAX_NODES;
  cut = false;

  /** False when there is no room for another node at this depth. */
  take(depth: number): boolean {
    if (depth > MAX_DEPTH || this.#left <= 0) {
      this.cut = true;
      return false;
    }
    this.#left--;
    return true;
  }
}

/** Only the facts that are there. */
export function presentFacts(entries: readonly (readonly [string, string | undefined])[]): {
  readonly facts?: readonly (readonly [string, string])[];
} {
  const facts = entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  return facts.length === 0 ? {} : { facts };
}
