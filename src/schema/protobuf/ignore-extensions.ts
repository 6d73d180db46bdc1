/** `format=ignore_extensions`: a file without extensions, room for them, and custom options other than Confluent's. */
import type { EnumElement, MessageElement, OptionElement, ProtoFile, TypeElement } from './elements.ts';

export function withoutExtensions(file: ProtoFile): ProtoFile {
  return {
    ...file,
    options: plain(file.options),
    extends: [],
    types: file.types.map(stripType),
    services: file.services.map((service) => ({
      ...withPlainOptions(service),
      rpcs: service.rpcs.map(withPlainOptions),
    })),
  };
}

function plain(options: readonly OptionElement[]): readonly OptionElement[] {
  return options.filter(({ name, parenthesized }) => !parenthesized || name.startsWith('confluent.'));
}

function withPlainOptions<Element extends { readonly options: readonly OptionElement[] }>(element: Element): Element {
  return { ...element, options: plain(element.options) };
}

function stripType(type: TypeElement): TypeElement {
  return type.kind === 'message' ? stripMessage(type) : stripEnum(type);
}

function stripMessage(message: MessageElement): MessageElement {
  return {
    ...withPlainOptions(message),
    fields: message.fields.map(withPlainOptions),
    oneOfs: message.oneOfs.map((oneOf) => ({
      ...withPlainOptions(oneOf),
      fields: oneOf.fields.map(withPlainOptions),
      groups: oneOf.groups.map(stripGroup),
    })),
    groups: message.groups.map(stripGroup),
    extensions: [],
    types: message.types.map(stripType),
    extends: [],
  };
}

function stripGroup(group: MessageElement['groups'][number]): MessageElement['groups'][number] {
  return { ...group, fields: group.fields.map(withPlainOptions) };
}

function stripEnum(type: EnumElement): EnumElement {
  return { ...withPlainOptions(type), constants: type.constants.map(withPlainOptions) };
}
