/** Random logs in random segments, overlapping and damaged. `SRGIT_SEED` repeats a run. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { FolderStorage } from '../../src/archive/folder-storage.ts';
import { openKafkaLog } from '../../src/archive/kafka-log.ts';
import { SrgitError } from '../../src/errors.ts';
import { AT } from '../../src/records/batch-header.ts';
import { writePlainRecords } from '../../src/records/plain-records.ts';
import type { PlainRecord } from '../../src/records/record-slices.ts';
import type { ReadOptions } from '../../src/records/record-source.ts';
import { asText, CODEC_NAMES, records as randomRecords, seedOf } from '../records/random-records.ts';
import { readWhole, segmentName, type WholeReading } from '../support/log-files.ts';
import { randomNumbers } from '../support/random-numbers.ts';
import { open, removeFolders, three, v, values } from './kafka-log-made.ts';

const RUNS = Number(process.env['SRGIT_RUNS'] ?? 100);
const MUTATIONS = Number(process.env['SRGIT_MUTATIONS'] ?? 1000);

afterEach(removeFolders);

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

  it(
    `damaged at random are read right, or not at all, ${MUTATIONS} times`,
    async () => {
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
        const hurtLog = hurt(whole, random);
        const { kind, at, content } = hurtLog;
        if (hidesFromChecksums(sound, hurtLog)) continue;
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
    },
    300_000 + MUTATIONS * 10,
  );
});

/**
 * Before a checksum, within what it does not cover: the offset of a last batch may become a higher one, and a cut may give a
 * batch the offset of another, or one made of what is before the cut and what is behind it.
 */
function hidesFromChecksums(batches: readonly Buffer[], { kind, at, end }: ReturnType<typeof hurt>): boolean {
  return kind !== 'end' && (isUncovered(batches, at) || isUncovered(batches, end));
}

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
): { kind: 'end' | 'byte' | 'zeros' | 'gap'; at: number; end: number; content: Buffer } {
  const bytes = Buffer.from(whole);
  const at = random(bytes.length);
  const end = Math.min(bytes.length, at + 1 + random(200));
  switch (random(4)) {
    case 0:
      return { kind: 'end', at, end: at, content: bytes.subarray(0, at) };
    case 1:
      bytes[at] = random(256);
      return { kind: 'byte', at, end: at, content: bytes };
    case 2:
      return { kind: 'zeros', at, end, content: bytes.fill(0, at, end) };
    default:
      return { kind: 'gap', at, end, content: Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]) };
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
