/** The workflow files about records, played as they stand: a real broker, a real object storage. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKbak } from '../../src/archive/kbak-sink.ts';
import { openStorage } from '../../src/archive/open-storage.ts';
import { openKafka } from '../../src/kafka/open-kafka.ts';
import { sliceRecord } from '../../src/records/plain-records.ts';
import { framed, plainRecord } from '../records/random-records.ts';
import { record, register } from '../support/embedded-registry.ts';
import { type KafkaEye, startKafkaEye } from '../support/kafka-broker-eye.ts';
import { sharedKafka } from '../support/kafka-broker-shared.ts';
import { type S3Server, startS3Server } from '../support/versitygw.ts';
import { commitAndPush, guardedRegistry, organisation, PASSWORD, SECRETS } from './play-stage.ts';
import { builtBundle, runBundle } from './run-bundle.ts';
import { playWorkflow } from './workflow-player.ts';

/** Building the object storage takes minutes, once. */
const START_MS = 900_000;
const TIMEOUT = 240_000;

let eye: KafkaEye;
let bootstrap: string;
/** Another broker for the one topic that others want for themselves, too. */
let older: string;
let storage: S3Server;

beforeAll(async () => {
  const [started, address, second, server] = await Promise.all([
    startKafkaEye(),
    sharedKafka(),
    sharedKafka('3.9.2'),
    startS3Server(),
    builtBundle(),
  ]);
  [eye, bootstrap, older, storage] = [started, address.bootstrap, second.bootstrap, server];
  mkdirSync(join(storage.folder, 'kafka-backups'));
}, START_MS);

afterAll(async () => {
  await eye?.stop();
  await storage?.stop();
});

/** What the action that takes a role leaves behind, and where this storage is. */
function aws(): Readonly<Record<string, string>> {
  const { accessKeyId = '', secretAccessKey = '' } = storage.settings;
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_S3: storage.endpoint,
  };
}

const KAFKA_SECRETS = { 'secrets.KAFKA_PASSWORD': 'hunter2-of-kafka', 'secrets.DR_KAFKA_PASSWORD': 'hunter2-of-kafka' };

async function withClient<T>(
  broker: string,
  use: (client: Awaited<ReturnType<typeof openKafka>>) => Promise<T>,
): Promise<T> {
  const client = await openKafka({ bootstrapServers: [broker], client: 'platformatic' });
  return use(client).finally(() => client.close());
}

describe('topic-backup.yml', () => {
  it(
    'puts what is new into object storage each night',
    async () => {
      const isThere = await withClient(older, async ({ admin }) => (await admin.topics(['_schemas'])).length > 0);
      if (!isThere) {
        await withClient(older, ({ admin }) => admin.createTopic({ name: '_schemas', partitionCount: 1 })).catch(
          () => undefined,
        );
      }
      const key = (subject: string) => JSON.stringify({ keytype: 'DELETE_SUBJECT', subject, magic: 0 });
      const write = (subject: string) =>
        eye.produce(older, [
          {
            step: 'send',
            topic: '_schemas',
            partition: 0,
            records: [{ timestamp: 1n, key: Buffer.from(key(subject)), value: Buffer.from('{}') }],
          },
        ]);
      await write('a');
      const { url } = organisation({}, `kafka: { prod: { bootstrap_servers: ["${older}"] } }\n`);
      const night = async () => {
        const played = await playWorkflow('topic-backup.yml', { remote: url, table: KAFKA_SECRETS, aws: aws() });
        const [step] = played.steps;
        expect([step?.result.code, step?.result.commands, played.jobs]).toEqual([0, [], { backup: 'success' }]);
        return JSON.parse(step?.result.outputs['summary'] ?? '{}').records;
      };
      expect(await night()).toBeGreaterThan(0);
      await write('b');
      expect(await night()).toBeGreaterThan(0);
      const files = readdirSync(join(storage.folder, 'kafka-backups/schemas'), { recursive: true, encoding: 'utf8' });
      expect(files.some((file) => file.includes('manifest'))).toBe(true);
    },
    TIMEOUT,
  );
});

describe('matrix-replay.yml', () => {
  it(
    'restores the schemas, then shares the records between its jobs, with the ids that the schemas got',
    async () => {
      // Another registry, with other ids: 1 and 2 become 2 and 3.
      const [prod, dr] = [await guardedRegistry(), await guardedRegistry()];
      for (const name of ['Order', 'Payment']) await register(prod.registry.url, `${name}-value`, record(name));
      await register(dr.registry.url, 'here-already', record('Here'));
      const cluster = `kafka: { dr: { bootstrap_servers: ["${bootstrap}"] } }\n`;
      const { url, work } = organisation({ dr: dr.url }, cluster);
      const exported = await runBundle({ command: 'export', url: prod.registry.url }, { workspace: work });
      expect(exported.code).toBe(0);
      commitAndPush(work, 'Export');

      const topic = `matrix-${process.pid}-${Date.now()}`;
      const [partitions, count] = [4, 25];
      await backUp(topic, partitions, count);
      const played = await playWorkflow('matrix-replay.yml', {
        remote: url,
        table: { ...SECRETS, ...KAFKA_SECRETS, 'inputs.backup': `kbak:s3://kafka-backups/${topic}` },
        aws: aws(),
      });
      expect(played.steps.map(({ command, result }) => [command, result.code, result.commands])).toEqual([
        ['restore', 0, []],
        ...['1/3', '2/3', '3/3'].map(() => ['replay', 0, []]),
      ]);
      expect(played.jobs).toEqual({ schemas: 'success', replay: 'success' });
      const { records } = await eye.read(bootstrap, topic, 'read_committed');
      const seen = records.map(({ value }) => `${value?.readInt32BE(1)} ${value?.subarray(5).toString()}`).sort();
      const wanted = Array.from({ length: partitions * count }, (_, at) => `${2 + (at % 2)} ${at}`).sort();
      expect(seen).toEqual(wanted);
      for (const { result } of played.steps) {
        expect(`${result.summary}${result.stderr}${Object.values(result.outputs)}`).not.toMatch(/hunter2/);
        const lines = result.stdout.split('\n').filter((line) => !line.startsWith('::add-mask::'));
        expect(lines.join('\n')).not.toContain(PASSWORD);
      }
    },
    TIMEOUT,
  );
});

/** Records of ids 1 and 2 that tell their number, in the bucket. */
async function backUp(topic: string, partitions: number, count: number): Promise<void> {
  const settings = { ...storage.settings, bucket: 'kafka-backups', prefix: topic };
  const sink = await createKbak(await openStorage(settings), { backupId: `backup-${topic}` });
  for (let partition = 0; partition < partitions; partition++) {
    const output = await sink.open(topic, partition);
    for (let at = 0; at < count; at++) {
      const number = partition * count + at;
      const { bytes, slices } = sliceRecord(
        plainRecord({ offset: BigInt(at), value: framed(1 + (number % 2), `${number}`) }),
      );
      await output.append(bytes, slices, BigInt(at));
    }
    await output.close();
  }
  const config = { 'retention.ms': '-1' };
  await sink.finish({
    topics: [{ name: topic, partitionCount: partitions, partitions: [], config }],
    createdAt: 1_700_000_000_000,
  });
}
