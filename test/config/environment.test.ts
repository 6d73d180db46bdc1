/** Variables of one registry, one cluster, and the storage. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables as the file has them
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';
import { temporaryFolder } from '../support/trees.ts';
import { configError, folderWith } from './support.ts';

const records = (clusters: readonly string[], storage = false) => ({ registry: false, records: { clusters, storage } });

describe('variables of a cluster', () => {
  it('beat the file, and stand for one that it does not list', () => {
    const folder = folderWith(
      'kafka: { dr-2: { bootstrap_servers: "a:1", security: { username: u, password: "${PW}" } } }',
    );
    const env = {
      SRGIT_KAFKA_DR_2_PASSWORD: 'p',
      SRGIT_KAFKA_DR_2_MECHANISM: 'SCRAM-SHA-512',
      SRGIT_KAFKA_NEW_BOOTSTRAP_SERVERS: 'b:1, c:2',
      SRGIT_KAFKA_NEW_PROTOCOL: 'SSL',
    };
    const { clusters } = loadConfig({}, env, folder, records(['dr-2', 'new'])).records ?? { clusters: new Map() };
    expect(clusters.get('dr-2')).toMatchObject({ sasl: { mechanism: 'SCRAM-SHA-512', username: 'u', password: 'p' } });
    expect(clusters.get('new')).toMatchObject({ bootstrapServers: ['b:1', 'c:2'], tls: {} });
    expect(configError(() => loadConfig({}, {}, folder, records(['dr-2']))).message).toMatch(/\$\{PW\} is not set$/);
  });

  it('start relative paths at the working folder', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'conf'));
    writeFileSync(join(folder, 'ca.pem'), 'CA');
    writeFileSync(join(folder, 'conf/my.yaml'), 'kafka: { a: { bootstrap_servers: "a:1", tls: { ca_cert: gone } } }');
    const env = { SRGIT_KAFKA_A_CA_CERT: 'ca.pem' };
    const { records: found } = loadConfig({ config: 'conf/my.yaml' }, env, folder, records(['a']));
    expect(found?.clusters.get('a')?.tls).toEqual({ caCert: 'CA' });
  });

  it('are refused where they say nothing that is known, and show no value', () => {
    const env = { SRGIT_KAFKA_A_PROTOCOL: 'hunter2', SRGIT_KAFKA_A_BOOTSTRAP_SERVERS: 'a:1' };
    const error = configError(() => loadConfig({}, env, temporaryFolder(), records(['a'])));
    expect(error.message).toBe('SRGIT_KAFKA_A_PROTOCOL has a value that is not known');
    const alone = { SRGIT_KAFKA_A_PASSWORD: 'p', SRGIT_KAFKA_A_USERNAME: 'u' };
    expect(configError(() => loadConfig({}, alone, temporaryFolder(), records(['a']))).message).toContain(
      'bootstrap_servers is missing',
    );
  });
});

describe('variables of the storage', () => {
  it('make it a bucket or a folder', () => {
    const folder = folderWith('storage: { path: backups }');
    const storage = (env: NodeJS.ProcessEnv) => loadConfig({}, env, folder, records([], true)).records;
    const s3 = { SRGIT_STORAGE_BUCKET: 'b', SRGIT_STORAGE_PATH_STYLE: 'true', SRGIT_STORAGE_BACKUP_ID: 'nightly' };
    expect(storage(s3)).toMatchObject({
      storage: { backend: 's3', bucket: 'b', pathStyle: true },
      backupId: 'nightly',
    });
    expect(storage({ SRGIT_STORAGE_PATH: 'other' })?.storage).toEqual({
      backend: 'filesystem',
      path: join(folder, 'other'),
    });
    expect(storage({ SRGIT_STORAGE_PREFIX: '' })?.storage).toEqual({
      backend: 'filesystem',
      path: join(folder, 'backups'),
    });
  });
});

describe('variables of a registry', () => {
  const two =
    'registries:\n  a: { url: http://a, auth: { username: u, password: "${A}" } }\n  b-c: { url: http://b }\n';

  it('are about that one', () => {
    const env = {
      SRGIT_REGISTRY_A_PASSWORD: 'pa',
      SRGIT_REGISTRY_B_C_TOKEN: 'tb',
      SRGIT_REGISTRY_B_C_URL: 'http://b1, http://b2',
    };
    const folder = folderWith(two);
    expect(loadConfig({ registry: 'a' }, env, folder).registry?.auth).toMatchObject({ type: 'basic', password: 'pa' });
    expect(loadConfig({ registry: 'b-c' }, env, folder).registry).toMatchObject({
      urls: ['http://b1', 'http://b2'],
      auth: { type: 'bearer', token: 'tb' },
    });
  });

  it('beat the kind of the file, and are beaten by those of the command', () => {
    const folder = folderWith(two);
    const oauth = {
      SRGIT_REGISTRY_A_CLIENT_SECRET: 's',
      SRGIT_REGISTRY_A_CLIENT_ID: 'c',
      SRGIT_REGISTRY_A_TOKEN_URL: 'http://t',
    };
    expect(loadConfig({ registry: 'a' }, { ...oauth, A: 'x' }, folder).registry?.auth).toEqual({
      type: 'oauth',
      tokenUrl: 'http://t',
      clientId: 'c',
      clientSecret: 's',
    });
    const env = { ...oauth, A: 'x', SRGIT_TOKEN: 't' };
    expect(loadConfig({ registry: 'a' }, env, folder).registry?.auth).toEqual({ type: 'bearer', token: 't' });
  });

  it('stand for one that no file lists, and for no URL of elsewhere', () => {
    const env = { SRGIT_REGISTRY_DR_URL: 'http://d', SRGIT_REGISTRY_DR_TOKEN: 't' };
    const folder = temporaryFolder();
    expect(loadConfig({ registry: 'dr' }, env, folder).registry).toMatchObject({ name: 'dr', urls: ['http://d'] });
    expect(loadConfig({ url: ['http://elsewhere'] }, env, folder).registry?.auth).toEqual({ type: 'none' });
  });
});
