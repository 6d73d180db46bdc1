/**
 * The options that Confluent carries between text and descriptor, by what they stand on. Custom ones are not among
 * them, but for Confluent's own (confluent-meta.ts): they are lost in a descriptor (observed).
 */
import { type DescField, type DescMessage, isFieldSet, type Message } from '@bufbuild/protobuf';
import {
  EnumOptionsSchema,
  EnumValueOptionsSchema,
  FieldOptionsSchema,
  FileOptionsSchema,
  MessageOptionsSchema,
  MethodOptionsSchema,
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
  ...['swift_prefix', 'php_class_prefix', 'php_namespace', 'php_metadata_namespace', 'ruby_package'],
]);
export const MESSAGE_OPTIONS = kindOf(MessageOptionsSchema, [
  'no_standard_descriptor_accessor',
  'deprecated',
  'map_entry',
]);
export const FIELD_OPTIONS = kindOf(FieldOptionsSchema, ['ctype', 'packed', 'jstype', 'deprecated']);
export const ENUM_OPTIONS = kindOf(EnumOptionsSchema, ['allow_alias', 'deprecated']);
export const ENUM_VALUE_OPTIONS = kindOf(EnumValueOptionsSchema, ['deprecated']);
export const SERVICE_OPTIONS = kindOf(ServiceOptionsSchema, ['deprecated']);
export const METHOD_OPTIONS = kindOf(MethodOptionsSchema, ['deprecated', 'idempotency_level']);

function kindOf(schema: DescMessage, names: readonly string[]): OptionKind {
  return { schema, fields: names.flatMap((name) => schema.fields.filter((field) => field.name === name)) };
}

/** The options of a descriptor as declarations, in Confluent's order. */
export function optionsFromMessage({ fields }: OptionKind, message: Message | undefined): readonly OptionElement[] {
  if (message === undefined) return [];
  return fields
    .filter((field) => isFieldSet(message, field))
    .map((field) => ({
      kind: 'option',
      name: field.name,
      parenthesized: false,
      value: valueFromField(field, Reflect.get(message, field.localName)),
    }));
}

function valueFromField(field: DescField, value: unknown): OptionValue {
  if (field.fieldKind === 'enum') {
    const name = field.enum.values.find(({ number }) => number === value)?.name;
    return { kind: 'enum', text: name ?? String(value) };
  }
  return { kind: typeof value === 'boolean' ? 'boolean' : 'string', text: String(value) };
}

/**
 * The options that are declared, as properties for making the descriptor's message; undefined for none.
 *
 * @throws ProtobufFault for a value that an option's type does not have.
 */
export function optionsToInit(
  { fields }: OptionKind,
  options: readonly OptionElement[],
): Record<string, string | boolean | number> | undefined {
  const found = fields.flatMap((field): [string, string | boolean | number][] => {
    const value = findOption(options, field.name)?.value;
    return value === undefined || !('text' in value) ? [] : [[field.localName, valueToField(field, value.text)]];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

function valueToField(field: DescField, text: string): string | boolean | number {
  if (field.fieldKind === 'enum') {
    const number = field.enum.values.find(({ name }) => name === text)?.number;
    if (number === undefined) throw new ProtobufFault(`${field.name} has no value ${text}`);
    return number;
  }
  // Java's reading of booleans: `True` is true (observed).
  return field.fieldKind === 'scalar' && field.scalar === BOOL ? text.toLowerCase() === 'true' : text;
}

/** `ScalarType.BOOL`. */
const BOOL = 8;
