/**
 * A .proto file as Confluent's parser (Square's Wire) sees it: what is declared, in the order of the text, names as
 * written and not yet resolved. Comments are not kept: the registry stores none.
 */

/** The highest field number, 2^29 - 1: what `max` means, for enums too (observed). */
export const MAX_TAG = 536_870_911;

export type Syntax = 'proto2' | 'proto3';

export interface ProtoFile {
  readonly syntax?: Syntax;
  readonly packageName?: string;
  readonly imports: readonly string[];
  readonly publicImports: readonly string[];
  readonly types: readonly TypeElement[];
  readonly services: readonly ServiceElement[];
  readonly extends: readonly ExtendElement[];
  readonly options: readonly OptionElement[];
}

export type TypeElement = MessageElement | EnumElement;

export interface MessageElement {
  readonly kind: 'message';
  readonly name: string;
  readonly fields: readonly FieldElement[];
  readonly oneOfs: readonly OneOfElement[];
  readonly groups: readonly GroupElement[];
  readonly types: readonly TypeElement[];
  readonly extends: readonly ExtendElement[];
  readonly extensions: readonly ExtensionsElement[];
  readonly reserveds: readonly ReservedElement[];
  readonly options: readonly OptionElement[];
}

export type Label = 'required' | 'optional' | 'repeated';

export interface FieldElement {
  readonly kind: 'field';
  /** Absent for maps, members of a oneof and singular fields of proto3. */
  readonly label?: Label;
  /** As written: a scalar, a name, or `map<key, value>`. */
  readonly type: string;
  readonly name: string;
  readonly tag: number;
  /** The value of the pseudo option `default`, without quotes or escapes. */
  readonly defaultValue?: string;
  /** The value of the pseudo option `json_name`. */
  readonly jsonName?: string;
  readonly options: readonly OptionElement[];
}

export interface OneOfElement {
  readonly kind: 'oneof';
  readonly name: string;
  readonly fields: readonly FieldElement[];
  readonly groups: readonly GroupElement[];
  readonly options: readonly OptionElement[];
  /** Left out of a normalized text, in which the blank line before it stays. */
  readonly isDropped?: true;
}

export interface GroupElement {
  readonly kind: 'group';
  readonly label?: Label;
  readonly name: string;
  readonly tag: number;
  readonly fields: readonly FieldElement[];
}

export interface EnumElement {
  readonly kind: 'enum';
  readonly name: string;
  readonly constants: readonly EnumConstantElement[];
  readonly reserveds: readonly ReservedElement[];
  readonly options: readonly OptionElement[];
}

export interface EnumConstantElement {
  readonly kind: 'constant';
  readonly name: string;
  readonly tag: number;
  readonly options: readonly OptionElement[];
}

/** Both ends inclusive. */
export interface TagRange {
  readonly start: number;
  readonly end: number;
}

export interface ReservedElement {
  readonly kind: 'reserved';
  /** Numbers, ranges of numbers, and names. */
  readonly values: readonly (number | TagRange | string)[];
}

export interface ExtensionsElement {
  readonly kind: 'extensions';
  readonly values: readonly (number | TagRange)[];
  readonly options: readonly OptionElement[];
}

export interface ExtendElement {
  readonly kind: 'extend';
  /** The extended message. */
  readonly name: string;
  readonly fields: readonly FieldElement[];
  /** As of a oneof. */
  readonly isDropped?: true;
}

export interface ServiceElement {
  readonly kind: 'service';
  readonly name: string;
  readonly rpcs: readonly RpcElement[];
  readonly options: readonly OptionElement[];
}

export interface RpcElement {
  readonly kind: 'rpc';
  readonly name: string;
  readonly requestType: string;
  readonly requestStreaming: boolean;
  readonly responseType: string;
  readonly responseStreaming: boolean;
  readonly options: readonly OptionElement[];
}

export interface OptionElement {
  readonly kind: 'option';
  readonly name: string;
  /** The name stands in parentheses: a custom option. */
  readonly parenthesized: boolean;
  readonly value: OptionValue;
}

export type OptionValue =
  | { readonly kind: 'string' | 'number' | 'boolean' | 'enum'; readonly text: string }
  | { readonly kind: 'map'; readonly entries: ReadonlyMap<string, OptionValue> }
  | { readonly kind: 'list'; readonly values: readonly OptionValue[] }
  /** The rest of a dotted name: `(a).b = 1` is the option `a` with the value `b = 1`. */
  | { readonly kind: 'nested'; readonly option: OptionElement };

const SCALARS = [
  ...['double', 'float', 'int32', 'int64', 'uint32', 'uint64', 'sint32', 'sint64'],
  ...['fixed32', 'fixed64', 'sfixed32', 'sfixed64', 'bool', 'string', 'bytes'],
] as const;

export type Scalar = (typeof SCALARS)[number];

const SCALAR_NAMES: ReadonlySet<string> = new Set(SCALARS);

export function isScalar(type: string): type is Scalar {
  return SCALAR_NAMES.has(type);
}

/** The two types of `map<key, value>`; undefined for every other type. */
export function splitMapType(type: string): { readonly key: string; readonly value: string } | undefined {
  if (!type.startsWith('map<') || !type.endsWith('>')) return undefined;
  const comma = type.indexOf(',');
  if (comma < 0) return undefined;
  return { key: type.slice(4, comma).trim(), value: type.slice(comma + 1, -1).trim() };
}

/** The option of a plain name, the last of several, as Confluent looks them up. */
export function findOption(options: readonly OptionElement[], name: string): OptionElement | undefined {
  return options.findLast((option) => option.name === name);
}

/** Whether a plain boolean option says true. */
export function isOptionTrue(options: readonly OptionElement[], name: string): boolean {
  const value = findOption(options, name)?.value;
  return value !== undefined && 'text' in value && value.text.toLowerCase() === 'true';
}

/** The message that stands for the entries of a map field, as descriptors have them. */
export function isMapEntry(type: TypeElement): boolean {
  return type.kind === 'message' && isOptionTrue(type.options, 'map_entry');
}
