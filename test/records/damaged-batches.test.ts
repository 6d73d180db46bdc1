/**
 * Mutated logs: each read ends in the right records or in a `RecordError`, and takes no memory that stays. `SRGIT_MUTATIONS`
 * sets how many, 200,000 otherwise.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { AT } from '../../src/records/batch-header.ts';
import { findBatch, nextBatch } from '../../src/records/batch-walk.ts';
import { checksumOf } from '../../src/records/crc32c.ts';
import { readMessage } from '../../src/records/message-set.ts';
import { readPlainRecords, writePlainRecords } from '../../src/records/plain-records.ts';
import { RecordError } from '../../src/records/record-error.ts';
import { BatchRewriter } from '../../src/records/rewrite-batch.ts';
import { SchemaIdRewriter } from '../../src/records/schema-id-rewriter.ts';
import { asText, batchOf, CODEC_NAMES, framed, seedOf } from './random-records.ts';

const MUTATIONS = Number(process.env['SRGIT_MUTATIONS'] ?? 200_000);
const LIMITS = { maxBatchBytes: 1 << 20, maxDecompressedBytes: 1 << 20, maxHeadersPerRecord: 1000 };

const golden = readFileSync(join(import.meta.dirname, 'fixtures/kafka-clients-4.3.1.ndjson'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => Buffer.from((JSON.parse(line) as { bytes: string }).bytes, 'base64'))
  .filter((bytes) => bytes.length < 2000);
const own = CODEC_NAMES.map((codec) =>
  batchOf([framed(1), framed(2, 'more '.repeat(40)), null, framed(5)], 40n, codec),
);
const SOUND = [...golden, ...own];

/** Small and fast; repeatable from its seed (mulberry32). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const NUMBERS = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff_ffff, -0x8000_0000, -1, -2, 0x0100_0000, 61, 49];

function mutate(sound: Buffer, random: (below: number) => number): Buffer {
  let bytes: Buffer = Buffer.from(sound);
  for (let times = 1 + random(3); times > 0 && bytes.length > 8; times--) {
    const at = random(bytes.length);
    // Half of all in the header, where the lengths are.
    const place = random(2) === 0 ? Math.min(at, random(70)) : at;
    switch (random(6)) {
      case 0:
        bytes[place] = random(256);
        break;
      case 1:
        bytes[place] = (bytes[place] ?? 0) ^ (1 << random(8));
        break;
      case 2:
        if (place + 4 <= bytes.length) bytes.writeInt32BE(NUMBERS[random(NUMBERS.length)] ?? 0, place);
        break;
      case 3:
        bytes = bytes.subarray(0, at);
        break;
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, place), bytes.subarray(at)]);
        break;
      default:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(place, place + random(40)), bytes.subarray(at)]);
    }
  }
  return bytes;
}

/** Makes length and checksum right again, so that what lies behind them is reached. */
function seal(bytes: Buffer): void {
  if (bytes.length < AT.records) return;
  bytes.writeInt32BE(bytes.length - 12, AT.length);
  if (bytes[AT.magic] === 2) bytes.writeUInt32BE(checksumOf(bytes, AT.attributes, bytes.length), AT.crc);
  else bytes.writeUInt32BE(crc32(bytes.subarray(16)), 12);
}

function rewriter(): SchemaIdRewriter {
  const side = { framing: 'auto', map: { ids: new Map([[1, 2]]) } } as const;
  return new SchemaIdRewriter({ topic: 't', partition: 0, rule: { key: side, value: side }, onUnknown: 'skip' });
}

/** Everything that a replay does with a log; answers how it ended. */
function readLog(bytes: Buffer): string {
  const options = { limits: LIMITS, forProduce: true };
  const batches = new BatchRewriter(rewriter(), options);
  try {
    for (let at = 0; ; ) {
      const next = nextBatch(bytes, at, bytes.length, LIMITS);
      if (next.kind !== 'batch') return next.kind;
      at = next.end;
      if (next.magic < 2) {
        readMessage(bytes, next.start, next.end, LIMITS, () => undefined);
        continue;
      }
      const batch = bytes.subarray(next.start, next.end);
      const records = readPlainRecords(batch, LIMITS);
      // What reads without an error is records, and these can be written and read again.
      if (records.every(({ offset }, i) => offset - (records[0]?.offset ?? 0n) === BigInt(i))) {
        expect(asText(readPlainRecords(writePlainRecords(records)))).toEqual(asText(records));
      }
      const { batch: made, recordCount } = batches.rewrite(Buffer.from(batch));
      if (made !== undefined) expect(readPlainRecords(made, LIMITS)).toHaveLength(recordCount);
    }
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    expect(error.message).toMatch(/\(byte \d+/);
    return error.reason;
  }
}

/** Bytes that this process holds once what is unused is collected. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('damaged logs', () => {
  const seed = seedOf('damaged batches');

  it(`are errors or the right records, ${MUTATIONS} times, and memory stays flat`, async () => {
    const random = randomFrom(seed);
    const ends = new Map<string, number>();
    let held = 0;
    for (let i = 0; i < MUTATIONS; i++) {
      // Until then all code has been compiled and all libraries have the memory that they keep.
      if (i === MUTATIONS >> 2) held = heldBytes();
      // node:zlib frees what failed in the event loop's next turn.
      if (i % 100 === 0) await new Promise(setImmediate);
      const bytes = mutate(SOUND[random(SOUND.length)] ?? Buffer.alloc(0), random);
      if (random(4) > 0) seal(bytes);
      let end: string;
      try {
        end = readLog(bytes);
      } catch (error) {
        throw new Error(`mutation ${i}: ${bytes.toString('hex')}`, { cause: error });
      }
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
    await new Promise(setImmediate);
    const grown = heldBytes() - held;
    console.log(
      `${MUTATIONS} mutations: ${[...ends].map(([end, count]) => `${end} ${count}`).join(', ')}; ${grown} bytes more held`,
    );
    expect(grown).toBeLessThan(8e6);
    const reasons = [
      'truncated',
      'bad-length',
      'bad-magic',
      'bad-crc',
      'bad-codec',
      'bad-compression',
      'bad-record',
      'bad-count',
    ];
    for (const end of ['end', 'incomplete', 'too-large', ...reasons]) expect(ends.get(end), end).toBeGreaterThan(0);
  }, 300_000);

  it('do not keep what follows from being found', () => {
    const random = randomFrom(seed);
    const sound = batchOf([framed(1)], 77n);
    for (let i = 0; i < 2000; i++) {
      const damaged = mutate(SOUND[random(SOUND.length)] ?? Buffer.alloc(0), random);
      // A stray length in what is damaged must not hide what comes after, and a sound batch in it may come first.
      const bytes = Buffer.concat([damaged, sound]);
      const found = findBatch(bytes, 0);
      expect(found).toBeLessThanOrEqual(damaged.length);
      expect(() =>
        readPlainRecords(bytes.subarray(found, (found ?? 0) + bytes.readInt32BE((found ?? 0) + 8) + 12)),
      ).not.toThrow();
    }
  });
});
