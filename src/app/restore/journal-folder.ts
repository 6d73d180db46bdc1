/** The journals of a tree: `<plan hash>.ndjson`, and beside each the plan that it is of. */
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { SrgitError } from '../../errors.ts';
import { sha256Of } from '../../model/text-bytes.ts';
import { canonicalJson } from '../../plan/canonical-json.ts';
import { hashPlan } from '../../plan/fingerprint.ts';
import type { Plan } from '../../plan/plan.ts';
import { lockTree, type TreeLock } from '../../tree/lock.ts';
import { Journal } from './journal.ts';
import { JOURNAL_FORMAT, type JournalState, type PriorSetting, parseEntry, readEntries } from './journal-entries.ts';
import { makeStateFolder, stateFailure } from './state-folder.ts';

const JOURNAL_FOLDER = 'journal';

/** A journal whose restore did not come to its end. */
export interface UnfinishedJournal {
  readonly file: string;
  readonly state: JournalState;
  /** Undefined where the file is gone or damaged. */
  readonly plan: Plan | undefined;
}

/** The same for the same source and options, whatever the registry has become meanwhile. */
export function hashRequest(plan: Plan): string {
  return sha256Of(canonicalJson([plan.source.fingerprint, plan.options]));
}

/** One restore at a time for each registry of a tree. @throws SrgitError SRGIT_TREE_WRITE naming the other process. */
export function lockRegistry(stateFolder: string, urls: readonly string[]): TreeLock {
  return lockTree(join(makeStateFolder(stateFolder, JOURNAL_FOLDER), sha256Of(shownUrls(urls).join(' ')).slice(0, 16)));
}

/** Unfinished journals of restores into a registry, known by any of its URLs; oldest first. */
export function findUnfinished(stateFolder: string, urls: readonly string[]): readonly UnfinishedJournal[] {
  const folder = join(stateFolder, JOURNAL_FOLDER);
  if (!existsSync(folder)) return [];
  const shown = new Set(shownUrls(urls));
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ndjson'))
    .flatMap((name): UnfinishedJournal[] => {
      const file = join(folder, name);
      if (isOver(file)) return [];
      const state = readEntries(readFileSync(file, 'utf8'));
      if (state === undefined || state.outcome === 'complete' || state.outcome === 'abandoned') return [];
      if (!state.open.urls.some((url) => shown.has(url))) return [];
      return [{ file, state, plan: readPlan(folder, state.open.plan) }];
    })
    .sort((a, b) => (a.state.open.at < b.state.open.at ? -1 : 1));
}

/** As much of a journal's end as its last line is in. */
const TAIL_BYTES = 4096;

/** Whether the last line says that nothing is left to do. Journals of large restores are megabytes, and are kept. */
function isOver(file: string): boolean {
  const handle = openSync(file, 'r');
  try {
    const { size } = fstatSync(handle);
    const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(handle, tail, 0, tail.length, size - tail.length);
    const last = tail.toString('utf8').trimEnd().split('\n').at(-1);
    const entry = last === undefined ? undefined : parseEntry(last);
    return entry?.event === 'end' && entry.outcome !== 'stopped';
  } finally {
    closeSync(handle);
  }
}

export interface OpenJournalOptions {
  readonly stateFolder: string;
  readonly plan: Plan;
  readonly urls: readonly string[];
  readonly prior: readonly PriorSetting[];
  /** ISO 8601. */
  readonly at: string;
}

/**
 * Begins a journal: the plan, the first line and the prior settings are on the disk when it resolves.
 *
 * @throws SrgitError SRGIT_TREE_WRITE
 */
export async function beginJournal(options: OpenJournalOptions): Promise<Journal> {
  const { plan, urls, prior, at } = options;
  const folder = makeStateFolder(options.stateFolder, JOURNAL_FOLDER);
  const hash = hashPlan(plan);
  const file = join(folder, `${hash}.ndjson`);
  // The same plan of the same state carried out before: that one is history, and kept.
  if (existsSync(file)) renameSync(file, join(folder, `${hash}.${at.replaceAll(/[^0-9TZ]/g, '')}.ndjson`));
  writeDurably(join(folder, `${hash}.plan.json`), JSON.stringify(plan));
  const journal = await Journal.open(file);
  journal.note({
    event: 'open',
    format: JOURNAL_FORMAT,
    plan: hash,
    request: hashRequest(plan),
    registry: plan.target.name,
    urls: shownUrls(urls),
    steps: plan.steps.length,
    at,
  });
  journal.note({ event: 'prior', settings: prior });
  await journal.sync();
  return journal;
}

function readPlan(folder: string, hash: string): Plan | undefined {
  try {
    const plan = JSON.parse(readFileSync(join(folder, `${hash}.plan.json`), 'utf8')) as Plan;
    // It is our own file; the hash in its name proves that it is whole.
    return hashPlan(plan) === hash ? plan : undefined;
  } catch {
    return undefined;
  }
}

function writeDurably(file: string, text: string): void {
  try {
    const handle = openSync(file, 'w', 0o600);
    try {
      for (let bytes = Buffer.from(text); bytes.length > 0; ) bytes = bytes.subarray(writeSync(handle, bytes));
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch (cause) {
    throw stateFailure(file, cause);
  }
}

/** Without credentials, query and trailing slash; each once, sorted. */
function shownUrls(urls: readonly string[]): readonly string[] {
  const shown = urls.map((text) => {
    const url = URL.parse(text);
    if (url === null) throw new SrgitError('SRGIT_INTERNAL', 'the registry’s URL was not checked');
    return (url.origin + url.pathname).replace(/\/+$/, '');
  });
  return [...new Set(shown)].sort();
}
