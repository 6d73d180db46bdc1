/** Compressed bytes: what other writers make of them, what is damaged, and what would not fit into the memory. */
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CODECS, type Codec, compress, decompress, optionsLike } from '../../src/records/codec.ts';
import { RecordError } from '../../src/records/record-error.ts';
import { bytesUpTo, seedOf } from './random-records.ts';

const COMPRESSED = CODECS.slice(1);
const LIMIT = 1 << 20;

function unpack(codec: Codec, bytes: Buffer, limit = LIMIT): Buffer {
  // Among other bytes, as in a batch.
  const inBatch = Buffer.concat([Buffer.alloc(61, 0xee), bytes, Buffer.alloc(30, 0xee)]);
  return decompress(codec, inBatch, 61, 61 + bytes.length, limit);
}

function reasonOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof RecordError) return error.reason;
    throw error;
  }
  return 'none';
}

/** An LZ4 frame of the given blocks; `[bytes, true]` is one that is not compressed. */
function lz4Frame(
  blocks: readonly (readonly [Buffer, boolean])[],
  flags = 0x60,
  extra: Buffer = Buffer.alloc(0),
): Buffer {
  const parts = [Buffer.from([0x04, 0x22, 0x4d, 0x18, flags, 0x40]), extra, Buffer.alloc(1)];
  for (const [bytes, stored] of blocks) {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(bytes.length + (stored ? 0x8000_0000 : 0));
    parts.push(size, bytes);
    if (flags & 0x10) parts.push(Buffer.alloc(4, 0xcc));
  }
  return Buffer.concat([...parts, Buffer.alloc(4), Buffer.alloc(flags & 0x04 ? 4 : 0, 0xcc)]);
}

describe('every codec', () => {
  const seed = seedOf('codec');

  it.each(COMPRESSED)('%s gives back what it was given', (codec) => {
    fc.assert(
      fc.property(bytesUpTo(100_000), fc.constantFrom('raw', 'xerial'), (bytes, snappyFraming) => {
        expect(unpack(codec, compress(codec, bytes, { snappyFraming })).equals(bytes)).toBe(true);
      }),
      { seed, numRuns: 200 },
    );
  });

  it.each(COMPRESSED)('%s takes as much as the limit allows, and refuses one byte more', (codec) => {
    for (const bytes of [Buffer.alloc(70_000), Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * i) >> 3))]) {
      const packed = compress(codec, bytes);
      expect(unpack(codec, packed, bytes.length).length).toBe(bytes.length);
      expect(reasonOf(() => unpack(codec, packed, bytes.length - 1))).toBe('too-large');
    }
  });

  it.each(COMPRESSED)('%s that comes to far more than the limit is refused before it takes the memory', (codec) => {
    const bomb = BOMBS[codec as keyof typeof BOMBS]();
    const before = process.memoryUsage().rss;
    expect(reasonOf(() => unpack(codec, bomb, 1 << 24))).toBe('too-large');
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
  });

  it.each(COMPRESSED)('%s cut anywhere is an error', (codec) => {
    const bytes = Buffer.from('some text, some text again, and some more of it; '.repeat(40));
    const packed = compress(codec, bytes);
    for (let length = 0; length < packed.length; length++) {
      const reason = reasonOf(() => unpack(codec, packed.subarray(0, length)));
      // What is left of a snappy stream is a shorter one when it is cut between two of its blocks.
      const whole = codec === 'snappy' && length === 16;
      expect(['truncated', 'bad-compression', whole ? 'none' : ''], `${length}`).toContain(reason);
    }
  });

  it('snappy is framed again as it was framed', () => {
    for (const snappyFraming of ['raw', 'xerial'] as const) {
      const packed = compress('snappy', Buffer.from('abc'), { snappyFraming });
      expect(optionsLike('snappy', packed, {})).toEqual({ snappyFraming });
    }
  });

  it('gzip and zstd take the level that they are given', () => {
    const bytes = Buffer.from(Array.from({ length: 60_000 }, (_, i) => `${(i * i * 31) % 10_007},`).join(''));
    expect(compress('gzip', bytes, { gzipLevel: 9 }).length).toBeLessThan(
      compress('gzip', bytes, { gzipLevel: 1 }).length,
    );
    expect(compress('zstd', bytes, { zstdLevel: 19 }).equals(compress('zstd', bytes, { zstdLevel: 1 }))).toBe(false);
  });
});

/** Small bytes that come, or say that they come, to 64 MB and up to a gigabyte. */
const BOMBS = {
  gzip: () => gzipSync(Buffer.alloc(1 << 26)),
  zstd: () => zstdCompressSync(Buffer.alloc(1 << 28)),
  // 64 KB blocks, each one match of the byte before it, 16,384 times.
  lz4: () => {
    const block = Buffer.concat([Buffer.from([0x1f, 0, 1, 0]), Buffer.alloc(256, 255), Buffer.from([0, 0x10, 0])]);
    return lz4Frame(Array.from({ length: 16_384 }, () => [block, false]));
  },
  // A declared size of one gigabyte, and enough bytes after it that it might be true.
  snappy: () => Buffer.concat([Buffer.from([0x80, 0x80, 0x80, 0x80, 0x04]), Buffer.alloc(50_000_000, 0xfe)]),
} as const;

describe('LZ4 frames of other writers', () => {
  const hello = Buffer.from('hello, hello, hello!');
  // "hello, " as literals, then 8 bytes from 7 before, then "hello!" less what was repeated.
  const block = Buffer.concat([
    Buffer.from([0x74]),
    Buffer.from('hello, '),
    Buffer.from([7, 0, 0x50]),
    Buffer.from('ello!'),
  ]);

  it('are read', () => {
    expect(`${unpack('lz4', lz4Frame([[block, false]]))}`).toBe(`${hello}`);
    expect(`${unpack('lz4', lz4Frame([[hello, true]]))}`).toBe(`${hello}`);
    expect(unpack('lz4', lz4Frame([])).length).toBe(0);
  });

  it('are read with checksums and content size', () => {
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(40n);
    const frame = lz4Frame(
      [
        [block, false],
        [hello, true],
      ],
      0x60 | 0x10 | 0x08 | 0x04,
      size,
    );
    expect(`${unpack('lz4', frame)}`).toBe(`${hello}${hello}`);
  });

  it('may refer to earlier blocks only where the frame says so', () => {
    // Four bytes from 20 before, then one literal.
    const second = Buffer.from([0x00, 20, 0, 0x10, 0x2e]);
    expect(
      `${unpack(
        'lz4',
        lz4Frame(
          [
            [block, false],
            [second, false],
          ],
          0x40,
        ),
      )}`,
    ).toBe(`${hello}hell.`);
    expect(
      reasonOf(() =>
        unpack(
          'lz4',
          lz4Frame([
            [block, false],
            [second, false],
          ]),
        ),
      ),
    ).toBe('bad-compression');
  });

  it.each([
    ['a distance of 0', [0x10, 0x61, 0, 0, 0x10, 0x62]],
    ['a distance before the block', [0x10, 0x61, 2, 0, 0x10, 0x62]],
    [
      'a block larger than the frame says',
      [0x1f, 0x61, 1, 0, ...Array.from({ length: 300 }, () => 255), 0, 0x10, 0x62],
    ],
  ])('with %s are damaged', (_, bytes) => {
    expect(reasonOf(() => unpack('lz4', lz4Frame([[Buffer.from(bytes), false]])))).toBe('bad-compression');
  });

  it.each([
    ['another version', 4, 0xa0],
    ['a dictionary', 4, 0x61],
    ['an unknown block size', 5, 0x30],
    ['another magic', 0, 0x05],
  ])('with %s are not taken', (_, at, byte) => {
    const frame = lz4Frame([[block, false]]);
    frame[at] = byte;
    expect(reasonOf(() => unpack('lz4', frame))).toBe('bad-compression');
  });
});

describe('snappy of other writers', () => {
  const size = (length: number): number[] => (length < 128 ? [length] : [(length & 127) | 128, ...size(length >>> 7)]);
  const raw = (length: number, ...parts: readonly (readonly number[])[]): Buffer =>
    Buffer.from([...size(length), ...parts.flat()]);
  const text = (of: string): number[] => [...Buffer.from(of)];

  it('is read with every kind of copy and of length', () => {
    const abc = [8, ...text('abc')];
    expect(`${unpack('snappy', raw(7, abc, [0x01, 3]))}`).toBe('abcabca');
    expect(`${unpack('snappy', raw(8, abc, [(4 << 2) | 2, 3, 0]))}`).toBe('abcabcab');
    expect(`${unpack('snappy', raw(8, abc, [(4 << 2) | 3, 3, 0, 0, 0]))}`).toBe('abcabcab');
    for (const [tag, extra] of [
      [60, 1],
      [61, 2],
      [62, 3],
      [63, 4],
    ] as const) {
      const literal = text('y'.repeat(200));
      const length = Buffer.alloc(4);
      length.writeUInt32LE(199);
      expect(`${unpack('snappy', raw(200, [tag << 2, ...length.subarray(0, extra)], literal))}`).toBe('y'.repeat(200));
    }
  });

  it('may be several streams one after the other', () => {
    const one = compress('snappy', Buffer.from('one,'), { snappyFraming: 'xerial' });
    const two = compress('snappy', Buffer.from('two'), { snappyFraming: 'xerial' });
    expect(`${unpack('snappy', Buffer.concat([one, two]))}`).toBe('one,two');
  });

  it.each([
    ['a distance of 0', raw(7, [8, ...text('abc')], [0x01, 0])],
    ['a distance before its begin', raw(7, [8, ...text('abc')], [0x01, 4])],
    ['more than it says', raw(5, [8, ...text('abc')], [0x01, 3])],
    ['less than it says', raw(9, [8, ...text('abc')], [0x01, 3])],
    ['a size that five bytes cannot hold', Buffer.from([255, 255, 255, 255, 255, 1, 0])],
    ['a size that its bytes cannot make', Buffer.from([255, 255, 3, 0, 65])],
  ])('with %s is damaged', (_, bytes) => {
    expect(reasonOf(() => unpack('snappy', bytes))).toBe('bad-compression');
  });
});
