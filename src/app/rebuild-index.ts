/** Index: rebuilds the manifests of a tree from its metadata.json files, after a merge conflict or an edit by hand. */
import type { Config } from '../config/types.ts';
import { SrgitError } from '../errors.ts';
import { applyWritePlan, completeInterruptedWrite } from '../tree/apply-write.ts';
import { formatDocument } from '../tree/documents.ts';
import { requireSound } from '../tree/finding.ts';
import { MANIFEST_FILE } from '../tree/layout.ts';
import { contextMemory } from '../tree/load-tree.ts';
import { lockTree } from '../tree/lock.ts';
import { buildManifest, type ManifestMemory, manifestSubject } from '../tree/manifest.ts';
import { type IndexedContext, readTreeIndex } from '../tree/read-index.ts';

export interface IndexResult {
  readonly tree: string;
  /** Manifests written, relative to the tree; empty when all were right. */
  readonly written: readonly string[];
}

/** @throws SrgitError SRGIT_TREE_MISSING, or that of a metadata.json that cannot be read. */
export async function rebuildIndex(config: Config, signal?: AbortSignal): Promise<IndexResult> {
  const lock = lockTree(config.tree);
  try {
    completeInterruptedWrite(config.tree);
    const index = await readTreeIndex(config.tree, signal);
    if (!index.exists) {
      throw new SrgitError('SRGIT_TREE_MISSING', `there is no schema tree at ${config.tree}`, {
        hint: 'Point --tree at the folder that holds the subjects folder.',
      });
    }
    requireSound(index.findings.filter((finding) => finding.file?.endsWith(MANIFEST_FILE) !== true));
    const writes = index.contexts.flatMap((context) => {
      const subjects = context.subjects.flatMap(({ folder, document }) =>
        document ? [manifestSubject(folder.slice(context.prefix.length), document)] : [],
      );
      const text = formatDocument(buildManifest(subjects, memoryOfContext(context)));
      return text === context.manifestText ? [] : [{ path: context.prefix + MANIFEST_FILE, content: () => text }];
    });
    await applyWritePlan(config.tree, { writes, moves: [], removals: [] }, { signal });
    return { tree: config.tree, written: writes.map((write) => write.path) };
  } finally {
    lock.release();
  }
}

/** What the old manifest remembers, and the ids that it lists but no metadata.json has any more: those are retired. */
function memoryOfContext(context: IndexedContext): ManifestMemory {
  const memory = contextMemory(context);
  const listed = Object.keys(context.manifest?.id_mapping ?? {}).map(Number);
  return { ...memory, retiredIds: [...memory.retiredIds, ...listed] };
}
