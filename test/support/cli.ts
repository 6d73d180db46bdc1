/**
 * The real command line in a process of its own, as an installed package has it: compiled from today's sources into a
 * folder named after their content, so that neither a stale `dist` nor a build that runs meanwhile is ever tested.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GIT_ENV } from './git.ts';
import { shapeFault } from './json-shapes.ts';

const ROOT = join(import.meta.dirname, '../..');
// Below node_modules, so that the compiled files find the dependencies.
const DAY_MS = 86_400_000;
const CACHE = join(ROOT, 'node_modules/.cache/srgit-cli');
const WORKFLOWS = '.github/workflows-examples';
const BUNDLER = join(ROOT, 'scripts/bundle-cli.mjs');

/** What a run must not inherit: settings of the person who runs the tests, of vitest, and proxies. */
const FOREIGN = /^(SRGIT_|GIT_|VITEST|NODE_|npm_|OCLIF|(https?|all|no)_proxy$|(NO|FORCE)_COLOR$|TEST$)/i;

/** Environment of the command line: git knows an identity, nothing else is set. */
export const CLI_ENV: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ...Object.entries(process.env).filter(([name]) => !FOREIGN.test(name)),
    ...Object.entries(GIT_ENV).filter(([name]) => name.startsWith('GIT_')),
  ].flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
);

export interface CliOptions {
  readonly cwd: string;
  /** Added to the clean environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string;
  /** Options of node itself, before the program. */
  readonly nodeArgs?: readonly string[];
  /** Makes it the leader of a process group, so that `killGroup` reaches the git processes too. */
  readonly group?: boolean;
}

export interface CliResult {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly child: ChildProcess;
  /** Everything printed so far. */
  output(): { readonly stdout: string; readonly stderr: string };
  /** Settles when the process is gone and its pipes are closed; of a killed one, when it is gone. */
  readonly done: Promise<CliResult>;
  kill(signal: NodeJS.Signals): void;
  killGroup(signal: NodeJS.Signals): void;
}

let entry: Promise<string> | undefined;

/** Path of the compiled `bin/run.js`. The first call of a test run compiles it when the sources changed (3 s). */
export function cliEntry(): Promise<string> {
  entry ??= buildCli();
  return entry;
}

export async function runCli(args: readonly string[], options: CliOptions): Promise<CliResult> {
  return (await spawnCli(args, options)).done;
}

/** Runs a command with --json and gives its one JSON document, which has the shape that the package promises. */
export async function runCliJson(
  args: readonly string[],
  options: CliOptions,
): Promise<CliResult & { readonly json: unknown }> {
  const result = await runCli([...args, '--json'], options);
  const json = parseDocument(result);
  const fault = shapeFault(args, json);
  if (fault !== undefined) throw new Error(fault);
  return { ...result, json };
}

function parseDocument({ stdout, stderr }: CliResult): unknown {
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Error(`stdout is not one JSON document: ${stdout.slice(0, 2000)}\n${stderr.slice(0, 2000)}`);
  }
}

export async function spawnCli(args: readonly string[], options: CliOptions): Promise<RunningCli> {
  const program = await cliEntry();
  const env = Object.fromEntries(
    Object.entries({ ...CLI_ENV, ...options.env }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
  const child = spawn(process.execPath, [...(options.nodeArgs ?? []), program, ...args], {
    cwd: options.cwd,
    env,
    detached: options.group === true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.stdin ?? '');
  let killed = false;
  const killNow = (): void => void child.kill('SIGKILL');
  process.once('exit', killNow);
  const done = new Promise<CliResult>((resolve, reject) => {
    const settle = (code: number | null, signal: NodeJS.Signals | null) => {
      process.off('exit', killNow);
      resolve({ code, signal, stdout, stderr });
    };
    child.once('error', reject);
    child.once('close', settle);
    // A git process that outlives a killed parent holds the pipes open.
    child.once('exit', (code, signal) => {
      if (killed) settle(code, signal);
    });
  });
  return {
    child,
    output: () => ({ stdout, stderr }),
    done,
    kill(signal) {
      killed = signal === 'SIGKILL';
      child.kill(signal);
    },
    killGroup(signal) {
      killed = signal === 'SIGKILL';
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      process.kill(-child.pid, signal);
    },
  };
}

async function buildCli(): Promise<string> {
  const folder = join(CACHE, sourceHash());
  const program = join(folder, 'bin/run.js');
  if (existsSync(program)) return program;
  mkdirSync(CACHE, { recursive: true });
  const made = mkdtempSync(join(CACHE, '.making-'));
  try {
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const project = join(ROOT, 'tsconfig.build.json');
    const compiling = promisify(execFile)(process.execPath, [tsc, '-p', project, '--outDir', join(made, 'dist')]);
    // Types are another check's: what compiles is run.
    await compiling.catch((error: unknown) => {
      if (!existsSync(join(made, 'dist/commands/export.js'))) throw error;
    });
    cpSync(join(ROOT, 'package.json'), join(made, 'package.json'));
    cpSync(join(ROOT, 'bin'), join(made, 'bin'), { recursive: true });
    // `srgit demo` plays it.
    cpSync(join(ROOT, 'schemas-example'), join(made, 'schemas-example'), { recursive: true });
    // `srgit init` writes them.
    cpSync(join(ROOT, WORKFLOWS), join(made, WORKFLOWS), { recursive: true });
    // As in the package: without it every start loads every command. A command that cannot be loaded fails where it is run.
    const oclif = join(ROOT, 'node_modules/oclif/bin/run.js');
    await promisify(execFile)(process.execPath, [oclif, 'manifest'], { cwd: made }).catch(() => undefined);
    // As in the package, too, and a start of half the time; what is in flux is run as it was compiled.
    await promisify(execFile)(process.execPath, [BUNDLER, made]).catch(() => undefined);
    renameSync(made, folder);
    forgetOldBuilds();
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    // Another worker was quicker.
    if (!existsSync(program)) throw error;
  }
  return program;
}

/** Those of yesterday: a build of today may be in use by another run. */
function forgetOldBuilds(): void {
  for (const name of readdirSync(CACHE)) {
    const folder = join(CACHE, name);
    const age = Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > DAY_MS) rmSync(folder, { recursive: true, force: true });
  }
}

/** Of everything that is compiled, so that two checkouts of the same sources could share it. */
function sourceHash(): string {
  const hash = createHash('sha256');
  const files = ['src', WORKFLOWS]
    .flatMap((name) => readdirSync(join(ROOT, name), { withFileTypes: true, recursive: true }))
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name));
  for (const file of [...files.sort(), join(ROOT, 'package.json'), join(ROOT, 'bin/run.js'), BUNDLER]) {
    hash
      .update(`${file.slice(ROOT.length)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}
