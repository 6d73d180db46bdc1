/** A live mirror: what is written to one cluster comes to the other with its ids, once, through kills and missing schemas. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openKafka } from '../../src/kafka/open-kafka.ts';
import type { KafkaClient } from '../../src/kafka/port.ts';
import { framed } from '../records/random-records.ts';
import { cliEntry, type RunningCli, runCli, spawnCli } from '../support/cli.ts';
import type { KafkaAddress } from '../support/kafka-broker.ts';
import { type KafkaEye, startKafkaEye } from '../support/kafka-broker-eye.ts';
import { sharedKafka } from '../support/kafka-broker-shared.ts';
import { schemas } from '../support/known-schemas.ts';
import { temporaryFolder, writeTree } from '../support/trees.ts';

const START_MS = 300_000;
const TEST_MS = 240_000;
const PARTITIONS = 2;
const HOOK = join(import.meta.dirname, '../support/write-hook.ts');

let eye: KafkaEye;
let address: KafkaAddress;
let client: KafkaClient;

beforeAll(async () => {
  [eye, address] = await Promise.all([startKafkaEye(), sharedKafka(), cliEntry()]);
  client = await openKafka({ client: 'platformatic', bootstrapServers: [address.bootstrap] });
}, START_MS);

afterAll(async () => {
  await client?.close();
  await eye?.stop();
});

async function stage() {
  const cwd = temporaryFolder();
  const source = `mirrored-${process.pid}-${Date.now()}`;
  const target = `mirror-${source}`;
  await writeTree(join(cwd, 'schemas'), schemas({ '.': { Any: [1, 2, 7] } }));
  const at = `{ bootstrap_servers: "${address.bootstrap}" }`;
  writeFileSync(join(cwd, 'srgit.yaml'), `kafka: { a: ${at}, b: ${at} }\n`);
  writeFileSync(join(cwd, 'map.json'), '{"1": 2, "2": 1}');
  await client.admin.createTopic({ name: source, partitionCount: PARTITIONS });
  const place = ['--from', 'kafka:a', '--to', 'kafka:b', '-t', source, '--rename', `${source}=${target}`];
  const command = ['replay', ...place, '--map', 'map.json', '--offline', '--create-topics', '--follow', '--json'];
  /** As the mirror must have them, by partition: id and number. */
  const expected: [number, string][][] = [[], []];
  let number = 0;
  return {
    cwd,
    target,
    command,
    expected,
    /** In a transaction, which leaves a marker behind. */
    async write(count: number, id: number, mapped: number, end: 'commit' | 'abort' = 'commit') {
      const records = Array.from({ length: count }, () => ({ partition: number++ % PARTITIONS, text: `${number}` }));
      const steps = records.map(({ partition, text }) => {
        if (end === 'commit') expected[partition]?.push([mapped, text]);
        return { step: 'send', topic: source, partition, records: [{ value: framed(id, text) }] } as const;
      });
      const transaction = [{ step: 'begin' }, ...steps, { step: end }] as const;
      await eye.produce(address.bootstrap, transaction, { 'transactional.id': source });
    },
    async seen(): Promise<readonly (readonly [number, string])[][]> {
      const { records } = await eye.read(address.bootstrap, target);
      return expected.map((_, partition) =>
        records
          .filter((record) => record.partition === partition)
          .map(({ value }) => [value?.readInt32BE(1) ?? -1, `${value?.subarray(5)}`] as const),
      );
    },
  };
}

type Stage = Awaited<ReturnType<typeof stage>>;

async function startMirror({ cwd, command }: Stage): Promise<RunningCli> {
  const mirror = await spawnCli(command, { cwd });
  onTestFinished(async () => {
    mirror.kill('SIGKILL');
    await mirror.done;
  });
  return mirror;
}

/** Waits until the mirror has what was written. */
async function untilThere(mirror: RunningCli, { seen, target, expected }: Stage): Promise<void> {
  const deadline = Date.now() + TEST_MS / 3;
  const total = expected.flat().length;
  for (;;) {
    const isThere = (await client.admin.topics([target])).length > 0 && (await seen()).flat().length >= total;
    if (isThere) break;
    if (mirror.child.exitCode !== null || Date.now() > deadline) throw new Error(JSON.stringify(mirror.output()));
    await sleep(200);
  }
  expect(await seen()).toEqual(expected);
}

describe('a live mirror', { timeout: TEST_MS }, () => {
  it('has each record once, whatever befalls it, and ends when it is told to', async () => {
    const story = await stage();
    const { cwd, command, write } = story;
    await write(40, 1, 2);
    const first = await startMirror(story);
    await untilThere(first, story);
    await write(15, 2, 1);
    await write(7, 1, 2, 'abort');
    await write(6, 1, 2);
    await untilThere(first, story);
    first.kill('SIGKILL');
    await first.done;
    // Killed in the middle of what has come meanwhile.
    for (const at of [40, 46, 51]) {
      await write(20, 1, 2);
      const nodeArgs = ['--import', HOOK];
      expect(await runCli(command, { cwd, nodeArgs, env: { KILL_AT: `${at}` } })).toMatchObject({ signal: 'SIGKILL' });
    }
    const last = await startMirror(story);
    await untilThere(last, story);
    await write(5, 2, 1);
    await untilThere(last, story);
    last.kill('SIGINT');
    const { code, stdout, stderr } = await last.done;
    expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'done', kafka: { guarantee: 'exactly-once' } });
    expect(await story.seen()).toEqual(story.expected);
  });

  it('stops at a schema that is missing, and goes on when the map has it', async () => {
    const story = await stage();
    await story.write(4, 1, 2);
    await story.write(2, 7, 70);
    const stopped = await runCli(story.command, { cwd: story.cwd });
    expect([stopped.code, stopped.stdout]).toEqual([1, expect.stringContaining('Schema ID 7 not found')]);
    writeFileSync(join(story.cwd, 'map.json'), '{"1": 2, "2": 1, "7": 70}');
    await story.write(4, 2, 1);
    await untilThere(await startMirror(story), story);
  });
});
