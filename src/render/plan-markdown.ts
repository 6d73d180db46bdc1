/** A plan for a pull request: what speaks against it, a table of subjects, the ids behind a fold. Bounded in size. */
import type { Plan, Problem, SubjectPlan } from '../plan/plan.ts';
import { CAUSE_WORDS, isGrave } from './drift-words.ts';
import {
  changedIds,
  changedSubjects,
  describeChange,
  describeLevels,
  groupCauses,
  type PlanCause,
  summarizePlan,
} from './plan-words.ts';
import { escapeUnsafe } from './show-name.ts';

/** A comment may have 65,536 characters; other parts want some of them. */
const COMMENT: MarkdownLimits = { length: 50_000, rows: 200 };
const MAX_CELL = 400;
const MAX_PLACES = 10;

export interface MarkdownLimits {
  /** Characters of the whole. */
  readonly length: number;
  /** Of each list and table. */
  readonly rows: number;
}

/** @param limits default those of a part of a comment. */
export function renderPlanMarkdown(plan: Plan, limits: MarkdownLimits = COMMENT): string {
  const errors = plan.problems.filter(({ severity }) => severity === 'error');
  const warnings = plan.problems.filter(({ severity }) => severity === 'warning');
  const subjects = changedSubjects(plan);
  const levels = describeLevels(plan);
  const causes = groupCauses(plan);
  const ids = changedIds(plan);
  const parts = [
    `**${text(summarizePlan(plan))}**`,
    ...(errors.length > 0 ? [section(errors, limits, describeProblem)] : []),
    ...(subjects.length > 0 ? [subjectTable(subjects, limits)] : []),
    ...(levels.length > 0 ? [section(levels, limits, (level) => `- ${text(level.slice(2))}`)] : []),
    ...(causes.length > 0 ? [`Likely causes:\n\n${section(causes, limits, describeCause)}`] : []),
    ...(warnings.length > 0 ? [fold(`${warnings.length} to know`, section(warnings, limits, describeProblem))] : []),
    ...(ids.length > 0
      ? [
          fold(
            `${ids.length} of ${plan.ids.length} ids change`,
            section(ids, limits, (id) => `- ${text(id)}`),
          ),
        ]
      : []),
  ];
  return within(parts, limits.length);
}

/** Whole parts as long as they fit, then as many lines of the next one; of a fold, none: it would not be closed. */
function within(parts: readonly string[], longest: number): string {
  const kept: string[] = [];
  let room = longest;
  for (const part of parts) {
    if (part.length + 2 > room) {
      const end = part.startsWith('<details>') ? -1 : part.lastIndexOf('\n', Math.max(0, room - 2));
      if (end > 0) kept.push(part.slice(0, end));
      kept.push('_The rest is too long to be shown here: run `srgit plan`._');
      break;
    }
    room -= part.length + 2;
    kept.push(part);
  }
  return `${kept.join('\n\n')}\n`;
}

function subjectTable(subjects: readonly SubjectPlan[], limits: MarkdownLimits): string {
  const rows = subjects.slice(0, limits.rows).map((subject) => {
    const { from, subject: name, outcome } = subject;
    const shown = (from === undefined || from === name ? [name] : [from, name]).map(cell).join(' → ');
    return `| ${shown} | ${outcome} | ${text(describeChange(subject).join(', '))} |`;
  });
  const rest = subjects.length > limits.rows ? [`| … and ${subjects.length - limits.rows} more | | |`] : [];
  return ['| subject | | what |', '|---|---|---|', ...rows, ...rest].join('\n');
}

function section<T>(items: readonly T[], { rows }: MarkdownLimits, describe: (item: T) => string): string {
  const lines = items.slice(0, rows).map(describe);
  if (items.length > rows) lines.push(`- … and ${items.length - rows} more`);
  return lines.join('\n');
}

function describeProblem({ severity, reason, message, hint, file }: Problem): string {
  const where = file === undefined ? '' : ` (${code(file)})`;
  const more = hint === undefined ? '' : `<br>${text(hint)}`;
  return `- ${severity === 'error' ? '❌' : '⚠️'} \`${reason}\` ${text(message)}${where}${more}`;
}

function describeCause({ cause, places }: PlanCause): string {
  const rest = places.length > MAX_PLACES ? ` and ${places.length - MAX_PLACES} more` : '';
  const shown = places.slice(0, MAX_PLACES).map(code).join(', ');
  return `- ${isGrave(cause) ? '⚠️ ' : ''}${CAUSE_WORDS[cause]}: ${shown}${rest}`;
}

function fold(title: string, content: string): string {
  return `<details><summary>${text(title)}</summary>\n\n${content}\n\n</details>`;
}

/** Text of others: no markup of it counts, and nothing of it mentions anybody. */
function text(value: string): string {
  const cut = value.length > MAX_CELL ? `${value.slice(0, MAX_CELL).toWellFormed()}…` : value;
  return escapeUnsafe(cut)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_{}[\]()#+!|~]/g, (character) => `\\${character}`)
    .replaceAll('@', '&#64;');
}

/** The same in a table, where a bar ends a cell even within code. */
function cell(value: string): string {
  return code(value).replaceAll('|', '\\|');
}

/** A name as code. Between the longest run of backquotes that it has, and one more. */
function code(value: string): string {
  const cut = value.length > MAX_CELL ? `${value.slice(0, MAX_CELL).toWellFormed()}…` : value;
  const safe = escapeUnsafe(cut);
  const longest = Math.max(0, ...[...safe.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = safe.startsWith('`') || safe.endsWith('`') || safe === '' ? ' ' : '';
  return `${fence}${pad}${safe}${pad}${fence}`;
}
