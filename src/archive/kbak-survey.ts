/**
 * The manifest held against what is stored. The tool's manifest goes stale in known ways: a second run of the same backup
 * leaves a segment longer than the manifest says. The segment's own header counts then.
 */
import type { FoundBackup } from './kbak-find.ts';
import { joinKey } from './kbak-find.ts';
import { HEADER_BYTES, hasSegmentMagic, readSegmentHeader } from './kbak-format.ts';
import type { ManifestSegment, ManifestTopic, MissingRange } from './kbak-manifest.ts';
import type { Storage, StoredObject } from './storage.ts';

/** One segment, as the manifest and the storage have it. */
export interface SegmentEntry {
  readonly key: string;
  readonly listed: ManifestSegment;
  /** Undefined when it is missing. */
  object: StoredObject | undefined;
  startOffset: number;
  /** Inclusive. */
  endOffset: number;
  recordCount: number;
  /** The tag of the object whose checksum was found right. */
  verifiedTag: string | undefined;
}

export interface PartitionEntry {
  readonly partition: number;
  /** By first offset. */
  readonly segments: SegmentEntry[];
  readonly missing: readonly MissingRange[];
}

export interface TopicEntry {
  readonly topic: ManifestTopic;
  readonly partitions: ReadonlyMap<number, PartitionEntry>;
}

export type Survey = ReadonlyMap<string, TopicEntry>;

/** @throws SrgitError of the storage */
export async function surveyBackup(
  storage: Storage,
  found: FoundBackup,
  warn: (message: string) => void,
  signal?: AbortSignal,
): Promise<Survey> {
  const survey = readEntries(found);
  const byKey = new Map<string, SegmentEntry[]>();
  for (const entry of allSegments(survey)) {
    const same = byKey.get(entry.key);
    if (same === undefined) byKey.set(entry.key, [entry]);
    else same.push(entry);
  }
  const prefix = found.folder === '' ? '' : `${found.folder}/`;
  const changed: SegmentEntry[] = [];
  for await (const object of storage.list(prefix, signal)) {
    for (const entry of byKey.get(object.key) ?? []) {
      entry.object = object;
      const { compressed_size: said = 0 } = entry.listed;
      if (said !== 0 && said !== object.size) changed.push(entry);
    }
  }
  for (const entry of changed) await correctEntry(storage, entry, warn, signal);
  for (const { partitions } of survey.values()) {
    for (const { segments } of partitions.values()) segments.sort((a, b) => a.startOffset - b.startOffset);
  }
  return survey;
}

export function* allSegments(survey: Survey): Generator<SegmentEntry> {
  for (const { partitions } of survey.values()) for (const { segments } of partitions.values()) yield* segments;
}

function readEntries({ folder, manifest }: FoundBackup): Survey {
  return new Map(
    manifest.topics.map((topic) => {
      const partitions = topic.partitions.map(({ partition_id, segments, missing }) => {
        const entries = segments.map((listed) => ({
          key: resolveKey(listed.key, folder, manifest.backup_id),
          listed,
          object: undefined,
          startOffset: listed.start_offset,
          endOffset: listed.end_offset,
          recordCount: listed.record_count,
          verifiedTag: undefined,
        }));
        return [partition_id, { partition: partition_id, segments: entries, missing }] as const;
      });
      return [topic.name, { topic, partitions: new Map(partitions) }] as const;
    }),
  );
}

/** Keys begin with the backup's id: where its folder has another name now, the folder counts. */
function resolveKey(key: string, folder: string, backupId: string): string {
  return key.startsWith(`${backupId}/`) ? joinKey(folder, key.slice(backupId.length + 1)) : key;
}

async function correctEntry(
  storage: Storage,
  entry: SegmentEntry,
  warn: (message: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { object, listed } = entry;
  if (object === undefined) return;
  const parts: Buffer[] = [];
  for await (const part of storage.read(entry.key, { start: 0, end: HEADER_BYTES, signal })) parts.push(part);
  const head = Buffer.concat(parts);
  const sizes = `has ${object.size} bytes and not ${listed.compressed_size} as the manifest says`;
  if (head.length < HEADER_BYTES || !hasSegmentMagic(head)) {
    warn(`${entry.key} ${sizes}`);
    return;
  }
  try {
    const { startOffset, endOffset, recordCount } = readSegmentHeader(head);
    warn(
      `${entry.key} ${sizes}: it holds offsets ${startOffset} to ${endOffset}, the manifest says ` +
        `${listed.start_offset} to ${listed.end_offset}; the segment is believed`,
    );
    entry.startOffset = startOffset;
    entry.endOffset = endOffset;
    entry.recordCount = recordCount;
  } catch {
    // Whoever reads the segment is told what is wrong with it.
    warn(`${entry.key} ${sizes}`);
  }
}
