import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createRegistryClient } from '../../src/registry/client.ts';
import { answerJson, findDeadPort, type LoopbackServer, startServer } from '../support/loopback-server.ts';
import { during, failureOf, makeClient } from '../support/registry-client.ts';

const startWell = (): Promise<LoopbackServer> =>
  during(startServer((_request, response) => answerJson(response, 200, 'well')));

/** The server answers with these in turn, then 200. A function is a way to misbehave. */
function startScripted(
  ...script: readonly (readonly [status: number, code?: number, headers?: Record<string, string>])[]
) {
  let step = 0;
  return during(
    startServer((_request, response) => {
      const [status, code, headers] = script[step++] ?? [200];
      answerJson(response, status, status === 200 ? 'done' : { error_code: code ?? status, message: 'm' }, headers);
    }),
  );
}

describe('repeating', () => {
  it('waits longer each round, by full jitter', async () => {
    const server = await startScripted([503], [500, 50003], [502], [504], [408]);
    const waits: number[] = [];
    const client = makeClient({ urls: [server.url] }, waits);
    expect((await client.get('/a')).body).toBe('done');
    expect(waits).toEqual([50, 100, 200, 400, 800]);
    expect(client.stats).toEqual({ requests: 6, retries: 5, failovers: 0, throttled: 0 });
  });

  it('honours Retry-After for everybody, in seconds or as a date', async () => {
    const server = await startScripted([429, 429, { 'retry-after': '7' }], [429, 429, { 'retry-after': '2' }]);
    const waits: number[] = [];
    const client = makeClient({ urls: [server.url], concurrency: { max: 1 } }, waits);
    await Promise.all([client.get('/a'), client.get('/b')]);
    expect(Math.max(...waits)).toBeGreaterThanOrEqual(7000);
    expect(client.stats).toMatchObject({ throttled: 2, retries: 2, requests: 4 });
  });

  it('survives a storm of 429 with fewer in flight', async () => {
    let inFlight = 0;
    let most = 0;
    let refused = 0;
    const server = await during(
      startServer((_request, response) => {
        inFlight += 1;
        most = Math.max(most, inFlight);
        setImmediate(() => {
          inFlight -= 1;
          if (refused < 40) {
            refused += 1;
            answerJson(response, 429, { error_code: 429, message: 'slow down' }, { 'retry-after': '1' });
          } else answerJson(response, 200, 'ok');
        });
      }),
    );
    const client = makeClient({ urls: [server.url], concurrency: { max: 16 } });
    const answers = await Promise.all(Array.from({ length: 60 }, (_, index) => client.get(`/${index}`)));
    expect(answers.every((answer) => answer.body === 'ok')).toBe(true);
    expect(client.stats.throttled).toBe(40);
    expect(client.stats.requests).toBe(100);
    expect(client.concurrency).toBeLessThan(8);
    expect(most).toBeLessThanOrEqual(16);
  });

  it('gives up at once when told to come back after the budget', async () => {
    const server = await startScripted([429, 429, { 'retry-after': '3600' }]);
    const waits: number[] = [];
    const error = await failureOf(makeClient({ urls: [server.url] }, waits).get('/a'));
    expect(error).toMatchObject({
      code: 'SRGIT_REGISTRY_THROTTLED',
      retriable: true,
      details: { retryAfterMs: 3_600_000 },
    });
    expect(waits).toEqual([]);
  });

  it('keeps to the budget', async () => {
    const server = await startScripted([503], [503], [503], [503]);
    const waits: number[] = [];
    await failureOf(makeClient({ urls: [server.url], retry: { budgetMs: 400 } }, waits).get('/a'));
    expect(waits).toEqual([50, 100, 200]);
  });
});

describe('sends that are not idempotent', () => {
  it.each([
    [500, 50001, 'unknown'],
    [500, 50002, 'unknown'],
    [500, 50003, 'unknown'],
    [500, 50004, undefined],
    [502, 502, 'unknown'],
    [503, 503, 'unknown'],
    [504, 504, 'unknown'],
    [429, 429, undefined],
  ])('are not repeated after %i with code %i', async (status, code, outcome) => {
    const server = await startScripted([status, code]);
    const error = await failureOf(makeClient({ urls: [server.url] }).send('POST', '/a', { body: {} }));
    expect(error.retriable).toBe(true);
    expect(error.details['outcome']).toBe(outcome);
    expect(server.requests).toHaveLength(1);
  });

  it('are repeated after 429 or 503 with Retry-After, and when nothing was sent', async () => {
    const server = await startScripted([429, 429, { 'retry-after': '1' }], [503, 503, { 'retry-after': '1' }]);
    expect((await makeClient({ urls: [server.url] }).send('POST', '/a', { body: {} })).body).toBe('done');
    const dead = `http://127.0.0.1:${await findDeadPort()}`;
    const client = makeClient({ urls: [dead, server.url] });
    expect((await client.send('POST', '/a', { body: {} })).body).toBe('done');
    expect(client.stats.failovers).toBe(1);
  });

  it('are not repeated when the connection ends after they were sent', async () => {
    const server = await during(startServer((request) => request.socket.destroy()));
    const other = await startWell();
    const client = makeClient({ urls: [server.url, other.url] });
    const error = await failureOf(client.send('POST', '/a', { body: {} }));
    expect(error).toMatchObject({
      code: 'SRGIT_REGISTRY_UNREACHABLE',
      retriable: true,
      details: { outcome: 'unknown' },
    });
    expect([...server.requests, ...other.requests]).toEqual(['POST /a']);
  });

  it('are repeated when the caller says that they are idempotent', async () => {
    const server = await startScripted([500, 50002], [503]);
    expect((await makeClient({ urls: [server.url] }).send('PUT', '/a', { body: {}, idempotent: true })).body).toBe(
      'done',
    );
  });
});

describe('connections', () => {
  it('tells refused from unknown and silent', async () => {
    const dead = `http://127.0.0.1:${await findDeadPort()}`;
    const refused = await failureOf(makeClient({ urls: [dead] }).get('/a'));
    expect(refused).toMatchObject({
      code: 'SRGIT_REGISTRY_UNREACHABLE',
      retriable: true,
      details: { node: dead, attempts: 6 },
    });
    expect(refused.message).toContain('connection refused');
    const silent = await during(startServer(() => undefined));
    const timeouts = { headers: 20, body: 20 };
    const error = await failureOf(makeClient({ urls: [silent.url], timeouts, retry: { attempts: 1 } }).get('/a'));
    expect(error).toMatchObject({ code: 'SRGIT_REGISTRY_TIMEOUT', retriable: true });
    const post = await failureOf(makeClient({ urls: [silent.url], timeouts }).send('POST', '/a', { body: {} }));
    expect(post).toMatchObject({ code: 'SRGIT_REGISTRY_TIMEOUT', details: { outcome: 'unknown' } });
  });

  it('tells an answer that stops arriving', async () => {
    const server = await during(
      startServer((_request, response) => response.writeHead(200, { 'content-length': '10' }).write('[')),
    );
    const client = makeClient({ urls: [server.url], timeouts: { body: 20 }, retry: { attempts: 1 } });
    expect(await failureOf(client.get('/a'))).toMatchObject({ code: 'SRGIT_REGISTRY_TIMEOUT' });
  });
});

describe('several nodes', () => {
  it('costs one failed attempt when one is down, however many call', async () => {
    const dead = `http://127.0.0.1:${await findDeadPort()}`;
    const well = await startWell();
    const client = makeClient({ urls: [dead, well.url] });
    await Promise.all(Array.from({ length: 100 }, () => client.get('/a')));
    expect(client.stats).toEqual({ requests: 101, retries: 0, failovers: 1, throttled: 0 });
  });

  it('moves on from 5xx, and sticks to the node that answers', async () => {
    const ill = await during(
      startServer((_request, response) => answerJson(response, 500, { error_code: 50004, message: 'no leader' })),
    );
    const well = await startWell();
    const client = makeClient({ urls: [ill.url, well.url] });
    for (let calls = 0; calls < 5; calls += 1) await client.get('/a');
    expect(ill.requests).toHaveLength(1);
    expect(well.requests).toHaveLength(5);
  });

  it('asks a node again after its cool-down, when the other fails', async () => {
    let firstIll = true;
    const first = await during(
      startServer((_request, response) => answerJson(response, firstIll ? 503 : 200, firstIll ? {} : 'first')),
    );
    const second = await startWell();
    let clock = 0;
    const client = makeClient({ urls: [first.url, second.url], retry: { coolDownMs: 1000 }, now: () => clock });
    await client.get('/a');
    firstIll = false;
    await second.close();
    clock = 500;
    expect((await client.get('/a')).body).toBe('first');
    expect(client.stats).toMatchObject({ failovers: 2, retries: 0 });
  });

  it('goes on when a node dies midway', async () => {
    const second = await startWell();
    let served = 0;
    const first = await during(
      startServer((request, response) => {
        served += 1;
        if (served > 50) {
          first.server.close();
          request.socket.destroy();
        } else answerJson(response, 200, 'well');
      }),
    );
    const client = makeClient({ urls: [first.url, second.url], concurrency: { max: 8 } });
    const answers = await Promise.all(Array.from({ length: 300 }, (_, index) => client.get(`/${index}`)));
    expect(answers.every((answer) => answer.body === 'well')).toBe(true);
    // Those in flight when it died, at most.
    expect(client.stats.failovers).toBeLessThanOrEqual(8);
    expect(client.stats.retries).toBe(0);
  });

  it('names every node and its reason when all are down', async () => {
    const dead = `http://127.0.0.1:${await findDeadPort()}`;
    const ill = await during(startServer((_request, response) => answerJson(response, 503, {})));
    const client = makeClient({ urls: [dead, `${ill.url}/registry`] });
    const error = await failureOf(client.get('/subjects'));
    expect(error.code).toBe('SRGIT_REGISTRY_UNREACHABLE');
    expect(error.message).toContain(`${dead}: connection refused`);
    expect(error.message).toContain(`${ill.url}/registry: HTTP 503 Service Unavailable`);
    expect(error.message).not.toContain('\n');
    expect(error.details['attempts']).toBe(12);
  });

  it('counts the same address twice as one node', async () => {
    const dead = `http://127.0.0.1:${await findDeadPort()}`;
    const client = makeClient({ urls: [dead, `${dead}/`], retry: { attempts: 1 } });
    await failureOf(client.get('/a'));
    expect(client.stats.requests).toBe(1);
  });

  it('gives an unexplained 500 two more tries in all, wherever', async () => {
    const nodes = [
      await during(startServer((_request, response) => answerJson(response, 500, {}))),
      await during(startServer((_request, response) => answerJson(response, 500, {}))),
    ];
    const client = makeClient({ urls: nodes.map(({ url }) => url) });
    expect(await failureOf(client.get('/a'))).toMatchObject({ code: 'SRGIT_REGISTRY_FAILED' });
    expect(client.stats.requests).toBe(3);
  });
});

describe('interruption', () => {
  it('ends calls in flight, in the line and between attempts', async () => {
    const controller = new AbortController();
    let arrived = (): void => undefined;
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const server = await during(startServer(() => arrived()));
    const client = makeClient({ urls: [server.url], concurrency: { max: 1 } });
    const calls = [1, 2, 3].map((call) => failureOf(client.get(`/${call}`, { signal: controller.signal })));
    await arrival;
    controller.abort();
    for (const error of await Promise.all(calls))
      expect(error).toMatchObject({ code: 'SRGIT_INTERRUPTED', exitCode: 130 });
    expect(await failureOf(client.get('/4', { signal: controller.signal }))).toMatchObject({
      code: 'SRGIT_INTERRUPTED',
    });
    expect(server.requests).toEqual(['GET /1']);
  });

  it('ends a wait between attempts', async () => {
    const controller = new AbortController();
    const server = await startScripted([503], [503]);
    const client = makeClient({
      urls: [server.url],
      sleep: (_ms, signal) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(new Error('woken')));
          controller.abort();
        }),
    });
    expect(await failureOf(client.get('/a', { signal: controller.signal }))).toMatchObject({
      code: 'SRGIT_INTERRUPTED',
    });
    expect(server.requests).toHaveLength(1);
  });

  it('ends a real wait too', async () => {
    const controller = new AbortController();
    const refusal = [429, 429, { 'retry-after': '60' }] as const;
    const server = await startScripted(...Array.from({ length: 8 }, () => refusal));
    const client = createRegistryClient({ urls: [server.url] });
    const calls = Array.from({ length: 20 }, () => failureOf(client.get('/a', { signal: controller.signal })));
    while (client.stats.throttled === 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    for (const error of await Promise.all(calls)) expect(error).toMatchObject({ code: 'SRGIT_INTERRUPTED' });
    await client.close();
  });

  it('leaves nothing on the signal', async () => {
    const { signal } = new AbortController();
    const server = await startWell();
    const client = makeClient({ urls: [server.url] });
    await Promise.all(Array.from({ length: 50 }, () => client.get('/a', { signal })));
    expect(getEventListeners(signal, 'abort').length).toBeLessThanOrEqual(1);
  });
});
