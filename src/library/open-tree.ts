/** A tree as plain data. */
import { resolve } from 'node:path';
import type { RegistrySnapshot } from '../model/registry-snapshot.ts';
import type { Finding } from '../tree/finding.ts';
import type { PendingVersion } from '../tree/pending-version.ts';
import type { CallOptions } from './common-options.ts';

export interface OpenTreeOptions extends Omit<CallOptions, 'onProgress'> {
  /** Branch, tag or commit; the folder as it lies there where it is left out. */
  readonly ref?: string | undefined;
  /** Give a damaged tree too, with what is wrong in `findings` and without the rows concerned. Default false. */
  readonly allowDamage?: boolean | undefined;
}

export interface OpenedTree {
  /** Absolute path. */
  readonly folder: string;
  /** Full hash of the commit, where `ref` was given. */
  readonly commit?: string;
  /** Every registered version with its exact text, and all settings. */
  readonly snapshot: RegistrySnapshot;
  /** Versions that somebody added by hand: they have no id yet. */
  readonly pending: readonly PendingVersion[];
  /** Highest id ever seen, by context (`.` is the default one). */
  readonly maxIds: ReadonlyMap<string, number>;
  /** Ids of schemas that are gone, by context: never given to another schema. */
  readonly retiredIds: ReadonlyMap<string, readonly number[]>;
  /** What `srgit verify --offline` tells. */
  readonly findings: readonly Finding[];
}

/**
 * Reads a tree that an export wrote, and recomputes its hashes and guids.
 *
 * @throws SrgitError SRGIT_TREE_MISSING, SRGIT_TREE_FORMAT (a newer srgit wrote it); of git for an unknown `ref`; the first
 * error among the findings, unless `allowDamage`.
 */
export async function openTree(folder: string, options: OpenTreeOptions = {}): Promise<OpenedTree> {
  const { ref, allowDamage = false, signal, env = process.env } = options;
  const [{ loadTreeAt }, { checkTree }, { requireSound }] = await Promise.all([
    import('../app/load-tree-at.ts'),
    import('../tree/check-tree.ts'),
    import('../tree/finding.ts'),
  ]);
  const { tree, commit } = await loadTreeAt(resolve(folder), ref, { env, signal });
  const findings = checkTree(tree);
  if (!allowDamage) requireSound(findings);
  return {
    folder: resolve(folder),
    ...(commit === undefined ? {} : { commit }),
    snapshot: tree.snapshot,
    pending: tree.pending,
    maxIds: tree.maxIds,
    retiredIds: tree.retiredIds,
    findings,
  };
}
