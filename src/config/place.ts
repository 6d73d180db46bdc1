import type { LineCounter } from 'yaml';

/** `line:column` of an offset, both from 1. */
export function placeOf(lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${line}:${col}`;
}
