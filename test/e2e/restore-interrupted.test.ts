/**
 * Restores that are stopped by a signal, after any of their writes: nothing more is begun, modes and levels are put back,
 * and the same restore run again ends in the same state, with nothing registered twice. `SRGIT_SEED` repeats a run,
 * `SRGIT_RUNS` sets how many.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEntries } from '../../src/app/restore/journal-entries.ts';
import { type FaultyProxy, startFaultyProxy } from '../support/faulty-proxy.ts';
import { randomNumbers } from '../support/random-numbers.ts';
import { randomRegistry } from '../support/random-registry.ts';
import { leftBehind, withoutTimes } from '../support/restore-outcome.ts';
import { planHere, restoreHere, startStrictRegistry } from '../support/restoring.ts';
import { writeTree } from '../support/trees.ts';

const RUNS = Number(process.env['SRGIT_RUNS'] ?? 25);
const seed = Number(process.env['SRGIT_SEED'] ?? Date.now() % 1_000_000_007);
const POLICIES = ['force', 'rewrite', 'keep'] as const;

describe('a restore that is interrupted', () => {
  it(`puts back, and goes on when it is run again (${RUNS} runs, SRGIT_SEED=${seed})`, {
    timeout: 20_000 + RUNS * 6_000,
  }, async () => {
    const random = randomNumbers(seed);
    let stopped = 0;
    let resumed = 0;
    for (const [at, snapshot] of fc.sample(randomRegistry, { numRuns: RUNS, seed }).entries()) {
      const folder = mkdtempSync(join(tmpdir(), 'srgit-test-'));
      const [calm, target] = [await startStrictRegistry(), await startStrictRegistry()];
      let proxy: FaultyProxy | undefined;
      const ids = POLICIES[at % POLICIES.length] ?? 'force';
      try {
        await writeTree(join(folder, 'schemas'), snapshot);
        await restoreHere(folder, calm.url, { ids });
        const plan = await planHere(folder, target.url, { ids });
        const last = 1 + Math.floor(random() * Math.max(1, plan.steps.length));
        const stop = new AbortController();
        const isEarly = random() < 0.5;
        proxy = await startFaultyProxy(
          target.url,
          ({ isWrite, write }) => {
            if (isEarly && isWrite && write === last) stop.abort();
            return 'none';
          },
          ({ isWrite, write }) => {
            if (!isEarly && isWrite && write === last) stop.abort();
          },
        );
        const first = await restoreHere(folder, proxy.url, { ids, signal: stop.signal }).catch(
          (error: unknown) => error,
        );
        if (first instanceof Error) {
          stopped++;
          expect(first).toMatchObject({ code: 'SRGIT_INTERRUPTED' });
          expect(leftBehind(plan, target)).toEqual([]);
        }
        // Two addresses of one registry, as two nodes have: what is written is read back through both.
        const again = await restoreHere(folder, [target.url, proxy.url], { ids });
        if (first instanceof Error && again.resumed > 0) resumed++;
        expect(again.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
        expect(['done', 'nothing']).toContain(again.outcome);
        expect(withoutTimes(target.snapshot())).toEqual(withoutTimes(calm.snapshot()));
        expect([...target.registrations].filter(([, times]) => times > 1)).toEqual([]);
        expect(openJournals(folder)).toEqual([]);
      } catch (cause) {
        throw new Error(`run ${at} of seed ${seed}: ${cause instanceof Error ? cause.message : cause}`, { cause });
      } finally {
        await Promise.all([calm.close(), target.close(), proxy?.close()]);
        rmSync(folder, { recursive: true, force: true });
      }
    }
    console.log(`SRGIT_SEED=${seed}: ${RUNS} restores, ${stopped} stopped, ${resumed} of them went on with their plan`);
    expect(stopped).toBeGreaterThan(RUNS / 3);
    expect(resumed).toBeGreaterThan(0);
  });
});

function openJournals(folder: string): string[] {
  const journals = join(folder, '.srgit/journal');
  return readdirSync(journals).filter((name) => {
    if (!name.endsWith('.ndjson')) return false;
    const outcome = readEntries(readFileSync(join(journals, name), 'utf8'))?.outcome;
    return outcome === 'unfinished' || outcome === 'stopped';
  });
}
