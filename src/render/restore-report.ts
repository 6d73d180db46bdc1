/** What became of a restore, for a person. */
import type { Plan } from '../plan/plan.ts';
import { plural } from './export-report.ts';
import { escapeUnsafe, showName } from './show-name.ts';

export interface RestoreReport {
  readonly outcome: 'done' | 'nothing' | 'refused' | 'declined' | 'different';
  readonly plan: Plan;
  readonly written: number;
  readonly resumed: number;
  readonly verified?: {
    readonly subjects: number;
    readonly rows: number;
    readonly rewritten: readonly RowNote[];
    readonly differences: readonly RowNote[];
    readonly stripped: readonly RowNote[];
    readonly merged: readonly RowNote[];
    readonly appeared: readonly RowNote[];
  };
  readonly idMapFile?: {
    readonly file: string;
    readonly ids: number;
    readonly changed: number;
    readonly missing: number;
    readonly commit?: string;
  };
  readonly undo?: string;
  readonly journal?: string;
  readonly durations: Readonly<Record<string, number>>;
}

interface RowNote {
  readonly subject: string;
  readonly version?: number;
  readonly message: string;
}

const MAX_LINES = 30;

/** @param cwd paths are shown relative to it where they lie below. */
export function renderRestoreReport(report: RestoreReport, cwd: string): string {
  const { plan, outcome } = report;
  const target = showName(plan.target.name);
  const show = (path: string): string => (path.startsWith(`${cwd}/`) ? path.slice(cwd.length + 1) : path);
  if (outcome === 'refused') {
    const errors = plan.problems.filter(({ severity }) => severity === 'error').length;
    return `✗ ${plural(errors, 'problem')}: nothing was written to ${target}.`;
  }
  if (outcome === 'declined') return 'Nothing was written.';
  const lines: string[] = [];
  if (outcome === 'nothing') lines.push(`Up to date: ${target} is as asked for; nothing was written.`);
  else lines.push(...renderDone(report, target));
  if (report.undo !== undefined) lines.push(`What was replaced lies in ${show(report.undo)}.`);
  const { idMapFile } = report;
  if (idMapFile !== undefined) {
    const changed = idMapFile.changed === 0 ? 'none changed' : `${idMapFile.changed} changed`;
    const missing = idMapFile.missing === 0 ? '' : `, ${idMapFile.missing} without a counterpart`;
    lines.push(`${plural(idMapFile.ids, 'id')}, ${changed}${missing}: ${show(idMapFile.file)}`);
    if (idMapFile.commit !== undefined) lines.push(`Committed ${idMapFile.commit.slice(0, 12)}.`);
  }
  return lines.join('\n');
}

/** What goes, before somebody is asked about it. */
export function renderLoss(loss: {
  readonly subjects: readonly string[];
  readonly permanent: number;
  readonly hidden: number;
}): string {
  const parts: string[] = [];
  if (loss.permanent > 0) parts.push(`${plural(loss.permanent, 'version')} will be deleted for good`);
  if (loss.hidden > 0) parts.push(`${plural(loss.hidden, 'version')} will be soft-deleted`);
  const lines = [`${parts.join(', ')}, of ${plural(loss.subjects.length, 'subject')}.`];
  for (const subject of loss.subjects.slice(0, MAX_LINES)) lines.push(`  ${showName(subject)}`);
  if (loss.subjects.length > MAX_LINES) lines.push(`  … and ${loss.subjects.length - MAX_LINES} more`);
  return lines.join('\n');
}

function renderDone({ plan, written, resumed, verified, outcome, durations }: RestoreReport, target: string): string[] {
  const registered = plan.steps.filter(({ action }) => action === 'register').length;
  const deleted = plan.steps.filter(({ action }) => action === 'delete-version' || action === 'delete-subject').length;
  const parts = [`${plural(registered, 'version')} registered`];
  if (deleted > 0) parts.push(`${plural(deleted, 'deletion')}`);
  if (resumed > 0) parts.push(`${plural(resumed, 'step')} of them before the interruption`);
  const seconds = Object.values(durations).reduce((sum, ms) => sum + ms, 0) / 1000;
  const lines = [`${target}: ${parts.join(', ')} (${plural(written, 'write')}, ${seconds.toFixed(1)} s)`];
  if (verified === undefined) return lines;
  const { rewritten, differences, stripped, merged, appeared } = verified;
  list(lines, differences, '≠');
  if (rewritten.length > 0) {
    lines.push(
      `! ${plural(rewritten.length, 'text')} stored in the registry's own way: equal in meaning, other bytes and guid`,
    );
    list(lines, rewritten, ' ');
  }
  if (stripped.length > 0) {
    lines.push(`! ${plural(stripped.length, 'version')} stored without the rule set: this registry drops rule sets`);
    list(lines, stripped, ' ');
  }
  if (merged.length > 0) {
    lines.push(`! ${plural(merged.length, 'version')} taken by the registry for the same as another one`);
    list(lines, merged, ' ');
  }
  if (appeared.length > 0) {
    lines.push(`! ${plural(appeared.length, 'version')} registered by somebody else meanwhile`);
    list(lines, appeared, ' ');
  }
  const what = `${plural(verified.rows, 'version')} of ${plural(verified.subjects, 'subject')}`;
  lines.push(
    outcome === 'done'
      ? `✓ verified: ${what} are as planned`
      : `✗ ${plural(differences.length, 'difference')} to what was planned; ${what} are as planned`,
  );
  return lines;
}

function list(lines: string[], notes: readonly RowNote[], mark: string): void {
  for (const { subject, version, message } of notes.slice(0, MAX_LINES)) {
    const where = subject === '' ? 'the registry' : showName(subject);
    lines.push(`${mark} ${where}${version === undefined ? '' : ` version ${version}`}: ${escapeUnsafe(message)}`);
  }
  if (notes.length > MAX_LINES) lines.push(`${mark} … and ${notes.length - MAX_LINES} more`);
}
