/** How often the fields of a custom option's message can be given, as far as its type is known. */
import { splitMapType } from './elements.ts';
import type { OptionShape } from './merge-option.ts';
import { type PlacedField, resolveType, type TypeTable } from './type-table.ts';

export function shapeOf(placed: PlacedField | undefined, table: TypeTable): OptionShape | undefined {
  if (placed === undefined) return undefined;
  const { label, type } = placed.field;
  return {
    isRepeated: label === 'repeated' || splitMapType(type) !== undefined,
    member: (name) => shapeOf(memberOf(placed, name, table), table),
  };
}

function memberOf({ field, scope }: PlacedField, name: string, table: TypeTable): PlacedField | undefined {
  const info = resolveType(table, field.type, scope);
  if (info?.type.kind !== 'message') return undefined;
  const { fields, oneOfs } = info.type;
  const member = [...fields, ...oneOfs.flatMap((oneOf) => oneOf.fields)].find((candidate) => candidate.name === name);
  return member && { field: member, scope: [...info.scope, info.type.name] };
}
