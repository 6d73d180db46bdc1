import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { record, register, registryDuringTest, request } from '../support/embedded-registry.ts';
import { git, remote } from '../support/git.ts';
import { type GitHubServer, gitHubDuringTest } from './github-server.ts';
import { builtBundle, runBundle } from './run-bundle.ts';

const TIMEOUT = 180_000;

beforeAll(async () => {
  await builtBundle();
}, TIMEOUT);

/** An exported tree on main, and a branch with a version that was added by hand. */
async function proposal(fields: readonly object[]) {
  const registry = await registryDuringTest();
  const { url } = registry;
  await register(url, 'orders-value', record('Order'));
  await request(url, 'POST', '/subjects/users-value/versions', {
    schema: JSON.stringify({ type: 'record', name: 'User', fields: [{ name: 'order', type: 'Order' }] }),
    references: [{ name: 'Order', subject: 'orders-value', version: 1 }],
  });
  const bare = remote();
  const workspace = bare.clone('work');
  const exported = await runBundle({ command: 'export', url, push: 'true' }, { workspace });
  expect(exported.code).toBe(0);
  const base = git(workspace, 'rev-parse', 'HEAD');
  git(workspace, 'checkout', '--quiet', '-b', 'feature');
  propose(workspace, fields);
  const hub = await gitHubDuringTest();
  const pullRequest = { number: 7, base: { ref: 'main', sha: base } };
  return { registry, url, bare, workspace, base, hub, pullRequest, githubUrl: hub.url };
}

function propose(workspace: string, fields: readonly object[]): void {
  const schema = { type: 'record', name: 'Order', fields: [...ID, ...fields] };
  writeFileSync(join(workspace, 'schemas/subjects/orders-value/v2.avsc'), `${JSON.stringify(schema, null, 2)}\n`);
  git(workspace, 'add', '--all');
  git(workspace, 'commit', '--quiet', '--message', 'Propose');
}

const ID = [{ name: 'id', type: ['null', 'string'], default: null }];
const GOOD = [{ name: 'note', type: 'string', default: '' }];
const BAD = [{ name: 'total', type: 'long' }];

function bodies({ comments }: GitHubServer): string[] {
  return comments.filter(({ user }) => user.login === 'github-actions[bot]').map(({ body }) => body);
}

describe('command plan on a pull request', () => {
  it(
    'tells what merging would do in one comment, which the next run brings up to date',
    async () => {
      const { url, workspace, hub, pullRequest, githubUrl } = await proposal(BAD);
      // Others have said much, and somebody the marker: ours is on the third page of the listing.
      for (let id = 1; id <= 230; id++) {
        hub.comments.push({ id, issue: 7, user: { login: 'somebody' }, body: `remark ${id}` });
      }
      const step = () => runBundle({ command: 'plan', url }, { workspace, pullRequest, githubUrl });
      const bad = await step();
      expect(bad.code).toBe(1);
      expect(bodies(hub)).toHaveLength(1);
      const [first = ''] = bodies(hub);
      expect(first).toMatch(/^<!-- srgit:[0-9a-f]{20} -->\n### ❌ srgit: Plan for 127\.0\.0\.1:\d+\n/);
      expect(first).toContain('READER_FIELD_MISSING_DEFAULT_VALUE');
      expect(first).toContain('`+ field Order.total: long` ⚠️ breaks BACKWARD');
      expect(first).toContain('- `orders-value` ← `users-value`');
      // The line of the field in the file.
      const file = 'schemas/subjects/orders-value/v2.avsc';
      const line =
        readFileSync(join(workspace, file), 'utf8').slice(0, -1).split('"total"')[0]?.split('\n').length ?? 0;
      expect(bad.commands[0]).toContain(`file=${file},line=${line - 1}::READER_FIELD_MISSING_DEFAULT_VALUE /fields/1`);
      expect(bad.commands.filter((command) => command.includes('file='))).toHaveLength(1);

      const [marker = ''] = first.split('\n');
      hub.comments.unshift({ id: 900, issue: 7, user: { login: 'somebody' }, body: `${marker}\nall is well` });
      propose(workspace, GOOD);
      const good = await step();
      expect([good.code, good.commands]).toEqual([0, []]);
      expect(good.outputs).toMatchObject({ changed: 'true', 'comment-id': '231' });
      expect(JSON.parse(good.outputs['summary'] ?? '')).toMatchObject({ registered: 1, errors: 0 });
      const [second = '', ...others] = bodies(hub);
      expect(others).toEqual([]);
      expect(second).toContain('✓ subjects/orders-value/v2.avsc can be orders-value version 2');
      expect(second).not.toContain('❌');
      expect(hub.comments[0]?.body).toBe(`${marker}\nall is well`);
      expect(good.summary.trim()).toBe(second.split('\n').slice(1).join('\n').trim());

      // As it is: no write at all.
      const before = hub.requests.length;
      await step();
      expect(hub.requests.slice(before).filter((one) => !one.startsWith('GET '))).toEqual(['POST /graphql']);
    },
    TIMEOUT,
  );

  it(
    'asks no registry and comments nothing in a run for a fork',
    async () => {
      const { registry, workspace, hub, pullRequest, githubUrl } = await proposal(BAD);
      const asked = registry.requests.length;
      const fork = { ...pullRequest, fork: true };
      const bad = await runBundle({ command: 'plan', url: '' }, { workspace, pullRequest: fork, githubUrl });
      expect(bad.code).toBe(1);
      expect(bad.summary).toContain('> A run for a fork has no secrets, so no registry was asked');
      expect(bad.summary).toContain('READER_FIELD_MISSING_DEFAULT_VALUE');
      propose(workspace, GOOD);
      // Even a fork's run that is given a URL, as with pull_request_target.
      const inputs = { command: 'plan', url: registry.url };
      const good = await runBundle(inputs, { workspace, pullRequest: fork, githubUrl });
      expect([good.code, JSON.parse(good.outputs['summary'] ?? '')]).toMatchObject([0, { registered: 1, errors: 0 }]);
      const health = { command: 'health', url: registry.url };
      const refused = await runBundle(health, { workspace, pullRequest: fork, githubUrl });
      expect([refused.code, refused.commands.join()]).toEqual([
        1,
        expect.stringContaining('a run for a fork asks none'),
      ]);
      expect([hub.requests, registry.requests.length]).toEqual([[], asked]);
    },
    TIMEOUT,
  );

  it(
    'fetches the base where the checkout is shallow, and counts Dependabot among the forks',
    async () => {
      const { bare, workspace, pullRequest, githubUrl, hub } = await proposal(GOOD);
      git(workspace, 'push', '--quiet', 'origin', 'feature');
      const folder = join(workspace, '..', 'shallow');
      git(workspace, 'clone', '--quiet', '--depth=1', '--branch=feature', `file://${bare.url}`, folder);
      expect(git(folder, 'rev-list', '--count', '--all')).toBe('1');
      const env = { GITHUB_ACTOR: 'dependabot[bot]' };
      const result = await runBundle({ command: 'plan' }, { workspace: folder, pullRequest, githubUrl, env });
      expect([result.code, result.commands, hub.requests]).toEqual([0, [], []]);
      expect(result.summary).toContain('`+ field Order.note: string, default ""`');
    },
    TIMEOUT,
  );

  it(
    'warns where the token may not comment, and fails as fail-on says',
    async () => {
      const { url, workspace, hub, pullRequest, githubUrl } = await proposal(GOOD);
      hub.refuseWrites = true;
      const options = { workspace, pullRequest, githubUrl };
      const warned = await runBundle({ command: 'plan', url }, options);
      expect(warned.code).toBe(0);
      expect(warned.commands).toEqual([
        'warning title=srgit::no comment on pull request 7: the token may not: the job needs permissions: pull-requests: write (HTTP 403)',
      ]);
      const strict = await runBundle({ command: 'plan', url, comment: 'never', 'fail-on': 'changes' }, options);
      expect([strict.code, strict.commands.length]).toEqual([1, 1]);
      propose(workspace, BAD);
      const inputs = { command: 'plan', url, comment: 'never', 'fail-on': 'never' };
      expect((await runBundle(inputs, options)).code).toBe(0);
    },
    TIMEOUT,
  );

  it(
    'says in the comment when the registry cannot be asked, and no secret',
    async () => {
      const { workspace, hub, pullRequest, githubUrl } = await proposal(GOOD);
      const url = 'http://someone:hunter2-in-the-url@127.0.0.1:1';
      const result = await runBundle({ command: 'plan', url }, { workspace, pullRequest, githubUrl });
      expect(result.code).toBe(1);
      const [body = ''] = bodies(hub);
      expect(body).toContain('❌ srgit plan');
      expect(body).toContain('SRGIT\\_');
      const lines = result.stdout.split('\n').filter((line) => !line.startsWith('::add-mask::'));
      for (const text of [body, result.summary, ...lines]) expect(text).not.toContain('hunter2');
      expect(result.masks).toContain('hunter2-in-the-url');
    },
    TIMEOUT,
  );
});

describe('commands check and diff', () => {
  it(
    'check holds the added versions against the tree; diff shows the fields',
    async () => {
      const { workspace, pullRequest } = await proposal(BAD);
      const checked = await runBundle({ command: 'check' }, { workspace });
      expect([checked.code, JSON.parse(checked.outputs['summary'] ?? '')]).toEqual([
        1,
        { checked: 1, incompatible: 1 },
      ]);
      expect(checked.commands[0]).toMatch(/^error title=Incompatible with orders-value at level BACKWARD,file=/);
      const differing = await runBundle({ command: 'diff' }, { workspace, pullRequest });
      expect([differing.code, JSON.parse(differing.outputs['summary'] ?? '')]).toEqual([
        0,
        { places: 1, versions: 1, breaking: 1 },
      ]);
      expect(differing.summary).toContain('`+ field Order.total: long` ⚠️ breaks BACKWARD');
    },
    TIMEOUT,
  );

  it(
    'cuts a plan that no comment can hold, with a link to the summary that holds it whole',
    async () => {
      const { url, workspace, hub, pullRequest, githubUrl } = await proposal(GOOD);
      const folders = Array.from({ length: 400 }, (_, at) => `team-${at}-${'of-a-long-name-'.repeat(8)}value`);
      for (const subject of folders) {
        mkdirSync(join(workspace, 'schemas/subjects', subject));
        const schema = JSON.stringify({ type: 'record', name: 'R', fields: [...ID, ...GOOD] });
        writeFileSync(join(workspace, 'schemas/subjects', subject, 'v1.avsc'), `${schema}\n`);
      }
      git(workspace, 'add', '--all');
      git(workspace, 'commit', '--quiet', '--message', 'Propose');
      const result = await runBundle({ command: 'plan', url }, { workspace, pullRequest, githubUrl });
      expect([result.code, JSON.parse(result.outputs['summary'] ?? '')]).toMatchObject([0, { registered: 401 }]);
      expect(result.summary.length).toBeGreaterThan(70_000);
      for (const subject of folders) expect(result.summary).toContain(`| \`${subject}\` | create | adds v1 |`);
      const [body = ''] = bodies(hub);
      expect(body.length).toBeGreaterThan(50_000);
      expect(body.length).toBeLessThan(65_536);
      expect(body.trimEnd().split('\n').at(-1)).toBe(
        '_The rest is too long for a comment: see [the summary of the run](https://github.com/acme/schemas/actions/runs/42)._',
      );
      // The next push finds it by its marker.
      await runBundle({ command: 'plan', url }, { workspace, pullRequest, githubUrl });
      expect(bodies(hub)).toHaveLength(1);
    },
    TIMEOUT,
  );
});
