/** Diff: what changed between two states of a tree, or between a registry and a tree, down to the fields. */
import type { Config, RegistrySettings } from '../config/types.ts';
import { openRepositoryOf } from '../git/open-repository.ts';
import { type RegistrySnapshot, sortSnapshot } from '../model/registry-snapshot.ts';
import type { SchemaVersion } from '../model/schema-version.ts';
import { diffSnapshots, type SubjectDiff, UNREGISTERED } from '../plan/diff-snapshots.ts';
import { explainDrift } from '../plan/drift-cause.ts';
import { nameDiffCauses } from '../plan/name-diff-causes.ts';
import { languageOf } from '../schema/schema-languages.ts';
import { schemaLanguages } from '../schema/schema-port.ts';
import { resolveStored } from '../semantics/references.ts';
import { stateFromSnapshot } from '../semantics/snapshot-state.ts';
import { requireSound } from '../tree/finding.ts';
import type { LoadedTree, PendingVersion } from '../tree/load-tree.ts';
import { loadTreeAt } from './load-tree-at.ts';
import type { OnProgress } from './progress.ts';
import { readRegistry } from './read-registry.ts';
import { selectSnapshot } from './select-snapshot.ts';

/** One side of a comparison. */
export type DiffSide =
  /** A commit; undefined: the work tree, with what was added to it by hand. */
  | { readonly kind: 'tree'; readonly ref?: string | undefined }
  | { readonly kind: 'registry'; readonly registry: RegistrySettings };

export interface DiffOptions {
  readonly config: Config;
  readonly from: DiffSide;
  readonly to: DiffSide;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

export interface DiffResult {
  readonly from: string;
  readonly to: string;
  readonly subjects: readonly SubjectDiff[];
}

interface Side {
  readonly name: string;
  readonly snapshot: RegistrySnapshot;
  readonly isRegistry: boolean;
  readonly retiredIds: LoadedTree['retiredIds'];
}

/** @throws SrgitError of tree, git and registry. */
export async function diffTrees(options: DiffOptions): Promise<DiffResult> {
  const from = await readSide(options, options.from);
  const to = await readSide(options, options.to);
  const { backup } = options.config;
  const subjects = diffSnapshots(selectSnapshot(from.snapshot, backup), selectSnapshot(to.snapshot, backup));
  return { from: from.name, to: to.name, subjects: withCauses(subjects, from, to) };
}

/** Only a registry drifts, and only from a tree. */
function withCauses(subjects: readonly SubjectDiff[], from: Side, to: Side): readonly SubjectDiff[] {
  const registry = [from, to].find(({ isRegistry }) => isRegistry);
  const tree = [from, to].find(({ isRegistry }) => !isRegistry);
  if (registry === undefined || tree === undefined || subjects.length === 0) return subjects;
  const sides = { tree: tree.snapshot, registry: registry.snapshot, retiredIds: tree.retiredIds };
  return nameDiffCauses(subjects, explainDrift(sides, schemaLanguages));
}

async function readSide(options: DiffOptions, side: DiffSide): Promise<Side> {
  const { config, env, signal } = options;
  if (side.kind === 'registry') {
    const { registry } = side;
    const { snapshot } = await readRegistry({ ...options, registry, backup: config.backup, rows: 'exported' });
    return { name: registry.name ?? 'the registry', snapshot, isRegistry: true, retiredIds: new Map() };
  }
  if (side.ref === undefined) {
    const { tree } = await loadTreeAt(config.tree, undefined, { env, signal });
    requireSound(tree.findings);
    return sideOfTree('the work tree', tree);
  }
  const repository = await openRepositoryOf(config.tree, { env, signal });
  // Before the first export there is nothing: everything is new then.
  if (!(await repository.hasPath(await repository.resolveRef(side.ref), repository.pathInside(config.tree)))) {
    return { name: side.ref, snapshot: EMPTY, isRegistry: false, retiredIds: new Map() };
  }
  const { tree } = await loadTreeAt(config.tree, side.ref, { env, signal });
  requireSound(tree.findings);
  return sideOfTree(side.ref, tree);
}

function sideOfTree(name: string, tree: LoadedTree): Side {
  return { name, snapshot: withPending(tree), isRegistry: false, retiredIds: tree.retiredIds };
}

const EMPTY: RegistrySnapshot = {
  registry: { kind: 'unknown' },
  contexts: [{ name: '.', subjects: [] }],
  global: {},
  gaps: [],
};

/** The snapshot with what was added by hand, as it would be stored. */
function withPending({ snapshot, pending }: LoadedTree): RegistrySnapshot {
  if (pending.length === 0) return snapshot;
  const state = stateFromSnapshot(snapshot);
  const contexts = snapshot.contexts.map((context) => {
    const added = pending.filter((one) => one.context === context.name);
    const names = new Set([...context.subjects.map(({ name }) => name), ...added.map(({ subject }) => subject)]);
    const subjects = [...names].map((name) => {
      const known = context.subjects.find((subject) => subject.name === name) ?? { name, versions: [] };
      const rows = added.filter(({ subject }) => subject === name).map((one) => rowOf(one, known.versions, state));
      return { ...known, versions: [...known.versions, ...rows] };
    });
    return { ...context, subjects };
  });
  return sortSnapshot({ ...snapshot, contexts });
}

function rowOf(
  pending: PendingVersion,
  known: readonly SchemaVersion[],
  state: Parameters<typeof resolveStored>[0],
): SchemaVersion {
  const { version, schemaType, schema } = pending;
  const latest = known.findLast((row) => !row.deleted && row.schemaType === schemaType);
  const references = pending.references ?? latest?.references ?? [];
  const resolved = resolveStored(state, { subject: pending.subject, references });
  const canonical = languageOf(schemaType).canonicalize(schema, resolved, { normalize: false, validate: false });
  return {
    version,
    id: UNREGISTERED,
    guid: '',
    schemaType,
    schema: 'text' in canonical ? canonical.text : schema,
    references,
    deleted: false,
  };
}
