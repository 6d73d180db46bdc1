/**
 * Mutated segments and manifests: each ends in records or in an `SrgitError` that says what is wrong, and takes no memory
 * that stays. `SRGIT_MUTATIONS` sets how many, 4,000 otherwise; `SRGIT_SEED` repeats a run.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { isSrgitError } from '../../src/errors.ts';
import { seedOf } from '../records/random-records.ts';
import { randomNumbers } from '../support/random-numbers.ts';
import { backupOf, type MadeRecord, madeSegment, type Packing, readFiles, recordsFrom, seal } from './kbak-made.ts';

const MUTATIONS = Number(process.env['SRGIT_MUTATIONS'] ?? 4000);
const PACKINGS: readonly Packing[] = ['none', 'zstd', 'zstd-frames', 'lz4'];
const NUMBERS = [0, 1, 2, 25, 26, 0x7f, 0x80, 0xff, 0xffff, 0x7fff_ffff, -0x8000_0000, -1, -2];
const LIMITS = { maxRecordBytes: 1 << 20, maxSegmentBytes: 1 << 24, maxRatio: 1000 };

const list: MadeRecord[] = [
  ...recordsFrom(0, 20),
  { offset: 20n, key: Buffer.alloc(4), value: Buffer.alloc(6) },
  { offset: 30n, value: Buffer.alloc(4000, 'abc'), headers: [[Buffer.from('h'), null]] },
];
const legacy = Buffer.from(
  JSON.stringify(
    recordsFrom(40, 3).map(({ offset }) => ({ key: null, value: 'dg==', timestamp: 1, offset: Number(offset) })),
  ),
);
const SEGMENTS = [
  ...PACKINGS.map((packing) => madeSegment(list, packing)),
  { ...madeSegment(recordsFrom(40, 3)), bytes: legacy },
];

const seed = seedOf('kbak-fuzz');

it(`${MUTATIONS} mutations`, { timeout: 60_000 + MUTATIONS * 20 }, async () => {
  const next = randomNumbers(seed);
  const random = (below: number): number => Math.floor(next() * below);
  const counts = { read: 0, refused: 0, skipped: 0 };
  const heaps: number[] = [];
  for (let i = 0; i < MUTATIONS; i++) {
    const segment = SEGMENTS[i % SEGMENTS.length];
    if (segment === undefined) throw new Error('no segment');
    const files = backupOf([segment, madeSegment(recordsFrom(100, 5))]);
    const key = i % 4 === 3 ? 'b/manifest.json' : `b/topics/t/partition=0/${segment.name}.bin`;
    const mutated = mutate(files.get(key) ?? Buffer.alloc(0), random);
    // What lies behind the checksum is reached only when that is right.
    if (random(4) !== 0 && mutated.length >= 40 && segment.bytes !== legacy) seal(mutated);
    files.set(key, mutated);
    const options = { limits: LIMITS, heldBytes: random(2) * 100_000, chunk: 1 + random(5000) } as const;
    const skipDamaged = random(2) === 0;
    const read = { ...options, checksums: random(2) === 0 ? 'before' : 'at-end' } as const;
    try {
      const { skipped } = await readFiles(files, read, { skipDamaged });
      if (skipped.some((piece) => piece.startsWith('damaged'))) counts.skipped++;
      else counts.read++;
    } catch (error) {
      if (!isSrgitError(error)) throw new Error(`mutation ${i} of seed ${seed}`, { cause: error });
      expect(error.message.length).toBeGreaterThan(20);
      expect(error.hint).toBeDefined();
      counts.refused++;
    }
    if (i % Math.ceil(MUTATIONS / 8) === 0) heaps.push(usedMemory());
  }
  console.log(
    `kbak-fuzz: ${JSON.stringify(counts)}, MB in use ${heaps.map((bytes) => (bytes / 1e6).toFixed(0)).join(' ')}`,
  );
  expect(counts.refused).toBeGreaterThan(MUTATIONS / 10);
  expect(counts.read).toBeGreaterThan(MUTATIONS / 50);
  // What decoders hold is given back when their memory is collected, which takes a while: the least of each half counts.
  const half = heaps.length >> 1;
  expect(Math.min(...heaps.slice(half)) - Math.min(...heaps.slice(0, half))).toBeLessThan(16e6);
});

function mutate(sound: Buffer, random: (below: number) => number): Buffer {
  let bytes: Buffer = Buffer.from(sound);
  for (let times = 1 + random(3); times > 0 && bytes.length > 8; times--) {
    const at = random(bytes.length);
    // Half of all in the header and the first record, where the lengths are.
    const place = random(2) === 0 ? Math.min(at, random(90)) : at;
    switch (random(6)) {
      case 0:
        bytes[place] = random(256);
        break;
      case 1:
        bytes[place] = (bytes[place] ?? 0) ^ (1 << random(8));
        break;
      case 2:
        if (place + 4 <= bytes.length) bytes.writeInt32LE(NUMBERS[random(NUMBERS.length)] ?? 0, place);
        break;
      case 3:
        if (random(4) === 0) bytes = bytes.subarray(0, at);
        break;
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, place), bytes.subarray(Math.min(bytes.length, place + random(20)))]);
        break;
      default:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(place, place + random(40)), bytes.subarray(at)]);
    }
  }
  return bytes;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function usedMemory(): number {
  collect();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}
