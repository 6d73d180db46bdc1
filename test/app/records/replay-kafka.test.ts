/** Replaying into a real broker: each record once, whatever happens on the way. Kafka's own client looks at what is there. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoadedMap } from '../../../src/app/records/load-map.ts';
import {
  type ReplayOptions,
  type ReplayResult,
  replayRecords,
} from '../../../src/app/records/replay/replay-records.ts';
import { prepareTopics } from '../../../src/app/records/replay/target-topics.ts';
import { makeTopicRules } from '../../../src/app/records/topic-rules.ts';
import { openKafka } from '../../../src/kafka/open-kafka.ts';
import type { KafkaClient } from '../../../src/kafka/port.ts';
import type { PlainRecord } from '../../../src/records/record-slices.ts';
import { asText, framed, plainRecord } from '../../records/random-records.ts';
import type { KafkaAddress } from '../../support/kafka-broker.ts';
import { type KafkaEye, startKafkaEye } from '../../support/kafka-broker-eye.ts';
import { sharedKafka } from '../../support/kafka-broker-shared.ts';
import { schemas } from '../../support/known-schemas.ts';
import { type MemorySourceOptions, type MemoryTopics, memorySource } from '../../support/memory-records.ts';
import { temporaryFolder } from '../../support/trees.ts';

const START_MS = 300_000;
const TEST_MS = 120_000;

let eye: KafkaEye;
let address: KafkaAddress;
let client: KafkaClient;

beforeAll(async () => {
  [eye, address] = await Promise.all([startKafkaEye(), sharedKafka()]);
  client = await openKafka({ client: 'platformatic', bootstrapServers: [address.bootstrap] });
}, START_MS);

afterAll(async () => {
  await client?.close();
  await eye?.stop();
});

const IDS: Readonly<Record<number, number>> = { 1: 2, 2: 1, 5: 100 };
const map: LoadedMap = {
  file: 'map.json',
  form: 'mapping',
  entries: Object.entries(IDS).map(([from, to]) => ({ context: '.', from: Number(from), toContext: '.', to })),
};
const known = { snapshot: schemas({ '.': { Any: [1, 2, 5, 7] } }), retiredIds: new Map() };

function newName(): string {
  return `replay-${randomUUID().slice(0, 8)}`;
}

interface Asked extends Partial<Omit<ReplayOptions, 'source' | 'target' | 'rules'>> {
  readonly from?: MemorySourceOptions;
  readonly kafka?: Partial<Extract<ReplayOptions['target'], { kind: 'kafka' }>>;
}

function replay(topics: MemoryTopics, asked: Asked = {}): Promise<ReplayResult> {
  const { kafka, from, ...more } = asked;
  return replayRecords({
    registry: { skip: 'a test' },
    selection: {},
    onUnknown: 'fail',
    scan: true,
    now: Date.now,
    map,
    ...more,
    source: memorySource(topics, { pieceSize: 50, ...from, id: from?.id ?? `backup-of-${Object.keys(topics)[0]}` }),
    rules: makeTopicRules({ known, map, framing: [], contexts: [] }),
    target: {
      kind: 'kafka',
      location: 'kafka:test',
      client,
      createTopics: true,
      restoreGroups: false,
      intoExisting: false,
      ...kafka,
    },
  });
}

/** Offsets with gaps, as compaction leaves them. */
function recordsFrom(count: number, gap = (at: number) => at + Math.floor(at / 10)): PlainRecord[] {
  return Array.from({ length: count }, (_, at) =>
    plainRecord({
      offset: BigInt(gap(at)),
      timestamp: 1_700_000_000_000n + BigInt((at * 7919) % 1000),
      key: at % 3 === 0 ? null : Buffer.from(`key ${at}`),
      value: at % 17 === 0 ? null : framed([1, 2, 5][at % 3] ?? 1, `value ${at} ${'x'.repeat(at % 200)}`),
      headers:
        at % 5 === 0
          ? [
              [Buffer.from('h'), Buffer.from(`${at}`)],
              [Buffer.from('h'), null],
            ]
          : [],
    }),
  );
}

/** As they must be in the target: other ids, dense offsets left aside. */
function expected(list: readonly PlainRecord[]): unknown[] {
  return asText(
    list.map((record) => {
      const target = record.value === null ? undefined : IDS[record.value.readInt32BE(1)];
      const value = record.value === null ? null : Buffer.from(record.value);
      if (target !== undefined) value?.writeInt32BE(target, 1);
      return { ...record, offset: 0n, value };
    }),
  );
}

async function seen(topic: string, partition = 0): Promise<unknown[]> {
  const { records } = await eye.read(address.bootstrap, topic, 'read_committed');
  return asText(
    records.filter((record) => record.partition === partition).map((record) => ({ ...record, offset: 0n })),
  );
}

describe('replaying into Kafka', { timeout: TEST_MS }, () => {
  it.each(['batch', 'records'] as const)('writes every record once, as it was but for the ids: %s', async (pieces) => {
    const topic = newName();
    const partitions = [recordsFrom(500), recordsFrom(333, (at) => 1000 + 2 * at), []];
    const result = await replay({ [topic]: partitions }, { from: { pieces } });
    for (const [number, list] of partitions.entries()) expect(await seen(topic, number)).toEqual(expected(list));
    expect(result).toMatchObject({
      records: 833,
      kafka: { guarantee: 'exactly-once', created: [topic], doneBefore: 0 },
    });
    expect(result.topics[0]).toMatchObject({ topic, records: 833, partitions: 2 });
    // A second run finds that everything is there.
    const again = await replay({ [topic]: partitions }, { from: { pieces } });
    expect(again).toMatchObject({ records: 0, kafka: { resumed: 0 } });
    expect(await seen(topic)).toEqual(expected(partitions[0] ?? []));
  });

  it('goes on where an interrupted run stopped, and nothing comes twice', async () => {
    const topic = newName();
    const partitions = [recordsFrom(2000), recordsFrom(2000)];
    let runs = 0;
    let outcome = '';
    // Each run has more time than the one before: some end with nothing committed, one at last with everything.
    for (; outcome !== 'done' && runs < 40; runs++) {
      const stop = new AbortController();
      let steps = 0;
      const run = replay(
        { [topic]: partitions },
        {
          signal: stop.signal,
          scan: false,
          onProgress: () => {
            if (++steps === 15 + 6 * runs) stop.abort();
          },
          kafka: { commitBytes: 20_000, maxInFlightBytes: 100_000 },
          from: { pieceSize: 40 },
        },
      ).then(
        () => 'done',
        (error: { code?: string }) => error.code ?? String(error),
      );
      outcome = await run;
      expect(['done', 'SRGIT_INTERRUPTED']).toContain(outcome);
    }
    expect(outcome).toBe('done');
    expect(runs).toBeGreaterThan(3);
    for (const [number, list] of partitions.entries()) expect(await seen(topic, number)).toEqual(expected(list));
  });

  it('commits in time what waits for a limit of speed', async () => {
    const topic = newName();
    const list = recordsFrom(200);
    // Batches of less than four thousand bytes, far from what a transaction may have.
    const from = { config: { 'max.message.bytes': '12000' } };
    const asked = { from, bytesPerSecond: 20_000, concurrency: 1, kafka: { commitMs: 50 } };
    const { kafka, bytes } = await replay({ [topic]: [list] }, asked);
    // Each is alone in its transaction: the next one waits for longer than a transaction may be open.
    expect(bytes).toBeGreaterThan(16_000);
    expect(kafka?.commits).toBeGreaterThanOrEqual(Math.floor(bytes / 4000));
    expect(await seen(topic)).toEqual(expected(list));
  });

  it('keeps retention away until the end, and gives the topic that of the source where it deletes nothing', async () => {
    const config = { 'retention.ms': '604800000', 'cleanup.policy': 'delete', 'max.message.bytes': '2000000' };
    const settings = async (timestamp: bigint, interrupt: boolean) => {
      const topic = newName();
      const list = recordsFrom(10).map((record) => ({ ...record, timestamp }));
      const stop = new AbortController();
      const first = { from: { config }, scan: false, signal: stop.signal, onProgress: () => stop.abort() };
      if (interrupt) {
        await expect(replay({ [topic]: [list] }, first)).rejects.toThrow('interrupted');
        const held = { 'retention.ms': '-1', 'max.message.bytes': '2000000' };
        expect(await client.admin.topicConfig(topic)).toMatchObject(held);
      }
      const { kafka, warnings } = await replay({ [topic]: [list] }, { from: { config } });
      const { 'retention.ms': retention } = await client.admin.topicConfig(topic);
      return {
        isBack: kafka?.settingsPutBack.includes(topic),
        isHeld: kafka?.settingsHeld.includes(topic),
        retention,
        warnings,
      };
    };
    expect(await settings(BigInt(Date.now()), true)).toMatchObject({
      isBack: true,
      isHeld: false,
      retention: '604800000',
    });
    // Those would be gone at the broker's next look at the log.
    expect(await settings(1_700_000_000_000n, false)).toMatchObject({
      isBack: false,
      isHeld: true,
      retention: '-1',
      warnings: [expect.stringContaining('keeps its records for ever')],
    });
  });

  it('translates offsets of consumer groups exactly, over gaps and across runs', async () => {
    const topic = newName();
    // 0, 3, 6, …
    const list = recordsFrom(100, (at) => 3 * at);
    const at = (offset: bigint) => ({ topic, partition: 0, offset });
    const groups = [
      { group: `${topic}-a`, offsets: [at(0n)] },
      { group: `${topic}-b`, offsets: [at(31n)] },
      { group: `${topic}-c`, offsets: [at(298n)] },
      { group: `${topic}-d`, offsets: [at(150n)] },
    ];
    const stop = new AbortController();
    let steps = 0;
    const asked = { from: { groups, pieceSize: 5 }, scan: false, kafka: { restoreGroups: true, commitBytes: 500 } };
    await replay(
      { [topic]: [list] },
      { ...asked, signal: stop.signal, onProgress: () => ++steps === 12 && stop.abort() },
    ).catch(() => undefined);
    const { kafka } = await replay({ [topic]: [list] }, asked);
    expect(kafka?.groups).toHaveLength(4);
    expect(kafka?.groups.flatMap(({ unknown }) => unknown)).toEqual([]);
    const { records, ends } = await eye.read(address.bootstrap, topic, 'read_committed');
    const offsetOf = (index: number): bigint | undefined => records[index]?.offset;
    const committed = async (name: string) => (await client.admin.groupOffsets(`${topic}-${name}`)).offsets[0]?.offset;
    expect(await committed('a')).toBe(offsetOf(0));
    expect(await committed('b')).toBe(offsetOf(11));
    expect(await committed('d')).toBe(offsetOf(50));
    expect(await committed('c')).toBe(ends[0]);
  });

  it('takes the earlier of two places that a group has in joined partitions', async () => {
    const topic = newName();
    const at = (partition: number, offset: bigint) => ({ topic, partition, offset });
    const groups = [{ group: `${topic}-joined`, offsets: [at(0, 11n), at(1, 0n)] }];
    const partitionMapping = [{ topic, from: 1, to: 0 }];
    const asked = { from: { groups }, partitionMapping, kafka: { restoreGroups: true } };
    const { kafka } = await replay({ [topic]: [recordsFrom(20), recordsFrom(20)] }, asked);
    expect(kafka?.groups).toMatchObject([{ unknown: [] }]);
    const { records } = await eye.read(address.bootstrap, topic, 'read_committed');
    const { offsets } = await client.admin.groupOffsets(`${topic}-joined`);
    // Ten records have the offsets 0 to 9, the next one 11.
    expect(offsets.map(({ offset }) => offset)).toEqual([records[10]?.offset]);
  });

  it('puts records of unknown schemas aside with the others’ transaction', async () => {
    const topic = newName();
    const list = [framed(1), framed(7), framed(5)].map((value, at) => plainRecord({ offset: BigInt(at), value }));
    const { kafka } = await replay({ [topic]: [list] }, { onUnknown: 'dead-letter' });
    expect(kafka).toMatchObject({ deadLetters: 1, created: [topic, `${topic}.dead-letters`] });
    const { records } = await eye.read(address.bootstrap, `${topic}.dead-letters`, 'read_committed');
    expect(records.map(({ value }) => value?.readInt32BE(1))).toEqual([7]);
    expect(records[0]?.headers.map(([key, value]) => `${key}=${value}`)).toContain('srgit.dead-letter.offset=1');
    expect(await seen(topic)).toHaveLength(2);
  });

  it('refuses topics that are missing, too small, or hold other records', async () => {
    const topic = newName();
    const none = { createTopics: false };
    await expect(replay({ [topic]: [recordsFrom(3)] }, { kafka: none })).rejects.toThrow(`there is no topic ${topic}`);
    await client.admin.createTopic({ name: topic, partitionCount: 1, config: { 'retention.ms': '-1' } });
    await expect(replay({ [topic]: [recordsFrom(3), recordsFrom(3)] }, { kafka: none })).rejects.toThrow(
      'has 1 partitions in the target, and 2 are needed',
    );
    await replay({ [topic]: [recordsFrom(3)] }, { kafka: none });
    const other = { from: { id: 'another' }, kafka: none };
    await expect(replay({ [topic]: [recordsFrom(3)] }, other)).rejects.toMatchObject({ code: 'SRGIT_REPLAY_STALE' });
    await replay({ [topic]: [recordsFrom(3)] }, { ...other, kafka: { ...none, intoExisting: true } });
    expect(await seen(topic)).toHaveLength(6);
  });

  it('joins partitions one after the other, and shards share them', async () => {
    const topic = newName();
    const lists = [recordsFrom(50), recordsFrom(60), recordsFrom(70)];
    const partitionMapping = [{ topic, from: 2, to: 0 }];
    for (const number of [1, 2]) {
      const { lanes } = await replay({ [topic]: lists }, { partitionMapping, shard: { number, of: 2 } });
      expect(lanes).toBe(1);
    }
    expect(await seen(topic, 0)).toEqual(expected([...(lists[0] ?? []), ...(lists[2] ?? [])]));
    expect(await seen(topic, 1)).toEqual(expected(lists[1] ?? []));
  });

  it('makes the topics once, though shards begin at the same time', async () => {
    const names = Array.from({ length: 2 }, newName);
    const lists = [recordsFrom(30), recordsFrom(40), recordsFrom(50)];
    const topics = Object.fromEntries(names.map((name) => [name, lists]));
    const shards = await Promise.all(
      [1, 2, 3].map((number) => replay(topics, { shard: { number, of: 3 }, onUnknown: 'dead-letter', scan: false })),
    );
    expect(shards.flatMap(({ kafka }) => kafka?.created ?? []).sort()).toEqual(
      names.flatMap((name) => [name, `${name}.dead-letters`]).sort(),
    );
    for (const name of names) {
      for (const [partition, list] of lists.entries()) expect(await seen(name, partition)).toEqual(expected(list));
      expect((await client.admin.topics([name]))[0]?.partitionCount).toBe(3);
    }
  });

  it('takes a topic that somebody else makes at the same moment, if it is large enough', async () => {
    const prepare = (topic: string, partitionCount: number) =>
      prepareTopics({
        admin: {
          ...client.admin,
          createTopic: async (wanted) => {
            await client.admin.createTopic({ ...wanted, partitionCount });
            return client.admin.createTopic(wanted);
          },
        },
        topics: [{ name: topic, partitionCount: 2, partitions: [] }],
        topicMapping: [],
        lanes: [0, 1].map((partition) => ({ topic, partition, sources: [] })),
        create: true,
        hold: true,
        deadLetters: new Set(),
        warn: () => undefined,
      });
    const topic = newName();
    const { created, byName } = await prepare(topic, 2);
    expect([created, byName.get(topic)?.partitionCount]).toEqual([[], 2]);
    const small = newName();
    await expect(prepare(small, 1)).rejects.toMatchObject({
      code: 'SRGIT_KAFKA_TOPIC',
      message: `topic ${small} has 1 partitions in the target, and 2 are needed`,
    });
  });

  it('without transactions keeps positions in a file', async () => {
    const topic = newName();
    const checkpointFile = join(temporaryFolder(), 'checkpoint.json');
    const stop = new AbortController();
    let steps = 0;
    const kafka = { checkpointFile, commitBytes: 2000 };
    const asked = { kafka, scan: false, from: { pieceSize: 5 } };
    await replay(
      { [topic]: [recordsFrom(300)] },
      { ...asked, signal: stop.signal, onProgress: () => ++steps === 40 && stop.abort() },
    ).catch(() => undefined);
    const { kafka: done } = await replay({ [topic]: [recordsFrom(300)] }, asked);
    expect(done).toMatchObject({ guarantee: 'at-least-once' });
    const there = await seen(topic);
    expect(new Set(there.map(String)).size).toBe(300);
    expect(there.length).toBeLessThan(600);
    expect(await replay({ [topic]: [recordsFrom(300)] }, asked)).toMatchObject({
      records: 0,
      kafka: { doneBefore: 1 },
    });
    const other = { ...asked, from: { id: 'other' } };
    await expect(replay({ [topic]: [recordsFrom(300)] }, other)).rejects.toThrow(
      /is of another replay|have records|are records/,
    );
  });
});
