/**
 * What the keywords of one kind of schema say. The loaders of the real registry check a keyword's value when they build
 * the kind that it belongs to, whatever `type` says: `{"type":"string","items":5}` is refused.
 */
import { type Draft, isModern } from './drafts.ts';
import { isJavaPattern } from './java-pattern.ts';
import type { JsonNode } from './json-node.ts';
import {
  type Keywords,
  readArray,
  readBoolean,
  readInteger,
  readNumber,
  readObject,
  readString,
  readStrings,
  refuse,
} from './keyword-values.ts';
import type { Additional, ArrayBody, NumberBody, ObjectBody, SchemaNode, StringBody } from './schema-node.ts';

/** How to make the node of a schema inside of this one. */
export type LoadChild = (json: JsonNode) => SchemaNode;

export function stringKeywords(): readonly string[] {
  return ['minLength', 'maxLength', 'pattern', 'format'];
}

export function readStringBody(keywords: Keywords): StringBody {
  readString(keywords, 'format');
  const pattern = readString(keywords, 'pattern');
  if (pattern !== undefined) checkPattern(pattern);
  return {
    kind: 'string',
    maxLength: readInteger(keywords, 'maxLength'),
    minLength: readInteger(keywords, 'minLength'),
    pattern,
  };
}

function checkPattern(pattern: string): void {
  if (!isJavaPattern(pattern)) refuse('pattern', 'a regular expression of Java');
}

export function numberKeywords(): readonly string[] {
  return ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'];
}

export function readNumberBody(keywords: Keywords, draft: Draft, requiresInteger: boolean): NumberBody {
  const hasFlags = draft === 'draft-04';
  if (hasFlags) {
    readBoolean(keywords, 'exclusiveMinimum');
    readBoolean(keywords, 'exclusiveMaximum');
  }
  return {
    kind: 'number',
    requiresInteger,
    maximum: readNumber(keywords, 'maximum'),
    minimum: readNumber(keywords, 'minimum'),
    exclusiveMaximum: hasFlags ? undefined : readNumber(keywords, 'exclusiveMaximum'),
    exclusiveMinimum: hasFlags ? undefined : readNumber(keywords, 'exclusiveMinimum'),
    multipleOf: readNumber(keywords, 'multipleOf'),
  };
}

export function objectKeywords(draft: Draft): readonly string[] {
  const common = [
    'properties',
    'required',
    'minProperties',
    'maxProperties',
    'patternProperties',
    'additionalProperties',
  ];
  if (isModern(draft)) return [...common, 'propertyNames', 'dependentRequired', 'dependentSchemas'];
  return draft === 'draft-04' ? [...common, 'dependencies'] : [...common, 'dependencies', 'propertyNames'];
}

export function readObjectBody(keywords: Keywords, draft: Draft, loadChild: LoadChild): ObjectBody {
  const propertyNames = draft === 'draft-04' ? undefined : keywords.get('propertyNames');
  if (propertyNames !== undefined) loadChild(propertyNames);
  return {
    kind: 'object',
    properties: readProperties(keywords, draft, loadChild),
    required: new Set(readStrings(keywords, 'required')),
    patterns: readSchemas(keywords, 'patternProperties', loadChild, checkPattern),
    additional: readAdditional(keywords.get('additionalProperties'), 'additionalProperties', loadChild),
    ...(isModern(draft) ? readDependents(keywords, loadChild) : readDependencies(keywords, draft, loadChild)),
    maxProperties: readInteger(keywords, 'maxProperties'),
    minProperties: readInteger(keywords, 'minProperties'),
  };
}

function readProperties(keywords: Keywords, draft: Draft, loadChild: LoadChild): ReadonlyMap<string, SchemaNode> {
  const properties = new Map<string, SchemaNode>();
  const idKeyword = draft === 'draft-04' ? 'id' : '$id';
  for (const [name, json] of readObject(keywords, 'properties')?.members ?? []) {
    // An id among the properties is one of the schema around them, not a property.
    if (!isModern(draft) && name === idKeyword && json.kind !== 'object') continue;
    properties.set(name, loadChild(json));
  }
  return properties;
}

function readSchemas(
  keywords: Keywords,
  keyword: string,
  loadChild: LoadChild,
  checkName?: (name: string) => void,
): ReadonlyMap<string, SchemaNode> {
  const schemas = new Map<string, SchemaNode>();
  for (const [name, json] of readObject(keywords, keyword)?.members ?? []) {
    checkName?.(name);
    schemas.set(name, loadChild(json));
  }
  return schemas;
}

function readAdditional(json: JsonNode | undefined, keyword: string, loadChild: LoadChild): Additional {
  if (json === undefined) return true;
  if (json.kind === 'boolean') return json.value;
  return json.kind === 'object' ? loadChild(json) : refuse(keyword, 'a schema');
}

type Dependencies = Pick<ObjectBody, 'requiredWith' | 'schemaWith'>;

function readDependents(keywords: Keywords, loadChild: LoadChild): Dependencies {
  const requiredWith = new Map<string, ReadonlySet<string>>();
  const arrays = readObject(keywords, 'dependentRequired')?.members ?? new Map<string, JsonNode>();
  for (const name of arrays.keys()) requiredWith.set(name, new Set(readStrings(arrays, name)));
  return { requiredWith, schemaWith: readSchemas(keywords, 'dependentSchemas', loadChild) };
}

function readDependencies(keywords: Keywords, draft: Draft, loadChild: LoadChild): Dependencies {
  const requiredWith = new Map<string, ReadonlySet<string>>();
  const schemaWith = new Map<string, SchemaNode>();
  const dependencies = readObject(keywords, 'dependencies')?.members ?? new Map<string, JsonNode>();
  for (const [name, json] of dependencies) {
    if (isSchemaValue(json, draft)) {
      schemaWith.set(name, loadChild(json));
    } else {
      const names = readStrings(dependencies, name) ?? [];
      // An empty array leaves no dependency behind.
      if (names.length > 0) requiredWith.set(name, new Set(names));
    }
  }
  return { requiredWith, schemaWith };
}

/** Whether a value can be a schema where an array can stand too: booleans cannot in draft 4. */
function isSchemaValue(json: JsonNode, draft: Draft): boolean {
  return json.kind === 'object' || (json.kind === 'boolean' && draft !== 'draft-04');
}

export function arrayKeywords(draft: Draft): readonly string[] {
  const common = ['items', 'minItems', 'maxItems', 'uniqueItems'];
  if (isModern(draft)) return [...common, 'prefixItems', 'contains'];
  return draft === 'draft-04' ? [...common, 'additionalItems'] : [...common, 'additionalItems', 'contains'];
}

export function readArrayBody(keywords: Keywords, draft: Draft, loadChild: LoadChild): ArrayBody {
  const contains = draft === 'draft-04' ? undefined : keywords.get('contains');
  if (contains !== undefined) loadChild(contains);
  const hasContains = isModern(draft) && contains !== undefined;
  return {
    kind: 'array',
    ...(isModern(draft) ? readModernItems(keywords, loadChild) : readItems(keywords, draft, loadChild)),
    maxItems: readInteger(keywords, 'maxItems'),
    minItems: readInteger(keywords, 'minItems'),
    uniqueItems: readBoolean(keywords, 'uniqueItems') ?? false,
    minContains: hasContains ? (readInteger(keywords, 'minContains') ?? 1) : undefined,
    maxContains: hasContains ? readInteger(keywords, 'maxContains') : undefined,
  };
}

type Items = Pick<ArrayBody, 'items' | 'tuple' | 'additional'>;

function readModernItems(keywords: Keywords, loadChild: LoadChild): Items {
  const prefix = readArray(keywords, 'prefixItems');
  const items = keywords.get('items');
  if (prefix === undefined) {
    return { items: items === undefined ? undefined : loadChild(items), tuple: [], additional: true };
  }
  return {
    items: undefined,
    tuple: prefix.items.map(loadChild),
    additional: readAdditional(items, 'items', loadChild),
  };
}

function readItems(keywords: Keywords, draft: Draft, loadChild: LoadChild): Items {
  const items = keywords.get('items');
  const additional = readAdditional(keywords.get('additionalItems'), 'additionalItems', loadChild);
  if (items === undefined) return { items: undefined, tuple: [], additional };
  if (items.kind === 'array') {
    const tuple = items.items.map((item) =>
      isSchemaValue(item, draft) ? loadChild(item) : refuse('items', 'an array of schemas'),
    );
    return { items: undefined, tuple, additional };
  }
  if (!isSchemaValue(items, draft)) refuse('items', 'a schema');
  // With one schema for all items there are no additional ones to refuse.
  return { items: loadChild(items), tuple: [], additional: additional === false ? true : additional };
}
