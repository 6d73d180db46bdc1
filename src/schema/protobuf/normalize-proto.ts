/**
 * The normalized form of a file: full names, declarations in order of their numbers or names, one value a statement.
 * Messages and enums keep their order, which message indexes in Kafka records depend on. Making it is also how
 * Confluent validates a schema: a name that does not resolve is an error here and only here.
 */
import type {
  EnumElement,
  ExtendElement,
  ExtensionsElement,
  FieldElement,
  MessageElement,
  OneOfElement,
  OptionElement,
  ProtoFile,
  ReservedElement,
  ServiceElement,
  TagRange,
  TypeElement,
} from './elements.ts';
import { isMapEntry, isScalar, splitMapType } from './elements.ts';
import { compareTexts, normalizeOptions } from './normalize-option.ts';
import { shapeOf } from './option-shape.ts';
import { specialOptions } from './print-proto.ts';
import { ProtobufFault } from './protobuf-fault.ts';
import { mapTypeOf, resolveName, resolveType, splitName, type TypeTable } from './type-table.ts';

/**
 * For printing only: `default` and `json_name` have become options.
 *
 * @throws ProtobufFault for the first name that does not resolve, in the order of the printed text.
 */
export function normalizeProto(file: ProtoFile, table: TypeTable): ProtoFile {
  const scope = splitName(file.packageName ?? '');
  const normalizer = new Normalizer(table);
  const { syntax, ...rest } = file;
  return {
    ...rest,
    // proto2 is what no syntax line means (observed).
    ...(syntax === 'proto3' ? { syntax } : {}),
    imports: sortNames(file.imports),
    publicImports: sortNames(file.publicImports),
    options: normalizer.options(file.options, scope),
    types: normalizer.types(file.types, scope),
    extends: normalizer.extends(file.extends, scope),
    services: file.services.map((service) => normalizer.service(service, scope)),
  };
}

function sortNames(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort(compareTexts);
}

class Normalizer {
  readonly #table: TypeTable;

  constructor(table: TypeTable) {
    this.#table = table;
  }

  types(types: readonly TypeElement[], scope: readonly string[]): readonly TypeElement[] {
    const messages: MessageElement[] = [];
    const enums: EnumElement[] = [];
    for (const type of types) {
      if (type.kind === 'enum') enums.push(this.#enum(type, scope));
      else if (!isMapEntry(type)) messages.push(this.#message(type, scope));
    }
    return [...messages, ...enums];
  }

  options(options: readonly OptionElement[], scope: readonly string[]): readonly OptionElement[] {
    if (options.length === 0) return options;
    const { extensionFields } = this.#table;
    return normalizeOptions(options, {
      resolve: (name) => resolveName(name, scope, (fullName) => extensionFields.has(fullName)),
      shapeOf: (fullName) => shapeOf(extensionFields.get(fullName), this.#table),
    });
  }

  extends(extended: readonly ExtendElement[], scope: readonly string[]): readonly ExtendElement[] {
    const byName = new Map<string, FieldElement[]>();
    for (const { name, fields } of extended) {
      if (fields.length === 0) continue;
      const fullName = this.#resolve(name, scope);
      const known = byName.get(fullName);
      if (known === undefined) byName.set(fullName, [...fields]);
      else for (const field of fields) known.push(field);
    }
    if (byName.size === 0) return extended.map((empty) => ({ ...empty, isDropped: true }));
    return [...byName].map(([name, fields]) => ({ kind: 'extend', name, fields: this.#fields(fields, scope) }));
  }

  service(service: ServiceElement, scope: readonly string[]): ServiceElement {
    return {
      ...service,
      options: this.options(service.options, scope),
      rpcs: service.rpcs.map((rpc) => ({
        ...rpc,
        requestType: this.#resolve(rpc.requestType, scope),
        responseType: this.#resolve(rpc.responseType, scope),
        options: this.options(rpc.options, scope),
      })),
    };
  }

  #message(message: MessageElement, outer: readonly string[]): MessageElement {
    const scope = [...outer, message.name];
    return {
      ...message,
      reserveds: splitReserveds(message.reserveds),
      options: this.options(message.options, scope),
      fields: this.#fields(message.fields, scope),
      oneOfs: message.oneOfs.toSorted((a, b) => lowestTag(a) - lowestTag(b)).map((oneOf) => this.#oneOf(oneOf, scope)),
      groups: this.#groups(message.groups, scope),
      extensions: splitExtensions(message.extensions).map((element) => ({
        ...element,
        options: this.options(element.options, scope),
      })),
      types: this.types(message.types, scope),
      extends: this.extends(message.extends, scope),
    };
  }

  #oneOf(oneOf: OneOfElement, scope: readonly string[]): OneOfElement {
    // Groups do not count.
    if (oneOf.fields.length === 0) return { ...oneOf, isDropped: true };
    return {
      ...oneOf,
      options: this.options(oneOf.options, scope),
      fields: this.#fields(oneOf.fields, scope),
      groups: this.#groups(oneOf.groups, scope),
    };
  }

  #groups(groups: MessageElement['groups'], scope: readonly string[]): MessageElement['groups'] {
    return groups
      .toSorted((a, b) => a.tag - b.tag)
      .map((group) => ({ ...group, fields: this.#fields(group.fields, scope) }));
  }

  #fields(fields: readonly FieldElement[], scope: readonly string[]): readonly FieldElement[] {
    return fields.toSorted((a, b) => a.tag - b.tag).map((field) => this.#field(field, scope));
  }

  #field(field: FieldElement, scope: readonly string[]): FieldElement {
    const { label, defaultValue: _default, jsonName: _json, ...rest } = field;
    const type = this.#type(field.type, scope);
    return {
      ...rest,
      ...(label === undefined || splitMapType(type) !== undefined ? {} : { label }),
      type,
      options: this.options([...field.options, ...specialOptions(field)], scope),
    };
  }

  #type(type: string, scope: readonly string[]): string {
    if (isScalar(type)) return type;
    const map = splitMapType(type);
    if (map === undefined) {
      const info = resolveType(this.#table, type, scope);
      if (info === undefined) return this.#fail(type);
      const mapType = isMapEntry(info.type) ? mapTypeOf(info) : undefined;
      return mapType === undefined ? `.${info.fullName}` : this.#type(mapType, scope);
    }
    if (!isScalar(map.key) || map.key === 'bytes' || map.key === 'double' || map.key === 'float') {
      throw new ProtobufFault(`map key must be non-byte, non-floating point scalar: ${map.key}`);
    }
    // Unlike other types, a map's values may be of one that is not there.
    const value = isScalar(map.value) ? undefined : resolveType(this.#table, map.value, scope);
    return `map<${map.key}, ${value === undefined ? map.value : `.${value.fullName}`}>`;
  }

  #resolve(name: string, scope: readonly string[]): string {
    const fullName = resolveName(name, scope, (candidate) => this.#table.types.has(candidate));
    return fullName === undefined ? this.#fail(name) : `.${fullName}`;
  }

  #fail(name: string): never {
    throw new ProtobufFault(`Could not resolve type: ${name}`);
  }

  #enum(type: EnumElement, outer: readonly string[]): EnumElement {
    const scope = [...outer, type.name];
    return {
      ...type,
      reserveds: splitReserveds(type.reserveds),
      options: this.options(type.options, scope),
      constants: type.constants
        .toSorted((a, b) => a.tag - b.tag || compareTexts(a.name, b.name))
        .map((constant) => ({ ...constant, options: this.options(constant.options, scope) })),
    };
  }
}

function lowestTag({ fields }: OneOfElement): number {
  return fields.reduce((lowest, { tag }) => Math.min(lowest, tag), Number.MAX_SAFE_INTEGER);
}

/** One value a statement: numbers by size, then names. */
function splitReserveds(reserveds: readonly ReservedElement[]): readonly ReservedElement[] {
  const values = reserveds.flatMap((reserved) => reserved.values);
  const order = (value: ReservedElement['values'][number]): number =>
    typeof value === 'number' ? value : typeof value === 'string' ? 2_147_483_647 : value.start;
  const text = (value: ReservedElement['values'][number]): string =>
    typeof value === 'object' ? `${value.start}..${value.end}` : String(value);
  return values
    .toSorted((a, b) => order(a) - order(b) || compareTexts(text(a), text(b)))
    .map((value) => ({ kind: 'reserved', values: [typeof value === 'string' ? value : shortRange(value)] }));
}

/** A range of one number is that number. */
function shortRange(value: number | TagRange): number | TagRange {
  return typeof value === 'object' && value.start === value.end ? value.start : value;
}

function splitExtensions(extensions: readonly ExtensionsElement[]): readonly ExtensionsElement[] {
  const start = ({ values: [first] }: ExtensionsElement): number =>
    typeof first === 'object' ? first.start : (first ?? 0);
  return extensions
    .flatMap(({ values, options }) =>
      values.map((value) => ({ kind: 'extensions' as const, values: [shortRange(value)], options })),
    )
    .sort((a, b) => start(a) - start(b));
}
