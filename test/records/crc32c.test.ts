import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChecksumPatch, checksumOf } from '../../src/records/crc32c.ts';
import { seedOf } from './random-records.ts';

describe('CRC-32C', () => {
  it('has the check value of its standard', () => {
    expect(checksumOf(Buffer.from('.123456789.'), 1, 10)).toBe(0xe3069283);
  });

  it('of patched bytes is had from that of the bytes before', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 8, maxLength: 5000 }),
        fc.nat(3),
        fc.uniqueArray(fc.tuple(fc.nat(), fc.integer()), { selector: ([at]) => at, maxLength: 12 }),
        (content, start, patches) => {
          const bytes = Buffer.from(content);
          const before = checksumOf(bytes, start, bytes.length);
          const patch = new ChecksumPatch();
          patch.begin(start);
          const places = patches.map(([at, word]) => [start + (at % (bytes.length - start - 3)), word] as const);
          for (const [at, word] of places.sort(([a], [b]) => a - b)) {
            const old = bytes.readInt32LE(at);
            bytes.writeInt32LE(word, at);
            patch.changed(at, old ^ word);
          }
          expect(patch.finish(before, bytes.length)).toBe(checksumOf(bytes, start, bytes.length));
        },
      ),
      { seed: seedOf('crc32c'), numRuns: 1000 },
    );
  });

  it('of one patch far from the end is had so, too', () => {
    const bytes = Buffer.alloc(100_000_000);
    const before = checksumOf(bytes, 0, bytes.length);
    bytes.writeInt32LE(0x12345678, 21);
    const patch = new ChecksumPatch();
    patch.begin(0);
    patch.changed(21, 0x12345678);
    expect(patch.finish(before, bytes.length)).toBe(checksumOf(bytes, 0, bytes.length));
  });

  it('of damaged bytes stays wrong when they are patched', () => {
    const bytes = Buffer.alloc(1000, 1);
    const wrong = checksumOf(bytes, 0, 1000) ^ 1;
    const patch = new ChecksumPatch();
    patch.begin(0);
    bytes.writeInt32LE(5, 100);
    patch.changed(100, 0x01010101 ^ 5);
    expect(patch.finish(wrong, 1000)).toBe((checksumOf(bytes, 0, 1000) ^ 1) >>> 0);
  });
});
