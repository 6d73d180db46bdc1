/**
 * Restores through a proxy that resets, drops answers after the work was done, cuts them off, answers 5xx and 429, and is
 * slow: nothing is lost, nothing registered twice, modes and levels are as before. `SRGIT_SEED` repeats a run, `SRGIT_RUNS`
 * sets how many. Slow (a third of a second for each): every fault costs a wait.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAULTS, type Fault, startFaultyProxy } from '../support/faulty-proxy.ts';
import { randomNumbers } from '../support/random-numbers.ts';
import { randomRegistry } from '../support/random-registry.ts';
import { withoutTimes } from '../support/restore-outcome.ts';
import { restoreHere, startStrictRegistry } from '../support/restoring.ts';
import { writeTree } from '../support/trees.ts';

const RUNS = Number(process.env['SRGIT_RUNS'] ?? 25);
const seed = Number(process.env['SRGIT_SEED'] ?? Date.now() % 1_000_000_007);

describe('a restore through a faulty proxy', () => {
  it(`loses and doubles nothing (${RUNS} runs, SRGIT_SEED=${seed})`, { timeout: 20_000 + RUNS * 6_000 }, async () => {
    const random = randomNumbers(seed);
    const struck = new Map<Fault, number>();
    let rows = 0;
    for (const [at, snapshot] of fc.sample(randomRegistry, { numRuns: RUNS, seed }).entries()) {
      const folder = mkdtempSync(join(tmpdir(), 'srgit-test-'));
      const [calm, stormy] = [await startStrictRegistry(), await startStrictRegistry()];
      const proxy = await startFaultyProxy(stormy.url, ({ isWrite }) => {
        if (isWrite) return random() < 0.4 ? (FAULTS[Math.floor(random() * FAULTS.length)] ?? 'none') : 'none';
        return random() < 0.02 ? 'reset-before' : 'none';
      });
      try {
        await writeTree(join(folder, 'schemas'), snapshot);
        await restoreHere(folder, calm.url, { ids: 'force' });
        const result = await restoreHere(folder, proxy.url, { ids: 'force' });
        expect(result.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
        expect(['done', 'nothing']).toContain(result.outcome);
        expect(withoutTimes(stormy.snapshot())).toEqual(withoutTimes(calm.snapshot()));
        expect([...stormy.registrations].filter(([, times]) => times > 1)).toEqual([]);
        rows += result.verified?.rows ?? 0;
      } catch (cause) {
        throw new Error(`run ${at} of seed ${seed}: ${cause instanceof Error ? cause.message : cause}`, { cause });
      } finally {
        for (const [fault, times] of proxy.struck) struck.set(fault, (struck.get(fault) ?? 0) + times);
        await Promise.all([calm.close(), stormy.close(), proxy.close()]);
        rmSync(folder, { recursive: true, force: true });
      }
    }
    const faults = [...struck].map(([fault, times]) => `${times} ${fault}`).join(', ');
    console.log(`SRGIT_SEED=${seed}: ${RUNS} restores, ${rows} versions, faults: ${faults}`);
    expect(rows).toBeGreaterThan(RUNS);
    expect([...struck.values()].reduce((sum, times) => sum + times, 0)).toBeGreaterThan(RUNS);
  });
});
