/** Writes a backup in the tool's own form: segments first, the manifest that lists them last. */
import { SrgitError, throwIfAborted } from '../errors.ts';
import { RecordError } from '../records/record-error.ts';
import type { RecordSlices } from '../records/record-slices.ts';
import type { ArchiveFacts, PartitionSink, RecordSink } from '../records/record-source.ts';
import { readManifestOf } from './kbak-find.ts';
import { EXTENSIONS, type KbakCompression } from './kbak-format.ts';
import { GROUPS_FILE, writeGroups } from './kbak-groups.ts';
import type { Manifest } from './kbak-manifest.ts';
import { type NewSegments, type PartitionNote, writeManifest } from './kbak-new-manifest.ts';
import { DEFAULT_KBAK_LIMITS } from './kbak-options.ts';
import { headBytesOf, SegmentWriter } from './kbak-segment-writer.ts';
import { SpillBudget } from './payload-spill.ts';
import { segmentPayload } from './segment-payload.ts';
import type { Storage } from './storage.ts';
import { StoreSlots } from './store-slots.ts';

export interface KbakSinkOptions {
  /** Its folder in the storage, and the beginning of every key. */
  readonly backupId: string;
  readonly compression?: KbakCompression | undefined;
  /** Of zstd, 1 to 22; 3 otherwise. */
  readonly level?: number | undefined;
  /** A segment ends with the record that brings it to so many bytes before compression: 128 MiB, as the tool has it. */
  readonly segmentBytes?: number | undefined;
  /** Add to the backup if it is there already. Without it, a backup of that id is refused. */
  readonly append?: boolean | undefined;
  /** Hash of the id map that the records are rewritten by; a backup holds records of one map only. */
  readonly rewrittenBy?: string | undefined;
  /** Of the backup that the records come from: a rewritten copy must have another id. */
  readonly sourceId?: string | undefined;
  /**
   * Compressed bytes that wait in memory, of all partitions together, for a storage that takes an object from its first
   * byte on only; what is more waits in temporary files. 64 MiB.
   */
  readonly heldBytes?: number | undefined;
  readonly temporaryFolder?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface KbakSink extends RecordSink {
  /** What the backup said when it was opened to be added to; undefined for a new one. */
  readonly before: BackupBefore | undefined;
  /** The first offset that the backup has not covered; 0 for a partition it does not know. */
  nextOffset(topic: string, partition: number): bigint;
  /** All before `next` was read, and what there was is stored: markers and aborted records may be the last. */
  cover(topic: string, partition: number, next: bigint): void;
  /** These offsets, the last one included, could not be read: they are in no segment, and a reader is told. */
  lack(topic: string, partition: number, gap: PartitionGap): void;
  /** Lists what is stored so far, so that a later run can add to it. Writing goes on. */
  checkpoint(facts: ArchiveFacts): Promise<void>;
}

export interface PartitionGap {
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
  /** `offset_out_of_range`, as the tool has it, where they were deleted before; or another word. */
  readonly reason: string;
}

export interface BackupBefore {
  readonly sourceClusterId?: string;
  readonly unfinished: boolean;
  /** The cluster's id of the topic that the records are of, where it was known. */
  topicId(topic: string): string | undefined;
}

/**
 * Memory: about 3 MiB for each open partition (two blocks of 256 KiB and an encoder; a record that is larger than a block
 * has one of its own), and where the storage takes an object from its first byte on only, `heldBytes` and what it holds of
 * the four segments at most that are stored at once.
 * @throws SrgitError SRGIT_STORAGE_WRITE when the backup is there already, SRGIT_STORAGE_KEY, SRGIT_REPLAY_REWRITTEN
 */
export async function createKbak(storage: Storage, options: KbakSinkOptions): Promise<KbakSink> {
  const { backupId, append = false, rewrittenBy, sourceId, segmentBytes = DEFAULT_SEGMENT_BYTES, signal } = options;
  if (!isName(backupId)) throw badName('backup id', backupId);
  if (segmentBytes < 1 || segmentBytes > MOST_SEGMENT_BYTES) {
    throw new SrgitError('SRGIT_USAGE', `a segment cannot have ${segmentBytes} bytes`, {
      hint: `Choose from 1 to ${MOST_SEGMENT_BYTES}.`,
    });
  }
  if (rewrittenBy !== undefined && sourceId === backupId) {
    throw new SrgitError('SRGIT_REPLAY_REWRITTEN', `a rewritten copy of backup ${backupId} cannot have the same id`, {
      hint: 'Give the copy a backup id of its own: replays tell backups apart by it.',
    });
  }
  const tag = (await storage.stat(`${backupId}/manifest.json`, signal))?.tag;
  const before = await readManifestOf(storage, backupId, DEFAULT_KBAK_LIMITS, signal);
  if (before !== undefined && !append) {
    throw new SrgitError('SRGIT_STORAGE_WRITE', `${storage.location} holds a backup ${backupId} already`, {
      hint: 'Choose another backup id, or ask to add to this one.',
    });
  }
  if (before !== undefined && before.rewrittenBy !== rewrittenBy)
    throw otherMap(backupId, before.rewrittenBy, rewrittenBy);
  return new KbakWriter(storage, options, before, tag);
}

const DEFAULT_SEGMENT_BYTES = 128 * 1024 * 1024;
/** The size before an LZ4 block has 32 bits; the last record comes on top. */
const MOST_SEGMENT_BYTES = 1024 * 1024 * 1024;

class KbakWriter implements KbakSink {
  private readonly storage: Storage;
  private readonly options: KbakSinkOptions;
  private readonly manifest: Manifest | undefined;
  private readonly budget: SpillBudget;
  private readonly slots = new StoreSlots(STORED_AT_ONCE);
  private readonly segments: NewSegments = new Map();
  private readonly open_ = new Map<string, PartitionWriter>();
  private readonly next = new Map<string, number>();
  private readonly notes = new Map<string, Map<number, PartitionNote>>();
  private readonly keys: string[] = [];
  /** Of the manifest as this run knows it. */
  private tag: string | undefined;
  /** Odd while this run writes the manifest. */
  private writing = 0;
  private checkpointed = false;

  constructor(storage: Storage, options: KbakSinkOptions, before: Manifest | undefined, tag: string | undefined) {
    this.storage = storage;
    this.options = options;
    this.manifest = before;
    this.tag = tag;
    this.budget = new SpillBudget(options.heldBytes ?? DEFAULT_HELD, options.temporaryFolder);
    for (const { name, partitions } of before?.topics ?? []) {
      for (const { partition_id, segments, nextOffset = 0 } of partitions) {
        const next = segments.reduce((most, segment) => Math.max(most, segment.end_offset + 1), nextOffset);
        this.next.set(nameOf(name, partition_id), next);
      }
    }
  }

  get before(): BackupBefore | undefined {
    const { manifest } = this;
    if (manifest === undefined) return undefined;
    const { source_cluster_id: sourceClusterId, unfinished, topics } = manifest;
    const ids = new Map(topics.map(({ name, topicId }) => [name, topicId]));
    return {
      ...(sourceClusterId === undefined ? {} : { sourceClusterId }),
      unfinished,
      topicId: (topic) => ids.get(topic),
    };
  }

  nextOffset(topic: string, partition: number): bigint {
    return BigInt(this.next.get(nameOf(topic, partition)) ?? 0);
  }

  cover(topic: string, partition: number, next: bigint): void {
    const name = nameOf(topic, partition);
    const known = this.next.get(name) ?? 0;
    if (this.open_.has(name)) throw new SrgitError('SRGIT_INTERNAL', `${name} is still being written`);
    if (Number(next) <= known) return;
    this.next.set(name, Number(next));
    this.noteOf(topic, partition).nextOffset = Number(next);
  }

  lack(topic: string, partition: number, { firstOffset, lastOffset, reason }: PartitionGap): void {
    const gap = { firstOffset: Number(firstOffset), lastOffset: Number(lastOffset), reason, detectedAt: Date.now() };
    this.noteOf(topic, partition).gaps.push(gap);
  }

  async open(topic: string, partition: number): Promise<PartitionSink> {
    if (!isName(topic)) throw badName('topic', topic);
    const name = nameOf(topic, partition);
    if (this.open_.has(name)) throw new SrgitError('SRGIT_INTERNAL', `${name} is written already`);
    const { compression = 'zstd', level = 3, segmentBytes = DEFAULT_SEGMENT_BYTES, backupId, signal } = this.options;
    const keyOf = (startOffset: number): string => {
      const file = `segment-${String(startOffset).padStart(20, '0')}${EXTENSIONS[compression]}`;
      return `${backupId}/topics/${topic}/partition=${partition}/${file}`;
    };
    const writer = new PartitionWriter({
      name,
      next: this.next.get(name) ?? 0,
      segmentBytes,
      begin: (startOffset) => {
        const payload = segmentPayload(this.storage, keyOf(startOffset), headBytesOf(compression), this.budget);
        return new SegmentWriter(compression, level, payload);
      },
      store: async (segment, startOffset) => {
        const key = keyOf(startOffset);
        const facts = await this.slots.run(async () => {
          await this.checkAlone();
          return segment.store(signal);
        });
        this.keys.push(key);
        const listed = this.segments.get(topic) ?? new Map();
        this.segments.set(topic, listed);
        const before = listed.get(partition);
        const stored = { ...facts, key, uploadedAt: Date.now() };
        if (before === undefined) listed.set(partition, [stored]);
        else before.push(stored);
        this.next.set(name, facts.endOffset + 1);
      },
      closed: () => this.open_.delete(name),
      signal,
    });
    this.open_.set(name, writer);
    return writer;
  }

  async checkpoint(facts: ArchiveFacts): Promise<void> {
    this.checkMap(facts);
    const { backupId, compression = 'zstd', signal } = this.options;
    throwIfAborted(signal);
    await this.checkAlone();
    const { groups = [] } = facts;
    if (groups.length > 0) {
      await this.storage.write(`${backupId}/${GROUPS_FILE}`, writeGroups(groups, Date.now()), signal);
    }
    const { segments, notes, manifest: before } = this;
    const manifest = writeManifest({ backupId, compression, facts, segments, notes, before });
    this.writing++;
    try {
      this.tag = (await this.storage.write(`${backupId}/manifest.json`, manifest, signal)).tag;
    } finally {
      this.writing++;
    }
    this.checkpointed = true;
  }

  async finish(facts: ArchiveFacts): Promise<void> {
    for (const writer of [...this.open_.values()]) await writer.close();
    await this.checkpoint(facts);
    await this.budget.close();
  }

  async abort(): Promise<void> {
    for (const writer of [...this.open_.values()]) await writer.discard();
    this.open_.clear();
    await this.budget.close();
    // What a manifest lists stays.
    if (this.checkpointed) return;
    for (const key of this.keys.splice(0)) await this.storage.delete(key).catch(() => undefined);
  }

  private noteOf(topic: string, partition: number): PartitionNote {
    const ofTopic = this.notes.get(topic) ?? new Map<number, PartitionNote>();
    this.notes.set(topic, ofTopic);
    const note = ofTopic.get(partition) ?? { gaps: [] };
    ofTopic.set(partition, note);
    return note;
  }

  /** Two runs that add to one backup would write over each other's segments. A storage has no lock, so this is a look. */
  private async checkAlone(): Promise<void> {
    const { backupId, signal } = this.options;
    const writing = this.writing;
    const now = await this.storage.stat(`${backupId}/manifest.json`, signal);
    if (now?.tag === this.tag || writing !== this.writing || writing % 2 === 1) return;
    const message = `${this.storage.location}/${backupId}/manifest.json was changed meanwhile: another run adds to this backup`;
    throw new SrgitError('SRGIT_STORAGE_WRITE', message, {
      hint: 'Let one run at a time add to a backup. What the other one has listed is as it was.',
    });
  }

  private checkMap(facts: ArchiveFacts): void {
    const { backupId, rewrittenBy } = this.options;
    if (facts.rewrittenBy !== rewrittenBy) throw otherMap(backupId, rewrittenBy, facts.rewrittenBy);
  }
}

/** Segments; an object storage holds up to 24 MiB of each while it is sent. */
const STORED_AT_ONCE = 4;
const DEFAULT_HELD = 64 * 1024 * 1024;

interface PartitionPlace {
  readonly name: string;
  /** Least offset that may come. */
  readonly next: number;
  readonly segmentBytes: number;
  begin(startOffset: number): SegmentWriter;
  store(segment: SegmentWriter, startOffset: number): Promise<void>;
  closed(): void;
  readonly signal: AbortSignal | undefined;
}

class PartitionWriter implements PartitionSink {
  private readonly place: PartitionPlace;
  private next: number;
  private segment: SegmentWriter | undefined;
  private startOffset = 0;
  /** A full segment on its way: the next one is filled meanwhile. */
  private storing: Promise<void> | undefined;
  private failure: unknown;

  constructor(place: PartitionPlace) {
    this.place = place;
    this.next = place.next;
  }

  append(bytes: Buffer, record: RecordSlices, offset: bigint): Promise<void> | undefined {
    const { place } = this;
    throwIfAborted(place.signal);
    if (this.failure !== undefined) throw this.failure;
    const number = Number(offset);
    if (number < this.next || number > MOST_OFFSET) throw this.refuse(offset);
    if (this.segment === undefined) {
      this.segment = place.begin(number);
      this.startOffset = number;
    }
    let waiting: Promise<void> | undefined;
    try {
      waiting = this.segment.append(bytes, record, number);
    } catch (error) {
      throw error instanceof RecordError ? this.refuse(offset, error) : error;
    }
    this.next = number + 1;
    if (this.segment.streamBytes < place.segmentBytes) return waiting;
    return this.turnOver();
  }

  async close(): Promise<void> {
    await this.turnOver();
    await this.storing;
    if (this.failure !== undefined) throw this.failure;
    this.place.closed();
  }

  async discard(): Promise<void> {
    await this.storing?.catch(() => undefined);
    await this.segment?.discard();
    this.segment = undefined;
  }

  /** Waits for the segment before this one, so that two at most are in the making. */
  private async turnOver(): Promise<void> {
    const { segment, startOffset } = this;
    this.segment = undefined;
    if (segment === undefined) return;
    const before = this.storing;
    const storing = (before ?? Promise.resolve()).then(() => this.place.store(segment, startOffset));
    this.storing = storing;
    storing.catch((error: unknown) => {
      this.failure ??= error;
    });
    await before;
  }

  private refuse(offset: bigint, cause?: RecordError): SrgitError {
    const why = cause === undefined ? `offsets go up, and the next is ${this.next} or more` : cause.message;
    return new SrgitError('SRGIT_STORAGE_WRITE', `${this.place.name} offset ${offset} cannot be archived: ${why}`, {
      hint: 'Records of a partition are archived once each, in order, within the limits of the form.',
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

const MOST_OFFSET = Number.MAX_SAFE_INTEGER - 1;

function nameOf(topic: string, partition: number): string {
  return `${topic} partition ${partition}`;
}

/** What Kafka allows for a topic, which is safe as a folder's name. */
function isName(name: string): boolean {
  return /^[A-Za-z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..';
}

function badName(what: string, name: string): SrgitError {
  return new SrgitError('SRGIT_STORAGE_KEY', `${JSON.stringify(name.slice(0, 300))} cannot be a ${what}`, {
    hint: 'Use letters, digits, dots, dashes and underscores.',
  });
}

function otherMap(backupId: string, is: string | undefined, wanted: string | undefined): SrgitError {
  const say = (map: string | undefined): string => (map === undefined ? 'as they were' : `rewritten by map ${map}`);
  return new SrgitError(
    'SRGIT_REPLAY_REWRITTEN',
    `backup ${backupId} holds records ${say(is)}; records ${say(wanted)} cannot be added to it`,
    { hint: 'Choose another backup id for them.' },
  );
}
