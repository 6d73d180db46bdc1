/** Replays into an archive: no broker is needed, and records keep their offsets. */
import { SrgitError, throwIfAborted } from '../../../errors.ts';
import type { UnknownPolicy } from '../../../records/frame-rules.ts';
import { sliceRecord } from '../../../records/plain-records.ts';
import type {
  ArchiveFacts,
  ConsumerGroup,
  PartitionSink,
  ReadOptions,
  RecordSink,
  RecordSource,
  SourceTopic,
} from '../../../records/record-source.ts';
import { mapConcurrent } from '../../../registry/map-concurrent.ts';
import type { ByteProgress } from '../byte-progress.ts';
import { type Lane, type LaneSource, renameTopic } from '../lanes.ts';
import { sizeOfPiece } from '../piece-cursor.ts';
import { RecordStage } from '../record-stage.ts';
import type { RecordWindow } from '../record-window.ts';
import { SkipTally } from '../skip-tally.ts';
import { deadLetterTopic, toDeadLetter } from './dead-letters.ts';
import type { RateLimit } from './rate-limit.ts';
import type { ReplayTally } from './replay-tally.ts';
import type { HeaderPolicy } from './tracking-headers.ts';

export interface ReplayContext {
  readonly source: RecordSource;
  readonly lanes: readonly Lane[];
  readonly onUnknown: UnknownPolicy;
  readonly window: RecordWindow;
  readonly headers: HeaderPolicy;
  readonly read: Omit<ReadOptions, 'from' | 'to' | 'signal'>;
  readonly concurrency: number;
  readonly tally: ReplayTally;
  readonly progress: ByteProgress;
  readonly rate?: RateLimit | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What the archive is to say of itself, but for its topics. */
export type CopiedFacts = Omit<ArchiveFacts, 'topics' | 'groups'>;

/**
 * Writes every lane to the sink and makes the archive whole; on an error nothing that looks like one stays.
 *
 * @throws SrgitError SRGIT_USAGE where two partitions become one: their offsets would be each other's
 */
export async function replayToArchive(
  context: ReplayContext,
  sink: RecordSink,
  facts: CopiedFacts,
  copied: { readonly topics: readonly SourceTopic[]; readonly topicMapping: Parameters<typeof renameTopic>[1] },
): Promise<void> {
  const joined = context.lanes.find(({ sources }) => sources.length > 1);
  if (joined !== undefined) {
    throw new SrgitError(
      'SRGIT_USAGE',
      `several partitions would become partition ${joined.partition} of ${joined.topic}: an archive has each offset once`,
      { hint: 'Join partitions when replaying into Kafka, or give each its own.' },
    );
  }
  try {
    const { signal } = context;
    const dead = await mapConcurrent(
      context.lanes,
      context.concurrency,
      (lane, inner) => writeLane(context, lane, sink, inner),
      signal,
    );
    const groups = await context.source.groups(signal);
    const topics = copied.topics.map((topic) => ({ ...topic, name: renameTopic(topic.name, copied.topicMapping) }));
    await sink.finish({
      ...facts,
      topics: [...topics, ...deadLetterTopics(topics, dead.flat())],
      ...(groups.length === 0 ? {} : { groups: groups.map((group) => renameGroup(group, copied.topicMapping)) }),
    });
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

/** @returns the topic of dead letters, if there are any */
async function writeLane(
  context: ReplayContext,
  lane: Lane,
  sink: RecordSink,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const [source] = lane.sources;
  if (source === undefined) return [];
  const output = await sink.open(lane.topic, lane.partition);
  let deadLetters: PartitionSink | undefined;
  const writeDead = async (stage: RecordStage): Promise<void> => {
    if (context.onUnknown !== 'dead-letter') {
      stage.takenOut = [];
      return;
    }
    for (const taken of stage.takenOut.splice(0)) {
      deadLetters ??= await sink.open(deadLetterTopic(lane.topic), lane.partition);
      const { bytes, slices } = sliceRecord(toDeadLetter(taken));
      await deadLetters.append(bytes, slices, taken.record.offset);
    }
  };
  await copyPartition(context, lane, source, output, writeDead, signal);
  await output.close();
  await deadLetters?.close();
  return deadLetters === undefined ? [] : [deadLetterTopic(lane.topic)];
}

async function copyPartition(
  context: ReplayContext,
  lane: Lane,
  { topic, partition, rule, from, to }: LaneSource,
  output: PartitionSink,
  onTakenOut: (stage: RecordStage) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { source, tally, progress, rate, onUnknown, window, headers, read } = context;
  const stage = new RecordStage({
    topic,
    partition: partition.partition,
    rule,
    onUnknown,
    window,
    headers,
    limits: read.limits,
  });
  const skipped = new SkipTally();
  let takenOut = 0;
  for await (const piece of source.read(topic, partition.partition, { ...read, from, to, signal })) {
    throwIfAborted(signal);
    if (piece.kind === 'skipped') {
      skipped.add(piece);
      continue;
    }
    const size = sizeOfPiece(piece);
    await rate?.take(size, signal);
    let records = 0;
    stage.open(piece);
    while (stage.next()) {
      const waiting = output.append(stage.bytes, stage.record, stage.offset);
      if (waiting !== undefined) await waiting;
      records++;
    }
    takenOut += stage.takenOut.length;
    if (stage.takenOut.length > 0) await onTakenOut(stage);
    tally.wrote(lane, records, size);
    progress.add(size, records);
  }
  progress.finish(partition);
  const { patched, outside, rewriter } = stage;
  const place = { topic, partition: partition.partition, report: rewriter.report() };
  tally.finished(lane, place, { patched, takenOut, outside }, skipped.counts());
}

function deadLetterTopics(topics: readonly SourceTopic[], names: readonly string[]): readonly SourceTopic[] {
  const partitionCounts = new Map(topics.map(({ name, partitionCount }) => [deadLetterTopic(name), partitionCount]));
  return [...new Set(names)].map((name) => ({
    name,
    partitionCount: partitionCounts.get(name) ?? 1,
    partitions: [],
  }));
}

/** Offsets stay what they are, so a group's positions do. */
function renameGroup({ group, offsets }: ConsumerGroup, mapping: Parameters<typeof renameTopic>[1]): ConsumerGroup {
  return { group, offsets: offsets.map((entry) => ({ ...entry, topic: renameTopic(entry.topic, mapping) })) };
}
