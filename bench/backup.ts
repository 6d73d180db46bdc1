/**
 * `srgit backup` of a broker's topic into a folder, as it is typed, against Kafka's own ConsumerPerformance, which reads the same
 * topic and keeps nothing. Records of 1 KB with two headers, four partitions, by compression of the archive and of the topic.
 *
 * Usage: node bench/backup.ts [small | medium | full] [version]
 * small: 50 MB, 1 round; medium: 500 MB, 3 rounds; full: 2 GB, 5 rounds. Linux only. Needs what the tests need for a broker
 * (Maven, Java 17), and three times the topic in the folder for temporary files.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openKafka } from '../src/kafka/open-kafka.ts';
import { BatchBuilder } from '../src/records/batch-builder.ts';
import type { Codec } from '../src/records/codec.ts';
import { sliceRecord } from '../src/records/plain-records.ts';
import { CLI_ENV, cliEntry } from '../test/support/cli.ts';
import { findJava } from '../test/support/find-java.ts';
import { type KafkaVersion, startKafka } from '../test/support/kafka-broker.ts';
import { installKafka, KAFKA_JAVA } from '../test/support/kafka-broker-install.ts';
import { runMeasured } from './measured-run.ts';

const SIZES = {
  small: { megabytes: 50, rounds: 1 },
  medium: { megabytes: 500, rounds: 3 },
  full: { megabytes: 2000, rounds: 5 },
};
const [size = 'medium', version = '4.3.1'] = process.argv.slice(2);
if (!(size in SIZES)) throw new Error(`${size} is none of ${Object.keys(SIZES).join(', ')}`);
const { megabytes, rounds } = SIZES[size as keyof typeof SIZES];
const PARTITIONS = 4;
const VALUE_BYTES = 1024;
const RECORDS = Math.floor((megabytes * 1e6) / (VALUE_BYTES + 85));
/** Records a second, asked of the uncompressed case. */
const GOAL = 200_000;
const GOAL_BYTES = 300e6;

interface Figure {
  readonly name: string;
  /** While reading; start and end of the process are left out. */
  readonly rate: number;
  /** Microseconds of processor time a record, of the whole process. */
  readonly cpu: number;
  readonly peakBytes: number;
}

/** Values half text and half random, two headers (51 and 4 bytes). */
const records = Array.from({ length: 500 }, (_, i) => {
  const value = Buffer.alloc(VALUE_BYTES, `{"orderId":${i},"status":"created","customer":"c-${i % 977}"}`);
  value.write(randomBytes(VALUE_BYTES).toString('base64'), VALUE_BYTES >> 1, VALUE_BYTES >> 1, 'latin1');
  const headers = [
    [Buffer.from('traceparent'), Buffer.alloc(40, 'a')],
    [Buffer.from('n'), Buffer.from('abc')],
  ] as const;
  return sliceRecord({ offset: 0n, timestamp: BigInt(Date.now() + i), key: null, value, headers });
});

const broker = await startKafka({ version: version as KafkaVersion, javaOptions: ['-Xmx512m', '-XX:+UseSerialGC'] });
const folder = mkdtempSync(join(tmpdir(), 'srgit-bench-backup-'));
try {
  for (const codec of ['none', 'zstd'] as const) await fill(codec);
  const figures: Figure[][] = [];
  for (let round = 0; round < rounds; round++) {
    const ofRound: Figure[] = [await consumer('none')];
    for (const compression of ['none', 'lz4', 'zstd']) ofRound.push(await backup('none', compression));
    ofRound.push(await consumer('zstd'), await backup('zstd', 'none'), await backup('zstd', 'zstd'));
    figures.push(ofRound);
  }
  print(figures);
} finally {
  await broker.close();
  rmSync(folder, { recursive: true, force: true });
}

async function fill(codec: Codec): Promise<void> {
  const client = await openKafka({ bootstrapServers: [broker.bootstrap], client: 'platformatic' });
  try {
    const topic = topicOf(codec);
    await client.admin.createTopic({ name: topic, partitionCount: PARTITIONS });
    const producer = await client.producer();
    const builder = new BatchBuilder({ codec });
    const sending: Promise<unknown>[] = [];
    for (let done = 0, batches = 0; done < RECORDS; batches++) {
      for (; done < RECORDS; done++) {
        const { bytes, slices } = records[done % records.length] ?? { bytes: Buffer.alloc(0), slices: undefined };
        if (slices === undefined || !builder.append(bytes, slices)) break;
      }
      if (sending.length >= 8) await sending.shift();
      sending.push(producer.send(topic, batches % PARTITIONS, builder.finish()));
    }
    await Promise.all(sending);
    await producer.close();
  } finally {
    await client.close();
  }
}

async function backup(codec: Codec, compression: string): Promise<Figure> {
  const target = join(folder, 'b');
  const args = ['--from', `kafka:${broker.bootstrap}`, '--to', `kbak:${target}`, '--backup-id', 'b'];
  const run = await runMeasured(
    process.execPath,
    [await cliEntry(), 'backup', ...args, '-t', topicOf(codec), '--compression', compression, '--json'],
    { cwd: folder, env: CLI_ENV },
  );
  rmSync(target, { recursive: true, force: true });
  const { records: count, durations } = JSON.parse(run.stdout) as { records: number; durations: { reading: number } };
  if (count !== RECORDS) throw new Error(`${count} records were backed up, not ${RECORDS}`);
  return {
    name: `srgit backup, ${codec} → ${compression}`,
    rate: (count * 1000) / durations.reading,
    cpu: (run.cpuSeconds * 1e6) / count,
    peakBytes: run.peakBytes,
  };
}

async function consumer(codec: Codec): Promise<Figure> {
  const [java, libraries] = await Promise.all([findJava(KAFKA_JAVA), installKafka(version as KafkaVersion, 'tools')]);
  const tool = ['-Xmx512m', '-cp', `${libraries}/*`, 'org.apache.kafka.tools.ConsumerPerformance'];
  const which = version.startsWith('3.') ? '--messages' : '--num-records';
  const args = ['--bootstrap-server', broker.bootstrap, '--topic', topicOf(codec), which, String(RECORDS)];
  const run = await runMeasured(java, [...tool, ...args, '--hide-header', '--timeout', '60000']);
  const fields = run.stdout.trim().split('\n').at(-1)?.split(', ') ?? [];
  // … fetch.nMsg.sec is the last.
  const rate = Number(fields.at(-1));
  if (!Number.isFinite(rate)) throw new Error(`ConsumerPerformance said: ${run.stdout.slice(-500)}`);
  return {
    name: `ConsumerPerformance, ${codec}`,
    rate,
    cpu: (run.cpuSeconds * 1e6) / RECORDS,
    peakBytes: run.peakBytes,
  };
}

function topicOf(codec: Codec): string {
  return `bench-${codec}`;
}

function print(figures: readonly (readonly Figure[])[]): void {
  const middle = (values: number[]): number =>
    values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
  const [first = []] = figures;
  const medians = first.map(({ name }, index) => {
    const all = (of: (figure: Figure) => number): number => middle(figures.map((round) => of(round[index] as Figure)));
    return { name, rate: all(({ rate }) => rate), cpu: all(({ cpu }) => cpu), peakBytes: all((f) => f.peakBytes) };
  });
  console.log(
    `Kafka ${version}, ${RECORDS} records of ${VALUE_BYTES} B, medians of ${rounds} rounds; goal ${GOAL} records/s`,
  );
  console.log('| | records/s | of ConsumerPerformance | CPU µs/record | peak MB |');
  console.log('|---|---|---|---|---|');
  let peer = Number.NaN;
  for (const { name, rate, cpu, peakBytes } of medians) {
    if (name.startsWith('Consumer')) peer = rate;
    const cells = [Math.round(rate).toLocaleString('en'), (rate / peer).toFixed(2), cpu.toFixed(2)];
    console.log(`| ${name} | ${cells.join(' | ')} | ${Math.round(peakBytes / 1e6)} |`);
  }
  const own = medians.find(({ name }) => name.endsWith('none → none'));
  const most = Math.max(...medians.filter(({ name }) => name.startsWith('srgit')).map(({ peakBytes }) => peakBytes));
  console.log(
    `${((own?.rate ?? Number.NaN) / GOAL).toFixed(2)} of the goal; ${(most / GOAL_BYTES).toFixed(2)} of 300 MB at most`,
  );
}
