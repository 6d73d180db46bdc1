/**
 * Aliases of subjects that are written: with one set, registrations and deletions go to the other subject (observed), so
 * it is lifted for the time of the writing, like a level.
 */
import type { JsonValue } from '../model/json.ts';
import type { ConfigRecord } from '../model/schema-version.ts';
import type { Draft } from './draft.ts';
import type { PlanContext } from './plan-context.ts';
import type { WantedLevel } from './wanted-settings.ts';

export interface LiftedAliases {
  /** Whether nothing redirects what is written to the subject, or it can be lifted; where not, that is reported once. */
  readonly allowsWrites: (subject: string) => boolean;
  /** Before a write: the first one lifts. */
  readonly lift: (subject: string) => void;
  /** Until it is put back everything that is set on the subject is temporary: a restore that stops puts the alias back. */
  readonly isLifted: (subject: string) => boolean;
  /** After all writes. What the source says of a subject's alias is set with the rest of its config. */
  readonly putBack: () => void;
}

/** @param levels what config is to be in the end. */
export function liftAliases(context: PlanContext, draft: Draft, levels: readonly WantedLevel[]): LiftedAliases {
  const { knownRules, report } = context;
  const decided = new Map(levels.flatMap(({ level, config }) => (config === undefined ? [] : [[level, config]])));
  const lifted = new Map<string, ConfigRecord>();
  const told = new Set<string>();

  const allowsWrites = (subject: string): boolean => {
    const alias = aliasOf(draft.settingsOf(subject).config);
    if (alias === undefined || knownRules) return true;
    if (!told.has(subject)) {
      told.add(subject);
      report({
        severity: 'error',
        reason: 'ALIAS',
        subject,
        message: `${subject} is an alias of ${alias} in the target: what is written to it would go there`,
        hint: 'Remove the alias from its config there first; a restore sets it again at the end.',
      });
    }
    return false;
  };

  const lift = (subject: string): void => {
    const own = draft.settingsOf(subject).config;
    if (own === undefined || aliasOf(own) === undefined) return;
    const wanted = decided.get(subject);
    // One that the source does not have goes for good.
    const temporary = wanted === undefined || aliasOf(wanted ?? undefined) !== undefined;
    if (temporary) lifted.set(subject, own);
    draft.add({ action: 'set-config', subject, config: { alias: null }, before: configMembers(own), temporary });
  };

  const putBack = (): void => {
    for (const [subject, own] of lifted) {
      // With its last version for good a subject loses its settings.
      const isGone = (draft.state().subjects.get(subject)?.rows.length ?? 0) === 0;
      if (decided.has(subject) || isGone) continue;
      const before = configMembers(own);
      const now = configMembers(draft.settingsOf(subject).config) ?? {};
      const added = Object.keys(now).filter((name) => before?.[name] === undefined);
      const config = { ...before, ...Object.fromEntries(added.map((name) => [name, null])) };
      draft.add({ action: 'set-config', subject, config, before, temporary: false });
    }
  };
  return { allowsWrites, lift, isLifted: (subject) => lifted.has(subject), putBack };
}

function aliasOf(config: ConfigRecord | undefined): string | undefined {
  const alias = config?.fields['alias'];
  return typeof alias === 'string' && alias !== '' ? alias : undefined;
}

/** A config record under the names of PUT /config; null when the level has none. */
export function configMembers(config: ConfigRecord | undefined): Readonly<Record<string, JsonValue>> | null {
  if (config === undefined) return null;
  return { ...(config.compatibility === undefined ? {} : { compatibility: config.compatibility }), ...config.fields };
}
