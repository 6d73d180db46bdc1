/** Id maps in the forms that people and other tools take, and what is wrong with one. */
import type { IdMap, IdMapFault } from '../plan/id-map.ts';
import { formatIdMap, formatIdMapCsv, formatIdMapping, formatSchemaIdMapping } from '../plan/id-map-text.ts';
import { plural } from './export-report.ts';
import { escapeUnsafe } from './show-name.ts';

export type IdMapFormat = 'json' | 'csv' | 'mapping' | 'yaml';

const MAX_LINES = 50;

/** @throws SrgitError SRGIT_USAGE when the form has no place for several contexts and none is named. */
export function renderIdMap(
  map: IdMap,
  { format, context }: { readonly format: IdMapFormat; readonly context?: string | undefined },
): string {
  const text =
    format === 'csv'
      ? formatIdMapCsv(map)
      : format === 'mapping'
        ? formatIdMapping(map, context)
        : format === 'yaml'
          ? formatSchemaIdMapping(map, context)
          : formatIdMap(map);
  return text.replace(/\r?\n$/, '');
}

export function renderIdMapFaults(map: IdMap, faults: readonly IdMapFault[]): string {
  const ids = plural(map.ids.length, 'id');
  if (faults.length === 0) return `✓ ${ids}: complete, and both sides of each are the same schema`;
  const lines = faults
    .slice(0, MAX_LINES)
    .map(
      ({ kind, context, message }) => `✗ ${kind}${context === '.' ? '' : ` (${context})`}: ${escapeUnsafe(message)}`,
    );
  if (faults.length > MAX_LINES) lines.push(`… and ${faults.length - MAX_LINES} more`);
  lines.push(`✗ ${plural(faults.length, 'fault')} in the map of ${ids}`);
  return lines.join('\n');
}
