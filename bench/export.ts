/**
 * Export of a large registry, against the plain download of the same bulk listing in the same run.
 *
 * Usage: node bench/export.ts [subjects] [versions] [bytes] [runs]
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [subjects = '10000', versions = '3', bytes = '2000', runs = '5'] = process.argv.slice(2);
const here = import.meta.dirname;
const cli = join(here, '../bin/run.js');

const registry = spawn(process.execPath, [join(here, 'registry-process.ts'), subjects, versions, bytes], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const url = await new Promise<string>((resolve) =>
  registry.stdout.once('data', (data: Buffer) => resolve(String(data).trim())),
);

interface Run {
  readonly wall: number;
  readonly out: string;
}

function run(args: readonly string[], cwd: string): Run {
  const start = performance.now();
  const out = execFileSync(process.execPath, [...args], { cwd, encoding: 'utf8', maxBuffer: 1 << 28 });
  return { wall: (performance.now() - start) / 1000, out };
}

const folders: string[] = [];
const plain: number[] = [];
const first: number[] = [];
const second: number[] = [];
let lastFirst = '';
let lastSecond = '';
try {
  run([join(here, 'plain-download.ts'), url], here);
  for (let i = 0; i < Number(runs); i++) {
    // Folders are removed at the end only: ext4 is slow to create files right after many were deleted.
    const folder = mkdtempSync(join(tmpdir(), 'srgit-bench-'));
    folders.push(folder);
    execFileSync('git', ['init', '--quiet', '--initial-branch=main'], { cwd: folder });
    const args = [
      cli,
      'export',
      '--url',
      url,
      '--commit',
      '--json',
      '--quiet',
      '--author-name=bench',
      '--author-email=bench@example.com',
    ];
    plain.push(run([join(here, 'plain-download.ts'), url], here).wall);
    const one = run(args, folder);
    first.push(one.wall);
    lastFirst = one.out;
    plain.push(run([join(here, 'plain-download.ts'), url], here).wall);
    const two = run(args, folder);
    second.push(two.wall);
    lastSecond = two.out;
  }
} finally {
  registry.kill();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

const floor = median(plain);
console.log(`${subjects} subjects x ${versions} versions of about ${bytes} bytes, ${runs} runs, medians of wall time`);
console.log(`plain download      ${floor.toFixed(2)} s`);
for (const [name, times, out] of [
  ['first export', first, lastFirst],
  ['unchanged export', second, lastSecond],
] as const) {
  const time = median(times);
  const { durations, requests } = JSON.parse(out);
  console.log(
    `${name.padEnd(18)}  ${time.toFixed(2)} s  ratio ${(time / floor).toFixed(2)}  ${JSON.stringify(durations)} ${requests.requests} requests`,
  );
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
