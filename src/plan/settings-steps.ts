/** The steps that set config and modes: config first, then what was added by hand, aliases, and modes last. */
import type { JsonValue } from '../model/json.ts';
import type { ConfigRecord } from '../model/schema-version.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Draft } from './draft.ts';
import { configMembers, type LiftedAliases } from './lift-aliases.ts';
import { GLOBAL_SETTINGS } from './map-names.ts';
import type { PlanContext } from './plan-context.ts';
import { hasGap } from './target-index.ts';
import { keepsField, type WantedLevel } from './wanted-settings.ts';
import type { WriteWindows } from './write-windows.ts';

/** What the server shows where a record sets no level, unless it was told otherwise (observed). */
const BUILT_IN_LEVEL = 'BACKWARD';
const BUILT_IN_MODE = 'READWRITE';

export interface SettingsTally {
  readonly config: Set<string>;
  readonly mode: Set<string>;
}

/** An alias sends every read and registration to another subject (observed): it comes after all versions. */
const ALIAS = 'alias';

export function setConfigs(
  context: PlanContext,
  draft: Draft,
  { windows, aliases }: { readonly windows: WriteWindows; readonly aliases: LiftedAliases },
  levels: readonly WantedLevel[],
  what: 'all but aliases' | 'aliases',
  tally: SettingsTally,
): void {
  for (const { level, config, from } of levels) {
    if (config === undefined || hasGap(context.index.gaps, 'config', level)) continue;
    const there = draft.settingsOf(level).config;
    const wanted = what === 'aliases' ? config : withoutNewAlias(config, there);
    if (isSameConfig(context, draft, level, wanted ?? undefined, there)) continue;
    tally.config.add(level);
    if (!windows.isWritable(level)) continue;
    draft.add(
      {
        action: 'set-config',
        subject: level,
        config: wanted === null ? null : changesTo(context, wanted, there),
        before: configMembers(context.index.settings.get(level)?.config),
        // A lifted alias stands: the last word on the level is spoken with it.
        temporary: what === 'all but aliases' && aliases.isLifted(level),
      },
      { subject: from ?? level },
    );
  }
}

function withoutNewAlias(config: ConfigRecord | null, there: ConfigRecord | undefined): ConfigRecord | null {
  if (config === null || !Object.hasOwn(config.fields, ALIAS)) return config;
  const { [ALIAS]: alias, ...fields } = config.fields;
  const same = there?.fields[ALIAS];
  if (same !== undefined && canonicalJson(same) === canonicalJson(alias)) return config;
  // Alone it makes a record by itself, later.
  if (there === undefined && config.compatibility === undefined && Object.keys(fields).length === 0) return null;
  return { ...config, fields: same === undefined ? fields : { ...fields, [ALIAS]: same } };
}

/** PUT merges: what is to be unset is sent as null. */
function changesTo(
  context: PlanContext,
  { compatibility, fields }: ConfigRecord,
  there: ConfigRecord | undefined,
): Readonly<Record<string, JsonValue>> {
  const unset = Object.keys(there?.fields ?? {}).filter(
    (name) => !Object.hasOwn(fields, name) && keepsField(context, name),
  );
  const level = compatibility ?? (there?.compatibility === undefined ? undefined : null);
  return Object.fromEntries<JsonValue>([
    ...(level === undefined ? [] : ([['compatibility', level]] as const)),
    ...Object.entries(fields),
    ...unset.map((name) => [name, null] as const),
  ]);
}

/**
 * Whether a level is as wanted. The level that a record does not set is shown as the server's default, so that one
 * which shows the default cannot be told from one that sets nothing; the same goes for the two top levels as a whole.
 */
function isSameConfig(
  context: PlanContext,
  draft: Draft,
  level: string,
  wanted: ConfigRecord | undefined,
  there: ConfigRecord | undefined,
): boolean {
  const above = draft.settingsOf(GLOBAL_SETTINGS).config;
  const inherits = level === '' && above !== undefined && !isSameRecord(context, above, { fields: {} });
  if ((level === '' && !inherits) || level === GLOBAL_SETTINGS) {
    return isSameRecord(context, wanted ?? { fields: {} }, there ?? { fields: {} });
  }
  if (wanted === undefined || there === undefined) return wanted === there;
  return isSameRecord(context, wanted, there);
}

function isSameRecord(context: PlanContext, a: ConfigRecord, b: ConfigRecord): boolean {
  const unset = context.target.capabilities.defaultLevel ?? BUILT_IN_LEVEL;
  if (keepsField(context, 'compatibility') && (a.compatibility ?? unset) !== (b.compatibility ?? unset)) return false;
  const kept = ({ fields }: ConfigRecord) =>
    canonicalJson(Object.fromEntries(Object.entries(fields).filter(([name]) => keepsField(context, name))));
  return kept(a) === kept(b);
}

/** READONLY last of all: afterwards nothing can be written there. */
export function setModes(
  context: PlanContext,
  draft: Draft,
  levels: readonly WantedLevel[],
  tally: SettingsTally,
): void {
  const { report, target, index } = context;
  let unsupported = 0;
  for (const { level, mode, from } of levels) {
    if (mode === undefined || hasGap(index.gaps, 'mode', level)) continue;
    const there = draft.settingsOf(level).mode;
    if (isSameMode(draft, level, mode ?? undefined, there)) continue;
    if (!target.capabilities.modes) {
      unsupported++;
      continue;
    }
    tally.mode.add(level);
    const before = index.settings.get(level)?.mode ?? null;
    draft.add({ action: 'set-mode', subject: level, mode, before, temporary: false }, { subject: from ?? level });
  }
  if (unsupported === 0) return;
  report({
    severity: 'warning',
    reason: 'MODE_UNSUPPORTED',
    message: `this registry has no modes that could be set: ${unsupported === 1 ? 'a level keeps its' : `${unsupported} levels keep theirs`}`,
  });
}

function isSameMode(draft: Draft, level: string, wanted: string | undefined, there: string | undefined): boolean {
  const inherits = level === '' && (draft.settingsOf(GLOBAL_SETTINGS).mode ?? BUILT_IN_MODE) !== BUILT_IN_MODE;
  const isTop = (level === '' && !inherits) || level === GLOBAL_SETTINGS;
  if (isTop) return (wanted ?? BUILT_IN_MODE) === (there ?? BUILT_IN_MODE);
  return wanted === there;
}

/** What the source sets and the registry cannot hold, once for each field. */
export function reportDroppedFields(context: PlanContext): void {
  const { source, report } = context;
  const dropped = new Map<string, number>();
  const look = (config: ConfigRecord | undefined): void => {
    for (const name of [
      ...(config?.compatibility === undefined ? [] : ['compatibility']),
      ...Object.keys(config?.fields ?? {}),
    ]) {
      if (!keepsField(context, name)) dropped.set(name, (dropped.get(name) ?? 0) + 1);
    }
  };
  look(source.snapshot.global.config);
  for (const state of source.snapshot.contexts) {
    look(state.config);
    for (const subject of state.subjects) look(subject.config);
  }
  for (const [name, levels] of dropped) {
    const isRules = name === 'defaultRuleSet' || name === 'overrideRuleSet';
    report({
      severity: 'warning',
      reason: isRules ? 'RULES_DROPPED' : 'CONFIG_UNSUPPORTED',
      message: `this registry does not keep the config field ${name}, which ${levels === 1 ? 'one level sets' : `${levels} levels set`}`,
    });
  }
}
