import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { cliEntry, runCli, runCliJson, spawnCli } from '../support/cli.ts';
import { record, register, registryDuringTest, request } from '../support/embedded-registry.ts';
import { git, repository } from '../support/git.ts';
import { startServer } from '../support/loopback-server.ts';
import { serveDuringTest } from '../support/serve.ts';
import { temporaryFolder } from '../support/trees.ts';

beforeAll(async () => {
  await cliEntry();
});

/** A repository with the tree of a small registry in its first commit. */
async function committed() {
  const { url } = await registryDuringTest();
  await register(url, 'orders-value', record('Order'));
  await register(url, 'orders-value', record('Order', 'number'));
  await register(url, 'gone-value', record('Gone'));
  await register(url, ':.staging:carts-value', record('Cart'));
  const cwd = repository();
  expect((await runCli(['export', '--url', url, '--commit'], { cwd })).code).toBe(0);
  return { url, cwd };
}

describe('describe', () => {
  const shape = {
    enabled: true,
    subjects_count: 3,
    schemas_count: 4,
    subjects: [
      { name: 'gone-value', versions: 1, latest_id: 3 },
      { name: 'orders-value', versions: 2, latest_id: 2 },
      { name: ':.staging:carts-value', versions: 1, latest_id: 1 },
    ],
  };

  it('tells the documented shape, also of a broken manifest', async () => {
    const { cwd } = await committed();
    for (const flags of [['--format', 'json'], ['--format=json'], ['--json'], ['--format', 'json', '--quiet']]) {
      const { code, stdout, stderr } = await runCli(['describe', ...flags], { cwd });
      expect([code, JSON.parse(stdout), stderr]).toEqual([0, shape, '']);
    }
    writeFileSync(join(cwd, 'schemas/manifest.json'), '{');
    const { code, stdout, stderr } = await runCli(['describe', '--format', 'json'], { cwd });
    expect([code, JSON.parse(stdout)]).toEqual([0, shape]);
    expect(stderr).toMatch(/^Warning: manifest\.json is not valid JSON/);
  });

  it('tells a table', async () => {
    const { cwd } = await committed();
    const { stdout } = await runCli(['describe', '--tree', 'schemas'], { cwd });
    expect(stdout).toMatch(/^3 subjects, 4 versions, 2 contexts\nregistry version 8\.3\.1\nlast change .*\n\nsubject /);
    expect((await runCli(['describe', '--quiet'], { cwd })).stdout).toBe('');
  });
});

describe('index', () => {
  it('mends a conflict and keeps what each side had retired', async () => {
    const { cwd } = await committed();
    const file = join(cwd, 'schemas/manifest.json');
    const before = readFileSync(file, 'utf8');
    const [ours, theirs] = ['7', '9'].map((id) => before.replace('"retired_ids": []', `"retired_ids": [${id}]`));
    const start = before.lastIndexOf('  "max_id"');
    writeFileSync(
      file,
      `${before.slice(0, start)}<<<<<<< HEAD\n${ours?.slice(start)}=======\n${theirs?.slice(start).replace('"max_id": 3', '"max_id": 12')}>>>>>>> theirs\n`,
    );
    const damaged = await runCli(['verify', '--offline'], { cwd });
    expect([damaged.code, damaged.stdout]).toEqual([1, expect.stringContaining('srgit index')]);
    expect(damaged.stdout).not.toContain('retired but belongs');
    expect((await runCli(['serve', '--port', '0'], { cwd })).code).toBe(1);
    const { code, json } = await runCliJson(['index'], { cwd });
    expect([code, json]).toEqual([0, { tree: join(cwd, 'schemas'), written: ['manifest.json'] }]);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ ...JSON.parse(before), max_id: 12, retired_ids: [7, 9] });
    expect((await runCli(['verify', '--offline'], { cwd })).code).toBe(0);
    expect((await runCli(['index'], { cwd })).stdout).toBe('The manifest is up to date.\n');
  });

  it('retires the id of a version that was taken out by hand', async () => {
    const { cwd } = await committed();
    rmSync(join(cwd, 'schemas/subjects/gone-value'), { recursive: true });
    expect((await runCli(['index'], { cwd })).stdout).toBe('Rebuilt manifest.json.\n');
    expect(JSON.parse(readFileSync(join(cwd, 'schemas/manifest.json'), 'utf8'))).toMatchObject({
      max_id: 3,
      retired_ids: [3],
    });
  });

  it('touches nothing where a metadata.json is broken', async () => {
    const { cwd } = await committed();
    writeFileSync(join(cwd, 'schemas/subjects/orders-value/metadata.json'), '{');
    rmSync(join(cwd, 'schemas/manifest.json'));
    const { code, stderr } = await runCli(['index'], { cwd });
    expect([code, stderr]).toEqual([1, expect.stringContaining('(SRGIT_TREE_INVALID)')]);
    expect(git(cwd, 'status', '--short')).toMatch(/D schemas\/manifest\.json/);
  });
});

describe('serve', () => {
  it('answers from the tree, takes no write, and ends well with SIGTERM', async () => {
    const { cwd } = await committed();
    const { cli, url } = await serveDuringTest(cwd, '--access-log');
    expect(await request(url, 'GET', '/schemas/ids/2')).toMatchObject({
      schema: JSON.stringify(record('Order', 'number')),
    });
    expect(await request(url, 'POST', '/subjects/new/versions', { schema: '"string"' })).toMatchObject({
      error_code: 42205,
    });
    cli.kill('SIGTERM');
    const { code, signal, stdout, stderr } = await cli.done;
    expect([code, signal]).toEqual([0, null]);
    expect(stdout).toMatch(/^Serving 3 subjects, 4 versions at http:\/\/127\.0\.0\.1:\d+ \(read-only\)\n$/);
    expect(stderr).toMatch(/^GET \/schemas\/ids\/2 200 [\d.]+ ms\nPOST \/subjects\/new\/versions 422 /);
  });

  it('serves a branch, a tag or a commit', async () => {
    const { url: source, cwd } = await committed();
    git(cwd, 'tag', 'v1');
    const first = git(cwd, 'rev-parse', 'HEAD');
    git(cwd, 'branch', 'kept');
    await register(source, 'orders-value', record('Order', 'third'));
    expect((await runCli(['export', '--url', source, '--commit'], { cwd })).code).toBe(0);
    for (const ref of ['v1', 'kept', first.slice(0, 10), 'HEAD~1']) {
      const { url, cli } = await serveDuringTest(cwd, '--ref', ref);
      expect(await request(url, 'GET', '/subjects/orders-value/versions')).toEqual([1, 2]);
      expect(cli.output().stdout).toContain(`as of ${first.slice(0, 12)}`);
    }
    const { code, stderr } = await runCli(['serve', '--ref', 'no-such', '--port', '0'], { cwd });
    expect([code, stderr]).toEqual([1, expect.stringContaining('no-such')]);
  });

  it('takes writes in memory, and never hands out a retired id', async () => {
    const { url: source, cwd } = await committed();
    await request(source, 'DELETE', '/subjects/gone-value');
    await request(source, 'DELETE', '/subjects/gone-value?permanent=true');
    expect((await runCli(['export', '--url', source, '--commit'], { cwd })).code).toBe(0);
    const { url } = await serveDuringTest(cwd, '--writable');
    expect(await register(url, 'new-value', record('New'))).toBe(4);
    expect(git(cwd, 'status', '--short')).toBe('');
    const { url: empty, cli } = await serveDuringTest(temporaryFolder(), '--empty', '--writable', '--json');
    expect(await register(empty, 'a', record('A'))).toBe(1);
    cli.kill('SIGINT');
    const { code, stdout } = await cli.done;
    expect([code, JSON.parse(stdout)]).toEqual([0, { url: empty }]);
  });

  it('refuses a damaged tree and a port in use', async () => {
    const { cwd } = await committed();
    const other = await startServer((_, response) => response.end());
    const busy = await runCli(['serve', '--port', String(other.port)], { cwd });
    await other.close();
    expect([busy.code, busy.stderr]).toEqual([1, expect.stringContaining('(SRGIT_SERVER_START)')]);
    expect(busy.stderr).toContain(String(other.port));
    writeFileSync(join(cwd, 'schemas/subjects/orders-value/v1.avsc'), '"edited"');
    const damaged = await runCli(['serve', '--port', '0'], { cwd });
    expect([damaged.code, damaged.stderr]).toEqual([1, expect.stringContaining('(SRGIT_TREE_EDITED_VERSION)')]);
  });
});

describe('an interrupted command', () => {
  it('ends with 130', async () => {
    const cwd = temporaryFolder();
    let asked = (): void => undefined;
    const reached = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const silent = await startServer(() => asked());
    const cli = await spawnCli(['export', '--url', silent.url], { cwd });
    await reached;
    cli.kill('SIGINT');
    const { code, stderr } = await cli.done;
    await silent.close();
    expect([code, stderr]).toEqual([130, expect.stringMatching(/Stopping[\s\S]*\(SRGIT_INTERRUPTED\)/)]);
  });
});

describe('demo', () => {
  it('tells the whole story, whatever the environment says', { timeout: 60_000 }, async () => {
    const folder = temporaryFolder();
    const cwd = join(folder, 'work');
    const own = join(folder, 'own');
    mkdirSync(cwd);
    const env = {
      TMPDIR: folder,
      SRGIT_TREE: own,
      SRGIT_CONFIG: join(folder, 'no.yaml'),
      HTTP_PROXY: 'http://127.0.0.1:1',
      GIT_DIR: own,
    };
    const { code, stdout, stderr } = await runCli(['demo', '--json'], { cwd, env });
    expect([code, stderr]).toEqual([0, '']);
    const result = JSON.parse(stdout) as { folder: string; commits: number };
    expect(result).toEqual({ folder: expect.stringMatching(/srgit-demo-/), commits: 3 });
    const [map, version] = git(result.folder, 'log', '--format=%s').split('\n');
    expect(map).toBe('Map ids of dr: 10 ids, 8 changed');
    expect(version).toMatch(/^schemas(\([^)]+\))?: orders-value v\d+$/);
    expect((await runCli(['verify', '--offline'], { cwd: result.folder })).code).toBe(0);
    expect(() => readFileSync(join(own, 'manifest.json'))).toThrow('ENOENT');
  });
});
