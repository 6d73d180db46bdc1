/** The message of an export's commit: a title that says what changed, and a line for each change. */
import type { TreeChange } from '../model/tree-change.ts';
import { showName } from './show-name.ts';

/** Bytes of the body before the rest is only counted: git is given the message as one argument, which Linux bounds at 128 KiB. */
const MAX_BODY = 100_000;

/** Characters of a title that names what changed: git's tools and forges cut what is longer. */
const LIST_LENGTH = 72;

/** No title is longer, whatever a subject is called. */
const MAX_LENGTH = 100;

/**
 * `schemas(prod): orders-value v3, payments-value deleted`, and below it a line for each change.
 *
 * @param registry its name where it has one: then it is the title's scope.
 */
export function renderCommitMessage(changes: readonly TreeChange[], registry?: string): string {
  const title = renderTitle(changes, registry);
  if (changes.length === 0) return title;
  return `${title}\n\n${renderLines(changes).join('\n')}\n`;
}

function renderLines(changes: readonly TreeChange[]): readonly string[] {
  const lines: string[] = [];
  const encoder = new TextEncoder();
  let bytes = 0;
  for (const change of changes) {
    const line = renderChange(change);
    bytes += encoder.encode(line).length + 1;
    if (bytes > MAX_BODY) return [...lines, `… and ${changes.length - lines.length} more`];
    lines.push(line);
  }
  return lines;
}

function renderTitle(changes: readonly TreeChange[], registry: string | undefined): string {
  const prefix = registry === undefined ? 'schemas: ' : `schemas(${cut(showName(registry), 40)}): `;
  const room = LIST_LENGTH - prefix.length;
  if (changes.length === 0) return `${prefix}tree completed`;
  const parts = nameChanges(changes);
  const list = parts.join(', ');
  if (list.length <= room || parts.length === 1) return cut(prefix + list, MAX_LENGTH);
  return cut(prefix + summarise(changes), MAX_LENGTH);
}

/** By subject, in the order of the changes, what broke its word first: `orders-value v3-v5`, `payments-value deleted`. */
function nameChanges(changes: readonly TreeChange[]): readonly string[] {
  const groups = new Map<string, { readonly name: string; readonly verb: string; readonly versions: number[] }>();
  const ordered = [...changes].sort((a, b) => Number(isBroken(b)) - Number(isBroken(a)));
  for (const change of ordered) {
    const name = nameOf(change);
    const verb = verbOf(change);
    const key = JSON.stringify([name, verb]);
    const group = groups.get(key) ?? { name, verb, versions: [] };
    if ('version' in change) group.versions.push(change.version);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ name, verb, versions }) =>
    [name, ...ranges(versions), verb].filter((word) => word !== '').join(' '),
  );
}

function isBroken({ kind }: TreeChange): boolean {
  return kind === 'version-replaced';
}

function nameOf(change: TreeChange): string {
  return 'context' in change ? `context ${showName(change.context)}` : place(change.subject);
}

function verbOf(change: TreeChange): string {
  const verb = VERBS[change.kind];
  if (change.kind !== 'compatibility' && change.kind !== 'mode') return verb;
  return `${verb} ${change.to ?? 'inherited'}`;
}

/** A new version is told by its number alone. */
const VERBS: Readonly<Record<TreeChange['kind'], string>> = {
  'subject-added': 'added',
  'subject-removed': 'deleted',
  'version-added': '',
  'version-removed': 'deleted',
  'version-soft-deleted': 'soft-deleted',
  'version-undeleted': 'undeleted',
  'version-replaced': 'REPLACED',
  'version-amended': 'amended',
  compatibility: 'compatibility',
  mode: 'mode',
  config: 'config',
  'context-added': 'added',
  'context-removed': 'deleted',
};

/** Nothing, or one word: `v3`, `v1-v4`, `v1-v4+v6`. */
function ranges(versions: readonly number[]): readonly string[] {
  const found: [number, number][] = [];
  for (const version of [...versions].sort((a, b) => a - b)) {
    const last = found.at(-1);
    if (last !== undefined && last[1] === version - 1) last[1] = version;
    else found.push([version, version]);
  }
  const words = found.map(([first, last]) => (first === last ? `v${first}` : `v${first}-v${last}`));
  return words.length === 0 ? [] : [words.join('+')];
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`;
}

/** One change as one line: `+ orders-value v3 (id 7)`. */
export function renderChange(change: TreeChange): string {
  switch (change.kind) {
    case 'subject-added':
      return `+ ${showName(change.subject)} (${count(change.versions, 'version')})`;
    case 'subject-removed':
      return `- ${showName(change.subject)} (${count(change.versions, 'version')})`;
    case 'version-added':
      return `+ ${showName(change.subject)} v${change.version} (id ${change.id})`;
    case 'version-removed':
      return `- ${showName(change.subject)} v${change.version} (id ${change.id})`;
    case 'version-soft-deleted':
      return `~ ${showName(change.subject)} v${change.version} (id ${change.id}) soft-deleted`;
    case 'version-undeleted':
      return `~ ${showName(change.subject)} v${change.version} (id ${change.id}) no longer deleted`;
    case 'version-replaced':
      return `! ${showName(change.subject)} v${change.version} (id ${change.id}) REPLACED by other content`;
    case 'version-amended':
      return `~ ${showName(change.subject)} v${change.version} (id ${change.id}) details changed`;
    case 'context-added':
      return `+ context ${showName(change.context)}`;
    case 'context-removed':
      return `- context ${showName(change.context)}`;
    case 'config':
      return `~ ${place(change.subject)} config`;
    default:
      return `~ ${place(change.subject)} ${change.kind} ${change.from ?? 'inherited'} → ${change.to ?? 'inherited'}`;
  }
}

/** `2 subjects added, 1 version added, 3 settings changed`; a single change is told in full. */
export function summarise(changes: readonly TreeChange[]): string {
  const [only, ...others] = changes;
  if (only === undefined) return 'tree completed';
  if (others.length === 0) return renderChange(only).slice(2);
  const tally = new Map<string, number>();
  for (const change of changes) {
    const group = GROUPS[change.kind];
    tally.set(group, (tally.get(group) ?? 0) + 1);
  }
  return [...tally].map(([group, number]) => count(number, ...splitGroup(group))).join(', ');
}

const GROUPS: Readonly<Record<TreeChange['kind'], string>> = {
  'subject-added': 'subject added',
  'subject-removed': 'subject removed',
  'version-added': 'version added',
  'version-removed': 'version removed',
  'version-soft-deleted': 'version soft-deleted',
  'version-undeleted': 'version undeleted',
  'version-replaced': 'version REPLACED',
  'version-amended': 'version amended',
  compatibility: 'setting changed',
  mode: 'setting changed',
  config: 'setting changed',
  'context-added': 'context added',
  'context-removed': 'context removed',
};

function splitGroup(group: string): [string, string] {
  const [noun = '', verb = ''] = group.split(' ');
  return [noun, ` ${verb}`];
}

function count(number: number, noun: string, suffix = ''): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}${suffix}`;
}

function place(subject: string): string {
  return subject === '' ? 'global' : showName(subject);
}
