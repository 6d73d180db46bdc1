/**
 * The log directory of a real broker, read from its files, against what Kafka's own consumer saw of the same topics. Slow: it
 * starts a broker of its own, which must be stopped for its files to be read, and waits for the log cleaner.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FolderStorage } from '../../src/archive/folder-storage.ts';
import { openKafkaLog } from '../../src/archive/kafka-log.ts';
import type { RecordSource } from '../../src/records/record-source.ts';
import { asText } from '../records/random-records.ts';
import { type KafkaBroker, startKafka } from '../support/kafka-broker.ts';
import { type KafkaEye, type NewRecord, type SeenTopic, startKafkaEye } from '../support/kafka-broker-eye.ts';
import { readWhole } from '../support/log-files.ts';

const START_MS = 300_000;
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
const TOPICS = ['codecs', 'transactions', 'segments', 'compacted', 'shortened'] as const;
/** The least that Kafka 4 takes. */
const SEGMENT = '1048576';

const ODD: readonly NewRecord[] = [
  { key: Buffer.from('k'), value: Buffer.from('v'), timestamp: 1_600_000_000_123n },
  { key: null, value: Buffer.alloc(0), timestamp: 1_600_000_000_124n },
  { key: Buffer.alloc(0), value: null, timestamp: 1_500_000_000_000n },
  {
    key: Buffer.from([0, 0xff, 0xfe]),
    value: Buffer.from('00000000070a', 'hex'),
    timestamp: 1_600_000_000_125n,
    headers: [
      [Buffer.from('a'), Buffer.from([0xff])],
      [Buffer.from('b'), null],
      [Buffer.from('a'), Buffer.alloc(0)],
    ],
  },
];

const record = (text: string): NewRecord => ({ key: Buffer.from(text), value: Buffer.from(`of ${text}`) });
const large = (key: string): NewRecord => ({ key: Buffer.from(key), value: Buffer.alloc(20_000, key) });

describe("a real broker's log directory", () => {
  let broker: KafkaBroker;
  let eye: KafkaEye;
  const seen = new Map<string, SeenTopic>();
  let committed = 0n;
  const warnings: string[] = [];
  const sources: RecordSource[] = [];

  const open = async (): Promise<RecordSource> => {
    const source = await openKafkaLog(new FolderStorage(broker.dataFolder), {
      onWarning: (message) => void warnings.push(message),
    });
    sources.push(source);
    return source;
  };

  beforeAll(async () => {
    [broker, eye] = await Promise.all([
      startKafka({
        properties: {
          'log.cleaner.backoff.ms': '300',
          'log.retention.ms': '-1',
          // A broker notes first offsets half a minute after its start, then each minute: the test may be done before.
          'log.initial.task.delay.ms': '500',
          'log.flush.start.offset.checkpoint.interval.ms': '500',
        },
      }),
      startKafkaEye(),
    ]);
    const kafka = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    const small = [{ name: 'segment.bytes', value: SEGMENT }];
    const compact = [
      ...small,
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'min.cleanable.dirty.ratio', value: '0.01' },
      { name: 'max.compaction.lag.ms', value: '1000' },
      { name: 'delete.retention.ms', value: '100' },
    ];
    await admin.createTopics({
      waitForLeaders: true,
      topics: TOPICS.map((topic) => ({
        topic,
        numPartitions: topic === 'codecs' ? 3 : 1,
        replicationFactor: 1,
        configEntries: topic === 'compacted' ? compact : small,
      })),
    });
    const send = async (topic: string, records: readonly NewRecord[], partition = 0, config = {}): Promise<void> => {
      await eye.produce(broker.bootstrap, [{ step: 'send', topic, partition, records }], config);
    };
    for (const [index, codec] of CODECS.entries()) {
      await send('codecs', ODD, index % 3, { 'compression.type': codec });
      const many = Array.from({ length: 300 }, (_, i) => record(`${codec} ${i}`));
      await send('codecs', many, 2, { 'compression.type': codec });
    }
    await fillTransactions(eye, broker.bootstrap);
    await send(
      'segments',
      Array.from({ length: 400 }, (_, i) => large(`key ${i}`)),
    );
    for (let round = 0; round < 5; round++) {
      await send(
        'compacted',
        Array.from({ length: 60 }, (_, i) => (i === round ? { key: Buffer.from(`key ${i}`) } : large(`key ${i}`))),
      );
    }
    await eye.produce(
      broker.bootstrap,
      [
        { step: 'begin' },
        { step: 'send', topic: 'compacted', records: [large('key 7'), large('key 8')] },
        { step: 'flush' },
        { step: 'abort' },
        { step: 'begin' },
        { step: 'send', topic: 'compacted', records: [large('key 9')] },
        { step: 'commit' },
      ],
      { 'transactional.id': 'compacted' },
    );
    // What is cleaned is what is not in the last segment.
    for (let more = 0; more < 60; more++) await send('compacted', [large(`later ${more}`)]);
    await send(
      'shortened',
      Array.from({ length: 50 }, (_, i) => record(`${i}`)),
    );
    // Without it this client knows no leader of a topic that it made itself.
    await admin.fetchTopicOffsets('shortened');
    await admin.deleteTopicRecords({ topic: 'shortened', partitions: [{ partition: 0, offset: '20' }] });

    const deadline = Date.now() + 120_000;
    for (;;) {
      const { records } = await eye.read(broker.bootstrap, 'compacted');
      if (records.length < 200) break;
      if (Date.now() > deadline) throw new Error(`the cleaner left ${records.length} records`);
      await sleep(500);
    }

    const isNoted = (): boolean =>
      /^shortened 0 20$/m.test(readFileSync(join(broker.dataFolder, 'log-start-offset-checkpoint'), 'utf8'));
    await vi.waitUntil(isNoted, { timeout: 120_000, interval: 100 });

    await admin.setOffsets({ groupId: 'readers', topic: 'codecs', partitions: [{ partition: 1, offset: '1' }] });
    await admin.setOffsets({ groupId: 'readers', topic: 'codecs', partitions: [{ partition: 1, offset: '3' }] });
    await admin.setOffsets({ groupId: 'readers', topic: 'segments', partitions: [{ partition: 0, offset: '77' }] });
    await admin.setOffsets({ groupId: 'gone', topic: 'segments', partitions: [{ partition: 0, offset: '5' }] });
    await admin.deleteGroups(['gone']);
    const producer = kafka.producer({ transactionalId: 'offsets', idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    for (const [offset, end] of [
      ['11', 'commit'],
      ['12', 'abort'],
    ] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic: 'segments', messages: [{ value: 'in a transaction' }] });
      const topics = [{ topic: 'segments', partitions: [{ partition: 0, offset }] }];
      await transaction.sendOffsets({ consumerGroupId: 'processor', topics });
      await transaction[end]();
    }
    committed = 11n;
    await producer.disconnect();
    await admin.disconnect();
    for (const topic of TOPICS) seen.set(topic, await eye.read(broker.bootstrap, topic));
  }, START_MS);

  afterAll(async () => {
    for (const source of sources) await source.close();
    await eye?.stop();
    await broker?.close();
  });

  const compareAll = async (): Promise<void> => {
    const source = await open();
    const topics = await source.topics();
    for (const topic of TOPICS) {
      const told = topics.find(({ name }) => name === topic);
      const { records = [], ends = [] } = seen.get(topic) ?? {};
      expect(told?.partitionCount, topic).toBe(topic === 'codecs' ? 3 : 1);
      for (const { partition, firstOffset, endOffset } of told?.partitions ?? []) {
        const ours = await readWhole(source, topic, partition);
        const theirs = records.filter((each) => each.partition === partition);
        const stable = ends[partition] ?? 0n;
        expect(asText(ours.records.filter(({ offset }) => offset < stable)), topic).toEqual(asText(theirs));
        expect(theirs.length, topic).toBeGreaterThan(0);
        expect(firstOffset, topic).toBeLessThanOrEqual(theirs[0]?.offset ?? 0n);
        expect(endOffset, topic).toBeGreaterThanOrEqual(stable);
        if (topic !== 'transactions') expect(endOffset, topic).toBe(stable);
      }
    }
    expect(topics.find(({ name }) => name === 'shortened')?.partitions[0]?.firstOffset).toBe(20n);
  };

  const expectGroups = async (): Promise<void> => {
    const source = await open();
    expect(await source.groups()).toEqual([
      { group: 'processor', offsets: [{ topic: 'segments', partition: 0, offset: committed }] },
      {
        group: 'readers',
        offsets: [
          { topic: 'codecs', partition: 1, offset: 3n },
          { topic: 'segments', partition: 0, offset: 77n },
        ],
      },
    ]);
  };

  it(
    'gives what a consumer saw while the broker runs',
    async () => {
      await compareAll();
      await expectGroups();
    },
    START_MS,
  );

  it(
    'gives the same after a crash',
    async () => {
      await broker.kill();
      await compareAll();
      await expectGroups();
    },
    START_MS,
  );

  it(
    'gives the same after an orderly end, and no warning',
    async () => {
      await broker.restart();
      await broker.stop();
      warnings.length = 0;
      await compareAll();
      await expectGroups();
      expect(warnings).toEqual([]);
    },
    START_MS,
  );

  it('leaves out what transactions made void, and what had not ended', async () => {
    const source = await open();
    const { records, skipped } = await readWhole(source, 'transactions');
    const values = records.map(({ key }) => String(key));
    expect(values).toEqual(['plain 1', 'a committed', 'b committed', 'plain 2', 'plain after the open one']);
    expect(skipped.filter(({ reason }) => reason === 'aborted').map(({ records: count }) => count)).toEqual([2, 1, 1]);
    expect(skipped.at(-1)?.detail ?? skipped.at(-2)?.detail).toMatch(/transaction of producer \d+ from offset \d+ on/);
    const all = await readWhole(source, 'transactions', 0, { isolation: 'read_uncommitted' });
    expect(all.records.length).toBe(records.length + 4);
    expect(all.skipped.every(({ reason }) => reason === 'control')).toBe(true);
  });

  it('has its topics known again in another place, and is itself by its cluster', async () => {
    const source = await open();
    expect(source.id).toMatch(/^kafka-log-[0-9a-f]{16}$/);
    expect((await open()).id).toBe(source.id);
  });
});

/** Two producers' transactions, interleaved; one aborted; one never ended, and a record after it. */
async function fillTransactions(eye: KafkaEye, bootstrap: string): Promise<void> {
  const topic = 'transactions';
  const sending = (...keys: string[]): { step: 'send'; topic: string; records: NewRecord[] } => ({
    step: 'send',
    topic,
    records: keys.map(record),
  });
  await eye.produce(bootstrap, [sending('plain 1')]);
  await eye.produce(
    bootstrap,
    [
      { step: 'begin' },
      sending('a aborted 1', 'a aborted 2'),
      { step: 'flush' },
      { step: 'abort' },
      { step: 'begin' },
      sending('a committed'),
      { step: 'commit' },
    ],
    { 'transactional.id': 'a' },
  );
  await eye.produce(
    bootstrap,
    [
      { step: 'begin' },
      sending('b committed'),
      { step: 'commit' },
      { step: 'begin' },
      sending('b aborted'),
      { step: 'flush' },
      { step: 'abort' },
    ],
    { 'transactional.id': 'b' },
  );
  await eye.produce(bootstrap, [sending('plain 2')]);
  await eye.produce(bootstrap, [{ step: 'begin' }, sending('c open'), { step: 'flush' }, { step: 'leave' }], {
    'transactional.id': 'c',
    'transaction.timeout.ms': '900000',
  });
  await eye.produce(bootstrap, [sending('plain after the open one')]);
}
