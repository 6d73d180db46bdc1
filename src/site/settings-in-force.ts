/** Settings of a subject that count: the first level that has a record of its own (observed: levels are not merged). */
import type { ContextState, LevelSettings, SubjectState } from '../model/registry-snapshot.ts';
import { DEFAULT_CONTEXT } from '../model/subject-name.ts';
import type { SettingOrigin, SiteSubject } from './model.ts';

const DEFAULT_LEVEL = 'BACKWARD';
const DEFAULT_MODE = 'READWRITE';

export function settingsInForce(
  subject: SubjectState,
  context: ContextState,
  global: LevelSettings,
): Pick<SiteSubject, 'level' | 'modeInForce'> {
  const levels: readonly (readonly [SettingOrigin, LevelSettings])[] = [
    ['subject', subject],
    // Settings of the default context are what a registry calls its global ones.
    [context.name === DEFAULT_CONTEXT ? 'global' : 'context', context],
    ['global', global],
  ];
  const [configFrom, withConfig] = levels.find(([, { config }]) => config !== undefined) ?? ['default', {}];
  const compatibility = withConfig.config?.compatibility;
  const [modeFrom, withMode] = levels.find(([, { mode }]) => mode !== undefined) ?? ['default', {}];
  return {
    level: { value: compatibility ?? DEFAULT_LEVEL, from: compatibility === undefined ? 'default' : configFrom },
    modeInForce: { value: withMode.mode ?? DEFAULT_MODE, from: modeFrom },
  };
}
