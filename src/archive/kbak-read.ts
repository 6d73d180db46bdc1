/** Reads one partition of a backup: segment after segment, the next one fetched while the present one is worked on. */
import { SrgitError, throwIfAborted } from '../errors.ts';
import { RecordError } from '../records/record-error.ts';
import type { ReadOptions, SourcePiece } from '../records/record-source.ts';
import { KbakCursor } from './kbak-cursor.ts';
import { decompressPayload } from './kbak-decompress.ts';
import { FOOTER_BYTES, HEADER_BYTES } from './kbak-format.ts';
import { readLegacySegment } from './kbak-legacy.ts';
import type { MissingRange } from './kbak-manifest.ts';
import type { ChecksumMode, KbakLimits } from './kbak-options.ts';
import { SegmentFile } from './kbak-segment.ts';
import { walkStream } from './kbak-stream.ts';
import type { PartitionEntry, SegmentEntry } from './kbak-survey.ts';
import { RecordWalk, type Stretch } from './kbak-walk.ts';
import type { Storage } from './storage.ts';

export interface PartitionReading {
  readonly storage: Storage;
  readonly topic: string;
  readonly limits: KbakLimits;
  readonly heldBytes: number;
  readonly checksums: ChecksumMode;
  readonly findMarkers: boolean;
  readonly warn: (message: string) => void;
}

/** @throws SrgitError SRGIT_RECORDS_DAMAGED and SRGIT_ARCHIVE_MISSING that name the key and the offset; those of the storage */
export async function* readPartition(
  reading: PartitionReading,
  entry: PartitionEntry,
  options: ReadOptions,
): AsyncGenerator<SourcePiece> {
  const { signal, skipDamaged = false } = options;
  const from = Number(options.from ?? 0n);
  const to = Number(options.to ?? MOST_OFFSET);
  const maxRecordBytes = Math.min(reading.limits.maxRecordBytes, options.limits?.maxBatchBytes ?? MOST_RECORD);
  const walk = new RecordWalk({ from, to, findMarkers: reading.findMarkers, maxRecordBytes });
  const gaps = new Gaps(entry.missing, from, to);
  const wanted = entry.segments.filter((segment) => segment.endOffset >= from && segment.startOffset < to);
  let ahead: Promise<SegmentFile> | undefined;
  try {
    for (const [index, segment] of wanted.entries()) {
      throwIfAborted(signal);
      if (walk.isPast) break;
      const opening = ahead ?? fetchSegment(reading, segment, skipDamaged, signal);
      const following = wanted[index + 1];
      ahead = undefined;
      let file: SegmentFile | undefined;
      try {
        file = await opening;
        ahead = following && fetchSegment(reading, following, skipDamaged, signal);
        yield* readSegment(reading, file, segment, following, walk, gaps, signal);
      } catch (error) {
        throwIfAborted(signal);
        const problem = describeDamage(reading, entry.partition, segment, walk, error);
        if (!skipDamaged || !isSrgitDamage(problem)) throw problem;
        const firstOffset = Math.max(walk.nextOffset, segment.startOffset);
        const lastOffset = Math.min(segment.endOffset, to - 1);
        if (firstOffset <= lastOffset) {
          yield* gaps.before(firstOffset, walk.nextOffset);
          yield skipped('damaged', firstOffset, lastOffset, problem.message);
          walk.nextOffset = lastOffset + 1;
        }
      } finally {
        await file?.close();
      }
    }
    yield* gaps.before(to, walk.nextOffset);
  } finally {
    if (ahead !== undefined) await ahead.then((file) => file.close()).catch(() => undefined);
  }
}

const MOST_OFFSET = BigInt(Number.MAX_SAFE_INTEGER);
const MOST_RECORD = 0x7fff_ffff;

/** Its failure is told to whoever awaits it, which may be nobody. */
function fetchSegment(
  reading: PartitionReading,
  segment: SegmentEntry,
  skipDamaged: boolean,
  signal: AbortSignal | undefined,
): Promise<SegmentFile> {
  const promise = openSegment(reading, segment, skipDamaged, signal);
  promise.catch(() => undefined);
  return promise;
}

async function openSegment(
  { storage, heldBytes, checksums }: PartitionReading,
  segment: SegmentEntry,
  skipDamaged: boolean,
  signal: AbortSignal | undefined,
): Promise<SegmentFile> {
  const { object } = segment;
  if (object === undefined) throw new MissingSegment();
  const isVerified = segment.verifiedTag === object.tag;
  // What is skipped must not have been given out in part.
  const verifyBefore = skipDamaged || checksums === 'before';
  const file = await SegmentFile.open(storage, object, { heldBytes, isVerified, verifyBefore, signal });
  if (file.isVerified) segment.verifiedTag = object.tag;
  return file;
}

async function* readSegment(
  reading: PartitionReading,
  file: SegmentFile,
  segment: SegmentEntry,
  following: SegmentEntry | undefined,
  walk: RecordWalk,
  gaps: Gaps,
  signal: AbortSignal | undefined,
): AsyncGenerator<SourcePiece> {
  const { header } = file;
  if (header !== undefined && header.startOffset !== segment.startOffset)
    checkOrder(header.startOffset, walk, following);
  walk.begin(header?.recordCount);
  for await (const { bytes, stretch } of walkStream(recordStream(reading, file), walk)) {
    throwIfAborted(signal);
    yield* gaps.before(stretch.firstOffset, gaps.done);
    gaps.done = stretch.lastOffset + 1;
    yield pieceOf(bytes, stretch);
    if (stretch.aborts > 0) {
      reading.warn(
        `${segment.key}: offset ${stretch.lastOffset} ends an aborted transaction; the archive holds its records as data and ` +
          'does not say which they are',
      );
    }
  }
  await file.finish();
  if (file.isVerified) segment.verifiedTag = segment.object?.tag;
  warnOfDifferences(reading, file, segment, walk);
}

function recordStream({ limits }: PartitionReading, file: SegmentFile): AsyncIterable<Buffer> {
  const { header, size } = file;
  if (header === undefined) return readLegacySegment(file.payload(), file.head, size, limits);
  const stored = size - HEADER_BYTES - FOOTER_BYTES;
  return decompressPayload(header.compression, file.payload(), stored, HEADER_BYTES, limits);
}

/** Where the manifest says another first offset than the segment, the order that was made of it may be wrong. */
function checkOrder(startOffset: number, walk: RecordWalk, following: SegmentEntry | undefined): void {
  if (startOffset >= walk.nextOffset && (following === undefined || startOffset < following.startOffset)) return;
  throw new RecordError('bad-record', `the segment begins at offset ${startOffset}, out of its place in the manifest`, {
    position: 16,
  });
}

function pieceOf(bytes: Buffer, stretch: Stretch): SourcePiece {
  const { kind, start, end, firstOffset, lastOffset, records } = stretch;
  if (kind === 'control') return { ...skipped('control', firstOffset, lastOffset, undefined), records };
  const cursor = new KbakCursor(bytes, start, end, firstOffset);
  return { kind: 'records', baseOffset: BigInt(firstOffset), cursor, byteLength: end - start };
}

function skipped(
  reason: 'control' | 'damaged' | 'gap',
  firstOffset: number,
  lastOffset: number,
  detail: string | undefined,
): SourcePiece & { kind: 'skipped' } {
  return {
    kind: 'skipped',
    reason,
    firstOffset: BigInt(firstOffset),
    lastOffset: BigInt(lastOffset),
    ...(detail === undefined ? {} : { detail }),
  };
}

/** The ranges that the manifest says are missing, told in their place. */
class Gaps {
  /** Offsets below are told already. */
  done: number;
  private readonly ranges: MissingRange[];
  private readonly to: number;

  constructor(ranges: readonly MissingRange[], from: number, to: number) {
    this.ranges = [...ranges];
    this.done = from;
    this.to = to;
  }

  *before(offset: number, next: number): Generator<SourcePiece> {
    this.done = Math.max(this.done, next);
    for (let range = this.ranges[0]; range !== undefined && range.firstOffset < offset; range = this.ranges[0]) {
      this.ranges.shift();
      const first = Math.max(range.firstOffset, this.done);
      const last = Math.min(range.lastOffset, offset - 1, this.to - 1);
      if (first > last) continue;
      this.done = last + 1;
      yield skipped('gap', first, last, `the backup lacks these offsets: ${range.reason}`);
    }
  }
}

function warnOfDifferences(
  { warn }: PartitionReading,
  { header, isVerified }: SegmentFile,
  segment: SegmentEntry,
  walk: RecordWalk,
): void {
  const { key, listed } = segment;
  if (walk.repeated > 0) warn(`${key}: ${walk.repeated} records have offsets that came before; they are left out`);
  if (header === undefined || !isVerified || !walk.isComplete) return;
  if (header.recordCount > 0 && walk.lastSeen !== header.endOffset) {
    warn(`${key}: its last record has offset ${walk.lastSeen}, its header says ${header.endOffset}`);
  }
  const isStale = listed.record_count !== header.recordCount || listed.start_offset !== header.startOffset;
  if (isStale && segment.recordCount === listed.record_count) {
    warn(`${key}: it holds ${header.recordCount} records from ${header.startOffset} on, the manifest says otherwise`);
  }
}

/** The manifest names it, the storage does not have it. */
class MissingSegment extends Error {}

function describeDamage(
  { storage, topic }: PartitionReading,
  partition: number,
  segment: SegmentEntry,
  walk: RecordWalk,
  error: unknown,
): unknown {
  const place = `${storage.location}/${segment.key}`;
  const from = Math.max(walk.nextOffset, segment.startOffset);
  const what = `${topic} partition ${partition} from offset ${from} on`;
  const hint = 'Take another copy of the archive; or go on without these offsets by skipping what is damaged.';
  const details = { key: segment.key, topic, partition, offset: from };
  if (error instanceof MissingSegment) {
    return new SrgitError('SRGIT_ARCHIVE_MISSING', `${place} is missing, which the manifest names: ${what}`, {
      hint,
      details,
    });
  }
  if (!(error instanceof RecordError)) return error;
  return new SrgitError('SRGIT_RECORDS_DAMAGED', `${place} is damaged: ${error.message}; ${what}`, {
    hint: error.reason === 'too-large' ? 'Raise the limit if this is what the archive should hold.' : hint,
    details: { ...details, reason: error.reason },
    cause: error,
  });
}

function isSrgitDamage(error: unknown): error is SrgitError {
  return (
    error instanceof SrgitError && (error.code === 'SRGIT_RECORDS_DAMAGED' || error.code === 'SRGIT_ARCHIVE_MISSING')
  );
}
