/** A plan as text: what speaks against it first, then a line for each subject, then the ids that change. */
import type { Plan, Problem, SubjectPlan } from '../plan/plan.ts';
import { CAUSE_WORDS } from './drift-words.ts';
import { plural } from './export-report.ts';
import {
  changedIds,
  changedSubjects,
  describeChange,
  describeLevels,
  groupCauses,
  summarizePlan,
} from './plan-words.ts';
import { escapeUnsafe, showName } from './show-name.ts';

const MAX_PROBLEMS = 50;
const MAX_SUBJECTS = 100;
const MAX_IDS = 30;
const MAX_PLACES = 10;

export { renderPlanMarkdown } from './plan-markdown.ts';

/** For a terminal. */
export function renderPlanText(plan: Plan): string {
  const lines = plan.problems.slice(0, MAX_PROBLEMS).flatMap(describeProblem);
  more(lines, plan.problems.length, MAX_PROBLEMS, 'problem');
  const subjects = changedSubjects(plan);
  lines.push(...subjects.slice(0, MAX_SUBJECTS).map(describeSubject));
  more(lines, subjects.length, MAX_SUBJECTS, 'subject');
  lines.push(...describeLevels(plan));
  const ids = changedIds(plan);
  if (ids.length > 0) {
    lines.push(`Ids that change (${ids.length} of ${plan.ids.length}):`);
    lines.push(...ids.slice(0, MAX_IDS).map((id) => `  ${id}`));
    more(lines, ids.length, MAX_IDS, 'id');
  }
  lines.push(...describeCauses(plan), summarizePlan(plan));
  return lines.join('\n');
}

const MARKS = { error: '✗', warning: '!' } as const;

function describeProblem(problem: Problem): string[] {
  const { severity, reason, message, hint, file } = problem;
  const where = file === undefined ? '' : ` (${escapeUnsafe(file)})`;
  const lines = [`${MARKS[severity]} ${reason} ${escapeUnsafe(message)}${where}`];
  if (hint !== undefined) lines.push(`    ${escapeUnsafe(hint)}`);
  return lines;
}

const SIGNS: Readonly<Record<SubjectPlan['outcome'], string>> = {
  create: '+',
  extend: '+',
  replace: '!',
  prune: '-',
  settings: '~',
  skip: '·',
  same: '=',
};

function describeSubject(subject: SubjectPlan): string {
  return `${SIGNS[subject.outcome]} ${nameSubject(subject)}: ${describeChange(subject).join(', ')}`;
}

function describeCauses(plan: Plan): readonly string[] {
  const causes = groupCauses(plan);
  if (causes.length === 0) return [];
  const lines = causes.map(({ cause, places }) => {
    const rest = places.length > MAX_PLACES ? ` and ${places.length - MAX_PLACES} more` : '';
    return `  ${CAUSE_WORDS[cause]}: ${places.slice(0, MAX_PLACES).join(', ')}${rest}`;
  });
  return ['Likely causes:', ...lines];
}

function nameSubject({ from, subject }: SubjectPlan): string {
  return from === undefined || from === subject ? showName(subject) : `${showName(from)} → ${showName(subject)}`;
}

function more(lines: string[], count: number, shown: number, what: string): void {
  if (count > shown) lines.push(`… and ${plural(count - shown, `more ${what}`)}`);
}
