/** A segment's payload as record stream, whatever it is packed with: streamed, within declared limits. */
import { pipeline } from 'node:stream/promises';
import { constants, createZstdDecompress } from 'node:zlib';
import { RecordError } from '../records/record-error.ts';
import type { KbakCompression } from './kbak-format.ts';
import type { KbakLimits } from './kbak-options.ts';
import { decodeLz4Block } from './lz4-block-decoder.ts';
import { ZstdFrames } from './zstd-frames.ts';

/** Below this, no ratio is suspicious: a few repeated records compress without end. */
const FREE_BYTES = 64 * 1024 * 1024;
const OUTPUT_PIECE = 512 * 1024;

/**
 * @param stored bytes of the payload
 * @param position of the payload in the file, for errors
 * @throws RecordError `bad-compression`, `truncated` or `too-large`
 */
export async function* decompressPayload(
  compression: KbakCompression,
  chunks: AsyncIterable<Buffer>,
  stored: number,
  position: number,
  limits: KbakLimits,
): AsyncGenerator<Buffer> {
  let made = 0;
  for await (const piece of unpack(compression, chunks, stored, position, limits)) {
    made += piece.length;
    if (made > limits.maxSegmentBytes) throw tooLarge(`more than ${limits.maxSegmentBytes} bytes`, position);
    if (made > FREE_BYTES && made > stored * limits.maxRatio) {
      throw tooLarge(`more than ${limits.maxRatio} times as many bytes as its file`, position);
    }
    yield piece;
  }
}

function unpack(
  compression: KbakCompression,
  chunks: AsyncIterable<Buffer>,
  stored: number,
  position: number,
  limits: KbakLimits,
): AsyncIterable<Buffer> {
  switch (compression) {
    case 'none':
      return chunks;
    case 'zstd':
      return unpackZstd(chunks, position, limits);
    case 'lz4':
      return unpackLz4(chunks, stored, position, limits);
  }
}

async function* unpackZstd(
  chunks: AsyncIterable<Buffer>,
  position: number,
  limits: KbakLimits,
): AsyncGenerator<Buffer> {
  const frames = new ZstdFrames(chunks, limits.maxZstdWindow, position);
  const windowLog = Math.min(31, Math.max(10, Math.ceil(Math.log2(limits.maxZstdWindow))));
  for (;;) {
    const frame = await frames.nextFrame();
    if (frame === undefined) return;
    const decoder = createZstdDecompress({
      chunkSize: OUTPUT_PIECE,
      params: { [constants.ZSTD_d_windowLogMax]: windowLog },
    });
    // Its failure is the decoder's, which is read to its end here.
    const done = pipeline(frame, decoder).catch(() => undefined);
    try {
      for await (const piece of decoder) yield piece as Buffer;
    } catch (error) {
      if (isOwn(error)) throw error;
      throw new RecordError('bad-compression', 'zstd data is damaged', { position }, error);
    } finally {
      decoder.destroy();
      await done;
    }
  }
}

/** Four bytes of size, little-endian, then one raw block: what lz4_flex calls a block with its size prepended. */
async function* unpackLz4(
  chunks: AsyncIterable<Buffer>,
  stored: number,
  position: number,
  limits: KbakLimits,
): AsyncGenerator<Buffer> {
  const source = chunks[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  while (held.length < 4) {
    const { done, value } = await source.next();
    if (done === true) throw new RecordError('truncated', 'LZ4 data ends inside its size', { position });
    held = held.length === 0 ? value : Buffer.concat([held, value]);
  }
  const size = held.readUInt32LE(0);
  // A byte of a block stands for 255 bytes at most.
  if (size > 255 * stored) {
    throw new RecordError('bad-compression', `${stored} bytes of LZ4 data cannot hold ${size}`, { position });
  }
  if (size > limits.maxSegmentBytes) throw tooLarge(`${size} bytes`, position);
  const rest = held.subarray(4);
  const all = async function* (): AsyncGenerator<Buffer> {
    if (rest.length > 0) yield rest;
    for (;;) {
      const { done, value } = await source.next();
      if (done === true) return;
      yield value;
    }
  };
  yield* decodeLz4Block(all(), size, position + 4);
}

/** Errors of the file's bytes and of the storage pass through the decoder's pipe. */
function isOwn(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error instanceof RecordError || error.name === 'SrgitError' || error.name === 'AbortError')
  );
}

function tooLarge(what: string, position: number): RecordError {
  return new RecordError('too-large', `the segment's records take ${what}`, { position });
}
