/** The backup tool's own YAML with `--config`: every block of its page does what the page says. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { BLOCK_ENV, BLOCKS } from '../config/backup-tool-blocks.ts';
import { writeArchive } from '../support/archives.ts';
import { makeAuthority } from '../support/certificates.ts';
import { cliEntry, runCli, runCliJson } from '../support/cli.ts';
import { record, register, registryDuringTest, request, startRegistry } from '../support/embedded-registry.ts';
import { readSegmentIndependently } from '../support/independent-kbak-reader.ts';
import { type SecureFrontOptions, startSecureFront } from '../support/secure-front.ts';
import { temporaryFolder } from '../support/trees.ts';

const TEST_MS = 120_000;
const PAGE_URL = 'https://schema-registry:8081';
const authority = makeAuthority('Test authority');
const server = authority.issue({ name: 'registry', hosts: ['127.0.0.1', 'localhost'] });
const client = authority.issue({ name: 'backup' });

let source: Awaited<ReturnType<typeof startRegistry>>;
/** The tree of what the page has. */
let page: string;

/** The ids of the page: orders 1 and 5, payments 2. */
beforeAll(async () => {
  await cliEntry();
  source = await startRegistry();
  await register(source.url, 'orders-value', record('Order'));
  await register(source.url, 'payments-value', record('Payment'));
  await register(source.url, 'users-value', record('User'));
  await register(source.url, 'orders-test', record('Test'));
  await register(source.url, 'orders-value', two('Order'));
  await register(source.url, 'internal-audit', record('Audit'));
  await post(source.url, 'common-address-value', { schema: JSON.stringify(record('Address')) });
  const schema = JSON.stringify({ type: 'record', name: 'Sent', fields: [{ name: 'to', type: 'Address' }] });
  const references = [{ name: 'Address', subject: 'common-address-value', version: 1 }];
  await post(source.url, 'orders-sent-value', { schema, references });
  await post(source.url, 'json-value', { schemaType: 'JSON', schema: '{"type":"object"}' });
  const imported = { schemaType: 'PROTOBUF', schema: 'syntax = "proto3"; message Base { string id = 1; }' };
  await post(source.url, 'base.proto', imported);
  await post(source.url, 'proto-value', {
    schemaType: 'PROTOBUF',
    schema: 'syntax = "proto3"; import "base.proto"; message Outer { Base base = 1; }',
    references: [{ name: 'base.proto', subject: 'base.proto', version: 1 }],
  });
  await register(source.url, 'internal-gone', record('Gone'));
  await request(source.url, 'DELETE', '/subjects/internal-gone');
  page = join(mkdtempSync(join(tmpdir(), 'srgit-page-')), 'schemas');
  const chosen = ['-s', 'orders-value', '-s', 'payments-value'];
  const { stderr } = await runCli(['export', '--url', source.url, '--tree', page, ...chosen], { cwd: tmpdir() });
  expect(stderr).toBe('');
}, TEST_MS);

afterAll(async () => {
  rmSync(join(page, '..'), { recursive: true, force: true });
  await source.close();
});

function two(name: string): object {
  const field = { type: ['null', 'string'], default: null };
  return { type: 'record', name, fields: ['id', 'more'].map((one) => ({ name: one, ...field })) };
}

async function post(url: string, subject: string, body: object): Promise<number> {
  const answer = await request(url, 'POST', `/subjects/${encodeURIComponent(subject)}/versions`, body);
  expect(answer).toHaveProperty('id');
  return (answer as { id: number }).id;
}

/** A folder with that file, and a runner with it. */
function stage(yaml: string, files: Readonly<Record<string, string>> = {}) {
  const cwd = temporaryFolder();
  mkdirSync(join(cwd, 'certs'));
  for (const [name, text] of Object.entries({ 'backup.yaml': yaml, ...files })) writeFileSync(join(cwd, name), text);
  const env: Record<string, string> = { ...BLOCK_ENV };
  const run = (...args: string[]) => runCliJson([...args, '--config', 'backup.yaml'], { cwd, env });
  return { cwd, env, run, tree: join(cwd, 'schemas') };
}

/** Certificates where the page has them, below the folder. */
const CERTIFICATES = {
  'certs/ca.crt': authority.cert,
  'certs/client.crt': client.cert,
  'certs/client.key': client.key,
};

function subjectsIn(tree: string): string[] {
  return readdirSync(join(tree, 'subjects')).sort();
}

/** Orders and payments of the source as a tree, beside such a file. */
function exportedBeside(yaml: string, files: Readonly<Record<string, string>> = {}) {
  const made = stage(yaml, files);
  cpSync(page, made.tree, { recursive: true });
  return made;
}

async function idsOf(url: string, subject: string): Promise<number[]> {
  const versions = (await request(url, 'GET', `/subjects/${subject}/versions`)) as number[];
  if (!Array.isArray(versions)) return [];
  const rows = versions.map((version) => request(url, 'GET', `/subjects/${subject}/versions/${version}`));
  return ((await Promise.all(rows)) as { id: number }[]).map(({ id }) => id);
}

describe('export', { timeout: TEST_MS }, () => {
  const front = async (options: Omit<SecureFrontOptions, 'target'>) => {
    const started = await startSecureFront({ ...options, target: source.url });
    onTestFinished(() => started.close());
    return started;
  };

  it('with the basic configuration: name and password', async () => {
    const { url } = await front({ auth: { type: 'basic', username: 'admin', password: 'hunter2' } });
    const made = stage(BLOCKS.basic.replace(PAGE_URL, url));
    const { code, stderr, stdout } = await made.run('export');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).not.toContain('hunter2');
    expect(subjectsIn(made.tree)).toHaveLength(11);
    made.env['SR_PASSWORD'] = 'wrong';
    expect(await made.run('export')).toMatchObject({ code: 1, json: { error: { code: 'SRGIT_REGISTRY_AUTH' } } });
  });

  it('with the complete configuration: certificates and a password, and no soft-deleted version', async () => {
    const { url } = await front({
      auth: { type: 'basic', username: 'admin', password: 'hunter2' },
      tls: { ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: true },
    });
    const yaml = BLOCKS.complete.replace(PAGE_URL, url).replaceAll('/certs/', 'certs/');
    const made = stage(yaml, CERTIFICATES);
    const { code, stderr } = await made.run('export');
    expect([code, stderr]).toEqual([0, '']);
    expect(subjectsIn(made.tree)).toHaveLength(10);
    const { json } = await made.run('config', 'show');
    expect(JSON.stringify(json)).not.toContain('hunter2');
    const settings = (json as { settings: { key: string; value: unknown }[] }).settings;
    const values = Object.fromEntries(settings.map(({ key, value }) => [key, value]));
    expect(values).toMatchObject({
      registry: 'source',
      'kafka.source.bootstrap_servers': ['kafka:9092'],
      'backup.topics': ['*'],
      'backup.include_soft_deleted': false,
      'storage.bucket': 'kafka-backups',
      'storage.prefix': 'production',
      'storage.backup_id': 'full-backup-with-schemas',
      'restore.strategy': 'preserve',
    });
  });

  it('with basic auth alone, where the URL comes from the command line', async () => {
    const { url } = await front({ auth: { type: 'basic', username: 'admin', password: 'hunter2' } });
    const made = stage(BLOCKS.authBasic);
    const refused = await made.run('export');
    expect(refused).toMatchObject({ code: 2, json: { error: { message: 'the registry "registry" has no url' } } });
    expect((await made.run('export', '--registry', 'registry', '--url', url)).code).toBe(0);
  });

  it('with mTLS', async () => {
    const { url } = await front({
      tls: { ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: true },
    });
    const made = stage(BLOCKS.authMtls.replace(PAGE_URL, url).replaceAll('/certs/', 'certs/'), CERTIFICATES);
    const { code, stderr } = await made.run('export');
    expect([code, stderr]).toEqual([0, '']);
    writeFileSync(join(made.cwd, 'certs/client.key'), server.key ?? '');
    expect((await made.run('export')).code).not.toBe(0);
  });

  it('with OAuth', async () => {
    const { url, tokenUrl, issued } = await front({ auth: { type: 'oauth', clientId: 'me', clientSecret: 'hunter2' } });
    const yaml = BLOCKS.authOauth.replace('https://auth.company.com/oauth/token', tokenUrl);
    const made = stage(yaml);
    const { code, stderr } = await made.run('export', '--registry', 'registry', '--url', url);
    expect([code, stderr, issued.length]).toEqual([0, '', 1]);
  });

  it('takes what the blocks on subjects, types and references say', async () => {
    const wanted = [
      [
        'subjects',
        ['common-address-value', 'orders-sent-value', 'orders-test', 'orders-value', 'payments-value', 'users-value'],
      ],
      [
        'exclude',
        [
          'base.proto',
          'common-address-value',
          'json-value',
          'orders-sent-value',
          'orders-value',
          'payments-value',
          'proto-value',
          'users-value',
        ],
      ],
      [
        'json',
        [
          'common-address-value',
          'internal-audit',
          'internal-gone',
          'json-value',
          'orders-sent-value',
          'orders-test',
          'orders-value',
          'payments-value',
          'users-value',
        ],
      ],
      [
        'protobuf',
        [
          'base.proto',
          'common-address-value',
          'internal-audit',
          'internal-gone',
          'orders-sent-value',
          'orders-test',
          'orders-value',
          'payments-value',
          'proto-value',
          'users-value',
        ],
      ],
      ['references', ['common-address-value', 'orders-sent-value', 'orders-test', 'orders-value']],
    ] as const;
    const taken = wanted.map(async ([name]) => {
      const made = stage(BLOCKS[name]);
      const { code, stderr } = await made.run('export', '--url', source.url);
      return [name, code === 0 && stderr === '' ? subjectsIn(made.tree) : stderr];
    });
    expect(await Promise.all(taken)).toEqual(wanted);
  });

  it('brings along what is imported only where it is asked to', async () => {
    const yaml = BLOCKS.protobuf.replace('include_dependencies: true', 'include_dependencies: false');
    const made = stage(yaml);
    const { code } = await made.run('export', '--url', source.url, '-s', 'proto-value');
    expect([code, subjectsIn(made.tree)]).toEqual([0, ['proto-value']]);
    const other = stage(BLOCKS.protobuf);
    await other.run('export', '--url', source.url, '-s', 'proto-value');
    expect(subjectsIn(other.tree)).toEqual(['base.proto', 'proto-value']);
  });

  it('exports Avro with no more than `enabled`, and nothing where that is false', async () => {
    const made = stage(BLOCKS.avro);
    expect((await made.run('export', '--url', source.url)).code).toBe(0);
    const off = stage(BLOCKS.basic.replace('enabled: true', 'enabled: false'));
    for (const command of ['export', 'restore']) {
      const { code, json } = await off.run(command);
      expect([code, json]).toMatchObject([
        2,
        { error: { message: 'the configuration says that the registry "registry" is off' } },
      ]);
    }
    expect(existsSync(off.tree)).toBe(false);
  });

  it('and describe tells what the page shows', async () => {
    const made = exportedBeside(BLOCKS.basic);
    const { stdout } = await runCli(['describe', '--format', 'json', '--config', 'backup.yaml'], made);
    expect(JSON.parse(stdout)).toEqual({
      enabled: true,
      subjects_count: 2,
      schemas_count: 3,
      subjects: [
        { name: 'orders-value', versions: 2, latest_id: 5 },
        { name: 'payments-value', versions: 1, latest_id: 2 },
      ],
    });
  });
});

describe('restore', { timeout: TEST_MS }, () => {
  it('preserve keeps what is there and adds what is missing', async () => {
    const made = exportedBeside(BLOCKS.preserve);
    const target = await registryDuringTest();
    const kept = await register(target.url, 'orders-value', record('Order'));
    const { code } = await made.run('restore', '--url', target.url);
    const ids = await idsOf(target.url, 'orders-value');
    expect([code, ids.length, ids[0]]).toEqual([0, 2, kept]);
  });

  it('overwrite replaces what differs, and asks', async () => {
    const made = exportedBeside(BLOCKS.overwrite);
    const target = await registryDuringTest();
    await register(target.url, 'orders-value', record('SomethingElse'));
    expect((await made.run('restore', '--url', target.url)).code).toBe(2);
    expect((await made.run('restore', '--url', target.url, '--yes')).code).toBe(0);
    const first = await request(target.url, 'GET', '/subjects/orders-value/versions/1');
    expect(first).toMatchObject({ schema: expect.stringContaining('"Order"') });
  });

  it('skip leaves subjects alone that are there', async () => {
    const made = exportedBeside(BLOCKS.skip);
    const target = await registryDuringTest();
    await register(target.url, 'orders-value', record('SomethingElse'));
    expect((await made.run('restore', '--url', target.url)).code).toBe(0);
    expect([
      (await idsOf(target.url, 'orders-value')).length,
      (await idsOf(target.url, 'payments-value')).length,
    ]).toEqual([1, 1]);
  });

  it('rewrites ids, in the records too', async () => {
    const target = await registryDuringTest();
    await register(target.url, 'other-value', record('Other'));
    const yaml = `mode: restore\n${BLOCKS.idMapping.replace('    restore:', `    url: ${target.url}\n    restore:`)}`;
    const made = exportedBeside(yaml);
    const archived = [5, 1, 2].map((id, at) => ({
      offset: BigInt(at),
      timestamp: 1_700_000_000_000n,
      key: null,
      value: frame(id, 'payload'),
      headers: [],
    }));
    await writeArchive(join(made.cwd, 'backup'), { orders: { partitions: [archived] } });
    expect((await made.run('restore')).code).toBe(0);
    const [first = 0, second = 0] = await idsOf(target.url, 'orders-value');
    const [payment = 0] = await idsOf(target.url, 'payments-value');
    expect(first).not.toBe(1);
    expect(existsSync(join(made.tree, 'id-maps/target.json'))).toBe(true);
    const replayed = await made.run('replay', 'kbak:backup', '--to', 'kbak:rewritten', '--framing', '*=confluent');
    expect([replayed.code, replayed.stderr]).toEqual([0, '']);
    expect(valuesIn(join(made.cwd, 'rewritten'))).toEqual(
      [second, first, payment].map((id) => frame(id, 'payload').toString('hex')),
    );
  });

  it('gives the ids that each block says', async () => {
    const wanted = {
      forceIds: [1, 5, 2],
      idMappingFile: [100, 101, 102],
      rewriteIds: [1, 2, 3],
      restoreEnabled: [1, 2, 3],
    };
    const given = Object.keys(wanted).map(async (name) => {
      const yaml = BLOCKS[name as keyof typeof wanted].replace('/config/id-mapping.json', 'mapping.json');
      const made = exportedBeside(yaml, { 'mapping.json': '{"1": 100, "5": 101, "2": 102}' });
      const target = await registryDuringTest();
      const { code } = await made.run('restore', '--url', target.url);
      const ids = [...(await idsOf(target.url, 'orders-value')), ...(await idsOf(target.url, 'payments-value'))];
      // The registry's own ids come in the order of writing.
      return [name, code === 0 ? (name in { forceIds: 1, idMappingFile: 1 } ? ids : ids.sort()) : code];
    });
    expect(Object.fromEntries(await Promise.all(given))).toEqual(wanted);
  });

  it('puts subjects under other names', async () => {
    const made = exportedBeside(BLOCKS.subjectMapping);
    const target = await registryDuringTest();
    expect((await made.run('restore', '--url', target.url)).code).toBe(0);
    const subjects = await request(target.url, 'GET', '/subjects');
    expect(subjects).toEqual(['restored-orders-value', 'restored-payments-value']);
  });

  it('takes what is incompatible, by either way, and puts the level back', async () => {
    const old = { type: 'record', name: 'Odd', fields: [{ name: 'a', type: 'string' }] };
    const registry = await registryDuringTest();
    await request(registry.url, 'PUT', '/config/odd-value', { compatibility: 'NONE' });
    await register(registry.url, 'odd-value', old);
    await register(registry.url, 'odd-value', { ...old, fields: [{ name: 'b', type: 'int' }] });
    await request(registry.url, 'DELETE', '/config/odd-value');
    const exported = stage('');
    await runCli(['export', '--url', registry.url], exported);
    const yaml = BLOCKS.incompatible;
    const ways = [
      BLOCKS.preserve,
      yaml,
      yaml.replace('      force_register: true\n', ''),
      yaml.replace('      set_compatibility: NONE\n', ''),
    ];
    const tried = ways.map(async (way) => {
      const made = stage(way);
      cpSync(exported.tree, made.tree, { recursive: true });
      const target = await registryDuringTest();
      await register(target.url, 'odd-value', old);
      const { code } = await made.run('restore', '--url', target.url);
      const level = await request(target.url, 'GET', '/config/odd-value');
      return [code, (await idsOf(target.url, 'odd-value')).length, (level as { error_code: number }).error_code];
    });
    expect(await Promise.all(tried)).toEqual([
      [1, 1, 40408],
      [0, 2, 40408],
      [0, 2, 40408],
      [0, 2, 40408],
    ]);
  });
});

describe('the operator’s resource', { timeout: TEST_MS }, () => {
  it('takes name and password from the Secret beside it, or from a mounted one', async () => {
    const front = await startSecureFront({
      target: source.url,
      auth: { type: 'basic', username: 'admin', password: 'your-password' },
    });
    onTestFinished(() => front.close());
    const yaml = BLOCKS.operator.replace(PAGE_URL, front.url);
    const made = stage(yaml);
    const { code } = await made.run('export');
    expect([code, subjectsIn(made.tree).length]).toEqual([0, 11]);

    const resource = yaml.slice(yaml.indexOf('---\n') + 4);
    const alone = stage(resource);
    const missing = await alone.run('export');
    expect(missing).toMatchObject({
      code: 2,
      json: {
        error: {
          code: 'SRGIT_CONFIG_MISSING',
          message: expect.stringContaining('Secret "schema-registry-credentials"'),
        },
      },
    });
    mkdirSync(join(alone.cwd, 'secrets/schema-registry-credentials'), { recursive: true });
    writeFileSync(join(alone.cwd, 'secrets/schema-registry-credentials/username'), 'admin');
    writeFileSync(join(alone.cwd, 'secrets/schema-registry-credentials/password'), 'your-password\n');
    alone.env['SRGIT_SECRETS_DIR'] = join(alone.cwd, 'secrets');
    expect((await alone.run('export')).code).toBe(0);
  });
});

function frame(id: number, text: string): Buffer {
  const head = Buffer.alloc(5);
  head.writeInt32BE(id, 1);
  return Buffer.concat([head, Buffer.from(text)]);
}

function valuesIn(folder: string): (string | null)[] {
  const files = readdirSync(folder, { withFileTypes: true, recursive: true }).filter(({ name }) =>
    name.includes('segment-'),
  );
  return files.flatMap(({ parentPath, name }) =>
    readSegmentIndependently(readFileSync(join(parentPath, name))).records.map(({ value }) => value),
  );
}
