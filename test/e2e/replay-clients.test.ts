/**
 * What users' own clients wrote before a disaster, they read after it: schemas restored into a registry with other ids,
 * records replayed with them, and `srgit serve` of that registry's tree asked by clients with empty caches.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlainRecord } from '../../src/records/record-slices.ts';
import { KAFKAJS, PYTHON } from '../clients/clients.ts';
import { serveTree } from '../clients/served-tree.ts';
import { OTHER_MESSAGES, SHOP_TYPES, shopType } from '../clients/shop.ts';
import {
  type Cast,
  callCast,
  INSTALL_MS,
  readEverywhere,
  registerPart,
  serialize,
  type WrittenFrame,
  well,
  writeEverywhere,
} from '../clients/stage.ts';
import { plainRecord } from '../records/random-records.ts';
import { writeArchive } from '../support/archives.ts';
import { cliEntry, runCli, runCliJson } from '../support/cli.ts';
import { record, register } from '../support/embedded-registry.ts';
import { repository } from '../support/git.ts';
import type { KafkaAddress } from '../support/kafka-broker.ts';
import { type KafkaEye, startKafkaEye } from '../support/kafka-broker-eye.ts';
import { sharedKafka } from '../support/kafka-broker-shared.ts';
import { strictRegistryDuringTest } from '../support/restoring.ts';

const TEST_MS = 300_000;
const GUID_HEADER = '__value_schema_id';

let eye: KafkaEye;
let address: KafkaAddress;
let cast: Cast;

beforeAll(async () => {
  [eye, address, cast] = await Promise.all([startKafkaEye(), sharedKafka(), callCast([KAFKAJS, PYTHON]), cliEntry()]);
}, INSTALL_MS);

afterAll(async () => {
  await cast?.stop();
  await eye?.stop();
});

const bytesOf = (text: string): Buffer => Buffer.from(text, 'hex');

async function expectDone(args: readonly string[], cwd: string): Promise<void> {
  const { code, stderr } = await runCli(args, { cwd });
  expect([args[0], code, code === 0 ? '' : stderr]).toEqual([args[0], 0, '']);
}

describe('records of real clients', { timeout: TEST_MS }, () => {
  it('are read with the ids of the registry that they were replayed for', async () => {
    const source = await strictRegistryDuringTest();
    const stages = cast.at(source.url);
    const [, python] = stages;
    if (python === undefined) throw new Error('there is no Python');
    const written = await writeEverywhere(stages);
    // Every message of a Protobuf file, which the indexes behind the id tell.
    const { order, part, type } = shopType('PROTOBUF');
    await registerPart(python, { part });
    const parcels = await Promise.all(
      OTHER_MESSAGES.map(({ message, value }) =>
        serialize(python, 'parcels', 'register', { ...order, message }, value),
      ),
    );
    // Schemas named by guid in a header, with nothing before the payload.
    const inHeaders = await Promise.all(
      SHOP_TYPES.map(async (shop) => {
        const topic = `header-${shop.type}`;
        const asked = { do: 'serialize', topic, how: 'register', inHeader: true } as const;
        const { frame = '', header = '' } = await well(python.ask({ ...asked, ...shop.order, value: shop.value }));
        return { shop, topic, frame, header };
      }),
    );

    const cwd = repository();
    const target = await strictRegistryDuringTest();
    for (const name of ['A', 'B', 'C', 'D', 'E']) await register(target.url, `other-${name}`, record(name));
    writeFileSync(
      join(cwd, 'srgit.yaml'),
      `registries: { dr: { url: "${target.url}" } }\nkafka: { dr: { bootstrap_servers: "${address.bootstrap}" } }\n`,
    );
    const key = written[0]?.frame ?? '';
    const one = (frame: string, more: Partial<PlainRecord> = {}) => ({
      partitions: [[plainRecord({ key: bytesOf(key), value: bytesOf(frame), ...more })]],
    });
    await writeArchive(join(cwd, 'backup'), {
      ...Object.fromEntries(written.map(({ topic, frame }) => [topic, one(frame)])),
      parcels: {
        partitions: [parcels.map(({ frame = '' }, at) => plainRecord({ offset: BigInt(at), value: bytesOf(frame) }))],
      },
      ...Object.fromEntries(
        inHeaders.map(({ topic, frame, header }) => [
          topic,
          one(frame, { headers: [[Buffer.from(GUID_HEADER), bytesOf(header)]] }),
        ]),
      ),
    });
    await expectDone(['export', '--url', source.url], cwd);
    await expectDone(['restore'], cwd);
    const prefix = `clients-${process.pid}-${Date.now()}`;
    const replay = ['replay', 'kbak:backup', '--to', 'kafka:dr', '--registry', 'dr', '--create-topics'];
    const { code, json, stderr } = await runCliJson([...replay, '--rename', `*=${prefix}-*`], { cwd });
    expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
    expect(json).toMatchObject({ records: written.length + parcels.length + inHeaders.length });

    const restored = join(cwd, 'restored');
    mkdirSync(restored);
    await expectDone(['export', '--url', target.url], restored);
    const served = await serveTree(restored);
    try {
      const readers = cast.at(served.url);
      const arrived: WrittenFrame[] = [];
      const keys: WrittenFrame[] = [];
      for (const frame of written) {
        const [seen] = (await eye.read(address.bootstrap, `${prefix}-${frame.topic}`)).records;
        const value = seen?.value?.toString('hex') ?? '';
        expect(value.slice(10)).toBe(frame.frame.slice(10));
        expect(value.slice(0, 10)).not.toBe(frame.frame.slice(0, 10));
        arrived.push({ ...frame, frame: value });
        if (written[0] !== undefined) keys.push({ ...written[0], frame: seen?.key?.toString('hex') ?? '' });
      }
      const readable = arrived.filter(({ writer, shop }) => writer !== KAFKAJS || shop.type !== 'PROTOBUF');
      expect(await readEverywhere(readers, readable)).toEqual([]);
      expect(await readEverywhere(readers, keys)).toEqual([]);
      const reader = readers[1] ?? python;
      const { records } = await eye.read(address.bootstrap, `${prefix}-parcels`);
      for (const [at, { message, value }] of OTHER_MESSAGES.entries()) {
        const frame = records[at]?.value?.toString('hex') ?? '';
        expect((await well(reader.ask({ do: 'deserialize', type, topic: 'parcels', frame, message }))).value).toEqual(
          value,
        );
      }
      for (const { shop, topic } of inHeaders) {
        const [seen] = (await eye.read(address.bootstrap, `${prefix}-${topic}`)).records;
        const header = seen?.headers[0]?.[1]?.toString('hex') ?? '';
        const frame = seen?.value?.toString('hex') ?? '';
        const read = await well(reader.ask({ do: 'deserialize', type: shop.type, topic, frame, header }));
        expect(read.value).toEqual(shop.value);
      }
    } finally {
      await served.stop();
    }
  });
});
