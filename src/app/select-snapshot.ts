/** The part of a snapshot that the configuration is about, so that a selected export can be held against its source. */
import type { BackupSettings } from '../config/types.ts';
import type { ContextState, RegistrySnapshot, SubjectState } from '../model/registry-snapshot.ts';
import type { SchemaVersion } from '../model/schema-version.ts';
import { compileSelection, selectsEverything } from '../model/selection.ts';
import { parseSubjectName } from '../model/subject-name.ts';

export function selectSnapshot(snapshot: RegistrySnapshot, backup: BackupSettings): RegistrySnapshot {
  const types = new Set(backup.schemaTypes);
  const allTypes = types.size === 3;
  if (selectsEverything(backup.selection) && allTypes && backup.includeSoftDeleted && backup.versions === 'all') {
    return snapshot;
  }
  const selected = compileSelection(backup.selection);
  const rows = new Map<string, SchemaVersion>();
  const chosen = new Set<string>();
  for (const context of snapshot.contexts) {
    for (const subject of context.subjects) {
      // As a snapshot has it: the highest live version, the highest of all where none is live.
      const candidates = subject.versions.filter((row) => backup.includeSoftDeleted || !row.deleted);
      const latest = candidates.findLast((row) => !row.deleted) ?? candidates.at(-1);
      for (const row of subject.versions) {
        const key = keyOf(context.name, subject.name, row.version);
        rows.set(key, row);
        if (!selected(context.name, subject.name) || !types.has(row.schemaType)) continue;
        if (row.deleted && !backup.includeSoftDeleted) continue;
        if (backup.versions === 'latest' && row !== latest) continue;
        chosen.add(key);
      }
    }
  }
  if (backup.includeReferences) completeReferences(rows, chosen);
  return {
    ...snapshot,
    contexts: snapshot.contexts.map((context) => selectContext(context, chosen, selected)),
  };
}

function selectContext(
  context: ContextState,
  chosen: ReadonlySet<string>,
  selected: (context: string, subject: string) => boolean,
): ContextState {
  const subjects: SubjectState[] = [];
  for (const subject of context.subjects) {
    const versions = subject.versions.filter((row) => chosen.has(keyOf(context.name, subject.name, row.version)));
    if (versions.length > 0 || (subject.versions.length === 0 && selected(context.name, subject.name))) {
      subjects.push({ ...subject, versions });
    }
  }
  return { ...context, subjects };
}

function completeReferences(rows: ReadonlyMap<string, SchemaVersion>, chosen: Set<string>): void {
  const queue = [...chosen];
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    const [context = ''] = key.split('\u0000');
    for (const reference of rows.get(key)?.references ?? []) {
      const target = parseSubjectName(reference.subject, context);
      const next = keyOf(target.context, target.subject, reference.version);
      if (chosen.has(next) || !rows.has(next)) continue;
      chosen.add(next);
      queue.push(next);
    }
  }
}

function keyOf(context: string, subject: string, version: number): string {
  return `${context}\u0000${subject}\u0000${version}`;
}
