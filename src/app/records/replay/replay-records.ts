/** Replay: records of a backup to where they are wanted, with the schema ids of the registry there. */
import type { RegistrySettings } from '../../../config/types.ts';
import { SrgitError } from '../../../errors.ts';
import type { UnknownPolicy } from '../../../records/frame-rules.ts';
import type { ReadOptions, RecordSink, RecordSource, SourceTopic } from '../../../records/record-source.ts';
import type { OnProgress } from '../../progress.ts';
import { Stopwatch } from '../../stopwatch.ts';
import { ByteProgress } from '../byte-progress.ts';
import { type Lane, makeLanes, type PartitionMapping, type Shard, shardOf } from '../lanes.ts';
import type { LoadedMap } from '../load-map.ts';
import { EVERYTHING, type RecordWindow } from '../record-window.ts';
import { isLeftAlone, missingSchemas, refineRules, type ScanResult, scanRecords } from '../scan/scan-records.ts';
import { selectTopics, type TopicSelection } from '../select-topics.ts';
import type { TopicRules } from '../topic-rules.ts';
import { checkTargetIds, type TargetProof } from './check-target-ids.ts';
import { RateLimit } from './rate-limit.ts';
import { type ReplayContext, replayToArchive } from './replay-archive.ts';
import { type KafkaReplay, type KafkaReplayOptions, replayToKafka } from './replay-kafka.ts';
import { type RateSample, ReplayTally, type TopicReplay } from './replay-tally.ts';
import { type HeaderPolicy, KEEP_HEADERS } from './tracking-headers.ts';

export type ReplayTarget =
  | {
      readonly kind: 'archive';
      /** For people. */
      readonly location: string;
      /** Called once everything is known to be well, with the hash of the id map where records are rewritten. */
      readonly create: (rewrittenBy: string | undefined) => Promise<RecordSink>;
    }
  | ({ readonly kind: 'kafka'; readonly location: string } & KafkaReplayOptions);

export interface ReplayOptions {
  readonly source: RecordSource;
  readonly target: ReplayTarget;
  readonly rules: TopicRules;
  /** Absent: ids stay what they are. */
  readonly map?: LoadedMap | undefined;
  /** Where the map's ids are to be found; or why nobody is asked. */
  readonly registry: RegistrySettings | { readonly skip: string };
  readonly selection: TopicSelection;
  readonly window?: RecordWindow | undefined;
  readonly topicMapping?: readonly { readonly from: string; readonly to: string }[] | undefined;
  readonly partitionMapping?: readonly PartitionMapping[] | undefined;
  readonly shard?: Shard | undefined;
  readonly headers?: HeaderPolicy | undefined;
  readonly onUnknown: UnknownPolicy;
  /** False: nothing is read before the first write, and what is unknown is met on the way. */
  readonly scan: boolean;
  readonly dryRun?: boolean | undefined;
  readonly read?: Omit<ReadOptions, 'from' | 'to' | 'signal'> | undefined;
  /** Partitions worked on at the same time. */
  readonly concurrency?: number | undefined;
  readonly bytesPerSecond?: number | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
  readonly onWarning?: ((text: string) => void) | undefined;
  /** Before anything is written; of all shards. */
  readonly onLanes?: ((lanes: readonly Lane[]) => void) | undefined;
}

export interface ReplayResult {
  readonly outcome: 'done' | 'dry-run';
  readonly source: ScanResult['source'];
  readonly target: string;
  readonly mapHash: string;
  readonly onUnknown: UnknownPolicy;
  readonly scan?: ScanResult;
  readonly proof: TargetProof;
  readonly topics: readonly TopicReplay[];
  readonly leftOut: ScanResult['leftOut'];
  /** Partitions of the target that this run is about. */
  readonly lanes: number;
  readonly records: number;
  readonly bytes: number;
  readonly samples: readonly RateSample[];
  readonly kafka?: KafkaReplay;
  readonly warnings: readonly string[];
  readonly durations: Readonly<Record<string, number>>;
}

export const DEFAULT_REPLAY_CONCURRENCY = 4;

/**
 * @throws SrgitError SRGIT_REPLAY_REWRITTEN for records that were rewritten already, SRGIT_SCHEMA_UNKNOWN for schemas that
 * the target lacks, all before the first record is written; then those of source and target
 */
export async function replayRecords(options: ReplayOptions): Promise<ReplayResult> {
  const { source, target, selection, signal, onUnknown } = options;
  const window = options.window ?? EVERYTHING;
  const stopwatch = new Stopwatch();
  const warnings: string[] = [];
  const warn = (text: string): void => {
    warnings.push(text);
    options.onWarning?.(text);
  };
  refuseRewritten(options);
  const all = await stopwatch.time('listing', source.topics(signal));
  const { topics, leftOut } = selectTopics(all, selection);
  const proof = await stopwatch.time('checking', proveTarget(options));
  const scan = options.scan ? await runScan(options, window, stopwatch) : undefined;
  if (scan === undefined) warnUnscanned(options.rules, topics, warn);
  const rules = scan === undefined ? options.rules : refineRules(options.rules, scan);
  const lanes = makeLanes({
    topics,
    rules,
    window,
    topicMapping: options.topicMapping ?? [],
    partitionMapping: options.partitionMapping ?? [],
  });
  options.onLanes?.(lanes);
  const own = shardOf(lanes, options.shard);
  warnOfKeys(topics, scan, warn);
  const context = contextOf(options, own, window);
  const kafka = options.dryRun
    ? undefined
    : await stopwatch.time('replaying', carryOut(options, context, { topics, lanes, rules, scan, warn }));
  const { tally } = context;
  const { kind, id, rewrittenBy } = source;
  return {
    outcome: options.dryRun ? 'dry-run' : 'done',
    source: { kind, id, ...(rewrittenBy === undefined ? {} : { rewrittenBy }) },
    target: target.location,
    mapHash: rules.maps.hash,
    onUnknown,
    ...(scan === undefined ? {} : { scan }),
    proof,
    topics: tally.topics(),
    leftOut,
    lanes: own.length,
    records: tally.records,
    bytes: tally.bytes,
    samples: options.dryRun ? [] : tally.samples,
    ...(kafka === undefined ? {} : { kafka }),
    warnings,
    durations: stopwatch.durations,
  };
}

/** Ids that were changed once would be taken for others. */
function refuseRewritten({ source, rules, map }: ReplayOptions): void {
  const { rewrittenBy } = source;
  if (rewrittenBy === undefined || map === undefined) return;
  const which = rewrittenBy === rules.maps.hash ? 'this very id map' : `another id map (${rewrittenBy.slice(0, 12)})`;
  throw new SrgitError('SRGIT_REPLAY_REWRITTEN', `the ids in these records were rewritten by ${which} already`, {
    hint: 'Replay the original backup; or this one with its ids as they are: --no-map.',
    details: { rewrittenBy },
  });
}

async function proveTarget({ registry, rules, map, signal, onProgress }: ReplayOptions): Promise<TargetProof> {
  if ('skip' in registry) return { skipped: registry.skip };
  if (map === undefined) return { skipped: 'ids stay what they are' };
  return checkTargetIds({ registry, entries: rules.maps.entries, signal, onProgress });
}

async function runScan(options: ReplayOptions, window: RecordWindow, stopwatch: Stopwatch): Promise<ScanResult> {
  const { source, rules, selection, concurrency, signal, onProgress } = options;
  const scan = await stopwatch.time(
    'scanning',
    scanRecords({
      ...options.read,
      source,
      rules,
      selection,
      window,
      ...(concurrency === undefined ? {} : { concurrency }),
      signal,
      onProgress,
    }),
  );
  const missing = options.onUnknown === 'fail' ? missingSchemas(scan.topics) : undefined;
  if (missing !== undefined) throw missing;
  return scan;
}

/** Without a scan nobody has looked whether such a side holds numbers. */
function warnUnscanned(rules: TopicRules, topics: readonly SourceTopic[], warn: (text: string) => void): void {
  const open = topics.flatMap(({ name }) => {
    const rule = rules.ruleOf(name);
    return (['key', 'value'] as const)
      .filter(
        (side) => rule[side].framing === 'auto' && rule[side].registered === undefined && rule[side].map.ids.size > 0,
      )
      .map((side) => `${side}s of ${name}`);
  });
  if (open.length === 0) return;
  const shown = open.slice(0, 5).join(', ') + (open.length > 5 ? ` and ${open.length - 5} more` : '');
  warn(`no subject tells what is a schema frame in ${shown}, and nothing was scanned: say it with --framing`);
}

/** A key with another id has another hash: a compacted topic then has both for one key, and producers choose another partition. */
function warnOfKeys(topics: readonly SourceTopic[], scan: ScanResult | undefined, warn: (text: string) => void): void {
  for (const { topic, ids } of scan?.topics ?? []) {
    if (!ids.some(({ side, verdict }) => side === 'key' && verdict === 'mapped')) continue;
    const config = topics.find(({ name }) => name === topic)?.config;
    const isCompacted = config?.['cleanup.policy']?.includes('compact') === true;
    warn(
      `ids in keys of ${topic} change: records stay in their partition, where a producer would now choose another${
        isCompacted ? ', and compaction takes old and new keys for different ones' : ''
      }`,
    );
  }
}

function contextOf(options: ReplayOptions, lanes: readonly Lane[], window: RecordWindow): ReplayContext {
  const { source, onUnknown, bytesPerSecond, now, signal } = options;
  const partitions = lanes.flatMap(({ sources }) => sources.map(({ partition }) => partition));
  return {
    source,
    lanes,
    onUnknown,
    window,
    headers: options.headers ?? KEEP_HEADERS,
    read: options.read ?? {},
    concurrency: options.concurrency ?? DEFAULT_REPLAY_CONCURRENCY,
    tally: new ReplayTally(now),
    progress: new ByteProgress('replaying', partitions, options.onProgress),
    ...(bytesPerSecond === undefined ? {} : { rate: new RateLimit(bytesPerSecond, now) }),
    signal,
  };
}

interface Prepared {
  readonly topics: readonly SourceTopic[];
  /** Of all shards. */
  readonly lanes: readonly Lane[];
  readonly rules: TopicRules;
  readonly scan: ScanResult | undefined;
  readonly warn: (text: string) => void;
}

async function carryOut(
  options: ReplayOptions,
  context: ReplayContext,
  { topics, lanes, rules, scan, warn }: Prepared,
): Promise<KafkaReplay | undefined> {
  const { target, source, map, now } = options;
  const topicMapping = options.topicMapping ?? [];
  if (target.kind === 'kafka') {
    return replayToKafka(context, target, {
      topics,
      topicMapping,
      partitionMapping: options.partitionMapping ?? [],
      allLanes: lanes,
      deadLetters: topicsWithMissing(topics, scan),
      mapHash: rules.maps.hash,
      now,
      warn,
    });
  }
  const changesIds = map !== undefined && lanes.some(({ sources }) => sources.some(({ rule }) => !isLeftAlone(rule)));
  const rewrittenBy = changesIds ? rules.maps.hash : source.rewrittenBy;
  const isolation = options.read?.isolation ?? 'read_committed';
  const facts = { createdAt: now(), isolation, ...(rewrittenBy === undefined ? {} : { rewrittenBy }) };
  await replayToArchive(context, await target.create(rewrittenBy), facts, { topics, topicMapping });
  return undefined;
}

/** All of them where nobody has looked. */
function topicsWithMissing(topics: readonly SourceTopic[], scan: ScanResult | undefined): ReadonlySet<string> {
  if (scan === undefined) return new Set(topics.map(({ name }) => name));
  return new Set(scan.topics.filter(({ missing }) => missing.length > 0).map(({ topic }) => topic));
}
