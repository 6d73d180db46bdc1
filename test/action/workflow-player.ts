/**
 * Plays a workflow file: its jobs in order, with their matrix, conditions and permissions, on fresh clones of a remote. Steps
 * that use the Action run its bundle with just the inputs and the environment that the file gives them; the few other
 * actions that the files use are played by what they do. Whatever the player does not know is an error.
 */
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { git } from '../support/git.ts';
import { temporaryFolder } from '../support/trees.ts';
import type { GitHubServer } from './github-server.ts';
import { type BundleResult, type RunnerEvent, runBundle } from './run-bundle.ts';

const ROOT = join(import.meta.dirname, '../..');
export const EXAMPLES = join(ROOT, '.github/workflows-examples');

interface Step {
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly env?: Readonly<Record<string, unknown>>;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly needs?: string | readonly string[];
  readonly if?: string;
  readonly permissions: Readonly<Record<string, string>>;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly string[]>> };
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly name: string;
  readonly jobs: Readonly<Record<string, Job>>;
}

export interface PlayOptions {
  /** The bare repository that `actions/checkout` clones. */
  readonly remote: string;
  /** Branch that is checked out; default main. */
  readonly branch?: string;
  readonly hub?: GitHubServer;
  readonly pullRequest?: RunnerEvent;
  /** `secrets.X`, `vars.X`, `inputs.X`. A secret that is not here is empty, as in a run for a fork. */
  readonly table?: Readonly<Record<string, string>>;
  /** What `aws-actions/configure-aws-credentials` leaves in the environment. */
  readonly aws?: Readonly<Record<string, string>>;
  /** Between the jobs. */
  readonly beforeJob?: (name: string) => Promise<void>;
}

export interface PlayedStep {
  readonly job: string;
  readonly command: string;
  readonly shard?: string | undefined;
  readonly workspace: string;
  readonly result: BundleResult;
}

export interface PlayedWorkflow {
  /** Steps that used the Action, in order. */
  readonly steps: readonly PlayedStep[];
  /** By job: a skipped one had a condition that did not hold, or needed one that failed. */
  readonly jobs: Readonly<Record<string, 'success' | 'failure' | 'skipped'>>;
}

export async function playWorkflow(file: string, options: PlayOptions): Promise<PlayedWorkflow> {
  const workflow: Workflow = parse(readFileSync(join(EXAMPLES, file), 'utf8'));
  const artifacts = temporaryFolder();
  const steps: PlayedStep[] = [];
  const jobs: Record<string, 'success' | 'failure' | 'skipped'> = {};
  const values: Record<string, string> = { ...options.table, 'github.token': 'ghs_of-this-run' };
  values['github.ref_name'] = options.branch ?? 'main';
  if (options.pullRequest !== undefined) values['github.event.pull_request.number'] = `${options.pullRequest.number}`;
  // In the order of the files, which name a job after those that it needs.
  for (const [name, job] of Object.entries(workflow.jobs)) {
    const needs = [job.needs ?? []].flat();
    if (needs.some((need) => jobs[need] !== 'success') || !holds(job.if, values)) {
      jobs[name] = 'skipped';
      continue;
    }
    await options.beforeJob?.(name);
    const before = refsOf(options.remote);
    const player = { workflow: workflow.name, name, job, artifacts, options };
    const runs = await Promise.all(matrixOf(job).map((row) => new JobPlayer(player, { ...values, ...row }).play()));
    for (const run of runs) {
      steps.push(...run.steps);
      for (const [output, value] of run.outputs) values[`needs.${name}.outputs.${output}`] = value;
    }
    jobs[name] = runs.every(({ isDone }) => isDone) ? 'success' : 'failure';
    // What a token may not, the test must not have needed.
    if (job.permissions['contents'] !== 'write' && refsOf(options.remote) !== before) {
      throw new Error(`job ${name} of ${file} pushed, without permissions: contents: write`);
    }
  }
  return { steps, jobs };
}

interface JobToPlay {
  readonly workflow: string;
  readonly name: string;
  readonly job: Job;
  readonly artifacts: string;
  readonly options: PlayOptions;
}

class JobPlayer {
  readonly #given: JobToPlay;
  readonly #values: Record<string, string>;
  readonly #runner = temporaryFolder();
  readonly #steps: PlayedStep[] = [];
  #env: Readonly<Record<string, string>> = {};
  #workspace: string | undefined;
  #failed = false;

  constructor(given: JobToPlay, values: Record<string, string>) {
    this.#given = given;
    this.#values = { ...values, 'runner.temp': this.#runner };
  }

  async play() {
    const { job } = this.#given;
    for (const step of job.steps) {
      const condition = step.if ?? 'success()';
      if (condition === 'success()' && this.#failed) continue;
      if (condition !== 'success()' && condition !== '!cancelled()')
        throw new Error(`the player knows no ${condition}`);
      await this.#playStep(step);
    }
    const outputs = Object.entries(job.outputs ?? {}).map(
      ([name, text]) => [name, resolve(text, this.#values)] as const,
    );
    return { steps: this.#steps, isDone: !this.#failed, outputs };
  }

  async #playStep(step: Step): Promise<void> {
    const { artifacts, options } = this.#given;
    const [action = ''] = step.uses?.split('@') ?? [];
    const inputs = this.#resolveAll(step.with);
    const inside = (path = ''): string => (path.startsWith('/') ? path : join(this.#home(), path));
    if (action === 'srgit/srgit') await this.#runAction(step, inputs);
    else if (action === 'actions/checkout') this.#checkOut(inputs);
    else if (action === 'aws-actions/configure-aws-credentials') this.#env = { ...this.#env, ...options.aws };
    else if (action === 'actions/upload-artifact') {
      const folder = join(artifacts, inputs['name'] ?? '');
      mkdirSync(folder, { recursive: true });
      cpSync(inside(inputs['path']), join(folder, basename(inputs['path'] ?? '')));
    } else if (action === 'actions/download-artifact') {
      cpSync(join(artifacts, inputs['name'] ?? ''), inside(inputs['path']), { recursive: true });
    } else throw new Error(`the player knows no ${JSON.stringify(step)}`);
  }

  #checkOut({
    ref,
    'fetch-depth': depth,
    'persist-credentials': _,
    ...others
  }: Readonly<Record<string, string>>): void {
    if (Object.keys(others).length > 0) throw new Error(`the player knows no ${Object.keys(others)} of checkout`);
    const { options } = this.#given;
    const folder = join(this.#runner, 'checkout');
    const shallow = depth === '0' ? [] : ['--depth=1'];
    const branch = ref ?? options.branch ?? 'main';
    git(this.#runner, 'clone', '--quiet', ...shallow, `--branch=${branch}`, `file://${options.remote}`, folder);
    this.#workspace = folder;
  }

  async #runAction(step: Step, inputs: Readonly<Record<string, string>>): Promise<void> {
    const { workflow, name, job, options } = this.#given;
    const { hub, pullRequest } = options;
    if (hub !== undefined) hub.refuseWrites = job.permissions['pull-requests'] !== 'write';
    const workspace = this.#home();
    const result = await runBundle(
      { ...defaultInputs(this.#values), ...inputs },
      {
        workspace,
        ...(pullRequest === undefined ? {} : { pullRequest }),
        ...(hub === undefined ? {} : { githubUrl: hub.url }),
        env: {
          ...this.#env,
          ...this.#resolveAll(step.env),
          GITHUB_WORKFLOW: workflow,
          GITHUB_JOB: name,
          RUNNER_TEMP: this.#runner,
        },
      },
    );
    const command = inputs['command'] ?? '';
    this.#steps.push({ job: name, command, shard: inputs['shard'], workspace, result });
    if (result.code !== 0) this.#failed = true;
    if (step.id === undefined) return;
    for (const [output, value] of Object.entries(result.outputs)) {
      this.#values[`steps.${step.id}.outputs.${output}`] = value;
    }
  }

  #home(): string {
    if (this.#workspace !== undefined) return this.#workspace;
    throw new Error('nothing is checked out');
  }

  #resolveAll(given: Readonly<Record<string, unknown>> = {}): Record<string, string> {
    return Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, resolve(String(value), this.#values)]),
    );
  }
}

/** A runner sets every input of action.yml, to its default or to nothing. */
function defaultInputs(values: Readonly<Record<string, string>>): Record<string, string> {
  const action: { readonly inputs: Readonly<Record<string, { readonly default?: string }>> } = parse(
    readFileSync(join(ROOT, 'action.yml'), 'utf8'),
  );
  return Object.fromEntries(
    Object.entries(action.inputs).map(([name, input]) => [name, resolve(input.default ?? '', values)]),
  );
}

function resolve(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{\{\s*(.+?)\s*\}\}/g, (_, expression: string) => {
    const value = values[expression];
    if (value !== undefined) return value;
    // One that is not set is empty: so it is in a run for a fork.
    if (/^(secrets|vars)\.\w+$/.test(expression)) return '';
    throw new Error(`the player knows no ${expression}`);
  });
}

/** `needs.plan.outputs.changed == 'true'` */
function holds(condition: string | undefined, values: Readonly<Record<string, string>>): boolean {
  if (condition === undefined) return true;
  const [, name = '', wanted] = /^([\w.-]+) == '([^']*)'$/.exec(condition) ?? [];
  if (wanted === undefined) throw new Error(`the player knows no ${condition}`);
  return values[name] === wanted;
}

function matrixOf({ strategy }: Job): readonly Readonly<Record<string, string>>[] {
  let rows: readonly Readonly<Record<string, string>>[] = [{}];
  for (const [name, all] of Object.entries(strategy?.matrix ?? {})) {
    rows = rows.flatMap((row) => all.map((value) => ({ ...row, [`matrix.${name}`]: value })));
  }
  return rows;
}

function refsOf(remote: string): string {
  return git(remote, 'for-each-ref', '--format=%(refname) %(objectname)');
}
