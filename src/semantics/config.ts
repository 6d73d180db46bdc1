/**
 * Config at its levels: a subject's own record, its context's (the global one in the default context), `:.__GLOBAL:`,
 * and what the server is born with. The first record found counts as a whole: levels are not merged (observed).
 */
import type { JsonObject, JsonValue } from '../model/json.ts';
import { COMPATIBILITY_LEVELS, type CompatibilityLevel, type ConfigRecord } from '../model/schema-version.ts';
import {
  type Decided,
  invalidCompatibility,
  invalidSubject,
  isRefusal,
  noSubjectConfig,
  type Refusal,
  type Rules,
  subjectNotFound,
} from './decision.ts';
import { modeRefusal } from './mode.ts';
import { canonicalSubject, GLOBAL_KEY, isGlobalLevel, isValidSubject, settingsScope } from './names.ts';
import type { ConfigLogRecord } from './records.ts';
import type { RegistryState } from './state.ts';

const DEFAULT_COMPATIBILITY: CompatibilityLevel = 'BACKWARD';

/** The record in force for a subject; undefined when no level has one. */
export function configInScope(state: RegistryState, subject: string): ConfigRecord | undefined {
  for (const key of settingsScope(subject)) {
    const config = state.configs.get(key);
    if (config !== undefined) return config;
  }
  return undefined;
}

/** The level in force. A record that sets none means the server's default, not the next level's (observed). */
export function compatibilityOf(config: ConfigRecord | undefined): CompatibilityLevel {
  return COMPATIBILITY_LEVELS.find((level) => level === config?.compatibility) ?? DEFAULT_COMPATIBILITY;
}

/** Whether schemas are to be normalised where the request does not say so. */
export function normalizes(config: ConfigRecord | undefined): boolean {
  return config?.fields['normalize'] === true;
}

/**
 * `GET /config/{name}`: the level's record. The two global levels answer an empty one when nothing is set.
 *
 * @param defaultToGlobal answer with the record in force when the level has none.
 */
export function readConfig(state: RegistryState, name: string, defaultToGlobal: boolean): ConfigRecord | Refusal {
  const subject = canonicalSubject(name);
  const own = state.configs.get(subject);
  if (own !== undefined) return own;
  if (isGlobalLevel(subject)) return EMPTY;
  return defaultToGlobal ? (configInScope(state, subject) ?? EMPTY) : noSubjectConfig(name);
}

const EMPTY: ConfigRecord = { fields: {} };

export interface UpdateConfig {
  /** Subject, `:.ctx:` or '' for the global config. */
  readonly name: string;
  /** Members of the request under their names (`compatibility`, not `compatibilityLevel`); null clears one. */
  readonly changes: Readonly<Record<string, JsonValue>>;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** `PUT /config`: a merge into the level's record. */
export function decideUpdateConfig(state: RegistryState, command: UpdateConfig, rules: Rules): Decided<ConfigRecord> {
  const subject = canonicalSubject(command.name);
  const compatibility = readLevel(command.changes['compatibility']);
  if (isRefusal(compatibility)) return compatibility;
  if (!isValidSubject(subject)) return invalidSubject(command.name);
  const refusal = modeRefusal(state, subject, rules);
  if (refusal !== undefined) return refusal;

  const old = state.configs.get(subject) ?? EMPTY;
  const fields: Record<string, JsonValue> = { ...old.fields };
  for (const [name, value] of Object.entries(command.changes)) {
    if (name === 'compatibility') continue;
    // The community server has no rule executors and drops rule sets on write (observed).
    if (rules.strictConfluent === true && (name === 'defaultRuleSet' || name === 'overrideRuleSet')) continue;
    if (value === null) delete fields[name];
    else fields[name] = value;
  }
  const level = compatibility === undefined ? old.compatibility : (compatibility ?? undefined);
  const config: ConfigRecord = { ...(level === undefined ? {} : { compatibility: level }), fields };
  return { records: [configRecord(subject, config, command.now)], answer: config };
}

/** The requested level; undefined: not named, null: to be cleared. */
function readLevel(value: JsonValue | undefined): string | null | undefined | Refusal {
  if (value === undefined || value === null) return value;
  const level = COMPATIBILITY_LEVELS.find((known) => known === String(value).toUpperCase());
  return level ?? invalidCompatibility();
}

/** `DELETE /config`: the level's record is gone; the answer is the old one. */
export function decideDeleteConfig(
  state: RegistryState,
  command: { readonly name: string; readonly now: number },
  rules: Rules,
): Decided<ConfigRecord> {
  const subject = canonicalSubject(command.name);
  const old = state.configs.get(subject);
  if (old === undefined && !isGlobalLevel(subject)) return subjectNotFound(command.name);
  const refusal = modeRefusal(state, subject, rules);
  if (refusal !== undefined) return refusal;
  // A global level gets its tombstone even when nothing was set (observed).
  return { records: [configRecord(subject, null, command.now)], answer: old ?? EMPTY };
}

export function configRecord(subject: string, value: ConfigRecord | null, timestamp: number): ConfigLogRecord {
  return { key: subject === GLOBAL_KEY ? { keytype: 'CONFIG' } : { keytype: 'CONFIG', subject }, value, timestamp };
}

/** The order in which a config's fields are written in answers and records (observed, and by the server's annotations). */
const FIELD_ORDER = [
  'alias',
  'aliasForDeks',
  'normalize',
  'validateFields',
  'validateNewSchemas',
  'validateRules',
  'compatibility',
  'compatibilityPolicy',
  'compatibilityGroup',
  'defaultMetadata',
  'overrideMetadata',
  'defaultRuleSet',
  'overrideRuleSet',
];

/**
 * A config record as JSON.
 *
 * @param levelName `compatibilityLevel` in answers to GET and DELETE, `compatibility` in the echo of a PUT.
 */
export function configToJson(config: ConfigRecord, levelName: 'compatibilityLevel' | 'compatibility'): JsonObject {
  // Reading fills in the server's default where a record sets no level; the echo of a write does not (observed).
  const level = config.compatibility ?? (levelName === 'compatibilityLevel' ? DEFAULT_COMPATIBILITY : undefined);
  const json: Record<string, JsonValue> = {};
  for (const name of FIELD_ORDER) {
    const value = name === 'compatibility' ? level : config.fields[name];
    if (value !== undefined) json[name === 'compatibility' ? levelName : name] = value;
  }
  for (const [name, value] of Object.entries(config.fields)) if (!FIELD_ORDER.includes(name)) json[name] = value;
  return json;
}
