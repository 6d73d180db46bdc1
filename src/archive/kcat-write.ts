/** Writes records as `kcat -J` lines: byte for byte what kcat 1.7.1 writes of them, but for the broker's number. */
import { createHash } from 'node:crypto';
import { SrgitError } from '../errors.ts';
import { type RecordSlices, timestampOf } from '../records/record-slices.ts';
import type { ArchiveFacts, PartitionSink, RecordSink } from '../records/record-source.ts';
import { type KcatSidecar, sidecarKey } from './kcat-sidecar.ts';
import type { Storage } from './storage.ts';

/** Lines of one partition are kept together in so many bytes: who reads one partition has less of others to pass over. */
const PART_BYTES = 256 * 1024;
/** Bytes on their way into the storage before who writes must wait. */
const QUEUE_BYTES = 4 * 1024 * 1024;

export interface CreateKcatOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Begins a file, which appears whole when the sink is finished. Topic settings and groups have no place in it.
 * @throws SrgitError SRGIT_STORAGE_WRITE where there is such a file already
 */
export async function createKcat(storage: Storage, key: string, options: CreateKcatOptions = {}): Promise<RecordSink> {
  for (const taken of [key, sidecarKey(key)]) {
    if ((await storage.stat(taken, options.signal)) === undefined) continue;
    throw new SrgitError('SRGIT_STORAGE_WRITE', `${storage.location}/${taken} is there already`, {
      hint: 'Name another file, or remove this one.',
    });
  }
  return new KcatSink(storage, key, options.signal);
}

class KcatSink implements RecordSink {
  private readonly storage: Storage;
  private readonly key: string;
  private readonly signal: AbortSignal | undefined;
  private readonly queue = new ChunkQueue();
  private readonly hash = createHash('sha256');
  private readonly written: Promise<{ readonly size: number }>;

  constructor(storage: Storage, key: string, signal: AbortSignal | undefined) {
    this.storage = storage;
    this.key = key;
    this.signal = signal;
    this.written = storage.write(key, this.queue, signal);
    // A failure is told to the next one who appends, or finishes.
    this.written.catch((error: unknown) => this.queue.fail(error));
  }

  async open(topic: string, partition: number): Promise<PartitionSink> {
    const lines = new LineBuffer(topic, partition);
    const flush = (): Promise<void> | undefined => {
      const part = lines.take();
      this.hash.update(part);
      return this.queue.push(part);
    };
    return {
      append(bytes: Buffer, record: RecordSlices, offset: bigint): Promise<void> | undefined {
        lines.add(bytes, record, offset);
        return lines.length >= PART_BYTES ? flush() : undefined;
      },
      async close(): Promise<void> {
        await flush();
      },
    };
  }

  async finish(facts: ArchiveFacts): Promise<void> {
    this.queue.end();
    const { size } = await this.written;
    const sidecar: KcatSidecar = {
      format: 1,
      id: `kcat-${this.hash.digest('hex').slice(0, 16)}`,
      size,
      createdAt: facts.createdAt,
      ...(facts.rewrittenBy === undefined ? {} : { rewrittenBy: facts.rewrittenBy }),
      ...(facts.sourceClusterId === undefined ? {} : { sourceClusterId: facts.sourceClusterId }),
    };
    const text = Buffer.from(`${JSON.stringify(sidecar, undefined, 2)}\n`);
    try {
      await this.storage.write(sidecarKey(this.key), text, this.signal);
    } catch (error) {
      // Without it, a rewritten file would pass for one that was not.
      await this.storage.delete(this.key).catch(() => undefined);
      throw error;
    }
  }

  async abort(): Promise<void> {
    this.queue.fail(new SrgitError('SRGIT_INTERRUPTED', `${this.storage.location}/${this.key} was given up`));
    const whole = await this.written.catch(() => undefined);
    if (whole !== undefined) await this.storage.delete(this.key);
  }
}

/** Lines of one partition, as bytes. */
class LineBuffer {
  length = 0;
  private bytes = Buffer.allocUnsafeSlow(PART_BYTES + 64 * 1024);
  private readonly begin: Buffer;

  constructor(topic: string, partition: number) {
    this.begin = Buffer.from(`{"topic":${JSON.stringify(topic)},"partition":${partition},"offset":`);
  }

  add(bytes: Buffer, record: RecordSlices, offset: bigint): void {
    const { headerCount, headers } = record;
    let content = Math.max(0, record.keyLength) + Math.max(0, record.valueLength);
    for (let slot = 1; slot < 4 * headerCount; slot += 2) content += Math.max(0, headers[slot] as number);
    // Each byte may become six; names, numbers and punctuation aside.
    this.reserve(this.begin.length + 6 * content + 10 * headerCount + 160);
    this.length += this.begin.copy(this.bytes, this.length);
    const time = timestampOf(record);
    this.text(time === -1n ? `${offset}` : `${offset},"tstype":"create","ts":${time}`);
    this.text(',"broker":-1');
    if (headerCount > 0) {
      this.text(',"headers":[');
      for (let slot = 0; slot < 4 * headerCount; slot += 2) {
        if (slot > 0) this.text(',');
        this.part(bytes, headers[slot] as number, headers[slot + 1] as number);
      }
      this.text(']');
    }
    this.text(',"key":');
    this.part(bytes, record.keyStart, record.keyLength);
    this.text(',"payload":');
    this.part(bytes, record.valueStart, record.valueLength);
    this.text('}\n');
  }

  /** The lines so far; the buffer is the receiver's. */
  take(): Buffer {
    const lines = this.bytes.subarray(0, this.length);
    this.bytes = Buffer.allocUnsafeSlow(PART_BYTES + 64 * 1024);
    this.length = 0;
    return lines;
  }

  private reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(this.length + more);
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  private text(ascii: string): void {
    this.length += this.bytes.write(ascii, this.length, 'latin1');
  }

  private part(from: Buffer, start: number, length: number): void {
    if (length < 0) {
      this.text('null');
      return;
    }
    const { bytes } = this;
    let at = this.length;
    bytes[at++] = QUOTE;
    for (let i = start; i < start + length; i++) {
      const byte = from[i] as number;
      if (byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH) {
        bytes[at++] = byte;
        continue;
      }
      const escaped = ESCAPES[byte] as Uint8Array;
      for (let each = 0; each < escaped.length; each++) bytes[at++] = escaped[each] as number;
    }
    bytes[at++] = QUOTE;
    this.length = at;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SHORT: Readonly<Record<number, string>> = {
  8: '\\b',
  9: '\\t',
  10: '\\n',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
};
/** By byte, for those that are escaped. */
const ESCAPES: readonly Uint8Array[] = Array.from({ length: 93 }, (_, byte) =>
  Buffer.from(SHORT[byte] ?? `\\u00${byte.toString(16).toUpperCase().padStart(2, '0')}`),
);

/** Chunks from many writers to one reader. */
class ChunkQueue implements AsyncIterable<Buffer> {
  private readonly chunks: Buffer[] = [];
  private bytes = 0;
  private ended = false;
  private failure: unknown;
  private waiting: (() => void)[] = [];

  /** A promise where the writer must wait. */
  push(chunk: Buffer): Promise<void> | undefined {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    if (chunk.length === 0) return undefined;
    this.chunks.push(chunk);
    this.bytes += chunk.length;
    this.wake();
    return this.bytes > QUEUE_BYTES ? this.drain() : undefined;
  }

  end(): void {
    this.ended = true;
    this.wake();
  }

  fail(error: unknown): void {
    this.failure ??= error;
    this.wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for (;;) {
      if (this.failure !== undefined) throw this.failure;
      const chunk = this.chunks.shift();
      if (chunk !== undefined) {
        yield chunk;
        this.bytes -= chunk.length;
        this.wake();
      } else if (this.ended) return;
      else await this.change();
    }
  }

  private async drain(): Promise<void> {
    while (this.bytes > QUEUE_BYTES && this.failure === undefined) await this.change();
    if (this.failure !== undefined) throw this.failure;
  }

  private change(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private wake(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const each of waiting) each();
  }
}
