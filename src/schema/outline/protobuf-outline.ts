/** The outline of a .proto file: messages with their fields by number, enums, services. */
import type {
  EnumElement,
  FieldElement,
  MessageElement,
  OptionElement,
  ProtoFile,
  TypeElement,
} from '../protobuf/elements.ts';
import { parseProto } from '../protobuf/parse-proto.ts';
import { printOptionValue } from './option-text.ts';
import { facts, OUTLINE_DEPTH, OUTLINE_ITEMS, type OutlineItem } from './outline.ts';

/** @param schema canonical text. @returns undefined when it cannot be parsed. */
export function outlineProtobuf(schema: string): readonly OutlineItem[] | undefined {
  let file: ProtoFile;
  try {
    file = parseProto(schema);
  } catch {
    return undefined;
  }
  const items: OutlineItem[] = [
    {
      key: '',
      name: 'file',
      kind: 'schema',
      path: '#/',
      facts: facts({
        syntax: file.syntax,
        package: file.packageName,
        imports: [...file.imports, ...file.publicImports.map((name) => `public ${name}`)].join(', ') || undefined,
        ...optionFacts(file.options),
      }),
    },
  ];
  for (const type of file.types) walkType(type, '', 0, items);
  for (const extension of file.extends) {
    for (const field of extension.fields) items.push(fieldItem(field, `extend ${extension.name}`, {}));
  }
  for (const service of file.services) {
    items.push({
      key: `service ${service.name}`,
      name: service.name,
      kind: 'service',
      path: '#/',
      facts: optionFacts(service.options),
    });
    for (const rpc of service.rpcs) {
      items.push({
        key: `service ${service.name}.${rpc.name}`,
        name: `${service.name}.${rpc.name}`,
        kind: 'method',
        path: '#/',
        facts: {
          request: `${rpc.requestStreaming ? 'stream ' : ''}${rpc.requestType}`,
          response: `${rpc.responseStreaming ? 'stream ' : ''}${rpc.responseType}`,
          ...optionFacts(rpc.options),
        },
      });
    }
  }
  return items.slice(0, OUTLINE_ITEMS);
}

function walkType(type: TypeElement, outer: string, depth: number, items: OutlineItem[]): void {
  if (depth > OUTLINE_DEPTH) return;
  const place = outer === '' ? type.name : `${outer}/${type.name}`;
  items.push({
    key: place,
    name: place.replaceAll('/', '.'),
    kind: 'type',
    path: `#/${place}`,
    facts: { kind: type.kind, ...optionFacts(type.options) },
  });
  if (type.kind === 'enum') walkEnum(type, place, items);
  else walkMessage(type, place, depth, items);
}

function walkMessage(message: MessageElement, place: string, depth: number, items: OutlineItem[]): void {
  for (const field of message.fields) items.push(fieldItem(field, place, {}));
  for (const oneOf of message.oneOfs) {
    for (const field of oneOf.fields) {
      items.push({ ...fieldItem(field, place, { oneof: oneOf.name }), path: `#/${place}/${oneOf.name}/${field.tag}` });
    }
  }
  for (const group of message.groups) {
    items.push({
      key: `${place}/${group.tag}`,
      name: `${place.replaceAll('/', '.')}.${group.name} = ${group.tag}`,
      kind: 'field',
      path: `#/${place}/${group.tag}`,
      facts: facts({ type: 'group', name: group.name, label: group.label }),
    });
  }
  for (const inner of message.types) walkType(inner, place, depth + 1, items);
}

function walkEnum(type: EnumElement, place: string, items: OutlineItem[]): void {
  for (const constant of type.constants) {
    items.push({
      key: `${place}/=${constant.tag}/${type.constants.filter(({ tag }) => tag === constant.tag).length > 1 ? constant.name : ''}`,
      name: `${place.replaceAll('/', '.')}.${constant.name} = ${constant.tag}`,
      kind: 'symbol',
      path: `#/${place}/${constant.tag}`,
      facts: { name: constant.name, ...optionFacts(constant.options) },
    });
  }
}

function fieldItem(field: FieldElement, place: string, own: Readonly<Record<string, string>>): OutlineItem {
  return {
    key: `${place}/${field.tag}`,
    name: `${place.replaceAll('/', '.')}.${field.name} = ${field.tag}`,
    kind: 'field',
    path: `#/${place}/${field.tag}`,
    facts: facts({
      name: field.name,
      type: field.type,
      label: field.label,
      default: field.defaultValue,
      json_name: field.jsonName,
      ...own,
      ...optionFacts(field.options),
    }),
  };
}

function optionFacts(options: readonly OptionElement[]): Record<string, string> {
  return Object.fromEntries(
    options.map(({ name, parenthesized, value }) => [parenthesized ? `(${name})` : name, printOptionValue(value)]),
  );
}
