/** Pieces of markdown around the text of others: no markup of it counts, and nothing of it mentions anybody. */
import { escapeUnsafe } from '../render/show-name.ts';

const MAX_LINES = 300;

/** Lines as they are. */
export function codeBlock(text: string): string {
  const lines = text.split('\n');
  const shown =
    lines.length > MAX_LINES ? [...lines.slice(0, MAX_LINES), `… and ${lines.length - MAX_LINES} lines`] : lines;
  const safe = shown.map(escapeUnsafe).join('\n');
  const longest = Math.max(2, ...[...safe.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${safe}\n${fence}`;
}

/** A name within a line. */
export function code(text: string): string {
  const safe = escapeUnsafe(text);
  const longest = Math.max(0, ...[...safe.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = safe.startsWith('`') || safe.endsWith('`') || safe.trim() === '' ? ' ' : '';
  return `${fence}${pad}${safe}${pad}${fence}`;
}

/** The same in a table, where a bar ends a cell even within code. */
export function codeCell(text: string): string {
  return code(text).replaceAll('|', '\\|');
}

export function fold(title: string, content: string): string {
  return `<details><summary>${title}</summary>\n\n${content}\n\n</details>`;
}
