/** Writes end with a known outcome, whatever stands between us and the registry. */
import { describe, expect, it } from 'vitest';
import { createRegistryClient } from '../../src/registry/client.ts';
import { awaitOnEveryNode } from '../../src/registry/read-back.ts';
import type { WriteOptions } from '../../src/registry/settle-write.ts';
import { deleteSubject, deleteVersion, readVersion, registerVersion } from '../../src/registry/write-schema.ts';
import { readOwnMode, setConfig, setMode, showsConfig } from '../../src/registry/write-settings.ts';
import { record, registryDuringTest, request } from '../support/embedded-registry.ts';
import { type Fault, faultyProxyDuringTest } from '../support/faulty-proxy.ts';
import { answerJson, findDeadPort, startServer } from '../support/loopback-server.ts';
import { during, failureOf, makeClient } from '../support/registry-client.ts';

const QUICK: WriteOptions = { patience: { attempts: 8, baseMs: 1, capMs: 2, budgetMs: 10_000 }, random: () => 0 };

const content = {
  schemaType: 'AVRO' as const,
  schema: JSON.stringify(record('Order')),
  references: [],
};

/** A registry behind a proxy that does these things to the writes, in turn, and nothing after. */
async function behind(...faults: readonly Fault[]) {
  const registry = await registryDuringTest();
  const left = [...faults];
  const proxy = await faultyProxyDuringTest(registry.url, ({ isWrite }) =>
    isWrite ? (left.shift() ?? 'none') : 'none',
  );
  const client = createRegistryClient({ urls: [proxy.url], retry: { baseMs: 1, capMs: 2 } });
  return { registry, proxy, client, left };
}

const AFTER: readonly Fault[] = ['drop-after', 'cut-after', 'error-after', 'gateway-after'];
const BEFORE: readonly Fault[] = ['reset-before', 'no-leader', 'throttle', 'throttle-mute'];

describe.each([...AFTER, ...BEFORE])('a write that meets %s', (fault) => {
  it('registers once, by import and by post', async () => {
    const { registry, proxy, client, left } = await behind('none', fault, fault, fault);
    await setMode(client, 'a', 'IMPORT', QUICK);
    const imported = await registerVersion(client, { subject: 'a', ...content, id: 7, version: 3 }, QUICK);
    expect(imported).toMatchObject({ id: 7, version: 3 });
    const posted = await registerVersion(client, { subject: 'b', ...content }, QUICK);
    expect(posted).toMatchObject({ id: 7 });
    expect(left.length).toBeLessThan(3);
    expect(await request(registry.url, 'GET', '/subjects/a/versions?deleted=true')).toEqual([3]);
    expect(await request(registry.url, 'GET', '/subjects/b/versions?deleted=true')).toEqual([1]);
    // What the registry did is looked up, not sent again.
    const sent = proxy.writes.filter((line) => line === 'POST /subjects/a/versions').length;
    expect(sent).toBe(1);
    await client.close();
  });

  it('deletes and sets once', async () => {
    const { registry, client } = await behind('none', 'none', fault, fault, fault, fault, 'none', fault, 'none', fault);
    await registerVersion(client, { subject: 'a', ...content }, QUICK);
    await registerVersion(client, { subject: 'b', ...content }, QUICK);
    await deleteVersion(client, { subject: 'a', version: 1, permanent: false }, QUICK);
    await deleteVersion(client, { subject: 'a', version: 1, permanent: true }, QUICK);
    await deleteSubject(client, { subject: 'b', permanent: false }, QUICK);
    await deleteSubject(client, { subject: 'b', permanent: true }, QUICK);
    expect(await request(registry.url, 'GET', '/subjects?deleted=true')).toEqual([]);
    await setConfig(client, 'c', { compatibility: 'FULL', normalize: true, alias: null }, QUICK);
    expect(await showsConfig(client, 'c', { compatibility: 'FULL', normalize: true, alias: null })).toBe(true);
    expect(await showsConfig(client, 'c', { compatibility: 'NONE' })).toBe(false);
    await setConfig(client, 'c', null, QUICK);
    await setMode(client, '', 'READONLY', QUICK);
    expect(await readOwnMode(client, '')).toBe('READONLY');
    await setMode(client, '', null, QUICK);
    expect(await readOwnMode(client, '')).toBe('READWRITE');
    expect(await request(registry.url, 'GET', '/config/c')).toMatchObject({ error_code: 40408 });
    await client.close();
  });
});

describe('what is done already', () => {
  it('is no failure: deletions, and settings that are not there', async () => {
    const { client } = await behind();
    await registerVersion(client, { subject: 'a', ...content }, QUICK);
    for (const permanent of [false, false, true, true]) {
      await deleteVersion(client, { subject: 'a', version: 1, permanent }, QUICK);
    }
    await setMode(client, 'a', null, QUICK);
    await setConfig(client, 'a', null, QUICK);
    const missing = await failureOf(deleteVersion(client, { subject: 'a', version: 1, permanent: false }, QUICK));
    expect(missing).toMatchObject({ code: 'SRGIT_REGISTRY_NOT_FOUND', details: { errorCode: 40401 } });
    await client.close();
  });

  it('is not written over: another schema on the version, after an unknown outcome, is a conflict', async () => {
    const { registry, client } = await behind('none', 'none', 'error-after');
    await setMode(client, 'a', 'IMPORT', QUICK);
    await registerVersion(client, { subject: 'a', ...content, id: 5, version: 1 }, QUICK);
    const other = { ...content, schema: JSON.stringify(record('Other')) };
    const error = await failureOf(registerVersion(client, { subject: 'a', ...other, id: 6, version: 1 }, QUICK));
    expect(error).toMatchObject({ code: 'SRGIT_REGISTRY_CONFLICT', details: { subject: 'a', version: 1 } });
    expect(await request(registry.url, 'GET', '/subjects/a/versions/1')).toMatchObject({ id: 5 });
    await client.close();
  });
});

describe('IMPORT', () => {
  it('is always set with force, so that soft-deleted versions stay', async () => {
    const { proxy, registry, client } = await behind();
    await registerVersion(client, { subject: 'a', ...content }, QUICK);
    await deleteSubject(client, { subject: 'a', permanent: false }, QUICK);
    await setMode(client, 'a', 'IMPORT', QUICK);
    await setMode(client, 'a', 'READONLY', QUICK);
    expect(proxy.writes.slice(-2)).toEqual(['PUT /mode/a?force=true', 'PUT /mode/a']);
    expect(await request(registry.url, 'GET', '/subjects/a/versions?deleted=true')).toEqual([1]);
    await client.close();
  });
});

describe('a write that cannot be settled', () => {
  it('says that its outcome is not known, and stops after the attempts it has', async () => {
    let posts = 0;
    const server = await during(
      startServer((incoming, response) => {
        if (incoming.method === 'POST') posts++;
        answerJson(response, 500, { error_code: 50003, message: 'Error while forwarding' });
      }),
    );
    const client = makeClient({ urls: [server.url], retry: { attempts: 1 } });
    const error = await failureOf(registerVersion(client, { subject: 'a', ...content, id: 1, version: 1 }, QUICK));
    expect(error).toMatchObject({ code: 'SRGIT_REGISTRY_FAILED', details: { outcome: 'unknown', errorCode: 50003 } });
    // The look failed too: nothing is repeated blindly.
    expect(posts).toBe(1);
  });

  it('is repeated while there is no leader, within its bound', async () => {
    let posts = 0;
    const server = await during(
      startServer((incoming, response) => {
        if (incoming.method === 'POST') posts++;
        answerJson(response, 500, { error_code: 50004, message: 'Leader not known.' });
      }),
    );
    const client = makeClient({ urls: [server.url] });
    const error = await failureOf(registerVersion(client, { subject: 'a', ...content }, QUICK));
    expect(error).toMatchObject({ details: { errorCode: 50004 } });
    expect(error.details['outcome']).toBeUndefined();
    expect(posts).toBe(8);
  });

  it('is not repeated once the signal is aborted', async () => {
    const stop = new AbortController();
    let posts = 0;
    const server = await during(
      startServer((incoming, response) => {
        if (incoming.method === 'POST') {
          posts++;
          stop.abort();
        }
        answerJson(response, 500, { error_code: 50004, message: 'Leader not known.' });
      }),
    );
    const client = makeClient({ urls: [server.url] });
    const error = await failureOf(
      registerVersion(client, { subject: 'a', ...content }, { ...QUICK, signal: stop.signal }),
    );
    expect([error.code, posts]).toEqual(['SRGIT_INTERRUPTED', 1]);
  });
});

describe('reading back', () => {
  it('waits for a node that lags, and leaves out one that is down', async () => {
    const registry = await registryDuringTest();
    let misses = 3;
    const lagging = await faultyProxyDuringTest(registry.url, () => 'none');
    const clients = [registry.url, lagging.url, `http://127.0.0.1:${await findDeadPort()}`].map((url) => ({
      node: url,
      client: createRegistryClient({ urls: [url], retry: { attempts: 1 } }),
    }));
    await request(registry.url, 'POST', '/subjects/a/versions', { schema: content.schema });
    const silent: string[] = [];
    await awaitOnEveryNode(
      clients,
      'a version 1',
      async (client) => {
        if (client === clients[1]?.client && misses-- > 0) return false;
        return (await readVersion(client, 'a', 1)) !== undefined;
      },
      { onSilent: (node) => silent.push(node) },
    );
    expect(misses).toBe(-1);
    expect(silent).toEqual([clients[2]?.node]);
    const late = await failureOf(awaitOnEveryNode(clients, 'a version 2', async () => false, { patienceMs: 20 }));
    expect(late).toMatchObject({ code: 'SRGIT_REGISTRY_FAILED' });
    expect(late.message).toContain('a version 2');
    await Promise.all(clients.map(({ client }) => client.close()));
  });
});
