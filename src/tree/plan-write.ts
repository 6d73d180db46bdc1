/**
 * Works out which files of a tree must change so that it holds a snapshot. Nothing is written here; what would be
 * destroyed is known before anything is.
 */
import { setImmediate } from 'node:timers/promises';
import { throwIfAborted } from '../errors.ts';
import type { ContextState, RegistrySnapshot } from '../model/registry-snapshot.ts';
import { DEFAULT_CONTEXT } from '../model/subject-name.ts';
import { formatDocument } from './documents.ts';
import { assignFolderNames } from './folder-name.ts';
import { ATTRIBUTES_FILE, contextPrefix, MANIFEST_FILE, SUBJECTS_FOLDER } from './layout.ts';
import { contextMemory } from './load-tree.ts';
import { buildManifest, type ManifestMemory, type ManifestSubject } from './manifest.ts';
import { planGlobalConfig, planSettings } from './plan-settings.ts';
import { planGoneSubject, planSubject, retainedSubjects } from './plan-subject.ts';
import type { IndexedContext, TreeIndex } from './read-index.ts';
import { type PlanWriteOptions, WriteDraft, type WritePlan } from './write-draft.ts';

export async function planTreeWrite(
  index: TreeIndex,
  snapshot: RegistrySnapshot,
  options: PlanWriteOptions,
): Promise<WritePlan> {
  return new WritePlanner(index, snapshot, options).plan();
}

const ATTRIBUTES = `# Schema texts are kept byte for byte: a line-ending conversion would change their identity.
* -text
`;

class WritePlanner {
  readonly #index: TreeIndex;
  readonly #snapshot: RegistrySnapshot;
  readonly #options: PlanWriteOptions;
  readonly #draft: WriteDraft;
  #visited = 0;

  constructor(index: TreeIndex, snapshot: RegistrySnapshot, options: PlanWriteOptions) {
    this.#index = index;
    this.#snapshot = snapshot;
    this.#options = options;
    this.#draft = new WriteDraft(index.root, snapshot, options);
  }

  async plan(): Promise<WritePlan> {
    const draft = this.#draft;
    const before = new Map(this.#index.contexts.map((context) => [context.name, context]));
    const manifests: (() => void)[] = [];
    for (const context of this.#snapshot.contexts) {
      const old = before.get(context.name);
      before.delete(context.name);
      if (!old && context.name !== DEFAULT_CONTEXT)
        draft.changes.push({ kind: 'context-added', context: context.name });
      manifests.push(await this.#planContext(context, old));
    }
    for (const [name, old] of before) manifests.push(await this.#planContext({ name, subjects: [] }, old));
    planSettings(draft, this.#index, this.#snapshot);
    if (!draft.isOnDisk(ATTRIBUTES_FILE)) draft.documents.push({ path: ATTRIBUTES_FILE, content: () => ATTRIBUTES });
    // The root's manifest comes last: its timestamp moves when anything in the tree does.
    for (const planManifest of manifests.reverse()) planManifest();
    return draft.finish();
  }

  /** Plans a context's subjects and config; what it returns plans the manifest once all else is known. */
  async #planContext(context: ContextState, old: IndexedContext | undefined): Promise<() => void> {
    const draft = this.#draft;
    const prefix = contextPrefix(context.name);
    const documentsBefore = draft.documents.length;
    const oldSubjects = new Map((old?.subjects ?? []).map((subject) => [subject.name, subject]));
    const kept = retainedSubjects(draft, context, oldSubjects);
    const folders = assignFolderNames([...context.subjects.map((subject) => subject.name), ...kept.keys()]);
    const manifestSubjects: ManifestSubject[] = [];
    for (const subject of [...context.subjects, ...kept.values()]) {
      await this.#pause();
      const place = `${SUBJECTS_FOLDER}/${folders.get(subject.name) ?? ''}`;
      const previous = oldSubjects.get(subject.name);
      manifestSubjects.push(planSubject(draft, context.name, subject, previous, prefix + place, place));
    }
    for (const [name, subject] of oldSubjects) {
      if (kept.has(name) || folders.has(name)) continue;
      await this.#pause();
      planGoneSubject(draft, subject);
    }
    const gone = !this.#snapshot.contexts.includes(context);
    planGlobalConfig(draft, context, old, prefix, gone);
    // A folder that was named by hand gives way to the context's own.
    if (old && old.prefix !== prefix) draft.removals.push(old.prefix + MANIFEST_FILE);
    return () => this.#planManifest(context, old, prefix, manifestSubjects, draft.documents.length > documentsBefore);
  }

  #planManifest(
    context: ContextState,
    old: IndexedContext | undefined,
    prefix: string,
    subjects: readonly ManifestSubject[],
    contextChanged: boolean,
  ): void {
    const path = prefix + MANIFEST_FILE;
    const memory = this.#memory(old);
    const current = formatDocument(buildManifest(subjects, memory));
    const isRoot = context.name === DEFAULT_CONTEXT;
    const anythingChanged = isRoot ? this.#draft.documents.length > 0 : contextChanged;
    if (current === old?.manifestText && old.prefix === prefix && !anythingChanged) return;
    const text = formatDocument(buildManifest(subjects, { ...memory, backupTimestamp: this.#options.now }));
    this.#draft.documents.push({ path, content: () => text });
  }

  #memory(old: IndexedContext | undefined): ManifestMemory {
    const memory = old ? contextMemory(old) : { maxId: 0, retiredIds: [] };
    const known = old && this.#options.retiresIds ? idsOf(old) : [];
    const { version } = this.#snapshot.registry;
    return {
      ...(version === undefined ? {} : { registryVersion: version }),
      ...(memory.backupTimestamp === undefined ? {} : { backupTimestamp: memory.backupTimestamp }),
      maxId: memory.maxId,
      retiredIds: [...memory.retiredIds, ...known],
    };
  }

  async #pause(): Promise<void> {
    if (++this.#visited % 100 !== 0) return;
    await setImmediate();
    throwIfAborted(this.#options.signal);
  }
}

/** Every id that the tree knew in this context, by its manifest and its metadata.json files. */
function idsOf(context: IndexedContext): number[] {
  const ids = new Set<number>(Object.keys(context.manifest?.id_mapping ?? {}).map(Number));
  for (const subject of context.subjects) {
    for (const entry of subject.document?.versions ?? []) if (entry.id !== undefined) ids.add(entry.id);
  }
  return [...ids];
}
