/** What a backup did, for a person. */
import { plural } from './export-report.ts';
import { megabytes, rate } from './scan-report.ts';
import { escapeUnsafe } from './show-name.ts';

interface Skipped {
  readonly partition: number;
  readonly reason: string;
  readonly firstOffset: string;
  readonly lastOffset: string;
}

export interface BackupReport {
  readonly outcome: 'done' | 'dry-run';
  readonly backupId: string;
  readonly location: string;
  readonly isolation: string;
  readonly added: boolean;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: number;
    readonly read: number;
    readonly records: number;
    readonly bytes: number;
    readonly waiting?: number;
    readonly skipped: readonly Skipped[];
  }[];
  readonly leftOut: readonly { readonly topic: string; readonly why: string }[];
  readonly records: number;
  readonly bytes: number;
  readonly groups: number;
  readonly schemas?: {
    readonly location: string;
    readonly subjects: number;
    readonly versions: number;
    readonly partial: boolean;
  };
  readonly durations: Readonly<Record<string, number>>;
}

const MAX_TOPICS = 200;
const MAX_LOST = 5;

export function renderBackupReport(report: BackupReport): string {
  const { outcome, topics, leftOut, schemas } = report;
  const isDry = outcome === 'dry-run';
  const lines: string[] = [];
  for (const topic of topics.slice(0, MAX_TOPICS)) lines.push(...renderTopic(topic));
  if (topics.length > MAX_TOPICS) lines.push(`… and ${topics.length - MAX_TOPICS} more topics: see --json`);
  for (const { topic, why } of leftOut) lines.push(`- ${escapeUnsafe(topic)}: left out, ${why}; name it to have it`);
  if (report.groups > 0) lines.push(`${plural(report.groups, 'consumer group')} with positions on these topics`);
  if (schemas !== undefined) {
    const counts = `${plural(schemas.subjects, 'subject')}, ${plural(schemas.versions, 'version')}`;
    lines.push(`${schemas.partial ? '! PARTIAL: ' : '✓ '}${escapeUnsafe(schemas.location)}: ${counts}`);
  }
  const place = escapeUnsafe(report.location);
  if (isDry) {
    const waiting = topics.reduce((sum, topic) => sum + (topic.waiting ?? 0), 0);
    lines.push(`Nothing was written to ${place}: ${plural(waiting, 'offset')} would be read.`);
    return lines.join('\n');
  }
  if (report.records === 0 && report.added) {
    lines.push(`✓ ${place}: up to date`);
    return lines.join('\n');
  }
  const seconds = (report.durations['reading'] ?? 0) / 1000;
  const what = `${plural(report.records, 'record')}${report.added ? ' added' : ''}, ${megabytes(report.bytes)}`;
  lines.push(`✓ ${place}: ${what}, ${seconds.toFixed(1)} s${rate(report.bytes, seconds)}`);
  return lines.join('\n');
}

function renderTopic({ topic, partitions, read, records, waiting, skipped }: BackupReport['topics'][number]): string[] {
  const name = escapeUnsafe(topic);
  const size = waiting === undefined ? plural(records, 'record') : `${plural(waiting, 'offset')} to read`;
  const share = read === partitions ? plural(partitions, 'partition') : `${read} of ${plural(partitions, 'partition')}`;
  const lines = [read === 0 ? `  ${name}: nothing new` : `  ${name}: ${size}, ${share}`];
  const lost = skipped.filter(({ reason }) => reason === 'gap' || reason === 'damaged');
  for (const { partition, reason, firstOffset, lastOffset } of lost.slice(0, MAX_LOST)) {
    const why = reason === 'gap' ? 'were deleted before they were backed up' : 'are damaged, and were passed over';
    lines.push(`    ! partition ${partition}: offsets ${firstOffset} to ${lastOffset} ${why}`);
  }
  if (lost.length > MAX_LOST) lines.push(`    ! … and ${lost.length - MAX_LOST} more`);
  return lines;
}
