/**
 * Logs as files: those that Kafka's own library made (`test/records/fixtures`), random ones in random segments, overlapping,
 * torn, damaged, and laid out as brokers and copies of tiered storage have them.
 */
import { appendFile, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { FolderStorage } from '../../src/archive/folder-storage.ts';
import { openKafkaLog } from '../../src/archive/kafka-log.ts';
import { isSrgitError, SrgitError } from '../../src/errors.ts';
import { AT } from '../../src/records/batch-header.ts';
import { checksumOf } from '../../src/records/crc32c.ts';
import { writePlainRecords } from '../../src/records/plain-records.ts';
import type { PlainRecord } from '../../src/records/record-slices.ts';
import type { ReadOptions, RecordSource } from '../../src/records/record-source.ts';
import {
  asText,
  batchOf,
  CODEC_NAMES,
  plainRecord,
  records as randomRecords,
  seedOf,
} from '../records/random-records.ts';
import { readLines } from '../support/data.ts';
import {
  addFiles,
  endOfTransaction,
  makeFiles,
  readWhole,
  removeFolder,
  segmentName,
  transactionalBatch,
  type WholeReading,
} from '../support/log-files.ts';
import { randomNumbers } from '../support/random-numbers.ts';

const RUNS = Number(process.env['SRGIT_RUNS'] ?? 100);
const MUTATIONS = Number(process.env['SRGIT_MUTATIONS'] ?? 1000);

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await removeFolder(folder);
});

interface Opened {
  readonly folder: string;
  readonly source: RecordSource;
  readonly warnings: string[];
}

async function open(files: Readonly<Record<string, Buffer | string>>): Promise<Opened> {
  const folder = await makeFiles(files);
  folders.push(folder);
  return { folder, ...(await openFolder(folder)) };
}

async function openFolder(folder: string): Promise<Omit<Opened, 'folder'>> {
  const warnings: string[] = [];
  const onWarning = (message: string): void => void warnings.push(message);
  return { source: await openKafkaLog(new FolderStorage(folder), { onWarning }), warnings };
}

const three = (base: number): Buffer =>
  batchOf(
    [0, 1, 2].map((i) => Buffer.from(`v${base + i}`)),
    BigInt(base),
  );
const values = ({ records }: WholeReading): string => records.map(({ value }) => String(value)).join(' ');
const v = (...numbers: number[]): string => numbers.map((number) => `v${number}`).join(' ');

describe("logs of Kafka's own library", () => {
  interface Golden {
    readonly name: string;
    readonly bytes: string;
    readonly batches: readonly { readonly control: boolean; readonly records?: readonly unknown[] }[];
  }
  const golden = readLines<Golden>(join(import.meta.dirname, '../records/fixtures/kafka-clients-4.3.1.ndjson'));

  it.each(golden.map((each) => [each.name, each] as const))('%s', async (_, { name, bytes, batches }) => {
    const { source, warnings } = await open({ [`t-0/${segmentName(0)}`]: Buffer.from(bytes, 'base64') });
    const { records, skipped } = await readWhole(source, 't', 0, { isolation: 'read_uncommitted' });
    const isControl = batches.some(({ control }) => control);
    if (isControl) {
      expect(records).toEqual([]);
      expect(skipped).toMatchObject([{ reason: 'control', records: 1 }]);
    } else if (name.startsWith('long-')) expect(records).toHaveLength(200);
    else expect(asText(records)).toEqual(batches.flatMap((batch) => batch.records ?? []));
    const [topic] = await source.topics();
    if (records.length > 0) expect(topic?.partitions[0]?.endOffset).toBeGreaterThan(records.at(-1)?.offset ?? 0n);
    expect(warnings).toEqual([]);
  });

  it('reads parts of messages of versions 0 and 1, compressed or not', async () => {
    for (const { bytes, batches } of golden.filter(({ name }) => /^v[01]-/.test(name))) {
      const { source } = await open({ [`t-0/${segmentName(0)}`]: Buffer.from(bytes, 'base64') });
      const all = batches.flatMap((batch) => batch.records ?? []) as [offset: string][];
      const from = BigInt(all[1]?.[0] ?? 0);
      const to = BigInt(all[3]?.[0] ?? 0);
      const { records } = await readWhole(source, 't', 0, { from, to });
      expect(asText(records)).toEqual(all.slice(1, 3));
      const [topic] = await source.topics();
      expect(topic?.partitions[0]?.firstOffset).toBe(BigInt(all[0]?.[0] ?? 0));
    }
  });
});

describe('random logs', () => {
  const seed = seedOf('random logs');

  it(`in random segments, some twice, give each record once, ${RUNS} times`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(randomRecords, fc.constantFrom(...CODEC_NAMES)), { minLength: 1, maxLength: 8 }),
        fc.array(fc.nat(7), { maxLength: 4 }),
        fc.array(fc.tuple(fc.nat(7), fc.nat(7)), { maxLength: 2 }),
        fc.tuple(fc.nat(200), fc.nat(200)),
        async (parts, cuts, copies, [fromAt, toAt]) => {
          const { batches, all } = layOut(parts);
          const files: Record<string, Buffer> = {};
          const put = (first: number, end: number, folder: string): void => {
            const stretch = batches.slice(first, end);
            const base = stretch[0]?.base;
            if (base === undefined) return;
            const name = `${folder}${segmentName(base)}`;
            const bytes = Buffer.concat(stretch.map(({ bytes }) => bytes));
            if ((files[name]?.length ?? 0) < bytes.length) files[name] = bytes;
          };
          const borders = [...new Set([0, ...cuts, batches.length])].sort((a, b) => a - b);
          for (const [i, border] of borders.entries()) put(border, borders[i + 1] ?? border, 'a-b-3/');
          // The same again from another broker, cut elsewhere.
          for (const [first, count] of copies) put(first, first + count, 'other/a-b-3/');
          const { source, warnings } = await open(files);
          expect(asText((await readWhole(source, 'a-b', 3)).records)).toEqual(asText(all));
          const from = all[fromAt % all.length]?.offset ?? 0n;
          const to = all[toAt % all.length]?.offset ?? 0n;
          const some = all.filter(({ offset }) => offset >= from && offset < to);
          expect(asText((await readWhole(source, 'a-b', 3, { from, to })).records)).toEqual(asText(some));
          const [topic] = await source.topics();
          expect(topic).toMatchObject({ name: 'a-b', partitionCount: 4 });
          expect(topic?.partitions[0]).toMatchObject({
            firstOffset: all[0]?.offset,
            endOffset: (all.at(-1)?.offset ?? 0n) + 1n,
          });
          expect(warnings).toEqual([]);
        },
      ),
      { seed, numRuns: RUNS },
    );
  }, 120_000);

  it(`damaged at random are read right, or not at all, ${MUTATIONS} times`, async () => {
    const next = randomNumbers(seedOf('damaged logs'));
    const random = (below: number): number => Math.floor(next() * below);
    const sound = [0, 3, 6, 9, 12, 15].map(three);
    const whole = Buffer.concat(sound);
    const { folder } = await open({ [`t-0/${segmentName(0)}`]: whole });
    const file = join(folder, 't-0', segmentName(0));
    const storage = new FolderStorage(folder);
    const ends = new Map<string, number>();
    const count = (end: string): void => void ends.set(end, (ends.get(end) ?? 0) + 1);
    const complete = v(...Array.from({ length: 18 }, (_, n) => n));
    for (let i = 0; i < MUTATIONS; i++) {
      const { kind, at, content } = hurt(whole, random);
      if (kind !== 'end' && isUncovered(sound, at)) continue;
      await writeFile(file, content);
      const warnings: string[] = [];
      const read = async (options: ReadOptions): Promise<WholeReading | undefined> => {
        const source = await openKafkaLog(storage, { onWarning: (message) => void warnings.push(message) });
        try {
          return await readWhole(source, 't', 0, options);
        } catch (error) {
          if (!(error instanceof SrgitError))
            throw new Error(`mutation ${i} of ${content.toString('hex')}`, { cause: error });
          expect(error.code).toBe('SRGIT_RECORDS_DAMAGED');
          expect(error.message).toMatch(/t-0\/0{20}\.log: .* \(byte \d+ of \d+, offset -?\d+\)/);
          return undefined;
        }
      };
      const strict = await read({});
      if (strict === undefined) count('error');
      else if (values(strict) === complete) count('whole');
      else {
        const offsets = strict.records.map(({ offset }) => Number(offset));
        expect(values(strict), `mutation ${i}: ${kind} at ${at}`).toBe(v(...offsets));
        const isPrefix = offsets.every((offset, n) => offset === n);
        // Batches cut out whole are compaction's.
        count(isPrefix ? 'torn' : 'gap');
        if (isPrefix && warnings.length === 0) expectToEnd(content, sound.slice(0, offsets.length / 3));
      }
      const rest = await read({ skipDamaged: true });
      expect(rest).toBeDefined();
      if (rest === undefined) continue;
      expect(values(rest)).toBe(v(...rest.records.map(({ offset }) => Number(offset))));
      // One stretch of at most 200 bytes was hurt: three of six batches of 80 bytes and more are there whatever it was.
      if (kind !== 'end')
        expect(rest.records.length, `mutation ${i}: ${kind} at ${at}, ${warnings.join('; ')}`).toBeGreaterThanOrEqual(
          kind === 'byte' ? 15 : 6,
        );
    }
    console.log(`${MUTATIONS} damaged logs: ${[...ends].map(([end, n]) => `${end} ${n}`).join(', ')}`);
    for (const end of ['error', 'torn']) expect(ends.get(end), end).toBeGreaterThan(MUTATIONS / 20);
  }, 300_000);
});

/**
 * Before a checksum, within what it does not cover: the offset of a last batch may become a higher one, and a cut may give a
 * batch the offset of another.
 */
function isUncovered(batches: readonly Buffer[], at: number): boolean {
  let start = 0;
  for (const { length } of batches) {
    if (at >= start && at <= start + AT.attributes) return true;
    start += length;
  }
  return false;
}

/** Cut between two batches, a log is whole, only shorter; and zeros are what a preallocated file ends on. */
function expectToEnd(content: Buffer, batches: readonly Buffer[]): void {
  const rest = content.subarray(Buffer.concat(batches).length);
  expect(rest.every((byte) => byte === 0)).toBe(true);
}

/** The bytes with one stretch of at most 200 cut out, changed or made zeros, or without their end. */
function hurt(
  whole: Buffer,
  random: (below: number) => number,
): { kind: 'end' | 'byte' | 'zeros' | 'gap'; at: number; content: Buffer } {
  const bytes = Buffer.from(whole);
  const at = random(bytes.length);
  const end = Math.min(bytes.length, at + 1 + random(200));
  switch (random(4)) {
    case 0:
      return { kind: 'end', at, content: bytes.subarray(0, at) };
    case 1:
      bytes[at] = random(256);
      return { kind: 'byte', at, content: bytes };
    case 2:
      return { kind: 'zeros', at, content: bytes.fill(0, at, end) };
    default:
      return { kind: 'gap', at, content: Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]) };
  }
}

interface LaidOut {
  readonly batches: readonly { readonly base: bigint; readonly bytes: Buffer }[];
  readonly all: readonly PlainRecord[];
}

/** Batches one behind the other; offsets are made to follow. */
function layOut(parts: readonly (readonly [PlainRecord[], (typeof CODEC_NAMES)[number]])[]): LaidOut {
  let base = 5n;
  const batches: LaidOut['batches'][number][] = [];
  const all: PlainRecord[] = [];
  for (const [records, codec] of parts) {
    const first = records[0]?.offset ?? 0n;
    const moved = records.map((record) => ({ ...record, offset: record.offset - first + base }));
    batches.push({ base, bytes: writePlainRecords(moved, { codec }) });
    all.push(...moved);
    base = (moved.at(-1)?.offset ?? base) + 1n;
  }
  return { batches, all };
}

describe('the end of a log', () => {
  it('may be torn in a copy of a log in use: that is said', async () => {
    const { source, warnings } = await open({
      [`t-0/${segmentName(0)}`]: three(0),
      [`t-0/${segmentName(3)}`]: Buffer.concat([three(3), three(6).subarray(0, 40)]),
    });
    expect(values(await readWhole(source, 't'))).toBe(v(0, 1, 2, 3, 4, 5));
    expect(warnings).toEqual([
      expect.stringMatching(/^t-0 ends at offset 6: .*the file ends inside a batch \(byte \d+ of/),
    ]);
    expect((await source.topics())[0]?.partitions[0]).toMatchObject({ firstOffset: 0n, endOffset: 6n });
  });

  it('may not be torn when the broker ended in order', async () => {
    const { source } = await open({
      '.kafka_cleanshutdown': '',
      [`t-0/${segmentName(0)}`]: Buffer.concat([three(0), three(3).subarray(0, 40)]),
    });
    await expect(readWhole(source, 't')).rejects.toMatchObject({ code: 'SRGIT_RECORDS_DAMAGED' });
  });

  it('may be preallocated', async () => {
    const { source, warnings } = await open({
      [`t-0/${segmentName(0)}`]: Buffer.concat([three(0), Buffer.alloc(3_000_000)]),
      [`u-0/${segmentName(7)}`]: Buffer.alloc(1000),
    });
    expect(values(await readWhole(source, 't'))).toBe(v(0, 1, 2));
    expect(values(await readWhole(source, 'u'))).toBe('');
    expect(warnings).toEqual([]);
    expect((await source.topics())[1]?.partitions[0]).toMatchObject({ firstOffset: 7n, endOffset: 7n });
  });

  it('is not before zeros that other bytes follow', async () => {
    const { source, warnings } = await open({
      [`t-0/${segmentName(0)}`]: Buffer.concat([three(0), Buffer.alloc(2_000_000), three(6), three(9)]),
      [`u-0/${segmentName(0)}`]: Buffer.concat([three(0), Buffer.alloc(2_000_000), three(3)]),
    });
    await expect(readWhole(source, 't')).rejects.toMatchObject({
      code: 'SRGIT_RECORDS_DAMAGED',
      message: expect.stringMatching(/zeros, and other bytes after them/),
    });
    const { records, skipped } = await readWhole(source, 't', 0, { skipDamaged: true });
    expect(records).toHaveLength(9);
    expect(skipped).toMatchObject([{ reason: 'damaged', firstOffset: 3n, lastOffset: 5n }]);
    // By the offsets, nothing was ever there.
    expect(values(await readWhole(source, 'u'))).toBe(v(0, 1, 2, 3, 4, 5));
    expect(warnings).toEqual([expect.stringMatching(/^u-0: .* zeros.*: no offset is missing for it$/)]);
  });

  it('is not in the middle: a torn segment before others is an error that names file, byte and offset', async () => {
    const { source } = await open({
      [`t-0/${segmentName(0)}`]: Buffer.concat([three(0), three(3).subarray(0, 70)]),
      [`t-0/${segmentName(6)}`]: three(6),
    });
    const key = `t-0/${segmentName(0)}`;
    await expect(readWhole(source, 't')).rejects.toMatchObject({
      code: 'SRGIT_RECORDS_DAMAGED',
      message: `t-0: ${key}: the file ends inside a batch (byte ${three(0).length} of ${three(0).length + 70}, offset 3); nothing sound follows in the file`,
      details: { key, byte: three(0).length, offset: '3' },
    });
    const { records, skipped } = await readWhole(source, 't', 0, { skipDamaged: true });
    expect(records.map(({ offset }) => Number(offset))).toEqual([0, 1, 2, 6, 7, 8]);
    expect(skipped).toMatchObject([{ reason: 'damaged', firstOffset: 3n, lastOffset: 5n }]);
  });

  it('is the end as it was when the log was opened', async () => {
    const { folder, source } = await open({ [`t-0/${segmentName(0)}`]: three(0) });
    await appendFile(join(folder, 't-0', segmentName(0)), three(3));
    expect((await readWhole(source, 't')).records).toHaveLength(3);
  });

  it('that was cut off meanwhile is not passed over in silence', async () => {
    const { folder, source, warnings } = await open({ [`t-0/${segmentName(0)}`]: Buffer.concat([three(0), three(3)]) });
    await truncate(join(folder, 't-0', segmentName(0)), three(0).length + 5);
    expect((await readWhole(source, 't')).records).toHaveLength(3);
    expect(warnings).toHaveLength(1);
  });
});

describe('damage', () => {
  const flip = (bytes: Buffer, at: number): Buffer => {
    const flipped = Buffer.from(bytes);
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    return flipped;
  };

  it('in one batch costs its records only, when it may be skipped', async () => {
    const { source } = await open({
      [`t-0/${segmentName(0)}`]: Buffer.concat([three(0), flip(three(3), 70), three(6)]),
    });
    await expect(readWhole(source, 't')).rejects.toMatchObject({
      message: expect.stringMatching(/checksum is [0-9a-f]{8}.*offset 3\); sound again from byte/),
    });
    const { records, skipped } = await readWhole(source, 't', 0, { skipDamaged: true });
    expect(records.map(({ offset }) => Number(offset))).toEqual([0, 1, 2, 6, 7, 8]);
    expect(skipped).toMatchObject([{ reason: 'damaged', firstOffset: 3n, lastOffset: 5n }]);
    expect(skipped[0]?.detail).toMatch(/checksum/);
  });

  it('does not matter where another copy of the log is sound', async () => {
    const sound = Buffer.concat([three(0), three(3), three(6)]);
    const { source, warnings } = await open({
      [`a/t-0/${segmentName(0)}`]: sound,
      [`b/t-0/${segmentName(0)}`]: flip(sound.subarray(0, -1), 70),
      [`b/t-0/${segmentName(9)}`]: three(9),
    });
    expect(values(await readWhole(source, 't'))).toBe(v(...Array.from({ length: 12 }, (_, i) => i)));
    expect(warnings.every((text) => /b\/t-0\/0{20}\.log.*no offset is missing for it$/.test(text))).toBe(true);
    expect(warnings.length).toBeGreaterThan(0);
  });

  it('under a right checksum is an error of whoever opens the batch', async () => {
    const bad = batchOf([Buffer.from('some text')], 3n, 'zstd');
    bad.fill(0x55, AT.records + 4);
    bad.writeUInt32BE(checksumOf(bad, AT.attributes, bad.length), AT.crc);
    bad.writeInt32BE(2, AT.lastOffsetDelta);
    bad.writeUInt32BE(checksumOf(bad, AT.attributes, bad.length), AT.crc);
    const { source } = await open({ [`t-0/${segmentName(0)}`]: Buffer.concat([three(0), bad, three(6)]) });
    // A part of it must be opened here.
    await expect(readWhole(source, 't', 0, { from: 4n })).rejects.toMatchObject({
      code: 'SRGIT_RECORDS_DAMAGED',
      message: expect.stringMatching(/t-0: t-0\/0{20}\.log: zstd data is damaged/),
    });
    const { records, skipped } = await readWhole(source, 't', 0, { from: 4n, skipDamaged: true });
    expect(records).toHaveLength(3);
    expect(skipped).toMatchObject([{ reason: 'damaged', firstOffset: 4n, lastOffset: 5n }]);
  });

  it('of an offset, which no checksum covers, is known by the batches around it', async () => {
    const moved = (base: number, to: bigint): Buffer => {
      const bytes = three(base);
      bytes.writeBigInt64BE(to);
      return bytes;
    };
    for (const wrong of [7n, 3_000n, 2n ** 40n, 1n, -1n]) {
      const { source } = await open({
        [`t-0/${segmentName(0)}`]: Buffer.concat([three(0), moved(3, wrong), three(6)]),
      });
      await expect(readWhole(source, 't'), `${wrong}`).rejects.toMatchObject({
        code: 'SRGIT_RECORDS_DAMAGED',
        message: expect.stringMatching(/(are out of order|at offsets -1 and after) \(byte \d+ of/),
      });
      const { records } = await readWhole(source, 't', 0, { skipDamaged: true });
      expect(records.map(({ offset }) => Number(offset))).toEqual([0, 1, 2, 6, 7, 8]);
    }
  });

  it('of a whole file is told from a torn end', async () => {
    const { source } = await open({ [`t-0/${segmentName(0)}`]: Buffer.alloc(500, 0xa5) });
    await expect(readWhole(source, 't')).rejects.toMatchObject({
      code: 'SRGIT_RECORDS_DAMAGED',
      hint: expect.stringMatching(/tiered-storage plugin/),
    });
  });
});

describe('transactions', () => {
  const data = (offset: number, producer: bigint, count = 1): Buffer =>
    transactionalBatch(
      Array.from({ length: count }, (_, i) =>
        plainRecord({ offset: BigInt(offset + i), value: Buffer.from(`v${offset + i}`) }),
      ),
      producer,
    );
  const end = (offset: number, producer: bigint, how: 'commit' | 'abort'): Buffer =>
    endOfTransaction(BigInt(offset), producer, how);
  const files = {
    [`t-0/${segmentName(0)}`]: Buffer.concat([three(0), data(3, 1n, 2), data(5, 2n), end(6, 1n, 'abort'), data(7, 1n)]),
    [`t-0/${segmentName(8)}`]: Buffer.concat([end(8, 2n, 'commit'), end(9, 1n, 'commit'), data(10, 2n, 2), three(12)]),
  };

  it('that were aborted or had not ended are left out, wherever their ends are', async () => {
    const { source } = await open(files);
    const all = await readWhole(source, 't');
    expect(values(all)).toBe(v(0, 1, 2, 5, 7, 12, 13, 14));
    expect(
      all.skipped.map(({ reason, firstOffset, lastOffset, records }) => [reason, firstOffset, lastOffset, records]),
    ).toEqual([
      ['aborted', 3n, 4n, 2],
      ['control', 6n, 6n, 1],
      ['control', 8n, 8n, 1],
      ['control', 9n, 9n, 1],
      ['aborted', 10n, 11n, 2],
    ]);
    expect(all.skipped.map(({ detail }) => detail)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      'the transaction of producer 2 from offset 10 on had not ended',
    ]);
  });

  it('are known from any offset to any other', async () => {
    const { source } = await open(files);
    const committed = [0, 1, 2, 5, 7, 12, 13, 14];
    const data = [...committed, 3, 4, 10, 11].sort((a, b) => a - b);
    for (let from = 0; from <= 15; from++) {
      for (let to = from; to <= 16; to++) {
        const inside = (offset: number): boolean => offset >= from && offset < to;
        const range = { from: BigInt(from), to: BigInt(to) };
        expect(values(await readWhole(source, 't', 0, range)), `${from} to ${to}`).toBe(v(...committed.filter(inside)));
        const raw = await readWhole(source, 't', 0, { ...range, isolation: 'read_uncommitted' });
        expect(values(raw), `${from} to ${to}`).toBe(v(...data.filter(inside)));
      }
    }
  });
});

describe('a location', () => {
  const ID = 'AbCdEfGhIjKlMnOpQrStUv';

  it('may be laid out in many ways, and says what it leaves out', async () => {
    const gone = '0123456789abcdef0123456789abcdef';
    const { source, warnings } = await open({
      [`disk1/plain-0/${segmentName(0)}`]: three(0),
      'disk1/plain-0/00000000000000000000.timeindex': 'x',
      [`disk1/plain-0/${segmentName(3)}.swap`]: three(3),
      [`disk1/plain-0/${segmentName(6)}.deleted`]: three(6),
      [`disk1/plain-0/${segmentName(6)}.cleaned`]: three(6),
      [`tiered/aiven-${ID}/1/00000000000000000000-${ID}.log`]: three(0),
      [`tiered/aiven-${ID}/1/00000000000000000003-${ID.toLowerCase()}.log`]: three(3),
      [`tiered/0-local-1-${ID}/${ID}.log`]: three(3),
      [`tiered/0-local-1-${ID}/${ID.toLowerCase()}.log`]: three(0),
      [`tiered/${ID}-2-a-9/${ID}-segment`]: three(0),
      [`x-0.${gone}-delete/${segmentName(0)}`]: three(0),
      [`y-0.${gone}-future/${segmentName(0)}`]: three(0),
      [`z-0.${gone}-stray/${segmentName(0)}`]: three(0),
      [`nothing/${segmentName(0)}`]: three(0),
      'nothing/notes.log': 'text',
    });
    expect(
      (await source.topics()).map(({ name, partitions }) => [name, partitions.map(({ partition }) => partition)]),
    ).toEqual([
      ['0-local', [1]],
      ['a-9', [2]],
      ['aiven', [1]],
      ['plain', [0]],
    ]);
    expect(values(await readWhole(source, 'plain'))).toBe(v(0, 1, 2, 3, 4, 5));
    expect(values(await readWhole(source, 'aiven', 1))).toBe(v(0, 1, 2, 3, 4, 5));
    expect(values(await readWhole(source, '0-local', 1))).toBe(v(0, 1, 2, 3, 4, 5));
    expect(values(await readWhole(source, 'a-9', 2))).toBe(v(0, 1, 2));
    expect(warnings.map((text) => text.replace(/^.*\/(?=[^/]+\/ is)/, '')).sort()).toEqual([
      'nothing/ is left out: no topic and partition can be read from its name',
      `x-0.${gone}-delete/ is left out: of a deleted topic`,
      `y-0.${gone}-future/ is left out: a replica that was being moved here`,
      `z-0.${gone}-stray/ is left out: a replica that this broker should not have`,
    ]);
  });

  it("may be one partition's own folder", async () => {
    const { folder } = await open({ [`my-topic-7/${segmentName(0)}`]: three(0) });
    const { source } = await openFolder(join(folder, 'my-topic-7'));
    expect(values(await readWhole(source, 'my-topic', 7))).toBe(v(0, 1, 2));
  });

  it('gives no record that was deleted, although it is still there', async () => {
    const { source } = await open({
      'log-start-offset-checkpoint': '0\n2\nt 0 4\nother 0 9\n',
      [`t-0/${segmentName(0)}`]: Buffer.concat([three(0), three(3), three(6)]),
    });
    expect(values(await readWhole(source, 't'))).toBe(v(4, 5, 6, 7, 8));
    expect((await source.topics())[0]?.partitions[0]).toMatchObject({ firstOffset: 4n, endOffset: 9n });
  });

  it('has an id by its cluster and topics, wherever it lies', async () => {
    const files = {
      'meta.properties': 'version=1\ncluster.id=abc\nnode.id=1\n',
      't-0/partition.metadata': `version: 0\ntopic_id: ${ID}\n`,
      [`t-0/${segmentName(0)}`]: three(0),
    };
    const first = await open(files);
    const copy = await open({ ...files, [`t-0/${segmentName(3)}`]: three(3) });
    expect(copy.source.id).toBe(first.source.id);
    const remade = await open({ ...files, 't-0/partition.metadata': 'version: 0\ntopic_id: other\n' });
    expect(remade.source.id).not.toBe(first.source.id);
  });

  it('without logs is an error', async () => {
    await expect(open({ 'readme.txt': 'x' })).rejects.toMatchObject({ code: 'SRGIT_ARCHIVE_MISSING' });
    const { source } = await open({ [`t-0/${segmentName(0)}`]: three(0) });
    await expect(readWhole(source, 't', 1)).rejects.toMatchObject({ code: 'SRGIT_ARCHIVE_MISSING' });
  });

  it('is read from the middle by its index, if the index is right', async () => {
    const one = (offset: number): Buffer => batchOf([Buffer.alloc(10_000, offset)], BigInt(offset));
    const batches = Array.from({ length: 600 }, (_, offset) => one(offset));
    const size = batches[0]?.length ?? 0;
    const index = Buffer.alloc(8 * 1000);
    for (let entry = 0; entry < 60; entry++) {
      index.writeInt32BE(entry * 10 + 1, entry * 8);
      index.writeInt32BE((entry * 10 + 1) * size, entry * 8 + 4);
    }
    const { folder, source } = await open({
      [`t-0/${segmentName(0)}`]: Buffer.concat(batches),
      't-0/00000000000000000000.index': index,
    });
    const starts: number[] = [];
    const storage = new FolderStorage(folder);
    const watched = Object.assign(Object.create(storage) as FolderStorage, {
      read(key: string, options: { start?: number }) {
        if (key.endsWith('.log')) starts.push(options.start ?? 0);
        return storage.read(key, options);
      },
    });
    const byIndex = await openKafkaLog(watched);
    expect((await readWhole(byIndex, 't', 0, { from: 555n })).records).toHaveLength(45);
    expect(starts).toEqual([551 * size, 551 * size]);
    expect((await byIndex.topics())[0]?.partitions[0]?.endOffset).toBe(600n);
    for (const wrong of [Buffer.alloc(800, 0x11), index.subarray(0, 13), Buffer.from(index).fill(7, 4, 8)]) {
      await addFiles(folder, { 't-0/00000000000000000000.index': wrong });
      expect((await readWhole(source, 't', 0, { from: 555n })).records).toHaveLength(45);
      expect((await source.topics())[0]?.partitions[0]?.endOffset).toBe(600n);
    }
    await readFile(join(folder, 't-0', segmentName(0)));
  });

  it('ends reading with the signal', async () => {
    const { source } = await open({
      [`t-0/${segmentName(0)}`]: Buffer.concat(Array.from({ length: 20_000 }, (_, i) => three(3 * i))),
    });
    const stop = new AbortController();
    const reading = source.read('t', 0, { signal: stop.signal })[Symbol.asyncIterator]();
    await reading.next();
    stop.abort();
    const toTheEnd = async (): Promise<void> => {
      while (!(await reading.next()).done);
    };
    await expect(toTheEnd()).rejects.toSatisfy((error) => isSrgitError(error, 'SRGIT_INTERRUPTED'));
  });
});

describe('offsets of groups', () => {
  const text = (value: string): Buffer => {
    const bytes = Buffer.from(value);
    const length = Buffer.alloc(2);
    length.writeInt16BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const number = (value: number, size: 2 | 4): Buffer => {
    const bytes = Buffer.alloc(size);
    bytes.writeIntBE(value, 0, size);
    return bytes;
  };
  const long = (value: bigint): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(value);
    return bytes;
  };
  const keyOf = (group: string, topic: string, partition: number, version = 1): Buffer =>
    Buffer.concat([number(version, 2), text(group), text(topic), number(partition, 4)]);
  const commit = (version: number, offset: bigint, metadata = ''): Buffer =>
    Buffer.concat([
      number(version, 2),
      long(offset),
      ...(version >= 3 ? [number(7, 4)] : []),
      version >= 4 ? Buffer.concat([Buffer.from([metadata.length + 1]), Buffer.from(metadata)]) : text(metadata),
      long(1_700_000_000_000n),
      ...(version === 1 ? [long(1_800_000_000_000n)] : []),
      ...(version >= 4 ? [Buffer.from([0])] : []),
    ]);

  it('are the last ones, in every form that brokers wrote', async () => {
    const record = (key: Buffer, value: Buffer | null): Omit<PlainRecord, 'offset'> => plainRecord({ key, value });
    const list = [
      record(keyOf('old', 't', 0, 0), commit(0, 1n, 'note')),
      record(keyOf('old', 't', 1), commit(1, 2n)),
      record(keyOf('g', 't', 0), commit(2, 3n)),
      record(keyOf('g', 't', 0), commit(3, 4n, 'latest')),
      record(keyOf('g', 'elsewhere', 0), commit(3, 4n)),
      record(keyOf('new', 't', 0), commit(4, 2n ** 40n, 'flexible')),
      record(keyOf('gone', 't', 0), commit(3, 9n)),
      record(keyOf('gone', 't', 0), null),
      record(Buffer.concat([number(2, 2), text('g')]), Buffer.from('members')),
      record(keyOf('from the future', 't', 0), commit(9, 9n)),
      record(Buffer.from([0]), Buffer.from('?')),
    ].map((each, index) => ({ ...each, offset: BigInt(index) }));
    const { source, warnings } = await open({
      [`t-0/${segmentName(0)}`]: three(0),
      [`__consumer_offsets-4/${segmentName(0)}`]: writePlainRecords(list, { codec: 'gzip' }),
    });
    expect(await source.groups()).toEqual([
      { group: 'g', offsets: [{ topic: 't', partition: 0, offset: 4n, metadata: 'latest' }] },
      { group: 'new', offsets: [{ topic: 't', partition: 0, offset: 2n ** 40n, metadata: 'flexible' }] },
      {
        group: 'old',
        offsets: [
          { topic: 't', partition: 0, offset: 1n, metadata: 'note' },
          { topic: 't', partition: 1, offset: 2n },
        ],
      },
    ]);
    expect(warnings).toEqual([expect.stringMatching(/^1 records of __consumer_offsets/)]);
  });
});
