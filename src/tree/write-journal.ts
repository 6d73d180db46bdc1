/**
 * The journal of a write: once it lies in the stage folder, everything new is staged, and whoever finds it can finish
 * the write, however often it was killed. Without it a folder renamed halfway would be one subject in two folders.
 */
import { existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SrgitError } from '../errors.ts';
import { TEMPORARY_PREFIX } from './layout.ts';
import { isMissing } from './missing-file.ts';
import { checkPlaces } from './write-places.ts';

export interface Journal {
  /** Where the staged files `0`, `1`, … go, relative to the root. */
  readonly writes: readonly string[];
  /** Taken into the stage as `m0`, `m1`, … first. */
  readonly moves: readonly { readonly from: string; readonly to: string }[];
  readonly removals: readonly string[];
}

/** Folder inside the tree in which a write is prepared. */
export const STAGE_FOLDER = `${TEMPORARY_PREFIX}stage`;

/** Present while old files are taken away, and while new ones are put in place. */
const TAKING_AWAY = 'journal-1.json';
const PUTTING_IN_PLACE = 'journal-2.json';

/** True when a write of the tree was cut off after its point of no return. */
export function hasInterruptedWrite(root: string): boolean {
  const stage = join(root, STAGE_FOLDER);
  return existsSync(join(stage, TAKING_AWAY)) || existsSync(join(stage, PUTTING_IN_PLACE));
}

/** From here on the write is decided. The caller has staged every file of `journal.writes`. */
export function commitJournal(root: string, journal: Journal): void {
  const stage = join(root, STAGE_FOLDER);
  const draft = join(stage, 'journal-0.json');
  writeFileSync(draft, JSON.stringify(journal));
  renameSync(draft, join(stage, TAKING_AWAY));
}

/**
 * Carries a decided write to its end and removes the stage. Without one it does nothing. Callers hold the tree's lock.
 *
 * @throws SrgitError SRGIT_TREE_WRITE when the journal is not one of ours, or whatever the file system throws; called
 * again it goes on where it stopped.
 */
export function finishWrite(root: string): void {
  const stage = join(root, STAGE_FOLDER);
  if (!hasInterruptedWrite(root)) return;
  // A stage that is a link would have us move files that are not the tree's.
  if (lstatSync(stage).isSymbolicLink()) throw foreignJournal(stage);
  const first = join(stage, TAKING_AWAY);
  const second = join(stage, PUTTING_IN_PLACE);
  const journal = readJournal(existsSync(second) ? second : first, stage);
  checkPlaces(root, journal);
  if (!existsSync(second)) {
    takeAway(root, stage, journal);
    // Old names are gone before new ones come: `Orders` and `orders` are one folder on macOS and Windows.
    renameSync(first, second);
  }
  putInPlace(root, stage, journal);
  rmSync(stage, { recursive: true, force: true });
}

function takeAway(root: string, stage: string, { moves, removals }: Journal): void {
  moves.forEach(({ from }, index) => {
    const held = join(stage, `m${index}`);
    if (!existsSync(held)) renameIfThere(join(root, from), held);
  });
  const emptied = new Set(moves.map((move) => dirname(move.from)));
  for (const path of removals) {
    removeIfThere(join(root, path));
    emptied.add(dirname(path));
  }
  for (const folder of emptied) removeEmptyFolders(root, folder);
}

function putInPlace(root: string, stage: string, { writes, moves }: Journal): void {
  const folders = new Set<string>();
  const put = (held: string, path: string) => {
    const to = join(root, path);
    const folder = dirname(to);
    if (!folders.has(folder)) {
      mkdirSync(folder, { recursive: true });
      folders.add(folder);
    }
    renameIfThere(join(stage, held), to);
  };
  moves.forEach(({ to }, index) => {
    put(`m${index}`, to);
  });
  writes.forEach((path, index) => {
    put(String(index), path);
  });
}

function readJournal(file: string, stage: string): Journal {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw foreignJournal(stage);
  }
  if (!isJournal(value)) throw foreignJournal(stage);
  return value;
}

function isJournal(value: unknown): value is Journal {
  if (typeof value !== 'object' || value === null) return false;
  const { writes, moves, removals } = value as Partial<Record<keyof Journal, unknown>>;
  const isMove = (move: unknown) =>
    typeof move === 'object' && move !== null && 'from' in move && 'to' in move && isPath(move.from) && isPath(move.to);
  return (
    Array.isArray(writes) &&
    writes.every(isPath) &&
    Array.isArray(removals) &&
    removals.every(isPath) &&
    Array.isArray(moves) &&
    moves.every(isMove)
  );
}

/** A journal could be committed into a repository by anybody: nothing in it may lead out of the tree. */
function isPath(path: unknown): path is string {
  return (
    typeof path === 'string' &&
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && part !== '.git') &&
    !/[\\:\0]/.test(path)
  );
}

function foreignJournal(stage: string): SrgitError {
  return new SrgitError('SRGIT_TREE_WRITE', `${stage} holds a journal that no export wrote`, {
    hint: 'Look at it, remove that folder, and run the export again.',
    details: { file: stage },
  });
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

function removeIfThere(path: string): void {
  try {
    rmSync(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Git does not know empty folders, so neither does a tree. */
function removeEmptyFolders(root: string, folder: string): void {
  for (let path = folder; path !== '.' && path !== ''; path = dirname(path)) {
    try {
      rmdirSync(join(root, path));
    } catch (error) {
      // One that is gone already may still have left its parent empty.
      if (!isMissing(error)) return;
    }
  }
}
