/** Pages are often public: values that a schema calls sensitive are not in them, whatever the tree holds. */
import { isJsonObject, type JsonValue } from '../model/json.ts';
import type { ConfigRecord, Metadata } from '../model/schema-version.ts';

const HIDDEN = '<sensitive>';

export function redactMetadata(metadata: Metadata): Metadata {
  const { properties, sensitive = [] } = metadata;
  if (properties === undefined || sensitive.length === 0) return metadata;
  const hidden = new Set(sensitive);
  const shown = Object.entries(properties).map(([name, value]) => [name, hidden.has(name) ? HIDDEN : value]);
  return { ...metadata, properties: Object.fromEntries(shown) };
}

/** Config fields that hold metadata: `defaultMetadata` and `overrideMetadata`. */
export function redactConfig(config: ConfigRecord): ConfigRecord {
  const fields = Object.entries(config.fields).map(([name, value]): [string, JsonValue] => [
    name,
    name.endsWith('Metadata') ? redactValue(value) : value,
  ]);
  return { ...config, fields: Object.fromEntries(fields) };
}

function redactValue(value: JsonValue): JsonValue {
  if (!isJsonObject(value)) return value;
  const { properties, sensitive } = value;
  if (!isJsonObject(properties) || !Array.isArray(sensitive)) return value;
  const shown = Object.entries(properties).map(([name, one]) => [name, sensitive.includes(name) ? HIDDEN : one]);
  return { ...value, properties: Object.fromEntries(shown) };
}
