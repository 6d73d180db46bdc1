/** The workflow files about schemas, played as they stand. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { record, register, request } from '../support/embedded-registry.ts';
import { git } from '../support/git.ts';
import { gitHubDuringTest } from './github-server.ts';
import { commitAndPush, guardedRegistry, organisation, PASSWORD, protectMain, SECRETS } from './play-stage.ts';
import { builtBundle } from './run-bundle.ts';
import { type PlayedWorkflow, playWorkflow } from './workflow-player.ts';

const TIMEOUT = 240_000;

beforeAll(async () => {
  await builtBundle();
}, TIMEOUT);

/** Exit codes and runner commands of the steps; no step says the password, and all mask it. */
function said({ steps }: PlayedWorkflow): string[] {
  for (const { result } of steps) {
    const lines = result.stdout.split('\n').filter((line) => !line.startsWith('::add-mask::'));
    for (const text of [...lines, result.stderr, result.summary, ...Object.values(result.outputs)]) {
      expect(text).not.toContain(PASSWORD);
    }
  }
  return steps.map(({ command, result }) => [command, result.code, ...result.commands].join(' '));
}

/** A registry with one subject, its tree on main. */
async function exported() {
  const guarded = await guardedRegistry();
  await register(guarded.registry.url, 'orders-value', record('Order'));
  const repository = organisation({ prod: guarded.url });
  const table = SECRETS;
  const options = { remote: repository.url, table };
  expect(said(await playWorkflow('nightly-export.yml', options))).toEqual(['export 0']);
  git(repository.work, 'pull', '--quiet', 'origin', 'main');
  return { ...guarded, remote: repository.url, work: repository.work, table, options };
}

describe('nightly-export.yml', () => {
  it(
    'commits what changed, and nothing when nothing did',
    async () => {
      const { registry, remote, options } = await exported();
      const commits = () => git(remote, 'log', '--format=%s', 'main').split('\n');
      expect(commits()).toEqual(['schemas(prod): 1 subject added, 2 settings changed', 'Begin']);
      expect(said(await playWorkflow('nightly-export.yml', options))).toEqual(['export 0']);
      expect(commits()).toHaveLength(2);
      await register(registry.url, 'orders-value', record('Order', 'number'));
      await register(registry.url, 'payments-value', record('Payment'));
      expect(said(await playWorkflow('nightly-export.yml', options))).toEqual(['export 0']);
      expect(commits()[0]).toBe('schemas(prod): orders-value v2, payments-value added');
      expect(git(remote, 'log', '-1', '--format=%b', 'main')).toBe(
        '+ orders-value v2 (id 2)\n+ payments-value (1 version)',
      );
    },
    TIMEOUT,
  );
});

describe('nightly-export-pull-request.yml', () => {
  it(
    'opens one pull request where the branch is protected, and brings it up to date',
    async () => {
      const { registry, remote, options } = await exported();
      protectMain(remote);
      await register(registry.url, 'orders-value', record('Order', 'number'));
      // The other workflow cannot.
      const [refused] = (await playWorkflow('nightly-export.yml', options)).steps;
      expect([refused?.result.code, refused?.result.commands.join()]).toEqual([
        1,
        expect.stringContaining('SRGIT_GIT_'),
      ]);
      const hub = await gitHubDuringTest();
      const night = () => playWorkflow('nightly-export-pull-request.yml', { ...options, hub });
      expect(said(await night())).toEqual(['export 0']);
      expect(hub.pulls).toMatchObject([
        { number: 1, head: 'srgit/export-prod', base: 'main', state: 'open', title: 'schemas(prod): orders-value v2' },
      ]);
      expect(hub.pulls[0]?.body).toContain('| registered past the review, by a client with `auto.register.schemas`');
      await request(registry.url, 'PUT', '/config/orders-value', { compatibility: 'NONE' });
      expect(said(await night())).toEqual(['export 0']);
      expect(hub.pulls).toHaveLength(1);
      expect(hub.pulls[0]?.title).toBe('schemas(prod): orders-value v2, orders-value compatibility NONE');
      expect(hub.pulls[0]?.body).toContain('| config set at the registry, not in the tree |');
      expect(git(remote, 'rev-list', '--count', 'main..srgit/export-prod')).toBe('1');
      expect(hub.pulls[0]?.body).not.toContain(PASSWORD);
    },
    TIMEOUT,
  );
});

const FILE = 'schemas/subjects/orders-value/v2.avsc';
const order = (...fields: readonly object[]): string =>
  `${JSON.stringify({ type: 'record', name: 'Order', fields: [{ name: 'id', type: ['null', 'string'], default: null }, ...fields] }, null, 2)}\n`;

describe('pull-request-plan.yml', () => {
  async function proposed(file: string, text: string) {
    const stage = await exported();
    const hub = await gitHubDuringTest();
    const pullRequest = { number: 7, base: { ref: 'main', sha: git(stage.work, 'rev-parse', 'HEAD') } };
    git(stage.work, 'switch', '--quiet', '--create', 'feature');
    const propose = (path: string, content: string): void => {
      writeFileSync(join(stage.work, path), content);
      commitAndPush(stage.work, 'Propose', 'feature');
    };
    propose(file, text);
    const options = { ...stage.options, branch: 'feature', hub, pullRequest };
    const push = (more: object = {}) => playWorkflow('pull-request-plan.yml', { ...options, ...more });
    return { ...stage, hub, pullRequest, propose, push };
  }

  it(
    'says of a version whether it is compatible, at its line, in one comment',
    async () => {
      const { hub, propose, push } = await proposed(FILE, order({ name: 'total', type: 'long' }));
      const bad = await push();
      expect(bad.jobs).toEqual({ plan: 'failure' });
      const line = order({ name: 'total', type: 'long' }).split('"total"')[0]?.split('\n').length ?? 0;
      expect(said(bad)[0]).toContain(`file=${FILE},line=${line - 1}::READER_FIELD_MISSING_DEFAULT_VALUE`);
      expect(hub.comments).toHaveLength(1);
      expect(hub.comments[0]?.body).toContain('❌');

      propose(FILE, order({ name: 'total', type: 'long', default: 0 }));
      const good = await push();
      expect(said(good)).toEqual(['plan 0']);
      expect(hub.comments).toHaveLength(1);
      expect(hub.comments[0]?.body).toContain('✓ subjects/orders-value/v2.avsc can be orders-value version 2');
      expect(hub.comments[0]?.body).toContain('- added to the tree, not registered yet: `orders-value`');
      expect(good.steps[0]?.result.summary).toContain('`+ field Order.total: long, default 0`');
    },
    TIMEOUT,
  );

  it(
    'refuses a version that was edited, at its file',
    async () => {
      const file = FILE.replace('v2', 'v1');
      const { hub, push } = await proposed(file, order({ name: 'total', type: 'long', default: 0 }));
      const edited = await push();
      expect(edited.jobs).toEqual({ plan: 'failure' });
      expect(said(edited)[0]).toMatch(new RegExp(`file=${file},line=1::`));
      expect(hub.comments[0]?.body).toContain('EDITED');
    },
    TIMEOUT,
  );

  it(
    'needs no secret for a fork: the plan is simulated, and nothing is commented',
    async () => {
      const { registry, hub, pullRequest, push } = await proposed(FILE, order({ name: 'total', type: 'long' }));
      const asked = registry.requests.length;
      const fork = await push({ table: {}, pullRequest: { ...pullRequest, fork: true } });
      expect(fork.jobs).toEqual({ plan: 'failure' });
      expect(fork.steps[0]?.result.summary).toContain('> A run for a fork has no secrets, so no registry was asked');
      expect(said(fork)[0]).toContain(`file=${FILE},`);
      expect([hub.requests, registry.requests.length]).toEqual([[], asked]);
    },
    TIMEOUT,
  );
});

describe('restore-on-merge.yml', () => {
  async function merged() {
    const stage = await exported();
    writeFileSync(join(stage.work, FILE), order({ name: 'total', type: 'long', default: 0 }));
    commitAndPush(stage.work, 'Merge');
    return stage;
  }

  it(
    'carries out the plan that was approved, and brings the ids back',
    async () => {
      const { registry, remote, options } = await merged();
      const played = await playWorkflow('restore-on-merge.yml', options);
      expect(said(played)).toEqual(['plan 0', 'restore 0', 'export 0']);
      expect(played.jobs).toEqual({ plan: 'success', restore: 'success' });
      expect(await request(registry.url, 'GET', '/subjects/orders-value/versions')).toEqual([1, 2]);
      const metadata = git(remote, 'show', 'main:schemas/subjects/orders-value/metadata.json');
      expect(JSON.parse(metadata)).toMatchObject({
        versions: [
          { version: 1, id: 1 },
          { version: 2, id: 2 },
        ],
      });
      // Nothing is left to do: no approval is asked for.
      const again = await playWorkflow('restore-on-merge.yml', options);
      expect(again.jobs).toEqual({ plan: 'success', restore: 'skipped' });
    },
    TIMEOUT,
  );

  it(
    'writes nothing when the registry moved while the approval was waited for',
    async () => {
      const { registry, remote, options } = await merged();
      const main = git(remote, 'rev-parse', 'main');
      const beforeJob = async (name: string): Promise<void> => {
        if (name === 'restore') await register(registry.url, 'stray-value', record('Stray'));
      };
      const played = await playWorkflow('restore-on-merge.yml', { ...options, beforeJob });
      expect(played.jobs).toEqual({ plan: 'success', restore: 'failure' });
      expect(said(played)).toEqual(['plan 0', expect.stringContaining('(SRGIT_PLAN_STALE)')]);
      expect(await request(registry.url, 'GET', '/subjects/orders-value/versions')).toEqual([1]);
      expect(git(remote, 'rev-parse', 'main')).toBe(main);
    },
    TIMEOUT,
  );
});

describe('drift-watch.yml', () => {
  it(
    'is quiet while all is well, and names what drifted with its likely cause',
    async () => {
      const { registry, work, options } = await exported();
      expect(said(await playWorkflow('drift-watch.yml', options))).toEqual(['verify 0', 'health 0']);

      const { url } = registry;
      // The id of a subject that is gone for good, given again by an import.
      await register(url, 'gone-value', record('Gone'));
      await register(url, 'kept-value', record('Kept'));
      await playWorkflow('nightly-export.yml', options);
      await request(url, 'DELETE', '/subjects/gone-value');
      await request(url, 'DELETE', '/subjects/gone-value?permanent=true');
      await request(url, 'PUT', '/mode/again-value?force=true', { mode: 'IMPORT' });
      const schema = JSON.stringify(record('Another'));
      await request(url, 'POST', '/subjects/again-value/versions', { schema, id: 2, version: 1 });
      await request(url, 'DELETE', '/subjects/kept-value');
      await register(url, 'orders-value', record('Order', 'number'));
      await request(url, 'PUT', '/config/orders-value', { compatibility: 'NONE' });
      const drifted = await playWorkflow('drift-watch.yml', options);
      expect(drifted.jobs).toEqual({ drift: 'failure' });
      const [verify = '', health] = said(drifted);
      expect([verify, health]).toEqual([expect.stringContaining('differences between tree and registry'), 'health 0']);
      const summary = drifted.steps[0]?.result.summary ?? '';
      expect(summary).toMatch(/\| `orders-value v2: .*` \| registered past the review/);
      expect(summary).toMatch(/\| `again-value v1: .*` \| ⚠️ an id used again for another schema/);
      expect(summary).toMatch(/\| `gone-value v1: .*` \| ⚠️ an id used again for another schema/);
      expect(summary).toMatch(/\| `kept-value v1: .*` \| soft-deleted at the registry/);
      expect(summary).toMatch(/\| `orders-value: compatibility .*` \| config set at the registry/);
      expect(summary).toMatch(/\| `again-value: mode .*` \| mode set at the registry/);
      expect(readFileSync(join(work, 'srgit.yaml'), 'utf8')).not.toContain(PASSWORD);
    },
    TIMEOUT,
  );
});
