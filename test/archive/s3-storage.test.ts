/** The S3 storage against a real S3 server, and with a line between them that breaks. `SRGIT_SEED` repeats a run. */
import { mkdirSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { FolderStorage } from '../../src/archive/folder-storage.ts';
import { createKbak } from '../../src/archive/kbak-sink.ts';
import { openKbak } from '../../src/archive/kbak-source.ts';
import { openStorage, type S3Settings } from '../../src/archive/open-storage.ts';
import type { Storage } from '../../src/archive/storage.ts';
import { isSrgitError, type SrgitError } from '../../src/errors.ts';
import { seedOf } from '../records/random-records.ts';
import { readBackupIndependently } from '../support/independent-kbak-reader.ts';
import { randomNumbers } from '../support/random-numbers.ts';
import { type S3Server, startS3Server } from '../support/versitygw.ts';
import { readBack } from './kbak-made.ts';

const ARCHIVES = join(import.meta.dirname, '../fixtures/backup-archives');
const MIB = 1 << 20;
/** Building the server takes minutes, once. */
const LONG = 900_000;
const SLOW = 120_000;
const seed = seedOf('s3-storage');

let server: S3Server;
beforeAll(async () => {
  server = await startS3Server();
}, LONG);
afterAll(() => server.stop());

async function openPrefix(prefix: string, more: Partial<S3Settings> = {}): Promise<Storage> {
  const storage = await openStorage({ ...server.settings, prefix, ...more });
  onTestFinished(() => storage.close());
  return storage;
}

function noise(bytes: number): Buffer {
  const next = randomNumbers(seed);
  const unit = Buffer.from(Uint8Array.from({ length: 65_537 }, () => next() * 256));
  return Buffer.alloc(bytes, unit);
}

async function* inPieces(bytes: Buffer, size = 300_000): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function readWhole(storage: Storage, key: string, start?: number, end?: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  const range = { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) };
  for await (const part of storage.read(key, range)) {
    expect(part.length).toBeLessThanOrEqual(2 * MIB);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

async function errorOf(promise: Promise<unknown>): Promise<SrgitError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isSrgitError(error)) throw new Error('no SrgitError', { cause: error });
  return error;
}

describe('objects', () => {
  it('small, large and empty are written and read, whole and in part', { timeout: SLOW }, async () => {
    const storage = await openPrefix('/objects/here/');
    const big = noise(21 * MIB + 5);
    const written = await storage.write('a/big', inPieces(big));
    expect(written.size).toBe(big.length);
    // Two parts and more have an ETag that says how many.
    expect(written.tag).toMatch(/-3"$/);
    expect(await storage.stat('a/big')).toEqual(written);
    expect((await readWhole(storage, 'a/big')).equals(big)).toBe(true);
    expect((await readWhole(storage, 'a/big', 100, 5 * MIB)).equals(big.subarray(100, 5 * MIB))).toBe(true);
    expect((await readWhole(storage, 'a/big', 21 * MIB)).equals(big.subarray(21 * MIB))).toBe(true);
    await storage.write('a/empty', Buffer.alloc(0));
    await storage.write('a/nothing', inPieces(Buffer.alloc(0)));
    for (const key of ['a/empty', 'a/nothing']) expect(await readWhole(storage, key)).toHaveLength(0);
    expect(await storage.readAll('a/empty', 5)).toHaveLength(0);
    expect(await storage.readAll('a/big', 30 * MIB)).toHaveLength(big.length);
    expect((await errorOf(storage.readAll('a/big', MIB))).message).toMatch(/more than the 1048576 bytes/);
    expect(await storage.stat('a/none')).toBeUndefined();
    expect(await errorOf(storage.readAll('a/none', 5))).toMatchObject({
      code: 'SRGIT_STORAGE_READ',
      message: 'cannot read s3://bucket/objects/here/a/none: it is not there',
    });
    await storage.delete('a/empty');
    await storage.delete('a/empty');
    expect(await storage.stat('a/empty')).toBeUndefined();
    for (const key of ['../x', '/x', 'a//b', 'a/../../x', '']) {
      expect((await errorOf(storage.stat(key))).code).toBe('SRGIT_STORAGE_KEY');
    }
  });

  it('are listed by the thousand, sorted, without those beside the prefix', { timeout: SLOW }, async () => {
    const names = Array.from({ length: 2500 }, (_, i) => `k${String(i * 7919).padStart(9, '0')}`);
    for (const folder of ['many/in', 'many/inside', 'many/in/a', 'many/in/b']) {
      mkdirSync(join(server.folder, 'bucket', folder), { recursive: true });
    }
    for (const name of names) writeFileSync(join(server.folder, 'bucket/many/in', name), 'x');
    for (const path of ['many/inside/no', 'many/in/a/yes', 'many/in/b/yes']) {
      writeFileSync(join(server.folder, 'bucket', path), '');
    }
    const storage = await openPrefix('many/in');
    const keys: string[] = [];
    for await (const { key } of storage.list('')) keys.push(key);
    expect(keys).toEqual([...names, 'a/yes', 'b/yes'].sort());
    const part: string[] = [];
    for await (const { key, size } of storage.list('k00000')) part.push(`${key} ${size}`);
    expect(part).toEqual(names.filter((name) => name.startsWith('k00000')).map((name) => `${name} 1`));
    const folders: string[] = [];
    for await (const folder of storage.listFolders('')) folders.push(folder);
    expect(folders).toEqual(['a', 'b']);
  });

  it('a source that fails leaves neither object nor parts', { timeout: SLOW }, async () => {
    const storage = await openPrefix('failing');
    const failing = async function* (): AsyncGenerator<Buffer> {
      yield* inPieces(noise(20 * MIB));
      throw new Error('the source failed');
    };
    expect((await errorOf(storage.write('x', failing()))).message).toMatch(/the source failed/);
    const stop = new AbortController();
    const endless = async function* (): AsyncGenerator<Buffer> {
      for (let i = 0; ; i++) {
        if (i === 40) stop.abort();
        yield Buffer.alloc(MIB, i);
      }
    };
    expect((await errorOf(storage.write('y', endless(), stop.signal))).code).toBe('SRGIT_INTERRUPTED');
    const keys: string[] = [];
    for await (const { key } of storage.list('')) keys.push(key);
    expect(keys).toEqual([]);
    const { endpoint, accessKeyId = '', secretAccessKey = '' } = server.settings;
    const client = new S3Client({
      endpoint: endpoint ?? '',
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
    });
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: 'bucket' }));
    client.destroy();
    expect(Uploads).toEqual([]);
  });
});

describe('what is set up wrongly', () => {
  const cases: readonly (readonly [string, Partial<S3Settings>, RegExp])[] = [
    ['bucket', { bucket: 'nobody-has-this' }, /there is no such bucket/],
    ['secret', { secretAccessKey: 'not-the-secret' }, /does not know these credentials/],
    ['access key', { accessKeyId: 'nobody' }, /it is not there|does not know these credentials/],
    ['port', { endpoint: 'http://127.0.0.1:1' }, /cannot be reached/],
  ];
  it.each(cases)(
    '%s: reading, writing and listing say so, without secrets',
    { timeout: SLOW },
    async (_name, more, what) => {
      const storage = await openPrefix('wrong', more);
      const list = async (): Promise<void> => {
        for await (const _ of storage.list(''));
      };
      for (const call of [() => storage.readAll('x', 5), () => storage.write('x', Buffer.from('x')), list]) {
        const error = await errorOf(call());
        expect(error.message).toMatch(what);
        expect(error.hint).toBeDefined();
        expect(JSON.stringify([error.message, error.hint, error.details, error.cause])).not.toMatch(
          /secret-key|not-the-secret/,
        );
      }
      expect((await errorOf(openKbak(storage))).code).toBe('SRGIT_STORAGE_READ');
    },
  );

  it.each([
    [{ allowHttp: false }, /is not https/],
    [{ endpoint: 'no url' }, /is no URL/],
    [{ endpoint: 'https://user:pass@host' }, /holds credentials/],
    [{ secretAccessKey: undefined }, /go together/],
  ])('%j is refused at once', async (more, what) => {
    const error = await errorOf(openStorage({ ...server.settings, ...more }));
    expect(error).toMatchObject({ code: 'SRGIT_CONFIG_INVALID', message: expect.stringMatching(what) });
    expect(error.message).not.toContain('pass@');
  });
});

/** What happens to a connection: after so many bytes it is cut, or it is answered by the line itself. */
interface Fate {
  readonly cutUpAfter?: number;
  readonly cutDownAfter?: number;
  readonly answer?: string;
}

interface BrokenLine {
  readonly endpoint: string;
  readonly struck: { cuts: number; answers: number; connections: number };
}

async function breakLine(choose: (connection: number) => Fate): Promise<BrokenLine> {
  const { port } = new URL(server.endpoint);
  const struck = { cuts: 0, answers: 0, connections: 0 };
  const sockets = new Set<Socket>();
  const line = createServer((client) => {
    const {
      cutUpAfter = Number.POSITIVE_INFINITY,
      cutDownAfter = Number.POSITIVE_INFINITY,
      answer,
    } = choose(struck.connections++);
    sockets.add(client);
    client.on('error', () => undefined);
    if (answer !== undefined) {
      struck.answers++;
      client.once('data', () => client.end(answer));
      return;
    }
    const upstream = connect(Number(port), '127.0.0.1');
    sockets.add(upstream);
    upstream.on('error', () => client.destroy());
    const cut = (): void => {
      struck.cuts++;
      client.resetAndDestroy();
      upstream.destroy();
    };
    const pass = (from: Socket, to: Socket, limit: number): void => {
      let passed = 0;
      from.on('data', (bytes: Buffer) => {
        const part = bytes.subarray(0, Math.max(0, limit - passed));
        passed += bytes.length;
        if (!to.write(part)) {
          from.pause();
          to.once('drain', () => from.resume());
        }
        // What was passed on before the cut arrives.
        if (passed >= limit) setTimeout(cut, 5);
      });
      from.on('close', () => to.destroy());
    };
    pass(client, upstream, cutUpAfter);
    pass(upstream, client, cutDownAfter);
  });
  await new Promise<void>((resolve) => line.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => line.close(resolve));
  });
  return { endpoint: `http://127.0.0.1:${(line.address() as AddressInfo).port}`, struck };
}

const SLOW_DOWN = [
  'HTTP/1.1 503 Slow Down',
  'content-type: application/xml',
  'connection: close',
  'content-length: 77',
  '',
  '<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>x</Message></Error>',
].join('\r\n');

describe('a line that breaks', () => {
  it('in the middle of what is read: reading goes on where it was cut', { timeout: SLOW }, async () => {
    const big = noise(16 * MIB + 3);
    await (await openPrefix('cut')).write('big', big);
    const next = randomNumbers(seed);
    const { endpoint, struck } = await breakLine(() => ({ cutDownAfter: 200_000 + Math.floor(next() * 3 * MIB) }));
    const storage = await openPrefix('cut', { endpoint });
    expect((await readWhole(storage, 'big')).equals(big)).toBe(true);
    expect((await readWhole(storage, 'big', MIB, 9 * MIB)).equals(big.subarray(MIB, 9 * MIB))).toBe(true);
    expect(struck.cuts).toBeGreaterThan(5);
  });

  it('in the middle of what is written: it arrives whole', { timeout: SLOW }, async () => {
    const big = noise(30 * MIB + 3);
    const next = randomNumbers(seed);
    // Less than a part: whichever of them sends the first one is cut. One request is sent six times: even if it is the
    // one that all cuts hit, it gets through.
    const { endpoint, struck } = await breakLine((n) => (n < 5 ? { cutUpAfter: Math.floor(next() * 6 * MIB) } : {}));
    const storage = await openPrefix('cut', { endpoint });
    const { size } = await storage.write('up', inPieces(big));
    expect(size).toBe(big.length);
    expect((await readWhole(await openPrefix('cut'), 'up')).equals(big)).toBe(true);
    expect(struck.cuts).toBeGreaterThan(0);
  });

  it('answers that the storage is overloaded: it is asked again', { timeout: SLOW }, async () => {
    const { endpoint, struck } = await breakLine((n) =>
      n % 3 === 2 ? { cutDownAfter: 100_000 } : { answer: SLOW_DOWN },
    );
    const storage = await openPrefix('storm', { endpoint });
    const bytes = noise(700_000);
    await storage.write('x', bytes);
    expect((await storage.readAll('x', MIB)).equals(bytes)).toBe(true);
    expect(await storage.stat('x')).toMatchObject({ size: 700_000 });
    expect(struck.answers).toBeGreaterThan(2);
  });

  it('for good: the error says so in the end', { timeout: SLOW }, async () => {
    const storm = await breakLine(() => ({ answer: SLOW_DOWN }));
    const overloaded = await openPrefix('storm', { endpoint: storm.endpoint });
    expect(await errorOf(overloaded.readAll('x', 5))).toMatchObject({
      code: 'SRGIT_STORAGE_READ',
      message: expect.stringContaining('the storage is overloaded'),
      retriable: true,
    });
    const dead = await breakLine(() => ({ cutUpAfter: 10 }));
    const cut = await openPrefix('storm', { endpoint: dead.endpoint });
    expect(await errorOf(cut.write('x', Buffer.from('x')))).toMatchObject({
      code: 'SRGIT_STORAGE_WRITE',
      message: expect.stringContaining('cuts the connection again and again'),
    });
  });
});

it('an object that changes while it is read is not mixed with what it was', { timeout: SLOW }, async () => {
  const direct = await openPrefix('changing');
  await direct.write('x', Buffer.alloc(6 * MIB, 'a'));
  const { endpoint } = await breakLine(() => ({ cutDownAfter: 2 * MIB }));
  const storage = await openPrefix('changing', { endpoint });
  const reading = (async () => {
    let isChanged = false;
    for await (const part of storage.read('x')) {
      expect(part.includes('b')).toBe(false);
      if (!isChanged) await direct.write('x', Buffer.alloc(6 * MIB, 'b'));
      isChanged = true;
    }
  })();
  expect((await errorOf(reading)).message).toMatch(/changed while it was read/);
});

it('a backup is copied into a bucket and read from there', { timeout: SLOW }, async () => {
  const source = await openKbak(new FolderStorage(join(ARCHIVES, 'zstd')), { keepMarkers: true });
  const storage = await openPrefix('backups/here');
  const sink = await createKbak(storage, { backupId: 'copy', segmentBytes: 20_000 });
  for (const { name, partitions } of await source.topics()) {
    for (const { partition } of partitions) {
      const to = await sink.open(name, partition);
      for await (const piece of source.read(name, partition)) {
        if (piece.kind !== 'records') continue;
        const { cursor, baseOffset } = piece;
        while (cursor.next()) await to.append(cursor.bytes, cursor, baseOffset + BigInt(cursor.offsetDelta));
      }
      await to.close();
    }
  }
  await sink.finish({ topics: await source.topics(), createdAt: 1, isolation: 'read_committed' });
  const truth = readBackupIndependently(join(ARCHIVES, 'zstd'), 'sample-zstd');
  const stored = readBackupIndependently(join(server.folder, 'bucket/backups/here'), 'copy');
  const next = randomNumbers(seed);
  const { endpoint } = await breakLine(() => ({ cutDownAfter: 10_000 + Math.floor(next() * MIB) }));
  const again = await openKbak(await openPrefix('backups/here', { endpoint }), { heldBytes: 0 });
  for (const [name, records] of truth.records) {
    const [topic = '', partition = ''] = name.split('/');
    expect(stored.records.get(name)).toEqual(records);
    expect((await readBack(again, topic, Number(partition))).records).toEqual(records);
  }
});
