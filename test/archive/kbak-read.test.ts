/** Archives read: the tool's own, record for record, and those with everything that is odd. */
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FolderStorage } from '../../src/archive/folder-storage.ts';
import { openKbak } from '../../src/archive/kbak-source.ts';
import { isSrgitError } from '../../src/errors.ts';
import { records as randomRecords, seedOf } from '../records/random-records.ts';
import { readBackupIndependently } from '../support/independent-kbak-reader.ts';
import {
  asRead,
  backupOf,
  madeSegment,
  type Packing,
  pack,
  readBack,
  readFiles,
  recordsFrom,
  segmentAround,
  segmentOf,
  storageOf,
  streamOf,
} from './kbak-made.ts';

const ARCHIVES = join(import.meta.dirname, '../fixtures/backup-archives');
const PACKINGS: readonly Packing[] = ['none', 'zstd', 'zstd-frames', 'lz4'];
const seed = seedOf('kbak-read');

describe("the tool's own archives", () => {
  for (const name of ['zstd', 'none']) {
    for (const heldBytes of [0, undefined]) {
      it(`${name}, segments ${heldBytes === 0 ? 'streamed' : 'read whole'}`, async () => {
        const root = join(ARCHIVES, name);
        const warnings: string[] = [];
        const onWarning = (warning: string): void => void warnings.push(warning);
        const source = await openKbak(new FolderStorage(root), { heldBytes, keepMarkers: true, onWarning });
        const truth = readBackupIndependently(root, `sample-${name}`);
        expect(source.id).toBe(`sample-${name}`);
        const topics = await source.topics();
        expect(topics.map((topic) => [topic.name, topic.partitionCount])).toEqual([
          ['appendtime', 1],
          ['edge', 1],
          ['empty-topic', 2],
          ['ooo', 1],
          ['orders', 3],
          ['plain', 1],
          ['txn', 1],
        ]);
        let count = 0;
        for (const topic of topics) {
          for (const { partition, records, endOffset } of topic.partitions) {
            const read = await readBack(source, topic.name, partition);
            expect(read.records).toEqual(truth.records.get(`${topic.name}/${partition}`));
            expect(read.skipped).toEqual([]);
            expect(records).toBe(read.records.length);
            expect(endOffset).toBe((read.records.at(-1)?.offset ?? -1n) + 1n);
            count += read.records.length;
          }
        }
        expect(count).toBe(3532);
        expect(warnings).toEqual([]);
        await source.close();
      });
    }
  }

  it('leaves transaction markers out and says that aborted records cannot be told', async () => {
    const warnings: string[] = [];
    const onWarning = (warning: string): void => void warnings.push(warning);
    const source = await openKbak(new FolderStorage(join(ARCHIVES, 'zstd')), { onWarning });
    const { records, skipped } = await readBack(source, 'txn', 0);
    expect(records.map(({ offset }) => offset)).toEqual([0n, 1n, 2n, 4n, 5n, 6n, 8n, 9n, 10n]);
    expect(skipped).toEqual(['control 3-3 after 3', 'control 7-7 after 6', 'control 11-11 after 9']);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/offset 7 ends an aborted transaction/);
  });

  it('gives the offsets of groups', async () => {
    const source = await openKbak(new FolderStorage(join(ARCHIVES, 'zstd')));
    expect(await source.groups()).toEqual([
      {
        group: 'order-svc',
        offsets: [
          { topic: 'orders', partition: 0, offset: 500n },
          { topic: 'orders', partition: 1, offset: 501n },
          { topic: 'orders', partition: 2, offset: 502n },
          { topic: 'plain', partition: 0, offset: 123n },
        ],
      },
    ]);
  });

  it('takes the folder of the backup itself, too', async () => {
    const source = await openKbak(new FolderStorage(join(ARCHIVES, 'zstd/sample-zstd')));
    expect((await readBack(source, 'plain', 0)).records).toHaveLength(500);
  });
});

describe('which backup', () => {
  const one = backupOf([madeSegment(recordsFrom(0, 3))]);
  const two = new Map([...one, ['c/manifest.json', one.get('b/manifest.json') ?? Buffer.alloc(0)]]);

  it('lists those there are', async () => {
    await expect(openKbak(storageOf(two))).rejects.toMatchObject({
      code: 'SRGIT_ARCHIVE_MISSING',
      message: 'memory holds several backups: b, c',
    });
    await expect(openKbak(storageOf(two), { backupId: 'd' })).rejects.toThrow(
      'memory holds no backup d; there are: b, c',
    );
    await expect(openKbak(storageOf(new Map()))).rejects.toThrow(/holds no backup/);
    expect((await openKbak(storageOf(two), { backupId: 'b' })).id).toBe('b');
  });

  it('reads a backup whose folder has another name now', async () => {
    const renamed = new Map([...one].map(([key, bytes]) => [key.replace(/^b/, 'other'), bytes]));
    expect((await readFiles(renamed)).records).toEqual(asRead(recordsFrom(0, 3)));
  });

  it.each([
    [{ topics: [{ partitions: [] }] }, 'topics[0].name should be text and is missing'],
    [{ topics: {} }, 'topics should be a list and is an object'],
    [{ created_at: 'now' }, 'created_at should be a number and is a string'],
    [
      { topics: [{ name: 't', partitions: [{ partition_id: -1, segments: [] }] }] },
      'topics[0].partitions[0].partition_id should be an integer from 0 to 1000000 and is -1',
    ],
    [
      { topics: [{ name: 't', partitions: [{ partition_id: 0, segments: [{}] }] }] },
      'topics[0].partitions[0].segments[0].key should be text and is missing',
    ],
  ])('says where a manifest is wrong: %j', async (more, message) => {
    const files = backupOf([madeSegment(recordsFrom(0, 3))], more);
    const error = await openKbak(storageOf(files)).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(isSrgitError(error, 'SRGIT_ARCHIVE_INVALID')).toBe(true);
    expect((error as Error).message).toBe(`memory/b/manifest.json: ${message}`);
  });

  it('refuses keys that lead out of the storage', async () => {
    const outside = { key: '../../etc/passwd' };
    const root = join(ARCHIVES, 'none');
    const { FolderStorage: Folder } = await import('../../src/archive/folder-storage.ts');
    const folder = new Folder(root);
    const manifest = backupOf([madeSegment(recordsFrom(0, 3), 'none', outside)]).get('b/manifest.json');
    folder.readAll = async () => manifest ?? Buffer.alloc(0);
    const source = await openKbak(folder);
    // It is not among what is stored, and so never opened.
    await expect(readBack(source, 't', 0)).rejects.toMatchObject({ code: 'SRGIT_ARCHIVE_MISSING' });
    await expect(new Folder(root).readAll('../x', 10)).rejects.toMatchObject({ code: 'SRGIT_STORAGE_KEY' });
  });
});

describe('segments', () => {
  const odd = [
    { offset: 5n, key: Buffer.alloc(0), value: Buffer.alloc(0), timestamp: 0n },
    { offset: 6n, key: null, value: null, timestamp: -5n },
    { offset: 9n, key: Buffer.from('k'), value: Buffer.alloc(70_000, 'x'), timestamp: -(2n ** 63n) },
    {
      offset: 2n ** 40n,
      timestamp: 2n ** 63n - 1n,
      headers: [
        [Buffer.from('h'), Buffer.from('1')],
        [Buffer.from('h'), null],
        [Buffer.from([0xff, 0x00]), Buffer.alloc(0)],
        [Buffer.alloc(0), Buffer.from([0xfe])],
      ] as const,
    },
  ];

  for (const packing of PACKINGS) {
    for (const chunk of [1, 7, 1 << 20]) {
      it(`${packing}, in pieces of ${chunk} bytes, from the first offset to the last`, async () => {
        const files = backupOf([madeSegment(odd, packing), madeSegment(recordsFrom(2 ** 41, 40), packing)]);
        const wanted = asRead([...odd, ...recordsFrom(2 ** 41, 40)]);
        for (const options of [{ heldBytes: 0 }, { heldBytes: 0, checksums: 'at-end' as const }, {}]) {
          const { records, warnings } = await readFiles(files, { ...options, chunk });
          expect(records).toEqual(wanted);
          expect(warnings).toEqual([]);
        }
        const part = await readFiles(files, { heldBytes: 0, chunk }, { from: 6n, to: 2n ** 40n });
        expect(part.records).toEqual(asRead(odd.slice(1, 3)));
      });
    }
  }

  it('random records come back from any packing and any chunks', async () => {
    const property = fc.asyncProperty(
      randomRecords,
      fc.constantFrom(...PACKINGS),
      fc.integer({ min: 1, max: 9000 }),
      async (all, packing, chunk) => {
        const shift = (all[0]?.offset ?? 0n) > 2n ** 50n ? (all[0]?.offset ?? 0n) - 7n : 0n;
        const list = all.map((record) => ({ ...record, offset: record.offset - shift }));
        const read = await readFiles(backupOf([madeSegment(list, packing)]), { heldBytes: 0, chunk });
        expect(read.records).toEqual(asRead(list));
      },
    );
    await fc.assert(property, { seed, numRuns: Number(process.env['SRGIT_RUNS'] ?? 100) });
  });

  it('are put in order, and overlapping ones give each offset once', async () => {
    const files = backupOf([
      madeSegment(recordsFrom(20, 10)),
      madeSegment(recordsFrom(0, 12)),
      madeSegment(recordsFrom(8, 12)),
    ]);
    const { records, warnings } = await readFiles(files);
    expect(records).toEqual(asRead(recordsFrom(0, 30)));
    expect(warnings).toEqual([expect.stringMatching(/4 records have offsets that came before/)]);
  });

  it('count, not the manifest, when a second run has made them longer', async () => {
    const stale = { end_offset: 3, record_count: 4, compressed_size: 123 };
    const files = backupOf([madeSegment(recordsFrom(0, 20), 'zstd', stale)]);
    const source = await openKbak(storageOf(files));
    expect((await source.topics())[0]?.partitions[0]).toMatchObject({ endOffset: 20n, records: 20 });
    const { records, warnings } = await readFiles(files, {}, { from: 10n });
    expect(records).toEqual(asRead(recordsFrom(10, 10)));
    expect(warnings).toEqual([
      expect.stringMatching(/offsets 0 to 19, the manifest says 0 to 3; the segment is believed/),
    ]);
  });

  it('tell gaps and what was pruned, in their place', async () => {
    const ranges = {
      pruned: [{ start_offset: 0, end_offset: 4, reason: 'retention' }],
      gaps: [{ start_offset: 10, end_offset: 20, reason: 'offset_out_of_range' }],
    };
    const files = backupOf([madeSegment(recordsFrom(5, 5)), madeSegment(recordsFrom(20, 5))], {}, ranges);
    expect((await readFiles(files)).skipped).toEqual(['gap 0-4 after 0', 'gap 10-19 after 5']);
    expect((await readFiles(files, {}, { from: 7n, to: 15n })).skipped).toEqual(['gap 10-14 after 3']);
  });

  it('that look like markers are data where the manifest says that markers were left out', async () => {
    const marker = { offset: 0n, key: Buffer.alloc(4), value: Buffer.alloc(6) };
    const framed = {
      offset: 1n,
      key: Buffer.alloc(4),
      value: Buffer.alloc(6),
      headers: [[Buffer.from('x'), null]] as const,
    };
    const segments = [madeSegment([marker, framed])];
    expect((await readFiles(backupOf(segments))).skipped).toEqual(['control 0-0 after 0']);
    const committed = await readFiles(backupOf(segments, { isolation_level: 'read_committed' }));
    expect(committed.records).toHaveLength(2);
  });
});

describe('legacy segments', () => {
  const list = recordsFrom(3, 50).map((record) => ({
    ...record,
    key: Buffer.from('k"\\{['),
    headers: [
      [Buffer.from('a]}'), Buffer.from('"')],
      [Buffer.from('n'), null],
    ] as const,
  }));
  const json = Buffer.from(
    JSON.stringify(
      list.map(({ offset, key, value, headers }) => ({
        key: key.toString('base64'),
        value: value?.toString('base64'),
        headers: headers.map(([name, content]) => ({
          key: name.toString(),
          value: content?.toString('base64') ?? null,
        })),
        timestamp: Number(1000n + offset),
        offset: Number(offset),
      })),
      null,
      1,
    ),
  );

  it.each(PACKINGS)('of JSON, packed with %s, are read as they come', async (packing) => {
    const bytes = pack(json, packing);
    const files = backupOf([{ ...madeSegment(list), bytes, name: 'segment-000000' }]);
    for (const chunk of [3, 1 << 20]) {
      expect((await readFiles(files, { heldBytes: 0, chunk })).records).toEqual(asRead(list));
    }
  });

  it('that are cut off, or nothing of the kind, are damaged', async () => {
    for (const bytes of [
      json.subarray(0, json.length - 30),
      Buffer.from('<html>what is this</html>'),
      Buffer.alloc(0),
    ]) {
      const files = backupOf([{ ...madeSegment(list), bytes, name: 'segment-000000' }]);
      await expect(readFiles(files)).rejects.toMatchObject({ code: 'SRGIT_RECORDS_DAMAGED' });
    }
  });
});

describe('damage', () => {
  const broken = segmentOf(recordsFrom(10, 10));
  broken[100] = (broken[100] ?? 0) ^ 1;
  const files = backupOf([
    madeSegment(recordsFrom(0, 10)),
    { ...madeSegment(recordsFrom(10, 10)), bytes: broken },
    madeSegment(recordsFrom(20, 10)),
  ]);

  it('is told with key and offset, before any record of the segment is given out', async () => {
    for (const heldBytes of [0, 1 << 20]) {
      const source = await openKbak(storageOf(files), { heldBytes });
      const offsets: bigint[] = [];
      const reading = (async () => {
        for await (const piece of source.read('t', 0)) if (piece.kind === 'records') offsets.push(piece.baseOffset);
      })();
      await expect(reading).rejects.toMatchObject({
        code: 'SRGIT_RECORDS_DAMAGED',
        message: expect.stringMatching(/segment-00000000000000000010\.bin is damaged: .*checksum.*from offset 10 on/),
        details: { key: 'b/topics/t/partition=0/segment-00000000000000000010.bin', offset: 10, reason: 'bad-crc' },
      });
      expect(offsets).toEqual([0n]);
    }
  });

  it('is told at the end of the segment by whoever reads once', async () => {
    const source = await openKbak(storageOf(files), { heldBytes: 0, checksums: 'at-end' });
    await expect(readBack(source, 't', 0)).rejects.toMatchObject({ code: 'SRGIT_RECORDS_DAMAGED' });
    await expect(readBack(source, 't', 0, { to: 12n })).rejects.toMatchObject({ code: 'SRGIT_RECORDS_DAMAGED' });
  });

  it('is skipped when asked, and the gap told', async () => {
    for (const options of [{ heldBytes: 0 }, { heldBytes: 0, checksums: 'at-end' as const }, {}]) {
      const { records, skipped } = await readFiles(files, options, { skipDamaged: true });
      expect(records).toEqual(asRead([...recordsFrom(0, 10), ...recordsFrom(20, 10)]));
      expect(skipped).toEqual(['damaged 10-19 after 10']);
    }
  });

  it('in a record leaves those before it', async () => {
    const stream = streamOf(recordsFrom(0, 10));
    const fifth = streamOf(recordsFrom(0, 5)).length;
    stream.writeInt32LE(-7, fifth + 20);
    const segment = { ...madeSegment(recordsFrom(0, 10)), bytes: segmentAround(stream, 'none', recordsFrom(0, 10)) };
    for (const chunk of [5, 1 << 20]) {
      const read = await readFiles(backupOf([segment]), { chunk, heldBytes: 0 }, { skipDamaged: true });
      expect(read.records).toEqual(asRead(recordsFrom(0, 5)));
      expect(read.skipped).toEqual(['damaged 5-9 after 5']);
      await expect(readFiles(backupOf([segment]), { chunk })).rejects.toThrow(
        /a key cannot have -7 bytes.*from offset 5 on/,
      );
    }
  });

  it('can be a missing file', async () => {
    const some = new Map(files);
    some.delete('b/topics/t/partition=0/segment-00000000000000000010.bin');
    await expect(readFiles(some)).rejects.toMatchObject({ code: 'SRGIT_ARCHIVE_MISSING' });
    expect((await readFiles(some, {}, { skipDamaged: true })).skipped).toEqual(['damaged 10-19 after 10']);
  });

  it('can be a bomb', async () => {
    const stream = streamOf([{ offset: 0n, value: Buffer.alloc(1 << 20) }]);
    const many = Buffer.concat(Array.from({ length: 100 }, () => stream));
    const all = Array.from({ length: 100 }, (_, i) => ({ offset: BigInt(i) }));
    const bomb = { ...madeSegment(all), bytes: segmentAround(zstdCompressSync(many), 'zstd', all) };
    await expect(readFiles(backupOf([bomb]), { limits: { maxRatio: 100 } })).rejects.toThrow(/100 times as many bytes/);
    await expect(readFiles(backupOf([bomb]), { limits: { maxSegmentBytes: 1 << 20 } })).rejects.toThrow(
      /more than 1048576 bytes/,
    );
    await expect(readFiles(backupOf([bomb]), { limits: { maxRecordBytes: 1000 } })).rejects.toThrow(
      /larger than the limit/,
    );
  });
});
