/**
 * A second reader of the backup tool's archives, written from the byte facts alone, plain and slow: whole files in memory,
 * an object for each record, no line shared with the one under test.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, zstdDecompressSync } from 'node:zlib';

export interface ReadRecord {
  readonly offset: bigint;
  readonly timestamp: bigint;
  readonly key: string | null;
  readonly value: string | null;
  /** Key and value in hex. */
  readonly headers: readonly (readonly [string, string | null])[];
}

export interface ReadSegment {
  readonly key: string;
  readonly compression: number;
  readonly startOffset: bigint;
  readonly endOffset: bigint;
  readonly records: readonly ReadRecord[];
  readonly payload: Buffer;
  readonly stream: Buffer;
}

/** Keys, values and header parts are hex, so that a difference can be read. */
export function readSegmentIndependently(file: Buffer, key = ''): ReadSegment {
  if (file.length < 40) throw new Error(`${key}: ${file.length} bytes`);
  if (file.toString('latin1', 0, 4) !== 'KBAK') throw new Error(`${key}: magic`);
  if (file.readUInt8(4) !== 1) throw new Error(`${key}: version`);
  if (file.toString('latin1', file.length - 4) !== 'BKAE') throw new Error(`${key}: end magic`);
  if (crc32(file.subarray(0, file.length - 8)) !== file.readUInt32LE(file.length - 8)) throw new Error(`${key}: crc`);
  const compression = file.readUInt8(5);
  const payload = file.subarray(32, file.length - 8);
  const stream = compression === 0 ? payload : compression === 1 ? zstdDecompressSync(payload) : unpackLz4(payload);
  const records: ReadRecord[] = [];
  let at = 0;
  for (let n = file.readBigUInt64LE(8); n > 0n; n--) {
    const end = at + 4 + stream.readUInt32LE(at);
    const timestamp = stream.readBigInt64LE(at + 4);
    const offset = stream.readBigInt64LE(at + 12);
    at += 20;
    const part = (): string | null => {
      const length = stream.readInt32LE(at);
      at += 4;
      if (length === -1) return null;
      at += length;
      return stream.toString('hex', at - length, at);
    };
    const [recordKey, value] = [part(), part()];
    const headers: [string, string | null][] = [];
    const count = stream.readUInt16LE(at);
    at += 2;
    for (let i = 0; i < count; i++) {
      const length = stream.readUInt16LE(at);
      const name = stream.toString('hex', at + 2, at + 2 + length);
      at += 2 + length;
      headers.push([name, part()]);
    }
    if (at !== end) throw new Error(`${key}: a record ends at ${at} and should end at ${end}`);
    records.push({ offset, timestamp, key: recordKey, value, headers });
  }
  if (at !== stream.length) throw new Error(`${key}: ${stream.length - at} bytes are left`);
  const [startOffset, endOffset] = [file.readBigInt64LE(16), file.readBigInt64LE(24)];
  return { key, compression, startOffset, endOffset, records, payload, stream };
}

export interface ReadBackup {
  readonly manifest: ManifestShape;
  /** By `topic/partition`, in the manifest's order. */
  readonly segments: ReadonlyMap<string, readonly ReadSegment[]>;
  /** By `topic/partition`. */
  readonly records: ReadonlyMap<string, readonly ReadRecord[]>;
}

export interface ManifestShape {
  readonly backup_id: string;
  readonly compression?: string;
  readonly isolation_level?: string;
  readonly srgit?: Readonly<Record<string, unknown>>;
  readonly topics: readonly {
    readonly name: string;
    readonly original_partition_count?: number;
    readonly source_replication_factor?: number;
    readonly configurations?: Readonly<Record<string, string>>;
    readonly partitions: readonly {
      readonly partition_id: number;
      readonly segments: readonly {
        readonly key: string;
        readonly start_offset: number;
        readonly end_offset: number;
        readonly start_timestamp: number;
        readonly end_timestamp: number;
        readonly record_count: number;
        readonly uncompressed_size: number;
        readonly compressed_size: number;
        readonly sha256?: string;
      }[];
    }[];
  }[];
}

/** A whole backup below `root`. */
export function readBackupIndependently(root: string, backupId: string): ReadBackup {
  const manifest = JSON.parse(readFileSync(join(root, backupId, 'manifest.json'), 'utf8')) as ManifestShape;
  const segments = new Map<string, ReadSegment[]>();
  const records = new Map<string, ReadRecord[]>();
  for (const topic of manifest.topics) {
    for (const partition of topic.partitions) {
      const read = partition.segments.map(({ key }) => readSegmentIndependently(readFileSync(join(root, key)), key));
      segments.set(`${topic.name}/${partition.partition_id}`, read);
      records.set(
        `${topic.name}/${partition.partition_id}`,
        read.flatMap((segment) => segment.records),
      );
    }
  }
  return { manifest, segments, records };
}

/** Every file below a folder, as paths relative to it, sorted. */
export function filesBelow(root: string): string[] {
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

/** Size, then one raw block, byte by byte. */
function unpackLz4(payload: Buffer): Buffer {
  const out: number[] = [];
  const size = payload.readUInt32LE(0);
  let at = 4;
  const long = (first: number): number => {
    let length = first;
    if (first !== 15) return length;
    for (let byte = 255; byte === 255; length += byte) byte = payload.readUInt8(at++);
    return length;
  };
  while (at < payload.length) {
    const token = payload.readUInt8(at++);
    const literals = long(token >> 4);
    for (let i = 0; i < literals; i++) out.push(payload.readUInt8(at++));
    if (at === payload.length) break;
    const distance = payload.readUInt16LE(at);
    at += 2;
    const match = long(token & 15) + 4;
    if (distance === 0 || distance > out.length) throw new Error('lz4 distance');
    for (let i = 0; i < match; i++) out.push(out[out.length - distance] ?? 0);
  }
  if (out.length !== size) throw new Error(`lz4 has ${out.length} of ${size} bytes`);
  return Buffer.from(out);
}
