import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { record, register, registryDuringTest, request } from '../support/embedded-registry.ts';
import { git, remote } from '../support/git.ts';
import { gitHubDuringTest } from './github-server.ts';
import { builtBundle, runBundle } from './run-bundle.ts';

const TIMEOUT = 180_000;

beforeAll(async () => {
  await builtBundle();
}, TIMEOUT);

async function registryWithOrders() {
  const registry = await registryDuringTest();
  await register(registry.url, 'orders-value', record('Order'));
  return registry;
}

describe('command export', () => {
  it(
    'commits and pushes what changed, and nothing when nothing did',
    async () => {
      const { url } = await registryWithOrders();
      const bare = remote();
      const workspace = bare.clone('work');
      const first = await runBundle({ command: 'export', url, push: 'true' }, { workspace });
      expect([first.code, first.commands, first.stderr]).toEqual([0, [], '']);
      expect(first.outputs).toMatchObject({ changed: 'true', 'commit-sha': git(bare.url, 'rev-parse', 'main') });
      expect(JSON.parse(first.outputs['summary'] ?? '')).toMatchObject({ subjects: 1, versions: 1, written: 6 });
      expect(git(bare.url, 'log', '-1', '--format=%an %ae|%cn', 'main')).toBe('Test test@example.com|Test');
      expect(first.summary).not.toContain('likely cause');

      const second = await runBundle({ command: 'export', url, push: 'true' }, { workspace });
      expect([second.code, second.outputs['changed'], second.outputs['commit-sha']]).toEqual([0, 'false', '']);
      expect(git(bare.url, 'rev-list', '--count', 'main')).toBe('1');

      await register(url, 'orders-value', record('Order', 'number'));
      await request(url, 'PUT', '/config/orders-value', { compatibility: 'NONE' });
      // The environment of the tests names an author; the runner's does not.
      const noIdentity = { GIT_AUTHOR_NAME: '', GIT_AUTHOR_EMAIL: '', GIT_COMMITTER_NAME: '', GIT_COMMITTER_EMAIL: '' };
      const inputs = { command: 'export', url, push: 'true' };
      const third = await runBundle(inputs, { workspace, env: noIdentity });
      expect(third.code).toBe(0);
      expect(third.summary).toContain(
        '| `+ orders-value v2 (id 2)` | registered past the review, by a client with `auto.register.schemas`',
      );
      expect(third.summary).toContain('set at the registry, not in the tree');
      expect(third.summary).toContain('field Order.number');
      expect(git(bare.url, 'log', '-1', '--format=%an|%cn', 'main')).toBe('github-actions[bot]|github-actions[bot]');
    },
    TIMEOUT,
  );

  it(
    'keeps one pull request up to date, and closes it when nothing differs any more',
    async () => {
      const { url } = await registryWithOrders();
      const bare = remote();
      const workspace = bare.clone('work');
      await runBundle({ command: 'export', url, push: 'true' }, { workspace });
      const base = git(bare.url, 'rev-parse', 'main');
      const hub = await gitHubDuringTest();
      const step = () =>
        runBundle({ command: 'export', url, 'open-pull-request': 'true' }, { workspace, githubUrl: hub.url });

      await register(url, 'payments-value', record('Payment'));
      const opened = await step();
      expect([opened.code, opened.outputs['pull-request'], opened.commands]).toEqual([0, '1', []]);
      const branch = 'srgit/export-schemas';
      expect(hub.pulls).toMatchObject([{ head: branch, base: 'main', state: 'open' }]);
      expect(hub.pulls[0]?.title).toBe('schemas: payments-value added');
      expect(hub.pulls[0]?.body).toContain('| `+ payments-value (1 version)` | registered past the review');
      const pushed = git(bare.url, 'rev-parse', branch);
      expect(opened.outputs['commit-sha']).toBe(pushed);
      expect([git(bare.url, 'rev-parse', 'main'), git(bare.url, 'rev-parse', `${branch}^`)]).toEqual([base, base]);
      // The checkout is as it was.
      expect([git(workspace, 'branch', '--show-current'), git(workspace, 'status', '--porcelain')]).toEqual([
        'main',
        '',
      ]);

      const again = await step();
      expect([again.code, again.outputs['commit-sha'], git(bare.url, 'rev-parse', branch)]).toEqual([
        0,
        pushed,
        pushed,
      ]);

      await register(url, 'payments-value', record('Payment', 'total'));
      await step();
      expect(git(bare.url, 'rev-list', '--count', `main..${branch}`)).toBe('1');
      expect(hub.pulls).toHaveLength(1);
      expect(hub.pulls[0]?.body).toContain('payments-value (2 versions)');

      await request(url, 'DELETE', '/subjects/payments-value');
      await request(url, 'DELETE', '/subjects/payments-value?permanent=true');
      const closed = await step();
      expect([closed.code, closed.outputs['changed'], closed.outputs['pull-request']]).toEqual([0, 'false', '']);
      expect(hub.pulls).toMatchObject([{ state: 'closed' }]);
      expect(hub.comments.map(({ body }) => body)).toEqual([
        'The registry is what `main` says: there is nothing to merge.',
      ]);
    },
    TIMEOUT,
  );

  it(
    'does not empty the tree for a registry that lost its storage, and leaves the branch',
    async () => {
      const { url } = await registryWithOrders();
      const bare = remote();
      const workspace = bare.clone('work');
      await runBundle({ command: 'export', url, push: 'true' }, { workspace });
      const empty = await registryDuringTest();
      const hub = await gitHubDuringTest();
      const inputs = { command: 'export', url: empty.url, 'open-pull-request': 'true' };
      const result = await runBundle(inputs, { workspace, githubUrl: hub.url });
      expect(result.code).toBe(1);
      expect(result.commands.join()).toContain('it may have lost its storage');
      expect(result.commands.join()).toContain('input allow-deletions:');
      expect(result.summary).toContain('SRGIT\\_DELETION\\_GUARD');
      expect([git(workspace, 'branch', '--show-current'), hub.pulls]).toEqual(['main', []]);
    },
    TIMEOUT,
  );

  it(
    'says what the token lacks when the pull request is refused',
    async () => {
      const { url } = await registryWithOrders();
      const workspace = remote().clone('work');
      writeFileSync(join(workspace, 'README.md'), 'schemas\n');
      git(workspace, 'add', '--all');
      git(workspace, 'commit', '--quiet', '--message', 'Begin');
      const hub = await gitHubDuringTest();
      hub.refuseWrites = true;
      const inputs = { command: 'export', url, 'open-pull-request': 'true' };
      const result = await runBundle(inputs, { workspace, githubUrl: hub.url });
      expect(result.code).toBe(1);
      expect(result.commands.join()).toContain('permissions: pull-requests: write');
    },
    TIMEOUT,
  );
});
