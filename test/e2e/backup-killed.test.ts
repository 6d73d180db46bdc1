/**
 * A backup killed with SIGKILL at random points, and run again until it is done: every record is in the archive once, as
 * Kafka's own client sees it. `SRGIT_SEED` repeats a run, `SRGIT_RUNS` sets how many backups are made so, `SRGIT_RECORDS` of how
 * many records.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FolderStorage } from '../../src/archive/folder-storage.ts';
import { openKbak } from '../../src/archive/kbak-source.ts';
import { openKafka } from '../../src/kafka/open-kafka.ts';
import { seedOf } from '../records/random-records.ts';
import { archivedPartition, newName, seenByPartition } from '../support/backing-up.ts';
import { cliEntry, runCli, spawnCli } from '../support/cli.ts';
import { readBackupIndependently } from '../support/independent-kbak-reader.ts';
import type { KafkaAddress } from '../support/kafka-broker.ts';
import { type KafkaEye, startKafkaEye } from '../support/kafka-broker-eye.ts';
import { sharedKafka } from '../support/kafka-broker-shared.ts';
import { randomNumbers } from '../support/random-numbers.ts';
import { temporaryFolder } from '../support/trees.ts';

const RUNS = Number(process.env['SRGIT_RUNS'] ?? 2);
const RECORDS = Number(process.env['SRGIT_RECORDS'] ?? 20_000);
const PARTITIONS = 4;
/** Of one backup; the one after them is left alone. */
const KILLS = 3;
const START_MS = 300_000;
const TEST_MS = 180_000 + 120_000 * RUNS;
const seed = seedOf('backup-killed');

let eye: KafkaEye;
let address: KafkaAddress;
let topic: string;
let seen: ReadonlyMap<number, readonly unknown[]>;

beforeAll(async () => {
  [eye, address] = await Promise.all([startKafkaEye(), sharedKafka(), cliEntry()]);
  topic = newName('killed');
  const client = await openKafka({ client: 'platformatic', bootstrapServers: [address.bootstrap] });
  await client.admin.createTopic({ name: topic, partitionCount: PARTITIONS, config: { 'retention.ms': '-1' } });
  await client.close();
  const random = randomNumbers(seed);
  for (let at = 0; at < RECORDS; at += 5000) {
    const steps = Array.from({ length: PARTITIONS }, (_, partition) => {
      const records = Array.from({ length: Math.min(5000, RECORDS - at) / PARTITIONS }, (_, i) => ({
        timestamp: 1_700_000_000_000n + BigInt(Math.floor(random() * 1e9)),
        key: Buffer.from(`${at + i}`),
        value: Buffer.alloc(Math.floor(random() * 2000), `${partition} ${at + i} `),
      }));
      return { step: 'send', topic, partition, records } as const;
    });
    await eye.produce(address.bootstrap, steps);
  }
  seen = seenByPartition((await eye.read(address.bootstrap, topic)).records);
}, START_MS);

afterAll(() => eye?.stop());

/** Segments that the manifest lists. */
function listedIn(folder: string): number {
  try {
    return readFileSync(join(folder, 'src/manifest.json'), 'utf8').split('"key":').length - 1;
  } catch {
    return 0;
  }
}

describe('a backup that is killed', { timeout: TEST_MS }, () => {
  it(`and run again has every record once, ${RUNS} times`, async () => {
    const random = randomNumbers(seed + 1);
    let kills = 0;
    let resumed = 0;
    for (let run = 0; run < RUNS; run++) {
      const cwd = temporaryFolder();
      writeFileSync(join(cwd, 'srgit.yaml'), `kafka: { src: { bootstrap_servers: "${address.bootstrap}" } }\n`);
      const size = 50_000 + Math.floor(random() * 400_000);
      const args = ['backup', '--from', 'kafka:src', '--to', 'kbak:b', '-t', topic];
      const how = ['--segment-size', String(size), '--checkpoint-seconds', '0', '--parallel', '3'];
      for (let kill = 0; kill < KILLS; kill++) {
        const running = await spawnCli([...args, ...how], { cwd });
        const wanted = listedIn(join(cwd, 'b')) + Math.floor(random() * 8);
        const delay = random() * 60;
        while (running.child.exitCode === null && listedIn(join(cwd, 'b')) < wanted) await sleep(2);
        await sleep(delay);
        running.kill('SIGKILL');
        const { signal } = await running.done;
        if (signal === 'SIGKILL') kills++;
        if (listedIn(join(cwd, 'b')) > 0) resumed++;
      }
      const { code, stderr } = await runCli([...args, ...how], { cwd });
      expect([code, stderr], `run ${run}`).toEqual([0, '']);
      const { records } = readBackupIndependently(join(cwd, 'b'), 'src');
      for (let partition = 0; partition < PARTITIONS; partition++) {
        const archived = archivedPartition(records.get(`${topic}/${partition}`) ?? []);
        expect(archived.length, `run ${run}, partition ${partition}`).toBe(seen.get(partition)?.length);
        expect(archived).toEqual(seen.get(partition));
      }
      expect(await warningsOf(cwd)).toEqual([]);
    }
    console.log(`backup-killed: ${kills} kills, of which ${resumed} left records that the next run went on behind`);
    expect(kills).toBeGreaterThan(0);
    if (RUNS >= 2) expect(resumed).toBeGreaterThan(0);
  });
});

describe('a backup that is interrupted', { timeout: TEST_MS }, () => {
  it('stores what it read, says that it is not whole, and is gone on with', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'srgit.yaml'), `kafka: { src: { bootstrap_servers: "${address.bootstrap}" } }\n`);
    const args = ['backup', '--from', 'kafka:src', '--to', 'kbak:b', '-t', topic, '--checkpoint-seconds', '0'];
    const running = await spawnCli([...args, '--parallel', '1', '--segment-size', '50000'], { cwd });
    while (running.child.exitCode === null && listedIn(join(cwd, 'b')) < 2) await sleep(2);
    running.kill('SIGINT');
    const { code, stderr } = await running.done;
    expect([code, stderr]).toEqual([130, expect.stringContaining('SRGIT_INTERRUPTED')]);
    expect(await warningsOf(cwd)).toEqual([expect.stringContaining('backup src is unfinished')]);
    const before = readBackupIndependently(join(cwd, 'b'), 'src').records.get(`${topic}/0`) ?? [];
    expect(before.length).toBeGreaterThan(0);
    expect(await runCli(args, { cwd })).toMatchObject({ code: 0, stderr: '' });
    const { records } = readBackupIndependently(join(cwd, 'b'), 'src');
    for (let partition = 0; partition < PARTITIONS; partition++) {
      expect(archivedPartition(records.get(`${topic}/${partition}`) ?? [])).toEqual(seen.get(partition));
    }
    expect(await warningsOf(cwd)).toEqual([]);
  });
});

async function warningsOf(cwd: string): Promise<readonly string[]> {
  const warnings: string[] = [];
  const source = await openKbak(new FolderStorage(join(cwd, 'b')), { onWarning: (text) => warnings.push(text) });
  await source.topics();
  await source.close();
  return warnings;
}
