/** Serve: a tree, or its state at any commit, answers as a registry with the same ids. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config/types.ts';
import { openRepositoryOf } from '../git/open-repository.ts';
import { countSnapshot, type RegistrySnapshot, type SnapshotCounts } from '../model/registry-snapshot.ts';
import { stateFromSnapshot } from '../semantics/snapshot-state.ts';
import { createState } from '../semantics/state.ts';
import { type ServerOptions, startServer } from '../server/server.ts';
import { type Finding, requireSound } from '../tree/finding.ts';
import { type LoadedTree, loadTree } from '../tree/load-tree.ts';

export interface ServeOptions {
  readonly config: Config;
  /** Branch, tag or commit whose tree is served instead of the work tree's. */
  readonly ref?: string | undefined;
  /** Start with no schema at all instead of a tree. */
  readonly empty: boolean;
  readonly writable: boolean;
  readonly strictConfluent: boolean;
  readonly host: string;
  readonly port: number;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  readonly onAccess?: ServerOptions['onAccess'] | undefined;
}

export interface ServedTree {
  readonly url: string;
  readonly port: number;
  readonly counts: SnapshotCounts;
  /** Full hash of the commit served; absent when it is the work tree. */
  readonly commit?: string;
  readonly findings: readonly Finding[];
  close(): Promise<void>;
}

/**
 * Starts the server and returns once it answers. A damaged tree is not served: wrong schemas are worse than none.
 *
 * @throws SrgitError of the tree, of git for an unknown ref, SRGIT_SERVER_START when it cannot listen.
 */
export async function serveTree(options: ServeOptions): Promise<ServedTree> {
  const { tree, commit } = options.empty ? {} : await loadServedTree(options);
  if (tree) requireSound(tree.findings);
  const snapshot: RegistrySnapshot | undefined = tree?.snapshot;
  const state = tree ? stateFromSnapshot(tree.snapshot, { maxIds: Object.fromEntries(tree.maxIds) }) : createState();
  const version = snapshot?.registry.version;
  const server = await startServer({
    state,
    host: options.host,
    port: options.port,
    readOnly: !options.writable,
    strictConfluent: options.strictConfluent,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.onAccess === undefined ? {} : { onAccess: options.onAccess }),
    ...(version === undefined ? {} : { version }),
  });
  return {
    url: server.url,
    port: server.port,
    counts: snapshot ? countSnapshot(snapshot) : { contexts: 1, subjects: 0, versions: 0, deleted: 0 },
    ...(commit === undefined ? {} : { commit }),
    findings: tree?.findings ?? [],
    close: () => server.close(),
  };
}

async function loadServedTree({
  config,
  ref,
  env,
  signal,
}: ServeOptions): Promise<{ tree: LoadedTree; commit?: string }> {
  if (ref === undefined) return { tree: await loadTree(config.tree, signal) };
  const repository = await openRepositoryOf(config.tree, { env, signal });
  const commit = await repository.resolveRef(ref);
  const folder = mkdtempSync(join(tmpdir(), 'srgit-ref-'));
  try {
    const target = join(folder, 'tree');
    await repository.materialise(commit, repository.pathInside(config.tree), target);
    return { tree: await loadTree(target, signal), commit };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
