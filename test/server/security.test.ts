/** Who is let in: users, certificates, and that no secret is ever told. */
import { createHash, randomBytes, scryptSync } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { isSrgitError } from '../../src/errors.ts';
import type { AccessEvent } from '../../src/server/access-log.ts';
import { readSecurity, type SecurityFiles } from '../../src/server/security-files.ts';
import type { ServerOptions } from '../../src/server/server.ts';
import { Authenticator, parseUsers } from '../../src/server/users.ts';
import { makeAuthority } from '../support/certificates.ts';
import { failureOf, makeClient } from '../support/registry-client.ts';
import { temporaryFolder } from '../support/trees.ts';
import { startRegistry, type TestRegistry } from './client.ts';

/** For machines that do other things too. */
const PATIENT = { timeout: 20_000 };

const running: TestRegistry[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

async function start(options: Partial<ServerOptions>): Promise<TestRegistry> {
  const registry = await startRegistry(options);
  running.push(registry);
  return registry;
}

const sha256 = (password: string) => `{SHA256}${createHash('sha256').update(password).digest('hex')}`;
function scryptSecret(password: string, cost = 1024): string {
  const salt = randomBytes(16);
  const hash = scryptSync(password, salt, 32, { cost });
  return `{SCRYPT}${cost},8,1,${salt.toString('base64')},${hash.toString('base64')}`;
}
const basic = (name: string, password: string) => `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;

describe('a file of users', () => {
  const users = parseUsers(
    [
      '\ufeff# who may read',
      '',
      `ann:${scryptSecret('hünter2:päss')}`,
      `bob:${sha256('tr0ub4dor')}\r`,
      'cee:{PLAIN}{SHA256}odd',
      'dee:plain: and spaced ',
      'e e:x',
    ].join('\n'),
    'users',
  );
  const authenticator = new Authenticator(users);

  it.each([
    ['ann', 'hünter2:päss', 'ann'],
    ['ann', 'hünter2', undefined],
    ['bob', 'tr0ub4dor', 'bob'],
    ['bob', 'Tr0ub4dor', undefined],
    ['cee', '{SHA256}odd', 'cee'],
    ['dee', 'plain: and spaced ', 'dee'],
    ['dee', 'plain: and spaced', undefined],
    ['e e', 'x', 'e e'],
    ['nobody', 'x', undefined],
    ['__proto__', 'x', undefined],
    ['', '', undefined],
    ['# who may read', '', undefined],
  ])('lets in %s with %j: %j', async (name, password, user) => {
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(await authenticator.authenticate(basic(name, password))).toBe(user);
    }
  });

  it.each([undefined, '', 'Basic', 'Basic ', 'Basic !!!', 'Bearer abc', `Basic ${btoa('ann')}`, 'Basic ====', 'basic'])(
    'takes %j for nobody',
    async (header) => expect(await authenticator.authenticate(header)).toBeUndefined(),
  );

  it('reads the header as clients spell it', async () => {
    expect(await authenticator.authenticate(basic('bob', 'tr0ub4dor').replace('Basic ', 'bAsIc   '))).toBe('bob');
  });

  it.each([
    ['nothing', 'names no user'],
    ['# only a comment', 'names no user'],
    ['topsecret', 'line 1'],
    [':topsecret', 'line 1'],
    ['ann:', 'line 1'],
    ['ann:{PLAIN}', 'line 1'],
    ['a:b\nann:{BCRYPT}topsecret', 'line 2'],
    ['ann:{SHA256}topsecret', 'line 1'],
    ['ann:{SCRYPT}topsecret', 'line 1'],
    [`ann:${scryptSecret('topsecret').replace('1024', '1000')}`, 'line 1'],
    [`ann:{SCRYPT}${2 ** 30},8,1,${btoa('saltsalt')},${btoa('topsecrettopsecret')}`, 'line 1'],
    ['ann:x\n\nann:topsecret', 'line 3'],
  ])('of %j is refused without telling what is in it', (text, where) => {
    const content = text === 'nothing' ? '' : text;
    try {
      parseUsers(content, 'the file');
      expect.unreachable();
    } catch (error) {
      expect(isSrgitError(error, 'SRGIT_CONFIG_INVALID')).toBe(true);
      expect(String(error)).toContain(where);
      expect(JSON.stringify(error) + String(error)).not.toContain('topsecret');
    }
  });
});

describe('basic authentication', () => {
  it('answers 401 to everybody else, whatever is asked', async () => {
    const { url } = await start({ users: parseUsers('ann:hunter2', 'users'), operations: 'guarded' });
    for (const [method, path] of [
      ['GET', '/'],
      ['GET', '/subjects'],
      ['POST', '/subjects/s/versions'],
      ['PUT', '/subjects'],
      ['OPTIONS', '/subjects'],
      ['GET', '/nope'],
      ['GET', '/metrics'],
      ['GET', '/healthz'],
    ] as const) {
      for (const authorization of [undefined, basic('ann', 'wrong'), basic('bob', 'hunter2'), 'Bearer hunter2']) {
        const response = await fetch(url + path, { method, ...(authorization ? { headers: { authorization } } : {}) });
        expect([path, response.status]).toEqual([path, 401]);
        expect(response.headers.get('www-authenticate')).toMatch(/^Basic realm="[^"]+"/);
        expect(response.headers.get('content-type')).toBe('application/vnd.schemaregistry.v1+json');
        expect(await response.json()).toEqual({ error_code: 401, message: 'HTTP 401 Unauthorized' });
      }
    }
    const welcome = await fetch(`${url}/subjects`, { headers: { authorization: basic('ann', 'hunter2') } });
    expect([welcome.status, await welcome.json()]).toEqual([200, []]);
  });

  it('may leave the metrics and the health open, and those alone', async () => {
    const { url } = await start({ users: parseUsers('ann:hunter2', 'users'), operations: 'open' });
    const status = async (path: string) => (await fetch(url + path)).status;
    expect(await Promise.all(['/metrics', '/healthz', '/readyz', '/healthz/'].map(status))).toEqual([
      200, 200, 200, 200,
    ]);
    expect(await Promise.all(['/', '/subjects', '/metrics/x', '/nope'].map(status))).toEqual([401, 401, 401, 401]);
  });

  it('works for our own client, and does not log a secret', async () => {
    const events: AccessEvent[] = [];
    const { url } = await start({
      users: parseUsers(`ann:${scryptSecret('hunter2')}`, 'users'),
      onAccess: (event) => events.push(event),
    });
    const client = makeClient({ urls: [url], auth: { type: 'basic', username: 'ann', password: 'hunter2' } });
    expect((await client.get('/subjects')).ok).toBe(true);
    const wrong = makeClient({ urls: [url], auth: { type: 'basic', username: 'ann', password: 'hunter3' } });
    expect((await failureOf(wrong.get('/subjects'))).code).toBe('SRGIT_REGISTRY_AUTH');
    await expect
      .poll(() => events.map(({ status, user }) => [status, user]), PATIENT)
      .toEqual([
        [200, 'ann'],
        [401, undefined],
      ]);
    expect(JSON.stringify(events)).not.toMatch(/hunter|aHVudGVy/);
  });

  it('counts new users at once, and forgets the old ones', async () => {
    const { url, reload } = await start({ users: parseUsers('ann:one', 'users') });
    const status = async (name: string, password: string) =>
      (await fetch(url, { headers: { authorization: basic(name, password) } })).status;
    expect([await status('ann', 'one'), await status('ann', 'two')]).toEqual([200, 401]);
    reload({ users: parseUsers('ann:two\nbob:x', 'users') });
    expect([await status('ann', 'one'), await status('ann', 'two'), await status('bob', 'x')]).toEqual([401, 200, 200]);
  });
});

const authority = makeAuthority('Test authority');
const stranger = makeAuthority('Somebody else');
const certificate = authority.issue({ name: 'registry', hosts: ['127.0.0.1', 'localhost'] });

describe('TLS', () => {
  const ask = async (url: string, tls: object) => {
    const client = makeClient({ urls: [url], tls, retry: { attempts: 1 } });
    return client.get('/subjects').then(
      ({ status }) => status,
      (error) => (isSrgitError(error) ? error.code : String(error)),
    );
  };

  it('is what the server speaks then, and nothing else', async () => {
    const { url, port } = await start({ tls: { ...certificate, requireClientCert: false } });
    expect(url).toBe(`https://127.0.0.1:${port}`);
    expect(await ask(url, { caCert: authority.cert })).toBe(200);
    expect(await ask(url, {})).toBe('SRGIT_REGISTRY_TLS');
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  });

  it('may ask for a client certificate, whose name is the user', async () => {
    const events: AccessEvent[] = [];
    const { url } = await start({
      tls: { ...certificate, ca: authority.cert, requireClientCert: true },
      onAccess: (event) => events.push(event),
    });
    const mine = authority.issue({ name: 'exporter' });
    expect(await ask(url, { caCert: authority.cert, clientCert: mine.cert, clientKey: mine.key })).toBe(200);
    await expect.poll(() => events.map(({ user }) => user), PATIENT).toEqual(['exporter']);
    expect(await ask(url, { caCert: authority.cert })).not.toBe(200);
    const theirs = stranger.issue({ name: 'exporter' });
    expect(await ask(url, { caCert: authority.cert, clientCert: theirs.cert, clientKey: theirs.key })).not.toBe(200);
    expect(events).toHaveLength(1);
  });

  it('may know client certificates without asking for one', async () => {
    const events: AccessEvent[] = [];
    const { url } = await start({
      tls: { ...certificate, ca: authority.cert, requireClientCert: false },
      onAccess: (event) => events.push(event),
    });
    const mine = authority.issue({ name: 'exporter' });
    const theirs = stranger.issue({ name: 'impostor' });
    expect(await ask(url, { caCert: authority.cert, clientCert: mine.cert, clientKey: mine.key })).toBe(200);
    expect(await ask(url, { caCert: authority.cert, clientCert: theirs.cert, clientKey: theirs.key })).toBe(200);
    expect(await ask(url, { caCert: authority.cert })).toBe(200);
    await expect.poll(() => events.map(({ user }) => user), PATIENT).toEqual(['exporter', undefined, undefined]);
  });

  it('takes a renewed certificate without a restart', async () => {
    const { url, reload } = await start({ tls: { ...certificate, requireClientCert: false } });
    const renewed = stranger.issue({ name: 'registry', hosts: ['127.0.0.1'] });
    reload({ tls: { ...renewed, requireClientCert: false } });
    expect(await ask(url, { caCert: stranger.cert })).toBe(200);
    expect(await ask(url, { caCert: authority.cert })).toBe('SRGIT_REGISTRY_TLS');
    expect(() => reload({ tls: { cert: 'nonsense', key: 'nonsense', requireClientCert: false } })).toThrow();
    expect(await ask(url, { caCert: stranger.cert })).toBe(200);
  });
});

describe('files', () => {
  function files(mode = 0o600): Required<Omit<SecurityFiles, 'requireClientCert'>> {
    const folder = temporaryFolder();
    const write = (name: string, text: string): string => {
      const file = join(folder, name);
      writeFileSync(file, text);
      chmodSync(file, mode);
      return file;
    };
    return {
      tlsCert: write('cert.pem', certificate.cert),
      tlsKey: write('key.pem', certificate.key),
      tlsCa: write('ca.pem', authority.cert),
      authFile: write('users', 'ann:hunter2'),
    };
  }

  it('are read, with a warning when everybody can', () => {
    const { tls, users, warnings } = readSecurity({ ...files(), requireClientCert: true });
    expect([tls?.cert, tls?.ca, tls?.requireClientCert]).toEqual([certificate.cert, authority.cert, true]);
    expect([...(users ?? [])].map(([name]) => name)).toEqual(['ann']);
    expect(warnings).toEqual([]);
    const exposed = files(0o644);
    expect(readSecurity({ ...exposed, requireClientCert: false }).warnings).toEqual([
      expect.stringContaining(exposed.tlsKey ?? ''),
      expect.stringContaining(exposed.authFile ?? ''),
    ]);
    expect(readSecurity({ requireClientCert: false })).toEqual({ warnings: [] });
  });

  it('that are missing, wrong or do not belong together are named', () => {
    const good = files();
    const other = files();
    writeFileSync(other.tlsKey ?? '', authority.issue({ name: 'other' }).key);
    writeFileSync(other.tlsCa ?? '', 'hunter2');
    for (const [wrong, named] of [
      [{ ...good, tlsCert: '/nowhere/cert.pem' }, '/nowhere/cert.pem'],
      [{ ...good, authFile: '/nowhere/users' }, '/nowhere/users'],
      [{ ...good, tlsKey: other.tlsKey }, other.tlsKey],
      [{ ...good, tlsKey: other.tlsCa }, other.tlsCa],
      [{ ...good, tlsCa: undefined, requireClientCert: true }, 'no authority'],
    ] as const) {
      try {
        readSecurity({ requireClientCert: false, ...wrong });
        expect.unreachable();
      } catch (error) {
        expect([named, isSrgitError(error, 'SRGIT_CONFIG_INVALID'), String(error).includes(named ?? '?')]).toEqual([
          named,
          true,
          true,
        ]);
        expect(String(error)).not.toContain('hunter2');
      }
    }
  });
});
