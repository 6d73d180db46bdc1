// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables as the file has them
/** `config check`: everything that is wrong at once, with its place, and never a secret. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkConfig } from '../../src/app/config/check-config.ts';
import { showConfig } from '../../src/config/show-config.ts';
import { isSrgitError } from '../../src/errors.ts';
import { renderConfigCheck, renderConfigShow } from '../../src/render/config-report.ts';
import { temporaryFolder } from '../support/trees.ts';
import { BLOCK_ENV, BLOCKS } from './backup-tool-blocks.ts';
import { configError, folderWith } from './support.ts';

function check(yaml: string, env: NodeJS.ProcessEnv = {}) {
  const folder = folderWith(yaml);
  const result = checkConfig(join(folder, 'srgit.yaml'), env, folder);
  return result.mistakes.map(({ line, column, message }) => `${line}:${column} ${message.replaceAll(folder, '')}`);
}

describe('checkConfig', () => {
  it('tells everything at once, in the order of the file', () => {
    const yaml = `registry: prd
registries:
  prod:
    url: [http://a, "u:hunter2@b"]
    auth: { type: basic, username: u }
    tls: { ca_cert: gone.pem, client_cert: gone.crt }
    headres: {}
  cloud: { url: http://c, auth: { type: oauth } }
  later: { url: "\${URL}", auth: { username: "\${USER_NAME}", password: "\${PW}" }, concurrency: many }
restore:
  rewrite_ids: true
  force_ids: true
  set_compatibility: SOME
  subject_mapping: { "a-*": b }
kafka:
  one: { bootstrap_servers: [b], security: { username: u } }
  two: { bootstrap_servers: ["c:1"], security: { protocol: PLAINTEXT, username: u, password: p } }
storage: { backend: s3, access_key: k }
replay: { contexts: { "a-*": "b:c" }, topic_mapping: { "x-*": y } }
`;
    expect(check(yaml)).toEqual(
      [
        '1:11 no registry "prd" is configured',
        '4:10 "***@b" is not the URL of a registry',
        '5:11 auth.password (or SRGIT_PASSWORD) is missing',
        '6:21 /gone.pem cannot be read: ENOENT',
        '6:10 a client certificate needs its key, and a key its certificate',
        '6:44 /gone.crt cannot be read: ENOENT',
        '7:5 unknown key "headres" in registries.prod; did you mean "headers"?',
        '8:33 auth.token_url is missing',
        '8:33 auth.client_id is missing',
        '8:33 auth.client_secret is missing',
        '9:17 ${URL} is not set',
        '9:45 ${USER_NAME} is not set',
        '9:71 ${PW} is not set',
        '9:95 registries.later.concurrency must be integer',
        '11:16 restore.force_ids and restore.rewrite_ids contradict each other',
        '13:22 "SOME" is not a compatibility level',
        '14:29 "a-*" cannot be mapped to "b"',
        '16:29 Kafka cluster "one": "b" is not an address',
        '16:44 Kafka cluster "one": security.password is missing',
        '17:48 Kafka cluster "two": it has credentials, but protocol PLAINTEXT sends none',
        '18:10 storage.bucket is missing',
        '18:37 storage.access_key and storage.secret_key go together',
        '19:30 "b:c" is not the name of a context',
        '19:63 the topic "x-*" cannot be renamed to "y"',
      ].sort(byPlace),
    );
  });

  it('is content with what is good, and with what another command is for', () => {
    expect(check('')).toEqual([]);
    expect(
      check('registries: { a: { url: http://a }, b: { enabled: false, url: "${B}", tls: { ca_cert: gone } } }'),
    ).toEqual([]);
    const yaml = 'registries: { a: { url: http://a, auth: { username: u } } }';
    expect(check(yaml, { SRGIT_PASSWORD: 'p' })).toEqual([]);
    expect(check(yaml, { SRGIT_REGISTRY_A_PASSWORD: 'p' })).toEqual([]);
    expect(
      check('kafka: { a: { bootstrap_servers: "a:1", security: { username: u, password: "${P}" } } }', {
        SRGIT_KAFKA_A_PASSWORD: 'x',
      }),
    ).toEqual([]);
  });

  it('gives the password of the environment to the registry that is meant, and to no other', () => {
    const yaml =
      'registry: a\nregistries:\n  a: { url: http://a, auth: { username: u } }\n  b: { url: http://b, auth: { username: u } }\n';
    expect(check(yaml, { SRGIT_PASSWORD: 'p' })).toEqual(['4:29 auth.password (or SRGIT_PASSWORD) is missing']);
  });

  it('looks into the id mapping file', () => {
    expect(check('restore: { id_mapping_file: ids.json }')).toEqual(['1:29 /ids.json cannot be read: ENOENT']);
    const folder = folderWith('restore: { id_mapping_file: ids.json }');
    writeFileSync(join(folder, 'ids.json'), '{"a": "b"}');
    expect(checkConfig(join(folder, 'srgit.yaml'), {}, folder).mistakes[0]?.message).toContain('is no id mapping');
  });

  it('tells places of the backup tool’s file as they are there', () => {
    const yaml = BLOCKS.complete.replace('strategy: preserve', 'strategy: keep').replace('kafka:9092', 'kafka');
    expect(check(yaml, BLOCK_ENV)).toEqual([
      '5:5 Kafka cluster "source": "kafka" is not an address',
      '22:16 /certs/ca.crt cannot be read: ENOENT',
      '23:20 /certs/client.crt cannot be read: ENOENT',
      '24:19 /certs/client.key cannot be read: ENOENT',
      '31:17 enterprise.schema_registry.restore.strategy must be one of preserve, overwrite, skip',
    ]);
  });

  it('names variables that cannot be read, and a file that is not there', () => {
    expect(check('{}', { SRGIT_STORAGE_PATH_STYLE: 'yes' })).toEqual([
      'undefined:undefined SRGIT_STORAGE_PATH_STYLE has a value that is not known',
    ]);
    const folder = temporaryFolder();
    expect(configError(() => checkConfig(join(folder, 'no.yaml'), {}, folder)).code).toBe('SRGIT_CONFIG_MISSING');
  });
});

function byPlace(a: string, b: string): number {
  const [left = [], right = []] = [a, b].map((text) => text.split(' ')[0]?.split(':').map(Number));
  return (left[0] ?? 0) - (right[0] ?? 0) || (left[1] ?? 0) - (right[1] ?? 0);
}

describe('a slip of punctuation', () => {
  const around = (slip: string): string =>
    `registries:\n  a:\n    url: http://a\n    auth: { username: u, password${slip} hunter2 }\n`;
  it.each([':!', ': ,', '', ' :!', ': x, ?', ':|'])('%j does not show the password', (slip) => {
    const said = check(around(slip)).join('\n');
    expect(said).not.toBe('');
    expect(said).not.toContain('hunter2');
  });

  it.each([
    ['|\n  tree: x\n  url: ${A}', '1:1 the file must be object'],
    [
      'registries:\n  a:\n    url: http://a\n    auth: |\n      username: ${A}',
      '4:11 registries.a.auth must be object',
    ],
    ['kafka: { a: { bootstrap_servers: "${A}" } }', '1:34 ${A} is not set'],
    ['registries: { a: { url: http://a, concurrency: "${A}" } }', '1:48 ${A} is not set'],
  ])('%j: a mapping does not come out of a variable', (yaml, mistake) => {
    expect(check(yaml)).toContain(mistake);
  });
});

describe('whatever the file is', () => {
  const seed = Number(process.env['SRGIT_SEED'] ?? Math.floor(Math.random() * 0x7fff_ffff));
  const numRuns = Number(process.env['SRGIT_RUNS'] ?? 400);
  const SECRET = 'hunter2';
  const KEYS = [
    'tree',
    'registry',
    'registries',
    'url',
    'auth',
    'type',
    'username',
    'tls',
    'ca_cert',
    'backup',
    'subjects',
    'restore',
    'strategy',
    'id_mapping_file',
    'kafka',
    'bootstrap_servers',
    'security',
    'storage',
    'backend',
    'mode',
    'source',
    'target',
    'topics',
    'include',
    'enterprise',
    'schema_registry',
    'apiVersion',
    'kind',
    'spec',
    'schemaRegistry',
    'kafkaCluster',
    'credentialsSecret',
    'name',
    'metadata',
    'stringData',
    'framing',
    '__proto__',
    'constructor',
    '0',
    '<<',
    'replay',
  ];
  const SECRETS = [
    'password',
    'token',
    'client_secret',
    'secret_key',
    'client_key_password',
    'sasl_password',
    'session_token',
  ];
  const leaf = fc.oneof(
    fc.constantFrom<unknown>(
      'basic',
      'oauth',
      's3',
      'backup',
      'force',
      'KafkaBackup',
      'Secret',
      'kafka.oso.sh/v1alpha1',
      `http://u:${SECRET}@h`,
      'a:1',
      '*',
      '~x',
      '${A}',
      '${A:-b}',
      true,
      false,
      null,
      0,
      -1,
      1.5,
      '',
    ),
    fc.string({ maxLength: 6 }),
  );
  const { tree: anything } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      leaf,
      fc.array(tie('tree'), { maxLength: 3 }),
      fc
        .array(
          fc.oneof(
            fc.tuple(fc.constantFrom(...KEYS), tie('tree')),
            fc.tuple(fc.constantFrom(...SECRETS), fc.constant(SECRET)),
            fc.tuple(fc.constantFrom('url', 'bootstrap_servers'), fc.constant(`u:${SECRET}@h:1`)),
          ),
          { maxLength: 5 },
        )
        .map((pairs) => Object.fromEntries(pairs)),
    ),
  }));
  /** A good file of one of the spellings, with something put somewhere. */
  const spoiled = fc
    .tuple(
      fc.constantFrom(
        ...Object.values(BLOCKS),
        'registries:\n  a:\n    url: http://a\n    auth: { username: u, password: hunter2 }\n',
      ),
      fc.nat(),
      fc.string({ unit: fc.constantFrom(...'{}[]&*!|>\'"%@`,:-# \n\tx~$'), maxLength: 5 }),
    )
    .map(([text, at, more]) => `${text.slice(0, at % text.length)}${more}${text.slice(at % text.length)}`);
  const file = fc.oneof(
    anything.map((value) => JSON.stringify(value) ?? ''),
    fc
      .array(anything, { minLength: 2, maxLength: 3 })
      .map((all) => all.map((value) => JSON.stringify(value)).join('\n---\n')),
    spoiled,
  );

  it('it is an answer or an error of ours, and shows no secret', { timeout: 300_000 }, () => {
    console.log(`config check: seed ${seed} (repeat with SRGIT_SEED=${seed})`);
    const folder = folderWith('');
    mkdirSync(join(folder, 'secrets'));
    const path = join(folder, 'srgit.yaml');
    const env = {
      SR_PASSWORD: SECRET,
      SR_CLIENT_SECRET: SECRET,
      SRGIT_REGISTRY_A_PASSWORD: SECRET,
      SRGIT_STORAGE_SECRET_KEY: SECRET,
      SRGIT_SECRETS_DIR: join(folder, 'secrets'),
    };
    fc.assert(
      fc.property(file, (text) => {
        writeFileSync(path, text);
        const said: string[] = [];
        try {
          said.push(renderConfigCheck(checkConfig(path, env, folder), 'srgit.yaml'));
          const shown = showConfig({}, env, folder);
          said.push(renderConfigShow(shown, 'srgit.yaml'), JSON.stringify(shown));
        } catch (error) {
          if (!isSrgitError(error)) throw error;
          said.push(error.message, error.hint ?? '');
        }
        expect(said.join('\n')).not.toContain(SECRET);
      }),
      { numRuns, seed },
    );
  });
});
