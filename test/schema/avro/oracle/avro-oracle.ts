/**
 * Confluent's own Avro classes (7.5.3, with Avro 1.11), as Flink bundles them: fetched with Maven on first use and
 * asked through one Java process.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { findJava } from '../../../support/find-java.ts';
import { hasProgram, runProgram } from '../../../support/run-program.ts';
import { cachedFolder } from '../../../support/test-cache.ts';

const ARTIFACTS = ['org.apache.flink:flink-sql-avro-confluent-registry:2.3.0', 'org.slf4j:slf4j-api:1.7.36'];
const JARS = ['flink-sql-avro-confluent-registry-2.3.0.jar', 'slf4j-api-1.7.36.jar'];

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

/** Answers in the order of the questions. Needs Java 17 or newer, and Maven the first time; says so when missing. */
export async function askOracle(questions: readonly CompatQuestion[]): Promise<readonly CompatAnswer[]>;
export async function askOracle(questions: readonly OracleText[]): Promise<readonly TextAnswer[]>;
export async function askOracle(questions: readonly object[]): Promise<readonly object[]> {
  const [java, jars] = await Promise.all([findJava(17), fetchJars()]);
  const classPath = JARS.map((jar) => join(jars, jar)).join(process.platform === 'win32' ? ';' : ':');
  const source = join(import.meta.dirname, 'Oracle.java');
  const child = spawn(java, ['-Xmx512m', '-XX:+UseSerialGC', '-cp', classPath, source]);
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

async function fetchJars(): Promise<string> {
  return cachedFolder('avro-oracle-2.3.0', async (folder) => {
    if (!(await hasProgram('mvn', '--version'))) {
      throw new Error(`This test needs ${ARTIFACTS.join(' and ')}: install Maven (mvn), which fetches them.`);
    }
    for (const artifact of ARTIFACTS) {
      const flags = ['-B', '-ntp', '-q', 'dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`];
      await runProgram('mvn', flags);
    }
  });
}
