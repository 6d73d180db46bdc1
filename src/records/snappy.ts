/**
 * Snappy as Kafka's clients write it: one raw block, or the framing of the Java library ("xerial": a header of 16
 * bytes, then blocks of at most 32 KB, each after its length). Read within a limit.
 */
import { snappyCompress } from '@platformatic/wasm-utils';
import { copyLiterals, copyMatch } from './block-copy.ts';
import { RecordError } from './record-error.ts';

export type SnappyFraming = 'xerial' | 'raw';

/** 0x82 "SNAPPY" 0, then version and least compatible version, both 1. */
const XERIAL = Buffer.from('82534e4150505900' + '0000000100000001', 'hex');
const XERIAL_BLOCK = 32 * 1024;

export function snappyFramingOf(bytes: Buffer, start: number, end: number): SnappyFraming {
  return isXerial(bytes, start, end) ? 'xerial' : 'raw';
}

/** Only the first eight bytes tell: the versions are for the reader to accept. */
function isXerial(bytes: Buffer, start: number, end: number): boolean {
  return end - start >= XERIAL.length && bytes.compare(XERIAL, 0, 8, start, start + 8) === 0;
}

/** @throws RecordError `bad-compression`, `truncated` or `too-large` */
export function decompressSnappy(bytes: Buffer, start: number, end: number, limit: number): Buffer {
  const blocks: { readonly start: number; readonly end: number; readonly size: number }[] = [];
  let total = 0;
  const take = (from: number, to: number): void => {
    const size = declaredSize(bytes, from, to);
    total += size;
    if (total > limit) {
      throw new RecordError('too-large', `snappy data is larger than the limit of ${limit} bytes`, { position: from });
    }
    // Three bytes make at most 64: what says more is damaged, and must not take memory first.
    if (size > 22 * (to - from)) throw damaged('a snappy block says more than it can hold', from);
    blocks.push({ start: from, end: to, size });
  };
  if (isXerial(bytes, start, end)) {
    for (let at = start; at < end; ) {
      // A stream may be several, each with its header: the Java reader takes that too.
      if (isXerial(bytes, at, end)) {
        at += XERIAL.length;
        continue;
      }
      if (end - at < 4) throw truncated(at);
      const length = bytes.readInt32BE(at);
      at += 4;
      if (length < 0 || length > end - at) throw truncated(at);
      take(at, at + length);
      at += length;
    }
  } else take(start, end);
  const out = Buffer.allocUnsafe(total);
  let at = 0;
  for (const block of blocks) {
    decompressBlock(bytes, block.start, block.end, out, at, at + block.size);
    at += block.size;
  }
  return out;
}

export function compressSnappy(bytes: Buffer, framing: SnappyFraming): Buffer {
  // The library fails on no bytes, once its memory has grown; their raw form is the size 0 alone.
  if (framing === 'raw') return bytes.length === 0 ? Buffer.alloc(1) : snappyCompress(bytes);
  const parts: Buffer[] = [XERIAL];
  for (let at = 0; at < bytes.length; at += XERIAL_BLOCK) {
    const block = snappyCompress(bytes.subarray(at, at + XERIAL_BLOCK));
    const length = Buffer.allocUnsafe(4);
    length.writeInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}

/** The size that a block begins with, an unsigned varint of 32 bits. */
function declaredSize(bytes: Buffer, start: number, end: number): number {
  let size = 0;
  for (let at = start, scale = 1; ; scale *= 128) {
    if (at >= end) throw truncated(at);
    const byte = bytes[at++] as number;
    size += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
    if (at - start >= 5) throw damaged('a snappy block has no size', start);
  }
  if (size > 0xffff_ffff) throw damaged('a snappy block has no size', start);
  return size;
}

function decompressBlock(source: Buffer, start: number, end: number, out: Buffer, from: number, to: number): void {
  let at = start;
  while ((source[at++] as number) >= 0x80);
  let position = from;
  while (at < end) {
    const tag = source[at++] as number;
    const extra = extraBytes(tag);
    if (end - at < extra) throw truncated(at);
    let length = (tag >>> 2) + 1;
    if ((tag & 3) === 0) {
      if (extra > 0) length = source.readUIntLE(at, extra) + 1;
      at += extra;
      if (length > end - at) throw truncated(at);
      if (length > to - position) throw damaged('a snappy block holds more than it says', at);
      copyLiterals(source, at, out, position, length);
      at += length;
    } else {
      if (extra === 1) length = ((tag >>> 2) & 7) + 4;
      const distance = distanceAt(source, at, tag, extra);
      at += extra;
      if (distance === 0 || distance > position - from) throw damaged('snappy data refers to bytes before it', at);
      if (length > to - position) throw damaged('a snappy block holds more than it says', at);
      copyMatch(out, position, distance, length);
    }
    position += length;
  }
  if (position !== to) throw damaged('a snappy block holds less than it says', end);
}

/** Bytes after a tag: of a literal's length beyond 60, or of a copy's distance. */
function extraBytes(tag: number): number {
  if ((tag & 3) === 0) return tag >>> 2 < 60 ? 0 : (tag >>> 2) - 59;
  return (tag & 3) === 3 ? 4 : tag & 3;
}

function distanceAt(source: Buffer, at: number, tag: number, extra: number): number {
  if (extra === 1) return ((tag >>> 5) << 8) | (source[at] as number);
  if (extra === 2) return (source[at] as number) | ((source[at + 1] as number) << 8);
  return source.readUInt32LE(at);
}

function damaged(what: string, position: number): RecordError {
  return new RecordError('bad-compression', what, { position });
}

function truncated(position: number): RecordError {
  return new RecordError('truncated', 'snappy data ends too early', { position });
}
