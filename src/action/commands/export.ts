/** The registry's state into the tree: as a commit on the branch, or as one pull request that is kept up to date. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { diffTrees } from '../../app/diff-trees.ts';
import { type ExportResult, exportSchemas } from '../../app/export-schemas.ts';
import { loadTreeAt } from '../../app/load-tree-at.ts';
import { verifyTree } from '../../app/verify-tree.ts';
import type { Config, RegistrySettings } from '../../config/types.ts';
import { SrgitError } from '../../errors.ts';
import { openRepositoryOf } from '../../git/open-repository.ts';
import { type DriftExplainer, explainDrift } from '../../plan/drift-cause.ts';
import { renderCommitMessage } from '../../render/commit-message.ts';
import { renderExportReport } from '../../render/export-report.ts';
import { renderDiffMarkdown } from '../../render/schema-diff.ts';
import { schemaLanguages } from '../../schema/schema-port.ts';
import { type ActionRun, configOf, registryOf } from '../action-run.ts';
import type { Annotation } from '../annotations.ts';
import { commentBody, commentMarker } from '../comment.ts';
import { renderChanges } from '../drift.ts';
import type { GitHub } from '../github.ts';
import { code, codeBlock, fold } from '../markdown.ts';
import { closePullRequest, keepPullRequest } from '../pull-request.ts';
import type { Report } from '../report.ts';
import { beginRollingBranch, type RollingBranch } from '../rolling-branch.ts';

const DIFF_LENGTH = 30_000;

export async function runExport(run: ActionRun): Promise<Report> {
  const { inputs, env, signal } = run;
  const config = configOf(run, { registry: true });
  const registry = registryOf(config);
  if (!inputs.openPullRequest) {
    const before = await headOf(run, config);
    const result = await exportOnce(run, config, registry);
    return reportOf(run, config, result, await describeDrift(run, config, result, before));
  }
  const github = requireGitHub(run);
  const name = inputs.pullRequestBranch ?? `srgit/export-${slugOf(registry.name ?? basename(config.tree))}`;
  const repository = await openRepositoryOf(config.tree, { env, signal });
  const before = await headOf(run, config);
  const branch = await beginRollingBranch(repository.root, name, config.git.remote, { env, signal });
  try {
    const result = await exportOnce(run, config, registry);
    const drift = await describeDrift(run, config, result, before);
    const pullRequest = await propose(run, github, branch, result, drift, registry);
    const report = await reportOf(run, config, result, drift);
    // Where the remote had the same files already, its commit is the one.
    const commitSha = result.commit === undefined ? undefined : await repository.resolveRef('HEAD');
    return { ...report, pullRequest, commitSha };
  } finally {
    // Not instead of what went wrong before.
    await branch.leave().catch((error: unknown) => run.warn(`branch ${branch.base} is not checked out: ${error}`));
  }
}

function exportOnce(run: ActionRun, config: Config, registry: RegistrySettings): Promise<ExportResult> {
  const { inputs, env, signal, onProgress } = run;
  return exportSchemas({
    config,
    registry,
    full: inputs.full,
    commit: inputs.commit,
    push: inputs.push && !inputs.openPullRequest,
    message: inputs.message,
    allowDeletions: inputs.allowDeletions,
    env,
    now: Date.now,
    signal,
    onProgress,
  });
}

/** @returns the number of the pull request that is open now. */
async function propose(
  { inputs, event, secrets }: ActionRun,
  github: GitHub,
  branch: RollingBranch,
  result: ExportResult,
  drift: string,
  registry: RegistrySettings,
): Promise<number | undefined> {
  if (result.commit === undefined) {
    await closePullRequest(
      github,
      branch.name,
      `The registry is what ${code(branch.base)} says: there is nothing to merge.`,
    );
    return undefined;
  }
  await branch.publish();
  const [title = ''] = (inputs.message ?? renderCommitMessage(result.changes, registry.name)).split('\n');
  const body = [
    'The registry has changed beside the reviewed tree. Merging this makes the tree say what the registry holds.',
    drift,
    '_Each export makes this branch anew: commits that are pushed to it by hand are lost._',
  ];
  const text = secrets.hide(body.filter((part) => part !== '').join('\n\n'));
  const { number } = await keepPullRequest(github, {
    branch: branch.name,
    base: branch.base,
    title: secrets.hide(title),
    body: commentBody(commentMarker('pull-request', branch.name), text, event.runUrl),
  });
  return number;
}

async function reportOf(run: ActionRun, config: Config, result: ExportResult, drift: string): Promise<Report> {
  for (const warning of result.warnings) run.warn(warning);
  const { subjects, versions, deleted } = result.counts;
  return {
    title: `Export of ${config.registry?.name ?? 'the registry'}`,
    markdown: [codeBlock(renderExportReport(result, run.inputs.cwd)), drift].filter((part) => part !== '').join('\n\n'),
    changed: !result.upToDate,
    counts: {
      subjects,
      versions,
      deleted,
      changes: result.changes.length,
      written: result.files.written,
      removed: result.files.removed,
      partial: result.partial.length > 0,
    },
    tree: config.tree,
    annotations: [
      ...result.partial.map(
        ({ what, where, why }): Annotation => ({
          severity: 'warning',
          title: 'Partial export',
          message: `${what}${where === undefined ? '' : ` of ${where}`} not read: ${why}`,
        }),
      ),
      ...(result.upToDate ? [] : await idsUsedAgain(config, run.signal)),
    ],
    commitSha: result.commit,
  };
}

/** An id that means something else now is what breaks readers of old records. */
async function idsUsedAgain(config: Config, signal: AbortSignal): Promise<readonly Annotation[]> {
  const { findings } = await verifyTree({ config, signal });
  return findings
    .filter(({ code }) => code === 'ID_RETIRED_REUSED' || code === 'ID_CONFLICT')
    .map(({ code: title, message, file }) => ({ severity: 'warning', title, message, file }));
}

/** undefined outside of git, before the first commit, and before the first export: there was nothing to review then. */
async function headOf({ env, signal }: ActionRun, config: Config): Promise<string | undefined> {
  if (!existsSync(config.tree)) return undefined;
  try {
    const repository = await openRepositoryOf(config.tree, { env, signal });
    return await repository.resolveRef('HEAD');
  } catch (error) {
    if (!(error instanceof SrgitError) || error.code === 'SRGIT_INTERRUPTED') throw error;
    return undefined;
  }
}

/** What changed, its likely causes, and behind a fold the fields; '' where there is nothing to compare with. */
async function describeDrift(
  run: ActionRun,
  config: Config,
  result: ExportResult,
  before: string | undefined,
): Promise<string> {
  const { env, signal, onProgress, warn } = run;
  if (before === undefined || result.changes.length === 0) return '';
  const causes = renderChanges(result.changes, await explainerOf(run, config, before));
  try {
    const from = { kind: 'tree', ref: before } as const;
    const { subjects } = await diffTrees({ config, from, to: { kind: 'tree' }, env, signal, onProgress });
    if (subjects.length === 0) return causes;
    const fields = renderDiffMarkdown(subjects, before.slice(0, 12), 'the registry', DIFF_LENGTH).trimEnd();
    return `${causes}\n\n${fold('Field by field', fields)}`;
  } catch (error) {
    if (!(error instanceof SrgitError) || error.code === 'SRGIT_INTERRUPTED') throw error;
    warn(`what changed cannot be shown field by field: ${error.message}`);
    return causes;
  }
}

/** Of the tree that was reviewed and the one that was exported now; where the first cannot be read, of nothing. */
async function explainerOf(run: ActionRun, config: Config, before: string): Promise<DriftExplainer> {
  const { env, signal } = run;
  try {
    const { tree: reviewed } = await loadTreeAt(config.tree, before, { env, signal });
    const { tree: exported } = await loadTreeAt(config.tree, undefined, { env, signal });
    const sides = { tree: reviewed.snapshot, registry: exported.snapshot, retiredIds: reviewed.retiredIds };
    return explainDrift(sides, schemaLanguages);
  } catch (error) {
    if (!(error instanceof SrgitError) || error.code === 'SRGIT_INTERRUPTED') throw error;
    const nothing = { registry: { kind: 'unknown' as const }, contexts: [], global: {}, gaps: [] };
    return explainDrift({ tree: nothing, registry: nothing, retiredIds: new Map() }, schemaLanguages);
  }
}

function requireGitHub({ github }: ActionRun): GitHub {
  if (github !== undefined) return github;
  throw new SrgitError('SRGIT_USAGE', 'open-pull-request needs a token', {
    hint: 'Leave github-token to its default, or give it one that may write contents and pull requests.',
  });
}

function slugOf(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]+/g, '-').replaceAll(/^-+|-+$/g, '') || 'registry';
}
