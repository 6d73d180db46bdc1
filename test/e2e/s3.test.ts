/**
 * Backup, scan, replay and topic backup over a real S3 server, by the command line, with a line in between that is cut in the
 * middle of requests and answers. `SRGIT_SEED` repeats a run.
 */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openKafka } from '../../src/kafka/open-kafka.ts';
import { seedOf } from '../records/random-records.ts';
import { archivedPartition, contentOf, newName, ODD_RECORDS, seenByPartition } from '../support/backing-up.ts';
import { cliEntry, runCli, runCliJson, spawnCli } from '../support/cli.ts';
import { startCuttingProxy } from '../support/cutting-proxy.ts';
import { record, register } from '../support/embedded-registry.ts';
import { readBackupIndependently } from '../support/independent-kbak-reader.ts';
import type { KafkaAddress } from '../support/kafka-broker.ts';
import { type KafkaEye, startKafkaEye } from '../support/kafka-broker-eye.ts';
import { sharedKafka } from '../support/kafka-broker-shared.ts';
import { randomNumbers } from '../support/random-numbers.ts';
import { strictRegistryDuringTest } from '../support/restoring.ts';
import { temporaryFolder } from '../support/trees.ts';
import { type S3Server, startS3Server } from '../support/versitygw.ts';

/** Building the server takes minutes, once. */
const START_MS = 900_000;
const TEST_MS = 300_000;
const seed = seedOf('s3');
const LARGE = 400;

let eye: KafkaEye;
let address: KafkaAddress;
let server: S3Server;
let topic: string;

beforeAll(async () => {
  [eye, address, server] = await Promise.all([startKafkaEye(), sharedKafka(), startS3Server(), cliEntry()]);
  topic = newName('s3');
  const client = await openKafka({ client: 'platformatic', bootstrapServers: [address.bootstrap] });
  await client.admin.createTopic({ name: topic, partitionCount: 2, config: { 'retention.ms': '-1' } });
  await client.close();
  const random = randomNumbers(seed);
  // Does not compress: 25 MB, so that a segment is sent in parts.
  const unit = Buffer.from(Uint8Array.from({ length: 64_000 }, () => random() * 256));
  const large = Array.from({ length: LARGE }, (_, i) => ({
    timestamp: BigInt(i),
    key: Buffer.from(`${i}`),
    value: unit,
  }));
  await eye.produce(address.bootstrap, [
    { step: 'send', topic, partition: 0, records: ODD_RECORDS },
    { step: 'send', topic, partition: 1, records: large },
  ]);
}, START_MS);

afterAll(async () => {
  await eye?.stop();
  await server?.stop();
});

/** A folder with a configuration whose storage is `prefix` of the bucket, reached at `endpoint`. */
function workFolder(prefix: string, endpoint = server.endpoint): string {
  const cwd = temporaryFolder();
  const { accessKeyId, secretAccessKey } = server.settings;
  writeFileSync(
    join(cwd, 'srgit.yaml'),
    `kafka: { src: { bootstrap_servers: "${address.bootstrap}" } }
storage:
  { backend: s3, bucket: bucket, prefix: ${prefix}, endpoint: "${endpoint}", path_style: true, allow_http: true,
    access_key: ${accessKeyId}, secret_key: ${secretAccessKey} }
`,
  );
  return cwd;
}

/** What the server has stored is what Kafka's client sees. */
async function expectSame(prefix: string): Promise<void> {
  const { records } = readBackupIndependently(join(server.folder, 'bucket', prefix), 'src');
  const seen = seenByPartition((await eye.read(address.bootstrap, topic)).records);
  for (const partition of [0, 1]) {
    expect(archivedPartition(records.get(`${topic}/${partition}`) ?? [])).toEqual(seen.get(partition));
  }
}

describe('a backup in object storage', { timeout: TEST_MS }, () => {
  it('is written, scanned, replayed and added to', async () => {
    const prefix = newName('whole');
    const cwd = workFolder(prefix);
    const registry = await strictRegistryDuringTest();
    await register(registry.url, `${topic}-value`, record('A'));
    const command = ['backup', '--from', 'kafka:src', '-t', topic, '--compression', 'none'];
    const withSchemas = [...command, '--with-schemas', '--url', registry.url];
    const first = await runCliJson(withSchemas, { cwd });
    expect([first.code, first.stderr]).toEqual([0, '']);
    expect(first.json).toMatchObject({ records: ODD_RECORDS.length + LARGE, schemas: { versions: 1, partial: false } });
    await expectSame(prefix);
    const tree = join(server.folder, 'bucket', prefix, 'src/schema-registry');
    expect(existsSync(join(tree, `subjects/${topic}-value/v1.avsc`))).toBe(true);
    expect(await runCli(['check', '--tree', tree], { cwd })).toMatchObject({ code: 0 });

    await register(registry.url, `${topic}-key`, record('B'));
    await eye.produce(address.bootstrap, [{ step: 'send', topic, partition: 0, records: ODD_RECORDS }]);
    const second = await runCliJson(withSchemas, { cwd });
    expect([second.code, second.json]).toMatchObject([0, { records: ODD_RECORDS.length, schemas: { versions: 2 } }]);
    await expectSame(prefix);
    expect(readdirSync(join(tree, 'subjects')).sort()).toEqual([`${topic}-key`, `${topic}-value`]);

    const scan = await runCliJson(['scan', 'kbak:storage'], { cwd });
    expect(scan.json).toMatchObject({ records: 2 * ODD_RECORDS.length + LARGE });
    const rename = ['--rename', `${topic}=copy-${topic}`];
    const replay = ['replay', 'kbak:storage', '--no-map', '--offline', '--create-topics', ...rename];
    const replayed = await runCli([...replay, '--to', 'kafka:src'], { cwd });
    expect([replayed.code, replayed.stdout]).toEqual([0, expect.stringContaining('exactly once')]);
    const [source, copy] = await Promise.all(
      [topic, `copy-${topic}`].map(async (name) => (await eye.read(address.bootstrap, name)).records),
    );
    for (const partition of [0, 1]) {
      const [before, after] = [source, copy].map((list) => list?.filter((seen) => seen.partition === partition) ?? []);
      expect(contentOf(after ?? [])).toEqual(contentOf(before ?? []));
    }
    // From one prefix to another one of the bucket.
    const copied = ['replay', 'kbak:storage', '--no-map', '--to', `kbak:s3://bucket/${prefix}-copy`];
    const archived = await runCli([...copied, '--to-backup-id', 'src'], { cwd });
    expect([archived.code, archived.stderr]).toEqual([0, '']);
    await expectSame(`${prefix}-copy`);
  });

  it('is whole though the line is cut again and again, and a run is killed', async () => {
    const prefix = newName('cut');
    const proxy = await startCuttingProxy(randomNumbers(seed + 1));
    onTestFinished(() => proxy.close());
    proxy.target = new URL(server.endpoint).host;
    proxy.meanBytes = 8_000_000;
    const cwd = workFolder(prefix, `http://${proxy.address}`);
    const command = ['backup', '--from', 'kafka:src', '-t', topic, '--compression', 'none'];
    const small = [...command, '--segment-size', '3000000', '--checkpoint-seconds', '0'];
    const killed = await spawnCli(small, { cwd });
    const folder = join(server.folder, 'bucket', prefix, 'src');
    while (killed.child.exitCode === null && !existsSync(join(folder, 'manifest.json'))) await sleep(10);
    await sleep(200);
    killed.kill('SIGKILL');
    await killed.done;
    // Six tries are made of a part: though all of these cuts, and the two below, hit the same one, it gets through.
    proxy.cutsLeft = 3;
    const resuming = spawnCli(command, { cwd });
    let cut = 0;
    for (let tries = 0; tries < 1000 && cut < 2; tries++) {
      await sleep(10);
      if (proxy.cutAll() > 0) cut++;
    }
    const resumed = await (await resuming).done;
    expect([resumed.code, resumed.stderr]).toEqual([0, '']);
    const scan = await runCliJson(['scan', 'kbak:storage'], { cwd });
    expect([scan.code, scan.stderr]).toEqual([0, expect.not.stringContaining('unfinished')]);
    console.log(`s3: ${proxy.cuts()} cuts by bytes`);
    expect(cut).toBe(2);
    await expectSame(prefix);
  });

  it('of the schemas’ topic', async () => {
    const prefix = newName('topic');
    const cwd = workFolder(prefix);
    const schemas = newName('schemas');
    const client = await openKafka({ client: 'platformatic', bootstrapServers: [address.bootstrap] });
    await client.admin.createTopic({ name: schemas, partitionCount: 1, config: { 'cleanup.policy': 'compact' } });
    await client.close();
    const key = Buffer.from('{"keytype":"NOOP","magic":0}');
    await eye.produce(address.bootstrap, [
      { step: 'send', topic: schemas, partition: 0, records: [{ key, value: null }] },
    ]);
    const args = ['topic', 'backup', '--from', 'kafka:src', '--to', 'kbak:storage', '--topic', schemas];
    const { code, stdout } = await runCli(args, { cwd });
    expect([code, stdout]).toEqual([0, expect.stringContaining('Backed up 1 record')]);
    const { records } = readBackupIndependently(join(server.folder, 'bucket', prefix), schemas);
    expect(records.get(`${schemas}/0`)).toMatchObject([{ key: key.toString('hex'), value: null }]);
  });
});
