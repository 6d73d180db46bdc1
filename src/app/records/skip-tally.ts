/** What of a partition did not come as data, counted by reason. */
import type { SkipReason, SourcePiece } from '../../records/record-source.ts';

export interface SkipCount {
  readonly reason: SkipReason;
  readonly stretches: number;
  /** As far as the source knows it. */
  readonly records: number;
  /** Decimal, as all offsets in reports. */
  readonly firstOffset: string;
  readonly lastOffset: string;
  /** Of the first stretches that have one. */
  readonly details: readonly string[];
}

type SkippedPiece = Extract<SourcePiece, { readonly kind: 'skipped' }>;

const MAX_DETAILS = 5;

export class SkipTally {
  readonly #counts = new Map<
    SkipReason,
    { stretches: number; records: number; first: bigint; last: bigint; details: string[] }
  >();

  add({ reason, firstOffset, lastOffset, records = 0, detail }: SkippedPiece): void {
    const count = this.#counts.get(reason);
    if (count === undefined) {
      const details = detail === undefined ? [] : [detail];
      this.#counts.set(reason, { stretches: 1, records, first: firstOffset, last: lastOffset, details });
      return;
    }
    count.stretches++;
    count.records += records;
    if (firstOffset < count.first) count.first = firstOffset;
    if (lastOffset > count.last) count.last = lastOffset;
    if (detail !== undefined && count.details.length < MAX_DETAILS) count.details.push(detail);
  }

  counts(): readonly SkipCount[] {
    return [...this.#counts].map(([reason, { stretches, records, first, last, details }]) => ({
      reason,
      stretches,
      records,
      firstOffset: `${first}`,
      lastOffset: `${last}`,
      details,
    }));
  }
}
