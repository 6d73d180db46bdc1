import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256Of } from '../../src/model/text-bytes.ts';
import { TextSpill } from '../../src/registry/text-spill.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: fc.constantFrom('a', 'é', '😀', '\ud800'), maxLength: 50 }),
  // Around the size of a chunk, one byte and several bytes a character.
  fc.integer({ min: -3, max: 3 }).map((more) => 'x'.repeat(1024 * 1024 + more)),
  fc.integer({ min: 1, max: 9 }).map((length) => 'é'.repeat(150_000 + length)),
);

describe('TextSpill', () => {
  it('gives back every text, from memory, from the chunk that is being filled and from the file', () => {
    fc.assert(
      fc.property(
        fc.array(text, { minLength: 1, maxLength: 25 }),
        fc.constantFrom(0, 100, 1_000_000),
        (texts, limit) => {
          const spill = new TextSpill(limit);
          const held = texts.map((one) => {
            const kept = spill.hold(one);
            // Also while it is the last one written.
            if (kept.read() !== one) throw new Error('a text just held differs');
            return kept;
          });
          for (const [index, one] of texts.entries()) {
            if (held[index]?.read() !== one) throw new Error(`text ${index} differs`);
            expect(held[index]?.sha256).toBe(sha256Of(one));
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('holds equal texts once', () => {
    const spill = new TextSpill(0);
    expect(spill.hold('{"a":1}')).toBe(spill.hold('{"a":1}'));
    expect(spill.hold('{"a":1}')).not.toBe(spill.hold('{"a":2}'));
  });
});
