/** `srgit serve` behind TLS and passwords, exported from by `srgit export`; its logs, signals and exit codes. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeAuthority } from '../support/certificates.ts';
import { cliEntry, runCli } from '../support/cli.ts';
import { record, register, registryDuringTest } from '../support/embedded-registry.ts';
import { serveDuringTest } from '../support/serve.ts';
import { temporaryFolder } from '../support/trees.ts';

const authority = makeAuthority('Test authority');
const server = authority.issue({ name: 'registry', hosts: ['127.0.0.1', 'localhost'] });
const client = authority.issue({ name: 'exporter' });

beforeAll(async () => {
  await cliEntry();
});

/** A folder with a tree of one subject, and the files of both sides. */
async function prepared(): Promise<string> {
  const source = await registryDuringTest();
  await register(source.url, 'orders-value', record('Order'));
  const cwd = temporaryFolder();
  expect((await runCli(['export', '--url', source.url], { cwd })).code).toBe(0);
  const files = {
    'ca.pem': authority.cert,
    'server.pem': server.cert,
    'server.key': server.key,
    'client.pem': client.cert,
    'client.key': client.key,
    users: 'reader:hunter2\n',
  };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(cwd, name), text);
    chmodSync(join(cwd, name), 0o600);
  }
  return cwd;
}

/** For machines that do other things too. */
const PATIENT = { timeout: 20_000 };

const TLS = ['--tls-cert', 'server.pem', '--tls-key', 'server.key'];

/** Exports into a folder of its own; gives the exit code, and the error's code where there is one. */
async function exportFrom(cwd: string, url: string, args: readonly string[], password?: string) {
  const env = password === undefined ? {} : { SRGIT_PASSWORD: password };
  const tree = join(temporaryFolder(), 'out');
  const { code, stderr } = await runCli(['export', '--url', url, '--tree', tree, ...args], { cwd, env });
  const same =
    code === 0 &&
    readFileSync(join(tree, 'subjects/orders-value/v1.avsc'), 'utf8') ===
      readFileSync(join(cwd, 'schemas/subjects/orders-value/v1.avsc'), 'utf8');
  return code === 0 ? same : /\((SRGIT_\w+)\)/.exec(stderr)?.[1];
}

describe('serve', () => {
  it('lets in users over HTTPS, and nobody else', async () => {
    const cwd = await prepared();
    const { cli, url } = await serveDuringTest(
      cwd,
      ...TLS,
      '--auth-file',
      'users',
      '--access-log',
      '--access-log-format',
      'common',
    );
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    const reader = ['--ca-cert', 'ca.pem', '--username', 'reader'];
    expect(await exportFrom(cwd, url, reader, 'hunter2')).toBe(true);
    expect(await exportFrom(cwd, url, reader, 'hunter3')).toBe('SRGIT_REGISTRY_AUTH');
    expect(await exportFrom(cwd, url, ['--ca-cert', 'ca.pem'])).toBe('SRGIT_REGISTRY_AUTH');
    expect(await exportFrom(cwd, url, ['--username', 'reader'], 'hunter2')).toBe('SRGIT_REGISTRY_TLS');
    cli.kill('SIGTERM');
    const { code, stdout, stderr } = await cli.done;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Serving 1 subject, 1 version at https:\/\/127\.0\.0\.1:\d+ \(read-only\)\n$/);
    expect(stderr).toMatch(
      /^127\.0\.0\.1 - reader \[\d\d\/\w{3}\/\d{4}:[\d:]{8} \+0000\] "GET \S+ HTTP\/1\.1" 200 \d+ "-" "\S+" 0\.\d{6}$/m,
    );
    expect(stderr).toMatch(/^127\.0\.0\.1 - - \[.*\] "GET \S+ HTTP\/1\.1" 401 /m);
    expect(stdout + stderr).not.toMatch(/hunter|aHVudGVy/);
    expect(stderr).not.toContain('can be read');
  });

  it('lets in clients with a certificate', async () => {
    const cwd = await prepared();
    const { url } = await serveDuringTest(cwd, ...TLS, '--tls-ca', 'ca.pem', '--require-client-cert');
    const mine = ['--ca-cert', 'ca.pem', '--client-cert', 'client.pem', '--client-key', 'client.key'];
    expect(await exportFrom(cwd, url, mine)).toBe(true);
    expect(await exportFrom(cwd, url, ['--ca-cert', 'ca.pem'])).toBe('SRGIT_REGISTRY_TLS');
  });

  it('reads its files anew with SIGHUP, and keeps the old ones when they are wrong', async () => {
    const cwd = await prepared();
    const { cli, url } = await serveDuringTest(cwd, '--auth-file', 'users');
    const status = async (password: string) => {
      const authorization = `Basic ${btoa(`reader:${password}`)}`;
      return (await fetch(`${url}/subjects`, { headers: { authorization } })).status;
    };
    expect(await status('hunter2')).toBe(200);
    writeFileSync(join(cwd, 'users'), 'reader:hunter4\n');
    cli.kill('SIGHUP');
    await expect.poll(() => status('hunter4'), PATIENT).toBe(200);
    expect(await status('hunter2')).toBe(401);
    writeFileSync(join(cwd, 'users'), 'hunter5\n');
    cli.kill('SIGHUP');
    await expect.poll(() => cli.output().stderr, PATIENT).toContain('users, line 1');
    expect(await status('hunter4')).toBe(200);
    expect(cli.output().stderr).not.toContain('hunter');
    chmodSync(join(cwd, 'users'), 0o644);
    writeFileSync(join(cwd, 'users'), 'reader:hunter6\n');
    cli.kill('SIGHUP');
    await expect.poll(() => cli.output().stderr, PATIENT).toContain('can be read by every user');
    expect(await status('hunter6')).toBe(200);
  });

  it('answers the metrics to everybody when told to', async () => {
    const cwd = await prepared();
    const guarded = await serveDuringTest(cwd, '--auth-file', 'users');
    expect((await fetch(`${guarded.url}/metrics`)).status).toBe(401);
    const { url } = await serveDuringTest(cwd, '--auth-file', 'users', '--open-metrics');
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/subjects`)).status).toBe(401);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('srgit_registry_versions{type="AVRO",state="live"} 1\n');
    expect(metrics).toMatch(/^srgit_build_info\{version="\d+\.\d+\.\d+\S*"\} 1$/m);
  });

  it('warns when everybody may come in', async () => {
    const cwd = await prepared();
    const open = await serveDuringTest(cwd, '--host', '0.0.0.0');
    expect(open.cli.output().stderr).toContain('Warning: everybody who reaches 0.0.0.0 may read');
    const guarded = await serveDuringTest(cwd, '--host', '0.0.0.0', '--auth-file', 'users');
    expect(guarded.cli.output().stderr).not.toContain('everybody');
  });

  it('logs requests as JSON lines', async () => {
    const cwd = await prepared();
    const { cli, url } = await serveDuringTest(cwd, '--access-log', '--access-log-format', 'json');
    await (await fetch(`${url}/subjects?deleted=true`, { headers: { 'x-request-id': 'r-1' } })).text();
    const line = () => /^\{.*\}$/m.exec(cli.output().stderr)?.[0];
    await expect.poll(line, PATIENT).toBeDefined();
    expect(JSON.parse(line() ?? '')).toMatchObject({
      method: 'GET',
      url: '/subjects?deleted=true',
      route: '/subjects',
      status: 200,
      bytes: 16,
      request_id: 'r-1',
    });
  });

  it.each([
    [['--tls-cert', 'server.pem'], 'SRGIT_USAGE'],
    [['--tls-key', 'server.key'], 'SRGIT_USAGE'],
    [['--require-client-cert'], 'SRGIT_USAGE'],
    [['--tls-ca', 'ca.pem'], 'SRGIT_USAGE'],
    [['--access-log-format', 'xml'], 'SRGIT_USAGE'],
    [['--auth-file', 'nowhere'], 'SRGIT_CONFIG_INVALID'],
    [['--tls-cert', 'users', '--tls-key', 'server.key'], 'SRGIT_CONFIG_INVALID'],
    [['--tls-cert', 'server.pem', '--tls-key', 'client.key'], 'SRGIT_CONFIG_INVALID'],
  ])('refuses %j with 2 and %s', async (args, error) => {
    const cwd = await prepared();
    const { code, stdout, stderr } = await runCli(['serve', '--port', '0', ...args], { cwd });
    expect([code, stdout, /\((SRGIT_\w+)\)/.exec(stderr)?.[1]]).toEqual([2, '', error]);
    expect(stderr).not.toContain('hunter');
  });

  it('ends with 0 when interrupted once, and at once with 130 when twice', async () => {
    const cwd = await prepared();
    const { cli } = await serveDuringTest(cwd);
    cli.kill('SIGINT');
    expect((await cli.done).code).toBe(0);
    expect(existsSync(join(cwd, 'schemas/manifest.json'))).toBe(true);

    const { cli: busy, url } = await serveDuringTest(cwd, '--grace', '600');
    // A body that never comes: the request runs as long as the grace time lets it.
    const { hostname, port } = new URL(url);

    const socket = connect(Number(port), hostname, () =>
      socket.write('POST /subjects/s HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{'),
    );
    socket.on('error', () => undefined);
    await expect
      .poll(async () => /requests_running 2/.test(await (await fetch(`${url}/metrics`)).text()), PATIENT)
      .toBe(true);
    busy.kill('SIGINT');
    await expect.poll(() => busy.output().stderr, PATIENT).toContain('Stopping');
    busy.kill('SIGINT');
    expect((await busy.done).code).toBe(130);
    socket.destroy();
  });
});
