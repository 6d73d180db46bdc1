/** ZIP files as they are written, read back by another library. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeZip, type ZipEntry } from '../../src/archive/write-zip.ts';
import { SrgitError } from '../../src/errors.ts';
import { runProgram } from '../support/run-program.ts';
import { temporaryFolder } from '../support/trees.ts';
import { readZip } from '../support/zips.ts';

const text = (path: string, content: string): ZipEntry => ({ path, content: () => Buffer.from(content) });
const ENTRIES = [text('b/ö.json', '{"x":1}'), text('a.data', 'y'.repeat(200_000)), text('empty', '')];
const ONE_MIB = Buffer.alloc(2 ** 20, 1);

describe('writeZip', () => {
  it('keeps names, order and contents, and tells the sizes', async () => {
    const file = join(temporaryFolder(), 'x.zip');
    const seen: number[] = [];
    const size = await writeZip(file, ENTRIES, { onEntry: (done) => seen.push(done) });
    expect([...(await readZip(file))].map(([path, bytes]) => [path, bytes.toString('utf8')])).toEqual([
      ['b/ö.json', '{"x":1}'],
      ['a.data', 'y'.repeat(200_000)],
      ['empty', ''],
    ]);
    expect(size).toEqual({
      entries: 3,
      unpacked: 200_007,
      largest: { path: 'a.data', bytes: 200_000 },
      bytes: readFileSync(file).length,
    });
    expect(size.bytes).toBeLessThan(2000);
    expect(seen).toEqual([1, 2, 3]);
  });

  it('writes the same bytes at another time and in another time zone', async () => {
    const folder = temporaryFolder();
    const source = join(import.meta.dirname, '../../src/archive/write-zip.ts');
    const program = `
      const { writeZip } = await import(${JSON.stringify(source)});
      await writeZip(process.argv[1], [{ path: 'a', content: () => Buffer.from('x') }]);`;
    const hashes: string[] = [];
    for (const [at, TZ] of ['UTC', 'Asia/Kolkata', 'America/St_Johns'].entries()) {
      const file = join(folder, `${at}.zip`);
      await runProgram(process.execPath, ['--input-type=module', '-e', program, file], { env: { TZ } });
      hashes.push(createHash('sha256').update(readFileSync(file)).digest('hex'));
    }
    expect(new Set(hashes).size).toBe(1);
  });

  it('asks for a content when those before it are in the file, but for a few', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'x.zip');
    const mib = 2 ** 20;
    const ahead: number[] = [];
    const entries = Array.from({ length: 60 }, (_, at) => ({
      path: `${at}`,
      content: () => {
        const [draft] = readdirSync(folder);
        const written = draft === undefined ? 0 : statSync(join(folder, draft)).size;
        ahead.push(at * mib - written);
        return randomBytes(mib);
      },
    }));
    await writeZip(file, entries);
    expect(ahead.length).toBe(60);
    expect(Math.max(...ahead)).toBeLessThan(4 * mib);
  }, 60_000);

  it('leaves what was there, and nothing else, when a content fails', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'x.zip');
    writeFileSync(file, 'before');
    const failing = (error: Error): ZipEntry[] => [
      ...ENTRIES,
      {
        path: 'bad',
        content: () => {
          throw error;
        },
      },
      text('after', 'x'),
    ];
    const own = new SrgitError('SRGIT_TREE_INVALID', 'gone');
    await expect(writeZip(file, failing(own))).rejects.toBe(own);
    await expect(writeZip(file, failing(new Error('boom')))).rejects.toMatchObject({
      code: 'SRGIT_STORAGE_WRITE',
      message: `${file} cannot be written: boom`,
    });
    expect([readdirSync(folder), readFileSync(file, 'utf8')]).toEqual([['x.zip'], 'before']);
  });

  it('leaves nothing when it is interrupted', async () => {
    const folder = temporaryFolder();
    const controller = new AbortController();
    const entries = Array.from({ length: 50 }, (_, at) => ({
      path: `${at}`,
      content: () => {
        if (at === 10) controller.abort();
        return ONE_MIB;
      },
    }));
    const writing = writeZip(join(folder, 'x.zip'), entries, { signal: controller.signal });
    await expect(writing).rejects.toMatchObject({ code: 'SRGIT_INTERRUPTED' });
    expect(readdirSync(folder)).toEqual([]);
    const aborted = writeZip(join(folder, 'x.zip'), ENTRIES, { signal: AbortSignal.abort() });
    await expect(aborted).rejects.toMatchObject({ code: 'SRGIT_INTERRUPTED' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says which file cannot be written', async () => {
    const folder = temporaryFolder();
    const nowhere = join(folder, 'none', 'x.zip');
    await expect(writeZip(nowhere, ENTRIES)).rejects.toMatchObject({
      code: 'SRGIT_STORAGE_WRITE',
      message: `${nowhere} cannot be written: ENOENT`,
    });
    const isFolder = join(folder, 'taken');
    mkdirSync(isFolder);
    await expect(writeZip(isFolder, ENTRIES)).rejects.toMatchObject({ code: 'SRGIT_STORAGE_WRITE' });
    expect(readdirSync(folder)).toEqual(['taken']);
  });
});
