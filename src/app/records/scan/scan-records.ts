/** Scan: which schema ids are in the records of a source, where, and which of them the target has. */
import { SrgitError } from '../../../errors.ts';
import type { RecordSide, SideRule, TopicRule } from '../../../records/frame-rules.ts';
import type { ReadOptions, RecordSource, SourcePartition, SourceTopic } from '../../../records/record-source.ts';
import { mapConcurrent } from '../../../registry/map-concurrent.ts';
import type { OnProgress } from '../../progress.ts';
import { Stopwatch } from '../../stopwatch.ts';
import { ByteProgress } from '../byte-progress.ts';
import { EVERYTHING, type RecordWindow, rangeOf } from '../record-window.ts';
import { selectTopics, type TopicSelection } from '../select-topics.ts';
import type { SkipCount } from '../skip-tally.ts';
import type { TopicRules } from '../topic-rules.ts';
import { type IdCount, joinScans, type TopicFrames } from './join-scans.ts';
import { type PartitionScan, scanPartition } from './scan-partition.ts';

export interface ScanOptions extends Omit<ReadOptions, 'from' | 'to'> {
  readonly source: RecordSource;
  readonly rules: TopicRules;
  readonly selection: TopicSelection;
  readonly window?: RecordWindow;
  /** Partitions that are read at the same time: each holds some MiB. */
  readonly concurrency?: number;
  readonly onProgress?: OnProgress | undefined;
}

export interface TopicScan extends TopicFrames {
  readonly topic: string;
  readonly context: string;
  readonly framing: { readonly key: TopicRule['key']['framing']; readonly value: TopicRule['value']['framing'] };
  /** False: nothing of it may be a frame, so that it was not read; `records` is what the source says then. */
  readonly read: boolean;
  readonly partitions: number;
  readonly bytes: number;
  readonly skipped: readonly (SkipCount & { readonly partition: number })[];
}

export interface ScanResult {
  readonly source: { readonly kind: RecordSource['kind']; readonly id: string; readonly rewrittenBy?: string };
  /** Hash of the id map; `unchanged` where ids were held against the tree alone. */
  readonly mapHash: string;
  readonly topics: readonly TopicScan[];
  readonly leftOut: readonly { readonly topic: string; readonly why: string }[];
  readonly records: number;
  readonly bytes: number;
  /** Whether the target has every schema. */
  readonly covered: boolean;
  readonly durations: Readonly<Record<string, number>>;
}

export const DEFAULT_SCAN_CONCURRENCY = 4;

/** @throws SrgitError of the source; SRGIT_USAGE for a topic that it does not have */
export async function scanRecords(options: ScanOptions): Promise<ScanResult> {
  const { source, rules, selection, window = EVERYTHING, signal, onProgress } = options;
  const stopwatch = new Stopwatch();
  const all = await stopwatch.time('listing', source.topics(signal));
  const { topics, leftOut } = selectTopics(all, selection);
  const chosen = topics.map((topic) => ({ topic, rule: rules.ruleOf(topic.name) }));
  const work = chosen.flatMap(({ topic, rule }) =>
    isLeftAlone(rule)
      ? []
      : topic.partitions.flatMap((partition) => {
          const range = rangeOf(window, topic.name, partition);
          return range === undefined ? [] : [{ topic: topic.name, partition, rule, range }];
        }),
  );
  // The longest first, so that none of them is alone at the end.
  work.sort((a, b) => weightOf(b.partition) - weightOf(a.partition));
  const progress = new ByteProgress(
    'scanning',
    work.map(({ partition }) => partition),
    onProgress,
  );
  const { limits, skipDamaged, isolation } = options;
  const scans = await stopwatch.time(
    'scanning',
    mapConcurrent(
      work,
      options.concurrency ?? DEFAULT_SCAN_CONCURRENCY,
      async ({ topic, partition, rule, range }, inner) => {
        const scan = await scanPartition(source, topic, partition.partition, rule, {
          ...range,
          ...(limits === undefined ? {} : { limits }),
          ...(skipDamaged === undefined ? {} : { skipDamaged }),
          ...(isolation === undefined ? {} : { isolation }),
          window,
          signal: inner,
          onRead: (bytes, records) => progress.add(bytes, records),
        });
        progress.finish(partition);
        return scan;
      },
      signal,
    ),
  );
  const byTopic = Map.groupBy(scans, ({ topic }) => topic);
  const results = chosen.map(({ topic, rule }) => toTopicScan(topic, rule, byTopic.get(topic.name) ?? []));
  const { kind, id, rewrittenBy } = source;
  return {
    source: { kind, id, ...(rewrittenBy === undefined ? {} : { rewrittenBy }) },
    mapHash: rules.maps.hash,
    topics: results,
    leftOut,
    records: sum(results, ({ records }) => records),
    bytes: sum(results, ({ bytes }) => bytes),
    covered: results.every(({ missing }) => missing.length === 0),
    durations: stopwatch.durations,
  };
}

/**
 * The rules as a scan found them to be: sides that hold numbers are data, and where frames of known schemas are, what looks
 * like a frame of an unknown one is one.
 */
export function refineRules(rules: TopicRules, scan: ScanResult): TopicRules {
  const scans = new Map(scan.topics.map((topic) => [topic.topic, topic]));
  return {
    maps: rules.maps,
    ruleOf(topic) {
      const rule = rules.ruleOf(topic);
      const { longs = [], missing = [] } = scans.get(topic) ?? {};
      const side = (name: RecordSide): SideRule => ({
        ...rule[name],
        ...(longs.includes(name) ? { longs: 'data' } : {}),
        ...(missing.some((frame) => frame.side === name && frame.verdict === 'lookalike')
          ? { strangers: 'missing' }
          : {}),
      });
      return { ...rule, key: side('key'), value: side('value') };
    },
  };
}

const MAX_SHOWN = 20;

/** Every schema that the target lacks, at once; undefined when it lacks none. */
export function missingSchemas(topics: readonly TopicScan[]): SrgitError | undefined {
  const lines = topics.flatMap(({ topic, missing }) => missing.map((frame) => describeMissing(topic, frame)));
  if (lines.length === 0) return undefined;
  const shown = lines.slice(0, MAX_SHOWN);
  if (lines.length > MAX_SHOWN) shown.push(`… and ${lines.length - MAX_SHOWN} more`);
  return new SrgitError('SRGIT_SCHEMA_UNKNOWN', shown.join('\n'), {
    hint: 'Restore these schemas first (srgit restore), or say what becomes of such records with --on-unknown.',
    details: { missing: lines.length },
  });
}

/** `Schema ID 42 not found in target registry: value in orders, partition 3, offset 100 (17 records)` */
export function describeMissing(topic: string, { id, kind, side, count, first, partitions }: IdCount): string {
  const what = kind === 'id' || kind === 'header-id' ? 'ID' : kind;
  const more = partitions > 1 ? `, ${partitions} partitions` : '';
  const records = `${count.toLocaleString('en-US')} record${count === 1 ? '' : 's'}`;
  return `Schema ${what} ${id} not found in target registry: ${side} in ${topic}, partition ${first.partition}, offset ${first.offset} (${records}${more})`;
}

export function isLeftAlone({ key, value }: TopicRule): boolean {
  return key.framing === 'none' && value.framing === 'none';
}

export function weightOf({ bytes, records, firstOffset, endOffset }: SourcePartition): number {
  return bytes ?? 100 * (records ?? Number(endOffset - firstOffset));
}

function toTopicScan(
  { name, partitions }: SourceTopic,
  rule: ReturnType<TopicRules['ruleOf']>,
  scans: readonly PartitionScan[],
): TopicScan {
  const read = !isLeftAlone(rule);
  const frames = joinScans(scans);
  return {
    topic: name,
    context: rule.context,
    framing: { key: rule.key.framing, value: rule.value.framing },
    read,
    partitions: partitions.length,
    ...frames,
    records: read ? frames.records : sum(partitions, ({ records }) => records ?? 0),
    bytes: sum(scans, ({ bytes }) => bytes),
    skipped: scans.flatMap(({ partition, skipped }) => skipped.map((count) => ({ partition, ...count }))),
  };
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
