/** `manifest.json` as it is written: in the tool's own order, with what an earlier one says kept. */
import type { ArchiveFacts, SourceTopic } from '../records/record-source.ts';
import type { KbakCompression } from './kbak-format.ts';
import type { Manifest, ManifestPartition, ManifestTopic } from './kbak-manifest.ts';
import type { SegmentFacts } from './kbak-segment-writer.ts';

export interface StoredSegment extends SegmentFacts {
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly uploadedAt: number;
}

/** By topic and partition. */
export type NewSegments = Map<string, Map<number, StoredSegment[]>>;

/** What is to be said of a partition beside its segments. */
export interface PartitionNote {
  /** All before it was read. */
  nextOffset?: number;
  /** Offsets that could not be read, inclusive, and when that was found, in milliseconds since 1970. */
  readonly gaps: {
    readonly firstOffset: number;
    readonly lastOffset: number;
    readonly reason: string;
    readonly detectedAt: number;
  }[];
}

export interface ManifestDraft {
  readonly backupId: string;
  readonly compression: KbakCompression;
  readonly facts: ArchiveFacts;
  readonly segments: NewSegments;
  /** By topic and partition. */
  readonly notes: ReadonlyMap<string, ReadonlyMap<number, PartitionNote>>;
  /** What is there already, to which the segments are added. */
  readonly before: Manifest | undefined;
}

export function writeManifest({ backupId, compression, facts, segments, notes, before }: ManifestDraft): Buffer {
  const topics = new Map(facts.topics.map((topic) => [topic.name, topic]));
  const known = new Map(before?.topics.map((topic) => [topic.name, topic]));
  const names = [...new Set([...known.keys(), ...topics.keys(), ...segments.keys()])].sort();
  const rewrittenBy = facts.rewrittenBy ?? before?.rewrittenBy;
  const isolation = joinIsolation(before, facts.isolation);
  const old = before?.json ?? {};
  const own = { ...(typeof old['srgit'] === 'object' ? old['srgit'] : {}), unfinished: facts.unfinished === true };
  const json = {
    ...old,
    backup_id: backupId,
    created_at: before?.created_at ?? facts.createdAt,
    source_cluster_id: facts.sourceClusterId ?? old['source_cluster_id'] ?? null,
    source_brokers: facts.sourceBrokers ?? old['source_brokers'] ?? [],
    compression: old['compression'] ?? compression,
    ...(isolation === undefined ? {} : { isolation_level: isolation }),
    srgit: { ...own, ...(rewrittenBy === undefined ? {} : { rewritten_by: rewrittenBy }) },
    topics: names.map((name) => {
      return topicJson(
        name,
        topics.get(name),
        { segments: segments.get(name), notes: notes.get(name) },
        known.get(name),
      );
    }),
  };
  if (isolation === undefined) delete (json as { isolation_level?: string }).isolation_level;
  return Buffer.from(`${JSON.stringify(json, null, 2)}\n`);
}

/** Readers take markers for data where this says that there are none: it may say so only if that holds for all segments. */
function joinIsolation(before: Manifest | undefined, added: ArchiveFacts['isolation']): string | undefined {
  if (before === undefined || before.isolation_level === added) return added;
  return before.isolation_level === undefined || added === undefined ? undefined : 'read_uncommitted';
}

interface AddedParts {
  readonly segments: ReadonlyMap<number, readonly StoredSegment[]> | undefined;
  readonly notes: ReadonlyMap<number, PartitionNote> | undefined;
}

function topicJson(
  name: string,
  facts: SourceTopic | undefined,
  { segments, notes }: AddedParts,
  before: ManifestTopic | undefined,
): Record<string, unknown> {
  const known = new Map(before?.partitions.map((partition) => [partition.partition_id, partition]));
  const ids = [...new Set([...known.keys(), ...(segments?.keys() ?? [])])].sort((a, b) => a - b);
  const count = Math.max(facts?.partitionCount ?? 0, before?.original_partition_count ?? 0, (ids.at(-1) ?? -1) + 1);
  const replication = facts?.replicationFactor ?? before?.source_replication_factor;
  const config = facts?.config ?? before?.configurations;
  const topicId = facts?.id ?? before?.topicId;
  return {
    ...before?.json,
    name,
    ...(topicId === undefined ? {} : { srgit_topic_id: topicId }),
    original_partition_count: count,
    ...(replication === undefined ? {} : { source_replication_factor: replication }),
    ...(config === undefined || Object.keys(config).length === 0 ? {} : { configurations: config }),
    partitions: ids.map((id) => partitionJson(id, segments?.get(id), notes?.get(id), known.get(id))),
  };
}

/** What the tool says of a partition's end does not hold any more once segments are added. */
const OF_THE_END = [
  'covered_through',
  'tail_control_records_skipped',
  'tail_aborted_records_dropped',
  'snapshot_end_offset',
  'high_watermark_at_capture',
];

function partitionJson(
  id: number,
  added: readonly StoredSegment[] | undefined,
  note: PartitionNote | undefined,
  before: ManifestPartition | undefined,
): Record<string, unknown> {
  const kept = Object.entries(before?.json ?? {}).filter(([key]) => added === undefined || !OF_THE_END.includes(key));
  const listed = before?.json['segments'];
  const missing = before?.json['gaps'];
  const gaps = [...(Array.isArray(missing) ? missing : []), ...(note?.gaps ?? []).map(gapJson)];
  return {
    ...Object.fromEntries(kept),
    partition_id: id,
    segments: [...(Array.isArray(listed) ? listed : []), ...(added ?? []).map(segmentJson)],
    ...(gaps.length === 0 ? {} : { gaps }),
    ...(note?.nextOffset === undefined ? {} : { srgit_next_offset: note.nextOffset }),
  };
}

/** The end is exclusive. */
function gapJson({ firstOffset, lastOffset, reason, detectedAt }: PartitionNote['gaps'][number]) {
  return { start_offset: firstOffset, end_offset: lastOffset + 1, reason, detected_at: detectedAt };
}

function segmentJson(segment: StoredSegment): Record<string, unknown> {
  const { key, startOffset, endOffset, minTimestamp, maxTimestamp, records, streamBytes, fileBytes, sha256 } = segment;
  return {
    key,
    start_offset: startOffset,
    end_offset: endOffset,
    // The least and the greatest: the tool's own window filter goes by them, and is wrong with the first and last.
    start_timestamp: exactNumber(minTimestamp),
    end_timestamp: exactNumber(maxTimestamp),
    record_count: records,
    uncompressed_size: streamBytes,
    compressed_size: fileBytes,
    sha256,
    uploaded_at: segment.uploadedAt,
    srgit_exact_timestamps: true,
  };
}

/** JSON has all digits of an int64; a JavaScript number has not, and what it rounds to may be none. */
function exactNumber(value: bigint): unknown {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : (JSON as unknown as RawJson).rawJSON(String(value));
}

interface RawJson {
  rawJSON(text: string): unknown;
}
