/** Id maps from one form into another, and what the other has no place for. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { SrgitError } from '../../errors.ts';
import type { IdMap } from '../../plan/id-map.ts';
import { formatIdMap, formatIdMapCsv, formatIdMapping, formatSchemaIdMapping } from '../../plan/id-map-text.ts';
import { loadMap, type MapEntry } from '../records/load-map.ts';
import { readIdMap, readIdMapText } from '../restore/id-map-file.ts';
import { formatIdProperties, formatPlainCsv, parseIdCsv, parseIdProperties } from './id-pairs-text.ts';

/**
 * `json` is `id-maps/<registry>.json` of a tree, `mapping` `{"1": 100}` as `id_mapping_file` takes it, `yaml` the backup tool's
 * `schema_id_mapping`.
 */
export const ID_MAP_FORMS = ['json', 'csv', 'mapping', 'yaml', 'properties'] as const;
export type IdMapForm = (typeof ID_MAP_FORMS)[number];

export interface ConvertOptions {
  /** Absolute path. */
  readonly file: string;
  readonly to: IdMapForm;
  /** For forms with ids of one context: which one. */
  readonly context?: string | undefined;
  /** Absolute path; without one nothing is written. */
  readonly out?: string | undefined;
}

export interface ConvertedMap {
  readonly file: string;
  readonly from: IdMapForm;
  readonly to: IdMapForm;
  readonly ids: number;
  readonly text: string;
  /** What the form has no place for. */
  readonly lost: readonly string[];
  readonly out?: string;
}

interface ReadMap {
  readonly form: IdMapForm;
  readonly entries: readonly MapEntry[];
  /** The whole of it, where the form has it. */
  readonly map?: IdMap;
}

/** @throws SrgitError SRGIT_TREE_FILE_MISSING, SRGIT_TREE_INVALID, SRGIT_CONFIG_INVALID, SRGIT_USAGE, SRGIT_STORAGE_WRITE */
export function convertIdMap({ file, to, context, out }: ConvertOptions): ConvertedMap {
  const isFlat = to !== 'json' && to !== 'csv';
  if (context !== undefined && !isFlat) {
    throw new SrgitError('SRGIT_USAGE', `--context chooses the ids of mapping, yaml and properties, not of ${to}`, {
      hint: 'Leave it out: this form has a place for every context.',
    });
  }
  const read = readMap(file);
  const { form, entries } = read;
  const text = formatMap(read, to, context, file);
  const kept = entries.filter((entry) => context === undefined || entry.context === context);
  const result = { file, from: form, to, ids: kept.length, text, lost: lostBy(read, kept, to) };
  if (out === undefined) return result;
  writeWhole(out, text);
  return { ...result, out };
}

function readMap(file: string): ReadMap {
  const text = readIdMapText(file).replace(/^\uFEFF/, '');
  if (/^\s*[{[]/.test(text)) {
    const { form, entries } = loadMap(file);
    return form === 'srgit' ? { form: 'json', entries, map: readIdMap(file) } : { form: 'mapping', entries };
  }
  // A line of YAML that is no pair: the name of the mapping.
  if (/^\s*(schema_id_mapping|restore)\s*:/m.test(text)) return { form: 'yaml', entries: loadMap(file).entries };
  if (/^[^\r\n]*,/.test(text)) return { form: 'csv', entries: parseIdCsv(text, file) };
  return { form: 'properties', entries: parseIdProperties(text, file) };
}

function formatMap({ form, entries, map }: ReadMap, to: IdMapForm, context: string | undefined, file: string): string {
  const ids = entries.map((entry) => ({ ...entry, fromGuid: entry.fromGuid ?? '', toGuid: entry.toGuid ?? '' }));
  const whole = map ?? { source: { kind: 'tree', fingerprint: '' }, target: { name: '', kind: 'unknown' }, ids };
  switch (to) {
    case 'json':
      if (map !== undefined) return formatIdMap(map);
      throw new SrgitError(
        'SRGIT_USAGE',
        `${file} (${form}) does not say which schemas its ids are of, and json must`,
        {
          hint: 'Build that map with `srgit idmap`, which looks every schema up by its content.',
        },
      );
    case 'csv':
      return entries.every(({ fromGuid }) => fromGuid !== undefined) ? formatIdMapCsv(whole) : formatPlainCsv(entries);
    case 'mapping':
      return formatIdMapping(whole, context);
    case 'yaml':
      return formatSchemaIdMapping(whole, context);
    case 'properties': {
      const pairs = Object.entries(JSON.parse(formatIdMapping(whole, context)) as Record<string, number>);
      return formatIdProperties(pairs.map(([from, target]) => [Number(from), target]));
    }
  }
}

function lostBy({ form, entries, map }: ReadMap, kept: readonly MapEntry[], to: IdMapForm): readonly string[] {
  const lost: string[] = [];
  if (to === form || to === 'json') return lost;
  if (map !== undefined) lost.push('which tree and registry it is between');
  if (to === 'csv') return lost;
  if (entries.some(({ fromGuid }) => fromGuid !== undefined))
    lost.push('the proof (guids) that both ids are one schema');
  if (kept.some((entry) => entry.context !== '.' || entry.toContext !== '.')) lost.push('contexts');
  if (kept.length < entries.length) lost.push(`${entries.length - kept.length} ids of other contexts`);
  return lost;
}

function writeWhole(file: string, text: string): void {
  const draft = `${file}.srgit-tmp`;
  try {
    writeFileSync(draft, text);
    renameSync(draft, file);
  } catch (cause) {
    removeDraft(draft);
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new SrgitError('SRGIT_STORAGE_WRITE', `${file} cannot be written: ${reason}`, {
      hint: 'Check the folder and its permissions; nothing was left behind.',
      cause,
    });
  }
}

function removeDraft(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // A place that cannot hold it has none.
  }
}
