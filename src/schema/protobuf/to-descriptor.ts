/**
 * Declarations to a FileDescriptorProto, byte for byte as Confluent's `format=serialized`: members of oneofs before
 * other fields, entries of maps behind other nested messages, groups and custom options left out, names as written.
 */
import { create, type DescMessage, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import {
  type DescriptorProto,
  DescriptorProto_ExtensionRangeSchema,
  DescriptorProtoSchema,
  type EnumDescriptorProto,
  EnumDescriptorProtoSchema,
  EnumOptionsSchema,
  EnumValueDescriptorProtoSchema,
  EnumValueOptionsSchema,
  ExtensionRangeOptionsSchema,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileOptionsSchema,
  MessageOptionsSchema,
  MethodDescriptorProtoSchema,
  MethodOptionsSchema,
  OneofDescriptorProtoSchema,
  OneofOptionsSchema,
  ServiceDescriptorProtoSchema,
  ServiceOptionsSchema,
} from '@bufbuild/protobuf/wkt';
import { type MetaName, metaToUnknown } from './confluent-meta.ts';
import {
  type EnumElement,
  type ExtensionsElement,
  type FieldElement,
  isScalar,
  type MessageElement,
  type OptionElement,
  type ProtoFile,
  type ServiceElement,
  splitMapType,
  type TagRange,
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
  optionsToInit,
  RANGE_OPTIONS,
  SERVICE_OPTIONS,
} from './plain-options.ts';
import { resolveType, splitName, type TypeTable } from './type-table.ts';

/**
 * @param name what the descriptor calls itself; Confluent's roots are `default` (observed).
 * @param isDependency imports of other files are left out, as Confluent does (observed).
 * @throws ProtobufFault where an option's value is not one that a descriptor can have.
 */
export function fileToDescriptor(
  file: ProtoFile,
  name: string,
  table: TypeTable,
  isDependency: (name: string) => boolean,
): FileDescriptorProto {
  const scope = splitName(file.packageName ?? '');
  const builder = new DescriptorBuilder(table, file.syntax === 'proto3');
  const imports = file.imports.filter(isDependency);
  const publicImports = file.publicImports.filter(isDependency);
  return create(FileDescriptorProtoSchema, {
    name,
    ...(file.packageName === undefined ? {} : { package: file.packageName }),
    dependency: [...imports, ...publicImports],
    publicDependency: publicImports.map((_, index) => imports.length + index),
    messageType: file.types.flatMap((type) => (type.kind === 'message' ? [builder.message(type, scope)] : [])),
    enumType: file.types.flatMap((type) => (type.kind === 'enum' ? [toEnum(type)] : [])),
    service: file.services.map(toService),
    extension: builder.extensions(file.extends, scope),
    ...optionsProperty(FileOptionsSchema, FILE_OPTIONS, 'file_meta', file.options),
    ...(file.syntax === undefined ? {} : { syntax: file.syntax }),
  });
}

class DescriptorBuilder {
  readonly #table: TypeTable;
  readonly #isProto3: boolean;

  constructor(table: TypeTable, isProto3: boolean) {
    this.#table = table;
    this.#isProto3 = isProto3;
  }

  extensions(extended: ProtoFile['extends'], scope: readonly string[]): FieldDescriptorProto[] {
    return extended.flatMap(({ name, fields }) =>
      fields.map((field) => this.#field(field, scope, { ...labelInit(field.label), extendee: name })),
    );
  }

  message(message: MessageElement, outer: readonly string[]): DescriptorProto {
    const scope = [...outer, message.name];
    const nested = message.types.flatMap((type) => (type.kind === 'message' ? [this.message(type, scope)] : []));
    const fields: FieldDescriptorProto[] = [];
    const oneOfs = message.oneOfs.map(({ name, options }) => toOneOf(name, options));
    for (const [oneofIndex, oneOf] of message.oneOfs.entries()) {
      for (const field of oneOf.fields) {
        fields.push(this.#field(field, scope, { label: FieldDescriptorProto_Label.OPTIONAL, oneofIndex }));
      }
    }
    // Confluent takes a name that a oneof has for its member said twice.
    const taken = new Set(fields.map(({ name }) => name));
    for (const field of message.fields) {
      if (taken.has(field.name)) continue;
      const map = splitMapType(field.type);
      if (map !== undefined) {
        const entry = entryName(field.name);
        nested.push(this.#mapEntry(entry, map, scope));
        fields.push(this.#field({ ...field, type: entry, label: 'repeated' }, scope, labelInit('repeated')));
      } else if (field.label === 'optional' && this.#isProto3) {
        const oneofIndex = oneOfs.push(toOneOf(`_${field.name}`, [])) - 1;
        fields.push(this.#field(field, scope, { ...labelInit('optional'), oneofIndex, proto3Optional: true }));
      } else {
        fields.push(this.#field(field, scope, labelInit(field.label)));
      }
    }
    const reserved = message.reserveds.flatMap(({ values }) => values);
    return create(DescriptorProtoSchema, {
      name: message.name,
      field: fields,
      nestedType: nested,
      enumType: message.types.flatMap((type) => (type.kind === 'enum' ? [toEnum(type)] : [])),
      extensionRange: message.extensions.flatMap(toExtensionRanges),
      extension: this.extensions(message.extends, scope),
      ...optionsProperty(MessageOptionsSchema, MESSAGE_OPTIONS, 'message_meta', message.options),
      oneofDecl: oneOfs,
      reservedRange: reserved.flatMap((value) => (typeof value === 'string' ? [] : [exclusiveRange(value)])),
      reservedName: reserved.filter((value) => typeof value === 'string'),
    });
  }

  #mapEntry(name: string, types: { readonly key: string; readonly value: string }, outer: readonly string[]) {
    const scope = [...outer, name];
    const field = (fieldName: string, tag: number, type: string): FieldDescriptorProto =>
      this.#field({ kind: 'field', name: fieldName, tag, type, options: [] }, scope, {});
    return create(DescriptorProtoSchema, {
      name,
      field: [field('key', 1, types.key), field('value', 2, types.value)],
      options: create(MessageOptionsSchema, { mapEntry: true }),
    });
  }

  #field(
    field: FieldElement,
    scope: readonly string[],
    init: MessageInitShape<typeof FieldDescriptorProtoSchema>,
  ): FieldDescriptorProto {
    return create(FieldDescriptorProtoSchema, {
      ...(init as object),
      name: field.name,
      number: field.tag,
      ...this.#typeInit(field.type, scope),
      ...(field.defaultValue === undefined ? {} : { defaultValue: field.defaultValue }),
      ...(field.jsonName === undefined ? {} : { jsonName: field.jsonName }),
      ...optionsProperty(FieldOptionsSchema, FIELD_OPTIONS, 'field_meta', field.options),
    });
  }

  #typeInit(type: string, scope: readonly string[]): { type?: FieldDescriptorProto_Type; typeName?: string } {
    if (isScalar(type)) return { type: FieldDescriptorProto_Type[type.toUpperCase() as 'INT32'] };
    // The kind of a map's entry stays open: only names that somebody declared are known (observed).
    const info = resolveType(this.#table, type, scope);
    if (info === undefined) return { typeName: type };
    const kind = info.type.kind === 'enum' ? FieldDescriptorProto_Type.ENUM : FieldDescriptorProto_Type.MESSAGE;
    return { type: kind, typeName: type };
  }
}

function toOneOf(name: string, options: readonly OptionElement[]) {
  const init = optionsToInit(ONEOF_OPTIONS, options) ?? {};
  return create(OneofDescriptorProtoSchema, { name, options: create(OneofOptionsSchema, init) });
}

function labelInit(label: FieldElement['label']): { label?: FieldDescriptorProto_Label } {
  if (label === undefined) return {};
  return { label: FieldDescriptorProto_Label[label.toUpperCase() as Uppercase<typeof label>] };
}

/** `aEntry` for `a` (observed), but `MyFieldEntry` for `my_field`: with an underscore comes a change of case. */
function entryName(field: string): string {
  if (!field.includes('_')) return `${field}Entry`;
  const words = field.split('_').map((word) => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase());
  return `${words.join('')}Entry`;
}

/** The `options` of a descriptor's message as a property; nothing when none of them is one that descriptors carry. */
function optionsProperty<Desc extends DescMessage>(
  schema: Desc,
  kind: OptionKind,
  meta: MetaName,
  options: readonly OptionElement[],
): { options?: MessageShape<Desc> } {
  const plain = optionsToInit(kind, options);
  const unknown = metaToUnknown(meta, options);
  if (plain === undefined && unknown.length === 0) return {};
  const message = create(schema, plain as MessageInitShape<Desc>);
  if (unknown.length > 0) message.$unknown = [...unknown];
  return { options: message };
}

/** Descriptors of messages exclude the end of a range. */
function exclusiveRange(value: number | TagRange): { readonly start: number; readonly end: number } {
  const { start, end } = typeof value === 'number' ? { start: value, end: value } : value;
  return { start, end: (end + 1) | 0 };
}

function toExtensionRanges({ values, options }: ExtensionsElement) {
  return values.map((value) =>
    create(DescriptorProto_ExtensionRangeSchema, {
      ...exclusiveRange(value),
      options: create(ExtensionRangeOptionsSchema, optionsToInit(RANGE_OPTIONS, options) ?? {}),
    }),
  );
}

function toEnum(type: EnumElement): EnumDescriptorProto {
  const reserved = type.reserveds.flatMap(({ values }) => values);
  return create(EnumDescriptorProtoSchema, {
    name: type.name,
    value: type.constants.map((constant) =>
      create(EnumValueDescriptorProtoSchema, {
        name: constant.name,
        number: constant.tag,
        ...optionsProperty(EnumValueOptionsSchema, ENUM_VALUE_OPTIONS, 'enum_value_meta', constant.options),
      }),
    ),
    ...optionsProperty(EnumOptionsSchema, ENUM_OPTIONS, 'enum_meta', type.options),
    reservedRange: reserved.flatMap((value) =>
      typeof value === 'string' ? [] : [typeof value === 'number' ? { start: value, end: value } : { ...value }],
    ),
    reservedName: reserved.filter((value) => typeof value === 'string'),
  });
}

function toService({ name, rpcs, options }: ServiceElement) {
  const own = optionsToInit(SERVICE_OPTIONS, options);
  return create(ServiceDescriptorProtoSchema, {
    name,
    method: rpcs.map((rpc) => {
      const init = optionsToInit(METHOD_OPTIONS, rpc.options);
      return create(MethodDescriptorProtoSchema, {
        name: rpc.name,
        inputType: rpc.requestType,
        outputType: rpc.responseType,
        ...(init === undefined ? {} : { options: create(MethodOptionsSchema, init) }),
        clientStreaming: rpc.requestStreaming,
        serverStreaming: rpc.responseStreaming,
      });
    }),
    ...(own === undefined ? {} : { options: create(ServiceOptionsSchema, own) }),
  });
}
