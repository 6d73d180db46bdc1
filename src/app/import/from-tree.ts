/** Another tree of srgit as an import's source: everything that it holds, its ids that are given no more too. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ImportedSource } from '../../archive/import/imported.ts';
import { formatSubjectName } from '../../model/subject-name.ts';
import { requireSound } from '../../tree/finding.ts';
import { loadTree } from '../../tree/load-tree.ts';
import { sourceOfSnapshot } from './from-snapshot.ts';

const ID_MAPS = 'id-maps';

/** @throws SrgitError SRGIT_TREE_* */
export async function readTreeSource(folder: string, signal?: AbortSignal): Promise<ImportedSource> {
  const { snapshot, pending, maxIds, retiredIds, findings } = await loadTree(folder, signal);
  requireSound(findings);
  const source = sourceOfSnapshot(snapshot);
  const byHand = pending.map(({ file, ...version }) => ({ ...version, place: file }));
  return {
    ...source,
    versions: [...source.versions, ...byHand],
    gaps: snapshot.gaps,
    maxIds,
    retiredIds,
    faults: [],
    leftOut: existsSync(join(folder, ID_MAPS))
      ? [{ place: ID_MAPS, why: 'maps are between that tree and its registries: a restore of this one makes its own' }]
      : [],
    warnings: [
      ...findings.flatMap(({ code, message }) => (code === 'PARTIAL_EXPORT' ? [message] : [])),
      ...byHand.map(({ context, subject, version }) => {
        return `${formatSubjectName({ context, subject })} version ${version} was added by hand there, and is here too`;
      }),
    ],
  };
}
