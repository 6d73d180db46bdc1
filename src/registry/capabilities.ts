/**
 * What a registry is and can do, found out by asking: five or six requests. Nothing is concluded from a version
 * number but that a Confluent registry from 8.0 on shows guids, where it has no row yet to show one.
 */
import { SrgitError } from '../errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../model/json.ts';
import type { RegistryKind } from '../model/registry-snapshot.ts';
import { ABSENT_SUBJECT, levelPath } from './paths.ts';
import { readRow } from './snapshot-row.ts';
import { TextSpill } from './text-spill.ts';
import type { CallOptions, RegistryAnswer, RegistryCapabilities, RegistryClient } from './types.ts';

export interface ProbeOptions {
  readonly signal?: AbortSignal | undefined;
  /** Host of the registry's URL: Confluent Cloud is known by its domain. */
  readonly host?: string | undefined;
  /**
   * GET of a path from the server's root rather than the base URL. With it Apicurio tells its version
   * (`/apis/registry/v3/system/info`).
   */
  readonly probeAbsolute?: ((path: string) => Promise<RegistryAnswer>) | undefined;
}

/** Answers that only mean "not here": a proxy or a server without the resource. */
const ABSENT = [400, 403, 404, 405, 406, 501] as const;
const CLOUD_DOMAIN = '.confluent.cloud';

/**
 * Throws SRGIT_REGISTRY_NOT_A_REGISTRY when nothing at the URL answers as a registry, and what the client throws when
 * it cannot be reached or does not let us in.
 */
export async function probeCapabilities(
  client: RegistryClient,
  options: ProbeOptions = {},
): Promise<RegistryCapabilities> {
  const get = (
    path: string,
    query?: CallOptions['query'],
    allow: readonly number[] = ABSENT,
  ): Promise<RegistryAnswer> =>
    client.get(path, { ...(query === undefined ? {} : { query }), signal: options.signal, allow });
  const metadata = await get('/v1/metadata/version');
  const contexts = await get('/contexts');
  const listing = await get('/schemas', { subjectPrefix: ':*:', deleted: true, limit: 1 });
  const rows = listing.ok && Array.isArray(listing.body) ? listing.body : undefined;
  if (!metadata.ok && !contexts.ok && rows === undefined) await requireSubjects(get);

  const identity = await identify({ metadata, contexts, rows, get, options });
  const bulk = isCompleteBulk(identity, rows);
  const told = identity.version !== undefined && TELLS_UNSET.has(identity.kind);
  const settings = told ? ALWAYS_TOLD : await probeSettings(identity, get);
  const names =
    contexts.ok && Array.isArray(contexts.body) ? contexts.body.filter((name) => typeof name === 'string') : [];
  return {
    ...identity,
    bulk: bulk ? 'complete' : 'none',
    bulkPaged: bulk && (rows?.length ?? 0) <= 1,
    guids: showsGuids(identity, rows),
    contexts: names.includes('.'),
    ...(names.includes('.') ? { contextNames: names } : {}),
    // Every registry seen lists soft-deleted rows on request; one that ignores `deleted` shows live ones only.
    deleted: true,
    ...settings,
  };
}

type Settings = Pick<RegistryCapabilities, 'modes' | 'subjectConfig'>;

/** Where Confluent tells its version (7 and newer), a level that sets nothing has an error code of its own. */
const TELLS_UNSET: ReadonlySet<RegistryKind> = new Set<RegistryKind>(['confluent', 'confluent-cloud', 'srgit']);
const ALWAYS_TOLD: Settings = { modes: 'per-subject', subjectConfig: 'explicit' };

type Get = (path: string, query?: CallOptions['query'], allow?: readonly number[]) => Promise<RegistryAnswer>;

async function probeSettings({ kind }: Identity, get: Get): Promise<Settings> {
  const config = await get(levelPath('config', ABSENT_SUBJECT), undefined, [...ABSENT, 401]);
  // Karapace has modes for the whole registry only.
  const mode =
    kind === 'karapace' ? undefined : await get(levelPath('mode', ABSENT_SUBJECT), undefined, [...ABSENT, 401]);
  return {
    modes: mode !== undefined && tellsUnset(mode) ? 'per-subject' : 'none',
    // Apicurio answers NONE for a subject that sets nothing and 40401 for one that does not exist (observed, 2.6 and 3.3).
    subjectConfig: kind !== 'apicurio' && tellsUnset(config) ? 'explicit' : 'filled',
  };
}

interface Identity {
  readonly kind: RegistryKind;
  readonly version?: string;
}

interface Evidence {
  readonly metadata: RegistryAnswer;
  readonly contexts: RegistryAnswer;
  readonly rows: readonly JsonValue[] | undefined;
  readonly get: (path: string) => Promise<RegistryAnswer>;
  readonly options: ProbeOptions;
}

async function identify({ metadata, contexts, rows, get, options }: Evidence): Promise<Identity> {
  const about = metadata.ok && isJsonObject(metadata.body) ? metadata.body : {};
  const version = text(about, 'version');
  if (about['implementation'] === 'srgit') return named('srgit', version);
  if (options.host?.toLowerCase().endsWith(CLOUD_DOMAIN) === true) return named('confluent-cloud', version);
  if (version !== undefined) return named('confluent', version);
  // Apicurio's ccompat API has one context and gives it a name that no other server does.
  if (contexts.ok && Array.isArray(contexts.body) && contexts.body.includes(':.:')) {
    return named('apicurio', await askApicurioVersion(options));
  }
  if (metadata.headers['server']?.startsWith('Seastar') === true) return named('redpanda', undefined);
  if (rows === undefined) return named('unknown', undefined);
  const cluster = await get('/v1/metadata/id');
  if (cluster.ok && isJsonObject(cluster.body) && isJsonObject(cluster.body['scope'] ?? null)) {
    return named('confluent', undefined);
  }
  if (contexts.ok) return named('unknown', undefined);
  const health = await get('/_health');
  const karapace = health.ok && isJsonObject(health.body) ? health.body : undefined;
  if (karapace === undefined) return named('unknown', undefined);
  const shaped = Object.keys(karapace).some((key) => key === 'karapace_version' || key === 'process_uptime_sec');
  return shaped ? named('karapace', text(karapace, 'karapace_version')) : named('unknown', undefined);
}

async function askApicurioVersion({ probeAbsolute }: ProbeOptions): Promise<string | undefined> {
  if (probeAbsolute === undefined) return undefined;
  for (const path of ['/apis/registry/v3/system/info', '/apis/registry/v2/system/info']) {
    const answer = await probeAbsolute(path);
    if (answer.ok && isJsonObject(answer.body)) return text(answer.body, 'version');
  }
  return undefined;
}

/** Kinds whose `GET /schemas` has the whole registry; a malformed row in it is then an error that names the row. */
const WHOLE_LISTING: ReadonlySet<RegistryKind> = new Set(['confluent', 'confluent-cloud', 'srgit']);
/** Karapace's listing honours neither `deleted` nor a prefix (read in its source), Apicurio's rows have no subject. */
const NO_LISTING: ReadonlySet<RegistryKind> = new Set(['karapace', 'apicurio']);

/**
 * Whether `GET /schemas` can be trusted with the whole registry. Of an unknown server an empty answer proves nothing:
 * it may have taken `:*:` for a prefix that no subject has.
 */
function isCompleteBulk({ kind }: Identity, rows: readonly JsonValue[] | undefined): boolean {
  if (rows === undefined || NO_LISTING.has(kind)) return false;
  if (WHOLE_LISTING.has(kind)) return true;
  const row = rows[0];
  return (
    row !== undefined &&
    isJsonObject(row) &&
    typeof row['subject'] === 'string' &&
    typeof row['version'] === 'number' &&
    typeof row['id'] === 'number'
  );
}

function showsGuids({ kind, version }: Identity, rows: readonly JsonValue[] | undefined): boolean {
  const row = rows?.[0];
  if (row === undefined) {
    return kind === 'srgit' || (kind === 'confluent' && Number.parseInt(version ?? '', 10) >= 8);
  }
  if (!isJsonObject(row) || typeof row['guid'] !== 'string') return false;
  if (kind === 'confluent' || kind === 'confluent-cloud' || kind === 'srgit') return true;
  // Others have put values of their own there.
  return !readRow(row, 'GET /schemas', new TextSpill()).guidDiffers;
}

/**
 * 40408 and 40409 (40401 from older servers), and a refusal to look: the reading then records what it may not see.
 * A bare 404 is a server without the resource; Apicurio 2.6 gives it the error_code 0.
 */
function tellsUnset({ status, errorCode = 0 }: RegistryAnswer): boolean {
  return status === 401 || status === 403 || (status === 404 && errorCode > 40400 && errorCode < 40500);
}

async function requireSubjects(get: (path: string) => Promise<RegistryAnswer>): Promise<void> {
  const subjects = await get('/subjects');
  if (subjects.ok && Array.isArray(subjects.body)) return;
  if (subjects.status === 403) {
    throw new SrgitError('SRGIT_REGISTRY_FORBIDDEN', 'the registry lets this user not list its subjects (HTTP 403)', {
      hint: 'Give the user of this registry’s `auth` settings the right to read subjects.',
      details: { status: subjects.status },
    });
  }
  throw new SrgitError(
    'SRGIT_REGISTRY_NOT_A_REGISTRY',
    `nothing at this URL answers as a schema registry (GET /subjects: HTTP ${subjects.status})`,
    {
      hint: "Give the registry's base URL: for Confluent, Redpanda and Karapace usually the server's root, for Apicurio …/apis/ccompat/v7",
      details: { status: subjects.status },
    },
  );
}

function named(kind: RegistryKind, version: string | undefined): Identity {
  return version === undefined ? { kind } : { kind, version };
}

function text(object: JsonObject, key: string): string | undefined {
  const value = object[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
