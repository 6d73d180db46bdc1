/** Brokers that are not there, do not answer or are no brokers; and the signal that ends every call. */
import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SrgitError } from '../../src/errors.ts';
import { openKafka } from '../../src/kafka/open-kafka.ts';
import type { KafkaClient } from '../../src/kafka/port.ts';
import type { KafkaAddress } from '../support/kafka-broker.ts';
import { sharedKafka } from '../support/kafka-broker-shared.ts';
import { CLIENTS, countedBatch, failure, newName, readAll } from './contract-fixtures.ts';

const START_MS = 300_000;
const TEST_MS = 60_000;

interface OddServer {
  readonly address: string;
  close(): void;
}

function listen(serve: (socket: Socket) => void): Promise<OddServer> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    serve(socket);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const bound = server.address();
      const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
      const close = (): void => {
        server.close();
        for (const socket of sockets) socket.destroy();
      };
      resolve({ address: `127.0.0.1:${port}`, close });
    });
  });
}

/** Every call of the port that waits for a broker. */
const CALLS: Readonly<Record<string, (kafka: KafkaClient, signal: AbortSignal) => Promise<unknown>>> = {
  topics: (kafka, signal) => kafka.admin.topics(undefined, signal),
  offsets: (kafka, signal) => kafka.admin.offsets('topic', 'latest', signal),
  clusterId: (kafka, signal) => kafka.admin.clusterId(signal),
  createTopic: (kafka, signal) => kafka.admin.createTopic({ name: 'topic', partitionCount: 1 }, signal),
  deleteTopic: (kafka, signal) => kafka.admin.deleteTopic('topic', signal),
  topicConfig: (kafka, signal) => kafka.admin.topicConfig('topic', signal),
  alterTopicConfig: (kafka, signal) => kafka.admin.alterTopicConfig('topic', { 'retention.ms': '1' }, signal),
  deleteRecords: (kafka, signal) => kafka.admin.deleteRecords('topic', new Map([[0, 1n]]), signal),
  groups: (kafka, signal) => kafka.admin.groups(signal),
  groupOffsets: (kafka, signal) => kafka.admin.groupOffsets('group', signal),
  commitGroupOffsets: (kafka, signal) =>
    kafka.admin.commitGroupOffsets('group', [{ topic: 'topic', partition: 0, offset: 1n }], signal),
  read: (kafka, signal) => readAll(kafka, 'topic', 0, { signal }),
  producer: (kafka, signal) => kafka.producer({ signal }),
  'producer with transactions': (kafka, signal) => kafka.producer({ signal, transactionalId: 'transaction' }),
};

describe.each(CLIENTS)('%s', { timeout: TEST_MS }, (client) => {
  let silent: OddServer;
  let deaf: OddServer;
  let web: OddServer;
  let broker: KafkaAddress;

  beforeAll(async () => {
    silent = await listen(() => undefined);
    deaf = await listen((socket) => socket.destroy());
    web = await listen((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'));
    });
    broker = await sharedKafka();
  }, START_MS);

  afterAll(() => {
    for (const server of [silent, deaf, web]) server?.close();
  });

  const using = async <T>(servers: readonly string[], use: (kafka: KafkaClient) => Promise<T>): Promise<T> => {
    const kafka = await openKafka({
      client,
      bootstrapServers: servers,
      requestTimeoutMs: 1500,
      connectTimeoutMs: 1500,
    });
    try {
      return await use(kafka);
    } finally {
      await kafka.close();
    }
  };

  test('finds a broker behind others that are not there', async () => {
    await using([await unusedAddress(), deaf.address, broker.bootstrap], async (kafka) => {
      expect(await kafka.admin.clusterId()).toMatch(/./);
    });
  });

  test('tells of addresses that nobody listens at', async () => {
    const address = await unusedAddress();
    const error = await failure(
      using([address], (kafka) => kafka.admin.topics()),
      'SRGIT_KAFKA_UNREACHABLE',
    );
    expect(`${error.message} ${JSON.stringify(error.details)}`).toContain(address);
    expect(error.hint).toContain('bootstrap_servers');
    await failure(
      using(['no-such-host.invalid:9092'], (kafka) => kafka.producer()),
      'SRGIT_KAFKA_UNREACHABLE',
    );
  });

  test('tells of a broker that does not answer, or hangs up, or is none', async () => {
    const codes = ['SRGIT_KAFKA_TIMEOUT', 'SRGIT_KAFKA_UNREACHABLE'] as const;
    await failure(
      using([silent.address], (kafka) => kafka.admin.topics()),
      ...codes,
    );
    await failure(
      using([deaf.address], (kafka) => kafka.admin.topics()),
      'SRGIT_KAFKA_UNREACHABLE',
    );
    await failure(
      using([web.address], (kafka) => kafka.admin.topics()),
      'SRGIT_KAFKA_FAILED',
      ...codes,
    );
  });

  test('refuses an address that is none', async () => {
    for (const address of ['localhost', 'http://localhost:9092', '']) {
      await failure(
        using([address], (kafka) => kafka.admin.topics()),
        'SRGIT_CONFIG_INVALID',
      );
    }
    await failure(
      using([], (kafka) => kafka.admin.topics()),
      'SRGIT_CONFIG_MISSING',
    );
  });

  test.each(Object.entries(CALLS))('ends %s by the signal', async (_name, call) => {
    const kafka = await openKafka({ client, bootstrapServers: [silent.address] });
    const stop = new AbortController();
    const ended = failure(call(kafka, stop.signal), 'SRGIT_INTERRUPTED');
    setTimeout(() => stop.abort(), 100);
    await ended;
    await failure(call(kafka, stop.signal), 'SRGIT_INTERRUPTED');
    await kafka.close();
  });

  test('gives the signal’s own reason', async () => {
    const kafka = await openKafka({ client, bootstrapServers: [silent.address] });
    const reason = new SrgitError('SRGIT_REPLAY_STALE', 'another reason to stop');
    const stop = new AbortController();
    const ended = failure(kafka.admin.topics(undefined, stop.signal), 'SRGIT_REPLAY_STALE');
    stop.abort(reason);
    expect(await ended).toBe(reason);
    await kafka.close();
  });

  test('ends a producer and a reader by the signal while a broker is there', async () => {
    const kafka = await openKafka({ client, bootstrapServers: [broker.bootstrap] });
    const topic = newName('topic');
    await kafka.admin.createTopic({ name: topic, partitionCount: 1 });
    const stop = new AbortController();
    const producer = await kafka.producer({ signal: stop.signal });
    await producer.send(topic, 0, countedBatch(1));
    const reading = failure(readAll(kafka, topic, 0, { follow: true, signal: stop.signal }), 'SRGIT_INTERRUPTED');
    setTimeout(() => stop.abort(), 300);
    await reading;
    await failure(producer.send(topic, 0, countedBatch(1)), 'SRGIT_INTERRUPTED');
    await producer.close();
    await kafka.close();
  });

  test('takes nothing more when it is closed', async () => {
    const kafka = await openKafka({ client, bootstrapServers: [broker.bootstrap] });
    const producer = await kafka.producer();
    await kafka.close();
    await kafka.close();
    const closed = ['SRGIT_KAFKA_FAILED', 'SRGIT_INTERNAL'] as const;
    await failure(kafka.admin.topics(), ...closed);
    await failure(producer.send('topic', 0, countedBatch(1)), ...closed);
    await failure(readAll(kafka, 'topic'), ...closed);
  });
});

/** Where somebody listened a moment ago. */
async function unusedAddress(): Promise<string> {
  const server = await listen(() => undefined);
  server.close();
  return server.address;
}
