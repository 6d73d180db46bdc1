/** What real clients write is decoded to what they were given: by asking their registry, and from an exported tree. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schemasOfRegistry, schemasOfTree } from '../../src/app/decode/load-schemas.ts';
import { type DecodedRecord, type DecodeRecordOptions, decodeRecord } from '../../src/app/decode-record.ts';
import { readRegistry } from '../../src/app/read-registry.ts';
import { loadConfig, requireRegistry } from '../../src/config/load-config.ts';
import { type EmbeddedRegistry, startRegistry } from '../support/embedded-registry.ts';
import { temporaryFolder, writeTree } from '../support/trees.ts';
import { clientsHere } from './clients.ts';
import { OTHER_MESSAGES, SHOP_TYPES, shopType } from './shop.ts';
import {
  type Cast,
  callCast,
  INSTALL_MS,
  registerPart,
  type Stage,
  serialize,
  type WrittenFrame,
  well,
  writeEverywhere,
} from './stage.ts';

const kinds = await clientsHere();
const STAGING = '/contexts/.staging';
let registry: EmbeddedRegistry | undefined;
let cast: Cast | undefined;
let stages: readonly Stage[] = [];
let written: readonly WrittenFrame[] = [];
let url = '';

beforeAll(async () => {
  registry = await startRegistry();
  url = registry.url;
  cast = await callCast(kinds);
  stages = cast.at(url);
  written = await writeEverywhere(stages);
}, INSTALL_MS);

afterAll(async () => {
  await cast?.stop();
  await registry?.close();
});

const bytesOf = (hex: string | undefined): Buffer => Buffer.from(hex ?? '', 'hex');

/** By asking the registry for this record alone. */
async function ask(record: DecodeRecordOptions): Promise<DecodedRecord> {
  const config = loadConfig({ url: [url] }, {}, temporaryFolder(), { registry: true });
  const { state } = await schemasOfRegistry(requireRegistry(config), config, record);
  return decodeRecord(state, record);
}

describe('a record of a real client', () => {
  it('is decoded with what the registry says', async () => {
    expect(written.length).toBeGreaterThanOrEqual(8);
    for (const { shop, topic, frame, writer } of written) {
      const decoded = await ask({ bytes: bytesOf(frame), topic });
      expect(decoded, `${writer.name} ${shop.type}`).toMatchObject({
        outcome: 'decoded',
        frame: { kind: 'id' },
        schema: {
          schemaType: shop.type,
          places: expect.arrayContaining([{ subject: `${topic}-value`, version: 1, deleted: false }]),
        },
        decoded: { complete: true, value: shop.value, problems: [], notes: [], unknownFields: [] },
      });
      expect(Object.keys(decoded.decoded?.value ?? {})).toHaveLength(Object.keys(shop.value).length);
    }
  });

  it('is decoded with a tree, without the registry', async () => {
    const cwd = temporaryFolder();
    const config = loadConfig({ url: [url] }, {}, cwd, { registry: true });
    const asked = { registry: requireRegistry(config), backup: config.backup, rows: 'all' } as const;
    await writeTree(config.tree, (await readRegistry(asked)).snapshot);
    const { state } = await schemasOfTree(config, { env: process.env });
    for (const { shop, topic, frame } of written) {
      const decoded = await decodeRecord(state, { bytes: bytesOf(frame), topic });
      expect(decoded).toMatchObject({
        outcome: 'decoded',
        schema: { schemaType: shop.type },
        decoded: { value: shop.value },
      });
      // Whatever the id, the topic's own schema is among those that could have written it.
      const damaged = Buffer.concat([bytesOf('0000ffffff'), bytesOf(frame).subarray(5)]);
      const guessed = await decodeRecord(state, { bytes: damaged, topic, guess: true });
      expect(guessed).toMatchObject({
        outcome: 'guessed',
        tried: 1,
        guesses: [{ payloadAt: 5, decoded: { value: shop.value } }],
      });
      const ofAll = await decodeRecord(state, { bytes: damaged, guess: true });
      expect(ofAll.tried).toBeGreaterThan(5);
      expect(ofAll.guesses?.[0]?.decoded.value).toEqual(shop.value);
    }
  });

  it('is decoded by the guid in its header', async () => {
    const able = stages.filter(({ kind }) => kind.headers);
    for (const [at, writer] of able.entries()) {
      for (const { type, order, value } of SHOP_TYPES) {
        const topic = `headers-${at}-${type}`;
        const { frame, header } = await well(
          writer.ask({ do: 'serialize', topic, how: 'register', ...order, value, inHeader: true }),
        );
        const headers = [{ name: '__value_schema_id', value: bytesOf(header) }];
        const decoded = await ask({ bytes: bytesOf(frame), headers, topic });
        expect(decoded).toMatchObject({
          outcome: 'decoded',
          frame: { kind: 'header-guid', payloadAt: 0 },
          decoded: { value, notes: [], unknownFields: [] },
        });
      }
    }
  });

  it('is told to be another message of its file', async () => {
    const { order, part } = shopType('PROTOBUF');
    for (const stage of stages.filter(({ kind }) => kind.messageIndexes)) {
      await registerPart(stage, { part });
      for (const { message, value } of OTHER_MESSAGES) {
        const topic = `parcels-${stages.indexOf(stage)}`;
        const { frame } = await well(serialize(stage, topic, 'register', { ...order, message }, value));
        const { outcome, decoded } = await ask({ bytes: bytesOf(frame), topic });
        expect([outcome, decoded?.message]).toEqual(['decoded', message]);
        // A time is shown beside its seconds.
        const { sent, ...rest } = value as { readonly sent?: string };
        expect(decoded?.value).toMatchObject(sent === undefined ? rest : { ...rest, sent: { timestamp: sent } });
      }
    }
  });

  it('is decoded though its client writes no message indexes', async () => {
    const { order, value, part } = shopType('PROTOBUF');
    for (const stage of stages.filter(({ kind }) => !kind.framed.includes('PROTOBUF'))) {
      await registerPart(stage, { part });
      const { frame } = await well(serialize(stage, 'bare', 'register', order, value));
      expect(await ask({ bytes: bytesOf(frame), topic: 'bare' })).toMatchObject({
        outcome: 'decoded',
        decoded: { value, message: 'shop.Order' },
      });
    }
  });

  it('is decoded with the schema of its context, where an id means several', async () => {
    const other = (cast?.at(url + STAGING) ?? []).slice(0, 2);
    const inStaging = await writeEverywhere(other, SHOP_TYPES.toReversed());
    for (const { shop, topic, frame } of inStaging) {
      const decoded = await ask({ bytes: bytesOf(frame), topic, context: '.staging' });
      expect(decoded).toMatchObject({
        outcome: 'decoded',
        schema: { context: '.staging' },
        decoded: { value: shop.value },
      });
      expect(decoded.others).toBeUndefined();
    }
    const [first] = inStaging;
    const unsaid = await ask({ bytes: bytesOf(first?.frame) });
    expect(unsaid.others?.length).toBeGreaterThan(0);
    expect(unsaid).toMatchObject({ outcome: 'decoded', decoded: { value: first?.shop.value } });
  });
});

describe('wide Avro records', () => {
  const schema = JSON.stringify({
    type: 'record',
    name: 'Wide',
    fields: [
      { name: 'big', type: 'long' },
      { name: 'small', type: 'int' },
      { name: 'ratio', type: 'double' },
      { name: 'yes', type: 'boolean' },
      { name: 'counts', type: { type: 'map', values: 'int' } },
      { name: 'note', type: ['null', 'string'], default: null },
      { name: 'next', type: ['null', 'Wide'], default: null },
      { name: 'rows', type: { type: 'array', items: { type: 'array', items: 'int' } } },
    ],
  });
  const leaf = { big: -1, small: 0, ratio: 0, yes: false, counts: {}, note: null, next: null, rows: [] };
  const value = {
    big: 2 ** 45 + 1,
    small: -(2 ** 31),
    ratio: -1234.5678,
    yes: true,
    counts: { 'ü 1': 1, b: 2_000_000 },
    note: null,
    next: null,
    rows: [[1, 2, 3], [], [-64, 64, 8191, 8192]],
  };

  it('of every client are decoded', async () => {
    let count = 0;
    for (const [at, stage] of stages.entries()) {
      const order = { type: 'AVRO', schema, references: [] } as const;
      for (const one of [value, leaf]) {
        const topic = `wide-${at}`;
        const { frame } = await well(serialize(stage, topic, 'register', order, one));
        expect(await ask({ bytes: bytesOf(frame), topic }), stage.kind.name).toMatchObject({
          outcome: 'decoded',
          decoded: { value: one },
        });
        count++;
      }
    }
    expect(count).toBe(2 * kinds.length);
  });
});
