/**
 * An independent eye: Kafka's own Java client as a child process, which writes records (in transactions where asked) and
 * reads back every record of a topic. Compiled outside the work tree, started once for a test file.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { PlainRecord } from '../../src/records/record-slices.ts';
import { hashOf } from '../clients/hash-of.ts';
import { findJava } from './find-java.ts';
import { installKafka, KAFKA_JAVA } from './kafka-broker-install.ts';
import { runProgram } from './run-program.ts';
import { cachedFolder } from './test-cache.ts';

/** What a topic holds, by partition and offset. */
export interface SeenRecord extends PlainRecord {
  readonly partition: number;
  readonly timestampType: 'CreateTime' | 'LogAppendTime' | 'NoTimestampType';
}

export interface SeenTopic {
  readonly records: readonly SeenRecord[];
  /** By partition; the last stable offset for read_committed. */
  readonly ends: readonly bigint[];
}

/** The client's record keys are text: header keys here must be UTF-8. */
export type NewRecord = Partial<Omit<PlainRecord, 'offset'>>;

export type ProduceStep =
  | {
      readonly step: 'send';
      readonly topic: string;
      readonly partition?: number;
      readonly records: readonly NewRecord[];
    }
  /** Begins a new batch. */
  | { readonly step: 'flush' }
  | { readonly step: 'begin' }
  | { readonly step: 'commit' }
  | { readonly step: 'abort' }
  /** The producer is never closed: an open transaction stays open until its time is over. */
  | { readonly step: 'leave' };

export interface KafkaEye {
  /** Offsets of the records in the order of the steps; undefined for what an abort took back before it was sent. */
  produce(
    bootstrap: string,
    steps: readonly ProduceStep[],
    /** Kafka's names: compression.type, transactional.id and others. */
    config?: Readonly<Record<string, string>>,
  ): Promise<readonly (bigint | undefined)[]>;
  read(
    bootstrap: string,
    topic: string,
    isolation?: 'read_committed' | 'read_uncommitted',
    config?: Readonly<Record<string, string>>,
    /** Records of this one alone. */
    partition?: number,
  ): Promise<SeenTopic>;
  stop(): Promise<void>;
}

const SOURCE = join(import.meta.dirname, '..', 'kafka', 'java', 'KafkaEye.java');
const CLIENT_VERSION = '4.3.1';
const TAIL = 4000;

export async function startKafkaEye(): Promise<KafkaEye> {
  const [java, libraries] = await Promise.all([findJava(KAFKA_JAVA), installKafka(CLIENT_VERSION)]);
  const classes = await cachedFolder(`kafka-eye-${CLIENT_VERSION}-${hashOf(SOURCE)}`, async (target) => {
    const compiler = ['-m', 'jdk.compiler/com.sun.tools.javac.Main', '-nowarn', '--release', String(KAFKA_JAVA)];
    // The compiler started this way does not expand `*`, as the runtime does.
    const path = readdirSync(libraries).map((library) => join(libraries, library));
    await runProgram(java, [...compiler, '-cp', path.join(delimiter), '-d', target, SOURCE]);
  });
  const path = [classes, join(libraries, '*')].join(delimiter);
  const jvm = [
    '-Xmx256m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  ];
  const program = startProgram(java, [...jvm, '-cp', path, 'KafkaEye']);
  return {
    async produce(bootstrap, steps, config = {}) {
      const answer = (await program.ask({ do: 'produce', bootstrap, config, steps: steps.map(stepToJson) })) as {
        readonly offsets: readonly (number | null)[];
      };
      return answer.offsets.map((offset) => (offset === null ? undefined : BigInt(offset)));
    },
    async read(bootstrap, topic, isolation = 'read_committed', config = {}, partition) {
      const answer = (await program.ask({ do: 'read', bootstrap, topic, isolation, config, partition })) as {
        readonly records: readonly JsonRecord[];
        readonly ends: readonly number[];
      };
      return { records: answer.records.map(recordFromJson), ends: answer.ends.map(BigInt) };
    },
    stop: () => program.stop(),
  };
}

/** Base64 for bytes. */
interface JsonRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly timestampType: SeenRecord['timestampType'];
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly (readonly [key: string, value: string | null])[];
}

function stepToJson(step: ProduceStep): object {
  if (step.step !== 'send') return step;
  const records = step.records.map((record) => ({
    key: toText(record.key ?? null),
    value: toText(record.value ?? null),
    headers: (record.headers ?? []).map(([key, value]) => [toText(key), toText(value)]),
    ...(record.timestamp === undefined ? {} : { timestamp: Number(record.timestamp) }),
  }));
  return { ...step, records };
}

function recordFromJson(record: JsonRecord): SeenRecord {
  return {
    partition: record.partition,
    offset: BigInt(record.offset),
    timestamp: BigInt(record.timestamp),
    timestampType: record.timestampType,
    key: toBytes(record.key),
    value: toBytes(record.value),
    headers: record.headers.map(([key, value]) => [toBytes(key) ?? Buffer.alloc(0), toBytes(value)]),
  };
}

function toText(bytes: Buffer | null): string | null {
  return bytes?.toString('base64') ?? null;
}

function toBytes(text: string | null): Buffer | null {
  return text === null ? null : Buffer.from(text, 'base64');
}

function startProgram(
  program: string,
  args: readonly string[],
): { ask(task: object): Promise<unknown>; stop(): Promise<void> } {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const killNow = (): void => void child.kill('SIGKILL');
  process.once('exit', killNow);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-TAIL);
  });
  child.stdin.on('error', () => undefined);
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => reject(new Error(`${program} ended with ${code ?? signal}: ${said}`)));
  });
  ended.catch(() => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answerOf = async (task: object): Promise<unknown> => {
    child.stdin.write(`${JSON.stringify(task)}\n`);
    const line = await Promise.race([lines.next(), ended]);
    // The output ends a moment before the process, which has the reason.
    if (line.done === true) return ended;
    const answer = JSON.parse(line.value) as { readonly error?: string };
    if (answer.error !== undefined) throw new Error(`Kafka's Java client: ${answer.error}\n${said}`);
    return answer;
  };
  let previous: Promise<unknown> = Promise.resolve();
  return {
    ask(task) {
      const answer = previous.then(() => answerOf(task));
      previous = answer.catch(() => undefined);
      return answer;
    },
    async stop() {
      process.off('exit', killNow);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}
