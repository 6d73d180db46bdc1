/** Pairs of ids in forms that have no proof: CSV, and properties (`1=100`), which shell scripts and Java read. */
import { SrgitError } from '../../errors.ts';
import { DEFAULT_CONTEXT } from '../../model/subject-name.ts';
import type { MapEntry } from '../records/load-map.ts';

/** What a column is called by srgit and by others. */
const COLUMNS: Readonly<Record<string, keyof MapEntry>> = {
  context: 'context',
  id: 'from',
  from: 'from',
  old_id: 'from',
  source_id: 'from',
  to_context: 'toContext',
  to: 'to',
  new_id: 'to',
  target_id: 'to',
  guid: 'fromGuid',
  to_guid: 'toGuid',
};

const ID = /^-?(0|[1-9][0-9]{0,9})$/;

/** With a header, or `1,100` alone. @throws SrgitError SRGIT_CONFIG_INVALID naming the line */
export function parseIdCsv(text: string, file: string): readonly MapEntry[] {
  const rows = text.split(/\r?\n/).map((line) => splitCsv(line));
  const [first = []] = rows;
  const headless = first.length === 2 && first.every((cell) => ID.test(cell.trim()));
  const header = headless ? ['id', 'to'] : first.map((cell) => cell.trim().toLowerCase());
  const columns = header.map((name) => (Object.hasOwn(COLUMNS, name) ? COLUMNS[name] : undefined));
  const unknown = columns.indexOf(undefined);
  if (unknown >= 0) throw invalid(file, `line 1: there is no column ${JSON.stringify(header[unknown])}`);
  if (!columns.includes('from') || !columns.includes('to')) throw invalid(file, 'line 1: it has no columns id and to');
  const entries: MapEntry[] = [];
  for (const [at, cells] of rows.entries()) {
    if ((at === 0 && !headless) || (cells.length === 1 && cells[0]?.trim() === '')) continue;
    const line = at + 1;
    if (cells.length !== columns.length)
      throw invalid(file, `line ${line}: it has ${cells.length} cells, not ${columns.length}`);
    const row = new Map(columns.map((column, index) => [column, (cells[index] ?? '').trim()]));
    const from = row.get('from') ?? '';
    const to = row.get('to') ?? '';
    if (!ID.test(from) || !ID.test(to)) throw invalid(file, `line ${line}: ${from} and ${to} are no pair of ids`);
    const context = row.get('context') || DEFAULT_CONTEXT;
    const fromGuid = row.get('fromGuid') ?? '';
    const toGuid = row.get('toGuid') || fromGuid;
    entries.push({
      context,
      from: Number(from),
      toContext: row.get('toContext') || context,
      to: Number(to),
      ...(fromGuid === '' ? {} : { fromGuid, toGuid }),
    });
  }
  return unique(entries, file);
}

/** By RFC 4180; a line break within quotes is in no name of a context. */
function splitCsv(line: string): readonly string[] {
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? '';
    if (quoted) {
      if (character !== '"') cell += character;
      else if (line[at + 1] === '"') cell += line[++at];
      else quoted = false;
    } else if (character === '"' && cell === '') quoted = true;
    else if (character === ',') {
      cells.push(cell);
      cell = '';
    } else cell += character;
  }
  return [...cells, cell];
}

/** `1=100` a line, or `1: 100`; `#` and `!` begin comments. @throws SrgitError SRGIT_CONFIG_INVALID naming the line */
export function parseIdProperties(text: string, file: string): readonly MapEntry[] {
  const entries: MapEntry[] = [];
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*([#!].*)?$/.test(line)) continue;
    const [, from, to] = /^\s*(\d{1,10})\s*[=:]\s*(\d{1,10})\s*$/.exec(line) ?? [];
    if (from === undefined) throw invalid(file, `line ${at + 1} is no pair of ids`);
    entries.push({ context: DEFAULT_CONTEXT, from: Number(from), toContext: DEFAULT_CONTEXT, to: Number(to) });
  }
  return unique(entries, file);
}

/** @param entries of one context. */
export function formatIdProperties(entries: Iterable<readonly [number, number]>): string {
  return [...entries].map(([from, to]) => `${from}=${to}\n`).join('');
}

/** Without guids: what a form that has none can say. */
export function formatPlainCsv(entries: readonly MapEntry[]): string {
  const quote = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  const rows = entries.map(({ context, from, toContext, to }) =>
    [quote(context), from, quote(toContext), to].join(','),
  );
  return ['context,id,to_context,to', ...rows].map((row) => `${row}\r\n`).join('');
}

function unique(entries: readonly MapEntry[], file: string): readonly MapEntry[] {
  const seen = new Set<string>();
  for (const { context, from, toContext } of entries) {
    const key = `${from} ${context} ${toContext}`;
    if (seen.has(key)) throw invalid(file, `id ${from} of context ${context} is there twice`);
    seen.add(key);
  }
  return entries;
}

function invalid(file: string, why: string): SrgitError {
  return new SrgitError('SRGIT_CONFIG_INVALID', `${file} is no id map: ${why}`, {
    hint: 'Mend the line, or build the map anew with `srgit idmap`.',
    details: { file },
  });
}
