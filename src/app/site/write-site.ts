/**
 * Writes the catalogue as files. They lie in one folder that is named after their content, beside the page that names it:
 * the page changes in one step from a complete site to a complete site, and what a browser has kept stays right.
 */
import { createHash, type Hash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { SrgitError, throwIfAborted } from '../../errors.ts';
import { buildSite } from '../../site/build-site.ts';
import { dataFile } from '../../site/data-file.ts';
import type { SiteIndex } from '../../site/model.ts';
import type { OnProgress } from '../progress.ts';
import { Stopwatch } from '../stopwatch.ts';
import { readFrontEnd, renderPage } from './front-end.ts';
import { type LoadSiteOptions, loadSite } from './load-site.ts';

export interface WriteSiteOptions extends LoadSiteOptions {
  /** Folder of the site; made when it is not there. */
  readonly out: string;
  /** Folder of the pages' own files; those of the package when absent. */
  readonly pages?: string | undefined;
  readonly onProgress?: OnProgress | undefined;
}

export interface WriteSiteResult {
  readonly tree: string;
  readonly out: string;
  /** The page to open. */
  readonly page: string;
  readonly counts: SiteIndex['counts'];
  readonly files: number;
  /** Bytes of all files. */
  readonly bytes: number;
  /** Everything was there already. */
  readonly upToDate: boolean;
  /** Wall milliseconds by phase. */
  readonly durations: Readonly<Record<string, number>>;
}

const RECORD_FILE = 'srgit-site.json';
const PAGE_FILE = 'index.html';
const DRAFT_PREFIX = '.srgit-tmp-site-';
const HOUR_MS = 3_600_000;

/**
 * @throws SrgitError of the tree and of git, SRGIT_USAGE where the folder has another page or lies in the tree,
 * SRGIT_STORAGE_WRITE.
 */
export async function writeSite(options: WriteSiteOptions): Promise<WriteSiteResult> {
  const { out, config, signal, onProgress } = options;
  refuseForeign(out, config.tree);
  const frontEnd = readFrontEnd(options.pages);
  const watch = new Stopwatch();
  onProgress?.({ phase: 'reading the tree', done: 0 });
  const input = await watch.time('read', loadSite(options));
  return guardWrites(out, async () => {
    const before = readRecord(out);
    mkdirSync(out, { recursive: true });
    forgetDrafts(out);
    const draft = join(out, `${DRAFT_PREFIX}${process.pid}`);
    try {
      mkdirSync(join(draft, 'data'), { recursive: true });
      const tally = new Tally(draft);
      for (const [name, text] of frontEnd.files) tally.write(name, text);
      const breathe = async (): Promise<void> => {
        onProgress?.({ phase: 'writing the site', done: tally.files });
        await setImmediate();
        throwIfAborted(signal);
      };
      const writePieces = async (): Promise<SiteIndex> => {
        let last: unknown;
        for await (const { key, value } of buildSite(input, breathe)) {
          tally.write(`data/${key}.js`, dataFile(key, value));
          last = value;
        }
        return last as SiteIndex;
      };
      const index = await watch.time('write', writePieces());
      const base = `site-${tally.digest()}`;
      const isNew = !existsSync(join(out, base));
      if (isNew) renameSync(draft, join(out, base));
      const page = renderPage(frontEnd, { base, title: input.title, served: false });
      const pageIsNew = replaceFile(join(out, PAGE_FILE), page);
      replaceFile(join(out, RECORD_FILE), `${JSON.stringify({ format: 1, folder: base }, null, 2)}\n`);
      if (before !== undefined && before !== base) rmSync(join(out, before), { recursive: true, force: true });
      return {
        tree: config.tree,
        out,
        page: join(out, PAGE_FILE),
        counts: index.counts,
        files: tally.files + 2,
        bytes: tally.bytes + page.length,
        upToDate: !isNew && !pageIsNew,
        durations: watch.durations,
      };
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
  });
}

/** Files of the draft, counted and hashed as they are written. */
class Tally {
  files = 0;
  bytes = 0;
  readonly #folder: string;
  readonly #hash: Hash = createHash('blake2b512');

  constructor(folder: string) {
    this.#folder = folder;
  }

  write(name: string, text: string): void {
    const content = Buffer.from(text);
    writeFileSync(join(this.#folder, name), content);
    this.#hash.update(`${name}\0${content.length}\0`).update(content);
    this.files++;
    this.bytes += content.length;
  }

  digest(): string {
    return this.#hash.digest('hex').slice(0, 16);
  }
}

/** @returns whether it was another before. */
function replaceFile(file: string, text: string): boolean {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return false;
  const draft = `${file}.srgit-tmp`;
  writeFileSync(draft, text);
  renameSync(draft, file);
  return true;
}

/** The folder that the page of an earlier run names; undefined where there is none, or it could be somebody else's. */
function readRecord(out: string): string | undefined {
  try {
    const { folder } = JSON.parse(readFileSync(join(out, RECORD_FILE), 'utf8'));
    return typeof folder === 'string' && /^site-[0-9a-f]{16}$/.test(folder) ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** Of runs that were killed; one that is at work elsewhere is younger. */
function forgetDrafts(out: string): void {
  for (const name of readdirSync(out)) {
    if (!name.startsWith(DRAFT_PREFIX)) continue;
    const age = Date.now() - (statSync(join(out, name), { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > HOUR_MS) rmSync(join(out, name), { recursive: true, force: true });
  }
}

function refuseForeign(out: string, tree: string): void {
  const inside = relative(resolve(tree), resolve(out));
  if (inside === '' || !(inside.startsWith('..') || isAbsolute(inside))) {
    throw new SrgitError('SRGIT_USAGE', `${out} is within the schema tree ${tree}`, {
      hint: 'Choose a folder outside of it: a tree holds schemas only.',
    });
  }
  if (!existsSync(join(out, PAGE_FILE)) || existsSync(join(out, RECORD_FILE))) return;
  throw new SrgitError('SRGIT_USAGE', `${out} has an ${PAGE_FILE} that srgit did not write`, {
    hint: 'Choose another folder, or remove that page first.',
  });
}

async function guardWrites<Result>(out: string, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (cause) {
    if (cause instanceof SrgitError || !(cause instanceof Error) || !('syscall' in cause)) throw cause;
    const reason = 'code' in cause ? String(cause.code) : cause.message;
    throw new SrgitError('SRGIT_STORAGE_WRITE', `the site cannot be written to ${out}: ${reason}`, {
      hint: 'Check the folder, its permissions and the space left; the page that was there still works.',
      cause,
    });
  }
}
