/**
 * The text that Confluent's `normalize` makes before it reads it again: attributes and aliases sorted, defaults passed
 * through Java's objects, every name in full. Its quirks are kept, as texts are identities: an `error` becomes a
 * `record`, an empty `doc` of a named type goes, a default that fits no first branch goes, and a type of the null
 * namespace inside of another falls into that one (all observed).
 */
import { AvroSchemaError } from './avro-error.ts';
import { firstBranch, passThroughJava } from './default-value.ts';
import { type JsonNode, sortKeys, writeNode, writeString } from './json-node.ts';
import { listLogicalAttributes } from './logical-type.ts';
import type { AvroSchema, Field, NamedSchema, Properties, UnionSchema, UnresolvedSchema } from './schema-model.ts';

/** @param referenced full names that stay names; may throw, like Java, for values that Java's objects cannot hold. */
export function normalizeText(schema: AvroSchema, referenced: readonly string[]): string {
  return write(schema, new Set(referenced));
}

function write(schema: AvroSchema, known: Set<string>): string {
  switch (schema.type) {
    case 'union':
      return `[${schema.branches.map((branch) => write(branch, known)).join(',')}]`;
    case 'array':
      return `{"type":"array","items":${write(schema.items, known)}${writeAttributes(schema)}}`;
    case 'map':
      return `{"type":"map","values":${write(schema.values, known)}${writeAttributes(schema)}}`;
    case 'record':
    case 'enum':
    case 'fixed':
      return writeNamed(schema, known);
    case 'unresolved':
      return writeString(schema.target);
    default:
      return schema.props.size === 0 ? `"${schema.type}"` : `{"type":"${schema.type}"${writeAttributes(schema)}}`;
  }
}

function writeNamed(schema: NamedSchema, known: Set<string>): string {
  const { name, doc, aliases } = schema;
  if (known.has(name.full)) return writeString(name.full);
  known.add(name.full);
  const parts = [`{"name":${writeString(name.full)},"type":"${schema.type}"`];
  if (schema.type === 'enum') {
    parts.push(`,"symbols":[${schema.symbols.map(writeString).join(',')}]`);
    if (schema.default !== undefined) parts.push(`,"default":${writeString(schema.default)}`);
  } else if (schema.type === 'fixed') {
    parts.push(`,"size":${schema.size}`);
  } else {
    parts.push(`,"fields":[${(schema.fields ?? []).map((field) => writeField(field, known)).join(',')}]`);
  }
  if (doc !== undefined && doc !== '') parts.push(`,"doc":${writeString(doc)}`);
  parts.push(writeAliases(aliases.map((alias) => alias.full)), writeAttributes(schema), '}');
  return parts.join('');
}

function writeField(field: Field, known: Set<string>): string {
  const parts = [`{"name":"${field.name}","type":${write(field.type, known)}`];
  if (field.doc !== undefined) parts.push(`,"doc":${writeString(field.doc)}`);
  parts.push(`,"order":"${field.order}"`, writeAliases(field.aliases));
  const value = convertDefault(field);
  if (value !== undefined) parts.push(`,"default":${writeSorted(value)}`);
  parts.push(writeProperties(field.props), '}');
  return parts.join('');
}

/** Java asks for a union's first branch even where there is no default. */
function convertDefault(field: Field): JsonNode | undefined {
  const type = field.type.type === 'union' ? firstBranch(field.type.branches) : field.type;
  return field.default && passThroughJava(field.default, type);
}

function writeAliases(aliases: readonly string[]): string {
  return aliases.length === 0 ? '' : `,"aliases":[${[...aliases].sort().map(writeString).join(',')}]`;
}

function writeAttributes(schema: Exclude<AvroSchema, UnionSchema | UnresolvedSchema>): string {
  return writeProperties(schema.props, listLogicalAttributes(schema));
}

/** An attribute's name is written as it is: with a quote in it the text cannot be read again (observed). */
function writeProperties(props: Properties, first: readonly string[] = []): string {
  const rest = [...props.keys()].filter((key) => !first.includes(key)).sort();
  return [...first, ...rest].map((key) => `,"${key}":${writeSorted(convertProperty(props.get(key)))}`).join('');
}

function convertProperty(value: JsonNode | undefined): JsonNode {
  const converted = value && passThroughJava(value, undefined);
  if (converted !== undefined) return converted;
  throw new AvroSchemaError(
    'Cannot invoke "com.fasterxml.jackson.databind.JsonNode.toString()" because the return value of ' +
      '"io.confluent.kafka.schemaregistry.avro.AvroSchemaUtils.toJsonNode(Object)" is null',
  );
}

function writeSorted(value: JsonNode): string {
  return writeNode(sortKeys(value));
}
