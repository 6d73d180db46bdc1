/** Finding versions: by number, by content, and in other contexts when an unqualified name is not found. */
import { DEFAULT_CONTEXT, formatSubjectName } from '../model/subject-name.ts';
import type { SchemaPort } from '../schema/schema-port.ts';
import { type Candidate, isBlank, makeCandidate, type RequestedSchema, withGuid, withMetadata } from './candidate.ts';
import { configInScope, normalizes } from './config.ts';
import { isRefusal, type Refusal, schemaNotFound, subjectNotFound, versionNotFound } from './decision.ts';
import { configMetadata, mergeMetadata, versionProperty, withVersionProperty } from './metadata.ts';
import { canonicalSubject, contextOf } from './names.ts';
import { resolveStored } from './references.ts';
import { contextIds, findLatest, findRow, hasSubject, LATEST, type RegistryState, type Row } from './state.ts';

/** A version of a subject; `latest` is the highest live one even when deleted ones are asked for (observed). */
export function getVersion(
  state: RegistryState,
  subject: string,
  version: number,
  includeDeleted: boolean,
): Row | undefined {
  const row = version === LATEST ? findLatest(state, subject) : findRow(state, subject, version);
  return row?.deleted === true && !includeDeleted ? undefined : row;
}

/**
 * The names an unqualified one may stand for: itself, then the same in every context. Confluent searches on when the
 * default context does not have it (observed; `:.:name` too).
 */
export function* candidateNames(state: RegistryState, subject: string): Generator<string> {
  yield subject;
  if (contextOf(subject) !== DEFAULT_CONTEXT) return;
  for (const context of [...state.contexts].sort()) yield formatSubjectName({ context, subject });
}

/** `GET /subjects/{s}/versions/{v}`, searching other contexts. */
export function findVersion(
  state: RegistryState,
  name: string,
  version: number,
  includeDeleted: boolean,
): Row | Refusal {
  const subject = canonicalSubject(name);
  for (const candidate of candidateNames(state, subject)) {
    const row = getVersion(state, candidate, version, includeDeleted);
    if (row !== undefined) return row;
  }
  return hasSubject(state, subject, includeDeleted) ? versionNotFound(version) : subjectNotFound(name);
}

/** A version found by its content. */
export interface Match {
  readonly row: Row;
  /**
   * False: the index knows the content. True: it was found by comparing version by version; answers then show the
   * stored row with its time (observed).
   */
  readonly loose: boolean;
}

export interface LookUpOptions {
  readonly includeDeleted: boolean;
  /** Only the latest version counts. */
  readonly latestOnly?: boolean;
}

/** The version of a subject that holds this content, or content that this stands for. */
function matchContent(
  state: RegistryState,
  subject: string,
  candidate: Candidate,
  { includeDeleted, latestOnly = false }: LookUpOptions,
  port: SchemaPort,
): Match | undefined {
  if (latestOnly) {
    const latest = findLatest(state, subject);
    return latest !== undefined && isMeant(state, candidate, latest, port) ? { row: latest, loose: true } : undefined;
  }
  const indexed = matchIndexed(state, subject, candidate, includeDeleted);
  if (indexed !== undefined) return { row: indexed, loose: false };
  const rows = (state.subjects.get(subject)?.rows ?? []).filter((row) => includeDeleted || !row.deleted);
  const compared = rows.findLast((row) => isMeant(state, candidate, row, port));
  return compared === undefined ? undefined : { row: compared, loose: true };
}

/** What a registration finds in place of writing: a live version with this content and, where one is given, this id. */
export function matchLive(
  state: RegistryState,
  subject: string,
  candidate: Candidate,
  given: number | undefined,
  port: SchemaPort,
): Row | undefined {
  const fits = (id: number): boolean => given === undefined || given < 0 || given === id;
  const indexed = matchIndexed(state, subject, candidate, false);
  if (indexed !== undefined && fits(indexed.id)) return indexed;
  const rows = state.subjects.get(subject)?.rows ?? [];
  return rows.findLast((row) => !row.deleted && fits(row.id) && isMeant(state, candidate, row, port));
}

function isMeant(state: RegistryState, candidate: Candidate, row: Row, port: SchemaPort): boolean {
  return isSameContent(candidate, row) || standsFor(state, candidate, row, port);
}

/**
 * The same by the context's index alone. It knows the last id and version written for a content only, and after
 * imports content can stand under several.
 */
function matchIndexed(
  state: RegistryState,
  subject: string,
  candidate: Candidate,
  includeDeleted: boolean,
): Row | undefined {
  const ids = contextIds(state, subject);
  const id = ids?.idByGuid.get(candidate.guid);
  const version = id === undefined ? undefined : ids?.subjectsById.get(id)?.get(subject);
  const row = version === undefined ? undefined : findRow(state, subject, version);
  if (row === undefined || !isSameContent(candidate, row)) return undefined;
  return includeDeleted || !row.deleted ? row : undefined;
}

function isSameContent(candidate: Candidate, row: Row): boolean {
  return row.guid === candidate.guid && row.schemaType === candidate.schemaType;
}

/**
 * Whether a schema means a row that is not byte for byte the same: sent without the version property that the row has,
 * or sent with its references inlined (both observed).
 */
function standsFor(state: RegistryState, candidate: Candidate, row: Row, port: SchemaPort): boolean {
  if (candidate.schemaType !== row.schemaType) return false;
  const version = versionProperty(row.metadata);
  const ignoresVersion = version !== undefined && versionProperty(candidate.metadata) === undefined;
  const metadata = ignoresVersion ? withVersionProperty(candidate.metadata, version) : candidate.metadata;
  if (candidate.references.length > 0 || row.references.length === 0) {
    return ignoresVersion && withMetadata(candidate, metadata).guid === row.guid;
  }
  const { references: _references, ...content } = candidate;
  const asStored = withMetadata(withGuid({ ...content, schema: row.schema, references: row.references }), metadata);
  if (asStored.guid !== row.guid) return false;
  return port.equalsInlined(row.schemaType, candidate.schema, row.schema, resolveStored(state, row));
}

/**
 * `POST /subjects/{s}`: look up by content, in other contexts too. What is not found as it was sent is looked for once
 * more with the metadata and rules that a registration would give it.
 */
export function lookUp(
  state: RegistryState,
  name: string,
  request: RequestedSchema,
  includeDeleted: boolean,
  port: SchemaPort,
): Match | Refusal {
  const subject = canonicalSubject(name);
  for (const context of candidateNames(state, subject)) {
    const sent = isBlank(request) ? undefined : readSent(state, context, request, port);
    if (sent === undefined) continue;
    if (isRefusal(sent)) {
      if (context === subject) return sent;
      continue;
    }
    const match =
      matchContent(state, context, sent, { includeDeleted }, port) ??
      matchContent(state, context, asRegistered(state, context, sent), { includeDeleted }, port);
    if (match !== undefined) return match;
  }
  return hasSubject(state, subject, includeDeleted) ? schemaNotFound() : subjectNotFound(name);
}

/** With what the latest version and the config give to a schema that does not say it. */
function asRegistered(state: RegistryState, subject: string, sent: Candidate): Candidate {
  const latest = findLatest(state, subject);
  if (latest === undefined) return sent;
  const config = configInScope(state, subject);
  const metadata = mergeMetadata(
    mergeMetadata(configMetadata(config, 'defaultMetadata'), sent.metadata ?? latest.metadata),
    configMetadata(config, 'overrideMetadata'),
  );
  const ruleSet = sent.ruleSet ?? latest.ruleSet;
  const { guid: _guid, ...content } = sent;
  return withMetadata(withGuid({ ...content, ...(ruleSet === undefined ? {} : { ruleSet }) }), metadata);
}

/**
 * The same in one subject only and as it is sent; undefined when it is not there.
 *
 * @param made the request's candidate, where it was made already; an import's need not have names that resolve.
 */
export function lookUpIn(
  state: RegistryState,
  subject: string,
  request: RequestedSchema,
  options: LookUpOptions,
  port: SchemaPort,
  made?: Candidate | Refusal,
): Match | Refusal | undefined {
  if (isBlank(request)) return undefined;
  const sent = made ?? readSent(state, subject, request, port);
  return isRefusal(sent) ? sent : matchContent(state, subject, sent, options, port);
}

function readSent(
  state: RegistryState,
  subject: string,
  request: RequestedSchema,
  port: SchemaPort,
): Candidate | Refusal {
  const normalize = request.normalize === true || normalizes(configInScope(state, subject));
  return makeCandidate(state, subject, { ...request, normalize }, port, { deletedReferences: true, validate: true });
}
