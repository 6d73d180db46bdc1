/**
 * Maps as maps. Descriptors have a message for the entries of every map, and a repeated field of it; Confluent writes
 * neither into a text.
 */
import { type FieldElement, isMapEntry, type MessageElement, type ProtoFile, type TypeElement } from './elements.ts';
import type { SchemaFiles } from './schema-files.ts';
import { buildTypeTable, mapTypeOf, resolveType, splitName, type TypeTable } from './type-table.ts';

export function foldMapEntries(files: SchemaFiles): ProtoFile {
  const { root } = files;
  if (!hasMapEntry(root.types)) return root;
  const table = buildTypeTable(files);
  const scope = splitName(root.packageName ?? '');
  return {
    ...root,
    types: foldTypes(root.types, scope, table),
    extends: root.extends.map((extended) => ({ ...extended, fields: foldFields(extended.fields, scope, table) })),
  };
}

function hasMapEntry(types: readonly TypeElement[]): boolean {
  return types.some((type) => isMapEntry(type) || (type.kind === 'message' && hasMapEntry(type.types)));
}

function foldTypes(types: readonly TypeElement[], scope: readonly string[], table: TypeTable): readonly TypeElement[] {
  return types
    .filter((type) => !isMapEntry(type) || mapTypeOf({ type }) === undefined)
    .map((type) => (type.kind === 'message' ? foldMessage(type, [...scope, type.name], table) : type));
}

function foldMessage(message: MessageElement, scope: readonly string[], table: TypeTable): MessageElement {
  const fold = <Element extends { readonly fields: readonly FieldElement[] }>(element: Element): Element => ({
    ...element,
    fields: foldFields(element.fields, scope, table),
  });
  return {
    ...fold(message),
    oneOfs: message.oneOfs.map((oneOf) => ({ ...fold(oneOf), groups: oneOf.groups.map(fold) })),
    groups: message.groups.map(fold),
    extends: message.extends.map(fold),
    types: foldTypes(message.types, scope, table),
  };
}

function foldFields(
  fields: readonly FieldElement[],
  scope: readonly string[],
  table: TypeTable,
): readonly FieldElement[] {
  return fields.map((field) => {
    const info = resolveType(table, field.type, scope);
    const type = info !== undefined && isMapEntry(info.type) ? mapTypeOf(info) : undefined;
    if (type === undefined) return field;
    const { label: _label, ...rest } = field;
    return { ...rest, type };
  });
}
