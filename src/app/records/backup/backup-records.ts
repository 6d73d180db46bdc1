/** Backup: topics of a cluster into an archive, with their settings and consumer groups; later only what is new. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KbakSink } from '../../../archive/kbak-sink.ts';
import { isSrgitError, SrgitError, throwIfAborted } from '../../../errors.ts';
import type { KafkaClient } from '../../../kafka/port.ts';
import type { ArchiveFacts, ConsumerGroup } from '../../../records/record-source.ts';
import type { OnProgress } from '../../progress.ts';
import { Stopwatch } from '../../stopwatch.ts';
import { kafkaSource } from '../kafka-source.ts';
import type { TopicSelection } from '../select-topics.ts';
import { type BackedUpTopic, BackupTally, runBackupRound } from './backup-round.ts';
import { type BackupWork, findBackupWork, type Isolation, refusal } from './backup-topics.ts';

export interface BackupOptions {
  readonly client: KafkaClient;
  /** Opened so that it adds to what is there, without a signal of its own: what was read is stored after an interruption. */
  readonly sink: KbakSink;
  readonly backupId: string;
  /** For people. */
  readonly location: string;
  readonly selection: TopicSelection;
  readonly isolation: Isolation;
  readonly skipDamaged: boolean;
  /** Partitions at the same time. */
  readonly concurrency?: number | undefined;
  /** Goes on with what comes; ends with the signal. */
  readonly continuous?: { readonly everyMs: number } | undefined;
  readonly segmentMs?: number | undefined;
  readonly checkpointMs?: number | undefined;
  readonly dryRun: boolean;
  /** Stores the schemas beside; called after the records of a round, as every one of them had its schema by then. */
  readonly schemas?: ((signal: AbortSignal | undefined) => Promise<BackedUpSchemas>) | undefined;
  readonly now: () => number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
  readonly onWarning?: ((text: string) => void) | undefined;
  /** With `continuous`: after each look that brought something. */
  readonly onRound?: ((records: number, bytes: number) => void) | undefined;
}

export interface BackedUpSchemas {
  readonly location: string;
  readonly subjects: number;
  readonly versions: number;
  readonly filesWritten: number;
  /** Something could not be read. */
  readonly partial: boolean;
}

export interface BackupResult {
  readonly outcome: 'done' | 'dry-run';
  readonly cluster: string;
  readonly backupId: string;
  readonly location: string;
  readonly isolation: Isolation;
  /** Whether there was such a backup before. */
  readonly added: boolean;
  readonly topics: readonly BackedUpTopic[];
  readonly leftOut: BackupWork['leftOut'];
  readonly records: number;
  /** As brokers sent them. */
  readonly bytes: number;
  readonly groups: number;
  readonly rounds: number;
  readonly schemas?: BackedUpSchemas;
  readonly durations: Readonly<Record<string, number>>;
}

export const DEFAULT_BACKUP_CONCURRENCY = 4;
const SEGMENT_MS = 60_000;
const CHECKPOINT_MS = 10_000;

/**
 * @throws SrgitError of the cluster, the storage and the registry; SRGIT_REPLAY_STALE where the backup is of another cluster or
 * of other topics of the same names; SRGIT_INTERRUPTED. What was read by then is stored and listed, as unfinished.
 */
export async function backupRecords(options: BackupOptions): Promise<BackupResult> {
  const { sink, signal } = options;
  const run = new BackupRun(options);
  try {
    await run.begin();
    if (options.dryRun) {
      const result = await run.preview();
      await sink.abort();
      return result;
    }
    if (options.continuous === undefined) await run.round();
    else await run.goOn(options.continuous.everyMs);
    await run.finish();
  } catch (error) {
    await run.giveUp();
    throw error;
  }
  const { refused } = run;
  const stale = refusal(refused, options.backupId);
  if (stale !== undefined) throw stale;
  throwIfAborted(options.continuous === undefined ? signal : undefined);
  return run.result();
}

class BackupRun {
  refused: BackupWork['refused'] = [];
  private readonly options: BackupOptions;
  private readonly stopwatch = new Stopwatch();
  private readonly tally = new BackupTally();
  private readonly told = new Set<string>();
  private cluster = '';
  private groups: readonly ConsumerGroup[] = [];
  private work: BackupWork | undefined;
  private rounds = 0;
  private schemas: BackedUpSchemas | undefined;
  /** Whether all that there was when the last round began is stored. */
  private isWhole = false;

  constructor(options: BackupOptions) {
    this.options = options;
  }

  async begin(): Promise<void> {
    const { client, sink, backupId, signal } = this.options;
    this.cluster = await client.admin.clusterId(signal);
    const before = sink.before?.sourceClusterId;
    if (before === undefined || before === this.cluster) return;
    throw new SrgitError(
      'SRGIT_REPLAY_STALE',
      `backup ${backupId} is of the cluster ${before}; this is the cluster ${this.cluster}`,
      { hint: 'Choose another --backup-id: offsets of two clusters mean different records.' },
    );
  }

  async preview(): Promise<BackupResult> {
    await this.look();
    for (const part of this.work?.partitions ?? []) this.tally.waits(part);
    const stale = refusal(this.refused, this.options.backupId);
    if (stale !== undefined) this.options.onWarning?.(stale.message);
    return { ...this.result(), outcome: 'dry-run' };
  }

  /** Everything that is there when it begins. */
  async round(): Promise<void> {
    const { signal, schemas } = this.options;
    const before = this.tally.records;
    this.isWhole = false;
    await this.look();
    const { work } = this;
    if (work === undefined) return;
    await this.stopwatch.time(
      'reading',
      runBackupRound(work, {
        ...this.options,
        concurrency: this.options.concurrency ?? DEFAULT_BACKUP_CONCURRENCY,
        segmentMs: this.options.segmentMs ?? SEGMENT_MS,
        checkpointMs: this.options.checkpointMs ?? CHECKPOINT_MS,
        tally: this.tally,
        checkpoint: () => this.options.sink.checkpoint({ ...this.facts(), unfinished: true }),
      }),
    );
    const isNew = this.tally.records > before || this.rounds === 0;
    if (isNew && schemas !== undefined) this.schemas = await this.stopwatch.time('schemas', schemas(signal));
    this.isWhole = true;
    this.rounds++;
    if (this.options.continuous === undefined || !isNew) return;
    await this.options.sink.checkpoint(this.facts());
    this.options.onRound?.(this.tally.records - before, this.tally.bytes);
  }

  /** Round after round, until the signal. What passes with a cluster that is away for a while is tried again. */
  async goOn(everyMs: number): Promise<void> {
    const { signal, onWarning, now, backupId } = this.options;
    while (!isAborted(signal)) {
      const begun = now();
      try {
        await this.round();
        const fresh = this.refused.filter(({ topic }) => !this.told.has(topic));
        for (const { topic } of fresh) this.told.add(topic);
        const stale = refusal(fresh, backupId);
        if (stale !== undefined) onWarning?.(stale.message);
      } catch (error) {
        if (isAborted(signal)) break;
        // The first look says whether it works at all.
        if (this.rounds === 0 || !isSrgitError(error, ...PASSING)) throw error;
        onWarning?.(`${error.message}; the next look tries again`);
      }
      const rest = Math.max(0, begun + everyMs - now());
      await sleep(rest, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    }
    this.refused = [];
  }

  async finish(): Promise<void> {
    await this.options.sink.finish({ ...this.facts(), unfinished: !this.isWhole });
  }

  /** After an error: what was read is kept, where anything can be. */
  async giveUp(): Promise<void> {
    const { sink } = this.options;
    if (this.work === undefined || this.options.dryRun) {
      await sink.abort();
      return;
    }
    try {
      await sink.finish({ ...this.facts(), unfinished: true });
    } catch {
      // The storage failed, most likely: the error that is on its way says so.
      await sink.abort();
    }
  }

  result(): BackupResult {
    const { sink, backupId, location, isolation } = this.options;
    const { tally, schemas } = this;
    return {
      outcome: 'done',
      cluster: this.cluster,
      backupId,
      location,
      isolation,
      added: sink.before !== undefined,
      topics: tally.topics(this.work?.topics ?? []),
      leftOut: this.work?.leftOut ?? [],
      records: tally.records,
      bytes: tally.bytes,
      groups: this.groups.length,
      rounds: this.rounds,
      ...(schemas === undefined ? {} : { schemas }),
      durations: this.stopwatch.durations,
    };
  }

  private async look(): Promise<void> {
    const { client, sink, selection, isolation, signal } = this.options;
    // Before the ends of partitions are seen, so that no group is ahead of the records.
    const groups = await this.stopwatch.time('listing', readGroups(client, signal));
    const work = await this.stopwatch.time('listing', findBackupWork(client, sink, { selection, isolation, signal }));
    const refused = new Set(work.refused.map(({ topic }) => topic));
    const names = new Set(work.topics.map(({ name }) => name).filter((name) => !refused.has(name)));
    this.groups = groups.flatMap(({ group, offsets }) => {
      const ours = offsets.filter(({ topic }) => names.has(topic));
      return ours.length === 0 ? [] : [{ group, offsets: ours }];
    });
    this.refused = work.refused;
    this.work = work;
  }

  private facts(): ArchiveFacts {
    const { isolation, now } = this.options;
    const refused = new Set(this.refused.map(({ topic }) => topic));
    return {
      topics: (this.work?.topics ?? []).filter(({ name }) => !refused.has(name)),
      groups: this.groups,
      isolation,
      sourceClusterId: this.cluster,
      createdAt: now(),
    };
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** The topic may be deleted while it is read; the next look finds out. */
const PASSING = ['SRGIT_KAFKA_UNREACHABLE', 'SRGIT_KAFKA_TIMEOUT', 'SRGIT_KAFKA_TOPIC', 'SRGIT_KAFKA_FAILED'] as const;

async function readGroups(client: KafkaClient, signal: AbortSignal | undefined): Promise<readonly ConsumerGroup[]> {
  // Not closed: the client is the caller's.
  return (await kafkaSource(client, signal)).groups(signal);
}
