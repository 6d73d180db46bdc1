/** What whoever runs the server sees: metrics, health, the access log, stopping. */
import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type AccessEvent, formatAccess } from '../../src/server/access-log.ts';
import type { ServerOptions } from '../../src/server/server.ts';
import { record, startRegistry, type TestRegistry } from './client.ts';

/** For machines that do other things too. */
const PATIENT = { timeout: 20_000 };

const running: TestRegistry[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

async function start(options: Partial<ServerOptions> = {}): Promise<TestRegistry> {
  const registry = await startRegistry({ operations: 'guarded', version: '1.2.3', ...options });
  running.push(registry);
  return registry;
}

/** Every sample of the exposition format by its name and labels; throws on a line that is none. */
async function readMetrics({ url }: TestRegistry): Promise<Map<string, number>> {
  const response = await fetch(`${url}/metrics`, { headers: { accept: 'text/plain;version=0.0.4;q=0.5' } });
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const samples = new Map<string, number>();
  const typed = new Set<string>();
  for (const line of (await response.text()).split('\n')) {
    if (line === '' || line.startsWith('# HELP ')) continue;
    const type = /^# TYPE (\w+) (counter|gauge|histogram)$/.exec(line);
    if (type?.[1] !== undefined) {
      expect(typed).not.toContain(type[1]);
      typed.add(type[1]);
      continue;
    }
    const [, name = '', labels = '', value] =
      /^(\w+)(\{(?:\w+="(?:[^"\\\n]|\\["\\n])*",?)*\})? ([-+.\deEInf]+)$/.exec(line) ?? [];
    if (!typed.has(name.replace(/_(bucket|sum|count)$/, '')) && !typed.has(name)) throw new Error(`no sample: ${line}`);
    expect(samples.has(name + labels)).toBe(false);
    samples.set(name + labels, Number(value));
  }
  return samples;
}

describe('/metrics', () => {
  it('counts requests by route, not by what is asked', async () => {
    const registry = await start();
    const { call } = registry;
    await call('POST', '/subjects/a/versions', { schema: record('A') });
    for (const path of ['/subjects/a/versions/1', '/subjects/b/versions/1', '/schemas/ids/1', '/nope', '/nope/2']) {
      await call('GET', path);
    }
    await call('GET', '/contexts/.x/subjects/a%22b/versions/1');
    const metrics = await readMetrics(registry);
    const of = (method: string, route: string, status: number) =>
      metrics.get(`srgit_http_requests_total{method="${method}",route="${route}",status="${status}"}`);
    expect(of('POST', '/subjects/:subject/versions', 200)).toBe(1);
    expect(of('GET', '/subjects/:subject/versions/:version', 200)).toBe(1);
    expect(of('GET', '/subjects/:subject/versions/:version', 404)).toBe(2);
    expect(of('GET', '/schemas/ids/:id', 200)).toBe(1);
    expect(of('GET', 'unmatched', 404)).toBe(2);
    const labels = 'method="GET",route="/subjects/:subject/versions/:version"';
    expect(metrics.get(`srgit_http_request_duration_seconds_count{${labels}}`)).toBe(3);
    expect(metrics.get(`srgit_http_request_duration_seconds_bucket{${labels},le="+Inf"}`)).toBe(3);
    const buckets = [...metrics]
      .filter(([name]) => name.includes('_bucket{') && name.includes(labels))
      .map(([, value]) => value);
    expect(buckets).toEqual(buckets.toSorted((a, b) => a - b));
    expect(metrics.get(`srgit_http_request_duration_seconds_sum{${labels}}`)).toBeGreaterThan(0);
    expect(metrics.get('srgit_http_requests_running')).toBe(1);
    expect(metrics.get('srgit_http_response_bytes_total')).toBeGreaterThan(200);
    expect([...metrics.keys()].join()).not.toMatch(/nope|a"b/);
  });

  it('tells what the registry holds and what the process uses', async () => {
    const registry = await start();
    const { call } = registry;
    await call('POST', '/subjects/a/versions', { schema: record('A') });
    await call('POST', '/subjects/a/versions', { schema: record('A', 'b') });
    await call('POST', '/subjects/j/versions', { schema: '{}', schemaType: 'JSON' });
    await call('POST', '/subjects/:.x:a/versions', { schema: record('A') });
    await call('DELETE', '/subjects/j');
    const metrics = await readMetrics(registry);
    expect(metrics.get('srgit_registry_subjects{state="live"}')).toBe(2);
    expect(metrics.get('srgit_registry_subjects{state="deleted"}')).toBe(1);
    expect(metrics.get('srgit_registry_versions{type="AVRO",state="live"}')).toBe(3);
    expect(metrics.get('srgit_registry_versions{type="JSON",state="deleted"}')).toBe(1);
    expect(metrics.get('srgit_registry_versions{type="PROTOBUF",state="live"}')).toBe(0);
    expect(metrics.get('srgit_registry_contexts')).toBe(2);
    expect(metrics.get('process_resident_memory_bytes')).toBeGreaterThan(1e7);
    expect(metrics.get('process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(metrics.get('srgit_build_info{version="1.2.3"}')).toBe(1);
  });
});

describe('the access log', () => {
  it('is told who asked what, and how it went', async () => {
    const events: AccessEvent[] = [];
    const { url } = await start({ onAccess: (event) => events.push(event) });
    await (
      await fetch(`${url}/subjects/a%2Fb/versions?deleted=true`, {
        headers: { 'x-request-id': 'r1', 'user-agent': 'me' },
      })
    ).text();
    await (await fetch(`${url}/nope`, { method: 'HEAD' })).text();
    await expect.poll(() => events.length, PATIENT).toBe(2);
    expect(events[0]).toEqual({
      time: expect.any(Number),
      method: 'GET',
      url: '/subjects/a%2Fb/versions?deleted=true',
      route: '/subjects/:subject/versions',
      status: 404,
      milliseconds: expect.any(Number),
      bytes: 57,
      remote: '127.0.0.1',
      requestId: 'r1',
      userAgent: 'me',
    });
    expect(events[1]).toMatchObject({ method: 'HEAD', status: 404, bytes: 0 });
    expect(events[1]).not.toHaveProperty('route');
  });

  it('has a line for each, whatever callers send', () => {
    const event: AccessEvent = {
      time: Date.UTC(2026, 10, 21, 11, 36, 25, 7),
      method: 'GET',
      url: '/subjects?x=1',
      route: '/subjects',
      status: 200,
      milliseconds: 1.23456,
      bytes: 42,
      remote: '127.0.0.1',
      user: 'ann',
      requestId: 'r1',
      userAgent: 'curl/8',
    };
    expect(formatAccess(event, 'short')).toBe('GET /subjects?x=1 200 1.2 ms');
    expect(formatAccess(event, 'common')).toBe(
      '127.0.0.1 - ann [21/Nov/2026:11:36:25 +0000] "GET /subjects?x=1 HTTP/1.1" 200 42 "-" "curl/8" 0.001235',
    );
    expect(JSON.parse(formatAccess(event, 'json'))).toEqual({
      time: '2026-11-21T11:36:25.007Z',
      remote: '127.0.0.1',
      user: 'ann',
      method: 'GET',
      url: '/subjects?x=1',
      route: '/subjects',
      status: 200,
      bytes: 42,
      ms: 1.235,
      request_id: 'r1',
      user_agent: 'curl/8',
    });
    const nasty = { ...event, url: '/a b"\n\u001b[31m\u00e9', user: 'a b\r\n"', userAgent: '"\u0000\u{1f600}' };
    for (const format of ['short', 'common', 'json'] as const) {
      const line = formatAccess(nasty, format);
      expect([...line].every((character) => character >= ' ')).toBe(true);
      if (format !== 'json') expect(line).toMatch(/^[ -~]+$/);
    }
    const { user: _user, userAgent: _agent, ...plain } = event;
    expect(formatAccess(plain, 'common')).toMatch(/^127\.0\.0\.1 - - \[.* "-" "-" 0\.001235$/);
  });
});

describe('health', () => {
  it('is told as JSON', async () => {
    const { call } = await start();
    expect(await call('GET', '/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await call('GET', '/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } });
  });
});

const GRACE = 8000;

describe('stopping', () => {
  it('lets running requests end and takes no new ones', async () => {
    let finish = (): void => undefined;
    const kept = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const registry = await start({ persist: () => kept, grace: GRACE });
    const agent = new Agent({ keepAlive: true });
    const answer = new Promise<number>((resolve, reject) => {
      const request = httpRequest(
        { host: '127.0.0.1', port: registry.port, path: '/config', method: 'PUT', agent },
        (response) => {
          response.resume().on('end', () => resolve(response.statusCode ?? 0));
        },
      );
      request.on('error', reject);
      request.end('{"compatibility":"FULL"}');
    });
    await expect.poll(() => registry.state.configs.size, PATIENT).toBe(1);
    let isClosed = false;
    const closed = registry.close().then(() => {
      isClosed = true;
    });
    await sleep(100);
    expect(isClosed).toBe(false);
    await expect(fetch(`${registry.url}/`)).rejects.toThrow();
    const began = performance.now();
    finish();
    expect(await answer).toBe(200);
    await closed;
    // Not held up by the connection, which the caller would keep.
    expect(performance.now() - began).toBeLessThan(GRACE / 2);
    agent.destroy();
  });

  it('ends what takes longer than the grace time', async () => {
    const registry = await start({ persist: () => new Promise(() => undefined), grace: 100 });
    const answer = registry.call('PUT', '/config', { compatibility: 'FULL' });
    const failed = expect(answer).rejects.toThrow();
    await expect.poll(() => registry.state.configs.size, PATIENT).toBe(1);
    await registry.close();
    await failed;
  });
});

describe('a fault of ours', () => {
  it('is answered 500 with an error code, and told', async () => {
    const told: unknown[] = [];
    const port = new Proxy(
      {},
      {
        get: () => () => {
          throw new TypeError('the language broke');
        },
      },
    );
    const { call } = await start({
      schemas: port as NonNullable<ServerOptions['schemas']>,
      onFailure: (error, event) => told.push(String(error), event),
    });
    expect(await call('POST', '/subjects/a/versions', { schema: record('A') })).toMatchObject({
      status: 500,
      body: { error_code: 500, message: 'Internal Server Error' },
    });
    expect(told).toEqual([
      'TypeError: the language broke',
      { requestId: expect.any(String), url: '/subjects/a/versions' },
    ]);
    expect((await call('GET', '/')).status).toBe(200);
  });
});
