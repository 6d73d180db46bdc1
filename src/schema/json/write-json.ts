/** JSON text as the registry's parser writes it: compact, nothing escaped that need not be. */
import type { JsonNode } from './json-node.ts';

/** The text that the registry stores. */
export function writeJson(node: JsonNode): string {
  const parts: string[] = [];
  write(node, parts, (members) => members);
  return parts.join('');
}

/** The same with all keys in the order of their UTF-16 units, which is what `normalize` means for JSON. */
export function writeSortedJson(node: JsonNode): string {
  const parts: string[] = [];
  write(node, parts, (members) => [...members].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  return parts.join('');
}

type Members = Iterable<readonly [string, JsonNode]>;

/** Recursion is bounded: no text that is nested deeper than 1000 levels is ever read. */
function write(node: JsonNode, parts: string[], order: (members: ReadonlyMap<string, JsonNode>) => Members): void {
  let separator = '';
  switch (node.kind) {
    case 'object':
      parts.push('{');
      for (const [name, value] of order(node.members)) {
        parts.push(separator, quote(name), ':');
        write(value, parts, order);
        separator = ',';
      }
      parts.push('}');
      break;
    case 'array':
      parts.push('[');
      for (const item of node.items) {
        parts.push(separator);
        write(item, parts, order);
        separator = ',';
      }
      parts.push(']');
      break;
    case 'string':
      parts.push(quote(node.value));
      break;
    case 'number':
      parts.push(node.text);
      break;
    case 'boolean':
      parts.push(String(node.value));
      break;
    default:
      parts.push('null');
  }
}

const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\f', '\\f'],
  ['\r', '\\r'],
]);

/** Unlike `JSON.stringify`: upper-case hex digits, and lone surrogates as they are (observed). */
function quote(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must be escaped.
  const escaped = text.replace(/["\\\u0000-\u001f]/g, (char) => {
    const short = SHORT_ESCAPES.get(char);
    return short ?? `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}
