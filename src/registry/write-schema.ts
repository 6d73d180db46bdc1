/** Registering and deleting versions, each a thin function that ends with a known outcome. */
import { SrgitError } from '../errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../model/json.ts';
import type { SchemaContent } from '../model/schema-version.ts';
import { versionPath, versionsPath } from './paths.ts';
import { encodeSegment } from './request-target.ts';
import { settleWrite, type WriteOptions } from './settle-write.ts';
import type { RegistryClient } from './types.ts';

/** A version as the registry shows it: what its identity is told by. */
export interface ShownVersion {
  readonly id: number;
  readonly version: number;
  /** Text as stored. */
  readonly schema: string;
  /** Absent where the server does not tell. */
  readonly guid?: string;
  readonly deleted?: boolean;
}

export interface RegisteredVersion {
  readonly id: number;
  /** Absent where the answer has no version: registries before Confluent 8 answer the id alone. */
  readonly version?: number;
  readonly guid?: string;
}

/** A registration; with `id` and `version` an import, which needs IMPORT mode. */
export interface RegisterRequest extends SchemaContent {
  /** Qualified. */
  readonly subject: string;
  readonly id?: number;
  /** Never without `id`: outside IMPORT it would add a property to the metadata, and change the identity. */
  readonly version?: number;
}

const ABSENT = [404] as const;

/**
 * `POST /subjects/{s}/versions`. An import of the same row again is answered and not written (Confluent 8.3.1), a post
 * of a known content too; all the same it is looked first when an outcome is unknown: older servers refuse repeats.
 *
 * @throws SRGIT_REGISTRY_CONFLICT when, after an unknown outcome, another schema has the version.
 */
export function registerVersion(
  client: RegistryClient,
  request: RegisterRequest,
  options: WriteOptions = {},
): Promise<RegisteredVersion> {
  const { subject, id, version } = request;
  return settleWrite(
    {
      send: async () => {
        const { body } = await client.send('POST', versionsPath(subject), { body: registerBody(request) });
        return readRegistered(body, `POST ${versionsPath(subject)}`);
      },
      look: async () => {
        if (id === undefined || version === undefined) return lookUpSchema(client, subject, request);
        const found = await readVersion(client, subject, version);
        if (found === undefined) return undefined;
        if (found.id === id) return { id, version, ...(found.guid === undefined ? {} : { guid: found.guid }) };
        // Sent again, it would take that version's place without a word.
        throw new SrgitError(
          'SRGIT_REGISTRY_CONFLICT',
          `${subject} version ${version} has id ${found.id} in the registry by now, not ${id}`,
          { hint: 'Somebody else writes to this registry: plan again.', details: { subject, version } },
        );
      },
    },
    options,
  );
}

/** `GET /subjects/{s}/versions/{v}?deleted=true`; undefined when there is no such version, soft-deleted or not. */
export async function readVersion(
  client: RegistryClient,
  subject: string,
  version: number,
  signal?: AbortSignal,
): Promise<ShownVersion | undefined> {
  const path = versionPath(subject, version);
  const { ok, body } = await client.get(path, { query: { deleted: true }, allow: ABSENT, signal });
  // Registries look for an unqualified subject in every context and may answer from another one.
  return ok ? readShown(body, subject, `GET ${path}`) : undefined;
}

/** `POST /subjects/{s}`: the live version of a subject that has this content; undefined when there is none. */
export async function lookUpSchema(
  client: RegistryClient,
  subject: string,
  content: SchemaContent,
  signal?: AbortSignal,
): Promise<ShownVersion | undefined> {
  const path = `/subjects/${encodeSegment(subject)}`;
  const { ok, body } = await client.send('POST', path, {
    body: contentBody(content),
    idempotent: true,
    allow: ABSENT,
    signal,
  });
  return ok ? readShown(body, subject, `POST ${path}`) : undefined;
}

/** `GET /subjects/{s}/versions`, with `deleted` the soft-deleted ones too; none when there is no such subject. */
export async function listVersionNumbers(
  client: RegistryClient,
  subject: string,
  options: { readonly deleted: boolean; readonly signal?: AbortSignal | undefined },
): Promise<readonly number[]> {
  const { deleted, signal } = options;
  const { ok, body } = await client.get(versionsPath(subject), {
    query: { deleted: deleted || undefined },
    allow: ABSENT,
    signal,
  });
  const list: readonly JsonValue[] = ok && Array.isArray(body) ? body : [];
  return list.filter((entry) => typeof entry === 'number');
}

/** `DELETE /subjects/{s}/versions/{v}`. One that is deleted so already is done. */
export function deleteVersion(
  client: RegistryClient,
  target: { readonly subject: string; readonly version: number; readonly permanent: boolean },
  options: WriteOptions = {},
): Promise<true> {
  const { subject, version, permanent } = target;
  return settleWrite<true>(
    {
      send: async () => {
        await client.send('DELETE', versionPath(subject, version), {
          query: { permanent: permanent || undefined },
          // Soft-deleted already; gone already.
          allow: permanent ? [40401, 40402] : [40404, 40406],
        });
        return true;
      },
      look: async () => ((await isVersionDeleted(client, subject, version, permanent)) ? true : undefined),
    },
    options,
  );
}

async function isVersionDeleted(
  client: RegistryClient,
  subject: string,
  version: number,
  permanent: boolean,
): Promise<boolean> {
  const found = await readVersion(client, subject, version);
  if (permanent) return found === undefined;
  if (found?.deleted !== undefined) return found.deleted;
  // Older servers do not say which versions are soft-deleted: those that the plain listing lacks are.
  return found !== undefined && !(await listVersionNumbers(client, subject, { deleted: false })).includes(version);
}

/** `DELETE /subjects/{s}`: all its versions. One that is deleted so already is done. */
export function deleteSubject(
  client: RegistryClient,
  target: { readonly subject: string; readonly permanent: boolean },
  options: WriteOptions = {},
): Promise<true> {
  const { subject, permanent } = target;
  return settleWrite<true>(
    {
      send: async () => {
        await client.send('DELETE', `/subjects/${encodeSegment(subject)}`, {
          query: { permanent: permanent || undefined },
          allow: permanent ? [40401] : [40404],
        });
        return true;
      },
      look: async () =>
        (await listVersionNumbers(client, subject, { deleted: permanent })).length === 0 ? true : undefined,
    },
    options,
  );
}

function registerBody(request: RegisterRequest): JsonObject {
  const { id, version } = request;
  return {
    ...contentBody(request),
    ...(id === undefined ? {} : { id }),
    ...(version === undefined ? {} : { version }),
  };
}

/** A type that is not said is AVRO, for every registry there ever was. */
function contentBody({ schemaType, schema, references, metadata, ruleSet }: SchemaContent): JsonObject {
  return {
    schema,
    ...(schemaType === 'AVRO' ? {} : { schemaType }),
    ...(references.length === 0
      ? {}
      : { references: references.map(({ name, subject, version }) => ({ name, subject, version })) }),
    ...(metadata === undefined ? {} : { metadata: metadata as JsonObject }),
    ...(ruleSet === undefined ? {} : { ruleSet: ruleSet as JsonValue }),
  };
}

function readRegistered(body: JsonValue | undefined, call: string): RegisteredVersion {
  const id = isJsonObject(body) ? body['id'] : undefined;
  if (!isJsonObject(body) || typeof id !== 'number') throw badAnswer(call);
  const { version, guid } = body;
  return {
    id,
    ...(typeof version === 'number' ? { version } : {}),
    ...(typeof guid === 'string' ? { guid } : {}),
  };
}

function readShown(body: JsonValue | undefined, subject: string, call: string): ShownVersion | undefined {
  if (!isJsonObject(body)) throw badAnswer(call);
  const { id, version, schema, guid, deleted } = body;
  if (typeof body['subject'] === 'string' && body['subject'] !== subject) return undefined;
  if (typeof id !== 'number' || typeof version !== 'number' || typeof schema !== 'string') throw badAnswer(call);
  return {
    id,
    version,
    schema,
    ...(typeof guid === 'string' ? { guid } : {}),
    ...(typeof deleted === 'boolean' ? { deleted } : {}),
  };
}

/** Of a write it means that it is not known whether it was done. */
function badAnswer(call: string): SrgitError {
  return new SrgitError('SRGIT_REGISTRY_BAD_ANSWER', `${call} gave an answer without id, version or schema`, {
    hint: 'Check that the URL is that of a schema registry and that nothing in between changes its answers.',
    details: { outcome: 'unknown' },
  });
}
