/** `id-maps/<registry>.json` in the tree: what a restore leaves for everything that rewrites records. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SrgitError } from '../../errors.ts';
import { canonicalJson } from '../../plan/canonical-json.ts';
import { type IdMap, sortEntries } from '../../plan/id-map.ts';
import { formatIdMap, parseIdMap } from '../../plan/id-map-text.ts';
import type { PlanSource } from '../../plan/plan.ts';
import { encodeFolderName } from '../../tree/folder-name.ts';

const ID_MAPS_FOLDER = 'id-maps';

/** Of a tree, by the registry that it was restored to; between two registries, by both. */
export function idMapFileOf(tree: string, source: Pick<PlanSource, 'kind' | 'name'>, target: string): string {
  const to = encodeFolderName(target);
  const name = source.kind === 'tree' ? to : `${encodeFolderName(source.name)}-to-${to}`;
  return join(tree, ID_MAPS_FOLDER, `${name}.json`);
}

/** @throws SrgitError SRGIT_TREE_FILE_MISSING, SRGIT_TREE_INVALID, SRGIT_TREE_FORMAT */
export function readIdMap(file: string): IdMap {
  return parseIdMap(readIdMapText(file), file);
}

/** An id map as a file has it, in whatever form. @throws SrgitError SRGIT_TREE_FILE_MISSING */
export function readIdMapText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new SrgitError('SRGIT_TREE_FILE_MISSING', `the id map ${file} cannot be read: ${reason}`, {
      hint: 'A restore writes it, and `srgit idmap` builds one.',
      cause,
      details: { file },
    });
  }
}

/**
 * Writes the map unless the file says the same already; a commit alone is no difference, or every run would make one.
 *
 * @param isPart the map is about some subjects only: what the file says of other ids stays.
 * @returns the map as the file has it now.
 * @throws SrgitError SRGIT_TREE_WRITE
 */
export function updateIdMapFile(file: string, map: IdMap, isPart: boolean): IdMap {
  const before = existsSync(file) ? readIfSound(file) : undefined;
  const wanted = isPart && before !== undefined ? mergeMaps(before, map) : map;
  if (before !== undefined && isSame(before, wanted)) return before;
  const draft = `${file}.srgit-tmp`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(draft, formatIdMap(wanted));
    renameSync(draft, file);
  } catch (cause) {
    rmSync(draft, { force: true });
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new SrgitError('SRGIT_TREE_WRITE', `the id map cannot be written to ${file}: ${reason}`, {
      hint: 'The registry is as planned; `srgit idmap` builds the map again.',
      cause,
      details: { file },
    });
  }
  return wanted;
}

/** A broken file is replaced: the map can be made anew at any time. */
function readIfSound(file: string): IdMap | undefined {
  try {
    return readIdMap(file);
  } catch (error) {
    // One of a newer srgit is not ours to replace.
    if (error instanceof SrgitError && error.code === 'SRGIT_TREE_FORMAT') throw error;
    return undefined;
  }
}

function isSame(a: IdMap, b: IdMap): boolean {
  const content = ({ source, target, ids }: IdMap): string =>
    canonicalJson([source.kind, source.name, source.fingerprint, target, sortEntries(ids)]);
  return content(a) === content(b);
}

function mergeMaps(before: IdMap, map: IdMap): IdMap {
  const keyOf = ({ context, from, toContext }: IdMap['ids'][number]): string => `${context} ${from} ${toContext}`;
  const fresh = new Set(map.ids.map(keyOf));
  return { ...map, ids: sortEntries([...map.ids, ...before.ids.filter((entry) => !fresh.has(keyOf(entry)))]) };
}
