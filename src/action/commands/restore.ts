/** Carries out a restore or a reconcile, by a plan that was reviewed or one made now, and keeps the id map in git. */
import { pushTree } from '../../app/push-tree.ts';
import { type RestoreResult, restoreSchemas } from '../../app/restore/restore-schemas.ts';
import type { Loss } from '../../app/restore/undo-export.ts';
import type { Config } from '../../config/types.ts';
import { SrgitError } from '../../errors.ts';
import { openRepositoryOf } from '../../git/open-repository.ts';
import { plural } from '../../render/export-report.ts';
import { renderPlanMarkdown } from '../../render/plan-report.ts';
import { renderLoss, renderRestoreReport } from '../../render/restore-report.ts';
import { type ActionRun, configOf, registryOf } from '../action-run.ts';
import { codeBlock, fold } from '../markdown.ts';
import type { Report } from '../report.ts';
import { annotationsOfPlan, countPlan, howOf } from './plan.ts';

export async function runRestore(run: ActionRun): Promise<Report> {
  const { inputs, env, signal, onProgress, warn } = run;
  const kind = inputs.command === 'reconcile' ? 'reconcile' : 'restore';
  refuseOptionsOfPlan(run);
  const config = configOf(run, { registry: true, restore: true });
  const result = await restoreSchemas({
    config,
    registry: registryOf(config),
    source: inputs.ref === undefined ? { kind: 'tree' } : { kind: 'ref', ref: inputs.ref },
    request: { kind, restore: howOf(run, config), prune: inputs.prune, permanent: inputs.permanent },
    planFile: inputs.plan,
    confirm: async (loss) => confirmLoss(loss, inputs.yes),
    allowDeletions: kind === 'restore' || inputs.allowDeletions,
    commit: inputs.commit,
    message: inputs.message,
    env,
    now: Date.now,
    signal,
    onProgress,
    onWarning: warn,
  });
  const commit = result.idMapFile?.commit;
  const commitSha = commit !== undefined && inputs.push ? await pushIdMap(run, config, result) : commit;
  const name = result.plan.target.name;
  return {
    title: kind === 'reconcile' ? `Reconcile of ${name}` : `Restore into ${name}`,
    markdown: describe(result, inputs.cwd),
    changed: result.written > 0,
    counts: { ...countPlan(result.plan), outcome: result.outcome, written: result.written, resumed: result.resumed },
    failure: failureOf(result),
    tree: config.tree,
    annotations: annotationsOfPlan(result.plan),
    commitSha,
    idMap: result.idMapFile?.file,
  };
}

function describe(result: RestoreResult, cwd: string): string {
  const done = codeBlock(renderRestoreReport(result, cwd));
  const plan = renderPlanMarkdown(result.plan).trimEnd();
  if (result.outcome === 'nothing') return done;
  return result.outcome === 'refused' ? `${plan}\n\n${done}` : `${done}\n\n${fold('The plan', plan)}`;
}

function failureOf({ outcome, problems, verified }: RestoreResult): string | undefined {
  if (outcome === 'refused') {
    const errors = problems.filter(({ severity }) => severity === 'error').length;
    return `${plural(errors, 'problem')}: nothing was written`;
  }
  if (outcome !== 'different') return undefined;
  return `${plural(verified?.differences.length ?? 0, 'difference')} to what was planned`;
}

/** A workflow has nobody to ask: the yes is in its file, where it was reviewed. */
function confirmLoss(loss: Loss, yes: boolean): boolean {
  if (yes) return true;
  throw new SrgitError('SRGIT_USAGE', `${renderLoss(loss).split('\n')[0] ?? ''} That needs a yes`, {
    hint: 'Look at it with command: plan, then add yes: true. Nothing was written.',
    details: { subjects: loss.subjects.length, permanent: loss.permanent, hidden: loss.hidden },
  });
}

function refuseOptionsOfPlan({ inputs }: ActionRun): void {
  const given = Object.values(inputs.how).some((value) => value !== undefined);
  if (inputs.plan === undefined || !given) return;
  throw new SrgitError('SRGIT_USAGE', 'a saved plan is carried out as it is: no other input can change it', {
    hint: 'Leave out strategy, ids, map and the like, or make another plan with them.',
  });
}

/** @returns hash of the commit on the remote. */
async function pushIdMap({ env, signal }: ActionRun, config: Config, result: RestoreResult): Promise<string> {
  const repository = await openRepositoryOf(config.tree, { env, signal });
  const { authorName, authorEmail, remote } = config.git;
  await pushTree({
    repository,
    tree: config.tree,
    path: repository.pathInside(config.tree),
    remote,
    identity: { message: `Id map of ${result.plan.target.name}`, authorName, authorEmail },
    // The map is a file of its own: what others changed in the tree stays as they made it.
    rewrite: async () => undefined,
    signal,
  });
  return repository.resolveRef('HEAD');
}
