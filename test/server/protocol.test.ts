/** What HTTP itself asks of the server: media types, methods, headers, encodings, limits. */
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { negotiateType } from '../../src/server/media-type.ts';
import { record, startRegistry, type TestRegistry } from './client.ts';

const V1 = 'application/vnd.schemaregistry.v1+json';
const ANY_VERSION = 'application/vnd.schemaregistry+json';
const JSON_TYPE = 'application/json';

let registry: TestRegistry;
let strict: TestRegistry;
beforeAll(async () => {
  registry = await startRegistry({ version: '1.2.3' });
  strict = await startRegistry({ strictConfluent: true, version: '1.2.3' });
  for (const { call } of [registry, strict]) await call('POST', '/subjects/s/versions', { schema: record('A') });
});
afterAll(() => Promise.all([registry.close(), strict.close()]));

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
}

/** With node's own client: fetch adds headers and hides others. */
function ask({ port }: TestRegistry, path: string, { method = 'GET', headers = {}, body }: Sent = {}) {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Bytes as they are; everything that comes back until the server closes. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let got = '';
    socket.on('data', (data) => {
      got += data.toString('latin1');
    });
    socket.on('close', () => resolve(got));
    socket.on('error', reject);
  });
}

describe('Accept', () => {
  it.each([
    [undefined, V1],
    ['*/*', V1],
    ['*', V1],
    ['application/*', V1],
    [V1, V1],
    [ANY_VERSION, ANY_VERSION],
    [JSON_TYPE, JSON_TYPE],
    ['APPLICATION/JSON', JSON_TYPE],
    [`${JSON_TYPE}; charset=utf-8`, JSON_TYPE],
    [`${JSON_TYPE}, ${V1};q=0.5`, JSON_TYPE],
    [`${JSON_TYPE};q=0.5, ${V1}`, V1],
    // What clients in the field send.
    [`${V1}, ${ANY_VERSION}, ${JSON_TYPE}`, V1],
    [`${V1},${ANY_VERSION},${JSON_TYPE}`, V1],
    [`${V1}; q=0.9, ${JSON_TYPE}; q=0.5`, V1],
    ['text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2', V1],
    ['application/json, text/plain, */*', V1],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', V1],
    [`${V1};q=0, ${JSON_TYPE}`, JSON_TYPE],
    [`${V1};q=0, */*`, ANY_VERSION],
    ['application/*;q=0.5, text/html', V1],
    // Nothing that can be read takes anything.
    ['', V1],
    ['nonsense', V1],
    ['application/json;q=high', JSON_TYPE],
    // None of ours.
    ['text/html', undefined],
    ['text/*;q=1', undefined],
    ['*/*;q=0', undefined],
    ['application/octet-stream', undefined],
  ])('%j is answered with %j', (accept, type) => expect(negotiateType(accept)).toBe(type));

  it('that takes none of our types is 406, after 404, 405 and 415', async () => {
    const headers = { accept: 'text/html' };
    expect(await ask(registry, '/subjects', { headers })).toMatchObject({
      status: 406,
      body: '{"error_code":406,"message":"HTTP 406 Not Acceptable"}',
    });
    expect((await ask(registry, '/nope', { headers })).status).toBe(404);
    expect((await ask(registry, '/subjects', { method: 'PUT', headers })).status).toBe(405);
    const text = { ...headers, 'content-type': 'text/plain' };
    expect((await ask(registry, '/config', { method: 'PUT', headers: text, body: '{}' })).status).toBe(415);
    expect((await ask(registry, '/subjects', { method: 'OPTIONS', headers })).status).toBe(200);
    const plain = await ask(strict, '/subjects', { headers });
    expect([plain.status, plain.headers['content-type']]).toEqual([406, undefined]);
  });

  it('counts for errors too', async () => {
    const { status, headers } = await ask(registry, '/subjects/nope/versions', { headers: { accept: JSON_TYPE } });
    expect([status, headers['content-type']]).toEqual([404, JSON_TYPE]);
  });
});

describe('Content-Type', () => {
  it.each([
    [V1, 200],
    [ANY_VERSION, 200],
    [JSON_TYPE, 200],
    ['application/octet-stream', 200],
    ['Application/JSON; charset=UTF-8', 200],
    ['text/plain', 415],
    ['application/xml', 415],
    ['application/vnd.schemaregistry.v2+json', 415],
    ['application/x-www-form-urlencoded', 415],
  ])('%s: %i', async (type, status) => {
    const sent = { method: 'PUT', headers: { 'content-type': type }, body: '{"compatibility":"FULL"}' };
    expect((await ask(registry, '/config/ct', sent)).status).toBe(status);
  });

  it('may be missing', async () => {
    expect((await ask(registry, '/config/ct', { method: 'PUT', body: '{"compatibility":"FULL"}' })).status).toBe(200);
  });
});

describe('X-Request-ID', () => {
  it('is the caller’s own where that can be repeated, else a new one', async () => {
    const own = async (sent?: string | string[]) =>
      (await ask(registry, '/', sent === undefined ? {} : { headers: { 'x-request-id': sent } })).headers[
        'x-request-id'
      ];
    expect(await own('abc-123')).toBe('abc-123');
    const uuid = /^[0-9a-f-]{36}$/;
    expect(await own()).toMatch(uuid);
    expect(await own()).not.toBe(await own());
    expect(await own('two words')).toMatch(uuid);
    expect(await own('x'.repeat(300))).toMatch(uuid);
    expect(await own(['a', 'b'])).toMatch(uuid);
  });

  it('is in every answer, errors included', async () => {
    const headers = { 'x-request-id': 'abc' };
    for (const [path, method] of [
      ['/nope', 'GET'],
      ['/subjects', 'PUT'],
      ['/subjects/a%00b/versions', 'GET'],
      ['/subjects/x', 'DELETE'],
      ['/subjects', 'HEAD'],
      ['/subjects', 'OPTIONS'],
    ] as const) {
      for (const server of [registry, strict]) {
        const answer = await ask(server, path, { method, headers });
        expect([path, answer.headers['x-request-id']]).toEqual([path, 'abc']);
        expect(answer.headers['server']).toBe('srgit/1.2.3');
      }
    }
  });
});

describe('headers and members that are not ours', () => {
  it('change nothing', async () => {
    const headers = {
      'content-type': V1,
      'confluent-accept-unknown-properties': 'true',
      'confluent-client-version': '8.3.1/commonversion',
      'confluent-identity-pool-id': 'pool-1',
      'target-sr-cluster': 'lsrc-1',
      'x-forward': 'true',
      authorization: 'Basic abc',
      'x-registry-groupid': 'default',
    };
    const body = JSON.stringify({ schema: record('A'), unknown: { a: [1] }, schemaType: null, references: null });
    const answer = await ask(registry, '/subjects/s?unknown=1&normalize=nonsense', { method: 'POST', headers, body });
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([200, { id: 1, version: 1 }]);
    for (const name of ['etag', 'cache-control', 'last-modified']) expect(answer.headers).not.toHaveProperty(name);
  });
});

describe('compressed bodies', () => {
  const post = (body: Buffer, encoding: string, server = registry) =>
    ask(server, '/subjects/s', { method: 'POST', headers: { 'content-type': V1, 'content-encoding': encoding }, body });
  const text = JSON.stringify({ schema: record('A') });

  it('are read', async () => {
    expect((await post(gzipSync(text), 'gzip')).status).toBe(200);
    expect((await post(gzipSync(text), ' GZIP ')).status).toBe(200);
    expect((await post(Buffer.from(text), 'identity')).status).toBe(200);
  });

  it('are refused when they are not what they say, or too large', async () => {
    expect((await post(Buffer.from(text), 'gzip')).status).toBe(400);
    expect((await post(gzipSync(text).subarray(0, 20), 'gzip')).status).toBe(400);
    expect((await post(Buffer.from(text), 'snappy')).status).toBe(415);
    expect((await post(Buffer.from(text), 'constructor')).status).toBe(415);
    const bomb = await post(gzipSync(Buffer.alloc(40 * 1024 * 1024)), 'gzip');
    expect([bomb.status, JSON.parse(bomb.body).error_code]).toEqual([413, 413]);
  });
});

describe('methods', () => {
  it.each([
    ['/', 'HEAD, GET, OPTIONS'],
    ['/subjects', 'HEAD, GET, OPTIONS'],
    ['/config', 'HEAD, GET, PUT, DELETE, OPTIONS'],
    ['/config/s', 'HEAD, GET, PUT, DELETE, OPTIONS'],
    ['/subjects/s/versions', 'HEAD, GET, POST, OPTIONS'],
    ['/subjects/s', 'POST, DELETE, OPTIONS'],
    ['/compatibility/subjects/s/versions', 'POST, OPTIONS'],
    ['/associations', 'POST, PUT, OPTIONS'],
  ])('of %s are %s', async (path, allowed) => {
    const options = await ask(registry, path, { method: 'OPTIONS' });
    expect([options.status, options.body]).toEqual([200, allowed]);
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH']) {
      if (allowed.includes(method)) continue;
      const refused = await ask(registry, path, { method });
      expect([method, refused.status, refused.body]).toEqual([
        method,
        405,
        '{"error_code":405,"message":"HTTP 405 Method Not Allowed"}',
      ]);
    }
  });

  it('HEAD answers as GET without the body', async () => {
    for (const path of ['/subjects', '/schemas/ids/1', '/subjects/nope/versions', '/nope']) {
      const get = await ask(registry, path);
      const head = await ask(registry, path, { method: 'HEAD' });
      expect([head.status, head.body]).toEqual([get.status, '']);
      expect(head.headers['content-type']).toBe(get.headers['content-type']);
      expect(head.headers['content-length']).toBe(String(Buffer.byteLength(get.body)));
    }
  });
});

describe('paths', () => {
  it.each(['/subjects/', '/schemas/', '/config/', '/mode/', '/contexts/', '/subjects/s/versions/', '/schemas/ids/1/'])(
    '%s is the same without its last slash',
    async (path) => {
      const [one, other] = await Promise.all([ask(registry, path), ask(registry, path.slice(0, -1))]);
      expect([one.status, one.body]).toEqual([200, other.body]);
    },
  );

  it.each([
    '/exporters',
    '/exporters/e/status',
    '/dek-registry/v1/keks',
    '/dek-registry/v1/keks/k/deks/s',
    '/catalog/v1/types/tagdefs',
    '/clusterconfig',
    '/import/schemas',
    '/_health',
    '/apis/registry/v3/system/info',
    '/master_available',
    '/metrics',
    '/healthz',
    '/Subjects',
    '/v1/metadata',
    '/schemas/ids',
    '/subjects/s/versions/1/nope',
    '/associations',
  ])('%s is none of a community registry’s', async (path) => {
    const { status, body } = await ask(registry, path);
    expect([status, JSON.parse(body).error_code]).toEqual(path === '/associations' ? [405, 405] : [404, 404]);
  });

  it('that the HTTP layer refuses are a page for a strict mirror, JSON else', async () => {
    for (const path of [
      '//subjects',
      '/subjects/%zz',
      '/subjects/a%5Cb',
      '/subjects/%E9',
      '/subjects/a%0Ab/versions',
    ]) {
      const page = await ask(strict, path);
      expect([path, page.status, page.headers['content-type']]).toEqual([path, 400, 'text/html;charset=iso-8859-1']);
      const json = await ask(registry, path);
      expect([path, json.status, JSON.parse(json.body).error_code]).toEqual([path, 400, 400]);
    }
  });
});

describe('limits', () => {
  it('end a request whose headers are too large', async () => {
    const answer = await raw(registry.port, `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('{"error_code":431,');
  });

  it('end what is no HTTP', async () => {
    const answer = await raw(registry.port, 'nonsense\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toContain('{"error_code":400,');
  });

  it('end a caller who sends its request too slowly', async () => {
    const quick = await startRegistry({ timeouts: { headers: 200, request: 400 } });
    onTestFinished(() => quick.close());
    expect(await raw(quick.port, 'GET / HTTP/1.1\r\nHost: a\r\n')).toMatch(/^HTTP\/1\.1 408 /);
    const body = 'POST /subjects/s HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{';
    expect(await raw(quick.port, body)).toMatch(/^HTTP\/1\.1 408 /);
    expect((await ask(quick, '/')).status).toBe(200);
  });

  it('refuse a body nested too deep, wherever it is posted', async () => {
    const deep = `{"schema":"x","metadata":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`;
    for (const [method, path] of [
      ['POST', '/subjects/s/versions'],
      ['POST', '/subjects/s'],
      ['POST', '/compatibility/subjects/s/versions'],
      ['PUT', '/config/s'],
      ['PUT', '/mode/s'],
      ['POST', '/associations'],
      ['POST', '/subjects/s/versions/1/tags'],
    ] as const) {
      const { status, body } = await ask(registry, path, { method, headers: { 'content-type': V1 }, body: deep });
      expect([path, status, JSON.parse(body)]).toMatchObject([
        path,
        400,
        { error_code: 400, message: expect.stringContaining('nesting depth') },
      ]);
    }
    // Brackets in strings are no nesting.
    const flat = JSON.stringify({ schema: `"${'['.repeat(5000)}`, metadata: {} });
    expect(
      (await ask(registry, '/subjects/s', { method: 'POST', headers: { 'content-type': V1 }, body: flat })).status,
    ).toBe(422);
  });
});

describe('/v1/metadata', () => {
  it('tells the API that is spoken, and who speaks it', async () => {
    expect(JSON.parse((await ask(registry, '/v1/metadata/version')).body)).toEqual({
      version: '8.3.1',
      commitId: 'srgit-1.2.3',
      implementation: 'srgit',
    });
    expect(JSON.parse((await ask(registry, '/v1/metadata/id')).body)).toEqual({
      scope: { path: [], clusters: { 'kafka-cluster': 'srgit', 'schema-registry-cluster': 'srgit' } },
    });
    expect(JSON.parse((await ask(registry, '/v1/metadata/deployment')).body)).toEqual({ attributes: [] });
    // A strict mirror answers to the byte as the release that was observed; `Server` still says who it is.
    const mirror = await ask(strict, '/v1/metadata/version');
    expect(JSON.parse(mirror.body)).toEqual({
      version: '8.3.1',
      commitId: '1591732f0d6aec44a5cbe4c3be555571d8ae8139',
    });
    expect(mirror.headers['server']).toBe('srgit/1.2.3');
  });
});
