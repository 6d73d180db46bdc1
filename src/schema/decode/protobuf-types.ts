/** What a .proto schema says about each field number, found out when a message of that type is first met. */

import type { ResolvedSchema } from '../language.ts';
import {
  type FieldElement,
  type GroupElement,
  isMapEntry,
  isScalar,
  type MessageElement,
  type ProtoFile,
  type Scalar,
  splitMapType,
  type TypeElement,
} from '../protobuf/elements.ts';
import { readSchemaFiles, type SchemaFiles } from '../protobuf/schema-files.ts';
import {
  buildTypeTable,
  mapTypeOf,
  resolveName,
  resolveType,
  splitName,
  type TypeInfo,
  type TypeTable,
} from '../protobuf/type-table.ts';

export type FieldType =
  | { readonly kind: 'scalar'; readonly scalar: Scalar }
  | { readonly kind: 'enum'; readonly name: string; readonly values: ReadonlyMap<number, string> }
  | { readonly kind: 'message'; readonly type: MessageType }
  | { readonly kind: 'group'; readonly type: MessageType }
  | { readonly kind: 'map'; readonly key: FieldType; readonly value: FieldType }
  /** A name that neither the schema nor its references define. */
  | { readonly kind: 'missing'; readonly name: string };

export interface FieldPlan {
  readonly name: string;
  readonly type: FieldType;
  readonly isRepeated: boolean;
  readonly isRequired: boolean;
  /** Names of its oneof's members, of which only the last one written counts. */
  readonly oneOf?: readonly string[];
}

export interface MessageType {
  readonly fullName: string;
  /** Undefined for a number that the type does not have. */
  field(number: number): FieldPlan | undefined;
  readonly required: readonly string[];
}

export interface MeantMessage {
  readonly type: MessageType;
  /** Found by counting what Confluent's registry does not count. */
  readonly isShifted: boolean;
}

interface Place {
  readonly path: readonly string[];
  readonly types: readonly TypeElement[];
  /** Messages among `types` that texts do not name. */
  readonly hidden: number;
  readonly isShifted: boolean;
}

/** Of what one list of message indexes may mean, what is looked at. */
const MOST_MEANINGS = 50;

/** The types of one schema. Throws a `ProtobufFault` for a text that is no schema. */
export class ProtobufTypes {
  readonly #files: SchemaFiles;
  readonly #table: TypeTable;
  readonly #made = new Map<TypeElement, MessageType>();
  readonly #extensions: ReadonlyMap<string, readonly Extension[]>;

  constructor(schema: Pick<ResolvedSchema, 'schema' | 'references'>) {
    this.#files = readSchemaFiles(schema);
    this.#table = buildTypeTable(this.#files);
    this.#extensions = collectExtensions(this.#files, this.#table);
  }

  /** Full names of the file's messages, inner ones after those they are in. */
  messageNames(): readonly string[] {
    const names: string[] = [];
    const add = (types: readonly TypeElement[], scope: readonly string[]): void => {
      for (const type of messagesOf(types)) {
        const own = [...scope, type.name];
        names.push(own.join('.'));
        add(type.types, own);
      }
    };
    add(this.#files.root.types, splitName(this.#files.root.packageName ?? ''));
    return names;
  }

  /**
   * The messages that indexes may mean, the one that Confluent's registry means first. Descriptors have a message for the
   * entries of each map, and one for each group, among those inside of a message: clients that count by descriptor count
   * these (observed of confluent-kafka 2.16.0 for Python), and a text does not tell where they stand.
   */
  messagesAt(indexes: readonly number[]): readonly MeantMessage[] {
    const path = splitName(this.#files.root.packageName ?? '');
    let found: readonly Place[] = [{ path, types: this.#files.root.types, hidden: 0, isShifted: false }];
    for (const index of indexes) {
      found = found
        .flatMap(({ path, types, hidden, isShifted }) => {
          const messages = messagesOf(types);
          const places: Place[] = [];
          for (let at = index; at >= Math.max(0, index - hidden); at--) {
            const message = messages[at];
            if (message === undefined) continue;
            places.push({
              path: [...path, message.name],
              types: message.types,
              hidden: hiddenMessages(message),
              isShifted: isShifted || at !== index,
            });
          }
          return places;
        })
        .slice(0, MOST_MEANINGS);
    }
    return found.flatMap(({ path, isShifted }) => {
      const type = this.messageNamed(path.join('.'));
      return type === undefined ? [] : [{ type, isShifted }];
    });
  }

  messageNamed(fullName: string): MessageType | undefined {
    const info = this.#table.types.get(fullName);
    return info?.type.kind === 'message' ? this.#messageOf(info) : undefined;
  }

  #messageOf(info: TypeInfo): MessageType {
    const { type } = info;
    const known = this.#made.get(type);
    if (known !== undefined) return known;
    if (type.kind !== 'message') throw new TypeError(`${info.fullName} is no message`);
    const made = this.#makeType(info.fullName, [...info.scope, type.name], type, this.#extensions.get(info.fullName));
    this.#made.set(type, made);
    return made;
  }

  #makeType(
    fullName: string,
    scope: readonly string[],
    parts: Pick<MessageElement, 'fields'> & Partial<Pick<MessageElement, 'oneOfs' | 'groups'>>,
    extensions: readonly Extension[] = [],
  ): MessageType {
    const fields = new Map<number, () => FieldPlan>();
    const add = (field: FieldElement, oneOf?: readonly string[]): void => {
      fields.set(field.tag, () => ({ ...this.#planOf(field, scope), ...(oneOf === undefined ? {} : { oneOf }) }));
    };
    const addGroup = (group: GroupElement, oneOf?: readonly string[]): void => {
      fields.set(group.tag, () => ({ ...this.#planOfGroup(group, scope), ...(oneOf === undefined ? {} : { oneOf }) }));
    };
    for (const extension of extensions) {
      fields.set(extension.field.tag, () => ({
        ...this.#planOf(extension.field, extension.scope),
        name: `[${[...extension.scope, extension.field.name].join('.')}]`,
      }));
    }
    for (const field of parts.fields) add(field);
    for (const group of parts.groups ?? []) addGroup(group);
    for (const { fields: members, groups } of parts.oneOfs ?? []) {
      const names = [...members.map(({ name }) => name), ...groups.map(groupField)];
      for (const field of members) add(field, names);
      for (const group of groups) addGroup(group, names);
    }
    const plans = new Map<number, FieldPlan>();
    return {
      fullName,
      field: (number) => {
        const known = plans.get(number);
        if (known !== undefined) return known;
        const plan = fields.get(number)?.();
        if (plan !== undefined) plans.set(number, plan);
        return plan;
      },
      required: parts.fields.filter(({ label }) => label === 'required').map(({ name }) => name),
    };
  }

  #planOf(field: FieldElement, scope: readonly string[]): FieldPlan {
    const type = this.#mapOf(field, scope) ?? this.#typeOf(field.type, scope);
    return {
      name: field.name,
      type,
      isRepeated: field.label === 'repeated' && type.kind !== 'map',
      isRequired: field.label === 'required',
    };
  }

  /** `map<key, value>`; in files that come from descriptors, a list of messages that stand for the entries. */
  #mapOf({ type, label }: FieldElement, scope: readonly string[]): FieldType | undefined {
    let map = splitMapType(type);
    let home = scope;
    if (map === undefined && label === 'repeated' && !isScalar(type)) {
      const info = resolveType(this.#table, type, scope);
      if (info === undefined || !isMapEntry(info.type)) return undefined;
      map = splitMapType(mapTypeOf(info) ?? '');
      home = info.scope;
    }
    if (map === undefined) return undefined;
    return { kind: 'map', key: this.#typeOf(map.key, home), value: this.#typeOf(map.value, home) };
  }

  #planOfGroup(group: GroupElement, scope: readonly string[]): FieldPlan {
    const own = [...scope, group.name];
    return {
      name: groupField(group),
      type: { kind: 'group', type: this.#makeType(own.join('.'), own, group) },
      isRepeated: group.label === 'repeated',
      isRequired: group.label === 'required',
    };
  }

  #typeOf(name: string, scope: readonly string[]): FieldType {
    if (isScalar(name)) return { kind: 'scalar', scalar: name };
    const info = resolveType(this.#table, name, scope);
    if (info === undefined) return { kind: 'missing', name };
    if (info.type.kind === 'message') return { kind: 'message', type: this.#messageOf(info) };
    // Of aliases the first name is the value's.
    const values = new Map(info.type.constants.toReversed().map((constant) => [constant.tag, constant.name]));
    return { kind: 'enum', name: info.fullName, values };
  }
}

/** The field of a group has the group's name in lower case. */
function groupField({ name }: GroupElement): string {
  return name.toLowerCase();
}

interface Extension {
  readonly field: FieldElement;
  readonly scope: readonly string[];
}

function collectExtensions({ root, dependencies }: SchemaFiles, table: TypeTable): ReadonlyMap<string, Extension[]> {
  const found = new Map<string, Extension[]>();
  const add = (extended: ProtoFile['extends'], scope: readonly string[]): void => {
    for (const { name, fields } of extended) {
      const message = resolveName(name, scope, (candidate) => table.types.has(candidate));
      if (message === undefined) continue;
      const known = found.get(message) ?? [];
      found.set(message, known);
      known.push(...fields.map((field) => ({ field, scope })));
    }
  };
  const addInner = (types: readonly TypeElement[], scope: readonly string[]): void => {
    for (const type of types) {
      if (type.kind === 'enum') continue;
      add(type.extends, [...scope, type.name]);
      addInner(type.types, [...scope, type.name]);
    }
  };
  for (const file of [...dependencies.values(), root]) {
    const scope = splitName(file.packageName ?? '');
    add(file.extends, scope);
    addInner(file.types, scope);
  }
  return found;
}

/** Messages that descriptors have and texts do not name. */
function hiddenMessages({ fields, groups, oneOfs }: MessageElement): number {
  const maps = fields.filter(({ type }) => splitMapType(type) !== undefined).length;
  return maps + groups.length + oneOfs.reduce((sum, oneOf) => sum + oneOf.groups.length, 0);
}

/** In the order that message indexes count: Confluent's registry knows no messages for the entries of maps. */
function messagesOf(types: readonly TypeElement[]): readonly MessageElement[] {
  return types.filter((type): type is MessageElement => type.kind === 'message' && !isMapEntry(type));
}
