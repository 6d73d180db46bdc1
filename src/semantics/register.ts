/** Registering a schema under a subject: new ids and versions, imports with given ones, re-registrations. */
import type { ConfigRecord, SchemaContent } from '../model/schema-version.ts';
import { GLOBAL_CONTEXT } from '../model/subject-name.ts';
import type { SchemaPort } from '../schema/schema-port.ts';
import { rowOfId } from './by-id.ts';
import { type Candidate, isBlank, makeCandidate, type RequestedSchema, withGuid, withMetadata } from './candidate.ts';
import { describeVerdict, judgeCandidate } from './compatibility.ts';
import { configInScope, normalizes } from './config.ts';
import {
  type Decided,
  incompatible,
  invalidSchema,
  invalidSubject,
  isRefusal,
  notPermitted,
  type Refusal,
  type Rules,
} from './decision.ts';
import { getVersion, lookUpIn, type Match, matchLive } from './lookup.ts';
import {
  configMetadata,
  hasDefaultsOrOverrides,
  mergeMetadata,
  versionProperty,
  withVersionProperty,
} from './metadata.ts';
import { modeInScope, modeRefusal } from './mode.ts';
import { canonicalSubject, contextInMessage, contextOf, isValidSubject } from './names.ts';
import { contentOf, described, newContext, schemaRecord, supersededRows } from './schema-record.ts';
import { contextIds, findRow, LATEST, type RegistryState, type Row } from './state.ts';

export interface RegisterSchema extends RequestedSchema {
  readonly subject: string;
  /** Given by imports; negative means none. */
  readonly id?: number;
  /**
   * Given by imports; 0 and negative mean the next one. Outside IMPORT it must be the next one. A negative one asks for a
   * new version unless the latest has the content.
   */
  readonly version?: number;
  /** Its tags were edited on the way: it is not looked up first. */
  readonly isEdited?: boolean;
  /** Epoch milliseconds. */
  readonly now: number;
}

export interface Registered {
  readonly id: number;
  readonly version: number;
  readonly guid: string;
  readonly content: SchemaContent;
  /** The stored row, when the schema was found by comparing: its time is part of the answer (observed). */
  readonly found?: Row;
}

/** Ids and versions are Java ints. */
const MAX_INT = 0x7fff_ffff;

export function decideRegister(
  state: RegistryState,
  command: RegisterSchema,
  port: SchemaPort,
  rules: Rules,
): Decided<Registered> {
  const subject = canonicalSubject(command.subject);
  // Settings may stand at the level above all contexts, schemas may not.
  if (!isValidSubject(subject) || subject === '' || contextOf(subject) === GLOBAL_CONTEXT) {
    return invalidSubject(command.subject);
  }
  const { ruleSet: _dropped, ...withoutRules } = command;
  // The community server has no rule executors and drops rule sets on write (observed).
  const request = rules.strictConfluent === true ? withoutRules : command;
  const config = configInScope(state, subject);

  const mode = modeInScope(state, subject);
  const importing = mode === 'IMPORT' || mode === 'FORWARD';
  const made = readAlike(state, subject, request, config, importing, port);
  // The look-up comes before the mode: a known schema is answered even where nothing may be written (observed).
  const asked =
    hasDefaultsOrOverrides(config) || request.isEdited === true
      ? undefined
      : findAsked(state, subject, request, port, made);
  if (asked !== undefined) return isRefusal(asked) ? asked : { records: [], answer: found(asked) };
  const refusal = modeRefusal(state, subject, rules) ?? wrongMode(state, subject, request);
  if (refusal !== undefined) return refusal;

  const prepared = made ?? prepare(state, subject, request, config, importing, port);
  if (isRefusal(prepared)) return prepared;
  const rows = state.subjects.get(subject)?.rows ?? [];
  const next = (rows.at(-1)?.version ?? 0) + 1;
  const requested = request.version !== undefined && request.version > 0 ? request.version : undefined;
  const candidate = importing ? prepared : inherit(prepared, request, config, rows, next);

  // A request that names its version, be it the latest, means a new one.
  const known = (request.version ?? 0) === 0 ? matchLive(state, subject, candidate, request.id, port) : undefined;
  if (known !== undefined) return { records: [], answer: found({ row: known, loose: false }) };
  const unfit = importing ? undefined : unfitness(state, subject, candidate, port, rules);
  if (unfit !== undefined) return unfit;
  if (!importing && requested !== undefined && requested !== next) {
    return invalidSchema('Version is not one more than previous version');
  }
  const version = requested ?? next;
  if (version > MAX_INT) return notPermitted(`Subject ${subject} has no version number left.`);
  const id = chooseId(state, subject, candidate, request.id, rules);
  if (isRefusal(id)) return id;
  const conflict =
    idConflict(state, subject, candidate, id) ?? versionConflict(state, subject, candidate, id, version, rules);
  if (conflict !== undefined) return conflict;
  return {
    records: [
      ...newContext(state, subject, command.now),
      ...supersededRows(state, rows, id, version, command.now),
      schemaRecord(subject, version, id, candidate, false, command.now),
    ],
    answer: { id, version, guid: candidate.guid, content: contentOf(candidate) },
  };
}

/** Why the candidate cannot follow the subject's versions. */
function unfitness(
  state: RegistryState,
  subject: string,
  candidate: Candidate,
  port: SchemaPort,
  rules: Rules,
): Refusal | undefined {
  const verdict = judgeCandidate(state, subject, candidate, port, rules);
  if (isRefusal(verdict)) return verdict;
  if (verdict.isCompatible) return undefined;
  return { ...incompatible(subject, verdict.messages), detail: `it is ${describeVerdict(verdict)}` };
}

/** What a registration need not write, as it is sent. */
function findAsked(
  state: RegistryState,
  subject: string,
  request: RegisterSchema,
  port: SchemaPort,
  made: Candidate | Refusal | undefined,
): Match | Refusal | undefined {
  const latestOnly = request.version === LATEST;
  const match = lookUpIn(state, subject, request, { includeDeleted: false, latestOnly }, port, made);
  return match === undefined || isRefusal(match) ? match : whatWasAsked(state, match, request);
}

/** A match with the id that the request gives, if it gives one, and with its version; undefined when there is none. */
function whatWasAsked(
  state: RegistryState,
  match: Match,
  { id, version = 0 }: Pick<RegisterSchema, 'id' | 'version'>,
): Match | undefined {
  const { row } = match;
  if (version === 0 || version === LATEST) return id === undefined || id < 0 || id === row.id ? match : undefined;
  // A version is looked for only with its id: without one it can only be the next.
  if (id !== row.id) return undefined;
  if (version === row.version) return match;
  // After imports one content may stand under several versions, and the index knows the last of them.
  const older = getVersion(state, row.subject, version, false);
  return older?.id === row.id && older.guid === row.guid ? { row: older, loose: true } : undefined;
}

function found({ row, loose }: Match): Registered {
  return {
    id: row.id,
    version: row.version,
    guid: row.guid,
    content: contentOf(row),
    ...(loose ? { found: row } : {}),
  };
}

function wrongMode(state: RegistryState, subject: string, { id }: Pick<RegisterSchema, 'id'>): Refusal | undefined {
  const mode = modeInScope(state, subject);
  const where = `Subject ${subject} in context ${contextInMessage(subject)}`;
  if (id !== undefined && id >= 0) {
    return mode === 'IMPORT' || mode === 'FORWARD' ? undefined : notPermitted(`${where} is not in import mode`);
  }
  return mode === 'READWRITE' ? undefined : notPermitted(`${where} is not in read-write mode`);
}

/** The schema to write. A blank text means that of the latest version (observed). */
function prepare(
  state: RegistryState,
  subject: string,
  request: RegisterSchema,
  config: ConfigRecord | undefined,
  importing: boolean,
  port: SchemaPort,
): Candidate | Refusal {
  if (isBlank(request)) {
    const latest = importing ? undefined : state.subjects.get(subject)?.rows.findLast((row) => !row.deleted);
    if (latest === undefined) return invalidSchema('Empty schema');
    const { schemaType, schema, references } = latest;
    return withGuid({ schemaType, schema, references, ...described(request.metadata, request.ruleSet) });
  }
  return readSchema(state, subject, request, config, importing, port);
}

/** In an import, and without references, looking up reads a schema as registering does: it is parsed once for both. */
function readAlike(
  state: RegistryState,
  subject: string,
  request: RegisterSchema,
  config: ConfigRecord | undefined,
  importing: boolean,
  port: SchemaPort,
): Candidate | Refusal | undefined {
  if (isBlank(request) || (!importing && request.references.length > 0)) return undefined;
  return readSchema(state, subject, request, config, importing, port);
}

function readSchema(
  state: RegistryState,
  subject: string,
  request: RegisterSchema,
  config: ConfigRecord | undefined,
  importing: boolean,
  port: SchemaPort,
): Candidate | Refusal {
  // In IMPORT too (observed of the config's).
  const normalize = request.normalize === true || normalizes(config);
  return makeCandidate(state, subject, { ...request, normalize }, port, {
    deletedReferences: importing,
    validate: !importing,
  });
}

/**
 * What a schema takes over outside IMPORT: metadata and rules of the previous version where the request names none,
 * the config's defaults and overrides, and the version property when a version is given or inherited.
 */
function inherit(
  candidate: Candidate,
  request: RegisterSchema,
  config: ConfigRecord | undefined,
  rows: readonly Row[],
  next: number,
): Candidate {
  const previous = rows.findLast((row) => !row.deleted);
  const ruleSet = candidate.ruleSet ?? previous?.ruleSet;
  let metadata = mergeMetadata(
    mergeMetadata(configMetadata(config, 'defaultMetadata'), candidate.metadata ?? previous?.metadata),
    configMetadata(config, 'overrideMetadata'),
  );
  const versionGiven = request.version !== undefined && request.version !== 0;
  if (versionGiven || versionProperty(metadata) !== undefined) metadata = withVersionProperty(metadata, String(next));
  const { guid: _guid, ruleSet: _ruleSet, ...content } = candidate;
  return withMetadata(withGuid({ ...content, ...(ruleSet === undefined ? {} : { ruleSet }) }), metadata);
}

/** The id to write under: the given one, that of the same content in the context, or the next. */
function chooseId(
  state: RegistryState,
  subject: string,
  candidate: Candidate,
  given: number | undefined,
  rules: Rules,
): number | Refusal {
  if (given !== undefined && given >= 0) return given;
  const ids = contextIds(state, subject);
  const same = ids?.idByGuid.get(candidate.guid);
  if (same !== undefined && ids?.subjectsById.has(same) === true) return same;
  const last = ids?.lastId ?? 0;
  if (last < MAX_INT) return last + 1;
  if (rules.strictConfluent !== true) {
    return notPermitted(`No id is left in context ${contextInMessage(subject)}: ${MAX_INT} is in use.`);
  }
  // Confluent's counter overflows (observed): the ids after 2147483647 are negative.
  let id = -MAX_INT - 1;
  while (ids?.subjectsById.has(id) === true) id++;
  return id;
}

/** An id stands for one content in its context, whatever soft-deleted rows hold it. */
function idConflict(state: RegistryState, subject: string, candidate: Candidate, id: number): Refusal | undefined {
  // Of several that hold it, which after an overwritten version need not be alike, Confluent asks the first it comes to.
  const row = rowOfId(state, contextOf(subject), id, '');
  if (row === undefined || (row.guid === candidate.guid && row.schemaType === candidate.schemaType)) return undefined;
  return notPermitted(`Overwrite new schema with id ${id} in context ${contextInMessage(subject)} is not permitted.`);
}

/** A version in use holds its content. Confluent replaces it silently (observed); we do only when told to mirror it. */
function versionConflict(
  state: RegistryState,
  subject: string,
  candidate: Candidate,
  id: number,
  version: number,
  rules: Rules,
): Refusal | undefined {
  const row = findRow(state, subject, version);
  if (row === undefined || rules.strictConfluent === true) return undefined;
  if (row.id === id && row.guid === candidate.guid && row.schemaType === candidate.schemaType) return undefined;
  return notPermitted(`Overwrite version ${version} of subject ${subject} with other content is not permitted.`);
}
