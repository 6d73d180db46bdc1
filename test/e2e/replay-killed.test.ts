/**
 * Replays killed with SIGKILL at random points, and brokers killed under them: run again until done, each record is there
 * once, in order. Slow because every kill is a run of the command line. `SRGIT_RUNS` says how many kills (and a fifth as many
 * brokers' ends), `SRGIT_RECORDS` how many records, `SRGIT_SEED` repeats a run's points.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliResult, cliEntry, type RunningCli, spawnCli } from '../support/cli.ts';
import {
  type KafkaAddress,
  type KafkaBroker,
  KILLED_IN_TRANSACTIONS,
  QUICK_RESTART,
  startKafka,
} from '../support/kafka-broker.ts';
import { type KafkaEye, startKafkaEye } from '../support/kafka-broker-eye.ts';
import { sharedKafka } from '../support/kafka-broker-shared.ts';
import { countDoubles, NUMBERED_TOPIC, writeNumbered, wrongWith } from '../support/numbered-records.ts';
import { randomNumbers } from '../support/random-numbers.ts';

const START_MS = 300_000;
const kills = Number(process.env['SRGIT_RUNS'] ?? 6);
const crashes = Math.max(2, Math.floor(kills / 5));
const records = Number(process.env['SRGIT_RECORDS'] ?? 12_000);
const seed = Number(process.env['SRGIT_SEED'] ?? Date.now() % 1_000_000_007);
const PARTITIONS = 4;
const recordsEach = Math.ceil(records / PARTITIONS);
/** Of one replay until it is left alone. */
const KILLS_EACH = 4;
const HOOK = join(import.meta.dirname, '../support/write-hook.ts');
/** Some twenty transactions in each partition. */
const COMMIT_BYTES = Math.max(16_000, Math.floor((recordsEach * 100) / 20));
const RUN_MS = 60_000;
const TOLD = 'srgit-test: so many writes';

let work = '';
let eye: KafkaEye;
let shared: KafkaAddress;
/** The same cluster through each client. */
let targets: readonly Target[] = [];
let topics = 0;

beforeAll(async () => {
  console.log(`SRGIT_SEED=${seed}: ${kills} kills, ${crashes} crashes of a broker, ${records} records`);
  work = mkdtempSync(join(tmpdir(), 'srgit-replay-killed-'));
  [eye, shared] = await Promise.all([
    startKafkaEye(),
    sharedKafka(),
    cliEntry(),
    writeNumbered(work, PARTITIONS, recordsEach, { backupId: `numbered-${process.pid}-${Date.now()}` }),
  ]);
  targets = (['platformatic', 'kafkajs'] as const).map((name) => ({ bootstrap: shared.bootstrap, name }));
  const clusters = targets.map(
    ({ bootstrap, name }) => `  ${name}: { bootstrap_servers: "${bootstrap}", client: ${name} }\n`,
  );
  writeFileSync(join(work, 'srgit.yaml'), `kafka:\n${clusters.join('')}`);
}, START_MS);

afterAll(async () => {
  await eye?.stop();
  rmSync(work, { recursive: true, force: true });
});

function newTopic(): string {
  return `killed-${process.pid}-${Date.now()}-${++topics}`;
}

/** A cluster as it is named to the command line. */
interface Target {
  readonly bootstrap: string;
  readonly name: string;
}

function replay({ name }: Target, topic: string, env: Record<string, string>, ...more: string[]): Promise<RunningCli> {
  const to = ['--to', `kafka:${name}`, '--map', 'map.json', '--offline', '--create-topics'];
  const how = ['--rename', `${NUMBERED_TOPIC}=${topic}`, '--commit-size', `${COMMIT_BYTES}`, '--json', ...more];
  return spawnCli(['replay', 'kbak:backup', ...to, ...how], { cwd: work, env, nodeArgs: ['--import', HOOK] });
}

/** Writes to sockets of an undisturbed replay: every one is a point to be killed at. */
async function countWrites(target: Target, ...more: string[]): Promise<number> {
  const topic = newTopic();
  const counts = join(work, `${topic}.counts`);
  const result = await (await replay(target, topic, { WRITE_COUNTS: counts }, ...more)).done;
  expect(result).toMatchObject({ code: 0 });
  expect(await wrong(target, topic)).toEqual([]);
  return Number(readFileSync(counts, 'utf8'));
}

async function wrong({ bootstrap }: Target, topic: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const { records: seen } = await eye.read(bootstrap, topic, 'read_committed', {}, partition);
    const said = wrongWith(partition, recordsEach, seen);
    if (said !== undefined) found.push(said);
  }
  return found;
}

/** Of a run that came to its end. */
interface Report {
  readonly records: number;
  readonly kafka: { readonly resumed: number; readonly doneBefore: number; readonly settingsHeld: readonly string[] };
}

function reportOf({ code, stdout, stderr }: CliResult): Report {
  if (code !== 0) throw new Error(`the replay ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as Report;
}

/** Half of them right at a write, half at some moment after one. */
function choosePoint(random: () => number, writes: number): string {
  const at = 1 + Math.floor(random() * writes);
  return random() < 0.5 ? `${at}` : `${at}:${Math.floor(random() * 30)}`;
}

interface Killed {
  readonly report: Report;
  readonly points: readonly string[];
}

/** Kills it, one run each, until so many have fallen or nothing is left to be done; then lets it end. */
async function kill(
  target: Target,
  topic: string,
  most: number,
  writes: number,
  random: () => number,
  ...more: string[]
): Promise<Killed> {
  const points: string[] = [];
  while (points.length < most) {
    // Early enough that some work is left for those to come.
    const point = choosePoint(random, (2 * writes) / KILLS_EACH);
    const { signal, code, stderr } = await (await replay(target, topic, { KILL_AT: point }, ...more)).done;
    if (code === 0) break;
    points.push(point);
    if (signal !== 'SIGKILL') throw new Error(`before the kill at ${points.join(' ')}: ended with ${code}: ${stderr}`);
  }
  const last = await (await replay(target, topic, {}, ...more)).done;
  if (last.code !== 0) throw new Error(`after the kills at ${points.join(' ')}: ${last.stderr}`);
  return { report: reportOf(last), points };
}

describe('a replay that is killed', () => {
  it('gives each record once when it is run until done', { timeout: 120_000 + kills * RUN_MS }, async () => {
    const random = randomNumbers(seed);
    const clients: { readonly target: Target; readonly writes: number }[] = [];
    for (const target of targets) clients.push({ target, writes: await countWrites(target) });
    const tally = { kills: 0, resumed: 0, doneBefore: 0, stories: 0 };
    while (tally.kills < kills) {
      const topic = newTopic();
      const most = Math.min(KILLS_EACH, kills - tally.kills);
      const client = clients[tally.stories % clients.length];
      if (client === undefined) throw new Error('there is no client');
      const { target, writes } = client;
      const { report, points } = await kill(target, topic, most, writes, random).catch((error: unknown) => {
        throw new Error(`seed ${seed}, ${tally.kills} kills before: ${String(error)}`, { cause: error });
      });
      const told = `seed ${seed}, ${target.name}, kills at ${points.join(' ')} of ${writes} writes`;
      expect(await wrong(target, topic), told).toEqual([]);
      tally.kills += points.length;
      tally.stories++;
      tally.resumed += report.kafka.resumed;
      tally.doneBefore += report.kafka.doneBefore;
    }
    console.log(
      `${tally.kills} kills in ${tally.stories} replays of ${records} records and ${clients.map(({ writes }) => writes).join(' or ')} writes: ` +
        `${tally.resumed} partitions begun and ${tally.doneBefore} done before the last run`,
    );
    // Kills that left nothing to go on from would prove nothing.
    expect(tally.resumed).toBeGreaterThan(0);
  });

  it('without transactions loses none, and counts those that come twice', {
    timeout: 120_000 + kills * RUN_MS,
  }, async () => {
    const random = randomNumbers(seed + 1);
    const flags = (name: string) => ['--at-least-once', '--checkpoint', join(work, `${name}.json`)];
    const target = { bootstrap: shared.bootstrap, name: 'platformatic' };
    const writes = await countWrites(target, ...flags('counted'));
    const runs = Math.max(1, Math.floor(kills / KILLS_EACH / 2));
    let fallen = 0;
    let doubles = 0;
    for (let run = 0; run < runs; run++) {
      const topic = newTopic();
      const { points } = await kill(target, topic, KILLS_EACH, writes, random, ...flags(topic));
      fallen += points.length;
      for (let partition = 0; partition < PARTITIONS; partition++) {
        const { records: seen } = await eye.read(shared.bootstrap, topic, 'read_committed', {}, partition);
        const counted = countDoubles(partition, recordsEach, seen);
        expect(counted, `seed ${seed}, kills at ${points.join(' ')} of ${writes} writes`).toEqual(expect.any(Number));
        doubles += Number(counted);
      }
    }
    console.log(`${fallen} kills in ${runs} replays at least once: ${doubles} records came twice`);
  });
});

describe('a broker that is killed while it is written to', () => {
  let broker: KafkaBroker;

  beforeAll(async () => {
    broker = await startKafka({ version: KILLED_IN_TRANSACTIONS, properties: QUICK_RESTART });
  }, START_MS);

  afterAll(() => broker?.close());

  it('has each record once in the end', { timeout: 240_000 + crashes * 2 * RUN_MS }, async () => {
    const random = randomNumbers(seed + 2);
    const target = { bootstrap: broker.bootstrap, name: broker.bootstrap };
    const writes = await countWrites(target);
    let again = 0;
    for (let crash = 0; crash < crashes; crash++) {
      const topic = newTopic();
      // A replay whose batches come together otherwise has other writes: a half of them it has in any case.
      const at = 1 + Math.floor((random() * writes) / 2);
      const told = `seed ${seed}, crash ${crash} at write ${at} of ${writes}`;
      const first = await replay(target, topic, { TELL_AT: `${at}`, TELL: TOLD });
      await toldOf(first, told);
      await broker.kill();
      await sleep(500 * random());
      await broker.restart();
      const result = await first.done;
      // It waits for the broker for a while; where that is not enough it says so, and goes on when run again.
      if (result.code !== 0) {
        again++;
        console.log(`${told}: ended with ${result.stdout}${result.stderr}`);
        expect(result.stdout + result.stderr, told).toContain('SRGIT_KAFKA');
        reportOf(await (await replay(target, topic, {})).done);
      }
      expect(await wrong(target, topic), told).toEqual([]);
    }
    console.log(`${crashes} crashes of the broker: ${crashes - again} replays went through, ${again} were run again`);
  });
});

async function toldOf(running: RunningCli, told: string): Promise<void> {
  const deadline = Date.now() + RUN_MS;
  while (!running.output().stderr.includes(TOLD)) {
    const { exitCode } = running.child;
    if (exitCode !== null || Date.now() > deadline) {
      const { stdout, stderr } = running.output();
      throw new Error(`${told}: it was not told of, exit code ${exitCode}: ${stdout}${stderr}`);
    }
    await sleep(1);
  }
}
