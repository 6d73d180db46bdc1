/** Which records of the selected partitions are meant: by time and by offset, both ends included. */
import { SrgitError } from '../../errors.ts';
import { type RecordSlices, timestampOf } from '../../records/record-slices.ts';
import type { SourcePartition } from '../../records/record-source.ts';

export interface OffsetRange {
  readonly topic: string;
  readonly partition: number;
  readonly first?: bigint;
  /** Inclusive. */
  readonly last?: bigint;
}

export interface RecordWindow {
  /** Milliseconds since 1970, inclusive. */
  readonly since?: bigint;
  /** Inclusive. */
  readonly until?: bigint;
  readonly offsets?: readonly OffsetRange[];
}

export const EVERYTHING: RecordWindow = {};

/** Whether each record is to be looked at for its time; timestamps come in any order, so no place in a log tells. */
export function hasTimes({ since, until }: RecordWindow): boolean {
  return since !== undefined || until !== undefined;
}

export function isInTime({ since, until }: RecordWindow, record: RecordSlices): boolean {
  if (since === undefined && until === undefined) return true;
  const time = timestampOf(record);
  return (since === undefined || time >= since) && (until === undefined || time <= until);
}

/** Offsets to read, `to` exclusive; undefined when no record of the partition can be meant. */
export function rangeOf(
  window: RecordWindow,
  topic: string,
  { partition, firstOffset, endOffset, minTimestamp, maxTimestamp }: SourcePartition,
): { readonly from: bigint; readonly to: bigint } | undefined {
  const { since, until } = window;
  if (since !== undefined && maxTimestamp !== undefined && maxTimestamp < since) return undefined;
  if (until !== undefined && minTimestamp !== undefined && minTimestamp > until) return undefined;
  const range = window.offsets?.find((entry) => entry.topic === topic && entry.partition === partition);
  const from = range?.first === undefined || range.first < firstOffset ? firstOffset : range.first;
  const to = range?.last === undefined || range.last >= endOffset ? endOffset : range.last + 1n;
  return from < to ? { from, to } : undefined;
}

/** `2026-11-21T10:00:00Z`, or milliseconds since 1970. @throws SrgitError SRGIT_USAGE */
export function parseTime(text: string, flag: string): bigint {
  if (/^-?[0-9]{1,18}$/.test(text)) return BigInt(text);
  const hasZone = /^\d{4}-\d{2}-\d{2}([T ][0-9:.]+(Z|[+-]\d{2}:?\d{2}))?$/.test(text);
  const time = hasZone ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return BigInt(time);
  throw new SrgitError('SRGIT_USAGE', `--${flag} ${JSON.stringify(text)} is no time`, {
    hint: 'Write 2026-11-21T10:00:00Z with its zone, 2026-11-21 for midnight in UTC, or milliseconds since 1970.',
  });
}

/** `orders:0=100..200`, either end may be left out. @throws SrgitError SRGIT_USAGE */
export function parseOffsetRange(text: string): OffsetRange {
  const [, topic, partition, first, last] = /^(.+):([0-9]{1,9})=([0-9]{0,18})\.\.([0-9]{0,18})$/.exec(text) ?? [];
  if (topic === undefined) {
    throw new SrgitError('SRGIT_USAGE', `--offsets ${text} is not TOPIC:PARTITION=FIRST..LAST`, {
      hint: 'For example --offsets orders:0=100..200; both ends are included, either may be left out.',
    });
  }
  return {
    topic,
    partition: Number(partition),
    ...(first ? { first: BigInt(first) } : {}),
    ...(last ? { last: BigInt(last) } : {}),
  };
}
