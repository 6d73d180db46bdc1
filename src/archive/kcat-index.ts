/**
 * What a file of `kcat -J` lines holds, and where: one pass over it. A file may mix topics and partitions; kept of each is
 * which stretches of the file have lines of it, in blocks, so memory does not grow with the number of records.
 */
import { isUtf8 } from 'node:buffer';
import { SrgitError } from '../errors.ts';
import type { RecordLimits } from '../records/limits.ts';
import { RecordError } from '../records/record-error.ts';
import { timestampOf } from '../records/record-slices.ts';
import { KcatLine } from './kcat-line.ts';
import { KcatLines } from './kcat-lines.ts';
import type { Storage, StoredObject } from './storage.ts';

/** Bytes of a block. A line is in the block in which it begins. */
const BLOCK = 1024 * 1024;
/** Stretches kept of one partition; further ones are taken as one. */
const MAX_STRETCHES = 10_000;

export interface KcatPartition {
  readonly topic: string;
  readonly partition: number;
  readonly records: number;
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
  readonly minTimestamp: bigint;
  readonly maxTimestamp: bigint;
  /** Of its lines. */
  readonly bytes: number;
  /** False where its lines have no offsets: they are then counted from 0. */
  readonly hasOffsets: boolean;
  /** Positions in the file, in order; both at the beginning of a line or at the end of the file. */
  readonly stretches: readonly { readonly start: number; readonly end: number; readonly line: number }[];
}

export interface KcatIndex {
  readonly file: StoredObject;
  /** Sorted by topic and partition. */
  readonly partitions: readonly KcatPartition[];
  /** Lines that are no records. */
  readonly damaged: number;
  readonly firstDamaged: string | undefined;
}

class Building {
  records = 0;
  firstOffset = 0n;
  lastOffset = -1n;
  bytes = 0;
  hasOffsets = true;
  minTimestamp = 0n;
  maxTimestamp = 0n;
  /** First and last block of each stretch. */
  readonly stretches: [first: number, last: number][] = [];
  readonly topic: string;
  readonly partition: number;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  /** @throws RecordError where the order is not that of a partition */
  add(line: KcatLine, block: number, bytes: number): void {
    const hasOffset = line.offset !== undefined;
    if (this.records === 0) this.hasOffsets = hasOffset;
    else if (hasOffset !== this.hasOffsets) {
      throw outOfOrder('some lines of this partition have an "offset", and some have none');
    }
    const offset = line.offset ?? BigInt(this.records);
    if (this.records > 0 && offset <= this.lastOffset) {
      throw outOfOrder(`offset ${offset} of ${this.topic}-${this.partition} comes after ${this.lastOffset}`);
    }
    const time = timestampOf(line);
    if (this.records === 0) this.firstOffset = offset;
    if (this.records === 0 || time < this.minTimestamp) this.minTimestamp = time;
    if (this.records === 0 || time > this.maxTimestamp) this.maxTimestamp = time;
    this.lastOffset = offset;
    this.bytes += bytes;
    this.records++;
    const last = this.stretches.at(-1);
    if (last === undefined || (block > last[1] + 1 && this.stretches.length < MAX_STRETCHES)) {
      this.stretches.push([block, block]);
    } else last[1] = block;
  }
}

/** Not damage, and so not skipped: lines that are good, yet not those of one reading of a partition. */
class OrderError extends RecordError {}

function outOfOrder(what: string): RecordError {
  return new OrderError('bad-record', what, { position: 0 });
}

export interface IndexOptions {
  readonly limits: RecordLimits;
  readonly onWarning: (message: string) => void;
  /** Takes payloads as they are in which binary data was replaced by U+FFFD. */
  readonly allowReplaced: boolean;
  readonly signal: AbortSignal | undefined;
}

/** @throws SrgitError SRGIT_ARCHIVE_INVALID, SRGIT_RECORDS_DAMAGED, SRGIT_STORAGE_READ */
export async function indexKcat(storage: Storage, file: StoredObject, options: IndexOptions): Promise<KcatIndex> {
  const range = { start: 0, end: file.size };
  const lines = new KcatLines(storage, file.key, range, options.limits.maxBatchBytes, options.signal);
  const indexer = new Indexer(file, `${storage.location}/${file.key}`, options);
  try {
    for (;;) {
      const more = lines.next();
      if (!(typeof more === 'boolean' ? more : await more)) break;
      indexer.take(lines);
    }
  } finally {
    await lines.close();
  }
  return indexer.finish();
}

class Indexer {
  private readonly line = new KcatLine();
  private readonly found = new Map<string, Building>();
  private current: Building | undefined;
  /** Position and number of the first line that begins in each block, or in one after it. */
  private readonly blocks: { readonly position: number; readonly line: number }[] = [];
  private number = 0;
  private damaged = 0;
  private firstDamaged: string | undefined;
  private isText = true;
  private firstReplaced: number | undefined;
  private readonly file: StoredObject;
  private readonly place: string;
  private readonly options: IndexOptions;

  constructor(file: StoredObject, place: string, options: IndexOptions) {
    this.file = file;
    this.place = place;
    this.options = options;
  }

  /** Looks at the line that `lines` is at. */
  take(lines: KcatLines): void {
    this.number++;
    const { bytes, end, position } = lines;
    const block = Math.floor(position / BLOCK);
    while (this.blocks.length <= block) this.blocks.push({ position, line: this.number });
    const start = this.number === 1 ? skipByteOrderMark(bytes, lines.start, end) : lines.start;
    if (end <= start) return;
    if (this.isText) this.isText = isUtf8(bytes.subarray(start, end));
    try {
      if (lines.isTooLong) throw new RecordError('too-large', 'a line is longer than the limit', { position: 0 });
      this.line.parse(bytes, start, end);
      this.add(this.line, block, end - start);
    } catch (error) {
      if (!(error instanceof RecordError)) throw error;
      this.meet(error, lines.isWhole);
      return;
    }
    const { keyStart, keyLength, valueStart, valueLength } = this.line;
    if (isReplaced(bytes, keyStart, keyLength) || isReplaced(bytes, valueStart, valueLength)) {
      this.firstReplaced ??= this.number;
    }
  }

  private add(line: KcatLine, block: number, bytes: number): void {
    if (this.current?.topic !== line.topic || this.current.partition !== line.partition) {
      const name = `${line.topic}/${line.partition}`;
      this.current = this.found.get(name) ?? new Building(line.topic, line.partition);
      this.found.set(name, this.current);
    }
    this.current.add(line, block, bytes);
  }

  private meet(error: RecordError, isWhole: boolean): void {
    const said = `${this.place}, line ${this.number}: ${error.message.replace(/ \(byte [^()]*\)$/, '')}`;
    if (error instanceof OrderError) throw new SrgitError('SRGIT_ARCHIVE_INVALID', said, { hint: ORDER_HINT });
    if (error.reason === 'too-large') throw new SrgitError('SRGIT_ARCHIVE_INVALID', said, { hint: LONG_HINT });
    if (!isWhole) {
      this.options.onWarning(`${said}: the file ends inside this line, which is left out`);
      return;
    }
    this.damaged++;
    this.firstDamaged ??= said;
  }

  finish(): KcatIndex {
    if (this.isText && this.firstReplaced !== undefined && !this.options.allowReplaced) {
      throw new SrgitError('SRGIT_RECORDS_DAMAGED', `${this.place}, line ${this.firstReplaced}: ${REPLACED}`, {
        hint: 'Take the output of kcat as it is, without a program between that takes it for text.',
      });
    }
    const partitions = [...this.found.values()]
      .map((each) => finish(each, this.blocks, this.file.size))
      .sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
    return { file: this.file, partitions, damaged: this.damaged, firstDamaged: this.firstDamaged };
  }
}

/** Where a file's first line begins. */
export function skipByteOrderMark(bytes: Buffer, start: number, end: number): number {
  return end - start >= 3 && bytes.readUIntBE(start, 3) === BYTE_ORDER_MARK ? start + 3 : start;
}

const BYTE_ORDER_MARK = 0xefbbbf;
const REPLACED = 'binary data was replaced by U+FFFD, and what was there is lost';
const LONG_HINT = 'Is this the output of kcat -J, one record a line?';
const REPLACEMENT = Buffer.from('\ufffd');

const ORDER_HINT =
  'Outputs of several runs of kcat in one file? Read them one by one, or sort the lines by topic, partition and offset.';

/**
 * Whether a frame or another binary form holds U+FFFD. Text may do so by itself, and binary data that holds text; where all
 * of the file is UTF-8 besides, it went through a program that replaced what is none.
 */
function isReplaced(bytes: Buffer, start: number, length: number): boolean {
  if (length < 5 || (bytes[start] as number) >= 0x09) return false;
  return bytes.subarray(start, start + length).indexOf(REPLACEMENT) >= 0;
}

function finish(
  building: Building,
  blocks: readonly { readonly position: number; readonly line: number }[],
  size: number,
): KcatPartition {
  const { stretches, ...facts } = building;
  return {
    ...facts,
    stretches: stretches.map(([first, last]) => ({
      start: blocks[first]?.position ?? 0,
      end: blocks[last + 1]?.position ?? size,
      line: blocks[first]?.line ?? 1,
    })),
  };
}
