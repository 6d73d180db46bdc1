/** The names of Avro's records, enums and fixed types, and of fields and symbols. */
import { AvroSchemaError } from './avro-error.ts';
import { PRIMITIVE_TYPES, type SchemaName } from './schema-model.ts';

/**
 * A name as a schema writes it: what stands before its last dot is its namespace, otherwise `namespace` is.
 * Throws for an illegal last part; the namespace is not looked at here (as in Avro 1.12).
 */
export function makeName(text: string, namespace: string | undefined): SchemaName {
  const dot = text.lastIndexOf('.');
  const short = checkName(text.slice(dot + 1));
  const space = (dot < 0 ? namespace : text.slice(0, dot)) || undefined;
  return { short, namespace: space, full: space === undefined ? short : `${space}.${short}` };
}

/** The name itself, when it is legal. */
export function checkName(name: string | undefined): string {
  const fault = findFault(name);
  if (fault !== undefined || name === undefined) throw new AvroSchemaError(fault ?? 'Null name');
  return name;
}

/** Every part of a named type's full name must be legal where the type is defined. */
export function checkFullName({ namespace }: SchemaName): void {
  for (const part of namespace?.split('.') ?? []) {
    const fault = findFault(part);
    if (fault !== undefined) throw new AvroSchemaError(`Namespace part "${part}" is invalid: ${fault}`);
  }
}

function findFault(name: string | undefined): string | undefined {
  if (name === undefined) return 'Null name';
  if (name === '') return 'Empty name';
  if (!/^[A-Za-z_]/.test(name)) return `Illegal initial character: ${name}`;
  return /^\w*$/.test(name) ? undefined : `Illegal character in: ${name}`;
}

const TYPE_WORDS: ReadonlySet<string> = new Set([
  ...PRIMITIVE_TYPES,
  'record',
  'enum',
  'array',
  'map',
  'union',
  'fixed',
]);

/** The shortest text that means the name inside `namespace`. A name that is also a type's word stays qualified. */
export function qualifyName(name: SchemaName, namespace: string | undefined): string {
  if (name.namespace === undefined || name.namespace !== namespace) return name.full;
  return TYPE_WORDS.has(name.short) ? name.full : name.short;
}
