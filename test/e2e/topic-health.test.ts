/** Health with the topic of the schemas, on a real broker: readable, sound, and what the registry answers. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
import { readAllTopics, recordBytes } from '../semantics/recorded-topics.ts';
import { cliEntry, runCli } from '../support/cli.ts';
import { record, register, request } from '../support/embedded-registry.ts';
import { joinGroup } from '../support/group-member.ts';
import { sharedKafka } from '../support/kafka-broker-shared.ts';
import { findDeadPort } from '../support/loopback-server.ts';
import { strictRegistryDuringTest } from '../support/restoring.ts';

const START_MS = 300_000;
const TEST_MS = 180_000;
const IDENTITY = { kind: 'confluent', version: '8.3.1' } as const;
/** One broker has no three replicas. */
const ALWAYS = 'TOPIC_RISKS';

let bootstrap: string;
let client: KafkaClient;
let folder: string;
let count = 0;

beforeAll(async () => {
  ({ bootstrap } = await sharedKafka());
  client = await openKafka({ bootstrapServers: [bootstrap], client: 'platformatic' });
  folder = mkdtempSync(join(tmpdir(), 'srgit-topic-health-'));
  await cliEntry();
}, START_MS);

afterAll(async () => {
  await client?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

function recorded(name: string): readonly TopicRecord[] {
  const found = readAllTopics().find((topic) => topic.name === name);
  if (found === undefined) throw new Error(`no recorded topic ${name}`);
  return found.records.map(recordBytes);
}

async function filled(records: readonly TopicRecord[]): Promise<string> {
  const topic = `health-${process.pid}-${Date.now() % 1_000_000}-${count++}`;
  await client.admin.createTopic({ name: topic, partitionCount: 1, config: { 'cleanup.policy': 'compact' } });
  await write(topic, records);
  return topic;
}

async function write(topic: string, records: readonly TopicRecord[]): Promise<void> {
  await writeTopicRecords({ client, topic, records, now: Date.now });
}

function configRecord(subject: string): TopicRecord {
  const key = Buffer.from(JSON.stringify({ keytype: 'CONFIG', subject, magic: 0 }));
  return { offset: 0n, timestamp: 0, key, value: Buffer.from('{"compatibilityLevel":"NONE"}') };
}

function registryOf(records: readonly TopicRecord[]) {
  return strictRegistryDuringTest(snapshotFromState(reduceTopic(records).state, IDENTITY));
}

interface Finding {
  readonly code: string;
  readonly severity: string;
  readonly detail?: string;
}

async function look(
  url: string,
  topic: string,
  { from = bootstrap, cwd = folder, more = [] as readonly string[] } = {},
): Promise<{ readonly code: number | null; readonly findings: readonly Finding[]; readonly codes: readonly string[] }> {
  const source = ['--topic-source', `kafka:${from}`, '--topic', topic];
  const result = await runCli(['health', '--url', url, ...source, '--lag', '300', '--json', ...more], { cwd });
  expect(result.stderr).toBe('');
  const { findings } = JSON.parse(result.stdout) as { findings: readonly Finding[] };
  return { code: result.code, findings, codes: findings.map(({ code }) => code) };
}

describe('health with the topic', { timeout: TEST_MS }, () => {
  const good = recorded('random-walk-06');

  it('finds nothing where registry and topic agree, whatever an export leaves out', async () => {
    // No registry lists a subject that has a config only.
    const topic = await filled([...good, configRecord('config-only')]);
    const registry = await registryOf(good);
    expect((await look(registry.url, topic)).codes).toEqual([ALWAYS]);
    const cwd = join(folder, 'choosy');
    mkdirSync(cwd);
    writeFileSync(join(cwd, 'srgit.yaml'), 'backup: { subjects: "none-*", schema_types: [PROTOBUF] }\n');
    expect((await look(registry.url, topic, { cwd })).codes).toEqual([ALWAYS]);

    // The same choice must not make a topic of a part of the registry.
    const made = `${topic}-made`;
    const to = ['--to', `kafka:${bootstrap}`, '--topic', made];
    const rebuilt = await runCli(['topic', 'rebuild', ...to, '--from', 'registry', '--url', registry.url], { cwd });
    expect(rebuilt.code, rebuilt.stderr).toBe(0);
    const source = await topicOfCluster(client, made, made);
    if (source === undefined) throw new Error(`no topic ${made}`);
    const { reduced } = await readTopic(source);
    const rows = ({ subjects }: typeof reduced.state) =>
      [...subjects].map(([name, entry]) => [name, entry.rows.length]).sort();
    expect(rows(reduced.state)).toEqual(rows(reduceTopic(good).state));
  });

  it('says which node leads, as the group in Kafka has it', async () => {
    const topic = await filled(good);
    const registry = await registryOf(good);
    const group = `${topic}-registry`;
    const asked = async () => {
      const source = ['--topic-source', `kafka:${bootstrap}`, '--topic', topic, '--group', group];
      const { stdout } = await runCli(['health', '--url', registry.url, ...source, '--json'], { cwd: folder });
      const { leader, findings } = JSON.parse(stdout) as { leader?: string; findings: readonly Finding[] };
      return [leader, ...findings.map(({ code }) => code)];
    };
    const nodes = ['sr-1', 'sr-2'].map((host) => ({ host, port: 8081, scheme: 'https', master_eligibility: true }));
    const metadata = nodes.map((node) => Buffer.from(JSON.stringify(node)));
    const withAssignment = async (assignment: object) => {
      const assigned = Buffer.from(JSON.stringify({ version: 1, ...assignment }));
      const members = await joinGroup({ bootstrap, group, protocolType: 'sr', metadata, assignment: assigned });
      const answer = await asked();
      await members.leave();
      return answer;
    };
    expect(await asked()).toEqual([undefined, 'GROUP_EMPTY', ALWAYS]);
    const elected = { error: 0, master: 'm', master_identity: nodes[1] };
    expect(await withAssignment(elected)).toEqual(['https://sr-2:8081', ALWAYS]);
    const none = { error: 0, master: null, master_identity: null };
    expect(await withAssignment(none)).toEqual([undefined, 'NO_LEADER', ALWAYS]);
    expect(await withAssignment({ ...none, error: 1 })).toEqual([undefined, 'ADDRESS_TWICE', ALWAYS]);
  });

  it('finds what the registry has and its topic lacks, and the other way round', async () => {
    const topic = await filled(good);
    const registry = await registryOf(good);
    await register(registry.url, 'only-in-memory', record('OnlyInMemory'));
    const report = await look(registry.url, topic);
    expect(report).toMatchObject({ code: 1, codes: [ALWAYS, 'TOPIC_DIFFERS'] });
    expect(report.findings[1]?.detail).toBe('only-in-memory: the registry has it, the topic does not');

    const behind = await registryOf(good.slice(0, 4));
    expect((await look(behind.url, topic)).codes).toEqual([ALWAYS, 'TOPIC_DIFFERS']);
  });

  it('finds a topic that a registry would not start with, also when no registry answers', async () => {
    const key = Buffer.from('{"keytype":"FOREIGN","magic":0}');
    const topic = await filled([...good, { offset: 0n, timestamp: 0, key, value: Buffer.from('{}') }]);
    const registry = await registryOf(good);
    const report = await look(registry.url, topic);
    expect(report).toMatchObject({ code: 1, codes: ['TOPIC_UNSOUND', ALWAYS] });
    expect(report.findings[0]).toMatchObject({
      severity: 'down',
      detail: `KEYTYPE_UNKNOWN at offset ${good.length}`,
    });
    const gone = await look(`http://127.0.0.1:${await findDeadPort()}`, topic);
    expect(gone.codes).toEqual(['NODE_UNREACHABLE', 'TOPIC_UNSOUND', ALWAYS]);
  });

  it('finds a topic that is not there, and a broker that is not there', async () => {
    const registry = await registryOf(good);
    const missing = await look(registry.url, 'no-such-topic');
    expect(missing).toMatchObject({ code: 1, codes: ['TOPIC_UNREADABLE'] });
    expect(missing.findings[0]?.detail).toContain('there is no topic no-such-topic');
    const dead = await look(registry.url, 'any', { from: `127.0.0.1:${await findDeadPort()}` });
    expect(dead.codes).toEqual(['TOPIC_UNREADABLE']);
  });

  it('takes no write that is on its way for a difference', async () => {
    const topic = await filled(good);
    const registry = await registryOf(good);
    let writing = true;
    let written = 0;
    const writer = (async () => {
      while (writing) {
        const subject = `moving-${written++}`;
        await register(registry.url, subject, record(`Moving${written}`));
        const row = await request(registry.url, 'GET', `/subjects/${subject}/versions/1`);
        await sleep(50);
        const key = Buffer.from(JSON.stringify({ keytype: 'SCHEMA', subject, version: 1, magic: 1 }));
        const value = Buffer.from(JSON.stringify({ ...(row as object), deleted: false }));
        await write(topic, [{ offset: 0n, timestamp: 0, key, value }]);
      }
    })();
    try {
      const report = await look(registry.url, topic);
      expect(report.codes).toEqual([ALWAYS]);
    } finally {
      writing = false;
      await writer;
    }
    expect(written).toBeGreaterThan(2);
  });
});
