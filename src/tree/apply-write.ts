/**
 * Carries out a write plan so that a kill at any point leaves the old tree, or one that the next export completes:
 * everything new is written beside the tree first, then moved into place by renames, then what is gone is removed.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { SrgitError, throwIfAborted } from '../errors.ts';
import { TEMPORARY_PREFIX } from './layout.ts';
import type { WritePlan } from './plan-write.ts';
import { isMissing } from './read-index.ts';
import { encodeText } from './text-encoding.ts';

export interface ApplyOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Files between two looks at the abort signal and the event loop. */
const BATCH = 200;

/**
 * @throws SrgitError SRGIT_TREE_WRITE when the file system refuses (disk full, no permission): the tree is then as it
 * was, unless the failure came while renaming.
 */
export type FileOperations = Pick<WritePlan, 'writes' | 'moves' | 'removals'>;

export async function applyWritePlan(root: string, plan: FileOperations, options: ApplyOptions = {}): Promise<void> {
  const target = resolve(root);
  removeLeftovers(target);
  if (plan.writes.length + plan.moves.length + plan.removals.length === 0) return;
  const fresh = !existsSync(target) || readdirSync(target).length === 0;
  const stage = stageFolder(target, fresh);
  try {
    mkdirSync(stage, { recursive: true });
    if (fresh) {
      await stageFiles(plan, (_, path) => join(stage, path), options);
      // One rename makes the whole tree appear at once.
      if (existsSync(target)) rmdirSync(target);
      renameSync(stage, target);
      return;
    }
    await stageFiles(plan, (index) => join(stage, String(index)), options);
  } catch (error) {
    rmSync(stage, { recursive: true, force: true });
    throw writeFailure(target, error);
  }
  // From here on nothing is interrupted: renames are quick, and half of them would be a mixed tree.
  try {
    moveIntoPlace(target, stage, plan);
    rmSync(stage, { recursive: true, force: true });
  } catch (error) {
    throw writeFailure(target, error);
  }
}

/** Removes what a killed write left behind. Callers hold the tree's lock. */
export function removeLeftovers(root: string): void {
  const target = resolve(root);
  for (const stage of [stageFolder(target, true), stageFolder(target, false)]) {
    rmSync(stage, { recursive: true, force: true });
  }
}

function stageFolder(target: string, fresh: boolean): string {
  const name = `${TEMPORARY_PREFIX}stage`;
  return fresh ? join(dirname(target), `${name}-${target.split(/[\\/]/).at(-1)}`) : join(target, name);
}

async function stageFiles(
  plan: FileOperations,
  place: (index: number, path: string) => string,
  options: ApplyOptions,
): Promise<void> {
  const folders = new Set<string>();
  let done = 0;
  for (const write of plan.writes) {
    if (done % BATCH === 0) {
      options.onProgress?.(done, plan.writes.length);
      await setImmediate();
      throwIfAborted(options.signal);
    }
    const path = place(done, write.path);
    const folder = dirname(path);
    if (!folders.has(folder)) {
      mkdirSync(folder, { recursive: true });
      folders.add(folder);
    }
    writeFileSync(path, encodeText(write.content()));
    done++;
  }
  options.onProgress?.(done, plan.writes.length);
}

function moveIntoPlace(target: string, stage: string, plan: FileOperations): void {
  const folders = new Set<string>();
  const ensureFolder = (path: string) => {
    const folder = dirname(path);
    if (folders.has(folder)) return;
    mkdirSync(folder, { recursive: true });
    folders.add(folder);
  };
  for (const move of plan.moves) {
    const to = join(target, move.to);
    ensureFolder(to);
    renameIfThere(join(target, move.from), to);
  }
  plan.writes.forEach((write, index) => {
    const to = join(target, write.path);
    ensureFolder(to);
    renameSync(join(stage, String(index)), to);
  });
  const emptied = new Set<string>();
  for (const path of plan.removals) {
    rmSync(join(target, path), { force: true });
    emptied.add(dirname(path));
  }
  for (const move of plan.moves) emptied.add(dirname(move.from));
  for (const folder of emptied) removeEmptyFolders(target, folder);
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Git does not know empty folders, so neither does a tree. */
function removeEmptyFolders(target: string, folder: string): void {
  for (let path = folder; path !== '.' && path !== ''; path = dirname(path)) {
    try {
      rmdirSync(join(target, path));
    } catch {
      return;
    }
  }
}

function writeFailure(root: string, error: unknown): Error {
  if (error instanceof SrgitError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const path = error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : root;
  const reasons: Readonly<Record<string, string>> = {
    ENOSPC: 'the disk is full',
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EROFS: 'the file system is read-only',
    ENOTDIR: 'a file stands where a folder is needed',
    EISDIR: 'a folder stands where a file is needed',
    ENAMETOOLONG: 'the path is too long for this file system',
  };
  return new SrgitError('SRGIT_TREE_WRITE', `cannot write ${path}: ${reasons[code] ?? String(error)}`, {
    hint: 'Correct that and run the export again: it completes what is missing.',
    cause: error,
    details: { file: path },
  });
}
