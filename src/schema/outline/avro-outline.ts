/** The outline of an Avro schema: named types, their fields with types and defaults, enum symbols. */
import type { JsonObject, JsonValue } from '../../model/json.ts';
import { isJsonObject } from '../../model/json.ts';
import { facts, OUTLINE_DEPTH, OUTLINE_ITEMS, type OutlineItem } from './outline.ts';

/** @param schema canonical text. @returns undefined when it cannot be read as JSON. */
export function outlineAvro(schema: string): readonly OutlineItem[] | undefined {
  let root: JsonValue;
  try {
    root = JSON.parse(schema);
  } catch {
    return undefined;
  }
  const walker = new AvroWalker(root);
  walker.walk(root, '', '', 0);
  return [...walker.items.values()];
}

/** Keys of the format; everything else of a type or a field is a property that users added. */
const KNOWN = new Set([
  'type',
  'name',
  'namespace',
  'fields',
  'symbols',
  'items',
  'values',
  'default',
  'doc',
  'aliases',
  'order',
  'size',
  'logicalType',
  'precision',
  'scale',
]);

class AvroWalker {
  readonly items = new Map<string, OutlineItem>();
  readonly #rootNamespace: string;

  constructor(root: JsonValue) {
    this.#rootNamespace = isJsonObject(root) ? splitName(root, '').namespace : '';
    if (!isJsonObject(root) || !NAMED.has(String(root['type']))) {
      this.#add({ key: '', name: 'schema', kind: 'schema', path: '/', facts: { type: this.#describe(root, '') } });
    }
  }

  walk(type: JsonValue, namespace: string, path: string, depth: number): void {
    if (depth > OUTLINE_DEPTH) return;
    if (Array.isArray(type)) {
      type.forEach((branch: JsonValue, at) => {
        this.walk(branch, namespace, `${path}/${at}`, depth + 1);
      });
    } else if (isJsonObject(type)) {
      this.#walkObject(type, namespace, path, depth);
    }
  }

  #walkObject(type: JsonObject, namespace: string, path: string, depth: number): void {
    const kind = type['type'];
    if (kind === 'record' || kind === 'error') this.#walkRecord(type, namespace, path, depth);
    else if (kind === 'enum') this.#walkEnum(type, namespace, path);
    else if (kind === 'fixed') this.#addType(type, namespace, path, { size: text(type['size']) });
    else if (kind === 'array') this.walk(type['items'] ?? null, namespace, `${path}/items`, depth + 1);
    else if (kind === 'map') this.walk(type['values'] ?? null, namespace, `${path}/values`, depth + 1);
    else if (kind !== undefined && typeof kind !== 'string') this.walk(kind, namespace, path, depth + 1);
  }

  #walkRecord(type: JsonObject, outer: string, path: string, depth: number): void {
    const record = this.#addType(type, outer, path, {});
    const { namespace } = splitName(type, outer);
    const fields = Array.isArray(type['fields']) ? type['fields'] : [];
    fields.forEach((field: JsonValue, at) => {
      if (!isJsonObject(field)) return;
      const place = `${path}/fields/${at}`;
      this.#add({
        key: `${record}.${text(field['name']) ?? ''}`,
        name: `${this.#short(record)}.${text(field['name']) ?? ''}`,
        kind: 'field',
        path: place,
        facts: facts({
          type: this.#describe(field['type'] ?? null, namespace),
          default: field['default'] === undefined ? undefined : JSON.stringify(field['default']),
          aliases: list(field['aliases']),
          order: text(field['order']),
          doc: text(field['doc']),
          ...properties(field),
        }),
      });
      this.walk(field['type'] ?? null, namespace, `${place}/type`, depth + 1);
    });
  }

  #walkEnum(type: JsonObject, outer: string, path: string): void {
    const name = this.#addType(type, outer, path, { default: text(type['default']) });
    for (const symbol of Array.isArray(type['symbols']) ? type['symbols'] : []) {
      const label = String(symbol);
      this.#add({
        key: `${name}#${label}`,
        name: `${this.#short(name)}.${label}`,
        kind: 'symbol',
        path: `${path}/symbols`,
        facts: {},
      });
    }
  }

  /** @returns the full name. */
  #addType(type: JsonObject, outer: string, path: string, own: Readonly<Record<string, string | undefined>>): string {
    const { fullName } = splitName(type, outer);
    this.#add({
      key: fullName,
      name: this.#short(fullName),
      kind: 'type',
      path: path === '' ? '/' : path,
      facts: facts({
        kind: text(type['type']),
        name: fullName,
        ...own,
        ...logical(type),
        aliases: list(type['aliases']),
        doc: text(type['doc']),
        ...properties(type),
      }),
    });
    return fullName;
  }

  #add(item: OutlineItem): void {
    if (this.items.size < OUTLINE_ITEMS && !this.items.has(item.key)) this.items.set(item.key, item);
  }

  /** A type in one line: `null | string`, `array<Line>`, `long (timestamp-millis)`. */
  #describe(type: JsonValue, namespace: string, depth = 0): string {
    if (depth > OUTLINE_DEPTH) return '…';
    if (typeof type === 'string') return this.#short(type);
    if (Array.isArray(type))
      return type.map((branch: JsonValue) => this.#describe(branch, namespace, depth + 1)).join(' | ');
    if (!isJsonObject(type)) return JSON.stringify(type);
    const kind = type['type'];
    const name = NAMED.has(String(kind)) ? this.#short(splitName(type, namespace).fullName) : undefined;
    const plain =
      name ??
      (kind === 'array'
        ? `array<${this.#describe(type['items'] ?? null, namespace, depth + 1)}>`
        : kind === 'map'
          ? `map<${this.#describe(type['values'] ?? null, namespace, depth + 1)}>`
          : this.#describe(kind ?? null, namespace, depth + 1));
    const { logicalType } = logical(type);
    return name === undefined && logicalType !== undefined ? `${plain} (${logicalType})` : plain;
  }

  #short(name: string): string {
    const prefix = `${this.#rootNamespace}.`;
    return this.#rootNamespace !== '' && name.startsWith(prefix) ? name.slice(prefix.length) : name;
  }
}

const NAMED = new Set(['record', 'error', 'enum', 'fixed']);

function splitName(type: JsonObject, outer: string): { readonly fullName: string; readonly namespace: string } {
  const name = text(type['name']) ?? '';
  const dot = name.lastIndexOf('.');
  if (dot >= 0) return { fullName: name, namespace: name.slice(0, dot) };
  const namespace = text(type['namespace']) ?? outer;
  return { fullName: namespace === '' ? name : `${namespace}.${name}`, namespace };
}

function logical(type: JsonObject): { readonly logicalType?: string } {
  const name = text(type['logicalType']);
  if (name === undefined) return {};
  const numbers = [type['precision'], type['scale']].filter((one) => one !== undefined);
  return { logicalType: numbers.length === 0 ? name : `${name} ${numbers.join(',')}` };
}

function properties(holder: JsonObject): Record<string, string> {
  const own = Object.entries(holder).filter(([name]) => !KNOWN.has(name));
  return Object.fromEntries(own.map(([name, value]) => [name, JSON.stringify(value)]));
}

function text(value: JsonValue | undefined): string | undefined {
  return value === undefined || value === null
    ? undefined
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value);
}

function list(value: JsonValue | undefined): string | undefined {
  return Array.isArray(value) && value.length > 0 ? value.join(', ') : undefined;
}
