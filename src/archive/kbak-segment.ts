/** One segment's bytes: fetched, checked, and taken apart into header and payload. */
import { crc32 } from 'node:zlib';
import { freeWhole } from '../records/free-bytes.ts';
import { RecordError } from '../records/record-error.ts';
import {
  checkSegmentFooter,
  FOOTER_BYTES,
  HEADER_BYTES,
  hasSegmentMagic,
  readSegmentHeader,
  type SegmentHeader,
} from './kbak-format.ts';
import type { Storage, StoredObject } from './storage.ts';

export interface SegmentReading {
  /** Read whole when it has no more bytes. */
  readonly heldBytes: number;
  /** Its checksum is known to be right. */
  readonly isVerified: boolean;
  /** Look at the checksum before anything else. */
  readonly verifyBefore: boolean;
  readonly signal: AbortSignal | undefined;
}

export class SegmentFile {
  readonly key: string;
  readonly size: number;
  /** Undefined for what does not begin like a segment of version 1. */
  readonly header: SegmentHeader | undefined;
  /** Up to some first bytes. */
  readonly head: Buffer;
  /** Whether the checksum was found right, now or before. Of a legacy segment, which has none, always false. */
  isVerified: boolean;

  private readonly source: AsyncIterator<Buffer>;
  /** Fetched and not given out yet. */
  private waiting: Buffer | undefined;
  /** Given out last: its reader is done with it when it asks for more. */
  private lent: Buffer | undefined;
  private at: number;
  private crc = 0;
  private footer: Buffer = Buffer.alloc(0);

  private constructor(object: StoredObject, source: AsyncIterator<Buffer>, first: Buffer, isVerified: boolean) {
    this.key = object.key;
    this.size = object.size;
    this.source = source;
    this.head = Buffer.from(first.subarray(0, HEADER_BYTES));
    this.header = hasSegmentMagic(first) ? readSegmentHeader(first) : undefined;
    this.isVerified = isVerified && this.header !== undefined;
    if (this.header === undefined) {
      this.waiting = first;
      this.at = 0;
      return;
    }
    if (object.size < HEADER_BYTES + FOOTER_BYTES) throw truncated(object.size);
    this.crc = crc32(first.subarray(0, HEADER_BYTES));
    this.waiting = first.subarray(HEADER_BYTES);
    this.at = HEADER_BYTES;
  }

  /** @throws RecordError; SrgitError of the storage */
  static async open(storage: Storage, object: StoredObject, reading: SegmentReading): Promise<SegmentFile> {
    const { heldBytes, isVerified, verifyBefore, signal } = reading;
    if (object.size <= heldBytes) {
      const bytes = await storage.readAll(object.key, heldBytes, signal);
      const isSound = hasSegmentMagic(bytes) && (isVerified || checkWhole(bytes));
      return new SegmentFile({ ...object, size: bytes.length }, NOTHING_MORE, bytes, isSound);
    }
    let isSound = isVerified;
    if (verifyBefore && !isVerified) isSound = await verify(storage, object, signal);
    const source = storage.read(object.key, { signal })[Symbol.asyncIterator]();
    try {
      const first = await takeAtLeast(source, HEADER_BYTES);
      return new SegmentFile(object, source, first, isSound);
    } catch (error) {
      await source.return?.();
      throw error;
    }
  }

  /**
   * What is between header and footer; the whole of a legacy segment. Only one reader, once. A piece of an uncompressed
   * segment is good until the next one is asked for.
   */
  payload(): AsyncIterable<Buffer> {
    // No `return`: whoever has enough leaves the rest to `finish`.
    return { [Symbol.asyncIterator]: () => ({ next: () => this.next() }) };
  }

  /** Looks at the checksum when that has not been done. @throws RecordError */
  async finish(): Promise<void> {
    if (this.header === undefined || this.isVerified) return;
    while ((await this.next()).done !== true);
    checkSegmentFooter(this.footer, this.crc, this.size - FOOTER_BYTES);
    this.isVerified = true;
  }

  async close(): Promise<void> {
    await this.source.return?.();
  }

  private async next(): Promise<IteratorResult<Buffer, undefined>> {
    this.freeLent();
    for (;;) {
      let chunk = this.waiting;
      this.waiting = undefined;
      if (chunk === undefined) {
        const { done, value } = await this.source.next();
        if (done === true) {
          if (this.at < this.size) throw truncated(this.at);
          return { done: true, value: undefined };
        }
        chunk = value;
        this.lent = value;
      }
      const start = this.at;
      this.at += chunk.length;
      if (this.header === undefined) return { done: false, value: chunk };
      const payloadEnd = this.size - FOOTER_BYTES;
      const cut = Math.max(0, Math.min(chunk.length, payloadEnd - start));
      const part = chunk.subarray(0, cut);
      if (!this.isVerified) this.crc = crc32(part, this.crc);
      if (cut < chunk.length) this.footer = Buffer.concat([this.footer, chunk.subarray(cut)]);
      if (part.length > 0) return { done: false, value: part };
    }
  }

  /** A decompressor may still hold what it was given. */
  private freeLent(): void {
    if (this.lent !== undefined && this.header?.compression === 'none') freeWhole(this.lent);
    this.lent = undefined;
  }
}

/** @throws RecordError */
function checkWhole(bytes: Buffer): boolean {
  if (bytes.length < HEADER_BYTES + FOOTER_BYTES) throw truncated(bytes.length);
  const end = bytes.length - FOOTER_BYTES;
  checkSegmentFooter(bytes.subarray(end), crc32(bytes.subarray(0, end)), end);
  return true;
}

/** Reads the whole for its checksum only; false for a legacy segment, which has none. @throws RecordError */
async function verify(storage: Storage, object: StoredObject, signal: AbortSignal | undefined): Promise<boolean> {
  let at = 0;
  let crc = 0;
  let head: Buffer = Buffer.alloc(0);
  let footer: Buffer = Buffer.alloc(0);
  const end = object.size - FOOTER_BYTES;
  for await (const chunk of storage.read(object.key, { signal })) {
    if (head.length < 4) {
      head = Buffer.concat([head, chunk.subarray(0, 4)]);
      if (head.length >= 4 && !hasSegmentMagic(head)) return false;
    }
    const cut = Math.max(0, Math.min(chunk.length, end - at));
    crc = crc32(chunk.subarray(0, cut), crc);
    if (cut < chunk.length) footer = Buffer.concat([footer, chunk.subarray(cut)]);
    at += chunk.length;
    freeWhole(chunk);
  }
  checkSegmentFooter(footer, crc, end);
  return true;
}

async function takeAtLeast(source: AsyncIterator<Buffer>, count: number): Promise<Buffer> {
  let bytes: Buffer = Buffer.alloc(0);
  while (bytes.length < count) {
    const { done, value } = await source.next();
    if (done === true) return bytes;
    bytes = bytes.length === 0 ? value : Buffer.concat([bytes, value]);
  }
  return bytes;
}

const NOTHING_MORE: AsyncIterator<Buffer> = { next: () => Promise.resolve({ done: true, value: undefined }) };

function truncated(position: number): RecordError {
  return new RecordError('truncated', 'the segment ends too early', { position });
}
