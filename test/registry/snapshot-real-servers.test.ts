/**
 * Snapshots of real registries that hold real schemas. Slow (10 s and more): Java servers start. The schemas are other
 * projects' and not part of the repository: without them there is nothing to load.
 */
import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonValue } from '../../src/model/json.ts';
import type { RegistrySnapshot } from '../../src/model/registry-snapshot.ts';
import type { SchemaVersion } from '../../src/model/schema-version.ts';
import { probeCapabilities } from '../../src/registry/capabilities.ts';
import { mapConcurrent } from '../../src/registry/map-concurrent.ts';
import { versionPath } from '../../src/registry/paths.ts';
import { readSnapshot } from '../../src/registry/snapshot.ts';
import type { KnownVersion } from '../../src/registry/snapshot-types.ts';
import type { RegistryClient } from '../../src/registry/types.ts';
import { loadRegistry, readRealSchemas } from '../support/load-registry.ts';
import { plainSnapshot } from '../support/plain-snapshot.ts';
import type { RealRegistry } from '../support/real-registries.ts';
import { makeClient } from '../support/registry-client.ts';
import { sharedRegistry } from '../support/shared-registry.ts';

const lines = readRealSchemas();
if (lines === undefined)
  console.warn('snapshot-real-servers: skipped, the real schemas are not there (SRGIT_REAL_SCHEMAS)');

const PREFIX = 'snapshot/';
const mine = (_context: string, subject: string): boolean => subject.startsWith(PREFIX);

/** As seen on 2026-11-21; `versions` is what the server made of the 584 lines. */
const EXPECTED: Readonly<
  Record<RealRegistry, { readonly kind: string; readonly version?: string; readonly least: number }>
> = {
  'apicurio-3': { kind: 'apicurio', version: '3.3.3', least: 500 },
  'apicurio-2': { kind: 'apicurio', version: '2.6.13.Final', least: 500 },
  srfake: { kind: 'unknown', least: 500 },
};

describe.skipIf(lines === undefined).each(['srfake', 'apicurio-3', 'apicurio-2'] as const)('a real %s', (name) => {
  it('gives a snapshot of every text as it answers it by version and by id, and the next one fetches none', async () => {
    const url = await sharedRegistry(name);
    const client = makeClient({ urls: [url] });
    const root = makeClient({ urls: [new URL(url).origin] });
    const probeAbsolute = (path: string) => root.get(path, { allow: [404] });
    const { accepted } = await loadRegistry(client, lines ?? [], PREFIX);
    const before = client.stats.requests;
    const capabilities = await probeCapabilities(client, { probeAbsolute });
    expect(client.stats.requests - before).toBeLessThanOrEqual(6);
    const { least, ...identity } = EXPECTED[name];
    expect(capabilities).toMatchObject({ ...identity, bulk: 'none', guids: false, subjectConfig: 'filled' });
    expect(accepted.length).toBeGreaterThan(least);

    const first = await readSnapshot(client, capabilities, { subjects: mine });
    expect(first.snapshot.gaps).toEqual([]);
    const versions = listVersions(first.snapshot);
    expect(new Set(versions.map(({ subject }) => subject))).toEqual(
      new Set(accepted.map(({ subject }) => PREFIX + subject)),
    );
    expect(first.stats.fetched).toBe(versions.length);
    await mapConcurrent(versions, 16, async ({ subject, row }) => {
      const byVersion = await readObject(client, versionPath(subject, row.version));
      expect(byVersion).toMatchObject({ subject, version: row.version, id: row.id, schema: row.schema });
    });
    const byId = new Map(versions.map(({ row }) => [row.id, row.schema]));
    await mapConcurrent([...byId], 16, async ([id, schema]) => {
      expect(await readObject(client, `/schemas/ids/${id}`)).toMatchObject({ schema });
    });

    const tree = new Map(versions.map(({ subject, row }) => [`${row.version} ${subject}`, row]));
    const known: KnownVersion = (_context, subject, version) => tree.get(`${version} ${subject}`);
    const second = await readSnapshot(client, capabilities, { subjects: mine, known });
    expect(second.stats).toMatchObject({ fetched: 0, reused: versions.length });
    expect(plainSnapshot(second.snapshot)).toEqual(plainSnapshot(first.snapshot));
    const fewer = (_context: string, subject: string): boolean => subject.startsWith(`${PREFIX}google/type/`);
    const full = await readSnapshot(client, capabilities, { subjects: fewer, known, full: true });
    expect(full.stats).toMatchObject({ fetched: listVersions(full.snapshot).length, reused: 0 });
    expect(full.stats.fetched).toBeGreaterThan(0);
  }, 240_000);

  it('tells soft-deleted versions, set levels and references of what is selected', async () => {
    const url = await sharedRegistry(name);
    const client = makeClient({ urls: [url] });
    const subject = (short: string): string => `snapshot-small-${short}`;
    const record = (name: string): string =>
      JSON.stringify({ type: 'record', name, fields: [{ name: 'f', type: 'int' }] });
    const referring = JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'base', type: 'Base' }] });
    await loadRegistry(client, [
      { subject: subject('base'), schema: record('Base') },
      { subject: subject('a'), schema: record('A1') },
      { subject: subject('a'), schema: record('A2') },
      {
        subject: subject('r'),
        schema: referring,
        references: [{ name: 'Base', subject: subject('base'), version: 1 }],
      },
      { subject: subject('gone'), schema: record('Gone') },
    ]);
    await client.send('DELETE', `/subjects/${subject('a')}/versions/1`);
    await client.send('DELETE', `/subjects/${subject('gone')}`);
    await client.send('PUT', `/config/${subject('a')}`, { body: { compatibility: 'FULL' } });
    const capabilities = await probeCapabilities(client);
    const all = await readSnapshot(client, capabilities, {
      subjects: (_context, named) => named.startsWith('snapshot-small-') && named !== subject('base'),
    });
    const shown = all.snapshot.contexts.flatMap((context) =>
      context.subjects.map((state) => [
        state.name.slice('snapshot-small-'.length),
        state.versions.map(({ version, deleted }) => (deleted ? -version : version)),
        state.config?.compatibility,
      ]),
    );
    // Apicurio lists a soft-deleted subject and its versions but answers 404 for each of them.
    const hidden = name !== 'srfake';
    expect(shown).toEqual([
      ['a', [-1, 2], 'FULL'],
      ['base', [1], undefined],
      ...(hidden ? [] : [['gone', [-1], undefined]]),
      ['r', [1], undefined],
    ]);
    expect(all.snapshot.gaps.map(({ what, where }) => ({ what, where }))).toEqual(
      hidden ? [{ what: 'deleted', where: subject('gone') }] : [],
    );
    const live = await readSnapshot(client, capabilities, {
      subjects: (_context, named) => named === subject('a') || named === subject('gone'),
      includeDeleted: false,
      versions: 'latest',
    });
    expect(listVersions(live.snapshot).map(({ subject: named, row }) => [named, row.version])).toEqual([
      [subject('a'), 2],
    ]);
  }, 240_000);
});

function listVersions(
  snapshot: RegistrySnapshot,
): readonly { readonly subject: string; readonly row: SchemaVersion }[] {
  return snapshot.contexts.flatMap(({ subjects }) =>
    subjects.flatMap(({ name, versions }) => versions.map((row) => ({ subject: name, row }))),
  );
}

async function readObject(client: RegistryClient, path: string): Promise<JsonValue> {
  const { body } = await client.get(path);
  if (!isJsonObject(body)) throw new Error(`GET ${path} answered no object`);
  return body;
}
