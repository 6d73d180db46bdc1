/** Plan for a tree instead of a registry: what one that is as the tree says would be given. No registry is asked. */
import type { Config } from '../../config/types.ts';
import type { RegistryIdentity, RegistryKind } from '../../model/registry-snapshot.ts';
import { compileSelection, selectsEverything } from '../../model/selection.ts';
import { DEFAULT_CONTEXT, parseSubjectName } from '../../model/subject-name.ts';
import { makePlan } from '../../plan/make-plan.ts';
import type { PlanTargetState } from '../../plan/plan-input.ts';
import { schemaLanguages } from '../../schema/schema-port.ts';
import { checkTree } from '../../tree/check-tree.ts';
import { requireSound } from '../../tree/finding.ts';
import type { LoadedTree } from '../../tree/load-tree.ts';
import type { OnProgress } from '../progress.ts';
import { type ChosenTree, loadChosenTree, loadSource, type SourceChoice, type TreeChoice } from './load-source.ts';
import { type PlanRequest, planOptions } from './plan-options.ts';
import { type PlanResult, withoutBuiltInMode } from './plan-restore.ts';
import { redactPlan, savePlan } from './saved-plan.ts';
import { targetCapabilities } from './target-capabilities.ts';

export interface PlanOntoTreeOptions {
  readonly config: Config;
  readonly source: SourceChoice;
  readonly target: TreeChoice;
  readonly request: PlanRequest;
  /** Where to save the plan. */
  readonly out?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
  readonly onWarning?: ((text: string) => void) | undefined;
}

/**
 * The plan is like any other, but for `target.tree`; what it says of steps was played through, not asked for.
 *
 * @throws SrgitError of either side, SRGIT_TREE_… for a target that is damaged.
 */
export async function planOntoTree(options: PlanOntoTreeOptions): Promise<PlanResult> {
  const { config, target: choice, request, out, onWarning } = options;
  const { state } = await loadSource({ ...options, choice: options.source });
  const chosen = await loadChosenTree({ ...options, choice });
  const { tree, name, commit } = chosen;
  requireSound(checkTree(tree, { referencesComplete: false }));
  const added = tree.pending.length;
  if (added > 0) {
    const what = added === 1 ? 'a version that was' : `${added} versions that were`;
    onWarning?.(
      `${nameOfTarget(choice, chosen)} has ${what} added by hand: the plan takes them for not registered yet`,
    );
  }
  const { plan } = makePlan(state, targetOf(tree, nameOfTarget(choice, chosen), state, config), planOptions(request), {
    port: schemaLanguages,
  });
  const marked = {
    ...plan,
    target: { ...plan.target, tree: { name, ...(commit === undefined ? {} : { commit }) } },
  };
  if (out !== undefined) savePlan(out, marked);
  return { plan: redactPlan(marked), ...(out === undefined ? {} : { out }) };
}

function nameOfTarget(choice: TreeChoice, { name }: ChosenTree): string {
  return choice.kind === 'ref' ? `ref:${choice.ref}` : `tree:${name}`;
}

function targetOf(
  tree: LoadedTree,
  name: string,
  source: Parameters<typeof targetCapabilities>[1],
  { backup }: Config,
): PlanTargetState {
  const snapshot = withoutBuiltInMode(tree.snapshot);
  const { version } = snapshot.registry;
  const kind = kindOf(snapshot.registry);
  const selected = compileSelection(backup.selection);
  return {
    identity: { name, kind, ...(version === undefined ? {} : { version }) },
    snapshot,
    capabilities: targetCapabilities(
      {
        kind,
        ...(version === undefined ? {} : { version }),
        contexts: HAS_CONTEXTS.has(kind) || snapshot.contexts.some((context) => context.name !== DEFAULT_CONTEXT),
        modes: HAS_MODES.has(kind) ? 'per-subject' : 'none',
      },
      source,
      snapshot,
    ),
    maxIds: tree.maxIds,
    retiredIds: tree.retiredIds,
    standIn: true,
    ...(selectsEverything(backup.selection)
      ? {}
      : {
          isPrunable: (subject: string) => {
            const parsed = parseSubjectName(subject);
            return selected(parsed.context, parsed.subject);
          },
        }),
  };
}

const HAS_MODES: ReadonlySet<RegistryKind> = new Set(['confluent', 'confluent-cloud', 'srgit', 'redpanda']);
const HAS_CONTEXTS: ReadonlySet<RegistryKind> = new Set(['confluent', 'confluent-cloud', 'srgit']);

/** A tree that does not tell what it was exported from is served by our own registry, whose rules are known. */
function kindOf({ kind }: RegistryIdentity): RegistryKind {
  return kind === 'unknown' ? 'srgit' : kind;
}
