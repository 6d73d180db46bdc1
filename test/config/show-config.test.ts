/** `config show`: what applies, where from, and no secret. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables as the file has them
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Conversion } from '../../src/config/conversion.ts';
import { type ConfigNeeds, loadConfig } from '../../src/config/load-config.ts';
import { layerSettings, showConfig } from '../../src/config/show-config.ts';
import type { ConfigFlags } from '../../src/config/types.ts';
import { temporaryFolder } from '../support/trees.ts';
import { BLOCK_ENV, BLOCKS } from './backup-tool-blocks.ts';
import { folderWith } from './support.ts';

const FILE = `tree: t
registry: prod
registries:
  prod:
    url: [http://a, "http://me:hunter2@b"]
    auth: { username: u, password: "\${PW:-hunter2}" }
    headers: { X-Key: hunter2 }
    tls: { ca_cert: ca.pem }
  other: { url: http://o, auth: { token: hunter2 }, concurrency: 3 }
backup: { subjects: [a, b], protobuf: { include_dependencies: false } }
restore: { force_ids: true, subject_mapping: { x: y } }
kafka: { k: { bootstrap_servers: "k:1", security: { username: u, password: hunter2 } } }
storage: { bucket: b, access_key: hunter2, secret_key: hunter2 }
`;

function shown(yaml: string, flags: ConfigFlags = {}, env: NodeJS.ProcessEnv = {}) {
  const folder = folderWith(yaml);
  const { settings } = showConfig(flags, env, folder);
  expect(JSON.stringify(settings)).not.toContain('hunter2');
  const name = (text: string) => text.replaceAll(`${folder}/`, '');
  return Object.fromEntries(
    settings.map(({ key, value, origin }) => [key, [typeof value === 'string' ? name(value) : value, name(origin)]]),
  );
}

describe('showConfig', () => {
  it('tells where each setting comes from, and shows no secret', () => {
    expect(shown(FILE)).toEqual({
      tree: ['t', 'srgit.yaml:1:7'],
      registry: ['prod', 'srgit.yaml:2:11'],
      'registries.prod.enabled': [true, 'default'],
      'registries.prod.url': [['http://a', 'http://***@b'], 'srgit.yaml:5:10'],
      'registries.prod.auth.type': ['basic', 'told by the other keys'],
      'registries.prod.auth.username': ['u', 'srgit.yaml:6:23'],
      'registries.prod.auth.password': ['***', 'srgit.yaml:6:36'],
      'registries.prod.tls.ca_cert': ['ca.pem', 'srgit.yaml:8:21'],
      'registries.prod.headers.X-Key': ['***', 'srgit.yaml:7:23'],
      'registries.other.enabled': [true, 'default'],
      'registries.other.url': ['http://o', 'srgit.yaml:9:17'],
      'registries.other.auth.type': ['bearer', 'told by the other keys'],
      'registries.other.auth.token': ['***', 'srgit.yaml:9:42'],
      'registries.other.concurrency': [3, 'srgit.yaml:9:66'],
      'backup.subjects': [['a', 'b'], 'srgit.yaml:10:21'],
      'backup.include_soft_deleted': [true, 'default'],
      'backup.include_versions': ['all', 'default'],
      'backup.include_references': [false, 'srgit.yaml:10:63'],
      'backup.include_sensitive': [false, 'default'],
      'backup.schema_types': [['AVRO', 'JSON', 'PROTOBUF'], 'default'],
      'restore.enabled': [true, 'default'],
      'restore.strategy': ['preserve', 'default'],
      'restore.id_policy': ['force', 'srgit.yaml:11:23'],
      'restore.subject_mapping': [{ x: 'y' }, 'srgit.yaml:11:46'],
      'restore.force_register': [false, 'default'],
      'restore.include_soft_deleted': [true, 'default'],
      'restore.settings': [true, 'default'],
      'git.remote': ['origin', 'default'],
      'kafka.k.bootstrap_servers': ['k:1', 'srgit.yaml:12:34'],
      'kafka.k.client': ['platformatic', 'default'],
      'kafka.k.security.username': ['u', 'srgit.yaml:12:63'],
      'kafka.k.security.password': ['***', 'srgit.yaml:12:76'],
      'storage.bucket': ['b', 'srgit.yaml:13:20'],
      'storage.path_style': [false, 'default'],
      'storage.allow_http': [false, 'default'],
      'storage.access_key': ['***', 'srgit.yaml:13:35'],
      'storage.secret_key': ['***', 'srgit.yaml:13:56'],
      'replay.on_unknown': ['fail', 'default'],
    });
  });

  it('puts the environment over the file, and flags over both', () => {
    const env = {
      SRGIT_TREE: 'env-tree',
      SRGIT_REGISTRY: 'other',
      SRGIT_USERNAME: 'me',
      SRGIT_PASSWORD: 'hunter2',
      SRGIT_REGISTRY_PROD_TOKEN: 'hunter2',
      SRGIT_KAFKA_K_PASSWORD: 'hunter2',
      SRGIT_STORAGE_PREFIX: 'p',
      SRGIT_CA_CERT: 'env.pem',
    };
    expect(shown(FILE, { subjects: ['z'], concurrency: 9, headers: ['X-A: hunter2'] }, env)).toMatchObject({
      tree: ['env-tree', 'SRGIT_TREE'],
      registry: ['other', 'SRGIT_REGISTRY'],
      'registries.prod.auth.type': ['bearer', 'SRGIT_REGISTRY_PROD_TOKEN'],
      'registries.prod.auth.token': ['***', 'SRGIT_REGISTRY_PROD_TOKEN'],
      'registries.other.auth.type': ['basic', 'SRGIT_USERNAME'],
      'registries.other.auth.password': ['***', 'SRGIT_PASSWORD'],
      'registries.other.tls.ca_cert': ['env.pem', 'SRGIT_CA_CERT'],
      'registries.other.headers.X-A': ['***', '--header'],
      'registries.other.concurrency': [9, '--concurrency'],
      'backup.subjects': [['z'], '--subject'],
      'kafka.k.security.password': ['***', 'SRGIT_KAFKA_K_PASSWORD'],
      'storage.prefix': ['p', 'SRGIT_STORAGE_PREFIX'],
    });
  });

  it('names what is not set, and shows what is off', () => {
    expect(shown('registries: { a: { enabled: false, url: "${URL}", auth: { token: "${T}" } } }')).toMatchObject({
      'registries.a.enabled': [false, 'srgit.yaml:1:29'],
      'registries.a.url': ['${URL}', 'srgit.yaml:1:41, URL is not set'],
      'registries.a.auth.token': ['***', 'srgit.yaml:1:66, T is not set'],
    });
    expect(shown('', { url: ['http://u:hunter2@r'] })).toMatchObject({
      'registries.(url).url': [['http://***@r'], '--url'],
    });
  });
});

describe('what is shown is what is used', () => {
  const cases: [string, string, ConfigFlags, NodeJS.ProcessEnv][] = [
    ['the file', FILE, {}, {}],
    ['another registry', FILE, { registry: 'other' }, {}],
    ['a name of the command line', FILE, { username: 'me', tree: 'x' }, { SRGIT_PASSWORD: 'p' }],
    ['a token of the environment', FILE, {}, { SRGIT_TOKEN: 't', SRGIT_TREE: 'e' }],
    [
      'variables of one registry',
      FILE,
      {},
      {
        SRGIT_REGISTRY_PROD_CLIENT_SECRET: 's',
        SRGIT_REGISTRY_PROD_CLIENT_ID: 'c',
        SRGIT_REGISTRY_PROD_TOKEN_URL: 'http://t',
      },
    ],
    [
      'a registry and a cluster of the environment',
      'tree: t\nkafka: { k: { bootstrap_servers: "a:1" } }',
      { registry: 'dr' },
      { SRGIT_REGISTRY_DR_URL: 'http://d', SRGIT_KAFKA_K_BOOTSTRAP_SERVERS: 'k:1,k:2', SRGIT_STORAGE_PATH: 'backups' },
    ],
    ['the backup tool’s file', BLOCKS.complete.replaceAll('/certs/', ''), {}, BLOCK_ENV],
    ['the operator’s resource', BLOCKS.operator, {}, {}],
    [
      'certificates',
      'registries: { a: { url: http://a, auth: { type: mtls } } }',
      { clientCert: 'client.crt' },
      { SRGIT_CLIENT_KEY: 'client.key' },
    ],
    [
      'flags',
      FILE,
      {
        subjects: ['q'],
        exclude: ['e'],
        versions: 'latest',
        schemaTypes: ['AVRO'],
        includeReferences: true,
        headers: ['A: b'],
      },
      {},
    ],
  ];

  it.each(cases)('%s', (_, yaml, flags, env) => {
    const folder = folderWith(yaml);
    for (const name of ['ca.pem', 'ca.crt', 'client.crt', 'client.key']) writeFileSync(join(folder, name), name);
    const { settings } = layerSettings(flags, env, folder);
    const { raw } = settings
      // What may stay unsaid there, stays so.
      .filter(({ path, origin }) => origin !== 'default' || !['replay', 'storage', 'kafka'].includes(path[0] ?? ''))
      .reduce((made, { path, value, origin }) => {
        made.put(path, value, [origin]);
        return made;
      }, new Conversion() as Conversion);
    const { kafka = {}, storage } = raw as { readonly kafka?: object; readonly storage?: object };
    const needs: ConfigNeeds = {
      registry: true,
      restore: true,
      records: { clusters: Object.keys(kafka), storage: storage !== undefined },
    };
    const elsewhere = temporaryFolder();
    mkdirSync(join(elsewhere, 'conf'));
    writeFileSync(join(elsewhere, 'conf/srgit.yaml'), JSON.stringify(raw));
    const again = loadConfig({}, {}, join(elsewhere, 'conf'), needs);
    const { notes: _notes, ...used } = loadConfig(flags, env, folder, needs);
    expect({ ...again, file: undefined }).toEqual({ ...used, file: undefined });
  });
});
