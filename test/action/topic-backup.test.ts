import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { writeTopicRecords } from '../../src/app/topic/write-topic-records.ts';
import { openKafka } from '../../src/kafka/open-kafka.ts';
import type { KafkaClient } from '../../src/kafka/port.ts';
import { readAllTopics, recordBytes } from '../semantics/recorded-topics.ts';
import { cliEntry, runCliJson } from '../support/cli.ts';
import { sharedKafka } from '../support/kafka-broker-shared.ts';
import { temporaryFolder } from '../support/trees.ts';
import { builtBundle, runBundle } from './run-bundle.ts';

const START_MS = 300_000;

let bootstrap: string;

beforeAll(async () => {
  bootstrap = (await sharedKafka()).bootstrap;
  await builtBundle();
  await cliEntry();
}, START_MS);

async function withClient<T>(use: (client: KafkaClient) => Promise<T>): Promise<T> {
  const client = await openKafka({ bootstrapServers: [bootstrap], client: 'platformatic' });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

it('the bundle backs a topic of a real broker up, each time what is new, and the command line reads the backup', async () => {
  const topic = `action-${process.pid}-${Date.now() % 1_000_000}`;
  const records = (readAllTopics().find((recorded) => recorded.records.length > 10)?.records ?? []).map(recordBytes);
  const write = (some: typeof records) =>
    withClient((client) => writeTopicRecords({ client, topic, records: some, now: Date.now }));
  await withClient((client) => client.admin.createTopic({ name: topic, partitionCount: 1 }));
  const [some, rest] = [records.slice(0, 6), records.slice(6)];
  await write(some);

  const workspace = temporaryFolder();
  writeFileSync(join(workspace, 'srgit.yaml'), `kafka:\n  prod:\n    bootstrap_servers: ["${bootstrap}"]\n`);
  mkdirSync(join(workspace, 'backup'));
  const inputs = { command: 'topic-backup', from: 'kafka:prod', to: 'kbak:backup', topic };
  const first = await runBundle(inputs, { workspace });
  expect([first.code, first.commands, first.stderr]).toEqual([0, [], '']);
  expect(JSON.parse(first.outputs['summary'] ?? '')).toEqual({ records: some.length, 'next-offset': some.length });
  await write(rest);
  const second = await runBundle(inputs, { workspace });
  expect([second.code, JSON.parse(second.outputs['summary'] ?? '')]).toMatchObject([0, { records: rest.length }]);
  const third = await runBundle(inputs, { workspace });
  expect([third.code, third.outputs['changed']]).toEqual([0, 'false']);

  const args = ['topic', 'inspect', '--from', 'kbak:backup', '--topic', topic];
  const inspected = await runCliJson(args, { cwd: workspace });
  expect(JSON.stringify(inspected.json)).toContain(`"records":${records.length}`);

  const unknown = await runBundle({ ...inputs, topic: `${topic}-not` }, { workspace });
  expect([unknown.code, unknown.commands.join()]).toEqual([1, expect.stringContaining('SRGIT_KAFKA_TOPIC')]);
}, 180_000);
