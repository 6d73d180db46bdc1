/** One writer per tree on this machine: two exports into one folder would take each other's files away. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { SrgitError } from '../errors.ts';

export interface TreeLock {
  release(): void;
}

/**
 * Takes the lock of a tree, or throws SRGIT_TREE_WRITE naming the process that holds it. The lock lies in the system's
 * temporary folder, not in the repository; one whose process is gone is taken over.
 */
export function lockTree(root: string): TreeLock {
  const folder = lockFolder();
  const file = join(folder, createHash('sha256').update(realRoot(root)).digest('hex').slice(0, 32));
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      held.add(file);
      return {
        release: () => {
          held.delete(file);
          rmSync(file, { force: true });
        },
      };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw noLock(folder, error);
      const holder = holderOf(file);
      // In containers every run has the same process number: our own number is not yet our own lock.
      if (holder !== undefined && (holder === process.pid ? held.has(file) : isAlive(holder))) {
        throw new SrgitError('SRGIT_TREE_WRITE', `process ${holder} is writing the tree ${root} right now`, {
          hint: 'Wait for it to end, then try again.',
          retriable: true,
        });
      }
      if (attempt > 3) throw noLock(folder, error);
      rmSync(file, { force: true });
    }
  }
}

/** Locks of this process. */
const held = new Set<string>();

/** One for all users, since a tree may be written by several; as open as the temporary folder itself. */
function lockFolder(): string {
  const folder = join(tmpdir(), 'srgit-locks');
  try {
    // The mode given to mkdir is cut by the umask.
    if (mkdirSync(folder, { recursive: true }) !== undefined) chmodSync(folder, 0o1777);
  } catch (error) {
    throw noLock(folder, error);
  }
  return folder;
}

function noLock(folder: string, cause: unknown): SrgitError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  return new SrgitError('SRGIT_TREE_WRITE', `cannot take a lock in ${folder}: ${reason}`, {
    hint: 'Give this account the right to write there, or set TMPDIR to another folder.',
    cause,
  });
}

function holderOf(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, but belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** The root's real path; where it does not exist yet, its parent's real path and its name. */
function realRoot(root: string): string {
  const path = resolve(root);
  try {
    return realpathSync(path);
  } catch {
    try {
      return join(realpathSync(dirname(path)), basename(path));
    } catch {
      return path;
    }
  }
}
