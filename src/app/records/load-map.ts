import { parse } from 'yaml';
import { SrgitError } from '../../errors.ts';
import { isJsonObject, type JsonValue } from '../../model/json.ts';
import { DEFAULT_CONTEXT } from '../../model/subject-name.ts';
import { parseIdMap } from '../../plan/id-map-text.ts';
import { readIdMapText } from '../restore/id-map-file.ts';
import { readIdMapping } from '../restore/plan-options.ts';

export interface MapEntry {
  /** Context of the source, and the id in it. */
  readonly context: string;
  readonly from: number;
  readonly toContext: string;
  readonly to: number;
  /** Absent in forms that have no proof. */
  readonly fromGuid?: string;
  readonly toGuid?: string;
}

export interface LoadedMap {
  readonly file: string;
  /** `srgit` alone has the proof that both ids are the same schema. */
  readonly form: 'srgit' | 'mapping' | 'yaml';
  /** The registry that it was made for, where it says. */
  readonly target?: string;
  readonly entries: readonly MapEntry[];
}

/** @throws SrgitError SRGIT_TREE_FILE_MISSING, SRGIT_TREE_INVALID, SRGIT_TREE_FORMAT, SRGIT_CONFIG_INVALID */
export function loadMap(file: string): LoadedMap {
  const text = readIdMapText(file);
  const json = parseJson(text);
  if (isJsonObject(json) && json['format'] !== undefined) {
    const { target, ids } = parseIdMap(text, file);
    return { file, form: 'srgit', target: target.name, entries: ids };
  }
  if (json !== undefined) {
    const entries = Object.entries(readIdMapping(file)).flatMap(([context, ids]) => pairsOf(context, ids));
    return { file, form: 'mapping', entries };
  }
  return { file, form: 'yaml', entries: yamlEntries(text, file) };
}

/** `schema_id_mapping:` at the top, or below `restore:` as in a whole configuration of the backup tool. */
function yamlEntries(text: string, file: string): readonly MapEntry[] {
  let value: JsonValue;
  try {
    value = parse(text, { maxAliasCount: 0 });
  } catch {
    throw invalid(file, 'it is neither JSON nor YAML');
  }
  const top = isJsonObject(value) ? value : {};
  const restore = isJsonObject(top['restore']) ? top['restore'] : {};
  const mapping = top['schema_id_mapping'] ?? restore['schema_id_mapping'];
  if (!isJsonObject(mapping)) throw invalid(file, 'there is no schema_id_mapping in it');
  const ids: Record<string, number> = {};
  for (const [from, to] of Object.entries(mapping)) {
    if (!/^(0|[1-9][0-9]{0,9})$/.test(from) || typeof to !== 'number' || !Number.isInteger(to)) {
      throw invalid(file, `${JSON.stringify(from)}: ${JSON.stringify(to)} is no pair of ids`);
    }
    ids[from] = to;
  }
  return pairsOf(DEFAULT_CONTEXT, ids);
}

function pairsOf(context: string, ids: Readonly<Record<string, number>>): readonly MapEntry[] {
  return Object.entries(ids).map(([from, to]) => ({ context, from: Number(from), toContext: context, to }));
}

function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function invalid(file: string, why: string): SrgitError {
  return new SrgitError('SRGIT_CONFIG_INVALID', `${file} is no id map: ${why}`, {
    hint: 'Take id-maps/<registry>.json of the tree, {"1": 100}, or YAML with schema_id_mapping.',
    details: { file },
  });
}
