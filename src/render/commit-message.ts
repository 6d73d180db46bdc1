/** The message of an export's commit: a title that says what changed, and a line for each change. */
import type { TreeChange } from '../model/tree-change.ts';
import { showName } from './show-name.ts';

/** Lines listed before the rest is only counted: a first export of a large registry needs no 10,000-line message. */
const MAX_LINES = 60;

export function renderCommitMessage(changes: readonly TreeChange[]): string {
  const title = `Export schemas: ${summarise(changes)}`;
  if (changes.length === 0) return title;
  const lines = changes.slice(0, MAX_LINES).map(renderChange);
  if (changes.length > MAX_LINES) lines.push(`… and ${changes.length - MAX_LINES} more`);
  return `${title}\n\n${lines.join('\n')}\n`;
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
