/** Places in a YAML file, as a person finds them. */
import { type Document, isCollection, isNode, isScalar, type LineCounter } from 'yaml';

/** `line:column` of an offset, both from 1. */
export function placeOf(lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${line}:${col}`;
}

/**
 * Offset of the value at a path, or of the key that is last in it; of the nearest one above where there is none.
 *
 * @param path keys from the top of the document; of an item of a list its index.
 */
export function offsetOf(document: Document, path: readonly string[], key: boolean): number {
  const last = path.at(-1);
  if (key && last !== undefined) {
    const parent: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
    if (isCollection(parent)) {
      for (const item of parent.items) {
        const name: unknown = typeof item === 'object' && item !== null && 'key' in item ? item.key : undefined;
        if (isScalar(name) && String(name.value) === last) return name.range?.[0] ?? 0;
      }
    }
  }
  const node: unknown = path.length === 0 ? document.contents : document.getIn(path, true);
  if (isNode(node)) return node.range?.[0] ?? 0;
  return path.length === 0 ? 0 : offsetOf(document, path.slice(0, -1), false);
}
