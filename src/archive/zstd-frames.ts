/**
 * Finds where zstd frames end, without decompressing: Node's decoder stops behind the first, and a segment may hold several.
 * Zstandard frame format (RFC 8878): header, blocks with a size of their own each, an optional checksum.
 */
import { RecordError } from '../records/record-error.ts';

const MAGIC = 0xfd2fb528;
/** Sixteen magic numbers of frames that decoders pass over. */
const SKIPPABLE = 0x184d2a50;
const MOST_HEADER = 18;

/** Zstd bytes that come in chunks, cut at frame boundaries. */
export class ZstdFrames {
  private readonly source: AsyncIterator<Buffer>;
  private readonly maxWindow: number;
  private held: Buffer = EMPTY;
  private position: number;

  /** @param position of the first byte in the file, for errors */
  constructor(chunks: AsyncIterable<Buffer>, maxWindow: number, position: number) {
    this.source = chunks[Symbol.asyncIterator]();
    this.maxWindow = maxWindow;
    this.position = position;
  }

  /** The bytes of the next frame, to be read before the one after it is asked for; undefined at the end. */
  async nextFrame(): Promise<AsyncGenerator<Buffer> | undefined> {
    for (;;) {
      const head = await this.peek(MOST_HEADER);
      if (head.length === 0) return undefined;
      if (head.length < 4) throw this.damage('truncated', 'zstd data ends inside a frame header');
      const magic = head.readUInt32LE(0);
      if (magic === MAGIC) return this.frame();
      if ((magic & 0xfffffff0) >>> 0 !== SKIPPABLE) throw this.damage('bad-compression', 'this is no zstd frame');
      if (head.length < 8) throw this.damage('truncated', 'zstd data ends inside a frame header');
      for await (const _passed of this.take(8 + head.readUInt32LE(4)));
    }
  }

  async close(): Promise<void> {
    await this.source.return?.();
  }

  private async *frame(): AsyncGenerator<Buffer> {
    const head = await this.peek(MOST_HEADER);
    const { size, hasChecksum } = this.readHeader(head);
    yield* this.take(size);
    for (;;) {
      const block = await this.peek(3);
      if (block.length < 3) throw this.damage('truncated', 'zstd data ends inside a frame');
      const word = block.readUIntLE(0, 3);
      const type = (word >>> 1) & 3;
      if (type === 3) throw this.damage('bad-compression', 'a zstd block is of a kind that does not exist');
      yield* this.take(3 + (type === 1 ? 1 : word >>> 3));
      if ((word & 1) === 1) break;
    }
    if (hasChecksum) yield* this.take(4);
  }

  private readHeader(head: Buffer): { readonly size: number; readonly hasChecksum: boolean } {
    const flags = head[4] ?? 0;
    const single = (flags & 0x20) !== 0;
    const contentBytes = [single ? 1 : 0, 2, 4, 8][flags >>> 6] ?? 0;
    const dictionaryBytes = [0, 1, 2, 4][flags & 3] ?? 0;
    const contentAt = 5 + (single ? 0 : 1) + dictionaryBytes;
    const size = contentAt + contentBytes;
    if (head.length < size) throw this.damage('truncated', 'zstd data ends inside a frame header');
    const window = single ? contentSize(head, contentAt, contentBytes) : windowSize(head[5] ?? 0);
    // What a decoder has to hold.
    if (window > this.maxWindow) {
      throw this.damage('too-large', `a zstd frame wants a window of ${window} bytes, more than ${this.maxWindow}`);
    }
    return { size, hasChecksum: (flags & 4) !== 0 };
  }

  /** Exactly so many bytes, in pieces. */
  private async *take(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0; ) {
      const chunk = this.held.length > 0 ? this.held : await this.pull();
      if (chunk === undefined) throw this.damage('truncated', 'zstd data ends inside a frame');
      const part = chunk.length > left ? chunk.subarray(0, left) : chunk;
      this.held = chunk.subarray(part.length);
      this.position += part.length;
      left -= part.length;
      yield part;
    }
  }

  /** The next bytes, which stay; fewer only at the end. */
  private async peek(count: number): Promise<Buffer> {
    while (this.held.length < count) {
      const more = await this.pull();
      if (more === undefined) break;
      this.held = this.held.length === 0 ? more : Buffer.concat([this.held, more]);
    }
    return this.held.subarray(0, count);
  }

  private async pull(): Promise<Buffer | undefined> {
    const { done, value } = await this.source.next();
    return done === true ? undefined : value;
  }

  private damage(reason: 'truncated' | 'bad-compression' | 'too-large', what: string): RecordError {
    return new RecordError(reason, what, { position: this.position });
  }
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >>> 3));
  return base + (base / 8) * (descriptor & 7);
}

function contentSize(head: Buffer, at: number, bytes: number): number {
  if (bytes === 8) return Number(head.readBigUInt64LE(at));
  if (bytes === 0) return 0;
  return head.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0);
}

const EMPTY = Buffer.alloc(0);
