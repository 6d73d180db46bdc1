/** The state that a topic is to have: of the tree, of a commit, of another topic or a backup of one, or of a live registry. */
import type { Config, RegistrySettings } from '../../config/types.ts';
import { SrgitError } from '../../errors.ts';
import { SCHEMA_TYPES } from '../../model/schema-version.ts';
import { stateFromSnapshot } from '../../semantics/snapshot-state.ts';
import type { RegistryState } from '../../semantics/state.ts';
import { checkTree } from '../../tree/check-tree.ts';
import { requireSound } from '../../tree/finding.ts';
import type { LoadedTree } from '../../tree/load-tree.ts';
import { loadTreeAt } from '../load-tree-at.ts';
import type { OnProgress } from '../progress.ts';
import { readRegistry } from '../read-registry.ts';
import { readTopic } from './read-topic.ts';
import type { TopicSource } from './topic-source.ts';

export type StateSource =
  | {
      readonly kind: 'tree';
      readonly config: Config;
      readonly ref?: string | undefined;
      /** Whether a topic is made of it: then it must be one that a registry reads back as it is. */
      readonly toWrite?: { readonly acceptRedacted: boolean } | undefined;
    }
  | { readonly kind: 'registry'; readonly config: Config; readonly registry: RegistrySettings }
  | { readonly kind: 'topic'; readonly source: TopicSource };

export interface WantedState {
  readonly state: RegistryState;
  /** Ids that were given once, by context. */
  readonly maxIds: Readonly<Record<string, number>>;
  /** For people. */
  readonly name: string;
  /** Of a live registry: what its own configuration says is in the state, too. */
  readonly answered?: boolean;
  /** What is missing in it, and why. */
  readonly warnings?: readonly string[];
  /** Settings of the topic that it comes from. */
  readonly config?: Readonly<Record<string, string>>;
}

export interface WantedStateOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

const WHOLE = { selection: { include: ['*'], exclude: [] }, schemaTypes: SCHEMA_TYPES };

/** @throws SrgitError of the source; a damaged one is not made into a topic. */
export async function loadWantedState(from: StateSource, options: WantedStateOptions): Promise<WantedState> {
  const { env, signal, onProgress } = options;
  if (from.kind === 'tree') {
    const { tree, commit } = await loadTreeAt(from.config.tree, from.ref, { env, signal });
    requireSound(tree.findings);
    const warnings = from.toWrite === undefined ? [] : checkForTopic(tree, from.toWrite.acceptRedacted);
    const maxIds = Object.fromEntries(tree.maxIds);
    const name = commit === undefined ? from.config.tree : `${from.config.tree} at ${commit.slice(0, 12)}`;
    return { state: stateFromSnapshot(tree.snapshot, { maxIds }), maxIds, name, warnings };
  }
  if (from.kind === 'registry') {
    const { registry, config } = from;
    // The whole of it: a topic has what an export is told to leave out, and one made without it would have lost that.
    const backup = { ...config.backup, ...WHOLE };
    const { snapshot } = await readRegistry({ registry, backup, rows: 'all', signal, onProgress });
    const [gap] = snapshot.gaps;
    if (gap !== undefined) {
      throw new SrgitError('SRGIT_REGISTRY_FORBIDDEN', `not all of the registry can be read: ${gap.what}: ${gap.why}`, {
        hint: 'A topic that is made of a part has lost the rest. Give credentials that may read everything.',
      });
    }
    return { state: stateFromSnapshot(snapshot), maxIds: {}, name: registry.name ?? 'the registry', answered: true };
  }
  const { reduced, settings } = await readTopic(from.source, { signal, onProgress });
  return {
    state: reduced.state,
    maxIds: {},
    name: from.source.name,
    ...(settings?.config === undefined ? {} : { config: settings.config }),
  };
}

/** What a tree may be and a topic must not. @returns warnings @throws SrgitError SRGIT_TREE_INVALID */
function checkForTopic(tree: LoadedTree, acceptRedacted: boolean): readonly string[] {
  const findings = checkTree(tree, { referencesComplete: false });
  // A registry drops the second of two schemas with one id.
  requireSound(findings.filter(({ code }) => code === 'ID_CONFLICT'));
  const redacted = findings.some(({ code }) => code === 'REDACTED');
  if (redacted && !acceptRedacted) {
    throw new SrgitError(
      'SRGIT_TREE_INVALID',
      'values of sensitive metadata were not exported: a topic made of this tree would have placeholders instead',
      {
        hint: 'Use an export with --include-sensitive or a backup of the topic; --accept-redacted goes on without the values.',
      },
    );
  }
  return findings.flatMap(({ code, message }) => (code === 'PARTIAL_EXPORT' ? [message] : []));
}
