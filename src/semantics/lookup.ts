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

/** The version of a subject that holds this content, or content that this stands for. */
function matchContent(
  state: RegistryState,
  subject: string,
  candidate: Candidate,
  includeDeleted: boolean,
  port: SchemaPort,
): Match | undefined {
  const indexed = matchIndexed(state, subject, candidate, includeDeleted);
  if (indexed !== undefined) return { row: indexed, loose: false };
  const rows = (state.subjects.get(subject)?.rows ?? []).filter((row) => includeDeleted || !row.deleted);
  const compared = rows.findLast((row) => isSameContent(candidate, row) || standsFor(state, candidate, row, port));
  if (compared !== undefined) return { row: compared, loose: true };
  // Last, metadata is taken from the latest version when the request has none (observed).
  const latest = findLatest(state, subject);
  if (candidate.metadata !== undefined || latest?.metadata === undefined) return undefined;
  const inherited = matchIndexed(state, subject, withMetadata(candidate, latest.metadata), includeDeleted);
  return inherited === undefined ? undefined : { row: inherited, loose: false };
}

/** The version that holds the very content. */
export function matchExactly(state: RegistryState, subject: string, candidate: Candidate): Row | undefined {
  const indexed = matchIndexed(state, subject, candidate, false);
  if (indexed !== undefined) return indexed;
  return state.subjects.get(subject)?.rows.findLast((row) => !row.deleted && isSameContent(candidate, row));
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

/** `POST /subjects/{s}`: look up by content, in other contexts too. Metadata defaults and overrides are applied first. */
export function lookUp(
  state: RegistryState,
  name: string,
  request: RequestedSchema,
  includeDeleted: boolean,
  port: SchemaPort,
): Match | Refusal {
  const subject = canonicalSubject(name);
  for (const context of candidateNames(state, subject)) {
    const match = lookUpIn(state, context, request, includeDeleted, port);
    if (match !== undefined && (!isRefusal(match) || context === subject)) return match;
  }
  return hasSubject(state, subject, includeDeleted) ? schemaNotFound() : subjectNotFound(name);
}

/**
 * The same in one subject only; undefined when it is not there.
 *
 * @param made the request's candidate, where it was made already; an import's need not have names that resolve.
 */
export function lookUpIn(
  state: RegistryState,
  subject: string,
  request: RequestedSchema,
  includeDeleted: boolean,
  port: SchemaPort,
  made?: Candidate | Refusal,
): Match | Refusal | undefined {
  if (isBlank(request)) return undefined;
  const config = configInScope(state, subject);
  const normalize = request.normalize === true || normalizes(config);
  const sent =
    made ??
    makeCandidate(state, subject, { ...request, normalize }, port, {
      deletedReferences: true,
      validate: true,
    });
  if (isRefusal(sent)) return sent;
  const merged = mergeMetadata(
    mergeMetadata(configMetadata(config, 'defaultMetadata'), sent.metadata),
    configMetadata(config, 'overrideMetadata'),
  );
  return matchContent(state, subject, withMetadata(sent, merged), includeDeleted, port);
}
