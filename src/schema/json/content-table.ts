/**
 * Numbers for schemas, equal for those that the registry takes for one and the same: it compares what the older library
 * prints of them, and that leaves out keywords that say nothing.
 */
import { type Draft, isModern } from './drafts.ts';
import type { JsonNode } from './json-node.ts';
import type { Keywords } from './keyword-values.ts';

export interface ContentTable {
  readonly byKey: Map<string, number>;
  readonly values: Map<JsonNode, number>;
  readonly schemas: Map<JsonNode, number>;
}

export function makeContentTable(): ContentTable {
  return { byKey: new Map(), values: new Map(), schemas: new Map() };
}

/** Recursion ends with the depth that JSON is read to. */
export function schemaContentOf(table: ContentTable, json: JsonNode, draft: Draft): number {
  if (json.kind !== 'object') return contentOf(table, json);
  const known = table.schemas.get(json);
  if (known !== undefined) return known;
  const printed: [string, number][] = [];
  for (const [keyword, value] of json.members) {
    if (saysNothing(keyword, value, json.members, draft)) continue;
    printed.push([keyword, keywordContentOf(table, keyword, value, draft)]);
  }
  const content = numberOf(table, objectKey(printed));
  table.schemas.set(json, content);
  return content;
}

const SCHEMAS: ReadonlySet<string> = new Set([
  'additionalItems',
  'additionalProperties',
  'contains',
  'else',
  'if',
  'items',
  'not',
  'propertyNames',
  'then',
]);
const NAMED_SCHEMAS: ReadonlySet<string> = new Set(['dependentSchemas', 'patternProperties', 'properties']);
const ANY_ORDER: ReadonlySet<string> = new Set(['allOf', 'anyOf', 'oneOf', 'type']);

function keywordContentOf(table: ContentTable, keyword: string, value: JsonNode, draft: Draft): number {
  const contentOfSchema = (json: JsonNode) => schemaContentOf(table, json, draft);
  if (value.kind === 'array') {
    const contents = value.items.map(contentOfSchema);
    if (keyword === 'items' || keyword === 'prefixItems') return numberOf(table, arrayKey(contents));
    if (ANY_ORDER.has(keyword)) return numberOf(table, arrayKey(contents.sort(ascending)));
    if (keyword === 'enum') {
      const values = new Set(value.items.map((item) => contentOf(table, item)));
      return numberOf(table, arrayKey([...values].sort(ascending)));
    }
  }
  if (value.kind === 'object' && NAMED_SCHEMAS.has(keyword)) {
    return numberOf(table, objectKey([...value.members].map(([name, json]) => [name, contentOfSchema(json)])));
  }
  return SCHEMAS.has(keyword) ? contentOfSchema(value) : contentOf(table, value);
}

/** Keywords that leave no trace of themselves, whatever their value. */
const UNTOLD_MODERN: ReadonlySet<string> = new Set([
  '$anchor',
  '$id',
  'deprecated',
  'format',
  'readOnly',
  'unevaluatedItems',
  'unevaluatedProperties',
  'writeOnly',
]);

const FORMATS_OF_DRAFT_4 = ['date-time', 'email', 'hostname', 'ipv4', 'ipv6', 'uri'];
const FORMATS_OF_DRAFT_6 = [...FORMATS_OF_DRAFT_4, 'json-pointer', 'uri-reference', 'uri-template'];
const FORMATS_OF_DRAFT_7 = [...FORMATS_OF_DRAFT_6, 'date', 'regex', 'relative-json-pointer', 'time'];

function knowsFormat(draft: Draft, value: JsonNode): boolean {
  const formats =
    draft === 'draft-04' ? FORMATS_OF_DRAFT_4 : draft === 'draft-06' ? FORMATS_OF_DRAFT_6 : FORMATS_OF_DRAFT_7;
  return value.kind === 'string' && formats.includes(value.value);
}

/** Whether a schema would be printed the same without this keyword. */
function saysNothing(keyword: string, value: JsonNode, members: Keywords, draft: Draft): boolean {
  if (keyword === 'default' && members.has('$ref')) return true;
  if (isModern(draft) && saysNothingModern(keyword, value, members)) return true;
  // Elsewhere even an empty keyword demands something of its kind.
  if (hasType(members, 'object')) return saysNothingOfObjects(keyword, value, draft);
  if (hasType(members, 'array')) return saysNothingOfArrays(keyword, value, members, draft);
  return hasType(members, 'string') && keyword === 'format' && !knowsFormat(draft, value);
}

function saysNothingModern(keyword: string, value: JsonNode, members: Keywords): boolean {
  if (UNTOLD_MODERN.has(keyword)) return true;
  if (keyword === 'default') return value.kind === 'null';
  if (keyword === '$defs') return isEmpty(value);
  if (keyword === 'maxContains') return !members.has('contains');
  // The least number of items that `contains` asks for is one by itself.
  return keyword === 'minContains' && (!members.has('contains') || (value.kind === 'number' && value.text === '1'));
}

function saysNothingOfObjects(keyword: string, value: JsonNode, draft: Draft): boolean {
  if (keyword === 'additionalProperties') return isBoolean(value, true);
  if (keyword === (isModern(draft) ? 'dependentRequired' : 'dependencies')) {
    return (
      value.kind === 'object' && [...value.members.values()].every((names) => names.kind === 'array' && isEmpty(names))
    );
  }
  return ['patternProperties', 'properties', 'required'].includes(keyword) && isEmpty(value);
}

function saysNothingOfArrays(keyword: string, value: JsonNode, members: Keywords, draft: Draft): boolean {
  if (keyword === 'uniqueItems') return isBoolean(value, false);
  if (isModern(draft)) {
    return (keyword === 'items' && isBoolean(value, true)) || (keyword === 'prefixItems' && isEmpty(value));
  }
  if (keyword === 'items') return value.kind === 'array' && isEmpty(value);
  if (keyword !== 'additionalItems') return false;
  const items = members.get('items');
  return isBoolean(value, true) || (isBoolean(value, false) && items !== undefined && items.kind !== 'array');
}

/** Whether the schema is of this type and no other. */
function hasType(members: Keywords, name: string): boolean {
  const type = members.get('type');
  return type?.kind === 'string' && type.value === name;
}

function isBoolean(json: JsonNode, value: boolean): boolean {
  return json.kind === 'boolean' && json.value === value;
}

function isEmpty(json: JsonNode): boolean {
  return json.kind === 'object' ? json.members.size === 0 : json.kind === 'array' && json.items.length === 0;
}

function contentOf(table: ContentTable, json: JsonNode): number {
  const known = table.values.get(json);
  if (known !== undefined) return known;
  const content = numberOf(table, keyOf(table, json));
  table.values.set(json, content);
  return content;
}

function keyOf(table: ContentTable, json: JsonNode): string {
  switch (json.kind) {
    case 'object':
      return objectKey([...json.members].map(([name, value]) => [name, contentOf(table, value)]));
    case 'array':
      return arrayKey(json.items.map((item) => contentOf(table, item)));
    case 'string':
      return JSON.stringify(json.value);
    case 'number':
      // Printed without zeros at the end of a fraction: here, unlike elsewhere, `1` and `1.0` are the same.
      return /^[^E]*\.[^E]*$/.test(json.text) ? json.text.replace(/\.?0+$/, '') : json.text;
    case 'boolean':
      return String(json.value);
    default:
      return 'null';
  }
}

function objectKey(members: readonly (readonly [string, number])[]): string {
  return `{${members
    .map(([name, content]) => `${JSON.stringify(name)}:${content}`)
    .sort()
    .join(',')}}`;
}

function arrayKey(contents: readonly number[]): string {
  return `[${contents.join(',')}]`;
}

function numberOf(table: ContentTable, key: string): number {
  const content = table.byKey.get(key) ?? table.byKey.size;
  table.byKey.set(key, content);
  return content;
}

function ascending(a: number, b: number): number {
  return a - b;
}
