/** A plan for a pull request: what speaks against it, a table of subjects, the ids behind a fold. Bounded in size. */
import type { Plan, Problem, SubjectPlan } from '../plan/plan.ts';
import { changedIds, changedSubjects, describeChange, describeLevels, summarizePlan } from './plan-words.ts';
import { escapeUnsafe } from './show-name.ts';

/** A comment may have 65,536 characters; other parts want some of them. */
const MAX_LENGTH = 50_000;
const MAX_ROWS = 200;
const MAX_CELL = 400;

export function renderPlanMarkdown(plan: Plan): string {
  const errors = plan.problems.filter(({ severity }) => severity === 'error');
  const warnings = plan.problems.filter(({ severity }) => severity === 'warning');
  const subjects = changedSubjects(plan);
  const levels = describeLevels(plan);
  const ids = changedIds(plan);
  const parts = [
    `**${text(summarizePlan(plan))}**`,
    ...(errors.length > 0 ? [section(errors, describeProblem)] : []),
    ...(subjects.length > 0 ? [subjectTable(subjects)] : []),
    ...(levels.length > 0 ? [section(levels, (level) => `- ${text(level.slice(2))}`)] : []),
    ...(warnings.length > 0 ? [fold(`${warnings.length} to know`, section(warnings, describeProblem))] : []),
    ...(ids.length > 0
      ? [
          fold(
            `${ids.length} of ${plan.ids.length} ids change`,
            section(ids, (id) => `- ${text(id)}`),
          ),
        ]
      : []),
  ];
  return within(parts);
}

/** Whole parts as long as they fit. */
function within(parts: readonly string[]): string {
  const kept: string[] = [];
  let length = 0;
  for (const part of parts) {
    length += part.length + 2;
    if (length > MAX_LENGTH) {
      kept.push('_The rest is too long to be shown here: run `srgit plan`._');
      break;
    }
    kept.push(part);
  }
  return `${kept.join('\n\n')}\n`;
}

function subjectTable(subjects: readonly SubjectPlan[]): string {
  const rows = subjects.slice(0, MAX_ROWS).map((subject) => {
    const { from, subject: name, outcome } = subject;
    const shown = (from === undefined || from === name ? [name] : [from, name]).map(cell).join(' → ');
    return `| ${shown} | ${outcome} | ${text(describeChange(subject).join(', '))} |`;
  });
  const rest = subjects.length > MAX_ROWS ? [`| … and ${subjects.length - MAX_ROWS} more | | |`] : [];
  return ['| subject | | what |', '|---|---|---|', ...rows, ...rest].join('\n');
}

function section<T>(items: readonly T[], describe: (item: T) => string): string {
  const lines = items.slice(0, MAX_ROWS).map(describe);
  if (items.length > MAX_ROWS) lines.push(`- … and ${items.length - MAX_ROWS} more`);
  return lines.join('\n');
}

function describeProblem({ severity, reason, message, hint, file }: Problem): string {
  const where = file === undefined ? '' : ` (${code(file)})`;
  const more = hint === undefined ? '' : `<br>${text(hint)}`;
  return `- ${severity === 'error' ? '❌' : '⚠️'} \`${reason}\` ${text(message)}${where}${more}`;
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
