/** Between a registry's snapshot and its state: both ways, losing nothing a snapshot holds. */
import type {
  ContextState,
  LevelSettings,
  RegistryIdentity,
  RegistrySnapshot,
  SubjectState,
} from '../model/registry-snapshot.ts';
import type { SchemaVersion } from '../model/schema-version.ts';
import {
  compareCodeUnits,
  compareContexts,
  contextSubject,
  DEFAULT_CONTEXT,
  formatSubjectName,
  GLOBAL_CONTEXT,
  parseSubjectName,
} from '../model/subject-name.ts';
import { applyRecord, raiseLastId } from './apply.ts';
import { readGuid } from './by-id.ts';
import { GLOBAL_KEY, GLOBAL_LEVEL } from './names.ts';
import type { RegistryRecord, SchemaValue } from './records.ts';
import { createState, type RegistryState, type Row } from './state.ts';

export interface SnapshotOptions {
  /** High-water marks by context: ids up to them are retired and never given out again. */
  readonly maxIds?: Readonly<Record<string, number>>;
}

/** The state a snapshot describes. */
export function stateFromSnapshot(snapshot: RegistrySnapshot, options: SnapshotOptions = {}): RegistryState {
  const state = createState();
  for (const record of snapshotRecords(snapshot)) applyRecord(state, record);
  for (const [context, id] of Object.entries(options.maxIds ?? {})) raiseLastId(state, context, id);
  return state;
}

/** A snapshot as the log that leads to it: contexts, settings, then every version in its final shape. */
function* snapshotRecords(snapshot: RegistrySnapshot): Generator<RegistryRecord> {
  yield* settingsRecords(GLOBAL_LEVEL, snapshot.global);
  const subjects: { readonly name: string; readonly state: SubjectState }[] = [];
  for (const context of snapshot.contexts) {
    if (context.name !== DEFAULT_CONTEXT && isListed(context)) {
      yield { key: { keytype: 'CONTEXT', context: context.name }, value: { context: context.name } };
    }
    yield* settingsRecords(context.name === DEFAULT_CONTEXT ? GLOBAL_KEY : contextSubject(context.name), context);
    for (const state of context.subjects) {
      subjects.push({ name: formatSubjectName({ context: context.name, subject: state.name }), state });
    }
  }
  // In the order of the state's own index: a name at a time is then appended, not inserted.
  subjects.sort((a, b) => compareCodeUnits(a.name, b.name));
  for (const { name, state } of subjects) {
    for (const row of state.versions) yield rowRecord(name, row);
    yield* settingsRecords(name, state);
  }
}

/** A context is known to a registry by its schemas; one that has nothing at all must have been listed. */
function isListed(context: ContextState): boolean {
  const hasRows = context.subjects.some((subject) => subject.versions.length > 0);
  return hasRows || (context.subjects.length === 0 && context.config === undefined && context.mode === undefined);
}

function* settingsRecords(subject: string, settings: LevelSettings): Generator<RegistryRecord> {
  const named = subject === GLOBAL_KEY ? {} : { subject };
  if (settings.config !== undefined) yield { key: { keytype: 'CONFIG', ...named }, value: settings.config };
  if (settings.mode !== undefined) yield { key: { keytype: 'MODE', ...named }, value: { mode: settings.mode } };
}

function rowRecord(subject: string, row: SchemaVersion): RegistryRecord {
  const { registeredAt, guid, ...rest } = row;
  // The text by name: a row that was read over HTTP fetches it when asked, and a copy of its members is without it.
  const value: SchemaValue = { ...rest, schema: row.schema, subject, ...storedHash(guid) };
  return {
    key: { keytype: 'SCHEMA', subject, version: row.version },
    value,
    ...(registeredAt === undefined ? {} : { timestamp: registeredAt }),
  };
}

/** The guid that the snapshot knows stands, as that of encrypted metadata must; so no text is hashed again. */
function storedHash(guid: string): { readonly md5?: string } {
  const known = readGuid(guid);
  return known === undefined ? {} : { md5: Buffer.from(known.replaceAll('-', ''), 'hex').toString('base64') };
}

/** The state as plain data, in the snapshot's defined order. */
export function snapshotFromState(state: RegistryState, registry: RegistryIdentity): RegistrySnapshot {
  const contexts = new Map<string, Map<string, readonly Row[]>>();
  const subjectsOf = (context: string): Map<string, readonly Row[]> => {
    const known = contexts.get(context) ?? new Map<string, readonly Row[]>();
    contexts.set(context, known);
    return known;
  };
  subjectsOf(DEFAULT_CONTEXT);
  for (const context of state.contexts) subjectsOf(context);
  for (const entry of state.subjects.values()) {
    subjectsOf(entry.context).set(parseSubjectName(entry.subject).subject, entry.rows);
  }
  for (const key of [...state.configs.keys(), ...state.modes.keys()]) {
    const { context, subject } = parseSubjectName(key);
    if (context === GLOBAL_CONTEXT) continue;
    const subjects = subjectsOf(context);
    if (subject !== '' && !subjects.has(subject)) subjects.set(subject, []);
  }
  return {
    registry,
    contexts: [...contexts.entries()]
      .sort(([a], [b]) => compareContexts(a, b))
      .map(([name, subjects]) => contextState(state, name, subjects)),
    global: settingsOf(state, GLOBAL_LEVEL),
    gaps: [],
  };
}

function contextState(state: RegistryState, name: string, subjects: ReadonlyMap<string, readonly Row[]>): ContextState {
  return {
    name,
    ...settingsOf(state, name === DEFAULT_CONTEXT ? GLOBAL_KEY : contextSubject(name)),
    subjects: [...subjects.entries()]
      .sort(([a], [b]) => compareCodeUnits(a, b))
      .map(([subject, rows]) => ({
        name: subject,
        // The empty name's settings are the context's own.
        ...(subject === '' ? {} : settingsOf(state, formatSubjectName({ context: name, subject }))),
        versions: rows.map(({ subject: _subject, ...version }) => version),
      })),
  };
}

function settingsOf(state: RegistryState, key: string): LevelSettings {
  const config = state.configs.get(key);
  const mode = state.modes.get(key);
  return { ...(config === undefined ? {} : { config }), ...(mode === undefined ? {} : { mode }) };
}
