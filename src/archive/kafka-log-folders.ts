/**
 * Which stored files are segments of which partition. A broker's log directory has `{topic}-{partition}/{20 digits}.log`;
 * copies of tiered storage name folders and files in other ways:
 *
 *     orders-0/00000000000000000042.log                                a broker's log directory, or a snapshot of its disk
 *     orders-0/00000000000000000042.log.swap                           compacted, not yet renamed: recovery takes it
 *     orders-{topic id}/0/00000000000000000042-{segment id}.log        Aiven's plugin
 *     orders-0-{topic id}/{segment id}.log                             Kafka's LocalTieredStorage, older
 *     {topic id}-0-orders/{segment id}-segment                         Kafka's LocalTieredStorage
 *
 * Ids are 22 characters of base64url. Where a file's name does not say the base offset, its first batch does.
 */
import type { StoredObject } from './storage.ts';

export interface LogSegment {
  readonly key: string;
  readonly size: number;
  /** The folder that it is in: segments of one folder follow each other without an overlap. */
  readonly folder: string;
  /** No record is before it; undefined where the name does not say. */
  readonly baseOffset: bigint | undefined;
  /** Its offset index, where there is one. */
  readonly indexKey?: string;
}

export interface LogPartition {
  readonly topic: string;
  readonly partition: number;
  /** As they were listed. */
  readonly segments: readonly LogSegment[];
  /** `partition.metadata` of its folders: `topic_id` is in there. */
  readonly metadataKeys: readonly string[];
}

export interface LogFolders {
  /** Sorted by topic and partition. */
  readonly partitions: readonly LogPartition[];
  /** Keys of `meta.properties`, `log-start-offset-checkpoint` and `.kafka_cleanshutdown`: of each log directory. */
  readonly metaKeys: readonly string[];
  readonly startOffsetKeys: readonly string[];
  /** Log directories that were closed in order: `` or a folder's key that ends on `/`. */
  readonly cleanFolders: ReadonlySet<string>;
  /** Folders that hold logs and are left out, and why: of topics that are deleted or moved, or that no rule names. */
  readonly leftOut: ReadonlyMap<string, string>;
}

interface Place {
  readonly topic: string;
  readonly partition: number;
}

const SEGMENT = /^(?:(\d{20})(?:[-_.][\w.-]*)?|[\w-]{22,36})(?:\.log(?:\.swap)?|\.kafka|-segment)$/;
/** What compaction and deletion are not done with, or have done away with: a broker that starts ignores or removes it. */
const NO_SEGMENT = /\.(?:deleted|cleaned)$/;
const PLAIN = /^\d{20}\.log(?:\.swap)?$/;
const ID = '[\\w-]{22}';
const BROKER_FOLDER = /^([\w.-]{1,249})-(\d{1,9})$/;
const ID_BEHIND = new RegExp(`^([\\w.-]{1,249})-(\\d{1,9})-${ID}$`);
const ID_BEFORE = new RegExp(`^${ID}-(\\d{1,9})-([\\w.-]{1,249})$`);
const TOPIC_AND_ID = new RegExp(`^([\\w.-]{1,249})-${ID}$`);
/** KIP-113, KIP-516 and KIP-858: `{topic}-{partition}.{32 hex digits}-{why}`. */
const GONE = /^[\w.-]+-\d+\.[0-9a-f]{32}-(delete|future|stray)$/;
const WHY_GONE: Readonly<Record<string, string>> = {
  delete: 'of a deleted topic',
  future: 'a replica that was being moved here',
  stray: 'a replica that this broker should not have',
};

/**
 * @param location of the storage: names the topic where it is a partition's own folder
 */
export async function findLogFolders(objects: AsyncIterable<StoredObject>, location: string): Promise<LogFolders> {
  const metaKeys: string[] = [];
  const startOffsetKeys: string[] = [];
  const cleanFolders = new Set<string>();
  const leftOut = new Map<string, string>();
  const indexKeys = new Set<string>();
  const metadataKeys = new Set<string>();
  const segments: (LogSegment & Place)[] = [];
  const above = location.split('/');
  for await (const { key, size } of objects) {
    const folder = key.slice(0, key.lastIndexOf('/') + 1);
    const name = key.slice(folder.length);
    if (name === 'meta.properties') metaKeys.push(key);
    else if (name === 'log-start-offset-checkpoint') startOffsetKeys.push(key);
    else if (name === '.kafka_cleanshutdown') cleanFolders.add(folder);
    else if (name === 'partition.metadata') metadataKeys.add(key);
    else if (name.endsWith('.index')) indexKeys.add(key);
    else if (isSegmentName(name)) {
      const parts = [...above, ...folder.split('/')].filter((part) => part !== '');
      const gone = GONE.exec(parts.at(-1) ?? '');
      const place = gone === null ? placeOf(parts, PLAIN.test(name)) : undefined;
      if (place === undefined) {
        leftOut.set(folder, WHY_GONE[gone?.[1] ?? ''] ?? 'no topic and partition can be read from its name');
      } else segments.push({ ...place, key, size, folder, baseOffset: baseOffsetOf(name) });
    }
  }
  const partitions = groupSegments(segments, indexKeys, metadataKeys);
  return { partitions, metaKeys, startOffsetKeys, cleanFolders, leftOut };
}

function groupSegments(
  segments: readonly (LogSegment & Place)[],
  indexKeys: ReadonlySet<string>,
  metadataKeys: ReadonlySet<string>,
): LogPartition[] {
  const found = new Map<string, Place & { segments: LogSegment[]; metadataKeys: string[] }>();
  for (const { topic, partition, ...segment } of segments) {
    const name = `${topic}/${partition}`;
    let entry = found.get(name);
    if (entry === undefined) {
      entry = { topic, partition, segments: [], metadataKeys: [] };
      found.set(name, entry);
    }
    const indexKey = segment.key.replace(/\.log$/, '.index');
    entry.segments.push(indexKeys.has(indexKey) ? { ...segment, indexKey } : segment);
    const metadataKey = `${segment.folder}partition.metadata`;
    if (metadataKeys.has(metadataKey) && !entry.metadataKeys.includes(metadataKey))
      entry.metadataKeys.push(metadataKey);
  }
  return [...found.values()].sort((a, b) =>
    a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1,
  );
}

function baseOffsetOf(name: string): bigint | undefined {
  const digits = SEGMENT.exec(name)?.[1];
  return digits === undefined ? undefined : BigInt(digits);
}

/** The topic and partition that a folder is named for. */
function placeOf(parts: readonly string[], plain: boolean): Place | undefined {
  const last = parts.at(-1) ?? '';
  const before = parts.at(-2) ?? '';
  if (!plain) {
    const behind = ID_BEHIND.exec(last);
    if (behind !== null) return makePlace(behind[1], behind[2]);
    const front = ID_BEFORE.exec(last);
    if (front !== null) return makePlace(front[2], front[1]);
    const topic = TOPIC_AND_ID.exec(before);
    if (topic !== null && /^\d{1,9}$/.test(last)) return makePlace(topic[1], last);
  }
  const broker = BROKER_FOLDER.exec(last);
  return broker === null ? undefined : makePlace(broker[1], broker[2]);
}

function makePlace(topic: string | undefined, partition: string | undefined): Place {
  return { topic: topic ?? '', partition: Number(partition) };
}

/** Whether a name is one that a segment has. */
export function isSegmentName(name: string): boolean {
  return SEGMENT.test(name) && !NO_SEGMENT.test(name);
}
