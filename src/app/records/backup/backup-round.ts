/** One look at a cluster: every partition with something new is read to the end that was seen, some at a time. */

import type { KbakSink } from '../../../archive/kbak-sink.ts';
import type { KafkaClient } from '../../../kafka/port.ts';
import type { SourceTopic } from '../../../records/record-source.ts';
import { mapConcurrent } from '../../../registry/map-concurrent.ts';
import type { OnProgress } from '../../progress.ts';
import type { SkipCount } from '../skip-tally.ts';
import { backupPartition, type PartitionBackup, type PartitionWork } from './backup-partition.ts';
import type { BackupWork } from './backup-topics.ts';

export interface BackedUpTopic {
  readonly topic: string;
  readonly partitions: number;
  /** Partitions that had something new. */
  readonly read: number;
  readonly records: number;
  readonly bytes: number;
  /** Offsets that are waiting, in a dry run: records, or less. */
  readonly waiting?: number;
  readonly skipped: readonly (SkipCount & { readonly partition: number })[];
}

/** Counts over all rounds. */
export class BackupTally {
  records = 0;
  bytes = 0;
  private readonly byTopic = new Map<string, Counted>();

  add(topic: string, { partition, records, bytes, skipped }: PartitionBackup): void {
    const counted = this.of(topic);
    counted.read.add(partition);
    counted.records += records;
    counted.bytes += bytes;
    // Of a run without an end, the first ones tell enough.
    const room = MAX_SKIPPED - counted.skipped.length;
    counted.skipped.push(...skipped.slice(0, Math.max(0, room)).map((count) => ({ partition, ...count })));
  }

  waits({ topic, partition, from, to }: PartitionWork): void {
    const counted = this.of(topic);
    counted.read.add(partition);
    counted.waiting = (counted.waiting ?? 0) + Number(to - (from ?? 0n));
  }

  topics(all: readonly SourceTopic[]): readonly BackedUpTopic[] {
    return all.map(({ name, partitionCount }) => {
      const { read, records, bytes, waiting, skipped } = this.of(name);
      const counts = { topic: name, partitions: partitionCount, read: read.size, records, bytes, skipped };
      return waiting === undefined ? counts : { ...counts, waiting };
    });
  }

  private of(topic: string): Counted {
    const counted = this.byTopic.get(topic) ?? {
      read: new Set(),
      records: 0,
      bytes: 0,
      waiting: undefined,
      skipped: [],
    };
    this.byTopic.set(topic, counted);
    return counted;
  }
}

interface Counted {
  readonly read: Set<number>;
  records: number;
  bytes: number;
  waiting: number | undefined;
  readonly skipped: (SkipCount & { readonly partition: number })[];
}

const MAX_SKIPPED = 1000;

export interface RoundOptions {
  readonly client: KafkaClient;
  readonly sink: KbakSink;
  readonly isolation: 'read_committed' | 'read_uncommitted';
  readonly skipDamaged: boolean;
  readonly concurrency: number;
  readonly segmentMs: number;
  readonly checkpointMs: number;
  readonly tally: BackupTally;
  readonly now: () => number;
  /** Lists what is stored by now. */
  readonly checkpoint: () => Promise<void>;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/** Of answers of brokers, all partitions together: each reader has two in hand, and one that is decompressed. */
const ANSWER_BYTES = 10 * 1024 * 1024;
const MOST_ANSWER = 4 * 1024 * 1024;
const LEAST_ANSWER = 256 * 1024;

/** @throws SrgitError; what was read by then is stored, though not listed yet */
export async function runBackupRound(work: BackupWork, options: RoundOptions): Promise<void> {
  const { concurrency, tally, onProgress, signal } = options;
  const first = new Map(
    work.topics.flatMap(({ name, partitions }) =>
      partitions.map((part) => [`${name} ${part.partition}`, part.firstOffset]),
    ),
  );
  const total = work.partitions.reduce((sum, { topic, partition, from, to }) => {
    return sum + Number(to - (from ?? first.get(`${topic} ${partition}`) ?? 0n));
  }, 0);
  const tick = makeTick(options);
  let done = 0;
  const reading = {
    ...options,
    maxBytes: Math.max(LEAST_ANSWER, Math.min(MOST_ANSWER, Math.floor(ANSWER_BYTES / (2 * concurrency)))),
    onRead: (offsets: number, records: number, bytes: number) => {
      done += offsets;
      tally.records += records;
      tally.bytes += bytes;
      onProgress?.({ phase: 'backing up records', done: Math.min(done, total), total });
      return tick();
    },
  };
  await mapConcurrent(
    work.partitions,
    concurrency,
    async (part, inner) => tally.add(part.topic, await backupPartition(reading, part, inner)),
    signal,
  );
}

/** How many times as long as it takes to list what is stored passes before it is listed again. */
const LISTING_SHARE = 4;

/** Lists what is stored from time to time; less often where the list is long. */
function makeTick({ now, checkpointMs, checkpoint }: RoundOptions): () => Promise<void> | undefined {
  let due = now() + checkpointMs;
  let running = false;
  return () => {
    if (running || now() < due) return undefined;
    running = true;
    const begun = now();
    return checkpoint().finally(() => {
      running = false;
      due = now() + Math.max(checkpointMs, LISTING_SHARE * (now() - begun));
    });
  };
}
