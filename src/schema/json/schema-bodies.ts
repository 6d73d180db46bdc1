/**
 * What the keywords of one kind of schema say. The loaders of the real registry check a keyword's value when they build
 * the kind that it belongs to, whatever `type` says: `{"type":"string","items":5}` is refused.
 */
import { type Draft, isModern } from './drafts.ts';
import { truncateToInt } from './java-decimal.ts';
import { isJavaPattern } from './java-pattern.ts';
import type { JsonNode } from './json-node.ts';
import {
  type Keywords,
  readArray,
  readBoolean,
  readLimit,
  readNumber,
  readObject,
  readString,
  readStrings,
  refuse,
} from './keyword-values.ts';
import type { Additional, ArrayBody, NumberBody, ObjectBody, SchemaNode, StringBody } from './schema-node.ts';

/** How to make the node of a schema inside of this one. */
export type LoadChild = (json: JsonNode) => SchemaNode;

/** A `format` demands strings until draft 7, and nothing since. */
export function stringKeywords(draft: Draft): readonly string[] {
  const common = ['minLength', 'maxLength', 'pattern'];
  return isModern(draft) ? common : [...common, 'format'];
}

export function readStringBody(keywords: Keywords, draft: Draft): StringBody {
  if (!isModern(draft)) readString(keywords, 'format');
  const pattern = readString(keywords, 'pattern');
  if (pattern !== undefined) checkPattern(pattern);
  return {
    kind: 'string',
    maxLength: readLimit(keywords, 'maxLength', draft),
    minLength: readLimit(keywords, 'minLength', draft),
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
  const multipleOf = readNumber(keywords, 'multipleOf');
  // The older library looks at the number as a double.
  if (!isModern(draft) && multipleOf !== undefined && Number(multipleOf.text) === 0) refuse('multipleOf', 'above 0');
  return {
    kind: 'number',
    requiresInteger,
    maximum: readNumber(keywords, 'maximum'),
    minimum: readNumber(keywords, 'minimum'),
    exclusiveMaximum: hasFlags ? undefined : readNumber(keywords, 'exclusiveMaximum'),
    exclusiveMinimum: hasFlags ? undefined : readNumber(keywords, 'exclusiveMinimum'),
    multipleOf,
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
    maxProperties: readLimit(keywords, 'maxProperties', draft),
    minProperties: readLimit(keywords, 'minProperties', draft),
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
  for (const name of arrays.keys()) addRequiredWith(requiredWith, name, readStrings(arrays, name));
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
      addRequiredWith(requiredWith, name, readStrings(dependencies, name));
    }
  }
  return { requiredWith, schemaWith };
}

/** An empty array leaves no dependency behind. */
function addRequiredWith(
  requiredWith: Map<string, ReadonlySet<string>>,
  name: string,
  names: readonly string[] = [],
): void {
  if (names.length > 0) requiredWith.set(name, new Set(names));
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
  return {
    kind: 'array',
    ...(isModern(draft) ? readModernItems(keywords, loadChild) : readItems(keywords, draft, loadChild)),
    maxItems: readLimit(keywords, 'maxItems', draft),
    minItems: readLimit(keywords, 'minItems', draft),
    uniqueItems: readBoolean(keywords, 'uniqueItems') ?? false,
    ...readContainsLimits(keywords, draft),
  };
}

type ContainsLimits = Pick<ArrayBody, 'minContains' | 'maxContains'>;

/** Those of the drafts that have them; never refused. */
function readContainsLimits(keywords: Keywords, draft: Draft): ContainsLimits {
  if (!isModern(draft) || !keywords.has('contains')) return { minContains: undefined, maxContains: undefined };
  const { minContains = 1, maxContains } = readUnknownLimits(keywords);
  return { minContains, maxContains };
}

/** Those of the older drafts, whose library does not know them: the registry finds them among what it left over. */
export function readUnknownLimits(keywords: Keywords): ContainsLimits {
  return { minContains: numberIn(keywords, 'minContains'), maxContains: numberIn(keywords, 'maxContains') };
}

function numberIn(keywords: Keywords, keyword: string): number | undefined {
  const value = keywords.get(keyword);
  return value?.kind === 'number' ? truncateToInt(value.text) : undefined;
}

type Items = Pick<ArrayBody, 'items' | 'tuple' | 'additional'>;

function readModernItems(keywords: Keywords, loadChild: LoadChild): Items {
  const tuple = readArray(keywords, 'prefixItems')?.items.map(loadChild) ?? [];
  const items = keywords.get('items');
  if (tuple.length === 0 && items !== undefined && items.kind !== 'boolean') {
    return { items: loadChild(items), tuple, additional: true };
  }
  // A boolean says whether there may be further items, even where none has a place of its own.
  return { items: undefined, tuple, additional: readAdditional(items, 'items', loadChild) };
}

function readItems(keywords: Keywords, draft: Draft, loadChild: LoadChild): Items {
  const items = keywords.get('items');
  const additional = readAdditional(keywords.get('additionalItems'), 'additionalItems', loadChild);
  if (items === undefined) return { items: undefined, tuple: [], additional };
  if (items.kind === 'array') {
    const tuple = items.items.map((item) =>
      // Unlike `items` itself, one of several may be a boolean in draft 4, too.
      isSchemaValue(item, draft) || item.kind === 'boolean' ? loadChild(item) : refuse('items', 'an array of schemas'),
    );
    return { items: undefined, tuple, additional };
  }
  if (!isSchemaValue(items, draft)) refuse('items', 'a schema');
  // With one schema for all items there are no additional ones to refuse.
  return { items: loadChild(items), tuple: [], additional: additional === false ? true : additional };
}
