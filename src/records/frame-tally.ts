/**
 * What was seen of schema frames in a partition: one entry for each side, kind of frame and id. An entry is also the
 * decision about its id, taken once, so that each further record costs a look-up.
 */
import type { RecordSide } from './frame-rules.ts';

export type FrameKind =
  /** Magic byte 0 and a 32-bit id before the payload. */
  | 'id'
  /** Magic byte 1 and a guid before the payload. */
  | 'guid'
  /** The same two in the header `__key_schema_id` or `__value_schema_id`. */
  | 'header-id'
  | 'header-guid'
  /** Magic byte 0 and a 64-bit id, Apicurio's older form. */
  | 'apicurio-id'
  | 'apicurio-header-global-id'
  | 'apicurio-header-content-id'
  /** Magic byte 3, compression, and a schema version's guid: AWS Glue. */
  | 'glue';

export type FrameVerdict =
  /** In the map, and the target's id is another. */
  | 'mapped'
  /** In the map, and the target has the same id. */
  | 'same'
  /** A schema of the source that the target lacks. */
  | 'unmapped'
  /** An id that the source never had, where frames are expected. */
  | 'unknown'
  /** An id of the source that is not registered for this topic and side: left, as data that looks like a frame. */
  | 'foreign'
  /** An id that the source never had, where none is expected: left, as data that looks like a frame. */
  | 'lookalike'
  /** A frame of another registry, for which there is no map. */
  | 'left';

export interface FrameCount {
  readonly side: RecordSide;
  readonly kind: FrameKind;
  /** Decimal, or a guid; `others` for what came after too many different ids that no map knows. */
  readonly id: string;
  readonly verdict: FrameVerdict;
  /** The id written in its place; only for `mapped`. */
  readonly target?: string;
  readonly count: number;
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
}

export interface SideCount {
  readonly nulls: number;
  /** Not null, and nothing that looks like a frame. */
  readonly plain: number;
  /** Payloads of exactly eight bytes, framed or not: those of longs and doubles. */
  readonly eightBytes: number;
  /** Records with a schema id header that cannot be read. */
  readonly badHeaders: number;
}

/** What a partition's records hold. Plain data; reports of several partitions are joined by `joinFrameReports`. */
export interface FrameReport {
  readonly records: number;
  readonly key: SideCount;
  readonly value: SideCount;
  readonly frames: readonly FrameCount[];
}

/** Ids beyond these, of those in no map, are counted together: hostile data must not fill the memory. */
export const MAX_STRANGERS = 4096;

/** The decision about one id, and its counts. */
export class FrameEntry {
  count = 0;
  /** Offsets are a base that changes with the batch and a distance: no BigInt is made for a record. */
  firstBase = 0n;
  firstDelta = 0;
  lastBase = 0n;
  lastDelta = 0;
  readonly side: RecordSide;
  readonly kind: FrameKind;
  readonly id: string;
  readonly verdict: FrameVerdict;
  /** The id in the record, as big-endian words. */
  readonly words: Int32Array;
  /** What to write there; undefined when the bytes stay. */
  readonly target: Int32Array | undefined;
  readonly targetText: string | undefined;
  /** The record has a schema that the target lacks. */
  readonly isMissing: boolean;

  constructor(
    side: RecordSide,
    kind: FrameKind,
    id: string,
    verdict: FrameVerdict,
    words: Int32Array,
    target?: { readonly words: Int32Array; readonly text: string },
  ) {
    this.side = side;
    this.kind = kind;
    this.id = id;
    this.verdict = verdict;
    this.words = words;
    this.target = target?.words;
    this.targetText = target?.text;
    this.isMissing = verdict === 'unmapped' || verdict === 'unknown';
  }

  add(base: bigint, delta: number): void {
    if (this.count++ === 0) {
      this.firstBase = base;
      this.firstDelta = delta;
    }
    this.lastBase = base;
    this.lastDelta = delta;
  }

  toCount(): FrameCount {
    const { side, kind, id, verdict, count, targetText } = this;
    const firstOffset = this.firstBase + BigInt(this.firstDelta);
    const lastOffset = this.lastBase + BigInt(this.lastDelta);
    return {
      side,
      kind,
      id,
      verdict,
      ...(targetText === undefined ? {} : { target: targetText }),
      count,
      firstOffset,
      lastOffset,
    };
  }
}

/** One report of several, such as a topic's of its partitions'. Offsets are then the least and greatest of any. */
export function joinFrameReports(reports: Iterable<FrameReport>): FrameReport {
  const frames = new Map<string, FrameCount>();
  const sides = { key: { ...NO_COUNT }, value: { ...NO_COUNT } };
  let records = 0;
  for (const report of reports) {
    records += report.records;
    for (const side of ['key', 'value'] as const) {
      sides[side].nulls += report[side].nulls;
      sides[side].plain += report[side].plain;
      sides[side].eightBytes += report[side].eightBytes;
      sides[side].badHeaders += report[side].badHeaders;
    }
    for (const frame of report.frames) {
      const name = `${frame.side} ${frame.kind} ${frame.verdict} ${frame.id} ${frame.target}`;
      const known = frames.get(name);
      frames.set(name, known === undefined ? frame : joinCounts(known, frame));
    }
  }
  return { records, ...sides, frames: [...frames.values()] };
}

const NO_COUNT = { nulls: 0, plain: 0, eightBytes: 0, badHeaders: 0 };

function joinCounts(a: FrameCount, b: FrameCount): FrameCount {
  return {
    ...a,
    count: a.count + b.count,
    firstOffset: a.firstOffset < b.firstOffset ? a.firstOffset : b.firstOffset,
    lastOffset: a.lastOffset > b.lastOffset ? a.lastOffset : b.lastOffset,
  };
}

/**
 * The frames whose schema the target lacks. On a side where frames of known schemas were seen, what only looks like a
 * frame is taken for one: nothing else explains it there.
 */
export function missingFrames(report: FrameReport): readonly FrameCount[] {
  const framed = new Set(report.frames.filter((frame) => IS_KNOWN[frame.verdict]).map((frame) => frame.side));
  return report.frames.filter(
    ({ verdict, side }) =>
      verdict === 'unmapped' || verdict === 'unknown' || (verdict === 'lookalike' && framed.has(side)),
  );
}

/**
 * Whether a side holds numbers, of which some begin like a frame with an id that happens to exist: all payloads have eight
 * bytes, and some begin like frames with ids that the source never had, which frames do not. Such a side is to be read
 * again with `longs: 'data'`.
 */
export function looksLikeLongs(report: FrameReport, side: RecordSide): boolean {
  const { nulls, eightBytes } = report[side];
  if (eightBytes === 0 || nulls + eightBytes < report.records) return false;
  return report.frames.some((frame) => frame.side === side && !IS_KNOWN[frame.verdict] && frame.verdict !== 'foreign');
}

const IS_KNOWN: Readonly<Record<FrameVerdict, boolean>> = {
  mapped: true,
  same: true,
  unmapped: true,
  unknown: false,
  foreign: false,
  lookalike: false,
  left: false,
};
