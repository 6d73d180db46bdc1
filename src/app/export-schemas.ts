/** Export: the state of a registry becomes a tree in git, one commit when something changed and none when nothing did. */
import type { Config, RegistrySettings } from '../config/types.ts';
import { SrgitError } from '../errors.ts';
import { openRepositoryOf } from '../git/open-repository.ts';
import {
  countSnapshot,
  type RegistryIdentity,
  type RegistrySnapshot,
  type SnapshotCounts,
  type SnapshotGap,
} from '../model/registry-snapshot.ts';
import { SCHEMA_TYPES } from '../model/schema-version.ts';
import { compileSelection } from '../model/selection.ts';
import { formatSubjectName } from '../model/subject-name.ts';
import type { TreeChange } from '../model/tree-change.ts';
import { readSnapshot } from '../registry/snapshot.ts';
import type { SnapshotResult } from '../registry/snapshot-types.ts';
import type { ClientStats } from '../registry/types.ts';
import { renderCommitMessage } from '../render/commit-message.ts';
import { applyWritePlan, completeInterruptedWrite } from '../tree/apply-write.ts';
import { requireSound } from '../tree/finding.ts';
import {
  GLOBAL_CONFIG_FILE,
  MANIFEST_FILE,
  METADATA_FILE,
  SETTINGS_FILE,
  SUBJECTS_FOLDER,
  versionFileName,
} from '../tree/layout.ts';
import { lockTree } from '../tree/lock.ts';
import { planTreeWrite } from '../tree/plan-write.ts';
import { readTreeIndex, type TreeIndex } from '../tree/read-index.ts';
import type { PlanWriteOptions, WritePlan } from '../tree/write-draft.ts';
import { connectRegistry } from './connect.ts';
import { knownVersions } from './known-versions.ts';
import type { OnProgress } from './progress.ts';
import { pushTree } from './push-tree.ts';
import { Stopwatch } from './stopwatch.ts';

export interface ExportOptions {
  readonly config: Config;
  readonly registry: RegistrySettings;
  /** Fetch every version again, also those the tree has. */
  readonly full: boolean;
  readonly commit: boolean;
  readonly push: boolean;
  /** Instead of the message that tells what changed. */
  readonly message?: string | undefined;
  readonly allowDeletions: boolean;
  readonly env: NodeJS.ProcessEnv;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

export interface ExportResult {
  readonly tree: string;
  readonly registry: RegistryIdentity;
  readonly counts: SnapshotCounts;
  /** Nothing of the tree changed and there was nothing to commit. */
  readonly upToDate: boolean;
  readonly changes: readonly TreeChange[];
  readonly files: { readonly written: number; readonly removed: number };
  readonly commit?: string;
  readonly pushed?: { readonly remote: string; readonly branch: string; readonly races: number };
  /** What could not be read: when there is something, the export is partial. */
  readonly partial: readonly SnapshotGap[];
  readonly warnings: readonly string[];
  readonly requests: ClientStats;
  /** Wall milliseconds by phase. */
  readonly durations: Readonly<Record<string, number>>;
}

/** One of every name that a tree has: what git ignores by name or ending is found with them. */
const KINDS_OF_FILES = [
  MANIFEST_FILE,
  SETTINGS_FILE,
  GLOBAL_CONFIG_FILE,
  ...[METADATA_FILE, ...SCHEMA_TYPES.map((type) => versionFileName(1, type))].map(
    (file) => `${SUBJECTS_FOLDER}/a/${file}`,
  ),
];

export async function exportSchemas(options: ExportOptions): Promise<ExportResult> {
  const { config, signal } = options;
  const watch = new Stopwatch();
  const usesGit = options.commit || options.push || config.git.branch !== undefined;
  const repository = usesGit ? await openRepositoryOf(config.tree, { env: options.env, signal }) : undefined;
  // Found out before anything is read or written; the path is the same on every branch.
  const path = repository?.pathInside(config.tree);
  const lock = lockTree(config.tree);
  try {
    if (repository && config.git.branch !== undefined) {
      await repository.switchBranch(config.git.branch, config.git.remote);
    }
    if (repository && path !== undefined && options.commit) {
      await repository.refuseUnfinishedMerge();
      const prefix = path === '.' ? '' : `${path}/`;
      await repository.refuseIgnored(...KINDS_OF_FILES.map((file) => prefix + file));
    }
    completeInterruptedWrite(config.tree);
    const index = await watch.time('index', readTreeIndex(config.tree, signal));
    // The manifest is derived: an export rebuilds a broken one. Anything else broken is a person's to judge.
    requireSound(index.findings.filter((finding) => finding.file?.endsWith(MANIFEST_FILE) !== true));
    const { result, stats } = await watch.time('snapshot', takeSnapshot(options, index));
    const { snapshot } = result;
    const writeOptions = planOptions(options, snapshot);
    const plan = await watch.time('plan', planTreeWrite(index, snapshot, writeOptions));
    guardDeletions(plan, snapshot, options.allowDeletions);
    await watch.time('write', writePlan(options, plan));

    const message = options.message ?? renderCommitMessage(plan.changes, options.registry.name);
    const identity = { message, authorName: config.git.authorName, authorEmail: config.git.authorEmail };
    const commit =
      repository && path !== undefined && options.commit
        ? await watch.time('commit', repository.commitPath(path, identity))
        : undefined;
    const pushed =
      repository && path !== undefined && options.push
        ? await watch.time(
            'push',
            pushTree({
              repository,
              tree: config.tree,
              path,
              remote: config.git.remote,
              identity,
              signal,
              rewrite: async (known) => {
                const again = await planTreeWrite(known, snapshot, writeOptions);
                await applyWritePlan(config.tree, again, { signal });
              },
            }),
          )
        : undefined;
    return {
      tree: config.tree,
      registry: snapshot.registry,
      counts: countSnapshot(snapshot),
      upToDate: plan.writes.length + plan.moves.length + plan.removals.length === 0 && commit === undefined,
      changes: plan.changes,
      files: { written: plan.writes.length, removed: plan.removals.length },
      // A race put the commit on top of another: then it has another hash.
      ...(commit === undefined ? {} : { commit: pushed && repository ? await repository.resolveRef('HEAD') : commit }),
      ...(pushed === undefined ? {} : { pushed }),
      partial: snapshot.gaps,
      warnings: [...result.stats.warnings, ...replacedVersions(plan.changes)],
      requests: stats,
      durations: watch.durations,
    };
  } finally {
    lock.release();
  }
}

async function takeSnapshot(
  options: ExportOptions,
  index: TreeIndex,
): Promise<{ result: SnapshotResult; stats: ClientStats }> {
  const { backup } = options.config;
  const { client, capabilities } = await connectRegistry(options.registry, options.signal);
  try {
    const result = await readSnapshot(client, capabilities, {
      subjects: compileSelection(backup.selection),
      includeDeleted: backup.includeSoftDeleted,
      versions: backup.versions,
      // Every type is no choice: then settings are read while the rows still come.
      schemaTypes: backup.schemaTypes.length === SCHEMA_TYPES.length ? undefined : backup.schemaTypes,
      includeReferences: backup.includeReferences,
      full: options.full,
      ...(capabilities.bulk === 'none' ? { known: knownVersions(index) } : {}),
      signal: options.signal,
      registryName: options.registry.name,
      onProgress: ({ phase, done, total }) => options.onProgress?.({ phase: `reading ${phase}`, done, total }),
    });
    return { result, stats: { ...client.stats } };
  } finally {
    await client.close();
  }
}

function planOptions(options: ExportOptions, snapshot: RegistrySnapshot): PlanWriteOptions {
  const { backup } = options.config;
  const selected = compileSelection(backup.selection);
  const types = new Set(backup.schemaTypes);
  const unread = new Set(snapshot.gaps.filter((gap) => gap.what === 'versions').map((gap) => gap.where));
  return {
    covers: (context, subject, { schemaType }) =>
      types.has(schemaType) &&
      selected(context, subject) &&
      !unread.has(undefined) &&
      !unread.has(formatSubjectName({ context, subject })),
    // Only a reading of everything can tell that an id is gone rather than not looked at.
    retiresIds: backup.versions === 'all' && backup.includeSoftDeleted && unread.size === 0,
    includeSensitive: backup.includeSensitive,
    now: new Date(options.now()).toISOString(),
    signal: options.signal,
  };
}

/** Rows that may go without being asked for; a registry that lost its storage must not empty its own backup. */
export function guardDeletions(plan: WritePlan, snapshot: RegistrySnapshot, allowDeletions: boolean): void {
  if (allowDeletions || plan.rowsRemoved === 0) return;
  const { rowsBefore, rowsRemoved } = plan;
  const hint = 'If that is right, run it again with --allow-deletions; git keeps what goes. Nothing was changed now.';
  if (countSnapshot(snapshot).versions === 0) {
    throw new SrgitError(
      'SRGIT_DELETION_GUARD',
      `the registry answers with no schema at all, but the tree has ${rowsBefore} versions: it may have lost its storage`,
      { hint, details: { rowsBefore, rowsRemoved } },
    );
  }
  if (rowsRemoved < 5 || rowsRemoved <= rowsBefore * 0.1) return;
  throw new SrgitError(
    'SRGIT_DELETION_GUARD',
    `this export would remove ${rowsRemoved} of the tree's ${rowsBefore} versions, more than 10 %`,
    { hint, details: { rowsBefore, rowsRemoved } },
  );
}

async function writePlan(options: ExportOptions, plan: WritePlan): Promise<void> {
  await applyWritePlan(options.config.tree, plan, {
    signal: options.signal,
    onProgress: (done, total) => options.onProgress?.({ phase: 'writing files', done, total }),
  });
}

function replacedVersions(changes: readonly TreeChange[]): string[] {
  return changes.flatMap((change) =>
    change.kind === 'version-replaced'
      ? [
          `${change.subject} version ${change.version} has other content than before: the registry overwrote an immutable version; records written with the old content may not be readable`,
        ]
      : [],
  );
}
