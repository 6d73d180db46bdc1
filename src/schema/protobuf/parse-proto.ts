/**
 * .proto text to declarations, accepting and refusing what Wire's parser does. It is laxer than protoc (numbers may be
 * zero, negative or taken twice; names may clash below the top level; nothing is resolved) and knows no editions.
 */
import type {
  EnumConstantElement,
  EnumElement,
  ExtendElement,
  FieldElement,
  GroupElement,
  Label,
  OneOfElement,
  OptionElement,
  ProtoFile,
  ServiceElement,
  Syntax,
  TypeElement,
} from './elements.ts';
import { readOption, readOptionList } from './parse-option.ts';
import { readExtensions, readReserved } from './parse-ranges.ts';
import { readRpc } from './parse-rpc.ts';
import { checkDepth, ProtobufFault } from './protobuf-fault.ts';
import { describePosition, type Position, SyntaxReader } from './syntax-reader.ts';

type Context = 'file' | 'message' | 'enum' | 'extend' | 'service' | 'rpc';

type Declaration =
  | TypeElement
  | ServiceElement
  | ExtendElement
  | FieldElement
  | OneOfElement
  | GroupElement
  | EnumConstantElement
  | OptionElement
  | ReturnType<typeof readReserved>
  | ReturnType<typeof readExtensions>
  | ReturnType<typeof readRpc>;

/** @throws ProtobufFault with Wire's words and the place. */
export function parseProto(text: string): ProtoFile {
  return new ProtoParser(text).readFile();
}

class ProtoParser {
  readonly #reader: SyntaxReader;
  readonly #imports: string[] = [];
  readonly #publicImports: string[] = [];
  #syntax: Syntax | undefined;
  #packageName: string | undefined;
  #declarations = 0;

  constructor(text: string) {
    this.#reader = new SyntaxReader(text);
  }

  readFile(): ProtoFile {
    const types = new UniqueDeclarations<TypeElement>();
    const services = new UniqueDeclarations<ServiceElement>();
    const extended: ExtendElement[] = [];
    const options: OptionElement[] = [];
    for (;;) {
      this.#reader.skipDocumentation();
      if (this.#reader.isExhausted()) break;
      const position = this.#reader.position();
      const declared = this.#readDeclaration('file', 0);
      if (declared?.kind === 'message' || declared?.kind === 'enum') types.add(declared, position);
      else if (declared?.kind === 'service') services.add(declared, position);
      else if (declared?.kind === 'extend') extended.push(declared);
      else if (declared?.kind === 'option') options.push(declared);
    }
    return {
      ...(this.#syntax === undefined ? {} : { syntax: this.#syntax }),
      ...(this.#packageName === undefined ? {} : { packageName: this.#packageName }),
      imports: this.#imports,
      publicImports: this.#publicImports,
      types: types.all,
      services: services.all,
      extends: extended,
      options,
    };
  }

  /** One declaration; undefined for those that leave no element, and for a stray semicolon. */
  #readDeclaration(context: Context, depth: number): Declaration | undefined {
    const reader: SyntaxReader = this.#reader;
    const index = this.#declarations++;
    if (reader.tryRead(';')) return undefined;
    const position = reader.position();
    const label = reader.readWord(context === 'enum' ? 'member' : 'any');
    if (context === 'file' && this.#readFileHeader(label, index, position)) return undefined;
    switch (label) {
      case 'option': {
        const option = readOption(reader, '=');
        reader.require(';');
        return option;
      }
      case 'reserved':
        return readReserved(reader, position);
      case 'message':
        return this.#readMessage(depth + 1);
      case 'enum':
        return this.#readEnum(depth + 1);
      case 'service':
        return this.#readService(depth + 1);
      case 'extend':
        return this.#readExtend(depth + 1);
      case 'rpc':
        if (context === 'service') return readRpc(reader, position, () => this.#readRpcOptions(depth + 1));
        break;
      case 'oneof':
        if (context === 'message') return this.#readOneOf(depth + 1);
        break;
      case 'extensions':
        if (context === 'message') return readExtensions(reader, position);
        break;
    }
    if (context === 'message' || context === 'extend') return this.#readLabelledField(position, label, depth);
    if (context === 'enum') return this.#readConstant(label);
    reader.fail(`unexpected label: ${label}`, position);
  }

  /** What stands at the top of a file only. */
  #readFileHeader(label: string, index: number, position: Position): boolean {
    const reader: SyntaxReader = this.#reader;
    switch (label) {
      case 'package':
        if (this.#packageName !== undefined) reader.fail('too many package names', position);
        this.#packageName = reader.readName();
        break;
      case 'import': {
        const word = reader.readString();
        if (word === 'public') this.#publicImports.push(reader.readString());
        // A weak import leaves nothing in the stored text (observed).
        else if (word === 'weak') reader.readString();
        else this.#imports.push(word);
        break;
      }
      case 'edition':
        return reader.fail('edition is not currently supported');
      case 'syntax':
        this.#readSyntax(index, position);
        break;
      default:
        return false;
    }
    reader.require(';');
    return true;
  }

  #readSyntax(index: number, position: Position): void {
    const reader: SyntaxReader = this.#reader;
    if (this.#syntax !== undefined) reader.fail('too many syntax or edition definitions', position);
    reader.require('=');
    if (index !== 0) reader.fail("'syntax' element must be the first declaration in a file", position);
    const syntax = reader.readQuotedString();
    if (syntax !== 'proto2' && syntax !== 'proto3') reader.fail(`unexpected syntax: ${syntax}`, position);
    this.#syntax = syntax;
  }

  /** Calls back for every declaration between braces. */
  #readBlock(context: Context, depth: number, add: (declared: Declaration) => void): void {
    checkDepth(depth);
    const reader: SyntaxReader = this.#reader;
    reader.require('{');
    this.#readBlockRest(context, depth, add);
  }

  #readBlockRest(context: Context, depth: number, add: (declared: Declaration) => void): void {
    for (;;) {
      this.#reader.skipDocumentation();
      if (this.#reader.tryRead('}')) return;
      const declared = this.#readDeclaration(context, depth);
      if (declared !== undefined) add(declared);
    }
  }

  #readMessage(depth: number): TypeElement {
    const message = {
      kind: 'message' as const,
      name: this.#reader.readName(),
      fields: [] as FieldElement[],
      oneOfs: [] as OneOfElement[],
      groups: [] as GroupElement[],
      types: [] as TypeElement[],
      extends: [] as ExtendElement[],
      extensions: [] as ReturnType<typeof readExtensions>[],
      reserveds: [] as ReturnType<typeof readReserved>[],
      options: [] as OptionElement[],
    };
    this.#readBlock('message', depth, (declared) => {
      switch (declared.kind) {
        case 'field':
          message.fields.push(declared);
          break;
        case 'oneof':
          message.oneOfs.push(declared);
          break;
        case 'group':
          message.groups.push(declared);
          break;
        case 'message':
        case 'enum':
          message.types.push(declared);
          break;
        case 'extend':
          message.extends.push(declared);
          break;
        case 'extensions':
          message.extensions.push(declared);
          break;
        case 'reserved':
          message.reserveds.push(declared);
          break;
        case 'option':
          message.options.push(declared);
          break;
      }
    });
    return message;
  }

  #readEnum(depth: number): EnumElement {
    const name = this.#reader.readName();
    const constants: EnumConstantElement[] = [];
    const reserveds: ReturnType<typeof readReserved>[] = [];
    const options: OptionElement[] = [];
    this.#readBlock('enum', depth, (declared) => {
      if (declared.kind === 'constant') constants.push(declared);
      else if (declared.kind === 'reserved') reserveds.push(declared);
      else if (declared.kind === 'option') options.push(declared);
    });
    return { kind: 'enum', name, constants, reserveds, options };
  }

  #readService(depth: number): ServiceElement {
    const name = this.#reader.readName();
    const rpcs: ReturnType<typeof readRpc>[] = [];
    const options: OptionElement[] = [];
    this.#readBlock('service', depth, (declared) => {
      if (declared.kind === 'rpc') rpcs.push(declared);
      else if (declared.kind === 'option') options.push(declared);
    });
    return { kind: 'service', name, rpcs, options };
  }

  #readRpcOptions(depth: number): readonly OptionElement[] {
    const options: OptionElement[] = [];
    this.#readBlockRest('rpc', depth, (declared) => {
      if (declared.kind === 'option') options.push(declared);
    });
    return options;
  }

  #readExtend(depth: number): ExtendElement {
    const name = this.#reader.readName();
    const fields: FieldElement[] = [];
    // Groups get lost here: Wire takes nothing but fields from an extend block.
    this.#readBlock('extend', depth, (declared) => {
      if (declared.kind === 'field') fields.push(declared);
    });
    return { kind: 'extend', name, fields };
  }

  #readOneOf(depth: number): OneOfElement {
    checkDepth(depth);
    const reader: SyntaxReader = this.#reader;
    const name = reader.readName();
    const fields: FieldElement[] = [];
    const groups: GroupElement[] = [];
    const options: OptionElement[] = [];
    reader.require('{');
    for (;;) {
      reader.skipDocumentation();
      if (reader.tryRead('}')) return { kind: 'oneof', name, fields, groups, options };
      const type = reader.readDataType();
      if (type === 'group') {
        groups.push(this.#readGroup(undefined, depth + 1));
      } else if (type === 'option') {
        options.push(readOption(reader, '='));
        reader.require(';');
      } else {
        fields.push(this.#readField(undefined, type));
      }
    }
  }

  #readLabelledField(position: Position, word: string, depth: number): FieldElement | GroupElement {
    const reader: SyntaxReader = this.#reader;
    const isProto3 = this.#syntax === 'proto3';
    let label: Label | undefined;
    let type: string;
    if (word === 'required' || word === 'optional' || word === 'repeated') {
      if (word === 'required' && isProto3) {
        reader.fail("'required' label forbidden in proto3 field declarations", position);
      }
      label = word;
      type = reader.readDataType();
    } else {
      if (!isProto3 && (word !== 'map' || reader.peek() !== '<')) reader.fail(`unexpected label: ${word}`, position);
      type = reader.readDataType(word);
    }
    if (type.startsWith('map<') && label !== undefined) reader.fail("'map' type cannot have label", position);
    return type === 'group' ? this.#readGroup(label, depth + 1) : this.#readField(label, type);
  }

  #readField(label: Label | undefined, type: string): FieldElement {
    const reader: SyntaxReader = this.#reader;
    const name = reader.readName('member');
    reader.require('=');
    const tag = reader.readInt();
    const all = readOptionList(reader);
    reader.require(';');
    reader.skipTrailingComment();
    const defaultValue = lastText(all, 'default');
    const jsonName = lastText(all, 'json_name');
    return {
      kind: 'field',
      ...(label === undefined ? {} : { label }),
      type,
      name,
      tag,
      ...(defaultValue === undefined ? {} : { defaultValue }),
      ...(jsonName === undefined ? {} : { jsonName }),
      options: all.filter((option) => option.name !== 'default' && option.name !== 'json_name'),
    };
  }

  #readGroup(label: Label | undefined, depth: number): GroupElement {
    checkDepth(depth);
    const reader: SyntaxReader = this.#reader;
    const name = reader.readWord();
    reader.require('=');
    const tag = reader.readInt();
    reader.require('{');
    const fields: FieldElement[] = [];
    for (;;) {
      reader.skipDocumentation();
      if (reader.tryRead('}')) break;
      const position = reader.position();
      const field = this.#readLabelledField(position, reader.readWord(), depth);
      if (field.kind !== 'field') reader.fail('expected field declaration');
      fields.push(field);
    }
    return { kind: 'group', ...(label === undefined ? {} : { label }), name, tag, fields };
  }

  #readConstant(name: string): EnumConstantElement {
    const reader: SyntaxReader = this.#reader;
    reader.require('=');
    const tag = reader.readInt();
    const options = readOptionList(reader);
    reader.require(';');
    reader.skipTrailingComment();
    return { kind: 'constant', name, tag, options };
  }
}

/** `default` and `json_name` look like options and are none; the last one counts. */
function lastText(options: readonly OptionElement[], name: string): string | undefined {
  const value = options.findLast((option) => option.name === name)?.value;
  if (value === undefined) return undefined;
  return 'text' in value ? value.text : '';
}

/** Names may come once: among types, and among services. Below the top level nobody looks. */
class UniqueDeclarations<Element extends { readonly name: string }> {
  readonly all: Element[] = [];
  readonly #positions = new Map<string, Position>();

  add(element: Element, position: Position): void {
    const first = this.#positions.get(element.name);
    if (first !== undefined) {
      throw new ProtobufFault(
        `${element.name} (${describePosition(position)}) is already defined at ${describePosition(first)}`,
      );
    }
    this.#positions.set(element.name, position);
    this.all.push(element);
  }
}
