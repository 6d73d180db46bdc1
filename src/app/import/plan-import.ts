/** Which files of the tree an import writes: registered rows as an export would, others as if they were added by hand. */
import type { ImportedSource, SourceNote } from '../../archive/import/imported.ts';
import type { LevelSettings, RegistrySnapshot, SnapshotGap, SubjectState } from '../../model/registry-snapshot.ts';
import {
  contextSubject,
  DEFAULT_CONTEXT,
  formatSubjectName,
  GLOBAL_CONTEXT,
  parseSubjectName,
} from '../../model/subject-name.ts';
import { GLOBAL_KEY, GLOBAL_LEVEL } from '../../semantics/names.ts';
import type { MetadataDocument, VersionDocument } from '../../tree/documents.ts';
import { assignFolderNames } from '../../tree/folder-name.ts';
import { contextPrefix, SUBJECTS_FOLDER, versionFileName } from '../../tree/layout.ts';
import type { LoadedTree } from '../../tree/load-tree.ts';
import { planTreeWrite } from '../../tree/plan-write.ts';
import type { IndexedSubject, TreeIndex } from '../../tree/read-index.ts';
import { rememberIds } from '../../tree/remember-ids.ts';
import { toConfigDocument } from '../../tree/rows.ts';
import type { FileWrite, WritePlan } from '../../tree/write-draft.ts';
import { joinSnapshot } from './check-rows.ts';
import { isRegisteredVersion, type NumberedVersion } from './import-rows.ts';

export interface PlanImportOptions {
  readonly source: ImportedSource;
  /** What the tree has not yet. */
  readonly added: readonly NumberedVersion[];
  readonly gaps: readonly SnapshotGap[];
  readonly includeSensitive: boolean;
  /** ISO 8601. */
  readonly now: string;
  readonly signal?: AbortSignal | undefined;
}

export interface PlannedImport {
  readonly plan: WritePlan;
  /** Settings of levels that the tree has its own for. */
  readonly leftOut: readonly SourceNote[];
}

type Target = Pick<LoadedTree, 'index' | 'snapshot' | 'maxIds' | 'retiredIds'>;

export async function planImport(target: Target, options: PlanImportOptions): Promise<PlannedImport> {
  const { source, added, gaps, includeSensitive, now, signal } = options;
  const isNew = target.snapshot.contexts.every(({ subjects }) => subjects.length === 0);
  const base: RegistrySnapshot = isNew
    ? { ...target.snapshot, registry: source.registry, gaps: [...target.snapshot.gaps, ...gaps] }
    : target.snapshot;
  const withRows = joinSnapshot(withNames(base, source, added), added);
  const { snapshot, leftOut } = withSettings(withRows, source.settings, target.snapshot, isNew);
  const byHand = added.filter((row) => !isRegisteredVersion(row));
  const { index, writes } = addPending(target.index, snapshot, byHand);
  const plan = await planTreeWrite(rememberIds(index, source), snapshot, {
    covers: () => true,
    retiresIds: true,
    includeSensitive,
    now,
    signal,
  });
  return { plan: { ...plan, writes: [...writes, ...plan.writes] }, leftOut };
}

/** Every subject and context that the import brings, with no rows yet. */
function withNames(
  base: RegistrySnapshot,
  source: ImportedSource,
  added: readonly NumberedVersion[],
): RegistrySnapshot {
  const contexts = new Map(
    base.contexts.map((context) => [
      context.name,
      { ...context, subjects: new Map(context.subjects.map((subject) => [subject.name, subject])) },
    ]),
  );
  const subjectsOf = (name: string): Map<string, SubjectState> => {
    const known = contexts.get(name) ?? { name, subjects: new Map<string, SubjectState>() };
    contexts.set(name, known);
    return known.subjects;
  };
  for (const name of source.contexts ?? []) subjectsOf(name);
  for (const name of [...added.map((row) => row.name), ...source.settings.keys()]) {
    const { context, subject } = parseSubjectName(name);
    if (name === GLOBAL_KEY || context === GLOBAL_CONTEXT) continue;
    const subjects = subjectsOf(context);
    if (name !== contextSubject(context) && !subjects.has(subject))
      subjects.set(subject, { name: subject, versions: [] });
  }
  return {
    ...base,
    contexts: [...contexts.values()].map((context) => ({ ...context, subjects: [...context.subjects.values()] })),
  };
}

/** Settings of the levels that the tree does not know yet; its own stay. */
function withSettings(
  snapshot: RegistrySnapshot,
  settings: ReadonlyMap<string, LevelSettings>,
  target: RegistrySnapshot,
  isNew: boolean,
): { readonly snapshot: RegistrySnapshot; readonly leftOut: readonly SourceNote[] } {
  const leftOut: SourceNote[] = [];
  const known = new Set<string>(isNew ? [] : [GLOBAL_KEY, GLOBAL_LEVEL]);
  for (const { name: context, subjects } of target.contexts) {
    if (context !== DEFAULT_CONTEXT) known.add(contextSubject(context));
    for (const { name } of subjects) known.add(formatSubjectName({ context, subject: name }));
  }
  const own = new Map<string, LevelSettings>([
    [GLOBAL_LEVEL, target.global],
    ...target.contexts.flatMap((context) => [
      [context.name === DEFAULT_CONTEXT ? GLOBAL_KEY : contextSubject(context.name), context] as const,
      ...context.subjects.map(
        (subject) => [formatSubjectName({ context: context.name, subject: subject.name }), subject] as const,
      ),
    ]),
  ]);
  const at = (level: string): LevelSettings => {
    const wanted = settings.get(level);
    if (wanted === undefined) return {};
    if (!known.has(level)) return wanted;
    if (!isSameLevel(wanted, own.get(level) ?? {})) {
      leftOut.push({ place: level === GLOBAL_KEY ? 'global' : level, why: 'the tree has settings of its own there' });
    }
    return {};
  };
  return {
    snapshot: {
      ...snapshot,
      global: { ...snapshot.global, ...at(GLOBAL_LEVEL) },
      contexts: snapshot.contexts.map((context) => ({
        ...context,
        ...at(context.name === DEFAULT_CONTEXT ? GLOBAL_KEY : contextSubject(context.name)),
        subjects: context.subjects.map((subject) => ({
          ...subject,
          ...at(formatSubjectName({ context: context.name, subject: subject.name })),
        })),
      })),
    },
    leftOut,
  };
}

function isSameLevel(a: LevelSettings, b: LevelSettings): boolean {
  const text = ({ config, mode }: LevelSettings): string => JSON.stringify([toConfigDocument(config), mode ?? null]);
  return text(a) === text(b);
}

/** The index as if somebody had put the files and their entries there: a write then keeps them. */
function addPending(
  index: TreeIndex,
  snapshot: RegistrySnapshot,
  byHand: readonly NumberedVersion[],
): { readonly index: TreeIndex; readonly writes: readonly FileWrite[] } {
  const writes: FileWrite[] = [];
  const contexts = new Map(index.contexts.map((context) => [context.name, context]));
  for (const [name, rows] of Map.groupBy(byHand, ({ context }) => context)) {
    const state = snapshot.contexts.find((context) => context.name === name);
    const prefix = contextPrefix(name);
    const old = contexts.get(name) ?? { name, prefix, subjects: [] };
    const subjects = new Map<string, IndexedSubject>(old.subjects.map((subject) => [subject.name, subject]));
    const states = new Map((state?.subjects ?? []).map((subject) => [subject.name, subject]));
    const folders = assignFolderNames(states.keys());
    for (const [subject, versions] of Map.groupBy(rows, (row) => row.subject)) {
      const folder = `${prefix}${SUBJECTS_FOLDER}/${folders.get(subject) ?? ''}`;
      const before = subjects.get(subject) ?? { context: name, name: subject, folder, files: new Set<string>() };
      const settings = states.get(subject) ?? {};
      subjects.set(subject, { ...before, document: withEntries(before, versions, settings) });
      for (const { version, schemaType, schema } of versions) {
        writes.push({ path: `${folder}/${versionFileName(version, schemaType)}`, content: () => schema });
      }
    }
    contexts.set(name, { ...old, subjects: [...subjects.values()] });
  }
  return { index: { ...index, contexts: [...contexts.values()] }, writes };
}

function withEntries(
  { context, name, document }: IndexedSubject,
  versions: readonly NumberedVersion[],
  settings: LevelSettings,
): MetadataDocument {
  const entries = versions.map(
    ({ version, schemaType, references = [] }): VersionDocument => ({
      version,
      schema_file: versionFileName(version, schemaType),
      schema_type: schemaType,
      ...(references.length === 0 ? {} : { references }),
    }),
  );
  const all = [...(document?.versions ?? []), ...entries].sort((a, b) => a.version - b.version);
  if (document !== undefined) return { ...document, versions: all };
  const type = all.at(-1)?.schema_type;
  return {
    subject: name,
    context,
    ...(type === undefined ? {} : { schema_type: type }),
    ...toConfigDocument(settings.config),
    ...(settings.mode === undefined ? {} : { mode: settings.mode }),
    versions: all,
  };
}
