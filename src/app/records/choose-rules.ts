/** Which id map and which schemas records are held against: as configured, named, or as a restore has left them. */
import { existsSync } from 'node:fs';
import type { RecordSettings } from '../../config/record-settings.ts';
import { SrgitError } from '../../errors.ts';
import { loadTreeAt } from '../load-tree-at.ts';
import { idMapFileOf } from '../restore/id-map-file.ts';
import type { KnownSchemas } from './context-maps.ts';
import { type LoadedMap, loadMap } from './load-map.ts';
import { makeTopicRules, type TopicRules } from './topic-rules.ts';

export interface RuleChoice {
  /** Absolute path of the tree; absent: none is looked at. */
  readonly tree: string | undefined;
  /** The tree as it was at a branch, tag or commit. */
  readonly ref?: string | undefined;
  /**
   * `file`: this one. `registry`: the one in the tree that a restore to it has left. `none`: ids stay what they are.
   */
  readonly map:
    | { readonly kind: 'file'; readonly file: string }
    | { readonly kind: 'registry'; readonly registry: string }
    | { readonly kind: 'none' };
  readonly toContext?: string | undefined;
  readonly settings: Pick<RecordSettings, 'framing' | 'contexts'>;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

export interface ChosenRules {
  readonly rules: TopicRules;
  readonly map?: LoadedMap;
  /** Subjects of the tree. */
  readonly subjects?: number;
  readonly commit?: string;
}

/** @throws SrgitError SRGIT_TREE_FILE_MISSING where there is no map, those of the tree and of git */
export async function chooseRules(choice: RuleChoice): Promise<ChosenRules> {
  const { settings, toContext } = choice;
  const loaded = await loadKnown(choice);
  const map = loadChosen(choice);
  const { framing, contexts } = settings;
  const rules = makeTopicRules({ known: loaded?.known, map, toContext, framing, contexts });
  const subjects = loaded?.known.snapshot.contexts.reduce((sum, context) => sum + context.subjects.length, 0);
  return {
    rules,
    ...(map === undefined ? {} : { map }),
    ...(subjects === undefined ? {} : { subjects }),
    ...(loaded?.commit === undefined ? {} : { commit: loaded.commit }),
  };
}

async function loadKnown(choice: RuleChoice): Promise<{ known: KnownSchemas; commit?: string } | undefined> {
  const { tree, ref, env, signal } = choice;
  if (tree === undefined || (ref === undefined && !existsSync(tree))) return undefined;
  const { tree: loaded, commit } = await loadTreeAt(tree, ref, { env, signal });
  const known = { snapshot: loaded.snapshot, retiredIds: loaded.retiredIds };
  return { known, ...(commit === undefined ? {} : { commit }) };
}

function loadChosen({ map, tree }: RuleChoice): LoadedMap | undefined {
  if (map.kind === 'none') return undefined;
  if (map.kind === 'file') return loadMap(map.file);
  const file = tree === undefined ? undefined : idMapFileOf(tree, { kind: 'tree', name: '' }, map.registry);
  if (file !== undefined && existsSync(file)) return loadMap(file);
  throw new SrgitError(
    'SRGIT_TREE_FILE_MISSING',
    `there is no id map of ${map.registry}${file === undefined ? '' : `: ${file}`}`,
    {
      hint: 'Restore the schemas first (srgit restore), build the map (srgit idmap), name one with --map, or keep ids with --no-map.',
    },
  );
}
