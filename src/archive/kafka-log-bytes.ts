import type { Storage } from './storage.ts';

/**
 * A stretch of a stored file as a window that moves on: what is asked for lies together in one buffer, whatever chunks the
 * storage gives. Bytes of one chunk are not copied; only what lies across chunks is. The next chunk is fetched meanwhile.
 */
export class LogBytes {
  buffer: Buffer = EMPTY;
  /** Where in `buffer` the reader is: set by the reader. */
  at = 0;
  /** Position in the file of `buffer[0]`. */
  position: number;

  /** What follows the buffer. */
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  private readonly chunks: AsyncIterator<Buffer>;
  private ahead: Promise<IteratorResult<Buffer>> | undefined;
  private ended = false;

  constructor(storage: Storage, key: string, start: number, end: number, signal: AbortSignal | undefined) {
    this.position = start;
    this.chunks = start < end ? storage.read(key, { start, end, signal })[Symbol.asyncIterator]() : NOTHING;
  }

  /** Bytes that lie ready at `at`. */
  get ready(): number {
    return this.buffer.length - this.at;
  }

  /** Has at least `count` bytes lie at `at`, fewer only at the end; answers how many there are. */
  async ensure(count: number): Promise<number> {
    if (this.ready >= count) return this.ready;
    while (this.ready + this.pendingBytes < count && !this.ended) await this.fetch();
    const rest = this.ready;
    if (rest === 0 && (this.pending[0]?.length ?? 0) >= Math.min(count, this.pendingBytes)) this.take();
    else if (this.pendingBytes > 0) this.join(Math.min(count, rest + this.pendingBytes));
    return this.ready;
  }

  /** Ends reading and lets go of the file. */
  async close(): Promise<void> {
    this.ended = true;
    await this.ahead?.catch(() => undefined);
    await this.chunks.return?.();
  }

  private async fetch(): Promise<void> {
    const ahead = this.ahead ?? this.chunks.next();
    this.ahead = undefined;
    const { done, value } = await ahead;
    if (done) {
      this.ended = true;
      return;
    }
    if (value.length > 0) {
      this.pending.push(value);
      this.pendingBytes += value.length;
    }
    this.ahead = this.chunks.next();
    // Whoever asks for the chunk is told; whoever does not is not disturbed.
    this.ahead.catch(() => undefined);
  }

  /** Goes on with the next chunk as it is. */
  private take(): void {
    this.position += this.buffer.length;
    this.buffer = this.pending.shift() ?? EMPTY;
    this.pendingBytes -= this.buffer.length;
    this.at = 0;
  }

  /** Puts `count` bytes together in a buffer of their own. */
  private join(count: number): void {
    const joined = Buffer.allocUnsafeSlow(count);
    let filled = this.buffer.copy(joined, 0, this.at);
    while (filled < count) {
      const chunk = this.pending.shift() ?? EMPTY;
      const taken = chunk.copy(joined, filled);
      filled += taken;
      if (taken < chunk.length) this.pending.unshift(chunk.subarray(taken));
    }
    this.pendingBytes -= count - this.ready;
    this.position += this.at;
    this.buffer = joined;
    this.at = 0;
  }
}

const EMPTY = Buffer.alloc(0);
const NOTHING: AsyncIterator<Buffer> = { next: async () => ({ done: true, value: undefined }) };
