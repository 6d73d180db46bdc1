/** Exports through what stands before real registries: TLS, authentication, proxies. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { makeAuthority } from '../support/certificates.ts';
import { cliEntry, runCli } from '../support/cli.ts';
import { type EmbeddedRegistry, record, register, startRegistry } from '../support/embedded-registry.ts';
import { startForwardProxy } from '../support/forward-proxy.ts';
import { type SecureFrontOptions, startSecureFront } from '../support/secure-front.ts';
import { temporaryFolder } from '../support/trees.ts';

const authority = makeAuthority('Test authority');
const server = authority.issue({ name: 'registry', hosts: ['127.0.0.1', 'localhost'] });
const client = authority.issue({ name: 'exporter', passphrase: 'hunter2' });

let registry: EmbeddedRegistry;

beforeAll(async () => {
  await cliEntry();
  registry = await startRegistry();
  await register(registry.url, 'orders-value', record('Order'));
});

afterAll(() => registry.close());

async function front(options: Omit<SecureFrontOptions, 'target'>) {
  const started = await startSecureFront({ ...options, target: registry.url });
  onTestFinished(() => started.close());
  return started;
}

interface Attempt {
  readonly yaml?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

async function attempt({ yaml, args = [], env = {} }: Attempt) {
  const cwd = temporaryFolder();
  for (const [name, text] of [
    ['ca.pem', authority.cert],
    ['client.pem', client.cert],
    ['client.key', client.key],
    ['srgit.yaml', yaml ?? ''],
  ] as const) {
    writeFileSync(join(cwd, name), text);
  }
  const { code, stdout, stderr } = await runCli(['export', '--debug', ...args], { cwd, env });
  expect(stdout + stderr).not.toContain('hunter2');
  const exported = existsSync(join(cwd, 'schemas/subjects/orders-value/v1.avsc'));
  return { code, exported, error: /\((SRGIT_\w+)\)/.exec(stderr)?.[1] };
}

const DONE = { code: 0, exported: true, error: undefined };
const failed = (error: string) => ({ code: 1, exported: false, error });

describe('export', () => {
  it('with a name and a password', async () => {
    const { url } = await front({ auth: { type: 'basic', username: 'reader', password: 'hunter2' } });
    const yaml = `registries: { a: { url: "${url}", auth: { username: reader, password: "\${PW}" } } }`;
    expect(await attempt({ yaml, env: { PW: 'hunter2' } })).toEqual(DONE);
    const args = ['--url', url, '--username', 'reader'];
    expect(await attempt({ args, env: { SRGIT_PASSWORD: 'hunter2' } })).toEqual(DONE);
    expect(await attempt({ args, env: { SRGIT_PASSWORD: 'wrong' } })).toEqual(failed('SRGIT_REGISTRY_AUTH'));
    expect(await attempt({ args: ['--url', url] })).toEqual(failed('SRGIT_REGISTRY_AUTH'));
  });

  it('with a token', async () => {
    const { url } = await front({ auth: { type: 'bearer', token: 'hunter2' } });
    expect(await attempt({ env: { SRGIT_URL: url, SRGIT_TOKEN: 'hunter2' } })).toEqual(DONE);
    expect(await attempt({ env: { SRGIT_URL: url, SRGIT_TOKEN: 'other' } })).toEqual(failed('SRGIT_REGISTRY_AUTH'));
  });

  it('with OAuth client credentials', async () => {
    const { url, tokenUrl } = await front({ auth: { type: 'oauth', clientId: 'me', clientSecret: 'hunter2' } });
    const yaml = `
registries:
  cloud:
    url: ${url}
    auth: { type: oauth, token_url: ${tokenUrl}, client_id: me, client_secret: "\${SECRET}", scope: read }
`;
    expect(await attempt({ yaml, env: { SECRET: 'hunter2' } })).toEqual(DONE);
    expect(await attempt({ yaml, env: { SECRET: 'hunter2 too' } })).toEqual(failed('SRGIT_OAUTH_FAILED'));
  });

  it('from a server that only a private authority vouches for', async () => {
    const { url } = await front({ tls: server });
    expect(await attempt({ args: ['--url', url, '--ca-cert', 'ca.pem'] })).toEqual(DONE);
    expect(await attempt({ args: ['--url', url] })).toEqual(failed('SRGIT_REGISTRY_TLS'));
  });

  it('from a server that wants a client certificate', async () => {
    const { url } = await front({
      tls: { ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: true },
    });
    const yaml = `
registries:
  prod:
    url: ${url}
    auth: { type: mtls }
    tls: { ca_cert: ca.pem, client_cert: client.pem, client_key: client.key, client_key_password: "\${KEY_PASSWORD}" }
`;
    expect(await attempt({ yaml, env: { KEY_PASSWORD: 'hunter2' } })).toEqual(DONE);
    expect(await attempt({ yaml, env: { KEY_PASSWORD: 'wrong' } })).toMatchObject({ exported: false });
    expect(await attempt({ args: ['--url', url, '--ca-cert', 'ca.pem'] })).toEqual(failed('SRGIT_REGISTRY_TLS'));
  });

  it('through a forward proxy, or past it', async () => {
    const proxy = await startForwardProxy('me:hunter2');
    onTestFinished(() => proxy.close());
    const { url } = await front({ tls: server });
    const args = ['--url', url, '--ca-cert', 'ca.pem'];
    const address = proxy.url.replace('http://', 'http://me:hunter2@');
    expect(await attempt({ args, env: { HTTPS_PROXY: address } })).toEqual(DONE);
    expect(proxy.forwarded).toContain(`CONNECT ${new URL(url).host}`);
    const before = proxy.forwarded.length;
    expect(await attempt({ args, env: { HTTPS_PROXY: address, NO_PROXY: '127.0.0.1' } })).toEqual(DONE);
    expect(proxy.forwarded).toHaveLength(before);
    expect(await attempt({ args, env: { HTTPS_PROXY: proxy.url } })).toMatchObject({ code: 1, exported: false });
  });
});
