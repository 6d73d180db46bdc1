/** A file of `kcat -J` lines as a source of records. */
import { SrgitError } from '../errors.ts';
import { DEFAULT_LIMITS, type RecordLimits } from '../records/limits.ts';
import { RecordError } from '../records/record-error.ts';
import type { ConsumerGroup, ReadOptions, RecordSource, SourcePiece, SourceTopic } from '../records/record-source.ts';
import { CollectedRecords } from './collected-records.ts';
import { indexKcat, type KcatIndex, type KcatPartition, skipByteOrderMark } from './kcat-index.ts';
import { KcatLine } from './kcat-line.ts';
import { KcatLines } from './kcat-lines.ts';
import { type KcatSidecar, makeKcatId, readSidecar } from './kcat-sidecar.ts';
import type { Storage } from './storage.ts';

const PIECE_BYTES = 1024 * 1024;
const PIECE_RECORDS = 16_384;

export interface KcatOptions {
  /** Takes payloads as they are in which binary data was replaced by U+FFFD. */
  readonly allowReplaced?: boolean;
  readonly limits?: RecordLimits;
  /** Told of a last line that is cut short. */
  readonly onWarning?: (message: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the file once, for what is in it; each partition is then read from the stretches of the file that hold lines of it.
 * A file in which many partitions take turns line by line is read once for each of them.
 * @throws SrgitError SRGIT_ARCHIVE_MISSING, SRGIT_ARCHIVE_INVALID, SRGIT_RECORDS_DAMAGED, SRGIT_STORAGE_READ
 */
export async function openKcat(storage: Storage, key: string, options: KcatOptions = {}): Promise<RecordSource> {
  const { limits = DEFAULT_LIMITS, onWarning = () => undefined, allowReplaced = false, signal } = options;
  const file = await storage.stat(key, signal);
  if (file === undefined) {
    throw new SrgitError('SRGIT_ARCHIVE_MISSING', `there is no ${storage.location}/${key}`, {
      hint: 'Name the file that the output of kcat -J went to.',
    });
  }
  const sidecar = await readSidecar(storage, file, signal);
  const index = await indexKcat(storage, file, { limits, onWarning, allowReplaced, signal });
  const id = sidecar?.id ?? (await makeKcatId(storage, file, signal));
  return new KcatSource(storage, index, id, sidecar, limits);
}

class KcatSource implements RecordSource {
  readonly kind = 'kcat';
  readonly id: string;
  readonly rewrittenBy?: string;
  private readonly storage: Storage;
  private readonly index: KcatIndex;
  private readonly limits: RecordLimits;

  constructor(storage: Storage, index: KcatIndex, id: string, sidecar: KcatSidecar | undefined, limits: RecordLimits) {
    this.storage = storage;
    this.index = index;
    this.id = id;
    this.limits = limits;
    if (sidecar?.rewrittenBy !== undefined) this.rewrittenBy = sidecar.rewrittenBy;
  }

  async topics(): Promise<readonly SourceTopic[]> {
    const topics = new Map<string, SourceTopic['partitions'][number][]>();
    for (const each of this.index.partitions) {
      const { partition, records, bytes, firstOffset, lastOffset, minTimestamp, maxTimestamp } = each;
      const list = topics.get(each.topic) ?? [];
      topics.set(each.topic, list);
      const times = { minTimestamp, maxTimestamp };
      list.push({ partition, firstOffset, endOffset: lastOffset + 1n, records, bytes, ...times });
    }
    return [...topics].map(([name, partitions]) => ({
      name,
      partitionCount: (partitions.at(-1)?.partition ?? 0) + 1,
      partitions,
    }));
  }

  async *read(topic: string, partition: number, options: ReadOptions = {}): AsyncGenerator<SourcePiece> {
    const { from = 0n, to, skipDamaged = false, signal } = options;
    const { file, firstDamaged, damaged, partitions } = this.index;
    const place = `${this.storage.location}/${file.key}`;
    const found = partitions.find((each) => each.topic === topic && each.partition === partition);
    if (found === undefined) {
      throw new SrgitError('SRGIT_ARCHIVE_MISSING', `${place} holds no records of partition ${partition} of ${topic}`);
    }
    // Which partition a line is of that cannot be read is not known.
    if (firstDamaged !== undefined && !skipDamaged) {
      throw new SrgitError('SRGIT_RECORDS_DAMAGED', firstDamaged, {
        hint: `${damaged} lines of the file are no records: repair them or take them out, or skip what is damaged.`,
      });
    }
    if ((await this.storage.stat(file.key, signal))?.tag !== file.tag) {
      throw new SrgitError('SRGIT_ARCHIVE_INVALID', `${place} changed while it was read`, {
        hint: 'Wait until kcat has ended, and begin again.',
      });
    }
    let ordinal = 0n;
    for (const stretch of found.stretches) {
      const reading = new Stretch(this.storage, file.key, stretch, found, this.limits, signal);
      try {
        yield* reading.pieces(from, to, ordinal);
      } finally {
        await reading.close();
      }
      ordinal = reading.ordinal;
      if (reading.isOver) return;
    }
  }

  /** kcat knows of none. */
  async groups(): Promise<readonly ConsumerGroup[]> {
    return [];
  }

  async close(): Promise<void> {
    await this.storage.close();
  }
}

/** The records of one partition in a stretch of the file. */
class Stretch {
  /** Records of the partition so far: the next one's offset where lines have none. */
  ordinal = 0n;
  /** What was wanted is behind. */
  isOver = false;
  private readonly lines: KcatLines;
  private readonly line = new KcatLine();
  private readonly wanted: KcatPartition;
  private readonly others: LineFilter;
  private number: number;
  /** The line before was one of the partition: one that cannot be read is taken for its next. */
  private isAfterOurs = false;
  private last = -1n;
  private records = new CollectedRecords();
  private content = 0;
  private readonly ready: SourcePiece[] = [];

  constructor(
    storage: Storage,
    key: string,
    stretch: KcatPartition['stretches'][number],
    wanted: KcatPartition,
    limits: RecordLimits,
    signal: AbortSignal | undefined,
  ) {
    this.lines = new KcatLines(storage, key, stretch, limits.maxBatchBytes, signal);
    this.wanted = wanted;
    this.others = new LineFilter(wanted.topic, wanted.partition);
    this.number = stretch.line - 1;
  }

  async *pieces(from: bigint, to: bigint | undefined, ordinal: bigint): AsyncGenerator<SourcePiece> {
    const { lines } = this;
    this.ordinal = ordinal;
    while (!this.isOver) {
      const more = lines.next();
      if (!(typeof more === 'boolean' ? more : await more)) break;
      const damage = this.take(from, to);
      if (damage !== undefined || this.content >= PIECE_BYTES || this.records.count >= PIECE_RECORDS) this.end();
      if (this.ready.length > 0) yield* this.ready.splice(0);
      if (damage !== undefined) yield damage;
    }
    this.end();
    yield* this.ready.splice(0);
  }

  /** Looks at the line that `lines` is at; answers what is said of one that cannot be read. */
  private take(from: bigint, to: bigint | undefined): SourcePiece | undefined {
    const { lines, line, wanted } = this;
    this.number++;
    if (lines.end <= lines.start) return undefined;
    if (this.others.isOther(lines)) {
      this.isAfterOurs = false;
      return undefined;
    }
    const start = this.number === 1 ? skipByteOrderMark(lines.bytes, lines.start, lines.end) : lines.start;
    if (start === lines.end) return undefined;
    try {
      line.parse(lines.bytes, start, lines.end);
    } catch (error) {
      if (!(error instanceof RecordError)) throw error;
      return this.meet(error, from, to);
    }
    this.isAfterOurs = line.topic === wanted.topic && line.partition === wanted.partition;
    if (!this.isAfterOurs) return undefined;
    const offset = line.offset ?? this.ordinal;
    this.ordinal++;
    this.last = offset;
    this.isOver = to !== undefined && offset >= to;
    if (offset < from || this.isOver) return undefined;
    if (!this.records.takes(offset)) this.end();
    this.records.add(lines.bytes, line, offset);
    this.content += lines.end - lines.start;
    return undefined;
  }

  private meet(error: RecordError, from: bigint, to: bigint | undefined): SourcePiece | undefined {
    const isOurs = this.isAfterOurs && this.lines.isWhole;
    this.isAfterOurs = false;
    const offset = this.last + 1n;
    if (!isOurs || offset < from || (to !== undefined && offset >= to) || offset > this.wanted.lastOffset) {
      return undefined;
    }
    const detail = `line ${this.number}: ${error.message}`;
    return { kind: 'skipped', reason: 'damaged', firstOffset: offset, lastOffset: offset, detail };
  }

  private end(): void {
    const { records } = this;
    if (records.count === 0) return;
    const { baseOffset, byteLength } = records;
    this.ready.push({ kind: 'records', baseOffset, cursor: records, byteLength });
    this.records = new CollectedRecords();
    this.content = 0;
  }

  async close(): Promise<void> {
    await this.lines.close();
  }
}

/** Tells lines of other partitions, as kcat writes them, without parsing them. */
class LineFilter {
  private readonly ours: Buffer;
  private readonly topicLength: number;

  constructor(topic: string, partition: number) {
    const begin = `{"topic":${JSON.stringify(topic)},`;
    this.topicLength = Buffer.byteLength(begin);
    this.ours = Buffer.from(`${begin}"partition":${partition},`);
  }

  isOther({ bytes, start, end }: KcatLines): boolean {
    const { ours, topicLength } = this;
    if (end - start < ours.length || bytes.compare(BEGIN, 0, BEGIN.length, start, start + BEGIN.length) !== 0)
      return false;
    if (bytes.compare(ours, 0, ours.length, start, start + ours.length) === 0) return false;
    if (bytes.compare(ours, 0, topicLength, start, start + topicLength) === 0) {
      const at = start + topicLength;
      return (
        bytes.compare(PARTITION, 0, PARTITION.length, at, at + PARTITION.length) === 0 &&
        isDigits(bytes, at + PARTITION.length, end)
      );
    }
    // Another topic, unless it is written with escapes.
    const quote = bytes.indexOf(0x22, start + BEGIN.length);
    const backslash = bytes.subarray(start + BEGIN.length, quote < 0 ? end : quote).indexOf(0x5c);
    return quote > 0 && quote < end && backslash < 0 && bytes[quote + 1] === 0x2c;
  }
}

const BEGIN = Buffer.from('{"topic":"');
const PARTITION = Buffer.from('"partition":');

function isDigits(bytes: Buffer, start: number, end: number): boolean {
  let at = start;
  while (at < end && (bytes[at] as number) >= 0x30 && (bytes[at] as number) <= 0x39) at++;
  return at > start && bytes[at] === 0x2c;
}
