/** Rows of a snapshot by qualified subject and version. */
import type { RegistrySnapshot } from '../../model/registry-snapshot.ts';
import type { SchemaVersion } from '../../model/schema-version.ts';
import { formatSubjectName, parseSubjectName } from '../../model/subject-name.ts';
import { qualify, type ReferencesOf } from './step-order.ts';

export type SnapshotRows = ReadonlyMap<string, ReadonlyMap<number, SchemaVersion>>;

export function indexRows(snapshot: RegistrySnapshot): SnapshotRows {
  const rows = new Map<string, Map<number, SchemaVersion>>();
  for (const context of snapshot.contexts) {
    for (const subject of context.subjects) {
      if (subject.versions.length === 0) continue;
      const name = formatSubjectName({ context: context.name, subject: subject.name });
      rows.set(name, new Map(subject.versions.map((row) => [row.version, row])));
    }
  }
  return rows;
}

/** What each row refers to, by qualified names. */
export function referencesIn(rows: SnapshotRows): ReferencesOf {
  return (subject, version) => {
    const { context } = parseSubjectName(subject);
    const references = rows.get(subject)?.get(version)?.references ?? [];
    return references.map((reference) => ({
      subject: qualify(reference.subject, context),
      version: reference.version,
    }));
  };
}

/**
 * The same snapshot with rows that may be copied by their members: as it is read, a row keeps its text elsewhere until
 * it is asked for, and a copy would be without it.
 */
export function plainSnapshot(snapshot: RegistrySnapshot): RegistrySnapshot {
  return {
    ...snapshot,
    contexts: snapshot.contexts.map((context) => ({
      ...context,
      subjects: context.subjects.map((subject) => ({
        ...subject,
        versions: subject.versions.map((row) => ({ ...row, schema: row.schema })),
      })),
    })),
  };
}
