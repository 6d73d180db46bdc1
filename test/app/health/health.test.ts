/**
 * Health of a pair of nodes: each thing that can go wrong is found, and gone when it is over. Most of the time is spent waiting
 * for nodes that do not answer: the faults have a pair each, and are looked at side by side.
 */
import parsePrometheusTextFormat from 'parse-prometheus-text-format';
import { afterAll, describe, expect, it } from 'vitest';
import { HealthCheck, type HealthReport } from '../../../src/app/health/check-health.ts';
import { HEALTH_FINDINGS, type HealthCode } from '../../../src/app/health/health-findings.ts';
import { watchHealth } from '../../../src/app/health/watch-health.ts';
import { renderHealth } from '../../../src/render/health-report.ts';
import { findDeadPort } from '../../support/loopback-server.ts';
import { stateBefore } from '../../support/moving-registry.ts';
import { type PairFault, type RegistryPair, startPair } from '../../support/two-nodes.ts';

const started: RegistryPair[] = [];

async function newPair(): Promise<RegistryPair> {
  const pair = await startPair(stateBefore());
  started.push(pair);
  return pair;
}

afterAll(async () => {
  await Promise.all(started.map((pair) => pair.close()));
});

const JSON_BODY = { 'content-type': 'application/json' };
const SETTINGS = { auth: { type: 'none' }, tls: {}, headers: {}, proxy: {} } as const;

function optionsFor(urls: readonly string[]) {
  return { registry: { ...SETTINGS, urls }, probeWrites: true, timeoutMs: 1200, slowMs: 700, lagMs: 300 };
}

async function lookAt(urls: readonly string[]): Promise<HealthReport> {
  const check = new HealthCheck(optionsFor(urls));
  try {
    return await check.look();
  } finally {
    await check.close();
  }
}

function codesOf({ findings }: HealthReport): readonly HealthCode[] {
  return [...new Set(findings.map(({ code }) => code))];
}

/** Every fault of a pair, and what is said of it. */
const FAULTS: readonly (readonly [string, PairFault, readonly HealthCode[]])[] = [
  ['a follower that is gone', { kind: 'dead', node: 'b' }, ['NODE_UNREACHABLE']],
  ['a leader that is gone', { kind: 'dead', node: 'a' }, ['NODE_UNREACHABLE', 'WRITE_LEADER_UNREACHABLE']],
  ['a leader that is frozen', { kind: 'frozen-leader' }, ['NODE_UNREACHABLE', 'WRITE_LEADER_UNREACHABLE']],
  ['no leader', { kind: 'no-leader' }, ['WRITE_NO_LEADER']],
  ['a broker that is frozen', { kind: 'frozen-broker' }, ['WRITE_TIMEOUT']],
  ['a follower whose reader is dead', { kind: 'dead-reader' }, ['WRITE_NOT_VISIBLE']],
  ['a node that is slow', { kind: 'slow', node: 'b', ms: 900 }, ['NODE_SLOW']],
];

describe('a look at two nodes', () => {
  it('finds nothing wrong, and leaves nothing behind', async () => {
    const pair = await newPair();
    const report = await lookAt(pair.urls);
    expect(report.findings).toEqual([]);
    expect(report).toMatchObject({ healthy: true, nodes: [{ up: true, mode: 'READWRITE' }, { up: true }] });
    expect(report.writeVisibleMs).toBeGreaterThanOrEqual(0);
    expect([...pair.states.a.configs.keys()]).not.toContain('srgit-health-probe');
    expect(pair.registrations.size).toBe(0);
    expect(renderHealth(report, HEALTH_FINDINGS)).toContain('✓ healthy');
  });

  it.concurrent.each(FAULTS)('finds %s', async (_name, fault, codes) => {
    const pair = await newPair();
    pair.setFault(fault);
    const report = await lookAt(pair.urls);
    pair.setFault({ kind: 'none' });
    expect(codesOf(report)).toEqual(codes);
    expect(report.healthy).toBe(false);
    expect((await lookAt(pair.urls)).findings).toEqual([]);
  });

  it('finds nodes that do not have the same', async () => {
    const pair = await newPair();
    const other = await startPair({ ...stateBefore(), contexts: [{ name: '.', subjects: [] }] });
    try {
      const report = await lookAt([pair.urls[0] ?? '', other.urls[0] ?? '']);
      expect(codesOf(report)).toContain('NODES_DISAGREE');
    } finally {
      await other.close();
    }
  });

  it('finds a mode that takes no schemas', async () => {
    const locked = await startPair({ ...stateBefore(), global: { mode: 'READONLY' } });
    try {
      await fetch(`${locked.urls[0]}/mode`, { method: 'PUT', headers: JSON_BODY, body: '{"mode":"READONLY"}' });
      expect(codesOf(await lookAt(locked.urls))).toContain('MODE_NOT_READWRITE');
    } finally {
      await locked.close();
    }
  });

  it('finds that nobody is there, and shows no password', async () => {
    const port = await findDeadPort();
    const report = await lookAt([`http://user:secret@127.0.0.1:${port}`]);
    expect(codesOf(report)).toEqual(['NODE_UNREACHABLE']);
    expect(JSON.stringify(report) + renderHealth(report, HEALTH_FINDINGS)).not.toContain('secret');
  });
});

interface Watched {
  readonly pair: RegistryPair;
  readonly base: string;
  /** How many looks it took from now on. */
  readonly looksUntil: (fits: (report: HealthReport) => boolean) => Promise<number>;
  readonly end: () => Promise<void>;
}

async function watchPair(): Promise<Watched> {
  const pair = await newPair();
  const stop = new AbortController();
  const seen: HealthReport[] = [];
  const listening = Promise.withResolvers<string>();
  const watching = watchHealth({
    ...optionsFor(pair.urls),
    intervalMs: 100,
    compareEveryMs: 1000,
    listen: { host: '127.0.0.1', port: 0 },
    onListening: listening.resolve,
    onReport: (report) => seen.push(report),
    signal: stop.signal,
  });
  return {
    pair,
    base: await listening.promise,
    looksUntil: async (fits) => {
      // The look that is under way may have begun before.
      const from = seen.length + 1;
      for (;;) {
        const at = seen.findIndex((report, index) => index >= from && fits(report));
        if (at >= 0) return at - from + 1;
        if (seen.length > from + 20) return Number.POSITIVE_INFINITY;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    end: async () => {
      stop.abort();
      await watching;
    },
  };
}

describe('looking again and again', { timeout: 120_000 }, () => {
  it.concurrent.each(FAULTS)(
    'shows %s within two looks, and clears it, in metrics and on /healthz',
    async (_name, fault, codes) => {
      const { pair, base, looksUntil, end } = await watchPair();
      try {
        expect(await looksUntil(({ healthy }) => healthy)).toBeLessThanOrEqual(2);
        expect((await fetch(`${base}/healthz`)).status).toBe(200);
        pair.setFault(fault);
        const isThere = (report: HealthReport) => codes.every((code) => codesOf(report).includes(code));
        expect(await looksUntil(isThere)).toBeLessThanOrEqual(2);
        const metrics = await (await fetch(`${base}/metrics`)).text();
        expect(samplesOf(metrics, 'srgit_health_ok')).toMatchObject([{ value: '0' }]);
        const codesShown = samplesOf(metrics, 'srgit_health_finding').map(({ labels }) => labels?.['code']);
        expect(codesShown).toEqual(expect.arrayContaining([...codes]));
        pair.setFault({ kind: 'none' });
        expect(await looksUntil(({ healthy }) => healthy)).toBeLessThanOrEqual(2);
        expect((await fetch(`${base}/healthz`)).status).toBe(200);
        expect((await fetch(`${base}/else`)).status).toBe(404);
      } finally {
        await end();
      }
      await expect(fetch(`${base}/healthz`)).rejects.toThrow();
    },
  );
});

interface Sample {
  readonly value: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** By a reader of the format that is not ours. */
function samplesOf(text: string, name: string): readonly Sample[] {
  return parsePrometheusTextFormat(text).find((family) => family.name === name)?.metrics ?? [];
}
