/** Consumer groups of the source go on in the target at the first record that they had not read. */
import { isSrgitError } from '../../../errors.ts';
import type { KafkaAdmin } from '../../../kafka/port.ts';
import type { ConsumerGroup, GroupOffset } from '../../../records/record-source.ts';
import type { Lane } from '../lanes.ts';
import { AT_END, type LanePosition, laneKey, translationKey } from './replay-position.ts';

export interface RestoredGroup {
  readonly group: string;
  readonly offsets: number;
  /** Partitions whose offset is not known: it was met by an earlier run that had no room to keep it. */
  readonly unknown: readonly { readonly topic: string; readonly partition: number }[];
  /** Why nothing was committed. */
  readonly refused?: string;
}

/** By number of the lane's source, the offsets that groups have in it, ascending, each once. */
export function wantedOffsets(lane: Lane, groups: readonly ConsumerGroup[]): readonly (readonly bigint[])[] {
  return lane.sources.map(({ topic, partition }) => {
    const offsets = groups.flatMap((group) =>
      group.offsets
        .filter((entry) => entry.topic === topic && entry.partition === partition.partition)
        .map(({ offset }) => offset),
    );
    return [...new Set(offsets)].sort((a, b) => (a < b ? -1 : 1));
  });
}

/**
 * @param positions of lanes that are done, by `laneKey`
 */
export async function restoreGroups(
  admin: KafkaAdmin,
  groups: readonly ConsumerGroup[],
  lanes: readonly Lane[],
  positions: ReadonlyMap<string, LanePosition>,
  signal?: AbortSignal,
): Promise<readonly RestoredGroup[]> {
  const places = new Map<string, { readonly lane: Lane; readonly source: number }>();
  for (const lane of lanes) {
    for (const [source, { topic, partition }] of lane.sources.entries()) {
      places.set(laneKey({ topic, partition: partition.partition }), { lane, source });
    }
  }
  const ends = new Map<string, Promise<ReadonlyMap<number, bigint>>>();
  const endOf = async ({ topic, partition }: Lane): Promise<bigint | undefined> => {
    let end = ends.get(topic);
    if (end === undefined) {
      end = admin.offsets(topic, 'latest', signal);
      ends.set(topic, end);
    }
    return (await end).get(partition);
  };
  const restored: RestoredGroup[] = [];
  for (const { group, offsets } of groups) {
    const translated: GroupOffset[] = [];
    const unknown: RestoredGroup['unknown'][number][] = [];
    for (const entry of offsets) {
      const place = places.get(laneKey(entry));
      if (place === undefined) continue;
      const { lane, source } = place;
      const position = positions.get(laneKey(lane));
      const known = position?.translated.get(translationKey(source, entry.offset));
      // Past the last record of the source is past the last one of the target, too.
      const isAtEnd = source === lane.sources.length - 1 && entry.offset >= (lane.sources[source]?.to ?? 0n);
      const offset = known === AT_END || (known === undefined && isAtEnd) ? await endOf(lane) : known;
      if (offset === undefined) unknown.push({ topic: entry.topic, partition: entry.partition });
      else {
        const { topic, partition } = lane;
        const { metadata } = entry;
        translated.push({ topic, partition, offset, ...(metadata === undefined ? {} : { metadata }) });
      }
    }
    if (translated.length === 0 && unknown.length === 0) continue;
    restored.push(await commitGroup(admin, group, leastOffsets(translated), unknown, signal));
  }
  return restored;
}

/** Where partitions are joined a group has two places in one: with the earlier one it loses nothing. */
function leastOffsets(offsets: readonly GroupOffset[]): readonly GroupOffset[] {
  const least = new Map<string, GroupOffset>();
  for (const entry of offsets) {
    const other = least.get(laneKey(entry));
    if (other === undefined || entry.offset < other.offset) least.set(laneKey(entry), entry);
  }
  return [...least.values()];
}

async function commitGroup(
  admin: KafkaAdmin,
  group: string,
  offsets: readonly GroupOffset[],
  unknown: RestoredGroup['unknown'],
  signal: AbortSignal | undefined,
): Promise<RestoredGroup> {
  try {
    if (offsets.length > 0) await admin.commitGroupOffsets(group, offsets, signal);
    return { group, offsets: offsets.length, unknown };
  } catch (error) {
    // One group with members is no reason to leave the others where they are.
    if (!isSrgitError(error, 'SRGIT_KAFKA_GROUP')) throw error;
    return { group, offsets: 0, unknown, refused: error.message };
  }
}
