/**
 * `srgit replay` of an archive into a Kafka broker against Kafka's own ProducerPerformance, and `srgit scan`: both as they
 * are typed, in turns in one run on the same broker. Records of 1 KB with two headers, four partitions, acks of all.
 *
 * Usage: node bench/replay.ts [small | medium | full | pairs] [version]
 * small: 50 MB, 1 round; medium: 500 MB, 5 rounds; full: 2 GB, 5 rounds, 2 million records of ProducerPerformance; pairs: 1 GB, 15
 * rounds, only what tells the cost of rewriting, which one round is too few for. Linux only.
 * Needs what the tests need for a broker (Maven, Java 17), and three times the archive in the folder for temporary files.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderStorage } from '../src/archive/folder-storage.ts';
import { createKbak } from '../src/archive/kbak-sink.ts';
import { openKafka } from '../src/kafka/open-kafka.ts';
import { sliceRecord } from '../src/records/plain-records.ts';
import { CLI_ENV, cliEntry } from '../test/support/cli.ts';
import { findJava } from '../test/support/find-java.ts';
import { type KafkaVersion, startKafka } from '../test/support/kafka-broker.ts';
import { installKafka, KAFKA_JAVA } from '../test/support/kafka-broker-install.ts';
import { childProcesses, cpuSecondsOf, type MeasuredRun, runMeasured } from './measured-run.ts';

const SIZES = {
  small: { megabytes: 50, rounds: 1, peerRecords: 200_000 },
  medium: { megabytes: 500, rounds: 5, peerRecords: 1_000_000 },
  full: { megabytes: 2000, rounds: 5, peerRecords: 2_000_000 },
  pairs: { megabytes: 1000, rounds: 15, peerRecords: 1_000_000 },
};
const [size = 'medium', version = '4.3.1'] = process.argv.slice(2);
if (!(size in SIZES)) throw new Error(`${size} is none of ${Object.keys(SIZES).join(', ')}`);
const { megabytes, rounds, peerRecords } = SIZES[size as keyof typeof SIZES];
const PARTITIONS = 4;
const VALUE_BYTES = 1024;
/** Of a record in a segment: what frames it, and two headers. */
const RECORD_BYTES = VALUE_BYTES + 97;
const RECORDS = Math.floor((megabytes * 1e6) / RECORD_BYTES);
const MAP = { 1: 101, 2: 102, 3: 103, 5: 105, 7: 107 };

interface Figure {
  /** Records a second while writing. */
  readonly rate: number;
  /** Microseconds of processor time a record, of the whole process. */
  readonly cpu: number;
  readonly brokerCpu: number;
  readonly peakBytes: number;
  readonly seconds: number;
}

/** Values half text and half random, two headers (51 and 4 bytes). */
async function makeArchive(root: string): Promise<void> {
  const ids = Object.keys(MAP).map(Number);
  const made = Array.from({ length: 500 }, (_, i) => {
    const value = Buffer.alloc(VALUE_BYTES, `{"orderId":${i},"status":"created","customer":"c-${i % 977}"}`);
    value.write(randomBytes(VALUE_BYTES).toString('base64'), VALUE_BYTES >> 1, VALUE_BYTES >> 1, 'latin1');
    value[0] = 0;
    value.writeInt32BE(ids[i % ids.length] ?? 1, 1);
    const headers = [
      [Buffer.from('traceparent'), Buffer.alloc(40, 'a')],
      [Buffer.from('n'), Buffer.from('abc')],
    ] as const;
    return sliceRecord({ offset: 0n, timestamp: BigInt(Date.now() + i), key: null, value, headers });
  });
  const sink = await createKbak(new FolderStorage(root), { backupId: 'bench', compression: 'none' });
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const output = await sink.open('bench', partition);
    const count = Math.floor((RECORDS + partition) / PARTITIONS);
    for (let offset = 0; offset < count; offset++) {
      const { bytes, slices } = made[offset % made.length] as ReturnType<typeof sliceRecord>;
      const waiting = output.append(bytes, slices, BigInt(offset));
      if (waiting !== undefined) await waiting;
    }
    await output.close();
  }
  await sink.finish({ topics: [{ name: 'bench', partitionCount: PARTITIONS, partitions: [] }], createdAt: Date.now() });
}

const folder = mkdtempSync(join(tmpdir(), 'srgit-bench-'));
const broker = await startKafka({
  version: version as KafkaVersion,
  javaOptions: ['-Xms1g', '-Xmx1g', '-XX:+UseParallelGC'],
  // Deleted topics give their room back at once.
  properties: { 'file.delete.delay.ms': '500', 'log.segment.delete.delay.ms': '500' },
});
const [brokerPid = 0] = childProcesses();
const client = await openKafka({ bootstrapServers: [broker.bootstrap], client: 'platformatic' });
let topics = 0;

async function withTopic(
  work: (topic: string) => Promise<MeasuredRun>,
  records: number,
  rate: RateOf,
): Promise<Figure> {
  const topic = `bench-${++topics}`;
  await client.admin.createTopic({ name: topic, partitionCount: PARTITIONS });
  try {
    const before = cpuSecondsOf(brokerPid) ?? 0;
    const run = await work(topic);
    const brokerSeconds = (cpuSecondsOf(brokerPid) ?? 0) - before;
    return figureOf(run, records, rate(run), brokerSeconds);
  } finally {
    await client.admin.deleteTopic(topic);
  }
}

type RateOf = (run: MeasuredRun) => number;

function figureOf(run: MeasuredRun, records: number, rate: number, brokerSeconds: number): Figure {
  const { cpuSeconds, peakBytes, seconds } = run;
  return { rate, cpu: (1e6 * cpuSeconds) / records, brokerCpu: (1e6 * brokerSeconds) / records, peakBytes, seconds };
}

const java = await findJava(KAFKA_JAVA);
const libraries = await installKafka(version as KafkaVersion, 'tools');
const program = await cliEntry();

/** Kafka's own measure, of records without headers. */
function peer(settings: readonly string[]): Promise<Figure> {
  const args = [
    ...['-Xmx512m', '-cp', `${libraries}/*`, 'org.apache.kafka.tools.ProducerPerformance'],
    ...['--num-records', String(peerRecords), '--record-size', String(VALUE_BYTES), '--throughput', '-1'],
  ];
  const properties = ['--producer-props', `bootstrap.servers=${broker.bootstrap}`, 'acks=all', ...settings];
  return withTopic(
    (topic) => runMeasured(java, [...args, '--topic', topic, ...properties]),
    peerRecords,
    ({ stdout }) => {
      const [, rate] = /([\d.]+) records\/sec/.exec(stdout.trim().split('\n').at(-1) ?? '') ?? [];
      if (rate === undefined) throw new Error(`ProducerPerformance said: ${stdout.slice(-500)}`);
      return Number(rate);
    },
  );
}

const archive = join(folder, 'archive');
const mapFile = join(folder, 'map.json');
const env = { ...CLI_ENV };
let runs = 0;

function srgit(command: string, flags: readonly string[]): Promise<MeasuredRun> {
  return runMeasured(process.execPath, [program, command, `kbak:${archive}`, '--json', ...flags], { cwd: folder, env });
}

interface Report {
  readonly records: number;
  readonly durations: Readonly<Record<string, number>>;
}

function reportOf({ stdout }: MeasuredRun): Report {
  const report = JSON.parse(stdout) as Report;
  if (report.records !== RECORDS) throw new Error(`${report.records} records instead of ${RECORDS}`);
  return report;
}

function replay(flags: readonly string[]): Promise<Figure> {
  const checkpoint = flags.includes('--at-least-once') ? ['--checkpoint', `checkpoint-${++runs}.json`] : [];
  return withTopic(
    (topic) =>
      srgit('replay', ['--to', `kafka:${broker.bootstrap}`, '--rename', `bench=${topic}`, ...flags, ...checkpoint]),
    RECORDS,
    (run) => (1000 * RECORDS) / (reportOf(run).durations['replaying'] ?? 0),
  );
}

async function scan(): Promise<Figure> {
  const run = await srgit('scan', ['--map', mapFile]);
  return figureOf(run, RECORDS, (1000 * RECORDS) / (reportOf(run).durations['scanning'] ?? 0), 0);
}

const rewriting = ['--map', mapFile, '--offline', '--no-scan'];
const plain = ['--no-map', '--no-scan'];
const rows = {
  ProducerPerformance: () => peer([]),
  'ProducerPerformance, batch.size=900000 linger.ms=5': () =>
    peer(['batch.size=900000', 'linger.ms=5', 'buffer.memory=134217728']),
  'replay, transactions, rewriting': () => replay(rewriting),
  'replay, transactions, ids kept': () => replay(plain),
  'replay, at least once, rewriting': () => replay([...rewriting, '--at-least-once']),
  'replay, at least once, ids kept': () => replay([...plain, '--at-least-once']),
  'replay as it is by default (scan before)': () => replay(['--map', mapFile, '--offline']),
  'scan, uncompressed segments': scan,
};
type Row = keyof typeof rows;
const all = Object.keys(rows) as Row[];
const names = size === 'pairs' ? all.filter((name) => /, (rewriting|ids kept)$/.test(name)) : all;
const figures = new Map<Row, Figure[]>(names.map((name) => [name, []]));

function median(name: Row, of: (figure: Figure) => number): number {
  const values = (figures.get(name) ?? []).map(of).sort((a, b) => a - b);
  return values[values.length >> 1] ?? Number.NaN;
}

/** Of the figures of the same round, which were taken shortly after one another. */
function medianRatio(name: Row, against: Row, of: (figure: Figure) => number): number {
  const others = figures.get(against) ?? [];
  if (others.length === 0) return Number.NaN;
  const ratios = (figures.get(name) ?? []).map((figure, round) => of(figure) / of(others[round] as Figure));
  return ratios.sort((a, b) => a - b)[ratios.length >> 1] ?? Number.NaN;
}

try {
  writeFileSync(mapFile, JSON.stringify(MAP));
  await makeArchive(archive);
  // A broker that has compiled nothing yet is several times slower.
  await peer([]);
  const nothing = await srgit('replay', ['--to', `kafka:${broker.bootstrap}`, ...rewriting, '--dry-run']);
  for (let round = 0; round < rounds; round++) {
    // Each round begins with another one, and every other round goes backwards, so that none always comes after the same.
    const order = round % 2 === 0 ? names : names.toReversed();
    for (let at = 0; at < order.length; at++) {
      const name = order[(at + round) % order.length] as Row;
      const figure = await rows[name]();
      figures.get(name)?.push(figure);
      const { rate, cpu, brokerCpu, peakBytes } = figure;
      console.error(
        `round ${round + 1}: ${name}: ${Math.round(rate)}/s, CPU ${cpu.toFixed(2)} us, broker ${brokerCpu.toFixed(2)} us, ` +
          `peak ${(peakBytes / 1e6).toFixed(0)} MB`,
      );
    }
  }
  const rateOf = ({ rate }: Figure): number => rate;
  console.log(
    `Kafka ${version}, ${RECORDS} records of ${VALUE_BYTES} B and two headers, ${megabytes} MB, medians of ${rounds}; ` +
      `ProducerPerformance ${peerRecords} records`,
  );
  console.log('| | records/s | MB/s | against PP | PP large batches | CPU us/record | broker us/record | peak MB |');
  console.log('|---|---|---|---|---|---|---|---|');
  for (const name of names) {
    const rate = median(name, rateOf);
    const cells = [
      Math.round(rate).toLocaleString('en'),
      ((rate * RECORD_BYTES) / 1e6).toFixed(0),
      medianRatio(name, 'ProducerPerformance', rateOf).toFixed(2),
      medianRatio(name, 'ProducerPerformance, batch.size=900000 linger.ms=5', rateOf).toFixed(2),
      median(name, ({ cpu }) => cpu).toFixed(2),
      median(name, ({ brokerCpu }) => brokerCpu).toFixed(2),
      (median(name, ({ peakBytes }) => peakBytes) / 1e6).toFixed(0),
    ];
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
  console.log(`a dry run, which does all but send: ${((1e6 * nothing.cpuSeconds) / RECORDS).toFixed(2)} us/record`);
  for (const guarantee of ['transactions', 'at least once'] as const) {
    const [with_, without] = [`replay, ${guarantee}, rewriting`, `replay, ${guarantee}, ids kept`] as const;
    console.log(
      `rewriting, ${guarantee}: time x ${(1 / medianRatio(with_, without, rateOf)).toFixed(3)}, ` +
        `CPU x ${medianRatio(with_, without, ({ cpu }) => cpu).toFixed(3)} (medians of pairs)`,
    );
  }
} finally {
  await client.close();
  await broker.close();
  rmSync(folder, { recursive: true, force: true });
}
