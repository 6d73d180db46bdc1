/** What an import brought into a tree, what its source could not tell, and what is in its way, for a person. */
import { plural } from './export-report.ts';
import { escapeUnsafe } from './show-name.ts';

interface Note {
  readonly place: string;
  readonly why: string;
}

export interface ImportReport {
  readonly outcome: 'written' | 'unchanged' | 'planned' | 'refused';
  readonly kind: string;
  readonly source: string;
  readonly tree: string;
  readonly contexts: number;
  readonly subjects: number;
  readonly versions: number;
  readonly softDeleted: number;
  readonly ids: number;
  readonly withoutId: number;
  readonly referencesFound: number;
  readonly added: number;
  readonly present: number;
  readonly files: { readonly written: number };
  readonly untold: readonly { readonly what: string; readonly why: string }[];
  readonly faults: readonly Note[];
  readonly conflicts: readonly Note[];
  readonly leftOut: readonly Note[];
}

/** Of one kind; --json has all. */
const MAX_LINES = 50;

/** @param cwd paths are shown relative to it where they lie below. */
export function renderImportReport(report: ImportReport, cwd: string): string {
  const { outcome, kind, source, contexts, faults, conflicts, leftOut, untold } = report;
  const parts = [plural(report.subjects, 'subject'), plural(report.versions, 'version')];
  if (report.softDeleted > 0) parts.push(`${report.softDeleted} soft-deleted`);
  parts.push(plural(report.ids, 'id'));
  if (report.withoutId > 0) parts.push(`${report.withoutId} without an id`);
  if (contexts > 1) parts.push(plural(contexts, 'context'));
  const lines = [`${shorten(source, cwd)} (${kind}): ${parts.join(', ')}`];
  if (report.referencesFound > 0) lines.push(`  ${plural(report.referencesFound, 'reference')} found by name`);
  if (untold.length > 0) {
    lines.push('What such a source cannot tell:');
    for (const { what, why } of untold) lines.push(`  · ${what}: ${why}`);
  }
  lines.push(
    ...notes('Not taken:', '·', leftOut),
    ...notes(outcome === 'refused' ? 'Damaged:' : 'Damaged, and left out:', '✗', faults),
    ...notes('In the way:', '✗', conflicts),
  );
  lines.push(...ending(report, cwd, outcome));
  return lines.join('\n');
}

function* notes(title: string, mark: string, all: readonly Note[]): Generator<string> {
  if (all.length === 0) return;
  yield title;
  for (const { place, why } of all.slice(0, MAX_LINES)) yield `  ${mark} ${escapeUnsafe(place)}: ${escapeUnsafe(why)}`;
  if (all.length > MAX_LINES) yield `  … and ${all.length - MAX_LINES} more`;
}

function* ending(report: ImportReport, cwd: string, outcome: ImportReport['outcome']): Generator<string> {
  const tree = shorten(report.tree, cwd);
  const { added, present, files, faults, conflicts } = report;
  switch (outcome) {
    case 'written':
      yield `Written to ${tree}: ${plural(added, 'version')}, ${plural(files.written, 'file')}${present > 0 ? `; ${present} were there` : ''}.`;
      yield 'See that it is sound, and commit it: srgit verify --offline';
      break;
    case 'unchanged':
      yield `${tree} has all of it already: no file changed.`;
      break;
    case 'planned':
      yield `Would write ${plural(added, 'version')} to ${tree}${present > 0 ? `; ${present} are there` : ''}.`;
      break;
    case 'refused':
      yield `✗ Nothing was written to ${tree}.`;
      if (faults.length > 0) yield '  Mend the source, or leave out what is damaged: --skip-damaged.';
      if (conflicts.length > 0)
        yield '  Import into a tree of its own (--tree DIR), beside the rest (--into-context NAME), or add what is missing (--merge).';
  }
}

function shorten(path: string, cwd: string): string {
  return path.startsWith(`${cwd}/`) ? path.slice(cwd.length + 1) : path;
}
