/** Which partition of the target each partition of the source goes to. */
import { SrgitError } from '../../errors.ts';
import { compareCodeUnits } from '../../model/subject-name.ts';
import type { SourcePartition, SourceTopic } from '../../records/record-source.ts';
import { type RecordWindow, rangeOf } from './record-window.ts';
import type { ChosenRule, TopicRules } from './topic-rules.ts';

export interface LaneSource {
  readonly topic: string;
  readonly partition: SourcePartition;
  readonly rule: ChosenRule;
  /** Offsets to read, `to` exclusive. */
  readonly from: bigint;
  readonly to: bigint;
}

/** One partition of the target, and what is written to it, one source after the other. */
export interface Lane {
  readonly topic: string;
  readonly partition: number;
  readonly sources: readonly LaneSource[];
}

export interface PartitionMapping {
  /** Of the source. */
  readonly topic: string;
  readonly from: number;
  readonly to: number;
}

export interface LaneOptions {
  readonly topics: readonly SourceTopic[];
  readonly rules: TopicRules;
  readonly window: RecordWindow;
  /** Exact names, or a `*` on both sides; the first that fits counts. */
  readonly topicMapping: readonly { readonly from: string; readonly to: string }[];
  readonly partitionMapping: readonly PartitionMapping[];
}

/** Sorted by topic and partition, so that shards agree on them. */
export function makeLanes({ topics, rules, window, topicMapping, partitionMapping }: LaneOptions): readonly Lane[] {
  const lanes = new Map<string, { topic: string; partition: number; sources: LaneSource[] }>();
  for (const { name, partitions } of topics) {
    const rule = rules.ruleOf(name);
    const topic = renameTopic(name, topicMapping);
    for (const source of partitions) {
      const range = rangeOf(window, name, source);
      if (range === undefined) continue;
      const moved = partitionMapping.find((entry) => entry.topic === name && entry.from === source.partition);
      const partition = moved?.to ?? source.partition;
      const key = `${topic} ${partition}`;
      const lane = lanes.get(key) ?? { topic, partition, sources: [] };
      lanes.set(key, lane);
      lane.sources.push({ topic: name, partition: source, rule, ...range });
    }
  }
  return [...lanes.values()].sort((a, b) => compareCodeUnits(a.topic, b.topic) || a.partition - b.partition);
}

export function renameTopic(name: string, mapping: LaneOptions['topicMapping']): string {
  for (const { from, to } of mapping) {
    if (from === name) return to;
    const [before, after] = from.split('*');
    if (before === undefined || after === undefined) continue;
    if (name.length < before.length + after.length || !name.startsWith(before) || !name.endsWith(after)) continue;
    return to.replace('*', () => name.slice(before.length, name.length - after.length));
  }
  return name;
}

export interface Shard {
  /** From 1. */
  readonly number: number;
  readonly of: number;
}

/** Every `of`-th lane: all shards together have each once, and agree without a word. */
export function shardOf(lanes: readonly Lane[], shard: Shard | undefined): readonly Lane[] {
  return shard === undefined ? lanes : lanes.filter((_, index) => index % shard.of === shard.number - 1);
}

/** `2/8` @throws SrgitError SRGIT_USAGE */
export function parseShard(text: string): Shard {
  const [, number = Number.NaN, of = Number.NaN] = (/^([0-9]{1,6})\/([0-9]{1,6})$/.exec(text) ?? []).map(Number);
  if (number >= 1 && number <= of) return { number, of };
  throw new SrgitError('SRGIT_USAGE', `--shard ${text} is not NUMBER/OF`, {
    hint: 'For example --shard 2/8: the second of eight.',
  });
}

/** `orders:3=0` @throws SrgitError SRGIT_USAGE */
export function parsePartitionMapping(text: string): PartitionMapping {
  const [, topic, from, to] = /^(.+):([0-9]{1,9})=([0-9]{1,9})$/.exec(text) ?? [];
  if (topic !== undefined) return { topic, from: Number(from), to: Number(to) };
  throw new SrgitError('SRGIT_USAGE', `--map-partition ${text} is not TOPIC:FROM=TO`, {
    hint: 'For example --map-partition orders:3=0.',
  });
}
