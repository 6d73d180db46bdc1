/** What must hold of a registry after a restore that was stopped, and after the one that went on. */
import { priorSettings } from '../../src/app/restore/prior-settings.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { StrictRegistry } from './restoring.ts';

/** A snapshot as plain data, without the times of its records. */
export function withoutTimes(snapshot: unknown): unknown {
  return JSON.parse(JSON.stringify(snapshot, (key, value: unknown) => (key === 'registeredAt' ? undefined : value)));
}

/**
 * Levels that still have what the plan set for the time of the restore only: none, if all was put back.
 *
 * @param plan as it was made for the registry in its first state.
 */
export function leftBehind(plan: Plan, { state }: StrictRegistry): readonly string[] {
  return priorSettings(plan.steps).flatMap(({ kind, level, before }) => {
    if (kind === 'config') {
      const now = state.configs.get(level)?.compatibility;
      const was = typeof before === 'object' ? before?.['compatibility'] : undefined;
      const lasting = lastingOf(plan, 'set-config', level);
      const wanted = typeof lasting === 'object' && lasting !== null ? lasting['compatibility'] : undefined;
      return [was ?? undefined, wanted ?? undefined].includes(now) ? [] : [`config ${level}: ${now}`];
    }
    const now = state.modes.get(level);
    const isTop = level === '' && (now ?? 'READWRITE') === 'READWRITE';
    const allowed = [before ?? undefined, lastingOf(plan, 'set-mode', level) ?? undefined];
    return isTop || allowed.includes(now) ? [] : [`mode ${level}: ${now}`];
  });
}

function lastingOf(plan: Plan, action: 'set-mode' | 'set-config', level: string) {
  const step = plan.steps.findLast((one) => one.action === action && one.subject === level && !one.temporary);
  return step?.action === 'set-mode' ? step.mode : step?.action === 'set-config' ? step.config : undefined;
}
