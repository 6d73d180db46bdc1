/** Id maps as records are rewritten by them. */
import { makeContextMaps } from '../app/records/context-maps.ts';
import { readIdMap as readFile } from '../app/restore/id-map-file.ts';
import { SrgitError } from '../errors.ts';
import { DEFAULT_CONTEXT } from '../model/subject-name.ts';
import type { IdMap } from '../plan/id-map.ts';
import type { SchemaIdMap } from '../records/schema-id-map.ts';
import type { OpenedTree } from './open-tree.ts';

/**
 * Reads `id-maps/<registry>.json`, which a restore leaves in the tree.
 *
 * @throws SrgitError SRGIT_TREE_FILE_MISSING, SRGIT_TREE_INVALID, SRGIT_TREE_FORMAT
 */
export function readIdMap(file: string): IdMap {
  return readFile(file);
}

export interface RecordIdsOptions {
  /** The source's tree: then ids that it has or had, and the map lacks, are known to be missing in the target. */
  readonly tree?: Pick<OpenedTree, 'snapshot' | 'retiredIds'> | undefined;
  /** Context of the source that the records' ids are of. Default `.` */
  readonly context?: string | undefined;
  /** Context of the target, where the map has several for one id. */
  readonly toContext?: string | undefined;
}

/**
 * The ids and guids of one context with those that they become.
 *
 * @throws SrgitError SRGIT_USAGE for a context of which nothing is known, and where it is not clear which of several ids is
 * meant
 */
export function recordIds(idMap: IdMap, options: RecordIdsOptions = {}): SchemaIdMap {
  const { tree, context = DEFAULT_CONTEXT, toContext } = options;
  const { ids } = idMap;
  const { maps } = makeContextMaps(tree, { file: 'the id map', form: 'srgit', entries: ids }, toContext);
  const found = maps.get(context);
  if (found !== undefined) return found;
  const known = [...maps.keys()].join(', ');
  throw new SrgitError('SRGIT_USAGE', `the id map has no id of context ${context}`, {
    hint: known === '' ? 'The map is empty.' : `It has ids of: ${known}.`,
  });
}
