/** Metadata and rule sets as a registry holds them: normal form, merging with a config's, the version property. */
import type { JsonObject, JsonValue } from '../model/json.ts';
import { isJsonObject } from '../model/json.ts';
import type { ConfigRecord, Metadata } from '../model/schema-version.ts';

/** The property a registry adds to a schema that was registered for a given version number (observed). */
const VERSION_PROPERTY = 'confluent:version';

/** The same metadata with keys and sets sorted, as the server keeps and answers it. */
export function normalMetadata(metadata: Metadata): Metadata {
  return {
    ...(metadata.tags === undefined
      ? {}
      : { tags: sortedRecord(metadata.tags, (values) => [...new Set(values)].sort()) }),
    ...(metadata.properties === undefined ? {} : { properties: sortedRecord(metadata.properties, (value) => value) }),
    ...(metadata.sensitive === undefined ? {} : { sensitive: [...new Set(metadata.sensitive)].sort() }),
  };
}

/** Both, the second one winning where they name the same thing; undefined when there is neither. */
export function mergeMetadata(base: Metadata | undefined, over: Metadata | undefined): Metadata | undefined {
  if (base === undefined) return over;
  if (over === undefined) return base;
  const tags = { ...base.tags, ...over.tags };
  const properties = { ...base.properties, ...over.properties };
  const sensitive = [...(base.sensitive ?? []), ...(over.sensitive ?? [])];
  return normalMetadata({
    ...(base.tags === undefined && over.tags === undefined ? {} : { tags }),
    ...(base.properties === undefined && over.properties === undefined ? {} : { properties }),
    ...(base.sensitive === undefined && over.sensitive === undefined ? {} : { sensitive }),
  });
}

export function versionProperty(metadata: Metadata | undefined): string | undefined {
  return metadata?.properties?.[VERSION_PROPERTY];
}

export function withVersionProperty(metadata: Metadata | undefined, version: string): Metadata {
  return mergeMetadata(metadata, { properties: { [VERSION_PROPERTY]: version } }) ?? {};
}

/** Whether schemas registered under this config get metadata or rules that their request did not name. */
export function hasDefaultsOrOverrides(config: ConfigRecord | undefined): boolean {
  const fields = config?.fields;
  if (fields === undefined) return false;
  return ['defaultMetadata', 'overrideMetadata', 'defaultRuleSet', 'overrideRuleSet'].some(
    (name) => fields[name] !== undefined && fields[name] !== null,
  );
}

export function configMetadata(
  config: ConfigRecord | undefined,
  field: 'defaultMetadata' | 'overrideMetadata',
): Metadata | undefined {
  const value = config?.fields[field];
  return isJsonObject(value) ? normalMetadata(readMetadata(value)) : undefined;
}

/** A JSON object as metadata: what is no string becomes one, unknown members are left out. */
export function readMetadata(value: JsonObject): Metadata {
  const { tags, properties, sensitive } = value;
  return {
    ...(isJsonObject(tags)
      ? { tags: mapRecord(tags, (values) => (Array.isArray(values) ? values.map(text) : [])) }
      : {}),
    ...(isJsonObject(properties) ? { properties: mapRecord(properties, text) } : {}),
    ...(Array.isArray(sensitive) ? { sensitive: sensitive.map(text) } : {}),
  };
}

const text = (value: JsonValue): string => (typeof value === 'string' ? value : JSON.stringify(value));

function mapRecord<In, Out>(record: Readonly<Record<string, In>>, map: (value: In) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

function sortedRecord<In, Out>(record: Readonly<Record<string, In>>, map: (value: In) => Out): Record<string, Out> {
  return Object.fromEntries(
    Object.entries(record)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [key, map(value)]),
  );
}
