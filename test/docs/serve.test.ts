/** docs/serve.md: the script that makes a secret, and the paths that it tells of, as they stand. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { spawnCli } from '../support/cli.ts';
import { temporaryFolder } from '../support/trees.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/serve.md'), 'utf8');
const START_MS = 120_000;

async function serve(...args: readonly string[]): Promise<string> {
  const running = await spawnCli(['serve', '--empty', '--port', '0', ...args], { cwd: temporaryFolder() });
  onTestFinished(async () => {
    running.kill('SIGTERM');
    await running.done;
  });
  await expect.poll(() => running.output().stdout, { timeout: START_MS }).toMatch(/http:\S+/);
  return /http:\/\/\S+/.exec(running.output().stdout)?.[0] ?? '';
}

it('lets users in by the secret that its script makes', { timeout: START_MS }, async () => {
  const [, script = ''] = /^```sh\n(node -e '\n.*?)^```$/ms.exec(PAGE) ?? [];
  expect(script).toContain('scryptSync');
  const secret = execFileSync('bash', ['-c', script], { encoding: 'utf8', env: { ...process.env, PASSWORD: 'a b:c' } });
  const file = join(temporaryFolder(), 'users');
  writeFileSync(file, `ann:${secret}`, { mode: 0o600 });
  const url = await serve('--auth-file', file, '--open-metrics');
  const status = async (path: string, password?: string) => {
    const headers = password === undefined ? {} : { authorization: `Basic ${btoa(`ann:${password}`)}` };
    return (await fetch(url + path, { headers })).status;
  };
  expect(await status('/subjects')).toBe(401);
  expect(await status('/subjects', 'wrong')).toBe(401);
  expect(await status('/subjects', 'a b:c')).toBe(200);
  for (const path of ['/metrics', '/healthz', '/readyz']) expect(await status(path), path).toBe(200);
  for (const path of ['/exporters', '/dek-registry/v1/keks', '/catalog/v1']) {
    expect(await status(path, 'a b:c'), path).toBe(404);
  }
});
