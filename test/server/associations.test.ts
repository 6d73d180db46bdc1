/** Associations beyond the recorded conversation: life cycles, filters, conflicts, the log they leave. */
import { afterEach, describe, expect, it } from 'vitest';
import { applyRecords } from '../../src/semantics/apply.ts';
import type { RegistryRecord } from '../../src/semantics/records.ts';
import { snapshotFromState } from '../../src/semantics/snapshot-state.ts';
import { createState } from '../../src/semantics/state.ts';
import type { ServerOptions } from '../../src/server/server.ts';
import { record, startRegistry, type TestRegistry } from './client.ts';

const running: TestRegistry[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

async function start(options: Partial<ServerOptions> = {}): Promise<TestRegistry> {
  let guids = 0;
  const registry = await startRegistry({ newGuid: () => `guid-${++guids}`, clock: () => 1000, ...options });
  running.push(registry);
  for (const subject of ['t1-key', 't1-value', 'shared']) {
    await registry.call('POST', `/subjects/${subject}/versions`, { schema: record('User', subject.replace('-', '_')) });
  }
  return registry;
}

const association = (subject: string, more: object = {}) => ({ subject, associationType: 'value', ...more });
const request = (resource: string, ...associations: object[]) => ({
  resourceName: resource,
  resourceNamespace: 'lkc1',
  resourceId: `id-${resource}`,
  resourceType: 'topic',
  associations,
});

const STRONG = { lifecycle: 'STRONG' };
const WEAK = { lifecycle: 'WEAK' };

describe('associations', () => {
  it('are written as records and reduce to the same state', async () => {
    const log: RegistryRecord[] = [];
    const { call, state } = await start({ onRecords: (records) => log.push(...records) });
    await call('POST', '/associations', request('t1', association('t1-value', STRONG)));
    const written = log.filter(({ key }) => key.keytype === 'ASSOC');
    const address = {
      resourceName: 't1',
      resourceNamespace: 'lkc1',
      resourceType: 'topic',
      associationType: 'value',
      subject: 't1-value',
    };
    expect(written).toEqual([
      {
        key: { keytype: 'ASSOC', ...address },
        value: { guid: 'guid-1', ...address, resourceId: 'id-t1', lifecycle: 'STRONG', frozen: false },
        timestamp: 1000,
      },
    ]);
    const rebuilt = createState();
    applyRecords(rebuilt, log);
    expect(rebuilt.associations).toEqual(state.associations);
    expect(await call('DELETE', '/associations/resources/id-t1')).toMatchObject({ status: 204, body: undefined });
    expect(log.at(-1)).toEqual({ key: { keytype: 'ASSOC', ...address }, value: null, timestamp: 1000 });
    applyRecords(rebuilt, log.slice(-1));
    expect(rebuilt.associations).toEqual(createState().associations);
  });

  it('are asked for by subject, by id and by name, and filtered', async () => {
    const { call } = await start();
    const made = request(
      't1',
      association('t1-value', STRONG),
      association('shared', { associationType: 'key', ...WEAK }),
    );
    expect(await call('POST', '/associations', made)).toMatchObject({
      status: 200,
      body: {
        ...made,
        associations: [
          { subject: 't1-value', associationType: 'value', lifecycle: 'STRONG', frozen: false },
          { subject: 'shared', associationType: 'key', lifecycle: 'WEAK', frozen: false },
        ],
      },
    });
    const subjects = async (path: string) => {
      const { body } = await call('GET', `/associations/${path}`);
      return (body as { subject: string }[]).map(({ subject }) => subject);
    };
    expect(await subjects('resources/id-t1')).toEqual(['t1-value', 'shared']);
    expect(await subjects('resources/lkc1/t1')).toEqual(['t1-value', 'shared']);
    expect(await subjects('subjects/shared')).toEqual(['shared']);
    expect(await subjects('subjects/:.:shared')).toEqual(['shared']);
    expect(await subjects('resources/id-t1?lifecycle=WEAK')).toEqual(['shared']);
    expect(await subjects('resources/id-t1?associationType=value')).toEqual(['t1-value']);
    expect(await subjects('resources/id-t1?associationType=value&associationType=key')).toHaveLength(2);
    expect(await subjects('resources/id-t1?resourceType=other')).toEqual([]);
    expect(await subjects('resources/id-t1?offset=1')).toEqual(['shared']);
    expect(await subjects('resources/id-t1?limit=1')).toEqual(['t1-value']);
    expect(await subjects('resources/t1')).toEqual([]);
    expect((await call('GET', '/associations/resources/id-t1?lifecycle=SOME')).status).toBe(404);
    expect((await call('DELETE', '/associations/resources/id-t1?associationType=key')).status).toBe(204);
    expect(await subjects('resources/id-t1')).toEqual(['t1-value']);
  });

  it('keep their subject from being deleted', async () => {
    const { call } = await start();
    await call('POST', '/associations', request('t1', association('t1-value', STRONG)));
    const blocked = {
      status: 409,
      body: { error_code: 40904, message: "An association already exists for subject 't1-value'" },
    };
    expect(await call('DELETE', '/subjects/t1-value')).toMatchObject(blocked);
    expect((await call('GET', '/subjects/t1-value/versions')).body).toEqual([1]);
    // Not being there comes first.
    expect(await call('DELETE', '/subjects/nope')).toMatchObject({ status: 404, body: { error_code: 40401 } });
    await call('DELETE', '/associations/resources/id-t1');
    expect(await call('DELETE', '/subjects/t1-value')).toMatchObject({ status: 200, body: [1] });
  });

  it('may be asked for twice, and take the subject with them when told to', async () => {
    const { call } = await start();
    const made = request(
      't1',
      association('t1-value', { ...STRONG, frozen: true }),
      association('shared', { associationType: 'key', ...WEAK }),
    );
    await call('POST', '/associations', made);
    const first = (await call('GET', '/associations/resources/id-t1')).body;
    expect((await call('POST', '/associations', made)).status).toBe(200);
    expect((await call('GET', '/associations/resources/id-t1')).body).toEqual(first);
    expect(await call('DELETE', '/associations/resources/id-t1')).toMatchObject({
      status: 409,
      body: { error_code: 40908 },
    });
    expect((await call('GET', '/associations/resources/id-t1')).body).toEqual(first);
    expect((await call('DELETE', '/associations/resources/id-t1?cascadeLifecycle=true&dryRun=true')).status).toBe(204);
    expect((await call('GET', '/associations/resources/id-t1')).body).toEqual(first);
    expect((await call('DELETE', '/associations/resources/id-t1?cascadeLifecycle=true')).status).toBe(204);
    expect((await call('GET', '/subjects')).body).toEqual(['shared', 't1-key']);
    expect((await call('GET', '/subjects?deletedOnly=true')).body).toEqual(['t1-value']);
    expect(await call('DELETE', '/associations/resources/id-t1')).toMatchObject({
      status: 404,
      body: { error_code: 40410, message: "Association for 'id-t1' not found." },
    });
  });

  it('conflict where a subject would have two owners, or a resource two subjects', async () => {
    const { call } = await start();
    const create = async (body: object, method = 'POST') => {
      const { status, body: answer } = await call(method, '/associations', body);
      return status === 200 ? 200 : (answer as { error_code: number }).error_code;
    };
    expect(await create(request('t1', association('shared', WEAK)))).toBe(200);
    expect(await create(request('t2', association('shared', WEAK)))).toBe(200);
    expect(await create(request('t3', association('shared', STRONG)))).toBe(40904);
    expect(await create(request('t1', association('t1-value', STRONG)))).toBe(40903);
    expect(await create(request('t1', association('t1-value', STRONG)), 'PUT')).toBe(40903);
    expect(await create({ ...request('t1', association('shared', WEAK)), resourceId: 'other' })).toBe(42212);
    expect(await create(request('t4', association('t1-value', STRONG)))).toBe(200);
    expect(await create(request('t5', association('t1-value', WEAK)))).toBe(40905);
    expect(await create(request('t6', association('no-such', STRONG)))).toBe(40907);
    // POST makes, PUT changes.
    expect(await create(request('t4', association('t1-value', WEAK)))).toBe(40903);
    expect(await create(request('t4', association('t1-value', { ...STRONG, frozen: true })), 'PUT')).toBe(200);
    expect(await create(request('t4', association('t1-value', WEAK)), 'PUT')).toBe(42212);
    expect(await create(request('t4', association('t1-value', { ...WEAK, frozen: false })), 'PUT')).toBe(40908);
    expect(
      await create(
        request('t7', association('t1-key', STRONG), association('t1-key', { associationType: 'key', ...STRONG })),
      ),
    ).toBe(40904);
    expect((await call('GET', '/associations/resources/id-t7')).body).toEqual([]);
  });

  it.each([
    ['resourceName', { resourceName: '' }],
    ['resourceNamespace', { resourceNamespace: null }],
    ['resourceId', { resourceId: undefined }],
    ['resourceType', { resourceType: 'table' }],
    ['associations', { associations: [] }],
    ['associations', { associations: {} }],
    ['associations', { associations: ['x'] }],
    ['subject', { associations: [{}] }],
    ['subject', { associations: [{ subject: '__GLOBAL' }] }],
    ['associationType', { associations: [association('shared', { associationType: 'header' })] }],
    ['associationType', { associations: [association('shared', WEAK), association('t1-key', WEAK)] }],
    ['lifecycle', { associations: [association('shared', { lifecycle: 'weak' })] }],
    ['frozen', { associations: [association('shared', { ...WEAK, frozen: true })] }],
  ])('are refused when %s is wrong: %j', async (property, wrong) => {
    const { call } = await start();
    const body = { ...request('t1', association('shared', WEAK)), ...wrong };
    const { status, body: answer } = await call('POST', '/associations', body);
    expect([status, answer]).toEqual([
      422,
      { error_code: 42212, message: expect.stringContaining(`property: ${property},`) },
    ]);
    expect((await call('GET', '/associations/resources/id-t1')).body).toEqual([]);
  });

  it('bring their schema with them, unless the request is a rehearsal', async () => {
    const { call } = await start();
    const made = request('t9', association('t9-value', { ...STRONG, schema: { schema: record('New') } }));
    expect((await call('POST', '/associations?dryRun=true', made)).status).toBe(200);
    expect((await call('GET', '/subjects')).body).not.toContain('t9-value');
    expect((await call('GET', '/associations/subjects/t9-value')).body).toEqual([]);
    expect((await call('POST', '/associations', made)).status).toBe(200);
    expect((await call('GET', '/subjects/t9-value/versions')).body).toEqual([1]);
    expect((await call('GET', '/associations/subjects/t9-value')).body).toHaveLength(1);
    const bad = request('t10', association('t10-value', { ...STRONG, schema: { schema: '{' } }));
    expect(await call('POST', '/associations', bad)).toMatchObject({ status: 422, body: { error_code: 42201 } });
    expect((await call('GET', '/associations/subjects/t10-value')).body).toEqual([]);
  });

  it('keep what belongs to a resource from becoming the target of references', async () => {
    const { call } = await start();
    const referring = (target: string) => ({
      schema: JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'u', type: 'User' }] }),
      references: [{ name: 'User', subject: target, version: 1 }],
    });
    expect((await call('POST', '/subjects/early/versions', referring('t1-value'))).status).toBe(200);
    await call('POST', '/associations', request('t1', association('t1-value', STRONG)));
    expect(await call('POST', '/subjects/late/versions', referring('t1-value'))).toMatchObject({
      status: 422,
      body: { error_code: 42205 },
    });
    // What is stored already is answered, and others may be referred to.
    expect((await call('POST', '/subjects/early/versions', referring('t1-value'))).status).toBe(200);
    expect((await call('POST', '/subjects/late/versions', referring('t1-key'))).status).toBe(200);
  });

  it('are reached in other contexts, and refused where nothing may be written', async () => {
    const { call, state } = await start();
    await call('POST', '/contexts/.x/subjects/s/versions', { schema: record('X') });
    expect((await call('POST', '/contexts/.x/associations', request('t1', association('s', STRONG)))).status).toBe(200);
    expect((await call('GET', '/contexts/.x/associations/subjects/s')).body).toMatchObject([{ subject: ':.x:s' }]);
    expect((await call('GET', '/associations/subjects/:.x:s')).body).toHaveLength(1);
    expect((await call('GET', '/associations/subjects/s')).body).toEqual([]);
    await call('PUT', '/mode/:.x:', { mode: 'READONLY' });
    expect(await call('DELETE', '/associations/resources/id-t1')).toMatchObject({
      status: 422,
      body: { error_code: 42205 },
    });
    const readOnly = await startRegistry({ state, readOnly: true });
    running.push(readOnly);
    expect(await readOnly.call('POST', '/associations', request('t2', association('shared', WEAK)))).toMatchObject({
      status: 422,
      body: { error_code: 42205 },
    });
  });

  it('are no part of a snapshot', async () => {
    const { call, state } = await start();
    const before = snapshotFromState(state, { kind: 'srgit' });
    await call('POST', '/associations', request('t1', association('t1-value', STRONG)));
    expect(snapshotFromState(state, { kind: 'srgit' })).toEqual(before);
  });
});
