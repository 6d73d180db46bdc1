/** What a restore or a reconcile would do; on a pull request with what it changes, field by field. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CheckedSchema, checkSchemas } from '../../app/check-schemas.ts';
import { diffTrees } from '../../app/diff-trees.ts';
import { loadTreeAt } from '../../app/load-tree-at.ts';
import { planOntoTree } from '../../app/restore/plan-onto-tree.ts';
import { planRestore } from '../../app/restore/plan-restore.ts';
import { type RestoreSettings, withRestoreFlags } from '../../config/restore-settings.ts';
import type { Config } from '../../config/types.ts';
import { SrgitError } from '../../errors.ts';
import type { Plan } from '../../plan/plan.ts';
import { renderCheckReport } from '../../render/check-report.ts';
import { plural } from '../../render/export-report.ts';
import { renderPlanMarkdown } from '../../render/plan-report.ts';
import { renderDiffMarkdown } from '../../render/schema-diff.ts';
import { type ActionRun, configOf, registryOf } from '../action-run.ts';
import type { Annotation } from '../annotations.ts';
import { findBase } from '../base-tree.ts';
import { code, codeBlock } from '../markdown.ts';
import { referringSubjects, renderReferring } from '../referring-subjects.ts';
import type { Report } from '../report.ts';
import { annotationsOf } from './check.ts';

/** As a summary can hold it; a comment is cut where it is made. */
const WHOLE = { length: 400_000, rows: 5_000 };

/** Characters of the field-level differences: plan, differences and the rest share one comment. */
const DIFF_LENGTH = 20_000;

export async function runPlan(run: ActionRun): Promise<Report> {
  const { inputs, event } = run;
  const isOffline = inputs.offline || event.pullRequest?.isUntrusted === true;
  const config = configOf(run, { registry: !isOffline, restore: true });
  const base = await findBase(run, config);
  const plan = isOffline ? await planOffline(run, config, base) : await planForRegistry(run, config);
  const checked = await checkAdded(run, config);
  const changes = base === undefined ? undefined : await describeChanges(run, config, base);
  const errors = plan.plan.problems.filter(({ severity }) => severity === 'error').length;
  const parts = [
    ...(isOffline ? [offlineNote(run, base)] : []),
    renderPlanMarkdown(plan.plan, WHOLE).trimEnd(),
    ...(checked.length === 0 ? [] : ['#### Compatibility of what was added', codeBlock(renderCheckReport(checked))]),
    ...(changes === undefined ? [] : [changes]),
  ];
  return {
    title: isOffline ? 'Plan, simulated' : `Plan for ${plan.plan.target.name}`,
    markdown: parts.join('\n\n'),
    changed: plan.plan.steps.length > 0,
    counts: countPlan(plan.plan),
    problem: errors === 0 ? undefined : `${plural(errors, 'problem')}: nothing would be written`,
    tree: config.tree,
    annotations: [...annotationsOf(checked), ...annotationsOfPlan(plan.plan, checked)],
    plan: plan.out,
  };
}

/** Settings of the configuration with the inputs over them. @throws SrgitError where nothing is to be restored. */
export function howOf({ inputs }: ActionRun, { restore }: Config): RestoreSettings {
  if (restore.enabled) return withRestoreFlags(restore, inputs.how, inputs.cwd);
  throw new SrgitError('SRGIT_USAGE', 'the configuration says that nothing is to be restored', {
    hint: 'Set restore.enabled to true, or take it out.',
  });
}

export function countPlan({ steps, subjects, problems }: Plan): Report['counts'] {
  const count = (outcome: string): number => subjects.filter((subject) => subject.outcome === outcome).length;
  return {
    steps: steps.length,
    registered: steps.filter(({ action }) => action === 'register').length,
    deleted: steps.filter(({ action }) => action === 'delete-version' || action === 'delete-subject').length,
    'subjects-created': count('create'),
    'subjects-extended': count('extend'),
    'subjects-replaced': count('replace'),
    'subjects-pruned': count('prune'),
    errors: problems.filter(({ severity }) => severity === 'error').length,
    warnings: problems.filter(({ severity }) => severity === 'warning').length,
  };
}

/** Problems that are about a file; what the check has told of a file in more detail is not told again. */
export function annotationsOfPlan({ problems }: Plan, checked: readonly CheckedSchema[] = []): readonly Annotation[] {
  const told = new Set(annotationsOf(checked).map(({ file }) => file));
  return problems
    .filter(({ file, reason, severity }) => {
      if (file === undefined) return severity === 'error';
      return !(told.has(file) && (reason === 'INCOMPATIBLE' || reason === 'INVALID_SCHEMA'));
    })
    .map(({ severity, reason, message, hint, file }) => ({
      severity,
      title: reason,
      message: hint === undefined ? message : `${message}. ${hint}`,
      file,
    }));
}

interface Made {
  readonly plan: Plan;
  readonly out?: string;
}

function optionsOf(run: ActionRun, config: Config) {
  const { inputs, env, signal, onProgress } = run;
  const { prune, permanent, ref } = inputs;
  return {
    config,
    source: ref === undefined ? { kind: 'tree' as const } : { kind: 'ref' as const, ref },
    request: {
      kind: inputs.reconcile || prune ? ('reconcile' as const) : ('restore' as const),
      restore: howOf(run, config),
      prune,
      permanent,
    },
    out: inputs.out ?? join(env['RUNNER_TEMP'] ?? tmpdir(), 'srgit-plan.json'),
    env,
    signal,
    onProgress,
    onWarning: run.warn,
  };
}

function planForRegistry(run: ActionRun, config: Config): Promise<Made> {
  return planRestore({ ...optionsOf(run, config), registry: registryOf(config), now: Date.now });
}

async function planOffline(run: ActionRun, config: Config, base: string | undefined): Promise<Made> {
  if (base === undefined) {
    throw new SrgitError('SRGIT_USAGE', 'a plan without a registry needs the base of a pull request to compare with', {
      hint: 'Run it on pull_request with fetch-depth: 0, or leave out offline.',
    });
  }
  return planOntoTree({ ...optionsOf(run, config), target: { kind: 'ref', ref: base } });
}

function offlineNote({ event }: ActionRun, base: string | undefined): string {
  const why = event.pullRequest?.isUntrusted === true ? 'A run for a fork has no secrets, so no' : 'No';
  const branch = event.pullRequest === undefined ? '' : ` of ${code(event.pullRequest.baseRef)}`;
  return `> ${why} registry was asked: this is simulated, by the rules of Confluent, for one that is as the tree${branch} at ${code(base?.slice(0, 12) ?? '')} says.`;
}

/** A tree that is not sound has its own problems in the plan. */
async function checkAdded({ signal }: ActionRun, config: Config): Promise<readonly CheckedSchema[]> {
  try {
    return (await checkSchemas({ config, signal })).checked;
  } catch (error) {
    if (!(error instanceof SrgitError) || error.code === 'SRGIT_INTERRUPTED') throw error;
    return [];
  }
}

/** Fields that change from the base to here, and the subjects that refer to what changes. */
async function describeChanges(run: ActionRun, config: Config, base: string): Promise<string | undefined> {
  const { env, signal, onProgress, warn } = run;
  try {
    const { subjects } = await diffTrees({
      config,
      from: { kind: 'tree', ref: base },
      to: { kind: 'tree' },
      env,
      signal,
      onProgress,
    });
    if (subjects.length === 0) return undefined;
    const { tree } = await loadTreeAt(config.tree, undefined, { env, signal });
    const referring = renderReferring(
      subjects.map(({ subject }) => subject),
      referringSubjects(tree.snapshot),
    );
    const branch = run.event.pullRequest?.baseRef ?? base;
    return [
      '#### What this pull request changes',
      renderDiffMarkdown(subjects, branch, 'this pull request', DIFF_LENGTH).trimEnd(),
      ...(referring === '' ? [] : ['#### Subjects that refer to these', referring]),
    ].join('\n\n');
  } catch (error) {
    if (!(error instanceof SrgitError) || error.code === 'SRGIT_INTERRUPTED') throw error;
    warn(`what the pull request changes cannot be shown: ${error.message}`);
    return undefined;
  }
}
