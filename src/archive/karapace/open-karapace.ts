/** Backups that Karapace's own tool made, which is gone since its version 6: told by their first bytes. */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SrgitError } from '../../errors.ts';
import type { TopicRecord } from '../../semantics/topic/topic-record.ts';
import { readV1, readV2, V2_MARKER } from './karapace-text.ts';
import { readDataFile, readMetadata, V3_MARKER } from './karapace-v3.ts';

export interface KarapaceBackup {
  readonly version: 1 | 2 | 3;
  /** What the backup says of its topic; the older versions say nothing. */
  readonly topic?: string;
  readonly config?: Readonly<Record<string, string>>;
  readonly replicationFactor?: number;
  /** Of version 3 with their offsets and times; numbered from 0 else. @throws SrgitError SRGIT_ARCHIVE_INVALID */
  records(): AsyncIterable<TopicRecord>;
}

/** Beyond any topic of schemas; such a file is something else. */
const MAX_BYTES = 1024 ** 3;

/**
 * @param file the backup, of version 3 its `.metadata` file.
 * @throws SrgitError SRGIT_ARCHIVE_MISSING, SRGIT_ARCHIVE_INVALID
 */
export async function openKarapaceBackup(file: string, signal?: AbortSignal): Promise<KarapaceBackup> {
  const bytes = await readWhole(file, signal);
  const marker = bytes.toString('latin1', 0, 4);
  if (marker === V2_MARKER) return { version: 2, records: () => asyncOf(readV2(bytes, file)) };
  if (marker !== V3_MARKER) return { version: 1, records: () => asyncOf(readV1(bytes, file)) };
  const metadata = readMetadata(bytes, file);
  const { topic, config, replicationFactor, dataFiles, hasChecksums } = metadata;
  return {
    version: 3,
    topic,
    config,
    replicationFactor,
    records: async function* () {
      for (const dataFile of dataFiles) {
        // A name, never a path: the file comes from elsewhere.
        if (dataFile.name !== basename(dataFile.name) || dataFile.name.includes('\\')) {
          throw new SrgitError(
            'SRGIT_ARCHIVE_INVALID',
            `${file} names a data file outside its folder: ${dataFile.name}`,
          );
        }
        const path = join(dirname(file), dataFile.name);
        yield* readDataFile(await readWhole(path, signal), path, dataFile, hasChecksums);
      }
    },
  };
}

async function* asyncOf(records: Iterable<TopicRecord>): AsyncGenerator<TopicRecord> {
  yield* records;
}

async function readWhole(file: string, signal: AbortSignal | undefined): Promise<Buffer> {
  try {
    const { size } = await stat(file);
    if (size > MAX_BYTES)
      throw new SrgitError('SRGIT_ARCHIVE_INVALID', `${file} has ${size} bytes: no topic of schemas`);
    return await readFile(file, { signal });
  } catch (cause) {
    if (cause instanceof SrgitError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SrgitError('SRGIT_ARCHIVE_MISSING', `${file} cannot be read: ${why}`, { cause });
  }
}
