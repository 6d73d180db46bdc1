/** Which names mean what, seen from a schema's file: Confluent's way of resolving them, which ignores imports. */
import { type FieldElement, type ProtoFile, splitMapType, type TypeElement } from './elements.ts';
import type { SchemaFiles } from './schema-files.ts';

export interface TypeInfo {
  readonly fullName: string;
  /** Of the file that defines it; empty for none. */
  readonly packageName: string;
  /** The parts of the names around it, its own not included. */
  readonly scope: readonly string[];
  readonly type: TypeElement;
  /** Defined in the schema itself, not in a file it depends on. */
  readonly isLocal: boolean;
}

/** A field, and the parts of the names around it. */
export interface PlacedField {
  readonly field: FieldElement;
  readonly scope: readonly string[];
}

export interface TypeTable {
  readonly types: ReadonlyMap<string, TypeInfo>;
  /** Extension fields by their full names: what custom options are called. */
  readonly extensionFields: ReadonlyMap<string, PlacedField>;
}

/** The types of all files; those of the schema's own file hide others of the same name. */
export function buildTypeTable({ root, dependencies }: SchemaFiles): TypeTable {
  const types = new Map<string, TypeInfo>();
  const extensionFields = new Map<string, PlacedField>();
  for (const file of dependencies.values()) collectFile(file, false, types, extensionFields);
  collectFile(root, true, types, extensionFields);
  return { types, extensionFields };
}

function collectFile(
  file: ProtoFile,
  isLocal: boolean,
  types: Map<string, TypeInfo>,
  extensionFields: Map<string, PlacedField>,
): void {
  const packageName = file.packageName ?? '';
  const packageScope = splitName(packageName);
  const collect = (type: TypeElement, scope: readonly string[]): void => {
    const own = [...scope, type.name];
    const fullName = own.join('.');
    types.set(fullName, { fullName, packageName, scope, type, isLocal });
    if (type.kind === 'enum') return;
    collectExtensions(type.extends, own);
    for (const inner of type.types) collect(inner, own);
  };
  const collectExtensions = (extended: ProtoFile['extends'], scope: readonly string[]): void => {
    for (const { fields } of extended) {
      for (const field of fields) extensionFields.set([...scope, field.name].join('.'), { field, scope });
    }
  };
  collectExtensions(file.extends, packageScope);
  for (const type of file.types) collect(type, packageScope);
}

/** The parts of a package or a dotted name; none for the empty one. */
export function splitName(name: string): readonly string[] {
  return name === '' ? [] : name.split('.');
}

/**
 * The full name that a name in a scope stands for: the whole name is tried in the scope and then in every scope around
 * it. (protoc commits to the first scope that has the name's first part.)
 */
export function resolveName(
  name: string,
  scope: readonly string[],
  exists: (fullName: string) => boolean,
): string | undefined {
  if (name.startsWith('.')) return exists(name.slice(1)) ? name.slice(1) : undefined;
  for (let length = scope.length; length > 0; length--) {
    const fullName = `${scope.slice(0, length).join('.')}.${name}`;
    if (exists(fullName)) return fullName;
  }
  return exists(name) ? name : undefined;
}

export function resolveType(table: TypeTable, name: string, scope: readonly string[]): TypeInfo | undefined {
  const fullName = resolveName(name, scope, (candidate) => table.types.has(candidate));
  return fullName === undefined ? undefined : table.types.get(fullName);
}

/** `map<key, value>` for the message that stands for a map's entries, as descriptors have it. */
export function mapTypeOf({ type }: Pick<TypeInfo, 'type'>): string | undefined {
  if (type.kind !== 'message') return undefined;
  const key = type.fields.find(({ name }) => name === 'key');
  const value = type.fields.find(({ name }) => name === 'value');
  if (key === undefined || value === undefined || splitMapType(value.type) !== undefined) return undefined;
  return `map<${key.type}, ${value.type}>`;
}
