/**
 * What a start costs: processor time, user and system, against that of Node which does nothing, in the same run. Of every
 * round each command once, in turns, so that what else the machine does falls on all alike.
 *
 * Usage: node bench/startup.ts [rounds] [folder of the built package]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const [rounds = '25', folder = join(import.meta.dirname, '..')] = process.argv.slice(2);
const cli = join(resolve(folder), 'bin/run.js');
const tree = join(import.meta.dirname, '../schemas-example');

interface Case {
  readonly name: string;
  readonly args: readonly string[];
  /** Times the floor at most. */
  readonly goal?: number;
  readonly configured?: boolean;
}

const FLOOR: Case = { name: 'node -e 0', args: ['-e', '0'] };
const CASES: readonly Case[] = [
  { name: 'srgit --help', args: [cli, '--help'], goal: 2.5 },
  { name: 'srgit --version', args: [cli, '--version'] },
  { name: 'srgit export --help', args: [cli, 'export', '--help'] },
  { name: 'srgit describe', args: [cli, 'describe', '--tree', tree], goal: 4 },
  { name: '  with srgit.yaml', args: [cli, 'describe'], configured: true },
];

const [plain, configured] = ['plain', 'configured'].map((name) => mkdtempSync(join(tmpdir(), `srgit-bench-${name}-`)));
const times = new Map<Case, number[]>();
try {
  writeFileSync(
    join(configured ?? '', 'srgit.yaml'),
    `tree: ${JSON.stringify(tree)}\nregistries:\n  prod: { url: "http://localhost:8081" }\n`,
  );
  // The first run of all fills the cache of compiled code.
  for (const one of [FLOOR, ...CASES]) cpuSeconds(one);
  for (let round = 0; round < Number(rounds); round++) {
    for (const one of [FLOOR, ...CASES]) times.set(one, [...(times.get(one) ?? []), cpuSeconds(one)]);
  }
} finally {
  for (const made of [plain, configured]) if (made !== undefined) rmSync(made, { recursive: true, force: true });
}

const floor = median(times.get(FLOOR) ?? []);
console.log(`Node ${process.versions.node}, ${rounds} rounds, medians of processor time (user and system)`);
console.log(`${FLOOR.name.padEnd(22)} ${milliseconds(floor)}`);
for (const one of CASES) {
  const time = median(times.get(one) ?? []);
  const ratio = time / floor;
  const goal = one.goal === undefined ? '' : `  goal ${one.goal}: ${ratio <= one.goal ? 'met' : 'missed'}`;
  console.log(`${one.name.padEnd(22)} ${milliseconds(time)}  ratio ${ratio.toFixed(2)}${goal}`);
}

/** Of a whole process, as the shell's `time` has it: in thousandths, where /proc has hundredths. */
function cpuSeconds({ name, args, configured: isConfigured = false }: Case): number {
  const { status, stderr } = spawnSync(
    'bash',
    ['-c', 'TIMEFORMAT="%U %S"; time "$0" "$@" >/dev/null', process.execPath, ...args],
    { cwd: isConfigured ? configured : plain, encoding: 'utf8' },
  );
  const [user, system] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  if (status !== 0 || user === undefined || system === undefined) throw new Error(`${name} failed: ${stderr}`);
  return user + system;
}

function milliseconds(seconds: number): string {
  return `${(seconds * 1000).toFixed(0).padStart(5)} ms`;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
