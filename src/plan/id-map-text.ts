/** An id map as text: the file in the tree, CSV, and what other tools take. */
import { SrgitError } from '../errors.ts';
import { isJsonObject, type JsonValue } from '../model/json.ts';
import { REGISTRY_KINDS, type RegistryKind } from '../model/registry-snapshot.ts';
import type { IdMap, IdMapEntry } from './id-map.ts';
import { sortEntries } from './id-map.ts';

const FORMAT = 1;

/** The file `id-maps/<registry>.json`: the same map gives the same bytes, an id a line. */
export function formatIdMap({ source, target, ids }: IdMap): string {
  const contexts = new Map<string, IdMapEntry[]>();
  for (const entry of sortEntries(ids)) {
    const known = contexts.get(entry.context);
    if (known === undefined) contexts.set(entry.context, [entry]);
    else known.push(entry);
  }
  const head = [
    `  "format": ${FORMAT},`,
    `  "source": ${JSON.stringify(source)},`,
    `  "target": ${JSON.stringify(target)},`,
  ];
  const blocks = [...contexts].map(([context, entries]) => {
    const lines = entries.map((entry) => `        ${formatEntry(entry)}`).join(',\n');
    return `    {\n      "context": ${JSON.stringify(context)},\n      "ids": [\n${lines}\n      ]\n    }`;
  });
  const body = blocks.length === 0 ? '  "contexts": []' : `  "contexts": [\n${blocks.join(',\n')}\n  ]`;
  return `{\n${head.join('\n')}\n${body}\n}\n`;
}

/** What is the same on both sides is said once. */
function formatEntry({ context, from, toContext, to, fromGuid, toGuid }: IdMapEntry): string {
  return JSON.stringify({
    id: from,
    to,
    guid: fromGuid,
    ...(toGuid === fromGuid ? {} : { to_guid: toGuid }),
    ...(toContext === context ? {} : { to_context: toContext }),
  });
}

/**
 * Reads the file back.
 *
 * @throws SrgitError SRGIT_TREE_INVALID when it is not one, SRGIT_TREE_FORMAT when it is of a newer format.
 */
export function parseIdMap(text: string, file: string): IdMap {
  const value = parseJson(text, file);
  if (!isJsonObject(value)) throw invalid(file, 'it is no JSON object');
  const { format, source, target, contexts } = value;
  if (typeof format === 'number' && format > FORMAT) {
    throw new SrgitError('SRGIT_TREE_FORMAT', `${file} has format ${format}, newer than this srgit knows (${FORMAT})`, {
      hint: 'Use a newer srgit.',
      details: { file },
    });
  }
  if (format !== FORMAT || !isJsonObject(source) || !isJsonObject(target) || !Array.isArray(contexts)) {
    throw invalid(file, 'format, source, target or contexts are missing');
  }
  const { kind, name, commit, fingerprint } = source;
  if ((kind !== 'tree' && kind !== 'registry') || typeof fingerprint !== 'string') {
    throw invalid(file, 'its source is incomplete');
  }
  if (typeof target['name'] !== 'string' || !isRegistryKind(target['kind']))
    throw invalid(file, 'its target is incomplete');
  return {
    source: {
      kind,
      ...(typeof name === 'string' ? { name } : {}),
      ...(typeof commit === 'string' ? { commit } : {}),
      fingerprint,
    },
    target: { name: target['name'], kind: target['kind'] },
    ids: sortEntries(contexts.flatMap((block: JsonValue) => readContext(block, file))),
  };
}

function readContext(block: JsonValue, file: string): readonly IdMapEntry[] {
  const ids = isJsonObject(block) ? block['ids'] : undefined;
  const context = isJsonObject(block) ? block['context'] : undefined;
  if (typeof context !== 'string' || !Array.isArray(ids)) throw invalid(file, 'a context has no name or no ids');
  const seen = new Set<string>();
  return ids.map((entry: JsonValue) => {
    const { id, to, guid, to_guid = guid, to_context = context } = isJsonObject(entry) ? entry : {};
    if (
      !isId(id) ||
      !isId(to) ||
      typeof guid !== 'string' ||
      typeof to_guid !== 'string' ||
      typeof to_context !== 'string'
    ) {
      throw invalid(file, `an entry of context ${context} is incomplete: ${JSON.stringify(entry)}`);
    }
    const key = `${id} ${to_context}`;
    if (seen.has(key)) throw invalid(file, `id ${id} of context ${context} is there twice`);
    seen.add(key);
    return { context, from: id, toContext: to_context, to, fromGuid: guid, toGuid: to_guid };
  });
}

/** `context,id,to_context,to,guid,to_guid`, by RFC 4180. */
export function formatIdMapCsv({ ids }: IdMap): string {
  const rows = sortEntries(ids).map(({ context, from, toContext, to, fromGuid, toGuid }) =>
    [context, from, toContext, to, fromGuid, toGuid].map((cell) => quote(String(cell))).join(','),
  );
  return ['context,id,to_context,to,guid,to_guid', ...rows].map((row) => `${row}\r\n`).join('');
}

function quote(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/**
 * `{"1": 100, "5": 101}`: what `id_mapping_file` takes.
 *
 * @param context whose ids; undefined where the map is about one context only.
 * @throws SrgitError SRGIT_USAGE when the map is about several and none is named, for the form has no place for it.
 */
export function formatIdMapping(map: IdMap, context?: string): string {
  const lines = flatIds(map, context).map(([from, to]) => `  "${from}": ${to}`);
  return lines.length === 0 ? '{}\n' : `{\n${lines.join(',\n')}\n}\n`;
}

/** The backup tool's `schema_id_mapping`, as the YAML of its configuration. */
export function formatSchemaIdMapping(map: IdMap, context?: string): string {
  const lines = flatIds(map, context).map(([from, to]) => `  ${from}: ${to}`);
  return lines.length === 0 ? 'schema_id_mapping: {}\n' : `schema_id_mapping:\n${lines.join('\n')}\n`;
}

function flatIds(map: IdMap, context: string | undefined): readonly (readonly [number, number])[] {
  const contexts = [...new Set(map.ids.map((entry) => entry.context))];
  if (context === undefined && contexts.length > 1) {
    throw new SrgitError('SRGIT_USAGE', `the map is about ${contexts.length} contexts: ${contexts.join(', ')}`, {
      hint: 'This form has ids of one context only: choose it with --context, or use the json or csv form.',
    });
  }
  if (context !== undefined && contexts.length > 0 && !contexts.includes(context)) {
    throw new SrgitError('SRGIT_USAGE', `the map has no ids of context ${context}`, {
      hint: `It has those of ${contexts.join(', ')}.`,
    });
  }
  const ids = new Map<number, number>();
  for (const entry of sortEntries(map.ids)) {
    if (context !== undefined && entry.context !== context) continue;
    const other = ids.get(entry.from);
    if (other !== undefined && other !== entry.to) {
      throw new SrgitError(
        'SRGIT_USAGE',
        `id ${entry.from} becomes ${other} in one context and ${entry.to} in another`,
        {
          hint: 'This form has one id for each: use the json or csv form.',
        },
      );
    }
    ids.set(entry.from, entry.to);
  }
  return [...ids];
}

function isId(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isInteger(value);
}

function parseJson(text: string, file: string): JsonValue {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(file, 'it is no JSON');
  }
}

function invalid(file: string, why: string): SrgitError {
  return new SrgitError('SRGIT_TREE_INVALID', `${file} is no id map: ${why}`, {
    hint: 'Take it back from git, or build it anew with `srgit idmap`.',
    details: { file },
  });
}

function isRegistryKind(value: JsonValue | undefined): value is RegistryKind {
  return (REGISTRY_KINDS as readonly (JsonValue | undefined)[]).includes(value);
}
