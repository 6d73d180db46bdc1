/** Finds out what changed between two states of a tree's JSON files. */
import type { SubjectState } from '../model/registry-snapshot.ts';
import { formatSubjectName } from '../model/subject-name.ts';
import type { TreeChange } from '../model/tree-change.ts';
import type { MetadataDocument, VersionDocument } from './documents.ts';
import { isRegistered, toConfigDocument } from './rows.ts';

/** Changes between two states of one subject's metadata.json. */
export function compareMetadata(
  before: MetadataDocument | undefined,
  after: MetadataDocument | undefined,
): TreeChange[] {
  const named = after ?? before;
  if (!named) return [];
  const subject = formatSubjectName({ context: named.context, subject: named.subject });
  const old = registeredByVersion(before);
  const now = registeredByVersion(after);
  if (!after || (now.size === 0 && old.size > 0)) return [{ kind: 'subject-removed', subject, versions: old.size }];
  const changes: TreeChange[] = [];
  if (!before || (old.size === 0 && now.size > 0)) changes.push({ kind: 'subject-added', subject, versions: now.size });
  else changes.push(...compareVersions(subject, old, now));
  changes.push(...compareSettings(subject, before ?? {}, after));
  return changes;
}

/** What a subject that the tree did not have yet brings. */
export function addedSubject(context: string, state: SubjectState): TreeChange[] {
  const subject = formatSubjectName({ context, subject: state.name });
  const settings = { ...toConfigDocument(state.config), ...(state.mode === undefined ? {} : { mode: state.mode }) };
  const added: TreeChange = { kind: 'subject-added', subject, versions: state.versions.length };
  return [...(state.versions.length > 0 ? [added] : []), ...compareSettings(subject, {}, settings)];
}

interface Settings {
  readonly compatibility?: string;
  readonly mode?: string;
  readonly config?: unknown;
}

export function compareSettings(subject: string, before: Settings, after: Settings): TreeChange[] {
  const changes: TreeChange[] = [];
  for (const kind of ['compatibility', 'mode'] as const) {
    const from = before[kind];
    const to = after[kind];
    if (from === to) continue;
    changes.push({ kind, subject, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) });
  }
  if (JSON.stringify(before.config) !== JSON.stringify(after.config)) changes.push({ kind: 'config', subject });
  return changes;
}

function compareVersions(
  subject: string,
  old: ReadonlyMap<number, Registered>,
  now: ReadonlyMap<number, Registered>,
): TreeChange[] {
  const changes: TreeChange[] = [];
  for (const [version, row] of now) {
    const kind = kindOfChange(old.get(version), row);
    if (kind) changes.push({ kind, subject, version, id: row.id });
  }
  for (const [version, row] of old) {
    if (!now.has(version)) changes.push({ kind: 'version-removed', subject, version, id: row.id });
  }
  return changes;
}

function kindOfChange(old: Registered | undefined, row: Registered) {
  if (!old) return 'version-added';
  if (old.sha256 !== row.sha256 || old.id !== row.id) return 'version-replaced';
  if ((old.deleted ?? false) !== (row.deleted ?? false))
    return row.deleted ? 'version-soft-deleted' : 'version-undeleted';
  return JSON.stringify(old) === JSON.stringify(row) ? undefined : 'version-amended';
}

type Registered = VersionDocument & { readonly id: number };

function registeredByVersion(document: MetadataDocument | undefined): Map<number, Registered> {
  return new Map((document?.versions ?? []).filter(isRegistered).map((entry) => [entry.version, entry]));
}
