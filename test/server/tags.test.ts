/** Inline tags of Avro schemas: shown by `findTags`, edited with a registration or by the tags endpoint. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { outlineJson } from '../../src/semantics/json-outline.ts';
import { editTags, findTags } from '../../src/semantics/schema-tags.ts';
import { startRegistry, type TestRegistry } from './client.ts';

const running: TestRegistry[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

async function start(): Promise<TestRegistry> {
  const registry = await startRegistry();
  running.push(registry);
  return registry;
}

const FIELD = (path: string, ...tags: string[]) => ({
  schemaEntity: { entityPath: path, entityType: 'sr_field' },
  tags,
});
const RECORD = (path: string, ...tags: string[]) => ({
  schemaEntity: { entityPath: path, entityType: 'sr_record' },
  tags,
});

const USER = JSON.stringify({
  type: 'record',
  name: 'User',
  namespace: 'com.example',
  fields: [
    { name: 'id', type: 'string' },
    {
      name: 'homes',
      type: {
        type: 'array',
        items: { type: 'record', name: 'Home', fields: [{ name: 'street', type: ['null', 'string'] }] },
      },
    },
  ],
});

describe('tags', () => {
  it('are added and removed at records and fields, as a new version', async () => {
    const { call } = await start();
    await call('POST', '/subjects/s/versions', { schema: USER });
    const added = await call('POST', '/subjects/s/versions/1/tags', {
      tagsToAdd: [FIELD('com.example.User.id', 'PII', 'KEY'), RECORD('com.example.Home', 'ADDRESS')],
    });
    expect(added).toMatchObject({
      status: 200,
      body: { version: 2, metadata: { properties: { 'confluent:version': '2' } } },
    });
    const { schema } = added.body as { schema: string };
    expect(JSON.parse(schema).fields[0]).toEqual({ name: 'id', type: 'string', 'confluent:tags': ['PII', 'KEY'] });

    expect((await call('GET', '/subjects/s/versions/2?findTags=true')).body).toMatchObject({
      schemaTags: [FIELD('com.example.User.id', 'PII', 'KEY'), RECORD('com.example.Home', 'ADDRESS')],
    });
    expect((await call('GET', '/schemas/ids/2?findTags=true')).body).toMatchObject({ schemaTags: [{}, {}] });
    expect((await call('GET', '/schemas/ids/2')).body).not.toHaveProperty('schemaTags');
    expect((await call('GET', '/schemas/ids/1?findTags=true')).body).not.toHaveProperty('schemaTags');

    const removed = await call('POST', '/subjects/s/versions/latest/tags', {
      newVersion: 3,
      tagsToAdd: [FIELD('.com.example.Home.street', 'PII')],
      tagsToRemove: [FIELD('com.example.User.id', 'PII', 'NOPE'), RECORD('com.example.Home', 'ADDRESS')],
    });
    expect(removed).toMatchObject({ status: 200, body: { version: 3 } });
    expect((await call('GET', '/subjects/s/versions/3?findTags=true')).body).toMatchObject({
      schemaTags: [FIELD('com.example.User.id', 'KEY'), FIELD('com.example.Home.street', 'PII')],
    });
  });

  it('come with a registration, or change the latest version when it sends no text', async () => {
    const { call } = await start();
    const sent = { schema: USER, schemaTagsToAdd: [FIELD('com.example.User.id', 'PII')] };
    expect((await call('POST', '/subjects/s/versions', sent)).body).toMatchObject({
      id: 1,
      metadata: { properties: { 'confluent:version': '1' } },
    });
    // What is edited is a new version, whatever was there.
    expect((await call('POST', '/subjects/s/versions', sent)).body).toMatchObject({ id: 2, version: 2 });
    expect(
      (await call('POST', '/subjects/s/versions', { schemaTagsToAdd: [RECORD('com.example.User', 'A')] })).body,
    ).toMatchObject({ id: 3, version: 3 });
    expect((await call('GET', '/subjects/s/versions/3?findTags=true')).body).toMatchObject({
      schemaTags: [RECORD('com.example.User', 'A'), FIELD('com.example.User.id', 'PII')],
    });
  });

  it('keep metadata, or take that of the request', async () => {
    const { call } = await start();
    await call('POST', '/subjects/s/versions', { schema: USER, metadata: { properties: { owner: 'a' } } });
    const kept = await call('POST', '/subjects/s/versions/1/tags', {});
    expect(kept.body).toMatchObject({ metadata: { properties: { owner: 'a', 'confluent:version': '2' } } });
    const given = await call('POST', '/subjects/s/versions/1/tags', { metadata: { properties: { owner: 'b' } } });
    expect(given.body).toMatchObject({ metadata: { properties: { owner: 'b', 'confluent:version': '3' } } });
  });

  it.each([
    [422, 42201, { tagsToAdd: [FIELD('com.example.User.nope', 'X')] }],
    [422, 42201, { tagsToAdd: [FIELD('User.id', 'X')] }],
    [422, 42201, { tagsToRemove: [RECORD('com.example.User.id', 'X')] }],
    [422, 42201, { newVersion: 7 }],
    [500, 500, { tagsToAdd: [{ tags: ['X'] }] }],
    [500, 500, { tagsToAdd: ['X'] }],
    [400, 400, { tagsToAdd: 'X' }],
    [400, 400, { newVersion: 'latest' }],
    [400, 400, { tagsToAdd: [{ schemaEntity: { entityPath: 'a', entityType: 'sr_enum' } }] }],
    [501, 501, { rulesToRemove: ['r'] }],
  ])('are refused with %i/%i: %j', async (status, code, body) => {
    const { call } = await start();
    await call('POST', '/subjects/s/versions', { schema: USER });
    expect(await call('POST', '/subjects/s/versions/1/tags', body)).toMatchObject({
      status,
      body: { error_code: code },
    });
    expect((await call('GET', '/subjects/s/versions')).body).toEqual([1]);
  });

  it('of other languages, and carried over from the last version, are not supported and said to be so', async () => {
    const { call } = await start();
    await call('POST', '/subjects/j/versions', { schema: '{"type":"object"}', schemaType: 'JSON' });
    const edit = { tagsToAdd: [FIELD('object.a', 'X')] };
    expect(await call('POST', '/subjects/j/versions/1/tags', edit)).toMatchObject({
      status: 501,
      body: { error_code: 501, message: expect.stringContaining('JSON') },
    });
    await call('POST', '/subjects/s/versions', { schema: USER, schemaTagsToAdd: [FIELD('com.example.User.id', 'X')] });
    const next = { schema: USER, propagateSchemaTags: true };
    expect((await call('POST', '/subjects/s/versions', next)).status).toBe(501);
    expect((await call('POST', '/subjects/new/versions', next)).status).toBe(200);
  });
});

const SEED = Number(process.env['SRGIT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

describe('editing a text', () => {
  it('changes nothing but the tags', () => {
    console.log(`tags: seed ${SEED} (repeat with SRGIT_SEED=${SEED})`);
    const space = fc.constantFrom('', ' ', '\n  ', '\t');
    const text = fc.tuple(
      space,
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom('"1"', '-0.0', '1e400', '"\\u0041\\""'),
      space,
    );
    fc.assert(
      fc.property(
        text,
        fc.uniqueArray(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 3 }),
        ([gap, doc, lexeme, end], tags) => {
          const extra = JSON.stringify(doc);
          const schema = `{${gap}"type":${gap}"record", "name":"R" ,"x":${lexeme},"y":${extra},"fields":[${gap}{"name":"f","type":"int","z":${lexeme}${end}}${gap}]${end}}`;
          const add = [FIELD('R.f', ...tags), RECORD('R', ...tags)] as Parameters<typeof editTags>[1]['add'];
          const added = editTags(schema, { add, remove: [] });
          if (!('text' in added)) throw new Error('no text');
          expect(findTags('AVRO', added.text).map((entity) => entity.tags)).toEqual([tags, tags]);
          const removed = editTags(added.text, { add: [], remove: add });
          expect(removed).toEqual({ text: schema });
        },
      ),
      { seed: SEED },
    );
  });

  it('finds its way in any JSON, and gives up on what is nested too deep', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(undefined, 1, '\t'), (text, indent) => {
        const spaced = JSON.stringify(JSON.parse(text), null, indent);
        const outline = outlineJson(spaced);
        expect([outline?.start, outline?.end]).toEqual([0, spaced.length]);
      }),
      { seed: SEED },
    );
    expect(outlineJson('{"a":')).toBeUndefined();
    expect(outlineJson('['.repeat(100_000) + ']'.repeat(100_000))).toBeUndefined();
    const deep = '{"type":"array","items":'.repeat(900);
    expect(findTags('AVRO', `${deep}"int"${'}'.repeat(900)}`)).toEqual([]);
    expect(findTags('AVRO', '{"__proto__":{"confluent:tags":["x"]},"type":"record","name":"A"}')).toEqual([]);
  });
});
