/** A registry's state as an import's source. */
import type { ImportedSource, ImportedVersion } from '../../archive/import/imported.ts';
import type { LevelSettings, RegistrySnapshot } from '../../model/registry-snapshot.ts';
import { contextSubject, DEFAULT_CONTEXT, formatSubjectName } from '../../model/subject-name.ts';
import { GLOBAL_LEVEL } from '../../semantics/names.ts';

export type SnapshotSource = Pick<ImportedSource, 'registry' | 'versions' | 'settings' | 'contexts'>;

export function sourceOfSnapshot(snapshot: RegistrySnapshot): SnapshotSource {
  const versions: ImportedVersion[] = [];
  const settings = new Map<string, LevelSettings>();
  const put = (name: string, { config, mode }: LevelSettings): void => {
    if (config === undefined && mode === undefined) return;
    settings.set(name, { ...(config === undefined ? {} : { config }), ...(mode === undefined ? {} : { mode }) });
  };
  put(GLOBAL_LEVEL, snapshot.global);
  for (const state of snapshot.contexts) {
    const { name: context } = state;
    put(context === DEFAULT_CONTEXT ? '' : contextSubject(context), state);
    for (const subject of state.subjects) {
      const name = formatSubjectName({ context, subject: subject.name });
      put(name, subject);
      for (const row of subject.versions) {
        versions.push({
          ...row,
          schema: row.schema,
          context,
          subject: subject.name,
          place: `${name} version ${row.version}`,
        });
      }
    }
  }
  return { registry: snapshot.registry, versions, settings, contexts: snapshot.contexts.map(({ name }) => name) };
}
