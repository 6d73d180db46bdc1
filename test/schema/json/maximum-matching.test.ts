import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countMatches } from '../../../src/schema/json/maximum-matching.ts';

/** Tries every way. */
function countSlowly(edges: readonly (readonly number[])[], left = 0, taken: ReadonlySet<number> = new Set()): number {
  const rights = edges[left];
  if (rights === undefined) return 0;
  const withPartner = rights
    .filter((right) => !taken.has(right))
    .map((right) => 1 + countSlowly(edges, left + 1, new Set([...taken, right])));
  return Math.max(countSlowly(edges, left + 1, taken), ...withPartner);
}

it('finds as many pairs as there can be, asking for each once', () => {
  const row = fc.array(fc.boolean(), { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 6 }), (rows) => {
      const asked = new Set<string>();
      const count = countMatches(rows, [0, 1, 2, 3, 4, 5], (left, right) => {
        const pair = `${rows.indexOf(left)} ${right}`;
        expect(asked.has(pair)).toBe(false);
        asked.add(pair);
        return left[right] === true;
      });
      expect(count).toBe(countSlowly(rows.map((left) => [0, 1, 2, 3, 4, 5].filter((right) => left[right] === true))));
    }),
  );
});

it('asks little of groups that are alike', () => {
  const group = Array.from({ length: 1000 }, (_, at) => at);
  let asked = 0;
  const count = countMatches(group, [-1, ...group], (left, right) => {
    asked++;
    return left === right;
  });
  expect(count).toBe(1000);
  expect(asked).toBeLessThan(3000);
});

it('gets through long chains of exchanges', () => {
  // Every left member but the last fits two neighbours, and the last one only the first: all must move.
  const size = 400;
  const group = Array.from({ length: size }, (_, at) => at);
  const count = countMatches(group, group, (left, right) =>
    left === size - 1 ? right === 0 : right === left || right === left + 1,
  );
  expect(count).toBe(size);
});
