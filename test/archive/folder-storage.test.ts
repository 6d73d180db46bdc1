/** A folder as a storage: whole files or none, nothing outside of it, sorted listings. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { FolderStorage } from '../../src/archive/folder-storage.ts';

let outer: string;
let root: string;
let storage: FolderStorage;

beforeEach(() => {
  outer = mkdtempSync(join(tmpdir(), 'srgit-folder-'));
  onTestFinished(() => rmSync(outer, { recursive: true, force: true }));
  root = join(outer, 'root');
  storage = new FolderStorage(root);
});

async function collect(items: AsyncIterable<{ key: string } | string>): Promise<string[]> {
  const found: string[] = [];
  for await (const item of items) found.push(typeof item === 'string' ? item : item.key);
  return found;
}

async function readWhole(key: string, start?: number, end?: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  const range = { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) };
  for await (const part of storage.read(key, range)) parts.push(part);
  return Buffer.concat(parts);
}

describe('reading and writing', () => {
  it('makes the folders that are needed, and gives back what was written', async () => {
    const big = Buffer.alloc(3_500_000, 'abcdefg');
    const written = await storage.write('a/b/big', big);
    expect(written).toMatchObject({ key: 'a/b/big', size: big.length });
    expect(await storage.stat('a/b/big')).toEqual(written);
    expect((await readWhole('a/b/big')).equals(big)).toBe(true);
    expect((await readWhole('a/b/big', 5, 2_000_005)).equals(big.subarray(5, 2_000_005))).toBe(true);
    expect(await readWhole('a/b/big', 4_000_000)).toHaveLength(0);
    expect((await storage.readAll('a/b/big', big.length)).equals(big)).toBe(true);
    await expect(storage.readAll('a/b/big', 1000)).rejects.toThrow(/more than the 1000 bytes/);
    await storage.write('empty', Buffer.alloc(0));
    expect(await readWhole('empty')).toHaveLength(0);
    await storage.delete('empty');
    await storage.delete('empty');
    expect(await storage.stat('empty')).toBeUndefined();
    expect(await storage.stat('a/b')).toBeUndefined();
  });

  it('gives another tag when the content is another', async () => {
    const { tag } = await storage.write('x', Buffer.from('1'));
    expect((await storage.write('x', Buffer.from('2'))).tag).not.toBe(tag);
  });

  it('leaves what was there when the content fails or is given up', async () => {
    await storage.write('x', Buffer.from('old'));
    const failing = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.alloc(2_000_000);
      throw new Error('the source failed');
    };
    await expect(storage.write('x', failing())).rejects.toMatchObject({
      code: 'SRGIT_STORAGE_WRITE',
      message: expect.stringContaining('the source failed'),
    });
    const stop = new AbortController();
    const slow = async function* (): AsyncGenerator<Buffer> {
      for (;;) {
        yield Buffer.from('new');
        stop.abort();
      }
    };
    await expect(storage.write('x', slow(), stop.signal)).rejects.toMatchObject({ code: 'SRGIT_INTERRUPTED' });
    expect(readFileSync(join(root, 'x'), 'utf8')).toBe('old');
    expect(readdirSync(root)).toEqual(['x']);
  });

  it('says what is not there, and what a file is in the way of', async () => {
    await expect(storage.readAll('none', 5)).rejects.toMatchObject({
      code: 'SRGIT_STORAGE_READ',
      message: `cannot read ${root}/none: there is no such file`,
    });
    await storage.write('file', Buffer.from('x'));
    await expect(storage.write('file/below', Buffer.from('x'))).rejects.toMatchObject({ code: 'SRGIT_STORAGE_WRITE' });
    expect(await storage.stat('file/below')).toBeUndefined();
    expect(await collect(new FolderStorage(join(outer, 'nowhere')).list(''))).toEqual([]);
  });
});

describe('an object whose head is known last', () => {
  it('is there when its head is, whole', async () => {
    const late = await storage.writeLate('a/b', 3);
    const body = Buffer.alloc(2_500_000, 'abcdefg');
    await late.add(body.subarray(0, 5));
    await late.add(body.subarray(5));
    const parts: Buffer[] = [];
    for await (const part of late.read()) parts.push(Buffer.from(part));
    expect(Buffer.concat(parts).equals(body)).toBe(true);
    expect(await storage.stat('a/b')).toBeUndefined();
    expect(await collect(storage.list(''))).toEqual([]);
    await late.add(Buffer.from('end'));
    const written = await late.commit(Buffer.from('HED'));
    await late.discard();
    expect(await storage.stat('a/b')).toEqual(written);
    expect((await readWhole('a/b')).equals(Buffer.concat([Buffer.from('HED'), body, Buffer.from('end')]))).toBe(true);
    expect(readdirSync(join(root, 'a'))).toEqual(['b']);
  });

  it('leaves what was there when it is given up or interrupted', async () => {
    await storage.write('x', Buffer.from('old'));
    const late = await storage.writeLate('x', 1);
    await late.add(Buffer.from('new'));
    await expect(late.commit(Buffer.from('H'), AbortSignal.abort())).rejects.toMatchObject({
      code: 'SRGIT_INTERRUPTED',
    });
    await late.discard();
    await late.discard();
    expect(readdirSync(root)).toEqual(['x']);
    expect(String(await storage.readAll('x', 9))).toBe('old');
    const short = await storage.writeLate('x', 2);
    await expect(short.commit(Buffer.from('H'))).rejects.toMatchObject({ code: 'SRGIT_INTERNAL' });
    await short.discard();
    expect(readdirSync(root)).toEqual(['x']);
    await expect(late.add(Buffer.from('x'))).rejects.toMatchObject({ code: 'SRGIT_STORAGE_WRITE' });
    await expect(storage.writeLate('x/below', 1)).rejects.toMatchObject({ code: 'SRGIT_STORAGE_WRITE' });
  });

  it('is followed by a look for what a killed process left of another, long ago', async () => {
    mkdirSync(join(root, 'a'), { recursive: true });
    const [old, young] = ['.srgit-0123456789abcdef.tmp', '.srgit-fedcba9876543210.tmp'];
    for (const name of [old, young, 'own.tmp']) writeFileSync(join(root, 'a', name), 'half');
    const longAgo = Date.now() / 1000 - 2 * 3600;
    for (const name of [old, 'own.tmp']) utimesSync(join(root, 'a', name), longAgo, longAgo);
    const late = await storage.writeLate('a/x', 0);
    await late.discard();
    expect(readdirSync(join(root, 'a'))).toEqual([young, 'own.tmp']);
  });
});

describe('keys', () => {
  it.each([
    '',
    '..',
    '../x',
    'a/../../x',
    '/etc/passwd',
    'a//b',
    './a',
    'a/.',
    'a\\b',
    'a\0b',
    'x'.repeat(256),
    '\ud800',
  ])('%j is none', async (key) => {
    for (const call of [
      () => storage.stat(key),
      () => storage.readAll(key, 5),
      () => storage.write(key, Buffer.from('x')),
      () => storage.writeLate(key, 1),
      () => storage.delete(key),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'SRGIT_STORAGE_KEY' });
    }
    expect(readdirSync(outer)).toEqual([]);
  });

  it('that lead out by a link are refused, and not listed', async () => {
    mkdirSync(join(outer, 'outside'));
    writeFileSync(join(outer, 'outside/secret'), 'secret');
    mkdirSync(root);
    symlinkSync(join(outer, 'outside'), join(root, 'folder'));
    symlinkSync(join(outer, 'outside/secret'), join(root, 'file'));
    writeFileSync(join(root, 'own'), 'own');
    symlinkSync(join(root, 'own'), join(root, 'within'));
    symlinkSync(root, join(root, 'loop'));
    for (const key of ['folder/secret', 'file']) {
      await expect(storage.readAll(key, 100)).rejects.toMatchObject({ code: 'SRGIT_STORAGE_KEY' });
    }
    await expect(storage.delete('folder/secret')).rejects.toMatchObject({ code: 'SRGIT_STORAGE_KEY' });
    await expect(storage.write('folder/new', Buffer.from('x'))).rejects.toMatchObject({ code: 'SRGIT_STORAGE_KEY' });
    expect(await collect(storage.list(''))).toEqual(['own', 'within']);
    expect(String(await storage.readAll('within', 5))).toBe('own');
    // The link itself is replaced; what it led to stays.
    await storage.write('file', Buffer.from('mine'));
    expect(readFileSync(join(outer, 'outside/secret'), 'utf8')).toBe('secret');
    expect(readdirSync(join(outer, 'outside'))).toEqual(['secret']);
  });

  it('that are links are deleted as links', async () => {
    await storage.write('own', Buffer.from('own'));
    symlinkSync(join(root, 'own'), join(root, 'within'));
    await storage.delete('within');
    expect(await collect(storage.list(''))).toEqual(['own']);
  });
});

it('lists by whole keys, sorted, from a prefix on', async () => {
  const keys = ['a-b', 'a/x', 'a/y/z', 'a0', 'ab/c', 'b/c'];
  for (const key of keys) await storage.write(key, Buffer.from('x'));
  writeFileSync(join(root, 'a/.srgit-0123456789abcdef.tmp'), 'half');
  expect(await collect(storage.list(''))).toEqual([...keys].sort());
  expect(await collect(storage.list('a'))).toEqual(['a-b', 'a/x', 'a/y/z', 'a0', 'ab/c']);
  expect(await collect(storage.list('a/'))).toEqual(['a/x', 'a/y/z']);
  expect(await collect(storage.list('a/y'))).toEqual(['a/y/z']);
  expect(await collect(storage.list('none/'))).toEqual([]);
  expect(await collect(storage.listFolders(''))).toEqual(['a', 'ab', 'b']);
  expect(await collect(storage.listFolders('a'))).toEqual(['y']);
  await expect(collect(storage.list('../'))).rejects.toMatchObject({ code: 'SRGIT_STORAGE_KEY' });
});
