/** A field's default: whether it fits the field's type, and what Java makes of it when a schema is normalised. */
import { AvroSchemaError } from './avro-error.ts';
import { type JsonNode, writeNode } from './json-node.ts';
import type { AvroSchema } from './schema-model.ts';
import { writeSchema } from './schema-text.ts';

/** Throws when a default does not fit. */
export function checkDefault(field: string, type: AvroSchema, value: JsonNode): void {
  if (fits(type, value, new Map())) return;
  throw new AvroSchemaError(`Invalid default for field ${field}: ${writeNode(value)} not a ${writeSchema(type)}`);
}

/** For containers, by schema and value: unions of records would be tried again and again at every level. */
type Answers = Map<AvroSchema, Map<JsonNode, boolean>>;

/** One call for each level: defaults may nest as deep as Jackson reads. */
function fits(type: AvroSchema, value: JsonNode, answers: Answers): boolean {
  switch (type.type) {
    case 'unresolved':
      // Java has a record without fields in its place.
      return value.kind === 'object';
    case 'string':
    case 'bytes':
    case 'enum':
    case 'fixed':
      // Neither symbols nor sizes are looked at (observed).
      return value.kind === 'string';
    case 'int':
      return value.kind === 'int';
    case 'long':
      return value.kind === 'int' || value.kind === 'long';
    case 'float':
    case 'double':
      return value.kind === 'int' || value.kind === 'long' || value.kind === 'big' || value.kind === 'double';
    case 'boolean':
      return value.kind === 'boolean';
    case 'null':
      return value.kind === 'null';
    default:
  }
  const ofType = answers.get(type) ?? new Map<JsonNode, boolean>();
  answers.set(type, ofType);
  const known = ofType.get(value);
  if (known !== undefined) return known;
  // Avro 1.12 takes any branch of a union, not the first only (observed); everything else must fit in full.
  const wanted = type.type === 'union';
  let answer = !wanted;
  for (const [inner, part] of listParts(type, value)) {
    const fitting = inner !== undefined && part !== undefined && fits(inner, part, answers);
    if (fitting === wanted) {
      answer = wanted;
      break;
    }
  }
  ofType.set(value, answer);
  return answer;
}

/** Each inner type with the part of the value that it must fit; a pair without a type where the kinds differ. */
function* listParts(type: AvroSchema, value: JsonNode): Generator<readonly [AvroSchema?, (JsonNode | undefined)?]> {
  if (type.type === 'union') {
    for (const branch of type.branches) yield [branch, value];
  } else if (type.type === 'array' && value.kind === 'array') {
    for (const item of value.items) yield [type.items, item];
  } else if (type.type === 'map' && value.kind === 'object') {
    for (const item of value.entries.values()) yield [type.values, item];
  } else if (type.type === 'record' && value.kind === 'object') {
    if (type.fields === undefined) throw new AvroSchemaError('Schema fields not set yet');
    // A field that the value does not have must have a default of its own.
    for (const field of type.fields) yield [field.type, value.entries.get(field.name) ?? field.default];
  } else {
    yield [];
  }
}

/**
 * A JSON value after its way through a Java object and back, which normalising does: numbers take their type's form,
 * bytes lose what is not Latin-1, and what does not fit is gone.
 *
 * @param type undefined for a value without one, such as a property
 * @returns undefined for Java's null, which is not JSON's
 */
export function passThroughJava(value: JsonNode, type: AvroSchema | undefined): JsonNode | undefined {
  if (type?.type === 'union') return passThroughJava(value, firstBranch(type.branches));
  switch (value.kind) {
    case 'null':
    case 'boolean':
      return value;
    case 'int':
    case 'long':
      if (type === undefined || type.type === 'long' || (type.type === 'int' && value.kind === 'int')) return value;
      return toFloating(Number(value.value), type);
    case 'double':
    case 'float':
      return toFloating(value.value, type);
    case 'string':
      return toText(value.value, type);
    case 'array':
      return toList(value.items, type);
    case 'object':
      return toMap(value.entries, type);
    default:
      // Jackson's BigInteger is not among the kinds that Avro knows.
      return undefined;
  }
}

/** The branch that a union's default is converted by; throws when there is none. */
export function firstBranch(branches: readonly AvroSchema[]): AvroSchema {
  const [first] = branches;
  if (first === undefined) throw new AvroSchemaError('Index 0 out of bounds for length 0');
  return first;
}

function toFloating(value: number, type: AvroSchema | undefined): JsonNode | undefined {
  if (type === undefined || type.type === 'double') return { kind: 'double', value };
  return type.type === 'float' ? { kind: 'float', value: Math.fround(value) } : undefined;
}

function toText(value: string, type: AvroSchema | undefined): JsonNode | undefined {
  if (type === undefined || type.type === 'string' || type.type === 'enum') return { kind: 'string', value };
  if (type.type !== 'bytes' && type.type !== 'fixed') return undefined;
  return { kind: 'string', value: value.replace(/[\ud800-\udbff][\udc00-\udfff]|[\u0100-\uffff]/g, '?') };
}

function toList(items: readonly JsonNode[], type: AvroSchema | undefined): JsonNode {
  if (type !== undefined && type.type !== 'array' && items.length > 0) {
    throw new AvroSchemaError(`Not an array: ${writeSchema(type)}`);
  }
  const inner = type?.type === 'array' ? type.items : undefined;
  return { kind: 'array', items: items.map((item) => requireDatum(passThroughJava(item, inner))) };
}

function toMap(entries: ReadonlyMap<string, JsonNode>, type: AvroSchema | undefined): JsonNode {
  const typeOf = memberTypes(type);
  const converted = new Map<string, JsonNode>();
  for (const [key, value] of entries) converted.set(key, requireDatum(passThroughJava(value, typeOf(key))));
  return { kind: 'object', entries: converted };
}

function memberTypes(type: AvroSchema | undefined): (key: string) => AvroSchema | undefined {
  if (type?.type === 'map') return () => type.values;
  if (type?.type !== 'record') return () => undefined;
  const types = new Map((type.fields ?? []).map((field) => [field.name, field.type]));
  return (key) => {
    const known = types.get(key);
    if (known !== undefined) return known;
    throw new AvroSchemaError(
      'Cannot invoke "org.apache.avro.Schema$Field.schema()" because the return value of ' +
        '"org.apache.avro.Schema.getField(String)" is null',
    );
  };
}

/** Java fails on a null inside of a list or map. */
function requireDatum(value: JsonNode | undefined): JsonNode {
  if (value !== undefined) return value;
  throw new AvroSchemaError('Cannot invoke "Object.getClass()" because "datum" is null');
}
