/** The nodes of one registry: which one is asked, which are left alone for a while. */
import type { Dispatcher } from 'undici';
import type { Auth } from './auth.ts';
import type { BaseUrl } from './base-url.ts';

export interface Node {
  readonly url: BaseUrl;
  readonly dispatcher: Dispatcher;
  readonly auth: Auth;
  /** Headers of a GET, without what changes over time. */
  readonly headers: string[];
  /** Headers of a request with a body. */
  readonly bodyHeaders: string[];
}

interface NodeState {
  readonly node: Node;
  /** Milliseconds since 1970; 0 while it is well. */
  downUntil: number;
  /** Whether it has answered since it last failed. */
  proven: boolean;
}

/** Sticks to the node that answers; moves to the next when it fails. */
export class Nodes {
  readonly #states: readonly NodeState[];
  readonly #coolDownMs: number;
  readonly #now: () => number;
  #current: NodeState;

  constructor(nodes: readonly [Node, ...Node[]], coolDownMs: number, now: () => number) {
    const [first, ...others] = nodes;
    this.#current = { node: first, downUntil: 0, proven: false };
    this.#states = [this.#current, ...others.map((node) => ({ node, downUntil: 0, proven: false }))];
    this.#coolDownMs = coolDownMs;
    this.#now = now;
  }

  get count(): number {
    return this.#states.length;
  }

  /** Whether there is a choice, and the present one has not shown that it answers. */
  get unproven(): boolean {
    return this.#states.length > 1 && !this.#current.proven;
  }

  /**
   * The node to ask: the present one, else the next that is not cooling down, else the one whose cool-down ends first.
   * `tried` are left out, unless they are all there is.
   */
  pick(tried: readonly Node[]): Node {
    const current = this.#current;
    if (tried.length === 0 && current.downUntil === 0) return current.node;
    const now = this.#now();
    const from = this.#states.indexOf(current);
    let best: NodeState | undefined;
    for (let step = 0; step < this.#states.length; step += 1) {
      const state = this.#states[(from + step) % this.#states.length];
      if (state === undefined || tried.includes(state.node)) continue;
      if (state.downUntil <= now) return state.node;
      if (best === undefined || state.downUntil < best.downUntil) best = state;
    }
    return (best ?? current).node;
  }

  /** It answered. It becomes the present one if the present one is down. */
  noteWell(node: Node): void {
    const current = this.#current;
    if (current.node === node && current.proven && current.downUntil === 0) return;
    const state = this.#stateOf(node);
    if (state === undefined) return;
    state.proven = true;
    state.downUntil = 0;
    if (current.downUntil !== 0) this.#current = state;
  }

  /** It failed in a way another may not. */
  noteDown(node: Node): void {
    const state = this.#stateOf(node);
    if (state === undefined || this.#states.length === 1) return;
    const now = this.#now();
    state.proven = false;
    state.downUntil = now + this.#coolDownMs;
    if (state !== this.#current) return;
    const from = this.#states.indexOf(state);
    for (let step = 1; step < this.#states.length; step += 1) {
      const next = this.#states[(from + step) % this.#states.length];
      if (next === undefined || next.downUntil > now) continue;
      next.downUntil = 0;
      this.#current = next;
      return;
    }
  }

  #stateOf(node: Node): NodeState | undefined {
    return this.#states.find((state) => state.node === node);
  }
}
