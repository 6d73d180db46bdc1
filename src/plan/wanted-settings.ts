/** What each level's config and mode are to be in the end. */
import type { JsonValue } from '../model/json.ts';
import type { LevelSettings } from '../model/registry-snapshot.ts';
import type { ConfigRecord } from '../model/schema-version.ts';
import { formatSubjectName, parseSubjectName } from '../model/subject-name.ts';
import { referencedSubject } from '../semantics/names.ts';
import { GLOBAL_SETTINGS, levelOfContext, spellReference } from './map-names.ts';
import type { PlanContext } from './plan-context.ts';
import { hasGap } from './target-index.ts';

export interface WantedLevel {
  /** Target's level: qualified subject, `:.ctx:`, or `` for the registry. */
  readonly level: string;
  /** Source's subject; absent for levels that are not a subject's, or not the source's. */
  readonly from?: string;
  /** Undefined: whatever it is. null: nothing of its own. */
  readonly config: ConfigRecord | null | undefined;
  readonly mode: string | null | undefined;
}

export interface SettingsScope {
  /** Target subjects that come to be, or are made anew. */
  readonly made: ReadonlySet<string>;
  /** Target subjects that are left alone. */
  readonly skipped: ReadonlySet<string>;
  /** Target levels whose settings go because the source does not have the subject or context. */
  readonly pruned: ReadonlySet<string>;
}

/**
 * A restore sets what the source sets where the target sets nothing: for subjects that it makes, and for a context or
 * the registry when all that is in there comes from the source. A reconcile makes every level of the source equal.
 */
export function wantSettings(context: PlanContext, scope: SettingsScope): readonly WantedLevel[] {
  const { source, options, index } = context;
  const wanted: WantedLevel[] = [];
  const targets = new Map([...context.rows.subjects].map(([from, subject]) => [subject, from]));
  if (!options.settings) {
    // What an overwrite's hard deletion took with it is put back as it was.
    for (const subject of scope.made) wanted.push({ level: subject, ...asItWas(index.settings.get(subject)) });
    return wanted;
  }
  const whole = options.kind === 'reconcile';
  const add = (level: string, settings: LevelSettings, from: { level: string; subject?: string }, made: boolean) => {
    // A registry without contexts would take the name of one for a subject's.
    if (!context.target.capabilities.contexts && level.startsWith(':.')) return;
    const there = index.settings.get(level);
    const config = convertConfig(context, settings.config, from.subject, level);
    wanted.push({
      level,
      ...(from.subject === undefined ? {} : { from: from.subject }),
      config: hasGap(source.snapshot.gaps, 'config', from.level)
        ? undefined
        : want(config, there?.config !== undefined, whole, made),
      mode: hasGap(source.snapshot.gaps, 'mode', from.level)
        ? undefined
        : want(settings.mode, there?.mode !== undefined, whole, made),
    });
  };
  const contexts = new Map<string, { readonly settings: LevelSettings; readonly from: string }>();
  for (const state of source.snapshot.contexts) {
    const to = context.mapping.context(state.name);
    // What is moved into a context comes before what was there in the source.
    if (to !== state.name || !contexts.has(to)) contexts.set(to, { settings: state, from: state.name });
  }
  const owned = ownedContexts(context, targets);
  add(GLOBAL_SETTINGS, source.snapshot.global, { level: GLOBAL_SETTINGS }, owned.all);
  for (const [to, { settings, from }] of contexts) {
    add(levelOfContext(to), settings, { level: levelOfContext(from) }, owned.has(to));
  }
  for (const state of source.snapshot.contexts) {
    for (const subject of state.subjects) {
      const name = formatSubjectName({ context: state.name, subject: subject.name });
      const level = context.rows.subjects.get(name);
      // Settings of the empty name are the context's own, and stand there.
      if (level === undefined || subject.name === '' || scope.skipped.has(level)) continue;
      add(level, subject, { level: name, subject: name }, scope.made.has(level));
    }
  }
  if (whole && options.prune) for (const level of scope.pruned) wanted.push({ level, config: null, mode: null });
  return wanted;
}

function asItWas(settings: LevelSettings | undefined): Pick<WantedLevel, 'config' | 'mode'> {
  return { config: settings?.config, mode: settings?.mode };
}

function want<T>(value: T | undefined, isSet: boolean, whole: boolean, made: boolean): T | null | undefined {
  if (whole) return value ?? null;
  return value !== undefined && (made || !isSet) ? value : undefined;
}

/** Contexts in which the target has no version that is not the source's: only then are their settings the source's. */
function ownedContexts({ index }: PlanContext, targets: ReadonlyMap<string, string>) {
  const foreign = new Set<string>();
  for (const subject of index.subjects.keys()) {
    if (!targets.has(subject)) foreign.add(parseSubjectName(subject).context);
  }
  return { all: foreign.size === 0, has: (context: string) => !foreign.has(context) };
}

/** The config as the target can hold it: an alias under its new name, without what the registry drops. */
function convertConfig(
  context: PlanContext,
  config: ConfigRecord | undefined,
  from: string | undefined,
  level: string,
): ConfigRecord | undefined {
  if (config === undefined) return undefined;
  const fields: [string, JsonValue][] = [];
  for (const [name, value] of Object.entries(config.fields)) {
    if (!keepsField(context, name)) continue;
    if (name !== 'alias' || typeof value !== 'string' || from === undefined) fields.push([name, value]);
    else {
      const target = context.mapping.subject(referencedSubject(from, value));
      fields.push([name, spellReference(level, target, value) ?? target]);
    }
  }
  const compatibility = keepsField(context, 'compatibility') ? config.compatibility : undefined;
  return { ...(compatibility === undefined ? {} : { compatibility }), fields: Object.fromEntries(fields) };
}

export function keepsField({ target }: Pick<PlanContext, 'target'>, name: string): boolean {
  const { configFields, ruleSets } = target.capabilities;
  if (ruleSets === 'dropped' && (name === 'defaultRuleSet' || name === 'overrideRuleSet')) return false;
  return configFields === undefined || configFields.includes(name);
}
