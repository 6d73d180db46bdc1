/** One segment that is being written: records go in, compressed as they come; the file is stored when it is whole. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { constants, crc32, createZstdCompress, type ZstdCompress } from 'node:zlib';
import type { RecordSlices } from '../records/record-slices.ts';
import { sizeOfKbakRecord, writeKbakRecord } from './kbak-encode.ts';
import {
  FOOTER_BYTES,
  HEADER_BYTES,
  type KbakCompression,
  writeSegmentFooter,
  writeSegmentHeader,
} from './kbak-format.ts';
import { Lz4BlockEncoder } from './lz4-block-encoder.ts';
import type { SegmentPayload } from './segment-payload.ts';

/** Records are gathered up to here, then compressed. */
const BLOCK = 256 * 1024;

export interface SegmentFacts {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly minTimestamp: bigint;
  readonly maxTimestamp: bigint;
  readonly records: number;
  /** Bytes of the record stream. */
  readonly streamBytes: number;
  readonly fileBytes: number;
  readonly sha256: string;
}

/** Bytes before the payload, which are known when it is whole. */
export function headBytesOf(compression: KbakCompression): number {
  return HEADER_BYTES + (compression === 'lz4' ? 4 : 0);
}

export class SegmentWriter {
  /** Bytes of the record stream so far. */
  streamBytes = 0;
  private records = 0;
  private startOffset = 0;
  private endOffset = 0;
  private minHigh = 0;
  private minLow = 0;
  private maxHigh = 0;
  private maxLow = 0;
  private block: Buffer = Buffer.allocUnsafeSlow(BLOCK);
  private filled = 0;
  /** Blocks that were compressed: new ones would have to be made, and collected, at the rate of the records. */
  private readonly spare: Buffer[] = [];
  private working: Promise<void> | undefined;
  private readonly payload: SegmentPayload;
  private readonly packer: Packer;
  private readonly compression: KbakCompression;

  constructor(compression: KbakCompression, level: number, payload: SegmentPayload) {
    this.compression = compression;
    this.payload = payload;
    this.packer = makePacker(compression, level, payload);
  }

  /** Copies the record. A promise means: wait before the next one. @throws RecordError `too-large` */
  append(bytes: Buffer, record: RecordSlices, offset: number): Promise<void> | undefined {
    const size = sizeOfKbakRecord(record);
    let waiting: Promise<void> | undefined;
    if (size > this.block.length - this.filled) {
      waiting = this.turnOver();
      this.block = size > BLOCK ? Buffer.allocUnsafeSlow(size) : (this.spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK));
      this.filled = 0;
    }
    writeKbakRecord(this.block, this.filled, size, bytes, record, offset);
    this.filled += size;
    this.streamBytes += size;
    this.noteTimestamp(record);
    if (this.records++ === 0) this.startOffset = offset;
    this.endOffset = offset;
    return waiting;
  }

  /** Stores the segment, and gives up what it holds either way. @throws SrgitError of the storage */
  async store(signal: AbortSignal | undefined): Promise<SegmentFacts> {
    try {
      await this.turnOver();
      await this.working;
      await this.packer.end();
      const prefix = this.packer.prefix(this.streamBytes);
      const { startOffset, endOffset, records, compression, payload } = this;
      const header = writeSegmentHeader({ compression, recordCount: records, startOffset, endOffset });
      const sha256 = createHash('sha256');
      let crc = 0;
      const note = (part: Buffer): void => {
        crc = crc32(part, crc);
        sha256.update(part);
      };
      const end = (): Buffer => {
        const footer = writeSegmentFooter(crc);
        sha256.update(footer);
        return footer;
      };
      const payloadBytes = payload.size;
      await payload.store(prefix.length === 0 ? header : Buffer.concat([header, prefix]), note, end, signal);
      return {
        startOffset,
        endOffset,
        minTimestamp: join64(this.minHigh, this.minLow),
        maxTimestamp: join64(this.maxHigh, this.maxLow),
        records,
        streamBytes: this.streamBytes,
        fileBytes: HEADER_BYTES + prefix.length + payloadBytes + FOOTER_BYTES,
        sha256: sha256.digest('hex'),
      };
    } finally {
      await this.discard();
    }
  }

  async discard(): Promise<void> {
    await this.working?.catch(() => undefined);
    this.packer.destroy();
    await this.payload.discard();
  }

  /** Hands the block to the packer: one is packed while the next is filled. */
  private turnOver(): Promise<void> | undefined {
    if (this.filled === 0) return this.working;
    const whole = this.block;
    const block = whole.subarray(0, this.filled);
    this.filled = 0;
    this.block = NO_BLOCK;
    const before = this.working;
    const work = (before === undefined ? this.packer.add(block) : before.then(() => this.packer.add(block))).then(
      () => {
        if (!this.packer.keepsBlocks && whole.length === BLOCK) this.spare.push(whole);
      },
    );
    this.working = work;
    // Whoever stores the segment is told; until then it is nobody's.
    work.catch(() => undefined);
    return before;
  }

  private noteTimestamp({ timestampHigh: high, timestampLow: low }: RecordSlices): void {
    const isFirst = this.records === 0;
    if (isFirst || high < this.minHigh || (high === this.minHigh && low >>> 0 < this.minLow >>> 0)) {
      this.minHigh = high;
      this.minLow = low;
    }
    if (isFirst || high > this.maxHigh || (high === this.maxHigh && low >>> 0 > this.maxLow >>> 0)) {
      this.maxHigh = high;
      this.maxLow = low;
    }
  }
}

const NO_BLOCK = Buffer.alloc(0);

/** Turns blocks of the record stream into payload. */
interface Packer {
  /** Whether it needs a block longer than `add` takes. */
  readonly keepsBlocks: boolean;
  add(block: Buffer): Promise<void>;
  end(): Promise<void>;
  /** What comes before the payload and is known at its end only. */
  prefix(streamBytes: number): Buffer;
  destroy(): void;
}

function makePacker(compression: KbakCompression, level: number, payload: SegmentPayload): Packer {
  switch (compression) {
    case 'none':
      return {
        keepsBlocks: !payload.givesBack,
        add: (block) => payload.add(block),
        end: async () => undefined,
        prefix: () => NO_BLOCK,
        destroy: () => undefined,
      };
    case 'lz4': {
      const encoder = new Lz4BlockEncoder();
      return {
        // Literals that wait for a match are where they were given.
        keepsBlocks: true,
        add: (block) => payload.add(encoder.push(block)),
        end: () => payload.add(encoder.end()),
        prefix: (streamBytes) => {
          const size = Buffer.alloc(4);
          size.writeUInt32LE(streamBytes);
          return size;
        },
        destroy: () => undefined,
      };
    }
    case 'zstd':
      return new ZstdPacker(level, payload);
  }
}

/**
 * One frame for the whole segment: many readers, Node's among them, stop behind the first. Its window is small, since each
 * partition that is written has an encoder of its own.
 */
class ZstdPacker implements Packer {
  readonly keepsBlocks = false;
  private readonly stream: ZstdCompress;
  private readonly payload: SegmentPayload;
  private failure: unknown;
  private packed: Buffer[] = [];

  constructor(level: number, payload: SegmentPayload) {
    this.payload = payload;
    this.stream = createZstdCompress({
      chunkSize: 64 * 1024,
      params: {
        [constants.ZSTD_c_compressionLevel]: level,
        [constants.ZSTD_c_windowLog]: ZSTD_WINDOW_LOG,
        [constants.ZSTD_c_checksumFlag]: 1,
      },
    });
    this.stream.on('error', (error) => {
      this.failure ??= error;
    });
    // Taken as they come: the encoder does not go on otherwise.
    this.stream.on('data', (part: Buffer) => this.packed.push(part));
  }

  async add(block: Buffer): Promise<void> {
    const { stream } = this;
    await new Promise<void>((resolve, reject) => {
      stream.write(block, (error) => (error ? reject(error) : resolve()));
    });
    await this.take();
  }

  async end(): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    const ended = once(this.stream, 'end');
    this.stream.end();
    await ended;
    await this.take();
  }

  prefix(): Buffer {
    return NO_BLOCK;
  }

  destroy(): void {
    this.stream.destroy();
  }

  private async take(): Promise<void> {
    const { packed } = this;
    this.packed = [];
    if (packed.length > 0) await this.payload.add(packed.length === 1 ? (packed[0] as Buffer) : Buffer.concat(packed));
  }
}

/** 512 KiB: an encoder then takes about 2 MiB of memory. */
const ZSTD_WINDOW_LOG = 19;

function join64(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}
