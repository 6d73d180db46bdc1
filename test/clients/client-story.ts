/** The story that every client must be able to play against the embedded registry, in every language it writes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SchemaType } from '../../src/model/schema-version.ts';
import { type EmbeddedRegistry, request, startRegistry } from '../support/embedded-registry.ts';
import type { ClientKind } from './clients.ts';
import { headerOf, startOfFrame } from './frame.ts';
import { OTHER_MESSAGES, SHOP_TYPES, type ShopSchema, type ShopType, shopType, subjectOf } from './shop.ts';
import { type Cast, callCast, INSTALL_MS, latestOf, registerPart, type Stage, serialize, well } from './stage.ts';

/** Starts an empty registry, and the client, for the tests of a describe block. */
function stageForTests(kind: ClientKind): () => Stage {
  let registry: EmbeddedRegistry | undefined;
  let cast: Cast | undefined;
  let stage: Stage | undefined;
  beforeAll(async () => {
    registry = await startRegistry();
    cast = await callCast([kind]);
    [stage] = cast.at(registry.url);
  }, INSTALL_MS);
  afterAll(async () => {
    await cast?.stop();
    await registry?.close();
  });
  return () => {
    if (stage === undefined) throw new Error('the client was not started');
    return stage;
  };
}

/** The first message of a Protobuf file has one byte instead of a list of indexes. */
const indexesOf = (type: SchemaType): readonly number[] => (type === 'PROTOBUF' ? [0] : []);

export function playStory(kind: ClientKind): void {
  const stageOf = stageForTests(kind);

  describe.each(SHOP_TYPES)('$type', (shop) => {
    const { type, order, value } = shop;
    const isFramed = kind.framed.includes(type);
    const indexes = isFramed ? indexesOf(type) : [];

    it('registers a schema and what it refers to, writes, and reads with empty caches', async () => {
      const stage = stageOf();
      const { ask, url } = stage;
      const part = await registerPart(stage, shop);
      expect(await latestOf(url, shop.part.subject)).toMatchObject({ id: part.id, version: 1 });
      const topic = `orders-${type}`;
      const written = await well(serialize(stage, topic, 'register', order, value));
      const stored = await latestOf(url, subjectOf(topic));
      // A client may have registered the part once more, in its own form.
      const { version } = await latestOf(url, shop.part.subject);
      const references = order.references.map((reference) => ({ ...reference, version }));
      expect(stored).toMatchObject({ schemaType: type, version: 1, references });
      expect(written.id ?? stored.id).toBe(stored.id);
      expect(startOfFrame(written.frame ?? '', indexes.length)).toEqual({ magic: 0, id: stored.id, next: indexes });
      const read = await well(ask({ do: 'deserialize', type, topic, frame: written.frame ?? '' }));
      expect(read.value).toEqual(value);
      // Again, and as another producer: nothing new.
      expect((await well(serialize(stage, topic, 'register', order, value))).frame).toBe(written.frame);
      expect(await request(url, 'GET', `/subjects/${subjectOf(topic)}/versions`)).toEqual([1]);
    });

    it('finds the latest version, and takes it to write with', async () => {
      const stage = stageOf();
      const topic = `latest-${type}`;
      await registerPart(stage, shop);
      await well(stage.ask({ do: 'register', subject: subjectOf(topic), ...order }));
      const stored = await latestOf(stage.url, subjectOf(topic));
      const latest = await well(stage.ask({ do: 'latest', subject: subjectOf(topic) }));
      expect(latest).toEqual(latest.version === undefined ? { id: stored.id } : { id: stored.id, version: 1 });
      const { frame = '' } = await well(serialize(stage, topic, 'latest', order, value));
      expect(startOfFrame(frame).id).toBe(stored.id);
      expect((await well(stage.ask({ do: 'deserialize', type, topic, frame }))).value).toEqual(value);
    });

    it('is refused an incompatible schema with its own error', async () => {
      const stage = stageOf();
      const subject = `refused-${type}-value`;
      await registerPart(stage, shop);
      await well(stage.ask({ do: 'register', subject, ...order }));
      const { error } = await stage.ask({ do: 'register', subject, ...shop.incompatible });
      expect(error).toMatchObject({
        name: kind.errorName,
        status: 409,
        ...(kind.tellsCode ? { code: 40901 } : {}),
        message: expect.stringContaining('incompatible'),
      });
      expect(await request(stage.url, 'GET', `/subjects/${subject}/versions`)).toEqual([1]);
      if (kind.asksCompatibility) {
        const ask = (schema: ShopSchema) => well(stage.ask({ do: 'isCompatible', subject, ...schema }));
        expect([await ask(shop.incompatible), await ask(shop.evolved)]).toEqual([{ value: false }, { value: true }]);
      }
    });

    it('evolves a schema, and reads what was written before', async () => {
      const stage = stageOf();
      const topic = `evolved-${type}`;
      await registerPart(stage, shop);
      const { frame = '' } = await well(serialize(stage, topic, 'register', order, value));
      const first = await latestOf(stage.url, subjectOf(topic));
      const { id } = await well(stage.ask({ do: 'register', subject: subjectOf(topic), ...shop.evolved }));
      expect(await latestOf(stage.url, subjectOf(topic))).toMatchObject({ id, version: 2 });
      expect(id).not.toBe(first.id);
      const read = await well(stage.ask({ do: 'deserialize', type, topic, frame }));
      expect(read.value).toEqual(value);
      if (kind.readsAsLatest) {
        const asLatest = await well(stage.ask({ do: 'deserialize', type, topic, frame, asLatest: true }));
        expect(asLatest.value).toEqual(type === 'AVRO' ? { ...value, currency: 'EUR' } : value);
      }
    });

    it('says that there is no schema of an id, and no subject', async () => {
      const { ask } = stageOf();
      const frame = Buffer.from([0, 0, 0, 0x23, 0x28, 0, 0]).toString('hex');
      const notFound = (code: number) => ({
        name: kind.errorName,
        status: 404,
        ...(kind.tellsCode ? { code } : {}),
        message: expect.stringContaining('not found'),
      });
      const topic = `nowhere-${type}`;
      expect((await ask({ do: 'deserialize', type, topic, frame })).error).toMatchObject(notFound(40403));
      expect((await ask({ do: 'latest', subject: subjectOf(topic) })).error).toMatchObject(notFound(40401));
    });

    if (kind.looksUp.includes(type)) playLookup(stageOf, shop);
    if (kind.headers) playHeaders(stageOf, shop);
    if (kind.choosesByMetadata) playMetadata(stageOf, shop);
  });

  if (kind.messageIndexes) playMessageIndexes(stageOf);
}

function playLookup(stageOf: () => Stage, { type, order, value, part }: ShopType): void {
  it('looks a schema up without registering it', async () => {
    const stage = stageOf();
    const topic = `lookup-${type}`;
    await registerPart(stage, { part });
    // A client that registers parts itself does so here.
    await well(serialize(stage, `before-${topic}`, 'register', order, value));
    const early = await serialize(stage, topic, 'lookup', order, value);
    expect(early.error).toMatchObject({ name: stage.kind.errorName, status: 404, code: 40401 });
    expect(await request(stage.url, 'GET', '/subjects')).not.toContain(subjectOf(topic));
    const { frame } = await well(serialize(stage, topic, 'register', order, value));
    expect(await well(serialize(stage, topic, 'lookup', order, value))).toMatchObject({ frame });
  });
}

function playHeaders(stageOf: () => Stage, { type, order, value, part }: ShopType): void {
  it("writes and reads a schema's guid in a header", async () => {
    const stage = stageOf();
    const topic = `header-${type}`;
    await registerPart(stage, { part });
    const written = await well(stage.ask({ do: 'serialize', topic, how: 'register', ...order, value, inHeader: true }));
    const { guid } = await latestOf(stage.url, subjectOf(topic));
    expect(written.header).toBe(headerOf(guid, indexesOf(type)));
    const { frame = '', header = '' } = written;
    const read = await well(stage.ask({ do: 'deserialize', type, topic, frame, header }));
    expect(read.value).toEqual(value);
    const unknown = headerOf('01234567-89ab-cdef-0123-456789abcdef', indexesOf(type));
    const missed = await stage.ask({ do: 'deserialize', type, topic, frame, header: unknown });
    expect(missed.error).toMatchObject({ name: stage.kind.errorName, status: 404, code: 40403 });
  });
}

function playMetadata(stageOf: () => Stage, { type, order, evolved, value, part }: ShopType): void {
  it('writes with the version that has a property', async () => {
    const stage = stageOf();
    const topic = `metadata-${type}`;
    await registerPart(stage, { part });
    const versions = `/subjects/${subjectOf(topic)}/versions`;
    for (const [release, { schema, references }] of [['stable', order] as const, ['next', evolved] as const]) {
      const metadata = { properties: { release } };
      const stored = await request(stage.url, 'POST', versions, { schemaType: type, schema, references, metadata });
      expect(stored).toMatchObject({ id: expect.any(Number) });
    }
    const { frame = '' } = await well(serialize(stage, topic, 'stable', order, value));
    expect(await request(stage.url, 'GET', `${versions}/1`)).toMatchObject({ id: startOfFrame(frame).id });
    expect((await well(stage.ask({ do: 'deserialize', type, topic, frame }))).value).toEqual(value);
  });
}

function playMessageIndexes(stageOf: () => Stage): void {
  it.each(OTHER_MESSAGES)('tells $message by its indexes', async (other) => {
    const stage = stageOf();
    const { order, part, type } = shopType('PROTOBUF');
    await registerPart(stage, { part });
    const { message, value, indexes } = other;
    const { frame = '' } = await well(serialize(stage, 'parcels', 'register', { ...order, message }, value));
    const { id } = await latestOf(stage.url, 'parcels-value');
    expect(startOfFrame(frame, indexes.length)).toEqual({ magic: 0, id, next: indexes });
    const read = await well(stage.ask({ do: 'deserialize', type, topic: 'parcels', frame, message }));
    expect(read.value).toEqual(value);
  });
}
