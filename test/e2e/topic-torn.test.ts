/**
 * A torn log: bytes of the broker's own file of the schemas topic are flipped while it is down. What is undamaged is kept, what is
 * not is named, and the topic is made anew from the last export. Slow: a broker of its own, which is stopped and started.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTopic } from '../../src/app/topic/read-topic.ts';
import { topicOfCluster } from '../../src/app/topic/topic-source.ts';
import { writeTopicRecords } from '../../src/app/topic/write-topic-records.ts';
import { openKafka } from '../../src/kafka/open-kafka.ts';
import { snapshotFromState } from '../../src/semantics/snapshot-state.ts';
import type { RegistryState } from '../../src/semantics/state.ts';
import { reduceTopic } from '../../src/semantics/topic/reduce-topic.ts';
import type { TopicRecord } from '../../src/semantics/topic/topic-record.ts';
import { loadTree } from '../../src/tree/load-tree.ts';
import { readAllTopics, recordBytes } from '../semantics/recorded-topics.ts';
import { cliEntry, runCli } from '../support/cli.ts';
import { type KafkaBroker, startKafka } from '../support/kafka-broker.ts';
import { randomNumbers } from '../support/random-numbers.ts';

const seed = Number(process.env['SRGIT_SEED'] ?? Date.now() % 1_000_000_007);
const START_MS = 300_000;
/** Times that the good file is damaged anew, each at other places. */
const ROUNDS = Number(process.env['SRGIT_RUNS'] ?? 6);
const TEST_MS = 240_000 + ROUNDS * 10_000;
const TOPIC = '_schemas';
const IDENTITY = { kind: 'unknown' } as const;

let broker: KafkaBroker;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'srgit-torn-'));
  [broker] = await Promise.all([startKafka(), cliEntry()]);
}, START_MS);

afterAll(async () => {
  await broker?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

function srgit(...args: readonly string[]) {
  return runCli(args, { cwd: folder });
}

async function withClient<T>(work: (client: Awaited<ReturnType<typeof openKafka>>) => Promise<T>): Promise<T> {
  const client = await openKafka({ bootstrapServers: [broker.bootstrap], client: 'platformatic' });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

/** Records of a recorded topic as they were written: a batch for every few. */
async function fillInBatches(records: readonly TopicRecord[], each: number): Promise<void> {
  await withClient(async (client) => {
    const config = { 'cleanup.policy': 'compact' };
    await client.admin.createTopic({ name: TOPIC, partitionCount: 1, config });
    for (let at = 0; at < records.length; at += each) {
      await writeTopicRecords({ client, topic: TOPIC, records: records.slice(at, at + each), now: Date.now });
    }
  });
}

async function stateOfTopic(): Promise<RegistryState> {
  return withClient(async (client) => {
    const source = await topicOfCluster(client, TOPIC, TOPIC);
    if (source === undefined) throw new Error('the topic is gone');
    return (await readTopic(source)).reduced.state;
  });
}

interface BatchPlace {
  /** First byte, and the first behind it. */
  readonly start: number;
  readonly end: number;
  readonly first: bigint;
  readonly last: bigint;
}

/** Where the batches of a segment are (KIP-98): base offset, length of what follows the first 12 bytes, last offset delta at 23. */
function batchesOf(segment: Buffer): readonly BatchPlace[] {
  const found: BatchPlace[] = [];
  for (let start = 0; start + 61 <= segment.length; ) {
    const first = segment.readBigInt64BE(start);
    const length = segment.readInt32BE(start + 8);
    // A segment may be longer than what was written to it.
    if (length <= 0) break;
    found.push({ start, end: start + 12 + length, first, last: first + BigInt(segment.readInt32BE(start + 23)) });
    start += 12 + length;
  }
  return found;
}

/**
 * Bytes that a reader can miss: length, magic, checksum, and all that the checksum is of. Offset and leader epoch, which are before
 * it, are covered by nothing.
 */
const HEADER = [8, 9, 10, 11, 16, 17, 18, 19, 20] as const;
const CHECKED_FROM = 21;
/** Share of the flips that go into these few bytes. */
const HEADER_SHARE = 0.3;

interface Damage {
  readonly bytes: Buffer;
  readonly batches: ReadonlySet<number>;
}

/** Flips one to four bytes, each of any batch. */
function tear(segment: Buffer, batches: readonly BatchPlace[], random: () => number): Damage {
  const bytes = Buffer.from(segment);
  const torn = new Set<number>();
  const count = 1 + Math.floor(random() * 4);
  while (torn.size < count) {
    const index = Math.floor(random() * batches.length);
    const batch = batches[index];
    // A second flip could undo the first.
    if (batch === undefined || torn.has(index)) continue;
    const inHeader = random() < HEADER_SHARE;
    const into = inHeader
      ? (HEADER[Math.floor(random() * HEADER.length)] ?? CHECKED_FROM)
      : CHECKED_FROM + Math.floor(random() * (batch.end - batch.start - CHECKED_FROM));
    const at = batch.start + into;
    bytes[at] = (bytes[at] ?? 0) ^ (1 + Math.floor(random() * 255));
    torn.add(index);
  }
  return { bytes, batches: torn };
}

/** One byte of the last record's value. */
function flipInData(segment: Buffer, batch: BatchPlace | undefined): Buffer {
  const bytes = Buffer.from(segment);
  const at = (batch?.end ?? 0) - 5;
  bytes[at] = (bytes[at] ?? 0) ^ 0x20;
  return bytes;
}

interface Inspected {
  readonly verdict: string;
  readonly records: number;
  readonly findings: readonly { readonly code: string; readonly offset?: number }[];
}

describe('a torn log segment', () => {
  it(`is named by its offsets, and every other row is kept (SRGIT_SEED=${seed})`, { timeout: TEST_MS }, async () => {
    const recorded = readAllTopics().find(({ name }) => name === 'random-walk-06');
    if (recorded === undefined) throw new Error('the recorded topic is gone');
    const records = recorded.records.map(recordBytes);
    await fillInBatches(records, 3);
    const exported = join(folder, 'exported');
    const from = ['--from', `kafka:${broker.bootstrap}`];
    const saved = await srgit('topic', 'salvage', ...from, '--to-tree', '--tree', exported);
    expect(saved.code, saved.stderr).toBe(0);
    const whole = snapshotFromState(await stateOfTopic(), IDENTITY);
    expect(whole.contexts.flatMap(({ subjects }) => subjects).length).toBeGreaterThan(0);

    await broker.stop();
    const file = join(broker.dataFolder, `${TOPIC}-0`, '00000000000000000000.log');
    const good = readFileSync(file);
    const batches = batchesOf(good);
    expect(batches.length).toBe(Math.ceil(records.length / 3));
    const random = randomNumbers(seed);
    for (let round = 0; round < ROUNDS; round++) {
      const damage = tear(good, batches, random);
      writeFileSync(file, damage.bytes);
      const what = `round ${round} of seed ${seed}, batches ${[...damage.batches].join(', ')}`;
      await expectNamed(damage, batches, records, what);
    }

    // Its folder alone, copied elsewhere with the files beside it, says as much: without `.kafka_cleanshutdown` what is damaged
    // at the end would be taken for a write that was under way.
    const copy = join(folder, 'copy');
    cpSync(join(broker.dataFolder, `${TOPIC}-0`), join(copy, `${TOPIC}-0`), { recursive: true });
    for (const file of readdirSync(broker.dataFolder, { withFileTypes: true })) {
      if (file.isFile()) cpSync(join(broker.dataFolder, file.name), join(copy, file.name));
    }
    const [there, elsewhere] = await Promise.all(
      [broker.dataFolder, copy].map(async (data) => {
        const { stdout } = await srgit('topic', 'inspect', '--from', `kafka-log:${data}`, '--json');
        const { records: count, findings } = JSON.parse(stdout) as Inspected;
        return [count, findings.filter(({ code }) => code === 'RECORD_DAMAGED')];
      }),
    );
    expect(elsewhere).toEqual(there);

    // A broker that is started takes the file as it is: it was stopped in order, and checks no sums. A length that is hurt
    // can keep it from starting at all (seen: "Found record size … smaller than minimum record overhead").
    writeFileSync(file, flipInData(good, batches[Math.floor(random() * batches.length)]));
    await broker.restart();
    const live = await srgit('topic', 'inspect', ...from, '--json');
    expect(live.code, live.stdout).toBe(1);
    expect((JSON.parse(live.stdout) as Inspected).findings.map(({ code }) => code)).toContain('RECORD_DAMAGED');
    // Neither way is what is there written over.
    for (const how of [[], ['--in-place']]) {
      const refused = await srgit('topic', 'rebuild', '--to', `kafka:${broker.bootstrap}`, '--tree', exported, ...how);
      expect(refused.code, refused.stdout).toBe(1);
      expect(refused.stderr).toContain('SRGIT_KAFKA_TOPIC');
    }

    // Beside it, and, when it is deleted, in its place.
    const beside = [...['--to', `kafka:${broker.bootstrap}`], ...['--topic', '_schemas_new', '--tree', exported]];
    const second = await srgit('topic', 'rebuild', ...beside);
    expect(second.code, second.stderr).toBe(0);
    await withClient(async (client) => {
      await client.admin.deleteTopic(TOPIC);
      while ((await client.admin.topics([TOPIC])).length > 0) await new Promise((resolve) => setTimeout(resolve, 50));
    });
    const rebuilt = await srgit('topic', 'rebuild', '--to', `kafka:${broker.bootstrap}`, '--tree', exported);
    expect(rebuilt.code, rebuilt.stderr).toBe(0);
    expect(rebuilt.stdout).toContain('Topic _schemas made from');
    const agrees = await srgit('topic', 'diff', ...from, '--tree', exported);
    expect(agrees, agrees.stdout).toMatchObject({ code: 0, stderr: '' });
    const { snapshot } = await loadTree(exported);
    expect(rowsOf(snapshotFromState(await stateOfTopic(), IDENTITY))).toEqual(rowsOf(snapshot));
  });
});

/** Inspected and salvaged from the files of a broker that is down. */
async function expectNamed(
  { batches: torn }: Damage,
  batches: readonly BatchPlace[],
  records: readonly TopicRecord[],
  what: string,
): Promise<void> {
  const from = ['--from', `kafka-log:${broker.dataFolder}`, '--topic', TOPIC];
  const inspected = await srgit('topic', 'inspect', ...from, '--json');
  expect(inspected.code, `${what}: ${inspected.stderr}`).toBe(1);
  const { findings, verdict } = JSON.parse(inspected.stdout) as Inspected;
  expect(verdict, what).toBe('unusable');
  const named = findings.flatMap(({ code, offset }) => (code === 'RECORD_DAMAGED' ? [offset] : []));
  const firsts = [...torn].map((index) => Number(batches[index]?.first)).sort((a, b) => a - b);
  expect(named.length, what).toBeGreaterThan(0);
  // Damages that lie side by side may be told as one.
  for (const first of firsts)
    expect(
      named.some((offset) => offset !== undefined && offset <= first),
      what,
    ).toBe(true);
  for (const offset of named) expect(firsts, what).toContain(offset);

  const tree = join(folder, `salvaged-${firsts.join('-')}`);
  const salvaged = await srgit('topic', 'salvage', ...from, '--to-tree', '--tree', tree, '--allow-deletions');
  expect(salvaged.code, `${what}: ${salvaged.stderr}`).toBe(0);
  const isLost = (offset: bigint): boolean =>
    [...torn].some((index) => {
      const batch = batches[index];
      return batch !== undefined && offset >= batch.first && offset <= batch.last;
    });
  const kept = records.filter((_, index) => !isLost(BigInt(index)));
  const { snapshot } = await loadTree(tree);
  expect(rowsOf(snapshot), what).toEqual(rowsOf(snapshotFromState(reduceTopic(kept).state, IDENTITY)));
  rmSync(tree, { recursive: true, force: true });
}

/** What readers of records need: every subject's versions with their ids and texts. */
function rowsOf({ contexts }: ReturnType<typeof snapshotFromState>): readonly unknown[] {
  return contexts.flatMap(({ name, subjects }) =>
    subjects.flatMap((subject) =>
      subject.versions.map(({ version, id, schema, deleted, references }) => ({
        ...{ context: name, subject: subject.name, version, id, schema, deleted, references },
      })),
    ),
  );
}
