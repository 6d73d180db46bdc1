/**
 * Confluent's own options, `confluent.field_meta` and its like: documentation, parameters and tags. They are the only
 * custom options that survive between text and descriptor, where they are extension 1088 of the options (observed).
 */
import type { UnknownField } from '@bufbuild/protobuf';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { OptionElement, OptionValue } from './elements.ts';
import { expandDotted, mergeValues } from './merge-option.ts';

const EXTENSION_NUMBER = 1088;

/** What the option is called on each kind of declaration. */
export type MetaName = 'file_meta' | 'message_meta' | 'field_meta' | 'enum_meta' | 'enum_value_meta';

/** The option as an unknown field of a descriptor's options; none when it is not there. */
export function metaToUnknown(name: MetaName, options: readonly OptionElement[]): readonly UnknownField[] {
  const own = options.filter((option) => option.name.replace(/^\./, '') === `confluent.${name}`);
  if (own.length === 0) return [];
  const writer = new BinaryWriter();
  // `(confluent.field_meta).tags = "A"` says the same as `(confluent.field_meta) = { tags: "A" }`.
  const value = mergeValues(own.map((option) => expandDotted(option.value)));
  const all = (key: string): readonly OptionValue[] => (value?.kind === 'map' ? listOf(value.entries.get(key)) : []);
  const doc = textOf(all('doc').at(-1));
  if (doc !== '') writer.tag(1, WireType.LengthDelimited).string(doc);
  for (const [key, value] of paramsOf(all('params'))) {
    writer.tag(2, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(key);
    writer.tag(2, WireType.LengthDelimited).string(value);
    writer.join();
  }
  for (const tag of all('tags')) writer.tag(3, WireType.LengthDelimited).string(textOf(tag));
  const meta = writer.finish();
  return [{ no: EXTENSION_NUMBER, wireType: WireType.LengthDelimited, data: new BinaryWriter().bytes(meta).finish() }];
}

function listOf(value: OptionValue | undefined): readonly OptionValue[] {
  if (value === undefined) return [];
  return value.kind === 'list' ? value.values : [value];
}

function textOf(value: OptionValue | undefined): string {
  return value !== undefined && 'text' in value ? value.text : '';
}

function paramsOf(values: readonly OptionValue[]): ReadonlyMap<string, string> {
  const params = new Map<string, string>();
  for (const value of values) {
    if (value.kind === 'map') params.set(textOf(value.entries.get('key')), textOf(value.entries.get('value')));
  }
  return params;
}

/** The option of a descriptor's options; none when it is not there or not readable. */
export function metaFromUnknown(
  name: MetaName,
  unknown: readonly UnknownField[] | undefined,
): readonly OptionElement[] {
  const entries = new Map<string, OptionValue>();
  for (const field of unknown ?? []) {
    if (field.no !== EXTENSION_NUMBER || field.wireType !== WireType.LengthDelimited) continue;
    try {
      readMeta(new BinaryReader(new BinaryReader(field.data).bytes()), entries);
    } catch {
      return [];
    }
  }
  if (entries.size === 0) return [];
  const ordered = ['doc', 'params', 'tags'].flatMap((key): [string, OptionValue][] => {
    const value = entries.get(key);
    return value === undefined ? [] : [[key, value]];
  });
  const value: OptionValue = { kind: 'map', entries: new Map(ordered) };
  return [{ kind: 'option', name: `confluent.${name}`, parenthesized: true, value }];
}

function readMeta(reader: BinaryReader, entries: Map<string, OptionValue>): void {
  const add = (key: string, value: OptionValue): void => {
    entries.set(key, { kind: 'list', values: [...listOf(entries.get(key)), value] });
  };
  while (reader.pos < reader.len) {
    const [no, wireType] = reader.tag();
    if (no === 1) entries.set('doc', { kind: 'string', text: reader.string() });
    else if (no === 2) add('params', readParam(new BinaryReader(reader.bytes())));
    else if (no === 3) add('tags', { kind: 'string', text: reader.string() });
    else reader.skip(wireType, no);
  }
}

function readParam(reader: BinaryReader): OptionValue {
  const texts = { key: '', value: '' };
  while (reader.pos < reader.len) {
    const [no, wireType] = reader.tag();
    if (no === 1) texts.key = reader.string();
    else if (no === 2) texts.value = reader.string();
    else reader.skip(wireType, no);
  }
  const entries = Object.entries(texts).map(([key, text]): [string, OptionValue] => [key, { kind: 'string', text }]);
  return { kind: 'map', entries: new Map(entries) };
}
