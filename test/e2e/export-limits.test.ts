/** What an export may cost: requests, and memory. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { syntheticSnapshot } from '../../bench/synthetic-registry.ts';
import { runCli } from '../support/cli.ts';
import { record, register, registryDuringTest } from '../support/embedded-registry.ts';
import { differingFiles, exported, treeOf } from '../support/exports.ts';
import { repository } from '../support/git.ts';
import { answerJson, startServer } from '../support/loopback-server.ts';
import { during } from '../support/registry-client.ts';
import { startServerProcess } from '../support/server-process.ts';
import { temporaryFolder } from '../support/trees.ts';

const ROOT = join(import.meta.dirname, '../..');

describe('requests', () => {
  it('of an export by bulk listing: a page for a thousand rows, two for a subject, and ten', async () => {
    const subjects = 300;
    const versions = 8;
    const registry = await registryDuringTest(syntheticSnapshot({ subjects, versions, bytes: 300 }));
    const folder = repository();
    const result = await exported(folder, registry.url);
    expect(result['counts']).toMatchObject({ subjects, versions: subjects * versions });
    // What the registry is, its subjects, its own settings, and the empty page that ends the listing of rows.
    const budget = Math.ceil((subjects * versions) / 1000) + 2 * subjects + 10;
    expect(registry.requests.length).toBeLessThanOrEqual(budget);
    expect(registry.requests.length).toBeGreaterThan(3);
    registry.requests.length = 0;
    expect(await exported(folder, registry.url)).toMatchObject({ upToDate: true });
    expect(registry.requests.length).toBeLessThanOrEqual(budget);
  });

  it('of a second export without bulk listing: none for a version that the tree has', async () => {
    const registry = await registryDuringTest(syntheticSnapshot({ subjects: 20, versions: 3, bytes: 300 }));
    // As Apicurio and others: GET /schemas is not there.
    const older = await during(
      startServer(async (request, response) => {
        if (request.url === '/schemas' || request.url?.startsWith('/schemas?')) {
          answerJson(response, 404, { error_code: 404, message: 'HTTP 404 Not Found' });
          return;
        }
        const answer = await fetch(registry.url + request.url);
        response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
        response.end(await answer.text());
      }),
    );
    const fetched = () =>
      older.requests.filter((line) => /^GET \/subjects\/[^/]+\/versions\/\d+|\/schemas\/ids/.test(line));
    const folder = repository();
    await exported(folder, older.url);
    expect(fetched().length).toBeGreaterThanOrEqual(60);
    const first = treeOf(folder);

    older.requests.length = 0;
    expect(await exported(folder, older.url)).toMatchObject({ upToDate: true });
    expect(fetched()).toEqual([]);

    await register(registry.url, 'fresh', record('Fresh'));
    older.requests.length = 0;
    await exported(folder, older.url);
    expect(fetched().length).toBeGreaterThan(0);
    expect(fetched().filter((line) => !line.includes('/fresh/'))).toEqual([]);
    expect(differingFiles(treeOf(folder), first).sort()).toEqual([
      'manifest.json',
      'subjects/fresh/metadata.json',
      'subjects/fresh/v1.avsc',
    ]);

    older.requests.length = 0;
    expect(await exported(folder, older.url, ['--full'])).toMatchObject({ upToDate: true });
    expect(fetched().length).toBeGreaterThanOrEqual(61);
  });
});

describe('memory', () => {
  // Slow: 100 MB of schemas go through a registry, a process, and 50,000 files.
  it('stays under 400 MB for 50,000 versions of 2 KB', { timeout: 180_000 }, async (context) => {
    if (process.platform !== 'linux')
      context.skip('measured on Linux only: elsewhere resident memory means other things');
    const registry = await startServerProcess({
      program: process.execPath,
      args: [join(ROOT, 'bench/registry-process.ts'), '12500', '4', '2000'],
      address: /(http:\/\/127\.0\.0\.1:\d+)/,
      basePath: '',
    });
    onTestFinished(() => registry.stop());
    const folder = mkdtempSync(join(inject('removedAtTheEnd'), 'memory-'));
    const file = join(temporaryFolder(), 'peak');
    const { code, stdout, stderr } = await runCli(['export', '--url', registry.url, '--json'], {
      cwd: folder,
      nodeArgs: ['--import', join(ROOT, 'test/support/peak-memory-hook.ts')],
      env: { PEAK_MEMORY: file },
    });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(JSON.parse(stdout)).toMatchObject({ counts: { versions: 50_000 }, files: { written: 62_504 } });
    const peak = Number(readFileSync(file, 'utf8'));
    console.log(`peak resident memory ${Math.round(peak / 1_000_000)} MB`);
    expect(peak).toBeGreaterThan(50_000_000);
    expect(peak).toBeLessThan(400_000_000);
  });
});
