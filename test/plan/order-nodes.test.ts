import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalPlans, fingerprintSnapshot, hashPlan } from '../../src/plan/fingerprint.ts';
import { cycleNodes, orderNodes } from '../../src/plan/order-nodes.ts';
import { anySnapshot } from '../support/snapshots.ts';
import { EMPTY, planFor, snapshotOf } from './support.ts';

const seed = Number(process.env['SRGIT_SEED'] ?? Math.floor(Math.random() * 0x7fff_ffff));
console.log(`orders and fingerprints: seed ${seed} (repeat with SRGIT_SEED=${seed})`);

describe('orderNodes', () => {
  it('puts each after what it needs, the lowest first, and leaves out circles', () => {
    const needs = [[2], [], [1], [4], [3], [3]];
    const found = orderNodes(needs.length, (node) => needs[node] ?? []);
    expect(found).toEqual({ order: [1, 2, 0], stuck: [3, 4, 5] });
    expect(cycleNodes(found.stuck, (node) => needs[node] ?? [])).toEqual([3, 4]);
    expect(orderNodes(3, () => [])).toEqual({ order: [0, 1, 2], stuck: [] });
    expect(orderNodes(1, () => [0]).stuck).toEqual([0]);
  });

  it('is topological for any graph without circles', () => {
    const graph = fc.array(fc.array(fc.nat(), { maxLength: 4 }), { maxLength: 60 }).map((edges) => {
      // Through a permutation, so that needs go both up and down.
      const place = edges.map((_, at) => (at * 37) % edges.length);
      const isPermutation = new Set(place).size === edges.length;
      return edges.map((targets, at) => ({
        node: isPermutation ? (place[at] ?? at) : at,
        needs: at === 0 ? [] : targets.map((to) => (isPermutation ? (place[to % at] ?? 0) : to % at)),
      }));
    });
    fc.assert(
      fc.property(graph, (nodes) => {
        const needs = new Map(nodes.map(({ node, needs: list }) => [node, list]));
        const { order, stuck } = orderNodes(nodes.length, (node) => needs.get(node) ?? []);
        expect(stuck).toEqual([]);
        const at = new Map(order.map((node, index) => [node, index]));
        for (const [node, list] of needs) {
          for (const needed of list) expect(at.get(needed)).toBeLessThan(at.get(node) ?? -1);
        }
      }),
      { seed },
    );
  });
});

describe('fingerprints', () => {
  it('are those of the state: equal for equal states, other for others', () => {
    fc.assert(
      fc.property(anySnapshot, anySnapshot, (a, b) => {
        const strip = (snapshot: typeof a) =>
          JSON.stringify({ ...snapshot, contexts: snapshot.contexts }, (key, value) =>
            key === 'registeredAt' || key === 'schema' || key === 'references' || key === 'metadata'
              ? undefined
              : value,
          );
        expect(fingerprintSnapshot(structuredClone(a))).toBe(fingerprintSnapshot(a));
        expect(fingerprintSnapshot(a) === fingerprintSnapshot(b)).toBe(strip(a) === strip(b));
      }),
      { seed, numRuns: 200 },
    );
  });

  it('of plans do not depend on the order of members', () => {
    const { plan } = planFor(snapshotOf([{ subject: 'a' }]), EMPTY);
    const turned = Object.fromEntries(Object.entries(plan).reverse()) as unknown as typeof plan;
    expect([equalPlans(plan, turned), hashPlan(plan)]).toEqual([true, hashPlan(turned)]);
    expect(hashPlan({ ...plan, steps: [] })).not.toBe(hashPlan(plan));
  });
});
