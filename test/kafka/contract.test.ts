/** The contract of src/kafka/port.ts on real brokers. What both sides wrote and read is looked at by Kafka's own client. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openKafka } from '../../src/kafka/open-kafka.ts';
import type { KafkaClient } from '../../src/kafka/port.ts';
import { AT, ATTRIBUTE } from '../../src/records/batch-header.ts';
import { CODECS } from '../../src/records/codec.ts';
import { checksumOf } from '../../src/records/crc32c.ts';
import { writePlainRecords } from '../../src/records/plain-records.ts';
import type { PlainRecord } from '../../src/records/record-slices.ts';
import type { KafkaAddress } from '../support/kafka-broker.ts';
import { type KafkaEye, startKafkaEye } from '../support/kafka-broker-eye.ts';
import { KAFKA_VERSIONS } from '../support/kafka-broker-install.ts';
import { sharedKafka } from '../support/kafka-broker-shared.ts';
import {
  BINARY_HEADER_KEY,
  CLIENTS,
  countedBatch,
  countedRecords,
  failure,
  newName,
  readAll,
  record,
  recordsOf,
  SPECIAL_RECORDS,
  TIME,
  valuesOf,
} from './contract-fixtures.ts';

const START_MS = 300_000;
const TEST_MS = 120_000;

let eye: KafkaEye;

beforeAll(async () => {
  eye = await startKafkaEye();
}, START_MS);

afterAll(() => eye.stop());

describe.each(KAFKA_VERSIONS.flatMap((version) => CLIENTS.map((client) => ({ version, client }))))(
  '$client on Kafka $version',
  { timeout: TEST_MS },
  ({ version, client }) => {
    let address: KafkaAddress;
    let kafka: KafkaClient;

    beforeAll(async () => {
      address = await sharedKafka(version);
      kafka = await openKafka({ client, bootstrapServers: [address.bootstrap] });
    }, START_MS);

    afterAll(() => kafka?.close());

    async function newTopic(partitionCount = 1, config: Record<string, string> = {}): Promise<string> {
      const name = newName('topic');
      await kafka.admin.createTopic({ name, partitionCount, config: { 'retention.ms': '-1', ...config } });
      return name;
    }

    async function seenBy(topic: string, isolation?: 'read_uncommitted'): Promise<readonly PlainRecord[]> {
      const { records } = await eye.read(address.bootstrap, topic, isolation);
      return records.map(({ offset, timestamp, key, value, headers }) => ({ offset, timestamp, key, value, headers }));
    }

    const isWhole = version === KAFKA_VERSIONS[0];

    test('says what it carries', () => {
      expect(kafka.client).toBe(client);
      const all = { headerOrder: true, nullHeader: true, binaryHeaderKey: true, incrementalConfig: true };
      expect(kafka.capabilities).toEqual({ ...all, codecs: [...CODECS] });
    });

    test('writes and reads every special record exactly, in every codec', async () => {
      const topic = await newTopic();
      const producer = await kafka.producer();
      const wanted: PlainRecord[] = [];
      for (const codec of CODECS) {
        const records = [...Object.values(SPECIAL_RECORDS), BINARY_HEADER_KEY];
        const batch = records.map((each, index) => ({ ...each, offset: BigInt(index) }));
        const { baseOffset } = await producer.send(topic, 0, writePlainRecords(batch, { codec }));
        expect(baseOffset).toBe(BigInt(wanted.length));
        wanted.push(...batch.map((each) => ({ ...each, offset: each.offset + baseOffset })));
      }
      await producer.close();
      expect(await seenBy(topic)).toEqual(wanted);
      const { records, kinds } = await readAll(kafka, topic);
      expect(records).toEqual(wanted);
      expect(kinds).toEqual(CODECS.map(() => 'batch'));
    });

    test('reads what another client wrote', async () => {
      const topic = await newTopic();
      const written = Object.values(SPECIAL_RECORDS).filter(({ timestamp }) => timestamp >= 0n);
      for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
        const send = { step: 'send', topic, records: written } as const;
        await eye.produce(address.bootstrap, [send], { 'compression.type': codec });
      }
      const { records } = await readAll(kafka, topic);
      expect(records).toHaveLength(5 * written.length);
      expect(records).toEqual(await seenBy(topic));
      const twice = [...written, ...written, ...written, ...written, ...written];
      expect(records).toEqual(twice.map((each, index) => ({ ...each, offset: BigInt(index) })));
    });

    test('refuses what cannot be written as it is, and goes on behind it', async () => {
      const topic = await newTopic();
      const producer = await kafka.producer();
      const withAttribute = (bit: number): Buffer => {
        const batch = countedBatch(2);
        batch.writeInt16BE(bit, AT.attributes);
        batch.writeUInt32BE(checksumOf(batch, AT.attributes, batch.length), AT.crc);
        return batch;
      };
      const [first, second] = countedRecords(2);
      const gap = writePlainRecords([first, { ...second, offset: 5n }] as PlainRecord[]);
      const refused = {
        'no batch': Buffer.from('no batch at all, though it is long enough to be the header of one, is it not?'),
        'half a batch': countedBatch(3).subarray(0, 80),
        'two batches': Buffer.concat([countedBatch(1), countedBatch(1)]),
        'control records': withAttribute(ATTRIBUTE.control),
        'broker timestamps': withAttribute(ATTRIBUTE.logAppendTime),
        'gaps between offsets': gap,
        'too large': writePlainRecords([record({ value: Buffer.alloc(2_000_000, 1) })]),
      };
      for (const [what, batch] of Object.entries(refused)) {
        const error = await failure(producer.send(topic, 0, batch), 'SRGIT_KAFKA_RECORD');
        expect(error.message, what).toContain(topic);
        expect(error.hint, what).toBeTruthy();
      }
      expect(await producer.send(topic, 0, countedBatch(3))).toEqual({ baseOffset: 0n });
      expect(await producer.send(topic, 0, countedBatch(2, 3))).toEqual({ baseOffset: 3n });
      await producer.close();
      expect(valuesOf(await seenBy(topic))).toEqual(['0', '1', '2', '3', '4']);
    });

    test('refuses partitions and topics that there are not', async () => {
      const topic = await newTopic(2);
      const producer = await kafka.producer();
      for (const partition of [2, 7, -1]) {
        const error = await failure(producer.send(topic, partition, countedBatch(1)), 'SRGIT_KAFKA_TOPIC');
        expect(error.message).toContain(String(partition));
      }
      const missing = newName('missing');
      expect((await failure(producer.send(missing, 0, countedBatch(1)), 'SRGIT_KAFKA_TOPIC')).message).toContain(
        missing,
      );
      await failure(readAll(kafka, topic, 2), 'SRGIT_KAFKA_TOPIC');
      await failure(readAll(kafka, missing), 'SRGIT_KAFKA_TOPIC');
      await producer.send(topic, 1, countedBatch(1));
      await producer.close();
      expect((await eye.read(address.bootstrap, topic)).ends).toEqual([0n, 1n]);
    });

    test('keeps the order of batches that are sent without waiting', async () => {
      const topic = await newTopic(3);
      const producer = await kafka.producer();
      const rounds = isWhole ? 300 : 60;
      const answers = await Promise.all(
        Array.from({ length: 3 * rounds }, (_, index) =>
          producer.send(topic, index % 3, countedBatch(2, 2 * Math.floor(index / 3))),
        ),
      );
      await producer.close();
      const counted = Array.from({ length: 2 * rounds }, (_, index) => String(index));
      for (const partition of [0, 1, 2]) {
        const own = answers.filter((_, index) => index % 3 === partition).map(({ baseOffset }) => baseOffset);
        expect(own).toEqual(own.map((_, index) => BigInt(2 * index)));
        expect(valuesOf((await readAll(kafka, topic, partition, { maxBytes: 1000 })).records)).toEqual(counted);
      }
      expect((await eye.read(address.bootstrap, topic)).records.map(({ value }) => value?.toString())).toEqual([
        ...counted,
        ...counted,
        ...counted,
      ]);
    });

    test('writes without waiting for replicas where that is asked for', async () => {
      const topic = await newTopic();
      const producer = await kafka.producer({ acks: 'leader' });
      expect(await producer.send(topic, 0, countedBatch(2))).toEqual({ baseOffset: 0n });
      expect(await producer.send(topic, 0, countedBatch(2, 2))).toEqual({ baseOffset: 2n });
      await producer.close();
      expect(valuesOf(await seenBy(topic))).toEqual(['0', '1', '2', '3']);
    });

    test('reads from and to any offset', async () => {
      const topic = await newTopic();
      const producer = await kafka.producer();
      for (const first of [0, 10, 20]) {
        await producer.send(
          topic,
          0,
          writePlainRecords(countedRecords(10, first), { codec: first === 10 ? 'lz4' : 'none' }),
        );
      }
      const read = async (from?: bigint, to?: bigint): Promise<unknown> => {
        const range = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
        const { records, kinds } = await readAll(kafka, topic, 0, range);
        const values = valuesOf(records).map(Number);
        expect(records.map(({ offset }) => Number(offset))).toEqual(values);
        return [kinds.join(' '), values.length, values[0], values.at(-1)];
      };
      expect(await read()).toEqual(['batch batch batch', 30, 0, 29]);
      expect(await read(3n, 7n)).toEqual(['records', 4, 3, 6]);
      expect(await read(10n, 20n)).toEqual(['batch', 10, 10, 19]);
      expect(await read(15n, 25n)).toEqual(['records records', 10, 15, 24]);
      expect(await read(29n)).toEqual(['records', 1, 29, 29]);
      expect(await read(30n)).toEqual(['', 0, undefined, undefined]);
      expect(await read(5n, 5n)).toEqual(['', 0, undefined, undefined]);
      expect(await read(25n, 1000n)).toEqual(['records', 5, 25, 29]);
      await producer.close();
    });

    test('reads to the end as it was when it began', async () => {
      const topic = await newTopic();
      const producer = await kafka.producer();
      await producer.send(topic, 0, countedBatch(2));
      const values: string[] = [];
      for await (const piece of kafka.read(topic, 0)) {
        expect(piece.kind).toBe('batch');
        values.push(piece.kind);
        await producer.send(topic, 0, countedBatch(1));
      }
      expect(values).toHaveLength(1);
      await producer.close();
    });

    test('tells what was deleted before it came to it', async () => {
      const topic = await newTopic(2);
      const producer = await kafka.producer();
      for (const first of [0, 10]) await producer.send(topic, 0, countedBatch(10, first));
      await producer.send(topic, 1, countedBatch(3));
      await producer.close();
      await kafka.admin.deleteRecords(topic, new Map([[0, 5n]]));
      expect(await kafka.admin.offsets(topic, 'earliest')).toEqual(
        new Map([
          [0, 5n],
          [1, 0n],
        ]),
      );
      const whole = await readAll(kafka, topic);
      expect(valuesOf(whole.records)).toEqual(Array.from({ length: 15 }, (_, index) => String(5 + index)));
      expect(whole.skipped).toEqual([]);
      const asked = await readAll(kafka, topic, 0, { from: 2n, to: 8n });
      expect(valuesOf(asked.records)).toEqual(['5', '6', '7']);
      expect(asked.skipped).toMatchObject([{ reason: 'gap', firstOffset: 2n, lastOffset: 4n }]);
      expect(valuesOf(await seenBy(topic))).toHaveLength(15 + 3);
      await kafka.admin.deleteRecords(
        topic,
        new Map([
          [0, 20n],
          [1, 3n],
        ]),
      );
      expect(await seenBy(topic)).toEqual([]);
      const gone = await readAll(kafka, topic, 0, { from: 0n });
      expect(gone.records).toEqual([]);
      await failure(kafka.admin.deleteRecords(topic, new Map([[0, 99n]])), 'SRGIT_KAFKA_FAILED');
    });

    test('follows a partition until the signal', async () => {
      const topic = await newTopic();
      const producer = await kafka.producer({ transactionalId: newName('transaction') });
      const stop = new AbortController();
      const values: string[] = [];
      let position = 0n;
      const onPosition = (next: bigint): void => {
        position = next;
      };
      const following = (async () => {
        const options = { follow: true, signal: stop.signal, onPosition };
        for await (const piece of kafka.read(topic, 0, options)) {
          if (piece.kind === 'batch') values.push(...valuesOf(recordsOf(piece)));
        }
      })();
      const ended = failure(following, 'SRGIT_INTERRUPTED');
      for (const first of [0, 1]) {
        await producer.begin();
        await producer.send(topic, 0, countedBatch(1, first));
        await producer.commit();
        await expect.poll(() => values, { timeout: 30_000 }).toHaveLength(first + 1);
      }
      await producer.begin();
      await producer.send(topic, 0, countedBatch(1, 9));
      await producer.abort();
      // Two records, their markers, and what was aborted.
      await expect.poll(() => position, { timeout: 30_000 }).toBe(6n);
      expect(values).toEqual(['0', '1']);
      stop.abort();
      await ended;
      await producer.close();
    });

    test('gives broker timestamps as consumers are told them', async () => {
      const topic = await newTopic(1, { 'message.timestamp.type': 'LogAppendTime' });
      const producer = await kafka.producer();
      await producer.send(topic, 0, countedBatch(2));
      await producer.close();
      const { records } = await readAll(kafka, topic);
      expect(records).toEqual(await seenBy(topic));
      expect(records[0]?.timestamp).toBeGreaterThan(TIME);
    });
  },
);
