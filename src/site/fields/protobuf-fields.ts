/** The field tree of a .proto file: messages with their fields, enums, services. */
import { printOptionValue } from '../../schema/outline/option-text.ts';
import {
  type EnumElement,
  type FieldElement,
  isScalar,
  type MessageElement,
  type OptionElement,
  type ProtoFile,
  splitMapType,
  type TypeElement,
} from '../../schema/protobuf/elements.ts';
import { parseProto } from '../../schema/protobuf/parse-proto.ts';
import { type FieldNode, type FieldTree, NodeBudget, presentFacts } from './field-node.ts';

/** @returns undefined when the text cannot be parsed. */
export function protobufFields(text: string): FieldTree | undefined {
  let file: ProtoFile;
  try {
    file = parseProto(text);
  } catch {
    return undefined;
  }
  const budget = new NodeBudget();
  const declared = new Set<string>();
  for (const type of file.types) collectNames(type, declared, 0);
  const nodes: FieldNode[] = [
    {
      name: file.packageName ?? 'no package',
      type: file.syntax ?? 'proto2',
      outside: [...file.imports, ...file.publicImports],
      ...presentFacts([
        ['imports', [...file.imports, ...file.publicImports.map((name) => `public ${name}`)].join(', ') || undefined],
        ...optionFacts(file.options),
      ]),
    },
  ];
  for (const type of file.types) if (budget.take(1)) nodes.push(typeNode(type, declared, 1, budget));
  for (const extension of file.extends) {
    if (!budget.take(1)) break;
    const children = extension.fields.map((field) => fieldNode(field, declared));
    nodes.push({ name: extension.name, type: 'extend', children });
  }
  for (const service of file.services) {
    if (!budget.take(1)) break;
    const children = service.rpcs.map((rpc) => ({
      name: rpc.name,
      type: `${rpc.requestStreaming ? 'stream ' : ''}${rpc.requestType} → ${rpc.responseStreaming ? 'stream ' : ''}${rpc.responseType}`,
      ...presentFacts(optionFacts(rpc.options)),
    }));
    nodes.push({ name: service.name, type: 'service', ...presentFacts(optionFacts(service.options)), children });
  }
  return { nodes, cut: budget.cut };
}

/** Every name by which a type of this file may be called: all the ends of its full name. */
function collectNames(type: TypeElement, names: Set<string>, depth: number): void {
  names.add(type.name);
  if (type.kind === 'message' && depth < 100) for (const inner of type.types) collectNames(inner, names, depth + 1);
}

function typeNode(type: TypeElement, declared: ReadonlySet<string>, depth: number, budget: NodeBudget): FieldNode {
  return type.kind === 'enum' ? enumNode(type) : messageNode(type, declared, depth, budget);
}

function enumNode(type: EnumElement): FieldNode {
  const children = type.constants.map(({ name, tag, options }) => ({
    name,
    type: String(tag),
    ...presentFacts(optionFacts(options)),
  }));
  return { name: type.name, type: 'enum', ...presentFacts(optionFacts(type.options)), children };
}

function messageNode(
  message: MessageElement,
  declared: ReadonlySet<string>,
  depth: number,
  budget: NodeBudget,
): FieldNode {
  const children: FieldNode[] = [];
  const add = (field: FieldElement, oneof?: string): void => {
    if (budget.take(depth + 1)) children.push(fieldNode(field, declared, oneof));
  };
  for (const field of message.fields) add(field);
  for (const oneOf of message.oneOfs) for (const field of oneOf.fields) add(field, oneOf.name);
  for (const group of message.groups) {
    if (!budget.take(depth + 1)) break;
    const inner = group.fields.map((field) => fieldNode(field, declared));
    children.push({
      name: group.name,
      type: 'group',
      number: group.tag,
      children: inner,
    });
  }
  for (const inner of message.types) {
    if (budget.take(depth + 1)) children.push(typeNode(inner, declared, depth + 1, budget));
  }
  const reserved = message.reserveds.flatMap(({ values }) =>
    values.map((value) => (typeof value === 'object' ? `${value.start} to ${value.end}` : String(value))),
  );
  return {
    name: message.name,
    type: 'message',
    ...presentFacts([['reserved', reserved.join(', ') || undefined], ...optionFacts(message.options)]),
    ...(children.length === 0 ? {} : { children }),
  };
}

function fieldNode(field: FieldElement, declared: ReadonlySet<string>, oneof?: string): FieldNode {
  const { label, type, name, tag, defaultValue, jsonName } = field;
  const named = [splitMapType(type)?.value ?? type].filter((one) => !isScalar(one));
  const outside = named.filter((one) => !declared.has(one.slice(one.lastIndexOf('.') + 1)));
  return {
    name,
    type: label === undefined ? type : `${label} ${type}`,
    number: tag,
    ...(defaultValue === undefined ? {} : { default: defaultValue }),
    ...presentFacts([['oneof', oneof], ['JSON name', jsonName], ...optionFacts(field.options)]),
    ...(outside.length === 0 ? {} : { outside }),
  };
}

function optionFacts(options: readonly OptionElement[]): readonly (readonly [string, string])[] {
  return options.map(({ name, parenthesized, value }) => [parenthesized ? `(${name})` : name, printOptionValue(value)]);
}
