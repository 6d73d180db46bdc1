/**
 * LZ4 frames (the LZ4 frame format, version 01), read within a limit. The frame's own checksums are not looked at: the
 * batch's covers every byte of it, and in version 0 messages Kafka computed the header's over the wrong bytes (KIP-57).
 *
 * Read here and not by a library, because those at hand either grow without a limit or take a frame that ends early for
 * a whole one.
 */
import { copyLiterals, copyMatch } from './block-copy.ts';
import { RecordError } from './record-error.ts';

const MAGIC = 0x184d2204;
/** Set in a block's size when the block is not compressed. */
const STORED = 0x8000_0000;
/** Writers that flush often make many small blocks, each of which might be a full one. */
const FIRST_ROOM = 1 << 20;

/** @throws RecordError `bad-compression`, `truncated` or `too-large` */
export function decompressLz4(bytes: Buffer, start: number, end: number, limit: number): Buffer {
  const { blockSize, dictionary, hasBlockChecksum, first } = readFrameHeader(bytes, start, end);
  const most = Math.min(limit, sizeBound(bytes, first, end, blockSize, hasBlockChecksum));
  let out: Buffer = Buffer.allocUnsafe(Math.min(most, Math.max(FIRST_ROOM, 4 * (end - start))));
  let length = 0;
  for (let at = first; ; ) {
    const block = readBlock(bytes, at, end, hasBlockChecksum);
    if (block === undefined) return out.subarray(0, length);
    const room = Math.min(blockBound(block, blockSize), limit - length);
    if (room > out.length - length) out = grow(out, length, Math.min(most, Math.max(2 * out.length, length + room)));
    if (block.stored) {
      if (block.size > blockSize) throw damaged('an LZ4 block is larger than its frame says', block.start);
      if (block.size > room) throw tooLarge(limit, block.start);
      copyLiterals(bytes, block.start, out, length, block.size);
      length += block.size;
    } else {
      const target = { bytes: out, from: dictionary ? 0 : length, limit: Math.min(limit, length + blockSize) };
      length = decompressBlock(bytes, block.start, block.start + block.size, target, length, limit);
    }
    at = block.next;
  }
}

interface FrameHeader {
  readonly blockSize: number;
  /** Blocks refer to bytes of the blocks before them. Kafka's own writers never do so. */
  readonly dictionary: boolean;
  readonly hasBlockChecksum: boolean;
  /** Where the first block begins. */
  readonly first: number;
}

function readFrameHeader(bytes: Buffer, start: number, end: number): FrameHeader {
  if (end - start < 7) throw truncated(start);
  if (bytes.readUInt32LE(start) !== MAGIC) throw damaged('this is no LZ4 frame', start);
  const flags = bytes[start + 4] as number;
  if (flags >>> 6 !== 1) throw damaged(`LZ4 frame version ${flags >>> 6} is not known`, start);
  if ((flags & 0x01) !== 0) throw damaged('an LZ4 frame needs a dictionary', start);
  const size = ((bytes[start + 5] as number) >>> 4) & 0x07;
  if (size < 4) throw damaged(`LZ4 block size ${size} is not known`, start);
  return {
    blockSize: 1 << (8 + 2 * size),
    dictionary: (flags & 0x20) === 0,
    hasBlockChecksum: (flags & 0x10) !== 0,
    first: start + 7 + ((flags & 0x08) === 0 ? 0 : 8),
  };
}

interface Block {
  readonly start: number;
  readonly size: number;
  readonly stored: boolean;
  readonly next: number;
}

/** The block at `at`; undefined for the mark that ends a frame. */
function readBlock(bytes: Buffer, at: number, end: number, hasChecksum: boolean): Block | undefined {
  if (end - at < 4) throw truncated(at);
  const word = bytes.readUInt32LE(at);
  if (word === 0) return undefined;
  const size = word % STORED;
  const start = at + 4;
  const next = start + size + (hasChecksum ? 4 : 0);
  if (next > end) throw truncated(at);
  return { start, size, stored: word >= STORED, next };
}

/** The most that the blocks can come to: close to the truth for all writers that fill their blocks. */
function sizeBound(bytes: Buffer, first: number, end: number, blockSize: number, hasChecksum: boolean): number {
  let bound = 0;
  for (let at = first; ; ) {
    const block = readBlock(bytes, at, end, hasChecksum);
    if (block === undefined) return bound;
    bound += blockBound(block, blockSize);
    at = block.next;
  }
}

function blockBound(block: Block, blockSize: number): number {
  return block.stored ? block.size : Math.min(blockSize, 255 * block.size);
}

function grow(out: Buffer, length: number, size: number): Buffer {
  const larger = Buffer.allocUnsafe(size);
  out.copy(larger, 0, 0, length);
  return larger;
}

interface Target {
  readonly bytes: Buffer;
  /** Matches reach back to here and no further. */
  readonly from: number;
  readonly limit: number;
}

/** One block: sequences of literals and matches, the last of literals only. Answers where its output ends. */
function decompressBlock(
  source: Buffer,
  start: number,
  end: number,
  target: Target,
  length: number,
  declared: number,
): number {
  const { bytes, from, limit } = target;
  let at = start;
  let out = length;
  while (at < end) {
    const token = source[at++] as number;
    let literals = token >>> 4;
    if (literals === 15) {
      const stop = endOfLength(source, at, end);
      literals += lengthOf(source, at, stop);
      at = stop;
    }
    if (literals > end - at) throw truncated(at);
    if (literals > limit - out) throw overflow(target, declared, at);
    copyLiterals(source, at, bytes, out, literals);
    at += literals;
    out += literals;
    if (at === end) return out;
    if (end - at < 2) throw truncated(at);
    const distance = (source[at] as number) | ((source[at + 1] as number) << 8);
    at += 2;
    let repeated = (token & 0x0f) + 4;
    if (repeated === 19) {
      const stop = endOfLength(source, at, end);
      repeated += lengthOf(source, at, stop);
      at = stop;
    }
    if (distance === 0 || distance > out - from) throw damaged('LZ4 data refers to bytes before its block', at);
    if (repeated > limit - out) throw overflow(target, declared, at);
    copyMatch(bytes, out, distance, repeated);
    out += repeated;
  }
  throw truncated(at);
}

/** A length goes on in bytes of 255 and one that is less, all to be summed. */
function endOfLength(source: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && source[at] === 255) at++;
  if (at >= end) throw truncated(at);
  return at + 1;
}

function lengthOf(source: Buffer, start: number, end: number): number {
  return 255 * (end - start - 1) + (source[end - 1] as number);
}

function overflow(target: Target, declared: number, position: number): RecordError {
  return target.limit === declared ? tooLarge(declared, position) : damaged('an LZ4 block is too large', position);
}

function tooLarge(limit: number, position: number): RecordError {
  return new RecordError('too-large', `LZ4 data is larger than the limit of ${limit} bytes`, { position });
}

function damaged(what: string, position: number): RecordError {
  return new RecordError('bad-compression', what, { position });
}

function truncated(position: number): RecordError {
  return new RecordError('truncated', 'LZ4 data ends too early', { position });
}
