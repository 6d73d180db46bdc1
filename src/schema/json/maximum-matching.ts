/** The largest number of pairs that can be made at once between two groups (Hopcroft and Karp). */

/**
 * @param fits asked at most once for every two members, and seldom for more than `n + m` pairs when the groups are
 * alike and in the same order. Else the search takes no more than about `n * m * sqrt(n)` steps.
 */
export function countMatches<L, R>(
  lefts: readonly L[],
  rights: readonly R[],
  fits: (left: L, right: R) => boolean,
): number {
  const asked = lefts.map(() => new Map<number, boolean>());
  const isEdge = (left: number, right: number): boolean => {
    const known = asked[left]?.get(right);
    if (known !== undefined) return known;
    const answer = fits(lefts[left] as L, rights[right] as R);
    asked[left]?.set(right, answer);
    return answer;
  };
  const partnerOfLeft: Partners = lefts.map(() => undefined);
  const partnerOfRight: Partners = rights.map(() => undefined);
  let count = pairInOrder(partnerOfLeft, partnerOfRight, isEdge);
  if (count === Math.min(lefts.length, rights.length)) return count;
  const edges = [...lefts.keys()].map((left) => [...rights.keys()].filter((right) => isEdge(left, right)));
  for (;;) {
    const levels = layer(edges, partnerOfLeft, partnerOfRight);
    if (levels === undefined) return count;
    const next = edges.map(() => 0);
    for (const left of lefts.keys()) {
      if (partnerOfLeft[left] !== undefined) continue;
      if (augment(left, edges, levels, next, partnerOfLeft, partnerOfRight)) count++;
    }
  }
}

/** Pairs each left member with the first free right one that fits, as long as few have to be asked. */
function pairInOrder(
  partnerOfLeft: Partners,
  partnerOfRight: Partners,
  isEdge: (left: number, right: number) => boolean,
): number {
  let count = 0;
  let asks = 2 * (partnerOfLeft.length + partnerOfRight.length);
  let from = 0;
  for (const left of partnerOfLeft.keys()) {
    for (let right = from; right < partnerOfRight.length && asks > 0; right++) {
      asks--;
      if (!isEdge(left, right)) continue;
      partnerOfLeft[left] = right;
      partnerOfRight[right] = left;
      from = right + 1;
      count++;
      break;
    }
  }
  return count;
}

type Edges = readonly (readonly number[])[];
type Partners = (number | undefined)[];

/** How many steps each left member is from one without a partner; undefined when no free right member is in reach. */
function layer(edges: Edges, partnerOfLeft: Partners, partnerOfRight: Partners): number[] | undefined {
  const levels = edges.map((_, left) => (partnerOfLeft[left] === undefined ? 0 : Number.POSITIVE_INFINITY));
  const queue = [...edges.keys()].filter((left) => partnerOfLeft[left] === undefined);
  let reachesFree = false;
  for (const left of queue) {
    for (const right of edges[left] ?? []) {
      const partner = partnerOfRight[right];
      if (partner === undefined) {
        reachesFree = true;
      } else if (levels[partner] === Number.POSITIVE_INFINITY) {
        levels[partner] = (levels[left] ?? 0) + 1;
        queue.push(partner);
      }
    }
  }
  return reachesFree ? levels : undefined;
}

/** Finds a way from a left member to a free right one along the levels, and changes partners on it. No recursion. */
function augment(
  start: number,
  edges: Edges,
  levels: number[],
  next: number[],
  partnerOfLeft: Partners,
  partnerOfRight: Partners,
): boolean {
  const way: { readonly left: number; readonly right: number }[] = [];
  let left: number | undefined = start;
  while (left !== undefined) {
    const right: number | undefined = edges[left]?.[next[left] ?? 0];
    if (right === undefined) {
      // A dead end: nobody comes here again in this round.
      levels[left] = Number.POSITIVE_INFINITY;
      left = way.pop()?.left;
      continue;
    }
    next[left] = (next[left] ?? 0) + 1;
    const partner = partnerOfRight[right];
    if (partner === undefined) {
      way.push({ left, right });
      for (const step of way) {
        partnerOfLeft[step.left] = step.right;
        partnerOfRight[step.right] = step.left;
      }
      return true;
    }
    if (levels[partner] === (levels[left] ?? 0) + 1) {
      way.push({ left, right });
      left = partner;
    }
  }
  return false;
}
