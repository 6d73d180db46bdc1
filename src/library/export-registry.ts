/** A registry into a tree, and whether the two are the same. */
import type { ExportResult } from '../app/export-schemas.ts';
import type { VerifyResult } from '../app/verify-tree.ts';
import { type CallOptions, configOf, type Selection } from './common-options.ts';
import { type RegistryTarget, registrySettings } from './registry-target.ts';

export interface ExportRegistryOptions extends CallOptions, Selection {
  /** Folder of the tree; made where there is none. Default `schemas`. */
  readonly tree?: string | undefined;
  /** Commit the tree, and only the tree, when something changed. Default false: files alone. */
  readonly commit?: boolean | undefined;
  /** Commit and push. Default false. */
  readonly push?: boolean | undefined;
  /** Instead of the message that tells what changed. */
  readonly message?: string | undefined;
  /** Fetch every version again, also those that the tree has. Default false. */
  readonly full?: boolean | undefined;
  /** Also when more than 10 % of the tree's versions would go. Default false: SRGIT_DELETION_GUARD. */
  readonly allowDeletions?: boolean | undefined;
}

/**
 * Writes the registry's state into the tree. Same state, same bytes: an unchanged registry changes no file.
 *
 * @throws SrgitError SRGIT_REGISTRY_*, SRGIT_TREE_*, SRGIT_GIT_*, SRGIT_DELETION_GUARD; the tree is then as it was, or one
 * that the next export completes.
 */
export async function exportRegistry(
  registry: RegistryTarget,
  options: ExportRegistryOptions = {},
): Promise<ExportResult> {
  const { tree, push = false, commit = push, full = false, allowDeletions = false, message, ...rest } = options;
  const { signal, onProgress, env = process.env, ...selection } = rest;
  const { exportSchemas } = await import('../app/export-schemas.ts');
  return exportSchemas({
    config: configOf(tree, selection),
    registry: registrySettings(registry),
    full,
    commit,
    push,
    message,
    allowDeletions,
    env,
    now: Date.now,
    signal,
    onProgress,
  });
}

export interface VerifyTreeOptions extends Omit<CallOptions, 'env'>, Selection {
  /** Held against the tree; the tree alone is checked where it is left out. */
  readonly registry?: RegistryTarget | undefined;
}

/**
 * Whether a tree is sound (`sound`, `findings`) and, with a registry, whether both hold the same (`differences` is empty).
 *
 * @param tree its folder
 * @throws SrgitError SRGIT_TREE_MISSING, SRGIT_REGISTRY_*; damage and differences are no errors but in the result.
 */
export async function verifyTree(tree: string, options: VerifyTreeOptions = {}): Promise<VerifyResult> {
  const { registry, signal, onProgress, ...selection } = options;
  const { verifyTree: verify } = await import('../app/verify-tree.ts');
  return verify({
    config: configOf(tree, selection),
    ...(registry === undefined ? {} : { registry: registrySettings(registry) }),
    signal,
    onProgress,
  });
}
