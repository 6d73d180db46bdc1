/** What the catalogue's tests share: its pages as they are now, sites of trees, and a browser to look at them. */
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type WriteSiteOptions, type WriteSiteResult, writeSite } from '../../src/app/site/write-site.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import type { Config } from '../../src/config/types.ts';
import { cliEntry } from '../support/cli.ts';
import { GIT_ENV } from '../support/git.ts';

const ROOT = join(import.meta.dirname, '../..');
const CACHE = join(ROOT, 'node_modules/.cache/srgit-site');

let pages: string | undefined;

/** Folder of the pages, bundled from today's sources; named after their content, so that no stale one is ever tested. */
export function builtPages(): string {
  pages ??= buildPages();
  return pages;
}

function buildPages(): string {
  const hash = createHash('sha256');
  const folders = ['site', 'src/site', 'src/schema', 'src/model', 'src/render'];
  const files = folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  for (const file of [...files.sort(), join(ROOT, 'scripts/build-site.mjs'), join(ROOT, 'package-lock.json')]) {
    hash.update(`${file.slice(ROOT.length)}\0`).update(readFileSync(file));
  }
  const folder = join(CACHE, hash.digest('hex').slice(0, 16));
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  const made = mkdtempSync(join(CACHE, '.making-'));
  execFileSync(process.execPath, [join(ROOT, 'scripts/build-site.mjs'), made], { stdio: 'pipe' });
  try {
    renameSync(made, folder);
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    // Another worker was quicker.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/** Puts the pages into the command line that tests run, as the package has them. */
export async function givePagesToCli(): Promise<void> {
  const folder = join(dirname(dirname(await cliEntry())), 'dist/site/pages');
  const made = mkdtempSync(join(CACHE, '.making-'));
  cpSync(builtPages(), made, { recursive: true });
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  try {
    renameSync(made, folder);
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    // Another worker was quicker.
    if (!existsSync(join(folder, 'app.js'))) throw error;
  }
}

export function configOf(tree: string): Config {
  return loadConfig({ tree }, {}, ROOT, { registry: false });
}

export function siteOf(tree: string, out: string, options: Partial<WriteSiteOptions> = {}): Promise<WriteSiteResult> {
  return writeSite({ config: configOf(tree), out, env: GIT_ENV, pages: builtPages(), ...options });
}

/** The data that the page of a written site loads. */
export function readData<Value>(out: string, key: string): Value {
  const { folder } = JSON.parse(readFileSync(join(out, 'srgit-site.json'), 'utf8'));
  const text = readFileSync(join(out, folder, 'data', `${key}.js`), 'utf8');
  let value: unknown;
  // The files are the browser's: they are read by running them, as there.
  new Function('srgit', text)({
    put: (_key: string, handed: unknown) => {
      value = handed;
    },
  });
  return value as Value;
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** `SRGIT_CHROMIUM`, one on the path, or else Debian's, which is installed for the administrator. */
async function findChromium(): Promise<string> {
  const named = process.env['SRGIT_CHROMIUM'];
  if (named !== undefined) return named;
  if (onPath() === undefined && process.getuid?.() !== 0) {
    throw new Error('Chromium is needed: install it (Debian: apt-get install chromium) or name it in SRGIT_CHROMIUM');
  }
  let failure: unknown;
  for (let tries = 0; tries < 30; tries++) {
    const found = onPath();
    // It is on the path before all that it needs is there.
    if (found !== undefined && (await run(found, ['--version']).catch(() => undefined)) !== undefined) return found;
    try {
      await apt('update');
      await apt('install', '-y', '--no-install-recommends', 'chromium');
    } catch (error) {
      // Another worker may be at it: only one can.
      failure = error;
      await sleep(10_000);
    }
  }
  throw new Error('Chromium could not be installed', { cause: failure });
}

const run = promisify(execFile);

/** Not waited for by blocking: the runner of the tests takes a worker that does not answer for lost. */
function apt(...args: readonly string[]): Promise<unknown> {
  return run('/usr/bin/apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    maxBuffer: 64 * 1024 * 1024,
  });
}

function onPath(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(':');
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((file) => existsSync(file));
}

export async function startBrowser(): Promise<Browser> {
  // Its sandbox does not work for the administrator.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: await findChromium(), args });
}

/** Everything that a page complains about, as it comes. */
export function listenTo(page: Page): readonly string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!/^(file:|http:\/\/127\.0\.0\.1:)/.test(request.url())) complaints.push(`asked ${request.url()}`);
  });
  return complaints;
}

/** Runs in the page, whose globals this side does not have. */
const VISIT = `async (addresses) => {
  const seen = [];
  for (const address of addresses) {
    location.hash = address;
    const end = performance.now() + 20000;
    const settled = () => document.querySelector('main h1') !== null && document.querySelector('.loading') === null;
    // Twice: what is shown first may ask for more.
    for (let quiet = 0; quiet < 2; ) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      quiet = settled() ? quiet + 1 : 0;
      if (performance.now() > end) throw new Error(address + ' does not come to rest');
    }
    const wide = Math.max(0, document.documentElement.scrollWidth - innerWidth);
    seen.push({ text: document.querySelector('main').textContent, wide });
  }
  return seen;
}`;

/** A page that was visited. */
export interface Seen {
  readonly text: string;
  /** Pixels by which it is wider than the screen. */
  readonly wide: number;
}

/** Goes to addresses of the page that is open, one after the other, and waits each time until nothing is loading. */
export function visitAll(page: Page, addresses: readonly string[]): Promise<readonly Seen[]> {
  return page.evaluate(`(${VISIT})(${JSON.stringify(addresses)})`);
}

/** @returns everything that is told there. */
export async function visit(page: Page, address: string): Promise<string> {
  return (await visitAll(page, [address]))[0]?.text ?? '';
}

/** The address after the `#`, as the browser has it. */
export const addressOf = (page: Page): string => new URL(page.url()).hash;
