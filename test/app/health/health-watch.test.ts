/** What `health --watch` shows of everything that is no fault of a node: settings, nodes that differ, tree, topic, leader. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HealthOptions, HealthReport } from '../../../src/app/health/check-health.ts';
import { compareWithTree } from '../../../src/app/health/compare-health.ts';
import { type HealthFinding, healthFinding } from '../../../src/app/health/health-findings.ts';
import { watchHealth } from '../../../src/app/health/watch-health.ts';
import { readRegistry } from '../../../src/app/read-registry.ts';
import { loadConfig, requireRegistry } from '../../../src/config/load-config.ts';
import { record, register } from '../../support/embedded-registry.ts';
import { stateBefore } from '../../support/moving-registry.ts';
import { writeTree } from '../../support/trees.ts';
import { type RegistryPair, startPair } from '../../support/two-nodes.ts';

const SETTINGS = { auth: { type: 'none' }, tls: {}, headers: {}, proxy: {} } as const;

interface Watch {
  readonly pair: RegistryPair;
  /** Looks from now on until one has exactly these findings. */
  looksUntil(...codes: readonly string[]): Promise<number>;
}

/** @param more of the options, for the pair that is watched. */
async function watching(
  more: (pair: RegistryPair) => Promise<Partial<HealthOptions>> | Partial<HealthOptions>,
  play: (watch: Watch) => Promise<void>,
): Promise<void> {
  const pair = await startPair(stateBefore());
  const stop = new AbortController();
  const seen: HealthReport[] = [];
  const done = watchHealth({
    registry: { ...SETTINGS, urls: pair.urls },
    probeWrites: false,
    timeoutMs: 10_000,
    slowMs: 10_000,
    lagMs: 200,
    intervalMs: 50,
    // At every look, so that the number of looks says how often it was compared.
    compareEveryMs: 0,
    onReport: (report) => seen.push(report),
    ...(await more(pair)),
    signal: stop.signal,
  });
  const looksUntil = async (...codes: readonly string[]): Promise<number> => {
    // The look that is under way may have begun before.
    const from = seen.length + 1;
    const fits = ({ findings }: HealthReport) => `${findings.map(({ code }) => code)}` === `${codes}`;
    for (;;) {
      const at = seen.findIndex((report, index) => index >= from && fits(report));
      if (at >= 0) return at - from + 1;
      if (seen.length > from + 20) return Number.POSITIVE_INFINITY;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  try {
    expect(await looksUntil()).toBeLessThanOrEqual(2);
    await play({ pair, looksUntil });
  } finally {
    stop.abort();
    await done;
    await pair.close();
  }
}

async function put(url: string | undefined, path: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}${path}`, { method: 'PUT', headers, body: JSON.stringify(body) });
  expect(answer.status).toBe(200);
}

describe('health, looking again and again', { timeout: 120_000 }, () => {
  it.concurrent('shows a mode within two looks, and clears it', async () => {
    await watching(
      () => ({}),
      async ({ pair, looksUntil }) => {
        await put(pair.urls[0], '/mode', { mode: 'READONLY' });
        expect(await looksUntil('MODE_NOT_READWRITE')).toBeLessThanOrEqual(2);
        await put(pair.urls[0], '/mode', { mode: 'READWRITE' });
        expect(await looksUntil()).toBeLessThanOrEqual(2);
      },
    );
  });

  it.concurrent('shows nodes that differ within two looks, and clears it', async () => {
    await watching(
      () => ({}),
      async ({ pair, looksUntil }) => {
        pair.setFault({ kind: 'dead-reader' });
        await register(pair.urls[0] ?? '', 'only-in-one', record('OnlyInOne'));
        expect(await looksUntil('NODES_DISAGREE')).toBeLessThanOrEqual(2);
        pair.setFault({ kind: 'none' });
        expect(await looksUntil()).toBeLessThanOrEqual(2);
      },
    );
  });

  it.concurrent('shows a tree that is behind within two looks, and clears it when it is exported', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'srgit-health-watch-'));
    const configOf = ({ urls }: RegistryPair) => loadConfig({ url: urls }, {}, folder, { registry: true });
    const exportTree = async (pair: RegistryPair): Promise<void> => {
      const config = configOf(pair);
      const asked = { registry: requireRegistry(config), backup: config.backup, rows: 'exported' } as const;
      await writeTree(config.tree, (await readRegistry(asked)).snapshot);
    };
    try {
      await watching(
        async (pair) => {
          await exportTree(pair);
          const config = configOf(pair);
          return { compare: ({ signal }) => compareWithTree(config, requireRegistry(config), signal) };
        },
        async ({ pair, looksUntil }) => {
          await put(pair.urls[0], '/config/Orders', { compatibility: 'NONE' });
          expect(await looksUntil('TREE_DIFFERS')).toBeLessThanOrEqual(2);
          await exportTree(pair);
          expect(await looksUntil()).toBeLessThanOrEqual(2);
        },
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it.concurrent('shows what topic and group say within two looks, and keeps a comparison until the next', async () => {
    let ofTopic: readonly HealthFinding[] = [];
    let ofGroup: readonly HealthFinding[] = [];
    let compared = 0;
    await watching(
      () => ({
        compare: async () => {
          compared++;
          return ofTopic;
        },
        askLeader: async () => ({ members: [], findings: ofGroup }),
      }),
      async ({ looksUntil }) => {
        ofTopic = [healthFinding('TOPIC_UNSOUND')];
        expect(await looksUntil('TOPIC_UNSOUND')).toBeLessThanOrEqual(2);
        ofGroup = [healthFinding('NO_LEADER')];
        expect(await looksUntil('NO_LEADER', 'TOPIC_UNSOUND')).toBeLessThanOrEqual(2);
        ofTopic = [];
        ofGroup = [];
        expect(await looksUntil()).toBeLessThanOrEqual(2);
        expect(compared).toBeGreaterThan(2);
      },
    );
  });
});
