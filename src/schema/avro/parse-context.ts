/** The named types that a text may refer to: its own, and those of the texts read before it. */
import { AvroSchemaError } from './avro-error.ts';
import { isSameDefinition } from './same-definition.ts';
import { type AvroSchema, isPrimitiveType, type NamedSchema } from './schema-model.ts';
import { checkFullName } from './schema-name.ts';

export interface ParseContext {
  /** False where defaults are taken as they are: for imports. */
  readonly validateDefaults: boolean;
  /** By full name. The first definition of a name stays. */
  readonly types: Map<string, NamedSchema>;
  /** The types of the text that is being read, in the order in which their definitions end. */
  readonly added: NamedSchema[];
  /** Schemas in which every name has been resolved, or that have a copy in which it has. */
  readonly resolved: Set<AvroSchema>;
  unresolvedCount: number;
}

export function createContext(validateDefaults: boolean): ParseContext {
  return { validateDefaults, types: new Map(), added: [], resolved: new Set(), unresolvedCount: 0 };
}

/**
 * Adds a type where its definition ends, as Avro 1.12.1 does; 1.12.0 did so where it begins. Until then its name is
 * unknown, to the type's own fields as well. A definition may be repeated.
 */
export function addType(context: ParseContext, type: NamedSchema): void {
  checkFullName(type.name);
  const known = context.types.get(type.name.full);
  if (known === undefined) {
    context.types.set(type.name.full, type);
    context.added.push(type);
  } else if (!isSameDefinition(known, type)) throw new AvroSchemaError(`Can't redefine: ${type.name.full}`);
}

/** What a name means inside a namespace; an unresolved schema when nothing is known by it yet. */
export function findType(context: ParseContext, name: string, namespace: string | undefined): AvroSchema {
  if (isPrimitiveType(name)) return { type: name, props: new Map() };
  const target = namespace === undefined || name.includes('.') ? name : `${namespace}.${name}`;
  const known = context.types.get(target) ?? context.types.get(name);
  return known ?? { type: 'unresolved', target, number: context.unresolvedCount++ };
}
