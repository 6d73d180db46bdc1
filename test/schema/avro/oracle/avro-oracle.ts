/**
 * Two sets of Java classes, fetched with Maven on first use and asked through one Java process each: Confluent's own
 * for Avro (7.5.3, with Avro 1.11), as Flink bundles them, and Avro 1.12.1, which is what Confluent 8.3.1 reads with.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { findJava } from '../../../support/find-java.ts';
import { hasProgram, runProgram } from '../../../support/run-program.ts';
import { cachedFolder } from '../../../support/test-cache.ts';

interface Oracle {
  /** In the cache of the tests. */
  readonly folder: string;
  readonly artifacts: readonly string[];
  /** In this folder. */
  readonly source: string;
}

const CONFLUENT: Oracle = {
  folder: 'avro-oracle-2.3.0',
  artifacts: ['org.apache.flink:flink-sql-avro-confluent-registry:2.3.0', 'org.slf4j:slf4j-api:1.7.36'],
  source: 'Oracle.java',
};

const AVRO: Oracle = {
  folder: 'avro-1.12.1',
  artifacts: [
    'org.apache.avro:avro:1.12.1',
    'com.fasterxml.jackson.core:jackson-core:2.20.0',
    'com.fasterxml.jackson.core:jackson-databind:2.20.0',
    'com.fasterxml.jackson.core:jackson-annotations:2.20',
    'org.slf4j:slf4j-api:2.0.17',
    'org.slf4j:slf4j-nop:2.0.17',
  ],
  source: 'AvroOracle.java',
};

export interface OracleText {
  readonly schema: string;
  readonly references?: readonly { readonly name: string; readonly schema: string }[];
}

/** Whether a candidate may follow a history; `messages` are empty when it may. */
export interface CompatQuestion {
  readonly level: string;
  readonly candidate: OracleText;
  readonly history: readonly OracleText[];
}

export interface CompatAnswer {
  readonly messages?: readonly string[];
  /** Java's words where a text could not be read. */
  readonly error?: string;
}

export interface TextAnswer {
  readonly canonical?: string;
  readonly resolved?: string;
  readonly normalized?: string;
  readonly error?: string;
}

/**
 * Asks Confluent's classes. Answers in the order of the questions. Needs Java 17 or newer, and Maven the first time;
 * says so when missing.
 */
export async function askOracle(questions: readonly CompatQuestion[]): Promise<readonly CompatAnswer[]>;
export async function askOracle(questions: readonly OracleText[]): Promise<readonly TextAnswer[]>;
export async function askOracle(questions: readonly object[]): Promise<readonly object[]> {
  return ask(CONFLUENT, questions);
}

/** Asks Avro 1.12.1, which knows nothing of normalising: `canonical` or `error`. Needs what `askOracle` needs. */
export async function askAvro(questions: readonly OracleText[]): Promise<readonly TextAnswer[]> {
  return ask(AVRO, questions);
}

async function ask(oracle: Oracle, questions: readonly object[]): Promise<readonly object[]> {
  const [java, jars] = await Promise.all([findJava(17), fetchJars(oracle)]);
  const source = join(import.meta.dirname, oracle.source);
  const child = spawn(java, ['-Xmx512m', '-XX:+UseSerialGC', '-cp', join(jars, '*'), source]);
  const words: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (said: string) => words.push(said));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  // A process that ends early closes its input: the count of answers tells, and its words say why.
  child.stdin.on('error', () => undefined);
  for (const question of questions) child.stdin.write(`${JSON.stringify(question)}\n`);
  child.stdin.end();
  // Not node:readline: for it U+2028, which may stand in JSON, ends a line.
  const lines = (await text(child.stdout)).split('\n').filter((line) => line !== '');
  const answers = lines.map((line) => JSON.parse(line) as object);
  const code = await ended;
  if (code === 0 && answers.length === questions.length) return answers;
  throw new Error(`the oracle ended with ${code} after ${answers.length} answers: ${words.join('').slice(-2000)}`);
}

async function fetchJars({ folder: name, artifacts }: Oracle): Promise<string> {
  return cachedFolder(name, async (folder) => {
    if (!(await hasProgram('mvn', '--version'))) {
      throw new Error(`This test needs ${artifacts.join(' and ')}: install Maven (mvn), which fetches them.`);
    }
    for (const artifact of artifacts) {
      const flags = ['-B', '-ntp', '-q', 'dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`];
      await runProgram('mvn', flags);
    }
  });
}
