/**
 * Every endpoint and parameter of the API on one small registry, as a table: what is asked, what is answered. Recorded
 * conversations hold most of it too; this is the list to read.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { record, startRegistry, type TestRegistry } from './client.ts';

let registry: TestRegistry;
const guid = new Map<string, string>();
const MINE = { metadata: { properties: { owner: 'me', team: 't' } } };

/** a: versions 1 (soft-deleted), 2, 3. b refers to a/3. gone: soft-deleted. :.x:ka and :.x:z in another context. */
beforeAll(async () => {
  registry = await startRegistry();
  const { call } = registry;
  const post = async (subject: string, body: object) => {
    const answer = await call('POST', `/subjects/${subject}/versions`, body);
    expect([subject, answer.status, answer.body]).toMatchObject([subject, 200, {}]);
    const { guid: identity } = answer.body as { guid: string };
    guid.set(subject, identity);
  };
  await post('a', { schema: record('A') });
  await post('a', { schema: record('A', 'one'), ...MINE });
  await post('a', { schema: record('A', 'one', 'two'), metadata: { properties: { owner: 'you' } } });
  await post('b', {
    schema: JSON.stringify({ type: 'record', name: 'B', fields: [{ name: 'a', type: 'A' }] }),
    references: [{ name: 'A', subject: 'a', version: 3 }],
  });
  await post('gone', { schema: record('Gone') });
  await post('rules', {
    schema: record('R'),
    ruleSet: { domainRules: [{ name: 'r', kind: 'CONDITION', mode: 'WRITE', type: 'CEL', expr: 'true' }] },
  });
  await post(':.x:ka', { schema: record('A') });
  await post(':.x:z', { schema: record('Z') });
  await call('DELETE', '/subjects/a/versions/1');
  await call('DELETE', '/subjects/gone');
  await call('PUT', '/config/al', { alias: 'a' });
  await call('PUT', '/config/:.x:', { compatibility: 'NONE' });
  await call('PUT', '/mode/:.x:z', { mode: 'READONLY' });
});
afterAll(() => registry.close());

const NOT_FOUND = (code: number) => ({ status: 404, body: { error_code: code } });
const subjects = (...names: string[]) => ({ status: 200, body: names });
/** Rows by subject and version, nothing else looked at. */
const rows = (...names: string[]) => ({ status: 200, rows: names });

type Expected = { readonly status: number; readonly body?: unknown; readonly rows?: readonly string[] };

async function expectAnswer(method: string, path: string, sent: unknown, expected: Expected): Promise<void> {
  const answer = await registry.call(method, path, sent);
  expect(answer.status).toBe(expected.status);
  if (expected.rows !== undefined) {
    const shown = (answer.body as { subject: string; version: number }[]).map((row) => `${row.subject}/${row.version}`);
    expect(shown).toEqual(expected.rows);
  } else if (Array.isArray(expected.body)) expect(answer.body).toEqual(expected.body);
  else expect(answer.body).toMatchObject(expected.body as object);
}

describe.each<readonly [string, Expected]>([
  // subjects
  ['/subjects', subjects(':.x:ka', ':.x:z', 'a', 'b', 'rules')],
  ['/subjects?deleted=true', subjects(':.x:ka', ':.x:z', 'a', 'b', 'gone', 'rules')],
  ['/subjects?deletedOnly=true', subjects('gone')],
  ['/subjects?deletedOnly=true&deleted=true', subjects('gone')],
  ['/subjects?subjectPrefix=', subjects('a', 'b', 'rules')],
  ['/subjects?subjectPrefix=:*:ka', subjects(':.x:ka')],
  ['/subjects?subjectPrefix=:.x:', subjects(':.x:ka', ':.x:z')],
  ['/subjects?offset=1&limit=2', subjects(':.x:z', 'a')],
  ['/subjects?offset=-1', { status: 500, body: { error_code: 500 } }],
  ['/subjects?limit=many', NOT_FOUND(404)],
  ['/contexts/.x/subjects', subjects(':.x:ka', ':.x:z')],
  // versions
  ['/subjects/a/versions', { status: 200, body: [2, 3] }],
  ['/subjects/a/versions?deleted=true', { status: 200, body: [1, 2, 3] }],
  ['/subjects/a/versions?deletedOnly=true', { status: 200, body: [1] }],
  ['/subjects/a/versions?deletedAsNegative=true', { status: 200, body: [-1, 2, 3] }],
  ['/subjects/a/versions?deletedAsNegative=true&deletedOnly=true', { status: 200, body: [-1, 2, 3] }],
  ['/subjects/a/versions?offset=1', { status: 200, body: [3] }],
  ['/subjects/al/versions', { status: 200, body: [2, 3] }],
  ['/subjects/gone/versions', NOT_FOUND(40401)],
  ['/subjects/gone/versions?deletedAsNegative=true', NOT_FOUND(40401)],
  ['/subjects/gone/versions?deletedAsNegative=true&deleted=true', { status: 200, body: [-1] }],
  ['/subjects/nope/versions', NOT_FOUND(40401)],
  // one version
  [
    '/subjects/a/versions/latest',
    { status: 200, body: { subject: 'a', version: 3, schemaType: 'AVRO', deleted: false } },
  ],
  ['/subjects/a/versions/-1', { status: 200, body: { version: 3 } }],
  ['/subjects/a/versions/1', NOT_FOUND(40402)],
  ['/subjects/a/versions/1?deleted=true', { status: 200, body: { version: 1, deleted: true } }],
  ['/subjects/a/versions/9', NOT_FOUND(40402)],
  ['/subjects/a/versions/0', { status: 422, body: { error_code: 42202 } }],
  ['/subjects/a/versions/latest?findTags=true', { status: 200, body: { version: 3 } }],
  ['/subjects/al/versions/2', { status: 200, body: { subject: 'a', version: 2 } }],
  ['/subjects/gone/versions/latest', NOT_FOUND(40401)],
  ['/subjects/gone/versions/latest?deleted=true', NOT_FOUND(40402)],
  ['/subjects/z/versions/1', { status: 200, body: { subject: ':.x:z' } }],
  ['/subjects/a/versions/2/schema', { status: 200, body: { type: 'record', name: 'A' } }],
  ['/subjects/a/versions/9/schema', NOT_FOUND(40402)],
  ['/subjects/a/versions/3/referencedby', { status: 200, body: [4] }],
  ['/subjects/a/versions/3/referencedby?offset=1', { status: 200, body: [] }],
  ['/subjects/a/versions/2/referencedby', { status: 200, body: [] }],
  [
    '/subjects/b/versions/1?referenceFormat=qualified',
    { status: 200, body: { references: [{ subject: 'a', version: 3 }] } },
  ],
  ['/subjects/a/metadata?key=owner&value=me', { status: 200, body: { version: 2 } }],
  ['/subjects/a/metadata?key=owner&value=you', { status: 200, body: { version: 3 } }],
  ['/subjects/a/metadata?key=owner&value=me&key=team&value=t', { status: 200, body: { version: 2 } }],
  ['/subjects/a/metadata?key=owner&value=me&key=team&value=x', NOT_FOUND(40403)],
  ['/subjects/a/metadata?key=constructor&value=x', NOT_FOUND(40403)],
  ['/subjects/nope/metadata?key=a&value=b', NOT_FOUND(40401)],
  // the bulk listing: the default context unless asked for more
  ['/schemas', rows('a/2', 'a/3', 'b/1', 'rules/1')],
  ['/schemas?deleted=true', rows('a/1', 'a/2', 'a/3', 'b/1', 'gone/1', 'rules/1')],
  ['/schemas?latestOnly=true', rows('a/3', 'b/1', 'rules/1')],
  ['/schemas?latestOnly=true&deleted=true', rows('a/3', 'b/1', 'gone/1', 'rules/1')],
  ['/schemas?subjectPrefix=:*:', rows(':.x:ka/1', ':.x:z/1', 'a/2', 'a/3', 'b/1', 'rules/1')],
  ['/schemas?subjectPrefix=:.x:', rows(':.x:ka/1', ':.x:z/1')],
  ['/schemas?subjectPrefix=b', rows('b/1')],
  ['/schemas?subjectPrefix=al', rows()],
  ['/schemas?subjectPrefix=al&aliases=true', rows('a/2', 'a/3')],
  ['/schemas?ruleType=CEL', rows('rules/1')],
  ['/schemas?ruleType=cel', rows()],
  ['/schemas?offset=1&limit=2', rows('a/3', 'b/1')],
  ['/schemas?offset=100', rows()],
  ['/schemas?limit=x', NOT_FOUND(404)],
  ['/contexts/.x/schemas', rows(':.x:ka/1', ':.x:z/1')],
  ['/schemas/types', { status: 200, body: ['JSON', 'PROTOBUF', 'AVRO'] }],
  // by id
  ['/schemas/ids/1', { status: 200, body: { subject: 'a', version: 1, deleted: true } }],
  ['/schemas/ids/1?fetchMaxId=true', { status: 200, body: { maxId: 6 } }],
  ['/schemas/ids/1?subject=:.x:&fetchMaxId=true', { status: 200, body: { subject: ':.x:ka', maxId: 2 } }],
  ['/schemas/ids/2?subject=:.x:z', { status: 200, body: { subject: ':.x:z' } }],
  ['/schemas/ids/2?subject=z', { status: 200, body: { subject: ':.x:z' } }],
  ['/schemas/ids/2?subject=al', { status: 200, body: { subject: 'a', version: 2 } }],
  ['/contexts/.x/schemas/ids/2', { status: 200, body: { subject: ':.x:z' } }],
  ['/schemas/ids/99', NOT_FOUND(40403)],
  ['/schemas/ids/0', NOT_FOUND(40403)],
  ['/schemas/ids/x', NOT_FOUND(404)],
  ['/schemas/ids/2147483648', NOT_FOUND(404)],
  ['/schemas/ids/2/schema', { status: 200, body: { type: 'record', name: 'A' } }],
  ['/schemas/ids/99/schema', NOT_FOUND(40403)],
  ['/schemas/ids/2/subjects', { status: 200, body: ['a'] }],
  ['/schemas/ids/1/subjects', { status: 200, body: [] }],
  ['/schemas/ids/1/subjects?deleted=true', { status: 200, body: ['a'] }],
  ['/schemas/ids/2/versions', { status: 200, body: [{ subject: 'a', version: 2 }] }],
  ['/schemas/ids/1/versions', { status: 200, body: [] }],
  ['/schemas/ids/1/versions?subject=:.x:', { status: 200, body: [{ subject: ':.x:ka', version: 1 }] }],
  ['/schemas/ids/99/versions', NOT_FOUND(40403)],
  ['/schemas/guids/nope', NOT_FOUND(40403)],
  ['/schemas/guids/nope/ids', { status: 200, body: [] }],
  // settings
  ['/config', { status: 200, body: { compatibilityLevel: 'BACKWARD' } }],
  ['/config/a', NOT_FOUND(40408)],
  ['/config/a?defaultToGlobal=true', { status: 200, body: { compatibilityLevel: 'BACKWARD' } }],
  ['/config/al', { status: 200, body: { alias: 'a', compatibilityLevel: 'BACKWARD' } }],
  ['/config/:.x:', { status: 200, body: { compatibilityLevel: 'NONE' } }],
  ['/config/:.x:ka?defaultToGlobal=true', { status: 200, body: { compatibilityLevel: 'NONE' } }],
  ['/contexts/.x/config', { status: 200, body: { compatibilityLevel: 'NONE' } }],
  ['/config/:.__GLOBAL:', { status: 200, body: { compatibilityLevel: 'BACKWARD' } }],
  ['/mode', { status: 200, body: { mode: 'READWRITE' } }],
  ['/mode/a', NOT_FOUND(40409)],
  ['/mode/a?defaultToGlobal=true', { status: 200, body: { mode: 'READWRITE' } }],
  ['/mode/:.x:z', { status: 200, body: { mode: 'READONLY' } }],
  ['/contexts/x/mode/z', { status: 200, body: { mode: 'READONLY' } }],
  ['/mode/:.__GLOBAL:', { status: 200, body: { mode: 'READWRITE' } }],
  // the rest
  ['/contexts', { status: 200, body: ['.', '.x'] }],
  ['/contexts?contextPrefix=.x', { status: 200, body: ['.x'] }],
  ['/contexts?offset=1', { status: 200, body: ['.x'] }],
  ['/', { status: 200, body: {} }],
])('GET %s', (path, expected) => {
  it(`is answered ${expected.status}`, () => expectAnswer('GET', path, undefined, expected));
});

describe('look-ups and compatibility', () => {
  it.each<readonly [string, unknown, Expected]>([
    [
      '/subjects/a',
      { schema: record('A', 'one'), ...MINE },
      { status: 200, body: { subject: 'a', version: 2, id: 2 } },
    ],
    ['/subjects/a', { schema: record('A') }, NOT_FOUND(40403)],
    ['/subjects/a?deleted=true', { schema: record('A') }, { status: 200, body: { version: 1 } }],
    ['/subjects/al', { schema: record('A', 'one'), ...MINE }, { status: 200, body: { subject: 'a' } }],
    ['/subjects/z', { schema: record('Z') }, { status: 200, body: { subject: ':.x:z' } }],
    ['/subjects/nope', { schema: record('A') }, NOT_FOUND(40401)],
    ['/subjects/a', { schema: '{' }, { status: 422, body: { error_code: 42201 } }],
    ['/subjects/a', undefined, { status: 422, body: { error_code: 422 } }],
    ['/compatibility/subjects/a/versions', { schema: record('A') }, { status: 200, body: { is_compatible: true } }],
    [
      '/compatibility/subjects/a/versions/latest',
      { schema: record('A') },
      { status: 200, body: { is_compatible: true } },
    ],
    ['/compatibility/subjects/a/versions/9', { schema: record('A') }, NOT_FOUND(40402)],
    ['/compatibility/subjects/a/versions/x', { schema: record('A') }, { status: 422, body: { error_code: 42202 } }],
    [
      '/compatibility/subjects/a/versions?verbose=true',
      { schema: record('A') },
      { status: 200, body: { is_compatible: true, messages: [] } },
    ],
    ['/compatibility/subjects/a/versions', { schema: '{' }, { status: 422, body: { error_code: 42201 } }],
    [
      '/compatibility/subjects/a/versions?verbose=true',
      { schema: '{' },
      { status: 200, body: { is_compatible: false, messages: [expect.any(String)] } },
    ],
  ])('POST %s %j', (path, sent, expected) => expectAnswer('POST', path, sent, expected));

  it('by guid finds the schema wherever it is', async () => {
    const identity = guid.get('a') ?? '';
    await expectAnswer('GET', `/schemas/guids/${identity}`, undefined, { status: 200, body: { guid: identity } });
    await expectAnswer('GET', `/schemas/guids/${identity}/ids`, undefined, {
      status: 200,
      body: [{ context: '.', id: 3 }],
    });
  });
});

describe('writes that are refused', () => {
  it.each<readonly [string, string, unknown, Expected]>([
    ['DELETE', '/subjects/nope', undefined, NOT_FOUND(40401)],
    ['DELETE', '/subjects/gone', undefined, NOT_FOUND(40404)],
    ['DELETE', '/subjects/b?permanent=true', undefined, NOT_FOUND(40405)],
    ['DELETE', '/subjects/a/versions/1', undefined, NOT_FOUND(40406)],
    ['DELETE', '/subjects/a/versions/2?permanent=true', undefined, NOT_FOUND(40407)],
    ['DELETE', '/subjects/a/versions/9', undefined, NOT_FOUND(40402)],
    ['DELETE', '/subjects/a/versions/x', undefined, { status: 422, body: { error_code: 42202 } }],
    ['DELETE', '/subjects/a/versions/3', undefined, { status: 422, body: { error_code: 42206 } }],
    ['DELETE', '/subjects/a', undefined, { status: 422, body: { error_code: 42206 } }],
    ['DELETE', '/subjects/:.x:z', undefined, { status: 422, body: { error_code: 42205 } }],
    ['DELETE', '/config/a', undefined, NOT_FOUND(40401)],
    ['DELETE', '/mode/a', undefined, NOT_FOUND(40401)],
    ['DELETE', '/contexts/.x', undefined, { status: 422, body: { error_code: 42211 } }],
    ['PUT', '/config/a', { compatibility: 'SOME' }, { status: 422, body: { error_code: 42203 } }],
    ['PUT', '/mode/a', { mode: 'SOME' }, { status: 422, body: { error_code: 42204 } }],
    ['PUT', '/mode/a', { mode: 'FORWARD' }, { status: 422, body: { error_code: 42204 } }],
    ['PUT', '/mode/a', { mode: 'IMPORT' }, { status: 422, body: { error_code: 42205 } }],
    ['PUT', '/config/__GLOBAL', { compatibility: 'NONE' }, { status: 422, body: { error_code: 42208 } }],
    ['POST', '/subjects/__EMPTY/versions', { schema: '"int"' }, { status: 422, body: { error_code: 42208 } }],
    ['POST', '/subjects/a/versions', { schema: '"int"', id: 9 }, { status: 422, body: { error_code: 42205 } }],
    ['POST', '/subjects/n/versions', { schema: '"int"', version: 5 }, { status: 422, body: { error_code: 42201 } }],
    ['POST', '/subjects/n/versions', { schema: '"int"', id: 2 ** 31 }, { status: 400, body: { error_code: 400 } }],
    ['POST', '/subjects/n/versions', { schema: 'x', schemaType: 'XML' }, { status: 422, body: { error_code: 42201 } }],
  ])('%s %s %j', (method, path, sent, expected) => expectAnswer(method, path, sent, expected));
});

describe('settings of a context', () => {
  it('are removed with those of its subjects when asked for', async () => {
    const { call } = registry;
    for (const [name, mode] of [
      [':.y:', 'READONLY'],
      [':.y:s', 'IMPORT'],
      [':.yy:s', 'READONLY'],
    ])
      await call('PUT', `/mode/${name}?force=true`, { mode });
    expect(await call('DELETE', '/mode/:.y:?recursive=true')).toMatchObject({
      status: 200,
      body: { mode: 'READONLY' },
    });
    expect((await call('GET', '/mode/:.y:s')).status).toBe(404);
    expect((await call('GET', '/mode/:.yy:s')).status).toBe(200);
  });

  it('a context goes when nothing is left in it', async () => {
    const { call } = registry;
    await call('POST', '/subjects/:.brief:s/versions', { schema: '"int"' });
    expect((await call('GET', '/contexts')).body).toContain('.brief');
    await call('DELETE', '/subjects/:.brief:s');
    expect((await call('DELETE', '/contexts/.brief')).status).toBe(422);
    await call('DELETE', '/subjects/:.brief:s?permanent=true');
    expect((await call('DELETE', '/contexts/.brief')).status).toBe(204);
    expect((await call('GET', '/contexts')).body).not.toContain('.brief');
    expect((await call('DELETE', '/contexts/.never')).status).toBe(204);
  });
});
