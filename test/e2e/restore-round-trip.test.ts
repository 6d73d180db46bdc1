/**
 * Export → restore into an empty registry → export: the same tree, byte for byte, for random histories. Slow (a quarter
 * of a second for each): three registries and two trees a history. `SRGIT_SEED` repeats a run, `SRGIT_RUNS` sets how
 * many.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exportSchemas } from '../../src/app/export-schemas.ts';
import { checkMapFile } from '../../src/app/restore/build-id-map.ts';
import { loadConfig, requireRegistry } from '../../src/config/load-config.ts';
import type { RegistrySnapshot } from '../../src/model/registry-snapshot.ts';
import { differingFiles, treeOf } from '../support/exports.ts';
import { GIT_ENV } from '../support/git.ts';
import { randomRegistry } from '../support/random-registry.ts';
import { optionsOf, restoreHere, startStrictRegistry } from '../support/restoring.ts';

const RUNS = Number(process.env['SRGIT_RUNS'] ?? 60);
const seed = Number(process.env['SRGIT_SEED'] ?? Date.now() % 1_000_000_007);

async function exportHere(cwd: string, url: string): Promise<ReadonlyMap<string, string>> {
  const config = loadConfig({ url: [url] }, {}, cwd);
  await exportSchemas({
    config,
    registry: requireRegistry(config),
    full: true,
    commit: false,
    push: false,
    allowDeletions: true,
    env: GIT_ENV,
    now: Date.now,
  });
  return treeOf(cwd);
}

/**
 * Without what a restore cannot give back: when a version was registered, and ids that no version has any more.
 */
function comparable(tree: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map(
    [...tree]
      .filter(([path]) => !path.startsWith('id-maps/'))
      .map(([path, text]) => [
        path,
        text
          .replaceAll(/,?\n\s*"registered_at": "[^"]+"/g, '')
          .replaceAll(/"retired_ids": \[[^\]]*\]/g, '"retired_ids"'),
      ]),
  );
}

describe('a random registry', () => {
  it(`is the same after export, restore by force and export (${RUNS} histories, SRGIT_SEED=${seed})`, {
    timeout: 10_000 + RUNS * 4_000,
  }, async () => {
    let rows = 0;
    // Sampled, not asserted: a shrunk list of functions tells nothing, the number of the history does.
    for (const [at, snapshot] of fc.sample(randomRegistry, { numRuns: RUNS, seed }).entries()) {
      rows += await comesBack(snapshot, at % 3 === 0).catch((cause: unknown) => {
        throw new Error(`history ${at} of seed ${seed}: ${cause instanceof Error ? cause.message : cause}`, { cause });
      });
    }
    console.log(`SRGIT_SEED=${seed}: ${RUNS} histories, ${rows} versions restored`);
    expect(rows).toBeGreaterThan(2 * RUNS);
  });
});

/** @returns the number of versions that were restored. */
async function comesBack(snapshot: RegistrySnapshot, writesMap: boolean): Promise<number> {
  const source = await startStrictRegistry(snapshot);
  const target = await startStrictRegistry();
  const folders = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'srgit-test-')));
  const [cwd = '', elsewhere = ''] = folders;
  try {
    const before = comparable(await exportHere(cwd, source.url));
    const result = await restoreHere(cwd, target.url, { ids: 'force' });
    expect(result.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(['done', 'nothing']).toContain(result.outcome);
    const after = comparable(await exportHere(elsewhere, target.url));
    const differing = differingFiles(before, after);
    expect(differing.map((path) => [path, before.get(path), after.get(path)])).toEqual([]);
    // Nothing is left to do.
    const again = await restoreHere(cwd, target.url, { ids: 'force', kind: 'reconcile' });
    expect([again.outcome, again.plan.steps]).toEqual(['nothing', []]);
    if (writesMap) await mapIsTotal(cwd);
    return result.verified?.rows ?? 0;
  } finally {
    await source.close();
    await target.close();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
}

/** With the registry's own ids: every id of the tree is mapped, and both sides of each are the same schema. */
async function mapIsTotal(cwd: string): Promise<void> {
  const target = await startStrictRegistry();
  try {
    const { outcome, plan } = await restoreHere(cwd, target.url, { ids: 'rewrite' });
    expect(plan.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(['done', 'nothing']).toContain(outcome);
    expect((await checkMapFile(optionsOf(cwd, target.url))).faults).toEqual([]);
  } finally {
    await target.close();
  }
}
