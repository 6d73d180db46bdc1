/**
 * Writing to and reading from a Kafka broker with `client: platformatic`, against Kafka's own ProducerPerformance in the same
 * run: records of 1 KB with two headers, four partitions, acks of all.
 *
 * Usage: node bench/kafka-produce.ts [records] [version] [rounds] [records of ProducerPerformance]
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { openKafka } from '../src/kafka/open-kafka.ts';
import type { KafkaClient, KafkaProducer } from '../src/kafka/port.ts';
import { BatchBuilder } from '../src/records/batch-builder.ts';
import { AT } from '../src/records/batch-header.ts';
import { sliceRecord } from '../src/records/plain-records.ts';
import { findJava } from '../test/support/find-java.ts';
import { type KafkaVersion, startKafka } from '../test/support/kafka-broker.ts';
import { installKafka, KAFKA_JAVA } from '../test/support/kafka-broker-install.ts';

const [records = '1000000', version = '4.3.1', rounds = '3', peerRecords = '2000000'] = process.argv.slice(2);
const RECORDS = Number(records);
const PARTITIONS = 4;
const VALUE_BYTES = 1024;
/** Batches on their way for each partition. */
const WINDOW = 4;
/** Batches between two commits: about 32 MB. */
const TRANSACTION_BATCHES = 32;

interface Figure {
  readonly rate: number;
  /** Microseconds of processor time a record, user and system. */
  readonly cpu: number;
}

async function measure(work: () => Promise<number>): Promise<Figure> {
  const before = process.cpuUsage();
  const start = performance.now();
  const done = await work();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { rate: done / seconds, cpu: (user + system) / done };
}

const record = sliceRecord({
  offset: 0n,
  timestamp: BigInt(Date.now()),
  key: null,
  value: Buffer.alloc(VALUE_BYTES, 'srgit kafka bench '),
  headers: [
    [Buffer.from('traceparent'), Buffer.alloc(40, 'a')],
    [Buffer.from('id'), Buffer.from('42')],
  ],
});

/** Writes so many records, laid into batches on the way; answers how many. */
async function write(producer: KafkaProducer, topic: string, isTransactional: boolean): Promise<number> {
  const builder = new BatchBuilder();
  const windows: Promise<unknown>[][] = Array.from({ length: PARTITIONS }, () => []);
  let left = RECORDS;
  for (let batches = 0; left > 0; batches++) {
    if (isTransactional && batches % TRANSACTION_BATCHES === 0) {
      if (batches > 0)
        await producer.commit({ group: topic, offsets: [{ topic, partition: 0, offset: BigInt(batches) }] });
      await producer.begin();
    }
    while (left > 0 && builder.append(record.bytes, record.slices)) left--;
    const partition = batches % PARTITIONS;
    const window = windows[partition] as Promise<unknown>[];
    if (window.length >= WINDOW) await window.shift();
    window.push(producer.send(topic, partition, builder.finish()));
  }
  await Promise.all(windows.flat());
  if (isTransactional) await producer.commit();
  return RECORDS;
}

async function readAll(client: KafkaClient, topic: string): Promise<number> {
  const counts = Array.from({ length: PARTITIONS }, async (_, partition) => {
    let count = 0;
    for await (const piece of client.read(topic, partition)) {
      if (piece.kind === 'batch') count += piece.bytes.readInt32BE(AT.recordCount);
    }
    return count;
  });
  const all = await Promise.all(counts);
  return all.reduce((sum, count) => sum + count, 0);
}

/** Records a second as ProducerPerformance says at its end. */
async function peer(bootstrap: string, topic: string, settings: readonly string[]): Promise<number> {
  const [java, libraries] = await Promise.all([findJava(KAFKA_JAVA), installKafka(version as KafkaVersion, 'tools')]);
  const { stdout } = await promisify(execFile)(
    java,
    [
      ...['-Xmx512m', '-cp', `${libraries}/*`, 'org.apache.kafka.tools.ProducerPerformance', '--topic', topic],
      ...['--num-records', peerRecords, '--record-size', String(VALUE_BYTES), '--throughput', '-1'],
      ...['--producer-props', `bootstrap.servers=${bootstrap}`, 'acks=all', ...settings],
    ],
    { maxBuffer: 1 << 26 },
  );
  const match = /([\d.]+) records\/sec/.exec(stdout.trim().split('\n').at(-1) ?? '');
  if (match === null) throw new Error(`ProducerPerformance said: ${stdout.slice(-500)}`);
  return Number(match[1]);
}

function median(figures: readonly Figure[]): Figure {
  const middle = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
  return { rate: middle(figures.map(({ rate }) => rate)), cpu: middle(figures.map(({ cpu }) => cpu)) };
}

const broker = await startKafka({ version: version as KafkaVersion, javaOptions: ['-Xmx512m', '-XX:+UseSerialGC'] });
const client = await openKafka({ bootstrapServers: [broker.bootstrap], client: 'platformatic' });
let topics = 0;

async function onTopic<T>(work: (topic: string) => Promise<T>): Promise<T> {
  const name = `bench-${++topics}`;
  await client.admin.createTopic({ name, partitionCount: PARTITIONS });
  try {
    return await work(name);
  } finally {
    await client.admin.deleteTopic(name);
  }
}

try {
  const plain: Figure[] = [];
  const transactional: Figure[] = [];
  const fetched: Figure[] = [];
  const peers: number[] = [];
  const tuned: number[] = [];
  for (let round = 0; round < Number(rounds); round++) {
    peers.push(await onTopic((topic) => peer(broker.bootstrap, topic, [])));
    tuned.push(
      await onTopic((topic) =>
        peer(broker.bootstrap, topic, ['batch.size=900000', 'linger.ms=5', 'buffer.memory=134217728']),
      ),
    );
    await onTopic(async (topic) => {
      const producer = await client.producer();
      plain.push(await measure(() => write(producer, topic, false)));
      await producer.close();
      fetched.push(await measure(() => readAll(client, topic)));
    });
    await onTopic(async (topic) => {
      const producer = await client.producer({ transactionalId: topic });
      transactional.push(await measure(() => write(producer, topic, true)));
      await producer.close();
    });
  }
  const pp = peers.sort((a, b) => a - b)[Math.floor(peers.length / 2)] as number;
  const best = tuned.sort((a, b) => a - b)[Math.floor(tuned.length / 2)] as number;
  const row = (name: string, { rate, cpu }: Figure): string =>
    `| ${name} | ${Math.round(rate).toLocaleString('en')} | ${Number.isNaN(cpu) ? '' : cpu.toFixed(2)} | ${(rate / pp).toFixed(2)} | ${(rate / best).toFixed(2)} |`;
  console.log(`Kafka ${version}, ${RECORDS} records of ${VALUE_BYTES} B, medians of ${rounds} rounds`);
  console.log('| | records/s | CPU us/record | against PP | against PP with large batches |');
  console.log('|---|---|---|---|---|');
  console.log(row('ProducerPerformance', { rate: pp, cpu: Number.NaN }));
  console.log(row('ProducerPerformance, batch.size=900000 linger.ms=5', { rate: best, cpu: Number.NaN }));
  console.log(row('srgit, idempotent', median(plain)));
  console.log(row('srgit, transactional', median(transactional)));
  console.log(row('srgit, reading four partitions', median(fetched)));
} finally {
  await client.close();
  await broker.close();
}
