/**
 * The catalogue of a large registry: how long writing it takes against reading the tree alone, in the same run; how much the
 * first page weighs; and how soon the search answers, in a real browser.
 *
 * Usage: node bench/site.ts [subjects] [versions] [bytes] [runs]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { startBrowser } from '../test/site/support.ts';
import { syntheticSnapshot } from './synthetic-registry.ts';

const [subjects = '5000', versions = '3', bytes = '2000', runs = '5'] = process.argv.slice(2);
const here = import.meta.dirname;
const folder = mkdtempSync(join(tmpdir(), 'srgit-bench-'));
const tree = join(folder, 'schemas');
/** Of a frame at 60 a second. */
const FRAME_MS = 1000 / 60;

try {
  await writeTree();
  const read: Cost[] = [];
  const write: Cost[] = [];
  let out = '';
  for (let run = 0; run < Number(runs); run++) {
    read.push(program('read-tree', tree));
    out = join(folder, `site-${run}`);
    write.push(program('write-site', tree, out));
  }
  console.log(`${subjects} subjects x ${versions} versions of about ${bytes} bytes, ${runs} runs, medians`);
  // On a machine that does other things too, the processor's time tells more than the clock.
  for (const [kind, what] of [
    ['wall', 'by the clock'],
    ['processor', 'of the processor'],
  ] as const) {
    const reading = median(read.map((cost) => cost[kind]));
    const writing = median(write.map((cost) => cost[kind]));
    const seconds = [reading, writing].map((time) => `${(time / 1000).toFixed(2)} s`);
    console.log(
      `${what.padEnd(18)}  reading the tree ${seconds[0]}, srgit site ${seconds[1]}: ratio ${(writing / reading).toFixed(2)} (at most 3)`,
    );
  }
  weigh(out);
  await searchIn(out);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function writeTree(): Promise<void> {
  const { applyWritePlan } = await import('../src/tree/apply-write.ts');
  const { planTreeWrite } = await import('../src/tree/plan-write.ts');
  const { readTreeIndex } = await import('../src/tree/read-index.ts');
  const snapshot = syntheticSnapshot({ subjects: Number(subjects), versions: Number(versions), bytes: Number(bytes) });
  const options = { covers: () => true, retiresIds: true, includeSensitive: false, now: '2026-01-02T03:04:05Z' };
  await applyWritePlan(tree, await planTreeWrite(await readTreeIndex(tree), snapshot, options));
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@example.com', ...args], { cwd: folder });
  git('init', '--quiet');
  git('-c', 'core.bigFileThreshold=1', '-c', 'core.compression=1', 'add', '--all');
  git('commit', '--quiet', '--message', 'first');
}

interface Cost {
  /** Milliseconds, of the work alone: both would pay for a start that is not theirs. */
  readonly wall: number;
  readonly processor: number;
}

function program(name: 'read-tree' | 'write-site', ...args: readonly string[]): Cost {
  const output = execFileSync(process.execPath, [join(here, 'site-process.ts'), name, ...args], { encoding: 'utf8' });
  return JSON.parse(output);
}

function weigh(out: string): void {
  const { folder: files } = JSON.parse(readFileSync(join(out, 'srgit-site.json'), 'utf8'));
  const first = [
    'index.html',
    ...['app.js', 'style.css', 'icon.svg', 'data/index.js'].map((file) => join(files, file)),
  ];
  const sizes = first.map((file) => gzipSync(readFileSync(join(out, file))).length);
  const pieces = readdirSync(join(out, files, 'data'));
  console.log(
    `first page          ${(sum(sizes) / 1000).toFixed(0)} kB compressed (at most 200), ${first.length} files`,
  );
  const languages = gzipSync(readFileSync(join(out, files, 'languages.js'))).length;
  console.log(
    `first schema        ${(languages / 1000).toFixed(0)} kB more, once; ${pieces.length} pieces of data in all`,
  );
}

/** Types words letter by letter; each letter's answer is measured in the page, from the key to the list on the page. */
async function searchIn(out: string): Promise<void> {
  const browser = await startBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(pathToFileURL(join(out, 'index.html')).href);
    await page.waitForSelector('main h1');
    const words = ['orders-004711', 'field_123_4', 'amounts minor', '14999', 'team-42', 'no such thing'];
    const times: { first: number[]; again: number[] } = { first: [], again: [] };
    for (const round of ['first', 'again'] as const) {
      for (const word of words) {
        await page.evaluate('performance.clearMeasures()');
        await page.fill('.bar input', '');
        await page.focus('.bar input');
        await page.keyboard.type(word, { delay: 60 });
        await page.waitForFunction(
          `performance.getEntriesByName('srgit-search').some(({ detail }) => detail === ${JSON.stringify(word)})`,
        );
        const found = await page.evaluate<number[]>(
          "performance.getEntriesByName('srgit-search').map(({ duration }) => duration)",
        );
        times[round].push(...found);
      }
    }
    for (const [round, what] of [
      ['first', 'search, pieces fetched'],
      ['again', 'search, pieces there'],
    ] as const) {
      const sorted = times[round].sort((a, b) => a - b);
      const late = sorted.filter((time) => time > FRAME_MS).length;
      console.log(
        `${what.padEnd(22)}  median ${median(sorted).toFixed(1)} ms, 95 % ${quantile(sorted, 0.95).toFixed(1)} ms, slowest ` +
          `${quantile(sorted, 1).toFixed(1)} ms; ${late} of ${sorted.length} answers took longer than a frame (16.7 ms)`,
      );
    }
  } finally {
    await browser.close();
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
