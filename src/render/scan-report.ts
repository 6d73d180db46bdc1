/** What a scan found, for a person. */
import type { FrameCount, SideCount } from '../records/frame-tally.ts';
import { plural } from './export-report.ts';
import { escapeUnsafe } from './show-name.ts';

interface Place {
  readonly partition: number;
  readonly offset: string;
}

export interface ScannedId extends Omit<FrameCount, 'firstOffset' | 'lastOffset'> {
  readonly partitions: number;
  readonly first: Place;
  readonly last: Place;
}

interface Skipped {
  readonly partition: number;
  readonly reason: string;
  readonly stretches: number;
  readonly records: number;
  readonly firstOffset: string;
  readonly lastOffset: string;
  readonly details: readonly string[];
}

export interface ScannedTopic {
  readonly topic: string;
  readonly context: string;
  readonly framing: { readonly key: string; readonly value: string };
  readonly read: boolean;
  readonly partitions: number;
  readonly records: number;
  readonly bytes: number;
  readonly key: SideCount;
  readonly value: SideCount;
  readonly ids: readonly ScannedId[];
  readonly missing: readonly ScannedId[];
  readonly longs: readonly string[];
  readonly skipped: readonly Skipped[];
}

export interface ScanReport {
  readonly source: { readonly kind: string; readonly id: string; readonly rewrittenBy?: string };
  readonly topics: readonly ScannedTopic[];
  readonly leftOut: readonly { readonly topic: string; readonly why: string }[];
  readonly records: number;
  readonly bytes: number;
  readonly covered: boolean;
  readonly durations: Readonly<Record<string, number>>;
}

const MAX_IDS = 20;
const MAX_TOPICS = 200;

/** @param map file of the id map; absent where ids were held against the tree alone. */
export function renderScanReport(report: ScanReport, map: string | undefined): string {
  const { source, topics, leftOut } = report;
  const lines: string[] = [];
  for (const topic of topics.slice(0, MAX_TOPICS)) lines.push(...renderTopic(topic));
  if (topics.length > MAX_TOPICS) lines.push(`… and ${topics.length - MAX_TOPICS} more topics: see --json`);
  for (const { topic, why } of leftOut) lines.push(`- ${escapeUnsafe(topic)}: left out, ${why}`);
  if (source.rewrittenBy !== undefined) {
    lines.push(`! ids in this backup were rewritten already, by the id map ${source.rewrittenBy.slice(0, 12)}`);
  }
  const seconds = Object.values(report.durations).reduce((sum, ms) => sum + ms, 0) / 1000;
  const size = `${plural(report.records, 'record')} in ${plural(topics.length, 'topic')}, ${megabytes(report.bytes)}`;
  lines.push(
    `${escapeUnsafe(source.id)} (${source.kind}): ${size}, ${seconds.toFixed(1)} s${rate(report.bytes, seconds)}`,
  );
  lines.push(verdictLine(report, map));
  return lines.join('\n');
}

function verdictLine({ topics, covered }: ScanReport, map: string | undefined): string {
  const known = topics.flatMap(({ ids }) => ids.filter(({ verdict }) => verdict === 'mapped' || verdict === 'same'));
  const ids = plural(new Set(known.map(({ kind, id }) => `${kind} ${id}`)).size, 'schema id');
  const against = map === undefined ? 'of the tree; no id map' : `in ${escapeUnsafe(map)}`;
  if (covered) return `✓ ${ids}, every one ${against}`;
  const missing = topics.flatMap((topic) => topic.missing);
  const records = missing.reduce((sum, { count }) => sum + count, 0);
  return `✗ ${plural(missing.length, 'missing schema')} in ${plural(records, 'record')}; ${ids} ${against}`;
}

function renderTopic(topic: ScannedTopic): string[] {
  const name = escapeUnsafe(topic.topic);
  if (!topic.read) return [`- ${name}: not read, nothing in it may be a schema id`];
  const context = topic.context === '.' ? '' : ` (context ${escapeUnsafe(topic.context)})`;
  const lines = [
    `${topic.missing.length > 0 ? '✗' : '✓'} ${name}${context}: ${plural(topic.records, 'record')}, ${plural(topic.partitions, 'partition')}`,
  ];
  const missing = new Set(topic.missing.map(nameOf));
  for (const id of topic.ids.slice(0, MAX_IDS)) lines.push(`    ${renderId(id, missing.has(nameOf(id)))}`);
  if (topic.ids.length > MAX_IDS) lines.push(`    … and ${topic.ids.length - MAX_IDS} more ids: see --json`);
  for (const side of topic.longs) lines.push(`    ${side}s are numbers of eight bytes: no schema id in them`);
  for (const side of ['key', 'value'] as const) {
    const { badHeaders } = topic[side];
    if (badHeaders > 0)
      lines.push(`    ! ${plural(badHeaders, `${side} header`)} with a schema id that cannot be read`);
  }
  lines.push(...renderSkipped(topic.skipped));
  return lines;
}

const WORDS: Readonly<Record<string, string>> = {
  same: 'stays',
  unmapped: 'MISSING in the target',
  unknown: 'UNKNOWN',
  foreign: 'of no subject of this topic: left as data',
  lookalike: 'no schema there ever was: left as data',
  left: 'of another registry: left',
};

function renderId({ side, kind, id, verdict, target, count, first, last }: ScannedId, isMissing: boolean): string {
  const becomes =
    verdict === 'mapped'
      ? `→ ${target}`
      : isMissing
        ? `✗ ${WORDS[verdict === 'unmapped' ? verdict : 'unknown']}`
        : WORDS[verdict];
  const form = kind === 'id' ? '' : ` (${kind})`;
  const from = `${first.partition}:${first.offset}`;
  const to = `${last.partition}:${last.offset}`;
  return `${side} ${id}${form} ${becomes}, ${plural(count, 'record')}, ${from === to ? `at ${from}` : `${from} to ${to}`}`;
}

function renderSkipped(skipped: readonly Skipped[]): string[] {
  const reasons = new Map<string, { stretches: number; details: string[] }>();
  for (const { reason, stretches, details } of skipped) {
    const known = reasons.get(reason) ?? { stretches: 0, details: [] };
    reasons.set(reason, known);
    known.stretches += stretches;
    known.details.push(...details);
  }
  return [...reasons].map(([reason, { stretches, details }]) => {
    const [first] = details;
    const detail = first === undefined ? '' : `: ${escapeUnsafe(first)}`;
    return `    ${SKIPPED[reason]?.(stretches) ?? `${plural(stretches, 'place')} left out (${reason})`}${detail}`;
  });
}

const SKIPPED: Readonly<Record<string, (stretches: number) => string>> = {
  control: (stretches) => `${plural(stretches, 'transaction marker')} left out`,
  aborted: (stretches) => `records of aborted or open transactions left out, ${plural(stretches, 'place')}`,
  damaged: (stretches) => `! ${plural(stretches, 'damaged place')} passed over`,
  gap: (stretches) => `! ${plural(stretches, 'gap')} that the source tells of`,
};

function nameOf({ side, kind, verdict, id }: ScannedId): string {
  return `${side} ${kind} ${verdict} ${id}`;
}

export function megabytes(bytes: number): string {
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Of less than a tenth of a second it would say nothing. */
export function rate(bytes: number, seconds: number): string {
  return seconds < 0.1 ? '' : `, ${megabytes(bytes / seconds)}/s`;
}
