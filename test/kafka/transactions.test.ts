/** Transactions, by the contract of src/kafka/port.ts, on real brokers and seen by Kafka's own client. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openKafka } from '../../src/kafka/open-kafka.ts';
import type { KafkaClient } from '../../src/kafka/port.ts';
import { writePlainRecords } from '../../src/records/plain-records.ts';
import type { PlainRecord } from '../../src/records/record-slices.ts';
import type { KafkaAddress } from '../support/kafka-broker.ts';
import { type KafkaEye, startKafkaEye } from '../support/kafka-broker-eye.ts';
import { KAFKA_VERSIONS } from '../support/kafka-broker-install.ts';
import { sharedKafka } from '../support/kafka-broker-shared.ts';
import {
  CLIENTS,
  countedBatch,
  failure,
  newName,
  readAll,
  record,
  untilStable,
  valuesOf,
} from './contract-fixtures.ts';

const START_MS = 300_000;
const TEST_MS = 120_000;

let eye: KafkaEye;

beforeAll(async () => {
  eye = await startKafkaEye();
}, START_MS);

afterAll(() => eye.stop());

describe.each(KAFKA_VERSIONS.flatMap((version) => CLIENTS.map((client) => ({ version, client }))))(
  'transactions of $client on Kafka $version',
  { timeout: TEST_MS },
  ({ version, client }) => {
    let address: KafkaAddress;
    let kafka: KafkaClient;

    beforeAll(async () => {
      address = await sharedKafka(version);
      kafka = await openKafka({ client, bootstrapServers: [address.bootstrap] });
    }, START_MS);

    afterAll(() => kafka?.close());

    async function newTopic(partitionCount = 1, config: Record<string, string> = {}): Promise<string> {
      const name = newName('topic');
      await kafka.admin.createTopic({ name, partitionCount, config: { 'retention.ms': '-1', ...config } });
      return name;
    }

    async function seenBy(topic: string, isolation?: 'read_uncommitted'): Promise<readonly PlainRecord[]> {
      const { records } = await eye.read(address.bootstrap, topic, isolation);
      return records.map(({ offset, timestamp, key, value, headers }) => ({ offset, timestamp, key, value, headers }));
    }

    test('show all of what is committed, and nothing of what is aborted', async () => {
      const topic = await newTopic(2);
      const producer = await kafka.producer({ transactionalId: newName('transaction') });
      await producer.begin();
      await Promise.all([producer.send(topic, 0, countedBatch(2)), producer.send(topic, 1, countedBatch(1))]);
      await producer.abort();
      await producer.begin();
      await Promise.all([producer.send(topic, 0, countedBatch(2, 10)), producer.send(topic, 1, countedBatch(1, 10))]);
      await producer.commit();
      await producer.begin();
      await producer.commit();
      await producer.begin();
      await producer.abort();
      await producer.close();
      await untilStable(kafka, topic);
      expect(valuesOf(await seenBy(topic))).toEqual(['10', '11', '10']);
      const { records, skipped } = await readAll(kafka, topic);
      expect(valuesOf(records)).toEqual(['10', '11']);
      // Two records and a marker; two records and a marker.
      expect(records.map(({ offset }) => offset)).toEqual([3n, 4n]);
      expect(skipped.map(({ reason, firstOffset, lastOffset }) => [reason, firstOffset, lastOffset])).toEqual([
        ['aborted', 0n, 1n],
        ['control', 2n, 2n],
        ['control', 5n, 5n],
      ]);
      const uncommitted = await readAll(kafka, topic, 0, { isolation: 'read_uncommitted' });
      expect(valuesOf(uncommitted.records)).toEqual(['0', '1', '10', '11']);
    });

    test('hide what is open from readers of what is committed', async () => {
      const topic = await newTopic();
      const plain = await kafka.producer();
      await plain.send(topic, 0, countedBatch(1));
      const producer = await kafka.producer({ transactionalId: newName('transaction') });
      await producer.begin();
      await producer.send(topic, 0, countedBatch(2, 10));
      await plain.send(topic, 0, countedBatch(1, 20));
      expect(valuesOf((await readAll(kafka, topic)).records)).toEqual(['0']);
      const uncommitted = await readAll(kafka, topic, 0, { isolation: 'read_uncommitted' });
      expect(valuesOf(uncommitted.records)).toEqual(['0', '10', '11', '20']);
      expect(await kafka.admin.offsets(topic, 'stable')).toEqual(new Map([[0, 1n]]));
      expect(await kafka.admin.offsets(topic, 'latest')).toEqual(new Map([[0, 4n]]));
      await producer.commit();
      await untilStable(kafka, topic);
      expect(await kafka.admin.offsets(topic, 'stable')).toEqual(new Map([[0, 5n]]));
      expect(valuesOf((await readAll(kafka, topic)).records)).toEqual(['0', '10', '11', '20']);
      await Promise.all([producer.close(), plain.close()]);
    });

    test('commit positions of a group with the records', async () => {
      const topic = await newTopic(2);
      const group = newName('group');
      const producer = await kafka.producer({ transactionalId: newName('transaction') });
      const at = (offset: bigint) => ({
        group,
        offsets: [{ topic, partition: 1, offset, metadata: `at ${offset}` }],
      });
      await producer.begin();
      await producer.send(topic, 0, countedBatch(1));
      await producer.commit(at(41n));
      await producer.begin();
      await producer.send(topic, 0, countedBatch(1));
      await producer.abort();
      expect(await kafka.admin.groupOffsets(group)).toEqual(at(41n));
      // Positions alone are a transaction too.
      await producer.begin();
      await producer.commit(at(42n));
      await producer.close();
      expect(await kafka.admin.groupOffsets(group)).toEqual(at(42n));
    });

    test('are not committed when a batch of theirs failed', async () => {
      const topic = await newTopic();
      const producer = await kafka.producer({ transactionalId: newName('transaction') });
      await producer.begin();
      const kept = producer.send(topic, 0, countedBatch(1));
      await failure(
        producer.send(topic, 0, writePlainRecords([record({ value: Buffer.alloc(2_000_000) })])),
        'SRGIT_KAFKA_RECORD',
      );
      await kept;
      await failure(producer.commit(), 'SRGIT_KAFKA_RECORD');
      await producer.abort();
      await producer.begin();
      await producer.send(topic, 0, countedBatch(1, 7));
      await producer.commit();
      await producer.close();
      await untilStable(kafka, topic);
      expect(valuesOf(await seenBy(topic))).toEqual(['7']);
    });

    test('of a producer that another one took over from are void', async () => {
      const topic = await newTopic();
      const transactionalId = newName('transaction');
      const old = await kafka.producer({ transactionalId });
      await old.begin();
      await old.send(topic, 0, countedBatch(1));
      const producer = await kafka.producer({ transactionalId });
      await failure(
        old.send(topic, 0, countedBatch(1, 1)).then(() => old.commit()),
        'SRGIT_KAFKA_FENCED',
      );
      await failure(old.commit(), 'SRGIT_KAFKA_FENCED');
      await producer.begin();
      await producer.send(topic, 0, countedBatch(1, 2));
      await producer.commit();
      await producer.close();
      await old.close();
      await untilStable(kafka, topic);
      expect(valuesOf(await seenBy(topic))).toEqual(['2']);
    });

    test('that a client leaves open are aborted by its close', async () => {
      const topic = await newTopic();
      const own = await openKafka({ client, bootstrapServers: [address.bootstrap] });
      const producer = await own.producer({ transactionalId: newName('transaction') });
      await producer.begin();
      await producer.send(topic, 0, countedBatch(1));
      await producer.close();
      await own.close();
      await expect.poll(async () => (await kafka.admin.offsets(topic, 'stable')).get(0), { timeout: 120_000 }).toBe(2n);
      const { records, ends } = await eye.read(address.bootstrap, topic);
      expect({ records, ends }).toEqual({ records: [], ends: [2n] });
    });
  },
);
