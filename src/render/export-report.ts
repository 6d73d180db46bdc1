/** What an export did, for a person. */
import type { SnapshotCounts } from '../model/registry-snapshot.ts';
import type { TreeChange } from '../model/tree-change.ts';
import { renderChange } from './commit-message.ts';

export interface ExportReport {
  readonly tree: string;
  readonly registry: { readonly kind: string; readonly version?: string };
  readonly counts: SnapshotCounts;
  readonly upToDate: boolean;
  readonly changes: readonly TreeChange[];
  readonly files: { readonly written: number; readonly removed: number };
  readonly commit?: string;
  readonly pushed?: { readonly remote: string; readonly branch: string };
  readonly partial: readonly unknown[];
  readonly requests: { readonly requests: number };
  readonly durations: Readonly<Record<string, number>>;
}

const MAX_LINES = 20;

/** @param cwd the tree is shown relative to it where it lies below. */
export function renderExportReport(report: ExportReport, cwd: string): string {
  const { counts, changes } = report;
  const tree = report.tree.startsWith(`${cwd}/`) ? report.tree.slice(cwd.length + 1) : report.tree;
  const server = [report.registry.kind, report.registry.version].filter((part) => part !== undefined).join(' ');
  const parts = [`${plural(counts.subjects, 'subject')}, ${plural(counts.versions, 'version')}`];
  if (counts.deleted > 0) parts.push(`${counts.deleted} soft-deleted`);
  if (counts.contexts > 1) parts.push(plural(counts.contexts, 'context'));
  const seconds = Object.values(report.durations).reduce((sum, ms) => sum + ms, 0) / 1000;
  const lines = [
    `${report.partial.length > 0 ? 'PARTIAL: ' : ''}${tree}: ${parts.join(', ')} (${server}, ${plural(report.requests.requests, 'request')}, ${seconds.toFixed(1)} s)`,
  ];
  for (const change of changes.slice(0, MAX_LINES)) lines.push(`  ${renderChange(change)}`);
  if (changes.length > MAX_LINES) lines.push(`  … and ${changes.length - MAX_LINES} more`);
  if (report.upToDate) lines.push('Up to date: no file changed.');
  else lines.push(`${plural(report.files.written, 'file')} written, ${report.files.removed} removed.`);
  if (report.commit !== undefined) lines.push(`Committed ${report.commit.slice(0, 12)}.`);
  if (report.pushed) lines.push(`Pushed to ${report.pushed.remote}/${report.pushed.branch}.`);
  return lines.join('\n');
}

export function plural(number: number, noun: string): string {
  // Not `toLocaleString`: its first call loads the rules of languages, a twentieth of a short command.
  const digits = String(number).replace(/\B(?=(\d{3})+$)/g, ',');
  return `${digits} ${noun}${number === 1 ? '' : 's'}`;
}
