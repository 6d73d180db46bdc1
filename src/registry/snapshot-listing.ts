/** Listings of subjects and of a subject's versions, complete or said to be incomplete. */
import { SrgitError } from '../errors.ts';
import { isJsonObject, type JsonValue } from '../model/json.ts';
import { DEFAULT_CONTEXT } from '../model/subject-name.ts';
import { versionPath, versionsPath } from './paths.ts';
import type { SnapshotReading } from './snapshot-types.ts';
import type { Query } from './types.ts';

/** Kinds that list subjects and versions without a limit (source: Confluent's default and maximum are INT_MAX). */
const UNLIMITED: ReadonlySet<string> = new Set(['confluent', 'confluent-cloud', 'srgit', 'karapace']);

/** Kinds that take the prefix `:*:` for every context. */
const KNOWS_WILDCARD: ReadonlySet<string> = new Set(['confluent', 'confluent-cloud', 'srgit']);

/** Lengths at which a listing may have been cut: Apicurio stopped at 1000 subjects and 500 versions without a word. */
const SUSPICIOUS_MULTIPLE = 100;

export interface SubjectListing {
  /** Qualified names, soft-deleted subjects included. */
  readonly all: ReadonlySet<string>;
  /** Those with at least one live version. */
  readonly live: ReadonlySet<string>;
}

export async function listSubjects(reading: SnapshotReading): Promise<SubjectListing> {
  const live = listSubjectNames(reading, false);
  if (!reading.capabilities.deleted) {
    const names = await live;
    return { all: names, live: names };
  }
  const [all, alive] = await Promise.all([listSubjectNames(reading, true), live]);
  // A subject registered between the two requests is in the second only.
  return { all: all.union(alive), live: alive };
}

/**
 * The subjects to begin with, when rows are read in bulk and listed once more afterwards: one request instead of two,
 * at the price of `live` being a guess.
 */
export async function listSubjectsOnce(reading: SnapshotReading): Promise<SubjectListing> {
  const names = await listSubjectNames(
    reading,
    reading.capabilities.deleted && reading.options.includeDeleted !== false,
  );
  return { all: names, live: names };
}

async function listSubjectNames(reading: SnapshotReading, deleted: boolean): Promise<ReadonlySet<string>> {
  const query: Query = {
    // The default there, said all the same. To a server that does not know it, it is a prefix no subject has.
    ...(KNOWS_WILDCARD.has(reading.capabilities.kind) ? { subjectPrefix: ':*:' } : {}),
    ...(deleted ? { deleted: true } : {}),
  };
  const call = 'GET /subjects';
  const page = async (paging: Query): Promise<readonly string[]> => {
    const answer = await reading.client.get('/subjects', { query: { ...query, ...paging }, signal: reading.signal });
    return readList(answer.body, call, (entry): entry is string => typeof entry === 'string');
  };
  const { items, complete } = await readWhole(reading, page);
  if (!complete) {
    addGap(reading, 'versions', undefined, `the registry stopped its list of subjects at exactly ${items.size}`);
  }
  return items;
}

/** Names of the contexts, default one included; only that where the registry has no others. */
export async function listContexts(reading: SnapshotReading): Promise<readonly string[]> {
  if (!reading.capabilities.contexts) return [DEFAULT_CONTEXT];
  if (reading.capabilities.contextNames !== undefined) return reading.capabilities.contextNames;
  const answer = await reading.client.get('/contexts', { signal: reading.signal, allow: [403, 404, 405] });
  if (!answer.ok) return [DEFAULT_CONTEXT];
  return readList(answer.body, 'GET /contexts', (entry): entry is string => typeof entry === 'string');
}

/** The versions of a subject; undefined when it has none (any more). */
export async function listVersions(
  reading: SnapshotReading,
  subject: string,
  deleted: boolean,
  signal: AbortSignal,
): Promise<ReadonlySet<number> | undefined> {
  const path = versionsPath(subject);
  const shown: Query = deleted ? { deleted: true } : {};
  let missing = false;
  const page = async (paging: Query): Promise<readonly number[]> => {
    const answer = await reading.client.get(path, { query: { ...shown, ...paging }, signal, allow: [404] });
    missing = !answer.ok;
    return answer.ok ? readList(answer.body, `GET ${path}`, (entry): entry is number => Number.isInteger(entry)) : [];
  };
  const first = new Set(await page({}));
  if (missing) return undefined;
  return mayBeCut(reading, first.size) ? findUnlisted(reading, subject, first, shown, signal) : first;
}

/**
 * Asks for each version that a listing of a suspicious length lacks. Apicurio 3.3.3 stops at 500 versions and answers
 * an empty list for what should follow (observed), so that paging proves nothing.
 */
async function findUnlisted(
  reading: SnapshotReading,
  subject: string,
  listed: ReadonlySet<number>,
  shown: Query,
  signal: AbortSignal,
): Promise<ReadonlySet<number>> {
  const latest = await reading.client.get(versionPath(subject, 'latest'), { signal, allow: [404] });
  const highest = isJsonObject(latest.body) ? Number(latest.body['version']) : 0;
  const found = new Set(listed);
  for (let version = 1; ; version++) {
    if (found.has(version)) continue;
    const answer = await reading.client.get(versionPath(subject, version), { query: shown, signal, allow: [404] });
    if (isJsonObject(answer.body) && answer.body['version'] === version) found.add(version);
    else if (version > highest && version > found.size) return found;
  }
}

/**
 * A first request with no paging; when its length looks like a limit, more pages until an empty one. A server that
 * gives the same entries again ignores `offset`: whether it stopped cannot be told.
 */
async function readWhole<T>(
  reading: SnapshotReading,
  page: (paging: Query) => Promise<readonly T[]>,
): Promise<{ readonly items: ReadonlySet<T>; readonly complete: boolean }> {
  const first = await page({});
  const items = new Set(first);
  if (!mayBeCut(reading, first.length)) return { items, complete: true };
  for (;;) {
    const more = await page({ offset: items.size, limit: first.length });
    if (more.length === 0) return { items, complete: true };
    const before = items.size;
    for (const item of more) items.add(item);
    if (items.size === before) return { items, complete: false };
  }
}

function mayBeCut({ capabilities }: SnapshotReading, length: number): boolean {
  return !UNLIMITED.has(capabilities.kind) && length > 0 && length % SUSPICIOUS_MULTIPLE === 0;
}

/** Adds a gap once. */
export function addGap(
  reading: SnapshotReading,
  what: 'config' | 'mode' | 'deleted' | 'versions',
  where: string | undefined,
  why: string,
): void {
  if (reading.gaps.some((gap) => gap.what === what && gap.where === where && gap.why === why)) return;
  reading.gaps.push({ what, ...(where === undefined ? {} : { where }), why });
}

function readList<T extends JsonValue>(
  body: JsonValue | undefined,
  call: string,
  isEntry: (entry: JsonValue) => entry is T,
): readonly T[] {
  if (Array.isArray(body)) {
    const entries: readonly JsonValue[] = body;
    if (entries.every(isEntry)) return entries;
  }
  // A listing of nothing is `null` from some servers written in Go.
  if (body === null) return [];
  throw new SrgitError('SRGIT_REGISTRY_BAD_ANSWER', `${call} gave an answer that is no list`, {
    hint: 'check that the URL is that of a schema registry and that nothing in between changes its answers',
  });
}
