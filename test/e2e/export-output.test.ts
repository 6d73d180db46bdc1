/** Where an export says what, and how it stops when it is told to. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { syntheticSnapshot } from '../../bench/synthetic-registry.ts';
import { runCli, runCliJson, spawnCli } from '../support/cli.ts';
import { record, register, registryDuringTest, request } from '../support/embedded-registry.ts';
import { exported, exportTo, stateOf } from '../support/exports.ts';
import { git, repository } from '../support/git.ts';
import { findDeadPort, startServer } from '../support/loopback-server.ts';
import { during } from '../support/registry-client.ts';
import { temporaryFolder } from '../support/trees.ts';

describe('--json', () => {
  it('prints one document on stdout, and warnings on stderr only', async () => {
    const registry = await registryDuringTest();
    const folder = repository();
    await register(registry.url, 'orders', record('Order'));
    const first = await runCliJson(['export', '--url', registry.url, '--commit'], { cwd: folder });
    expect(first).toMatchObject({
      code: 0,
      stderr: '',
      json: {
        counts: { subjects: 1, versions: 1 },
        upToDate: false,
        changes: [{ kind: 'subject-added', subject: 'orders' }, {}, {}],
        files: { removed: 0 },
        commit: git(folder, 'rev-parse', 'HEAD'),
        partial: [],
        warnings: [],
      },
    });

    // Another registry with other content under the same number: a warning that a person must see.
    const other = await registryDuringTest();
    await register(other.url, 'orders', record('Replaced'));
    const second = await runCliJson(['export', '--url', other.url], { cwd: folder });
    expect(second.code).toBe(0);
    expect(second.stderr).toMatch(/^Warning: orders version 1 has other content than before/);
    expect(second.json).toMatchObject({ changes: [{ kind: 'version-replaced', version: 1 }] });
  });

  it('prints one document when it fails too', async () => {
    const url = `http://127.0.0.1:${await findDeadPort()}`;
    const result = await runCliJson(['export', '--url', url], { cwd: repository() });
    expect(result).toMatchObject({ code: 1, stderr: '', json: { error: { code: 'SRGIT_REGISTRY_UNREACHABLE' } } });
  });

  it('and --quiet: nothing but the document; --quiet alone: nothing at all', async () => {
    const registry = await registryDuringTest(syntheticSnapshot({ subjects: 3, versions: 1, bytes: 300 }));
    const folder = repository();
    expect(await exportTo(folder, registry.url, ['--quiet'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(await runCliJson(['export', '--url', registry.url, '--quiet'], { cwd: folder })).toMatchObject({
      stderr: '',
      json: { upToDate: true },
    });
  });

  it('says nothing of a registry that is not configured but what to do', async () => {
    const result = await runCli(['export'], { cwd: temporaryFolder() });
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain('(SRGIT_CONFIG_MISSING)');
  });
});

describe('a signal', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s while the registry is read ends with 130 and nothing written',
    async (signal) => {
      const registry = await registryDuringTest(syntheticSnapshot({ subjects: 40, versions: 2, bytes: 300 }));
      const folder = repository();
      await exported(folder, registry.url, ['--commit']);
      await request(registry.url, 'PUT', '/config', { compatibility: 'FULL' });
      const before = stateOf(folder);
      // The listing of rows never comes: the export is in the middle of reading when it is told to stop.
      const stuck = await during(
        startServer(async (incoming, response) => {
          if (incoming.url?.startsWith('/schemas?')) {
            if (!/limit=1(&|$)/.test(incoming.url)) return;
          }
          const answer = await fetch(registry.url + incoming.url);
          response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
          response.end(await answer.text());
        }),
      );
      const run = await spawnCli(['export', '--url', stuck.url, '--commit'], { cwd: folder });
      while (!stuck.requests.some((line) => line.includes('/schemas?'))) await sleep(10);
      run.kill(signal);
      const result = await run.done;
      expect(result).toMatchObject({ code: 130, stdout: '' });
      expect(result.stderr).toContain('(SRGIT_INTERRUPTED)');
      expect(stateOf(folder)).toEqual(before);
      expect(await exported(folder, registry.url, ['--commit'])).toMatchObject({ upToDate: false });
    },
  );

  it('SIGINT while files are written leaves no part of a first tree', async () => {
    const registry = await registryDuringTest(syntheticSnapshot({ subjects: 1500, versions: 3, bytes: 300 }));
    const folder = repository();
    const stage = join(folder, '.srgit-tmp-stage-schemas');
    const run = await spawnCli(['export', '--url', registry.url, '--commit'], { cwd: folder });
    let over = false;
    void run.done.then(() => {
      over = true;
    });
    while (!existsSync(stage) && !over) await sleep(1);
    run.kill('SIGINT');
    const result = await run.done;
    // A fast machine may have moved the tree into place before it heard the signal: then it is whole.
    if (readdirSync(folder).includes('schemas'))
      expect(await exported(folder, registry.url)).toMatchObject({ upToDate: true });
    else expect(result).toMatchObject({ code: 130 });
    expect(existsSync(stage)).toBe(false);
    expect(git(folder, 'status', '--porcelain')).toMatch(/^(\?\? schemas\/)?$/);
  });
});
