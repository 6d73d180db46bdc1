/** `srgit replay` into a real broker, as it is typed: what arrives, what is refused before, and what is put back. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openKafka } from '../../src/kafka/open-kafka.ts';
import type { KafkaClient } from '../../src/kafka/port.ts';
import type { PlainRecord } from '../../src/records/record-slices.ts';
import type { ConsumerGroup } from '../../src/records/record-source.ts';
import { framed, plainRecord } from '../records/random-records.ts';
import { type ArchivedTopic, writeArchive } from '../support/archives.ts';
import { cliEntry, runCli, runCliJson } from '../support/cli.ts';
import type { KafkaAddress } from '../support/kafka-broker.ts';
import { type KafkaEye, type SeenRecord, startKafkaEye } from '../support/kafka-broker-eye.ts';
import { sharedKafka } from '../support/kafka-broker-shared.ts';
import { schemas } from '../support/known-schemas.ts';
import { temporaryFolder, writeTree } from '../support/trees.ts';

const START_MS = 300_000;
const TEST_MS = 180_000;
const HOOK = join(import.meta.dirname, '../support/write-hook.ts');
const TEN_YEARS_MS = '315360000000';

let eye: KafkaEye;
let address: KafkaAddress;
let client: KafkaClient;
let topics = 0;

beforeAll(async () => {
  [eye, address] = await Promise.all([startKafkaEye(), sharedKafka(), cliEntry()]);
  client = await openKafka({ client: 'platformatic', bootstrapServers: [address.bootstrap] });
}, START_MS);

afterAll(async () => {
  await client?.close();
  await eye?.stop();
});

interface StageOptions {
  readonly map?: Readonly<Record<string, number>>;
  readonly groups?: (topic: string) => readonly ConsumerGroup[];
  readonly kafkaClient?: 'platformatic' | 'kafkajs';
}

/** A backup of one topic with a name of its own, a tree that knows its schemas, and a map of their ids. */
async function stage(archived: ArchivedTopic, options: StageOptions = {}) {
  const cwd = temporaryFolder();
  const topic = `replayed-${process.pid}-${Date.now()}-${++topics}`;
  await writeArchive(join(cwd, 'backup'), { [topic]: archived }, options.groups?.(topic));
  await writeTree(join(cwd, 'schemas'), schemas({ '.': { Any: [1, 2, 5, 7] } }));
  writeFileSync(join(cwd, 'map.json'), JSON.stringify(options.map ?? { 1: 2, 2: 1, 5: 100, 7: 7 }));
  writeFileSync(
    join(cwd, 'srgit.yaml'),
    `kafka: { dr: { bootstrap_servers: "${address.bootstrap}", client: ${options.kafkaClient ?? 'platformatic'} } }\n`,
  );
  return { cwd, topic, command: [...REPLAY, '--create-topics'] };
}

const REPLAY = ['replay', 'kbak:backup', '--to', 'kafka:dr', '--map', 'map.json', '--offline'];

async function read(topic: string, partition?: number): Promise<readonly SeenRecord[]> {
  const { records } = await eye.read(address.bootstrap, topic, 'read_committed', {}, partition);
  return records;
}

/** Records whose values are frames of these ids and tell their number. */
function valuesOf(ids: readonly number[], more: Partial<PlainRecord> = {}): PlainRecord[] {
  return ids.map((id, at) => plainRecord({ offset: BigInt(at), value: framed(id, `value ${at}`), ...more }));
}

const hex = (bytes: Buffer | null | undefined): string | undefined => bytes?.toString('hex');
const idOf = ({ value }: { readonly value: Buffer | null }): number | undefined => value?.readInt32BE(1);
const textOf = ({ value }: { readonly value: Buffer | null }): string | undefined => value?.subarray(5).toString();

async function expectNoRecords(topic: string): Promise<void> {
  const there = await client.admin.topics([topic]);
  if (there.length === 0) return;
  expect([...(await client.admin.offsets(topic, 'latest')).values()].every((end) => end === 0n)).toBe(true);
}

describe('ids', { timeout: TEST_MS }, () => {
  it('become those of the target, in values and keys, and nothing else changes', async () => {
    const timestamp = 1_700_000_000_123n;
    const headers: PlainRecord['headers'] = [
      [Buffer.from('b'), Buffer.from([0, 255])],
      [Buffer.from('a'), null],
      [Buffer.from('b'), Buffer.alloc(0)],
    ];
    const partition = [
      plainRecord({ offset: 0n, timestamp, value: Buffer.from('0000000005ff00fe', 'hex'), headers }),
      plainRecord({ offset: 4n, key: Buffer.from('000000000501', 'hex'), value: null }),
      plainRecord({ offset: 5n, key: Buffer.alloc(0), value: Buffer.alloc(0) }),
      // Too short for a frame.
      plainRecord({ offset: 6n, key: null, value: Buffer.from('00000005', 'hex') }),
    ];
    const { cwd, topic, command } = await stage({ partitions: [partition] }, { map: { 5: 2 } });
    const { code, json } = await runCliJson(command, { cwd });
    expect([code, json]).toMatchObject([0, { records: 4, topics: [{ patched: 2 }] }]);
    const seen = await read(topic);
    expect(seen.map(({ key, value }) => [hex(key), hex(value)])).toEqual([
      [undefined, '0000000002ff00fe'],
      ['000000000201', undefined],
      ['', ''],
      [undefined, '00000005'],
    ]);
    expect([seen[0]?.timestamp, seen[0]?.timestampType]).toEqual([timestamp, 'CreateTime']);
    expect(seen[0]?.headers).toEqual(headers);
  });

  it('change places at once', async () => {
    const { cwd, topic, command } = await stage({ partitions: [valuesOf([1, 2, 1, 5, 2])] });
    expect(await runCli(command, { cwd })).toMatchObject({ code: 0 });
    expect((await read(topic)).map(idOf)).toEqual([2, 1, 2, 100, 1]);
  });

  it('that the target lacks stop everything before the first record, and are named with where and how often', async () => {
    const known = valuesOf(Array.from({ length: 500 }, () => 1));
    const late = [...known, plainRecord({ offset: 900n, value: framed(7, 'x') }), plainRecord({ offset: 901n })];
    const { cwd, topic, command } = await stage({ partitions: [known, late] }, { map: { 1: 2, 2: 1 } });
    const { code, stderr } = await runCli(command, { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain('Schema ID 7 not found in target registry');
    expect(stderr).toMatch(new RegExp(`${topic}.*partition 1.*offset 900`));
    expect(stderr).toMatch(/1 record/);
    await expectNoRecords(topic);
    // Nor does another try write any.
    expect((await runCli(command, { cwd })).code).toBe(1);
    await expectNoRecords(topic);
  });

  it('that were rewritten once are not rewritten again', async () => {
    const { cwd, topic, command } = await stage({ partitions: [valuesOf([1, 2])] });
    const copy = ['replay', 'kbak:backup', '--to', 'kbak:rewritten', '--map', 'map.json', '--offline'];
    expect(await runCli(copy, { cwd })).toMatchObject({ code: 0 });
    const again = command.map((word) => (word === 'kbak:backup' ? 'kbak:rewritten' : word));
    const { code, stderr } = await runCli(again, { cwd });
    expect([code, stderr]).toEqual([expect.any(Number), expect.stringContaining('SRGIT_REPLAY_REWRITTEN')]);
    expect(code).not.toBe(0);
    await expectNoRecords(topic);
    const asTheyAre = ['replay', 'kbak:rewritten', '--to', 'kafka:dr', '--no-map', '--create-topics'];
    expect(await runCli(asTheyAre, { cwd })).toMatchObject({ code: 0 });
    expect((await read(topic)).map(idOf)).toEqual([2, 1]);
  });

  it('that are unknown send their records aside, with the reason', async () => {
    const { cwd, topic, command } = await stage({ partitions: [valuesOf([1, 7, 2])] }, { map: { 1: 2, 2: 1 } });
    const { code, json } = await runCliJson([...command, '--on-unknown', 'dead-letter'], { cwd });
    expect([code, json]).toMatchObject([0, { records: 2, kafka: { deadLetters: 1 } }]);
    expect((await read(topic)).map(idOf)).toEqual([2, 1]);
    const [dead, ...others] = await read(`${topic}.dead-letters`);
    expect([others, idOf(dead ?? { value: null })]).toEqual([[], 7]);
    const said = Object.fromEntries((dead?.headers ?? []).map(([name, value]) => [`${name}`, `${value}`]));
    expect(said).toMatchObject({ 'srgit.dead-letter.schema-id': '7', 'srgit.dead-letter.offset': '1' });
  });
});

describe('records', { timeout: TEST_MS }, () => {
  it('go to topics and partitions of other names, and tell where they were', async () => {
    const lists = [valuesOf([1, 1]), valuesOf([2, 2, 2]), valuesOf([5])];
    const { cwd, topic, command } = await stage({ partitions: lists });
    const moved = ['--rename', `${topic}=other-${topic}`, '--map-partition', `${topic}:2=0`, '--tracking-headers'];
    expect(await runCli([...command, ...moved], { cwd })).toMatchObject({ code: 0 });
    expect(await client.admin.topics([topic])).toEqual([]);
    const first = await read(`other-${topic}`, 0);
    expect(first.map(idOf)).toEqual([2, 2, 100]);
    expect((await read(`other-${topic}`, 1)).map(idOf)).toEqual([1, 1, 1]);
    const [, second, third] = first.map(({ headers }) =>
      Object.fromEntries(headers.map(([name, value]) => [`${name}`, hex(value)])),
    );
    expect(second).toMatchObject({ 'x-original-offset': '0100000000000000', 'x-source-partition': '00000000' });
    expect(third).toMatchObject({ 'x-original-offset': '0000000000000000', 'x-source-partition': '02000000' });
  });

  it('of a time are found wherever they lie', async () => {
    const times = [50, 10, 30, 20, 40, 10, 60].map((second) => 1_700_000_000_000n + BigInt(second) * 1000n);
    const list = times.map((timestamp, at) =>
      plainRecord({ offset: BigInt(at), timestamp, value: framed(1, `value ${at}`) }),
    );
    const { cwd, topic, command } = await stage({ partitions: [list] });
    const window = ['--since', `${1_700_000_020_000}`, '--until', `${1_700_000_040_000}`];
    const { code, json } = await runCliJson([...command, ...window], { cwd });
    expect([code, json]).toMatchObject([0, { records: 3, topics: [{ outside: 4 }] }]);
    expect((await read(topic)).map(textOf)).toEqual(['value 2', 'value 3', 'value 4']);
  });

  it('are shared by three processes, and all there are', async () => {
    const lists = Array.from({ length: 7 }, (_, partition) =>
      valuesOf(Array.from({ length: 40 + partition }, () => 1)),
    );
    const { cwd, topic, command } = await stage({ partitions: lists, config: { 'retention.ms': TEN_YEARS_MS } });
    // The topic must not be made by three at once.
    await client.admin.createTopic({ name: topic, partitionCount: 7, config: { 'retention.ms': '-1' } });
    const shards = await Promise.all(
      [1, 2, 3].map((number) => runCliJson([...command, '--shard', `${number}/3`], { cwd })),
    );
    expect(shards.map(({ code, json }) => [code, (json as { lanes: number }).lanes])).toEqual([
      [0, 3],
      [0, 2],
      [0, 2],
    ]);
    for (const [partition, list] of lists.entries()) {
      expect((await read(topic, partition)).map(textOf)).toEqual(list.map(textOf));
    }
    // The last of them has put the settings back.
    expect(await client.admin.topicConfig(topic)).toMatchObject({ 'retention.ms': TEN_YEARS_MS });
    expect(await runCliJson(command, { cwd })).toMatchObject({ code: 0, json: { records: 0 } });
  });

  it('come no faster than they may', async () => {
    const value = framed(1, 'x'.repeat(10_000));
    const list = Array.from({ length: 60 }, (_, at) => plainRecord({ offset: BigInt(at), value }));
    const { cwd, topic, command } = await stage({ partitions: [list] });
    const slow = [...command, '--rate-limit', '200KB/s', '--commit-size', '50KB'];
    const { code, json } = await runCliJson(slow, { cwd });
    expect(code).toBe(0);
    // 600 KB: never in less than two seconds, whatever may be sent at first.
    expect((json as { durations: { replaying: number } }).durations.replaying).toBeGreaterThan(1500);
    expect(await read(topic)).toHaveLength(60);
  });

  it('are only counted in a dry run', async () => {
    const { cwd, topic, command } = await stage({ partitions: [valuesOf([1, 2])] });
    const { code, json } = await runCliJson([...command, '--dry-run'], { cwd });
    expect([code, json]).toMatchObject([0, { outcome: 'dry-run', records: 0, scan: { records: 2 } }]);
    expect(await client.admin.topics([topic])).toEqual([]);
    expect(existsSync(join(cwd, 'srgit-replay.json'))).toBe(false);
  });

  it('are carried by kafkajs as well, once', async () => {
    const lists = [valuesOf([1, 2, 5]), valuesOf([2, 2])];
    const { cwd, topic, command } = await stage({ partitions: lists }, { kafkaClient: 'kafkajs' });
    expect(await runCliJson(command, { cwd })).toMatchObject({ code: 0, json: { records: 5 } });
    expect((await read(topic, 0)).map(idOf)).toEqual([2, 1, 100]);
    expect((await read(topic, 1)).map(idOf)).toEqual([1, 1]);
    expect(await runCliJson(command, { cwd })).toMatchObject({
      code: 0,
      json: { records: 0, kafka: { doneBefore: 2 } },
    });
    expect(await read(topic)).toHaveLength(5);
  });
});

describe('around the records', { timeout: TEST_MS }, () => {
  const config = { 'retention.ms': TEN_YEARS_MS, 'cleanup.policy': 'delete', 'max.message.bytes': '1500000' };

  it('topics are made as they were, nothing is deleted before the end, and a killed replay is put right', async () => {
    const lists = [0, 1].map(() => valuesOf(Array.from({ length: 3000 }, () => 1)));
    const { cwd, topic, command } = await stage({ partitions: lists, config });
    const small = [...command, '--commit-size', '2000'];
    // Some way into the transactions.
    const killed = await runCli(small, { cwd, nodeArgs: ['--import', HOOK], env: { KILL_AT: '60' } });
    expect(killed.signal).toBe('SIGKILL');
    expect(await client.admin.topicConfig(topic)).toMatchObject({ ...config, 'retention.ms': '-1' });
    const { code, json } = await runCliJson(small, { cwd });
    expect([code, json]).toMatchObject([0, { kafka: { settingsPutBack: [topic], settingsHeld: [] } }]);
    expect(await client.admin.topicConfig(topic)).toEqual(config);
    for (const partition of [0, 1]) expect(await read(topic, partition)).toHaveLength(3000);
  });

  it('consumer groups go on at the very record that was next', async () => {
    // Offsets 0, 3, 6, … 2997.
    const list = valuesOf(Array.from({ length: 1000 }, () => 2)).map((record) => ({
      ...record,
      offset: record.offset * 3n,
    }));
    const at = (topic: string, offset: bigint) => ({ topic, partition: 0, offset });
    const { cwd, topic, command } = await stage(
      { partitions: [list] },
      {
        groups: (name) => [
          { group: `${name}-start`, offsets: [at(name, 0n)] },
          { group: `${name}-gap`, offsets: [at(name, 1501n)] },
          { group: `${name}-last`, offsets: [at(name, 2997n)] },
          { group: `${name}-end`, offsets: [at(name, 2998n)] },
          // As after a transaction marker.
          { group: `${name}-past`, offsets: [at(name, 2999n)] },
        ],
      },
    );
    const small = [...command, '--restore-groups', '--commit-size', '1000'];
    const killed = await runCli(small, { cwd, nodeArgs: ['--import', HOOK], env: { KILL_AT: '90' } });
    expect(killed.signal).toBe('SIGKILL');
    const { code, json } = await runCliJson(small, { cwd });
    expect([code, json]).toMatchObject([0, { kafka: { resumed: 1 } }]);
    const seen = await read(topic);
    const committed = async (name: string) =>
      (await client.admin.groupOffsets(`${topic}-${name}`)).offsets.map(({ offset }) => offset);
    expect(await committed('start')).toEqual([seen[0]?.offset]);
    expect(await committed('gap')).toEqual([seen[501]?.offset]);
    expect(await committed('last')).toEqual([seen[999]?.offset]);
    for (const name of ['end', 'past']) {
      const [offset = -1n] = await committed(name);
      expect(offset).toBeGreaterThan(seen[999]?.offset ?? 0n);
    }
  });

  it('groups that wait behind a transaction marker of a live cluster wait behind all there is', async () => {
    const { cwd, topic } = await stage({ partitions: [] });
    const source = `live-${topic}`;
    await client.admin.createTopic({ name: source, partitionCount: 1 });
    const send = (count: number) =>
      ({
        step: 'send',
        topic: source,
        records: Array.from({ length: count }, (_, at) => ({ value: framed(1, `${at}`) })),
      }) as const;
    const steps = [
      { step: 'begin' },
      send(3),
      { step: 'commit' },
      { step: 'begin' },
      send(2),
      { step: 'abort' },
    ] as const;
    await eye.produce(address.bootstrap, steps, { 'transactional.id': source });
    // Behind the third record, and at none of the fourth: a marker, the aborted ones, and their marker.
    const groups = [2n, 3n, 4n].map((offset) => ({ group: `${source}-${offset}`, offset }));
    for (const { group, offset } of groups) {
      await client.admin.commitGroupOffsets(group, [{ topic: source, partition: 0, offset }]);
    }
    const from = ['replay', 'kafka:dr', '--to', 'kafka:dr', '--map', 'map.json', '--offline', '--create-topics'];
    const command = [...from, '-t', source, '--rename', `${source}=${topic}`, '--restore-groups'];
    const { code, json } = await runCliJson(command, { cwd });
    const restored = groups.map(({ group }) => ({ group, offsets: 1, unknown: [] }));
    expect([code, json]).toMatchObject([0, { records: 3, kafka: { groups: restored } }]);
    const seen = await read(topic);
    expect(seen.map(idOf)).toEqual([2, 2, 2]);
    const committed = await Promise.all(
      groups.map(async ({ group }) => {
        const { offsets } = await client.admin.groupOffsets(group);
        return offsets.find((entry) => entry.topic === topic)?.offset;
      }),
    );
    expect(committed[0]).toBe(seen[2]?.offset);
    for (const offset of committed.slice(1)) expect(offset).toBeGreaterThan(seen[2]?.offset ?? 0n);
  });
});
