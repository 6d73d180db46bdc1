/** The registry's own compatibility level, which Apicurio must be told: where nothing is set it checks nothing. */
import type { RegistrySnapshot } from '../../model/registry-snapshot.ts';
import { contextSubject, DEFAULT_CONTEXT } from '../../model/subject-name.ts';
import type { PlanOptions } from '../plan.ts';
import type { ArchiveRows } from './archive-rows.ts';

/** What every other registry does where no level is set. */
const BUILT_IN_LEVEL = 'BACKWARD';
/** What Apicurio does. */
const APICURIO_LEVEL = 'NONE';

/** The same rows with the level in force in the source, set there or built in, as the level of the whole registry. */
export function withTopLevel(archive: ArchiveRows, source: RegistrySnapshot, { settings }: PlanOptions): ArchiveRows {
  if (!settings || archive.levels.has('') || isUnknown(source)) return archive;
  const own = source.contexts.find(({ name }) => name === DEFAULT_CONTEXT)?.config?.compatibility;
  const builtIn = source.registry.kind === 'apicurio' ? APICURIO_LEVEL : BUILT_IN_LEVEL;
  const level = own ?? source.global.config?.compatibility ?? builtIn;
  return level === APICURIO_LEVEL ? archive : { ...archive, levels: new Map([...archive.levels, ['', level]]) };
}

function isUnknown({ gaps }: RegistrySnapshot): boolean {
  const top = new Set([undefined, '', contextSubject(DEFAULT_CONTEXT)]);
  return gaps.some(({ what, where }) => what === 'config' && top.has(where));
}
