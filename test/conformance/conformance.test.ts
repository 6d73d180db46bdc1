/**
 * The same features on every registry that can be started. A known difference is an expectation in differences.json,
 * answer by answer: one that is gone, or another one, fails the suite as a new one does.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { playFeature } from './feature.ts';
import { DELETE_FEATURES } from './features/deletes.ts';
import { EVOLUTION_FEATURES } from './features/evolution.ts';
import { SCHEMA_FEATURES } from './features/schemas.ts';
import { SETTINGS_FEATURES } from './features/settings.ts';
import { type Differences, findDifferences, renderMatrix } from './matrix.ts';
import { SERVERS, startReference } from './servers.ts';

const FEATURES = [...SCHEMA_FEATURES, ...DELETE_FEATURES, ...EVOLUTION_FEATURES, ...SETTINGS_FEATURES];
const LIST = join(import.meta.dirname, 'differences.json');
const differences = JSON.parse(readFileSync(LIST, 'utf8')) as Differences;
const PAGE = join(import.meta.dirname, '../../docs/compatibility.md');

const HOW_TO_WRITE =
  'SRGIT_WRITE_DOCS=1 npx vitest run test/conformance writes the list and the page; read what changed';
const writes = process.env['SRGIT_WRITE_DOCS'] === '1';
const seen: Record<string, Differences[string]> = {};

/** Feature's name to the reference's lines. */
const expected = new Map<string, readonly string[]>();

/** Letters and digits only, so that it is the same in a path, and none is the beginning of another. */
const prefixOf = (at: number): string => `f${at}z`;

beforeAll(async () => {
  const reference = await startReference();
  try {
    for (const [at, feature] of FEATURES.entries()) {
      expected.set(feature.name, await playFeature(reference.url, feature, prefixOf(at)));
    }
  } finally {
    await reference.stop();
  }
});

it('names every feature once', () => {
  expect(expected.size).toBe(FEATURES.length);
  const unknown = Object.values(differences).flatMap((named) => Object.keys(named));
  expect(unknown.filter((name) => !expected.has(name))).toEqual([]);
});

for (const server of SERVERS) {
  describe(server.title, () => {
    let running: Awaited<ReturnType<typeof server.start>>;
    beforeAll(async () => {
      running = await server.start();
    }, 600_000);
    afterAll(() => running?.stop());

    for (const [at, feature] of FEATURES.entries()) {
      it(`${feature.area}: ${feature.name}`, async () => {
        const lines = await playFeature(running.url, feature, prefixOf(at));
        const found = findDifferences(expected.get(feature.name) ?? [], lines);
        if (found !== undefined) seen[server.key] = { ...seen[server.key], [feature.name]: found };
        if (!writes) expect(found).toEqual(differences[server.key]?.[feature.name]);
      });
    }
  });
}

it('is what docs/compatibility.md tells', () => {
  if (writes) {
    writeFileSync(LIST, `${JSON.stringify(seen, null, 2)}\n`);
    writeFileSync(PAGE, renderMatrix(FEATURES, SERVERS, seen));
  }
  expect(readFileSync(PAGE, 'utf8'), HOW_TO_WRITE).toBe(renderMatrix(FEATURES, SERVERS, writes ? seen : differences));
});
