/** One writer per tree on this machine: two exports into one folder would take each other's files away. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
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
  const folder = join(tmpdir(), 'srgit-locks');
  mkdirSync(folder, { recursive: true, mode: 0o1777 });
  const file = join(folder, createHash('sha256').update(realRoot(root)).digest('hex').slice(0, 32));
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return { release: () => rmSync(file, { force: true }) };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      const holder = holderOf(file);
      if (holder !== undefined && isAlive(holder)) {
        throw new SrgitError('SRGIT_TREE_WRITE', `process ${holder} is writing the tree ${root} right now`, {
          hint: 'Wait for it to end, then try again.',
          retriable: true,
        });
      }
      if (attempt > 3) throw error;
      rmSync(file, { force: true });
    }
  }
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
  if (pid === process.pid) return true;
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
