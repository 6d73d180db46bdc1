/** Whether a field's new type and label can read what was written under its old ones. */
import type { DifferenceType } from './difference.ts';
import { type FieldElement, isMapEntry, isScalar, type Scalar, splitMapType } from './elements.ts';
import { mapTypeOf, resolveType, type TypeInfo, type TypeTable } from './type-table.ts';

export interface ScopedField {
  readonly field: FieldElement;
  /** The parts of the full name of the message that has it. */
  readonly scope: readonly string[];
}

interface ResolvableField extends ScopedField {
  readonly table: TypeTable;
}

/** A type with the place its names are seen from. */
interface ScopedType {
  readonly type: string;
  readonly scope: readonly string[];
  readonly table: TypeTable;
}

/** Compares two messages of which at least one is in another file; true when they are compatible. */
export type CompareReferred = (original: TypeInfo, update: TypeInfo) => boolean;

/** Everything that two fields of one number have against each other. */
export function compareFieldTypes(
  original: ResolvableField,
  update: ResolvableField,
  compareReferred: CompareReferred,
): readonly DifferenceType[] {
  const from = { type: original.field.type, scope: original.scope, table: original.table };
  const to = { type: update.field.type, scope: update.scope, table: update.table };
  const found = compareTypes(from, to, compareReferred);
  return found.length > 0 ? found : compareLabels(original.field, update.field, describeType(from));
}

/**
 * A number keeps its label: `optional int32` cannot become `required int32`, though without a label it becomes
 * `repeated` (both observed). That any two labels clash, and none with a missing one, is the simplest rule behind that.
 */
function compareLabels(original: FieldElement, update: FieldElement, type: TypeKind): readonly DifferenceType[] {
  if (type.kind !== 'scalar' || type.encoding === 'text') return [];
  if (original.label === undefined || update.label === undefined || original.label === update.label) return [];
  return ['FIELD_NUMERIC_LABEL_CHANGED'];
}

/** How values lie on the wire: types of one kind read each other. */
type Encoding = 'varint' | 'zigzag' | 'fixed32' | 'fixed64' | 'float' | 'double' | 'text';

const ENCODINGS: Readonly<Record<Scalar, Encoding>> = {
  int32: 'varint',
  int64: 'varint',
  uint32: 'varint',
  uint64: 'varint',
  bool: 'varint',
  sint32: 'zigzag',
  sint64: 'zigzag',
  fixed32: 'fixed32',
  sfixed32: 'fixed32',
  fixed64: 'fixed64',
  sfixed64: 'fixed64',
  float: 'float',
  double: 'double',
  string: 'text',
  bytes: 'text',
};

type TypeKind =
  | { readonly kind: 'scalar'; readonly encoding: Encoding }
  | { readonly kind: 'map'; readonly key: string; readonly value: string; readonly scope: readonly string[] }
  | { readonly kind: 'message'; readonly info: TypeInfo | undefined };

function describeType({ type, scope, table }: ScopedType): TypeKind {
  if (isScalar(type)) return { kind: 'scalar', encoding: ENCODINGS[type] };
  const map = splitMapType(type);
  if (map !== undefined) return { kind: 'map', ...map, scope };
  const info = resolveType(table, type, scope);
  // Enums are numbers on the wire.
  if (info?.type.kind === 'enum') return { kind: 'scalar', encoding: 'varint' };
  const entry = info !== undefined && isMapEntry(info.type) ? mapTypeOf(info) : undefined;
  const split = entry === undefined ? undefined : splitMapType(entry);
  if (info !== undefined && split !== undefined)
    return { kind: 'map', ...split, scope: [...info.scope, info.type.name] };
  return { kind: 'message', info };
}

function compareTypes(
  original: ScopedType,
  update: ScopedType,
  compareReferred: CompareReferred,
  depth = 0,
): readonly DifferenceType[] {
  const from = describeType(original);
  const to = describeType(update);
  if (from.kind === 'scalar' && to.kind === 'scalar') {
    return from.encoding === to.encoding ? [] : ['FIELD_SCALAR_KIND_CHANGED'];
  }
  if (from.kind === 'map' && to.kind === 'map' && depth < 2) {
    return (['key', 'value'] as const).flatMap((part) =>
      compareTypes(
        { type: from[part], scope: from.scope, table: original.table },
        { type: to[part], scope: to.scope, table: update.table },
        compareReferred,
        depth + 1,
      ),
    );
  }
  if (from.kind === 'message' && to.kind === 'message') {
    const [before, after] = [localName(from.info, original.type), localName(to.info, update.type)];
    if (before !== after) return ['FIELD_NAMED_TYPE_CHANGED'];
    if (from.info === undefined || to.info === undefined) return [];
    // Messages of the schema itself are compared in their own place.
    if (from.info.isLocal && to.info.isLocal) return [];
    return compareReferred(from.info, to.info) ? [] : ['FIELD_NAMED_TYPE_CHANGED'];
  }
  return ['FIELD_KIND_CHANGED'];
}

/** The name without its package: a message may come from another file or package (observed). */
function localName(info: TypeInfo | undefined, type: string): string {
  if (info === undefined) return type;
  return info.packageName === '' ? info.fullName : info.fullName.slice(info.packageName.length + 1);
}
