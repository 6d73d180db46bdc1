/** What a tree keeps of ids that nothing has any more: the highest, and those that must not be given again. */
import type { ManifestDocument } from './documents.ts';
import { contextPrefix, TREE_FORMAT } from './layout.ts';
import { contextMemory } from './load-tree.ts';
import type { IndexedContext, TreeIndex } from './read-index.ts';

export interface KnownIds {
  /** By context. */
  readonly maxIds?: ReadonlyMap<string, number>;
  readonly retiredIds?: ReadonlyMap<string, readonly number[]>;
}

/** The index as if its manifests knew these ids, too: the next write of the tree keeps them. */
export function rememberIds(index: TreeIndex, { maxIds, retiredIds }: KnownIds): TreeIndex {
  const contexts = new Map<string, IndexedContext>(index.contexts.map((context) => [context.name, context]));
  for (const name of new Set([...(maxIds?.keys() ?? []), ...(retiredIds?.keys() ?? [])])) {
    const old = contexts.get(name) ?? { name, prefix: contextPrefix(name), subjects: [] };
    const memory = contextMemory(old);
    const maxId = Math.max(memory.maxId, maxIds?.get(name) ?? 0);
    const retired = new Set([...memory.retiredIds, ...(retiredIds?.get(name) ?? [])]);
    if (maxId === memory.maxId && retired.size === memory.retiredIds.length) continue;
    const manifest: ManifestDocument = {
      format: TREE_FORMAT,
      subjects: [],
      id_mapping: {},
      ...old.manifest,
      max_id: maxId,
      retired_ids: [...retired],
    };
    contexts.set(name, { ...old, manifest });
  }
  return { ...index, contexts: [...contexts.values()] };
}
