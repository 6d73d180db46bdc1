/** Plans the files of one subject: its texts, its metadata.json, and what of its old folder has to go or to move. */
import type { ContextState, SubjectState } from '../model/registry-snapshot.ts';
import type { SchemaVersion } from '../model/schema-version.ts';
import { formatSubjectName } from '../model/subject-name.ts';
import { sha256Of } from '../model/text-bytes.ts';
import { addedSubject, compareMetadata } from './changes.ts';
import { formatDocument, type MetadataDocument, type VersionDocument } from './documents.ts';
import { METADATA_FILE, parseVersionFileName, versionFileName } from './layout.ts';
import { type ManifestSubject, manifestSubject, manifestSubjectOf } from './manifest.ts';
import type { IndexedSubject } from './read-index.ts';
import { isRegistered, schemaTypeOf, toMetadataDocument } from './rows.ts';
import { formatVersionText } from './version-text.ts';
import type { WriteDraft } from './write-draft.ts';

/** Subjects of the tree that the snapshot did not look at, or only in part: they stay. */
export function retainedSubjects(
  draft: WriteDraft,
  context: ContextState,
  oldSubjects: ReadonlyMap<string, IndexedSubject>,
): ReadonlyMap<string, SubjectState> {
  const present = new Set(context.subjects.map((subject) => subject.name));
  const retained = new Map<string, SubjectState>();
  for (const [name, subject] of oldSubjects) {
    if (present.has(name) || !subject.document) continue;
    const entries = subject.document.versions;
    const stays = entries.some(
      (entry) => !isRegistered(entry) || !draft.options.covers(context.name, name, { schemaType: schemaTypeOf(entry) }),
    );
    if (stays) retained.set(name, { name, versions: [] });
  }
  return retained;
}

export function planSubject(
  draft: WriteDraft,
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
      (!isRegistered(entry) || !draft.options.covers(context, subject.name, { schemaType: schemaTypeOf(entry) })),
  );
  // Made again when it is written: the documents of a large tree are never all held at once.
  const build = () =>
    withKeptSettings(
      draft,
      toMetadataDocument(context, subject, retained, draft.options),
      old?.document,
      subject.versions.length > 0,
    );
  if (!old) {
    for (const row of subject.versions) planText(draft, row, folder, undefined);
    draft.documents.push({ path: `${folder}/${METADATA_FILE}`, content: () => formatDocument(build()) });
    draft.changes.push(...addedSubject(context, subject));
    return manifestSubjectOf(place, subject);
  }
  const document = build();
  draft.rowsBefore += oldRows.length;
  const removed = oldRows.filter((entry) => !rows.has(entry.version) && !retained.includes(entry));
  draft.rowsRemoved += removed.length;
  draft.changes.push(...compareMetadata(old.document, document));

  const moved = old.folder !== folder;
  const keptFiles = new Set([METADATA_FILE, ...document.versions.map((entry) => entry.schema_file)]);
  for (const row of subject.versions) planText(draft, row, folder, moved ? undefined : old);
  if (moved || sha256Of(formatDocument(document)) !== old.metadataSha256) {
    draft.documents.push({ path: `${folder}/${METADATA_FILE}`, content: () => formatDocument(build()) });
  }
  planLeftovers(draft, old, folder, moved, keptFiles, rows);
  return manifestSubject(place, document);
}

/** Files of the old folder: what an entry used to name goes; what a person added stays, and moves with its folder. */
function planLeftovers(
  draft: WriteDraft,
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
      if (written || replaced || (ours.has(file) && !keptFiles.has(file))) draft.removals.push(`${old.folder}/${file}`);
      else draft.moves.push({ from: `${old.folder}/${file}`, to: `${folder}/${file}` });
    } else if (replaced || (ours.has(file) && !keptFiles.has(file))) {
      draft.removals.push(`${folder}/${file}`);
    }
  }
}

export function planGoneSubject(draft: WriteDraft, old: IndexedSubject): void {
  if (!old.document) return;
  const rows = old.document.versions.filter(isRegistered);
  draft.rowsBefore += rows.length;
  draft.rowsRemoved += rows.length;
  draft.changes.push(...compareMetadata(old.document, undefined));
  for (const entry of rows)
    if (old.files.has(entry.schema_file)) draft.removals.push(`${old.folder}/${entry.schema_file}`);
  draft.removals.push(`${old.folder}/${METADATA_FILE}`);
}

function planText(draft: WriteDraft, row: SchemaVersion, folder: string, old: IndexedSubject | undefined): void {
  const file = versionFileName(row.version, row.schemaType);
  const path = `${folder}/${file}`;
  const content = () => formatVersionText(row.schemaType, row.schema);
  if (old?.files.has(file) && draft.isOnDisk(path, content())) return;
  draft.writes.push({ path, content });
}

/** Settings that could not be read are not settings that are gone. */
function withKeptSettings(
  draft: WriteDraft,
  document: MetadataDocument,
  old: MetadataDocument | undefined,
  observed: boolean,
): MetadataDocument {
  if (!old) return document;
  const name = formatSubjectName({ context: document.context, subject: document.subject });
  const keepConfig = !observed || draft.configUnread(name);
  const keepMode = !observed || draft.modeUnread(name);
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
