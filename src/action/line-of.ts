/** The line of a schema's file that a path within the schema leads to. */
import { isCollection, isNode, LineCounter, parseDocument } from 'yaml';

/**
 * As far as the path can be followed: what is missing from the file has the line of what it is missing from.
 *
 * @param path a JSON pointer, with or without `#`; of Protobuf, names of messages and fields, or a field's number.
 * @returns from 1.
 */
export function lineOf(text: string, path: string): number {
  const parts = path
    .replace(/^#/, '')
    .split('/')
    .filter((part) => part !== '')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  return text.trimStart().startsWith('{') || text.trimStart().startsWith('[')
    ? lineOfPointer(text, parts)
    : lineOfNames(text, parts);
}

/** JSON is YAML, whose parser knows where everything stands and does not stop at a mistake. */
function lineOfPointer(text: string, parts: readonly string[]): number {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, strict: false, uniqueKeys: false, logLevel: 'silent' });
  let node: unknown = document.contents;
  for (const part of parts) {
    const next: unknown = isCollection(node) ? node.get(/^\d+$/.test(part) ? Number(part) : part, true) : undefined;
    if (!isNode(next)) break;
    node = next;
  }
  return isNode(node) && node.range ? lines.linePos(node.range[0]).line : 1;
}

function lineOfNames(text: string, parts: readonly string[]): number {
  const lines = text.split('\n');
  let at = 0;
  for (const part of parts) {
    const declares = /^\d+$/.test(part)
      ? new RegExp(`=\\s*${part}\\s*[;[]`)
      : new RegExp(`(^|[^\\w.])${part.replace(/[^\w]/g, '\\$&')}(?![\\w.])`);
    const found = lines.findIndex((line, index) => index >= at && declares.test(line));
    if (found < 0) break;
    at = found;
  }
  return at + 1;
}
