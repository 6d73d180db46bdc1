/** The outline of a JSON Schema: every subschema at its place, with its keywords. */
import type { JsonObject, JsonValue } from '../../model/json.ts';
import { isJsonObject } from '../../model/json.ts';
import { OUTLINE_DEPTH, OUTLINE_ITEMS, type OutlineItem } from './outline.ts';

/** Keywords whose value is a schema, a list of schemas, or schemas by name. */
const ONE = [
  'items',
  'additionalItems',
  'contains',
  'not',
  'if',
  'then',
  'else',
  'propertyNames',
  'additionalProperties',
  'unevaluatedItems',
  'unevaluatedProperties',
];
const MANY = ['allOf', 'anyOf', 'oneOf', 'prefixItems', 'items'];
const NAMED = ['properties', 'patternProperties', 'definitions', '$defs', 'dependentSchemas', 'dependencies'];

/** @param schema canonical text. @returns undefined when it cannot be read as JSON. */
export function outlineJson(schema: string): readonly OutlineItem[] | undefined {
  let root: JsonValue;
  try {
    root = JSON.parse(schema);
  } catch {
    return undefined;
  }
  const items: OutlineItem[] = [];
  walk(root, '#', false, 0, items);
  return items;
}

function walk(schema: JsonValue, path: string, required: boolean, depth: number, items: OutlineItem[]): void {
  if (depth > OUTLINE_DEPTH || items.length >= OUTLINE_ITEMS) return;
  const isRoot = path === '#';
  items.push({
    key: path,
    name: isRoot ? 'schema' : path,
    kind: isRoot ? 'schema' : 'property',
    path: isRoot ? '#/' : path,
    facts: { ...(required ? { required: 'yes' } : {}), ...keywords(schema) },
  });
  if (!isJsonObject(schema)) return;
  for (const name of ONE) {
    const inner = schema[name];
    if (isJsonObject(inner)) walk(inner, `${path}/${name}`, false, depth + 1, items);
  }
  for (const name of MANY) {
    const inner = schema[name];
    if (!Array.isArray(inner)) continue;
    inner.forEach((one: JsonValue, at) => {
      walk(one, `${path}/${name}/${at}`, false, depth + 1, items);
    });
  }
  const needed = Array.isArray(schema['required']) ? new Set<unknown>(schema['required']) : new Set<unknown>();
  for (const name of NAMED) {
    const inner = schema[name];
    if (!isJsonObject(inner)) continue;
    for (const [key, one] of Object.entries(inner)) {
      if (Array.isArray(one)) continue;
      walk(one, `${path}/${name}/${key}`, name === 'properties' && needed.has(key), depth + 1, items);
    }
  }
}

/** Keywords that are no subschemas, as texts. `required` is a fact of the properties it names. */
function keywords(schema: JsonValue): Record<string, string> {
  if (!isJsonObject(schema)) return { schema: JSON.stringify(schema) };
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(schema)) {
    if (NAMED.includes(name) && isJsonObject(value)) continue;
    if (MANY.includes(name) && Array.isArray(value)) continue;
    if (ONE.includes(name) && isJsonObject(value)) continue;
    if (name === 'required') {
      const missing = undeclared(schema, value);
      if (missing.length > 0) shown['required'] = missing.join(', ');
      continue;
    }
    shown[name] = typeof value === 'string' ? value : JSON.stringify(value);
  }
  return shown;
}

/** Names that are required but have no schema of their own. */
function undeclared(schema: JsonObject, required: JsonValue): readonly string[] {
  const properties = schema['properties'];
  const declared = isJsonObject(properties) ? new Set(Object.keys(properties)) : new Set<string>();
  return Array.isArray(required) ? required.map(String).filter((name) => !declared.has(name)) : [];
}
