import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig, requireRegistry } from '../../src/config/load-config.ts';
import { temporaryFolder } from '../support/trees.ts';
import { configError, folderWith } from './support.ts';

describe('loadConfig', () => {
  it('has defaults for everything but the registry', () => {
    const folder = temporaryFolder();
    expect(loadConfig({}, {}, folder)).toEqual({
      tree: join(folder, 'schemas'),
      backup: {
        selection: { include: ['*'], exclude: [] },
        includeSoftDeleted: true,
        versions: 'all',
        includeReferences: true,
        includeSensitive: false,
        schemaTypes: ['AVRO', 'JSON', 'PROTOBUF'],
      },
      restore: {
        enabled: true,
        strategy: 'preserve',
        strategyBySubject: [],
        ids: 'rewrite',
        subjectMapping: [],
        forceRegister: false,
        includeSoftDeleted: true,
        settings: true,
      },
      git: { remote: 'origin' },
    });
  });

  it('prefers flags to environment to file', () => {
    const folder = folderWith(
      'tree: of-file\nregistry: a\nregistries: { a: { url: http://a }, b: { url: http://b } }\n',
    );
    const fromFile = loadConfig({}, {}, folder);
    expect([fromFile.tree, fromFile.registry?.name]).toEqual([join(folder, 'of-file'), 'a']);
    const env = { SRGIT_TREE: 'of-env', SRGIT_REGISTRY: 'b', SRGIT_URL: 'http://env-1, http://env-2' };
    const fromEnv = loadConfig({}, env, folder);
    expect([fromEnv.tree, fromEnv.registry]).toMatchObject([
      join(folder, 'of-env'),
      { name: 'b', urls: ['http://env-1', 'http://env-2'] },
    ]);
    const fromFlags = loadConfig({ tree: 'of-flag', registry: 'a', url: ['http://flag'] }, env, folder);
    expect([fromFlags.tree, fromFlags.registry]).toMatchObject([
      join(folder, 'of-flag'),
      { name: 'a', urls: ['http://flag'] },
    ]);
  });

  it('takes an empty variable for one that is not set', () => {
    const folder = folderWith(
      'tree: t\nregistries: { a: { url: http://a, auth: { username: u, password: p }, tls: { client_key_password: x } } }\n',
    );
    const names = [
      'TREE',
      'REGISTRY',
      'URL',
      'USERNAME',
      'PASSWORD',
      'TOKEN',
      'CA_CERT',
      'CLIENT_KEY_PASSWORD',
      'CONFIG',
    ];
    const env = Object.fromEntries(names.map((name) => [`SRGIT_${name}`, '']));
    expect(loadConfig({}, env, folder)).toEqual(loadConfig({}, {}, folder));
  });

  it.each([
    ['tree', { tree: '' }],
    ['config', { config: '' }],
    ['url', { url: [''] }],
    ['subject', { subjects: ['a', ''] }],
    ['ca-cert', { caCert: '' }],
    ['branch', { branch: '' }],
  ])('refuses an empty --%s', (name, flags) => {
    expect(configError(() => loadConfig(flags, {}, temporaryFolder()))).toMatchObject({
      code: 'SRGIT_USAGE',
      message: `--${name} is empty`,
    });
  });

  it('starts relative paths of the file at the file, those of flags at the working folder', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'conf/certs'), { recursive: true });
    writeFileSync(join(folder, 'conf/certs/ca.pem'), 'FILE CA');
    writeFileSync(join(folder, 'ca.pem'), 'FLAG CA');
    writeFileSync(
      join(folder, 'conf/my.yaml'),
      'tree: ../t\nregistries: { a: { url: http://a, tls: { ca_cert: certs/ca.pem } } }\n',
    );
    const config = loadConfig({ config: 'conf/my.yaml' }, {}, folder);
    expect([config.file, config.tree, config.registry?.tls.caCert]).toEqual([
      join(folder, 'conf/my.yaml'),
      join(folder, 't'),
      'FILE CA',
    ]);
    const given = loadConfig({ caCert: 'ca.pem', tree: 't2' }, { SRGIT_CONFIG: 'conf/my.yaml' }, folder);
    expect([given.tree, given.registry?.tls.caCert]).toEqual([join(folder, 't2'), 'FLAG CA']);
  });

  it('names a file that is not there', () => {
    const folder = temporaryFolder();
    expect(configError(() => loadConfig({ config: 'no.yaml' }, {}, folder))).toMatchObject({
      code: 'SRGIT_CONFIG_MISSING',
      message: 'there is no configuration file no.yaml',
    });
    expect(configError(() => loadConfig({}, { SRGIT_CONFIG: 'no.yaml' }, folder)).hint).toContain('SRGIT_CONFIG');
    mkdirSync(join(folder, 'srgit.yaml'));
    expect(configError(() => loadConfig({}, {}, folder)).message).toContain('EISDIR');
  });

  it('takes settings of the backup from the file, and flags before them', () => {
    const folder = folderWith(`
backup:
  subjects: "orders-*"
  exclude: ["*-test", "*-tmp"]
  include_soft_deleted: false
  include_versions: latest
  include_references: false
  include_sensitive: true
  schema_types: [AVRO]
git: { branch: b, remote: r, author_name: n, author_email: e }
`);
    const { backup, git } = loadConfig({}, {}, folder);
    expect(backup).toEqual({
      selection: { include: ['orders-*'], exclude: ['*-test', '*-tmp'] },
      includeSoftDeleted: false,
      versions: 'latest',
      includeReferences: false,
      includeSensitive: true,
      schemaTypes: ['AVRO'],
    });
    expect(git).toEqual({ branch: 'b', remote: 'r', authorName: 'n', authorEmail: 'e' });
    const flags = {
      subjects: ['a'],
      exclude: ['b'],
      includeSoftDeleted: true,
      versions: 'all',
      includeReferences: true,
      includeSensitive: false,
      schemaTypes: ['JSON'],
      branch: 'fb',
    } as const;
    const given = loadConfig(flags, {}, folder);
    expect(given.backup).toMatchObject({
      selection: { include: ['a'], exclude: ['b'] },
      includeSoftDeleted: true,
      versions: 'all',
      includeReferences: true,
      includeSensitive: false,
      schemaTypes: ['JSON'],
    });
    expect(given.git.branch).toBe('fb');
    const other = folderWith('backup: { protobuf: { include_dependencies: false } }\n');
    expect(loadConfig({}, {}, other).backup.includeReferences).toBe(false);
  });
});

describe('the registry that is meant', () => {
  const two = 'registries:\n  prod: { url: http://p }\n  staging: { url: [http://s1, http://s2] }\n';

  it('is the only one, the default, or the one that is named', () => {
    expect(loadConfig({}, {}, folderWith('registries: { a: { url: http://a } }\n')).registry?.name).toBe('a');
    expect(loadConfig({}, {}, folderWith(`registry: prod\n${two}`)).registry?.name).toBe('prod');
    expect(loadConfig({ registry: 'staging' }, {}, folderWith(two)).registry?.urls).toEqual(['http://s1', 'http://s2']);
  });

  it('has to be told where there are several', () => {
    expect(configError(() => loadConfig({}, {}, folderWith(two))).message).toBe(
      'several registries are configured: prod, staging',
    );
    expect(configError(() => loadConfig({ registry: 'stagng' }, {}, folderWith(two))).hint).toBe(
      'Did you mean "staging"?',
    );
    expect(configError(() => loadConfig({ registry: 'constructor' }, {}, folderWith(two))).hint).toBe(
      'Known: prod, staging.',
    );
    expect(configError(() => requireRegistry(loadConfig({}, {}, temporaryFolder()))).message).toBe(
      'no registry is configured',
    );
  });

  it('is not looked at where no registry is needed', () => {
    const folder = folderWith(
      `registries:\n  a: { url: "\${URL}", auth: { password: "\${PW}" }, tls: { ca_cert: gone.pem } }\n  b: { url: x }\n`,
    );
    expect(loadConfig({}, {}, folder, { registry: false }).registry).toBeUndefined();
  });

  it('needs only its own variables', () => {
    const folder = folderWith(`
registries:
  prod: { url: http://p, auth: { username: u, password: "\${PROD_PASSWORD}" }, concurrency: "\${N}" }
  staging: { url: http://s, auth: { username: u, password: "\${STAGING_PASSWORD}" } }
kafka: { x: { bootstrap_servers: "\${KAFKA}" } }
`);
    const { registry } = loadConfig({ registry: 'staging' }, { STAGING_PASSWORD: 's3cret' }, folder);
    expect(registry?.auth).toMatchObject({ password: 's3cret' });
    expect(configError(() => loadConfig({ registry: 'prod' }, {}, folder))).toMatchObject({
      code: 'SRGIT_ENV_UNSET',
      message: expect.stringMatching(/srgit\.yaml:3:\d+ \$\{PROD_PASSWORD\} is not set$/),
    });
  });

  it('keeps the credentials of the file from a URL of elsewhere, unless the registry is named', () => {
    const folder = folderWith(
      'registry: prod\nregistries: { prod: { url: http://p, auth: { type: basic, username: u, password: p }, headers: { X-Key: k } } }\n',
    );
    const { registry } = loadConfig({ url: ['http://elsewhere'] }, {}, folder);
    expect(registry).toMatchObject({ urls: ['http://elsewhere'], auth: { type: 'none' }, headers: {} });
    const named = loadConfig({ url: ['http://node-2'], registry: 'prod' }, {}, folder);
    expect(named.registry).toMatchObject({ urls: ['http://node-2'], auth: { type: 'basic' } });
  });

  it.each([
    'localhost:8081',
    'ftp://x',
    'x',
    'http://',
    'user:hunter2@host:8081',
    'htp://u:hunter2@h',
    'http://u:hunt/er2@h',
  ])('refuses the URL %s and shows no password', (url) => {
    const error = configError(() => loadConfig({ url: [url] }, {}, temporaryFolder()));
    expect(error.message).toMatch(/is not the URL of a registry$/);
    expect(error.message).not.toMatch(/hunt|er2/);
  });

  it('takes the proxies of the environment, in both spellings', () => {
    const proxies = (env: NodeJS.ProcessEnv) =>
      loadConfig({ url: ['http://x'] }, env, temporaryFolder()).registry?.proxy;
    expect(proxies({})).toEqual({});
    expect(proxies({ HTTP_PROXY: 'http://p:1', https_proxy: 'http://p:2', NO_PROXY: 'a,b' })).toEqual({
      http: 'http://p:1',
      https: 'http://p:2',
      noProxy: 'a,b',
    });
    expect(proxies({ HTTP_PROXY: '', http_proxy: 'http://lower' })).toEqual({ http: 'http://lower' });
  });

  it('reads headers of file and flags, those of flags first', () => {
    const folder = folderWith('registries: { a: { url: http://a, headers: { X-A: "1", X-B: "2" } } }\n');
    expect(loadConfig({ headers: ['X-B:  3 : 4 '] }, {}, folder).registry?.headers).toEqual({
      'X-A': '1',
      'X-B': '3 : 4',
    });
    expect(configError(() => loadConfig({ headers: ['nonsense'] }, {}, folder)).code).toBe('SRGIT_USAGE');
  });

  it('limits and times', () => {
    const folder = folderWith('registries: { a: { url: http://a, concurrency: 3, timeout_seconds: 1.5 } }\n');
    expect(loadConfig({}, {}, folder).registry).toMatchObject({ concurrency: 3, timeoutMs: 1500 });
    expect(loadConfig({ concurrency: 9 }, {}, folder).registry?.concurrency).toBe(9);
  });
});
