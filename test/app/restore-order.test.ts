/** Which steps of a plan wait for which, and that the runner keeps to it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runSteps } from '../../src/app/restore/run-steps.ts';
import { orderSteps } from '../../src/app/restore/step-order.ts';
import {
  configStep,
  deleteSubjectStep,
  deleteVersionStep,
  importStep,
  type LooseStep,
  modeStep,
  numbered,
  registerStep,
} from '../support/hand-plans.ts';

const NOTHING = () => [];

/** For each step the numbers that it waits for, directly or not. */
function waits(steps: readonly LooseStep[], referencesOf: Parameters<typeof orderSteps>[1] = NOTHING): number[][] {
  const direct = orderSteps(numbered(steps), referencesOf);
  const all: Set<number>[] = [];
  for (const list of direct) all.push(new Set(list.flatMap((before) => [before, ...(all[before] ?? [])])));
  return all.map((set) => [...set].sort((a, b) => a - b));
}

describe('the order of steps', () => {
  it('keeps a subject’s steps, and lets others go beside them', () => {
    expect(waits([importStep('a', 1, 1), importStep('b', 1, 2), importStep('a', 2, 3)])).toEqual([[], [], [0]]);
  });

  it('has a version wait for what it refers to, in its own context', () => {
    const toB = [{ name: 'b', subject: 'b', version: 1 }];
    expect(
      waits([
        importStep('b', 1, 1),
        importStep(':.x:b', 1, 1),
        importStep('a', 1, 2, toB),
        importStep(':.x:a', 1, 2, toB),
        importStep(':.x:c', 1, 3, [{ name: 'b', subject: ':.:b', version: 1 }]),
      ]),
    ).toEqual([[], [], [0], [1], [0]]);
  });

  it('has settings of a subject wait for it, those of a context for the context, those of the registry for all', () => {
    expect(
      waits([
        modeStep(':.x:', 'IMPORT', null, true),
        importStep(':.x:a', 1, 1),
        importStep('a', 1, 1),
        modeStep('a', 'READONLY'),
        modeStep(':.x:', null),
        configStep('', { compatibility: 'FULL' }),
        importStep(':.y:a', 1, 1),
      ]),
    ).toEqual([[], [0], [], [2], [0, 1], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4, 5]]);
  });

  it('has an import wait for what is deleted for good in its context: it may take the id', () => {
    const gone = (subject: string) => deleteVersionStep(subject, 1, true);
    expect(waits([gone('a'), gone('b'), gone(':.x:c'), importStep('d', 1, 1), importStep('e', 1, 2)])).toEqual([
      [],
      [],
      [],
      [0, 1],
      [0, 1, 3],
    ]);
  });

  it('keeps posts whose ids are foretold in order, and no others', () => {
    const post = (subject: string, id?: number) => registerStep(subject, 1, id === undefined ? {} : { id });
    expect(waits([post('a', 1), post('b', 2), post(':.x:a', 1), post('c', 3)])).toEqual([[], [0], [], [0, 1]]);
    expect(waits([post('a'), post('b'), post('c')])).toEqual([[], [], []]);
    expect(waits([importStep('a', 1, 9), post('b', 10), importStep('c', 1, 11)])).toEqual([[], [0], [0, 1]]);
  });

  it('deletes a version after those that refer to it were made or deleted', () => {
    const toB = [{ name: 'b', subject: 'b', version: 1 }];
    expect(
      waits([importStep('b', 1, 1), importStep('a', 1, 2, toB), deleteVersionStep('a', 1), deleteVersionStep('b', 1)]),
    ).toEqual([[], [0], [0, 1], [0, 1, 2]]);
    // What refers to a version that the plan has soft-deleted comes after that.
    expect(waits([importStep('b', 1, 1), deleteVersionStep('b', 1), importStep('a', 1, 2, toB)])).toEqual([
      [],
      [0],
      [0, 1],
    ]);
    const before = (subject: string) => (subject === 'a' ? [{ subject: 'b', version: 1 }] : []);
    expect(
      waits([deleteSubjectStep('a', [1, 2]), deleteSubjectStep('c', [1]), deleteSubjectStep('b', [1])], before),
    ).toEqual([[], [], [0]]);
  });

  it('waits only for earlier steps, however plans look', () => {
    const subject = fc.constantFrom('a', 'b', ':.x:a', ':.x:b', '', ':.x:', ':.__GLOBAL:');
    const step = fc
      .tuple(subject, fc.nat(5), fc.integer({ min: 1, max: 3 }), subject)
      .map(([name, kind, version, to]) => {
        const isLevel = name === '' || name.endsWith(':');
        if (isLevel || kind === 0) return modeStep(name, 'IMPORT', null, true);
        if (kind === 1) return deleteVersionStep(name, version);
        if (kind === 2) return deleteSubjectStep(name, [1, 2, 3]);
        if (kind === 3) return registerStep(name, version, { id: version });
        return importStep(name, version, 1, [{ name: 'r', subject: to === '' ? 'a' : to, version }]);
      });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        orderSteps(numbered(steps), () => [{ subject: 'b', version: 1 }]).forEach((list, at) => {
          expect(list.every((before) => before < at)).toBe(true);
        });
      }),
    );
  });
});

describe('running steps', () => {
  it('begins none before those it waits for are done, and the earliest first', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat(30), { maxLength: 3 }), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 5 }),
        async (wishes, limit) => {
          const waitsFor = wishes.map((list, at) => [...new Set(list.filter((before) => before < at))]);
          const done = new Set<number>();
          let running = 0;
          let most = 0;
          await runSteps({
            waitsFor,
            limit,
            run: async (at) => {
              most = Math.max(most, ++running);
              expect((waitsFor[at] ?? []).every((before) => done.has(before))).toBe(true);
              await new Promise((resolve) => setImmediate(resolve));
              running--;
              done.add(at);
            },
          });
          expect(done.size).toBe(wishes.length);
          expect(most).toBeLessThanOrEqual(limit);
        },
      ),
      { numRuns: 50 },
    );
    const order: number[] = [];
    await runSteps({ waitsFor: [[], [], [0], [1], [2]], limit: 1, run: async (at) => void order.push(at) });
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });

  it('begins no more after a failure or an abort, and waits for what runs', async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const run = async (at: number): Promise<void> => {
      begun.push(at);
      await new Promise((resolve) => setTimeout(resolve, at === 0 ? 1 : 10));
      if (at === 0) throw new Error('no');
      ended.push(at);
    };
    await expect(runSteps({ waitsFor: [[], [], [], []], limit: 2, run })).rejects.toThrow('no');
    expect([begun, ended]).toEqual([[0, 1], [1]]);

    const stop = new AbortController();
    const last: number[] = [];
    const aborting = runSteps({
      waitsFor: [[], [0], [1]],
      limit: 2,
      signal: stop.signal,
      run: async (at) => {
        last.push(at);
        if (at === 1) stop.abort();
      },
    });
    await expect(aborting).rejects.toMatchObject({ code: 'SRGIT_INTERRUPTED' });
    expect(last).toEqual([0, 1]);
  });

  it('takes a hundred thousand steps', async () => {
    const steps = Array.from({ length: 100_000 }, (_, at) =>
      importStep(`s${at % 5000}`, Math.floor(at / 5000) + 1, at),
    );
    const waitsFor = orderSteps(numbered(steps), NOTHING);
    let count = 0;
    await runSteps({ waitsFor, limit: 32, run: async () => void count++ });
    expect(count).toBe(100_000);
  });
});
