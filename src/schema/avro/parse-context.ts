/** The named types that a text may refer to: its own, and those of the texts read before it. */
import { AvroSchemaError } from './avro-error.ts';
import type { JsonNode } from './json-node.ts';
import {
  type AvroSchema,
  type EnumSchema,
  type FixedSchema,
  isPrimitiveType,
  type NamedSchema,
  type RecordSchema,
} from './schema-model.ts';
import { checkFullName } from './schema-name.ts';

export interface ParseContext {
  /** False where defaults are taken as they are: for imports. */
  readonly validateDefaults: boolean;
  /** By full name. The first definition of a name stays. */
  readonly types: Map<string, NamedSchema>;
  /** The types of the text that is being read. */
  readonly added: NamedSchema[];
  /** Types and their parts in which every name has been resolved. */
  readonly resolved: Set<AvroSchema>;
  /** Defaults that met a name without a type yet. */
  readonly openDefaults: OpenDefault[];
  unresolvedCount: number;
}

export interface OpenDefault {
  readonly field: string;
  readonly type: AvroSchema;
  readonly value: JsonNode;
}

export function createContext(validateDefaults: boolean): ParseContext {
  return { validateDefaults, types: new Map(), added: [], resolved: new Set(), openDefaults: [], unresolvedCount: 0 };
}

/**
 * Adds a type where its definition begins, before its attributes and fields are read: so a record never equals an
 * earlier one, while an enum or fixed type may be repeated (observed for fixed types).
 */
export function addType(context: ParseContext, type: NamedSchema): void {
  checkFullName(type.name);
  const known = context.types.get(type.name.full);
  if (known === undefined) {
    context.types.set(type.name.full, type);
    context.added.push(type);
  } else if (!isSameType(known, type)) throw new AvroSchemaError(`Can't redefine: ${type.name.full}`);
}

/** What a name means inside a namespace; an unresolved schema when nothing is known by it yet. */
export function findType(context: ParseContext, name: string, namespace: string | undefined): AvroSchema {
  if (isPrimitiveType(name)) return { type: name, props: new Map() };
  const target = namespace === undefined || name.includes('.') ? name : `${namespace}.${name}`;
  const known = context.types.get(target) ?? context.types.get(name);
  return known ?? { type: 'unresolved', target, number: context.unresolvedCount++ };
}

/** Java's `equals`: documentation, aliases and an enum's default do not count. The names are equal already. */
function isSameType(known: NamedSchema, added: NamedSchema): boolean {
  if (known.props.size !== added.props.size) return false;
  switch (added.type) {
    case 'enum':
      return known.type === 'enum' && sameSymbols(known, added);
    case 'fixed':
      return known.type === 'fixed' && sameSize(known, added);
    case 'record':
      return known.type === 'record' && sameFields(known, added);
    default:
      return false;
  }
}

function sameSymbols(known: EnumSchema, added: EnumSchema): boolean {
  return (
    known.symbols.length === added.symbols.length && known.symbols.every((symbol, at) => symbol === added.symbols[at])
  );
}

function sameSize(known: FixedSchema, added: FixedSchema): boolean {
  return known.size === added.size;
}

/** A record is added without fields; only one whose own text is still being read has none either. */
function sameFields(known: RecordSchema, added: RecordSchema): boolean {
  return known.fields === undefined && added.fields === undefined;
}
