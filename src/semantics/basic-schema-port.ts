/**
 * The first schema port. LIMITATION: it knows no schema evolution and no canonical text yet. Every schema is compatible
 * with every other; Avro and JSON texts lose only their whitespace, Protobuf texts are kept as sent. Avro is checked as
 * far as the shape of its types and the names they use, so that nonsense is refused. A schema sent with its references
 * inlined is taken for another schema.
 */
import type { JsonValue } from '../model/json.ts';
import { isJsonObject } from '../model/json.ts';
import { compactJson } from '../schema/json-text.ts';
import type { Canonical, ResolvedReference, SchemaPort } from './schema-port.ts';

export const basicSchemaPort: SchemaPort = {
  canonicalize(schemaType, schema, references) {
    if (schemaType === 'PROTOBUF') return schema.trim() === '' ? { error: 'Empty schema' } : { text: schema };
    const text = compactJson(schema);
    if (text === undefined) return { error: schemaType === 'JSON' ? 'Invalid JSON schema' : 'Not well-formed JSON' };
    return schemaType === 'AVRO' ? checkAvro(text, references) : checkJsonSchema(text);
  },
  checkCompatibility: () => [],
  equalsInlined: () => false,
};

function checkJsonSchema(text: string): Canonical {
  const value: JsonValue = JSON.parse(text);
  return typeof value === 'boolean' || isJsonObject(value) ? { text } : { error: 'Invalid JSON schema' };
}

function checkAvro(text: string, references: readonly ResolvedReference[]): Canonical {
  const names = new Set<string>();
  try {
    for (const reference of references) defineReferenced(reference, names);
    checkType(JSON.parse(text), '', names);
  } catch (error) {
    if (error instanceof AvroFault) return { error: error.message };
    throw error;
  }
  return { text };
}

const PRIMITIVES = new Set(['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']);

/** Never leaves this file. */
class AvroFault extends Error {}

function defineReferenced(reference: ResolvedReference, names: Set<string>): void {
  for (const inner of reference.references) defineReferenced(inner, names);
  if (reference.schemaType === 'AVRO') defineNames(JSON.parse(reference.schema), '', names);
}

/** Collects the names a schema defines, however deep. */
function defineNames(type: JsonValue, namespace: string, names: Set<string>): void {
  if (Array.isArray(type)) {
    for (const branch of type) defineNames(branch, namespace, names);
  } else if (isJsonObject(type)) {
    const inner = typeof type['name'] === 'string' && type['type'] !== undefined ? define(type, namespace, names) : '';
    for (const key of ['type', 'items', 'values', 'fields']) {
      const value = type[key];
      if (value !== undefined && typeof value !== 'string') defineNames(value, inner || namespace, names);
    }
  }
}

/** Records the full name of a named type and gives the namespace inside it. */
function define(type: { readonly [key: string]: JsonValue }, outer: string, names: Set<string>): string {
  const name = String(type['name']);
  const dot = name.lastIndexOf('.');
  const own = type['namespace'];
  const namespace = dot >= 0 ? name.slice(0, dot) : typeof own === 'string' ? own : outer;
  names.add(dot >= 0 ? name : fullName(name, namespace));
  return namespace;
}

const fullName = (name: string, namespace: string): string => (namespace === '' ? name : `${namespace}.${name}`);

function checkType(type: JsonValue, namespace: string, names: Set<string>): void {
  if (typeof type === 'string') {
    if (PRIMITIVES.has(type) || names.has(type) || names.has(fullName(type, namespace))) return;
    throw new AvroFault(`Undefined schema: ${fullName(type, namespace)}`);
  }
  if (Array.isArray(type)) {
    for (const branch of type) checkType(branch, namespace, names);
    return;
  }
  if (!isJsonObject(type)) throw new AvroFault(`Schema not yet supported: ${JSON.stringify(type)}`);
  checkComplexType(type, namespace, names);
}

function checkComplexType(type: { readonly [key: string]: JsonValue }, namespace: string, names: Set<string>): void {
  const kind = type['type'];
  if (kind === 'record' || kind === 'error' || kind === 'enum' || kind === 'fixed') {
    if (typeof type['name'] !== 'string' || type['name'] === '') throw new AvroFault('No name in schema');
    const inner = define(type, namespace, names);
    if (kind === 'enum' && !Array.isArray(type['symbols'])) throw new AvroFault('Enum has no symbols');
    if (kind === 'fixed' && !Number.isInteger(type['size'])) throw new AvroFault('Invalid or no size');
    if (kind === 'record' || kind === 'error') checkFields(type['fields'], inner, names);
  } else if (kind === 'array' || kind === 'map') {
    const element = type[kind === 'array' ? 'items' : 'values'];
    if (element === undefined) throw new AvroFault(`No type for elements of ${kind}`);
    checkType(element, namespace, names);
  } else {
    if (kind === undefined) throw new AvroFault('No type');
    checkType(kind, namespace, names);
  }
}

function checkFields(fields: JsonValue | undefined, namespace: string, names: Set<string>): void {
  if (!Array.isArray(fields)) throw new AvroFault('Record has no fields');
  for (const field of fields) {
    if (!isJsonObject(field) || typeof field['name'] !== 'string') throw new AvroFault('No field name');
    if (field['type'] === undefined) throw new AvroFault(`No field type: ${field['name']}`);
    checkType(field['type'], namespace, names);
  }
}
