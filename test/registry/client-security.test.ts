import { describe, expect, it } from 'vitest';
import { createRegistryClient } from '../../src/registry/client.ts';
import type { OAuthOptions } from '../../src/registry/options.ts';
import { makeAuthority } from '../support/certificates.ts';
import { startForwardProxy } from '../support/forward-proxy.ts';
import { answerJson, findDeadPort, type LoopbackServer, startServer } from '../support/loopback-server.ts';
import { during, expectNoSecret, failureOf, makeClient } from '../support/registry-client.ts';
import { type FrontAuth, type SecureFront, startSecureFront } from '../support/secure-front.ts';

const authority = makeAuthority('srgit test authority');
const serverCert = authority.issue({ name: 'localhost', hosts: ['127.0.0.1', 'localhost'] });

const startPlain = (): Promise<LoopbackServer> =>
  during(
    startServer((request, response) =>
      answerJson(response, 200, { authorization: request.headers.authorization ?? null }),
    ),
  );

async function startFront(auth?: FrontAuth): Promise<SecureFront> {
  const { url } = await startPlain();
  return during(startSecureFront({ target: url, ...(auth === undefined ? {} : { auth }) }));
}

describe('basic and bearer', () => {
  const basic = { type: 'basic', username: 'ann', password: 'hünter2:päss' } as const;

  it('sends them, from settings or from the URL', async () => {
    const front = await startFront(basic);
    expect((await makeClient({ urls: [front.url], auth: basic }).get('/a')).ok).toBe(true);
    const url = front.url.replace('//', `//ann:${encodeURIComponent(basic.password)}@`);
    expect((await makeClient({ urls: [url] }).get('/a')).ok).toBe(true);
    expect((await makeClient({ urls: [url], auth: { type: 'none' } }).get('/a')).ok).toBe(true);
    const bearer = await startFront({ type: 'bearer', token: 'abc.def' });
    expect((await makeClient({ urls: [bearer.url], auth: { type: 'bearer', token: 'abc.def\n' } }).get('/a')).ok).toBe(
      true,
    );
  });

  it('does not show them when they are wrong, though the server repeats them', async () => {
    const front = await startFront(basic);
    const secret = 'correct-horse-battery';
    const clients = [
      makeClient({ urls: [front.url], auth: { ...basic, password: secret } }),
      makeClient({ urls: [front.url.replace('//', `//ann:${secret}@`)] }),
      makeClient({ urls: [front.url], auth: { type: 'bearer', token: secret } }),
      makeClient({ urls: [front.url], headers: { authorization: `Basic ${secret}` } }),
    ];
    for (const client of clients) {
      const error = await failureOf(client.get('/subjects'));
      expect(error).toMatchObject({
        code: 'SRGIT_REGISTRY_AUTH',
        details: { status: 401, errorCode: 40101, node: front.url },
      });
      expect(error.message).toContain('***');
      expectNoSecret(error, secret, Buffer.from(`ann:${secret}`).toString('base64'));
      expect(client.stats.requests).toBe(1);
    }
  });

  it('does not show them when the node is down', async () => {
    const dead = `127.0.0.1:${await findDeadPort()}`;
    const error = await failureOf(
      makeClient({ urls: [`http://ann:topsecret@${dead}`, `http://ann:topsecret@${dead}/x`] }).get('/a'),
    );
    expect(error.code).toBe('SRGIT_REGISTRY_UNREACHABLE');
    expectNoSecret(error, 'topsecret');
  });
});

describe('OAuth', () => {
  const client = { clientId: 'srgit client', clientSecret: 's3cret+/&=ü' } as const;
  const optionsFor = (front: SecureFront, more: Partial<OAuthOptions> = {}): OAuthOptions => ({
    type: 'oauth',
    tokenUrl: front.tokenUrl,
    ...client,
    ...more,
  });

  it.each(['basic', 'form'] as const)('fetches one token for all, with the credentials in %s', async (style) => {
    const front = await startFront({ type: 'oauth', ...client, style, expiresIn: 3600 });
    const auth = optionsFor(front, { logicalCluster: 'lsrc-1', identityPoolId: 'pool-2', scope: 'api://x' });
    const registry = makeClient({ urls: [front.url], auth });
    await Promise.all(Array.from({ length: 20 }, () => registry.get('/a')));
    expect(front.issued).toHaveLength(1);
    expect(front.lastHeaders()).toMatchObject({
      'target-sr-cluster': 'lsrc-1',
      'confluent-identity-pool-id': 'pool-2',
    });
  });

  it('renews a refused token once and repeats the request', async () => {
    const front = await startFront({ type: 'oauth', ...client });
    const registry = makeClient({ urls: [front.url], auth: optionsFor(front) });
    await registry.get('/a');
    front.revokeTokens();
    const answers = await Promise.all([
      registry.get('/a'),
      registry.send('POST', '/b', { body: {} }),
      registry.get('/c'),
    ]);
    expect(answers.every(({ ok }) => ok)).toBe(true);
    expect(front.issued).toHaveLength(2);
  });

  it('fails when a fresh token is refused too', async () => {
    const tokens = await startFront({ type: 'oauth', ...client });
    const front = await startFront({ type: 'bearer', token: 'another' });
    const registry = makeClient({ urls: [front.url], auth: optionsFor(tokens) });
    const error = await failureOf(registry.get('/a'));
    expect(error.code).toBe('SRGIT_REGISTRY_AUTH');
    expect(registry.stats.requests).toBe(2);
    expectNoSecret(error, ...tokens.issued, client.clientSecret);
  });

  it('renews before expiry, and lives on the old token while the endpoint fails', async () => {
    const front = await startFront({ type: 'oauth', ...client, expiresIn: 1000 });
    let clock = 1_000_000;
    const registry = makeClient({ urls: [front.url], auth: optionsFor(front), now: () => clock });
    await registry.get('/a');
    clock += 939_000;
    await registry.get('/a');
    expect(front.issued).toHaveLength(1);
    clock += 2000;
    front.failTokenRequests({ status: 503, body: {} });
    await registry.get('/a');
    expect(front.issued).toHaveLength(1);
    await registry.get('/a');
    expect(front.issued).toHaveLength(2);
  });

  it('tries again when the endpoint is busy', async () => {
    const front = await startFront({ type: 'oauth', ...client });
    front.failTokenRequests({ status: 503, body: {} }, { status: 429, body: {} });
    expect((await makeClient({ urls: [front.url], auth: optionsFor(front) }).get('/a')).ok).toBe(true);
  });

  it('says why there is no token, without secrets', async () => {
    const front = await startFront({ type: 'oauth', ...client });
    const secret = 'wrong-client-secret';
    const wrong = await failureOf(
      makeClient({ urls: [front.url], auth: optionsFor(front, { clientSecret: secret }) }).get('/a'),
    );
    expect(wrong).toMatchObject({ code: 'SRGIT_OAUTH_FAILED', retriable: false, details: { status: 401 } });
    expect(wrong.message).toContain('invalid_client');
    expectNoSecret(wrong, secret);

    front.failTokenRequests({ status: 200, body: { nothing: secret } });
    const empty = await failureOf(makeClient({ urls: [front.url], auth: optionsFor(front) }).get('/a'));
    expect(empty).toMatchObject({ code: 'SRGIT_OAUTH_FAILED' });
    expectNoSecret(empty, secret);

    const tokenUrl = `http://127.0.0.1:${await findDeadPort()}/token`;
    const dead = await failureOf(makeClient({ urls: [front.url], auth: optionsFor(front, { tokenUrl }) }).get('/a'));
    expect(dead).toMatchObject({ code: 'SRGIT_OAUTH_FAILED', retriable: true });
    expect(dead.message).toContain('connection refused');
  });

  it('can be interrupted while a token is fetched', async () => {
    const controller = new AbortController();
    const silent = await during(startServer(() => controller.abort()));
    const front = await startFront();
    const auth = optionsFor(front, { tokenUrl: `${silent.url}/token` });
    const error = await failureOf(makeClient({ urls: [front.url], auth }).get('/a', { signal: controller.signal }));
    expect(error.code).toBe('SRGIT_INTERRUPTED');
  });
});

describe('TLS', () => {
  const startTls = async (tls: Parameters<typeof startSecureFront>[0]['tls']): Promise<SecureFront> => {
    const { url } = await startPlain();
    return during(startSecureFront({ target: url, ...(tls === undefined ? {} : { tls }) }));
  };
  const code = 'SRGIT_REGISTRY_TLS';

  it('distrusts a private authority until it is given', async () => {
    const front = await startTls(serverCert);
    const error = await failureOf(makeClient({ urls: [front.url] }).get('/a'));
    expect(error).toMatchObject({ code, retriable: false, hint: expect.stringContaining('tls.ca_cert') });
    expect(front.requests).toEqual([]);
    expect((await makeClient({ urls: [front.url], tls: { caCert: authority.cert } }).get('/a')).ok).toBe(true);
    const other = makeAuthority('another');
    expect(await failureOf(makeClient({ urls: [front.url], tls: { caCert: other.cert } }).get('/a'))).toMatchObject({
      code,
    });
  });

  it.each([
    ['another host', authority.issue({ name: 'sr', hosts: ['sr.example'] }), /another host name/],
    [
      'the past',
      authority.issue({ name: 'old', hosts: ['127.0.0.1'], notAfter: new Date(Date.now() - 1000) }),
      /expired/,
    ],
    [
      'the future',
      authority.issue({ name: 'new', hosts: ['127.0.0.1'], notBefore: new Date(Date.now() + 80_000_000) }),
      /not valid yet/,
    ],
  ])('refuses a certificate for %s', async (_case, certificate, reason) => {
    const front = await startTls(certificate);
    const error = await failureOf(makeClient({ urls: [front.url], tls: { caCert: authority.cert } }).get('/a'));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(reason);
  });

  it('presents a client certificate where one is required, and says so where it is missing or refused', async () => {
    const front = await startTls({ ...serverCert, ca: authority.cert, requestCert: true, rejectUnauthorized: true });
    const caCert = authority.cert;
    const mine = authority.issue({ name: 'srgit', passphrase: 'open-sesame' });
    const tls = { caCert, clientCert: mine.cert, clientKey: mine.key, passphrase: 'open-sesame' };
    const client = makeClient({ urls: [front.url], auth: { type: 'mtls' }, tls });
    expect((await client.get('/a')).ok).toBe(true);
    const hint = expect.stringContaining('tls.client_cert');
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const strict = await startTls({ ...serverCert, ca: authority.cert, requestCert: true, maxVersion });
      expect(await failureOf(makeClient({ urls: [strict.url], tls: { caCert } }).get('/a'))).toMatchObject({
        code,
        hint,
      });
    }
    // A Node server checks whose certificate it is after the handshake, and only closes.
    const stranger = makeAuthority('strangers').issue({ name: 'srgit' });
    const other = { caCert, clientCert: stranger.cert, clientKey: stranger.key };
    const closed = await failureOf(makeClient({ urls: [front.url], tls: other }).get('/a'));
    expect(closed).toMatchObject({ code: 'SRGIT_REGISTRY_UNREACHABLE', hint });
  });

  it('refuses unreadable keys and certificates without showing them', () => {
    const mine = authority.issue({ name: 'srgit', passphrase: 'open-sesame' });
    const other = authority.issue({ name: 'other' });
    for (const tls of [
      { caCert: 'no certificate' },
      { clientCert: mine.cert },
      { clientCert: mine.cert, clientKey: mine.key, passphrase: 'wrong-passphrase' },
      { clientCert: mine.cert, clientKey: other.key },
    ]) {
      let caught: unknown;
      try {
        createRegistryClient({ urls: ['https://127.0.0.1:1'], tls });
      } catch (error) {
        caught = error;
      }
      expect(caught).toMatchObject({ code });
      expectNoSecret(caught, 'wrong-passphrase', 'PRIVATE KEY');
    }
  });

  it('says that a port speaks plain HTTP', async () => {
    const plain = await startPlain();
    const error = await failureOf(makeClient({ urls: [plain.url.replace('http:', 'https:')] }).get('/a'));
    expect(error).toMatchObject({ code, hint: expect.stringContaining('http://') });
  });

  it('moves on from a node with a wrong certificate', async () => {
    const wrong = await startTls(authority.issue({ name: 'sr', hosts: ['sr.example'] }));
    const right = await startTls(serverCert);
    const client = makeClient({ urls: [wrong.url, right.url], tls: { caCert: authority.cert } });
    expect((await client.get('/a')).ok).toBe(true);
    expect(client.stats).toMatchObject({ failovers: 1, retries: 0 });
  });
});

describe('proxies', () => {
  it('forwards http by absolute URLs and tunnels https', async () => {
    const proxy = await during(startForwardProxy('agent:proxy-secret'));
    const withCredentials = proxy.url.replace('//', '//agent:proxy-secret@');
    const plain = await startPlain();
    const settings = { http: withCredentials, https: withCredentials };
    const auth = { type: 'basic', username: 'ann', password: 'pass' } as const;
    const overHttp = makeClient({ urls: [`${plain.url}/p`], proxy: settings, auth });
    expect((await overHttp.get('/a', { query: { b: 1 } })).body).toMatchObject({
      authorization: expect.stringContaining('Basic'),
    });
    expect((await overHttp.send('POST', '/c', { body: { d: 1 } })).ok).toBe(true);
    expect(proxy.forwarded).toEqual([`GET ${plain.url}/p/a?b=1`, `POST ${plain.url}/p/c`]);

    const secure = await during(startServer((_request, response) => answerJson(response, 200, 'tls'), serverCert));
    const overTls = makeClient({ urls: [secure.url], proxy: settings, tls: { caCert: authority.cert } });
    expect((await overTls.get('/a')).body).toBe('tls');
    expect(proxy.forwarded.at(-1)).toBe(`CONNECT 127.0.0.1:${secure.port}`);
    const distrusting = makeClient({ urls: [secure.url], proxy: settings });
    expect(await failureOf(distrusting.get('/a'))).toMatchObject({ code: 'SRGIT_REGISTRY_TLS' });
  });

  it('is bypassed for the hosts of NO_PROXY', async () => {
    const proxy = await during(startForwardProxy());
    const plain = await startPlain();
    const client = makeClient({ urls: [plain.url], proxy: { http: proxy.url, noProxy: 'sr.example,127.0.0.1' } });
    expect((await client.get('/a')).ok).toBe(true);
    expect(proxy.forwarded).toEqual([]);
  });

  it('says that the proxy refused or is down, without its credentials', async () => {
    const proxy = await during(startForwardProxy('agent:proxy-secret'));
    const wrong = proxy.url.replace('//', '//agent:wrong-secret@');
    const plain = await startPlain();
    const settings = { http: wrong, https: wrong };
    for (const url of [plain.url, plain.url.replace('http:', 'https:')]) {
      const error = await failureOf(makeClient({ urls: [url], proxy: settings }).get('/a'));
      expect(error.code).toBe('SRGIT_REGISTRY_UNREACHABLE');
      expect(error.message).toContain('the proxy answered 407');
      expectNoSecret(error, 'wrong-secret');
    }
    const down = `http://agent:proxy-secret@127.0.0.1:${await findDeadPort()}`;
    const error = await failureOf(makeClient({ urls: [plain.url], proxy: { http: down } }).get('/a'));
    expect(error.code).toBe('SRGIT_REGISTRY_UNREACHABLE');
    expectNoSecret(error, 'proxy-secret');
    expect(plain.requests).toEqual([]);
  });
});
