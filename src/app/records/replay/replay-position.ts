/** How far a replay has come in one partition of the target, and how that is kept. */
import { createHash } from 'node:crypto';
import { isJsonObject, type JsonValue } from '../../../model/json.ts';
import type { GroupOffset } from '../../../records/record-source.ts';
import type { Lane, PartitionMapping } from '../lanes.ts';
import type { RecordWindow } from '../record-window.ts';

export interface LanePosition {
  /** Number of the lane's source that is worked on. */
  readonly source: number;
  /** Next offset to read in it. */
  readonly next: bigint;
  /** Target offsets of consumer groups' offsets that were met so far, by source number and source offset. */
  readonly translated: Translations;
}

/** Keys `source:offset`. */
export type Translations = ReadonlyMap<string, bigint>;

/** Instead of a target offset: behind everything that the target has. */
export const AT_END = -1n;

export function translationKey(source: number, offset: bigint): string {
  return `${source}:${offset}`;
}

/** Brokers take 4096 bytes with a committed offset unless configured otherwise (`offset.metadata.max.bytes`). */
const MAX_METADATA = 4000;

/** The position as a committed offset: the offset is the source's, everything else is in the metadata. */
export function toGroupOffset({ topic, partition }: Lane, position: LanePosition): GroupOffset {
  return { topic, partition, offset: position.next, metadata: formatMetadata(position) };
}

/** `{"s":0,"t":{"0:100":"205"}}`; translations that are too many for it are left out, and known to be missing after a restart. */
function formatMetadata({ source, translated }: LanePosition): string {
  const head = `{"s":${source}`;
  let entries = '';
  for (const [key, offset] of translated) {
    const entry = `${entries === '' ? '' : ','}"${key}":"${offset}"`;
    if (head.length + entries.length + entry.length + 8 > MAX_METADATA) break;
    entries += entry;
  }
  return entries === '' ? `${head}}` : `${head},"t":{${entries}}}`;
}

/** Undefined for an offset that no replay has committed. */
export function fromGroupOffset({ offset, metadata }: GroupOffset): LanePosition | undefined {
  const value = parseJson(metadata ?? '');
  const source = isJsonObject(value) ? value['s'] : undefined;
  if (!isJsonObject(value) || typeof source !== 'number' || offset < 0n) return undefined;
  const translated = new Map<string, bigint>();
  for (const [key, text] of Object.entries(isJsonObject(value['t']) ? value['t'] : {})) {
    if (typeof text === 'string' && /^(-1|[0-9]{1,19})$/.test(text)) translated.set(key, BigInt(text));
  }
  return { source, next: offset, translated };
}

function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Name of the consumer group that keeps a replay's positions. Another map, window or way of partitions is another replay: a
 * position says nothing about what those would have written.
 */
export function ledgerName(
  sourceId: string,
  mapHash: string,
  window: RecordWindow,
  partitionMapping: readonly PartitionMapping[],
): string {
  const isPlain = window.since === undefined && window.until === undefined && window.offsets === undefined;
  if (isPlain && partitionMapping.length === 0) return `srgit-replay-${sourceId}-${mapHash.slice(0, 12)}`;
  const said = JSON.stringify([mapHash, window, partitionMapping], (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}` : value,
  );
  return `srgit-replay-${sourceId}-${createHash('sha256').update(said).digest('hex').slice(0, 12)}`;
}

export function laneKey({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}/${partition}`;
}

export function isDone({ sources }: Lane, position: LanePosition | undefined): boolean {
  const last = sources.at(-1);
  if (last === undefined) return true;
  return position !== undefined && position.source >= sources.length - 1 && position.next >= last.to;
}
