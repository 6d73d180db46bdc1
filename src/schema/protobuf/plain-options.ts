/**
 * The options that Confluent carries between text and descriptor, by what they stand on. Custom ones are not among
 * them, but for Confluent's own (confluent-meta.ts): they are lost in a descriptor (observed).
 */
import { type DescField, type DescMessage, isFieldSet, type Message, ScalarType } from '@bufbuild/protobuf';
import {
  EnumOptionsSchema,
  EnumValueOptionsSchema,
  ExtensionRangeOptionsSchema,
  FieldOptionsSchema,
  FileOptionsSchema,
  MessageOptionsSchema,
  MethodOptionsSchema,
  OneofOptionsSchema,
  ServiceOptionsSchema,
} from '@bufbuild/protobuf/wkt';
import { findOption, type OptionElement, type OptionValue } from './elements.ts';
import { ProtobufFault } from './protobuf-fault.ts';

export interface OptionKind {
  readonly schema: DescMessage;
  readonly fields: readonly DescField[];
}

export const FILE_OPTIONS = kindOf(FileOptionsSchema, [
  ...['java_package', 'java_outer_classname', 'java_multiple_files', 'java_generate_equals_and_hash'],
  ...['java_string_check_utf8', 'optimize_for', 'go_package', 'cc_generic_services', 'java_generic_services'],
  ...['py_generic_services', 'deprecated', 'cc_enable_arenas', 'objc_class_prefix', 'csharp_namespace'],
  ...['swift_prefix', 'php_class_prefix', 'php_namespace', 'php_metadata_namespace', 'ruby_package', 'features'],
]);
export const MESSAGE_OPTIONS = kindOf(MessageOptionsSchema, [
  'no_standard_descriptor_accessor',
  'deprecated',
  'map_entry',
  'features',
]);
export const FIELD_OPTIONS = kindOf(FieldOptionsSchema, [
  ...['ctype', 'packed', 'jstype', 'deprecated', 'debug_redact', 'retention', 'targets'],
  ...['edition_defaults', 'features', 'feature_support'],
]);
export const ONEOF_OPTIONS = kindOf(OneofOptionsSchema, ['features']);
export const RANGE_OPTIONS = kindOf(ExtensionRangeOptionsSchema, ['declaration', 'features', 'verification']);
export const ENUM_OPTIONS = kindOf(EnumOptionsSchema, ['allow_alias', 'deprecated', 'features']);
export const ENUM_VALUE_OPTIONS = kindOf(EnumValueOptionsSchema, [
  'deprecated',
  'debug_redact',
  'features',
  'feature_support',
]);
export const SERVICE_OPTIONS = kindOf(ServiceOptionsSchema, ['deprecated', 'features']);
export const METHOD_OPTIONS = kindOf(MethodOptionsSchema, ['deprecated', 'idempotency_level', 'features']);

/** What is carried of the options that are messages. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  features: [
    ...['field_presence', 'enum_type', 'repeated_field_encoding'],
    ...['utf8_validation', 'message_encoding', 'json_format'],
  ],
  feature_support: ['edition_introduced', 'edition_deprecated', 'deprecation_warning', 'edition_removed'],
  edition_defaults: ['edition', 'value'],
  declaration: ['number', 'full_name', 'type', 'reserved', 'repeated'],
};

/** What else than a name of an enum's value is taken for the value 0, and what for nothing. */
const UNKNOWN_IS_ZERO: ReadonlySet<string> = new Set(['retention', ...Object.values(PARTS).flat()]);
const UNKNOWN_IS_NOTHING: ReadonlySet<string> = new Set(['verification']);

function kindOf(schema: DescMessage, names: readonly string[]): OptionKind {
  return { schema, fields: names.flatMap((name) => schema.fields.filter((field) => field.name === name)) };
}

/** The options of a descriptor as declarations, in Confluent's order. */
export function optionsFromMessage({ fields }: OptionKind, message: Message | undefined): readonly OptionElement[] {
  if (message === undefined) return [];
  return fields
    .filter((field) => isFieldSet(message, field))
    .flatMap((field) => {
      const value: unknown = Reflect.get(message, field.localName);
      return (Array.isArray(value) ? value : [value]).map((item: unknown) => ({
        kind: 'option' as const,
        name: field.name,
        parenthesized: false,
        value: valueFromField(field, item),
      }));
    });
}

function valueFromField(field: DescField, value: unknown): OptionValue {
  if (field.message !== undefined) {
    const parts = optionsFromMessage(kindOf(field.message, PARTS[field.name] ?? []), value as Message);
    return { kind: 'map', entries: new Map(parts.map((part) => [part.name, part.value])) };
  }
  if (field.enum !== undefined) {
    const name = field.enum.values.find(({ number }) => number === value)?.name;
    return { kind: 'enum', text: name ?? String(value) };
  }
  const kinds: Readonly<Record<string, 'boolean' | 'number'>> = { boolean: 'boolean', number: 'number' };
  return { kind: kinds[typeof value] ?? 'string', text: String(value) };
}

type OptionInit = string | boolean | number | { readonly [name: string]: OptionInit } | readonly OptionInit[];

/**
 * The options that are declared, as properties for making the descriptor's message; undefined for none.
 *
 * @throws ProtobufFault for a value that an option's type does not have.
 */
export function optionsToInit(
  { fields }: OptionKind,
  options: readonly OptionElement[],
): Record<string, OptionInit> | undefined {
  const found = fields.flatMap((field): [string, OptionInit][] => {
    if (field.fieldKind === 'list') {
      const items = options.filter(({ name }) => name === field.name).map(({ value }) => valueToField(field, value));
      const known = items.filter((item) => item !== undefined);
      return known.length === 0 ? [] : [[field.localName, known]];
    }
    const value = findOption(options, field.name)?.value;
    const init = value === undefined ? undefined : valueToField(field, value);
    return init === undefined ? [] : [[field.localName, init]];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

/** Undefined for a value that is nothing here. */
function valueToField(field: DescField, value: OptionValue): OptionInit | undefined {
  if (field.message !== undefined) {
    if (value.kind !== 'map') throw new ProtobufFault(`${field.name} is no message`);
    const parts = [...value.entries].map(
      ([name, inner]) => ({ kind: 'option', name, parenthesized: false, value: inner }) as const,
    );
    return optionsToInit(kindOf(field.message, PARTS[field.name] ?? []), parts) ?? {};
  }
  if (!('text' in value)) return undefined;
  const { text } = value;
  if (field.enum !== undefined) {
    const number = field.enum.values.find(({ name }) => name === text)?.number;
    if (number !== undefined) return number;
    if (UNKNOWN_IS_NOTHING.has(field.name)) return undefined;
    if (UNKNOWN_IS_ZERO.has(field.name)) return 0;
    throw new ProtobufFault(`${field.name} has no value ${text}`);
  }
  if (field.scalar === ScalarType.INT32) return Number(text) | 0;
  // Java's reading of booleans: `True` is true (observed).
  return field.scalar === ScalarType.BOOL ? text.toLowerCase() === 'true' : text;
}
