/** What `config check` found, and the configuration as it applies, for a person. */
import { escapeUnsafe } from './show-name.ts';

interface Remark {
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
  readonly hint?: string;
}

export interface ConfigCheckReport {
  readonly file: string;
  readonly form?: string;
  readonly mistakes: readonly Remark[];
  readonly notes: readonly Remark[];
}

const FORMS: Readonly<Record<string, string>> = {
  'backup-tool': 'the backup tool’s spelling',
  operator: 'the operator’s KafkaBackup',
};

/** @param name how the file is shown. */
export function renderConfigCheck({ form = 'srgit', mistakes, notes }: ConfigCheckReport, name: string): string {
  const place = ({ line, column }: Remark): string => (line === undefined ? '' : `${name}:${line}:${column} `);
  const lines = mistakes.map((mistake) => {
    const hint = mistake.hint === undefined ? '' : `\n    ${escapeUnsafe(mistake.hint)}`;
    return escapeUnsafe(`✗ ${place(mistake)}${mistake.message}`) + hint;
  });
  lines.push(...notes.map((note) => escapeUnsafe(`- ${place(note)}${note.message}`)));
  const count = mistakes.length === 1 ? '1 mistake' : `${mistakes.length} mistakes`;
  const how = FORMS[form] === undefined ? '' : ` (${FORMS[form]})`;
  lines.push(mistakes.length === 0 ? `${name} is good${how}.` : `${count} in ${name}${how}.`);
  return lines.join('\n');
}

export interface ConfigShowReport {
  readonly file?: string;
  readonly settings: readonly { readonly key: string; readonly value: unknown; readonly origin: string }[];
}

/** @param name how the file is shown. */
export function renderConfigShow({ file, settings }: ConfigShowReport, name: string): string {
  const rows = settings.map(({ key, value, origin }) => [
    escapeUnsafe(key),
    escapeUnsafe(typeof value === 'string' ? value : JSON.stringify(value)),
    escapeUnsafe(file !== undefined && origin.startsWith(`${file}:`) ? name + origin.slice(file.length) : origin),
  ]);
  const width = (column: number, most: number): number =>
    Math.min(
      most,
      rows.reduce((widest, row) => Math.max(widest, row[column]?.length ?? 0), 0),
    );
  const [keys, values] = [width(0, 50), width(1, 50)];
  return rows
    .map(([key = '', value = '', origin = '']) => `${key.padEnd(keys)}  ${value.padEnd(values)}  ${origin}`)
    .join('\n');
}
