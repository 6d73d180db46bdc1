/**
 * Broker killed and started again, and connections cut, while batches are written: every record is there once and in order,
 * whether it was written alone or in transactions. `SRGIT_SEED` repeats a run's choices, `SRGIT_RUNS` sets how many kills.
 * A start of a broker takes seconds, so this is slow.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KafkaClient, KafkaProducer } from '../../src/kafka/port.ts';
import { openRawClient } from '../../src/kafka/raw-client.ts';
import { readPlainRecords, writePlainRecords } from '../../src/records/plain-records.ts';
import { type CuttingProxy, startCuttingProxy } from '../support/cutting-proxy.ts';
import { type KafkaBroker, KILLED_IN_TRANSACTIONS, QUICK_RESTART, startKafka } from '../support/kafka-broker.ts';
import { randomNumbers } from '../support/random-numbers.ts';

const seed = Number(process.env['SRGIT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const KILLS = Number(process.env['SRGIT_RUNS'] ?? 2);
const PARTITIONS = 3;
const WINDOW = 6;
const LONG = 600_000;

let broker: KafkaBroker;
let proxy: CuttingProxy;
/** Around the proxy: sees what is there. */
let eye: KafkaClient;
const random = randomNumbers(seed);

beforeAll(async () => {
  console.log(`seed ${seed}; repeat with SRGIT_SEED=${seed}`);
  proxy = await startCuttingProxy(random);
  broker = await startKafka({
    version: KILLED_IN_TRANSACTIONS,
    properties: { ...QUICK_RESTART, 'advertised.listeners': `PLAINTEXT://${proxy.address}` },
  });
  proxy.target = broker.bootstrap;
  eye = await openRawClient({ bootstrapServers: [broker.bootstrap], client: 'platformatic' });
}, LONG);

afterAll(async () => {
  await eye?.close();
  await broker?.close();
  await proxy?.close();
}, LONG);

/** Batches of one to forty records whose values count up in each partition. */
class Numbered {
  readonly next = Array.from({ length: PARTITIONS }, () => 0);

  batch(partition: number): Buffer {
    const count = 1 + Math.floor(random() * 40);
    const first = this.next[partition] as number;
    this.next[partition] = first + count;
    const value = (index: number): Buffer => Buffer.from(`${first + index}`.padEnd(200, '.'));
    return writePlainRecords(
      Array.from({ length: count }, (_, index) => ({
        offset: BigInt(index),
        timestamp: BigInt(Date.now()),
        key: null,
        value: value(index),
        headers: [],
      })),
    );
  }
}

async function numbersIn(topic: string, partition: number): Promise<number[]> {
  // A coordinator answers a commit before it has told the partitions; one that was killed in between tells them after its
  // start, at times only when its sender's sleeps are over, which took two minutes where it was seen.
  const isStable = async (): Promise<boolean> => {
    const [stable, latest] = await Promise.all([
      eye.admin.offsets(topic, 'stable'),
      eye.admin.offsets(topic, 'latest'),
    ]);
    return stable.get(partition) === latest.get(partition);
  };
  await expect.poll(isStable, { timeout: 280_000 }).toBe(true);
  const numbers: number[] = [];
  for await (const piece of eye.read(topic, partition, { isolation: 'read_committed' })) {
    if (piece.kind !== 'batch') continue;
    for (const { value } of readPlainRecords(piece.bytes)) numbers.push(Number.parseInt(String(value), 10));
  }
  return numbers;
}

async function expectEachOnce(topic: string, wanted: readonly number[]): Promise<void> {
  proxy.meanBytes = 0;
  for (const [partition, count] of wanted.entries()) {
    const numbers = await numbersIn(topic, partition);
    const wrong = numbers.findIndex((number, index) => number !== index);
    const around = wrong < 0 ? [] : numbers.slice(Math.max(0, wrong - 3), wrong + 3);
    expect({ partition, count: numbers.length, around }, `SRGIT_SEED=${seed}`).toEqual({
      partition,
      count,
      around: [],
    });
  }
}

/** Writes until told to stop, several batches on their way. */
async function writeOn(producer: KafkaProducer, topic: string, numbered: Numbered, goOn: () => boolean): Promise<void> {
  const window: Promise<unknown>[] = [];
  for (let turn = 0; goOn(); turn++) {
    const partition = turn % PARTITIONS;
    window.push(producer.send(topic, partition, numbered.batch(partition)));
    if (window.length >= WINDOW * PARTITIONS) await window.shift();
    // So that the kill comes at any time, and not after gigabytes.
    if (turn % 5 === 0) await sleep(3);
  }
  await Promise.all(window);
}

/**
 * Transactions of some batches with the position in the same transaction; what fails is aborted and written again, as a
 * replay does. Some are aborted on purpose.
 */
async function writeTransactions(
  producer: KafkaProducer,
  topic: string,
  numbered: Numbered,
  goOn: () => boolean,
  tally: Tally,
): Promise<void> {
  while (goOn()) {
    const before = [...numbered.next];
    await producer.begin();
    try {
      const sent: Promise<unknown>[] = [];
      for (let i = 0; i < 6; i++) {
        const partition = Math.floor(random() * PARTITIONS);
        sent.push(producer.send(topic, partition, numbered.batch(partition)));
      }
      if (random() < 0.1) {
        if (random() < 0.5) await Promise.all(sent);
        throw new Error('on purpose');
      }
      const offset = BigInt(tally.committed + 1);
      await producer.commit({ group: topic, offsets: [{ topic, partition: 0, offset }] });
      tally.committed++;
    } catch {
      tally.failed++;
      await producer.abort();
      numbered.next.splice(0, PARTITIONS, ...before);
    }
    await sleep(2);
  }
}

interface Tally {
  committed: number;
  failed: number;
}

async function openThroughProxy(): Promise<KafkaClient> {
  return openRawClient({ bootstrapServers: [proxy.address], client: 'platformatic', requestTimeoutMs: 20_000 });
}

async function newTopic(name: string): Promise<string> {
  await eye.admin.createTopic({ name, partitionCount: PARTITIONS });
  return name;
}

test('a broker that is killed and comes back loses nothing and doubles nothing', { timeout: LONG }, async () => {
  const plainTopic = await newTopic('killed-plain');
  const committedTopic = await newTopic('killed-committed');
  const client = await openThroughProxy();
  const plain = await client.producer({ deliveryTimeoutMs: 300_000 });
  const transactional = await client.producer({ transactionalId: 'killed', deliveryTimeoutMs: 300_000 });
  const plainNumbers = new Numbered();
  const committedNumbers = new Numbered();
  const tally: Tally = { committed: 0, failed: 0 };
  let isOver = false;
  const goOn = (): boolean => !isOver;
  const writing = Promise.all([
    writeOn(plain, plainTopic, plainNumbers, goOn),
    writeTransactions(transactional, committedTopic, committedNumbers, goOn, tally),
  ]);
  for (let kill = 0; kill < KILLS; kill++) {
    const wanted = tally.committed + 3 + Math.floor(random() * 20);
    for (let i = 0; i < 1000 && tally.committed < wanted; i++) await sleep(20);
    await sleep(random() * 20);
    await broker.kill();
    await sleep(random() * 1000);
    await broker.restart();
  }
  await sleep(1000);
  isOver = true;
  await writing;
  const { committed, failed } = tally;
  await Promise.all([plain.close(), transactional.close()]);
  console.log(
    `${KILLS} kills: ${plainNumbers.next.reduce((a, b) => a + b)} records; ${committed} transactions, ${failed} aborted`,
  );
  expect(committed).toBeGreaterThan(0);
  await expectEachOnce(plainTopic, plainNumbers.next);
  await expectEachOnce(committedTopic, committedNumbers.next);
  const { offsets } = await eye.admin.groupOffsets(committedTopic);
  expect(offsets).toEqual([{ topic: committedTopic, partition: 0, offset: BigInt(committed) }]);
  await client.close();
});

test('connections cut in the middle of requests and answers lose nothing and double nothing', {
  timeout: LONG,
}, async () => {
  const plainTopic = await newTopic('cut-plain');
  const committedTopic = await newTopic('cut-committed');
  proxy.meanBytes = 60_000;
  const client = await openThroughProxy();
  const plain = await client.producer({ deliveryTimeoutMs: 300_000 });
  const transactional = await client.producer({ transactionalId: 'cut', deliveryTimeoutMs: 300_000 });
  const plainNumbers = new Numbered();
  const committedNumbers = new Numbered();
  const tally: Tally = { committed: 0, failed: 0 };
  let isOver = false;
  const goOn = (): boolean => !isOver;
  const writing = Promise.all([
    writeOn(plain, plainTopic, plainNumbers, goOn),
    writeTransactions(transactional, committedTopic, committedNumbers, goOn, tally),
  ]);
  const start = proxy.cuts();
  for (let i = 0; i < 600 && proxy.cuts() - start < 60; i++) await sleep(100);
  isOver = true;
  await writing;
  const { committed, failed } = tally;
  await Promise.all([plain.close(), transactional.close()]);
  const records = plainNumbers.next.reduce((a, b) => a + b);
  console.log(`${proxy.cuts()} cuts: ${records} records; ${committed} transactions, ${failed} aborted`);
  expect(proxy.cuts() - start).toBeGreaterThanOrEqual(60);
  // Reading through cuts, too: one fetch after the other from where the last one ended.
  const through = await openThroughProxy();
  proxy.meanBytes = 200_000;
  let read = 0;
  for (let partition = 0; partition < PARTITIONS; partition++) {
    for await (const piece of through.read(plainTopic, partition, { maxBytes: 64 * 1024 })) {
      if (piece.kind === 'batch') read += readPlainRecords(piece.bytes).length;
    }
  }
  await through.close();
  expect(read).toBe(records);
  await expectEachOnce(plainTopic, plainNumbers.next);
  await expectEachOnce(committedTopic, committedNumbers.next);
  const { offsets } = await eye.admin.groupOffsets(committedTopic);
  expect(offsets).toEqual([{ topic: committedTopic, partition: 0, offset: BigInt(committed) }]);
  await client.close();
});

test('what cannot be delivered in time fails; aborted, its transaction leaves nothing', { timeout: LONG }, async () => {
  const topic = await newTopic('late');
  const client = await openThroughProxy();
  const plain = await client.producer({ deliveryTimeoutMs: 1500 });
  const transactional = await client.producer({ transactionalId: 'late', deliveryTimeoutMs: 1500 });
  await transactional.begin();
  const numbered = new Numbered();
  await transactional.send(topic, 0, numbered.batch(0));
  proxy.meanBytes = 30;
  proxy.cutAll();
  const late = [plain.send(topic, 1, numbered.batch(1)), transactional.send(topic, 0, numbered.batch(0))];
  for (const each of late) await expect(each).rejects.toMatchObject({ code: 'SRGIT_KAFKA_TIMEOUT' });
  await expect(plain.send(topic, 1, numbered.batch(1))).rejects.toMatchObject({ code: 'SRGIT_KAFKA_TIMEOUT' });
  await expect(transactional.commit()).rejects.toMatchObject({ code: 'SRGIT_KAFKA_TIMEOUT' });
  proxy.meanBytes = 0;
  await transactional.abort();
  const again = new Numbered();
  for (let i = 0; i < 3; i++) {
    await transactional.begin();
    for (let j = 0; j < 5; j++) void transactional.send(topic, 0, again.batch(0));
    await transactional.commit();
  }
  await Promise.all([plain.close(), transactional.close()]);
  await expectEachOnce(topic, [again.next[0] as number]);
  await client.close();
});
