/** What a journal of a restore says, line by line. */
import type { JsonValue } from '../../model/json.ts';

export const JOURNAL_FORMAT = 1;

/** A level's setting as it was before the plan. */
export interface PriorSetting {
  readonly kind: 'mode' | 'config';
  /** Qualified subject, `:.ctx:` or `` for the registry. */
  readonly level: string;
  /** To be put back with PUT; null with DELETE. */
  readonly before: string | Readonly<Record<string, JsonValue>> | null;
}

export type JournalEntry =
  | {
      readonly event: 'open';
      readonly format: typeof JOURNAL_FORMAT;
      /** Hash of the plan, which lies beside the journal. */
      readonly plan: string;
      /** Hash of what was asked for and of the source: the same request made again continues this plan. */
      readonly request: string;
      readonly registry: string;
      /** Base URLs without credentials: a registry is known again by any of them. */
      readonly urls: readonly string[];
      readonly steps: number;
      readonly at: string;
    }
  | { readonly event: 'prior'; readonly settings: readonly PriorSetting[] }
  /** From here on it may have been sent. */
  | { readonly event: 'begin'; readonly step: number }
  | { readonly event: 'done'; readonly step: number; readonly id?: number; readonly version?: number }
  /** The registry was asked twice: the first answer did not tell whether it was done. */
  | { readonly event: 'doubt'; readonly step: number; readonly message: string }
  | { readonly event: 'failed'; readonly step: number; readonly unknown: boolean; readonly message: string }
  | { readonly event: 'put-back'; readonly kind: 'mode' | 'config'; readonly level: string }
  | { readonly event: 'resume'; readonly done: number; readonly at: string }
  /**
   * `complete`: every step is done. `stopped`: not all, but temporary settings are put back; the same request goes on.
   * `abandoned`: another request came; nothing is left to do for this one.
   */
  | { readonly event: 'end'; readonly outcome: 'complete' | 'stopped' | 'abandoned'; readonly at: string };

/** What is known of a restore from its journal. */
export interface JournalState {
  readonly open: Extract<JournalEntry, { readonly event: 'open' }>;
  readonly prior: readonly PriorSetting[];
  /** Steps done, with the id and version that the registry gave. */
  readonly done: ReadonlyMap<number, { readonly id?: number; readonly version?: number }>;
  readonly begun: ReadonlySet<number>;
  /** Levels put back after the steps that are done, as `kind level`. */
  readonly putBack: ReadonlySet<string>;
  readonly outcome: 'complete' | 'stopped' | 'abandoned' | 'unfinished';
}

/**
 * Reads the lines of a journal; undefined when its first is not there, since then nothing was begun. A last line that
 * was cut off by a crash is not there either.
 */
export function readEntries(text: string): JournalState | undefined {
  const lines = text.split('\n');
  // What follows the last line break was not written to its end.
  lines.pop();
  let open: JournalState['open'] | undefined;
  let prior: readonly PriorSetting[] = [];
  const done = new Map<number, { readonly id?: number; readonly version?: number }>();
  const begun = new Set<number>();
  const putBack = new Set<string>();
  let outcome: JournalState['outcome'] = 'unfinished';
  for (const line of lines) {
    const entry = parseEntry(line);
    if (entry === undefined) continue;
    switch (entry.event) {
      case 'open':
        open = entry;
        break;
      case 'prior':
        prior = entry.settings;
        break;
      case 'begin':
        begun.add(entry.step);
        outcome = 'unfinished';
        break;
      case 'done':
        done.set(entry.step, entry);
        break;
      case 'put-back':
        putBack.add(settingKey(entry));
        break;
      case 'resume':
        // What was put back may be set again from here on.
        putBack.clear();
        outcome = 'unfinished';
        break;
      case 'end':
        outcome = entry.outcome;
        break;
      default:
    }
  }
  return open === undefined ? undefined : { open, prior, done, begun, putBack, outcome };
}

export function settingKey({ kind, level }: { readonly kind: string; readonly level: string }): string {
  return `${kind} ${level}`;
}

/** A line of a journal; undefined when it is none. */
export function parseEntry(line: string): JournalEntry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isEntry(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Journals are our own and never in git; this keeps out what a person did to one by hand. */
function isEntry(value: unknown): value is JournalEntry {
  if (typeof value !== 'object' || value === null || !('event' in value)) return false;
  const entry = value as Readonly<Record<string, unknown>>;
  switch (entry['event']) {
    case 'open':
      return (
        entry['format'] === JOURNAL_FORMAT &&
        typeof entry['plan'] === 'string' &&
        typeof entry['request'] === 'string' &&
        Array.isArray(entry['urls'])
      );
    case 'prior':
      return Array.isArray(entry['settings']) && entry['settings'].every(isPrior);
    case 'begin':
    case 'done':
    case 'doubt':
    case 'failed':
      return Number.isInteger(entry['step']);
    case 'put-back':
      return isKind(entry['kind']) && typeof entry['level'] === 'string';
    case 'end':
      return ['complete', 'stopped', 'abandoned'].includes(String(entry['outcome']));
    default:
      return entry['event'] === 'resume';
  }
}

function isPrior(value: unknown): value is PriorSetting {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, level, before } = value as Partial<Record<keyof PriorSetting, unknown>>;
  const isValue = kind === 'mode' ? typeof before === 'string' : typeof before === 'object';
  return isKind(kind) && typeof level === 'string' && (before === null || isValue);
}

function isKind(kind: unknown): kind is PriorSetting['kind'] {
  return kind === 'mode' || kind === 'config';
}
