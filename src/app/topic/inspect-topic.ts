/** Inspect: what a topic holds, and what a registry would do with it, as plain data. */
import type { FindingEffect, TopicFindingCode } from '../../semantics/topic/findings.ts';
import { type ReadTopicOptions, readTopic, type TopicReading } from './read-topic.ts';
import type { TopicSettings, TopicSource } from './topic-source.ts';

export interface InspectedFinding {
  readonly code: TopicFindingCode;
  readonly effect: FindingEffect;
  readonly offset?: number;
  readonly subject?: string;
  readonly version?: number;
  readonly id?: number;
  readonly detail?: string;
}

/** What a registry makes of the topic: the worst of its findings. */
export type TopicVerdict = 'sound' | 'risks' | 'damaged' | 'unusable';

export interface InspectResult {
  readonly source: string;
  readonly topic: string;
  readonly settings?: TopicSettings;
  readonly records: number;
  /** By keytype. */
  readonly counts: Readonly<Record<string, number>>;
  readonly tombstones: number;
  readonly lastOffset?: number;
  readonly contexts: number;
  readonly subjects: number;
  readonly versions: number;
  readonly softDeleted: number;
  /** By context: the highest id that was ever given. */
  readonly highestIds: Readonly<Record<string, number>>;
  readonly verdict: TopicVerdict;
  /** How many there are of each code; `findings` may have less. */
  readonly findingCounts: Readonly<Partial<Record<TopicFindingCode, number>>>;
  readonly findings: readonly InspectedFinding[];
}

/** @throws SrgitError of the source. */
export async function inspectTopic(source: TopicSource, options: ReadTopicOptions = {}): Promise<InspectResult> {
  return describeReading(await readTopic(source, { checkTexts: true, ...options }));
}

export function describeReading({
  source,
  topic,
  settings,
  reduced,
  findings,
  lastOffset,
}: TopicReading): InspectResult {
  const rows = [...reduced.state.subjects.values()].flatMap((entry) => entry.rows);
  const counts = new Map(reduced.findingCounts);
  for (const { code } of findings) if (!reduced.findingCounts.has(code)) counts.set(code, (counts.get(code) ?? 0) + 1);
  return {
    source,
    topic,
    ...(settings === undefined ? {} : { settings }),
    records: reduced.records,
    counts: Object.fromEntries([...reduced.counts].sort()),
    tombstones: reduced.tombstones,
    ...(lastOffset === undefined ? {} : { lastOffset: Number(lastOffset) }),
    contexts: new Set(['.', ...reduced.state.contexts, ...reduced.state.ids.keys()]).size,
    subjects: reduced.state.subjects.size,
    versions: rows.length,
    softDeleted: rows.filter(({ deleted }) => deleted).length,
    highestIds: Object.fromEntries([...reduced.state.ids].map(([context, { lastId }]) => [context, lastId]).sort()),
    verdict: verdictOf(findings.map(({ effect }) => effect)),
    findingCounts: Object.fromEntries([...counts].sort()),
    findings: findings.map(({ offset, ...finding }) => ({
      ...finding,
      ...(offset === undefined ? {} : { offset: Number(offset) }),
    })),
  };
}

function verdictOf(effects: readonly FindingEffect[]): TopicVerdict {
  if (effects.includes('stops')) return 'unusable';
  if (effects.includes('lost') || effects.includes('misleads')) return 'damaged';
  return effects.length > 0 ? 'risks' : 'sound';
}
