/** The story of somebody who comes with another tool's backup, by the command line. */
import { cpSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { cliEntry, runCli, runCliJson } from '../support/cli.ts';
import { registryDuringTest, request } from '../support/embedded-registry.ts';
import { readFolder, temporaryFolder } from '../support/trees.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/import');
const START_MS = 120_000;
const TEST_MS = 240_000;

beforeAll(async () => {
  await cliEntry();
}, START_MS);

describe('srgit import', () => {
  it('brings a backup into a tree that is sound, and from there into a registry with its ids', {
    timeout: TEST_MS,
  }, async () => {
    const cwd = temporaryFolder();
    cpSync(join(FIXTURES, 'ccloud-exporter'), join(cwd, 'SchemaRegistryBackup'), { recursive: true });
    const imported = await runCli(['import', '--from', 'SchemaRegistryBackup'], { cwd });
    expect(imported.code).toBe(0);
    expect(imported.stdout).toBe(`SchemaRegistryBackup (ccloud-exporter): 7 subjects, 8 versions, 7 ids, 2 contexts
What such a source cannot tell:
  · soft-deleted: the exporter writes live versions only
  · compatibility: the exporter writes no compatibility level
  · config: the exporter writes no config
  · mode: the exporter writes no mode
  · metadata: the exporter drops metadata and rule sets
  · retired-ids: ids of deleted schemas are not in it: a registry that goes on from the highest here may give them again
  · times: it has no times of registration
Not taken:
  · notes.txt: its name is not SUBJECT-VERSION-ID-TYPE
Written to schemas: 8 versions, 21 files.
See that it is sound, and commit it: srgit verify --offline
`);
    const verified = await runCli(['verify', '--offline'], { cwd });
    expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining('✓ the tree is sound')]);
    const { url } = await registryDuringTest();
    const restored = await runCli(['restore', '--url', url, '--ids', 'force', '--yes'], { cwd });
    expect(restored.code, restored.stderr).toBe(0);
    expect(await request(url, 'GET', '/schemas/ids/5')).toMatchObject({
      references: [{ name: 'com.example.Address', subject: 'address', version: 1 }],
    });
    expect(await request(url, 'GET', '/subjects/orders-value/versions/3')).toMatchObject({ id: 5, version: 3 });
    expect(await request(url, 'GET', '/subjects/%3A.staging%3Acarts/versions/1')).toMatchObject({ id: 1 });
    // A new registry has a level and a mode of its own, which such a backup does not know.
    const { json } = await runCliJson(['verify', '--url', url], { cwd });
    const { differences } = json as {
      readonly differences: readonly { readonly subject: string; readonly message: string }[];
    };
    expect(differences.filter(({ subject }) => subject !== '')).toEqual([]);
  });

  it('reads back the archive that srgit itself makes for Apicurio', { timeout: TEST_MS }, async () => {
    const cwd = temporaryFolder();
    const from = join(FIXTURES, 'karapace-v3');
    expect((await runCli(['import', '--from', from], { cwd })).code).toBe(0);
    const zip = await runCli(['restore', '--format', 'apicurio-zip', '--out', 'apicurio.zip'], { cwd });
    expect(zip.code, zip.stderr).toBe(0);
    const back = await runCliJson(['import', '--from', 'apicurio.zip', '--tree', 'back'], { cwd });
    expect(back.json).toMatchObject({
      outcome: 'written',
      kind: 'apicurio',
      faults: [],
      leftOut: [],
      versions: 6,
      softDeleted: 1,
    });
    const entries = (tree: string) => {
      const metadata = [...readFolder(join(cwd, tree))].filter(([path]) => path.endsWith('metadata.json'));
      return metadata.map(([path, text]) => [path, JSON.parse(text)]);
    };
    // Modes are what Apicurio has no place for; Karapace has none either.
    expect(entries('back')).toEqual(entries('schemas'));
  });

  it('names everything that is damaged, writes nothing, and ends with 1', { timeout: TEST_MS }, async () => {
    const cwd = temporaryFolder();
    cpSync(join(FIXTURES, 'files'), join(cwd, 'files'), { recursive: true });
    truncateSync(join(cwd, 'files/legacy.json'), 9);
    writeFileSync(join(cwd, 'files/payments.v4.proto'), 'message');
    const { code, stdout } = await runCli(['import', '--from', 'files', '--subject-rule', 'topic'], { cwd });
    expect(code).toBe(1);
    expect(stdout).toContain('  ✗ legacy.json: it is no JSON schema');
    expect(stdout).toContain('  ✗ payments.v4.proto: it is no PROTOBUF schema');
    expect(stdout).toContain('✗ Nothing was written to schemas.');
    expect([...readFolder(cwd).keys()].filter((path) => !path.startsWith('files/'))).toEqual([]);
    const { json } = await runCliJson(['import', '--from', 'files', '--subject-rule', 'topic'], { cwd });
    expect(json).toMatchObject({
      outcome: 'refused',
      faults: [{ place: 'legacy.json' }, { place: 'payments.v4.proto' }],
    });
    const usage = await runCli(['import', '--from', 'nowhere'], { cwd });
    expect([usage.code, usage.stderr]).toEqual([1, expect.stringContaining('SRGIT_ARCHIVE_MISSING')]);
  });
});

describe('srgit idmap convert', () => {
  it('writes the map of a restore as others read it', { timeout: TEST_MS }, async () => {
    const cwd = temporaryFolder();
    const { url } = await registryDuringTest();
    writeFileSync(join(cwd, 'srgit.yaml'), `registries:\n  dr:\n    url: ${url}\n`);
    await runCli(['import', '--from', join(FIXTURES, 'karapace-v2')], { cwd });
    expect((await runCli(['restore', '--to', 'registry:dr', '--yes'], { cwd })).code).toBe(0);
    const file = 'schemas/id-maps/dr.json';
    const mapping = await runCli(['idmap', 'convert', '--file', file, '--to', 'mapping'], { cwd });
    expect([mapping.code, mapping.stderr]).toEqual([0, expect.stringContaining('has no place for')]);
    const ids = JSON.parse(readFileSync(join(cwd, file), 'utf8')).contexts[0].ids as { id: number; to: number }[];
    expect(JSON.parse(mapping.stdout)).toEqual(Object.fromEntries(ids.map(({ id, to }) => [id, to])));
    expect(
      (await runCli(['idmap', 'convert', '--file', file, '--to', 'csv', '--out', 'ids.csv'], { cwd })).stdout,
    ).toBe('ids.csv: 6 ids\n');
    const flat = await runCliJson(['idmap', 'convert', '--file', 'ids.csv', '--to', 'properties'], { cwd });
    expect(flat.json).toMatchObject({ from: 'csv', to: 'properties', ids: 6 });
    // The command that it is below is as it was.
    const printed = await runCli(['idmap', '--file', file, '--format', 'mapping'], { cwd });
    expect([printed.code, printed.stdout]).toEqual([0, mapping.stdout]);
    expect((await runCli(['idmap', 'convert', '--file', 'ids.csv', '--to', 'json'], { cwd })).code).toBe(2);
  });
});
