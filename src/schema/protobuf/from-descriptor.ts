/** Descriptors to declarations, as Confluent reads them: json names and map entries stay visible. */

import { isFieldSet } from '@bufbuild/protobuf';
import {
  type DescriptorProto,
  type DescriptorProto_ExtensionRange,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  type FileDescriptorProto,
  type ServiceDescriptorProto,
} from '@bufbuild/protobuf/wkt';
import { type MetaName, metaFromUnknown } from './confluent-meta.ts';
import type {
  EnumElement,
  ExtendElement,
  ExtensionsElement,
  FieldElement,
  Label,
  MessageElement,
  OptionElement,
  ProtoFile,
  ReservedElement,
  ServiceElement,
  TagRange,
} from './elements.ts';
import {
  ENUM_OPTIONS,
  ENUM_VALUE_OPTIONS,
  FIELD_OPTIONS,
  FILE_OPTIONS,
  MESSAGE_OPTIONS,
  METHOD_OPTIONS,
  ONEOF_OPTIONS,
  type OptionKind,
  optionsFromMessage,
  RANGE_OPTIONS,
  SERVICE_OPTIONS,
} from './plain-options.ts';

export function fileFromDescriptor(file: FileDescriptorProto): ProtoFile {
  const isPublic = new Set(file.publicDependency);
  const isProto3 = file.syntax === 'proto3';
  return {
    ...(file.syntax === 'proto2' || file.syntax === 'proto3' ? { syntax: file.syntax } : {}),
    ...(file.package === '' ? {} : { packageName: file.package }),
    imports: file.dependency.filter((_, index) => !isPublic.has(index)),
    publicImports: file.dependency.filter((_, index) => isPublic.has(index)),
    types: [...file.messageType.map((message) => toMessage(message, isProto3)), ...file.enumType.map(toEnum)],
    services: file.service.map(toService),
    extends: toExtends(file.extension, isProto3),
    options: toOptions(FILE_OPTIONS, 'file_meta', file.options),
  };
}

type Options = (Parameters<typeof optionsFromMessage>[1] & {}) | undefined;

function toOptions(kind: OptionKind, meta: MetaName, options: Options): readonly OptionElement[] {
  return [...optionsFromMessage(kind, options), ...metaFromUnknown(meta, options?.$unknown)];
}

function toMessage(message: DescriptorProto, isProto3: boolean): MessageElement {
  const fields: FieldElement[] = [];
  const members = message.oneofDecl.map((): FieldElement[] => []);
  for (const field of message.field) {
    const inOneOf = isFieldSet(field, FieldDescriptorProtoSchema.field.oneofIndex) && !field.proto3Optional;
    const target = inOneOf ? members[field.oneofIndex] : fields;
    target?.push(toField(field, inOneOf, isProto3));
  }
  return {
    kind: 'message',
    name: message.name,
    fields,
    // The ones that stand for proto3's `optional` have no members of their own.
    oneOfs: message.oneofDecl
      .map(({ name, options }, index) => ({
        kind: 'oneof' as const,
        name,
        fields: members[index] ?? [],
        groups: [],
        options: optionsFromMessage(ONEOF_OPTIONS, options),
      }))
      .filter((oneOf) => oneOf.fields.length > 0),
    groups: [],
    types: [...message.nestedType.map((inner) => toMessage(inner, isProto3)), ...message.enumType.map(toEnum)],
    extends: toExtends(message.extension, isProto3),
    extensions: message.extensionRange.map(toExtensions),
    reserveds: [
      ...message.reservedRange.map(({ start, end }) => toReserved(rangeOf(start, end - 1))),
      ...message.reservedName.map(toReserved),
    ],
    options: toOptions(MESSAGE_OPTIONS, 'message_meta', message.options),
  };
}

function toField(field: FieldDescriptorProto, inOneOf: boolean, isProto3: boolean): FieldElement {
  const label = inOneOf ? undefined : labelOf(field, isProto3);
  const has = (name: 'jsonName' | 'defaultValue'): boolean => isFieldSet(field, FieldDescriptorProtoSchema.field[name]);
  return {
    kind: 'field',
    ...(label === undefined ? {} : { label }),
    type: typeOf(field),
    name: field.name,
    tag: field.number,
    ...(has('defaultValue') && !isProto3 ? { defaultValue: field.defaultValue } : {}),
    ...(has('jsonName') ? { jsonName: field.jsonName } : {}),
    options: toOptions(FIELD_OPTIONS, 'field_meta', field.options),
  };
}

function labelOf({ label, proto3Optional }: FieldDescriptorProto, isProto3: boolean): Label | undefined {
  if (proto3Optional) return 'optional';
  if (label === FieldDescriptorProto_Label.REPEATED) return 'repeated';
  if (isProto3) return undefined;
  return label === FieldDescriptorProto_Label.REQUIRED ? 'required' : 'optional';
}

function typeOf(field: FieldDescriptorProto): string {
  if (isFieldSet(field, FieldDescriptorProtoSchema.field.typeName)) return field.typeName;
  return (FieldDescriptorProto_Type[field.type] ?? 'double').toLowerCase();
}

function toEnum(type: EnumDescriptorProto): EnumElement {
  return {
    kind: 'enum',
    name: type.name,
    constants: type.value.map(({ name, number, options }) => ({
      kind: 'constant',
      name,
      tag: number,
      options: toOptions(ENUM_VALUE_OPTIONS, 'enum_value_meta', options),
    })),
    // Unlike those of messages, ranges of enums include their end.
    reserveds: [
      ...type.reservedRange.map(({ start, end }) => toReserved(rangeOf(start, end))),
      ...type.reservedName.map(toReserved),
    ],
    options: toOptions(ENUM_OPTIONS, 'enum_meta', type.options),
  };
}

/** Both ends inclusive. */
function rangeOf(start: number, end: number): number | TagRange {
  return start === end ? start : { start, end };
}

function toReserved(value: number | TagRange | string): ReservedElement {
  return { kind: 'reserved', values: [value] };
}

function toExtensions({ start, end, options }: DescriptorProto_ExtensionRange): ExtensionsElement {
  return { kind: 'extensions', values: [rangeOf(start, end - 1)], options: optionsFromMessage(RANGE_OPTIONS, options) };
}

/** One block for each extended message. */
function toExtends(fields: readonly FieldDescriptorProto[], isProto3: boolean): readonly ExtendElement[] {
  const byExtendee = Map.groupBy(fields, ({ extendee }) => extendee);
  return [...byExtendee].map(([name, extended]) => ({
    kind: 'extend',
    name,
    fields: extended.map((field) => toField(field, false, isProto3)),
  }));
}

function toService({ name, method, options }: ServiceDescriptorProto): ServiceElement {
  return {
    kind: 'service',
    name,
    rpcs: method.map((rpc) => ({
      kind: 'rpc',
      name: rpc.name,
      requestType: rpc.inputType,
      requestStreaming: rpc.clientStreaming,
      responseType: rpc.outputType,
      responseStreaming: rpc.serverStreaming,
      options: optionsFromMessage(METHOD_OPTIONS, rpc.options),
    })),
    options: optionsFromMessage(SERVICE_OPTIONS, options),
  };
}
