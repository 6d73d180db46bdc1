/** The field tree of a JSON Schema: its properties, and what each may be. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../model/json.ts';
import { type FieldNode, type FieldTree, MAX_DEPTH, NodeBudget, presentFacts } from './field-node.ts';

/** @returns undefined when the text is no JSON. */
export function jsonFields(text: string): FieldTree | undefined {
  let root: JsonValue;
  try {
    root = JSON.parse(text);
  } catch {
    return undefined;
  }
  const budget = new NodeBudget();
  budget.take(0);
  const name = isJsonObject(root) && typeof root['title'] === 'string' ? root['title'] : 'schema';
  return { nodes: [toNode(name, root, false, 0, budget)], cut: budget.cut };
}

/** Keywords with one schema, with a list of them, with schemas by name; and what each is called as a node. */
const ONE = [
  ...['items', 'additionalItems', 'contains', 'not', 'if', 'then', 'else'],
  ...['propertyNames', 'additionalProperties', 'unevaluatedItems', 'unevaluatedProperties'],
];
const MANY = ['allOf', 'anyOf', 'oneOf', 'prefixItems', 'items'];
const NAMED = ['patternProperties', 'definitions', '$defs', 'dependentSchemas'];

/** Shown in their own places. */
const SHOWN = new Set(['type', 'title', 'description', 'default', 'properties', 'required', '$ref']);

function toNode(name: string, schema: JsonValue, required: boolean, depth: number, budget: NodeBudget): FieldNode {
  if (!isJsonObject(schema)) {
    const type = schema === true ? 'anything' : schema === false ? 'nothing' : JSON.stringify(schema);
    return { name, type, ...(required ? { required } : {}) };
  }
  const children = childrenOf(schema, depth, budget);
  const ref = typeof schema['$ref'] === 'string' ? schema['$ref'] : undefined;
  const title = typeof schema['title'] === 'string' && schema['title'] !== name ? schema['title'] : undefined;
  const doc = [title, typeof schema['description'] === 'string' ? schema['description'] : undefined]
    .filter((part) => part !== undefined && part !== '')
    .join(': ');
  return {
    name,
    type: describe(schema, 0),
    ...(doc === '' ? {} : { doc }),
    ...(schema['default'] === undefined ? {} : { default: JSON.stringify(schema['default']) }),
    ...(required ? { required } : {}),
    ...presentFacts(Object.entries(schema).map(([key, value]) => [key, factOf(schema, key, value)] as const)),
    ...(children.length === 0 ? {} : { children }),
    ...(ref === undefined || ref.startsWith('#') ? {} : { outside: [ref] }),
  };
}

function childrenOf(schema: JsonObject, depth: number, budget: NodeBudget): FieldNode[] {
  const children: FieldNode[] = [];
  const add = (name: string, inner: JsonValue, required = false): void => {
    if (budget.take(depth + 1)) children.push(toNode(name, inner, required, depth + 1, budget));
  };
  const properties = schema['properties'];
  if (isJsonObject(properties)) {
    const needed = new Set<unknown>(Array.isArray(schema['required']) ? schema['required'] : []);
    for (const [name, inner] of Object.entries(properties)) add(name, inner, needed.has(name));
  }
  for (const keyword of ONE) {
    const inner = schema[keyword];
    if (isJsonObject(inner)) add(keyword, inner);
  }
  for (const keyword of MANY) {
    const list = schema[keyword];
    if (!Array.isArray(list)) continue;
    for (const [at, inner] of (list as readonly JsonValue[]).entries()) {
      if (isJsonObject(inner)) add(`${keyword} ${at + 1}`, inner);
    }
  }
  for (const keyword of NAMED) {
    const named = schema[keyword];
    if (!isJsonObject(named)) continue;
    for (const [name, inner] of Object.entries(named)) add(`${keyword}/${name}`, inner);
  }
  return children;
}

/** A keyword's value as text; undefined when the tree shows it elsewhere. */
function factOf(schema: JsonObject, key: string, value: JsonValue): string | undefined {
  if (key === 'required' && Array.isArray(value)) {
    const properties = schema['properties'];
    const missing = value.filter((name) => !isJsonObject(properties) || !Object.hasOwn(properties, String(name)));
    return missing.length === 0 ? undefined : missing.map(String).join(', ');
  }
  // The line that tells the type has it.
  if (key === 'format' && typeof schema['type'] === 'string' && schema['type'] !== 'array') return undefined;
  if (SHOWN.has(key)) return key === 'type' && isJsonObject(value) ? JSON.stringify(value) : undefined;
  if (NAMED.includes(key) && isJsonObject(value)) return undefined;
  if (ONE.includes(key) && isJsonObject(value)) return undefined;
  if (MANY.includes(key) && Array.isArray(value) && value.every(isJsonObject)) return undefined;
  if (key === 'enum' && Array.isArray(value)) return value.map((one: JsonValue) => JSON.stringify(one)).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A type on one line. */
function describe(schema: JsonValue, depth: number): string {
  if (!isJsonObject(schema)) return schema === false ? 'nothing' : 'anything';
  if (depth > MAX_DEPTH) return '…';
  if (typeof schema['$ref'] === 'string') return refName(schema['$ref']);
  const type = schema['type'];
  if (typeof type === 'string') {
    if (type === 'array' && isJsonObject(schema['items'])) return `array<${describe(schema['items'], depth + 1)}>`;
    return typeof schema['format'] === 'string' ? `${type} (${schema['format']})` : type;
  }
  if (Array.isArray(type)) return type.map(String).join(' | ');
  if (schema['const'] !== undefined) return JSON.stringify(schema['const']);
  if (Array.isArray(schema['enum'])) return 'enum';
  for (const keyword of ['oneOf', 'anyOf', 'allOf']) {
    const list = schema[keyword];
    if (!Array.isArray(list)) continue;
    const glue = keyword === 'allOf' ? ' & ' : ' | ';
    return list.length > 4 ? `${keyword} of ${list.length}` : list.map((one) => describe(one, depth + 1)).join(glue);
  }
  return isJsonObject(schema['properties']) ? 'object' : 'anything';
}

function refName(ref: string): string {
  if (ref === '#') return 'the whole schema';
  const last = ref.slice(ref.lastIndexOf('/') + 1);
  return last === '' || !ref.startsWith('#') ? ref : last;
}
