/**
 * Restore and reconcile of 2,000 versions while the registry's leader changes again and again: dead, frozen, or without a
 * broker, as observed on Confluent 8.3.1 (only faster), with followers that lag. Slow: each change is an outage to be waited
 * for. `SRGIT_SEED` repeats a run, `SRGIT_RUNS` sets how many changes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { syntheticSnapshot } from '../../bench/synthetic-registry.ts';
import { restoreSchemas } from '../../src/app/restore/restore-schemas.ts';
import type { RegistrySnapshot } from '../../src/model/registry-snapshot.ts';
import { snapshotFromState } from '../../src/semantics/snapshot-state.ts';
import type { RegistryState } from '../../src/semantics/state.ts';
import { randomNumbers } from '../support/random-numbers.ts';
import { withoutTimes } from '../support/restore-outcome.ts';
import { EMPTY, optionsOf, type RestoreAsked } from '../support/restoring.ts';
import { writeTree } from '../support/trees.ts';
import { type PairFault, type RegistryPair, startPair } from '../support/two-nodes.ts';

const CHANGES = Number(process.env['SRGIT_RUNS'] ?? 50);
const seed = Number(process.env['SRGIT_SEED'] ?? Date.now() % 1_000_000_007);
const VERSIONS = 2000;

describe('while leaders change', () => {
  it(`nothing is lost and nothing doubled (${CHANGES} changes, SRGIT_SEED=${seed})`, { timeout: 300_000 }, async () => {
    const random = randomNumbers(seed);
    const folder = mkdtempSync(join(tmpdir(), 'srgit-leader-'));
    const snapshot = syntheticSnapshot({ subjects: VERSIONS / 2, versions: 2, bytes: 300 });
    await writeTree(join(folder, 'schemas'), snapshot);
    const pair = await startPair(EMPTY);
    const chaos = new Chaos(pair, random);
    try {
      let rounds = 0;
      const began = performance.now();
      const restoring = chaos.run(Math.ceil(CHANGES / 2));
      const restored = await restore(folder, pair, { ids: 'force' });
      expect(restored).toMatchObject({ outcome: 'done', problems: [] });
      await restoring;
      await expectRestored(pair, snapshot, chaos);
      const changing = chaos.run(CHANGES);
      // What is drift, and what was registered since, goes again: as often as there are changes left.
      while (chaos.changes < CHANGES) {
        rounds++;
        const drifted = await disturb(pair, rounds);
        const reconciled = await restore(folder, pair, {
          kind: 'reconcile',
          ids: 'force',
          prune: true,
          permanent: true,
        });
        expect(reconciled.outcome).toBe('done');
        expect(reconciled.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
        expect(drifted).toBeGreaterThan(0);
        await expectRestored(pair, snapshot, chaos);
      }
      await changing;
      const took = performance.now() - began;
      const twice = [...pair.registrations].filter(([name, times]) => times > 1 && !name.startsWith('stray-'));
      expect(twice).toEqual([]);
      console.log(
        `SRGIT_SEED=${seed}: ${chaos.changes} changes in ${(took / 1000).toFixed(1)} s, outages ${(chaos.outage / 1000).toFixed(1)} s together, ${rounds} reconciles`,
      );
    } finally {
      chaos.stop();
      await pair.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

function restore(folder: string, pair: RegistryPair, asked: RestoreAsked) {
  // With the patience that users have.
  return restoreSchemas({ ...optionsOf(folder, pair.urls, asked), patience: undefined });
}

/** Levels changed and a subject registered behind the back of the tree. */
async function disturb(pair: RegistryPair, round: number): Promise<number> {
  const headers = { 'content-type': 'application/json' };
  let done = 0;
  for (let attempt = 0; done < 2 && attempt < 500; attempt++) {
    const url = pair.urls[attempt % 2] ?? '';
    const [path, method, body] =
      done === 0
        ? [`/config/team-1.orders-000001-value`, 'PUT', { compatibility: 'NONE' }]
        : [`/subjects/stray-${round}/versions`, 'POST', { schema: '"string"' }];
    const answer = await fetch(url + path, { method, headers, body: JSON.stringify(body) }).catch(() => undefined);
    if (answer?.ok === true) done++;
    else await sleep(20);
  }
  // A node whose reader is dead answers from before: reconcile would truthfully find nothing to do there.
  const isKnown = ({ subjects }: RegistryState) => subjects.has(`stray-${round}`);
  await vi.waitUntil(() => isKnown(pair.states.a) && isKnown(pair.states.b), { timeout: 30_000, interval: 5 });
  return done;
}

/** Both nodes, once they have read the log to its end. */
async function expectRestored(pair: RegistryPair, wanted: RegistrySnapshot, chaos: Chaos): Promise<void> {
  await chaos.pause();
  await sleep(50);
  for (const state of [pair.states.a, pair.states.b]) {
    const now = snapshotFromState(state, EMPTY.registry);
    expect(withoutTimes(rowsOf(now))).toEqual(withoutTimes(rowsOf(wanted)));
  }
  chaos.goOn();
}

function rowsOf({ contexts }: RegistrySnapshot): unknown {
  return contexts.map(({ name, subjects }) => [
    name,
    subjects.map(({ name: subject, versions, config }) => [subject, config ?? null, versions]),
  ]);
}

class Chaos {
  changes = 0;
  /** Milliseconds in which writes could not go through. */
  outage = 0;
  readonly #pair: RegistryPair;
  readonly #random: () => number;
  #stopped = false;
  #gate: Promise<void> = Promise.resolve();
  #open: () => void = () => undefined;
  #idle: Promise<void> = Promise.resolve();

  constructor(pair: RegistryPair, random: () => number) {
    this.#pair = pair;
    this.#random = random;
  }

  async run(changes: number): Promise<void> {
    while (!this.#stopped && this.changes < changes) {
      await this.#gate;
      await sleep(20 + this.#random() * 80);
      await this.#gate;
      if (this.#stopped) return;
      const change = this.#change();
      this.#idle = change;
      await change;
    }
  }

  /** Resolves when no fault is on, and none comes until `goOn`. */
  async pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    this.#open = resolve;
    await this.#idle;
  }

  goOn(): void {
    this.#open();
  }

  stop(): void {
    this.#stopped = true;
    this.goOn();
  }

  async #change(): Promise<void> {
    const pair = this.#pair;
    const faults: readonly PairFault[] = [
      { kind: 'dead', node: pair.leader },
      { kind: 'frozen-leader' },
      { kind: 'no-leader' },
      { kind: 'frozen-broker' },
      { kind: 'dead-reader' },
    ];
    const fault = faults[Math.floor(this.#random() * faults.length)] ?? { kind: 'none' };
    const began = performance.now();
    pair.setFault(fault);
    await sleep(50 + this.#random() * 250);
    // What waited is carried out, then the other one leads.
    pair.setFault({ kind: 'none' });
    await pair.electOther();
    if (fault.kind !== 'dead-reader') this.outage += performance.now() - began;
    this.changes++;
  }
}
