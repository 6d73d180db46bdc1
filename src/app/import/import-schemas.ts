/** Import: what another tool keeps of a registry becomes a tree, whole or not at all. */

import type { SourceNote } from '../../archive/import/imported.ts';
import type { Recognized, SourceKind } from '../../archive/import/recognize.ts';
import type { Config } from '../../config/types.ts';
import { SrgitError } from '../../errors.ts';
import { formatSubjectName } from '../../model/subject-name.ts';
import type { TreeChange } from '../../model/tree-change.ts';
import { applyWritePlan, completeInterruptedWrite } from '../../tree/apply-write.ts';
import { requireSound } from '../../tree/finding.ts';
import { type LoadedTree, loadTree } from '../../tree/load-tree.ts';
import { lockTree } from '../../tree/lock.ts';
import { readTreeIndex } from '../../tree/read-index.ts';
import { REDACTED } from '../../tree/rows.ts';
import { checkRows } from './check-rows.ts';
import type { NumberedVersion } from './import-rows.ts';
import { moveIntoContext } from './into-context.ts';
import { mergeRows } from './merge-rows.ts';
import { numberRows } from './number-rows.ts';
import { parseImportLocation, readImportSource } from './open-source.ts';
import { planImport } from './plan-import.ts';
import type { SourceOptions } from './source-options.ts';
import { gapsOf, keepsBrokenTexts, type Untold, untoldOf } from './untold.ts';

export interface ImportOptions extends SourceOptions {
  readonly config: Config;
  /** `KIND:PATH`, or a path. */
  readonly from: string;
  readonly cwd: string;
  /** Context that the source's default one becomes. */
  readonly intoContext?: string | undefined;
  /** Adds to a tree that has schemas. */
  readonly merge: boolean;
  /** What is damaged is left out; else nothing is written where something is. */
  readonly skipDamaged: boolean;
  /** Nothing is written. */
  readonly dryRun: boolean;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

export interface ImportResult {
  readonly outcome:
    | 'written'
    /** The tree has all of it already. */
    | 'unchanged'
    /** Only asked what would be written. */
    | 'planned'
    /** Damage or conflicts: nothing was written. */
    | 'refused';
  readonly kind: SourceKind;
  /** Absolute path. */
  readonly source: string;
  readonly tree: string;
  /** Of the source, as far as it is taken. */
  readonly contexts: number;
  readonly subjects: number;
  readonly versions: number;
  readonly softDeleted: number;
  /** Different ids, by context. */
  readonly ids: number;
  /** Versions without an id: added as if by hand. */
  readonly withoutId: number;
  readonly referencesFound: number;
  /** Versions that the tree did not have, and that it had. */
  readonly added: number;
  readonly present: number;
  readonly files: { readonly written: number };
  readonly changes: readonly TreeChange[];
  /** What sources of the kind cannot tell. */
  readonly untold: readonly Untold[];
  readonly faults: readonly SourceNote[];
  readonly conflicts: readonly SourceNote[];
  readonly leftOut: readonly SourceNote[];
  readonly warnings: readonly string[];
}

/** @throws SrgitError of the source and of the tree. */
export async function importSchemas(options: ImportOptions): Promise<ImportResult> {
  const { config, signal } = options;
  const place = parseImportLocation(options.from, options.cwd);
  if (place.kind === 'tree' && place.path === config.tree) {
    throw new SrgitError('SRGIT_USAGE', `${place.path} is the tree itself`, { hint: 'Name another one with --tree.' });
  }
  if (options.dryRun) return importInto(await readTarget(config.tree, signal), place, options);
  const lock = lockTree(config.tree);
  try {
    completeInterruptedWrite(config.tree);
    return await importInto(await readTarget(config.tree, signal), place, options);
  } finally {
    lock.release();
  }
}

type Target = Pick<LoadedTree, 'index' | 'snapshot' | 'pending' | 'maxIds' | 'retiredIds'>;

/** The tree as it is, or an empty one. @throws SrgitError SRGIT_TREE_* of a damaged one */
async function readTarget(root: string, signal: AbortSignal | undefined): Promise<Target> {
  const index = await readTreeIndex(root, signal);
  if (index.exists) {
    const tree = await loadTree(root, signal);
    requireSound(tree.findings);
    return tree;
  }
  const snapshot = {
    registry: { kind: 'unknown' },
    contexts: [{ name: '.', subjects: [] }],
    global: {},
    gaps: [],
  } as const;
  return { index, snapshot, pending: [], maxIds: new Map(), retiredIds: new Map() };
}

async function importInto(target: Target, place: Recognized, options: ImportOptions): Promise<ImportResult> {
  const { config, intoContext, skipDamaged, signal, onProgress } = options;
  const read = await readImportSource(place, options);
  const source = intoContext === undefined ? read : moveIntoContext(read, intoContext);
  onProgress?.({ phase: 'checking schemas', done: 0, total: source.versions.length });
  const numbered = numberRows(source.versions, highestVersions(target));
  const checked = await checkRows(numbered.rows, { target, keepBroken: keepsBrokenTexts(place.kind), signal });
  const faults = [...source.faults, ...numbered.faults, ...checked.faults];
  if (source.versions.length === 0 && source.settings.size === 0 && faults.length === 0) throw nothingIn(place);
  const { rows } = checked;
  const { added, present, conflicts } = mergeRows(rows, target);
  const { plan, leftOut } = await planImport(target, {
    source,
    added,
    gaps: [...gapsOf(place.kind), ...(source.gaps ?? [])],
    includeSensitive: config.backup.includeSensitive,
    now: new Date(options.now()).toISOString(),
    signal,
  });
  const occupied = options.merge || added.length === 0 ? [] : occupiedContexts(target, added);
  const result = (outcome: ImportResult['outcome']): ImportResult => ({
    outcome,
    kind: place.kind,
    source: place.path,
    tree: config.tree,
    ...countRows(rows),
    referencesFound: place.kind === 'files' ? countReferences(rows) : checked.found,
    added: added.length,
    present,
    files: { written: outcome === 'written' ? plan.writes.length : 0 },
    changes: plan.changes,
    untold: untoldOf(place.kind, source.lacksTimes === true),
    faults,
    conflicts: [...occupied, ...conflicts],
    leftOut: [...source.leftOut, ...leftOut],
    warnings: [
      ...source.warnings,
      ...checked.warnings,
      ...(config.backup.includeSensitive ? [] : redactedWarning(added)),
    ],
  });
  const isNothingLeft = faults.length > 0 && rows.length === 0;
  if (conflicts.length + occupied.length > 0 || isNothingLeft || (faults.length > 0 && !skipDamaged)) {
    return result('refused');
  }
  if (added.length === 0 && present > 0) return result('unchanged');
  if (options.dryRun) return result('planned');
  await applyWritePlan(config.tree, plan, {
    signal,
    onProgress: (done, total) => onProgress?.({ phase: 'writing files', done, total }),
  });
  return result('written');
}

/** A tree that has schemas where the import's go is not added to by mistake. */
function occupiedContexts({ snapshot, pending }: Target, added: readonly NumberedVersion[]): readonly SourceNote[] {
  const goesTo = new Set(added.map(({ context }) => context));
  const counts = new Map<string, number>();
  for (const { name, subjects } of snapshot.contexts) {
    counts.set(
      name,
      subjects.reduce((sum, { versions }) => sum + versions.length, 0),
    );
  }
  for (const { context } of pending) counts.set(context, (counts.get(context) ?? 0) + 1);
  return [...counts].flatMap(([context, count]) => {
    if (count === 0 || !goesTo.has(context)) return [];
    return [{ place: context === '.' ? 'the tree' : `context ${context}`, why: `it has ${count} versions already` }];
  });
}

function highestVersions({ snapshot, pending }: Target): (name: string) => number {
  const highest = new Map<string, number>();
  const raise = (name: string, version: number): void => {
    highest.set(name, Math.max(highest.get(name) ?? 0, version));
  };
  for (const { name: context, subjects } of snapshot.contexts) {
    for (const { name, versions } of subjects) {
      for (const { version } of versions) raise(formatSubjectName({ context, subject: name }), version);
    }
  }
  for (const one of pending) raise(formatSubjectName(one), one.version);
  return (name) => highest.get(name) ?? 0;
}

function countRows(rows: readonly NumberedVersion[]) {
  const withId = rows.filter(({ id }) => id !== undefined);
  return {
    contexts: new Set(rows.map(({ context }) => context)).size,
    subjects: new Set(rows.map(({ name }) => name)).size,
    versions: rows.length,
    softDeleted: rows.filter(({ deleted }) => deleted === true).length,
    ids: new Set(withId.map(({ context, id }) => `${id} ${context}`)).size,
    withoutId: rows.length - withId.length,
  };
}

function redactedWarning(added: readonly NumberedVersion[]): readonly string[] {
  const count = added.filter(({ metadata }) =>
    (metadata?.sensitive ?? []).some((name) => (metadata?.properties?.[name] ?? REDACTED) !== REDACTED),
  ).length;
  if (count === 0) return [];
  return [`values of sensitive metadata of ${count} versions are not written: --include-sensitive does`];
}

function countReferences(rows: readonly NumberedVersion[]): number {
  return rows.reduce((sum, { references = [] }) => sum + references.length, 0);
}

function nothingIn({ kind, path }: Recognized): SrgitError {
  return new SrgitError('SRGIT_ARCHIVE_INVALID', `${path} has no schema, read as ${kind}`, {
    hint: 'Name what it is, --from KIND:PATH, or the folder that the schemas are in.',
  });
}
