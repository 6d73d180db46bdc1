/**
 * The pages of docs/recovery, played as they stand: a person under stress copies their commands. Slow: a broker of its own, in
 * which each page has the topic `_schemas` to itself.
 */
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { readTopic } from '../../src/app/topic/read-topic.ts';
import { topicOfCluster } from '../../src/app/topic/topic-source.ts';
import { type NewRecord, writeTopicRecords } from '../../src/app/topic/write-topic-records.ts';
import { openKafka } from '../../src/kafka/open-kafka.ts';
import type { KafkaClient } from '../../src/kafka/port.ts';
import type { RegistrySnapshot } from '../../src/model/registry-snapshot.ts';
import { snapshotFromState, stateFromSnapshot } from '../../src/semantics/snapshot-state.ts';
import { writeTopic } from '../../src/semantics/topic/write-topic.ts';
import { PageReader } from '../docs/page-reader.ts';
import { fillShop, textOf } from '../docs/shop.ts';
import { cliEntry } from '../support/cli.ts';
import { record, register } from '../support/embedded-registry.ts';
import { git } from '../support/git.ts';
import { type KafkaBroker, startKafka } from '../support/kafka-broker.ts';
import { findDeadPort } from '../support/loopback-server.ts';
import { type StrictRegistry, startStrictRegistry, strictRegistryDuringTest } from '../support/restoring.ts';
import { startPair } from '../support/two-nodes.ts';

const PAGES = join(import.meta.dirname, '../../docs/recovery');
const START_MS = 300_000;
const TEST_MS = 300_000;
const IDENTITY = { kind: 'confluent', version: '8.3.1' } as const;
const TOPIC = '_schemas';

let broker: KafkaBroker;
let client: KafkaClient;

beforeAll(async () => {
  [broker] = await Promise.all([startKafka(), cliEntry()]);
  client = await openKafka({ bootstrapServers: [broker.bootstrap], client: 'platformatic' });
}, START_MS);

afterAll(async () => {
  await client?.close();
  await broker?.close();
});

beforeEach(async () => {
  const own = async () => (await client.admin.topics()).filter(({ internal }) => !internal);
  for (const { name } of await own()) await client.admin.deleteTopic(name);
  while ((await own()).length > 0) await sleep(50);
});

/** What the page's reader has: a folder with a tree in git, a cluster, a registry. */
class Scene extends PageReader {
  #registry: StrictRegistry | undefined;

  constructor(program: string) {
    super(program, { KAFKA: broker.bootstrap });
    onTestFinished(() => this.stopRegistry());
  }

  async startRegistry(snapshot?: RegistrySnapshot): Promise<StrictRegistry> {
    await this.stopRegistry();
    this.#registry = await startStrictRegistry(snapshot);
    this.env['SRGIT_URL'] = this.#registry.url;
    return this.#registry;
  }

  async stopRegistry(): Promise<void> {
    await this.#registry?.close();
    this.#registry = undefined;
  }

  /** What a registry that is started reads: its topic. */
  async startOnTopic(topic: string): Promise<void> {
    const source = await topicOfCluster(client, topic, topic);
    if (source === undefined) throw new Error(`there is no topic ${topic}`);
    const { reduced, findings } = await readTopic(source);
    expect(findings.filter(({ effect }) => effect === 'stops')).toEqual([]);
    await this.startRegistry(snapshotFromState(reduced.state, IDENTITY));
  }

  /** A disk changes bytes of one row while the broker is down; what it has of the topic is copied. */
  async damageAndCopyTopic(): Promise<void> {
    await broker.stop();
    const segment = join(broker.dataFolder, `${TOPIC}-0`, '00000000000000000000.log');
    const bytes = readFileSync(segment);
    const at = bytes.indexOf('Payment');
    expect(at).toBeGreaterThan(0);
    bytes.write('X', at);
    writeFileSync(segment, bytes);
    const copy = join(this.cwd, 'copy');
    for (const name of readdirSync(broker.dataFolder)) {
      const isWanted = name === `${TOPIC}-0` || statSync(join(broker.dataFolder, name)).isFile();
      if (isWanted) cpSync(join(broker.dataFolder, name), join(copy, name), { recursive: true });
    }
    this.env['COPY'] = copy;
    await broker.restart();
  }

  override play(page: string): Promise<string> {
    return super.play(page, async ([what, topic = TOPIC]) => {
      if (what === 'stop-registry') await this.stopRegistry();
      else if (what === 'start-registry') await this.startOnTopic(topic);
      else if (what === 'copy-topic') await this.damageAndCopyTopic();
      else throw new Error(`no such stage: ${what}`);
    });
  }
}

async function scene(): Promise<Scene> {
  return new Scene(await cliEntry());
}

/** @param each how many records become one batch */
async function fillTopic(
  snapshot: RegistrySnapshot,
  change: (records: readonly NewRecord[]) => readonly NewRecord[] = (records) => records,
  each = 1000,
): Promise<void> {
  await client.admin.createTopic({ name: TOPIC, partitionCount: 1, config: { 'cleanup.policy': 'compact' } });
  const records = change([...writeTopic(stateFromSnapshot(snapshot))]);
  for (let at = 0; at < records.length; at += each) {
    await writeTopicRecords({ client, topic: TOPIC, records: records.slice(at, at + each), now: Date.now });
  }
}

/** Values of a topic of records: magic byte, id, content. */
async function fillRecords(topic: string, ids: readonly number[]): Promise<void> {
  await client.admin.createTopic({ name: topic, partitionCount: 1 });
  const records = ids.map((id, index) => {
    const value = Buffer.alloc(9);
    value.writeInt32BE(id, 1);
    value.writeInt32BE(index, 5);
    return { key: Buffer.from(`${index}`), value };
  });
  await writeTopicRecords({ client, topic, records, now: Date.now });
}

async function idsIn(topic: string): Promise<readonly number[]> {
  const source = await topicOfCluster(client, topic, topic);
  if (source === undefined) throw new Error(`there is no topic ${topic}`);
  const ids: number[] = [];
  for await (const item of source.read()) {
    if (item.kind === 'record' && item.record.value !== null) ids.push(item.record.value.readInt32BE(1));
  }
  return ids;
}

async function commitGroup(group: string, topic: string, offset: bigint): Promise<void> {
  await client.admin.commitGroupOffsets(group, [{ topic, partition: 0, offset }]);
}

async function groupPosition(group: string, topic: string): Promise<bigint | undefined> {
  const { offsets } = await client.admin.groupOffsets(group);
  return offsets.find((position) => position.topic === topic)?.offset;
}

/** Of the schema with this text. */
async function idOf(url: string, text: string | undefined): Promise<number> {
  const rows = (await (await fetch(`${url}/schemas?subjectPrefix=:*:`)).json()) as { id: number; schema: string }[];
  return rows.find(({ schema }) => schema === text)?.id ?? 0;
}

describe('recovery, page by page', { timeout: TEST_MS }, () => {
  it('can-read-cannot-publish', async () => {
    const here = await scene();
    const before = await here.startRegistry();
    await fillShop(before.url);
    const snapshot = before.snapshot();
    await fillTopic(snapshot);
    await here.stopRegistry();
    const pair = await startPair(snapshot);
    onTestFinished(() => pair.close());
    pair.setFault({ kind: 'frozen-broker' });
    here.env['SRGIT_URL'] = pair.urls.join(',');
    await here.play('recovery/can-read-cannot-publish.md');
    for (const id of [1, 2, 3, 4]) {
      expect(await textOf(here.env['SRGIT_URL'], id)).toBe(await textOf(pair.urls[0], id));
    }
  });

  it('topic-corrupted', async () => {
    const here = await scene();
    const { url, snapshot } = await here.startRegistry();
    await fillShop(url);
    await here.srgit('export', '--commit');
    const state = snapshot();
    await here.stopRegistry();
    // A row is cut in half, what it was before is compacted away, and somebody else's record is among them.
    await fillTopic(state, (records) => [
      ...records.map(({ key, value }) => {
        const isHit = key?.includes('payments-value') === true;
        return { key, value: isHit ? (value?.subarray(0, 20) ?? null) : value };
      }),
      { key: Buffer.from('{"keytype":"BACKUP","magic":0}'), value: Buffer.from('{}') },
    ]);
    await here.play('recovery/topic-corrupted.md');
    expect(await textOf(here.env['SRGIT_URL'], 3)).toContain('Payment');
  });

  it('topic-bytes-damaged', async () => {
    const here = await scene();
    const registry = await here.startRegistry();
    await fillShop(registry.url);
    await here.srgit('export', '--commit');
    const payment = await textOf(registry.url, 3);
    // After the last export.
    expect(await register(registry.url, 'refunds-value', record('Refund', 'total'))).toBe(5);
    const state = registry.snapshot();
    await here.stopRegistry();
    await fillTopic(state, (records) => records, 1);
    await here.play('recovery/topic-bytes-damaged.md');
    expect(await textOf(here.env['SRGIT_URL'], 3)).toBe(payment);
    expect(await textOf(here.env['SRGIT_URL'], 5)).toContain('Refund');
  });

  it('registry-lost-managed', async () => {
    const here = await scene();
    const { url } = await here.startRegistry();
    await fillShop(url);
    await here.srgit('export', '--commit');
    const texts = await Promise.all([1, 2, 3, 4].map((id) => textOf(url, id)));
    await here.startRegistry();
    await here.play('recovery/registry-lost-managed.md');
    expect(await Promise.all([1, 2, 3, 4].map((id) => textOf(here.env['SRGIT_URL'], id)))).toEqual(texts);
  });

  it('registry-lost', async () => {
    const here = await scene();
    const { url } = await here.startRegistry();
    await fillShop(url);
    await here.srgit('export', '--commit');
    const texts = await Promise.all([1, 2, 3, 4].map((id) => textOf(url, id)));
    await here.stopRegistry();
    here.env['PORT'] = `${await findDeadPort()}`;
    await here.play('recovery/registry-lost.md');
    expect(await Promise.all([1, 2, 3, 4].map((id) => textOf(here.env['SRGIT_URL'], id)))).toEqual(texts);
  });

  it('ids-reused', async () => {
    const here = await scene();
    const { url, snapshot } = await here.startRegistry();
    await fillShop(url);
    await here.srgit('export', '--commit');
    here.env['BEFORE'] = git(here.cwd, 'rev-parse', 'HEAD');
    const old = await textOf(url, 4);
    for (const query of ['', '?permanent=true']) {
      await fetch(`${url}/subjects/customers-value${query}`, { method: 'DELETE' });
    }
    const without = snapshot();
    await here.stopRegistry();
    // Compacted and restarted, the registry has forgotten that there was an id 4.
    const after = await here.startRegistry(without);
    expect(await register(after.url, 'invoices-value', record('Invoice', 'total'))).toBe(4);
    // Its id was never another schema's: it must stay.
    expect(await register(after.url, 'refunds-value', record('Refund', 'total'))).toBe(5);
    await fillTopic(after.snapshot());
    await fillRecords('customers', [4, 4]);
    await fillRecords('invoices', [4, 4, 4]);
    await here.play('recovery/ids-reused.md');
    const now = here.env['SRGIT_URL'];
    expect(await textOf(now, 4)).toBe(old);
    expect(await textOf(now, 5)).toContain('Refund');
    const ids = new Set(await idsIn('invoices-fixed'));
    expect([...ids]).toHaveLength(1);
    expect(await textOf(now, [...ids][0] ?? 0)).toContain('Invoice');
  });

  it('wrong-ids-after-migration', async () => {
    const here = await scene();
    const { url } = await here.startRegistry();
    await fillShop(url);
    await here.srgit('export', '--commit');
    await here.stopRegistry();
    const there = await here.startRegistry();
    for (const name of ['A', 'B', 'C', 'D', 'E']) await register(there.url, `other-${name}`, record(name));
    await fillShop(there.url);
    await fillRecords('orders', [1, 2, 2, 1]);
    await here.play('recovery/wrong-ids-after-migration.md');
    expect(await idsIn('orders-fixed')).toEqual([6, 7, 7, 6]);
  });

  it('migration: mapped-ids', async () => {
    const here = await scene();
    const old = await strictRegistryDuringTest();
    await fillShop(old.url);
    const there = await strictRegistryDuringTest();
    for (const name of ['A', 'B', 'C', 'D', 'E']) await register(there.url, `other-${name}`, record(name));
    Object.assign(here.env, { OLD_URL: old.url, NEW_URL: there.url, NEW_KAFKA: broker.bootstrap });
    await fillRecords('orders', [1, 2, 2, 1]);
    await commitGroup('billing', 'orders', 3n);
    await here.play('migration/mapped-ids.md');
    const newIds = new Map<number, number>();
    for (const id of [1, 2]) newIds.set(id, await idOf(there.url, await textOf(old.url, id)));
    expect(await idsIn('orders-new')).toEqual([1, 2, 2, 1].map((id) => newIds.get(id)));
    expect(await groupPosition('billing', 'orders-new')).toBe(3n);
  });

  it('migration: confluent-to-karapace', async () => {
    const here = await scene();
    const old = await strictRegistryDuringTest();
    await fillShop(old.url);
    await register(old.url, ':.staging:orders-value', record('Staged'));
    here.env['OLD_URL'] = old.url;
    await here.play('migration/confluent-to-karapace.md');
    await here.startOnTopic(TOPIC);
    for (const id of [1, 2, 3, 4]) expect(await textOf(here.env['SRGIT_URL'], id)).toBe(await textOf(old.url, id));
  });

  it('has a test for each page', () => {
    const tested = readFileSync(import.meta.filename, 'utf8');
    const index = readFileSync(join(PAGES, 'README.md'), 'utf8');
    for (const page of readdirSync(PAGES).filter((name) => name !== 'README.md')) {
      expect(tested).toContain(`here.play('recovery/${page}')`);
      expect(index).toContain(`(${page})`);
    }
  });
});
