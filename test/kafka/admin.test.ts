/** The administrative part of the contract in src/kafka/port.ts, on real brokers. */
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadKafkajs } from '../../src/kafka/kafkajs-internals.ts';
import { openKafka } from '../../src/kafka/open-kafka.ts';
import type { KafkaClient } from '../../src/kafka/port.ts';
import { joinGroup } from '../support/group-member.ts';
import type { KafkaAddress } from '../support/kafka-broker.ts';
import { KAFKA_VERSIONS } from '../support/kafka-broker-install.ts';
import { sharedKafka } from '../support/kafka-broker-shared.ts';
import { CLIENTS, countedBatch, failure, newName } from './contract-fixtures.ts';

const START_MS = 300_000;
const TEST_MS = 120_000;

describe.each(KAFKA_VERSIONS.flatMap((version) => CLIENTS.map((client) => ({ version, client }))))(
  '$client on Kafka $version',
  { timeout: TEST_MS },
  ({ version, client }) => {
    let address: KafkaAddress;
    let kafka: KafkaClient;

    beforeAll(async () => {
      // The consumer below is kafkajs's own, whose timers are put right when the adapter loads it.
      await loadKafkajs();
      address = await sharedKafka(version);
      kafka = await openKafka({ client, bootstrapServers: [address.bootstrap] });
    }, START_MS);

    afterAll(() => kafka?.close());

    test('asks for the id of the cluster', async () => {
      expect(await kafka.admin.clusterId()).toMatch(/^[\w-]{22}$/);
    });

    test('creates, lists and deletes topics', async () => {
      const name = newName('topic');
      await kafka.admin.createTopic({ name, partitionCount: 3, replicationFactor: 1 });
      const other = newName('another');
      await kafka.admin.createTopic({ name: other, partitionCount: 1 });
      const topic = { name, internal: false, partitionCount: 3, replicationFactor: 1 };
      const otherTopic = { name: other, internal: false, partitionCount: 1, replicationFactor: 1 };
      expect(await kafka.admin.topics([name, newName('missing'), other])).toEqual([otherTopic, topic]);
      expect(await kafka.admin.topics([newName('missing')])).toEqual([]);
      expect(await kafka.admin.topics([])).toEqual([]);
      const all = await kafka.admin.topics();
      expect(all).toEqual(expect.arrayContaining([topic, otherTopic]));
      expect(all.map((each) => each.name)).toEqual(all.map((each) => each.name).sort());
      const again = await failure(kafka.admin.createTopic({ name, partitionCount: 3 }), 'SRGIT_KAFKA_TOPIC');
      expect(again.message).toContain(name);
      await kafka.admin.deleteTopic(name);
      expect(await kafka.admin.topics([name])).toEqual([]);
      expect((await failure(kafka.admin.deleteTopic(name), 'SRGIT_KAFKA_TOPIC')).message).toContain(name);
    });

    test('refuses topics that cannot be', async () => {
      const name = newName('topic');
      for (const topic of [
        { name, partitionCount: 0 },
        { name, partitionCount: 1, replicationFactor: 9 },
        { name, partitionCount: 1, config: { 'cleanup.policy': 'no such policy' } },
        { name, partitionCount: 1, config: { 'no.such.setting': '1' } },
        { name: 'a topic with spaces', partitionCount: 1 },
      ]) {
        const error = await failure(kafka.admin.createTopic(topic), 'SRGIT_KAFKA_TOPIC');
        expect(error.hint).toBeTruthy();
      }
      expect(await kafka.admin.topics([name])).toEqual([]);
    });

    test('changes settings of a topic and leaves its others', async () => {
      const name = newName('topic');
      const config = { 'cleanup.policy': 'compact,delete', 'retention.ms': '1234567', 'max.message.bytes': '2000000' };
      await kafka.admin.createTopic({ name, partitionCount: 1, config });
      const settings = (): Promise<unknown> => kafka.admin.topicConfig(name);
      await expect.poll(settings, { timeout: 30_000 }).toEqual(config);
      await kafka.admin.alterTopicConfig(name, { 'retention.ms': '-1' });
      await expect.poll(settings, { timeout: 30_000 }).toEqual({ ...config, 'retention.ms': '-1' });
      await kafka.admin.alterTopicConfig(name, { 'retention.ms': null, 'segment.bytes': '1048576' });
      const { 'retention.ms': _, ...rest } = config;
      await expect.poll(settings, { timeout: 30_000 }).toEqual({ ...rest, 'segment.bytes': '1048576' });
      await kafka.admin.alterTopicConfig(name, {});
      await failure(kafka.admin.alterTopicConfig(name, { 'retention.ms': 'for ever' }), 'SRGIT_KAFKA_TOPIC');
      expect(await settings()).toEqual({ ...rest, 'segment.bytes': '1048576' });
      const missing = newName('missing');
      await failure(kafka.admin.topicConfig(missing), 'SRGIT_KAFKA_TOPIC');
      await failure(kafka.admin.alterTopicConfig(missing, { 'retention.ms': '1' }), 'SRGIT_KAFKA_TOPIC');
    });

    test('asks for offsets', async () => {
      const name = newName('topic');
      await kafka.admin.createTopic({ name, partitionCount: 3 });
      const producer = await kafka.producer();
      await producer.send(name, 1, countedBatch(5));
      await producer.close();
      const offsets = (at: 'earliest' | 'latest' | 'stable'): Promise<unknown> => kafka.admin.offsets(name, at);
      expect(await offsets('earliest')).toEqual(new Map([0, 1, 2].map((partition) => [partition, 0n])));
      const end = new Map([0, 1, 2].map((partition) => [partition, partition === 1 ? 5n : 0n]));
      expect(await offsets('latest')).toEqual(end);
      await expect.poll(() => offsets('stable'), { timeout: 120_000 }).toEqual(end);
      const missing = newName('missing');
      expect((await failure(kafka.admin.offsets(missing, 'latest'), 'SRGIT_KAFKA_TOPIC')).message).toContain(missing);
    });

    test('commits and reads offsets of groups', async () => {
      const name = newName('topic');
      await kafka.admin.createTopic({ name, partitionCount: 2 });
      const group = newName('group');
      expect(await kafka.admin.groupOffsets(group)).toEqual({ group, offsets: [] });
      const offsets = [
        { topic: name, partition: 0, offset: 7n, metadata: 'seven, möglichst' },
        { topic: name, partition: 1, offset: 9_007_199_254_740_993n },
      ];
      await kafka.admin.commitGroupOffsets(group, offsets);
      expect(await kafka.admin.groupOffsets(group)).toEqual({ group, offsets });
      await kafka.admin.commitGroupOffsets(group, [{ topic: name, partition: 0, offset: 8n }]);
      const changed = [{ topic: name, partition: 0, offset: 8n }, offsets[1]];
      expect(await kafka.admin.groupOffsets(group)).toEqual({ group, offsets: changed });
      expect(await kafka.admin.groups()).toContain(group);
      await kafka.admin.commitGroupOffsets(group, []);
      const missing = [{ topic: newName('missing'), partition: 0, offset: 1n }];
      await failure(kafka.admin.commitGroupOffsets(group, missing), 'SRGIT_KAFKA_TOPIC');
    });

    test('tells who is in a group, of whatever protocol type', async () => {
      const group = newName('registry');
      expect(await kafka.admin.describeGroup(group)).toEqual({ state: 'Dead', protocolType: '', members: [] });
      const metadata = [1, 2].map((node) => Buffer.from(JSON.stringify({ host: `sr-${node}`, port: 8081 })));
      const assignment = Buffer.from('{"error":0}');
      const members = await joinGroup({
        bootstrap: address.bootstrap,
        group,
        protocolType: 'sr',
        metadata,
        assignment,
      });
      const found = await kafka.admin.describeGroup(group);
      expect(found).toMatchObject({ state: 'Stable', protocolType: 'sr', members: [{ assignment }, { assignment }] });
      expect(found.members.map((member) => String(member.metadata)).sort()).toEqual(metadata.map(String));
      await members.leave();
      expect(await kafka.admin.describeGroup(group)).toMatchObject({ members: [] });
    });

    test('does not move the offsets of a group that has members', async () => {
      const name = newName('topic');
      await kafka.admin.createTopic({ name, partitionCount: 1 });
      const groupId = newName('group');
      const consumer = new Kafka({ brokers: [address.bootstrap], logLevel: logLevel.NOTHING }).consumer({ groupId });
      const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
      await consumer.connect();
      await consumer.subscribe({ topic: name });
      await consumer.run({ eachMessage: async () => undefined });
      await joined;
      const offsets = [{ topic: name, partition: 0, offset: 1n }];
      const error = await failure(kafka.admin.commitGroupOffsets(groupId, offsets), 'SRGIT_KAFKA_GROUP');
      expect(error.message).toContain(groupId);
      await consumer.disconnect();
      await kafka.admin.commitGroupOffsets(groupId, offsets);
      expect(await kafka.admin.groupOffsets(groupId)).toEqual({ group: groupId, offsets });
    });
  },
);
