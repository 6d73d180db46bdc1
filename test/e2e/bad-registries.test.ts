/** Exports from registries that are wrong, broken, slow or half-open: a short reason, an exit code, an untouched tree. */
import { rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { syntheticSnapshot } from '../../bench/synthetic-registry.ts';
import { makeAuthority } from '../support/certificates.ts';
import { type CliResult, runCli } from '../support/cli.ts';
import { type EmbeddedRegistry, request, startRegistry } from '../support/embedded-registry.ts';
import {
  copyOf,
  expectFailure,
  expectNoSecrets,
  exported,
  exportedRepository,
  exportTo,
  stateOf,
  treeOf,
} from '../support/exports.ts';
import { answerJson, findDeadPort, startServer } from '../support/loopback-server.ts';
import { during } from '../support/registry-client.ts';
import { type SecureFrontOptions, startSecureFront } from '../support/secure-front.ts';
import { temporaryFolder } from '../support/trees.ts';

const SECRET = 'pa55-w0rd-of-the-registry';

let registry: EmbeddedRegistry;
let home = '';
let good = '';

beforeAll(async () => {
  registry = await startRegistry(syntheticSnapshot({ subjects: 12, versions: 2, bytes: 300 }));
  await request(registry.url, 'PUT', '/config/team-3.orders-000003-value', { compatibility: 'NONE' });
  await request(registry.url, 'PUT', '/mode/team-4.orders-000004-value', { mode: 'READONLY' });
  ({ home, folder: good } = await exportedRepository(registry.url));
});

afterAll(async () => {
  await registry.close();
  rmSync(home, { recursive: true, force: true });
});

type Change = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

/** The registry with something wrong: `change` answers what it wants to (true), the rest comes from the registry. */
function registryBut(change: Change) {
  return during(
    startServer(async (request, response) => {
      try {
        if (await change(request, response)) return;
        const answer = await fetch(registry.url + request.url);
        response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
        response.end(await answer.text());
      } catch {
        response.destroy();
      }
    }),
  );
}

/** Exports into a copy of the good tree, which must not change. */
async function failingExport(url: string, args: readonly string[] = [], env: Record<string, string> = {}) {
  const folder = copyOf(good);
  const before = stateOf(folder);
  const result = await exportTo(folder, url, ['--commit', ...args], env);
  expect(stateOf(folder)).toEqual(before);
  return result;
}

const credentials = { SRGIT_USERNAME: 'reader', SRGIT_PASSWORD: SECRET };

describe('an export that cannot reach its registry', () => {
  it('says that nobody listens', async () => {
    const port = await findDeadPort();
    const result = await failingExport(`http://127.0.0.1:${port}`, [], credentials);
    expectFailure(result, 'SRGIT_REGISTRY_UNREACHABLE', SECRET);
    expect(result.stderr).toContain(`127.0.0.1:${port}`);
  });

  it('goes on with the other node when one is down', async () => {
    const folder = copyOf(good);
    const dead = `http://127.0.0.1:${await findDeadPort()}`;
    expect(await exported(folder, dead, ['--url', registry.url, '--commit'])).toMatchObject({ upToDate: true });
    expect(await exported(folder, registry.url, ['--url', dead, '--commit'])).toMatchObject({ upToDate: true });
  });

  it('says that the certificate is not trusted, and trusts the authority that it is given', async () => {
    const authority = makeAuthority('Test CA');
    const tls = authority.issue({ name: 'localhost', hosts: ['127.0.0.1'] });
    const front = await during(startSecureFront({ target: registry.url, tls }));
    expectFailure(await failingExport(front.url, [], credentials), 'SRGIT_REGISTRY_TLS', SECRET);
    const file = join(temporaryFolder(), 'ca.pem');
    writeFileSync(file, authority.cert);
    expect(await exported(copyOf(good), front.url, ['--ca-cert', file])).toMatchObject({ upToDate: true });
  });
});

describe('an export that is not let in', () => {
  async function refusedBy(auth: NonNullable<SecureFrontOptions['auth']>, config: string, env: Record<string, string>) {
    const front = await during(startSecureFront({ target: registry.url, auth }));
    const folder = copyOf(good);
    writeFileSync(join(folder, 'srgit.yaml'), config.replaceAll('URL', front.url));
    const before = stateOf(folder);
    const result = await runCli(['export', '--commit'], { cwd: folder, env });
    expect(stateOf(folder)).toEqual(before);
    const debug = await runCli(['export', '--commit', '--debug'], { cwd: folder, env });
    expectNoSecrets(debug, ...Object.values(env));
    return result;
  }

  it('with a wrong password', async () => {
    const front = await during(
      startSecureFront({ target: registry.url, auth: { type: 'basic', username: 'reader', password: 'other' } }),
    );
    const result = await failingExport(front.url, [], credentials);
    expectFailure(result, 'SRGIT_REGISTRY_AUTH', SECRET);
    const inUrl = front.url.replace('://', `://reader:${SECRET}@`);
    expectNoSecrets(await failingExport(inUrl), SECRET);
    expect(await failingExport(inUrl)).not.toMatchObject({ code: 0 });
  });

  it('with a token that has expired', async () => {
    const result = await refusedBy(
      { type: 'bearer', token: 'the-new-one' },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of srgit.yaml
      'registries:\n  prod:\n    url: URL\n    auth: { type: bearer, token: "${TOKEN}" }\n',
      { TOKEN: 'expired-token-0123456789' },
    );
    expectFailure(result, 'SRGIT_REGISTRY_AUTH', 'expired-token-0123456789');
  });
});

describe('an export of something that is no registry, or a broken one', () => {
  it('says so of a web page', async () => {
    const server = await during(
      startServer((_, response) => {
        response.writeHead(200, { 'content-type': 'text/html' });
        response.end('<!doctype html><html><body>Welcome</body></html>');
      }),
    );
    expectFailure(await failingExport(server.url), 'SRGIT_REGISTRY_NOT_A_REGISTRY');
  });

  it('says so of a wrong path', async () => {
    const result = await failingExport(`${registry.url}/no/such/place`);
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toMatch(/\(SRGIT_REGISTRY_(NOT_A_REGISTRY|NOT_FOUND)\)/);
  });

  it('of one that cuts its answers off', async () => {
    const server = await registryBut((request, response) => {
      if (!request.url?.startsWith('/schemas?')) return false;
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100000' });
      response.write('[{"subject":"team-0.orders-000000-value","version":1,"id":1,"sch');
      setTimeout(() => response.destroy(), 20);
      return true;
    });
    const result = await failingExport(server.url);
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toMatch(/\(SRGIT_REGISTRY_(UNREACHABLE|BAD_ANSWER|FAILED)\)/);
  });

  it('of one that answers JSON that is none', async () => {
    const server = await registryBut((request, response) => {
      if (!request.url?.startsWith('/schemas?')) return false;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('[{"subject": nonsense}]');
      return true;
    });
    const result = await failingExport(server.url);
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toMatch(/\(SRGIT_REGISTRY_(BAD_ANSWER|NOT_A_REGISTRY)\)/);
  });

  it('of one whose listing of rows lacks subjects that its other listing has: nothing is lost', async () => {
    const lossy = await registryBut(async (request, response) => {
      if (!request.url?.startsWith('/schemas?')) return false;
      const rows = (await (await fetch(registry.url + request.url)).json()) as unknown[];
      answerJson(response, 200, rows.slice(0, rows.length - (rows.length % 10)));
      return true;
    });
    const folder = copyOf(good);
    const before = stateOf(folder);
    const { code, stderr } = await exportTo(folder, lossy.url, ['--commit']);
    if (code !== 0) expect(stderr).toContain('(SRGIT_SNAPSHOT_INCONSISTENT)');
    expect(stateOf(folder)).toEqual(before);
  });

  it('of one that repeats its pages: it ends, and nothing is lost', async () => {
    let pages = 0;
    const repeating = await registryBut(async (request, response) => {
      if (!request.url?.startsWith('/schemas?')) return false;
      pages++;
      const url = new URL(request.url, registry.url);
      url.searchParams.set('offset', '0');
      answerJson(response, 200, await (await fetch(url)).json());
      return true;
    });
    // Rows that come twice are one row: that it ends at all, and with every row once, is the point.
    await failingExport(repeating.url);
    expect(pages).toBeLessThan(100);
  });
});

describe('an export of a registry that holds back', () => {
  it('rides out a storm of 429', async () => {
    let refused = 0;
    const server = await registryBut((_, response) => {
      if (refused >= 12 || Math.floor(refused / 3) % 2 === 1) {
        refused++;
        return false;
      }
      refused++;
      answerJson(response, 429, { error_code: 429, message: 'slow down' }, { 'retry-after': '0' });
      return true;
    });
    const folder = copyOf(good);
    const result = await exportTo(folder, server.url, ['--commit']);
    expect({ code: result.code, stderr: result.stderr }).toMatchObject({ code: 0 });
    expect(treeOf(folder)).toEqual(treeOf(good));
    expect(refused).toBeGreaterThan(12);
  });

  it.each(['config', 'mode'])('names what it may not read (/%s) and keeps what the tree has', async (what) => {
    const server = await registryBut((request, response) => {
      if (!request.url?.startsWith(`/${what}`)) return false;
      answerJson(response, 403, { error_code: 40301, message: 'User is denied operation' });
      return true;
    });
    const folder = copyOf(good);
    const result: CliResult = await exportTo(folder, server.url, ['--commit']);
    expect(result).toMatchObject({ code: 0 });
    expect(result.stderr).toContain(`partial export: ${what}`);
    expect(result.stdout).toContain('PARTIAL');
    const before = treeOf(good);
    const after = treeOf(folder);
    for (const path of ['subjects/team-3.orders-000003-value', 'subjects/team-4.orders-000004-value']) {
      expect(after.get(`${path}/metadata.json`)).toBe(before.get(`${path}/metadata.json`));
    }
    expect(after.get('config/global.json')).toBe(before.get('config/global.json'));
    expect(after.get('_schemas.json')).toContain('"partial"');
  });
});
