/** An Avro schema as a graph: named types are shared, so that recursion is a cycle. */
import type { JsonNode } from './json-node.ts';

/** Attributes that Avro gives no meaning to, logical types among them, in the order of the text. */
export type Properties = ReadonlyMap<string, JsonNode>;

export const PRIMITIVE_TYPES = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const;
export type PrimitiveType = (typeof PRIMITIVE_TYPES)[number];

export function isPrimitiveType(name: string): name is PrimitiveType {
  return (PRIMITIVE_TYPES as readonly string[]).includes(name);
}

export interface PrimitiveSchema {
  readonly type: PrimitiveType;
  readonly props: Properties;
}

export interface ArraySchema {
  readonly type: 'array';
  readonly items: AvroSchema;
  readonly props: Properties;
}

export interface MapSchema {
  readonly type: 'map';
  readonly values: AvroSchema;
  readonly props: Properties;
}

export interface UnionSchema {
  readonly type: 'union';
  readonly branches: readonly AvroSchema[];
}

export interface SchemaName {
  readonly short: string;
  /** Undefined for the null namespace. */
  readonly namespace: string | undefined;
  /** Namespace and name with a dot between. */
  readonly full: string;
}

interface Named {
  readonly name: SchemaName;
  readonly doc: string | undefined;
  readonly aliases: readonly SchemaName[];
  readonly props: Properties;
}

export interface RecordSchema extends Named {
  readonly type: 'record';
  /** Declared as `error`, the record of Avro's protocols. */
  readonly isError: boolean;
  /** Undefined while the record's own text is being read, and in a copy until all that the fields hold is copied. */
  readonly fields: readonly Field[] | undefined;
}

export interface EnumSchema extends Named {
  readonly type: 'enum';
  readonly symbols: readonly string[];
  /** What readers take for a symbol that they do not know. */
  readonly default: string | undefined;
}

export interface FixedSchema extends Named {
  readonly type: 'fixed';
  /** Bytes. */
  readonly size: number;
}

/** A name that is not known yet; Java has an empty record in its place. Never left in a schema that was loaded. */
export interface UnresolvedSchema {
  readonly type: 'unresolved';
  /** The name that is looked for, with its namespace. */
  readonly target: string;
  /** Counts the unresolved names of one text, from 0. */
  readonly number: number;
}

export type NamedSchema = RecordSchema | EnumSchema | FixedSchema;
export type AvroSchema = PrimitiveSchema | ArraySchema | MapSchema | UnionSchema | NamedSchema | UnresolvedSchema;

export type FieldOrder = 'ascending' | 'descending' | 'ignore';

export interface Field {
  readonly name: string;
  readonly type: AvroSchema;
  readonly doc: string | undefined;
  /** Undefined without a default; a default of `null` is a node. */
  readonly default: JsonNode | undefined;
  readonly order: FieldOrder;
  readonly aliases: readonly string[];
  readonly props: Properties;
}

/** For those who build a schema: filled step by step, then handed on as it is. */
export type Building<T> = { -readonly [K in keyof T]: T[K] };

export function isNamed(schema: AvroSchema): schema is NamedSchema {
  return schema.type === 'record' || schema.type === 'enum' || schema.type === 'fixed';
}

/** The name that tells a union's branches apart: a named type's own, otherwise the type's. */
export function fullNameOf(schema: AvroSchema): string {
  if (schema.type === 'unresolved') return `${UNRESOLVED_NAMESPACE}.${unresolvedName(schema)}`;
  return isNamed(schema) ? schema.name.full : schema.type;
}

/** Where Avro 1.12 puts the records that stand for unresolved names, as its messages show. */
export const UNRESOLVED_NAMESPACE = 'org.apache.avro.compiler';

export function unresolvedName(schema: UnresolvedSchema): string {
  return `UnresolvedSchema_${schema.number}`;
}

/** The schemas directly inside of one, in order. */
export function childrenOf(schema: AvroSchema): readonly AvroSchema[] {
  switch (schema.type) {
    case 'array':
      return [schema.items];
    case 'map':
      return [schema.values];
    case 'union':
      return schema.branches;
    case 'record':
      return (schema.fields ?? []).map((field) => field.type);
    default:
      return [];
  }
}
