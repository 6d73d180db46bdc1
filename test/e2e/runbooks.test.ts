/**
 * The pages of docs/recovery, played as they stand: a person under stress copies their commands. Slow: a broker of its own, in
 * which each page has the topic `_schemas` to itself.
 */
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
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
import { CLI_ENV, cliEntry, runCli } from '../support/cli.ts';
import { record, register } from '../support/embedded-registry.ts';
import { git, repository } from '../support/git.ts';
import { type KafkaBroker, startKafka } from '../support/kafka-broker.ts';
import { findDeadPort } from '../support/loopback-server.ts';
import { type StrictRegistry, startStrictRegistry } from '../support/restoring.ts';
import { startPair } from '../support/two-nodes.ts';
import { parseRunbook, playRunbook } from './runbooks-player.ts';

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
class Scene {
  readonly cwd = repository();
  readonly env: Record<string, string> = { ...CLI_ENV, KAFKA: broker.bootstrap };
  #registry: StrictRegistry | undefined;

  constructor(program: string) {
    const bin = join(this.cwd, '.bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'srgit'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
    chmodSync(join(bin, 'srgit'), 0o755);
    this.env['PATH'] = [bin, CLI_ENV['PATH']].join(delimiter);
    writeFileSync(join(this.cwd, '.gitignore'), '.bin\n.output-*\n');
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

  async srgit(...args: readonly string[]): Promise<void> {
    const { code, stderr, stdout } = await runCli(args, { cwd: this.cwd, env: this.env });
    expect(code, stderr + stdout).toBe(0);
  }

  /** What a registry that is started reads: its topic. */
  async startOnTopic(topic: string): Promise<void> {
    const source = await topicOfCluster(client, topic, topic);
    if (source === undefined) throw new Error(`there is no topic ${topic}`);
    const { reduced, findings } = await readTopic(source);
    expect(findings.filter(({ effect }) => effect === 'stops')).toEqual([]);
    await this.startRegistry(snapshotFromState(reduced.state, IDENTITY));
  }

  async play(page: string): Promise<string> {
    const steps = parseRunbook(readFileSync(join(PAGES, page), 'utf8'));
    expect(steps.filter(({ kind }) => kind === 'run').length).toBeGreaterThan(3);
    const printed = await playRunbook(steps, {
      cwd: this.cwd,
      env: this.env,
      act: async ([what, topic = TOPIC]) => {
        if (what === 'stop-registry') await this.stopRegistry();
        else if (what === 'start-registry') await this.startOnTopic(topic);
        else if (what === 'start-empty-registry') await this.startRegistry();
        else throw new Error(`no such stage: ${what}`);
      },
    });
    if (process.env['SRGIT_SHOW_RUNBOOKS'] === '1') process.stdout.write(`\n===== ${page}\n${printed}\n`);
    return printed;
  }
}

async function scene(): Promise<Scene> {
  return new Scene(await cliEntry());
}

/** Three subjects, as a shop has them. */
async function shop(url: string): Promise<void> {
  await register(url, 'orders-value', record('Order'));
  await register(url, 'orders-value', {
    ...record('Order'),
    fields: [
      { name: 'id', type: ['null', 'string'], default: null },
      { name: 'note', type: ['null', 'string'], default: null },
    ],
  });
  await register(url, 'payments-value', record('Payment', 'amount'));
  await register(url, 'customers-value', record('Customer', 'name'));
}

async function fillTopic(
  snapshot: RegistrySnapshot,
  change: (records: readonly NewRecord[]) => readonly NewRecord[] = (records) => records,
): Promise<void> {
  await client.admin.createTopic({ name: TOPIC, partitionCount: 1, config: { 'cleanup.policy': 'compact' } });
  const records = change([...writeTopic(stateFromSnapshot(snapshot))]);
  await writeTopicRecords({ client, topic: TOPIC, records, now: Date.now });
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

async function textOf(url: string | undefined, id: number): Promise<string | undefined> {
  const answer = (await (await fetch(`${url}/schemas/ids/${id}`)).json()) as { schema?: string };
  return answer.schema;
}

describe('recovery, page by page', { timeout: TEST_MS }, () => {
  it('can-read-cannot-publish', async () => {
    const here = await scene();
    const before = await here.startRegistry();
    await shop(before.url);
    const snapshot = before.snapshot();
    await fillTopic(snapshot);
    await here.stopRegistry();
    const pair = await startPair(snapshot);
    onTestFinished(() => pair.close());
    pair.setFault({ kind: 'frozen-broker' });
    here.env['SRGIT_URL'] = pair.urls.join(',');
    await here.play('can-read-cannot-publish.md');
    for (const id of [1, 2, 3, 4]) {
      expect(await textOf(here.env['SRGIT_URL'], id)).toBe(await textOf(pair.urls[0], id));
    }
  });

  it('topic-corrupted', async () => {
    const here = await scene();
    const { url, snapshot } = await here.startRegistry();
    await shop(url);
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
    await here.play('topic-corrupted.md');
    expect(await textOf(here.env['SRGIT_URL'], 3)).toContain('Payment');
  });

  it('registry-lost', async () => {
    const here = await scene();
    const { url } = await here.startRegistry();
    await shop(url);
    await here.srgit('export', '--commit');
    const texts = await Promise.all([1, 2, 3, 4].map((id) => textOf(url, id)));
    await here.stopRegistry();
    here.env['PORT'] = `${await findDeadPort()}`;
    await here.play('registry-lost.md');
    expect(await Promise.all([1, 2, 3, 4].map((id) => textOf(here.env['SRGIT_URL'], id)))).toEqual(texts);
  });

  it('ids-reused', async () => {
    const here = await scene();
    const { url, snapshot } = await here.startRegistry();
    await shop(url);
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
    await here.play('ids-reused.md');
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
    await shop(url);
    await here.srgit('export', '--commit');
    await here.stopRegistry();
    const there = await here.startRegistry();
    for (const name of ['A', 'B', 'C', 'D', 'E']) await register(there.url, `other-${name}`, record(name));
    await shop(there.url);
    await fillRecords('orders', [1, 2, 2, 1]);
    await here.play('wrong-ids-after-migration.md');
    expect(await idsIn('orders-fixed')).toEqual([6, 7, 7, 6]);
  });

  it('has a test for each page', () => {
    const tested = readFileSync(import.meta.filename, 'utf8');
    const index = readFileSync(join(PAGES, 'README.md'), 'utf8');
    for (const page of readdirSync(PAGES).filter((name) => name !== 'README.md')) {
      expect(tested).toContain(`here.play('${page}')`);
      expect(index).toContain(`(${page})`);
    }
  });
});
