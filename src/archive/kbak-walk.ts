/**
 * Looks through a record stream once, before anyone works on it: each record's own lengths are checked, and the stretches
 * of records that are wanted are found. What follows may trust the bytes.
 */
import { RecordError, type RecordErrorReason } from '../records/record-error.ts';
import { isArchivedMarker } from '../records/transactions.ts';
import { KbakCursor } from './kbak-cursor.ts';
import { LEAST_RECORD } from './kbak-format.ts';

export interface WalkOptions {
  /** First offset wanted, and the first not wanted any more. */
  readonly from: number;
  readonly to: number;
  /** Whether records that look like transaction markers are taken for them. */
  readonly findMarkers: boolean;
  readonly maxRecordBytes: number;
}

/** Records one after the other in the buffer that was walked. */
export interface Stretch {
  readonly kind: 'records' | 'control';
  readonly start: number;
  readonly end: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly records: number;
  /** Only for `control`: how many of them end an aborted transaction. */
  readonly aborts: number;
}

/** The walk through one partition: goes on from segment to segment, so that each offset is taken once. */
export class RecordWalk {
  /** The least offset that may still come. */
  nextOffset: number;
  /** Records left out because their offset, or a later one, was there before. */
  repeated = 0;
  /** Of the segment so far, wanted or not. */
  seen = 0;
  /** Of the last record seen, wanted or not. */
  lastSeen = -1;

  private readonly options: WalkOptions;
  private remaining = 0;

  constructor(options: WalkOptions) {
    this.options = options;
    this.nextOffset = options.from;
  }

  /** Begins a segment that says to have so many records; legacy ones do not say. */
  begin(records: number | undefined): void {
    this.remaining = records ?? Number.POSITIVE_INFINITY;
    this.seen = 0;
    this.lastSeen = -1;
    this.repeated = 0;
  }

  /** Every record of the segment has been seen; what follows them does not matter. */
  get isComplete(): boolean {
    return this.remaining === 0;
  }

  /** The segment has said how many there are. */
  get isCounted(): boolean {
    return this.remaining !== Number.POSITIVE_INFINITY;
  }

  /** Nothing further in this partition can be wanted. */
  get isPast(): boolean {
    return this.nextOffset >= this.options.to;
  }

  /**
   * Bytes of the record at `at`, its length field included; undefined when not even that field is whole.
   * @throws RecordError
   */
  sizeAt(bytes: Buffer, at: number, end: number): number | undefined {
    if (end - at < 4) return undefined;
    const size = bytes.readUInt32LE(at);
    if (size < LEAST_RECORD) throw damage('bad-length', `a record cannot have ${size} bytes`, at);
    if (size > this.options.maxRecordBytes) {
      throw damage(
        'too-large',
        `a record of ${size} bytes is larger than the limit of ${this.options.maxRecordBytes}`,
        at,
      );
    }
    return size + 4;
  }

  /**
   * The wanted stretches among the whole records of `bytes[start, end)`, in order, and where the first record begins that is
   * not whole. With an error, the stretches before the damage come with it.
   */
  walk(bytes: Buffer, start: number, end: number): WalkResult {
    const stretches: Stretch[] = [];
    let at = start;
    const open = { kind: 'records' as Stretch['kind'], start, firstOffset: 0, lastOffset: -1, records: 0, aborts: 0 };
    const close = (stop: number): void => {
      if (open.records > 0) stretches.push({ ...open, end: stop });
      open.records = 0;
      open.aborts = 0;
    };
    try {
      const { findMarkers, maxRecordBytes } = this.options;
      while (this.remaining > 0 && end - at >= 4) {
        const size = int32(bytes, at) >>> 0;
        if (size < LEAST_RECORD || size > maxRecordBytes) this.sizeAt(bytes, at, end);
        const stop = at + 4 + size;
        if (stop > end) break;
        checkRecord(bytes, at, stop);
        const offset = readOffset(bytes, at + 12);
        this.remaining--;
        this.seen++;
        this.lastSeen = offset;
        if (!this.isWanted(offset)) {
          close(at);
          at = stop;
          continue;
        }
        const isMarker = findMarkers && isMarkerAt(bytes, at, stop, offset);
        const kind = isMarker ? 'control' : 'records';
        if (open.records > 0 && (open.kind !== kind || offset - open.firstOffset > MOST_DELTA)) close(at);
        if (open.records === 0) {
          open.kind = kind;
          open.start = at;
          open.firstOffset = offset;
        }
        open.records++;
        open.lastOffset = offset;
        if (isMarker && bytes[at + 27] === 0) open.aborts++;
        this.nextOffset = offset + 1;
        at = stop;
      }
    } catch (error) {
      close(at);
      return { stretches, stop: at, error };
    }
    close(at);
    return { stretches, stop: at };
  }

  /** Within the range that is read, and not there before. */
  private isWanted(offset: number): boolean {
    const { from, to } = this.options;
    if (offset >= to) this.nextOffset = to;
    else if (offset >= this.nextOffset) return true;
    else if (offset >= from) this.repeated++;
    return false;
  }
}

export interface WalkResult {
  readonly stretches: readonly Stretch[];
  readonly stop: number;
  readonly error?: unknown;
}

/** Offsets in a piece are differences that fit in 32 bits, as those of a batch. */
const MOST_DELTA = 0x7fff_ffff;

function readOffset(bytes: Buffer, at: number): number {
  const high = int32(bytes, at + 4);
  if (high < 0 || high >= 0x20_0000) throw damage('bad-record', 'a record has an offset that cannot be', at);
  return high * 4294967296 + (int32(bytes, at) >>> 0);
}

/** Bytes after the last header are left alone, as the tool's own reader does. */
function checkRecord(bytes: Buffer, start: number, end: number): void {
  const keyLength = int32(bytes, start + 20);
  let at = start + 24;
  if (keyLength > 0) at += keyLength;
  else if (keyLength < -1) throw damage('bad-record', `a key cannot have ${keyLength} bytes`, start + 20);
  if (at + 6 > end) throw damage('bad-record', `a key of ${keyLength} bytes goes beyond its record`, start + 20);
  const valueLength = int32(bytes, at);
  if (valueLength < -1) throw damage('bad-record', `a value cannot have ${valueLength} bytes`, at);
  at += 4;
  if (valueLength > 0) at += valueLength;
  if (at + 2 > end) throw damage('bad-record', `a value of ${valueLength} bytes goes beyond its record`, start);
  const count = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
  if (count > 0) checkHeaders(bytes, at + 2, end, count);
}

function checkHeaders(bytes: Buffer, start: number, end: number, count: number): void {
  let at = start;
  for (let i = 0; i < count; i++) {
    if (at + 2 > end) throw damage('bad-record', `${count} headers go beyond their record`, start - 2);
    at += 2 + ((bytes[at] as number) | ((bytes[at + 1] as number) << 8));
    if (at + 4 > end) throw damage('bad-record', 'a header key goes beyond its record', start - 2);
    const length = int32(bytes, at);
    if (length < -1) throw damage('bad-record', `a header value cannot have ${length} bytes`, at);
    at += 4;
    if (length > 0) at += length;
    if (at > end) throw damage('bad-record', 'a header value goes beyond its record', start - 2);
  }
}

/** The record is sound. Int32 keys are common, so all but the two keys of markers are told by their bytes. */
function isMarkerAt(bytes: Buffer, start: number, end: number, offset: number): boolean {
  if (int32(bytes, start + 20) !== 4 || bytes.readUInt32BE(start + 24) > 1) return false;
  const record = new KbakCursor(bytes, start, end, offset);
  return record.next() && isArchivedMarker(bytes, record);
}

function int32(bytes: Buffer, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

function damage(reason: RecordErrorReason, what: string, position: number): RecordError {
  return new RecordError(reason, what, { position, decompressed: true });
}
