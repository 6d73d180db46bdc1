/** Differences between two states of a registry as text for a terminal, and as markdown for a pull request. */
import type { SubjectDiff, VersionDiff } from '../plan/diff-snapshots.ts';
import type { DriftCause } from '../plan/drift-cause.ts';
import type { FactChange, SchemaChange, SchemaDiff } from '../schema/outline/diff-schemas.ts';
import { CAUSE_WORDS, isGrave } from './drift-words.ts';
import { plural } from './export-report.ts';
import { escapeUnsafe, showName } from './show-name.ts';

/** Changes of one version that are listed before the rest is only counted. */
const MAX_CHANGES = 60;

/** Longest text of a fact. */
const MAX_FACT = 100;

const SIGNS = {
  added: '+',
  removed: '-',
  changed: '~',
  replaced: '!',
  renumbered: '~',
  amended: '~',
  undeleted: '~',
  'soft-deleted': '~',
};

export function renderDiff(subjects: readonly SubjectDiff[], from: string, to: string): string {
  if (subjects.length === 0) return `No difference between ${from} and ${to}.`;
  const lines = subjects.flatMap(describeSubject);
  return [...lines, '', summarise(subjects)].join('\n');
}

function describeSubject({ subject, change, versions, settings }: SubjectDiff): string[] {
  const lines = [`${SIGNS[change]} ${place(subject)}${change === 'changed' ? '' : ` ${change}`}`];
  for (const version of versions) {
    const more = [...causeLines(version.cause), ...schemaLines(version.schema)];
    lines.push(`    ${versionLine(version)}`, ...more.map((line) => `        ${line}`));
  }
  for (const { setting, from, to, cause } of settings) {
    const line = `~ ${setting} ${short(from ?? 'inherited')} → ${short(to ?? 'inherited')}`;
    lines.push(`    ${line}`, ...causeLines(cause).map((text) => `        ${text}`));
  }
  return lines;
}

function causeLines(cause: DriftCause | undefined): string[] {
  return cause === undefined ? [] : [`likely ${CAUSE_WORDS[cause]}`];
}

function versionLine({ change, version, id, was, against }: VersionDiff): string {
  const number = id === undefined ? 'added by hand, no id yet' : `id ${id}`;
  const told: Readonly<Record<VersionDiff['change'], string>> = {
    added: against === undefined ? '' : `, against version ${against}`,
    removed: '',
    replaced: ' REPLACED by other content',
    renumbered: was === undefined ? ' the same schema, which had no id' : ` the same schema, which was id ${was}`,
    'soft-deleted': ' soft-deleted',
    undeleted: ' no longer deleted',
    amended: ' references or metadata changed',
  };
  return `${SIGNS[change]} version ${version} (${number})${told[change]}`;
}

function schemaLines(schema: SchemaDiff | undefined): string[] {
  if (schema === undefined) return [];
  if (!schema.comparable) return ['the texts cannot be compared part by part'];
  const lines = schema.changes.slice(0, MAX_CHANGES).flatMap((change) => {
    const mark = change.breaks.length === 0 ? '' : `   breaks ${change.breaks.join(' and ')}`;
    return [`${changeLine(change)}${mark}`, ...change.why.map((why) => `    ${escapeUnsafe(why)}`)];
  });
  if (schema.changes.length > MAX_CHANGES) lines.push(`… and ${schema.changes.length - MAX_CHANGES} more`);
  for (const { breaks, why } of schema.otherReasons) lines.push(`breaks ${breaks}: ${escapeUnsafe(why)}`);
  return lines.length === 0 ? ['no change that a reader of data would see'] : lines;
}

function changeLine(change: SchemaChange): string {
  const what = change.kind === 'schema' ? change.name : `${change.kind} ${change.name}`;
  const told =
    change.change === 'removed'
      ? ''
      : change.facts
          .map((fact) => factText(fact, change.change))
          .filter(Boolean)
          .join(', ');
  return `${SIGNS[change.change]} ${escapeUnsafe(what)}${told === '' ? '' : `: ${told}`}`;
}

function factText({ fact, from, to }: FactChange, change: SchemaChange['change']): string {
  // A new item's name is told already, and its type needs no word before it.
  if (change === 'added')
    return fact === 'name' || to === undefined ? '' : fact === 'type' ? short(to) : `${fact} ${short(to)}`;
  if (from === undefined) return `${fact} ${short(to ?? '')} added`;
  if (to === undefined) return `${fact} ${short(from)} removed`;
  return `${fact} ${short(from)} → ${short(to)}`;
}

function short(text: string): string {
  const safe = escapeUnsafe(text);
  return safe.length > MAX_FACT ? `${safe.slice(0, MAX_FACT - 1)}…` : safe;
}

function place(subject: string): string {
  return subject === '' ? 'the registry' : showName(subject);
}

function summarise(subjects: readonly SubjectDiff[]): string {
  const versions = subjects.flatMap((subject) => subject.versions);
  const breaking = versions.filter(({ schema }) => (schema?.breaks.length ?? 0) > 0).length;
  const what = `${plural(subjects.length, 'place')} with differences, ${plural(versions.length, 'version')}`;
  return breaking === 0 ? `${what}.` : `${what}, ${breaking} of them breaking.`;
}

/** @param limit most characters; what does not fit is counted. */
export function renderDiffMarkdown(subjects: readonly SubjectDiff[], from: string, to: string, limit = 60_000): string {
  if (subjects.length === 0) return `No schema differs between ${code(from)} and ${code(to)}.\n`;
  const blocks = subjects.map(describeSubjectMarkdown);
  const shown: string[] = [];
  let length = 0;
  for (const block of blocks) {
    length += block.length + 1;
    if (length > limit) break;
    shown.push(block);
  }
  const rest = blocks.length - shown.length;
  return [summarise(subjects), '', ...shown, ...(rest > 0 ? [`… and ${plural(rest, 'more subject')}`] : []), ''].join(
    '\n',
  );
}

function describeSubjectMarkdown({ subject, change, versions, settings }: SubjectDiff): string {
  const lines = [
    `#### ${subject === '' ? 'The registry' : code(subject)}${change === 'changed' ? '' : ` (${change})`}`,
    '',
  ];
  for (const { setting, from, to, cause } of settings)
    lines.push(`- ${setting}: ${code(from ?? 'inherited')} → ${code(to ?? 'inherited')}${causeMarkdown(cause)}`);
  for (const version of versions) {
    const levels = version.schema?.breaks ?? [];
    lines.push(
      `- ${versionLine(version).slice(2)}${levels.length === 0 ? '' : ` ⚠️ **breaks ${levels.join(' and ')}**`}${causeMarkdown(version.cause)}`,
    );
    for (const change of (version.schema?.changes ?? []).slice(0, MAX_CHANGES)) {
      const mark = change.breaks.length === 0 ? '' : ` ⚠️ breaks ${change.breaks.join(' and ')}`;
      lines.push(`  - ${code(changeLine(change))}${mark}`, ...change.why.map((why) => `    - ${code(why)}`));
    }
    const more = (version.schema?.changes.length ?? 0) - MAX_CHANGES;
    if (more > 0) lines.push(`  - … and ${more} more`);
    for (const { breaks, why } of version.schema?.otherReasons ?? [])
      lines.push(`  - ⚠️ breaks ${breaks}: ${code(why)}`);
  }
  return `${lines.join('\n')}\n`;
}

function causeMarkdown(cause: DriftCause | undefined): string {
  return cause === undefined ? '' : `<br>likely ${isGrave(cause) ? '⚠️ ' : ''}${CAUSE_WORDS[cause]}`;
}

/** Text of a schema in a code span that it cannot end: no markdown, no HTML, no mention comes out of it. */
function code(text: string): string {
  const safe = escapeUnsafe(text);
  const longest = Math.max(0, ...[...safe.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = safe.startsWith('`') || safe.endsWith('`') || safe.trim() === '' ? ' ' : '';
  return `${fence}${pad}${safe}${pad}${fence}`;
}
