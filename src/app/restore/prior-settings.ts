/** Settings that a restore changes for its own time only, and putting them back. */
import type { PlanStep, SetConfigStep, SetModeStep } from '../../plan/plan.ts';
import type { WriteOptions } from '../../registry/settle-write.ts';
import type { RegistryClient } from '../../registry/types.ts';
import { setConfig, setMode } from '../../registry/write-settings.ts';
import { type PriorSetting, settingKey } from './journal-entries.ts';

type SettingStep = SetModeStep | SetConfigStep;

export function isSettingStep(step: PlanStep): step is SettingStep {
  return step.action === 'set-mode' || step.action === 'set-config';
}

/** What the levels that a plan changes temporarily were before it, each once. */
export function priorSettings(steps: readonly PlanStep[]): readonly PriorSetting[] {
  const prior = new Map<string, PriorSetting>();
  for (const step of steps) {
    if (!isSettingStep(step) || !step.temporary) continue;
    const known = prior.get(keyOf(step));
    // Of two changes of one level the first knows how it was.
    prior.set(keyOf(step), known === undefined ? priorOf(step, step.before) : priorOf(step, known.before));
  }
  return [...prior.values()];
}

/**
 * The temporary settings that stand: those that may have been set and were not followed by a lasting one.
 *
 * @param begun whether a step may have been sent.
 * @param done whether it is known to be done.
 */
export function standingSettings(
  steps: readonly PlanStep[],
  begun: (step: number) => boolean,
  done: (step: number) => boolean,
): readonly PriorSetting[] {
  const standing = new Set<string>();
  for (const step of steps) {
    if (!isSettingStep(step)) continue;
    if (step.temporary && begun(step.step)) standing.add(keyOf(step));
    if (!step.temporary && done(step.step)) standing.delete(keyOf(step));
  }
  return priorSettings(steps).filter((setting) => standing.has(settingKey(setting)));
}

/** Puts one level back to what it was. */
export async function putBack(client: RegistryClient, setting: PriorSetting, options: WriteOptions): Promise<void> {
  const { kind, level, before } = setting;
  if (kind === 'mode') await setMode(client, level, typeof before === 'string' ? before : null, options);
  else await setConfig(client, level, typeof before === 'string' ? null : before, options);
}

function keyOf(step: SettingStep): string {
  return settingKey({ kind: kindOf(step), level: step.subject });
}

function kindOf(step: SettingStep): PriorSetting['kind'] {
  return step.action === 'set-mode' ? 'mode' : 'config';
}

/** PUT is a merge: what the step sets and was not there before is null in what puts it back. */
function priorOf(step: SettingStep, before: PriorSetting['before']): PriorSetting {
  const base = { kind: kindOf(step), level: step.subject };
  if (step.action === 'set-mode' || before === null || typeof before === 'string') return { ...base, before };
  const unset = Object.keys(step.config ?? {}).filter((name) => !Object.hasOwn(before, name));
  return { ...base, before: { ...before, ...Object.fromEntries(unset.map((name) => [name, null])) } };
}
