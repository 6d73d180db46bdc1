/**
 * Declarations to the text that Confluent stores: sections in a fixed order (messages before enums, oneofs behind
 * fields, a file's extends behind its types), everything else in the order of the declarations.
 */
import type {
  EnumElement,
  ExtendElement,
  ExtensionsElement,
  FieldElement,
  GroupElement,
  MessageElement,
  OneOfElement,
  OptionElement,
  ProtoFile,
  ReservedElement,
  RpcElement,
  ServiceElement,
  TagRange,
  TypeElement,
} from './elements.ts';
import { isScalar, MAX_TAG } from './elements.ts';
import { LineWriter } from './line-writer.ts';
import { writeOptionList, writeOptionStatement } from './print-option.ts';

export function printProto(file: ProtoFile): string {
  const out = new LineWriter();
  if (file.syntax !== undefined) out.endLine(`syntax = "${file.syntax}";`);
  if (file.packageName !== undefined) out.endLine(`package ${file.packageName};`);
  if (file.imports.length + file.publicImports.length > 0) {
    out.endLine('');
    for (const name of file.imports) out.endLine(`import "${name}";`);
    for (const name of file.publicImports) out.endLine(`import public "${name}";`);
  }
  if (file.options.length > 0) {
    out.endLine('');
    for (const option of file.options) writeOptionStatement(out, option);
  }
  if (file.types.length > 0) {
    out.endLine('');
    writeTypes(out, file.types);
  }
  if (file.extends.length > 0) {
    out.endLine('');
    for (const extended of file.extends) writeExtend(out, extended);
  }
  if (file.services.length > 0) {
    out.endLine('');
    for (const service of file.services) writeService(out, service);
  }
  return out.toText();
}

function writeTypes(out: LineWriter, types: readonly TypeElement[]): void {
  for (const type of types) if (type.kind === 'message') writeMessage(out, type);
  for (const type of types) if (type.kind === 'enum') writeEnum(out, type);
}

/** Parts of a block, with a blank line between them. */
type Section = () => void;

function section<Item>(items: readonly Item[], write: (item: Item) => void): readonly Section[] {
  return items.length === 0 ? [] : [() => items.forEach(write)];
}

function writeBlock(out: LineWriter, head: string, sections: readonly Section[]): void {
  if (sections.length === 0) {
    out.endLine(`${head} {}`);
    return;
  }
  out.endLine(`${head} {`);
  for (const [index, writeSection] of sections.entries()) {
    if (index > 0) out.endLine('');
    out.indented(writeSection);
  }
  out.endLine('}');
}

function writeMessage(out: LineWriter, message: MessageElement): void {
  writeBlock(out, `message ${message.name}`, [
    ...section(message.reserveds, (reserved) => writeReserved(out, reserved)),
    ...section(message.options, (option) => writeOptionStatement(out, option)),
    ...section(message.fields, (field) => writeField(out, field)),
    ...section(message.oneOfs, (oneOf) => writeOneOf(out, oneOf)),
    ...section(message.groups, (group) => writeGroup(out, group)),
    ...section(message.extensions, (element) => writeExtensions(out, element)),
    ...section(message.extends, (extended) => writeExtend(out, extended)),
    ...(message.types.length === 0 ? [] : [() => writeTypes(out, message.types)]),
  ]);
}

function writeReserved(out: LineWriter, { values }: ReservedElement): void {
  const shown = values.map((value) => (typeof value === 'string' ? `"${value}"` : printRange(value)));
  out.endLine(`reserved ${shown.join(', ')};`);
}

function writeExtensions(out: LineWriter, { values, options }: ExtensionsElement): void {
  out.add(`extensions ${values.map(printRange).join(', ')}`);
  writeOptionList(out, options);
  out.endLine(';');
}

function printRange(value: number | TagRange): string {
  if (typeof value === 'number') return String(value);
  return `${value.start} to ${value.end < MAX_TAG ? value.end : 'max'}`;
}

function writeField(out: LineWriter, field: FieldElement): void {
  const { label, type, name, tag } = field;
  const head = `${label === undefined ? '' : `${label} `}${type} ${name} = ${tag}`;
  out.add(head);
  writeOptionList(out, field.options.concat(specialOptions(field)));
  out.endLine(';');
}

/** `default` and `json_name`, which stand behind the other options (observed). */
export function specialOptions({ type, defaultValue, jsonName }: FieldElement): readonly OptionElement[] {
  const special: OptionElement[] = [];
  const base = { kind: 'option', parenthesized: false } as const;
  if (defaultValue !== undefined) {
    // Quoted by the type's last name alone, as Wire does: the default of a bytes field loses its quotes, and one that
    // is no word cannot be read again.
    const kind = kindOfDefault(type.slice(type.lastIndexOf('.') + 1));
    special.push({ ...base, name: 'default', value: { kind, text: defaultValue } });
  }
  if (jsonName !== undefined) special.push({ ...base, name: 'json_name', value: { kind: 'string', text: jsonName } });
  return special;
}

/** Bytes count as numbers: one that looks like a number is rewritten when it is normalized. */
function kindOfDefault(type: string): 'string' | 'number' | 'enum' {
  if (type === 'string') return 'string';
  return isScalar(type) && type !== 'bool' ? 'number' : 'enum';
}

function writeOneOf(out: LineWriter, oneOf: OneOfElement): void {
  if (oneOf.isDropped) return;
  writeBlock(out, `oneof ${oneOf.name}`, [
    ...section(oneOf.options, (option) => writeOptionStatement(out, option)),
    ...section(oneOf.fields, (field) => writeField(out, field)),
    ...section(oneOf.groups, (group) => writeGroup(out, group)),
  ]);
}

function writeGroup(out: LineWriter, { label, name, tag, fields }: GroupElement): void {
  const head = `${label === undefined ? '' : `${label} `}group ${name} = ${tag}`;
  writeBlock(
    out,
    head,
    section(fields, (field) => writeField(out, field)),
  );
}

function writeEnum(out: LineWriter, { name, reserveds, options, constants }: EnumElement): void {
  const isEmpty = reserveds.length + options.length + constants.length === 0;
  const body: Section = () => {
    for (const reserved of reserveds) writeReserved(out, reserved);
    for (const option of options) writeOptionStatement(out, option);
    for (const constant of constants) {
      out.add(`${constant.name} = ${constant.tag}`);
      writeOptionList(out, constant.options);
      out.endLine(';');
    }
  };
  writeBlock(out, `enum ${name}`, isEmpty ? [] : [body]);
}

function writeExtend(out: LineWriter, { name, fields, isDropped }: ExtendElement): void {
  if (isDropped) return;
  writeBlock(
    out,
    `extend ${name}`,
    section(fields, (field) => writeField(out, field)),
  );
}

function writeService(out: LineWriter, { name, options, rpcs }: ServiceElement): void {
  writeBlock(out, `service ${name}`, [
    ...section(options, (option) => writeOptionStatement(out, option)),
    ...section(rpcs, (rpc) => writeRpc(out, rpc)),
  ]);
}

function writeRpc(out: LineWriter, rpc: RpcElement): void {
  const request = `${rpc.requestStreaming ? 'stream ' : ''}${rpc.requestType}`;
  const response = `${rpc.responseStreaming ? 'stream ' : ''}${rpc.responseType}`;
  const head = `rpc ${rpc.name} (${request}) returns (${response})`;
  if (rpc.options.length === 0) {
    out.endLine(`${head};`);
    return;
  }
  out.endLine(`${head} {`);
  out.indented(() => {
    for (const option of rpc.options) writeOptionStatement(out, option);
  });
  out.endLine('};');
}
