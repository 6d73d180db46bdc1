/** Whether config and modes of the levels that a plan touched are as it promised, or as they were. */
import { parseSubjectName } from '../../model/subject-name.ts';
import type { Plan } from '../../plan/plan.ts';
import { mapConcurrent } from '../../registry/map-concurrent.ts';
import type { RegistryClient } from '../../registry/types.ts';
import { readOwnMode, showsConfig } from '../../registry/write-settings.ts';
import { type PriorSetting, settingKey } from './journal-entries.ts';
import { isSettingStep, priorSettings } from './prior-settings.ts';
import type { RowDifference } from './verify-rows.ts';

const ASKED_AT_ONCE = 16;

export async function verifyLevels(
  plan: Plan,
  client: RegistryClient,
  signal?: AbortSignal,
): Promise<readonly RowDifference[]> {
  const found = await mapConcurrent(
    expectedSettings(plan),
    ASKED_AT_ONCE,
    async (setting): Promise<RowDifference[]> => {
      const { level } = setting;
      const message = await compareLevel(setting, client);
      return message === undefined ? [] : [{ subject: level, message }];
    },
    signal,
  );
  return found.flat();
}

/** What each touched level is to be: the last lasting step's value, or what was there before the temporary ones. */
function expectedSettings(plan: Plan): readonly PriorSetting[] {
  const expected = new Map(priorSettings(plan.steps).map((setting) => [settingKey(setting), setting]));
  for (const step of plan.steps) {
    if (isSettingStep(step)) {
      if (step.temporary) continue;
      const isMode = step.action === 'set-mode';
      const setting: PriorSetting = {
        kind: isMode ? 'mode' : 'config',
        level: step.subject,
        before: isMode ? step.mode : step.config,
      };
      expected.set(settingKey(setting), setting);
    } else if (step.action === 'delete-subject' && step.permanent) {
      // With its last version a subject loses its settings.
      for (const kind of ['mode', 'config']) expected.delete(settingKey({ kind, level: step.subject }));
    }
  }
  return [...expected.values()];
}

/** @returns what is different, on one line. */
async function compareLevel(
  { kind, level, before }: PriorSetting,
  client: RegistryClient,
): Promise<string | undefined> {
  if (kind === 'config') {
    const isRight = await showsConfig(client, level, typeof before === 'string' ? null : before);
    return isRight ? undefined : 'its config is not as planned';
  }
  const mode = await readOwnMode(client, level);
  // The registry's own level shows READWRITE where nothing is set.
  const isTop = level === '' || parseSubjectName(level).context === '.__GLOBAL';
  const isRight = before === null ? mode === undefined || (isTop && mode === 'READWRITE') : mode === before;
  return isRight ? undefined : `its mode is ${mode ?? 'inherited'} instead of ${String(before ?? 'inherited')}`;
}
