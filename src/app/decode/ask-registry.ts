/** Asks a live registry for the schema of one record, and for nothing more: what it is built on comes with it. */
import { isJsonObject, type JsonValue } from '../../model/json.ts';
import type { RegistrySnapshot } from '../../model/registry-snapshot.ts';
import type { SchemaVersion } from '../../model/schema-version.ts';
import { contextSubject, DEFAULT_CONTEXT, parseSubjectName } from '../../model/subject-name.ts';
import type { Frame } from '../../records/decode-frame.ts';
import { mapConcurrent } from '../../registry/map-concurrent.ts';
import { versionPath } from '../../registry/paths.ts';
import { encodeSegment } from '../../registry/request-target.ts';
import { readRow } from '../../registry/snapshot-row.ts';
import { TextSpill } from '../../registry/text-spill.ts';
import type { RegistryCapabilities, RegistryClient } from '../../registry/types.ts';
import { canonicalSubject, referencedSubject } from '../../semantics/names.ts';

export interface AskSchemaOptions {
  readonly client: RegistryClient;
  readonly capabilities: RegistryCapabilities;
  readonly frame: Pick<Frame, 'id' | 'guid' | 'kind'>;
  /** The only context to ask. */
  readonly context?: string | undefined;
  readonly subject?: string | undefined;
  readonly version?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Wanted {
  readonly subject: string;
  readonly version: number | 'latest';
}

const AT_ONCE = 8;
/** Subjects of one id that are read: they all have the same text. */
const MOST_PLACES = 20;
/** Schemas that one is built on, however deep. */
const MOST_REFERENCES = 1000;
/** Not there, or a resource that this registry does not have. */
const ABSENT = [400, 404, 405, 422, 500, 501];

/**
 * The rows that the frame's id, or the subject, stands for, as a snapshot of nothing else.
 *
 * @throws SrgitError of the registry.
 */
export async function askForSchema(options: AskSchemaOptions): Promise<RegistrySnapshot> {
  const { client, capabilities, subject, version, signal } = options;
  const texts = new TextSpill();
  const rows = new Map<string, { readonly subject: string; readonly row: SchemaVersion }>();
  const asked = new Set<string>();
  let wanted: readonly Wanted[] =
    subject === undefined
      ? await placesOf(options)
      : [{ subject: canonicalSubject(subject), version: version === undefined || version < 0 ? 'latest' : version }];
  while (wanted.length > 0 && asked.size < MOST_REFERENCES) {
    const fetched = await mapConcurrent(
      wanted,
      AT_ONCE,
      async (each, stop) => {
        const path = versionPath(each.subject, each.version);
        const query = each.version === 'latest' || !capabilities.deleted ? {} : { deleted: true };
        const { ok, body } = await client.get(path, { query, allow: ABSENT, signal: stop });
        if (!ok) return [];
        const { content, deleted } = readRow(body, path, texts);
        return 'message' in content ? [] : [{ subject: each.subject, row: content.withDeleted(deleted ?? false) }];
      },
      signal,
    );
    const next = new Map<string, Wanted>();
    for (const found of fetched.flat()) {
      rows.set(keyOf({ subject: found.subject, version: found.row.version }), found);
      for (const reference of found.row.references) {
        const target = { subject: referencedSubject(found.subject, reference.subject), version: reference.version };
        const key = keyOf(target);
        if (asked.has(key) || rows.has(key)) continue;
        asked.add(key);
        next.set(key, target);
      }
    }
    wanted = [...next.values()];
  }
  return snapshotOf([...rows.values()], capabilities);
}

/** Where the frame's id is registered, context by context. */
async function placesOf({ client, capabilities, frame, context, signal }: AskSchemaOptions): Promise<Wanted[]> {
  const get = async (
    path: string,
    query: Readonly<Record<string, string | boolean>>,
  ): Promise<readonly JsonValue[]> => {
    const { ok, body } = await client.get(path, { query, allow: ABSENT, signal });
    return ok && Array.isArray(body) ? (body as readonly JsonValue[]) : [];
  };
  const contexts = context === undefined ? (capabilities.contextNames ?? [DEFAULT_CONTEXT]) : [context];
  let ids: readonly { readonly context: string; readonly id: number }[] = [];
  if (frame.id !== undefined) {
    const { id } = frame;
    ids = contexts.map((each) => ({ context: each, id }));
  } else if (frame.guid !== undefined && frame.kind !== 'glue') {
    const listed = await get(`/schemas/guids/${encodeSegment(frame.guid)}/ids`, {});
    ids = listed.flatMap((entry) => {
      if (!isJsonObject(entry) || typeof entry['id'] !== 'number') return [];
      const home = typeof entry['context'] === 'string' ? entry['context'] : DEFAULT_CONTEXT;
      return context === undefined || context === home ? [{ context: home, id: entry['id'] }] : [];
    });
  }
  const places = await mapConcurrent(ids, AT_ONCE, async ({ context: home, id }) => {
    const hint = home === DEFAULT_CONTEXT ? {} : { subject: contextSubject(home) };
    const deleted = capabilities.deleted ? { deleted: true } : {};
    const listed = await get(`/schemas/ids/${id}/versions`, { ...hint, ...deleted });
    return listed.slice(0, MOST_PLACES).flatMap((entry) => {
      if (!isJsonObject(entry)) return [];
      const { subject, version } = entry;
      return typeof subject === 'string' && typeof version === 'number' ? [{ subject, version }] : [];
    });
  });
  return [...new Map(places.flat().map((place) => [keyOf(place), place])).values()];
}

function keyOf({ subject, version }: Wanted): string {
  return `${version} ${subject}`;
}

function snapshotOf(
  rows: readonly { readonly subject: string; readonly row: SchemaVersion }[],
  { kind, version }: RegistryCapabilities,
): RegistrySnapshot {
  const contexts = new Map<string, Map<string, SchemaVersion[]>>();
  for (const { subject: qualified, row } of rows) {
    const { context, subject } = parseSubjectName(qualified);
    const subjects = contexts.get(context) ?? new Map<string, SchemaVersion[]>();
    contexts.set(context, subjects);
    subjects.set(subject, [...(subjects.get(subject) ?? []), row]);
  }
  return {
    registry: { kind, ...(version === undefined ? {} : { version }) },
    contexts: [...contexts].map(([name, subjects]) => ({
      name,
      subjects: [...subjects].map(([subject, versions]) => ({
        name: subject,
        versions: versions.sort((a, b) => a.version - b.version),
      })),
    })),
    global: {},
    gaps: [],
  };
}
