/** Options as text. Messages and lists take a line for each of their parts. */
import type { OptionElement, OptionValue } from './elements.ts';
import type { LineWriter } from './line-writer.ts';

/** `option a = 1;` */
export function writeOptionStatement(out: LineWriter, option: OptionElement): void {
  out.add('option ');
  writeOption(out, option);
  out.endLine(';');
}

/** ` [a = 1]`, or one option a line when there are several; nothing for none. To stand behind a declaration. */
export function writeOptionList(out: LineWriter, options: readonly OptionElement[]): void {
  const [first] = options;
  if (first === undefined) return;
  if (options.length === 1) {
    out.add(' [');
    writeOption(out, first);
    out.add(']');
  } else {
    out.add(' ');
    writeItems(out, '[', ']', options, (option) => writeOption(out, option));
  }
}

function writeOption(out: LineWriter, { name, parenthesized, value }: OptionElement): void {
  out.add(parenthesized ? `(${name})` : name);
  if (value.kind === 'nested') {
    out.add('.');
    writeOption(out, value.option);
  } else {
    out.add(' = ');
    const [only] = value.kind === 'list' && value.values.length === 1 ? value.values : [];
    if (only === undefined) {
      writeValue(out, value);
    } else {
      // Only behind `=`: inside a value a list of one takes lines like others.
      out.add('[');
      writeValue(out, only);
      out.add(']');
    }
  }
}

function writeValue(out: LineWriter, value: OptionValue): void {
  switch (value.kind) {
    case 'string':
      out.add(`"${escapeText(value.text)}"`);
      break;
    case 'map':
      writeItems(out, '{', '}', [...value.entries], ([key, inner]) => {
        out.add(`${key}: `);
        writeValue(out, inner);
      });
      break;
    case 'list':
      writeItems(out, '[', ']', value.values, (inner) => writeValue(out, inner));
      break;
    case 'nested':
      writeOption(out, value.option);
      break;
    default:
      out.add(value.text);
  }
}

/** Indented, with commas between them. */
function writeItems<Item>(
  out: LineWriter,
  open: string,
  close: string,
  items: readonly Item[],
  write: (item: Item) => void,
): void {
  out.endLine(open);
  out.indented(() => {
    for (const [index, item] of items.entries()) {
      write(item);
      out.endLine(index === items.length - 1 ? '' : ',');
    }
  });
  out.add(close);
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['\\', '\\\\'],
  ["'", "\\'"],
  ['"', '\\"'],
]);

/** Both kinds of quotes are escaped; other control characters and letters beyond ASCII stand as they are (observed). */
function escapeText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that have escapes.
  return text.replace(/[\u0007\b\f\n\r\t\v\\'"]/g, (char) => ESCAPES.get(char) ?? char);
}
