/** What a replay did, for a person. */
import { plural } from './export-report.ts';
import { megabytes, rate, type ScannedId, type ScanReport } from './scan-report.ts';
import { escapeUnsafe } from './show-name.ts';

export interface ReplayReport {
  readonly outcome: 'done' | 'dry-run';
  readonly source: ScanReport['source'];
  readonly target: string;
  readonly scan?: ScanReport;
  readonly proof: { readonly checked: number; readonly unproven: number } | { readonly skipped: string };
  readonly onUnknown: string;
  readonly topics: readonly {
    readonly topic: string;
    readonly from: readonly string[];
    readonly partitions: number;
    readonly records: number;
    readonly bytes: number;
    readonly patched: number;
    readonly takenOut: number;
    readonly outside: number;
    readonly ids: readonly ScannedId[];
  }[];
  readonly leftOut: ScanReport['leftOut'];
  readonly lanes: number;
  readonly records: number;
  readonly bytes: number;
  readonly kafka?: {
    readonly guarantee: 'exactly-once' | 'at-least-once';
    readonly ledger: string;
    readonly checkpointFile?: string;
    readonly doneBefore: number;
    readonly resumed: number;
    readonly created: readonly string[];
    readonly settingsHeld: readonly string[];
    readonly deadLetters: number;
    readonly groups: readonly {
      readonly group: string;
      readonly offsets: number;
      readonly unknown: readonly unknown[];
      readonly refused?: string;
    }[];
  };
  readonly durations: Readonly<Record<string, number>>;
}

const MAX_TOPICS = 200;

export function renderReplayReport(report: ReplayReport): string {
  const { outcome, topics, target, leftOut } = report;
  const lines: string[] = [];
  for (const topic of topics.slice(0, MAX_TOPICS)) lines.push(renderTopic(topic, report.onUnknown));
  if (topics.length > MAX_TOPICS) lines.push(`… and ${topics.length - MAX_TOPICS} more topics: see --json`);
  for (const { topic, why } of leftOut) lines.push(`- ${escapeUnsafe(topic)}: left out, ${why}`);
  const { proof } = report;
  if ('checked' in proof) {
    const unproven = proof.unproven > 0 ? `, ${proof.unproven} without a proof which schema they are` : '';
    lines.push(`✓ ${plural(proof.checked, 'id')} of the map are in the target registry${unproven}`);
  } else lines.push(`! the target registry was not asked: ${proof.skipped}`);
  if (outcome === 'dry-run') {
    const { scan } = report;
    const found =
      scan === undefined
        ? ''
        : `: ${plural(scan.records, 'record')} of ${plural(scan.topics.length, 'topic')} are ready`;
    lines.push(`Nothing was written to ${escapeUnsafe(target)}${found}.`);
    return lines.join('\n');
  }
  if (report.kafka !== undefined) lines.push(...renderKafka(report.kafka));
  const seconds = (report.durations['replaying'] ?? 0) / 1000;
  const size = `${plural(report.records, 'record')}, ${megabytes(report.bytes)}, ${seconds.toFixed(1)} s`;
  lines.push(`✓ ${escapeUnsafe(target)}: ${size}${rate(report.bytes, seconds)}`);
  return lines.join('\n');
}

function renderTopic(topic: ReplayReport['topics'][number], onUnknown: string): string {
  const name = escapeUnsafe(topic.topic);
  const from =
    topic.from.length === 1 && topic.from[0] === topic.topic
      ? ''
      : ` (from ${topic.from.map(escapeUnsafe).join(', ')})`;
  const changed = topic.ids.filter(({ verdict }) => verdict === 'mapped').length;
  const parts = [`${plural(topic.records, 'record')}`];
  if (topic.patched > 0) parts.push(`${topic.patched.toLocaleString('en-US')} rewritten (${plural(changed, 'id')})`);
  if (topic.takenOut > 0) {
    const where = onUnknown === 'dead-letter' ? 'to dead letters' : 'skipped';
    parts.push(`${topic.takenOut.toLocaleString('en-US')} ${where}: their schema is missing`);
  }
  if (topic.outside > 0) parts.push(`${topic.outside.toLocaleString('en-US')} outside of the time window`);
  return `  ${name}${from}: ${parts.join(', ')}`;
}

function renderKafka(kafka: NonNullable<ReplayReport['kafka']>): string[] {
  const lines: string[] = [];
  if (kafka.created.length > 0) lines.push(`${plural(kafka.created.length, 'topic')} created`);
  if (kafka.doneBefore > 0) lines.push(`${plural(kafka.doneBefore, 'partition')} done by an earlier run`);
  if (kafka.resumed > 0) lines.push(`${plural(kafka.resumed, 'partition')} gone on with where an earlier run stopped`);
  for (const { group, offsets, unknown, refused } of kafka.groups) {
    const name = escapeUnsafe(group);
    if (refused !== undefined) lines.push(`! group ${name} was left alone: ${escapeUnsafe(refused)}`);
    else lines.push(`group ${name}: ${plural(offsets, 'offset')}`);
    if (unknown.length > 0) lines.push(`! group ${name}: ${plural(unknown.length, 'offset')} not known in the target`);
  }
  for (const topic of kafka.settingsHeld) {
    lines.push(`! ${escapeUnsafe(topic)} has retention.ms=-1: give it a retention when its records were read`);
  }
  lines.push(
    kafka.guarantee === 'exactly-once'
      ? `exactly once: positions are those of the group ${escapeUnsafe(kafka.ledger)}`
      : `at least once: positions are in ${escapeUnsafe(kafka.checkpointFile ?? '')}; after a crash some records come twice`,
  );
  return lines;
}
