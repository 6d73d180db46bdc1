/** Places the nodes of a reference graph in layers: who refers stands left of what is referred to. */

export interface PlacedNode {
  readonly id: number;
  /** From the left: the longest way from a node that nobody refers to. */
  readonly layer: number;
  /** From the top; between two rows where that is the middle. */
  readonly row: number;
}

export interface PlacedGraph {
  readonly nodes: readonly PlacedNode[];
  readonly layers: number;
  readonly rows: number;
}

export type Edge = readonly [from: number, to: number];

/** How often rows are put in the order of their neighbours'. */
const SWEEPS = 6;

/**
 * Parts that nothing connects stand one below the other, the largest first.
 *
 * @param edges between the nodes given; others, and those that close a circle, do not count for the layers.
 */
export function layoutGraph(ids: readonly number[], edges: readonly Edge[]): PlacedGraph {
  const known = new Set(ids);
  const inside = edges.filter(([from, to]) => known.has(from) && known.has(to) && from !== to);
  const nodes: PlacedNode[] = [];
  let layers = 0;
  let rows = 0;
  for (const part of connectedParts(ids, inside)) {
    const members = new Set(part);
    const placed = layoutPart(
      part,
      inside.filter(([from]) => members.has(from)),
    );
    for (const node of placed.nodes) nodes.push({ ...node, row: node.row + rows });
    layers = Math.max(layers, placed.layers);
    rows += placed.rows;
  }
  return { nodes, layers, rows };
}

function connectedParts(ids: readonly number[], edges: readonly Edge[]): readonly (readonly number[])[] {
  const next = neighbours([...edges, ...edges.map(([from, to]) => [to, from] as const)], 0, 1);
  const seen = new Set<number>();
  const parts: number[][] = [];
  for (const id of ids) {
    if (seen.has(id)) continue;
    const part = [id];
    seen.add(id);
    for (const member of part) {
      for (const other of next.get(member) ?? []) {
        if (seen.has(other)) continue;
        seen.add(other);
        part.push(other);
      }
    }
    parts.push(part);
  }
  return parts.sort((a, b) => b.length - a.length);
}

function layoutPart(ids: readonly number[], edges: readonly Edge[]): PlacedGraph {
  const layerOf = assignLayers(ids, edges);
  const layers: number[][] = [];
  for (const id of ids) {
    const layer = layerOf.get(id) ?? 0;
    while (layers.length <= layer) layers.push([]);
    layers[layer]?.push(id);
  }
  const rows = Math.max(...layers.map((layer) => layer.length));
  const rowOf = new Map<number, number>();
  // A layer with fewer nodes stands in the middle.
  const number = (layer: readonly number[]): void =>
    layer.forEach((id, row) => void rowOf.set(id, row + (rows - layer.length) / 2));
  layers.forEach(number);
  const before = neighbours(edges, 1, 0);
  const after = neighbours(edges, 0, 1);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const down = sweep % 2 === 0;
    for (const layer of down ? layers : [...layers].reverse()) {
      const wish = new Map(layer.map((id) => [id, middle((down ? before : after).get(id), rowOf, rowOf.get(id) ?? 0)]));
      layer.sort((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0) || (rowOf.get(a) ?? 0) - (rowOf.get(b) ?? 0));
      number(layer);
    }
  }
  const nodes = layers.flatMap((layer, at) => layer.map((id) => ({ id, layer: at, row: rowOf.get(id) ?? 0 })));
  return { nodes, layers: layers.length, rows };
}

/** Longest way from a node that nobody refers to. */
function assignLayers(ids: readonly number[], edges: readonly Edge[]): ReadonlyMap<number, number> {
  const layerOf = new Map(ids.map((id) => [id, 0]));
  const waiting = new Map(ids.map((id) => [id, 0]));
  for (const [, to] of edges) waiting.set(to, (waiting.get(to) ?? 0) + 1);
  const after = neighbours(edges, 0, 1);
  const done = new Set<number>();
  let ready = ids.filter((id) => waiting.get(id) === 0);
  while (done.size < ids.length) {
    // In a circle nobody is ever ready: its first node is taken as it stands.
    if (ready.length === 0) ready = ids.filter((id) => !done.has(id)).slice(0, 1);
    const next: number[] = [];
    for (const id of ready) {
      if (done.has(id)) continue;
      done.add(id);
      for (const to of after.get(id) ?? []) {
        if (done.has(to)) continue;
        layerOf.set(to, Math.max(layerOf.get(to) ?? 0, (layerOf.get(id) ?? 0) + 1));
        const left = (waiting.get(to) ?? 0) - 1;
        waiting.set(to, left);
        if (left === 0) next.push(to);
      }
    }
    ready = next;
  }
  return layerOf;
}

function neighbours(edges: readonly Edge[], of: 0 | 1, which: 0 | 1): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, number[]>();
  for (const edge of edges) {
    const list = found.get(edge[of]);
    if (list === undefined) found.set(edge[of], [edge[which]]);
    else list.push(edge[which]);
  }
  return found;
}

function middle(ids: readonly number[] | undefined, rowOf: ReadonlyMap<number, number>, otherwise: number): number {
  if (ids === undefined || ids.length === 0) return otherwise;
  return ids.reduce((sum, id) => sum + (rowOf.get(id) ?? 0), 0) / ids.length;
}

/** A node and everything it leads to, and that leads to it; the nearest first, at most `limit`. */
export function neighbourhood(start: number, edges: readonly Edge[], limit: number): readonly number[] {
  const found = new Set([start]);
  for (const [of, which] of [[0, 1] as const, [1, 0] as const]) {
    const next = neighbours(edges, of, which);
    const queue = [start];
    for (let at = 0; at < queue.length && found.size < limit; at++) {
      for (const id of next.get(queue[at] ?? start) ?? []) {
        if (found.has(id) || found.size >= limit) continue;
        found.add(id);
        queue.push(id);
      }
    }
  }
  return [...found];
}
