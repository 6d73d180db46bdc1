/**
 * Real schemas, restored by each policy into registries as strict as Confluent 8.3.1, and by the registry's own ids into
 * real ones of other makes. Slow (10 s and more): Java servers start, and take 584 registrations.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportSchemas } from '../../src/app/export-schemas.ts';
import { checkMapFile } from '../../src/app/restore/build-id-map.ts';
import { loadConfig, requireRegistry } from '../../src/config/load-config.ts';
import type { SchemaVersion } from '../../src/model/schema-version.ts';
import { GIT_ENV } from '../support/git.ts';
import { loadRegistry, readRealSchemas } from '../support/load-registry.ts';
import { makeClient } from '../support/registry-client.ts';
import {
  optionsOf,
  planHere,
  type RestoreAsked,
  restoreHere,
  type StrictRegistry,
  startStrictRegistry,
} from '../support/restoring.ts';
import { sharedRegistry } from '../support/shared-registry.ts';

const lines = readRealSchemas();
if (lines === undefined) console.warn('restore-real: skipped, the real schemas are not there (SRGIT_REAL_SCHEMAS)');

let cwd = '';
let source: StrictRegistry;

beforeAll(async () => {
  if (lines === undefined) return;
  cwd = mkdtempSync(join(tmpdir(), 'srgit-real-'));
  source = await startStrictRegistry();
}, 60_000);

afterAll(async () => {
  await source?.close();
  if (cwd !== '') rmSync(cwd, { recursive: true, force: true });
});

/** Every row by `subject version`. */
function rowsOf(registry: StrictRegistry): ReadonlyMap<string, SchemaVersion> {
  return new Map(
    registry
      .snapshot()
      .contexts.flatMap(({ subjects }) =>
        subjects.flatMap(({ name, versions }) =>
          versions.map(({ registeredAt: _at, ...row }) => [`${name} ${row.version}`, row] as const),
        ),
      ),
  );
}

describe.skipIf(lines === undefined)('real schemas', () => {
  it('are exported, to be restored', { timeout: 120_000 }, async () => {
    const { accepted } = await loadRegistry(makeClient({ urls: [source.url] }), lines ?? []);
    expect(accepted.length).toBeGreaterThan(500);
    const config = loadConfig({ url: [source.url] }, {}, cwd);
    await exportSchemas({
      config,
      registry: requireRegistry(config),
      full: true,
      commit: false,
      push: false,
      allowDeletions: false,
      env: GIT_ENV,
      now: Date.now,
    });
  });

  it.each(['force', 'keep', 'rewrite'] as const)(
    'by policy %s are the same rows',
    { timeout: 120_000 },
    async (ids) => {
      const target = await startStrictRegistry();
      try {
        const result = await restoreHere(cwd, target.url, { ids });
        expect(result.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
        expect(result).toMatchObject({ outcome: 'done', verified: { rewritten: [], differences: [] } });
        const [left, right] = [rowsOf(source), rowsOf(target)];
        expect([...right.keys()]).toEqual([...left.keys()]);
        const toId = new Map(result.idMap?.ids.map(({ from, to }) => [from, to]));
        for (const [name, row] of left) {
          expect([name, right.get(name)]).toEqual([
            name,
            { ...row, id: ids === 'rewrite' ? toId.get(row.id) : row.id },
          ]);
        }
        expect((await checkMapFile(optionsOf(cwd, target.url, { ids }))).faults).toEqual([]);
        const again = await restoreHere(cwd, target.url, { ids, kind: 'reconcile' });
        expect([again.outcome, again.written]).toEqual(['nothing', 0]);
        console.log(`${ids}: ${left.size} versions, ${result.written} writes`);
      } finally {
        await target.close();
      }
    },
  );

  it('with ids given by hand get those', { timeout: 120_000 }, async () => {
    const target = await startStrictRegistry();
    try {
      const { ids } = await planHere(cwd, target.url, { ids: 'force' });
      const file = join(cwd, 'by-hand.json');
      const mapping = Object.fromEntries(ids.map(({ from }) => [from, 10_000 - from]));
      writeFileSync(file, JSON.stringify(mapping));
      const result = await restoreHere(cwd, target.url, { idMappingFile: file });
      expect(result.outcome).toBe('done');
      const right = rowsOf(target);
      for (const [name, row] of rowsOf(source)) expect([name, right.get(name)?.id]).toEqual([name, 10_000 - row.id]);
    } finally {
      await target.close();
    }
  });

  it.each(['srfake', 'apicurio-3'] as const)(
    'go into a real %s with its own ids',
    { timeout: 240_000 },
    async (name) => {
      const url = await sharedRegistry(name);
      // What it refuses by itself cannot be restored into it; each make has its own reasons.
      const { refused } = await loadRegistry(makeClient({ urls: [url] }), lines ?? [], 'probe/');
      // A subject whose versions refer to each other is a cycle to srfake.
      const exclude = [...new Set(refused.map(({ line }) => line.subject)), 'probe/*', 'stac.common'];
      const asked: RestoreAsked = { ids: 'rewrite', map: ['*=restored/*'], settings: false, config: { exclude } };
      const result = await restoreHere(cwd, url, asked);
      const errors = result.problems.filter(({ severity }) => severity === 'error');
      console.log(
        `${name}: ${result.outcome}, ${result.written} writes, ${result.verified?.rows} rows, ${result.verified?.rewritten.length} rewritten, ${result.verified?.differences.length} differences, ${result.problems.length} problems`,
        errors.slice(0, 5),
        result.verified?.differences.slice(0, 5),
        result.problems.slice(0, 3),
      );
      expect(errors).toEqual([]);
      expect(result.outcome).toBe('done');
      // What it took for the same as another version is not sent again.
      const again = await restoreHere(cwd, url, asked);
      console.log(
        `${name}: ${result.verified?.merged.length} merged; again: ${again.outcome}, ${again.written} writes`,
      );
      expect([again.outcome, again.written]).toEqual(['nothing', 0]);
    },
  );
});
