/** `plan`, `restore`, `reconcile` and `idmap` as they are typed. */
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { cliEntry, runCli, runCliJson, spawnCli } from '../support/cli.ts';
import { record, register, request } from '../support/embedded-registry.ts';
import { faultyProxyDuringTest } from '../support/faulty-proxy.ts';
import { git, repository } from '../support/git.ts';
import { type StrictRegistry, strictRegistryDuringTest } from '../support/restoring.ts';

beforeAll(async () => {
  await cliEntry();
});

const EXAMPLE = join(import.meta.dirname, '../../schemas-example');

/** The worked example in a repository, and registries that srgit.yaml names. */
async function stage(more = ''): Promise<{ cwd: string; prod: StrictRegistry; staging: StrictRegistry }> {
  const cwd = repository();
  cpSync(EXAMPLE, join(cwd, 'schemas'), { recursive: true });
  git(cwd, 'add', '.');
  git(cwd, 'commit', '--quiet', '--message', 'tree');
  const [prod, staging] = [await strictRegistryDuringTest(), await strictRegistryDuringTest()];
  writeFileSync(
    join(cwd, 'srgit.yaml'),
    `registry: prod\nregistries:\n  prod: { url: "${prod.url}" }\n  staging: { url: "${staging.url}" }\n${more}`,
  );
  return { cwd, prod, staging };
}

function versionsIn({ state }: StrictRegistry): number {
  return [...state.subjects.values()].reduce((sum, { rows }) => sum + rows.length, 0);
}

describe('plan', () => {
  it('shows what would be done, tells by its exit code, and writes nothing', async () => {
    const { cwd, prod } = await stage();
    const plain = await runCli(['plan'], { cwd });
    expect([plain.code, plain.stderr]).toEqual([0, '']);
    expect(plain.stdout).toContain('+ orders-value: adds v1');
    expect((await runCli(['plan', '--detailed-exitcode'], { cwd })).code).toBe(3);
    const { json } = await runCliJson(['plan', '--out', 'plan.json'], { cwd });
    expect(json).toEqual(JSON.parse(readFileSync(join(cwd, 'plan.json'), 'utf8')));
    expect((await runCli(['plan', '--format', 'markdown'], { cwd })).stdout).toContain('| `orders-value` |');
    expect(prod.writes).toEqual([]);
    expect(existsSync(join(cwd, '.srgit'))).toBe(false);

    const carried = await runCli(['restore', '--plan', 'plan.json'], { cwd });
    expect([carried.code, carried.stderr]).toEqual([0, '']);
    expect((await runCli(['plan', '--reconcile', '--detailed-exitcode'], { cwd })).code).toBe(0);
    const stale = await runCli(['restore', '--plan', 'plan.json'], { cwd });
    expect([stale.code, stale.stderr.split('\n')[0]]).toEqual([
      1,
      'Error: the registry prod has changed since the plan was made',
    ]);
  });

  it('with errors ends with 1, and so does restore, with all of them and no write', async () => {
    const { cwd, prod } = await stage();
    await register(prod.url, 'orders-value', record('SomethingElse'));
    await request(prod.url, 'PUT', '/mode/payments-value', { mode: 'READONLY' });
    const before = prod.writes.length;
    for (const command of [['plan'], ['restore'], ['restore', '--dry-run'], ['reconcile']]) {
      const { code, stdout } = await runCli([...command, '--ids', 'force'], { cwd });
      expect([command, code]).toEqual([command, 1]);
      expect(stdout).toContain('✗ MODE_READONLY');
      expect(stdout).toMatch(/✗ (ID_TAKEN|VERSION_TAKEN|CONTENT_CONFLICT|INCOMPATIBLE)/);
    }
    expect(prod.writes.length).toBe(before);
  });
});

describe('restore', () => {
  it('restores, commits the id map once, and then has nothing to do', async () => {
    const { cwd, prod } = await stage();
    const first = await runCliJson(['restore', '--commit'], { cwd });
    expect([first.code, first.stderr]).toEqual([0, '']);
    expect(first.json).toMatchObject({ outcome: 'done', verified: { differences: [] }, idMapFile: { missing: 0 } });
    expect(git(cwd, 'log', '--max-count=1', '--format=%s')).toMatch(/^Map ids of prod: \d+ ids, /);
    const map = readFileSync(join(cwd, 'schemas/id-maps/prod.json'), 'utf8');
    expect(JSON.parse(map)).toMatchObject({ source: { kind: 'tree' }, target: { name: 'prod' } });
    const writes = prod.writes.length;
    for (const command of ['restore', 'reconcile']) {
      const again = await runCli([command, '--commit'], { cwd });
      expect([again.code, again.stderr]).toEqual([0, '']);
      expect(again.stdout).toContain('Up to date: prod is as asked for; nothing was written.');
    }
    expect(prod.writes.length).toBe(writes);
    expect(git(cwd, 'rev-list', '--count', 'HEAD')).toBe('2');
    expect(git(cwd, 'status', '--porcelain')).toBe('?? srgit.yaml');
    expect((await runCli(['verify', '--offline'], { cwd })).code).toBe(0);
  });

  it('promotes from one registry to another, under other names', async () => {
    const { cwd, prod, staging } = await stage();
    await runCli(['restore', '--registry', 'staging', '--ids', 'force'], { cwd });
    const result = await runCli(['restore', '--from', 'registry:staging', '--to', 'registry:prod', '--map', '*=up-*'], {
      cwd,
    });
    expect([result.code, result.stderr]).toEqual([0, '']);
    expect(versionsIn(prod)).toBe(versionsIn(staging));
    expect(prod.state.subjects.has('up-orders-value')).toBe(true);
    expect(prod.state.subjects.has('orders-value')).toBe(false);
    expect(existsSync(join(cwd, 'schemas/id-maps/staging-to-prod.json'))).toBe(true);
  });

  it('asks before it deletes, and without a terminal needs --yes', async () => {
    const { cwd, prod } = await stage();
    await register(prod.url, 'orders-value', record('SomethingElse'));
    const before = prod.writes.length;
    const args = ['restore', '--strategy', 'overwrite'];
    const asked = await runCli(args, { cwd });
    expect([asked.code, asked.stdout]).toEqual([2, '']);
    expect(asked.stderr).toContain('1 version will be deleted for good, of 1 subject. That needs a yes');
    expect(prod.writes.length).toBe(before);
    const done = await runCli([...args, '--yes'], { cwd });
    expect(done.code).toBe(0);
    expect(done.stdout).toMatch(/What was replaced lies in \.srgit\/undo\//);
    expect(prod.state.subjects.get('orders-value')?.rows[0]?.schema).not.toContain('SomethingElse');
  });

  it('reads its section of srgit.yaml in either spelling', async () => {
    const { cwd, prod } = await stage(
      'restore:\n  enabled: true\n  id_mapping: true\n  force_ids: true\n  subject_mapping: { orders-value: restored-orders-value }\n',
    );
    const { code, stderr } = await runCli(['restore'], { cwd });
    expect([code, stderr]).toEqual([0, '']);
    expect(prod.state.subjects.has('restored-orders-value')).toBe(true);
    expect(prod.state.subjects.has('orders-value')).toBe(false);
    const ids = [...prod.state.subjects.values()].flatMap(({ rows }) => rows.map(({ id }) => id));
    expect(ids).toContain(9);
    writeFileSync(join(cwd, 'srgit.yaml'), 'restore: { force_ids: true, rewrite_ids: true }\n');
    const wrong = await runCli(['restore', '--url', prod.url], { cwd });
    expect([wrong.code, wrong.stderr.split('\n')[0]]).toEqual([
      2,
      'Error: restore.force_ids and restore.rewrite_ids contradict each other',
    ]);
    writeFileSync(join(cwd, 'srgit.yaml'), 'restore: { enabled: false }\n');
    expect((await runCli(['restore', '--url', prod.url], { cwd })).code).toBe(2);
  });

  it('stops at Ctrl-C, puts back what it had set, and goes on when it is run again', async () => {
    const { cwd, prod } = await stage();
    let stop = (): void => undefined;
    const proxy = await faultyProxyDuringTest(prod.url, ({ isWrite, write }) => {
      if (isWrite && write === 4) stop();
      return isWrite ? 'slow' : 'none';
    });
    const cli = await spawnCli(['restore', '--url', proxy.url], { cwd });
    stop = () => cli.kill('SIGINT');
    const { code, stderr } = await cli.done;
    expect(code).toBe(130);
    expect(stderr).toMatch(/Error: interrupted after \d+ of \d+ steps\nModes and levels are as they were\./);
    expect(prod.state.modes.get('') ?? 'READWRITE').toBe('READWRITE');
    expect([...prod.state.modes.values()]).not.toContain('IMPORT');
    const again = await runCli(['restore', '--url', proxy.url], { cwd });
    expect([again.code, again.stderr]).toEqual([
      0,
      expect.stringMatching(/^Warning: going on with a restore that was interrupted: \d+ of \d+ steps were done\n$/),
    ]);
    expect([...prod.registrations.values()].every((times) => times === 1)).toBe(true);
  });
});

describe('idmap', () => {
  it('builds, checks and converts', async () => {
    const { cwd, prod } = await stage();
    const nothing = await runCli(['idmap', '--format', 'csv'], { cwd });
    expect([nothing.code, nothing.stdout]).toEqual([3, 'context,id,to_context,to,guid,to_guid\n']);
    await runCli(['restore'], { cwd });
    const writes = prod.writes.length;
    const built = await runCliJson(['idmap'], { cwd });
    const kept = JSON.parse(readFileSync(join(cwd, 'schemas/id-maps/prod.json'), 'utf8'));
    expect([built.code, (built.json as { ids: unknown[] }).ids.length]).toEqual([
      0,
      kept.contexts.flatMap(({ ids }: { ids: unknown[] }) => ids).length,
    ]);
    const checked = await runCli(['idmap', '--check'], { cwd });
    expect([checked.code, checked.stdout]).toEqual([0, expect.stringContaining('✓')]);
    const file = ['idmap', '--file', 'schemas/id-maps/prod.json'];
    expect((await runCli([...file, '--format', 'yaml', '--context', '.'], { cwd })).stdout).toMatch(
      /^schema_id_mapping:\n {2}1: \d+\n/,
    );
    writeFileSync(
      join(cwd, 'mapping.json'),
      (await runCli([...file, '--format', 'mapping', '--context', '.'], { cwd })).stdout,
    );
    const manual = await runCli(['plan', '--id-mapping-file', 'mapping.json', '--registry', 'staging'], { cwd });
    expect(manual.code).toBe(1);
    expect(manual.stdout).toContain('ID_UNMAPPED');

    const text = readFileSync(join(cwd, 'schemas/id-maps/prod.json'), 'utf8');
    writeFileSync(join(cwd, 'wrong.json'), text.replace(/"id":1,"to":\d+/, '"id":1,"to":4711'));
    const wrong = await runCli(['idmap', '--check', '--file', 'wrong.json'], { cwd });
    expect([wrong.code, wrong.stdout]).toEqual([3, expect.stringContaining('✗ absent: 1 becomes 4711')]);
    expect(prod.writes.length).toBe(writes);
  });
});
