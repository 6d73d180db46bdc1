/**
 * Exports killed with SIGKILL at a hundred points. Slow (about a minute) because every point needs a run that is
 * killed, and one that goes on from what is left. `SRGIT_SEED` repeats a run's points.
 */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportSchemas } from '../../src/app/export-schemas.ts';
import { loadConfig, requireRegistry } from '../../src/config/load-config.ts';
import { GitRepository } from '../../src/git/repository.ts';
import { checkTree } from '../../src/tree/check-tree.ts';
import { loadTree } from '../../src/tree/load-tree.ts';
import { CLI_ENV, runCli, spawnCli } from '../support/cli.ts';
import { type EmbeddedRegistry, startRegistry } from '../support/embedded-registry.ts';
import { GIT_ENV } from '../support/git.ts';
import { stateAfter, stateBefore } from '../support/moving-registry.ts';
import { readFolder } from '../support/trees.ts';

const KILLS = 100;
/** At once: one waits on its processes while another works. */
const WORKERS = 3;
const HOOK = join(import.meta.dirname, '../support/kill-hook.ts');
const seed = Number(process.env['SRGIT_SEED'] ?? Date.now() % 1_000_000_007);

interface Template {
  readonly folder: string;
  /** What the next export makes of it. */
  readonly operations: number;
  readonly git: number;
  /** Wall milliseconds of an undisturbed run. */
  readonly duration: number;
  /** The tree before it, and after it. */
  readonly before: ReadonlyMap<string, string>;
  readonly after: ReadonlyMap<string, string>;
}

type Phase = 'before writing' | 'while staging' | 'while moving' | 'in git' | 'after the commit';

let work = '';
let registry: { readonly before: EmbeddedRegistry; readonly after: EmbeddedRegistry };
let filled: Template;
const soundCommits = new Set<string>();
let empty: Template;

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'srgit-kill-'));
  registry = { before: await startRegistry(stateBefore()), after: await startRegistry(stateAfter()) };
  const emptyFolder = await makeRepository('empty');
  const filledFolder = await makeRepository('filled');
  await expectExport(filledFolder, registry.before.url);
  empty = await measure(emptyFolder);
  filled = await measure(filledFolder);
});

afterAll(async () => {
  await registry.before.close();
  await registry.after.close();
  rmSync(work, { recursive: true, force: true });
});

describe('an export that is killed', () => {
  it('leaves the old state or one that the next export completes, at a hundred points', {
    timeout: 900_000,
  }, async () => {
    const random = mulberry32(seed);
    const points = Array.from({ length: KILLS }, (_, index) => choosePoint(index, random));
    console.log(
      `SRGIT_SEED=${seed}: ${KILLS} kills; undisturbed ${Math.round(filled.duration)} ms, ${filled.operations} file operations, ${filled.git} git processes`,
    );
    const phases = new Map<Phase, number>();
    let locks = 0;
    let next = 0;
    const worker = async () => {
      for (let index = next++; index < points.length; index = next++) {
        const point = points[index];
        if (!point) return;
        const { phase, locked } = await killAndRecover(index, point).catch((error: unknown) => {
          throw new Error(`point ${index} of seed ${seed} (${JSON.stringify(point)}): ${String(error)}`, {
            cause: error,
          });
        });
        phases.set(phase, (phases.get(phase) ?? 0) + 1);
        if (locked) locks++;
      }
    };
    await Promise.all(Array.from({ length: WORKERS }, worker));
    console.log(
      `killed ${[...phases].map(([phase, count]) => `${count} ${phase}`).join(', ')}; ${locks} left a lock of git`,
    );
    // A run in which no kill fell inside would prove nothing.
    expect(count(phases, 'while staging', 'while moving')).toBeGreaterThanOrEqual(20);
    expect(count(phases, 'in git')).toBeGreaterThanOrEqual(5);
  });
});

interface Point {
  readonly template: 'filled' | 'empty';
  readonly at: string;
  readonly group: boolean;
}

/** 40 at a file operation, 40 while git works, 20 at any moment; every fifth during a first export. */
function choosePoint(index: number, random: () => number): Point {
  const template = index % 5 === 4 ? 'empty' : 'filled';
  const { operations, git, duration } = template === 'empty' ? empty : filled;
  const group = random() < 0.5;
  const within = (total: number) => 1 + Math.floor(random() * total);
  const kind = Math.floor(index / 5) % 5;
  if (kind < 2) return { template, group, at: `operation:${within(operations)}` };
  if (kind < 4) return { template, group, at: `git:${within(git)}:${(random() * 6).toFixed(1)}` };
  return { template, group, at: `time:${within(duration)}` };
}

async function killAndRecover(index: number, point: Point): Promise<{ phase: Phase; locked: boolean }> {
  const folder = join(work, `run-${index}`);
  const template = point.template === 'empty' ? empty : filled;
  cpSync(template.folder, folder, { recursive: true });
  const headBefore = await head(folder);
  const run = await spawnCli(exportArguments(registry.after.url), {
    cwd: folder,
    group: true,
    nodeArgs: ['--import', HOOK],
    env: point.at.startsWith('time:') ? {} : { KILL_AT: point.at, KILL_GROUP: point.group ? '1' : '0' },
  });
  if (point.at.startsWith('time:')) {
    await Promise.race([sleep(Number(point.at.slice('time:'.length))), run.done]);
    if (point.group) run.killGroup('SIGKILL');
    else run.kill('SIGKILL');
  }
  const { signal, code, stderr } = await run.done;
  if (signal !== 'SIGKILL' && code !== 0) throw new Error(`it failed by itself: ${stderr}`);
  await groupGone(run.child.pid);

  const phase = await phaseOf(folder, headBefore, template);
  await expectSoundHistory(folder, `${folder}-history`, template);
  const locked = await removeLocks(folder);
  await exportHere(folder, registry.after.url);
  expect(readTree(join(folder, 'schemas'))).toEqual(template.after);
  await expectSoundHistory(folder, `${folder}-end`, template);
  expect(await git(folder, 'status', '--porcelain', '--ignored')).toBe('');
  expect(await git(folder, 'fsck', '--strict', '--no-dangling')).toBe('');
  return { phase, locked };
}

/** Every commit must hold one state of the registry, whole. */
async function expectSoundHistory(folder: string, target: string, { before, after }: Template): Promise<void> {
  const repository = await GitRepository.open(folder, { env: GIT_ENV });
  const commits = (await git(folder, 'rev-list', '--all')).split('\n').filter((line) => line !== '');
  for (const commit of commits) {
    if (soundCommits.has(commit)) continue;
    const out = `${target}-${commit}`;
    await repository.materialise(commit, 'schemas', out);
    const tree = readTree(out);
    expect(tree).toEqual(tree.get('manifest.json') === before.get('manifest.json') ? before : after);
    const errors = checkTree(await loadTree(out)).filter((finding) => finding.severity !== 'notice');
    expect(errors).toEqual([]);
    soundCommits.add(commit);
  }
}

async function phaseOf(folder: string, headBefore: string, template: Template): Promise<Phase> {
  if ((await head(folder)) !== headBefore) return 'after the commit';
  const tree = existsSync(join(folder, 'schemas')) ? readTree(join(folder, 'schemas')) : new Map<string, string>();
  const staged =
    existsSync(join(folder, '.srgit-tmp-stage-schemas')) || existsSync(join(folder, 'schemas/.srgit-tmp-stage'));
  const own = new Map([...tree].filter(([path]) => !path.startsWith('.srgit-tmp-')));
  if (sameFiles(own, template.after)) return 'in git';
  if (!sameFiles(own, template.before)) return 'while moving';
  return staged ? 'while staging' : 'before writing';
}

/**
 * A lock that a killed git left is a person's to remove: no age of a file proves that nobody works in the repository
 * (`git commit` holds it while its editor is open), so srgit names it and stops. See the test of that in export-git.
 */
async function removeLocks(folder: string): Promise<boolean> {
  let found = false;
  for (const file of readFolderOfGit(folder)) {
    if (!file.endsWith('.lock')) continue;
    rmSync(join(folder, '.git', file));
    found = true;
  }
  return found;
}

function readFolderOfGit(folder: string): string[] {
  return [...readFolder(join(folder, '.git')).keys()];
}

async function groupGone(pid: number | undefined): Promise<void> {
  if (pid === undefined) throw new Error('it was not started');
  for (;;) {
    try {
      process.kill(-pid, 0);
    } catch {
      return;
    }
    await sleep(5);
  }
}

async function measure(folder: string): Promise<Template> {
  const before = existsSync(join(folder, 'schemas')) ? readTree(join(folder, 'schemas')) : new Map<string, string>();
  const copy = join(work, `measured-${folder.slice(work.length + 1)}`);
  cpSync(folder, copy, { recursive: true });
  const counts = join(work, 'counts.json');
  const start = performance.now();
  const result = await runCli(exportArguments(registry.after.url), {
    cwd: copy,
    nodeArgs: ['--import', HOOK],
    env: { KILL_COUNTS: counts },
  });
  const duration = performance.now() - start;
  expect(result).toMatchObject({ code: 0 });
  const counted: unknown = JSON.parse(readFileSync(counts, 'utf8'));
  if (typeof counted !== 'object' || counted === null || !('operations' in counted) || !('git' in counted)) {
    throw new Error('nothing was counted');
  }
  return {
    folder,
    operations: Number(counted.operations),
    git: Number(counted.git),
    duration,
    before,
    after: readTree(join(copy, 'schemas')),
  };
}

async function makeRepository(name: string): Promise<string> {
  const folder = join(work, name);
  await git(work, 'init', '--quiet', '--initial-branch=main', name);
  writeFileSync(join(folder, '.git/description'), '');
  return folder;
}

/** In this process, which is cheaper than a second command: what was killed is the real one. */
async function exportHere(cwd: string, url: string): Promise<void> {
  const config = loadConfig({ url: [url] }, {}, cwd);
  await exportSchemas({
    config,
    registry: requireRegistry(config),
    full: false,
    commit: true,
    push: false,
    allowDeletions: false,
    env: CLI_ENV,
    now: Date.now,
  });
}

async function expectExport(cwd: string, url: string): Promise<void> {
  const { code, stderr } = await runCli(exportArguments(url), { cwd });
  if (code !== 0) throw new Error(`export ended with ${code}: ${stderr}`);
}

function exportArguments(url: string): string[] {
  return ['export', '--url', url, '--commit'];
}

/** A tree's files; the time of the export is the one thing that differs between two runs. */
function readTree(root: string): Map<string, string> {
  const files = readFolder(root);
  return new Map(
    [...files].map(([path, text]) => [
      path,
      path.endsWith('manifest.json') ? text.replace(/"backup_timestamp": "[^"]+"/, '"backup_timestamp": "…"') : text,
    ]),
  );
}

function sameFiles(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([path, text]) => b.get(path) === text);
}

function count(phases: ReadonlyMap<Phase, number>, ...wanted: readonly Phase[]): number {
  return wanted.reduce((sum, phase) => sum + (phases.get(phase) ?? 0), 0);
}

async function head(folder: string): Promise<string> {
  return git(folder, 'rev-parse', '--verify', '--quiet', 'HEAD').catch(() => '');
}

async function git(cwd: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', args, { cwd, env: GIT_ENV });
  return stdout.trim();
}

/** A small seeded generator: the same points from the same seed, on every machine. */
function mulberry32(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
