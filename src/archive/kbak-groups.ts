/** `consumer-groups-snapshot.json`: the next offset to read of groups on the backed-up topics. */
import { SrgitError } from '../errors.ts';
import type { ConsumerGroup, GroupOffset } from '../records/record-source.ts';
import { parseJson } from './kbak-manifest.ts';

export const GROUPS_FILE = 'consumer-groups-snapshot.json';

/** @throws SrgitError SRGIT_ARCHIVE_INVALID */
export function parseGroups(bytes: Buffer, place: string): readonly ConsumerGroup[] {
  const groups = objectAt(parseJson(bytes, place), place, 'the whole')['groups'];
  if (!Array.isArray(groups)) throw invalid(place, 'groups should be a list');
  return groups
    .map((value: unknown, i) => {
      const group = objectAt(value, place, `groups[${i}]`);
      const name = group['group_id'];
      if (typeof name !== 'string') throw invalid(place, `groups[${i}].group_id should be text`);
      const metadata = group['srgit_metadata'];
      const offsets = readOffsets(group['offsets'], place, `groups[${i}].offsets`).map((offset) => {
        const text = textAt(metadata, offset.topic, String(offset.partition));
        return text === undefined ? offset : { ...offset, metadata: text };
      });
      return { group: name, offsets };
    })
    .sort((a, b) => (a.group < b.group ? -1 : 1));
}

/** In the tool's own form, to which the metadata of commits is added where there is any. */
export function writeGroups(groups: readonly ConsumerGroup[], snapshotTime: number): Buffer {
  const json = {
    snapshot_time: snapshotTime,
    groups: groups.map(({ group, offsets }) => {
      const byTopic: Record<string, Record<string, number>> = {};
      const metadata: Record<string, Record<string, string>> = {};
      for (const entry of offsets) {
        byTopic[entry.topic] = { ...byTopic[entry.topic], [entry.partition]: Number(entry.offset) };
        if (entry.metadata === undefined || entry.metadata === '') continue;
        metadata[entry.topic] = { ...metadata[entry.topic], [entry.partition]: entry.metadata };
      }
      const hasMetadata = Object.keys(metadata).length > 0;
      return { group_id: group, offsets: byTopic, ...(hasMetadata ? { srgit_metadata: metadata } : {}) };
    }),
  };
  return Buffer.from(`${JSON.stringify(json, null, 2)}\n`);
}

function readOffsets(value: unknown, place: string, path: string): GroupOffset[] {
  const offsets: GroupOffset[] = [];
  for (const [topic, partitions] of Object.entries(objectAt(value, place, path))) {
    for (const [partition, offset] of Object.entries(objectAt(partitions, place, `${path}.${topic}`))) {
      const number = Number(partition);
      const isPartition = /^\d{1,9}$/.test(partition);
      if (!isPartition || typeof offset !== 'number' || !Number.isSafeInteger(offset)) {
        throw invalid(place, `${path}.${topic}.${partition} should be an offset of a partition`);
      }
      if (offset >= 0) offsets.push({ topic, partition: number, offset: BigInt(offset) });
    }
  }
  return offsets.sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
}

function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[key];
  }
  return typeof at === 'string' ? at : undefined;
}

function objectAt(value: unknown, place: string, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw invalid(place, `${path} should be an object`);
}

function invalid(place: string, what: string): SrgitError {
  return new SrgitError('SRGIT_ARCHIVE_INVALID', `${place}: ${what}`, {
    hint: 'The file is damaged: take another copy.',
  });
}
