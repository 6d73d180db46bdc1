/**
 * Works out which files of a tree must change so that it holds a snapshot. Nothing is written here; what would be
 * destroyed is known before anything is.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { throwIfAborted } from '../errors.ts';
import type { ContextState, RegistrySnapshot, SnapshotGap, SubjectState } from '../model/registry-snapshot.ts';
import type { SchemaType, SchemaVersion } from '../model/schema-version.ts';
import { contextSubject, DEFAULT_CONTEXT, formatSubjectName } from '../model/subject-name.ts';
import { encodeText, sha256Of } from '../model/text-bytes.ts';
import type { TreeChange } from '../model/tree-change.ts';
import { addedSubject, compareMetadata, compareSettings } from './changes.ts';
import { formatDocument, type MetadataDocument, type SettingsDocument, type VersionDocument } from './documents.ts';
import { assignFolderNames } from './folder-name.ts';
import {
  ATTRIBUTES_FILE,
  contextPrefix,
  GLOBAL_CONFIG_FILE,
  MANIFEST_FILE,
  METADATA_FILE,
  parseVersionFileName,
  SETTINGS_FILE,
  SUBJECTS_FOLDER,
  versionFileName,
} from './layout.ts';
import { contextMemory } from './load-tree.ts';
import {
  buildManifest,
  type ManifestMemory,
  type ManifestSubject,
  manifestSubject,
  manifestSubjectOf,
} from './manifest.ts';
import { isMissing } from './missing-file.ts';
import type { IndexedContext, IndexedSubject, TreeIndex } from './read-index.ts';
import { type FormatRowOptions, isRegistered, schemaTypeOf, toConfigDocument, toMetadataDocument } from './rows.ts';
import { formatVersionText } from './version-text.ts';

export interface PlanWriteOptions extends FormatRowOptions {
  /**
   * Whether the snapshot looked at such a row: a row of the tree that it covers and does not hold is gone. Rows not
   * covered (other subjects, other schema types) stay as they are.
   */
  readonly covers: (context: string, subject: string, row: { schemaType: SchemaType }) => boolean;
  /** Whether a covered row that is absent is really gone from the registry, so that its id is retired. */
  readonly retiresIds: boolean;
  /** Time of the export, ISO 8601: becomes `backup_timestamp` when something changes. */
  readonly now: string;
  readonly signal?: AbortSignal | undefined;
}

export interface FileWrite {
  /** Relative to the root. */
  readonly path: string;
  /** Made when it is written: a large tree is never held twice in memory. */
  readonly content: () => string;
}

export interface FileMove {
  readonly from: string;
  readonly to: string;
}

export interface WritePlan {
  readonly writes: readonly FileWrite[];
  readonly moves: readonly FileMove[];
  readonly removals: readonly string[];
  readonly changes: readonly TreeChange[];
  /** Registered rows that the tree holds before, and how many of them would go. */
  readonly rowsBefore: number;
  readonly rowsRemoved: number;
}

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
  readonly #writes: FileWrite[] = [];
  readonly #documents: FileWrite[] = [];
  readonly #moves: FileMove[] = [];
  readonly #removals: string[] = [];
  readonly #changes: TreeChange[] = [];
  readonly #configGaps: GapFilter;
  readonly #modeGaps: GapFilter;
  #rowsBefore = 0;
  #rowsRemoved = 0;
  #visited = 0;

  constructor(index: TreeIndex, snapshot: RegistrySnapshot, options: PlanWriteOptions) {
    this.#index = index;
    this.#snapshot = snapshot;
    this.#options = options;
    this.#configGaps = gapFilter(snapshot.gaps, 'config');
    this.#modeGaps = gapFilter(snapshot.gaps, 'mode');
  }

  async plan(): Promise<WritePlan> {
    const before = new Map(this.#index.contexts.map((context) => [context.name, context]));
    const manifests: (() => void)[] = [];
    for (const context of this.#snapshot.contexts) {
      const old = before.get(context.name);
      before.delete(context.name);
      if (!old && context.name !== DEFAULT_CONTEXT)
        this.#changes.push({ kind: 'context-added', context: context.name });
      manifests.push(await this.#planContext(context, old));
    }
    for (const [name, old] of before) {
      manifests.push(await this.#planContext({ name, subjects: [] }, old));
    }
    this.#planSettings();
    if (this.#index.contexts.length === 0 || this.#onDisk(ATTRIBUTES_FILE) === undefined) {
      this.#documents.push({ path: ATTRIBUTES_FILE, content: () => ATTRIBUTES });
    }
    // The root's manifest comes last: its timestamp moves when anything in the tree does.
    for (const planManifest of manifests.reverse()) planManifest();
    return {
      writes: [...this.#writes, ...this.#documents],
      moves: this.#moves,
      removals: this.#removals,
      changes: this.#changes,
      rowsBefore: this.#rowsBefore,
      rowsRemoved: this.#rowsRemoved,
    };
  }

  /** Plans a context's subjects and config; what it returns plans the manifest once all else is known. */
  async #planContext(context: ContextState, old: IndexedContext | undefined): Promise<() => void> {
    const prefix = old?.prefix ?? contextPrefix(context.name);
    const documentsBefore = this.#documents.length;
    const oldSubjects = new Map((old?.subjects ?? []).map((subject) => [subject.name, subject]));
    const kept = this.#retainedSubjects(context, oldSubjects);
    const folders = assignFolderNames([...context.subjects.map((subject) => subject.name), ...kept.keys()]);
    const manifestSubjects: ManifestSubject[] = [];
    for (const subject of [...context.subjects, ...kept.values()]) {
      await this.#pause();
      const place = `${SUBJECTS_FOLDER}/${folders.get(subject.name) ?? ''}`;
      manifestSubjects.push(
        this.#planSubject(context.name, subject, oldSubjects.get(subject.name), prefix + place, place),
      );
    }
    for (const [name, subject] of oldSubjects) {
      if (kept.has(name) || folders.has(name)) continue;
      await this.#pause();
      this.#planGoneSubject(subject);
    }
    this.#planGlobalConfig(context, old, prefix);
    return () => this.#planManifest(context, old, prefix, manifestSubjects, this.#documents.length > documentsBefore);
  }

  /** Subjects of the tree that the snapshot did not look at, or only in part: they stay. */
  #retainedSubjects(
    context: ContextState,
    oldSubjects: ReadonlyMap<string, IndexedSubject>,
  ): ReadonlyMap<string, SubjectState> {
    const present = new Set(context.subjects.map((subject) => subject.name));
    const retained = new Map<string, SubjectState>();
    for (const [name, subject] of oldSubjects) {
      if (present.has(name) || !subject.document) continue;
      const entries = subject.document.versions;
      const stays = entries.some(
        (entry) =>
          !isRegistered(entry) || !this.#options.covers(context.name, name, { schemaType: schemaTypeOf(entry) }),
      );
      if (stays) retained.set(name, { name, versions: [] });
    }
    return retained;
  }

  #planSubject(
    context: string,
    subject: SubjectState,
    old: IndexedSubject | undefined,
    folder: string,
    /** The folder relative to its context. */
    place: string,
  ): ManifestSubject {
    const oldEntries = old?.document?.versions ?? [];
    const oldRows = oldEntries.filter(isRegistered);
    const rows = new Map(subject.versions.map((row) => [row.version, row]));
    const retained: VersionDocument[] = oldEntries.filter(
      (entry) =>
        !rows.has(entry.version) &&
        (!isRegistered(entry) || !this.#options.covers(context, subject.name, { schemaType: schemaTypeOf(entry) })),
    );
    // Made again when it is written: the documents of a large tree are never all held at once.
    const build = () =>
      this.#withKeptSettings(
        toMetadataDocument(context, subject, retained, this.#options),
        old?.document,
        subject.versions.length > 0,
      );
    if (!old) {
      for (const row of subject.versions) this.#planText(row, folder, undefined);
      this.#documents.push({ path: `${folder}/${METADATA_FILE}`, content: () => formatDocument(build()) });
      this.#changes.push(...addedSubject(context, subject));
      return manifestSubjectOf(place, subject);
    }
    const document = build();
    this.#rowsBefore += oldRows.length;
    const removed = oldRows.filter((entry) => !rows.has(entry.version) && !retained.includes(entry));
    this.#rowsRemoved += removed.length;
    this.#changes.push(...compareMetadata(old.document, document));

    const moved = old.folder !== folder;
    const keptFiles = new Set([METADATA_FILE, ...document.versions.map((entry) => entry.schema_file)]);
    for (const row of subject.versions) this.#planText(row, folder, moved ? undefined : old);
    if (moved || sha256Of(formatDocument(document)) !== old.metadataSha256) {
      this.#documents.push({ path: `${folder}/${METADATA_FILE}`, content: () => formatDocument(build()) });
    }
    this.#planLeftovers(old, folder, moved, keptFiles, rows);
    return manifestSubject(place, document);
  }

  /** Files of the old folder: what an entry used to name goes; what a person added stays, and moves with its folder. */
  #planLeftovers(
    old: IndexedSubject,
    folder: string,
    moved: boolean,
    keptFiles: ReadonlySet<string>,
    rows: ReadonlyMap<number, SchemaVersion>,
  ): void {
    const ours = new Set((old.document?.versions ?? []).filter(isRegistered).map((entry) => entry.schema_file));
    for (const file of old.files) {
      const version = parseVersionFileName(file)?.version;
      // Text of a version that the registry now has in another type or name is the export's to replace.
      const replaced = version !== undefined && rows.has(version) && !keptFiles.has(file);
      const written = file === METADATA_FILE || (version !== undefined && rows.has(version) && keptFiles.has(file));
      if (moved) {
        if (written || replaced || (ours.has(file) && !keptFiles.has(file)))
          this.#removals.push(`${old.folder}/${file}`);
        else this.#moves.push({ from: `${old.folder}/${file}`, to: `${folder}/${file}` });
      } else if (replaced || (ours.has(file) && !keptFiles.has(file))) {
        this.#removals.push(`${folder}/${file}`);
      }
    }
  }

  #planGoneSubject(old: IndexedSubject): void {
    if (!old.document) return;
    const rows = old.document.versions.filter(isRegistered);
    this.#rowsBefore += rows.length;
    this.#rowsRemoved += rows.length;
    this.#changes.push(...compareMetadata(old.document, undefined));
    for (const entry of rows)
      if (old.files.has(entry.schema_file)) this.#removals.push(`${old.folder}/${entry.schema_file}`);
    this.#removals.push(`${old.folder}/${METADATA_FILE}`);
  }

  #planText(row: SchemaVersion, folder: string, old: IndexedSubject | undefined): void {
    const file = versionFileName(row.version, row.schemaType);
    const path = `${folder}/${file}`;
    const content = () => formatVersionText(row.schemaType, row.schema);
    if (old?.files.has(file) && this.#sameOnDisk(path, content())) return;
    this.#writes.push({ path, content });
  }

  /** Settings that could not be read are not settings that are gone. */
  #withKeptSettings(
    document: MetadataDocument,
    old: MetadataDocument | undefined,
    observed: boolean,
  ): MetadataDocument {
    if (!old) return document;
    const name = formatSubjectName({ context: document.context, subject: document.subject });
    const keepConfig = !observed || this.#configGaps(name);
    const keepMode = !observed || this.#modeGaps(name);
    if (!keepConfig && !keepMode) return document;
    const { subject, context, schema_type, compatibility, mode, config, versions } = document;
    const from = keepConfig ? old : { compatibility, config };
    const keptMode = keepMode ? old.mode : mode;
    return {
      subject,
      context,
      ...((schema_type ?? old.schema_type) === undefined ? {} : { schema_type: schema_type ?? old.schema_type }),
      ...(from.compatibility === undefined ? {} : { compatibility: from.compatibility }),
      ...(from.config === undefined ? {} : { config: from.config }),
      ...(keptMode === undefined ? {} : { mode: keptMode }),
      versions,
    } as MetadataDocument;
  }

  #planGlobalConfig(context: ContextState, old: IndexedContext | undefined, prefix: string): void {
    const path = prefix + GLOBAL_CONFIG_FILE;
    const name = context.name === DEFAULT_CONTEXT ? '' : contextSubject(context.name);
    const gone = context.name !== DEFAULT_CONTEXT && !this.#snapshot.contexts.includes(context);
    const document = !gone && this.#configGaps(name) ? (old?.globalConfig ?? {}) : toConfigDocument(context.config);
    this.#changes.push(...compareSettings(name, old?.globalConfig ?? {}, document));
    if (gone) {
      if (old?.globalConfig) this.#removals.push(path);
      return;
    }
    this.#planDocument(path, document);
  }

  #planSettings(): void {
    const { registry, global, gaps, contexts } = this.#snapshot;
    const old = this.#index.settings;
    const defaultContext = contexts.find((context) => context.name === DEFAULT_CONTEXT);
    const mode = this.#modeGaps('') ? old?.mode : defaultContext?.mode;
    const globalName = contextSubject('.__GLOBAL');
    const keptGlobal = {
      ...(this.#configGaps(globalName)
        ? { ...pick(old?.global, 'compatibility'), ...pick(old?.global, 'config') }
        : toConfigDocument(global.config)),
      ...(this.#modeGaps(globalName)
        ? pick(old?.global, 'mode')
        : global.mode === undefined
          ? {}
          : { mode: global.mode }),
    };
    const document: SettingsDocument = {
      registry: {
        ...(registry.name === undefined ? {} : { name: registry.name }),
        kind: registry.kind,
        ...(registry.version === undefined ? {} : { version: registry.version }),
      },
      ...(mode === undefined ? {} : { mode }),
      ...(Object.keys(keptGlobal).length === 0 ? {} : { global: keptGlobal }),
      contexts: contexts.map((context) => this.#contextEntry(context, old)),
      ...(gaps.length === 0 ? {} : { partial: gaps }),
    };
    for (const { name } of old?.contexts ?? []) {
      if (!contexts.some((context) => context.name === name))
        this.#changes.push({ kind: 'context-removed', context: name });
    }
    this.#changes.push(
      ...compareSettings('', pick(old, 'mode'), pick(document, 'mode')),
      ...compareSettings(globalName, old?.global ?? {}, document.global ?? {}),
    );
    this.#planDocument(SETTINGS_FILE, document);
  }

  #contextEntry(context: ContextState, old: SettingsDocument | undefined): SettingsDocument['contexts'][number] {
    if (context.name === DEFAULT_CONTEXT) return { name: context.name };
    const prefix =
      this.#index.contexts.find((known) => known.name === context.name)?.prefix ?? contextPrefix(context.name);
    const before = old?.contexts.find((known) => known.name === context.name);
    const mode = this.#modeGaps(contextSubject(context.name)) ? before?.mode : context.mode;
    if (before)
      this.#changes.push(
        ...compareSettings(contextSubject(context.name), pick(before, 'mode'), mode === undefined ? {} : { mode }),
      );
    return {
      name: context.name,
      folder: prefix.split('/')[1] ?? '',
      ...(mode === undefined ? {} : { mode }),
    };
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
    const anythingChanged = isRoot ? this.#documents.length > 0 : contextChanged;
    if (current === old?.manifestText && !anythingChanged) return;
    const text = formatDocument(buildManifest(subjects, { ...memory, backupTimestamp: this.#options.now }));
    this.#documents.push({ path, content: () => text });
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

  #planDocument(path: string, document: object): void {
    const text = formatDocument(document);
    if (this.#onDisk(path) !== text) this.#documents.push({ path, content: () => text });
  }

  #sameOnDisk(path: string, expected: string): boolean {
    try {
      return readFileSync(join(this.#index.root, path)).equals(encodeText(expected));
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  #onDisk(path: string): string | undefined {
    try {
      return readFileSync(join(this.#index.root, path), 'utf8');
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async #pause(): Promise<void> {
    if (++this.#visited % 100 !== 0) return;
    await setImmediate();
    throwIfAborted(this.#options.signal);
  }
}

type GapFilter = (name: string) => boolean;

/** Whether a setting of this place could not be read. A gap without a place holds for the whole registry. */
function gapFilter(gaps: readonly SnapshotGap[], what: SnapshotGap['what']): GapFilter {
  const places = new Set<string>();
  let everywhere = false;
  for (const gap of gaps) {
    if (gap.what !== what) continue;
    if (gap.where === undefined) everywhere = true;
    else places.add(gap.where);
  }
  return (name) => everywhere || places.has(name);
}

/** Every id that the tree knew in this context, by its manifest and its metadata.json files. */
function idsOf(context: IndexedContext): number[] {
  const ids = new Set<number>(Object.keys(context.manifest?.id_mapping ?? {}).map(Number));
  for (const subject of context.subjects) {
    for (const entry of subject.document?.versions ?? []) if (entry.id !== undefined) ids.add(entry.id);
  }
  return [...ids];
}

function pick<T extends object, K extends keyof T>(object: T | undefined, key: K): Partial<Pick<T, K>> {
  return object?.[key] === undefined ? {} : ({ [key]: object[key] } as Partial<Pick<T, K>>);
}
