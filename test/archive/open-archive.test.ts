/** Which archive a location holds: by its content, whatever its name. */
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { FolderStorage } from '../../src/archive/folder-storage.ts';
import { createKbak } from '../../src/archive/kbak-sink.ts';
import { openArchive, openArchiveAt } from '../../src/archive/open-archive.ts';
import { sliceRecord } from '../../src/records/plain-records.ts';
import { batchOf, plainRecord } from '../records/random-records.ts';
import { addFiles, makeFiles, readWhole, removeFolder, segmentName } from '../support/log-files.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await removeFolder(folder);
});

async function folderOf(files: Readonly<Record<string, Buffer | string>>): Promise<string> {
  const folder = await makeFiles(files);
  folders.push(folder);
  return folder;
}

const log = { [`kbak-0/${segmentName(0)}`]: batchOf([Buffer.from('from a log')]) };
const line = '{"topic":"t","partition":0,"offset":3,"key":null,"payload":"from kcat"}\n';

async function makeBackup(): Promise<string> {
  const folder = await folderOf({});
  const sink = await createKbak(new FolderStorage(folder), { backupId: 'nightly' });
  const part = await sink.open('t', 0);
  const { bytes, slices } = sliceRecord(plainRecord({ value: Buffer.from('from a backup') }));
  await part.append(bytes, slices, 0n);
  await part.close();
  const partitions = [{ partition: 0, firstOffset: 0n, endOffset: 1n }];
  await sink.finish({ topics: [{ name: 't', partitionCount: 1, partitions }], createdAt: 1_700_000_000_000 });
  return folder;
}

async function firstValue(path: string, options: Parameters<typeof openArchiveAt>[1] = {}): Promise<string> {
  const source = await openArchiveAt(path, options);
  const [topic] = await source.topics();
  const { records } = await readWhole(source, topic?.name ?? '', topic?.partitions[0]?.partition ?? 0);
  await source.close();
  return `${source.kind}: ${records[0]?.value}`;
}

describe('an archive', () => {
  it('is known by what it holds', async () => {
    expect(await firstValue(await makeBackup())).toBe('kbak: from a backup');
    expect(await firstValue(await folderOf(log))).toBe('kafka-log: from a log');
    expect(await firstValue(join(await folderOf(log), 'kbak-0'))).toBe('kafka-log: from a log');
    expect(await firstValue(await folderOf({ '00000000000000000000.log': line }))).toBe('kcat: from kcat');
    expect(await firstValue(join(await folderOf({ 'manifest.json': line }), 'manifest.json'))).toBe('kcat: from kcat');
    expect(await firstValue(await folderOf({ a: `\ufeff${line}`, 'notes.txt': 'x' }))).toBe('kcat: from kcat');
  });

  it('is found among others when its kind is said', async () => {
    const folder = await makeBackup();
    await addFiles(folder, { ...log, 'lines.jsonl': line });
    await expect(openArchiveAt(folder)).rejects.toMatchObject({
      code: 'SRGIT_ARCHIVE_INVALID',
      message: expect.stringMatching(/ holds (kbak|kafka-log|kcat) and .* and /),
    });
    expect(await firstValue(folder, { kind: 'kbak' })).toBe('kbak: from a backup');
    expect(await firstValue(folder, { kind: 'kafka-log' })).toBe('kafka-log: from a log');
    expect(await firstValue(folder, { kind: 'kcat' })).toBe('kcat: from kcat');
    expect(await firstValue(join(folder, 'lines.jsonl'))).toBe('kcat: from kcat');
  });

  it('of kcat lines is named where there are several', async () => {
    const folder = await folderOf({ 'a.jsonl': line, 'b.jsonl': line });
    await expect(openArchiveAt(folder)).rejects.toMatchObject({
      code: 'SRGIT_ARCHIVE_INVALID',
      message: expect.stringMatching(/a\.jsonl, b\.jsonl/),
    });
    const source = await openArchive(new FolderStorage(folder), { kind: 'kcat', key: 'b.jsonl' });
    expect(source.kind).toBe('kcat');
  });

  it.each([
    ['an empty folder', {}, /holds no archive of records: it is empty/],
    ['other files', { 'a.txt': 'x', 'b/manifest.json': '{"a":1}' }, /found were a\.txt, b\/manifest\.json$/],
    [
      'names only',
      { [`t-0/${segmentName(0)}`]: 'no batch at all', 'lines.jsonl': '{"a":1}' },
      /found were lines\.jsonl, t-0/,
    ],
    [
      'many files',
      Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`${i}`, ''])),
      /found were 0, 1, 10, 11, 2 and 7 more$/,
    ],
  ])('is not %s, and what was found is said', async (_, files, message) => {
    await expect(openArchiveAt(await folderOf(files))).rejects.toMatchObject({
      code: 'SRGIT_ARCHIVE_MISSING',
      message: expect.stringMatching(message),
    });
  });

  it('is neither a file of something else nor what is not there', async () => {
    const folder = await folderOf({ 'a.txt': 'x' });
    await expect(openArchiveAt(join(folder, 'a.txt'))).rejects.toMatchObject({ code: 'SRGIT_ARCHIVE_INVALID' });
    await expect(openArchiveAt(join(folder, 'b'))).rejects.toMatchObject({ code: 'SRGIT_ARCHIVE_MISSING' });
  });
});
