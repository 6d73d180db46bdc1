/** What a replay did: by topic, and how fast. */
import type { FrameReport } from '../../../records/frame-tally.ts';
import type { Lane } from '../lanes.ts';
import { type IdCount, joinScans } from '../scan/join-scans.ts';
import type { PartitionScan } from '../scan/scan-partition.ts';
import type { SkipCount } from '../skip-tally.ts';

export interface TopicReplay {
  readonly topic: string;
  /** Source topics. */
  readonly from: readonly string[];
  readonly partitions: number;
  /** Written to the topic. */
  readonly records: number;
  /** Keys, values and headers as batches or archive have them. */
  readonly bytes: number;
  readonly patched: number;
  /** Taken out, and written to the topic of dead letters or nowhere. */
  readonly takenOut: number;
  /** Left out by the time window. */
  readonly outside: number;
  readonly ids: readonly IdCount[];
  readonly skipped: readonly (SkipCount & { readonly partition: number })[];
}

export interface RateSample {
  /** Milliseconds since the first byte. */
  readonly at: number;
  /** Totals so far. */
  readonly bytes: number;
  readonly records: number;
}

interface Counts {
  records: number;
  bytes: number;
  patched: number;
  takenOut: number;
  outside: number;
  readonly from: Set<string>;
  readonly partitions: Set<number>;
  readonly scans: PartitionScan[];
}

const MAX_SAMPLES = 512;

export class ReplayTally {
  readonly #topics = new Map<string, Counts>();
  readonly #now: () => number;
  readonly #started: number;
  #samples: RateSample[] = [];
  #interval = 250;
  #bytes = 0;
  #records = 0;

  constructor(now: () => number) {
    this.#now = now;
    this.#started = now();
  }

  /** Records that the target has taken. */
  wrote({ topic, partition }: Lane, records: number, bytes: number): void {
    const counts = this.#of(topic);
    counts.records += records;
    counts.bytes += bytes;
    counts.partitions.add(partition);
    this.#bytes += bytes;
    this.#records += records;
    this.#sample();
  }

  /** What became of one source partition, once it is done. */
  finished(
    { topic }: Lane,
    source: { readonly topic: string; readonly partition: number; readonly report: FrameReport },
    counted: { readonly patched: number; readonly takenOut: number; readonly outside: number },
    skipped: readonly SkipCount[],
  ): void {
    const counts = this.#of(topic);
    counts.patched += counted.patched;
    counts.takenOut += counted.takenOut;
    counts.outside += counted.outside;
    counts.from.add(source.topic);
    counts.scans.push({ ...source, bytes: 0, skipped });
  }

  topics(): readonly TopicReplay[] {
    return [...this.#topics]
      .map(([topic, { from, partitions, scans, ...counts }]) => ({
        topic,
        from: [...from].sort(),
        partitions: partitions.size,
        ...counts,
        ids: joinScans(scans).ids,
        skipped: scans.flatMap(({ partition, skipped }) => skipped.map((count) => ({ partition, ...count }))),
      }))
      .sort((a, b) => (a.topic < b.topic ? -1 : 1));
  }

  get samples(): readonly RateSample[] {
    return [...this.#samples, { at: this.#elapsed(), bytes: this.#bytes, records: this.#records }];
  }

  get records(): number {
    return this.#records;
  }

  get bytes(): number {
    return this.#bytes;
  }

  #of(topic: string): Counts {
    let counts = this.#topics.get(topic);
    if (counts === undefined) {
      const none = { records: 0, bytes: 0, patched: 0, takenOut: 0, outside: 0 };
      counts = { ...none, from: new Set(), partitions: new Set(), scans: [] };
      this.#topics.set(topic, counts);
    }
    return counts;
  }

  #elapsed(): number {
    return Math.round(this.#now() - this.#started);
  }

  /** However long it takes, there are a few hundred: when there are too many, every second one goes. */
  #sample(): void {
    const at = this.#elapsed();
    if (at < (this.#samples.at(-1)?.at ?? 0) + this.#interval) return;
    this.#samples.push({ at, bytes: this.#bytes, records: this.#records });
    if (this.#samples.length < MAX_SAMPLES) return;
    this.#samples = this.#samples.filter((_, index) => index % 2 === 1);
    this.#interval *= 2;
  }
}
