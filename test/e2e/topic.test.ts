/** The worst day on a real broker: a topic of schemas is filled, damaged, looked at, salvaged and rebuilt, by the command line. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTopic } from '../../src/app/topic/read-topic.ts';
import { topicOfCluster } from '../../src/app/topic/topic-source.ts';
import { writeTopicRecords } from '../../src/app/topic/write-topic-records.ts';
import { openKafka } from '../../src/kafka/open-kafka.ts';
import type { KafkaClient } from '../../src/kafka/port.ts';
import { snapshotFromState } from '../../src/semantics/snapshot-state.ts';
import { reduceTopic } from '../../src/semantics/topic/reduce-topic.ts';
import type { TopicRecord } from '../../src/semantics/topic/topic-record.ts';
import { writeTopic } from '../../src/semantics/topic/write-topic.ts';
import { type RecordedTopic, readAllTopics, recordBytes } from '../semantics/recorded-topics.ts';
import { cliEntry, runCli, spawnCli } from '../support/cli.ts';
import { request } from '../support/embedded-registry.ts';
import { sharedKafka } from '../support/kafka-broker-shared.ts';
import { randomNumbers } from '../support/random-numbers.ts';
import { startStrictRegistry } from '../support/restoring.ts';

const seed = Number(process.env['SRGIT_SEED'] ?? Date.now() % 1_000_000_007);
const START_MS = 300_000;
const TEST_MS = 120_000;
const topics = readAllTopics();

let bootstrap: string;
let client: KafkaClient;
let folder: string;
let count = 0;

beforeAll(async () => {
  const kafka = await sharedKafka();
  bootstrap = kafka.bootstrap;
  client = await openKafka({ bootstrapServers: [bootstrap], client: 'platformatic' });
  folder = mkdtempSync(join(tmpdir(), 'srgit-topic-'));
  await cliEntry();
}, START_MS);

afterAll(async () => {
  await client?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

function newTopic(): string {
  return `schemas-${process.pid}-${Date.now() % 1_000_000}-${count++}`;
}

function recorded(name: string): RecordedTopic {
  const found = topics.find((topic) => topic.name === name);
  if (found === undefined) throw new Error(`no recorded topic ${name}`);
  return found;
}

async function fill(topic: string, records: readonly TopicRecord[], policy = 'compact'): Promise<void> {
  // Records without a key are refused by a topic that is compacted.
  await client.admin.createTopic({ name: topic, partitionCount: 1, config: { 'cleanup.policy': policy } });
  await writeTopicRecords({ client, topic, records, now: Date.now });
}

function srgit(...args: readonly string[]) {
  return runCli(args, { cwd: folder });
}

async function stateOf(topic: string) {
  const source = await topicOfCluster(client, topic, topic);
  if (source === undefined) throw new Error(`no topic ${topic}`);
  const { reduced, findings } = await readTopic(source);
  return { ...reduced, findings };
}

const CODES = (stdout: string): readonly string[] =>
  (JSON.parse(stdout) as { findings: { code: string }[] }).findings.map(({ code }) => code);
const IDENTITY = { kind: 'unknown' } as const;
/** One broker has no three replicas. */
const ALWAYS = 'TOPIC_REPLICATION';

describe('a topic that is sound', () => {
  it('is inspected, backed up, and rebuilt in another place as it was', { timeout: TEST_MS }, async () => {
    const topic = newTopic();
    const records = recorded('random-walk-01').records.map(recordBytes);
    await fill(topic, records);

    const inspected = await srgit('topic', 'inspect', '--from', `kafka:${bootstrap}`, '--topic', topic);
    expect(inspected.stderr).toBe('');
    expect(inspected).toMatchObject({ code: 0 });
    expect(inspected.stdout).toContain('✓ a registry reads this topic rightly');

    const archive = join(folder, `${topic}-archive`);
    const args = ['topic', 'backup', '--from', `kafka:${bootstrap}`, '--to', `kbak:${archive}`, '--topic', topic];
    const backedUp = await srgit(...args);
    expect(backedUp.stderr).toBe('');
    expect(backedUp.stdout).toContain(`Backed up ${records.length} records`);
    expect((await srgit(...args)).stdout).toContain('Up to date');

    const rebuilt = newTopic();
    const result = await srgit(
      ...['topic', 'rebuild', '--to', `kafka:${bootstrap}`, '--topic', rebuilt],
      ...['--from', `kbak:${archive}`, '--from-topic', topic, '--no-pin-ids'],
    );
    expect(result.stderr).toBe('');
    expect(result.stdout).toContain('✓ read back');
    const state = snapshotFromState(reduceTopic(records).state, IDENTITY);
    const again = await stateOf(rebuilt);
    expect(snapshotFromState(again.state, IDENTITY)).toEqual(state);
    expect(await client.admin.topicConfig(rebuilt)).toMatchObject({ 'cleanup.policy': 'compact' });

    // What is there is not written over.
    const refused = await srgit(
      ...['topic', 'rebuild', '--to', `kafka:${bootstrap}`, '--topic', rebuilt],
      ...['--from', `kbak:${archive}`, '--from-topic', topic],
    );
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain('nothing was written');
  });
});

describe('a topic that is damaged', () => {
  it.each(['damaged-duplicate-id', 'damaged-unknown-keytype', 'damaged-malformed-value'])(
    '%s: is named, and its good rows are kept, as a tree and as a topic',
    { timeout: TEST_MS },
    async (name) => {
      const topic = newTopic();
      const records = recorded(name).records.map(recordBytes);
      await fill(topic, records);
      const expected = reduceTopic(records);
      const from = ['--from', `kafka:${bootstrap}`, '--topic', topic];

      const inspected = await srgit('topic', 'inspect', ...from, '--json');
      expect(inspected.code).toBe(1);
      expect(CODES(inspected.stdout)).toEqual([ALWAYS, ...expected.findings.map(({ code }) => code)]);

      const tree = join(folder, `${topic}-tree`);
      const copy = newTopic();
      const salvaged = await srgit(
        ...['topic', 'salvage', ...from, '--to-tree', '--tree', tree],
        ...['--to', `kafka:${bootstrap}`, '--to-topic', copy],
      );
      expect(salvaged.stderr).toBe('');
      expect(salvaged.code).toBe(0);
      const good = await stateOf(copy);
      expect(good.findings.filter(({ effect }) => effect === 'stops' || effect === 'lost')).toEqual([]);
      expect(snapshotFromState(good.state, IDENTITY)).toEqual(snapshotFromState(expected.state, IDENTITY));

      const rebuilt = newTopic();
      const result = await srgit('topic', 'rebuild', '--to', `kafka:${bootstrap}`, '--topic', rebuilt, '--tree', tree);
      expect(result.stderr).toBe('');
      expect(snapshotFromState((await stateOf(rebuilt)).state, IDENTITY)).toEqual(
        snapshotFromState(expected.state, IDENTITY),
      );
      const diff = await srgit('topic', 'diff', '--from', `kafka:${bootstrap}`, '--topic', rebuilt, '--tree', tree);
      expect(diff).toMatchObject({ code: 0, stderr: '' });
      // What the damage took is in neither.
      const same = await srgit('topic', 'diff', '--from', `kafka:${bootstrap}`, '--topic', topic, '--tree', tree);
      expect(same, same.stdout).toMatchObject({ code: 0, stderr: '' });
    },
  );

  it('leaves in the tree which ids were given and have nothing any more', { timeout: TEST_MS }, async () => {
    const topic = newTopic();
    const key = (json: object) => Buffer.from(JSON.stringify(json));
    const schemaKey = (version: number) => key({ keytype: 'SCHEMA', subject: 'orders-value', version, magic: 1 });
    const row = (version: number, id: number) =>
      key({ subject: 'orders-value', version, id, schema: version === 1 ? '"int"' : '"long"', deleted: false });
    const records = [record(schemaKey(1), row(1, 7)), record(schemaKey(2), row(2, 9)), record(schemaKey(2), null)];
    await fill(topic, records);
    const tree = join(folder, `${topic}-tree`);
    const from = ['--from', `kafka:${bootstrap}`, '--topic', topic];
    const salvaged = await srgit('topic', 'salvage', ...from, '--to-tree', '--tree', tree);
    expect(salvaged).toMatchObject({ code: 0, stderr: '' });
    const manifest: unknown = JSON.parse(readFileSync(join(tree, 'manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({ id_mapping: { 7: expect.anything() }, max_id: 9, retired_ids: [9] });
  });

  it('can be mended in its place where no record stops a registry', { timeout: TEST_MS }, async () => {
    const topic = newTopic();
    const good = recorded('random-walk-03').records.map(recordBytes);
    const key = (json: object) => Buffer.from(JSON.stringify(json));
    const row = { subject: 'stray', version: 1, id: 900, schema: '"int"', deleted: false };
    const stray: TopicRecord[] = [
      record(key({ keytype: 'SCHEMA', subject: 'stray', version: 1, magic: 1 }), key(row)),
      // The same key in another spelling.
      record(key({ keytype: 'SCHEMA', subject: 'stray', version: 1, magic: 1, seq: 3 }), key(row)),
      record(key({ keytype: 'CONFIG', subject: 'stray', magic: 0 }), Buffer.alloc(0)),
    ];
    await fill(topic, [...good, ...stray]);
    const tree = join(folder, `${topic}-tree`);
    const clean = newTopic();
    await fill(clean, good);
    await srgit('topic', 'salvage', '--from', `kafka:${bootstrap}`, '--topic', clean, '--to-tree', '--tree', tree);
    const mended = await srgit(
      ...['topic', 'rebuild', '--to', `kafka:${bootstrap}`, '--topic', topic, '--tree', tree, '--in-place'],
    );
    expect(mended.stderr).toBe('');
    const after = await stateOf(topic);
    expect(snapshotFromState(after.state, IDENTITY)).toEqual(snapshotFromState(reduceTopic(good).state, IDENTITY));
    expect(after.twins.size).toBe(0);
  });

  it(`is found whatever happens to it: 50 damages (SRGIT_SEED=${seed})`, { timeout: TEST_MS }, async () => {
    const random = randomNumbers(seed);
    const sound = recorded('random-walk-05').records.map(recordBytes);
    for (let at = 0; at < 50; at++) {
      const { records, code } = damage(sound, random);
      const topic = newTopic();
      await fill(topic, records, code === 'KEY_NULL' ? 'delete' : 'compact');
      const found = await stateOf(topic);
      const what = `damage ${at} of seed ${seed}: ${code}`;
      expect(
        found.findings.map((finding) => finding.code),
        what,
      ).toContain(code);
      // What is kept is what the good records say.
      expect(snapshotFromState(found.state, IDENTITY), what).toEqual(
        snapshotFromState(reduceTopic(records).state, IDENTITY),
      );
      const again = reduceTopic(
        [...writeTopic(found.state)].map((write, offset) => ({ ...write, offset: BigInt(offset), timestamp: 0 })),
      );
      expect(
        again.findings.filter(({ effect }) => effect !== 'risk'),
        what,
      ).toEqual([]);
      await client.admin.deleteTopic(topic);
    }
  });
});

describe('a topic that is served', () => {
  it('answers with its schemas, and follows it', { timeout: TEST_MS }, async () => {
    const topic = newTopic();
    const late = { subject: 'zz-late', version: 1, id: 7000, schema: '"int"', deleted: false };
    const key = Buffer.from('{"keytype":"SCHEMA","subject":"zz-late","version":1,"magic":1}');
    const known = recorded('random-walk-08').records.map(recordBytes);
    const all = [...known, record(key, Buffer.from(JSON.stringify(late)))];
    const half = Math.floor(all.length / 2);
    await fill(topic, all.slice(0, half));
    const args = ['serve', '--from-topic', `kafka:${bootstrap}`, '--topic', topic, '--port', '0'];
    const cli = await spawnCli(args, { cwd: folder });
    try {
      const url = await until(() => /at (http:\S+)/.exec(cli.output().stdout)?.[1]);
      const wanted = async () => {
        const { state } = reduceTopic(all);
        const names = [...state.sortedSubjects];
        const answer = await fetch(`${url}/subjects?deleted=true&subjectPrefix=:*:`);
        return JSON.stringify(await answer.json()) === JSON.stringify(names) ? names : undefined;
      };
      expect(await wanted()).toBeUndefined();
      await writeTopicRecords({ client, topic, records: all.slice(half), now: Date.now });
      await until(wanted);
      const headers = { 'content-type': 'application/json' };
      const refused = await fetch(`${url}/subjects/x/versions`, {
        method: 'POST',
        headers,
        body: '{"schema":"\\"int\\""}',
      });
      expect(refused.status).toBeGreaterThanOrEqual(400);
    } finally {
      cli.kill('SIGTERM');
      await cli.done;
    }
  });
});

describe('a tree that lacks values', () => {
  it('is made into a topic with placeholders only where that is asked for', { timeout: TEST_MS }, async () => {
    const registry = await startStrictRegistry();
    try {
      const metadata = { properties: { owner: 'ann', pin: '1234' }, sensitive: ['pin'] };
      await request(registry.url, 'POST', '/subjects/a/versions', { schema: '"int"', metadata });
      const redacted = join(folder, 'redacted');
      const whole = join(folder, 'whole');
      for (const args of [[redacted], [whole, '--include-sensitive']]) {
        const exported = await srgit('export', '--url', registry.url, '--tree', ...args);
        expect(exported.code, exported.stderr).toBe(0);
      }
      const topic = newTopic();
      const rebuild = (tree: string, ...more: readonly string[]) =>
        srgit('topic', 'rebuild', '--to', `kafka:${bootstrap}`, '--topic', topic, '--tree', tree, ...more);
      const refused = await rebuild(redacted);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('values of sensitive metadata were not exported');
      // Before anything was made.
      expect(await client.admin.topics([topic])).toEqual([]);
      const accepted = await rebuild(redacted, '--accept-redacted');
      expect(accepted.code, accepted.stderr).toBe(0);
      const mended = await rebuild(whole, '--in-place');
      expect(mended.code, mended.stderr).toBe(0);
      const { state } = await stateOf(topic);
      expect(state.subjects.get('a')?.rows.map((row) => row.metadata)).toEqual([metadata]);
    } finally {
      await registry.close();
    }
  });
});

describe('a registry that can be read and whose topic cannot be written', () => {
  it('is exported, and its topic made anew, with every id', { timeout: TEST_MS }, async () => {
    const { state } = reduceTopic(recorded('random-walk-06').records.map(recordBytes));
    const registry = await startStrictRegistry(snapshotFromState(state, { kind: 'confluent', version: '8.3.1' }));
    const tree = join(folder, 'case-1');
    const topic = newTopic();
    try {
      const exported = await srgit('export', '--url', registry.url, '--tree', tree);
      expect(exported.code, exported.stderr).toBe(0);
      const rebuilt = await srgit('topic', 'rebuild', '--to', `kafka:${bootstrap}`, '--topic', topic, '--tree', tree);
      expect(rebuilt.code, rebuilt.stderr).toBe(0);
      const from = newTopic();
      const live = await srgit(
        ...['topic', 'rebuild', '--to', `kafka:${bootstrap}`, '--topic', from],
        ...['--from', 'registry', '--url', registry.url],
      );
      expect(live.code, live.stderr).toBe(0);
      for (const made of [topic, from]) {
        const { state: now } = await stateOf(made);
        const served = await startStrictRegistry(snapshotFromState(now, { kind: 'confluent', version: '8.3.1' }));
        try {
          for (const id of state.ids.get('.')?.subjectsById.keys() ?? []) {
            const [before, after] = await Promise.all(
              [registry.url, served.url].map(async (url) => {
                const answer = await fetch(`${url}/schemas/ids/${id}?fetchMaxId=false`);
                return [answer.status, ((await answer.json()) as { schema?: string }).schema];
              }),
            );
            expect(after).toEqual(before);
          }
        } finally {
          await served.close();
        }
      }
    } finally {
      await registry.close();
    }
  });
});

async function until<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let waited = 0; waited < 60_000; waited += 50) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(50);
  }
  throw new Error('it did not come to that');
}

function record(key: Buffer | null, value: Buffer | null): TopicRecord {
  return { offset: 0n, timestamp: 0, key, value };
}

/** One thing that goes wrong with a topic, at a random place. */
function damage(
  sound: readonly TopicRecord[],
  random: () => number,
): { records: readonly TopicRecord[]; code: string } {
  const at = Math.floor(random() * (sound.length + 1));
  const schemas = sound.flatMap(({ key, value }, index) =>
    // Ids of other contexts are others.
    key?.includes('"SCHEMA"') === true && !key.includes('":.') && value !== null ? [index] : [],
  );
  const victim = schemas[Math.floor(random() * schemas.length)] ?? 0;
  const inserted = (...records: readonly TopicRecord[]) => [...sound.slice(0, at), ...records, ...sound.slice(at)];
  const key = Buffer.from(`{"keytype":"SCHEMA","subject":"new-${at}","version":1,"magic":1}`);
  const row = (id: number, text: string) =>
    Buffer.from(JSON.stringify({ subject: `new-${at}`, version: 1, id, schema: text, deleted: false }));
  const kinds: readonly (() => { records: readonly TopicRecord[]; code: string })[] = [
    () => ({ records: inserted(record(null, Buffer.from('{}'))), code: 'KEY_NULL' }),
    () => ({ records: inserted(record(Buffer.from('hello'), null)), code: 'KEY_MALFORMED' }),
    () => ({
      records: inserted(record(Buffer.from('{"keytype":"FOREIGN","magic":0}'), null)),
      code: 'KEYTYPE_UNKNOWN',
    }),
    () => ({ records: inserted(record(key, Buffer.from('{"id":'))), code: 'VALUE_MALFORMED' }),
    () => ({ records: inserted(record(key, Buffer.from('{"subject":"x"}'))), code: 'VALUE_INCOMPLETE' }),
    () => ({ records: inserted(record(key, Buffer.alloc(0))), code: 'VALUE_EMPTY' }),
    () => {
      const value = sound[victim]?.value;
      const { id } = JSON.parse(value?.toString() ?? '{}') as { id: number };
      const end = [...sound.slice(0, victim + 1), record(key, row(id, '"another text"')), ...sound.slice(victim + 1)];
      return { records: end, code: 'DUPLICATE_ID' };
    },
    () => ({ records: [...sound, record(key, row(5000 + at, '"int"')), record(key, null)], code: 'ID_REUSE' }),
    () => ({
      records: inserted(
        record(Buffer.concat([key, Buffer.from(' ')]), row(6000, '"int"')),
        record(key, row(6000, '"int"')),
      ),
      code: 'TWIN_KEYS',
    }),
  ];
  return kinds[Math.floor(random() * kinds.length)]?.() ?? { records: sound, code: '' };
}
