/** The library on real folders and registries; what the use cases behind it do is tested with them. */
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  applyPlan,
  buildIdMap,
  exportRegistry,
  openTree,
  type Plan,
  planRestore,
  readIdMap,
  type ServedRegistry,
  type ServeOptions,
  serve,
  snapshotRegistry,
  verifyTree,
} from '../../src/index.ts';
import { record, register, request } from '../support/embedded-registry.ts';
import { git, repository } from '../support/git.ts';
import { readFolder, temporaryFolder } from '../support/trees.ts';

const EXAMPLE = join(import.meta.dirname, '../../schemas-example');

function exampleTree(folder = temporaryFolder()): string {
  const tree = join(folder, 'schemas');
  cpSync(EXAMPLE, tree, { recursive: true });
  return tree;
}

async function served(options: ServeOptions = {}): Promise<ServedRegistry> {
  const registry = await serve(options);
  onTestFinished(() => registry.close());
  return registry;
}

const code = (wanted: string): unknown => expect.objectContaining({ code: wanted });

describe('serve', () => {
  it('answers with the ids of the tree, takes writes in memory, and is gone at the end of the block', async () => {
    const tree = exampleTree();
    const before = readFolder(tree);
    let url: string;
    {
      await using registry = await serve({ tree });
      url = registry.url;
      expect(registry.port).toBe(Number(new URL(url).port));
      expect(await request(url, 'GET', '/schemas/ids/7')).toMatchObject({ schema: expect.stringContaining('Order') });
      expect(await register(url, 'new-value', record('New'))).toBe(10);
    }
    await expect(fetch(url)).rejects.toThrow();
    expect(readFolder(tree)).toEqual(before);
  });

  it('is empty without a tree, read-only when it is told so, and closes twice without harm', async () => {
    const registry = await served({ writable: false });
    expect(await request(registry.url, 'GET', '/subjects')).toEqual([]);
    expect(await request(registry.url, 'POST', '/subjects/a/versions', { schema: '"int"' })).toMatchObject({
      error_code: expect.any(Number),
    });
    await Promise.all([registry.close(), registry.close()]);
  });

  it('serves a commit, and saves into a tree', async () => {
    const folder = repository();
    const tree = exampleTree(folder);
    git(folder, 'add', '.');
    git(folder, 'commit', '--quiet', '-m', 'first');
    const saving = await served({ tree, save: true });
    await register(saving.url, 'new-value', record('New'));
    await saving.close();
    expect(existsSync(join(tree, 'subjects/new-value/v1.avsc'))).toBe(true);
    const past = await served({ tree, ref: 'HEAD' });
    expect(past.commit).toBe(git(folder, 'rev-parse', 'HEAD'));
    expect(await request(past.url, 'GET', '/subjects')).not.toContain('new-value');
    // The lock of the one that saved is free again.
    await (await served({ tree, save: true })).close();
  });

  it('ends with its signal, and gives the tree back', async () => {
    const tree = exampleTree();
    const stop = new AbortController();
    const registry = await serve({ tree, save: true, signal: stop.signal });
    stop.abort();
    // Nobody closes it: the lock is free as soon as it has ended.
    await vi.waitFor(async () => (await serve({ tree, save: true })).close(), { timeout: 20_000, interval: 20 });
    await expect(fetch(registry.url)).rejects.toThrow();
  });

  it('says what is wrong', async () => {
    await expect(serve({ save: true })).rejects.toEqual(code('SRGIT_USAGE'));
    await expect(serve({ tree: temporaryFolder() })).rejects.toEqual(code('SRGIT_TREE_MISSING'));
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as { port: number };
    await expect(serve({ port })).rejects.toEqual(code('SRGIT_SERVER_START'));
  });

  it('lets in users, and the library reads it as one of them', async () => {
    const users = join(temporaryFolder(), 'users');
    writeFileSync(users, 'reader:hunter2\n', { mode: 0o600 });
    const { url } = await served({ tree: EXAMPLE, security: { authFile: users } });
    await expect(snapshotRegistry(url)).rejects.toEqual(code('SRGIT_REGISTRY_AUTH'));
    const auth = { type: 'basic', username: 'reader', password: 'hunter2' } as const;
    const snapshot = await snapshotRegistry({ url, auth });
    expect(snapshot.contexts.map(({ name }) => name)).toEqual(['.', '.staging']);
  });
});

describe('openTree', () => {
  it('gives every row with its text', async () => {
    const tree = await openTree(EXAMPLE);
    const orders = tree.snapshot.contexts[0]?.subjects.find(({ name }) => name === 'orders-value');
    expect(orders?.versions.map(({ version, id }) => [version, id])).toEqual([
      [1, 1],
      [2, 5],
      [3, 7],
    ]);
    expect(JSON.parse(orders?.versions[2]?.schema ?? '')).toMatchObject({ name: 'Order' });
    expect(tree.retiredIds.get('.')).toEqual([8]);
  });

  it('refuses a damaged tree, or gives it with what is wrong', async () => {
    const folder = exampleTree();
    writeFileSync(join(folder, 'subjects/orders-value/v2.avsc'), '"string"');
    await expect(openTree(folder)).rejects.toEqual(code('SRGIT_TREE_EDITED_VERSION'));
    const { findings } = await openTree(folder, { allowDamage: true });
    expect(findings.map(({ code }) => code)).toContain('SRGIT_TREE_EDITED_VERSION');
  });
});

describe('exportRegistry and verifyTree', () => {
  it('make a tree that is what the registry holds, and see when it is no longer', async () => {
    const { url } = await served({ tree: EXAMPLE });
    const folder = repository();
    const tree = join(folder, 'schemas');
    const phases = new Set<string>();
    const first = await exportRegistry(url, {
      tree,
      commit: true,
      onProgress: ({ phase }) => phases.add(phase),
      env: {
        ...process.env,
        GIT_AUTHOR_NAME: 'A',
        GIT_AUTHOR_EMAIL: 'a@b',
        GIT_COMMITTER_NAME: 'A',
        GIT_COMMITTER_EMAIL: 'a@b',
      },
    });
    expect(first.commit).toBe(git(folder, 'rev-parse', 'HEAD'));
    expect(phases.size).toBeGreaterThan(1);
    expect(await verifyTree(tree, { registry: url })).toMatchObject({ sound: true, differences: [] });
    await register(url, 'new-value', record('New'));
    const { differences } = await verifyTree(tree, { registry: url });
    expect(differences?.length).toBeGreaterThan(0);
    expect((await verifyTree(tree)).differences).toBeUndefined();
  });

  it('stop with the signal', async () => {
    const { url } = await served({ tree: EXAMPLE });
    const tree = join(temporaryFolder(), 'schemas');
    await expect(exportRegistry(url, { tree, signal: AbortSignal.abort() })).rejects.toEqual(code('SRGIT_INTERRUPTED'));
  });

  it('a registry without a URL is a mistake of the caller', async () => {
    await expect(snapshotRegistry({ url: [] })).rejects.toEqual(code('SRGIT_USAGE'));
    await expect(snapshotRegistry('not a url')).rejects.toEqual(code('SRGIT_CONFIG_INVALID'));
  });
});

describe('planRestore and applyPlan', () => {
  it('carry out a plan that was kept as JSON, and leave the id map in the tree', async () => {
    const tree = exampleTree();
    const { url } = await served();
    const asked = { from: { tree }, to: { url, name: 'dr' } };
    const plan: Plan = JSON.parse(JSON.stringify(await planRestore(asked)));
    expect(await snapshotRegistry(url)).toMatchObject({ contexts: [{ subjects: [] }] });
    const { outcome, idMap } = await applyPlan(plan, asked);
    expect(outcome).toBe('done');
    expect(readIdMap(join(tree, 'id-maps/dr.json'))).toEqual(idMap);
    const { map, missing } = await buildIdMap(asked);
    expect(map.ids.map(({ from, to }) => [from, to])).toEqual(idMap?.ids.map(({ from, to }) => [from, to]));
    expect(missing).toEqual([]);
    expect((await applyPlan(await planRestore(asked), asked)).outcome).toBe('nothing');
  });

  it('refuse a plan that is no longer true', async () => {
    const { url } = await served();
    const asked = { from: { tree: exampleTree() }, to: url };
    const plan = await planRestore({ ...asked, ids: 'force' });
    await register(url, 'other-value', record('Other'));
    await expect(applyPlan(plan, asked)).rejects.toEqual(code('SRGIT_PLAN_STALE'));
    expect(await request(url, 'GET', '/subjects')).toEqual(['other-value']);
  });

  it('refuse what is no plan, and one with errors', async () => {
    const { url } = await served();
    const asked = { from: { tree: exampleTree() }, to: url };
    await expect(applyPlan({ format: 1 } as Plan, asked)).rejects.toEqual(code('SRGIT_USAGE'));
    await register(url, 'taken-value', record('Taken'));
    const plan = await planRestore({ ...asked, ids: 'force' });
    expect(plan.problems.map(({ reason }) => reason)).toContain('ID_TAKEN');
    expect(await applyPlan(plan, asked)).toMatchObject({ outcome: 'refused', written: 0 });
  });

  it('delete nothing that nobody agreed to', async () => {
    const { url } = await served({ tree: EXAMPLE });
    const tree = exampleTree();
    await register(url, 'extra-value', record('Extra'));
    const asked = { from: { tree }, to: url };
    const plan = await planRestore({ ...asked, kind: 'reconcile', prune: true });
    expect(await applyPlan(plan, asked)).toMatchObject({ outcome: 'declined', written: 0 });
    const losses: string[][] = [];
    const { outcome } = await applyPlan(plan, {
      ...asked,
      confirm: (loss) => losses.push([...loss.subjects]) === 1,
    });
    expect(outcome).toBe('done');
    expect(losses).toEqual([['extra-value']]);
    expect(await request(url, 'GET', '/subjects')).not.toContain('extra-value');
  });

  it('take another registry for the source, other names, another context, and a mapping by hand', async () => {
    const [source, target] = [await served({ tree: EXAMPLE }), await served()];
    const folder = temporaryFolder();
    const mapping = join(folder, 'ids.json');
    writeFileSync(mapping, JSON.stringify({ 2: 200, 3: 300 }));
    const asked = {
      from: { registry: source.url, tree: join(folder, 'schemas') },
      to: { url: target.url, name: 'dr' },
      subjects: ['payments-value'],
    };
    const plan = await planRestore({
      ...asked,
      idMappingFile: mapping,
      toContext: '.eu',
      renameSubjects: [{ from: 'payments-*', to: 'bills-*' }],
    });
    expect(plan.problems).toEqual([]);
    const { outcome, idMap } = await applyPlan(plan, asked);
    expect(outcome).toBe('done');
    expect(idMap?.ids.map(({ to }) => to).sort()).toEqual([200, 300]);
    expect(await request(target.url, 'GET', '/subjects?subjectPrefix=:*:')).toContain(':.eu:bills-value');
    // The tree's folder was never there: nothing is made in it but the journals beside it.
    expect(existsSync(join(folder, '.srgit'))).toBe(true);
  });
});

it('names in docs/library.md are names of the library', async () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/library.md'), 'utf8');
  const library: object = await import('../../src/index.ts');
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  const named = rows.flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`(\w+)\(/g)].map(([, name]) => name));
  expect(named.length).toBeGreaterThan(10);
  const functions = Object.entries(library).filter(
    ([name, value]) => typeof value === 'function' && /^[a-z]/.test(name),
  );
  expect([...named, 'isSrgitError'].sort()).toEqual(functions.map(([name]) => name).sort());
});
