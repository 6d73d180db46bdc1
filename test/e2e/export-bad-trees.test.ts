/** Exports and checks of trees that somebody or something has damaged. */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { type EmbeddedRegistry, record, register, request, startRegistry } from '../support/embedded-registry.ts';
import {
  copyOf,
  differingFiles,
  expectFailure,
  exported,
  exportedRepository,
  exportTo,
  manifestOf,
  stateOf,
  treeOf,
  verified,
} from '../support/exports.ts';
import { git } from '../support/git.ts';
import { readFolder, temporaryFolder } from '../support/trees.ts';

let registry: EmbeddedRegistry;
let home = '';
let good = '';

beforeAll(async () => {
  registry = await startRegistry();
  await register(registry.url, 'orders-value', record('Order'));
  await register(registry.url, 'orders-value', record('Order', 'number'));
  await register(registry.url, 'users-value', record('User'));
  await request(registry.url, 'POST', '/subjects/events/versions', {
    schema: 'syntax = "proto3";\n\nmessage Event {\n  string id = 1;\n}\n',
    schemaType: 'PROTOBUF',
  });
  ({ home, folder: good } = await exportedRepository(registry.url));
});

afterAll(async () => {
  await registry.close();
  rmSync(home, { recursive: true, force: true });
});

const inTree = (folder: string, path: string) => join(folder, 'schemas', path);

async function expectHealed(folder: string): Promise<void> {
  await exported(folder, registry.url, ['--commit']);
  expect(differingFiles(treeOf(folder), treeOf(good))).toEqual([]);
  expect(await verified(folder)).toMatchObject({ code: 0, findings: [] });
  expect(git(folder, 'status', '--porcelain')).toBe('');
}

describe('a manifest', () => {
  it('with a merge conflict is rebuilt by export and by index, ids of both sides kept', async () => {
    for (const heal of ['index', 'export']) {
      const folder = copyOf(good);
      const file = inTree(folder, 'manifest.json');
      const text = readFileSync(file, 'utf8').replace(
        /"max_id": \d+,\n {2}"retired_ids": \[\]/,
        '<<<<<<< ours\n  "max_id": 70,\n  "retired_ids": [\n    68,\n    70\n  ]\n=======\n  "max_id": 90,\n  "retired_ids": [69, 90]\n>>>>>>> theirs',
      );
      expect(text).toContain('<<<<<<<');
      writeFileSync(file, text);
      expect((await verified(folder)).findings).toContainEqual(
        expect.objectContaining({ code: 'SRGIT_TREE_INVALID', file: 'manifest.json' }),
      );
      if (heal === 'export') await exported(folder, registry.url);
      else expect(await runCli(['index'], { cwd: folder })).toMatchObject({ code: 0, stderr: '' });
      expect(manifestOf(folder)).toMatchObject({ max_id: 90, retired_ids: [68, 69, 70, 90] });
      expect(manifestOf(folder).subjects).toEqual(manifestOf(good).subjects);
      expect((await verified(folder)).code).toBe(0);
    }
  });

  it('that is gone or stale is rebuilt', async () => {
    const folder = copyOf(good);
    rmSync(inTree(folder, 'manifest.json'));
    expect((await verified(folder)).findings).toMatchObject([{ code: 'MANIFEST_MISSING' }]);
    await exported(folder, registry.url);
    expect(differingFiles(treeOf(folder), treeOf(good))).toEqual([]);
  });

  it('of a newer format is left alone by every command', async () => {
    const folder = copyOf(good);
    const file = inTree(folder, 'manifest.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"format": 1', '"format": 2'));
    const before = stateOf(folder);
    expectFailure(await exportTo(folder, registry.url, ['--commit']), 'SRGIT_TREE_FORMAT');
    expectFailure(await runCli(['index'], { cwd: folder }), 'SRGIT_TREE_FORMAT');
    expectFailure(await runCli(['verify', '--offline'], { cwd: folder }), 'SRGIT_TREE_FORMAT');
    expect(stateOf(folder)).toEqual(before);
  });
});

describe('a file of the tree', () => {
  it.each([
    ['broken JSON', '{ "subject": '],
    ['a merge conflict', '<<<<<<< ours\n{}\n=======\n{}\n>>>>>>> theirs\n'],
    ['an unknown shape', '{ "subject": "orders-value", "context": ".", "versions": [{ "version": "one" }] }'],
  ])('metadata.json with %s stops an export, which names it and changes nothing', async (_, text) => {
    const folder = copyOf(good);
    writeFileSync(inTree(folder, 'subjects/orders-value/metadata.json'), text);
    const before = stateOf(folder);
    const result = await exportTo(folder, registry.url, ['--commit']);
    expectFailure(result, 'SRGIT_TREE_INVALID');
    expect(result.stderr).toContain('subjects/orders-value/metadata.json');
    expectFailure(await runCli(['index'], { cwd: folder }), 'SRGIT_TREE_INVALID');
    expect(stateOf(folder)).toEqual(before);
    expect(await verified(folder)).toMatchObject({ code: 1 });
  });

  it('that holds an immutable version and was edited is named, and put back by an export', async () => {
    const folder = copyOf(good);
    const file = 'subjects/orders-value/v1.avsc';
    writeFileSync(inTree(folder, file), JSON.stringify(record('Edited')));
    expect(await verified(folder)).toMatchObject({ code: 1, findings: [{ code: 'SRGIT_TREE_EDITED_VERSION', file }] });
    expectFailure(await runCli(['serve', '--port', '0'], { cwd: folder }), 'SRGIT_TREE_EDITED_VERSION');
    await expectHealed(folder);
  });

  it('that is missing is named, and put back', async () => {
    const folder = copyOf(good);
    const file = 'subjects/orders-value/v2.avsc';
    rmSync(inTree(folder, file));
    expect(await verified(folder)).toMatchObject({ code: 1, findings: [{ code: 'SRGIT_TREE_FILE_MISSING', file }] });
    await expectHealed(folder);
  });

  it('with CRLF line endings is named as such, and put back', async () => {
    const folder = copyOf(good);
    const file = 'subjects/events/v1.proto';
    const path = inTree(folder, file);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('\n', '\r\n'));
    expect(await verified(folder)).toMatchObject({ code: 1, findings: [{ code: 'SRGIT_TREE_LINE_ENDINGS', file }] });
    await expectHealed(folder);
  });

  it('of JSON with CRLF line endings loses nothing, and is put back', async () => {
    const folder = copyOf(good);
    for (const name of ['v1.avsc', 'metadata.json']) {
      const path = inTree(folder, `subjects/orders-value/${name}`);
      writeFileSync(path, readFileSync(path, 'utf8').replaceAll('\n', '\r\n'));
    }
    expect((await verified(folder)).code).toBe(0);
    await expectHealed(folder);
  });

  it('that a person added stays: a pending version, and files that are none of ours', async () => {
    const folder = copyOf(good);
    writeFileSync(inTree(folder, 'subjects/orders-value/v9.avsc'), JSON.stringify(record('Order', 'later')));
    mkdirSync(inTree(folder, 'subjects/fresh'));
    writeFileSync(inTree(folder, 'subjects/fresh/v1.avsc'), JSON.stringify(record('Fresh')));
    writeFileSync(inTree(folder, 'subjects/orders-value/README.md'), 'mine');
    writeFileSync(inTree(folder, 'NOTES'), 'mine');
    const added = treeOf(folder);
    await register(registry.url, 'extra', record('Extra'));
    try {
      await exported(folder, registry.url);
    } finally {
      await request(registry.url, 'DELETE', '/subjects/extra');
      await request(registry.url, 'DELETE', '/subjects/extra?permanent=true');
    }
    const changed = differingFiles(treeOf(folder), added);
    expect(changed.sort()).toEqual(['manifest.json', 'subjects/extra/metadata.json', 'subjects/extra/v1.avsc']);
    const { code, findings } = await verified(folder);
    expect(code).toBe(0);
    expect(findings.map((finding) => [finding.code, finding.file])).toEqual([
      ['PENDING_VERSION', 'subjects/fresh/v1.avsc'],
      ['PENDING_VERSION', 'subjects/orders-value/v9.avsc'],
    ]);
  });
});

describe('a folder of the tree', () => {
  it('that holds a subject which another holds too stops an export', async () => {
    const folder = copyOf(good);
    cpSync(inTree(folder, 'subjects/orders-value'), inTree(folder, 'subjects/orders-copy'), { recursive: true });
    const before = stateOf(folder);
    const result = await exportTo(folder, registry.url);
    expectFailure(result, 'SRGIT_TREE_DUPLICATE_SUBJECT');
    expect(result.stderr).toContain('subjects/orders-copy');
    expect(stateOf(folder)).toEqual(before);
  });

  it('of a subject with another name is given its own again', async () => {
    const folder = copyOf(good);
    renameSync(inTree(folder, 'subjects/orders-value'), inTree(folder, 'subjects/renamed'));
    await expectHealed(folder);
    expect(existsSync(inTree(folder, 'subjects/renamed'))).toBe(false);
  });

  it('whose place a file has taken stops the export with nothing changed', async () => {
    const folder = copyOf(good);
    rmSync(inTree(folder, 'subjects/users-value'), { recursive: true });
    writeFileSync(inTree(folder, 'subjects/users-value'), 'in the way');
    const before = stateOf(folder);
    const result = await exportTo(folder, registry.url);
    expectFailure(result, 'SRGIT_TREE_WRITE');
    expect(result.stderr).toContain('subjects/users-value: a file stands where a folder is needed');
    expect(stateOf(folder)).toEqual(before);
  });

  it('that may not be written stops the export with nothing changed', async (context) => {
    if (process.getuid?.() === 0) context.skip('the superuser may write everywhere');
    const folder = copyOf(good);
    rmSync(inTree(folder, 'subjects/users-value/v1.avsc'));
    const before = stateOf(folder);
    chmodSync(inTree(folder, ''), 0o555);
    const result = await exportTo(folder, registry.url);
    chmodSync(inTree(folder, ''), 0o755);
    expectFailure(result, 'SRGIT_TREE_WRITE');
    expect(result.stderr).toContain('permission denied');
    expect(stateOf(folder)).toEqual(before);
  });
});

describe('a write that was cut off', () => {
  it('is seen by whoever reads the tree, and finished by whoever writes it', async () => {
    const file = 'subjects/users-value/v1.avsc';
    for (const command of [['index'], ['export', '--url', registry.url]]) {
      const folder = copyOf(good);
      const stage = inTree(folder, '.srgit-tmp-stage');
      mkdirSync(stage);
      renameSync(inTree(folder, file), join(stage, '0'));
      writeFileSync(join(stage, 'journal-2.json'), JSON.stringify({ writes: [file], moves: [], removals: [] }));
      const { code, findings } = await verified(folder);
      expect(code).toBe(1);
      expect(findings[0]).toMatchObject({ message: expect.stringContaining('was cut off') });
      expect(await runCli(command, { cwd: folder })).toMatchObject({ code: 0, stderr: '' });
      expect(differingFiles(treeOf(folder), treeOf(good))).toEqual([]);
    }
  });
});

describe('a symbolic link', () => {
  /** A folder outside that must never change, with files that a tree would have. */
  function outside(): string {
    const folder = temporaryFolder();
    cpSync(join(good, 'schemas'), folder, { recursive: true });
    writeFileSync(join(folder, 'secret.txt'), 'top secret');
    return folder;
  }

  it.each(['subjects', 'config', 'subjects/orders-value', 'contexts'])(
    'for the folder %s is neither followed nor written through',
    async (path) => {
      const folder = copyOf(good);
      const target = outside();
      const before = readFolder(target);
      const listing = readdirSync(target, { recursive: true }).sort();
      rmSync(inTree(folder, path), { recursive: true, force: true });
      symlinkSync(path === 'contexts' ? target : join(target, path), inTree(folder, path));
      const result = await exportTo(folder, registry.url, ['--full']);
      expect(result.code).toBe(1);
      expect(result.stderr).toMatch(/symbolic link/);
      expect(await verified(folder)).toMatchObject({ code: 1 });
      expect(readdirSync(target, { recursive: true }).sort()).toEqual(listing);
      expect(readFolder(target)).toEqual(before);
    },
  );

  it.each(['_schemas.json', 'config/global.json', 'subjects/orders-value/metadata.json'])(
    'for the file %s is not read through',
    async (path) => {
      const folder = copyOf(good);
      const secret = join(outside(), 'secret.txt');
      rmSync(inTree(folder, path));
      symlinkSync(secret, inTree(folder, path));
      const check = await runCli(['verify', '--offline'], { cwd: folder });
      expect(check).toMatchObject({ code: 1 });
      const result = await exportTo(folder, registry.url);
      expect(result.stdout + result.stderr + check.stdout + check.stderr).not.toMatch(/top|secret"/);
      expect(readFileSync(secret, 'utf8')).toBe('top secret');
    },
  );

  it('for a version is replaced by the version, and what it led to is untouched', async () => {
    const folder = copyOf(good);
    const secret = join(outside(), 'secret.txt');
    const file = inTree(folder, 'subjects/orders-value/v1.avsc');
    rmSync(file);
    symlinkSync(secret, file);
    expect((await verified(folder)).code).toBe(1);
    await expectHealed(folder);
    expect(readFileSync(secret, 'utf8')).toBe('top secret');
  });

  it('for the stage, or a journal that leads out of the tree, moves nothing', async () => {
    const victim = outside();
    const listing = readdirSync(victim, { recursive: true }).sort();
    const linked = copyOf(good);
    symlinkSync(victim, inTree(linked, '.srgit-tmp-stage'));
    await expectHealed(linked);
    expect(readdirSync(victim, { recursive: true }).sort()).toEqual(listing);

    const forged = copyOf(good);
    mkdirSync(inTree(forged, '.srgit-tmp-stage'));
    writeFileSync(
      inTree(forged, '.srgit-tmp-stage/journal-1.json'),
      JSON.stringify({ writes: [], moves: [], removals: [`../../${victim}/secret.txt`] }),
    );
    expectFailure(await exportTo(forged, registry.url), 'SRGIT_TREE_WRITE');
    expect(readdirSync(victim, { recursive: true }).sort()).toEqual(listing);
  });
});
