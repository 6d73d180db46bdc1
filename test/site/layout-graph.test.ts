import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutGraph, neighbourhood } from '../../src/site/layout-graph.ts';
import { diffLines, hunks } from '../../src/site/line-diff.ts';

const SEED = Number(process.env['SRGIT_SEED'] ?? Date.now());
const RUNS = Number(process.env['SRGIT_RUNS'] ?? 200);

const edges = fc.array(fc.tuple(fc.nat(14), fc.nat(14)), { maxLength: 40 });
const ids = Array.from({ length: 15 }, (_, at) => at);

describe('the graph', () => {
  it('has who refers left of what is referred to', () => {
    const { nodes, layers } = layoutGraph(
      [1, 2, 3, 4],
      [
        [1, 2],
        [2, 3],
        [1, 3],
      ],
    );
    const layer = new Map(nodes.map((node) => [node.id, node.layer]));
    expect([1, 2, 3, 4].map((id) => layer.get(id))).toEqual([0, 1, 2, 0]);
    expect(layers).toBe(3);
  });

  it(`places every node once, none upon another, whatever the circles (seed ${SEED})`, () => {
    fc.assert(
      fc.property(edges, (list) => {
        const { nodes, layers, rows } = layoutGraph(ids, list);
        expect(nodes.map(({ id }) => id).sort((a, b) => a - b)).toEqual(ids);
        const places = new Set(nodes.map(({ layer, row }) => `${layer} ${row}`));
        expect(places.size).toBe(ids.length);
        for (const { layer, row } of nodes) {
          expect(layer >= 0 && layer < layers && row >= 0 && row <= rows - 1).toBe(true);
        }
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });

  it(`without circles every arrow leads to the right (seed ${SEED})`, () => {
    fc.assert(
      fc.property(edges, (list) => {
        const downward = list.filter(([from, to]) => from < to);
        const layer = new Map(layoutGraph(ids, downward).nodes.map((node) => [node.id, node.layer]));
        for (const [from, to] of downward) expect(layer.get(from)).toBeLessThan(layer.get(to) ?? 0);
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });

  it('of one node is what it leads to and what leads to it, up to a limit', () => {
    const list = [
      [1, 2],
      [2, 3],
      [0, 1],
      [0, 9],
      [8, 3],
    ] as const;
    expect([...neighbourhood(1, list, 99)].sort()).toEqual([0, 1, 2, 3]);
    expect(neighbourhood(1, list, 2)).toHaveLength(2);
  });
});

describe('lines', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 }).map((lines) => lines.join('\n'));
  it(`that are the same or removed are the old text, the same or added the new one (seed ${SEED})`, () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = diffLines(before, after);
        const without = (change: string) => lines.filter((line) => line.change !== change).map((line) => line.text);
        expect(without('added').join('\n')).toBe(before);
        expect(without('removed').join('\n')).toBe(after);
        if (before === after) expect(hunks(lines).filter((line) => line !== undefined)).toEqual([]);
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });

  it('far from a change are left out', () => {
    const old = Array.from({ length: 30 }, (_, at) => String(at));
    const shown = hunks(diffLines(old.join('\n'), old.with(15, 'x').join('\n')), 2);
    expect(shown.map((line) => line?.text)).toEqual([undefined, '13', '14', '15', 'x', '16', '17', undefined]);
  });
});
