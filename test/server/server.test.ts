/** The server's own behaviour: what is no part of the recorded conversations, or where it departs from Confluent. */
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { isSrgitError } from '../../src/errors.ts';
import type { RegistrySnapshot } from '../../src/model/registry-snapshot.ts';
import { stateFromSnapshot } from '../../src/semantics/snapshot-state.ts';
import type { AccessEvent } from '../../src/server/access-log.ts';
import type { ServerOptions } from '../../src/server/server.ts';
import { record, startRegistry, type TestRegistry } from './client.ts';

/** For machines that do other things too. */
const PATIENT = { timeout: 20_000 };

const running: TestRegistry[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

/** `s0000` and so on, one version each, all of the same schema. */
function manySubjects(count: number): RegistrySnapshot {
  const version = {
    version: 1,
    id: 1,
    guid: '',
    schemaType: 'AVRO',
    schema: '"string"',
    references: [],
    deleted: false,
  } as const;
  const subjects = Array.from({ length: count }, (_, at) => ({
    name: `s${String(at).padStart(4, '0')}`,
    versions: [version],
  }));
  return { registry: { kind: 'srgit' }, contexts: [{ name: '.', subjects }], global: {}, gaps: [] };
}

async function start(options: Partial<ServerOptions> = {}): Promise<TestRegistry> {
  const registry = await startRegistry(options);
  running.push(registry);
  return registry;
}

describe('read-only', () => {
  it('refuses every write as READONLY does, but answers look-ups and registrations of known schemas', async () => {
    const writable = await start();
    const schema = record('User', 'id');
    await writable.call('POST', '/subjects/s/versions', { schema });
    await writable.call('PUT', '/config/s', { compatibility: 'NONE' });
    await writable.close();
    const { call } = await start({ state: writable.state, readOnly: true });

    expect((await call('POST', '/subjects/s/versions', { schema })).body).toMatchObject({ id: 1, version: 1 });
    expect((await call('POST', '/subjects/s', { schema })).status).toBe(200);
    const refused = { status: 422, body: { error_code: 42205, message: 'Subject s in context  is in read-only mode' } };
    expect(await call('POST', '/subjects/s/versions', { schema: record('User', 'x') })).toMatchObject(refused);
    expect(await call('POST', '/subjects/s/versions', { schema, id: 9, version: 9 })).toMatchObject(refused);
    expect(await call('DELETE', '/subjects/s')).toMatchObject(refused);
    expect(await call('DELETE', '/subjects/s/versions/1')).toMatchObject(refused);
    expect(await call('PUT', '/config/s', { compatibility: 'FULL' })).toMatchObject(refused);
    expect(await call('DELETE', '/config/s')).toMatchObject(refused);
    for (const [method, path, body] of [
      ['PUT', '/mode/s', { mode: 'READWRITE' }],
      ['PUT', '/mode?force=true', { mode: 'IMPORT' }],
      ['PUT', '/mode', { mode: null }],
      ['DELETE', '/mode', undefined],
      ['PUT', '/config', { compatibility: 'NONE' }],
      ['DELETE', '/config', undefined],
      ['DELETE', '/contexts/.x', undefined],
    ] as const) {
      expect(await call(method, path, body), `${method} ${path}`).toMatchObject({
        status: 422,
        body: { error_code: 42205 },
      });
    }
    expect((await call('GET', '/subjects')).body).toEqual(['s']);
    expect((await call('GET', '/config/s')).body).toEqual({ compatibilityLevel: 'NONE' });
  });
});

describe('where Confluent would lose data', () => {
  const imports = async (strictConfluent: boolean): Promise<TestRegistry> => {
    const registry = await start({ strictConfluent });
    await registry.call('PUT', '/mode', { mode: 'IMPORT' });
    await registry.call('POST', '/subjects/s/versions', { schema: record('A'), id: 1, version: 1 });
    return registry;
  };

  it('refuses to import over a version in use, soft-deleted or not', async () => {
    const { call } = await imports(false);
    const other = { schema: record('B'), id: 2, version: 1 };
    expect(await call('POST', '/subjects/s/versions', other)).toMatchObject({
      status: 422,
      body: { error_code: 42205 },
    });
    await call('DELETE', '/subjects/s/versions/1');
    expect(await call('POST', '/subjects/s/versions', other)).toMatchObject({
      status: 422,
      body: { error_code: 42205 },
    });
    expect((await call('GET', '/subjects/s/versions/1?deleted=true')).body).toMatchObject({ id: 1, deleted: true });
    // The very content again is an undelete.
    expect((await call('POST', '/subjects/s/versions', { schema: record('A'), id: 1, version: 1 })).status).toBe(200);
    expect((await call('GET', '/subjects/s/versions')).body).toEqual([1]);
  });

  it('replaces it when told to mirror Confluent', async () => {
    const { call } = await imports(true);
    expect((await call('POST', '/subjects/s/versions', { schema: record('B'), id: 2, version: 1 })).status).toBe(200);
    expect((await call('GET', '/subjects/s/versions/1')).body).toMatchObject({ id: 2 });
  });

  it('keeps soft-deleted versions when a subject is put into IMPORT mode', async () => {
    const { call } = await start();
    await call('POST', '/subjects/s/versions', { schema: record('A') });
    await call('DELETE', '/subjects/s');
    expect((await call('PUT', '/mode/s', { mode: 'IMPORT' })).status).toBe(422);
    expect((await call('PUT', '/mode/s?force=true', { mode: 'IMPORT' })).status).toBe(200);
    expect((await call('GET', '/subjects/s/versions?deleted=true')).body).toEqual([1]);
  });

  it('keeps rule sets, and drops them when told to mirror Confluent', async () => {
    const ruleSet = { domainRules: [{ name: 'r', kind: 'CONDITION', mode: 'WRITE', type: 'CEL', expr: 'true' }] };
    const kept = await start();
    const body = { schema: record('A'), ruleSet };
    const registered = (await kept.call('POST', '/subjects/s/versions', body)).body;
    expect(registered).toMatchObject({ ruleSet });
    expect((await kept.call('GET', '/schemas/ids/1')).body).toMatchObject({ ruleSet });
    expect((await kept.call('GET', '/schemas?ruleType=CEL')).body).toHaveLength(1);
    expect((await kept.call('GET', '/schemas?ruleType=CEL_FIELD')).body).toEqual([]);
    const strict = await start({ strictConfluent: true });
    expect((await strict.call('POST', '/subjects/s/versions', body)).body).not.toHaveProperty('ruleSet');
  });

  it('answers 404 for what is gone where Confluent fails', async () => {
    const { call } = await start();
    const { guid } = (await call('POST', '/subjects/s/versions', { schema: record('A') })).body as { guid: string };
    await call('DELETE', '/subjects/s');
    await call('DELETE', '/subjects/s?permanent=true');
    expect((await call('GET', `/schemas/guids/${guid}`)).status).toBe(404);
    expect((await call('GET', `/schemas/guids/${guid}/ids`)).body).toEqual([]);
    expect((await call('GET', '/schemas/ids/1/schema')).status).toBe(404);
  });
});

describe('context prefixes', () => {
  it('mean the context in every path', async () => {
    const { call } = await start();
    const schema = record('A');
    await call('POST', '/contexts/.x/subjects/a%2Fb/versions', { schema });
    await call('POST', '/contexts/:.y:/subjects/s/versions', { schema });
    await call('POST', '/subjects/s/versions', { schema });
    expect((await call('GET', '/contexts')).body).toEqual(['.', '.x', '.y']);
    expect((await call('GET', '/contexts/.x/subjects')).body).toEqual([':.x:a/b']);
    expect((await call('GET', '/contexts/x/subjects?subjectPrefix=a')).body).toEqual([':.x:a/b']);
    expect((await call('GET', '/contexts/:.:/subjects')).body).toEqual(['s']);
    expect((await call('GET', '/contexts/.x/subjects/a%2Fb/versions/1')).body).toMatchObject({ subject: ':.x:a/b' });
    expect((await call('GET', '/contexts/.y/schemas')).body).toMatchObject([{ subject: ':.y:s' }]);
    expect((await call('GET', '/contexts/.x/schemas/ids/1')).body).toMatchObject({ subject: ':.x:a/b' });
    expect((await call('GET', '/contexts/.x/schemas/ids/1/versions')).body).toEqual([
      { subject: ':.x:a/b', version: 1 },
    ]);
    await call('PUT', '/contexts/.x/config', { compatibility: 'NONE' });
    await call('PUT', '/contexts/.x/mode/s', { mode: 'READONLY' });
    expect((await call('GET', '/config/:.x:')).body).toEqual({ compatibilityLevel: 'NONE' });
    expect((await call('GET', '/mode/:.x:s')).body).toEqual({ mode: 'READONLY' });
    expect((await call('POST', '/contexts/.x/compatibility/subjects/a%2Fb/versions', { schema })).body).toEqual({
      is_compatible: true,
    });
  });
});

describe('aliases', () => {
  it('stand for their subject in reads, registrations and listings', async () => {
    const { call } = await start();
    await call('POST', '/subjects/plain/versions', { schema: record('A') });
    await call('PUT', '/config/al', { alias: 'plain' });
    expect((await call('GET', '/subjects/al/versions')).body).toEqual([1]);
    expect((await call('GET', '/subjects/al/versions/1')).body).toMatchObject({ subject: 'plain' });
    expect((await call('GET', '/schemas/ids/1?subject=al')).body).toMatchObject({ subject: 'plain' });
    expect((await call('GET', '/schemas?aliases=true&subjectPrefix=al')).body).toMatchObject([
      { subject: 'plain', aliases: ['al'] },
    ]);
    expect((await call('POST', '/subjects/al/versions', { schema: record('A', 'x') })).body).toMatchObject({
      version: 2,
    });
    expect((await call('GET', '/config/al')).body).toEqual({ alias: 'plain', compatibilityLevel: 'BACKWARD' });
    expect((await call('GET', '/subjects')).body).toEqual(['plain']);
  });
});

describe('bulk listing', () => {
  it('pages by at most 1000 rows, whatever limit is asked for', async () => {
    const { call } = await start({ state: stateFromSnapshot(manySubjects(1005)) });
    const sizes = async (query: string) => ((await call('GET', `/schemas?${query}`)).body as unknown[]).length;
    expect(await sizes('')).toBe(1000);
    expect(await sizes('limit=5000')).toBe(1000);
    expect(await sizes('limit=0')).toBe(1000);
    expect(await sizes('limit=1000&offset=1000')).toBe(5);
    expect(await sizes('offset=1005')).toBe(0);
    expect((await call('GET', '/schemas?offset=3&limit=2')).body).toMatchObject([
      { subject: 's0003' },
      { subject: 's0004' },
    ]);
    await call('DELETE', '/subjects/s0003');
    expect((await call('GET', '/schemas?offset=3&limit=1')).body).toMatchObject([{ subject: 's0004' }]);
    expect((await call('GET', '/schemas?offset=3&limit=1&deleted=true')).body).toMatchObject([{ subject: 's0003' }]);
  });
});

describe('the server', () => {
  it('answers other media types and refuses bodies of others', async () => {
    const { url } = await start();
    const accepted = await fetch(`${url}/subjects`, { headers: { accept: 'application/json' } });
    expect(accepted.headers.get('content-type')).toBe('application/json');
    const post = (type: string) =>
      fetch(`${url}/subjects/s/versions`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: JSON.stringify({ schema: '"int"' }),
      });
    expect((await post('application/json; charset=utf-8')).status).toBe(200);
    const refused = await post('text/plain');
    expect(refused.status).toBe(415);
    expect(await refused.json()).toEqual({ error_code: 415, message: 'HTTP 415 Unsupported Media Type' });
  });

  it('answers errors as the registry does', async () => {
    const { call, url } = await start();
    expect(await call('GET', '/nope')).toMatchObject({ status: 404, body: { error_code: 404 } });
    expect(await call('PUT', '/subjects', {})).toMatchObject({ status: 405, body: { error_code: 405 } });
    const bad = await fetch(`${url}/subjects/%E9/versions`);
    expect(await bad.json()).toMatchObject({ error_code: 400 });
    const huge = await fetch(`${url}/subjects/s/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ schema: 'x'.repeat(33 * 1024 * 1024) }),
    });
    expect(huge.status).toBe(413);
    expect(await huge.json()).toMatchObject({ error_code: 413 });
  });

  it('tells each access', async () => {
    const events: AccessEvent[] = [];
    const { call } = await start({ onAccess: (event) => events.push(event) });
    await call('GET', '/subjects/a%2Fb/versions?deleted=true');
    await expect.poll(() => events.length, PATIENT).toBe(1);
    expect(events[0]).toMatchObject({ method: 'GET', url: '/subjects/a%2Fb/versions?deleted=true', status: 404 });
    expect(events[0]?.milliseconds).toBeGreaterThanOrEqual(0);
  });

  it('stops when its signal is aborted, and may be closed twice', async () => {
    const stop = new AbortController();
    const registry = await start({ signal: stop.signal });
    expect((await registry.call('GET', '/')).body).toEqual({});
    stop.abort();
    await registry.close();
    await registry.close();
    await expect(registry.call('GET', '/')).rejects.toThrow();
    await expect(start({ signal: stop.signal })).rejects.toSatisfy((error) => isSrgitError(error, 'SRGIT_INTERRUPTED'));
  });

  it('says when it cannot listen', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(start({ port })).rejects.toSatisfy((error) => isSrgitError(error, 'SRGIT_SERVER_START'));
    await new Promise((resolve) => taken.close(resolve));
  });
});
