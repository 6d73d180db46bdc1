/**
 * What Java's protobuf runtime checks when it builds a file from a descriptor. Where one of these fails, Confluent has
 * no `format=serialized` for the schema, though it stored it.
 */

import { isFieldSet } from '@bufbuild/protobuf';
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt';
import { ProtobufFault } from './protobuf-fault.ts';

type Symbol =
  | { readonly kind: 'message'; readonly message: DescriptorProto }
  | { readonly kind: 'enum'; readonly type: EnumDescriptorProto }
  | { readonly kind: 'package' | 'service' | 'other' };

/** A file whose names resolve. */
export interface LinkedFile {
  readonly name: string;
  readonly symbols: ReadonlyMap<string, Symbol>;
  /** What those see who import this file: what it imports publicly, however deep. */
  readonly publicDependencies: readonly LinkedFile[];
}

/**
 * @param dependencies the linked files for the descriptor's `dependency`, in that order.
 * @throws ProtobufFault for the first thing that does not fit.
 */
export function linkDescriptor(file: FileDescriptorProto, dependencies: readonly LinkedFile[]): LinkedFile {
  const symbols = new Map<string, Symbol>();
  const prefix = addPackage(symbols, file.package);
  for (const message of file.messageType) addMessage(symbols, prefix, message);
  for (const type of file.enumType) addEnum(symbols, prefix, type);
  for (const service of file.service) {
    addSymbol(symbols, prefix + service.name, service.name, { kind: 'service' });
    for (const { name } of service.method) {
      addSymbol(symbols, `${prefix}${service.name}.${name}`, name, { kind: 'other' });
    }
  }
  for (const { name } of file.extension) addSymbol(symbols, prefix + name, name, { kind: 'other' });
  const publicDependencies = [
    ...new Set(
      file.publicDependency.flatMap((index) => {
        const dependency = dependencies[index];
        return dependency === undefined ? [] : [dependency, ...dependency.publicDependencies];
      }),
    ),
  ];
  const visible = new Set(dependencies.flatMap((dependency) => [dependency, ...dependency.publicDependencies]));
  const links = new Links(symbols, [...visible]);
  for (const message of file.messageType) links.checkMessage(message, prefix + message.name);
  for (const service of file.service) {
    for (const { name, inputType, outputType } of service.method) {
      const fullName = `${prefix}${service.name}.${name}`;
      for (const type of [inputType, outputType]) links.findMessage(type, fullName);
    }
  }
  links.checkExtensions(file.extension, prefix);
  return { name: file.name, symbols, publicDependencies };
}

/** Gives the prefix of names in the package. */
function addPackage(symbols: Map<string, Symbol>, name: string): string {
  if (name === '') return '';
  let fullName = '';
  for (const part of name.split('.')) {
    fullName = fullName === '' ? part : `${fullName}.${part}`;
    checkIdentifier(part);
    symbols.set(fullName, { kind: 'package' });
  }
  return `${name}.`;
}

function addSymbol(symbols: Map<string, Symbol>, fullName: string, name: string, symbol: Symbol): void {
  checkIdentifier(name);
  if (symbols.has(fullName)) throw new ProtobufFault(`"${fullName}" is already defined`);
  symbols.set(fullName, symbol);
}

function checkIdentifier(name: string): void {
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) throw new ProtobufFault(`"${name}" is not a valid identifier.`);
}

function addMessage(symbols: Map<string, Symbol>, prefix: string, message: DescriptorProto): void {
  const fullName = prefix + message.name;
  addSymbol(symbols, fullName, message.name, { kind: 'message', message });
  for (const inner of message.nestedType) addMessage(symbols, `${fullName}.`, inner);
  for (const type of message.enumType) addEnum(symbols, `${fullName}.`, type);
  for (const { name } of [...message.field, ...message.extension]) {
    addSymbol(symbols, `${fullName}.${name}`, name, { kind: 'other' });
  }
  for (const { start, end } of message.extensionRange) {
    if (start <= 0 || end <= start) throw new ProtobufFault(`${fullName} has an invalid extension range`);
  }
}

function addEnum(symbols: Map<string, Symbol>, prefix: string, type: EnumDescriptorProto): void {
  const fullName = prefix + type.name;
  addSymbol(symbols, fullName, type.name, { kind: 'enum', type });
  if (type.value.length === 0) throw new ProtobufFault('Enums must contain at least one value.');
  // Java knows values inside their enum, unlike C++: two enums may share names of values (observed).
  for (const { name } of type.value) addSymbol(symbols, `${fullName}.${name}`, name, { kind: 'other' });
}

class Links {
  readonly #own: ReadonlyMap<string, Symbol>;
  readonly #visible: readonly LinkedFile[];
  /** Numbers of fields and extensions by message. */
  readonly #numbers = new Map<string, Set<number>>();

  constructor(own: ReadonlyMap<string, Symbol>, visible: readonly LinkedFile[]) {
    this.#own = own;
    this.#visible = visible;
  }

  checkMessage(message: DescriptorProto, fullName: string): void {
    for (const inner of message.nestedType) this.checkMessage(inner, `${fullName}.${inner.name}`);
    for (const field of message.field) {
      this.#checkField(field, `${fullName}.${field.name}`);
      this.#takeNumber(fullName, field);
    }
    this.checkExtensions(message.extension, `${fullName}.`);
  }

  checkExtensions(extensions: readonly FieldDescriptorProto[], prefix: string): void {
    for (const field of extensions) {
      const fullName = prefix + field.name;
      const [extendee, { extensionRange }] = this.findMessage(field.extendee, fullName);
      if (!extensionRange.some(({ start, end }) => start <= field.number && field.number < end)) {
        throw new ProtobufFault(`"${extendee}" does not declare ${field.number} as an extension number.`);
      }
      this.#checkField(field, fullName);
      this.#takeNumber(extendee, field);
    }
  }

  findMessage(name: string, from: string): readonly [string, DescriptorProto] {
    const [fullName, symbol] = this.#findType(name, from);
    if (symbol.kind !== 'message') throw new ProtobufFault(`"${name}" is not a message type.`);
    return [fullName, symbol.message];
  }

  #takeNumber(message: string, { number, name }: FieldDescriptorProto): void {
    const taken = this.#numbers.get(message) ?? new Set<number>();
    this.#numbers.set(message, taken);
    if (taken.has(number)) throw new ProtobufFault(`Field number ${number} of ${name} has already been used`);
    taken.add(number);
  }

  #checkField(field: FieldDescriptorProto, fullName: string): void {
    if (field.number <= 0) throw new ProtobufFault(`Field numbers must be positive integers: ${fullName}`);
    const symbol = field.typeName === '' ? undefined : this.#findType(field.typeName, fullName)[1];
    if (isFieldSet(field, FieldDescriptorProtoSchema.field.defaultValue)) checkDefault(field, symbol);
    if (field.options?.packed === true && !isPackable(field, symbol)) {
      throw new ProtobufFault('[packed = true] can only be specified for repeated primitive fields.');
    }
  }

  #findType(name: string, from: string): readonly [string, Symbol & { readonly kind: 'message' | 'enum' }] {
    const [fullName, symbol] = this.#lookUp(name, from);
    if (symbol?.kind !== 'message' && symbol?.kind !== 'enum') throw new ProtobufFault(`"${name}" is not defined.`);
    return [fullName, symbol];
  }

  /** As protoc does: the scope that has the first part of a name must have all of it. */
  #lookUp(name: string, from: string): readonly [string, Symbol | undefined] {
    if (name.startsWith('.')) return [name.slice(1), this.#find(name.slice(1), isType)];
    const dot = name.indexOf('.');
    const first = dot < 0 ? name : name.slice(0, dot);
    const scope = from.split('.');
    while (scope.length > 1) {
      scope.pop();
      const prefix = `${scope.join('.')}.`;
      const found = this.#find(prefix + first, isAggregate);
      if (found === undefined) continue;
      return [prefix + name, dot < 0 ? found : this.#find(prefix + name, isType)];
    }
    return [name, this.#find(name, isType)];
  }

  #find(fullName: string, accepts: (symbol: Symbol) => boolean): Symbol | undefined {
    const own = this.#own.get(fullName);
    if (own !== undefined && accepts(own)) return own;
    for (const { symbols } of this.#visible) {
      const symbol = symbols.get(fullName);
      if (symbol !== undefined && accepts(symbol)) return symbol;
    }
    return undefined;
  }
}

const isType = ({ kind }: Symbol): boolean => kind === 'message' || kind === 'enum';
const isAggregate = ({ kind }: Symbol): boolean => kind !== 'other';

const NUMERIC = /^(DOUBLE|FLOAT|U?INT(32|64)|S(INT|FIXED)(32|64)|FIXED(32|64))$/;

function checkDefault(field: FieldDescriptorProto, symbol: Symbol | undefined): void {
  const { defaultValue, label, name } = field;
  if (label === FieldDescriptorProto_Label.REPEATED) {
    throw new ProtobufFault('Repeated fields cannot have default values.');
  }
  if (symbol?.kind === 'message') throw new ProtobufFault("Messages can't have default values.");
  if (symbol?.kind === 'enum') {
    if (symbol.type.value.some((value) => value.name === defaultValue)) return;
    throw new ProtobufFault(`Unknown enum default value: "${defaultValue}"`);
  }
  const type = FieldDescriptorProto_Type[field.type] ?? '';
  if (!NUMERIC.test(type)) return;
  const isFloat = type === 'DOUBLE' || type === 'FLOAT';
  const pattern = isFloat
    ? /^(-?inf|nan|[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fFdD]?|[+-]?(NaN|Infinity))$/
    : /^-?(0[xX][0-9a-fA-F]+|\d+)$/;
  if (!pattern.test(defaultValue))
    throw new ProtobufFault(`Could not parse default value: "${defaultValue}" of ${name}`);
}

function isPackable(field: FieldDescriptorProto, symbol: Symbol | undefined): boolean {
  if (field.label !== FieldDescriptorProto_Label.REPEATED || symbol?.kind === 'message') return false;
  return field.type !== FieldDescriptorProto_Type.STRING && field.type !== FieldDescriptorProto_Type.BYTES;
}
