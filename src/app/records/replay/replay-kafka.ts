/** Replays into a cluster: exactly once by transactions that hold records and positions, or at least once by a file. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SrgitError, throwIfAborted } from '../../../errors.ts';
import type { KafkaClient } from '../../../kafka/port.ts';
import type { Codec } from '../../../records/codec.ts';
import type { ConsumerGroup, SourceTopic } from '../../../records/record-source.ts';
import { mapConcurrent } from '../../../registry/map-concurrent.ts';
import { ByteBudget } from '../byte-budget.ts';
import type { Lane, PartitionMapping, renameTopic } from '../lanes.ts';
import { deadLetterTopic } from './dead-letters.ts';
import { fileStore, type PositionStore, transactionalStore } from './position-store.ts';
import type { ReplayContext } from './replay-archive.ts';
import { isDone, type LanePosition, laneKey, ledgerName, translationKey } from './replay-position.ts';
import { type RestoredGroup, restoreGroups, wantedOffsets } from './restore-groups.ts';
import { runLane } from './run-lane.ts';
import { prepareTopics, putSettingsBack, type TargetTopics } from './target-topics.ts';

export interface KafkaReplayOptions {
  readonly client: KafkaClient;
  readonly createTopics: boolean;
  readonly replicationFactor?: number | undefined;
  readonly restoreGroups: boolean;
  /** Also where there are records already that no replay of this backup has written. */
  readonly intoExisting: boolean;
  /** Of created topics: nothing is deleted by age and times stay until all is written. True where absent. */
  readonly holdSettings?: boolean | undefined;
  /** Name of the group that keeps positions, in place of the one that tells backup and map. */
  readonly ledger?: string | undefined;
  /** Absent: exactly once. */
  readonly checkpointFile?: string | undefined;
  /** Of batches that are ready or on their way, all partitions together. */
  readonly maxInFlightBytes?: number | undefined;
  /** Of one transaction. */
  readonly commitBytes?: number | undefined;
  readonly commitMs?: number | undefined;
  /** Of batches that are made anew; others keep theirs. */
  readonly codec?: Codec | undefined;
}

export interface KafkaReplayWork {
  readonly topics: readonly SourceTopic[];
  readonly topicMapping: Parameters<typeof renameTopic>[1];
  readonly partitionMapping: readonly PartitionMapping[];
  /** Of all shards. */
  readonly allLanes: readonly Lane[];
  /** Source topics that may have records for the topic of dead letters. */
  readonly deadLetters: ReadonlySet<string>;
  readonly mapHash: string;
  readonly now: () => number;
  readonly warn: (text: string) => void;
}

export interface KafkaReplay {
  readonly guarantee: 'exactly-once' | 'at-least-once';
  /** The consumer group, or the checkpoint's name, that keeps the positions. */
  readonly ledger: string;
  readonly checkpointFile?: string;
  /** Partitions that an earlier run was done with, and those that it had begun. */
  readonly doneBefore: number;
  readonly resumed: number;
  readonly created: readonly string[];
  /** Topics that have the source's settings now, and those that keep everything they are given. */
  readonly settingsPutBack: readonly string[];
  readonly settingsHeld: readonly string[];
  readonly deadLetters: number;
  readonly commits: number;
  readonly groups: readonly RestoredGroup[];
}

const MAX_IN_FLIGHT = 16 * 1024 * 1024;
const COMMIT_BYTES = 32 * 1024 * 1024;
const COMMIT_MS = 5000;

/** @throws SrgitError of the target, SRGIT_REPLAY_STALE where positions and records do not go together */
export async function replayToKafka(
  context: ReplayContext,
  options: KafkaReplayOptions,
  work: KafkaReplayWork,
): Promise<KafkaReplay> {
  const { client } = options;
  const { source, signal, lanes } = context;
  const ledger = options.ledger ?? ledgerName(source.id, work.mapHash, context.window, work.partitionMapping);
  const targets = await prepareTopics({
    admin: client.admin,
    topics: work.topics,
    topicMapping: work.topicMapping,
    lanes: work.allLanes,
    create: options.createTopics,
    hold: options.holdSettings ?? true,
    replicationFactor: options.replicationFactor,
    deadLetters: context.onUnknown === 'dead-letter' ? work.deadLetters : new Set(),
    warn: work.warn,
    signal,
  });
  const store =
    options.checkpointFile === undefined
      ? transactionalStore(client, ledger)
      : fileStore(options.checkpointFile, ledger);
  const before = new Map(await store.seen(signal));
  refuseStrange(lanes, before);
  if (source.kind === 'kafka') warnOfJoined(lanes, before, work.warn);
  if (!options.intoExisting) await refuseFilled(client, store, lanes, before, signal);
  const groups = options.restoreGroups ? await source.groups(signal) : [];
  const done = new Map<string, LanePosition>();
  const oldest = new Map<string, bigint>();
  const counts = { doneBefore: 0, resumed: 0, deadLetters: 0, commits: 0 };
  const open = lanes.filter((lane) => {
    const position = before.get(laneKey(lane));
    if (position === undefined || !isDone(lane, position)) {
      if (position !== undefined) counts.resumed++;
      return true;
    }
    done.set(laneKey(lane), position);
    counts.doneBefore++;
    return false;
  });
  const budget = new ByteBudget(options.maxInFlightBytes ?? MAX_IN_FLIGHT);
  await mapConcurrent(
    open,
    context.concurrency,
    async (lane, inner) => {
      const position = await replayLane(
        { context, options, work, store, targets, budget, groups, counts, oldest },
        lane,
        inner,
      );
      if (position !== undefined) done.set(laneKey(lane), position);
    },
    signal,
  );
  await waitUntilVisible(client, open, work.warn, signal);
  const restored = await restoreGroups(client.admin, groups, lanes, done, signal);
  const finished = await finishedTopics(work.allLanes, lanes, done, store, signal);
  const isWhole = counts.doneBefore === 0 && counts.resumed === 0 && lanes.length === work.allLanes.length;
  const { putBack, held } = await putSettingsBack(
    client.admin,
    targets.putBack,
    finished,
    (topic) => (isWhole ? oldest.get(topic) : oldestOfSources(work.allLanes, topic)),
    work.now(),
    signal,
  );
  for (const topic of held) {
    if (finished(topic))
      work.warn(
        `topic ${topic} keeps its records for ever (retention.ms=-1): the source’s retention would delete them`,
      );
  }
  return {
    guarantee: store.guarantee,
    ledger,
    ...(options.checkpointFile === undefined ? {} : { checkpointFile: options.checkpointFile }),
    ...counts,
    created: targets.created,
    settingsPutBack: putBack,
    settingsHeld: held,
    groups: restored,
  };
}

interface LaneWork {
  readonly context: ReplayContext;
  readonly options: KafkaReplayOptions;
  readonly work: KafkaReplayWork;
  readonly store: PositionStore;
  readonly targets: TargetTopics;
  readonly budget: ByteBudget;
  readonly groups: readonly ConsumerGroup[];
  readonly counts: { deadLetters: number; commits: number };
  /** By topic of the target. */
  readonly oldest: Map<string, bigint>;
}

async function replayLane(
  { context, options, work, store, targets, budget, groups, counts, oldest }: LaneWork,
  lane: Lane,
  signal: AbortSignal,
): Promise<LanePosition | undefined> {
  const producer = await options.client.producer({ ...store.producerOptions(lane), signal });
  try {
    // Only now is it certain that no earlier run writes on: the producer has taken its place.
    const position = (await store.settled([lane], signal)).get(laneKey(lane));
    if (position === undefined) await store.begin?.(lane);
    const wanted = wantedOffsets(lane, groups);
    return await runLane({
      context,
      lane,
      producer,
      position,
      wanted: wanted.map((offsets, source) =>
        offsets.filter((offset) => position?.translated.has(translationKey(source, offset)) !== true),
      ),
      budget,
      maxBatchBytes: targets.byName.get(lane.topic)?.maxBatchBytes ?? 1_000_000,
      deadLetterPartitions: targets.byName.get(deadLetterTopic(lane.topic))?.partitionCount ?? 1,
      codec: options.codec ?? 'none',
      commitBytes: options.commitBytes ?? COMMIT_BYTES,
      commitMs: options.commitMs ?? COMMIT_MS,
      now: work.now,
      isTransactional: store.guarantee === 'exactly-once',
      commit: async (reached) => {
        await store.commit(producer, lane, reached);
        counts.commits++;
      },
      onDeadLetters: (count) => {
        counts.deadLetters += count;
      },
      onTime: (time) => {
        const known = oldest.get(lane.topic);
        if (known === undefined || time < known) oldest.set(lane.topic, time);
      },
      signal,
    });
  } finally {
    await producer.close();
  }
}

/** A position tells of one source at a time: a live one that an earlier run was done with may have grown. */
function warnOfJoined(
  lanes: readonly Lane[],
  positions: ReadonlyMap<string, LanePosition>,
  warn: (text: string) => void,
): void {
  for (const lane of lanes) {
    const { source = 0 } = positions.get(laneKey(lane)) ?? {};
    const [first] = lane.sources;
    if (source === 0 || first === undefined) continue;
    const place = `${first.topic}, partition ${first.partition.partition}`;
    warn(`${laneKey(lane)} has several sources: what came to ${place} since the earlier run is not replayed`);
  }
}

function refuseStrange(lanes: readonly Lane[], positions: ReadonlyMap<string, LanePosition>): void {
  for (const lane of lanes) {
    const position = positions.get(laneKey(lane));
    if (position === undefined) continue;
    const source = lane.sources[position.source];
    if (source !== undefined && position.next <= source.partition.endOffset) continue;
    throw new SrgitError(
      'SRGIT_REPLAY_STALE',
      `${laneKey(lane)} was replayed up to offset ${position.next} of a backup that has none such`,
      { hint: 'This is not the backup that the earlier replay read; give it an id of its own.' },
    );
  }
}

/**
 * Partitions that this replay has not begun must hold no records: they may be those of a replay that is long forgotten.
 *
 * @param before gets the positions that a killed run had committed and that were not to be seen yet
 */
async function refuseFilled(
  client: KafkaClient,
  store: PositionStore,
  lanes: readonly Lane[],
  before: Map<string, LanePosition>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const filled = await filledLanes(
    client,
    lanes.filter((lane) => !before.has(laneKey(lane))),
    signal,
  );
  if (filled.length === 0) return;
  // Whoever wrote there last has ended when its place is taken.
  for (const lane of filled) await (await client.producer({ ...store.producerOptions(lane), signal })).close();
  for (const [key, position] of await store.settled(filled, signal)) before.set(key, position);
  const strange = filled.map(laneKey).filter((key) => !before.has(key));
  if (strange.length === 0) return;
  const shown = strange.slice(0, 10).join(', ') + (strange.length > 10 ? ` and ${strange.length - 10} more` : '');
  throw new SrgitError(
    'SRGIT_REPLAY_STALE',
    `there are records in the target that this replay has not written: ${shown}`,
    {
      hint: 'If they are not those of this backup, add to them with --into-existing; else they would be there twice.',
      details: { partitions: strange.length },
    },
  );
}

async function filledLanes(
  client: KafkaClient,
  lanes: readonly Lane[],
  signal: AbortSignal | undefined,
): Promise<readonly Lane[]> {
  const filled: Lane[] = [];
  for (const topic of new Set(lanes.map((lane) => lane.topic))) {
    const [starts, ends] = [
      await client.admin.offsets(topic, 'earliest', signal),
      await client.admin.offsets(topic, 'stable', signal),
    ];
    for (const lane of lanes) {
      if (lane.topic !== topic) continue;
      const [from = 0n, to = 0n] = [starts.get(lane.partition), ends.get(lane.partition)];
      if (from < to && (await holdsRecords(client, lane, from, to, signal))) filled.push(lane);
    }
  }
  return filled;
}

/** Offsets alone do not tell: what a killed run wrote and did not commit has some, too. */
async function holdsRecords(
  client: KafkaClient,
  { topic, partition }: Lane,
  from: bigint,
  to: bigint,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  for await (const { kind } of client.read(topic, partition, { from, to, maxBytes: 64 * 1024, signal })) {
    if (kind !== 'skipped') return true;
  }
  return false;
}

const VISIBLE_POLL_MS = 50;
const VISIBLE_POLLS = 600;

/** A broker answers a commit before it has marked the end of the transaction in every log: until then readers wait. */
async function waitUntilVisible(
  { admin }: KafkaClient,
  lanes: readonly Lane[],
  warn: (text: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const topic of new Set(lanes.map((lane) => lane.topic))) {
    const ends = await admin.offsets(topic, 'latest', signal);
    for (let poll = 0; ; poll++) {
      const seen = await admin.offsets(topic, 'stable', signal);
      const waiting = lanes.filter(
        ({ topic: name, partition }) => name === topic && (seen.get(partition) ?? 0n) < (ends.get(partition) ?? 0n),
      );
      if (waiting.length === 0) break;
      if (poll === VISIBLE_POLLS) {
        warn(
          `a transaction is still open in ${laneKey(waiting[0] ?? { topic, partition: 0 })}: readers do not see behind it yet`,
        );
        break;
      }
      throwIfAborted(signal);
      await sleep(VISIBLE_POLL_MS);
    }
  }
}

/** Topics that every shard is done with. */
async function finishedTopics(
  allLanes: readonly Lane[],
  own: readonly Lane[],
  done: ReadonlyMap<string, LanePosition>,
  store: PositionStore,
  signal: AbortSignal | undefined,
): Promise<(topic: string) => boolean> {
  const isAll = own.length === allLanes.length;
  const positions = isAll ? done : new Map([...(await store.seen(signal)), ...done]);
  const open = new Set(
    allLanes.filter((lane) => !isDone(lane, positions.get(laneKey(lane)))).map(({ topic }) => topic),
  );
  return (topic) => !open.has(topic);
}

/** As the source says it; undefined where it does not know of every partition. */
function oldestOfSources(lanes: readonly Lane[], topic: string): bigint | undefined {
  const sources = lanes.filter((lane) => lane.topic === topic).flatMap((lane) => lane.sources);
  let least: bigint | undefined;
  for (const { partition } of sources) {
    const time = partition.minTimestamp;
    if (time === undefined) return undefined;
    if (least === undefined || time < least) least = time;
  }
  return least;
}
