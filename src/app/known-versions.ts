/** The tree as a cache: a version is immutable, so what the tree has need not be fetched again. */
import type { SchemaVersion } from '../model/schema-version.ts';
import { formatSubjectName } from '../model/subject-name.ts';
import type { VersionDocument } from '../tree/documents.ts';
import { readRow } from '../tree/load-tree.ts';
import type { IndexedSubject, TreeIndex } from '../tree/read-index.ts';
import { isRedacted, isRegistered } from '../tree/rows.ts';

/** A look-up of rows in a tree. Rows whose text is damaged or whose metadata was redacted are not known. */
export function knownVersions(
  index: TreeIndex,
): (context: string, subject: string, version: number) => SchemaVersion | undefined {
  const entries = new Map<string, { subject: IndexedSubject; versions: Map<number, VersionDocument> }>();
  for (const context of index.contexts) {
    for (const subject of context.subjects) {
      const versions = new Map(
        (subject.document?.versions ?? []).filter(isRegistered).map((entry) => [entry.version, entry]),
      );
      entries.set(formatSubjectName({ context: subject.context, subject: subject.name }), { subject, versions });
    }
  }
  return (context, subject, version) => {
    const found = entries.get(formatSubjectName({ context, subject }));
    const entry = found?.versions.get(version);
    if (!found || !entry || isRedacted(entry.metadata)) return undefined;
    const row = readRow(index.root, found.subject, entry);
    return 'severity' in row ? undefined : row;
  };
}
