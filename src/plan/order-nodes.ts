/** Topological order (Kahn), stable: of the nodes that could come next, the one with the lowest number does. */

export interface NodeOrder {
  readonly order: readonly number[];
  /** Nodes on a cycle, and those that need one; ascending. */
  readonly stuck: readonly number[];
}

/**
 * Orders the nodes 0 … count-1 so that each comes after those it needs. Takes time in proportion to nodes and needs
 * times the logarithm of the nodes; does not recurse.
 */
export function orderNodes(count: number, needs: (node: number) => Iterable<number>): NodeOrder {
  const missing = new Array<number>(count).fill(0);
  const neededBy: number[][] = Array.from({ length: count }, () => []);
  for (let node = 0; node < count; node++) {
    for (const needed of new Set(needs(node))) {
      neededBy[needed]?.push(node);
      missing[node] = (missing[node] ?? 0) + 1;
    }
  }
  const ready: number[] = [];
  for (let node = 0; node < count; node++) if (missing[node] === 0) ready.push(node);
  // Ascending already: a heap.
  const order: number[] = [];
  for (let next = takeLowest(ready); next !== undefined; next = takeLowest(ready)) {
    order.push(next);
    for (const node of neededBy[next] ?? []) {
      const left = (missing[node] ?? 0) - 1;
      missing[node] = left;
      if (left === 0) putInHeap(ready, node);
    }
  }
  const done = new Set(order);
  const stuck =
    order.length === count ? [] : Array.from({ length: count }, (_, node) => node).filter((n) => !done.has(n));
  return { order, stuck };
}

/** Of stuck nodes those on a cycle (or on the way from one to another): what only needs a cycle is left out. */
export function cycleNodes(stuck: readonly number[], needs: (node: number) => Iterable<number>): readonly number[] {
  const among = new Set(stuck);
  const neededBy = new Map<number, number>();
  const needsOf = (node: number): number[] => [...new Set(needs(node))].filter((needed) => among.has(needed));
  for (const node of stuck) for (const needed of needsOf(node)) neededBy.set(needed, (neededBy.get(needed) ?? 0) + 1);
  const queue = stuck.filter((node) => !neededBy.has(node));
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    const needed = needsOf(node);
    among.delete(node);
    for (const other of needed) {
      const left = (neededBy.get(other) ?? 0) - 1;
      neededBy.set(other, left);
      if (left === 0) queue.push(other);
    }
  }
  return stuck.filter((node) => among.has(node));
}

function putInHeap(heap: number[], value: number): void {
  let at = heap.length;
  heap.push(value);
  while (at > 0) {
    const parent = (at - 1) >>> 1;
    const above = heap[parent] ?? 0;
    if (above <= value) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = value;
}

function takeLowest(heap: number[]): number | undefined {
  const lowest = heap[0];
  const last = heap.pop();
  if (lowest === undefined || last === undefined || heap.length === 0) return lowest;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    const left = heap[child];
    if (left === undefined) break;
    const right = heap[child + 1];
    if (right !== undefined && right < left) child++;
    const below = Math.min(left, right ?? left);
    if (below >= last) break;
    heap[at] = below;
    at = child;
  }
  heap[at] = last;
  return lowest;
}
