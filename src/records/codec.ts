/**
 * The five codecs of a batch. Decompression never takes more than its limit: what says or turns out to be larger is refused.
 */
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { lz4Compress } from '@platformatic/wasm-utils';
import { decompressLz4 } from './lz4.ts';
import { RecordError } from './record-error.ts';
import { compressSnappy, decompressSnappy, type SnappyFraming, snappyFramingOf } from './snappy.ts';

/** By the number in a batch's attributes. */
export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

export type Codec = (typeof CODECS)[number];

/** @throws RecordError `bad-codec` */
export function codecOf(attributes: number, position: number): Codec {
  const codec = CODECS[attributes & 0x07];
  if (codec !== undefined) return codec;
  throw new RecordError('bad-codec', `codec ${attributes & 0x07} is none of Kafka's`, { position });
}

export interface CompressOptions {
  /** gzip 1-9; zlib's own default otherwise. */
  readonly gzipLevel?: number;
  /** zstd's own default, 3, otherwise. */
  readonly zstdLevel?: number;
  /** Java clients frame snappy blocks ("xerial"), librdkafka and others write one raw block; both are read by all. */
  readonly snappyFraming?: SnappyFraming;
}

/**
 * The bytes behind `bytes[start, end)`.
 * @param limit bytes that the result may have
 * @throws RecordError `bad-compression`, `truncated` or `too-large`
 */
export function decompress(codec: Codec, bytes: Buffer, start: number, end: number, limit: number): Buffer {
  switch (codec) {
    case 'none':
      return bytes.subarray(start, end);
    case 'lz4':
      return decompressLz4(bytes, start, end, limit);
    case 'snappy':
      return decompressSnappy(bytes, start, end, limit);
    case 'gzip':
    case 'zstd':
      return inflate(codec, bytes, start, end, limit);
  }
}

export function compress(codec: Codec, bytes: Buffer, options: CompressOptions = {}): Buffer {
  switch (codec) {
    case 'none':
      return bytes;
    case 'gzip':
      return gzipSync(bytes, options.gzipLevel === undefined ? {} : { level: options.gzipLevel });
    case 'snappy':
      return compressSnappy(bytes, options.snappyFraming ?? 'xerial');
    case 'lz4':
      return bytes.length === 0 ? EMPTY_LZ4 : lz4Compress(bytes);
    case 'zstd':
      return zstdCompressSync(
        bytes,
        options.zstdLevel === undefined ? {} : { params: { [ZSTD_LEVEL]: options.zstdLevel } },
      );
  }
}

/** How to compress again what `payload` is the compressed form of, so that the same readers can read it. */
export function optionsLike(codec: Codec, payload: Buffer, options: CompressOptions): CompressOptions {
  return codec === 'snappy' ? { snappyFraming: snappyFramingOf(payload, 0, payload.length), ...options } : options;
}

/** A frame without blocks. The library fails on no bytes, once its memory has grown. */
const EMPTY_LZ4 = Buffer.from('04224d1860408200000000', 'hex');

/** ZSTD_c_compressionLevel */
const ZSTD_LEVEL = 100;

function inflate(codec: 'gzip' | 'zstd', bytes: Buffer, start: number, end: number, limit: number): Buffer {
  const payload = bytes.subarray(start, end);
  // Results are put together from chunks: few large ones, but never much more than the input can hold.
  const chunkSize = Math.max(1024, Math.min(4 * payload.length, 1 << 20, limit));
  const options = { maxOutputLength: limit, chunkSize };
  try {
    return codec === 'gzip' ? gunzipSync(payload, options) : zstdDecompressSync(payload, options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new RecordError('too-large', `${codec} data is larger than the limit of ${limit} bytes`, {
        position: start,
      });
    }
    throw new RecordError('bad-compression', `${codec} data is damaged`, { position: start }, error);
  }
}
