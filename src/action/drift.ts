/** What a registry has become beside the reviewed tree, each with its likely cause. */
import type { TreeChange } from '../model/tree-change.ts';
import type { Difference } from '../plan/compare-snapshots.ts';
import type { DriftCause, DriftExplainer } from '../plan/drift-cause.ts';
import { renderChange } from '../render/commit-message.ts';
import { CAUSE_WORDS, isGrave } from '../render/drift-words.ts';
import { showName } from '../render/show-name.ts';
import { codeCell } from './markdown.ts';

const MAX_ROWS = 100;

/** '' where nothing changed. */
export function renderChanges(changes: readonly TreeChange[], explain: Pick<DriftExplainer, 'change'>): string {
  return table(changes.map((change) => [renderChange(change), wordsOf(explain.change(change))]));
}

/** '' where nothing differs. */
export function renderDifferences(differences: readonly Difference[]): string {
  return table(
    differences.map(({ subject, version, message, cause }) => {
      const where = subject === '' ? 'global' : showName(subject);
      const what = `${where}${version === undefined ? '' : ` v${version}`}: ${message}`;
      return [what, cause === undefined ? '' : wordsOf(cause)];
    }),
  );
}

function wordsOf(cause: DriftCause): string {
  return `${isGrave(cause) ? '⚠️ ' : ''}${CAUSE_WORDS[cause]}`;
}

function table(rows: readonly (readonly [what: string, cause: string])[]): string {
  if (rows.length === 0) return '';
  const shown = rows.slice(0, MAX_ROWS).map(([what, cause]) => `| ${codeCell(short(what))} | ${cause} |`);
  const rest = rows.length > MAX_ROWS ? [`| … and ${rows.length - MAX_ROWS} more | |`] : [];
  return ['| what | likely cause |', '|---|---|', ...shown, ...rest].join('\n');
}

function short(text: string): string {
  return text.length > 300 ? `${text.slice(0, 299).toWellFormed()}…` : text;
}
