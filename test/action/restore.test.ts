import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { record, register, registryDuringTest, request } from '../support/embedded-registry.ts';
import { git, remote } from '../support/git.ts';
import { startServer } from '../support/loopback-server.ts';
import { strictRegistryDuringTest } from '../support/restoring.ts';
import { builtBundle, runBundle } from './run-bundle.ts';

const TIMEOUT = 180_000;

beforeAll(async () => {
  await builtBundle();
}, TIMEOUT);

/** A checkout with the tree of a registry, and another, empty registry. */
async function disaster() {
  const source = await registryDuringTest();
  await register(source.url, 'gone-value', record('Gone'));
  await register(source.url, 'orders-value', record('Order'));
  await register(source.url, 'orders-value', record('Order', 'number'));
  await request(source.url, 'DELETE', '/subjects/gone-value');
  await request(source.url, 'DELETE', '/subjects/gone-value?permanent=true');
  const bare = remote();
  const workspace = bare.clone('work');
  expect((await runBundle({ command: 'export', url: source.url, push: 'true' }, { workspace })).code).toBe(0);
  const target = await strictRegistryDuringTest();
  return { source, target, bare, workspace };
}

describe('commands restore and reconcile', () => {
  it(
    'carries out the plan that was reviewed, and pushes the id map',
    async () => {
      const { target, bare, workspace } = await disaster();
      const { url } = target;
      const planned = await runBundle({ command: 'plan', url, out: 'plan.json' }, { workspace });
      expect([planned.code, planned.outputs['changed'], target.writes]).toEqual([0, 'true', []]);
      const plan = planned.outputs['plan'] ?? '';
      expect(plan).toBe(join(workspace, 'plan.json'));

      const restored = await runBundle({ command: 'restore', url, plan: 'plan.json', push: 'true' }, { workspace });
      expect([restored.code, restored.stderr]).toEqual([0, '']);
      expect(JSON.parse(restored.outputs['summary'] ?? '')).toMatchObject({
        outcome: 'done',
        registered: 2,
        errors: 0,
      });
      expect(restored.summary).toContain('✓ verified: 2 versions of 1 subject are as planned');
      expect(restored.outputs['commit-sha']).toBe(git(bare.url, 'rev-parse', 'main'));
      const map = restored.outputs['id-map'] ?? '';
      expect([existsSync(map), git(bare.url, 'ls-tree', '--name-only', 'main', 'schemas/id-maps/')]).toEqual([
        true,
        map.slice(workspace.length + 1),
      ]);

      // The registry has moved: the plan is of another one.
      const stale = await runBundle({ command: 'restore', url, plan: 'plan.json' }, { workspace });
      expect(stale.code).toBe(1);
      expect(stale.commands.join()).toContain('SRGIT_PLAN_STALE');
    },
    TIMEOUT,
  );

  it(
    'pushes the id map on top of what somebody else pushed meanwhile',
    async () => {
      const { target, bare, workspace } = await disaster();
      const other = bare.clone('other');
      writeFileSync(join(other, 'README.md'), 'ours\n');
      git(other, 'add', '--all');
      git(other, 'commit', '--quiet', '--message', 'Say hello');
      git(other, 'push', '--quiet', 'origin', 'main');
      const restored = await runBundle({ command: 'restore', url: target.url, push: 'true' }, { workspace });
      expect(restored.code).toBe(0);
      expect(git(bare.url, 'rev-parse', 'main')).toBe(restored.outputs['commit-sha']);
      expect(git(bare.url, 'log', '--format=%s', 'main').split('\n')).toContain('Say hello');
      expect(git(bare.url, 'show', 'main:README.md')).toBe('ours');
    },
    TIMEOUT,
  );

  it(
    'deletes nothing without a yes in the workflow',
    async () => {
      const { source, workspace } = await disaster();
      const { url } = source;
      await register(url, 'stray-value', record('Stray'));
      const inputs = { command: 'reconcile', url, prune: 'true' };
      const refused = await runBundle(inputs, { workspace });
      expect(refused.code).toBe(1);
      expect(refused.commands.join()).toContain('1 version will be soft-deleted');
      expect(await request(url, 'GET', '/subjects')).toEqual(['orders-value', 'stray-value']);
      const done = await runBundle({ ...inputs, yes: 'true', 'allow-deletions': 'true' }, { workspace });
      expect([done.code, JSON.parse(done.outputs['summary'] ?? '')]).toMatchObject([
        0,
        { outcome: 'done', deleted: 1 },
      ]);
      expect(await request(url, 'GET', '/subjects')).toEqual(['orders-value']);
    },
    TIMEOUT,
  );

  it(
    'writes nothing where the plan has an error, and says so at the file',
    async () => {
      const { target, workspace } = await disaster();
      const file = 'schemas/subjects/orders-value/v1.avsc';
      writeFileSync(join(workspace, file), readFileSync(join(workspace, file), 'utf8').replace('Order', 'Other'));
      const refused = await runBundle({ command: 'restore', url: target.url }, { workspace });
      expect([refused.code, target.writes]).toEqual([1, []]);
      expect(refused.commands.join('\n')).toContain(`file=${file},line=1`);
      expect(refused.summary).toContain('EDITED');
    },
    TIMEOUT,
  );
});

describe('a cancelled run', () => {
  it(
    'stops at the signal of the runner, and says so',
    async () => {
      const workspace = remote().clone('work');
      let child: ChildProcess | undefined;
      // A registry that never answers.
      const server = await startServer(() => child?.kill('SIGINT'));
      onTestFinished(() => server.close());
      const onStart = (started: ChildProcess): void => {
        child = started;
      };
      const result = await runBundle({ command: 'export', url: server.url }, { workspace, onStart });
      expect([result.code, result.commands]).toEqual([1, [expect.stringContaining('(SRGIT_INTERRUPTED)')]]);
    },
    TIMEOUT,
  );
});

describe('commands verify and health', () => {
  it(
    'verify fails for drift, with its likely cause; offline it looks at the tree alone',
    async () => {
      const { source, workspace } = await disaster();
      const { url } = source;
      expect((await runBundle({ command: 'verify', url }, { workspace })).code).toBe(0);
      await register(url, 'orders-value', record('Order', 'stray'));
      const drifted = await runBundle({ command: 'verify', url }, { workspace });
      expect([drifted.code, drifted.outputs['changed']]).toEqual([1, 'true']);
      expect(drifted.summary).toMatch(/\| `orders-value v3: .*` \| registered past the review/);
      expect(drifted.commands).toEqual(['error::1 difference between tree and registry']);
      const watched = await runBundle({ command: 'verify', url, 'fail-on': 'never' }, { workspace });
      expect([watched.code, watched.outputs['changed']]).toEqual([0, 'true']);
      expect((await runBundle({ command: 'verify', offline: 'true' }, { workspace })).code).toBe(0);
    },
    TIMEOUT,
  );

  it(
    'health looks at every node',
    async () => {
      const { source, workspace } = await disaster();
      const { url } = source;
      const well = await runBundle({ command: 'health', url, 'against-tree': 'true' }, { workspace });
      expect([well.code, JSON.parse(well.outputs['summary'] ?? '')]).toEqual([
        0,
        { healthy: true, nodes: 1, up: 1, findings: 0 },
      ]);
      const sick = await runBundle({ command: 'health', url: `${url}\nhttp://127.0.0.1:1` }, { workspace });
      expect(sick.code).toBe(1);
      expect(sick.commands[0]).toContain('error title=NODE_UNREACHABLE::http://127.0.0.1:1');
    },
    TIMEOUT,
  );
});
