/** Archives written: the independent reader finds what was given, and nothing looks whole that is not. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FolderStorage } from '../../src/archive/folder-storage.ts';
import { createKbak, type KbakSinkOptions } from '../../src/archive/kbak-sink.ts';
import { openKbak } from '../../src/archive/kbak-source.ts';
import type { Storage } from '../../src/archive/storage.ts';
import { sliceRecord } from '../../src/records/plain-records.ts';
import type { PartitionSink, RecordSink, RecordSource } from '../../src/records/record-source.ts';
import { records as randomRecords, seedOf } from '../records/random-records.ts';
import {
  filesBelow,
  type ReadRecord,
  readBackupIndependently,
  readSegmentIndependently,
} from '../support/independent-kbak-reader.ts';
import { randomNumbers } from '../support/random-numbers.ts';
import { asRead, backupOf, type MadeRecord, madeSegment, readBack, recordsFrom, storageOf } from './kbak-made.ts';

const ARCHIVES = join(import.meta.dirname, '../fixtures/backup-archives');
const SOURCES = join(import.meta.dirname, '../../src/archive');
const COMPRESSIONS = ['none', 'zstd', 'lz4'] as const;
const seed = seedOf('kbak-write');
const FACTS = { topics: [], createdAt: 5 };

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'srgit-kbak-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function newPlace(root: string): Storage {
  return new FolderStorage(root);
}

/** As a bucket is: an object goes there from its first byte on. */
function sequentialPlace(root: string): Storage {
  return Object.defineProperty(new FolderStorage(root), 'writeLate', { value: undefined });
}

async function put(sink: PartitionSink, records: readonly MadeRecord[]): Promise<void> {
  for (const { offset, timestamp = 1000n + offset, key = null, value = Buffer.from('v'), headers = [] } of records) {
    const { bytes, slices } = sliceRecord({ offset, timestamp, key, value, headers });
    const waiting = sink.append(bytes, slices, offset);
    // Copied: what happens to them now does not matter.
    bytes.fill(0xee);
    await waiting;
  }
}

async function copy(from: RecordSource, to: RecordSink): Promise<void> {
  for (const { name, partitions } of await from.topics()) {
    for (const { partition } of partitions) {
      const sink = await to.open(name, partition);
      for await (const piece of from.read(name, partition)) {
        if (piece.kind !== 'records') continue;
        const { cursor, baseOffset } = piece;
        while (cursor.next()) await sink.append(cursor.bytes, cursor, baseOffset + BigInt(cursor.offsetDelta));
      }
      await sink.close();
    }
  }
  await to.finish({
    topics: await from.topics(),
    groups: await from.groups(),
    createdAt: 5,
    isolation: 'read_committed',
  });
}

describe('a copy', () => {
  for (const compression of COMPRESSIONS) {
    for (const [segmentBytes, heldBytes, place] of [
      [30_000, undefined, newPlace],
      [128 * 1024 * 1024, undefined, newPlace],
      [30_000, 0, sequentialPlace],
      [128 * 1024 * 1024, undefined, sequentialPlace],
    ] as const) {
      it(`${compression}, segments of ${segmentBytes} bytes, ${heldBytes ?? 'many'} in memory, in a ${place.name}`, async () => {
        const root = newFolder();
        const source = await openKbak(new FolderStorage(join(ARCHIVES, 'zstd')), { keepMarkers: true });
        const temporaryFolder = newFolder();
        const options = { backupId: 'copy', compression, segmentBytes, heldBytes, temporaryFolder };
        await copy(source, await createKbak(place(root), options));
        const truth = readBackupIndependently(join(ARCHIVES, 'zstd'), 'sample-zstd');
        const made = readBackupIndependently(root, 'copy');
        expect(sorted(made.records)).toEqual(sorted(truth.records));
        checkManifest(root, made);
        expect(made.manifest.topics.map((topic) => [topic.name, topic.original_partition_count])).toContainEqual([
          'empty-topic',
          2,
        ]);
        expect(filesBelow(temporaryFolder)).toEqual([]);
        const again = await openKbak(new FolderStorage(root));
        expect(await again.groups()).toEqual(await source.groups());
        expect((await readBack(again, 'txn', 0)).records).toHaveLength(12);
        const [ooo] = (await again.topics()).filter(({ name }) => name === 'ooo');
        const times = (truth.records.get('ooo/0') ?? []).map(({ timestamp }) => timestamp).sort();
        expect(ooo?.partitions[0]).toMatchObject({ minTimestamp: times[0], maxTimestamp: times.at(-1) });
      });
    }
  }
});

function sorted(map: ReadonlyMap<string, readonly ReadRecord[]>): unknown {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

function checkManifest(root: string, { manifest, segments }: ReturnType<typeof readBackupIndependently>): void {
  for (const topic of manifest.topics) {
    for (const partition of topic.partitions) {
      const read = segments.get(`${topic.name}/${partition.partition_id}`) ?? [];
      for (const [i, listed] of partition.segments.entries()) {
        const file = readFileSync(join(root, listed.key));
        const times = (read[i]?.records ?? []).map(({ timestamp }) => timestamp);
        expect(listed.key).toMatch(/partition=\d+\/segment-\d{20}\.bin(\.zst|\.lz4)?$/);
        expect(listed.sha256).toBe(createHash('sha256').update(file).digest('hex'));
        expect(listed.compressed_size).toBe(file.length);
        expect(listed.uncompressed_size).toBe(read[i]?.stream.length);
        expect(BigInt(listed.start_offset)).toBe(read[i]?.startOffset);
        expect(BigInt(listed.end_offset)).toBe(read[i]?.endOffset);
        expect(listed.record_count).toBe(times.length);
        expect(BigInt(listed.start_timestamp)).toBe(times.reduce((a, b) => (a < b ? a : b)));
        expect(BigInt(listed.end_timestamp)).toBe(times.reduce((a, b) => (a > b ? a : b)));
      }
    }
  }
}

async function writeInMemory(
  options: Partial<KbakSinkOptions>,
  records: readonly MadeRecord[],
): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const sink = await createKbak(storageOf(files), { backupId: 'b', ...options });
  await put(await sink.open('t', 0), records);
  await sink.finish(FACTS);
  return files;
}

describe('any records', () => {
  it('come back as they were given', async () => {
    const property = fc.asyncProperty(
      randomRecords,
      fc.constantFrom(...COMPRESSIONS),
      fc.integer({ min: 1, max: 20_000 }),
      fc.constantFrom(0, 1000, 1 << 20),
      async (all, compression, segmentBytes, heldBytes) => {
        const shift = (all[0]?.offset ?? 0n) > 2n ** 50n ? (all[0]?.offset ?? 0n) - 7n : 0n;
        const list = all.map((record) => ({ ...record, offset: record.offset - shift }));
        const files = await writeInMemory({ compression, segmentBytes, heldBytes }, list);
        const segments = [...files].filter(([key]) => key.includes('/segment-')).sort(([a], [b]) => (a < b ? -1 : 1));
        const read = segments.flatMap(([key, bytes]) => readSegmentIndependently(bytes, key).records);
        expect(read).toEqual(asRead(list));
        const source = await openKbak(storageOf(files));
        expect((await readBack(source, 't', 0)).records).toEqual(asRead(list));
      },
    );
    await fc.assert(property, { seed, numRuns: Number(process.env['SRGIT_RUNS'] ?? 150) });
  });

  it('that do not compress, that compress well and that are large, in one LZ4 block', async () => {
    const next = randomNumbers(seed);
    const noise = Buffer.from(Uint8Array.from({ length: 3_000_000 }, () => next() * 256));
    const list: MadeRecord[] = [
      { offset: 0n, value: noise },
      { offset: 1n, value: Buffer.alloc(2_000_000, 'ab') },
      { offset: 2n, value: noise.subarray(0, 100_000) },
      ...Array.from({ length: 3000 }, (_, i) => ({
        offset: BigInt(3 + i),
        value: noise.subarray(i * 7, i * 7 + (i % 900)),
      })),
    ];
    for (const compression of COMPRESSIONS) {
      const files = await writeInMemory({ compression }, list);
      const [[key, bytes] = ['', Buffer.alloc(0)]] = [...files].filter(([name]) => name.includes('/segment-'));
      expect(readSegmentIndependently(bytes, key).records).toEqual(asRead(list));
    }
  });
});

describe('a backup that is added to', () => {
  const options = { backupId: 'b', append: true } as const;

  it('goes on behind what was read, and says what is missing', async () => {
    const folder = newFolder();
    const first = await createKbak(new FolderStorage(folder), options);
    const partition = await first.open('t', 0);
    await put(partition, [{ offset: 0n }, { offset: 1n }]);
    await partition.close();
    first.cover('t', 0, 7n);
    first.lack('t', 0, { firstOffset: 2n, lastOffset: 4n, reason: 'offset_out_of_range' });
    const topics = [{ name: 't', id: 'one', partitionCount: 1, partitions: [] }];
    await first.checkpoint({ ...FACTS, topics, sourceClusterId: 'c', unfinished: true });
    const warnings: string[] = [];
    await openKbak(new FolderStorage(folder), { onWarning: (text) => warnings.push(text) });
    expect(warnings).toEqual([expect.stringContaining('backup b is unfinished')]);
    await first.finish({ ...FACTS, topics, sourceClusterId: 'c' });

    const second = await createKbak(new FolderStorage(folder), options);
    expect(second.nextOffset('t', 0)).toBe(7n);
    expect([second.before?.sourceClusterId, second.before?.unfinished, second.before?.topicId('t')]).toEqual([
      'c',
      false,
      'one',
    ]);
    await second.finish(FACTS);
    const source = await openKbak(new FolderStorage(folder), { onWarning: (text) => warnings.push(text) });
    expect(warnings.length).toBe(1);
    const gaps: unknown[] = [];
    for await (const piece of source.read('t', 0)) if (piece.kind === 'skipped') gaps.push(piece);
    expect(gaps).toMatchObject([{ reason: 'gap', firstOffset: 2n, lastOffset: 4n }]);
  });

  it('by two runs at once is left to the first that lists what it has', async () => {
    const folder = newFolder();
    const [first, second] = await Promise.all([1, 2].map(() => createKbak(new FolderStorage(folder), options)));
    if (first === undefined || second === undefined) throw new Error('two sinks were opened');
    await put(await first.open('t', 0), [{ offset: 0n }, { offset: 1n }]);
    await first.finish(FACTS);
    await put(await second.open('t', 0), [{ offset: 0n }]);
    await expect(second.finish(FACTS)).rejects.toMatchObject({
      code: 'SRGIT_STORAGE_WRITE',
      message: expect.stringContaining('another run adds to this backup'),
    });
    await second.abort();
    expect(readBackupIndependently(folder, 'b').records.get('t/0')?.length).toBe(2);
  });
});

describe('what is not whole', () => {
  for (const place of [newPlace, sequentialPlace]) {
    it(`has no manifest after an abort, and leaves no files in a ${place.name}`, async () => {
      const root = newFolder();
      const temporaryFolder = newFolder();
      const options = { backupId: 'b', segmentBytes: 300_000, heldBytes: 0, temporaryFolder } as const;
      const sink = await createKbak(place(root), { ...options, compression: 'none' });
      const value = Buffer.alloc(1000);
      const stored = Array.from({ length: 700 }, (_, i) => ({ offset: BigInt(i), value }));
      await put(await sink.open('t', 0), stored);
      await put(await sink.open('t', 1), recordsFrom(0, 10));
      // More than a block: the first one is on its way to where it stays.
      await put(await sink.open('t', 2), [{ offset: 0n, value: Buffer.alloc(270_000) }, { offset: 1n }]);
      expect(filesBelow(root)).not.toEqual([]);
      await sink.abort();
      expect(filesBelow(root)).toEqual([]);
      expect(filesBelow(temporaryFolder)).toEqual([]);
    });
  }

  it('has no manifest after a signal', async () => {
    const root = newFolder();
    const stop = new AbortController();
    const sink = await createKbak(new FolderStorage(root), { backupId: 'b', segmentBytes: 5000, signal: stop.signal });
    const partition = await sink.open('t', 0);
    await put(partition, recordsFrom(0, 500));
    stop.abort();
    await expect(put(partition, recordsFrom(500, 5))).rejects.toMatchObject({ code: 'SRGIT_INTERRUPTED' });
    await expect(sink.finish(FACTS)).rejects.toMatchObject({ code: 'SRGIT_INTERRUPTED' });
    await sink.abort();
    expect(filesBelow(root).filter((file) => file.endsWith('manifest.json'))).toEqual([]);
  });

  it('has no manifest after a kill, and is written anew', { timeout: 120_000 }, async () => {
    const root = newFolder();
    const code = `
      import { FolderStorage } from '${join(SOURCES, 'folder-storage.ts')}';
      import { createKbak } from '${join(SOURCES, 'kbak-sink.ts')}';
      const sink = await createKbak(new FolderStorage(${JSON.stringify(root)}), { backupId: 'b', segmentBytes: 20000 });
      const partition = await sink.open('t', 0);
      const record = { keyStart: 0, keyLength: -1, valueStart: 0, valueLength: 500, headerCount: 0,
        headers: new Int32Array(0), timestampHigh: 0, timestampLow: 1 };
      for (let offset = 0n; ; offset++) await partition.append(Buffer.alloc(500, String(offset)), record, offset);
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const exited = once(child, 'exit');
    const isStored = (): boolean => filesBelow(root).some((file) => file.includes('segment-00000000000000000'));
    while (!isStored() && child.exitCode === null) await sleep(20);
    child.kill('SIGKILL');
    await exited;
    const left = filesBelow(root);
    expect(left.length).toBeGreaterThan(0);
    expect(left.filter((file) => file.endsWith('manifest.json'))).toEqual([]);
    // What has its name is whole.
    for (const file of left.filter((name) => /segment-\d+\.bin\.zst$/.test(name))) {
      readSegmentIndependently(readFileSync(join(root, file)), file);
    }
    await expect(openKbak(new FolderStorage(root))).rejects.toMatchObject({ code: 'SRGIT_ARCHIVE_MISSING' });
    const sink = await createKbak(new FolderStorage(root), { backupId: 'b' });
    await put(await sink.open('t', 0), recordsFrom(0, 5));
    await sink.finish(FACTS);
    expect((await readBack(await openKbak(new FolderStorage(root)), 't', 0)).records).toEqual(
      asRead(recordsFrom(0, 5)),
    );
  });

  it('has no manifest when a segment cannot be stored', async () => {
    const root = newFolder();
    writeFileSync(join(root, 'b'), 'a file where the folder has to be');
    const sink = await createKbak(new FolderStorage(root), { backupId: 'b', segmentBytes: 100 });
    const partition = await sink.open('t', 0);
    const writing = (async () => {
      await put(partition, recordsFrom(0, 100));
      await partition.close();
    })();
    await expect(writing).rejects.toMatchObject({
      code: 'SRGIT_STORAGE_WRITE',
      hint: expect.stringContaining('folder'),
    });
    await expect(sink.finish(FACTS)).rejects.toMatchObject({ code: 'SRGIT_STORAGE_WRITE' });
    await sink.abort();
  });
});

describe('a backup that is there', () => {
  it('is refused, or added to without changing what it lists', async () => {
    const root = newFolder();
    const storage = new FolderStorage(root);
    const first = await createKbak(storage, { backupId: 'b', segmentBytes: 1000 });
    await put(await first.open('t', 0), recordsFrom(0, 100));
    await first.finish({ ...FACTS, isolation: 'read_committed' });
    const before = new Map(filesBelow(root).map((file) => [file, readFileSync(join(root, file))]));
    await expect(createKbak(storage, { backupId: 'b' })).rejects.toMatchObject({
      code: 'SRGIT_STORAGE_WRITE',
      message: expect.stringContaining('holds a backup b already'),
    });
    const second = await createKbak(storage, { backupId: 'b', append: true, compression: 'lz4' });
    expect(second.nextOffset('t', 0)).toBe(100n);
    expect(second.nextOffset('t', 1)).toBe(0n);
    const partition = await second.open('t', 0);
    await expect(put(partition, recordsFrom(99, 1))).rejects.toThrow(/offsets go up, and the next is 100 or more/);
    await put(partition, recordsFrom(100, 50));
    await put(await second.open('u', 2), recordsFrom(7, 5));
    await second.finish({ ...FACTS, createdAt: 99, isolation: 'read_uncommitted' });
    const { manifest, records } = readBackupIndependently(root, 'b');
    expect(records.get('t/0')).toEqual(asRead(recordsFrom(0, 150)));
    expect(records.get('u/2')).toEqual(asRead(recordsFrom(7, 5)));
    expect(manifest).toMatchObject({ created_at: 5, isolation_level: 'read_uncommitted', compression: 'zstd' });
    for (const [file, bytes] of before) {
      if (!file.endsWith('manifest.json')) expect(readFileSync(join(root, file)).equals(bytes)).toBe(true);
    }
  });

  it('keeps what its manifest says beside', async () => {
    const files = backupOf([madeSegment(recordsFrom(0, 3))], { other: { a: 1 } }, { covered_through: 2, own: 3 });
    const sink = await createKbak(storageOf(files), { backupId: 'b', append: true });
    await put(await sink.open('t', 0), recordsFrom(3, 3));
    await sink.finish(FACTS);
    const manifest = JSON.parse(String(files.get('b/manifest.json'))) as Record<string, unknown>;
    expect(manifest).toMatchObject({ other: { a: 1 }, topics: [{ partitions: [{ own: 3, segments: [{}, {}] }] }] });
    expect(JSON.stringify(manifest)).not.toContain('covered_through');
  });

  it('lists what is stored after a checkpoint, though the run is given up', async () => {
    const files = new Map<string, Buffer>();
    const sink = await createKbak(storageOf(files), { backupId: 'b' });
    const partition = await sink.open('t', 0);
    await put(partition, recordsFrom(0, 5));
    await partition.close();
    await sink.checkpoint(FACTS);
    await put(await sink.open('t', 0), recordsFrom(5, 5));
    await sink.abort();
    const again = await createKbak(storageOf(files), { backupId: 'b', append: true });
    expect(again.nextOffset('t', 0)).toBe(5n);
    expect((await readBack(await openKbak(storageOf(files)), 't', 0)).records).toEqual(asRead(recordsFrom(0, 5)));
  });

  it('holds records of one id map only, under an id of their own', async () => {
    const files = await writeInMemory({}, recordsFrom(0, 2));
    const rewritten = { backupId: 'b', append: true, rewrittenBy: 'hash' };
    await expect(createKbak(storageOf(files), rewritten)).rejects.toMatchObject({ code: 'SRGIT_REPLAY_REWRITTEN' });
    await expect(
      createKbak(storageOf(new Map()), { backupId: 'b', rewrittenBy: 'hash', sourceId: 'b' }),
    ).rejects.toMatchObject({ code: 'SRGIT_REPLAY_REWRITTEN' });
    const sink = await createKbak(storageOf(files), { backupId: 'c', rewrittenBy: 'hash', sourceId: 'b' });
    await sink.finish({ ...FACTS, rewrittenBy: 'hash' });
    expect((await openKbak(storageOf(files), { backupId: 'c' })).rewrittenBy).toBe('hash');
  });

  it.each(['', '..', 'a/b', 'a b'])('cannot be called %j', async (backupId) => {
    await expect(createKbak(storageOf(new Map()), { backupId })).rejects.toMatchObject({ code: 'SRGIT_STORAGE_KEY' });
  });
});
