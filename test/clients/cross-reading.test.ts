import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SchemaType } from '../../src/model/schema-version.ts';
import { type EmbeddedRegistry, startRegistry } from '../support/embedded-registry.ts';
import { type ClientKind, CONFLUENT_JS, clientsHere, PYTHON } from './clients.ts';
import { payloadOf, startOfFrame } from './frame.ts';
import { SHOP_TYPES, shopType } from './shop.ts';
import {
  type Cast,
  callCast,
  INSTALL_MS,
  readEverywhere,
  type Stage,
  serialize,
  type WrittenFrame,
  well,
  writeEverywhere,
} from './stage.ts';

const kinds = await clientsHere();
let registry: EmbeddedRegistry | undefined;
let cast: Cast | undefined;
let stages: readonly Stage[] = [];
let written: readonly WrittenFrame[] = [];

beforeAll(async () => {
  registry = await startRegistry();
  cast = await callCast(kinds);
  stages = cast.at(registry.url);
  written = await writeEverywhere(stages);
}, INSTALL_MS);

afterAll(async () => {
  await cast?.stop();
  await registry?.close();
});

const stageOf = (wanted: ClientKind): Stage => {
  const found = stages.find(({ kind }) => kind === wanted);
  if (found === undefined) throw new Error(`${wanted.name} was not started`);
  return found;
};

describe('clients of one registry', () => {
  const framesOf = (type: SchemaType, as?: string) =>
    written.filter(({ shop, writer }) => shop.type === type && (as === undefined || writer.protobufAs === as));
  const idsOf = (frames: readonly WrittenFrame[]) => [...new Set(frames.map(({ frame }) => startOfFrame(frame).id))];

  it('read what each of them wrote', async () => {
    expect(written.length).toBeGreaterThanOrEqual(8);
    expect(await readEverywhere(stages, written)).toEqual([]);
  });

  it('get one id for one schema, under whatever topic', () => {
    expect(idsOf(framesOf('AVRO'))).toHaveLength(1);
    expect(idsOf(framesOf('JSON'))).toHaveLength(1);
    const forms = [...new Set(framesOf('PROTOBUF').map(({ writer }) => writer.protobufAs))];
    for (const form of forms) expect(idsOf(framesOf('PROTOBUF', form))).toHaveLength(1);
    expect(idsOf(framesOf('PROTOBUF'))).toHaveLength(forms.length);
  });

  it('write the same bytes where the language leaves no choice', () => {
    const payloads = (type: SchemaType) => new Set(framesOf(type).map(({ frame }) => payloadOf(frame)));
    expect([payloads('AVRO').size, payloads('PROTOBUF').size]).toEqual([1, 1]);
  });

  it("read each other's guids in headers", async () => {
    const able = stages.filter(({ kind }) => kind.headers);
    for (const writer of able) {
      for (const { type, order, value } of SHOP_TYPES) {
        const topic = `headers-${able.indexOf(writer)}-${type}`;
        const { frame = '', header = '' } = await well(
          writer.ask({ do: 'serialize', topic, how: 'register', ...order, value, inHeader: true }),
        );
        for (const reader of able) {
          const read = await well(reader.ask({ do: 'deserialize', type, topic, frame, header }));
          expect(read.value).toEqual(value);
        }
      }
    }
  });

  it('find as producers what another producer registered', async () => {
    for (const { writer, shop, topic, frame } of written) {
      for (const stage of stages.filter(({ kind }) => kind.looksUp.includes(shop.type))) {
        const isSame = shop.type !== 'PROTOBUF' || stage.kind.protobufAs === writer.protobufAs;
        const found = serialize(stage, topic, 'lookup', shop.order, shop.value);
        if (isSame) expect(startOfFrame((await well(found)).frame ?? '').id).toBe(startOfFrame(frame).id);
        else expect((await found).error).toMatchObject({ status: 404, code: 40403 });
      }
    }
  });

  it.runIf(kinds.includes(PYTHON))('meet at one id of text and descriptor when they ask to normalize', async () => {
    const { part, order, value } = shopType('PROTOBUF');
    const text = stageOf(CONFLUENT_JS);
    const { ask } = stageOf(PYTHON);
    await well(text.ask({ do: 'register', ...part, normalize: true }));
    const subject = 'normalized-text-value';
    const registered = await well(text.ask({ do: 'register', subject, ...order, normalize: true }));
    const topic = 'normalized-descriptor';
    const written = await well(ask({ do: 'serialize', topic, how: 'register', ...order, value, normalize: true }));
    expect(startOfFrame(written.frame ?? '').id).toBe(registered.id);
  });
});
