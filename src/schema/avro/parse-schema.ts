/** From a JSON tree to a schema: the order of the checks, and their words, are those of Avro 1.12.1 (observed). */
import { AvroSchemaError } from './avro-error.ts';
import { checkDefault } from './default-value.ts';
import { parseDouble } from './java-number.ts';
import { getMember, getText, type JsonNode, writeNode } from './json-node.ts';
import { addType, findType, type ParseContext } from './parse-context.ts';
import type { SchemaName } from './schema-model.ts';
import {
  type AvroSchema,
  type Building,
  type EnumSchema,
  type Field,
  type FieldOrder,
  type FixedSchema,
  fullNameOf,
  isPrimitiveType,
  type NamedSchema,
  type Properties,
  type RecordSchema,
  type UnionSchema,
} from './schema-model.ts';
import { checkName, makeName } from './schema-name.ts';
import { writeSchema } from './schema-text.ts';

const SCHEMA_RESERVED: ReadonlySet<string> = new Set([
  'doc',
  'fields',
  'items',
  'name',
  'namespace',
  'size',
  'symbols',
  'values',
  'type',
  'aliases',
]);
const ENUM_RESERVED: ReadonlySet<string> = new Set([...SCHEMA_RESERVED, 'default']);
const FIELD_RESERVED: ReadonlySet<string> = new Set(['default', 'doc', 'name', 'order', 'type', 'aliases']);
const ORDERS: readonly FieldOrder[] = ['ascending', 'descending', 'ignore'];

/** No array of Java's is longer. */
const MOST_FIXED_SIZE = 2_147_483_639;

/** Reads one schema inside of a namespace. Names that are not known yet stay unresolved. */
export function parseSchema(node: JsonNode, context: ParseContext, namespace: string | undefined): AvroSchema {
  if (node.kind === 'string') return findType(context, node.value, namespace);
  if (node.kind === 'array') {
    return makeUnion(node.items.map((item) => parseSchema(item, context, namespace)));
  }
  if (node.kind !== 'object') throw new AvroSchemaError(`Schema not yet supported: ${writeNode(node)}`);
  const type = requireText(node, 'type', 'No type');
  if (isPrimitiveType(type)) return { type, props: readProperties(node, SCHEMA_RESERVED) };
  switch (type) {
    case 'record':
    case 'error':
      return parseRecord(node, context, namespace, type === 'error');
    case 'enum':
      return parseEnum(node, context, namespace);
    case 'fixed':
      return parseFixed(node, context, namespace);
    case 'array': {
      const items = requireMember(node, 'items', 'Array has no items type');
      const props = readProperties(node, SCHEMA_RESERVED);
      return { type, items: parseSchema(items, context, namespace), props };
    }
    case 'map': {
      const values = requireMember(node, 'values', 'Map has no values type');
      const props = readProperties(node, SCHEMA_RESERVED);
      return { type, values: parseSchema(values, context, namespace), props };
    }
    default:
      // The name of another type, whose own attributes count: those beside it here are dropped.
      return findType(context, type, namespace);
  }
}

/** Throws for a union that holds a union, or two branches that data could not tell apart. */
export function makeUnion(branches: readonly AvroSchema[]): UnionSchema {
  const union: UnionSchema = { type: 'union', branches };
  const names = new Set<string>();
  for (const branch of branches) {
    if (branch.type === 'union') throw new AvroSchemaError(`Nested union: ${writeSchema(union)}`);
    const name = fullNameOf(branch);
    if (names.has(name)) throw new AvroSchemaError(`Duplicate in union:${name}`);
    names.add(name);
  }
  return union;
}

function parseRecord(
  node: JsonNode,
  context: ParseContext,
  namespace: string | undefined,
  isError: boolean,
): RecordSchema {
  const record: Building<RecordSchema> = { type: 'record', ...readNamed(node, namespace), isError, fields: undefined };
  const fieldsNode = getMember(node, 'fields');
  if (fieldsNode?.kind !== 'array') throw new AvroSchemaError(`Record has no fields: ${writeNode(node)}`);
  const fields = fieldsNode.items.map((field) => parseField(field, context, record.name.namespace));
  checkDistinct(fields, record.name);
  record.fields = fields;
  completeNamed(record, node, SCHEMA_RESERVED);
  addType(context, record);
  return record;
}

function checkDistinct(fields: readonly Field[], { full }: SchemaName): void {
  const positions = new Map<string, number>();
  for (const [position, field] of fields.entries()) {
    const earlier = positions.get(field.name);
    if (earlier !== undefined) {
      const first = describeField(fields[earlier] ?? field, earlier);
      const second = describeField(field, position);
      throw new AvroSchemaError(`Duplicate field ${field.name} in record ${full}: ${second} and ${first}.`);
    }
    positions.set(field.name, position);
  }
}

/** A field as Java prints it. */
export function describeField(field: Field, position: number): string {
  return `${field.name} type:${typeWord(field.type)} pos:${position}`;
}

/** A type as Java's enum of types names it. */
export function typeWord(schema: AvroSchema): string {
  return schema.type === 'unresolved' ? 'RECORD' : schema.type.toUpperCase();
}

function parseField(node: JsonNode, context: ParseContext, namespace: string | undefined): Field {
  const name = requireText(node, 'name', 'No field name');
  const doc = getText(node, 'doc');
  const type = parseSchema(requireMember(node, 'type', 'No field type'), context, namespace);
  const order = readOrder(getMember(node, 'order'));
  const value = readDefault(getMember(node, 'default'), type);
  checkName(name);
  // Again when names are resolved: until then an unknown one takes any object.
  if (context.validateDefaults && value !== undefined) checkDefault(name, type, value);
  const props = readProperties(node, FIELD_RESERVED);
  return { name, type, doc, default: value, order, aliases: readAliases(node), props };
}

function readOrder(node: JsonNode | undefined): FieldOrder {
  if (node === undefined) return 'ascending';
  if (node.kind !== 'string') {
    throw new AvroSchemaError(
      'Cannot invoke "String.toUpperCase(java.util.Locale)" because the return value of ' +
        '"com.fasterxml.jackson.databind.JsonNode.textValue()" is null',
    );
  }
  const word = node.value.toUpperCase();
  const order = ORDERS.find((known) => known.toUpperCase() === word);
  if (order === undefined) throw new AvroSchemaError(`No enum constant org.apache.avro.Schema.Field.Order.${word}`);
  return order;
}

/** A number in quotes is a number, as `NaN` and the infinities must be written so. */
function readDefault(node: JsonNode | undefined, type: AvroSchema): JsonNode | undefined {
  if (node?.kind !== 'string' || (type.type !== 'float' && type.type !== 'double')) return node;
  const value = parseDouble(node.value);
  if (value !== undefined) return { kind: 'double', value };
  throw new AvroSchemaError(node.value.trim() === '' ? 'empty String' : `For input string: "${node.value}"`);
}

function parseEnum(node: JsonNode, context: ParseContext, namespace: string | undefined): EnumSchema {
  const named = readNamed(node, namespace, false);
  const symbolsNode = getMember(node, 'symbols');
  if (symbolsNode?.kind !== 'array') throw new AvroSchemaError(`Enum has no symbols: ${writeNode(node)}`);
  refusePrimitiveName(named.name);
  const symbols: string[] = [];
  const seen = new Set<string>();
  for (const item of symbolsNode.items) {
    const symbol = checkName(item.kind === 'string' ? item.value : undefined);
    if (seen.has(symbol)) throw new AvroSchemaError(`Duplicate enum symbol: ${symbol}`);
    seen.add(symbol);
    symbols.push(symbol);
  }
  const byDefault = getText(node, 'default');
  if (byDefault !== undefined && !seen.has(byDefault)) {
    throw new AvroSchemaError(`The Enum Default: ${byDefault} is not in the enum symbol set: [${symbols.join(', ')}]`);
  }
  const schema: Building<EnumSchema> = { type: 'enum', ...named, symbols, default: byDefault };
  completeNamed(schema, node, ENUM_RESERVED);
  addType(context, schema);
  return schema;
}

function parseFixed(node: JsonNode, context: ParseContext, namespace: string | undefined): FixedSchema {
  const named = readNamed(node, namespace, false);
  const sizeNode = getMember(node, 'size');
  if (sizeNode?.kind !== 'int') throw new AvroSchemaError(`Invalid or no size: ${writeNode(node)}`);
  refusePrimitiveName(named.name);
  const size = Number(sizeNode.value);
  if (size < 0) throw new AvroSchemaError(`Malformed data. Length is negative: ${size}`);
  if (size > MOST_FIXED_SIZE) {
    throw new AvroSchemaError(`Cannot read arrays longer than ${MOST_FIXED_SIZE} bytes in Java library`);
  }
  const schema: Building<FixedSchema> = { type: 'fixed', ...named, size };
  completeNamed(schema, node, SCHEMA_RESERVED);
  addType(context, schema);
  return schema;
}

function readNamed(node: JsonNode, namespace: string | undefined, checkPrimitive = true) {
  const space = getText(node, 'namespace') ?? namespace;
  const name = makeName(requireText(node, 'name', 'No name in schema'), space);
  if (checkPrimitive) refusePrimitiveName(name);
  return { name, doc: getText(node, 'doc'), aliases: [], props: new Map() };
}

function refusePrimitiveName({ full }: SchemaName): void {
  if (isPrimitiveType(full)) throw new AvroSchemaError(`Schemas may not be named after primitives: ${full}`);
}

/** What Avro reads last: attributes without a meaning, then aliases. */
function completeNamed(schema: Building<NamedSchema>, node: JsonNode, reserved: ReadonlySet<string>): void {
  schema.props = readProperties(node, reserved);
  const aliases = new Map<string, SchemaName>();
  for (const alias of readAliases(node)) {
    const name = makeName(alias, schema.name.namespace);
    aliases.set(name.full, name);
  }
  schema.aliases = [...aliases.values()];
}

function readAliases(node: JsonNode): readonly string[] {
  const aliasesNode = getMember(node, 'aliases');
  if (aliasesNode === undefined) return [];
  if (aliasesNode.kind !== 'array') throw new AvroSchemaError(`aliases not an array: ${writeNode(node)}`);
  const aliases = new Set<string>();
  for (const item of aliasesNode.items) {
    if (item.kind !== 'string') throw new AvroSchemaError(`alias not a string: ${writeNode(item)}`);
    aliases.add(item.value);
  }
  return [...aliases];
}

function readProperties(node: JsonNode, reserved: ReadonlySet<string>): Properties {
  const props = new Map<string, JsonNode>();
  if (node.kind !== 'object') return props;
  for (const [key, value] of node.entries) if (!reserved.has(key)) props.set(key, value);
  return props;
}

function requireText(node: JsonNode, key: string, words: string): string {
  const text = getText(node, key);
  if (text === undefined) throw new AvroSchemaError(`${words}: ${writeNode(node)}`);
  return text;
}

function requireMember(node: JsonNode, key: string, words: string): JsonNode {
  const member = getMember(node, key);
  if (member === undefined) throw new AvroSchemaError(`${words}: ${writeNode(node)}`);
  return member;
}
