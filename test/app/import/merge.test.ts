/** Imports into trees that have schemas: nothing is replaced, nothing is doubled, and what is in the way is named. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readFolder, temporaryFolder } from '../../support/trees.ts';
import { copyFixture, FIXTURES, importHere, rowNames, soundTree } from './support.ts';

const TEST_MS = 120_000;

const console_ = join(FIXTURES, 'console.txt');

describe('a tree that has schemas', () => {
  it('is not added to unless that is asked for', { timeout: TEST_MS }, async () => {
    const cwd = temporaryFolder();
    await importHere(cwd, console_);
    const before = readFolder(join(cwd, 'schemas'));
    const result = await importHere(cwd, join(FIXTURES, 'files'));
    expect(result).toMatchObject({
      outcome: 'refused',
      conflicts: expect.arrayContaining([{ place: 'the tree', why: 'it has 6 versions already' }]),
    });
    expect(readFolder(join(cwd, 'schemas'))).toEqual(before);
  });

  it('takes what it lacks, and keeps its own settings', { timeout: TEST_MS }, async () => {
    const cwd = temporaryFolder();
    await importHere(cwd, console_);
    const folder = join(cwd, 'more');
    mkdirSync(folder);
    const address = readFileSync(join(FIXTURES, 'ccloud-exporter/address-1-3-AVRO'), 'utf8');
    writeFileSync(
      join(folder, 'state.yaml'),
      `compatibility: BACKWARD\nsubjects:\n  - name: address\n    schema: '${address}'\n    compatibility: FORWARD\n  - name: orders-value\n    compatibility: NONE\n    schema: '{"type": "record", "name": "Order", "namespace": "com.example", "fields": []}'\n  - name: fresh\n    compatibility: FULL\n    schema: '"long"'\n`,
    );
    const before = await soundTree(cwd);
    const result = await importHere(cwd, folder, { merge: true });
    expect(result).toMatchObject({ outcome: 'written', added: 2, present: 1 });
    expect(result.leftOut.map(({ place }) => place).sort()).toEqual(['address', 'global']);
    const after = await soundTree(cwd);
    expect(rowNames(after)).toEqual([...rowNames(before), 'fresh 1 = ?', 'orders-value 4 = ?']);
    expect(after.snapshot.contexts[0]?.config).toEqual(before.snapshot.contexts[0]?.config);
    const settings = after.snapshot.contexts[0]?.subjects.find(({ name }) => name === 'fresh');
    expect(settings?.config?.compatibility).toBe('FULL');
    expect(await importHere(cwd, folder)).toMatchObject({ outcome: 'unchanged', present: 3 });
  });

  it('names everything that is another schema there', { timeout: TEST_MS }, async () => {
    const cwd = temporaryFolder();
    await importHere(cwd, console_);
    const folder = join(cwd, 'backup');
    mkdirSync(folder);
    writeFileSync(join(folder, 'address-1-3-AVRO'), '"string"');
    writeFileSync(join(folder, 'orders-value-3-55-AVRO'), '"int"');
    writeFileSync(join(folder, 'new-1-5-AVRO'), '"long"');
    writeFileSync(join(folder, 'fine-1-77-AVRO'), '"bytes"');
    const before = readFolder(join(cwd, 'schemas'));
    const { outcome, conflicts } = await importHere(cwd, folder, { merge: true });
    expect(outcome).toBe('refused');
    expect(conflicts.map(({ place, why }) => `${place}: ${why}`)).toEqual([
      'address-1-3-AVRO: address version 1 is another schema in the tree',
      'new-1-5-AVRO: id 5 is that of orders-value version 3 in the tree',
      'orders-value-3-55-AVRO: orders-value version 3 has id 5 in the tree, and 55 here',
    ]);
    expect(readFolder(join(cwd, 'schemas'))).toEqual(before);
  });

  it('takes a source into a context of its own, where ids are others', { timeout: TEST_MS }, async () => {
    const cwd = temporaryFolder();
    await importHere(cwd, console_);
    const before = await soundTree(cwd);
    const result = await importHere(cwd, join(FIXTURES, 'karapace-v2'), { intoContext: 'legacy' });
    expect(result).toMatchObject({ outcome: 'written', added: 6, contexts: 1 });
    const after = await soundTree(cwd);
    expect(rowNames(after).filter((name) => !name.startsWith(':.legacy:'))).toEqual(rowNames(before));
    expect(rowNames(after).filter((name) => name.startsWith(':.legacy:')).length).toBe(6);
    const legacy = after.snapshot.contexts.find(({ name }) => name === '.legacy');
    expect(legacy?.config?.compatibility).toBe('FULL');
    expect([after.maxIds.get('.legacy'), after.retiredIds.get('.legacy')]).toEqual([12, [12]]);
    expect(await importHere(cwd, join(FIXTURES, 'karapace-v2'), { intoContext: '.legacy' })).toMatchObject({
      outcome: 'unchanged',
    });
    await expect(importHere(cwd, console_, { intoContext: 'other' })).rejects.toMatchObject({ code: 'SRGIT_USAGE' });
    await expect(importHere(cwd, console_, { intoContext: 'a:b' })).rejects.toMatchObject({ code: 'SRGIT_USAGE' });
  });

  it('may be missing, and is not made by looking', { timeout: TEST_MS }, async () => {
    const cwd = temporaryFolder();
    expect(await importHere(cwd, console_, { dryRun: true })).toMatchObject({ outcome: 'planned', added: 7 });
    expect([...readFolder(cwd)]).toEqual([]);
  });

  it('that is damaged is not written to', { timeout: TEST_MS }, async () => {
    const cwd = temporaryFolder();
    await importHere(cwd, console_);
    writeFileSync(join(cwd, 'schemas/subjects/address/v1.avsc'), '"other"');
    await expect(importHere(cwd, join(FIXTURES, 'files'), { merge: true })).rejects.toMatchObject({
      code: 'SRGIT_TREE_EDITED_VERSION',
    });
  });
});

describe('subjects of files', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['topic', ['Address-value 1 = ?', 'customer-value 1 = ?', 'payments-value 4 = ?']],
    ['record', ['com.example.Address 1 = ?', 'Customer 1 = ?', 'example.Payment 4 = ?', 'com.example.Order 2 = ?']],
    ['path', ['com/example/Address 1 = ?', 'common/money 1 = ?', 'orders-value 2 = ?']],
    ['shop.{file}', ['shop.Address 1 = ?', 'shop.payments 4 = ?']],
    [':.shop:{file}-key', [':.shop:Address-key 1 = ?', ':.shop:payments-key 4 = ?']],
  ];
  it.each(cases)('by the rule %s', { timeout: TEST_MS }, async (subjectRule, some) => {
    const cwd = temporaryFolder();
    expect(await importHere(cwd, join(FIXTURES, 'files'), { subjectRule })).toMatchObject({ outcome: 'written' });
    expect(rowNames(await soundTree(cwd))).toEqual(expect.arrayContaining([...some]));
  });

  it('need a rule that tells them apart', { timeout: TEST_MS }, async () => {
    const cwd = temporaryFolder();
    for (const subjectRule of ['orders', '{topic}', '']) {
      await expect(importHere(cwd, join(FIXTURES, 'files'), { subjectRule })).rejects.toMatchObject({
        code: 'SRGIT_USAGE',
      });
    }
    const folder = copyFixture(cwd, 'files');
    writeFileSync(join(folder, 'common/Address.avsc'), '"string"');
    const { faults } = await importHere(cwd, folder);
    expect(faults.map(({ place }) => place).sort()).toEqual([
      'com/example/Address.avsc',
      'common/Address.avsc',
      // It refers to the two.
      'orders-value/v2.avsc',
    ]);
  });
});

describe('a source', () => {
  it.each([
    ['console:nothing.txt', 'SRGIT_ARCHIVE_MISSING'],
    ['nothing', 'SRGIT_ARCHIVE_MISSING'],
    ['gitops:', 'SRGIT_USAGE'],
    ['kbak:/backups', 'SRGIT_USAGE'],
    ['empty', 'SRGIT_USAGE'],
    ['files:empty', 'SRGIT_ARCHIVE_INVALID'],
    ['tree:empty', 'SRGIT_TREE_MISSING'],
    ['apicurio:readme.md', 'SRGIT_ARCHIVE_INVALID'],
    ['readme.md', 'SRGIT_USAGE'],
  ])('that is none: %s', { timeout: TEST_MS }, async (from, code) => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'empty'));
    writeFileSync(join(cwd, 'readme.md'), '# read me\n');
    await expect(importHere(cwd, from)).rejects.toMatchObject({ code });
  });

  it('is not asked what another kind of source is asked', { timeout: TEST_MS }, async () => {
    const cwd = temporaryFolder();
    await expect(importHere(cwd, console_, { subjectRule: 'topic' })).rejects.toThrow('--subject-rule says nothing');
    await expect(importHere(cwd, join(FIXTURES, 'files'), { keySeparator: '|' })).rejects.toThrow('--key-separator');
  });

  it('of a console may have another separator', { timeout: TEST_MS }, async () => {
    const cwd = temporaryFolder();
    const text = readFileSync(console_, 'utf8');
    for (const [separator, asked] of [
      [' => ', undefined],
      ['|', '|'],
      ['\u0001', '\\x01'],
    ] as const) {
      const file = join(cwd, 'dump.txt');
      writeFileSync(file, text.replaceAll('\t', separator));
      const from = join(cwd, `schemas-${asked ?? 'told'}`.replace('\\', ''));
      mkdirSync(from);
      expect(await importHere(from, `console:${file}`, { keySeparator: asked })).toMatchObject({
        outcome: 'written',
        added: 7,
      });
    }
  });
});
