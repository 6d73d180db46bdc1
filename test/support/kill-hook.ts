/**
 * Loaded into the command line with `--import`: kills it with SIGKILL at an exact point of its work.
 *
 * `KILL_AT` is `operation:n` (at the n-th change of a file or folder, from 1; the odd ones right before it, the even
 * ones right after) or `git:n:ms` (so many milliseconds after the n-th git process was started). `KILL_GROUP=1` takes the
 * whole process group along. Without `KILL_AT` nothing is killed; `KILL_COUNTS` names a file for what was counted.
 */
import childProcess from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const [kind = '', number = '0', delay = '0'] = (process.env['KILL_AT'] ?? '').split(':');
const at = Number(number);
const counts = { operations: 0, git: 0 };
const { writeFileSync } = fs;

function die(): never {
  process.kill(process.env['KILL_GROUP'] === '1' ? -process.pid : process.pid, 'SIGKILL');
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

// Files of git and of node's own caches are written by others; what srgit changes goes through these.
for (const name of ['writeFileSync', 'renameSync', 'rmSync', 'rmdirSync', 'mkdirSync'] as const) {
  const original = fs[name] as (...args: unknown[]) => unknown;
  Object.assign(fs, {
    [name]: (...args: unknown[]) => {
      const mine = ++counts.operations;
      const now = kind === 'operation' && mine === at;
      if (now && at % 2 === 1) die();
      const result = original(...args);
      if (now) die();
      return result;
    },
  });
}

// What every way to start a process ends in.
const prototype = childProcess.ChildProcess.prototype as unknown as { spawn: (...args: unknown[]) => unknown };
const { spawn } = prototype;
prototype.spawn = function (this: unknown, ...args: unknown[]): unknown {
  const mine = ++counts.git;
  const result = spawn.apply(this, args);
  if (kind === 'git' && mine === at) {
    // Nothing of srgit runs meanwhile, so that git alone moves on.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(delay));
    die();
  }
  return result;
};
syncBuiltinESMExports();

const file = process.env['KILL_COUNTS'];
if (file !== undefined) process.on('exit', () => writeFileSync(file, JSON.stringify(counts)));
