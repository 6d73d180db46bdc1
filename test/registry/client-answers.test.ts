import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answerJson, readText, startServer } from '../support/loopback-server.ts';
import { during, expectNoSecret, failureOf, makeClient } from '../support/registry-client.ts';

describe('requests', () => {
  it('sends the registry’s headers, the prefix, the query and the body', async () => {
    const seen: { url: string | undefined; headers: NodeJS.Dict<string | string[]>; body: string }[] = [];
    const server = await during(
      startServer(async (request, response) => {
        seen.push({ url: request.url, headers: request.headers, body: await readText(request) });
        answerJson(response, 200, { id: 7 });
      }),
    );
    const client = makeClient({
      urls: [`${server.url}/apis/ccompat/v7/`],
      headers: { 'X-Team': 'blue', Accept: 'a/b' },
    });
    const answer = await client.send('POST', '/subjects/a%2Fb/versions', {
      query: { normalize: true },
      body: { schema: '"ü"' },
    });
    expect(answer).toMatchObject({ ok: true, status: 200, body: { id: 7 } });
    expect(answer.headers['content-type']).toBe('application/vnd.schemaregistry.v1+json');
    expect(seen[0]?.url).toBe('/apis/ccompat/v7/subjects/a%2Fb/versions?normalize=true');
    expect(seen[0]?.body).toBe('{"schema":"\\"ü\\""}');
    expect(seen[0]?.headers).toMatchObject({
      accept: 'a/b',
      'confluent-accept-unknown-properties': 'true',
      'content-type': 'application/vnd.schemaregistry.v1+json',
      'user-agent': 'srgit',
      'x-team': 'blue',
    });
    expect(seen[0]?.headers['authorization']).toBeUndefined();
  });

  it('asks for and unpacks compressed listings, and does not ask for them elsewhere', async () => {
    const asked: unknown[] = [];
    const rows = Array.from({ length: 5000 }, (_, id) => ({ id, subject: 'orders-value' }));
    const server = await during(
      startServer((request, response) => {
        asked.push(request.headers['accept-encoding']);
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
        response.end(gzipSync(JSON.stringify(rows)));
      }),
    );
    const client = makeClient({ urls: [server.url] });
    expect((await client.get('/schemas', { query: { deleted: true } })).body).toEqual(rows);
    await client.get('/config');
    expect(asked).toEqual(['gzip', undefined]);
    const small = makeClient({ urls: [server.url], maxAnswerBytes: 10_000 });
    expect(await failureOf(small.get('/schemas'))).toMatchObject({
      code: 'SRGIT_REGISTRY_BAD_ANSWER',
      retriable: false,
    });
  });

  it('resolves an empty answer without a body', async () => {
    const server = await during(startServer((_request, response) => response.writeHead(204).end()));
    expect((await makeClient({ urls: [server.url] }).get('/a')).body).toBeUndefined();
  });

  it('joins repeated headers', async () => {
    const server = await during(
      startServer((_request, response) => {
        response.setHeader('x-two', ['a', 'b']);
        answerJson(response, 200, []);
      }),
    );
    expect((await makeClient({ urls: [server.url] }).get('/a')).headers['x-two']).toBe('a, b');
  });

  it.each([{ 'x-a': 'line\nbreak' }, { 'bad name': 'x' }, { Connection: 'close' }])(
    'refuses the headers %o',
    (headers) => {
      const make = () => makeClient({ urls: ['http://127.0.0.1:1'], headers: { ...headers } });
      expect(make).toThrow(expect.objectContaining({ code: 'SRGIT_CONFIG_INVALID' }));
    },
  );
});

describe('allowed codes', () => {
  it('are answers, asked once', async () => {
    const server = await during(
      startServer((request, response) => {
        if (request.url === '/html') response.writeHead(404, { 'content-type': 'text/html' }).end('<html>');
        else
          answerJson(response, request.url === '/broken' ? 500 : 404, {
            error_code: request.url === '/broken' ? 50002 : 40408,
            message: 'm',
          });
      }),
    );
    const client = makeClient({ urls: [server.url] });
    expect(await client.get('/config/a', { allow: [40408] })).toMatchObject({
      ok: false,
      status: 404,
      errorCode: 40408,
      body: { error_code: 40408 },
    });
    expect(await client.get('/config/a', { allow: [404] })).toMatchObject({ ok: false, errorCode: 40408 });
    expect(await client.get('/html', { allow: [404] })).toMatchObject({ ok: false, errorCode: 404, body: undefined });
    expect(await client.get('/broken', { allow: [50002] })).toMatchObject({ ok: false, errorCode: 50002 });
    expect(client.stats.requests).toBe(4);
    expect(await failureOf(client.get('/config/a', { allow: [40401] }))).toMatchObject({
      code: 'SRGIT_REGISTRY_NOT_FOUND',
    });
  });
});

describe('refusals', () => {
  it.each([
    [400, 400, 'SRGIT_REGISTRY_REFUSED', 1],
    [401, 40101, 'SRGIT_REGISTRY_AUTH', 1],
    [401, 401, 'SRGIT_REGISTRY_AUTH', 1],
    [403, 40301, 'SRGIT_REGISTRY_FORBIDDEN', 1],
    [403, 40370, 'SRGIT_REGISTRY_FORBIDDEN', 1],
    [404, 40401, 'SRGIT_REGISTRY_NOT_FOUND', 1],
    [404, 404, 'SRGIT_REGISTRY_NOT_FOUND', 1],
    [405, 405, 'SRGIT_REGISTRY_REFUSED', 1],
    [408, 408, 'SRGIT_REGISTRY_TIMEOUT', 6],
    [409, 409, 'SRGIT_REGISTRY_CONFLICT', 1],
    [409, 40901, 'SRGIT_REGISTRY_CONFLICT', 1],
    [413, 413, 'SRGIT_REGISTRY_REFUSED', 1],
    [415, 415, 'SRGIT_REGISTRY_REFUSED', 1],
    [422, 42201, 'SRGIT_REGISTRY_REFUSED', 1],
    [429, 429, 'SRGIT_REGISTRY_THROTTLED', 6],
    [500, 50001, 'SRGIT_REGISTRY_FAILED', 6],
    [500, 50002, 'SRGIT_REGISTRY_FAILED', 6],
    [500, 50003, 'SRGIT_REGISTRY_FAILED', 6],
    [500, 50004, 'SRGIT_REGISTRY_FAILED', 6],
    [500, 500, 'SRGIT_REGISTRY_FAILED', 3],
    [500, 50070, 'SRGIT_REGISTRY_FAILED', 1],
    [502, 502, 'SRGIT_REGISTRY_FAILED', 6],
    [503, 503, 'SRGIT_REGISTRY_FAILED', 6],
    [504, 504, 'SRGIT_REGISTRY_FAILED', 6],
  ])('HTTP %i with code %i is %s after %i requests', async (status, errorCode, code, requests) => {
    const server = await during(
      startServer((_request, response) =>
        answerJson(response, status, { error_code: errorCode, message: 'the\nserver\u0007’s words' }),
      ),
    );
    const client = makeClient({ urls: [server.url] });
    const error = await failureOf(client.get('/subjects', { query: { deleted: true } }));
    expect(error).toMatchObject({
      code,
      retriable: requests > 1,
      details: { status, errorCode, method: 'GET', path: '/subjects', node: server.url },
    });
    expect(error.message).toContain('the server ’s words');
    expect(error.message).toContain(server.url);
    expect(error.hint).toMatch(/\S/);
    expect(server.requests).toHaveLength(requests);
    expect(client.stats).toMatchObject({ requests, retries: requests - 1 });
  });

  it('knows a refusal by its status when its body is HTML, cut off or missing', async () => {
    const server = await during(
      startServer((request, response) => {
        response.writeHead(request.url === '/cut' ? 403 : 400, {
          'content-type': 'text/html',
          connection: 'close',
          ...(request.url === '/cut' ? { 'content-length': '500' } : {}),
        });
        if (request.url !== '/cut') response.end('<html><body>Bad Request</body></html>');
        else response.write('<html>', () => response.destroy());
      }),
    );
    const client = makeClient({ urls: [server.url] });
    expect(await failureOf(client.get('/a'))).toMatchObject({
      code: 'SRGIT_REGISTRY_REFUSED',
      details: { status: 400, errorCode: 400 },
    });
    expect(await failureOf(client.get('/cut'))).toMatchObject({
      code: 'SRGIT_REGISTRY_FORBIDDEN',
      details: { status: 403 },
    });
    expect(client.stats.requests).toBe(2);
  });

  it('shortens long messages', async () => {
    const server = await during(
      startServer((_request, response) => answerJson(response, 422, { error_code: 42201, message: 'x'.repeat(5000) })),
    );
    const { message } = await failureOf(makeClient({ urls: [server.url] }).get('/a'));
    expect(message).toContain(`${'x'.repeat(300)}…`);
    expect(message.length).toBeLessThan(500);
  });
});

describe('answers that are no registry’s', () => {
  it.each([
    ['text/html', '<!doctype html><p>Sign in</p>', 'SRGIT_REGISTRY_NOT_A_REGISTRY', 1],
    ['', '  <html>', 'SRGIT_REGISTRY_NOT_A_REGISTRY', 1],
    ['text/plain', 'hello', 'SRGIT_REGISTRY_NOT_A_REGISTRY', 1],
    ['application/json', '{"a":', 'SRGIT_REGISTRY_BAD_ANSWER', 6],
  ])('%s: %s', async (type, body, code, requests) => {
    const server = await during(
      startServer((_request, response) => {
        if (type !== '') response.setHeader('content-type', type);
        response.end(body);
      }),
    );
    const error = await failureOf(makeClient({ urls: [server.url] }).get('/subjects'));
    expect(error.code).toBe(code);
    expectNoSecret(error, body);
    expect(server.requests).toHaveLength(requests);
  });

  it('repeats a read whose answer is cut off', async () => {
    let left = 2;
    const server = await during(
      startServer((_request, response) => {
        left -= 1;
        if (left < 0) return answerJson(response, 200, ['whole']);
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
        response.write('["half', () => response.destroy());
      }),
    );
    const client = makeClient({ urls: [server.url] });
    expect((await client.get('/subjects')).body).toEqual(['whole']);
    expect(client.stats.retries).toBe(2);
    left = 100;
    expect(await failureOf(client.get('/subjects'))).toMatchObject({
      code: 'SRGIT_REGISTRY_BAD_ANSWER',
      retriable: true,
    });
  });

  it('stops reading an answer above the limit', async () => {
    const server = await during(startServer((_request, response) => answerJson(response, 200, 'x'.repeat(200_000))));
    const client = makeClient({ urls: [server.url], maxAnswerBytes: 100_000 });
    expect(await failureOf(client.get('/a'))).toMatchObject({ code: 'SRGIT_REGISTRY_BAD_ANSWER', retriable: false });
    expect(server.requests).toHaveLength(1);
  });

  it('does not speak something other than HTTP', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('SSH-2.0-OpenSSH_9.9 secretbanner\r\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.close();
    });
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const error = await failureOf(makeClient({ urls: [`http://127.0.0.1:${port}`] }).get('/a'));
    expect(error.code).toBe('SRGIT_REGISTRY_BAD_ANSWER');
    expectNoSecret(error, 'secretbanner');
  });
});

describe('redirects', () => {
  it('follows those within the origin, up to three', async () => {
    const server = await during(
      startServer((request, response) => {
        const step = Number(request.url?.split('/').at(-1));
        if (step > 0) response.writeHead(307, { location: `/api/${step - 1}` }).end();
        else answerJson(response, 200, 'arrived');
      }),
    );
    const client = makeClient({ urls: [`${server.url}/api`] });
    expect((await client.get('/3')).body).toBe('arrived');
    expect(await failureOf(client.get('/4'))).toMatchObject({ code: 'SRGIT_REGISTRY_NOT_A_REGISTRY' });
    expect(await failureOf(client.send('POST', '/1', { idempotent: true }))).toMatchObject({
      code: 'SRGIT_REGISTRY_NOT_A_REGISTRY',
    });
  });

  it('does not follow others, and names where they lead without the query', async () => {
    const elsewhere = await during(startServer((_request, response) => answerJson(response, 200, 'no')));
    const server = await during(
      startServer((_request, response) =>
        response.writeHead(302, { location: `${elsewhere.url}/login?state=hunter2` }).end(),
      ),
    );
    const error = await failureOf(makeClient({ urls: [server.url] }).get('/a'));
    expect(error).toMatchObject({ code: 'SRGIT_REGISTRY_NOT_A_REGISTRY' });
    expect(error.message).toContain(`${elsewhere.url}/login`);
    expectNoSecret(error, 'hunter2');
    expect(elsewhere.requests).toEqual([]);
  });
});
