/** Where a partition's log begins and ends, and where in it an offset is. */
import { DEFAULT_LIMITS } from '../records/limits.ts';
import { readMessage } from '../records/message-set.ts';
import { readSoundBatch } from './kafka-log-damage.ts';
import type { LogPartition, LogSegment } from './kafka-log-folders.ts';
import { LogWalk, type OrderedLog, type WalkPlace } from './kafka-log-walk.ts';
import type { Storage } from './storage.ts';

type PlacedSegment = OrderedLog['segments'][number];

/** Larger than any that a broker writes (`segment.index.bytes`, 10 MiB); a larger one is not used. */
const MAX_INDEX_BYTES = 64 * 1024 * 1024;
const INDEX_ENTRY = 8;
/** Walking through less takes no longer than looking into an index. */
const WORTH_AN_INDEX = 4 * 1024 * 1024;

/** @throws SrgitError SRGIT_STORAGE_READ */
export async function orderLog(
  storage: Storage,
  partition: LogPartition,
  closed: boolean,
  signal?: AbortSignal,
): Promise<OrderedLog> {
  const segments: PlacedSegment[] = [];
  for (const segment of partition.segments) {
    const baseOffset = segment.baseOffset ?? (await readFirstOffset(storage, segment, signal));
    if (baseOffset !== undefined) segments.push({ ...segment, baseOffset });
  }
  segments.sort((a, b) =>
    a.baseOffset === b.baseOffset ? b.size - a.size || (a.key < b.key ? -1 : 1) : a.baseOffset < b.baseOffset ? -1 : 1,
  );
  return { name: `${partition.topic}-${partition.partition}`, segments, closed };
}

async function readFirstOffset(
  storage: Storage,
  segment: LogSegment,
  signal: AbortSignal | undefined,
): Promise<bigint | undefined> {
  let head = Buffer.alloc(0);
  for await (const chunk of storage.read(segment.key, { end: Math.min(8, segment.size), signal })) {
    head = Buffer.concat([head, chunk]);
  }
  return head.length < 8 ? undefined : head.readBigInt64BE(0);
}

/** From where to walk for records from `from` on. */
export async function placeOfOffset(
  storage: Storage,
  log: OrderedLog,
  from: bigint,
  signal: AbortSignal | undefined,
): Promise<WalkPlace> {
  const { segments } = log;
  // What comes before a later segment of the same folder that begins at `from` or before it is over.
  let first = 0;
  while (segments.some((later, i) => i > first && isAfter(later, segments[first], from))) first++;
  const segment = segments[first];
  const position = segment === undefined ? 0 : await seekInSegment(storage, segment, from, signal);
  return { segment: first, position, nextOffset: from };
}

function isAfter(later: PlacedSegment, segment: PlacedSegment | undefined, from: bigint): boolean {
  if (segment === undefined || later.folder !== segment.folder) return false;
  return later.baseOffset > segment.baseOffset && later.baseOffset <= from;
}

/**
 * A position at or before the first batch with offsets from `from` on: by the segment's index, where it has one that
 * says the truth.
 */
async function seekInSegment(
  storage: Storage,
  segment: PlacedSegment,
  from: bigint,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { indexKey, size, baseOffset } = segment;
  if (indexKey === undefined || size < WORTH_AN_INDEX || from <= baseOffset) return 0;
  const found = await storage.stat(indexKey, signal);
  if (found === undefined || found.size > MAX_INDEX_BYTES) return 0;
  const index = await storage.readAll(indexKey, MAX_INDEX_BYTES, signal);
  let low = 0;
  let high = filledEntries(index);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (baseOffset + BigInt(index.readInt32BE(middle * INDEX_ENTRY)) <= from) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return 0;
  const position = index.readInt32BE((low - 1) * INDEX_ENTRY + 4);
  if (position <= 0 || position >= size) return 0;
  // A copy's index may be older or newer than its log.
  const batch = await readSoundBatch(storage, segment, position, DEFAULT_LIMITS, signal);
  return batch !== undefined && batch.baseOffset <= from ? position : 0;
}

/** Entries before the zeros that the index of a segment in use ends on. */
function filledEntries(index: Buffer): number {
  let count = Math.floor(index.length / INDEX_ENTRY);
  while (count > 0 && index.readBigInt64BE((count - 1) * INDEX_ENTRY) === 0n) count--;
  return count;
}

export interface LogRange {
  readonly firstOffset: bigint;
  readonly endOffset: bigint;
}

/** @param startOffset offsets before it were deleted, whether they are still in the files or not */
export async function rangeOfLog(
  storage: Storage,
  log: OrderedLog,
  startOffset: bigint,
  signal: AbortSignal | undefined,
): Promise<LogRange> {
  const endOffset = await findEnd(storage, log, signal);
  const found = await findFirst(storage, log, startOffset, signal);
  const firstOffset = found === undefined || found > endOffset ? endOffset : found;
  return { firstOffset, endOffset: endOffset < startOffset ? startOffset : endOffset };
}

async function findFirst(
  storage: Storage,
  log: OrderedLog,
  startOffset: bigint,
  signal: AbortSignal | undefined,
): Promise<bigint | undefined> {
  const walk = new LogWalk(storage, log, await placeOfOffset(storage, log, startOffset, signal), quiet(signal));
  try {
    for (let step = await walk.step(); step !== undefined; step = await walk.step()) {
      if (step.kind === 'damaged') continue;
      let first = walk.baseOffset;
      if (walk.magic < 2) {
        readMessage(walk.bytes, walk.start, walk.end, DEFAULT_LIMITS, (_bytes, _record, offset) => {
          if (offset < first && offset >= startOffset) first = offset;
        });
      }
      return first < startOffset ? startOffset : first;
    }
    return undefined;
  } finally {
    await walk.close();
  }
}

/** Only the last segment of each folder can hold the end. */
async function findEnd(storage: Storage, log: OrderedLog, signal: AbortSignal | undefined): Promise<bigint> {
  let end = 0n;
  for (const [at, segment] of log.segments.entries()) {
    if (log.segments.some((other) => other.folder === segment.folder && other.baseOffset > segment.baseOffset))
      continue;
    const position = await seekInSegment(storage, segment, 2n ** 63n - 1n, signal);
    const only: OrderedLog = { ...log, segments: log.segments.slice(at, at + 1) };
    const walk = new LogWalk(storage, only, { segment: 0, position, nextOffset: segment.baseOffset }, quiet(signal));
    try {
      for (let step = await walk.step(); step !== undefined; step = await walk.step()) {
        if (step.kind === 'batch') walk.consume();
      }
      if (walk.nextOffset > end) end = walk.nextOffset;
    } finally {
      await walk.close();
    }
  }
  return end;
}

/** What is damaged is for who reads the records to tell. */
function quiet(signal: AbortSignal | undefined): ConstructorParameters<typeof LogWalk>[3] {
  return { limits: DEFAULT_LIMITS, skipDamaged: true, onWarning: () => undefined, signal };
}
