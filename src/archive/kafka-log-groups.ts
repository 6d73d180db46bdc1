/**
 * Offsets of consumer groups as brokers keep them in `__consumer_offsets`, a compacted topic: the last record of a key is
 * what counts, and one without a value removes it. Formats: Kafka's OffsetCommitKey.json and OffsetCommitValue.json.
 */

import type { RecordSlices } from '../records/record-slices.ts';
import type { ConsumerGroup, GroupOffset } from '../records/record-source.ts';

export const GROUPS_TOPIC = '__consumer_offsets';

export class GroupOffsets {
  private readonly groups = new Map<string, Map<string, GroupOffset>>();
  /** Records that were no offsets of a version known here. */
  unknown = 0;

  /** Takes the record whose parts are in `bytes`. */
  add(bytes: Buffer, record: RecordSlices): void {
    const { keyStart, keyLength, valueStart, valueLength } = record;
    const key = new Fields(bytes, keyStart, keyLength);
    const version = key.int16();
    // Version 2 says who is in the group; those of share and streams groups follow.
    if (version === undefined || version >= 2) return;
    const group = key.text();
    const topic = key.text();
    const partition = key.int32();
    if (group === undefined || topic === undefined || partition === undefined) {
      this.unknown++;
      return;
    }
    const name = `${topic}/${partition}`;
    if (valueLength < 0) {
      this.groups.get(group)?.delete(name);
      return;
    }
    const committed = readCommit(new Fields(bytes, valueStart, valueLength));
    if (committed === undefined) {
      this.unknown++;
      return;
    }
    const { offset, metadata } = committed;
    let offsets = this.groups.get(group);
    if (offsets === undefined) {
      offsets = new Map();
      this.groups.set(group, offsets);
    }
    offsets.set(name, { topic, partition, offset, ...(metadata ? { metadata } : {}) });
  }

  /** Sorted; groups without an offset on a topic of `topics` are left out. */
  list(topics: ReadonlySet<string>): readonly ConsumerGroup[] {
    const list: ConsumerGroup[] = [];
    for (const [group, byPartition] of this.groups) {
      const offsets = [...byPartition.values()]
        .filter(({ topic }) => topics.has(topic))
        .sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
      if (offsets.length > 0) list.push({ group, offsets });
    }
    return list.sort((a, b) => (a.group < b.group ? -1 : 1));
  }
}

interface Commit {
  readonly offset: bigint;
  readonly metadata: string | undefined;
}

/** Version 3 has a leader epoch before the metadata; version 4 is "flexible": its text has a varint length. */
function readCommit(value: Fields): Commit | undefined {
  const version = value.int16();
  if (version === undefined || version < 0 || version > 4) return undefined;
  const offset = value.int64();
  if (offset === undefined || (version >= 3 && value.int32() === undefined)) return undefined;
  const metadata = version >= 4 ? value.compactText() : value.text();
  return { offset, metadata };
}

/** Reads one field after the other; undefined behind the end. */
class Fields {
  private readonly bytes: Buffer;
  private readonly end: number;
  private at: number;

  constructor(bytes: Buffer, start: number, length: number) {
    this.bytes = bytes;
    this.at = start;
    this.end = start + Math.max(0, length);
  }

  int16(): number | undefined {
    const at = this.take(2);
    return at === undefined ? undefined : this.bytes.readInt16BE(at);
  }

  int32(): number | undefined {
    const at = this.take(4);
    return at === undefined ? undefined : this.bytes.readInt32BE(at);
  }

  int64(): bigint | undefined {
    const at = this.take(8);
    return at === undefined ? undefined : this.bytes.readBigInt64BE(at);
  }

  text(): string | undefined {
    return this.textOf(this.int16());
  }

  compactText(): string | undefined {
    let length = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const at = this.take(1);
      const byte = at === undefined ? 0 : (this.bytes[at] as number);
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return this.textOf(length - 1);
  }

  private textOf(length: number | undefined): string | undefined {
    if (length === undefined || length < 0) return undefined;
    const at = this.take(length);
    return at === undefined ? undefined : this.bytes.toString('utf8', at, at + length);
  }

  private take(count: number): number | undefined {
    const at = this.at;
    if (count > this.end - at) return undefined;
    this.at += count;
    return at;
  }
}
