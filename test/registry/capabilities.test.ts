/** What the probe makes of the answers of each kind of registry. */
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { probeCapabilities } from '../../src/registry/capabilities.ts';
import { computeGuid } from '../../src/semantics/guid.ts';
import { answerJson, startServer } from '../support/loopback-server.ts';
import { during, failureOf, makeClient } from '../support/registry-client.ts';

type Answers = Readonly<Record<string, readonly [number, unknown]>>;

const ROW = { subject: 'a', version: 1, id: 1, schema: '"int"', deleted: false };
const GUID = computeGuid({ schema: '"int"' });
const UNSET: Answers = {
  '/config/srgit-no-such-subject': [404, { error_code: 40408, message: 'no' }],
  '/mode/srgit-no-such-subject': [404, { error_code: 40409, message: 'no' }],
};

async function probe(answers: Answers, host?: string, server = 'test') {
  const loopback = await during(
    startServer((request, response: ServerResponse) => {
      const [status, body] = answers[(request.url ?? '').split('?')[0] ?? ''] ?? [
        404,
        { error_code: 404, message: 'no' },
      ];
      answerJson(response, status, body, { server });
    }),
  );
  const client = makeClient({ urls: [loopback.url] });
  const capabilities = await probeCapabilities(client, { host });
  expect(client.stats.requests).toBeLessThanOrEqual(6);
  return capabilities;
}

describe('the probe', () => {
  it('knows Confluent with its version', async () => {
    const answers = {
      '/v1/metadata/version': [200, { version: '8.3.1', commitId: 'x' }],
      '/contexts': [200, ['.', '.x']],
      '/schemas': [200, [{ ...ROW, guid: GUID }]],
      ...UNSET,
    } as const;
    expect(await probe(answers)).toEqual({
      kind: 'confluent',
      version: '8.3.1',
      bulk: 'complete',
      bulkPaged: true,
      guids: true,
      contexts: true,
      contextNames: ['.', '.x'],
      deleted: true,
      modes: 'per-subject',
      subjectConfig: 'explicit',
    });
  });

  it('trusts an empty Confluent listing, and sees one that ignores limit', async () => {
    const metadata = { '/v1/metadata/version': [200, { version: '7.4.0' }], ...UNSET } as const;
    expect(await probe({ ...metadata, '/schemas': [200, []] })).toMatchObject({
      bulk: 'complete',
      bulkPaged: true,
      guids: false,
      contexts: false,
    });
    expect(await probe({ ...metadata, '/schemas': [200, [ROW, { ...ROW, version: 2 }]] })).toMatchObject({
      bulk: 'complete',
      bulkPaged: false,
    });
  });

  it('knows an older Confluent by its cluster id and makes up no version', async () => {
    const answers = {
      '/v1/metadata/id': [200, { id: '', scope: { path: [], clusters: { 'kafka-cluster': 'k' } } }],
      '/schemas': [200, [ROW]],
      '/config/srgit-no-such-subject': [404, { error_code: 40401, message: 'no' }],
    } as const;
    const capabilities = await probe(answers);
    expect(capabilities).toMatchObject({
      kind: 'confluent',
      bulk: 'complete',
      subjectConfig: 'explicit',
      modes: 'none',
    });
    expect(capabilities).not.toHaveProperty('version');
  });

  it('knows Confluent Cloud by its domain and srgit by its own word', async () => {
    const answers = { '/contexts': [200, ['.']], '/schemas': [200, []], ...UNSET } as const;
    expect((await probe(answers, 'psrc-abc.eu-central-1.aws.confluent.cloud')).kind).toBe('confluent-cloud');
    expect((await probe(answers, 'confluent.cloud.example.com')).kind).toBe('unknown');
    const version = { version: '0.1.0', implementation: 'srgit' };
    expect(await probe({ ...answers, '/v1/metadata/version': [200, version] })).toMatchObject({
      kind: 'srgit',
      version: '0.1.0',
      guids: true,
    });
  });

  it('knows Karapace and enumerates it', async () => {
    const answers = {
      '/schemas': [200, [ROW]],
      '/_health': [200, { process_uptime_sec: 3, karapace_version: '5.0.1' }],
      ...UNSET,
    } as const;
    expect(await probe(answers)).toMatchObject({ kind: 'karapace', version: '5.0.1', bulk: 'none', modes: 'none' });
  });

  it('knows Redpanda by its server header', async () => {
    const answers = { '/subjects': [200, []], ...UNSET } as const;
    expect(await probe(answers, undefined, 'Seastar httpd')).toMatchObject({ kind: 'redpanda', bulk: 'none' });
  });

  it('calls a registry it does not know unknown, and trusts only what it shows', async () => {
    const answers = { '/contexts': [200, ['.']], ...UNSET } as const;
    expect(await probe({ ...answers, '/schemas': [200, []] })).toMatchObject({ kind: 'unknown', bulk: 'none' });
    expect(await probe({ ...answers, '/schemas': [200, [{ schema: '"int"' }]] })).toMatchObject({ bulk: 'none' });
    const foreign = { ...ROW, guid: '11111111-1111-1111-1111-111111111111' };
    expect(await probe({ ...answers, '/schemas': [200, [foreign]] })).toMatchObject({ bulk: 'complete', guids: false });
  });

  it('takes levels that are always answered for what they are', async () => {
    const filled = {
      '/subjects': [200, ['a']],
      '/config/srgit-no-such-subject': [200, { compatibilityLevel: 'NONE' }],
      '/mode/srgit-no-such-subject': [200, { mode: 'READWRITE' }],
    } as const;
    expect(await probe(filled)).toMatchObject({ subjectConfig: 'filled', modes: 'none' });
  });

  it('goes on where config and mode may not be read', async () => {
    const refused = [403, { error_code: 40301, message: 'no' }] as const;
    const answers = {
      '/v1/metadata/version': [200, { version: '7.9.0' }],
      '/schemas': [200, [ROW]],
      '/config/srgit-no-such-subject': refused,
      '/mode/srgit-no-such-subject': refused,
    } as const;
    expect(await probe(answers)).toMatchObject({ subjectConfig: 'explicit', modes: 'per-subject' });
  });

  it('does not take a wrong password for a missing resource', async () => {
    const error = await failureOf(
      probe({ '/v1/metadata/version': [401, { error_code: 40101, message: 'Unauthorized' }] }),
    );
    expect(error.code).toBe('SRGIT_REGISTRY_AUTH');
  });
});
