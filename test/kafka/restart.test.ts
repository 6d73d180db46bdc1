/**
 * A broker that is killed (-9) and started again while batches are written: none lost, none twice, in order. Where it is
 * killed is random: SRGIT_SEED repeats a run, SRGIT_RUNS says how often.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isSrgitError } from '../../src/errors.ts';
import { openKafka } from '../../src/kafka/open-kafka.ts';
import type { KafkaClient, KafkaProducer } from '../../src/kafka/port.ts';
import { type KafkaBroker, KILLED_IN_TRANSACTIONS, QUICK_RESTART, startKafka } from '../support/kafka-broker.ts';
import { type KafkaEye, startKafkaEye } from '../support/kafka-broker-eye.ts';
import { randomNumbers } from '../support/random-numbers.ts';
import { CLIENTS, countedBatch, newName, readAll, untilStable, valuesOf } from './contract-fixtures.ts';

const START_MS = 300_000;
const TEST_MS = 300_000;
const runs = Number(process.env['SRGIT_RUNS'] ?? 1);
const seed = Number(process.env['SRGIT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const RECORDS_PER_BATCH = 10;
const PARTITIONS = [0, 1];

let broker: KafkaBroker;
let eye: KafkaEye;

beforeAll(async () => {
  console.log(`seed ${seed}; repeat with SRGIT_SEED=${seed}`);
  [broker, eye] = await Promise.all([
    startKafka({ version: KILLED_IN_TRANSACTIONS, properties: QUICK_RESTART }),
    startKafkaEye(),
  ]);
}, START_MS);

afterAll(async () => {
  await Promise.all([broker?.close(), eye?.stop()]);
});

describe.each(CLIENTS)('%s', { timeout: runs * TEST_MS }, (client) => {
  const random = randomNumbers(seed);

  async function withClient(use: (kafka: KafkaClient, topic: string) => Promise<void>): Promise<void> {
    const kafka = await openKafka({ client, bootstrapServers: [broker.bootstrap], requestTimeoutMs: 10_000 });
    const topic = newName('topic');
    await kafka.admin.createTopic({ name: topic, partitionCount: PARTITIONS.length });
    try {
      await use(kafka, topic);
    } finally {
      await kafka.close();
    }
  }

  /** Kills the broker after a random time, starts it again and lets that run for a while. */
  async function crash(): Promise<void> {
    await sleep(200 + 800 * random());
    await broker.kill();
    await sleep(500 * random());
    await broker.restart();
    await sleep(300);
  }

  async function expectCounted(kafka: KafkaClient, topic: string, counts: readonly number[]): Promise<void> {
    await untilStable(kafka, topic);
    const { records } = await eye.read(broker.bootstrap, topic);
    for (const partition of PARTITIONS) {
      const counted = Array.from({ length: counts[partition] ?? 0 }, (_, index) => String(index));
      expect(valuesOf(records.filter((each) => each.partition === partition)), `seed ${seed}`).toEqual(counted);
      expect(valuesOf((await readAll(kafka, topic, partition)).records), `seed ${seed}`).toEqual(counted);
    }
  }

  test('writes each batch once through a crash of the broker', async () => {
    for (let run = 0; run < runs; run++) {
      await withClient(async (kafka, topic) => {
        const producer = await kafka.producer();
        const counts = PARTITIONS.map(() => 0);
        let crashed = false;
        const write = async (partition: number): Promise<void> => {
          while (!crashed) {
            // Some on their way at the same time.
            const sent = Array.from({ length: 4 }, () => {
              const first = counts[partition] ?? 0;
              counts[partition] = first + RECORDS_PER_BATCH;
              return producer.send(topic, partition, countedBatch(RECORDS_PER_BATCH, first));
            });
            await Promise.all(sent);
            await sleep(2);
          }
        };
        const writing = PARTITIONS.map(write);
        await Promise.all([
          crash().finally(() => {
            crashed = true;
          }),
          ...writing,
        ]);
        await producer.close();
        expect(Math.min(...counts)).toBeGreaterThan(RECORDS_PER_BATCH);
        await expectCounted(kafka, topic, counts);
      });
    }
  });

  test('goes on where it was committed when a crash ends a transaction', async () => {
    for (let run = 0; run < runs; run++) {
      await withClient(async (kafka, topic) => {
        const group = newName('group');
        const transactionalId = newName('transaction');
        let crashed = false;
        const crashing = crash().finally(() => {
          crashed = true;
        });
        let failures = 0;
        // Until a transaction was committed that began after the crash.
        for (let isLast = false; !isLast; ) {
          let producer: KafkaProducer | undefined;
          try {
            producer = await kafka.producer({ transactionalId, transactionTimeoutMs: 20_000 });
            while (!isLast) {
              isLast = crashed;
              await writeTransaction(kafka, producer, topic, group);
            }
          } catch (error) {
            if (!isSrgitError(error) || ++failures > 50) throw error;
            isLast = false;
          } finally {
            await producer?.close();
          }
        }
        await crashing;
        const { offsets } = await kafka.admin.groupOffsets(group);
        const counts = PARTITIONS.map((partition) =>
          Number(offsets.find((each) => each.partition === partition)?.offset),
        );
        expect(Math.min(...counts)).toBeGreaterThan(RECORDS_PER_BATCH);
        await expectCounted(kafka, topic, counts);
      });
    }
  });
});

/** Goes on from the group's position, which is the next number to be written, and commits the new one with the records. */
async function writeTransaction(
  kafka: KafkaClient,
  producer: KafkaProducer,
  topic: string,
  group: string,
): Promise<void> {
  const { offsets } = await kafka.admin.groupOffsets(group);
  await producer.begin();
  const next: { topic: string; partition: number; offset: bigint }[] = [];
  const sent = PARTITIONS.map((partition) => {
    const first = Number(offsets.find((each) => each.partition === partition)?.offset ?? 0n);
    next.push({ topic, partition, offset: BigInt(first + 2 * RECORDS_PER_BATCH) });
    return [
      producer.send(topic, partition, countedBatch(RECORDS_PER_BATCH, first)),
      producer.send(topic, partition, countedBatch(RECORDS_PER_BATCH, first + RECORDS_PER_BATCH)),
    ];
  });
  await Promise.all(sent.flat());
  await producer.commit({ group, offsets: next });
}
