/** What is in a `_schemas` topic, for a person: each kind of finding once, with its places, its cause and what to do. */
import {
  type FindingEffect,
  TOPIC_FINDINGS,
  type TopicFinding,
  type TopicFindingCode,
} from '../semantics/topic/findings.ts';
import { plural } from './export-report.ts';
import { escapeUnsafe, showName } from './show-name.ts';

type ShownFinding = Omit<TopicFinding, 'offset'> & { readonly offset?: number | bigint };

export interface TopicReport {
  readonly source: string;
  readonly settings?: {
    readonly partitionCount: number;
    readonly replicationFactor?: number;
    readonly config?: Readonly<Record<string, string>>;
  };
  readonly records: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly tombstones: number;
  readonly subjects: number;
  readonly versions: number;
  readonly softDeleted: number;
  readonly highestIds: Readonly<Record<string, number>>;
  readonly verdict: 'sound' | 'risks' | 'damaged' | 'unusable';
  readonly findingCounts: Readonly<Partial<Record<TopicFindingCode, number>>>;
  readonly findings: readonly ShownFinding[];
}

const PLACES = 5;
const MARKS: Readonly<Record<FindingEffect, string>> = { stops: '✗', lost: '✗', misleads: '!', risk: '·' };
const EFFECTS: Readonly<Record<FindingEffect, string>> = {
  stops: 'a registry does not start with it',
  lost: 'a registry passes it over',
  misleads: 'a registry answers wrongly',
  risk: 'nothing yet',
};
const VERDICTS: Readonly<Record<TopicReport['verdict'], string>> = {
  sound: '✓ the topic is sound',
  risks: '✓ a registry reads this topic rightly; what is listed above may hurt later',
  damaged: '✗ the topic is damaged: a registry starts with it, and some of what it answers is missing or wrong',
  unusable: '✗ a registry does not start with this topic',
};
const ORDER: readonly FindingEffect[] = ['stops', 'lost', 'misleads', 'risk'];

export function renderTopicReport(report: TopicReport): string {
  const lines = [capital(report.source)];
  const { settings } = report;
  if (settings !== undefined) {
    const policy = settings.config?.['cleanup.policy'];
    const parts = [
      plural(settings.partitionCount, 'partition'),
      ...(settings.replicationFactor === undefined ? [] : [plural(settings.replicationFactor, 'replica')]),
      ...(policy === undefined ? [] : [`cleanup.policy=${policy}`]),
    ];
    lines.push(`  ${parts.join(', ')}`);
  }
  const kinds = Object.entries(report.counts).map(([keytype, count]) => `${count} ${keytype}`);
  lines.push(
    `  ${plural(report.records, 'record')}: ${[...kinds, `${report.tombstones} of them tombstones`].join(', ')}`,
  );
  lines.push(
    `  ${plural(report.subjects, 'subject')}, ${plural(report.versions, 'version')}, ${report.softDeleted} of them soft-deleted`,
  );
  const highest = Object.entries(report.highestIds).map(([context, id]) => `${id} in ${showName(context)}`);
  if (highest.length > 0)
    lines.push(`  highest id: ${highest.slice(0, 10).join(', ')}${highest.length > 10 ? ', …' : ''}`);
  lines.push(...findingLines(report), VERDICTS[report.verdict]);
  return lines.join('\n');
}

function* findingLines({ findings, findingCounts }: TopicReport): Generator<string> {
  const byCode = Map.groupBy(findings, ({ code }) => code);
  const codes = [...byCode].sort(([, [a]], [, [b]]) => rank(a) - rank(b));
  for (const [code, all] of codes) {
    const [first] = all;
    if (first === undefined) continue;
    const { cause, next } = TOPIC_FINDINGS[code];
    const count = findingCounts[code] ?? all.length;
    yield `${MARKS[first.effect]} ${code}${count > 1 ? ` (${count})` : ''}: ${cause}. ${capital(EFFECTS[first.effect])}.`;
    for (const finding of all.slice(0, PLACES)) yield `    ${placeOf(finding)}`;
    if (count > PLACES) yield `    … and ${count - PLACES} more`;
    yield `  → ${next}`;
  }
}

function rank(finding: ShownFinding | undefined): number {
  return finding === undefined ? ORDER.length : ORDER.indexOf(finding.effect);
}

function placeOf({ offset, subject, version, id, detail }: ShownFinding): string {
  const parts = [
    ...(offset === undefined ? [] : [`offset ${offset}`]),
    ...(subject === undefined ? [] : [`${showName(subject)}${version === undefined ? '' : ` version ${version}`}`]),
    ...(id === undefined ? [] : [`id ${id}`]),
  ];
  return [parts.join(', '), ...(detail === undefined ? [] : [escapeUnsafe(detail)])]
    .filter((part) => part !== '')
    .join(': ');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
