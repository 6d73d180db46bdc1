/** Archives made for tests, byte by byte from the format's facts, and read back as text. */
import { crc32, zstdCompressSync } from 'node:zlib';
import type { KbakOptions } from '../../src/archive/kbak-options.ts';
import { openKbak } from '../../src/archive/kbak-source.ts';
import type { Storage, StoredObject } from '../../src/archive/storage.ts';
import { type PlainRecord, timestampOf } from '../../src/records/record-slices.ts';
import type { ReadOptions, RecordSource, SourcePiece } from '../../src/records/record-source.ts';
import type { ReadRecord } from '../support/independent-kbak-reader.ts';

export type MadeRecord = Partial<PlainRecord> & Pick<PlainRecord, 'offset'>;

export type Packing = 'none' | 'zstd' | 'zstd-frames' | 'lz4';

export function streamOf(records: readonly MadeRecord[]): Buffer {
  return Buffer.concat(
    records.map(({ offset, timestamp = 1000n + offset, key = null, value = Buffer.from('v'), headers = [] }) => {
      const parts = [int64(timestamp), int64(offset), part(key), part(value), int16(headers.length)];
      for (const [name, content] of headers) parts.push(int16(name.length), name, part(content));
      const body = Buffer.concat(parts);
      return Buffer.concat([int32(body.length), body]);
    }),
  );
}

export function segmentOf(records: readonly MadeRecord[], packing: Packing = 'none'): Buffer {
  return segmentAround(pack(streamOf(records), packing), packing, records);
}

/** Header and footer around a payload, whatever that is. */
export function segmentAround(payload: Buffer, packing: Packing, records: readonly MadeRecord[]): Buffer {
  const head = Buffer.concat([
    Buffer.from('KBAK'),
    Buffer.from([1, packing === 'none' ? 0 : packing === 'lz4' ? 2 : 1, 0, 0]),
    int64(BigInt(records.length)),
    int64(records[0]?.offset ?? 0n),
    int64(records.at(-1)?.offset ?? 0n),
  ]);
  return seal(Buffer.concat([head, payload, Buffer.from('\0\0\0\0BKAE')]));
}

/** Makes the checksum right. */
export function seal(segment: Buffer): Buffer {
  if (segment.length >= 8) segment.writeUInt32LE(crc32(segment.subarray(0, -8)), segment.length - 8);
  return segment;
}

export function pack(stream: Buffer, packing: Packing): Buffer {
  const half = stream.length >> 1;
  switch (packing) {
    case 'none':
      return stream;
    case 'zstd':
      return zstdCompressSync(stream);
    case 'zstd-frames': {
      const skippable = Buffer.concat([Buffer.from('532a4d18', 'hex'), int32(3), Buffer.from('abc')]);
      return Buffer.concat([
        zstdCompressSync(stream.subarray(0, half)),
        skippable,
        zstdCompressSync(stream.subarray(half)),
      ]);
    }
    case 'lz4': {
      // Literals only, which is a block like any other.
      const lengths: number[] = [Math.min(15, stream.length) << 4];
      for (let left = stream.length - 15; left >= 0; left -= 255) lengths.push(Math.min(255, left));
      if (stream.length >= 15 && (stream.length - 15) % 255 === 0 && lengths.at(-1) === 255) lengths.push(0);
      return Buffer.concat([int32(stream.length), Buffer.from(lengths), stream]);
    }
  }
}

export interface MadeSegment {
  readonly records: readonly MadeRecord[];
  readonly bytes: Buffer;
  readonly name: string;
  /** What the manifest says otherwise than the segment. */
  readonly listed?: Readonly<Record<string, unknown>>;
}

export function madeSegment(
  records: readonly MadeRecord[],
  packing: Packing = 'none',
  listed: Readonly<Record<string, unknown>> = {},
): MadeSegment {
  const name = `segment-${String(records[0]?.offset ?? 0n).padStart(20, '0')}`;
  return { records, bytes: segmentOf(records, packing), name, listed };
}

/** The files of backup `b` with one topic `t` and one partition of these segments. */
export function backupOf(
  segments: readonly MadeSegment[],
  more: Record<string, unknown> = {},
  partition: Record<string, unknown> = {},
): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const listed = segments.map(({ records, bytes, name, listed }) => {
    const key = `b/topics/t/partition=0/${name}.bin`;
    files.set(key, bytes);
    return {
      key,
      start_offset: Number(records[0]?.offset ?? 0n),
      end_offset: Number(records.at(-1)?.offset ?? 0n),
      start_timestamp: 0,
      end_timestamp: 0,
      record_count: records.length,
      compressed_size: bytes.length,
      ...listed,
    };
  });
  const partitions = [{ partition_id: 0, segments: listed, ...partition }];
  const manifest = { backup_id: 'b', created_at: 1, topics: [{ name: 't', partitions }], ...more };
  files.set('b/manifest.json', Buffer.from(JSON.stringify(manifest)));
  return files;
}

/** Files in memory as a storage: for inputs by the thousand. The real ones have tests of their own. */
export function storageOf(files: Map<string, Buffer>, chunk = 1 << 20): Storage {
  const describe = (key: string): StoredObject => ({ key, size: files.get(key)?.length ?? 0, tag: 'x' });
  const read = async function* (key: string, start = 0, end = Number.POSITIVE_INFINITY): AsyncGenerator<Buffer> {
    const bytes = files.get(key);
    if (bytes === undefined) throw new Error(`no ${key}`);
    const stop = Math.min(end, bytes.length);
    for (let at = start; at < stop; at += chunk) yield Buffer.from(bytes.subarray(at, Math.min(at + chunk, stop)));
  };
  return {
    location: 'memory',
    list: async function* (prefix) {
      for (const key of [...files.keys()].sort()) if (key.startsWith(prefix)) yield describe(key);
    },
    listFolders: async function* (folder) {
      const prefix = folder === '' ? '' : `${folder}/`;
      const below = [...files.keys()].filter((key) => key.startsWith(prefix) && key.includes('/', prefix.length));
      yield* [...new Set(below.map((key) => key.slice(prefix.length).split('/')[0] ?? ''))].sort();
    },
    stat: async (key) => (files.has(key) ? describe(key) : undefined),
    read: (key, options) => read(key, options?.start, options?.end),
    readAll: async (key) => Buffer.from(files.get(key) ?? Buffer.alloc(0)),
    write: async (key, content) => {
      const parts: Buffer[] = [];
      if (Buffer.isBuffer(content)) parts.push(content);
      else for await (const part of content) parts.push(Buffer.from(part));
      files.set(key, Buffer.concat(parts));
      return describe(key);
    },
    delete: async (key) => void files.delete(key),
    close: async () => undefined,
  };
}

export interface ReadBack {
  readonly records: ReadRecord[];
  /** `gap 3-7`, in the order of offsets, and how many records came before it. */
  readonly skipped: string[];
}

export async function readBack(
  source: RecordSource,
  topic: string,
  partition: number,
  options?: ReadOptions,
): Promise<ReadBack> {
  const records: ReadRecord[] = [];
  const skipped: string[] = [];
  let next = -1n;
  for await (const piece of source.read(topic, partition, options)) {
    if (piece.kind === 'skipped') {
      if (piece.firstOffset < next || piece.lastOffset < piece.firstOffset) throw new Error('pieces are not in order');
      next = piece.lastOffset + 1n;
      skipped.push(`${piece.reason} ${piece.firstOffset}-${piece.lastOffset} after ${records.length}`);
      continue;
    }
    for (const record of recordsOf(piece)) {
      if (record.offset < next) throw new Error(`offset ${record.offset} is not in order`);
      next = record.offset + 1n;
      records.push(record);
    }
    // The bytes are the receiver's: whoever changes them must not change what comes after.
    if (piece.kind === 'records') piece.cursor.bytes.fill(0xee, 0, 0);
  }
  return { records, skipped };
}

/** Of files in memory; topic `t`, partition 0. */
export async function readFiles(
  files: Map<string, Buffer>,
  options: KbakOptions & { readonly chunk?: number } = {},
  read: ReadOptions = {},
): Promise<ReadBack & { readonly warnings: string[] }> {
  const warnings: string[] = [];
  const onWarning = (warning: string): void => void warnings.push(warning);
  const source = await openKbak(storageOf(files, options.chunk), { onWarning, ...options });
  return { ...(await readBack(source, 't', 0, read)), warnings };
}

export function* recordsOf(piece: SourcePiece): Generator<ReadRecord> {
  if (piece.kind !== 'records') throw new Error(`a piece is ${piece.kind}`);
  const { cursor, baseOffset } = piece;
  const hex = (start: number, length: number): string | null =>
    length < 0 ? null : cursor.bytes.toString('hex', start, start + length);
  while (cursor.next()) {
    const headers: [string, string | null][] = [];
    for (let slot = 0; slot < 4 * cursor.headerCount; slot += 4) {
      const [a = 0, b = 0, c = 0, d = 0] = cursor.headers.subarray(slot, slot + 4);
      headers.push([hex(a, b) ?? '', hex(c, d)]);
    }
    yield {
      offset: baseOffset + BigInt(cursor.offsetDelta),
      timestamp: timestampOf(cursor),
      key: hex(cursor.keyStart, cursor.keyLength),
      value: hex(cursor.valueStart, cursor.valueLength),
      headers,
    };
  }
}

/** As the independent reader gives them. */
export function asRead(records: readonly MadeRecord[]): ReadRecord[] {
  return records.map(({ offset, timestamp = 1000n + offset, key = null, value = Buffer.from('v'), headers = [] }) => ({
    offset,
    timestamp,
    key: key?.toString('hex') ?? null,
    value: value?.toString('hex') ?? null,
    headers: headers.map(([name, content]) => [name.toString('hex'), content?.toString('hex') ?? null] as const),
  }));
}

/** Records with these offsets, `count` of them. */
export function recordsFrom(first: number, count: number): MadeRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    offset: BigInt(first + i),
    value: Buffer.from(`value ${first + i}`),
  }));
}

function part(bytes: Buffer | null): Buffer {
  return bytes === null ? int32(-1) : Buffer.concat([int32(bytes.length), bytes]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return bytes;
}
