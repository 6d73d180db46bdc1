/** Snapshots as plain data, to be compared member by member: rows that were read have their text behind a getter. */
import type { RegistrySnapshot } from '../../src/model/registry-snapshot.ts';

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
