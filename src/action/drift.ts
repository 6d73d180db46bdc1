/** What a registry has become beside the reviewed tree, each with its likely cause. */
import type { TreeChange } from '../model/tree-change.ts';
import type { Difference, DifferenceKind } from '../plan/compare-snapshots.ts';
import { renderChange } from '../render/commit-message.ts';
import { showName } from '../render/show-name.ts';
import { codeCell } from './markdown.ts';

const MAX_ROWS = 100;

const REGISTERED = 'registered past the review: a client with `auto.register.schemas`, or by hand';
const SET = 'set at the registry, not in the tree';

const CAUSE_OF_CHANGE: Readonly<Record<TreeChange['kind'], string>> = {
  'subject-added': REGISTERED,
  'subject-removed': 'deleted at the registry, for good',
  'version-added': REGISTERED,
  'version-removed': 'deleted at the registry, for good',
  'version-soft-deleted': 'soft-deleted at the registry',
  'version-undeleted': 'registered again after it was soft-deleted',
  'version-replaced':
    '⚠️ an immutable version was overwritten, or its number used again: old records may not be readable',
  'version-amended': 'references, metadata or rules were sent again',
  'context-added': 'something was registered in a new context',
  'context-removed': 'deleted at the registry',
  compatibility: SET,
  mode: `${SET}; an interrupted import may have left it`,
  config: SET,
};

const CAUSE_OF_DIFFERENCE: Readonly<Record<DifferenceKind, string>> = {
  missing: 'deleted at the registry, or not restored yet',
  extra: REGISTERED,
  content: '⚠️ an immutable version was overwritten, or its number used again',
  id: '⚠️ another id: the registry was restored without its ids, or the id used again',
  deleted: 'soft-deleted, or registered again, at the registry',
  config: SET,
  mode: `${SET}; an interrupted import may have left it`,
  context: 'something was registered in a new context, or deleted',
};

/** '' where nothing changed. */
export function renderChanges(changes: readonly TreeChange[]): string {
  return table(changes.map((change) => [renderChange(change), CAUSE_OF_CHANGE[change.kind]]));
}

/** '' where nothing differs. */
export function renderDifferences(differences: readonly Difference[]): string {
  return table(
    differences.map(({ kind, subject, version, message }) => {
      const where = subject === '' ? 'global' : showName(subject);
      const what = `${where}${version === undefined ? '' : ` v${version}`}: ${message}`;
      return [what, CAUSE_OF_DIFFERENCE[kind]];
    }),
  );
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
