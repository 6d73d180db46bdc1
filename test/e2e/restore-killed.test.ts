/**
 * Restores by the command line killed with SIGKILL at random points: before a write reaches the registry, after it was
 * done and before it is answered, and at any moment. The next run goes on: the same end state, nothing registered twice,
 * modes and levels as planned. Slow (a second and more for each): each point needs a process that is killed. `SRGIT_SEED`
 * repeats a run, `SRGIT_RUNS` sets how many points.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RegistrySnapshot } from '../../src/model/registry-snapshot.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { cliEntry, type RunningCli, spawnCli } from '../support/cli.ts';
import { startFaultyProxy } from '../support/faulty-proxy.ts';
import { randomNumbers } from '../support/random-numbers.ts';
import { randomRegistry } from '../support/random-registry.ts';
import { leftBehind, withoutTimes } from '../support/restore-outcome.ts';
import { EMPTY, planHere, type RestoreAsked, restoreHere, startStrictRegistry } from '../support/restoring.ts';
import { writeTree } from '../support/trees.ts';

const RUNS = Number(process.env['SRGIT_RUNS'] ?? 20);
/** One waits on its process while another works. */
const WORKERS = 2;
const seed = Number(process.env['SRGIT_SEED'] ?? Date.now() % 1_000_000_007);
const POLICIES = ['force', 'rewrite'] as const;

/** What a few of the killed restores write. */
interface Story {
  readonly folder: string;
  readonly ids: (typeof POLICIES)[number];
  readonly plan: Plan;
  readonly end: unknown;
  /** The registry before the restore. */
  readonly start: RegistrySnapshot;
}

/** What is incompatible is registered, too: then there are levels to be put back. */
function askedOf(ids: Story['ids']): RestoreAsked {
  return { ids, forceRegister: true };
}

beforeAll(async () => {
  await cliEntry();
});

describe('a restore that is killed', () => {
  it(`is gone on with by the next one (${RUNS} points, SRGIT_SEED=${seed})`, {
    timeout: 60_000 + RUNS * 8_000,
  }, async () => {
    const random = randomNumbers(seed);
    const work = mkdtempSync(join(tmpdir(), 'srgit-kill-'));
    const counts = { killed: 0, standing: 0, resumed: 0, planned: 0 };
    try {
      const stories = await tellStories(work);
      let next = 0;
      const worker = async (): Promise<void> => {
        for (let at = next++; at < RUNS; at = next++) {
          const story = stories[at % stories.length];
          if (story === undefined) return;
          await killAndGoOn(story, join(work, `run-${at}`), random, counts).catch((cause: unknown) => {
            const what = cause instanceof Error ? cause.message : String(cause);
            throw new Error(`point ${at} of seed ${seed}: ${what}`, { cause });
          });
        }
      };
      await Promise.all(Array.from({ length: WORKERS }, worker));
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
    const { killed, standing, resumed, planned } = counts;
    console.log(
      `SRGIT_SEED=${seed}: ${killed} of ${RUNS} killed, ${standing} left modes or levels set, ${planned} of them put back by a plan, ${resumed} gone on with`,
    );
    // Kills that all came too early or too late would prove nothing.
    expect(killed).toBeGreaterThan(RUNS / 2);
    expect(resumed).toBeGreaterThan(RUNS / 4);
    expect(standing).toBeGreaterThan(0);
  });
});

/** Half of them into an empty registry, half into one that has some of it and more. */
async function tellStories(work: string): Promise<readonly Story[]> {
  const big = fc
    .sample(randomRegistry, { numRuns: 60, seed })
    .sort((a, b) => sizeOf(b) - sizeOf(a))
    .slice(0, 6);
  const stories: Story[] = [];
  for (const [at, snapshot] of big.entries()) {
    const folder = join(work, `story-${at}`);
    await writeTree(join(folder, 'schemas'), snapshot);
    const start = at % 2 === 0 ? EMPTY : startOf(snapshot);
    const registry = await startStrictRegistry(start);
    const ids = POLICIES[at % POLICIES.length] ?? 'force';
    const plan = await planHere(folder, registry.url, askedOf(ids));
    const { outcome } = await restoreHere(folder, registry.url, askedOf(ids));
    expect([outcome, plan.problems.filter(({ severity }) => severity === 'error')]).toEqual(['done', []]);
    stories.push({ folder, ids, plan, end: withoutTimes(registry.snapshot()), start });
    await registry.close();
    rmSync(join(folder, '.srgit'), { recursive: true });
    rmSync(join(folder, 'schemas/id-maps'), { recursive: true });
  }
  return stories;
}

function sizeOf({ contexts }: RegistrySnapshot): number {
  return contexts.flatMap(({ subjects }) => subjects.flatMap(({ versions }) => versions)).length;
}

/** Every other subject of the default context that refers to nothing, with its first version only, and no settings. */
function startOf(snapshot: RegistrySnapshot): RegistrySnapshot {
  const subjects = (snapshot.contexts[0]?.subjects ?? []).flatMap(({ name, versions: [first] }, at) => {
    if (at % 2 === 1 || first === undefined || first.references.length > 0) return [];
    return [{ name, versions: [{ ...first, deleted: false }] }];
  });
  return { ...EMPTY, contexts: [{ name: '.', subjects }] };
}

async function killAndGoOn(
  story: Story,
  folder: string,
  random: () => number,
  counts: { killed: number; standing: number; resumed: number; planned: number },
): Promise<void> {
  cpSync(story.folder, folder, { recursive: true });
  const registry = await startStrictRegistry(story.start);
  const before = new Map(registry.registrations);
  let cli: RunningCli | undefined;
  const kill = (): void => cli?.kill('SIGKILL');
  const last = 1 + Math.floor(random() * story.plan.steps.length);
  const how = ['before', 'after', 'later'][Math.floor(random() * 3)];
  const delay = random() * 15;
  const proxy = await startFaultyProxy(
    registry.url,
    ({ isWrite, write }) => {
      if (how !== 'before' || !isWrite || write !== last) return 'none';
      kill();
      return 'reset-before';
    },
    ({ isWrite, write }) => {
      if (!isWrite || write !== last) return;
      if (how === 'after') kill();
      if (how === 'later') void sleep(delay).then(kill);
    },
  );
  try {
    const args = ['restore', '--url', proxy.url, '--ids', story.ids, '--force-register', '--quiet'];
    cli = await spawnCli(args, { cwd: folder });
    const { signal, code, stderr } = await cli.done;
    if (signal !== 'SIGKILL' && code !== 0) throw new Error(`it failed by itself: ${stderr}`);
    if (signal === 'SIGKILL') counts.killed++;
    const standing = leftBehind(story.plan, registry);
    if (standing.length > 0) counts.standing++;
    if (standing.length > 0 && random() < 0.4) {
      await planHere(folder, proxy.url, askedOf(story.ids));
      expect(leftBehind(story.plan, registry)).toEqual([]);
      counts.planned++;
    }
    const result = await restoreHere(folder, proxy.url, askedOf(story.ids));
    if (result.resumed > 0) counts.resumed++;
    expect(result.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(['done', 'nothing']).toContain(result.outcome);
    expect(withoutTimes(registry.snapshot())).toEqual(story.end);
    const twice = [...registry.registrations].filter(([name, times]) => times - (before.get(name) ?? 0) > 1);
    expect(twice).toEqual([]);
    expect(leftBehind(story.plan, registry)).toEqual([]);
  } finally {
    await Promise.all([registry.close(), proxy.close()]);
    rmSync(folder, { recursive: true, force: true });
  }
}
