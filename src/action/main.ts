/** Runs a command of the Action; the one place of it where an error becomes text. */
import { inspect } from 'node:util';
import * as core from '@actions/core';
import { onInterrupt } from '../cli/interrupt.ts';
import { showProgress } from '../cli/progress.ts';
import { isSrgitError } from '../errors.ts';
import { escapeUnsafe } from '../render/show-name.ts';
import { type ActionRun, environmentWithoutInputs } from './action-run.ts';
import { writeAnnotations } from './annotations.ts';
import { runCheck } from './commands/check.ts';
import { runDiff } from './commands/diff.ts';
import { runExport } from './commands/export.ts';
import { runHealth } from './commands/health.ts';
import { runPlan } from './commands/plan.ts';
import { runReplay } from './commands/replay.ts';
import { runRestore } from './commands/restore.ts';
import { runTopicBackup } from './commands/topic-backup.ts';
import { runVerify } from './commands/verify.ts';
import { commentBody, commentMarker, postComment } from './comment.ts';
import { connectGitHub } from './github.ts';
import { type Command, isInputName } from './input-table.ts';
import { type Inputs, readInputs } from './inputs.ts';
import { writeOutputs } from './outputs.ts';
import type { Report } from './report.ts';
import { readEvent } from './run-event.ts';
import { Secrets } from './secrets.ts';
import { writeSummary } from './summary.ts';

const RUN: Readonly<Record<Command, (run: ActionRun) => Promise<Report>>> = {
  export: runExport,
  plan: runPlan,
  restore: runRestore,
  reconcile: runRestore,
  verify: runVerify,
  diff: runDiff,
  check: runCheck,
  health: runHealth,
  'topic-backup': runTopicBackup,
  replay: runReplay,
};

/** Sets the process's exit code; never throws. */
export async function runAction(env: NodeJS.ProcessEnv): Promise<void> {
  const secrets = new Secrets();
  secrets.maskInputs();
  const interrupt = onInterrupt((text) => core.info(text));
  const view = showProgress({ write: (text) => core.info(secrets.hide(escapeUnsafe(text.trimEnd()))) }, () =>
    performance.now(),
  );
  const workspace = env['GITHUB_WORKSPACE'] ?? process.cwd();
  try {
    const inputs = readInputs(workspace);
    const event = readEvent(env);
    const run: ActionRun = {
      inputs,
      event,
      env: environmentWithoutInputs(env),
      secrets,
      github: connectGitHub(inputs.githubToken, event),
      signal: interrupt.signal,
      onProgress: view.onProgress,
      warn: (text) => core.warning(secrets.hide(escapeUnsafe(text)), { title: 'srgit' }),
    };
    await carryOut(run, workspace, env);
  } catch (error) {
    fail(error, secrets);
  } finally {
    interrupt.release();
  }
}

async function carryOut(run: ActionRun, workspace: string, env: NodeJS.ProcessEnv): Promise<void> {
  const { inputs, secrets } = run;
  try {
    const report = await RUN[inputs.command](run);
    const failure = failureOf(report, inputs);
    const markdown = secrets.hide(pageOf(report, failure));
    const isNews = report.changed || failure !== undefined || report.problem !== undefined;
    const commentId = await comment(run, markdown, isNews);
    writeOutputs(report, commentId);
    const { annotations, tree = inputs.cwd } = report;
    writeAnnotations(annotations, { tree, workspace, hide: (text) => secrets.hide(text) });
    core.info(secrets.hide(`${escapeUnsafe(report.title)}: ${JSON.stringify(report.counts)}`));
    await writeSummary(markdown, env);
    if (failure !== undefined) core.setFailed(secrets.hide(escapeUnsafe(failure)));
  } catch (error) {
    // What the last run said of this pull request would look as if it still held.
    const page = secrets.hide(`### ❌ srgit ${inputs.command}\n\n${escapeMarkdown(describe(error))}\n`);
    await comment(run, page, true);
    await writeSummary(page, env);
    throw error;
  }
}

/** A fork's run has no token that may write; the summary says the same. */
async function comment(run: ActionRun, markdown: string, isNews: boolean): Promise<number | undefined> {
  const { inputs, event, github, warn } = run;
  const { pullRequest } = event;
  if (inputs.comment === 'never' || github === undefined || pullRequest === undefined) return undefined;
  if (inputs.comment === 'auto' && pullRequest.isUntrusted) return undefined;
  const { registry = '', tree = '', url = [] } = inputs.flags;
  const marker = commentMarker(
    event.workflow,
    event.job,
    inputs.command,
    inputs.commentId ?? '',
    registry,
    tree,
    ...url,
  );
  const body = commentBody(marker, markdown, event.runUrl);
  return postComment({ github, pullRequest: pullRequest.number, marker, body, isNews, warn });
}

function pageOf({ title, markdown }: Report, failure: string | undefined): string {
  const mark = failure === undefined ? '' : '❌ ';
  const reason = failure === undefined ? '' : `**${escapeMarkdown(failure)}**\n\n`;
  return `### ${mark}srgit: ${escapeMarkdown(title)}\n\n${reason}${markdown}\n`;
}

function failureOf({ failure, problem, changed, title }: Report, { failOn }: Inputs): string | undefined {
  if (failure !== undefined) return failure;
  if (failOn === 'never') return undefined;
  return problem ?? (failOn === 'changes' && changed ? `${title}: there are changes` : undefined);
}

function fail(error: unknown, secrets: Secrets): void {
  core.setFailed(secrets.hide(escapeUnsafe(describe(error))));
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const details = isSrgitError(error) ? `${inspect(error.details)}\n` : '';
  // Shown where the workflow is run with debug logging.
  core.debug(secrets.hide(`${details}${stack}`));
}

/** One line: what failed and why, what to do, the code. */
function describe(error: unknown): string {
  if (!isSrgitError(error)) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return `this should not have happened: ${reason} (SRGIT_INTERNAL)`;
  }
  const hint = error.hint === undefined ? '' : `. ${error.hint}`;
  return `${asInputs(error.message + hint)} (${error.code})`;
}

/** Messages speak of the command line's flags: here they are inputs. */
function asInputs(text: string): string {
  return text.replaceAll(/(?<![\w-])--([a-z][a-z-]*)/g, (flag, name: string) => {
    return isInputName(name) ? `input ${name}:` : flag;
  });
}

/** Text of others: no markup of it counts, and nothing of it mentions anybody. */
function escapeMarkdown(text: string): string {
  return escapeUnsafe(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_{}[\]#|~]/g, (character) => `\\${character}`)
    .replaceAll('@', '&#64;');
}
