import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';
import { parseFraming } from '../../src/config/record-settings.ts';
import type { Config } from '../../src/config/types.ts';
import { configError, folderWith } from './support.ts';

function load(folder: string, clusters: readonly string[] = [], storage = false, env: NodeJS.ProcessEnv = {}): Config {
  return loadConfig({}, env, folder, { registry: false, records: { clusters, storage } });
}

function loadText(yaml: string, clusters: readonly string[] = [], storage = false): Config['records'] {
  return load(folderWith(yaml), clusters, storage).records;
}

describe('kafka:', () => {
  it('is a cluster by name, with security as it is written down', () => {
    const folder = folderWith(`kafka:
  prod:
    bootstrap_servers: [b-1:9096, "b-2:9096,[::1]:9096"]
    client: kafkajs
    client_id: me
    security: { protocol: SASL_SSL, mechanism: SCRAM-SHA-512, username: u, password: "\${PW}" }
    tls: { ca_cert: ca.pem, verify: false }
    request_timeout_seconds: 2.5
`);
    writeFileSync(join(folder, 'ca.pem'), 'PEM');
    expect(load(folder, ['prod'], false, { PW: 'secret' }).records?.clusters.get('prod')).toEqual({
      name: 'prod',
      bootstrapServers: ['b-1:9096', 'b-2:9096', '[::1]:9096'],
      client: 'kafkajs',
      clientId: 'me',
      sasl: { mechanism: 'SCRAM-SHA-512', username: 'u', password: 'secret' },
      tls: { caCert: 'PEM', verify: false },
      requestTimeoutMs: 2500,
    });
    // A cluster that nobody talks to needs neither its secrets nor its files.
    expect(load(folder, []).records?.clusters.size).toBe(0);
    expect(loadConfig({}, {}, folder, { registry: false }).records).toBeUndefined();
    expect(configError(() => load(folder, ['prod'])).code).toBe('SRGIT_ENV_UNSET');
  });

  it('is told by what it has where no protocol is said', () => {
    const of = (text: string) =>
      loadText(`kafka: { a: { bootstrap_servers: "b:1", ${text} } }`, ['a'])?.clusters.get('a');
    expect(of('security: { username: u, password: p }')).toMatchObject({ sasl: { mechanism: 'PLAIN' } });
    expect(of('tls: {}')).toMatchObject({ tls: {} });
    expect(of('client: platformatic')).toEqual({ name: 'a', bootstrapServers: ['b:1'], client: 'platformatic' });
    const oauth = 'security: { mechanism: OAUTHBEARER, token_url: "http://t", client_id: i, client_secret: s }';
    expect(of(oauth)?.sasl).toEqual({
      mechanism: 'OAUTHBEARER',
      tokenUrl: 'http://t',
      clientId: 'i',
      clientSecret: 's',
    });
  });

  it('may be addresses on the command line', () => {
    expect(loadText('{}', ['h:9092,i:9093'])?.clusters.get('h:9092,i:9093')).toEqual({
      bootstrapServers: ['h:9092', 'i:9093'],
      client: 'platformatic',
    });
  });

  it('is refused where settings do not fit together, and shows no password', () => {
    const refused = (text: string, name = 'a') => configError(() => loadText(`kafka: { a: { ${text} } }`, [name]));
    expect(refused('bootstrap_servers: "u:pass@b:1"').message).toBe('Kafka cluster "a": "***@b:1" is not an address');
    expect(refused('bootstrap_servers: b').message).toContain('"b" is not an address');
    expect(refused('bootstrap_servers: "b:1", security: { protocol: SSL, username: u }').message).toContain(
      'sends none',
    );
    expect(refused('bootstrap_servers: "b:1", security: { username: u }').message).toContain(
      'security.password is missing',
    );
    expect(refused('bootstrap_servers: "b:1", security: { protocol: PLAINTEXT }, tls: {}').message).toContain('no TLS');
    expect(refused('bootstrap_servers: "b:1"', 'b')).toMatchObject({ code: 'SRGIT_CONFIG_MISSING' });
    expect(refused('bootstrap_servers: "b:1", sasl: {}').message).toContain('unknown key "sasl"');
    expect(refused('bootstrap_servers: "b:1", security: { mechanism: GSSAPI }').message).toContain(
      'must be one of PLAIN',
    );
  });
});

describe('storage:', () => {
  it('is a folder beside the file, or a bucket', () => {
    const folder = folderWith('storage: { path: backups }');
    expect(load(folder, [], true).records?.storage).toEqual({ backend: 'filesystem', path: join(folder, 'backups') });
    const s3 =
      'storage: { bucket: b, prefix: p, endpoint: "http://s3", path_style: true, access_key: k, secret_key: s }';
    expect(loadText(s3, [], true)?.storage).toEqual({
      backend: 's3',
      bucket: 'b',
      prefix: 'p',
      endpoint: 'http://s3',
      pathStyle: true,
      accessKeyId: 'k',
      secretAccessKey: 's',
    });
  });

  it('is needed only where it is meant', () => {
    expect(loadText('{}', [], false)?.storage).toBeUndefined();
    expect(configError(() => loadText('{}', [], true)).code).toBe('SRGIT_CONFIG_MISSING');
    expect(configError(() => loadText('storage: { backend: s3 }', [], true)).message).toBe('storage.bucket is missing');
    expect(configError(() => loadText('storage: { bucket: b, access_key: k }', [], true)).message).toContain(
      'go together',
    );
  });
});

describe('replay:', () => {
  it('says what is a frame in which topic', () => {
    const yaml = `replay:
  topics: orders-*
  exclude: [a, b]
  framing: { "orders-*": { key: none }, "*": confluent }
  contexts: { "eu-*": staging, x: . }
  topic_mapping: { "*": "eu-*" }
  on_unknown: dead-letter
`;
    expect(loadText(yaml)).toEqual({
      clusters: new Map(),
      topics: ['orders-*'],
      exclude: ['a', 'b'],
      framing: [
        { topics: 'orders-*', key: 'none' },
        { topics: '*', key: 'confluent', value: 'confluent' },
      ],
      contexts: [
        { topics: 'eu-*', context: '.staging' },
        { topics: 'x', context: '.' },
      ],
      topicMapping: [{ from: '*', to: 'eu-*' }],
      onUnknown: 'dead-letter',
    });
  });

  it('is refused with the place of the mistake', () => {
    const message = (yaml: string) => configError(() => loadText(`replay: ${yaml}`)).message;
    expect(message('{ framing: { a: avro } }')).toMatch(
      /srgit.yaml:1:\d+ replay.framing.a must be one of auto, confluent, none/,
    );
    expect(message('{ framing: { a: { keys: none } } }')).toContain('did you mean "key"?');
    expect(message('{ topic_mapping: { "*": "a" } }')).toContain('cannot be renamed');
    expect(message('{ contexts: { a: "b:c" } }')).toContain('is not the name of a context');
  });

  it('is understood on the command line, too', () => {
    expect(parseFraming('orders-*:key=none')).toEqual({ topics: 'orders-*', key: 'none' });
    expect(parseFraming('o=rd:value=auto')).toEqual({ topics: 'o=rd', value: 'auto' });
    expect(parseFraming('*=confluent')).toEqual({ topics: '*', key: 'confluent', value: 'confluent' });
    for (const text of ['orders', 'orders=', '=none', 'orders:key=avro']) {
      expect(configError(() => parseFraming(text)).code).toBe('SRGIT_USAGE');
    }
  });
});
