/**
 * Puts the target's schema ids into the records of one partition, in the bytes that hold them: same length, nothing
 * else touched. Also only counts, for a scan. Works on whatever gives `RecordSlices`: batches, archives, lines.
 */
import type { ChecksumPatch } from './crc32c.ts';
import type { RecordSide, TopicRule, UnknownPolicy } from './frame-rules.ts';
import type { FrameEntry, FrameReport } from './frame-tally.ts';
import { SchemaHeaders } from './header-names.ts';
import type { RecordSlices } from './record-slices.ts';
import { FoundFrames, SideFrames } from './side-frames.ts';

export type RecordFate = 'kept' | 'patched' | 'removed';

export interface RewriterOptions {
  /** Named in errors. */
  readonly topic: string;
  readonly partition: number;
  readonly rule: TopicRule;
  readonly onUnknown: UnknownPolicy;
}

/** A record with a schema that the target lacks, under the policy `fail`. */
export class UnknownSchemaError extends Error {
  override readonly name = 'UnknownSchemaError';
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly side: RecordSide;
  /** Decimal, or a guid. */
  readonly id: string;

  constructor(
    where: { readonly topic: string; readonly partition: number },
    offset: bigint,
    side: RecordSide,
    id: string,
  ) {
    super(
      `schema ID ${id} not found in target registry: ${side} in ${where.topic}, partition ${where.partition}, offset ${offset}`,
    );
    this.topic = where.topic;
    this.partition = where.partition;
    this.offset = offset;
    this.side = side;
    this.id = id;
  }
}

export class SchemaIdRewriter {
  private readonly options: RewriterOptions;
  private readonly sides: { readonly key: SideFrames; readonly value: SideFrames };
  private readonly headers = new SchemaHeaders();
  private readonly found = new FoundFrames();
  private records = 0;
  private base = 0n;
  /** Of the last record that `rewrite` removed: what it lacks. */
  private missing: FrameEntry | undefined;

  constructor(options: RewriterOptions) {
    this.options = options;
    const { key, value } = options.rule;
    this.sides = { key: new SideFrames('key', key), value: new SideFrames('value', value) };
  }

  /** Whether records may be looked at or changed at all; if not, a batch need not even be decompressed. */
  get isIdle(): boolean {
    const { key, value } = this.options.rule;
    return key.framing === 'none' && value.framing === 'none';
  }

  /** Offsets given to `scan` and `rewrite` count from here on from this one. */
  begin(baseOffset: bigint): void {
    this.base = baseOffset;
  }

  /** Counts a record's frames; nothing is changed. */
  scan(bytes: Buffer, record: RecordSlices, offsetDelta: number): void {
    this.find(bytes, record);
    this.count(offsetDelta);
  }

  /**
   * Counts a record's frames and changes their ids in place. A record that is to be removed is left as it was.
   * @param checksum told of the changes, in ascending order
   * @throws UnknownSchemaError under the policy `fail`, before this record is changed
   */
  rewrite(bytes: Buffer, record: RecordSlices, offsetDelta: number, checksum?: ChecksumPatch): RecordFate {
    this.find(bytes, record);
    const found = this.found;
    if (found.count === 0) return 'kept';
    this.count(offsetDelta);
    if (this.options.onUnknown !== 'pass' && this.findMissing(offsetDelta)) return 'removed';
    if (found.count > 1) sortByPosition(found);
    let fate: RecordFate = 'kept';
    for (let i = 0; i < found.count; i++) {
      const target = (found.entries[i] as FrameEntry).target;
      if (target === undefined) continue;
      writeWords(bytes, found.positions[i] as number, target, checksum);
      fate = 'patched';
    }
    return fate;
  }

  /** The id and side for which the last record was removed. */
  get removedFor(): { readonly side: RecordSide; readonly id: string } | undefined {
    return this.missing && { side: this.missing.side, id: this.missing.id };
  }

  /** What was seen so far. */
  report(): FrameReport {
    const { key, value } = this.sides;
    const frames = [...key.seen(), ...value.seen()].map((entry) => entry.toCount());
    return { records: this.records, key: key.counts(), value: value.counts(), frames };
  }

  private find(bytes: Buffer, record: RecordSlices): void {
    const { found, headers } = this;
    this.records++;
    found.count = 0;
    if (record.headerCount > 0) headers.find(bytes, record);
    else headers.any = false;
    this.sides.key.find(bytes, record.keyStart, record.keyLength, headers, found);
    this.sides.value.find(bytes, record.valueStart, record.valueLength, headers, found);
  }

  private count(offsetDelta: number): void {
    const found = this.found;
    for (let i = 0; i < found.count; i++) (found.entries[i] as FrameEntry).add(this.base, offsetDelta);
  }

  private findMissing(offsetDelta: number): boolean {
    const found = this.found;
    for (let i = 0; i < found.count; i++) {
      const entry = found.entries[i] as FrameEntry;
      if (!entry.isMissing) continue;
      if (this.options.onUnknown === 'fail') {
        throw new UnknownSchemaError(this.options, this.base + BigInt(offsetDelta), entry.side, entry.id);
      }
      this.missing = entry;
      return true;
    }
    return false;
  }
}

/** Headers come in any order; there are six frames at most. */
function sortByPosition(found: FoundFrames): void {
  const { entries, positions } = found;
  for (let i = 1; i < found.count; i++) {
    const entry = entries[i] as FrameEntry;
    const position = positions[i] as number;
    let at = i;
    for (; at > 0 && (positions[at - 1] as number) > position; at--) {
      entries[at] = entries[at - 1] as FrameEntry;
      positions[at] = positions[at - 1] as number;
    }
    entries[at] = entry;
    positions[at] = position;
  }
}

function writeWords(bytes: Buffer, start: number, words: Int32Array, checksum: ChecksumPatch | undefined): void {
  for (let i = 0, at = start; i < words.length; i++, at += 4) {
    const word = words[i] as number;
    const first = word >>> 24;
    const second = (word >>> 16) & 0xff;
    const third = (word >>> 8) & 0xff;
    const fourth = word & 0xff;
    if (checksum !== undefined) {
      const difference =
        ((bytes[at] as number) ^ first) |
        (((bytes[at + 1] as number) ^ second) << 8) |
        (((bytes[at + 2] as number) ^ third) << 16) |
        (((bytes[at + 3] as number) ^ fourth) << 24);
      if (difference !== 0) checksum.changed(at, difference);
    }
    bytes[at] = first;
    bytes[at + 1] = second;
    bytes[at + 2] = third;
    bytes[at + 3] = fourth;
  }
}
