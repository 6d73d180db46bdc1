/**
 * The backup tool's segment file, version 1, the only one there is. All integers are little-endian:
 *
 *     0  magic "KBAK"     4  version 1      5  compression (0 none, 1 zstd, 2 lz4)   6  reserved, 2 bytes
 *     8  record count u64       16  first offset i64       24  last offset i64 (inclusive)
 *    32  payload: the record stream, compressed as one unit
 *        CRC-32 (ISO-HDLC) of everything before it, u32; end magic "BKAE"
 *
 * The record stream is `u32 length, i64 timestamp, i64 offset, i32 key length, key, i32 value length, value, u16 header
 * count, {u16 key length, key, i32 value length, value}` for each record; a length of -1 is null.
 */
import { RecordError } from '../records/record-error.ts';

export const HEADER_BYTES = 32;
export const FOOTER_BYTES = 8;
/** Without its length field: what a record without key, value and headers has. */
export const LEAST_RECORD = 26;

export const COMPRESSIONS = ['none', 'zstd', 'lz4'] as const;
export type KbakCompression = (typeof COMPRESSIONS)[number];

/** By compression, as the tool names its files. */
export const EXTENSIONS: Readonly<Record<KbakCompression, string>> = {
  none: '.bin',
  zstd: '.bin.zst',
  lz4: '.bin.lz4',
};

const MAGIC = 0x4b41424b;
const END_MAGIC = 0x45414b42;

export interface SegmentHeader {
  readonly compression: KbakCompression;
  readonly recordCount: number;
  readonly startOffset: number;
  /** Inclusive. */
  readonly endOffset: number;
}

/** Whether these are the first bytes of a segment of version 1; others may be a legacy one. */
export function hasSegmentMagic(bytes: Buffer): boolean {
  return bytes.length >= 4 && bytes.readUInt32LE(0) === MAGIC;
}

/** @throws RecordError `truncated`, `bad-magic`, `bad-codec`, `bad-count` */
export function readSegmentHeader(bytes: Buffer): SegmentHeader {
  if (bytes.length < HEADER_BYTES) throw damage('truncated', 'the segment ends inside its header', bytes.length);
  if (!hasSegmentMagic(bytes)) throw damage('bad-magic', 'the segment does not begin with KBAK', 0);
  if (bytes[4] !== 1) throw damage('bad-magic', `segment version ${bytes[4]} is not known, only 1 is`, 4);
  const compression = COMPRESSIONS[bytes[5] ?? 255];
  if (compression === undefined) throw damage('bad-codec', `compression ${bytes[5]} is not known`, 5);
  return {
    compression,
    recordCount: readSafe(bytes, 8, 'record count'),
    startOffset: readSafe(bytes, 16, 'first offset'),
    endOffset: readSafe(bytes, 24, 'last offset'),
  };
}

/** `crc` is left to whoever has the payload. */
export function writeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes[4] = 1;
  bytes[5] = COMPRESSIONS.indexOf(header.compression);
  bytes.writeBigUInt64LE(BigInt(header.recordCount), 8);
  bytes.writeBigInt64LE(BigInt(header.startOffset), 16);
  bytes.writeBigInt64LE(BigInt(header.endOffset), 24);
  return bytes;
}

export function writeSegmentFooter(crc: number): Buffer {
  const bytes = Buffer.alloc(FOOTER_BYTES);
  bytes.writeUInt32LE(crc >>> 0, 0);
  bytes.writeUInt32LE(END_MAGIC, 4);
  return bytes;
}

/** @throws RecordError `truncated` for a file whose end is missing, `bad-crc` */
export function checkSegmentFooter(footer: Buffer, crc: number, position: number): void {
  if (footer.length < FOOTER_BYTES || footer.readUInt32LE(4) !== END_MAGIC) {
    throw damage('truncated', 'the segment does not end with BKAE: its end is missing, or damaged', position);
  }
  const stored = footer.readUInt32LE(0);
  if (stored !== crc >>> 0) {
    const [says, is] = [stored, crc >>> 0].map((value) => value.toString(16).padStart(8, '0'));
    throw damage('bad-crc', `the segment's checksum is ${is} and should be ${says}`, position);
  }
}

/**
 * Offsets and counts of 2^53 and more do not come up in any cluster's life; they are refused and not rounded.
 */
function readSafe(bytes: Buffer, at: number, what: string): number {
  const value = bytes.readBigInt64LE(at);
  if (value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw damage('bad-count', `the segment's ${what} cannot be ${value}`, at);
  }
  return Number(value);
}

function damage(
  reason: 'truncated' | 'bad-magic' | 'bad-codec' | 'bad-count' | 'bad-crc',
  what: string,
  position: number,
) {
  return new RecordError(reason, what, { position });
}
