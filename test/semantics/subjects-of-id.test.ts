import fc from 'fast-check';
import { expect, it } from 'vitest';
import { inConcurrentHashOrder } from '../../src/schema/java-hash-order.ts';
import { SubjectsOfId } from '../../src/semantics/subjects-of-id.ts';

it('the first subject is that of the whole order, whatever comes and goes', () => {
  const step = fc.tuple(fc.nat(60), fc.boolean(), fc.boolean());
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
      const subjects = new SubjectsOfId();
      for (const [name, comes, isAsked] of steps) {
        if (comes) subjects.set(`topic-${name}-key`, 1);
        else subjects.delete(`topic-${name}-key`);
        if (isAsked) expect(subjects.first).toBe(inConcurrentHashOrder([...subjects.keys()])[0]);
      }
      expect(subjects.first).toBe(inConcurrentHashOrder([...subjects.keys()])[0]);
    }),
    { numRuns: 300 },
  );
});
