/** The field tree of an Avro schema. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../model/json.ts';
import { type FieldNode, type FieldTree, MAX_DEPTH, NodeBudget, presentFacts } from './field-node.ts';

/** @returns undefined when the text is no JSON. */
export function avroFields(text: string): FieldTree | undefined {
  let root: JsonValue;
  try {
    root = JSON.parse(text);
  } catch {
    return undefined;
  }
  const reader = new AvroReader();
  return { nodes: [reader.root(root)], cut: reader.budget.cut };
}

const PRIMITIVES = new Set(['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']);
const CONTAINERS = new Set(['record', 'error', 'enum', 'fixed', 'array', 'map']);

/** What is said elsewhere in a node, or is its structure. */
const SHOWN = new Set([
  ...['type', 'name', 'namespace', 'doc', 'default', 'fields', 'items', 'values', 'symbols', 'aliases', 'order'],
  ...['size', 'logicalType', 'precision', 'scale'],
]);

interface Found {
  readonly children: FieldNode[];
  readonly outside: Set<string>;
  readonly facts: [string, string][];
  shownAbove: boolean;
}

class AvroReader {
  readonly budget = new NodeBudget();
  readonly #shown = new Set<string>();

  root(type: JsonValue): FieldNode {
    this.budget.take(0);
    const found = this.#look(type, '', 0);
    const isNamed = isJsonObject(type) && typeof type['name'] === 'string';
    const fullName = isNamed ? fullNameOf(type, '') : 'schema';
    return node(fullName, isNamed ? String(type['type']) : describe(type, ''), isJsonObject(type) ? type : {}, found);
  }

  /** What a type holds: fields of records, and what it names that is declared elsewhere. */
  #look(type: JsonValue, namespace: string, depth: number): Found {
    const found: Found = { children: [], outside: new Set(), facts: [], shownAbove: false };
    this.#walk(type, namespace, depth, found);
    return found;
  }

  #walk(type: JsonValue, namespace: string, depth: number, found: Found): void {
    if (depth > MAX_DEPTH) {
      this.budget.cut = true;
    } else if (typeof type === 'string') {
      if (PRIMITIVES.has(type)) return;
      const name = qualify(type, namespace);
      if (this.#shown.has(name)) found.shownAbove = true;
      else if (!CONTAINERS.has(type)) found.outside.add(name);
    } else if (Array.isArray(type)) {
      for (const branch of type as readonly JsonValue[]) this.#walk(branch, namespace, depth + 1, found);
    } else if (isJsonObject(type)) {
      this.#walkObject(type, namespace, depth, found);
    }
  }

  #walkObject(type: JsonObject, namespace: string, depth: number, found: Found): void {
    const kind = type['type'];
    const logical = logicalType(type);
    // Of a type without a name the line that tells the type has it.
    if (logical !== undefined && type['name'] !== undefined) found.facts.push(['logical type', logical]);
    if (kind === 'array') this.#walk(type['items'] ?? null, namespace, depth + 1, found);
    else if (kind === 'map') this.#walk(type['values'] ?? null, namespace, depth + 1, found);
    else if (kind === 'record' || kind === 'error') this.#walkRecord(type, namespace, depth, found);
    else if (kind === 'enum' || kind === 'fixed') {
      this.#shown.add(fullNameOf(type, namespace));
      if (kind === 'fixed') found.facts.push(['size', `${show(type['size'])} bytes`]);
      if (Array.isArray(type['symbols'])) found.facts.push(['symbols', type['symbols'].map(String).join(', ')]);
      if (kind === 'enum' && type['default'] !== undefined) found.facts.push(['default symbol', show(type['default'])]);
      if (typeof type['doc'] === 'string') found.facts.push([fullNameOf(type, namespace), type['doc']]);
    } else if (kind !== undefined && (typeof kind !== 'string' || !CONTAINERS.has(kind))) {
      this.#walk(kind, namespace, depth + 1, found);
    }
  }

  #walkRecord(type: JsonObject, namespace: string, depth: number, found: Found): void {
    const fullName = fullNameOf(type, namespace);
    this.#shown.add(fullName);
    const inner = namespaceOf(type, namespace);
    if (depth > 0 && typeof type['doc'] === 'string') found.facts.push([fullName, type['doc']]);
    const fields: readonly JsonValue[] = Array.isArray(type['fields']) ? type['fields'] : [];
    for (const field of fields) {
      if (!isJsonObject(field)) continue;
      if (!this.budget.take(depth + 1)) return;
      const fieldType = field['type'] ?? null;
      const within = this.#look(fieldType, inner, depth + 1);
      found.children.push(node(show(field['name']), describe(fieldType, inner), field, within));
    }
  }
}

function node(name: string, type: string, holder: JsonObject, found: Found): FieldNode {
  const own = Object.entries(holder).filter(([key]) => !SHOWN.has(key));
  const facts = presentFacts([
    ['aliases', Array.isArray(holder['aliases']) ? holder['aliases'].map(String).join(', ') : undefined],
    ['order', typeof holder['order'] === 'string' ? holder['order'] : undefined],
    ...found.facts,
    ...own.map(([key, value]) => [key, show(value)] as const),
  ]);
  const isField = holder['fields'] === undefined && holder['symbols'] === undefined;
  return {
    name,
    type,
    ...(typeof holder['doc'] === 'string' && holder['doc'] !== '' ? { doc: holder['doc'] } : {}),
    ...(isField && holder['default'] !== undefined ? { default: JSON.stringify(holder['default']) } : {}),
    ...facts,
    ...(found.children.length === 0 ? {} : { children: found.children }),
    ...(found.outside.size === 0 ? {} : { outside: [...found.outside] }),
    ...(found.shownAbove && found.children.length === 0 ? { shownAbove: true } : {}),
  };
}

/** A type on one line. */
function describe(type: JsonValue, namespace: string, depth = 0): string {
  if (depth > MAX_DEPTH) return '…';
  if (typeof type === 'string') return shorten(type, namespace);
  if (Array.isArray(type)) {
    return type.map((branch: JsonValue) => describe(branch, namespace, depth + 1)).join(' | ') || 'nothing';
  }
  if (!isJsonObject(type)) return JSON.stringify(type);
  const kind = type['type'];
  if (kind === 'array') return `array<${describe(type['items'] ?? null, namespace, depth + 1)}>`;
  if (kind === 'map') return `map<${describe(type['values'] ?? null, namespace, depth + 1)}>`;
  if (typeof type['name'] === 'string' && CONTAINERS.has(String(kind))) {
    return `${shorten(fullNameOf(type, namespace), namespace)}${kind === 'enum' || kind === 'fixed' ? ` (${kind})` : ''}`;
  }
  const plain = describe(kind ?? null, namespace, depth + 1);
  const logical = logicalType(type);
  return logical === undefined ? plain : `${plain} (${logical})`;
}

function logicalType(type: JsonObject): string | undefined {
  const name = type['logicalType'];
  if (typeof name !== 'string') return undefined;
  const numbers = [type['precision'], type['scale']].filter((one) => one !== undefined).map(show);
  return numbers.length === 0 ? name : `${name} ${numbers.join(', ')}`;
}

function namespaceOf(type: JsonObject, outer: string): string {
  const name = show(type['name']);
  const dot = name.lastIndexOf('.');
  if (dot >= 0) return name.slice(0, dot);
  return typeof type['namespace'] === 'string' ? type['namespace'] : outer;
}

function fullNameOf(type: JsonObject, outer: string): string {
  const name = show(type['name']);
  if (name.includes('.')) return name;
  const namespace = namespaceOf(type, outer);
  return namespace === '' ? name : `${namespace}.${name}`;
}

function qualify(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}

function shorten(name: string, namespace: string): string {
  return namespace !== '' && name.startsWith(`${namespace}.`) ? name.slice(namespace.length + 1) : name;
}

function show(value: JsonValue | undefined): string {
  return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
}
