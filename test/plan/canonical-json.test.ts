/** Equal values have one text, whatever the order and the names of their members. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/plan/canonical-json.ts';

const runs = Number(process.env['SRGIT_RUNS'] ?? 300);
const seed = Number(process.env['SRGIT_SEED'] ?? Math.floor(Math.random() * 0x7fff_ffff));
console.log(`canonical JSON: seed ${seed} (repeat with SRGIT_SEED=${seed})`);

/** The same value with the members of every object the other way round. */
function turnRound(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(turnRound);
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, turnRound(member)]),
  );
}

describe('canonicalJson', () => {
  it('is the same for equal values, and says what the value says', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(turnRound(value))).toBe(text);
      }),
      { numRuns: runs, seed },
    );
  });

  it('sorts members of any name', () => {
    const text = '{"b":[{"y":1,"x":null}],"__proto__":{"d":1,"c":2},"constructor":1}';
    expect(canonicalJson(JSON.parse(text))).toBe('{"__proto__":{"c":2,"d":1},"b":[{"x":null,"y":1}],"constructor":1}');
  });

  it('leaves out what is undefined', () => {
    expect(canonicalJson({ b: undefined, a: 1 })).toBe('{"a":1}');
    expect(canonicalJson(undefined)).toBe('');
  });
});
