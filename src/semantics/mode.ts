/** Modes at their levels, and what each forbids. Look-up order as for config; the first level that has one counts. */
import { MODES, type Mode } from '../model/schema-version.ts';
import { settingsScopeOf } from './apply.ts';
import {
  type Decided,
  invalidMode,
  invalidSubject,
  isRefusal,
  noSubjectMode,
  notPermitted,
  type Refusal,
  type Rules,
  referenceExists,
  subjectNotFound,
} from './decision.ts';
import {
  canonicalSubject,
  contextInMessage,
  GLOBAL_KEY,
  GLOBAL_LEVEL,
  isGlobalLevel,
  isValidSubject,
  settingsScope,
} from './names.ts';
import type { ModeRecord, RegistryRecord } from './records.ts';
import { referrersOf } from './references.ts';
import { entriesInScope, type RegistryState, type SubjectEntry } from './state.ts';

const DEFAULT_MODE: Mode = 'READWRITE';

/** The mode in force for a subject or a settings name ('' is the global one). */
export function modeInScope(state: RegistryState, subject: string): string {
  for (const key of settingsScope(subject)) {
    const mode = state.modes.get(key);
    if (mode !== undefined) return mode;
  }
  return DEFAULT_MODE;
}

/** Why nothing may be written under this name now; undefined when it may. */
export function modeRefusal(state: RegistryState, subject: string, rules: Rules): Refusal | undefined {
  const mode = modeInScope(state, subject);
  if (rules.readOnly !== true && mode !== 'READONLY' && mode !== 'READONLY_OVERRIDE') return undefined;
  const name = subject === GLOBAL_KEY ? 'null' : subject;
  return notPermitted(`Subject ${name} in context ${contextInMessage(subject)} is in read-only mode`);
}

/** `GET /mode/{name}`. The two global levels answer READWRITE when nothing is set. */
export function readMode(state: RegistryState, name: string, defaultToGlobal: boolean): string | Refusal {
  const subject = canonicalSubject(name);
  const own = state.modes.get(subject);
  if (own !== undefined) return own;
  if (isGlobalLevel(subject)) return DEFAULT_MODE;
  return defaultToGlobal ? modeInScope(state, subject) : noSubjectMode(name);
}

export interface UpdateMode {
  /** Subject, `:.ctx:` or '' for the global mode. */
  readonly name: string;
  /** As sent, in any case; null removes the level's mode. */
  readonly mode: string | null;
  /** Allows IMPORT where versions exist, and keeps soft-deleted ones. */
  readonly force: boolean;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** `PUT /mode`. The answer is the mode as sent. */
export function decideUpdateMode(state: RegistryState, command: UpdateMode, rules: Rules): Decided<string | null> {
  const subject = canonicalSubject(command.name);
  if (!isValidSubject(subject)) return invalidSubject(command.name);
  if (command.mode === null) {
    if (rules.readOnly === true) return notPermitted('Mode changes are not allowed');
    return { records: [modeRecord(subject, null, command.now)], answer: null };
  }
  const mode = MODES.find((known) => known === command.mode?.toUpperCase());
  if (mode === undefined) return invalidMode();
  if (mode === 'FORWARD' && subject !== GLOBAL_LEVEL) return invalidMode('Forward mode only supported on global level');
  if (rules.readOnly === true) return notPermitted('Mode changes are not allowed');

  const records: RegistryRecord[] = [];
  if (mode === 'IMPORT' && !command.force && modeInScope(state, subject) !== 'IMPORT') {
    const cleared = clearForImport(state, subject, command.now, rules);
    if (isRefusal(cleared)) return cleared;
    records.push(...cleared);
  }
  records.push(modeRecord(subject, mode, command.now));
  return { records, answer: command.mode };
}

/**
 * What turning to IMPORT without force does first. Confluent hard-deletes whatever soft-deleted versions are in scope;
 * we do so only when told to mirror it, and refuse otherwise.
 */
function clearForImport(state: RegistryState, subject: string, now: number, rules: Rules): RegistryRecord[] | Refusal {
  const inScope: SubjectEntry[] = [...entriesInScope(state, settingsScopeOf(subject))];
  if (inScope.some((entry) => entry.rows.some((row) => !row.deleted))) {
    return notPermitted('Cannot import since found existing subjects');
  }
  if (inScope.length > 0 && rules.strictConfluent !== true) {
    return notPermitted('Cannot import since found soft-deleted versions; repeat with force=true to keep them');
  }
  const names = new Set(inScope.map((entry) => entry.subject));
  const records: RegistryRecord[] = [];
  for (const { rows, subject: name } of inScope) {
    for (const row of rows) {
      for (const referrer of referrersOf(state, name, row.version)) {
        if (!names.has(referrer.subject)) return referenceExists(name, row.version);
      }
      records.push({ key: { keytype: 'SCHEMA', subject: name, version: row.version }, value: null, timestamp: now });
    }
  }
  const cleared = subject === GLOBAL_KEY ? {} : { subject };
  records.push({ key: { keytype: 'CLEAR_SUBJECT', ...cleared }, value: cleared, timestamp: now });
  return records;
}

/**
 * `DELETE /mode`. The answer is the old mode.
 *
 * @param command.recursive with a context: the modes of its subjects go too.
 */
export function decideDeleteMode(
  state: RegistryState,
  command: { readonly name: string; readonly recursive: boolean; readonly now: number },
  rules: Rules,
): Decided<string> {
  const subject = canonicalSubject(command.name);
  const old = state.modes.get(subject);
  if (old === undefined && !isGlobalLevel(subject)) return subjectNotFound(command.name);
  if (rules.readOnly === true) return notPermitted('Mode changes are not allowed');
  // A global level gets its tombstone even when nothing was set (observed).
  const records: RegistryRecord[] = [modeRecord(subject, null, command.now)];
  const scope = settingsScopeOf(subject);
  if (command.recursive && scope.kind === 'context') {
    for (const name of state.modes.keys()) {
      if (name !== subject && name.startsWith(subject)) records.push(modeRecord(name, null, command.now));
    }
  }
  return { records, answer: old ?? DEFAULT_MODE };
}

export function modeRecord(subject: string, mode: string | null, timestamp: number): ModeRecord {
  return {
    key: subject === GLOBAL_KEY ? { keytype: 'MODE' } : { keytype: 'MODE', subject },
    value: mode === null ? null : { mode },
    timestamp,
  };
}
