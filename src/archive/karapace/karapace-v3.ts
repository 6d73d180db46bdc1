/**
 * Karapace's third backup format: `<topic>.metadata`, and data files beside it, whose records have lengths, Avro's binary
 * encoding and a running checksum. Its metadata calls that xxhash3; it is XXH64, big-endian.
 */
import xxhash from 'xxhash-wasm';
import { SrgitError } from '../../errors.ts';
import type { TopicRecord } from '../../semantics/topic/topic-record.ts';
import { AvroReader } from './avro-reader.ts';

export const V3_MARKER = '/V3\n';

export interface KarapaceMetadata {
  readonly version: number;
  readonly topic: string;
  readonly partitionCount: number;
  readonly replicationFactor: number;
  readonly config: Readonly<Record<string, string>>;
  readonly recordCount: number;
  readonly dataFiles: readonly KarapaceDataFile[];
  /** Whether data files have checksums that can be looked at. */
  readonly hasChecksums: boolean;
}

interface KarapaceDataFile {
  readonly name: string;
  readonly partition: number;
  readonly checksum: Buffer;
  readonly recordCount: number;
}

/** @throws SrgitError SRGIT_ARCHIVE_INVALID */
export function readMetadata(bytes: Buffer, file: string): KarapaceMetadata {
  const size = bytes.length < 8 ? -1 : bytes.readUInt32BE(4);
  if (size < 0 || size > bytes.length - 8) throw invalid(file, 'ends early');
  const reader = new AvroReader(bytes.subarray(8, 8 + size), file);
  const version = reader.int();
  if (version !== 3) throw invalid(file, `says that it is of version ${version}, and 3 is known`);
  reader.string();
  reader.string();
  reader.long();
  reader.long();
  const recordCount = reader.int();
  const topic = reader.string();
  reader.nullable(() => reader.string());
  const partitionCount = reader.int();
  const replicationFactor = reader.int();
  const config = Object.fromEntries(reader.items(() => [reader.string(), reader.string()] as const));
  const dataFiles = reader.items(() => {
    const name = reader.string();
    const partition = reader.int();
    const checksum = reader.bytes();
    const count = reader.int();
    reader.long();
    reader.long();
    return { name, partition, checksum, recordCount: count };
  });
  const hasChecksums = reader.int() === 1;
  return { version, topic, partitionCount, replicationFactor, config, recordCount, dataFiles, hasChecksums };
}

/** Every record of a data file. @throws SrgitError SRGIT_ARCHIVE_INVALID naming the record */
export async function* readDataFile(
  bytes: Buffer,
  file: string,
  { checksum, recordCount }: KarapaceDataFile,
  hasChecksums: boolean,
): AsyncGenerator<TopicRecord> {
  const { create64 } = await xxhash();
  const running = create64();
  const digest = (): Buffer => {
    const value = Buffer.alloc(8);
    value.writeBigUInt64BE(running.digest());
    return value;
  };
  let at = 0;
  for (let number = 0; number < recordCount; number++) {
    const place = `${file}: record ${number}`;
    const size = at + 4 > bytes.length ? -1 : bytes.readUInt32BE(at);
    if (size < 0 || at + 4 + size > bytes.length) throw invalid(place, 'is cut off');
    const reader = new AvroReader(bytes.subarray(at + 4, at + 4 + size), place);
    const key = reader.nullable(() => reader.bytes());
    const value = reader.nullable(() => reader.bytes());
    const headers = reader.items(() => [reader.bytes(), reader.bytes()] as const);
    const offset = reader.long();
    const timestamp = Number(reader.long());
    const checkpoint = reader.nullable(() => reader.bytes());
    // A checkpoint is the checksum of all that comes before its record.
    if (hasChecksums && checkpoint !== null && !checkpoint.equals(digest())) {
      throw invalid(place, 'or one of those before it is damaged: the checksum is another');
    }
    running.update(bytes.subarray(at, at + 4 + size));
    at += 4 + size;
    yield { offset, timestamp, key, value, headers };
  }
  if (at < bytes.length) throw invalid(file, `has bytes behind its last record, at ${at}`);
  if (hasChecksums && !checksum.equals(digest())) throw invalid(file, 'is damaged: the checksum is another');
}

function invalid(place: string, what: string): SrgitError {
  return new SrgitError('SRGIT_ARCHIVE_INVALID', `${place} ${what}`, {
    hint: 'The file is damaged, or not all of it was copied. Use another backup.',
  });
}
