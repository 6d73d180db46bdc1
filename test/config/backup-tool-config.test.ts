/** The backup tool's YAML and the operator's resource, in the words of srgit.yaml. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkConfig } from '../../src/app/config/check-config.ts';
import { loadConfig, requireRegistry } from '../../src/config/load-config.ts';
import { parseRawConfig } from '../../src/config/raw-config.ts';
import { temporaryFolder } from '../support/trees.ts';
import { BLOCK_ENV, BLOCKS } from './backup-tool-blocks.ts';
import { configError, folderWith } from './support.ts';

const parse = (text: string, env: NodeJS.ProcessEnv = BLOCK_ENV) => parseRawConfig(text, 'backup.yaml', env);
const messageOf = (text: string, env: NodeJS.ProcessEnv = BLOCK_ENV) => configError(() => parse(text, env)).message;
const registry = (text: string): string => `enterprise: { schema_registry: ${text} }`;

describe('every block of the page', () => {
  it.each(Object.entries(BLOCKS))('%s passes config check', (name, text) => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'certs'));
    for (const pem of ['ca.crt', 'client.crt', 'client.key']) writeFileSync(join(folder, 'certs', pem), 'PEM');
    writeFileSync(join(folder, 'mapping.json'), '{"1": 100}');
    const file = join(folder, 'backup.yaml');
    writeFileSync(file, text.replaceAll('/certs/', 'certs/').replace('/config/id-mapping.json', 'mapping.json'));
    const { mistakes, valid, form, notes } = checkConfig(file, BLOCK_ENV, folder);
    expect(mistakes).toEqual([]);
    expect([valid, form]).toEqual([true, name === 'operator' ? 'operator' : 'backup-tool']);
    const wanted = 'spec.enterprise.licenseSecret does not apply: srgit needs no licence';
    expect(notes.map(({ message }) => message)).toEqual(name === 'operator' ? [wanted] : []);
  });
});

describe('what a file comes to', () => {
  it('with everything', () => {
    expect(parse(BLOCKS.complete).raw).toEqual({
      registries: {
        source: {
          enabled: true,
          url: 'https://schema-registry:8081',
          auth: { type: 'basic', username: 'admin', password: 'hunter2' },
          tls: { ca_cert: '/certs/ca.crt', client_cert: '/certs/client.crt', client_key: '/certs/client.key' },
        },
      },
      kafka: { source: { bootstrap_servers: ['kafka:9092'] } },
      storage: { backend: 's3', bucket: 'kafka-backups', prefix: 'production', backup_id: 'full-backup-with-schemas' },
      backup: { subjects: '*', include_soft_deleted: false, include_versions: 'all', topics: ['*'] },
      restore: { enabled: true, strategy: 'preserve', id_mapping: true },
    });
  });

  it('of a restore: the target', () => {
    const { raw } = parse(`
mode: restore
backup_id: b
target:
  bootstrap_servers: [k:9092]
  topics: { include: [orders], exclude: ["*-test"] }
  security:
    security_protocol: SASL_SSL
    sasl_mechanism: SCRAM-SHA256
    sasl_username: u
    sasl_password: p
    ssl_ca_location: /ca.pem
restore: { topic_mapping: { orders: restored } }
${registry('{ url: http://r, auth: { type: mtls, tls: { client_cert: c, client_key: k } } }')}
`);
    expect(raw).toEqual({
      registries: { target: { url: 'http://r', auth: { type: 'mtls' }, tls: { client_cert: 'c', client_key: 'k' } } },
      kafka: {
        target: {
          bootstrap_servers: ['k:9092'],
          security: { protocol: 'SASL_SSL', mechanism: 'SCRAM-SHA-256', username: 'u', password: 'p' },
          tls: { ca_cert: '/ca.pem' },
        },
      },
      storage: { backup_id: 'b' },
      replay: { topics: ['orders'], exclude: ['*-test'], topic_mapping: { orders: 'restored' } },
    });
  });

  it('has no registry where the file says nothing of one', () => {
    for (const name of ['preserve', 'avro', 'json', 'references'] as const) {
      expect(parse(BLOCKS[name]).raw.registries).toBeUndefined();
    }
  });

  it('is off where it says so, whatever the command line names', () => {
    const folder = folderWith(registry('{ enabled: false, url: http://r }'));
    expect(configError(() => loadConfig({}, {}, folder))).toMatchObject({
      code: 'SRGIT_USAGE',
      message: 'the configuration says that the registry "registry" is off',
    });
    expect(loadConfig({}, {}, folder, { registry: false, restore: true }).restore.enabled).toBe(false);
    expect(configError(() => loadConfig({ registry: 'registry' }, {}, folder)).code).toBe('SRGIT_USAGE');
  });

  it('sends credentials without an address only where the registry is named', () => {
    const folder = folderWith(BLOCKS.authBasic);
    expect(configError(() => requireRegistry(loadConfig({}, BLOCK_ENV, folder))).message).toBe(
      'the registry "registry" has no url',
    );
    expect(loadConfig({ url: ['http://r'] }, BLOCK_ENV, folder).registry?.auth).toEqual({ type: 'none' });
    expect(loadConfig({ url: ['http://r'], registry: 'registry' }, BLOCK_ENV, folder).registry?.auth).toMatchObject({
      password: 'hunter2',
    });
  });

  it('needs only the variables that the command needs, told with their place', () => {
    const folder = folderWith(BLOCKS.complete.replace('bucket: kafka-backups', `bucket: "\${BUCKET}"`));
    const error = configError(() => loadConfig({}, {}, folder));
    expect(error).toMatchObject({ code: 'SRGIT_ENV_UNSET' });
    expect(error.message).toMatch(/srgit\.yaml:19:17 \$\{SR_USERNAME\} is not set$/);
    expect(loadConfig({}, {}, folder, { registry: false }).backup.includeSoftDeleted).toBe(false);
    const storage = { registry: false, records: { clusters: [], storage: true } };
    expect(configError(() => loadConfig({}, {}, folder, storage)).message).toMatch(/\$\{BUCKET\} is not set$/);
  });
});

describe('an alias', () => {
  it('does not hide that a variable is not set', () => {
    const yaml = `metrics: { x: &x "\${PW}" }\n${registry('{ url: http://r, auth: { type: basic, username: u, password: *x } }')}\n`;
    const folder = folderWith(yaml);
    expect(configError(() => loadConfig({}, {}, folder))).toMatchObject({ code: 'SRGIT_ENV_UNSET' });
    expect(loadConfig({}, { PW: 'p' }, folder).registry?.auth).toMatchObject({ password: 'p' });
  });
});

describe('keys', () => {
  it('that do not apply are named with their place, and are no mistake', () => {
    const { notes } = parse(
      'mode: backup\nbackup:\n  compression: zstd\nmetrics: { enabled: true }\nenterprise: { license: { key: x } }\n',
    );
    expect(notes).toEqual([
      { place: '3:3', text: 'backup.compression does not apply: give srgit backup --compression' },
      { place: '4:1', text: 'metrics does not apply: srgit health --listen and srgit serve have metrics' },
      { place: '5:15', text: 'enterprise.license does not apply: srgit needs no licence' },
    ]);
    const folder = folderWith('mode: backup\nmetrics: {}\n');
    expect(loadConfig({}, {}, folder).notes).toEqual([expect.stringMatching(/srgit\.yaml:2:1 metrics does not apply/)]);
  });

  it.each([
    [registry('{ urll: x }'), '1:34 unknown key "urll" in enterprise.schema_registry; did you mean "url"?'],
    ['mode: backup\nsorce: {}', '2:1 unknown key "sorce"; did you mean "source"?'],
    ['mode: backup\nregistries: {}', '2:1 unknown key "registries"; known here: '],
    ['mode: mirror', '1:7 mode must be one of backup, restore'],
    [registry('{ auth: { type: kerberos } }'), '1:48 enterprise.schema_registry.auth.type must be one of none, basic'],
    [
      'source: { topics: { include: ["~orders.*"] }, bootstrap_servers: [a:1] }',
      '1:30 source.topics.include has a regular expression (~); write globs',
    ],
    ['source: { security: { sasl_username: u } }', '1:9 source has no bootstrap_servers'],
    [
      registry('{ tls: { ca_cert: a }, auth: { type: basic, tls: { ca_cert: b } } }'),
      '1:92 enterprise.schema_registry.auth.tls.ca_cert and enterprise.schema_registry.tls.ca_cert differ',
    ],
  ])('%j', (text, message) => {
    expect(messageOf(text)).toContain(`backup.yaml:${message}`);
  });

  it.each([
    '{ rewrite_ids: true, force_ids: true }',
    '{ force_ids: true, id_mapping_file: x.json }',
    '{ id_mapping: false, rewrite_ids: true }',
    '{ id_mapping: false, id_mapping_file: x.json }',
  ])('of restore that contradict each other: %s', (restore) => {
    const folder = folderWith(registry(`{ restore: ${restore} }`));
    const needs = { registry: false, restore: true };
    expect(configError(() => loadConfig({}, {}, folder, needs)).message).toMatch(/contradict each other/);
  });

  it('whose meaning srgit does not have are refused where they are used', () => {
    const folder = folderWith(
      'source: { bootstrap_servers: [a:1], security: { security_protocol: SASL_SSL, sasl_mechanism: GSSAPI } }\nstorage: { backend: azure, account_name: a }\n',
    );
    expect(loadConfig({}, {}, folder).notes).toHaveLength(1);
    const of = (records: { clusters: string[]; storage: boolean }) =>
      configError(() => loadConfig({}, {}, folder, { registry: false, records })).message;
    expect(of({ clusters: ['source'], storage: false })).toContain('does not speak GSSAPI');
    expect(of({ clusters: [], storage: true })).toBe('srgit has no storage "azure"');
  });
});

describe('the operator’s resource', () => {
  const resource = (spec: string, rest = '') =>
    `apiVersion: kafka.oso.sh/v1alpha1\nkind: KafkaBackup\nmetadata: { name: b }\nspec: ${spec}\n${rest}`;
  const secret = (more: string) => `---\napiVersion: v1\nkind: Secret\nmetadata: { name: s }\n${more}\n`;
  const CREDENTIALS = 'url: http://r, credentialsSecret: { name: s, usernameKey: u, passwordKey: p }';

  it('has its registry in either place, with the other keys in its spelling', () => {
    const made = resource(
      `{ kafkaCluster: { bootstrapServers: [k:1], securityProtocol: SASL_SSL, saslSecret: { name: s, mechanism: PLAIN, usernameKey: u, passwordKey: p } }, topics: [a], excludeTopics: [b], storage: { storageType: s3, s3: { bucket: x } }, schemaRegistry: { ${CREDENTIALS}, tls: { caCert: c }, schemaTypes: [AVRO], restore: { forceIds: true, subjectMapping: { a_b: c_d } } } }`,
      secret('data: { u: bWU=, p: aHVudGVyMg== }'),
    );
    expect(parse(made).raw).toEqual({
      registries: {
        source: {
          url: 'http://r',
          auth: { type: 'basic', username: 'me', password: 'hunter2' },
          tls: { ca_cert: 'c' },
        },
      },
      kafka: {
        source: {
          bootstrap_servers: ['k:1'],
          security: { protocol: 'SASL_SSL', mechanism: 'PLAIN', username: 'me', password: 'hunter2' },
        },
      },
      backup: { topics: ['a'], exclude_topics: ['b'], schema_types: ['AVRO'] },
      storage: { backend: 's3', bucket: 'x' },
      restore: { force_ids: true, subject_mapping: { a_b: 'c_d' } },
    });
  });

  it('takes mounted Secrets first, and never leaves their folder', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'secrets/s'), { recursive: true });
    writeFileSync(join(folder, 'secrets/s/u'), 'mounted\n');
    writeFileSync(join(folder, 'p'), 'outside');
    const env = { SRGIT_SECRETS_DIR: join(folder, 'secrets') };
    const text = resource(`{ schemaRegistry: { ${CREDENTIALS} } }`, secret('stringData: { u: written, p: written }'));
    expect(parse(text, env).raw.registries?.['source']?.auth).toMatchObject({
      username: 'mounted',
      password: 'written',
    });
    const { unset } = parse(
      resource(
        '{ schemaRegistry: { url: http://r, credentialsSecret: { name: "..", usernameKey: p, passwordKey: ../p } } }',
      ),
      env,
    );
    expect(unset).toHaveLength(2);
  });

  it('names a Secret that is not there, where the registry is needed', () => {
    const folder = folderWith(resource(`{ schemaRegistry: { ${CREDENTIALS} } }`, secret('stringData: { u: me }')));
    expect(configError(() => loadConfig({}, {}, folder))).toMatchObject({
      code: 'SRGIT_CONFIG_MISSING',
      message: expect.stringMatching(/srgit\.yaml:4:101 there is no key "p" of a Secret "s"$/),
      hint: expect.stringContaining('SRGIT_SECRETS_DIR'),
    });
    expect(loadConfig({}, {}, folder, { registry: false }).registry).toBeUndefined();
  });

  it.each([
    [resource('{ schemaRegistri: {} }'), 'unknown key "schemaRegistri" in spec; did you mean "schemaRegistry"?'],
    [resource('{ schemaRegistry: { credentialSecret: {} } }'), 'did you mean "credentialsSecret"?'],
    [resource('{ schemaRegistry: { url: a }, enterprise: { schemaRegistry: { url: b } } }'), 'keep one'],
    [resource('{ schemaRegistry: { auth: { type: oauth }, credentialsSecret: { name: s } } }'), 'auth.type is oauth'],
    [resource('{}', `---\n${resource('{}')}`), 'several KafkaBackup resources'],
    ['apiVersion: v1\nkind: Secret\nmetadata: { name: s }\n', 'only KafkaBackup is read'],
    ['apiVersion: v2\nkind: KafkaBackup\nspec: {}\n', 'apiVersion must be kafka.oso.sh/v1alpha1'],
  ])('%j is refused', (text, message) => {
    expect(messageOf(text)).toContain(message);
  });
});
