/** Options in every form of a .proto text: names with parts, and values up to whole messages in text format. */
import type { OptionElement, OptionValue } from './elements.ts';
import { checkDepth } from './protobuf-fault.ts';
import type { SyntaxReader } from './syntax-reader.ts';

/** `[a = 1, (b).c = { d: 2 }]` behind a field, if there is one. */
export function readOptionList(reader: SyntaxReader): readonly OptionElement[] {
  if (!reader.tryRead('[')) return [];
  const options: OptionElement[] = [];
  for (;;) {
    options.push(readOption(reader, '='));
    if (reader.tryRead(']')) return options;
    if (!reader.tryRead(',')) reader.fail("Expected ',' or ']'");
  }
}

/** A name, the separator, and a value. In text format (`:`) a message needs no separator. */
export function readOption(reader: SyntaxReader, separator: '=' | ':', depth = 0): OptionElement {
  checkDepth(depth);
  const first = reader.peek();
  const word = reader.readName();
  let parts: readonly string[] = [];
  let next = reader.read();
  if (next === '.') {
    // A part in parentheses ends the word before it: `(a).b.(c)` is refused (observed).
    parts = splitParts(reader.readName());
    checkDepth(depth + parts.length);
    next = reader.read();
  }
  if (separator === ':' && next === '{') reader.unread();
  else if (next !== separator) reader.fail(`expected '${separator}' in option`);
  let value = readValue(reader, depth);
  for (const name of parts.toReversed()) {
    value = { kind: 'nested', option: { kind: 'option', name, parenthesized: false, value } };
  }
  return { kind: 'option', name: first === '[' ? `[${word}]` : word, parenthesized: first === '(', value };
}

/** Java's `split`, which forgets empty parts at the end. */
function splitParts(name: string): readonly string[] {
  const parts = name.split('.');
  while (parts.length > 1 && parts.at(-1) === '') parts.pop();
  return parts;
}

function readValue(reader: SyntaxReader, depth: number): OptionValue {
  checkDepth(depth);
  const next = reader.peek();
  if (next === '{') return readMap(reader, depth + 1);
  if (next === '[') return readList(reader, depth + 1);
  if (next === '"' || next === "'") return { kind: 'string', text: reader.readQuotedString() };
  const text = reader.readWord();
  if (/^[0-9-]/.test(text)) return { kind: 'number', text };
  return { kind: text === 'true' || text === 'false' ? 'boolean' : 'enum', text };
}

/** A message in text format. A key that comes again makes a list of its values. */
function readMap(reader: SyntaxReader, depth: number): OptionValue {
  reader.read();
  const entries = new Map<string, OptionValue>();
  while (!reader.tryRead('}')) {
    const { name, value } = readOption(reader, ':', depth);
    if (value.kind === 'nested') addNested(entries, name, value.option);
    else addValue(entries, name, value);
    if (!reader.tryRead(',')) reader.tryRead(';');
  }
  return { kind: 'map', entries };
}

function addNested(entries: Map<string, OptionValue>, name: string, option: OptionElement): void {
  const previous = entries.get(name);
  const inner = new Map(previous?.kind === 'map' ? previous.entries : []);
  inner.set(option.name, option.value);
  entries.set(name, { kind: 'map', entries: inner });
}

/** Lists that are being added to, so that a key repeated many times costs no copy each time. */
function addValue(entries: Map<string, OptionValue>, name: string, value: OptionValue): void {
  const previous = entries.get(name);
  if (previous === undefined) {
    entries.set(name, value.kind === 'list' ? { kind: 'list', values: [...value.values] } : value);
    return;
  }
  const added = value.kind === 'list' ? value.values : [value];
  if (previous.kind === 'list') {
    // Every list in the map is made here and known to nobody else yet.
    for (const item of added) (previous.values as OptionValue[]).push(item);
  } else {
    entries.set(name, { kind: 'list', values: [previous, ...added] });
  }
}

function readList(reader: SyntaxReader, depth: number): OptionValue {
  reader.read();
  const values: OptionValue[] = [];
  while (!reader.tryRead(']')) {
    values.push(readValue(reader, depth));
    if (reader.tryRead(',')) continue;
    if (reader.peek() !== ']') reader.fail("expected ',' or ']'");
  }
  return { kind: 'list', values };
}
