/** What a verification found, for a person. */
import type { SnapshotCounts } from '../model/registry-snapshot.ts';
import type { Difference } from '../plan/compare-snapshots.ts';
import { CAUSE_WORDS } from './drift-words.ts';
import { plural } from './export-report.ts';
import { escapeUnsafe, showName } from './show-name.ts';

export interface VerifyReport {
  readonly counts: SnapshotCounts;
  readonly findings: readonly { readonly severity: string; readonly message: string; readonly hint?: string }[];
  readonly sound: boolean;
  readonly registry?: { readonly kind: string; readonly version?: string };
  readonly differences?: readonly Difference[];
  readonly partial?: readonly { readonly what: string; readonly where?: string; readonly why: string }[];
}

const MAX_LINES = 50;
const MARKS: Readonly<Record<string, string>> = { error: '✗', warning: '!', notice: '·' };

export function renderVerifyReport(report: VerifyReport): string {
  const lines: string[] = [];
  for (const finding of report.findings.slice(0, MAX_LINES)) {
    lines.push(`${MARKS[finding.severity] ?? '·'} ${escapeUnsafe(finding.message)}`);
    if (finding.hint !== undefined && finding.severity !== 'notice') lines.push(`    ${finding.hint}`);
  }
  if (report.findings.length > MAX_LINES) lines.push(`… and ${report.findings.length - MAX_LINES} more`);
  const { subjects, versions } = report.counts;
  const what = `${plural(subjects, 'subject')}, ${plural(versions, 'version')}`;
  lines.push(report.sound ? `✓ the tree is sound: ${what}` : `✗ the tree is damaged`);
  if (report.differences) lines.push(...renderDifferences(report, report.differences));
  return lines.join('\n');
}

function renderDifferences(report: VerifyReport, differences: readonly Difference[]): string[] {
  const lines = differences.slice(0, MAX_LINES).flatMap(({ subject, version, message, cause }) => {
    const where = subject === '' ? 'global' : showName(subject);
    const what = `≠ ${where}${version === undefined ? '' : ` version ${version}`}: ${message}`;
    return cause === undefined ? [what] : [what, `    likely ${CAUSE_WORDS[cause]}`];
  });
  if (differences.length > MAX_LINES) lines.push(`… and ${differences.length - MAX_LINES} more`);
  for (const gap of report.partial ?? []) {
    lines.push(
      `! not compared: ${gap.what}${gap.where === undefined ? '' : ` of ${showName(gap.where)}`}: ${escapeUnsafe(gap.why)}`,
    );
  }
  lines.push(
    differences.length === 0
      ? '✓ the registry holds the same, by content'
      : `✗ ${plural(differences.length, 'difference')} between tree and registry`,
  );
  return lines;
}
