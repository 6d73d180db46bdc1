/**
 * Archives that real Apicurio registries import: every id, version, text and reference is compared with the source. Slow
 * (10 s and more each): Java servers start, since only an empty one takes an archive.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { JsonObject } from '../../src/model/json.ts';
import type { RegistrySnapshot } from '../../src/model/registry-snapshot.ts';
import type { Reference, SchemaVersion } from '../../src/model/schema-version.ts';
import { encodeSegment } from '../../src/registry/request-target.ts';
import { record, snapshotOf, withSettings } from '../plan/support.ts';
import { runCli, runCliJson } from '../support/cli.ts';
import { repository } from '../support/git.ts';
import { loadRegistry, readRealSchemas } from '../support/load-registry.ts';
import { startRealRegistry } from '../support/real-registries.ts';
import { makeClient } from '../support/registry-client.ts';
import { strictRegistryDuringTest } from '../support/restoring.ts';
import { writeTree } from '../support/trees.ts';

const REAL = [
  { layout: '3', name: 'apicurio-3' },
  { layout: '2', name: 'apicurio-2' },
] as const;

const lines = readRealSchemas();
if (lines === undefined) console.warn('apicurio-zip: real schemas skipped, they are not there (SRGIT_REAL_SCHEMAS)');

interface Apicurio {
  /** Base URL of its ccompat API. */
  readonly url: string;
  /** Base URL of its own API. */
  readonly own: string;
}

async function startApicurio({ name, layout }: (typeof REAL)[number]): Promise<Apicurio> {
  const { url, stop } = await startRealRegistry(name);
  onTestFinished(stop);
  return { url, own: url.replace(/\/apis\/.*$/, `/apis/registry/v${layout}`) };
}

/** As the report says: POST of the file. */
async function importArchive({ own }: Apicurio, file: string): Promise<Response> {
  return fetch(`${own}/admin/import`, {
    method: 'POST',
    headers: { 'content-type': 'application/zip' },
    body: readFileSync(file),
  });
}

interface Answer {
  readonly subject?: string;
  readonly version?: number;
  readonly id?: number;
  readonly schema: string;
  readonly schemaType?: string;
  readonly references?: readonly Reference[];
}

/** What the registry answers differently from the source, row by row; and how many texts it prints in its own form. */
async function compare({ url, own }: Apicurio, { contexts }: RegistrySnapshot) {
  const client = makeClient({ urls: [url] });
  const differences: unknown[] = [];
  const expectSame = (what: string, wanted: unknown, found: unknown): void => {
    if (JSON.stringify(wanted) !== JSON.stringify(found)) differences.push({ what, wanted, found });
  };
  let rows = 0;
  let printed = 0;
  for (const { name: subject, versions } of contexts[0]?.subjects ?? []) {
    const path = `/subjects/${encodeSegment(subject)}/versions`;
    const listed = await client.get(path, { query: { deleted: true } });
    expectSame(
      subject,
      versions.map(({ version }) => version),
      listed.body,
    );
    const live = await client.get(path, { allow: [404] });
    const wanted = versions.filter(({ deleted }) => !deleted).map(({ version }) => version);
    expectSame(`${subject} live`, wanted, live.ok ? live.body : []);
    for (const row of versions) {
      rows++;
      const what = `${subject} ${row.version}`;
      const byId = (await client.get(`/schemas/ids/${row.id}`)).body as unknown as Answer;
      const found = await client.get(`${path}/${row.version}`, { query: { deleted: true }, allow: [404] });
      // Apicurio itself answers so when all of a subject is softly deleted: what it has left is told by the id.
      expectSame(`${what} is told`, wanted.length > 0, found.ok);
      const answer = found.ok
        ? (found.body as unknown as Answer)
        : { ...byId, subject, version: row.version, id: row.id };
      expectSame(what, [subject, row.version, row.id], [answer.subject, answer.version, answer.id]);
      for (const told of [answer, byId]) {
        expectSame(`${what} type`, row.schemaType, told.schemaType ?? 'AVRO');
        expectSame(`${what} references`, row.references, told.references ?? []);
        expectSame(`${what} text`, meaningOf(row, row.schema), meaningOf(row, told.schema));
      }
      if (byId.schema !== row.schema) printed++;
      const exact = await fetch(`${own}/ids/contentIds/${row.id}`).then((response) => response.text());
      expectSame(`${what} stored`, row.schema, exact);
    }
  }
  return { rows, printed, differences };
}

/** 3.x answers Avro in a form of its own. */
function meaningOf({ schemaType }: SchemaVersion, text: string): unknown {
  return schemaType === 'AVRO' ? JSON.parse(text) : text;
}

const PROTO = 'syntax = "proto3";\npackage shop;\n\nmessage Money {\n  int64 cents = 1;\n}\n';
const PROTO_USER = 'syntax = "proto3";\npackage shop;\n\nimport "money.proto";\n\nmessage Paid {\n  Money of = 1;\n}\n';

const NODE = '{"type":"record","name":"Node","namespace":"x","fields":[{"name":"next","type":["null","Node"]}]}';

/** One of everything that an archive can hold, with ids and versions that no registry would give by itself. */
const SOURCE = withSettings(
  withSettings(
    snapshotOf([
      { subject: 'orders-value', version: 2, id: 100_001, schema: record('Order') },
      { subject: 'orders-value', version: 5, id: 7, schema: record('Order2'), deleted: true },
      { subject: 'orders-value', version: 900, id: 8, schema: record('Order3') },
      { subject: 'a/../b %20\u00f6:\u{1f600}', version: 3, id: 100_001, schema: record('Order') },
      { subject: 'gone', version: 4, id: 12, schema: '{"type":"object"}', schemaType: 'JSON', deleted: true },
      {
        subject: 'refers',
        version: 9,
        id: 3,
        schema: record('Refers', 'Order2'),
        references: [{ name: 'Order2', subject: 'orders-value', version: 5 }],
        registeredAt: 1_700_000_000_000,
      },
      { subject: 'recursive', id: 30, schema: NODE },
      { subject: 'money', version: 1, id: 50, schema: PROTO, schemaType: 'PROTOBUF' },
      {
        subject: 'paid',
        version: 1,
        id: 49,
        schema: PROTO_USER,
        schemaType: 'PROTOBUF',
        references: [{ name: 'money.proto', subject: 'money', version: 1 }],
      },
      { subject: 'twin', id: 60, schema: record('Order'), metadata: { properties: { owner: 'me' } } },
      { subject: `${'long'.repeat(100)}.json`, id: 61, schema: '{ "type" : "string" }', schemaType: 'JSON' },
    ]),
    'orders-value',
    { compatibility: 'FULL_TRANSITIVE' },
  ),
  'money',
  { compatibility: 'NONE' },
);

describe.each(REAL)('an archive for Apicurio $layout', (real) => {
  it('gives an empty one every id, version, text and reference', { timeout: 240_000 }, async () => {
    const cwd = repository();
    await writeTree(join(cwd, 'schemas'), SOURCE);
    const args = ['restore', '--format', 'apicurio-zip', '--apicurio', real.layout];
    const written = await runCliJson([...args, '--out', 'first.zip'], { cwd });
    expect(written.json).toMatchObject({ outcome: 'written', subjects: 9, versions: 11, softDeleted: 2, ids: 10 });
    // What it cannot hold is said.
    expect(written.stderr).toContain('this registry drops the metadata of a version of twin');
    expect(written.stderr).toContain('twin version 1 is in context . as id 100001 too');
    const again = await runCli([...args, '--out', 'again.zip'], { cwd });
    expect(again.code).toBe(0);
    expect(readFileSync(join(cwd, 'again.zip')).equals(readFileSync(join(cwd, 'first.zip')))).toBe(true);

    const apicurio = await startApicurio(real);
    const client = makeClient({ urls: [apicurio.url] });
    expect((await importArchive(apicurio, join(cwd, 'first.zip'))).status).toBe(204);
    const { rows, differences } = await compare(apicurio, SOURCE);
    expect({ rows, differences }).toEqual({ rows: 11, differences: [] });
    const levelOf = async (path: string) => (await client.get(path)).body;
    expect(await levelOf('/config')).toEqual({ compatibilityLevel: 'BACKWARD' });
    expect(await levelOf('/config/orders-value')).toEqual({ compatibilityLevel: 'FULL_TRANSITIVE' });
    expect(await levelOf('/config/money')).toEqual({ compatibilityLevel: 'NONE' });
    // The command that the report ends in.
    const proof = ['--ids', 'force', '--no-soft-deleted', '--no-settings', '--detailed-exitcode'];
    const plan = await runCli(['plan', '--url', apicurio.url, ...proof], { cwd });
    expect([plan.stdout, plan.code]).toEqual([expect.stringMatching(/^✓ .* is as asked for/m), 0]);

    // It goes on as a registry: known texts have their ids, new ones a new one.
    const register = async (subject: string, body: JsonObject) => {
      const answer = await client.send('POST', `/subjects/${encodeSegment(subject)}/versions`, { body });
      return (answer.body as { readonly id: number }).id;
    };
    expect(await register('more', { schema: record('Order') })).toBe(100_001);
    const references = [{ name: 'money.proto', subject: 'money', version: 1 }];
    expect(await register('more2', { schema: PROTO_USER, schemaType: 'PROTOBUF', references })).toBe(49);
    expect(await register('more3', { schema: record('New') })).toBeGreaterThan(100_001);
  });

  it.skipIf(lines === undefined)('holds real schemas, all of them', { timeout: 300_000 }, async () => {
    const source = await strictRegistryDuringTest();
    const { accepted } = await loadRegistry(makeClient({ urls: [source.url] }), lines ?? []);
    expect(accepted.length).toBeGreaterThan(500);
    const cwd = repository();
    const exported = await runCli(['export', '--commit', '--url', source.url], { cwd });
    expect([exported.code, exported.stderr]).toEqual([0, '']);
    const args = ['restore', '--format', 'apicurio-zip', '--apicurio', real.layout];
    // The tree, and the registry itself, make the same archive.
    const [fromTree, fromRegistry] = [
      await runCliJson([...args, '--out', 'tree.zip'], { cwd }),
      await runCliJson([...args, '--from', `registry:${source.url}`, '--out', 'registry.zip'], { cwd }),
    ];
    expect([fromTree.code, fromTree.stderr, fromRegistry.code, fromRegistry.stderr]).toEqual([0, '', 0, '']);
    expect(readFileSync(join(cwd, 'registry.zip')).equals(readFileSync(join(cwd, 'tree.zip')))).toBe(true);

    const apicurio = await startApicurio(real);
    expect((await importArchive(apicurio, join(cwd, 'tree.zip'))).status).toBe(204);
    const { rows, printed, differences } = await compare(apicurio, source.snapshot());
    expect(differences).toEqual([]);
    expect(rows).toBeGreaterThan(500);
    console.log(`${real.name}: ${rows} versions compared, ${printed} texts answered in another form by ccompat`);
  });
});

describe('an archive that Apicurio cannot take', () => {
  it('is not written, with every reason', async () => {
    const cwd = repository();
    const source = snapshotOf([
      { subject: ':.ctx:a', schema: record('A') },
      { subject: 'b', id: 2, schema: record('B', 'X'), references: [{ name: 'X', subject: 'gone', version: 1 }] },
    ]);
    await writeTree(join(cwd, 'schemas'), source);
    const refused = await runCli(['restore', '--format', 'apicurio-zip', '--out', 'x.zip'], { cwd });
    expect([refused.code, refused.stderr]).toEqual([1, '']);
    expect(refused.stdout).toContain('✗ CONTEXTS_UNSUPPORTED :.ctx:a');
    expect(refused.stdout).toContain('✗ REFERENCE_MISSING ');
    expect(refused.stdout).toContain('✗ 2 problems: no archive was written.');
    expect(() => readFileSync(join(cwd, 'x.zip'))).toThrow('ENOENT');
  });

  it.each([
    [['--format', 'apicurio-zip'], 'needs the file to write'],
    [['--format', 'apicurio-zip', '--out', 'x.zip', '--ids', 'rewrite'], '--ids rewrite has nothing to say'],
    [['--out', 'x.zip'], '--format'],
    [['--format', 'apicurio-zip', '--out', 'x.zip', '--to', 'tree:other'], 'names a tree'],
    [['--format', 'apicurio-zip', '--out', 'x.zip', '--commit'], '--commit'],
  ])('is a matter of usage: %o', async (args, message) => {
    const cwd = repository();
    await writeTree(join(cwd, 'schemas'), snapshotOf([{ subject: 'a', schema: record('A') }]));
    const result = await runCli(['restore', ...args], { cwd });
    expect([result.code, result.stdout]).toEqual([2, '']);
    expect(result.stderr).toContain(message);
  });

  it('is shown with --dry-run, and names the registry that it is for', async () => {
    const cwd = repository();
    await writeTree(join(cwd, 'schemas'), snapshotOf([{ subject: 'a', schema: record('A') }]));
    const shown = await runCli(['restore', '--format', 'apicurio-zip', '--dry-run'], { cwd });
    expect([shown.code, shown.stderr]).toEqual([0, '']);
    expect(shown.stdout).toContain('+ a: adds v1');
    expect(shown.stdout).toContain('Would hold 1 subject, 1 version, 1 id.');
    const url = 'http://me:secret@nowhere.invalid:8080/apis/ccompat/v7';
    const written = await runCli(['restore', '--format', 'apicurio-zip', '--out', 'x.zip', '--url', url], { cwd });
    expect([written.code, written.stderr]).toEqual([0, '']);
    expect(written.stdout).toContain('--data-binary @x.zip http://nowhere.invalid:8080/apis/registry/v3/admin/import');
    expect(written.stdout).not.toContain('secret');
  });
});
