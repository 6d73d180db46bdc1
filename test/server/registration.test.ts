/** What a registration finds and what it writes, by the id, version and metadata that it gives: Confluent's rules in their order. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { record, startRegistry, type TestRegistry } from './client.ts';

const A = record('A', 'a');
const AB = record('A', 'a', 'b');

async function start(): Promise<TestRegistry> {
  const registry = await startRegistry({ strictConfluent: true });
  onTestFinished(() => registry.close());
  return registry;
}

type Step = readonly [method: string, path: string, body: unknown, status: number, answer?: object];

async function play(...steps: readonly Step[]): Promise<void> {
  const { call } = await start();
  for (const [at, [method, path, body, status, answer = {}]] of steps.entries()) {
    const got = await call(method, path, body);
    expect([at, got.status, got.body]).toEqual([at, status, expect.objectContaining(answer)]);
  }
}

const VERSIONS = '/subjects/s/versions';
const importing: Step = ['PUT', '/mode?force=true', { mode: 'IMPORT' }, 200];

describe('a version that is given', () => {
  it('is the next one or refused, also where the schema has it already', async () => {
    const refused = { error_code: 42201, message: 'Version is not one more than previous version' };
    await play(
      ['POST', VERSIONS, { schema: A, version: 1 }, 200, { id: 1, version: 1 }],
      ['POST', VERSIONS, { schema: A, version: 1 }, 422, refused],
      ['POST', VERSIONS, { schema: A, version: 3 }, 422, refused],
      ['POST', VERSIONS, { schema: A, version: 2 }, 200, { id: 2, version: 2 }],
    );
  });

  it('as the latest means that one where it is the same, and a new one otherwise', async () => {
    await play(
      ['POST', VERSIONS, { schema: A }, 200, { version: 1 }],
      ['POST', VERSIONS, { schema: AB }, 200, { version: 2 }],
      ['POST', VERSIONS, { schema: AB, version: -1 }, 200, { version: 2, deleted: false }],
      [
        'POST',
        VERSIONS,
        { schema: A, version: -1 },
        200,
        { version: 3, metadata: { properties: { 'confluent:version': '3' } } },
      ],
    );
  });
});

describe('an import', () => {
  it('of a schema that stands under several versions answers the one that is meant, and moves none', async () => {
    await play(
      importing,
      ['POST', VERSIONS, { schema: A, id: 5, version: 1 }, 200, { id: 5, version: 1 }],
      ['POST', VERSIONS, { schema: A, id: 5, version: 2 }, 200, { id: 5, version: 2 }],
      ['POST', VERSIONS, { schema: A, id: 5, version: 1 }, 200, { id: 5, version: 1, deleted: false }],
      ['POST', VERSIONS, { schema: A, id: 5 }, 200, { id: 5, version: 2 }],
    );
  });

  it('in FORWARD mode asks neither for compatibility nor for the order of versions', async () => {
    await play(
      ['POST', VERSIONS, { schema: A }, 200],
      ['PUT', '/mode/:.__GLOBAL:', { mode: 'FORWARD' }, 200],
      ['POST', VERSIONS, { schema: '"int"', id: 9, version: 7 }, 200, { id: 9, version: 7 }],
      ['POST', VERSIONS, { schema: '"long"' }, 422, { error_code: 42205 }],
    );
  });
});

describe('metadata', () => {
  it('of the config is looked for only where the schema as sent is not found', async () => {
    const defaults = { defaultMetadata: { properties: { team: 'x' } } };
    await play(
      ['POST', VERSIONS, { schema: A }, 200, { version: 1 }],
      ['PUT', '/config/s', defaults, 200],
      ['POST', '/subjects/s', { schema: A }, 200, { version: 1 }],
      ['POST', VERSIONS, { schema: A }, 200, { version: 2, metadata: { properties: { team: 'x' } } }],
      ['POST', VERSIONS, { schema: AB }, 200, { version: 3 }],
      ['POST', '/subjects/s', { schema: AB }, 200, { version: 3 }],
    );
  });

  it('of the latest version is not taken over where nothing may be written', async () => {
    await play(
      ['POST', VERSIONS, { schema: A, metadata: { properties: { owner: 'o' } } }, 200],
      ['PUT', '/mode/s', { mode: 'READONLY' }, 200],
      ['POST', '/subjects/s', { schema: A }, 200, { version: 1 }],
      ['POST', VERSIONS, { schema: A }, 422, { error_code: 42205 }],
    );
  });

  it('is asked for by its properties, and a version without any is never found', async () => {
    await play(
      ['POST', VERSIONS, { schema: A }, 200],
      ['GET', '/subjects/s/metadata', undefined, 404, { error_code: 40403 }],
      ['POST', VERSIONS, { schema: A, metadata: { properties: { owner: 'o' } } }, 200],
      ['GET', '/subjects/s/metadata', undefined, 200, { version: 2 }],
      ['GET', '/subjects/s/metadata?key=owner&value=p&key=owner&value=o', undefined, 200, { version: 2 }],
      ['DELETE', '/subjects/s', undefined, 200],
      ['GET', '/subjects/s/metadata?key=owner&value=o', undefined, 404, { error_code: 40401 }],
      ['GET', '/subjects/s/metadata?key=owner&value=x&deleted=true', undefined, 404, { error_code: 40403 }],
    );
  });
});

it('names, levels and version words are judged in Confluent’s order', async () => {
  await play(
    ['POST', '/subjects/:.__GLOBAL:x/versions', { schema: A }, 422, { error_code: 42208 }],
    ['PUT', '/config/:.__GLOBAL:x', { compatibility: 'NONE' }, 200],
    ['PUT', '/config/__GLOBAL', { compatibility: 'BAD' }, 422, { error_code: 42203 }],
    ['POST', VERSIONS, { schema: A }, 200],
    ['GET', '/subjects/s/versions/00', undefined, 422, { message: expect.stringContaining("'0'") }],
    ['GET', '/subjects/s/versions/+x', undefined, 422, { message: expect.stringContaining("'+x'") }],
  );
});

it('aliases under a prefix bring what they stand for, and are named nowhere else', async () => {
  const { call } = await start();
  await call('POST', '/subjects/plain/versions', { schema: A });
  await call('PUT', '/config/al', { alias: 'plain' });
  const listed = async (prefix: string) => (await call('GET', `/schemas?aliases=true&subjectPrefix=${prefix}`)).body;
  expect(await listed('al')).toMatchObject([{ subject: 'plain', aliases: ['al'] }]);
  expect(await listed('pl')).toMatchObject([{ subject: 'plain' }]);
  expect(await listed('pl')).not.toMatchObject([{ aliases: ['al'] }]);
});
