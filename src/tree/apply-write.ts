/**
 * Carries out a write plan so that a kill at any point leaves the old tree, or one that the next export completes:
 * everything new is written beside the tree first, then a journal decides the write, then it is moved into place.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { SrgitError, throwIfAborted } from '../errors.ts';
import { encodeText } from '../model/text-bytes.ts';
import { TEMPORARY_PREFIX } from './layout.ts';
import type { WritePlan } from './write-draft.ts';
import { commitJournal, finishWrite, type Journal, STAGE_FOLDER } from './write-journal.ts';
import { checkPlaces } from './write-places.ts';

export interface ApplyOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Files between two looks at the abort signal and the event loop. */
const BATCH = 200;

export type FileOperations = Pick<WritePlan, 'writes' | 'moves' | 'removals'>;

/**
 * Callers hold the tree's lock and have called `completeInterruptedWrite` before they read the tree.
 *
 * @throws SrgitError SRGIT_TREE_WRITE when the file system refuses (disk full, no permission): the tree is then as it
 * was, unless the failure came while moving into place; then the next write completes it.
 */
export async function applyWritePlan(root: string, plan: FileOperations, options: ApplyOptions = {}): Promise<void> {
  const target = resolve(root);
  try {
    removeLeftovers(target);
    if (plan.writes.length + plan.moves.length + plan.removals.length === 0) return;
    if (!existsSync(target) || readdirSync(target).length === 0) await writeWhole(target, plan, options);
    else await writeChanges(target, plan, options);
  } catch (error) {
    throw writeFailure(target, error);
  }
}

/** Finishes what a killed write had decided; one that had not is dropped. Callers hold the tree's lock. */
export function completeInterruptedWrite(root: string): void {
  const target = resolve(root);
  try {
    finishWrite(target);
    removeLeftovers(target);
  } catch (error) {
    throw writeFailure(target, error);
  }
}

/** A first export: one rename makes the whole tree appear at once. */
async function writeWhole(target: string, plan: FileOperations, options: ApplyOptions): Promise<void> {
  const stage = freshStage(target);
  try {
    mkdirSync(stage, { recursive: true });
    await stageFiles(plan, (_, path) => join(stage, path), options);
    if (existsSync(target)) rmdirSync(target);
    renameSync(stage, target);
  } catch (error) {
    rmSync(stage, { recursive: true, force: true });
    throw error;
  }
}

async function writeChanges(target: string, plan: FileOperations, options: ApplyOptions): Promise<void> {
  const stage = join(target, STAGE_FOLDER);
  const journal: Journal = {
    writes: plan.writes.map((write) => write.path),
    moves: plan.moves,
    removals: plan.removals,
  };
  try {
    checkPlaces(target, journal);
    mkdirSync(stage, { recursive: true });
    await stageFiles(plan, (index) => join(stage, String(index)), options);
    commitJournal(target, journal);
  } catch (error) {
    rmSync(stage, { recursive: true, force: true });
    throw error;
  }
  // From here on nothing is interrupted: renames are quick, and half of them would be a mixed tree.
  finishWrite(target);
}

function removeLeftovers(target: string): void {
  for (const stage of [freshStage(target), join(target, STAGE_FOLDER)]) rmSync(stage, { recursive: true, force: true });
}

/** Beside the root, because the root itself is about to be made by a rename. */
function freshStage(target: string): string {
  return join(dirname(target), `${TEMPORARY_PREFIX}stage-${target.split(/[\\/]/).at(-1)}`);
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
