import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RegistrySnapshot, SnapshotGap } from '../../src/model/registry-snapshot.ts';
import type { SchemaVersion } from '../../src/model/schema-version.ts';
import { computeGuid } from '../../src/semantics/guid.ts';
import { checkTree } from '../../src/tree/check-tree.ts';
import { loadTree } from '../../src/tree/load-tree.ts';
import { salvageMemory } from '../../src/tree/manifest.ts';
import { readFolder, temporaryFolder, writeTree } from '../support/trees.ts';

function row(version: number, id: number, more: Partial<SchemaVersion> = {}): SchemaVersion {
  const content = {
    schemaType: 'AVRO',
    schema: `{"type":"fixed","name":"F${id}","size":${id}}`,
    references: [],
    ...more,
  } as const;
  return { version, id, deleted: false, ...content, guid: computeGuid(content) };
}

const STATE: RegistrySnapshot = {
  registry: { kind: 'confluent', version: '8.3.1' },
  contexts: [
    {
      name: '.',
      config: { compatibility: 'FULL', fields: {} },
      mode: 'READONLY',
      subjects: [
        { name: 'a', versions: [row(1, 1), row(2, 2)], config: { compatibility: 'NONE', fields: {} }, mode: 'IMPORT' },
        { name: 'b', versions: [row(1, 3)] },
      ],
    },
    {
      name: '.staging',
      config: { compatibility: 'BACKWARD', fields: {} },
      subjects: [{ name: 'c', versions: [row(1, 1)] }],
    },
  ],
  global: { config: { compatibility: 'NONE', fields: {} }, mode: 'READONLY' },
  gaps: [],
};

/** The same rows, no settings at all, and such gaps. */
function withoutSettings(gaps: readonly SnapshotGap[]): RegistrySnapshot {
  return {
    ...STATE,
    contexts: STATE.contexts.map(({ name, subjects }) => ({
      name,
      subjects: subjects.map(({ name: subject, versions }) => ({ name: subject, versions })),
    })),
    global: {},
    gaps,
  };
}

async function written(snapshot: RegistrySnapshot = STATE) {
  const root = join(temporaryFolder(), 'schemas');
  await writeTree(root, snapshot);
  return root;
}

const manifestOf = (root: string) => JSON.parse(readFileSync(join(root, 'manifest.json'), 'utf8'));

describe('what could not be read', () => {
  it('stays as the tree has it', async () => {
    const root = await written();
    await writeTree(
      root,
      withoutSettings([
        { what: 'config', why: '403' },
        { what: 'mode', why: '403' },
      ]),
    );
    const { snapshot } = await loadTree(root);
    expect(snapshot.contexts).toEqual(STATE.contexts);
    expect(snapshot.global).toEqual(STATE.global);
    expect(snapshot.gaps).toHaveLength(2);
  });

  it('stays only where it could not be read', async () => {
    const root = await written();
    await writeTree(root, withoutSettings([{ what: 'config', where: 'a', why: '403' }]));
    const { snapshot } = await loadTree(root);
    expect(snapshot.contexts[0]).toEqual({
      name: '.',
      subjects: [
        { name: 'a', versions: [row(1, 1), row(2, 2)], config: { compatibility: 'NONE', fields: {} } },
        { name: 'b', versions: [row(1, 3)] },
      ],
    });
    expect(snapshot.global).toEqual({});
  });

  it('stays on the global level too, which a snapshot names `:.:`', async () => {
    const root = await written();
    await writeTree(
      root,
      withoutSettings([
        { what: 'config', where: ':.:', why: 'no permission' },
        { what: 'mode', where: ':.:', why: 'no permission' },
      ]),
    );
    const { snapshot } = await loadTree(root);
    const [global] = snapshot.contexts;
    expect([global?.config?.compatibility, global?.mode]).toEqual(['FULL', 'READONLY']);
    expect(global?.subjects.map((subject) => subject.mode)).toEqual([undefined, undefined]);
  });

  it('is forgotten as a gap once it was read', async () => {
    const root = await written(withoutSettings([{ what: 'config', why: '403' }]));
    await writeTree(root, STATE);
    const { snapshot, findings } = await loadTree(root);
    expect([snapshot.gaps, findings, snapshot.global]).toEqual([[], [], STATE.global]);
  });
});

describe('what the registry no longer has', () => {
  it('leaves the tree, and its ids are retired', async () => {
    const root = await written();
    const [home, staging] = STATE.contexts;
    if (!home || !staging) throw new Error('no contexts');
    const plan = await writeTree(root, {
      ...STATE,
      contexts: [{ ...home, subjects: [{ name: 'a', versions: [row(2, 2)] }] }, staging],
    });
    expect([plan.rowsBefore, plan.rowsRemoved]).toEqual([4, 2]);
    expect(manifestOf(root)).toMatchObject({ id_mapping: { 2: 'subjects/a/v2.avsc' }, max_id: 3, retired_ids: [1, 3] });
    expect([...readFolder(root).keys()].filter((file) => /^subjects/.test(file))).toEqual([
      'subjects/a/metadata.json',
      'subjects/a/v2.avsc',
    ]);
    // An id that comes back is not retired.
    await writeTree(root, STATE);
    expect(manifestOf(root)).toMatchObject({ max_id: 3, retired_ids: [] });
  });

  it('stays where the export did not look', async () => {
    const root = await written();
    const [home] = STATE.contexts;
    if (!home) throw new Error('no context');
    const plan = await writeTree(
      root,
      {
        ...STATE,
        contexts: [
          { ...home, subjects: [{ name: 'a', versions: [row(2, 2)] }] },
          { name: '.staging', subjects: [] },
        ],
      },
      { covers: (_, subject) => subject === 'a' },
    );
    expect(plan.rowsRemoved).toBe(1);
    const { snapshot, findings } = await loadTree(root);
    expect(findings).toEqual([]);
    const names = snapshot.contexts.flatMap(({ subjects }) =>
      subjects.map(({ name, versions }) => `${name} ${versions.length}`),
    );
    expect(names).toEqual(['a 1', 'b 1', 'c 1']);
  });

  it('does not retire ids of an export of the latest versions only', async () => {
    const root = await written();
    const [home] = STATE.contexts;
    if (!home) throw new Error('no context');
    const latest = { ...STATE, contexts: [{ ...home, subjects: [{ name: 'a', versions: [row(2, 2)] }] }] };
    await writeTree(root, latest, { retiresIds: false });
    expect(manifestOf(root)).toMatchObject({ max_id: 3, retired_ids: [] });
  });

  it('may be a whole context, whose ids stay known', async () => {
    const root = await written();
    const plan = await writeTree(root, { ...STATE, contexts: STATE.contexts.slice(0, 1) });
    expect(plan.changes).toContainEqual({ kind: 'context-removed', context: '.staging' });
    const files = readFolder(root);
    expect([...files.keys()].filter((file) => file.startsWith('contexts/'))).toEqual([
      'contexts/staging/manifest.json',
    ]);
    expect(JSON.parse(files.get('contexts/staging/manifest.json') ?? '')).toMatchObject({
      max_id: 1,
      retired_ids: [1],
    });
  });
});

describe('salvageMemory', () => {
  it('keeps what either side of a conflict remembers', () => {
    const memory = salvageMemory(
      `{\n  "schema_registry_version": "8.3.1",\n<<<<<<< ours\n  "backup_timestamp": "2026-01-01T00:00:00Z",\n=======\n  "backup_timestamp": "2026-02-01T00:00:00Z",\n>>>>>>> theirs\n  "id_mapping": {\n    "5": "subjects/a/v1.avsc"\n  },\n<<<<<<< ours\n  "max_id": 9,\n  "retired_ids": [\n    1,\n    -2\n  ]\n=======\n  "max_id": 7,\n  "retired_ids": [3]\n>>>>>>> theirs\n}`,
    );
    expect(memory).toEqual({
      registryVersion: '8.3.1',
      backupTimestamp: '2026-02-01T00:00:00Z',
      maxId: 9,
      retiredIds: [1, -2, 3, 5],
    });
  });

  it('finds nothing in nothing', () => {
    for (const text of ['', '{', '<<<<<<<', '"max_id": x', 'null']) {
      expect(salvageMemory(text)).toEqual({ maxId: 0, retiredIds: [] });
    }
  });
});

describe('checkTree', () => {
  const codes = async (root: string) => {
    const findings = checkTree(await loadTree(root));
    return findings.map(({ severity, code }) => `${severity} ${code}`);
  };

  const edit = (root: string, file: string, from: string | RegExp, to: string) => {
    const text = readFileSync(join(root, file), 'utf8');
    expect(text).toMatch(from);
    writeFileSync(join(root, file), text.replace(from, to));
  };

  it('finds nothing in what was written', async () => {
    expect(await codes(await written())).toEqual([]);
  });

  it('finds an edited text, guid, file and manifest', async () => {
    const text = await written();
    edit(text, 'subjects/b/v1.avsc', '"F3"', '"G3"');
    expect(await codes(text)).toEqual(['error SRGIT_TREE_EDITED_VERSION']);
    const guid = await written();
    edit(guid, 'subjects/b/metadata.json', /"guid": "./, '"guid": "x');
    expect((await codes(guid)).length).toBeGreaterThan(0);
    const reference = await written();
    edit(
      reference,
      'subjects/b/metadata.json',
      '"sha256"',
      '"references": [{"name":"n","subject":"a","version":1}], "sha256"',
    );
    expect(await codes(reference)).toContain('error GUID_MISMATCH');
    const manifest = await written();
    edit(manifest, 'manifest.json', '"max_id": 3', '"max_id": 2');
    expect(await codes(manifest)).toEqual(['warning MANIFEST_STALE']);
  });

  it('finds ids that stand for two schemas, and schemas under two ids', async () => {
    const [home] = STATE.contexts;
    const state = (versions: readonly SchemaVersion[]) => ({
      ...STATE,
      contexts: [
        { ...home, name: '.', subjects: versions.map((version, at) => ({ name: `s${at}`, versions: [version] })) },
      ],
    });
    const two = { ...row(1, 2), id: 1 };
    expect(await codes(await written(state([row(1, 1), two])))).toEqual(['error ID_CONFLICT']);
    expect(await codes(await written(state([row(1, 1), { ...row(1, 1), id: 5 }])))).toEqual(['warning ID_SPLIT']);
    // Another context is another space of ids.
    expect(await codes(await written())).toEqual([]);
  });

  it('finds references to what is not there, in the context that they mean', async () => {
    const state = (subject: string, version = 1): RegistrySnapshot => ({
      ...STATE,
      contexts: STATE.contexts.map((context) =>
        context.name === '.'
          ? context
          : {
              ...context,
              subjects: [
                ...context.subjects,
                { name: 'r', versions: [row(1, 9, { references: [{ name: 'n', subject, version }] })] },
              ],
            },
      ),
    });
    expect(await codes(await written(state('c')))).toEqual([]);
    expect(await codes(await written(state(':.:a')))).toEqual([]);
    expect(await codes(await written(state(':.staging:c')))).toEqual([]);
    expect(await codes(await written(state('a')))).toEqual(['error REFERENCE_MISSING']);
    expect(await codes(await written(state('c', 2)))).toEqual(['error REFERENCE_MISSING']);
    const tree = await loadTree(await written(state('a')));
    expect(checkTree(tree, { referencesComplete: false }).map(({ severity }) => severity)).toEqual(['warning']);
  });
});
