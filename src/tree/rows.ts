/** Rows of a registry as entries of metadata.json, and back. */
import type { JsonObject, JsonValue } from '../model/json.ts';
import { isJsonObject } from '../model/json.ts';
import type { LevelSettings, SubjectState } from '../model/registry-snapshot.ts';
import type { ConfigRecord, Metadata, SchemaType, SchemaVersion } from '../model/schema-version.ts';
import { sha256Of } from '../model/text-bytes.ts';
import type { GlobalConfigDocument, MetadataDocument, VersionDocument } from './documents.ts';
import { parseVersionFileName, versionFileName } from './layout.ts';

/** What stands in git for the value of a metadata property that the registry lists as sensitive. */
export const REDACTED = '<sensitive>';

export interface FormatRowOptions {
  /** Write the values of sensitive metadata properties as they are. */
  readonly includeSensitive: boolean;
}

/** metadata.json of a subject. Member order is fixed, free-form objects are sorted: same state, same bytes. */
export function toMetadataDocument(
  context: string,
  subject: SubjectState,
  pending: readonly VersionDocument[],
  options: FormatRowOptions,
): MetadataDocument {
  const latest = subject.versions.at(-1);
  const versions = [...subject.versions.map((row) => toVersionDocument(row, options)), ...pending];
  return {
    subject: subject.name,
    context,
    ...(latest ? { schema_type: latest.schemaType } : {}),
    ...toConfigDocument(subject.config),
    ...(subject.mode === undefined ? {} : { mode: subject.mode }),
    versions: versions.sort((a, b) => a.version - b.version),
  };
}

function toVersionDocument(row: SchemaVersion, options: FormatRowOptions): VersionDocument {
  const metadata = options.includeSensitive ? row.metadata : redactMetadata(row.metadata);
  return {
    version: row.version,
    id: row.id,
    guid: row.guid,
    schema_file: versionFileName(row.version, row.schemaType),
    schema_type: row.schemaType,
    ...(row.references.length > 0
      ? { references: row.references.map(({ name, subject, version }) => ({ name, subject, version })) }
      : {}),
    ...(metadata === undefined ? {} : { metadata: sortKeys(metadata as JsonObject) as Metadata }),
    ...(row.ruleSet === undefined
      ? {}
      : { ruleSet: sortKeys(row.ruleSet as JsonValue) as NonNullable<typeof row.ruleSet> }),
    ...(row.deleted ? { deleted: true } : {}),
    ...(row.registeredAt === undefined ? {} : { registered_at: new Date(row.registeredAt).toISOString() }),
    sha256: row.sha256 ?? sha256Of(row.schema),
  };
}

/** A registered entry and its text as a row again. */
export function fromVersionDocument(document: VersionDocument & RegisteredFields, text: string): SchemaVersion {
  return {
    version: document.version,
    id: document.id,
    guid: document.guid,
    schemaType: schemaTypeOf(document),
    schema: text,
    references: document.references ?? [],
    ...(document.metadata === undefined ? {} : { metadata: document.metadata }),
    ...(document.ruleSet === undefined ? {} : { ruleSet: document.ruleSet }),
    deleted: document.deleted ?? false,
    ...(document.registered_at === undefined ? {} : { registeredAt: Date.parse(document.registered_at) }),
  };
}

interface RegisteredFields {
  readonly id: number;
  readonly guid: string;
  readonly sha256: string;
}

/** True for an entry of a version that a registry has: it carries id, guid and sha256 (the file's schema sees to it). */
export function isRegistered(document: VersionDocument): document is VersionDocument & RegisteredFields {
  return document.id !== undefined && document.guid !== undefined && document.sha256 !== undefined;
}

/** The type an entry states, else that of its file's extension; AVRO where neither tells, as registries assume. */
export function schemaTypeOf(document: VersionDocument): SchemaType {
  return document.schema_type ?? parseVersionFileName(document.schema_file)?.schemaType ?? 'AVRO';
}

export function isRedacted(metadata: Metadata | undefined): boolean {
  return (metadata?.sensitive ?? []).some((name) => metadata?.properties?.[name] === REDACTED);
}

function redactMetadata(metadata: Metadata | undefined): Metadata | undefined {
  const sensitive = new Set(metadata?.sensitive ?? []);
  if (metadata?.properties === undefined || sensitive.size === 0) return metadata;
  const properties = Object.fromEntries(
    Object.entries(metadata.properties).map(([name, value]) => [name, sensitive.has(name) ? REDACTED : value]),
  );
  return { ...metadata, properties };
}

export function toConfigDocument(config: ConfigRecord | undefined): GlobalConfigDocument {
  if (!config) return {};
  return {
    ...(config.compatibility === undefined ? {} : { compatibility: config.compatibility }),
    ...(Object.keys(config.fields).length === 0 ? {} : { config: sortKeys(config.fields) }),
  };
}

/** Config and mode of a level from its file; a level that sets nothing has neither. */
export function fromConfigDocument(document: GlobalConfigDocument & { readonly mode?: string }): LevelSettings {
  const hasConfig = document.compatibility !== undefined || document.config !== undefined;
  return {
    ...(hasConfig
      ? {
          config: {
            ...(document.compatibility === undefined ? {} : { compatibility: document.compatibility }),
            fields: document.config ?? {},
          },
        }
      : {}),
    ...(document.mode === undefined ? {} : { mode: document.mode }),
  };
}

function sortKeys<T extends JsonValue>(value: T): T;
function sortKeys(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => sortKeys(item));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, member]) => [key, sortKeys(member)]),
  );
}
