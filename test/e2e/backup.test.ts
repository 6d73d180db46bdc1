/** Backup of a real cluster by the command line, and back: byte for byte, as Kafka's own client sees it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openKafka } from '../../src/kafka/open-kafka.ts';
import type { KafkaClient } from '../../src/kafka/port.ts';
import { archivedPartition, contentOf, newName, ODD_RECORDS, seenByPartition } from '../support/backing-up.ts';
import { cliEntry, runCli, runCliJson, spawnCli } from '../support/cli.ts';
import { record, register } from '../support/embedded-registry.ts';
import { readBackupIndependently } from '../support/independent-kbak-reader.ts';
import type { KafkaAddress } from '../support/kafka-broker.ts';
import { type KafkaEye, startKafkaEye } from '../support/kafka-broker-eye.ts';
import { sharedKafka } from '../support/kafka-broker-shared.ts';
import { strictRegistryDuringTest } from '../support/restoring.ts';
import { temporaryFolder } from '../support/trees.ts';

const START_MS = 300_000;
const TEST_MS = 240_000;

let eye: KafkaEye;

beforeAll(async () => {
  [eye] = await Promise.all([startKafkaEye(), cliEntry()]);
}, START_MS);

afterAll(() => eye?.stop());

/** A folder with a configuration that names the cluster. */
function workFolder(address: KafkaAddress): string {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'srgit.yaml'), `kafka: { src: { bootstrap_servers: "${address.bootstrap}" } }\n`);
  return cwd;
}

async function clientOf(address: KafkaAddress): Promise<KafkaClient> {
  const client = await openKafka({ client: 'platformatic', bootstrapServers: [address.bootstrap] });
  onTestFinished(() => client.close());
  return client;
}

interface Reported {
  readonly records: number;
  readonly topics: readonly { readonly topic: string; readonly records: number; readonly read: number }[];
}

async function backup(cwd: string, ...args: string[]): Promise<Reported> {
  const { code, stderr, json } = await runCliJson(['backup', '--from', 'kafka:src', '--to', 'kbak:b', ...args], {
    cwd,
  });
  expect([code, stderr]).toEqual([0, '']);
  return json as Reported;
}

/** What the archive holds is what Kafka's client sees, offset by offset. */
async function expectSame(
  cwd: string,
  address: KafkaAddress,
  topic: string,
  isolation?: 'read_uncommitted',
): Promise<void> {
  const { records } = readBackupIndependently(join(cwd, 'b'), 'src');
  const seen = seenByPartition((await eye.read(address.bootstrap, topic, isolation)).records);
  const archived = [...records].flatMap(([place, list]) => {
    const [name, partition] = [place.slice(0, place.lastIndexOf('/')), place.slice(place.lastIndexOf('/') + 1)];
    return name === topic ? [[Number(partition), archivedPartition(list)] as const] : [];
  });
  expect(new Map(archived)).toEqual(seen);
}

describe.each([
  { version: '4.3.1' as const, codecs: ['none', 'gzip', 'snappy', 'lz4', 'zstd'] },
  { version: '3.9.2' as const, codecs: ['none', 'zstd'] },
])('Kafka $version', { timeout: TEST_MS }, ({ version, codecs }) => {
  let address: KafkaAddress;

  beforeAll(async () => {
    address = await sharedKafka(version);
  }, START_MS);

  it('records of every kind come back into new topics as they were', async () => {
    const cwd = workFolder(address);
    const client = await clientOf(address);
    const prefix = newName('trip');
    const topics: string[] = [];
    for (const codec of codecs) {
      const topic = `${prefix}-${codec}`;
      topics.push(topic);
      const config = { 'retention.ms': '-1', 'max.message.bytes': '3000000', 'segment.bytes': '5000000' };
      await client.admin.createTopic({ name: topic, partitionCount: 3, config });
      const large = { timestamp: 5n, key: Buffer.from('large'), value: Buffer.alloc(1_048_576, `${codec} is large `) };
      await eye.produce(
        address.bootstrap,
        [0, 2].map((partition) => ({ step: 'send', topic, partition, records: [...ODD_RECORDS, large] })),
        { 'compression.type': codec, 'max.request.size': '3000000' },
      );
    }
    const compacted = `${prefix}-compacted`;
    topics.push(compacted);
    const config = { 'cleanup.policy': 'compact', 'retention.ms': '-1', 'min.cleanable.dirty.ratio': '0.3' };
    await client.admin.createTopic({ name: compacted, partitionCount: 1, config });
    await eye.produce(address.bootstrap, [
      { step: 'send', topic: compacted, partition: 0, records: keyed(ODD_RECORDS) },
    ]);
    const transactional = `${prefix}-transactional`;
    topics.push(transactional);
    await client.admin.createTopic({ name: transactional, partitionCount: 2, config: { 'retention.ms': '-1' } });
    const send = (value: string) => {
      const records = ODD_RECORDS.slice(0, 9).map((odd) => ({ ...odd, value: Buffer.from(value) }));
      return { step: 'send', topic: transactional, partition: 0, records } as const;
    };
    await eye.produce(
      address.bootstrap,
      [
        ...[{ step: 'begin' }, send('committed'), { step: 'commit' }, { step: 'begin' }, send('aborted')],
        ...[{ step: 'flush' }, { step: 'abort' }, { step: 'begin' }, send('again'), { step: 'commit' }],
        ...[{ step: 'begin' }, send('aborted at the end'), { step: 'flush' }, { step: 'abort' }],
      ] as Parameters<KafkaEye['produce']>[1],
      { 'transactional.id': prefix },
    );

    const { records } = await backup(cwd, '-t', `${prefix}-*`, '--segment-size', '200000');
    const each = 2 * (ODD_RECORDS.length + 1);
    expect(records).toBe(each * codecs.length + keyed(ODD_RECORDS).length + 18);
    for (const topic of topics) await expectSame(cwd, address, topic);
    const { topics: listed } = readBackupIndependently(join(cwd, 'b'), 'src').manifest as unknown as {
      topics: { name: string; original_partition_count: number; configurations: object; partitions: unknown[] }[];
    };
    expect(listed.find(({ name }) => name === topics[0])).toMatchObject({
      original_partition_count: 3,
      source_replication_factor: 1,
      configurations: { 'retention.ms': '-1', 'max.message.bytes': '3000000' },
      partitions: [{ partition_id: 0 }, { partition_id: 2 }],
    });

    const command = ['replay', 'kbak:b', '--to', 'kafka:src', '--create-topics', '--offline'];
    const copied = await runCliJson([...command, '--no-map', '--rename', `${prefix}-*=copy-${prefix}-*`], { cwd });
    expect([copied.code, (copied.json as { records: number }).records]).toEqual([0, records]);
    for (const topic of topics) {
      const [source, copy] = await Promise.all(
        [topic, `copy-${topic}`].map(async (name) => (await eye.read(address.bootstrap, name)).records),
      );
      for (const partition of [0, 1, 2]) {
        const [before, after] = [source, copy].map(
          (list) => list?.filter((seen) => seen.partition === partition) ?? [],
        );
        expect(contentOf(after ?? [])).toEqual(contentOf(before ?? []));
      }
    }

    // With a map, the mapped ids differ and nothing else.
    writeFileSync(join(cwd, 'map.json'), '{"5": 77}');
    const framing = ['--framing', '*:key=none', '--framing', '*:value=auto'];
    const mapped = [...command, '--map', 'map.json', ...framing, '-t', `${prefix}-none`, '--on-unknown', 'pass'];
    const rewritten = await runCliJson([...mapped, '--rename', `${prefix}-*=mapped-${prefix}-*`], { cwd });
    expect([rewritten.code, rewritten.stderr.replace(/^Warning: .*\n/gm, '')]).toEqual([0, '']);
    const source = (await eye.read(address.bootstrap, `${prefix}-none`)).records;
    const target = (await eye.read(address.bootstrap, `mapped-${prefix}-none`)).records;
    const expected = source.map((seen) => {
      if (seen.value === null || seen.value.length < 5 || seen.value.readUInt8(0) !== 0) return seen;
      if (seen.value.readInt32BE(1) !== 5) return seen;
      const value = Buffer.from(seen.value);
      value.writeInt32BE(77, 1);
      return { ...seen, value };
    });
    expect(contentOf(target)).toEqual(contentOf(expected));
    expect(contentOf(target)).not.toEqual(contentOf(source));
  });
});

/** A compacted topic takes no record without a key. */
function keyed(records: typeof ODD_RECORDS): typeof ODD_RECORDS {
  return records.filter(({ key }) => key !== null && key !== undefined);
}

describe('a backup', { timeout: TEST_MS }, () => {
  let address: KafkaAddress;

  beforeAll(async () => {
    address = await sharedKafka();
  }, START_MS);

  async function topicWith(name: string, partitions: number, records = ODD_RECORDS): Promise<void> {
    const client = await clientOf(address);
    await client.admin.createTopic({ name, partitionCount: partitions, config: { 'retention.ms': '-1' } });
    await produce(name, partitions, records);
  }

  async function produce(topic: string, partitions: number, records = ODD_RECORDS): Promise<void> {
    const steps = Array.from({ length: partitions }, (_, partition) => {
      return { step: 'send', topic, partition, records } as const;
    });
    await eye.produce(address.bootstrap, steps);
  }

  it('is added to by the next run, with groups as they are then', async () => {
    const cwd = workFolder(address);
    const client = await clientOf(address);
    const topic = newName('added');
    const group = newName('group');
    await topicWith(topic, 2);
    await client.admin.commitGroupOffsets(group, [{ topic, partition: 1, offset: 7n, metadata: 'mine' }]);

    const dry = await runCliJson(['backup', '--from', 'kafka:src', '--to', 'kbak:b', '-t', topic, '--dry-run'], {
      cwd,
    });
    expect([dry.code, dry.json]).toMatchObject([0, { outcome: 'dry-run', records: 0, topics: [{ waiting: 96 }] }]);
    expect(existsSync(join(cwd, 'b'))).toBe(false);

    expect(await backup(cwd, '-t', topic)).toMatchObject({ added: false, records: 96, groups: 1 });
    await expectSame(cwd, address, topic);
    expect(await backup(cwd, '-t', topic)).toMatchObject({ added: true, records: 0 });
    await produce(topic, 1);
    await client.admin.commitGroupOffsets(group, [{ topic, partition: 1, offset: 9n }]);
    expect(await backup(cwd, '-t', topic)).toMatchObject({ records: 48, topics: [{ read: 1 }] });
    await expectSame(cwd, address, topic);
    const groups = JSON.parse(readFileSync(join(cwd, 'b/src/consumer-groups-snapshot.json'), 'utf8')) as {
      groups: unknown[];
    };
    expect(groups.groups).toEqual([{ group_id: group, offsets: { [topic]: { 1: 9 } } }]);
    const text = await runCli(['backup', '--from', 'kafka:src', '--to', 'kbak:b', '-t', topic], { cwd });
    expect(text.stdout).toContain('up to date');
  });

  it('leaves the system’s own topics out, and says so; takes uncommitted records where asked', async () => {
    const cwd = workFolder(address);
    const prefix = newName('own');
    await topicWith(`${prefix}-orders`, 1);
    await topicWith(`${prefix}-connect-offsets`, 1);
    const reported = await backup(cwd, '-t', `${prefix}-*`);
    expect(reported).toMatchObject({
      topics: [{ topic: `${prefix}-orders` }],
      leftOut: [{ topic: `${prefix}-connect-offsets`, why: 'a topic of Kafka Connect itself' }],
    });
    const steps = [{ step: 'begin' }, { step: 'send', topic: `${prefix}-orders`, partition: 0, records: ODD_RECORDS }];
    await eye.produce(
      address.bootstrap,
      [...steps, { step: 'flush' }, { step: 'abort' }] as Parameters<KafkaEye['produce']>[1],
      { 'transactional.id': prefix },
    );
    expect(await backup(cwd, '-t', `${prefix}-*`)).toMatchObject({ records: 0 });
    const other = workFolder(address);
    await backup(other, '-t', `${prefix}-*`, '--isolation', 'read_uncommitted', '--compression', 'none');
    await expectSame(other, address, `${prefix}-orders`, 'read_uncommitted');
  });

  it('refuses a topic that was made anew, and adds the others', async () => {
    const cwd = workFolder(address);
    const client = await clientOf(address);
    const prefix = newName('anew');
    await topicWith(`${prefix}-a`, 1);
    await topicWith(`${prefix}-b`, 1);
    await backup(cwd, '-t', `${prefix}-*`);
    await client.admin.deleteTopic(`${prefix}-a`);
    // More records than before: offsets alone would not tell.
    for (;;) {
      const made = await topicWith(`${prefix}-a`, 1, [...ODD_RECORDS, ...ODD_RECORDS]).then(
        () => true,
        () => false,
      );
      if (made) break;
      await sleep(200);
    }
    await produce(`${prefix}-b`, 1);
    const args = ['backup', '--from', 'kafka:src', '--to', 'kbak:b', '-t', `${prefix}-*`];
    const { code, stderr } = await runCli(args, { cwd });
    expect([code, stderr]).toEqual([1, expect.stringContaining(`topic ${prefix}-a was not added to backup src`)]);
    expect(stderr).toContain('was deleted and made anew');
    await expectSame(cwd, address, `${prefix}-b`);
    const { records } = readBackupIndependently(join(cwd, 'b'), 'src');
    expect(records.get(`${prefix}-a/0`)?.length).toBe(ODD_RECORDS.length);
  });

  it('says which records were deleted before they could be backed up, then and later', async () => {
    const cwd = workFolder(address);
    const client = await clientOf(address);
    const topic = newName('gap');
    await topicWith(topic, 1);
    await backup(cwd, '-t', topic);
    await produce(topic, 1);
    await client.admin.deleteRecords(topic, new Map([[0, 60n]]));
    const { stdout } = await runCli(['backup', '--from', 'kafka:src', '--to', 'kbak:b', '-t', topic], { cwd });
    expect(stdout).toContain('partition 0: offsets 48 to 59 were deleted before they were backed up');
    const scan = await runCliJson(['scan', 'kbak:b'], { cwd });
    expect(scan.json).toMatchObject({
      records: 84,
      topics: [{ skipped: [{ reason: 'gap', firstOffset: '48', lastOffset: '59' }] }],
    });
  });

  it('holds the schemas beside the records', async () => {
    const cwd = workFolder(address);
    const topic = newName('schemas');
    await topicWith(topic, 1);
    const registry = await strictRegistryDuringTest();
    await register(registry.url, `${topic}-value`, record('A'));
    const reported = await backup(cwd, '-t', topic, '--with-schemas', '--url', registry.url);
    expect(reported).toMatchObject({ schemas: { subjects: 1, versions: 1, partial: false } });
    const tree = join(cwd, 'b/src/schema-registry');
    expect(existsSync(join(tree, `subjects/${topic}-value/v1.avsc`))).toBe(true);
    await register(registry.url, `${topic}-value`, record('A', 'more'));
    expect(await backup(cwd, '-t', topic, '--with-schemas', '--url', registry.url)).toMatchObject({
      schemas: { versions: expect.any(Number), filesWritten: expect.any(Number) },
    });
    const verified = await runCli(['check', '--tree', tree], { cwd });
    expect([verified.code, verified.stderr]).toEqual([0, '']);
    expect(await runCliJson(['scan', 'kbak:b', '--tree', tree], { cwd })).toMatchObject({ json: { records: 48 } });
  });

  it('goes on with what comes, and ends in order', async () => {
    const cwd = workFolder(address);
    const topic = newName('continuous');
    await topicWith(topic, 2);
    const args = ['backup', '--from', 'kafka:src', '--to', 'kbak:b', '-t', `${topic}*`, '--continuous', '--every', '1'];
    const running = await spawnCli(args, { cwd });
    onTestFinished(() => running.kill('SIGKILL'));
    const until = async (stored: number): Promise<void> => {
      for (;;) {
        const count = [...running.output().stdout.matchAll(/^(\d+) records? stored/gm)];
        if (count.reduce((sum, [, number]) => sum + Number(number), 0) >= stored) return;
        expect(running.child.exitCode, running.output().stderr).toBe(null);
        await sleep(100);
      }
    };
    await until(96);
    await produce(topic, 1);
    await until(144);
    // A topic that is new is taken, too.
    await topicWith(`${topic}-new`, 1);
    await until(192);
    running.kill('SIGINT');
    const { code, stdout } = await running.done;
    expect([code, stdout]).toEqual([0, expect.stringContaining('192 records')]);
    await expectSame(cwd, address, topic);
    await expectSame(cwd, address, `${topic}-new`);
    // Quiet partitions make no segments.
    const { segments } = readBackupIndependently(join(cwd, 'b'), 'src');
    expect([...segments.values()].map((list) => list.length)).toEqual([2, 1, 1]);
  });

  it('is of one cluster, and goes into an archive only', async () => {
    const cwd = workFolder(address);
    const topic = newName('refused');
    await topicWith(topic, 1);
    const wrong = await runCli(['backup', '--from', 'kafka:src', '--to', 'kcat:x', '-t', topic], { cwd });
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('a backup goes into an archive')]);
    await backup(cwd, '-t', topic);
    const file = join(cwd, 'b/src/manifest.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...manifest, source_cluster_id: 'another' }));
    const other = await runCli(['backup', '--from', 'kafka:src', '--to', 'kbak:b', '-t', topic], { cwd });
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('is of the cluster another')]);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ source_cluster_id: 'another' });
  });
});
