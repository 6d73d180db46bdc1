/** What only the adapter with raw batches promises, on a real broker; the contract of all adapters is tested beside it. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isSrgitError } from '../../src/errors.ts';
import type { KafkaClient, KafkaSettings } from '../../src/kafka/port.ts';
import { openRawClient } from '../../src/kafka/raw-client.ts';
import { AT } from '../../src/records/batch-header.ts';
import { readPlainRecords, writePlainRecords } from '../../src/records/plain-records.ts';
import type { KafkaAddress } from '../support/kafka-broker.ts';
import { sharedKafka } from '../support/kafka-broker-shared.ts';
import { countedBatch } from './contract-fixtures.ts';

const LONG = 300_000;

let address: KafkaAddress;
let client: KafkaClient;
let topic: string;
const unhandled: unknown[] = [];
const keep = (error: unknown): void => {
  unhandled.push(error);
};

beforeAll(async () => {
  address = await sharedKafka();
  client = await openRawClient(settings());
  process.on('unhandledRejection', keep);
}, LONG);

afterAll(async () => {
  process.off('unhandledRejection', keep);
  await client?.close();
});

beforeEach(async () => {
  topic = `raw-${randomUUID()}`;
  await client.admin.createTopic({ name: topic, partitionCount: 2 });
}, LONG);

afterEach(() => {
  expect(unhandled).toEqual([]);
});

function settings(more: Partial<KafkaSettings> = {}): KafkaSettings {
  return { bootstrapServers: [address.bootstrap], client: 'platformatic', ...more };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'nothing failed',
    (error: unknown) => (isSrgitError(error) ? error.code : String(error)),
  );
}

async function numbersIn(from: KafkaClient, partition = 0): Promise<number[]> {
  // A coordinator answers a commit before it has told the partitions.
  const isStable = async (): Promise<boolean> => {
    const [stable, latest] = await Promise.all([
      from.admin.offsets(topic, 'stable'),
      from.admin.offsets(topic, 'latest'),
    ]);
    return stable.get(partition) === latest.get(partition);
  };
  await expect.poll(isStable, { timeout: 120_000 }).toBe(true);
  const numbers: number[] = [];
  for await (const piece of from.read(topic, partition)) {
    if (piece.kind === 'batch') numbers.push(...readPlainRecords(piece.bytes).map(({ value }) => Number(value)));
  }
  return numbers;
}

describe('a reader whose pieces pass', () => {
  test('gives their memory back, and nothing that is still to be read', { timeout: LONG }, async () => {
    const producer = await client.producer();
    for (const partition of [0, 1]) {
      for (let batch = 0; batch < 60; batch++) {
        const value = randomBytes(20_000 + 1500 * batch);
        await producer.send(
          topic,
          partition,
          writePlainRecords([{ offset: 0n, timestamp: 1n, key: null, value, headers: [] }]),
        );
      }
    }
    await producer.close();
    const digests = async (partition: number, transient: boolean): Promise<string[]> => {
      const found: string[] = [];
      const seen: Buffer[] = [];
      for await (const piece of client.read(topic, partition, { transient, maxBytes: 300_000 })) {
        if (piece.kind !== 'batch') continue;
        found.push(createHash('sha256').update(piece.bytes).digest('hex'));
        seen.push(piece.bytes);
      }
      // What is given back has no bytes any more.
      expect(seen.filter(({ length }) => length === 0).length).toBe(transient ? seen.length : 0);
      return found;
    };
    const kept = await Promise.all([digests(0, false), digests(1, false)]);
    expect(kept.map((each) => each.length)).toEqual([60, 60]);
    // Beside one another, so that answers of both come in turns.
    expect(await Promise.all([digests(0, true), digests(1, true)])).toEqual(kept);
  });
});

describe('a producer', () => {
  test('refuses what the broker would take in another meaning, and writes on', { timeout: LONG }, async () => {
    const producer = await client.producer();
    const gaps = countedBatch(3);
    gaps.writeInt32BE(7, AT.lastOffsetDelta);
    const control = countedBatch(1);
    control.writeInt16BE(0x30, AT.attributes);
    const old = countedBatch(1);
    old[AT.magic] = 1;
    const none = countedBatch(1);
    none.writeInt32BE(0, AT.recordCount);
    for (const bad of [gaps, control, old, none, Buffer.alloc(10), countedBatch(2).subarray(0, 70)]) {
      expect(await codeOf(producer.send(topic, 0, bad))).toBe('SRGIT_KAFKA_RECORD');
    }
    await producer.send(topic, 0, countedBatch(2));
    expect(await numbersIn(client)).toEqual([0, 1]);
    await producer.close();
  });

  test('writes what is behind a damaged batch, in order', { timeout: LONG }, async () => {
    const producer = await client.producer();
    const damaged = countedBatch(1);
    const last = damaged.length - 1;
    damaged.writeUInt8(damaged.readUInt8(last - 2) ^ 0x55, last - 2);
    const sent = [
      producer.send(topic, 0, countedBatch(1, 0)),
      producer.send(topic, 0, damaged),
      producer.send(topic, 0, countedBatch(1, 1)),
      producer.send(topic, 0, countedBatch(1, 2)),
    ];
    expect(await Promise.all(sent.map(codeOf))).toEqual([
      'nothing failed',
      'SRGIT_KAFKA_RECORD',
      'nothing failed',
      'nothing failed',
    ]);
    expect(await numbersIn(client)).toEqual([0, 1, 2]);
    await producer.close();
  });

  test('that is interrupted fails what is on its way, and its transaction is void', { timeout: LONG }, async () => {
    const stop = new AbortController();
    const producer = await client.producer({ transactionalId: topic, signal: stop.signal });
    await producer.begin();
    await producer.send(topic, 0, countedBatch(1));
    // Nobody looks at this one.
    void producer.send(topic, 0, countedBatch(1));
    const sent = producer.send(topic, 0, countedBatch(1));
    stop.abort();
    expect(await codeOf(sent)).toBe('SRGIT_INTERRUPTED');
    expect(await codeOf(producer.commit())).toBe('SRGIT_INTERRUPTED');
    await producer.close();
    const next = await client.producer({ transactionalId: topic });
    await next.begin();
    await next.send(topic, 0, countedBatch(1, 5));
    await next.commit();
    await next.close();
    expect(await numbersIn(client)).toEqual([5]);
  });

  test('goes on after a failed batch when its transaction was aborted', { timeout: LONG }, async () => {
    const producer = await client.producer({ transactionalId: topic });
    for (let round = 0; round < 3; round++) {
      await producer.begin();
      void producer.send(topic, 1, countedBatch(1, 100));
      void producer.send(topic, 0, Buffer.alloc(3));
      expect(await codeOf(producer.commit())).toBe('SRGIT_KAFKA_RECORD');
      await producer.abort();
      await producer.begin();
      await producer.send(topic, 1, countedBatch(1, round));
      await producer.commit();
    }
    await producer.close();
    expect(await numbersIn(client, 1)).toEqual([0, 1, 2]);
  });

  test('keeps to begin, commit and abort', { timeout: LONG }, async () => {
    const plain = await client.producer();
    expect(await codeOf(plain.begin())).toBe('SRGIT_INTERNAL');
    const producer = await client.producer({ transactionalId: topic });
    expect(await codeOf(producer.send(topic, 0, countedBatch(1)))).toBe('SRGIT_INTERNAL');
    expect(await codeOf(producer.commit())).toBe('SRGIT_INTERNAL');
    await producer.begin();
    expect(await codeOf(producer.begin())).toBe('SRGIT_INTERNAL');
    // Nothing was written: there is nothing to tell the coordinator.
    await producer.commit();
    await producer.close();
    await plain.close();
    expect(await codeOf(plain.send(topic, 0, countedBatch(1)))).toBe('SRGIT_KAFKA_FAILED');
  });
});

describe('a reader', () => {
  test('that is left early asks for nothing more, and others go on', { timeout: LONG }, async () => {
    const producer = await client.producer();
    for (let i = 0; i < 50; i++) await producer.send(topic, 0, countedBatch(10, 10 * i));
    await producer.close();
    for (let i = 0; i < 5; i++) {
      for await (const piece of client.read(topic, 0, { maxBytes: 2000 })) {
        expect(piece.kind).toBe('batch');
        break;
      }
    }
    expect((await numbersIn(client)).length).toBe(500);
  });

  test('goes on behind records that are deleted while it reads', { timeout: LONG }, async () => {
    const producer = await client.producer();
    for (let i = 0; i < 20; i++) await producer.send(topic, 0, countedBatch(10, 10 * i));
    await producer.close();
    const seen: string[] = [];
    for await (const piece of client.read(topic, 0, { maxBytes: 1 })) {
      if (piece.kind === 'skipped') seen.push(`${piece.reason} ${piece.firstOffset}-${piece.lastOffset}`);
      if (piece.kind === 'batch') seen.push(`batch ${piece.bytes.readBigInt64BE(0)}`);
      if (seen.length === 1) await client.admin.deleteRecords(topic, new Map([[0, 150n]]));
    }
    // One batch was asked for ahead.
    expect(seen).toEqual([
      'batch 0',
      'batch 10',
      'gap 20-149',
      'batch 150',
      'batch 160',
      'batch 170',
      'batch 180',
      'batch 190',
    ]);
  });

  test('says so when the offset asked for is beyond the end', { timeout: LONG }, async () => {
    const read = async (follow: boolean): Promise<void> => {
      for await (const piece of client.read(topic, 0, { from: 5n, follow })) throw new Error(piece.kind);
    };
    expect(await codeOf(read(false))).toBe('SRGIT_KAFKA_FAILED');
    expect(await codeOf(read(true))).toBe('SRGIT_KAFKA_FAILED');
  });
});

describe('connections', () => {
  /** A port in front of the broker that counts who is connected. */
  async function countingPort(): Promise<{ port: number; open: Set<Socket>; close: () => void }> {
    const [host = '', brokerPort] = address.bootstrap.split(':');
    const open = new Set<Socket>();
    const server = createServer((socket) => {
      open.add(socket);
      const broker = connect(Number(brokerPort), host);
      socket.pipe(broker).pipe(socket);
      for (const each of [socket, broker]) each.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        broker.destroy();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { port: (server.address() as { port: number }).port, open, close: () => server.close() };
  }

  test('end with the client, also in the middle of waiting', { timeout: LONG }, async () => {
    const counting = await countingPort();
    const own = await openRawClient(settings({ bootstrapServers: [`127.0.0.1:${counting.port}`] }));
    await own.admin.clusterId();
    expect(counting.open.size).toBe(1);
    await own.close();
    await expect.poll(() => counting.open.size, { timeout: 30_000 }).toBe(0);
    expect(await codeOf(own.admin.clusterId())).toBe('SRGIT_KAFKA_FAILED');
    counting.close();
  });

  test('of a follower that is interrupted end it at once', { timeout: LONG }, async () => {
    const stop = new AbortController();
    const follow = async (): Promise<void> => {
      for await (const piece of client.read(topic, 0, { follow: true, signal: stop.signal }))
        throw new Error(piece.kind);
    };
    const following = codeOf(follow());
    await sleep(300);
    stop.abort();
    expect(await following).toBe('SRGIT_INTERRUPTED');
  });

  test('that nobody answers are given up', { timeout: LONG }, async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const own = await openRawClient(settings({ bootstrapServers: [`127.0.0.1:${port}`], requestTimeoutMs: 300 }));
    expect(await codeOf(own.admin.topics())).toBe('SRGIT_KAFKA_TIMEOUT');
    await own.close();
    silent.close();
  });

  test('answered with nonsense fail, and nothing else does', { timeout: LONG }, async () => {
    for (const nonsense of [
      'HTTP/1.1 400 Bad Request\r\n\r\n',
      '\0\0\0\x08\0\0\0\x01\xff\xff\xff\xff',
      '\x15\x03\x01\0\x02\x02\x0a',
    ]) {
      const server = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.on('data', () => socket.end(Buffer.from(nonsense, 'latin1')));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as { port: number };
      const own = await openRawClient(settings({ bootstrapServers: [`127.0.0.1:${port}`], requestTimeoutMs: 2000 }));
      expect(await codeOf(own.admin.topics())).toMatch(/^SRGIT_KAFKA_(UNREACHABLE|TLS|TIMEOUT|FAILED)$/);
      await own.close();
      server.close();
    }
  });
});
