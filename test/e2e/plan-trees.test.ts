/**
 * Plans between two trees or two commits: what a registry that is as the target's tree says would be given. Held against
 * the plan for such a registry. `SRGIT_SEED` repeats a run, `SRGIT_RUNS` sets how many.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { connectRegistry } from '../../src/app/connect.ts';
import { planOntoTree } from '../../src/app/restore/plan-onto-tree.ts';
import { plainSnapshot } from '../../src/app/restore/snapshot-rows.ts';
import { loadConfig, requireRegistry } from '../../src/config/load-config.ts';
import type { RegistrySnapshot } from '../../src/model/registry-snapshot.ts';
import { formatSubjectName } from '../../src/model/subject-name.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { readSnapshot } from '../../src/registry/snapshot.ts';
import { cliEntry, runCli, runCliJson } from '../support/cli.ts';
import { git, repository } from '../support/git.ts';
import { randomRegistry } from '../support/random-registry.ts';
import { optionsOf, planHere, type RestoreAsked, startStrictRegistry } from '../support/restoring.ts';
import { readFolder, writeTree } from '../support/trees.ts';

const RUNS = Number(process.env['SRGIT_RUNS'] ?? 20);
const seed = Number(process.env['SRGIT_SEED'] ?? Date.now() % 1_000_000_007);
const EXAMPLE = join(import.meta.dirname, '../../schemas-example');

const WAYS: readonly RestoreAsked[] = [
  {},
  { ids: 'keep' },
  { ids: 'force', strategy: 'overwrite' },
  { kind: 'reconcile', prune: true },
  { map: ['*=up-*'] },
];

beforeAll(async () => {
  await cliEntry();
});

/** The plan without what the live registry proved. */
function essence({ steps, problems, subjects, ids }: Plan): unknown {
  return {
    steps: steps.map((step) => ({ ...step, verdict: '' })),
    problems: problems.map(plain),
    // Only a registry drifts.
    subjects: subjects.map(({ causes: _, ...subject }) => subject),
    ids,
  };
}

/** A registry that is asked says why it refuses in its own words. */
function plain({ reason, severity, subject, version }: Plan['problems'][number]): unknown {
  return { reason, severity, subject, version };
}

/** The state as an export reads it: the registry shows a level and a mode where none is set. */
async function exportOf(url: string, alsoLevels: readonly string[]): Promise<RegistrySnapshot> {
  const { client, capabilities } = await connectRegistry(requireRegistry(loadConfig({ url: [url] }, {}, tmpdir())));
  try {
    return plainSnapshot((await readSnapshot(client, capabilities, { alsoLevels })).snapshot);
  } finally {
    await client.close();
  }
}

describe('a plan for a tree', () => {
  it(`is that for a registry as the tree says (${RUNS} runs, SRGIT_SEED=${seed})`, {
    timeout: 30_000 + RUNS * 6_000,
  }, async () => {
    const snapshots = fc.sample(randomRegistry, { numRuns: RUNS * 2, seed });
    let steps = 0;
    for (let run = 0; run < RUNS; run++) {
      const [from, to] = [snapshots[2 * run], snapshots[2 * run + 1]];
      if (from === undefined || to === undefined) throw new Error('too few samples');
      const folder = mkdtempSync(join(tmpdir(), 'srgit-test-'));
      // No export finds the config of a subject without versions; a plan asks for those that its source has.
      const levels = from.contexts.flatMap(({ name, subjects }) =>
        subjects.map((state) => formatSubjectName({ context: name, subject: state.name })),
      );
      const target = await startStrictRegistry(to);
      try {
        await writeTree(join(folder, 'schemas'), from);
        await writeTree(join(folder, 'target'), await exportOf(target.url, levels));
        const asked = WAYS[run % WAYS.length] ?? {};
        const expected = await planHere(folder, target.url, asked);
        const { registry: _registry, ...options } = optionsOf(folder, target.url, asked);
        const { plan } = await planOntoTree({ ...options, target: { kind: 'tree', tree: join(folder, 'target') } });
        expect(essence(plan)).toEqual(essence(expected));
        expect(plan.target).toMatchObject({ name: 'tree:target', tree: { name: 'target' } });
        expect(plan.steps.filter(({ verdict }) => verdict === 'proved')).toEqual([]);
        steps += plan.steps.length;
      } catch (cause) {
        throw new Error(`run ${run} of seed ${seed}: ${cause instanceof Error ? cause.message : cause}`, { cause });
      } finally {
        await target.close();
        rmSync(folder, { recursive: true, force: true });
      }
    }
    expect(steps).toBeGreaterThan(RUNS);
  });
});

function emptyRecord(name: string): string {
  return `{"type":"record","name":"${name}","fields":[]}\n`;
}

/** The worked example on two branches; `staging` has a version and a subject more, added by hand. */
function twoBranches(): string {
  const cwd = repository();
  cpSync(EXAMPLE, join(cwd, 'schemas'), { recursive: true });
  git(cwd, 'add', '.');
  git(cwd, 'commit', '--quiet', '--message', 'tree');
  git(cwd, 'branch', 'prod');
  git(cwd, 'checkout', '--quiet', '-b', 'staging');
  const folder = join(cwd, 'schemas/subjects/new-value');
  mkdirSync(folder);
  writeFileSync(join(folder, 'v1.avsc'), emptyRecord('New'));
  git(cwd, 'add', '.');
  git(cwd, 'commit', '--quiet', '--message', 'new');
  return cwd;
}

describe('plan --to ref and --to tree', { timeout: 180_000 }, () => {
  it('promotes from one branch to another, in all forms, and touches nothing', async () => {
    const cwd = twoBranches();
    const before = readFolder(cwd);
    const plan = ['plan', '--from', 'ref:staging', '--to', 'ref:prod'];
    const text = await runCli([...plan, '--detailed-exitcode'], { cwd });
    expect([text.code, text.stderr]).toEqual([3, '']);
    expect(text.stdout.split('\n')).toEqual([
      '+ new-value: adds v1',
      'Plan for a registry like ref:prod: 1 subject created, 1 version registered, 1 step.',
      '',
    ]);
    const markdown = await runCli([...plan, '--format', 'markdown'], { cwd });
    expect(markdown.stdout).toContain('| `new-value` | create | adds v1 |');
    const { json } = await runCliJson(plan, { cwd });
    expect(json).toMatchObject({
      source: { kind: 'tree', name: 'schemas', commit: git(cwd, 'rev-parse', 'staging') },
      target: { name: 'ref:prod', kind: 'srgit', tree: { name: 'schemas', commit: git(cwd, 'rev-parse', 'prod') } },
      steps: [{ action: 'register', subject: 'new-value', verdict: 'simulated' }],
    });
    const same = await runCli(['plan', '--from', 'ref:prod', '--to', 'ref:prod', '--detailed-exitcode'], { cwd });
    expect([same.code, same.stdout]).toEqual([0, '✓ a registry like ref:prod is as asked for.\n']);
    expect(readFolder(cwd)).toEqual(before);
  });

  it('compares two folders under other names, and says what is left out on the other side', async () => {
    const cwd = twoBranches();
    cpSync(EXAMPLE, join(cwd, 'registries/prod'), { recursive: true });
    const renamed = [
      'plan',
      '--from',
      'tree:schemas',
      '--to',
      'tree:registries/prod',
      '--map',
      'orders-value=eu-orders',
    ];
    const { code, stdout } = await runCli(renamed, { cwd });
    expect(code).toBe(0);
    expect(stdout).toContain('+ orders-value → eu-orders: adds v1–v3');
    const pruned = await runCli([...renamed, '--prune'], { cwd });
    expect(pruned.stdout).toContain('- orders-value: deletes v2–v3');
    // What was added to the target by hand is in no registry yet.
    const back = await runCli(['plan', '--from', 'tree:registries/prod', '--to', 'tree:schemas', '--prune'], { cwd });
    expect(back.stderr).toBe(
      'Warning: tree:schemas has a version that was added by hand: the plan takes them for not registered yet\n',
    );
    expect(back.stdout).toBe('✓ a registry like tree:schemas is as asked for.\n');
  });

  it('says what would be refused, and ends with 1', async () => {
    const cwd = twoBranches();
    const config = JSON.parse(
      readFileSync(join(cwd, 'schemas/subjects/payments-value/metadata.json'), 'utf8'),
    ) as object;
    git(cwd, 'checkout', '--quiet', 'prod');
    writeFileSync(
      join(cwd, 'schemas/subjects/payments-value/metadata.json'),
      `${JSON.stringify({ ...config, mode: 'READONLY' }, null, 2)}\n`,
    );
    git(cwd, 'commit', '--quiet', '--all', '--message', 'locked');
    git(cwd, 'checkout', '--quiet', 'staging');
    writeFileSync(join(cwd, 'schemas/subjects/orders-value/v9.avsc'), emptyRecord('SomethingElse'));
    const { code, stdout } = await runCli(['plan', '--to', 'ref:prod'], { cwd });
    expect(code).toBe(1);
    expect(stdout).toContain('✗ INCOMPATIBLE Schema registration failed for subject orders-value');
  });

  it('says so when nothing is selected, rather than that all is well', async () => {
    const cwd = twoBranches();
    const { code, stderr } = await runCli(['plan', '--to', 'ref:prod', '--subject', 'ordres-*'], { cwd });
    expect([code, stderr]).toEqual([0, 'Warning: no subject of schemas is selected by ordres-*\n']);
    const some = await runCli(['plan', '--to', 'ref:prod', '--subject', 'orders-*'], { cwd });
    expect([some.code, some.stderr]).toEqual([0, '']);
  });

  it('refuses a target that is damaged, or is not there', async () => {
    const cwd = twoBranches();
    const file = join(cwd, 'schemas/subjects/orders-value/v1.avsc');
    writeFileSync(file, readFileSync(file, 'utf8').replace('Order', 'Ordre'));
    const damaged = await runCli(['plan', '--from', 'ref:prod', '--to', 'tree:schemas'], { cwd });
    expect([damaged.code, damaged.stderr.split('\n').at(-2)]).toEqual([1, '(SRGIT_TREE_EDITED_VERSION)']);
    const missing = await runCli(['plan', '--to', 'ref:nowhere'], { cwd });
    expect([missing.code, missing.stderr.split('\n').at(-2)]).toEqual([1, '(SRGIT_GIT_FAILED)']);
  });

  it('cannot be carried out: neither directly nor as a saved plan', async () => {
    const cwd = twoBranches();
    const registry = await startStrictRegistry();
    try {
      expect((await runCli(['plan', '--to', 'ref:prod', '--out', 'plan.json'], { cwd })).code).toBe(0);
      const saved = await runCli(['restore', '--plan', 'plan.json', '--url', registry.url], { cwd });
      expect([saved.code, saved.stderr.split('\n')[0]]).toEqual([
        2,
        'Error: plan.json is a plan for ref:prod, a tree: there is no registry to do it to',
      ]);
      for (const [command, hint] of [
        ['restore', 'srgit plan --to ref:prod'],
        ['reconcile', 'srgit plan --reconcile --to ref:prod'],
        ['idmap', '--to registry:NAME'],
      ] as const) {
        const { code, stderr } = await runCli([command, '--to', 'ref:prod'], { cwd });
        expect([code, stderr.split('\n').at(-2)]).toEqual([2, '(SRGIT_USAGE)']);
        expect(stderr).toContain(hint);
      }
      expect(registry.writes).toEqual([]);
    } finally {
      await registry.close();
    }
  });

  it.each([
    ['prod', 'Write --to registry:prod, tree:prod, ref:prod.'],
    ['http://localhost:8081', 'Write --to registry:http://localhost:8081.'],
    ['registy:prod', 'Did you mean --to registry:prod?'],
    ['tree:', 'For example --to registry:staging, --to tree:registries/staging, --to ref:v1.2.'],
    ['C:\\schemas', 'For example --to registry:staging, --to tree:registries/staging, --to ref:v1.2.'],
  ])('tells how --to %s is to be written', async (to, hint) => {
    const { code, stderr } = await runCli(['plan', '--to', to], { cwd: repository() });
    expect([code, ...stderr.split('\n').slice(1)]).toEqual([2, hint, '(SRGIT_USAGE)', '']);
  });
});
