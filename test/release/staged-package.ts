/** The package as it would be published: built from today's sources, packed, and installed in an empty project. */
import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { CLI_ENV } from '../support/cli.ts';

export const ROOT = join(import.meta.dirname, '../..');

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** In a clean environment, with the Node that runs the tests first on PATH. */
export async function run(program: string, args: readonly string[], cwd: string): Promise<Ran> {
  const env = { ...CLI_ENV, PATH: [dirname(process.execPath), CLI_ENV['PATH']].join(delimiter), NO_COLOR: '1' };
  try {
    const ran = await promisify(execFile)(program, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 });
    return { code: 0, ...ran };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (typeof code !== 'number') throw error;
    return { code, stdout, stderr };
  }
}

export interface InstalledPackage {
  /** What `scripts/pack-check.mjs` found. */
  readonly checked: Ran;
  /** The project that it is installed in. */
  readonly project: string;
  remove(): void;
}

/** What a build reads, where it is there. */
const SOURCES = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts', 'site', 'src'];

/** Slow (10 to 20 s): builds, packs, and lets npm install every dependency, from its cache where it has them. */
export async function installPackage(): Promise<InstalledPackage> {
  const stage = mkdtempSync(join(tmpdir(), 'srgit-stage-'));
  const project = mkdtempSync(join(tmpdir(), 'srgit-installed-'));
  const remove = (): void => {
    rmSync(stage, { recursive: true, force: true });
    rmSync(project, { recursive: true, force: true });
  };
  try {
    await buildAt(stage);
    const checked = await run(process.execPath, [join(ROOT, 'scripts/pack-check.mjs'), stage, '--out', project], ROOT);
    const tarball = readdirSync(project).find((file) => file.endsWith('.tgz'));
    if (tarball === undefined) throw new Error(`nothing was packed: ${checked.stdout}${checked.stderr}`);
    writeFileSync(join(project, 'package.json'), '{"name":"consumer","private":true,"type":"module"}\n');
    await installDependencies(project, tarball);
    return { checked, project, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** By the build's own script, in a copy: others may use `dist`, or build it, at the same time. */
async function buildAt(stage: string): Promise<void> {
  const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { files: readonly string[] };
  const published = files.filter((file) => !/^!|^dist|^oclif\.manifest/.test(file));
  for (const file of ['package.json', ...SOURCES, ...published]) {
    if (existsSync(join(ROOT, file))) cpSync(join(ROOT, file), join(stage, file), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(stage, 'node_modules'));
  await mustRun(process.execPath, [join(stage, 'scripts/build.mjs')], stage);
}

/** The versions of our own lock file: `npm ci` has them in the cache already, and a bad release of somebody else's is not our failure. */
async function installDependencies(project: string, tarball: string): Promise<void> {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>;
  };
  const production = Object.entries(lock.packages).filter(([path, { dev, devOptional }]) => {
    return path !== '' && dev !== true && devOptional !== true;
  });
  const packages = { '': { name: 'consumer' }, ...Object.fromEntries(production) };
  writeFileSync(join(project, 'package-lock.json'), JSON.stringify({ name: 'consumer', lockfileVersion: 3, packages }));
  // As the image does it: no dependency needs its scripts.
  const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', `./${tarball}`];
  const { code } = await run('npm', [...install, '--offline'], project);
  if (code === 0) return;
  await mustRun('npm', [...install, '--prefer-offline', '--fetch-timeout=30000'], project);
}

async function mustRun(program: string, args: readonly string[], cwd: string): Promise<void> {
  const { code, stdout, stderr } = await run(program, args, cwd);
  if (code !== 0) throw new Error(`${program} ${args[0]} failed: ${(stdout + stderr).slice(-2000)}`);
}
