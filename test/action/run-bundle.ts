/**
 * The Action's bundle in a process of its own, with the environment of a runner: inputs, event file, output files. It is
 * built from today's sources into a folder named after its content; that the committed one is the same is a test of its own.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { CLI_ENV } from '../support/cli.ts';
import { temporaryFolder } from '../support/trees.ts';

const ROOT = join(import.meta.dirname, '../..');

/** More than a build takes on a busy machine. */
const BUILD_MS = 120_000;

let built: Promise<string> | undefined;

/** Folder of a bundle that was made now. */
export function builtBundle(): Promise<string> {
  built ??= build();
  return built;
}

/** Of all the files of a test run that ask, the first one makes it. Nothing but node's own modules is near it. */
async function build(): Promise<string> {
  const folder = join(inject('removedAtTheEnd'), 'action-bundle');
  const marker = join(folder, 'package.json');
  try {
    await mkdir(folder);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    const deadline = Date.now() + BUILD_MS;
    while (!existsSync(marker)) {
      if (Date.now() > deadline) throw new Error('the bundle was not built in time');
      await sleep(100);
    }
    return folder;
  }
  await promisify(execFile)(process.execPath, [join(ROOT, 'scripts/build-action.mjs'), folder]);
  // As at the root of the repository; and what those who wait look for.
  writeFileSync(marker, '{"type":"module"}\n');
  return folder;
}

export interface RunnerEvent {
  readonly number: number;
  readonly base: { readonly ref: string; readonly sha: string };
  /** Default: a branch of the same repository. */
  readonly fork?: boolean;
}

export interface BundleOptions {
  /** The checkout. */
  readonly workspace: string;
  readonly pullRequest?: RunnerEvent;
  readonly githubUrl?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Given the process when it is started. */
  readonly onStart?: (child: ChildProcess) => void;
}

export interface BundleResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  /** Lines that the runner takes for commands, but masks: `error file=a.avsc,line=3,title=x::text`. */
  readonly commands: readonly string[];
  readonly masks: readonly string[];
}

/** Runs one step. */
export async function runBundle(
  inputs: Readonly<Record<string, string>>,
  options: BundleOptions,
): Promise<BundleResult> {
  const folder = await builtBundle();
  const files = temporaryFolder();
  const file = (name: string, content = ''): string => {
    writeFileSync(join(files, name), content);
    return join(files, name);
  };
  const { workspace, pullRequest, githubUrl } = options;
  const env: Record<string, string> = {
    ...CLI_ENV,
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: workspace,
    GITHUB_REPOSITORY: 'acme/schemas',
    GITHUB_WORKFLOW: 'schemas',
    GITHUB_JOB: 'plan',
    GITHUB_RUN_ID: '42',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_EVENT_NAME: pullRequest === undefined ? 'push' : 'pull_request',
    GITHUB_EVENT_PATH: file('event.json', JSON.stringify(pullRequest === undefined ? {} : eventOf(pullRequest))),
    GITHUB_OUTPUT: file('output'),
    GITHUB_STEP_SUMMARY: file('summary'),
    RUNNER_TEMP: files,
    ...(githubUrl === undefined
      ? {}
      : {
          GITHUB_API_URL: githubUrl,
          GITHUB_GRAPHQL_URL: `${githubUrl}/graphql`,
          'INPUT_GITHUB-TOKEN': 'ghs_of-this-run',
        }),
    ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
    ...options.env,
  };
  const { code, stdout, stderr } = await run(
    process.execPath,
    [join(folder, 'index.js')],
    workspace,
    env,
    options.onStart,
  );
  const lines = stdout.split('\n');
  return {
    code,
    stdout,
    stderr,
    outputs: parseOutputs(readFileSync(join(files, 'output'), 'utf8')),
    summary: readFileSync(join(files, 'summary'), 'utf8'),
    commands: lines.filter((line) => /^::(?!add-mask|debug)/.test(line)).map((line) => line.slice(2)),
    masks: lines.filter((line) => line.startsWith('::add-mask::')).map((line) => line.slice('::add-mask::'.length)),
  };
}

function eventOf({ number, base, fork = false }: RunnerEvent): object {
  return {
    pull_request: {
      number,
      base: { ...base, repo: { full_name: 'acme/schemas' } },
      head: { ref: 'feature', repo: { full_name: fork ? 'somebody/schemas' : 'acme/schemas' } },
    },
  };
}

/** `name<<delimiter`, the value, the delimiter. */
function parseOutputs(text: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  for (const [, name = '', , value = ''] of text.matchAll(/^([\w-]+)<<(\S+)\n([\s\S]*?)\n\2$/gm)) outputs[name] = value;
  return outputs;
}

function run(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Record<string, string>,
  onStart?: (child: ChildProcess) => void,
) {
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    onStart?.(child);
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const killNow = (): void => void child.kill('SIGKILL');
    process.once('exit', killNow);
    child.once('error', reject);
    child.once('close', (code) => {
      process.off('exit', killNow);
      resolve({ code, stdout, stderr });
    });
  });
}
