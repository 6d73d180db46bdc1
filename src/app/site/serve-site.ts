/** The catalogue beside a served registry: the registry's state as it is now, with the history of the tree it came from. */
import type { Config } from '../../config/types.ts';
import type { RegistryIdentity } from '../../model/registry-snapshot.ts';
import { snapshotFromState } from '../../semantics/snapshot-state.ts';
import type { RegistryState } from '../../semantics/state.ts';
import type { UiPages } from '../../server/ui.ts';
import type { SiteInput } from '../../site/build-site.ts';
import { checkTree } from '../../tree/check-tree.ts';
import type { LoadedTree } from '../../tree/load-tree.ts';
import { readFrontEnd } from './front-end.ts';
import { readTreeIdMaps, titleOf } from './load-site.ts';
import { ServedSite } from './served-site.ts';
import { readPast, siteHistory } from './site-history.ts';

export interface ServeSiteOptions {
  readonly config: Config;
  readonly state: RegistryState;
  /** Absent: the state is no tree's. */
  readonly tree: LoadedTree | undefined;
  /** Of the tree; absent for the work tree. */
  readonly commit: string | undefined;
  readonly registry: RegistryIdentity | undefined;
  /** The state is a topic's, and moves on without a word. */
  readonly topic?: unknown;
  /** Folder of the pages' own files; those of the package when absent. */
  readonly pages?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/** How often a state that moves on without a word is looked at. */
const TOPIC_MS = 10_000;

/** @throws SrgitError of git, SRGIT_INTERNAL when the pages are missing from the installation. */
export async function serveSite(
  options: ServeSiteOptions,
): Promise<{ readonly pages: UiPages; readonly onRecords: () => void }> {
  const { config, state, tree, commit, registry = { kind: 'srgit' }, env, signal } = options;
  const history = tree && siteHistory(await readPast(config.tree, commit, { env, signal }), tree.index, commit);
  const maps = tree && (await readTreeIdMaps(config.tree, commit, { env, signal }));
  const findings = tree
    ? [...checkTree(tree, { referencesComplete: config.backup.includeReferences }), ...(maps?.findings ?? [])]
    : [];
  const title = registry.name ?? (tree ? titleOf(config.tree) : 'Registry');
  let changes = 0;
  const input = (): SiteInput => ({
    title,
    snapshot: snapshotFromState(state, registry),
    // A registry has no versions without an id.
    pending: [],
    maxIds: new Map([...state.ids].map(([context, { lastId }]) => [context, lastId])),
    retiredIds: new Map(
      [...(tree?.retiredIds ?? [])].map(([context, ids]) => {
        const used = state.ids.get(context)?.subjectsById;
        return [context, ids.filter((id) => used?.has(id) !== true)];
      }),
    ),
    findings,
    idMaps: maps?.idMaps ?? [],
    history,
  });
  return {
    pages: new ServedSite({
      frontEnd: readFrontEnd(options.pages),
      title,
      state,
      input,
      revision: options.topic === undefined ? () => changes : () => Math.floor(Date.now() / TOPIC_MS),
      now: Date.now,
      run: Date.now().toString(36),
    }),
    onRecords: () => {
      changes++;
    },
  };
}
