/** `reserved` and `extensions`: numbers and ranges of them. */
import { type ExtensionsElement, MAX_TAG, type ReservedElement, type TagRange } from './elements.ts';
import { readOptionList } from './parse-option.ts';
import { ProtobufFault } from './protobuf-fault.ts';
import { type Position, parseInt32, type SyntaxReader } from './syntax-reader.ts';

/** Behind the word `reserved`. Names stand in quotes: bare ones, as editions have them, are refused (observed). */
export function readReserved(reader: SyntaxReader, position: Position): ReservedElement {
  const values: (number | TagRange | string)[] = [];
  for (;;) {
    const next = reader.peek();
    values.push(
      next === '"' || next === "'"
        ? reader.readQuotedString()
        : readTagRange(reader, position, ',;', "expected ',', ';', or 'to'"),
    );
    const end = reader.read();
    if (end === ';') break;
    if (end !== ',') reader.fail("expected ',' or ';'");
  }
  reader.skipTrailingComment();
  return { kind: 'reserved', values };
}

/** Behind the word `extensions`. */
export function readExtensions(reader: SyntaxReader, position: Position): ExtensionsElement {
  const values: (number | TagRange)[] = [];
  for (;;) {
    values.push(readTagRange(reader, position, ',;[', "expected ',', ';' or 'to'"));
    const next = reader.peek();
    if (next === '[') {
      const options = readOptionList(reader);
      reader.require(';');
      return { kind: 'extensions', values, options };
    }
    reader.read();
    if (next === ';') return { kind: 'extensions', values, options: [] };
    if (next !== ',') reader.fail("expected ',' or ';'");
  }
}

function readTagRange(reader: SyntaxReader, position: Position, ends: string, words: string): number | TagRange {
  const start = reader.readInt();
  const next = reader.peek();
  if (ends.includes(next)) return start;
  if (next !== 't') reader.fail(words);
  if (reader.readWord() !== 'to') reader.fail(words, position);
  const word = reader.readWord();
  const end = word === 'max' ? MAX_TAG : parseInt32(word, 10);
  if (end === undefined) throw new ProtobufFault(`For input string: "${word}"`);
  return { start, end };
}
