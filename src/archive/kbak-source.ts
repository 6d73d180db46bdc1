/** A backup of the Kafka backup tool as a source of records. */
import { SrgitError } from '../errors.ts';
import type {
  ConsumerGroup,
  ReadOptions,
  RecordSource,
  SourcePartition,
  SourcePiece,
  SourceTopic,
} from '../records/record-source.ts';
import { type FoundBackup, findBackup, joinKey } from './kbak-find.ts';
import { GROUPS_FILE, parseGroups } from './kbak-groups.ts';
import { DEFAULT_HELD_BYTES, DEFAULT_KBAK_LIMITS, type KbakLimits, type KbakOptions } from './kbak-options.ts';
import { readPartition } from './kbak-read.ts';
import { type PartitionEntry, type Survey, surveyBackup, type TopicEntry } from './kbak-survey.ts';
import type { Storage } from './storage.ts';

/**
 * Opens one backup of a storage. The source closes the storage with itself.
 *
 * Records of up to 128 MiB, segments of any size: they are streamed, see `ChecksumMode` for when they are checked.
 * @throws SrgitError SRGIT_ARCHIVE_MISSING that lists the backups there are, SRGIT_ARCHIVE_INVALID, those of the storage
 */
export async function openKbak(storage: Storage, options: KbakOptions = {}): Promise<RecordSource> {
  const limits = { ...DEFAULT_KBAK_LIMITS, ...options.limits };
  const found = await findBackup(storage, options.backupId, limits, options.signal);
  const { backup_id, unfinished } = found.manifest;
  if (unfinished) {
    options.onWarning?.(
      `backup ${backup_id} is unfinished: the run that writes it goes on, or was ended before it had all records`,
    );
  }
  return new KbakSource(storage, found, options, limits);
}

class KbakSource implements RecordSource {
  readonly kind = 'kbak';
  readonly id: string;
  readonly rewrittenBy?: string;

  private readonly storage: Storage;
  private readonly found: FoundBackup;
  private readonly options: KbakOptions;
  private readonly limits: KbakLimits;
  private survey: Promise<Survey> | undefined;

  constructor(storage: Storage, found: FoundBackup, options: KbakOptions, limits: KbakLimits) {
    this.storage = storage;
    this.found = found;
    this.options = options;
    this.limits = limits;
    this.id = found.manifest.backup_id;
    if (found.manifest.rewrittenBy !== undefined) this.rewrittenBy = found.manifest.rewrittenBy;
  }

  async topics(signal?: AbortSignal): Promise<readonly SourceTopic[]> {
    const survey = await this.surveyed(signal);
    return [...survey.values()].map(describeTopic).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async *read(topic: string, partition: number, options: ReadOptions = {}): AsyncGenerator<SourcePiece> {
    const survey = await this.surveyed(options.signal);
    const entry = survey.get(topic);
    if (entry === undefined) {
      throw new SrgitError(
        'SRGIT_ARCHIVE_MISSING',
        `backup ${this.id} in ${this.storage.location} has no topic ${topic}`,
        {
          hint: 'Name a topic that the backup lists.',
        },
      );
    }
    const found = entry.partitions.get(partition);
    if (found === undefined) return;
    const { heldBytes = DEFAULT_HELD_BYTES, checksums = 'before', keepMarkers = false } = this.options;
    // From tool version 0.25 on, the manifest says that markers were left out: what looks like one is then data.
    const findMarkers = !keepMarkers && this.found.manifest.isolation_level !== 'read_committed';
    const { storage, limits } = this;
    const reading = { storage, topic, limits, heldBytes, checksums, findMarkers, warn: this.warn };
    yield* readPartition(reading, found, options);
  }

  async groups(signal?: AbortSignal): Promise<readonly ConsumerGroup[]> {
    const key = joinKey(this.found.folder, GROUPS_FILE);
    if ((await this.storage.stat(key, signal)) === undefined) return [];
    const bytes = await this.storage.readAll(key, this.limits.maxManifestBytes, signal);
    return parseGroups(bytes, `${this.storage.location}/${key}`);
  }

  close(): Promise<void> {
    return this.storage.close();
  }

  private readonly warn = (message: string): void => this.options.onWarning?.(message);

  private surveyed(signal: AbortSignal | undefined): Promise<Survey> {
    this.survey ??= surveyBackup(this.storage, this.found, this.warn, signal).catch((error: unknown) => {
      this.survey = undefined;
      throw error;
    });
    return this.survey;
  }
}

function describeTopic({ topic, partitions }: TopicEntry): SourceTopic {
  const described = [...partitions.values()].map(describePartition).sort((a, b) => a.partition - b.partition);
  const {
    name,
    topicId,
    original_partition_count = 0,
    source_replication_factor: replicationFactor,
    configurations,
  } = topic;
  return {
    name,
    ...(topicId === undefined ? {} : { id: topicId }),
    partitionCount: Math.max(original_partition_count, (described.at(-1)?.partition ?? -1) + 1),
    ...(replicationFactor === undefined ? {} : { replicationFactor }),
    ...(configurations === undefined ? {} : { config: configurations }),
    partitions: described,
  };
}

function describePartition({ partition, segments }: PartitionEntry): SourcePartition {
  let [firstOffset, endOffset, records, bytes] = [Number.POSITIVE_INFINITY, 0, 0, 0];
  let [minTimestamp, maxTimestamp] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let isExact = segments.length > 0;
  for (const { startOffset, endOffset: last, recordCount, object, listed } of segments) {
    firstOffset = Math.min(firstOffset, startOffset);
    endOffset = Math.max(endOffset, last + 1);
    records += recordCount;
    bytes += object?.size ?? listed.compressed_size ?? 0;
    minTimestamp = Math.min(minTimestamp, listed.start_timestamp);
    maxTimestamp = Math.max(maxTimestamp, listed.end_timestamp);
    isExact &&= listed.srgit_exact_timestamps === true;
  }
  isExact &&= Number.isSafeInteger(minTimestamp) && Number.isSafeInteger(maxTimestamp);
  return {
    partition,
    firstOffset: BigInt(Math.min(firstOffset, endOffset)),
    endOffset: BigInt(endOffset),
    records,
    bytes,
    ...(isExact ? { minTimestamp: BigInt(minTimestamp), maxTimestamp: BigInt(maxTimestamp) } : {}),
  };
}
