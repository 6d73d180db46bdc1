/** Where a plan takes its state from: a tree, a commit's tree, or another registry. */
import { dirname, relative, resolve, sep } from 'node:path';
import type { BackupSettings, Config, RegistrySettings } from '../../config/types.ts';
import { isSrgitError } from '../../errors.ts';
import { openRepositoryOf } from '../../git/open-repository.ts';
import { compileSelection } from '../../model/selection.ts';
import { formatSubjectName } from '../../model/subject-name.ts';
import type { PlanSourceState } from '../../plan/plan-input.ts';
import { checkTree } from '../../tree/check-tree.ts';
import type { Finding } from '../../tree/finding.ts';
import { type LoadedTree, loadTree } from '../../tree/load-tree.ts';
import { REDACTED } from '../../tree/rows.ts';
import { loadTreeAt } from '../load-tree-at.ts';
import type { OnProgress } from '../progress.ts';
import { readRegistry } from '../read-registry.ts';
import { selectSnapshot } from '../select-snapshot.ts';
import { plainSnapshot } from './snapshot-rows.ts';
import { stateFolderOf } from './state-folder.ts';

/** What is to be restored from. */
export type SourceChoice =
  /** The tree as it lies there; absent: the configured one. */
  | { readonly kind: 'tree'; readonly tree?: string }
  /** The configured tree as it was at a branch, tag or commit. */
  | { readonly kind: 'ref'; readonly ref: string }
  | { readonly kind: 'registry'; readonly registry: RegistrySettings };

export interface LoadSourceOptions {
  readonly config: Config;
  readonly choice: SourceChoice;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

export interface LoadedSource {
  readonly state: PlanSourceState;
  /** Highest id ever seen, by context; of trees. */
  readonly maxIds: ReadonlyMap<string, number>;
}

/** @throws SrgitError of the tree, of git, or of the registry that is read. */
export async function loadSource(options: LoadSourceOptions): Promise<LoadedSource> {
  const { choice, config } = options;
  if (choice.kind === 'registry') return loadRegistry(choice.registry, options);
  const { tree, name, commit } = await loadChosenTree({ ...options, choice });
  return sourceOfTree(tree, name, commit, config.backup);
}

/** A tree on disk or in a commit. */
export type TreeChoice = Exclude<SourceChoice, { readonly kind: 'registry' }>;

export interface ChosenTree {
  readonly tree: LoadedTree;
  /** Folder as it is called in the repository. */
  readonly name: string;
  /** Full hash; absent outside of git, and where files differ from it. */
  readonly commit?: string | undefined;
}

/** @throws SrgitError of the tree or of git. */
export async function loadChosenTree(
  options: Omit<LoadSourceOptions, 'choice' | 'onProgress'> & { readonly choice: TreeChoice },
): Promise<ChosenTree> {
  const { choice, config, env, signal } = options;
  if (choice.kind === 'ref') {
    const { tree, commit } = await loadTreeAt(config.tree, choice.ref, { env, signal });
    return { tree, name: nameOfTree(config.tree), commit };
  }
  const root = choice.tree ?? config.tree;
  // git looks through the tree's files while they are read.
  const commit = cleanCommitOf(root, { env, signal });
  const tree = await loadTree(root, signal).catch(async (error: unknown) => {
    await commit.catch(() => undefined);
    throw error;
  });
  return { tree, name: nameOfTree(root), commit: await commit };
}

/** The same on every machine: from the top of the repository, or from the folder that the tree lies in. */
function nameOfTree(root: string): string {
  const path = relative(dirname(stateFolderOf(root)), resolve(root));
  return path === '' ? '.' : path.split(sep).join('/');
}

/** The commit that the tree is of; undefined outside of git, and where files differ from it. */
async function cleanCommitOf(
  root: string,
  { env, signal }: Pick<LoadSourceOptions, 'env' | 'signal'>,
): Promise<string | undefined> {
  try {
    const repository = await openRepositoryOf(root, { env, signal });
    if (await repository.hasChanges(repository.pathInside(root))) return undefined;
    return await repository.resolveRef('HEAD');
  } catch (error) {
    // No repository, no commit yet, or no git: the fingerprint says what the tree was.
    if (isSrgitError(error, 'SRGIT_GIT_NO_REPOSITORY', 'SRGIT_GIT_FAILED')) return undefined;
    throw error;
  }
}

function sourceOfTree(
  tree: LoadedTree,
  name: string,
  commit: string | undefined,
  backup: BackupSettings,
): LoadedSource {
  const selected = compileSelection(backup.selection);
  const files = filesOf(tree);
  const findings = checkTree(tree);
  return {
    state: {
      identity: { kind: 'tree', name, ...(commit === undefined ? {} : { commit }) },
      // What the last export left out is not there anyway: of what is there, every version counts.
      snapshot: selectSnapshot(tree.snapshot, { ...backup, versions: 'all', includeSoftDeleted: true }),
      pending: tree.pending.filter(({ context, subject, schemaType }) => {
        return selected(context, subject) && backup.schemaTypes.includes(schemaType);
      }),
      findings: findings.filter(concernsPlan).map(asPlanFinding),
      guidsComputed: !findings.some(({ code }) => code === 'GUID_MISMATCH'),
      retiredIds: tree.retiredIds,
      redacted: REDACTED,
      fileOf: (subject, version) => files.get(`${version} ${subject}`),
    },
    maxIds: tree.maxIds,
  };
}

/** What the planner finds by itself, or what is about files that a plan does not read, would be said twice. */
const NOT_OF_PLANS: ReadonlySet<Finding['code']> = new Set([
  'MANIFEST_STALE',
  'MANIFEST_MISSING',
  'PENDING_VERSION',
  'REFERENCE_MISSING',
  'REDACTED',
  'ID_RETIRED_REUSED',
  'ID_SPLIT',
]);

function concernsPlan({ code }: Finding): boolean {
  return !NOT_OF_PLANS.has(code);
}

/** Elsewhere a version that nobody registers yet is no harm; here it must be known what is sent. */
function asPlanFinding(finding: Finding): Finding {
  return finding.code === 'REFERENCE_AMBIGUOUS' ? { ...finding, severity: 'error' } : finding;
}

function filesOf({ index }: LoadedTree): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const context of index.contexts) {
    for (const { context: name, name: subject, folder, document } of context.subjects) {
      const qualified = formatSubjectName({ context: name, subject });
      for (const { version, schema_file } of document?.versions ?? []) {
        files.set(`${version} ${qualified}`, `${folder}/${schema_file}`);
      }
    }
  }
  return files;
}

async function loadRegistry(registry: RegistrySettings, options: LoadSourceOptions): Promise<LoadedSource> {
  const { backup } = options.config;
  const { snapshot } = await readRegistry({ ...options, registry, backup, rows: 'all', called: 'of the source' });
  return {
    state: {
      identity: { kind: 'registry', name: nameOfRegistry(registry) },
      snapshot: plainSnapshot(snapshot),
      pending: [],
      findings: [],
      retiredIds: new Map(),
    },
    maxIds: new Map(),
  };
}

/** Its name in srgit.yaml, else the host of its first node. */
export function nameOfRegistry({ name, urls }: RegistrySettings): string {
  return name ?? URL.parse(urls[0] ?? '')?.host ?? 'registry';
}
