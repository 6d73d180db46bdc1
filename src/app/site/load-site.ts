/** Everything that the catalogue of a tree is made of: the tree now or at a commit, its history, its id maps. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Config } from '../../config/types.ts';
import { isSrgitError, throwIfAborted } from '../../errors.ts';
import { openRepositoryOf } from '../../git/open-repository.ts';
import type { IdMap } from '../../plan/id-map.ts';
import type { SiteInput } from '../../site/build-site.ts';
import { checkTree } from '../../tree/check-tree.ts';
import { type Finding, findingOf } from '../../tree/finding.ts';
import { loadTreeAt } from '../load-tree-at.ts';
import { readIdMap } from '../restore/id-map-file.ts';
import { readPast, siteHistory } from './site-history.ts';

export interface LoadSiteOptions {
  readonly config: Config;
  /** Branch, tag or commit; undefined: the work tree. */
  readonly ref?: string | undefined;
  /** What the pages are called; the registry's or the folder's name when absent. */
  readonly title?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A damaged tree is shown too, with what is wrong with it.
 *
 * @throws SrgitError SRGIT_TREE_MISSING, SRGIT_TREE_FORMAT, and of git for an unknown ref.
 */
export async function loadSite({ config, ref, title, env, signal }: LoadSiteOptions): Promise<SiteInput> {
  // Git works while the files are read.
  const past = readPast(config.tree, ref, { env, signal });
  past.catch(() => undefined);
  const { tree, commit } = await loadTreeAt(config.tree, ref, { env, signal });
  const history = siteHistory(await past, tree.index, commit);
  throwIfAborted(signal);
  const maps = await readTreeIdMaps(config.tree, commit, { env, signal });
  const findings = [...checkTree(tree, { referencesComplete: config.backup.includeReferences }), ...maps.findings];
  return {
    title: title ?? tree.snapshot.registry.name ?? titleOf(config.tree),
    snapshot: tree.snapshot,
    pending: tree.pending.map(({ context, subject, version, schemaType, schema, file }) => ({
      context,
      subject,
      version,
      type: schemaType,
      text: schema,
      file,
    })),
    maxIds: tree.maxIds,
    retiredIds: tree.retiredIds,
    findings,
    idMaps: maps.idMaps,
    history,
  };
}

/** `schemas` says nothing to anybody: the folder above it is the project. */
export function titleOf(tree: string): string {
  const name = basename(tree);
  return name === 'schemas' ? basename(dirname(tree)) || name : name;
}

interface ReadMaps {
  readonly idMaps: { readonly name: string; readonly map: IdMap }[];
  readonly findings: Finding[];
}

function readIdMaps(tree: string): ReadMaps {
  const read: ReadMaps = { idMaps: [], findings: [] };
  for (const file of listJson(join(tree, 'id-maps'))) {
    try {
      read.idMaps.push({ name: file.slice(0, -'.json'.length), map: readIdMap(join(tree, 'id-maps', file)) });
    } catch (error) {
      if (!isSrgitError(error)) throw error;
      read.findings.push({ ...findingOf(error), severity: 'warning', file: `id-maps/${file}` });
    }
  }
  return read;
}

/** @param commit undefined: of the work tree. What cannot be read is a finding. */
export async function readTreeIdMaps(
  folder: string,
  commit: string | undefined,
  options: { readonly env: NodeJS.ProcessEnv; readonly signal?: AbortSignal | undefined },
): Promise<ReadMaps> {
  if (commit === undefined) return readIdMaps(folder);
  const repository = await openRepositoryOf(folder, options);
  const inside = repository.pathInside(folder);
  const path = inside === '.' ? 'id-maps' : `${inside}/id-maps`;
  if (!(await repository.hasPath(commit, path))) return { idMaps: [], findings: [] };
  const scratch = mkdtempSync(join(tmpdir(), 'srgit-ref-'));
  try {
    await repository.materialise(commit, path, join(scratch, 'id-maps'));
    return readIdMaps(scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function listJson(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}
