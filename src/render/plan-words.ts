/** What a plan's renderings have in common: the same facts in the same words. */
import type { DriftCause } from '../plan/drift-cause.ts';
import type { Plan, PlanStep, SubjectPlan } from '../plan/plan.ts';
import { plural } from './export-report.ts';
import { escapeUnsafe, showName } from './show-name.ts';

/** `2 subjects created, 1 extended; 5 versions registered, 1 deleted; …` or why nothing is done. */
export function summarizePlan({ steps, subjects, problems, target }: Plan): string {
  const name = target.tree === undefined ? showName(target.name) : `a registry like ${showName(target.name)}`;
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.length - errors;
  const verdict =
    errors > 0
      ? `✗ ${plural(errors, 'error')}: nothing can be done to ${name}`
      : steps.length === 0
        ? `✓ ${name} is as asked for`
        : `Plan for ${name}`;
  const outcomes = (['create', 'extend', 'replace', 'prune', 'settings', 'skip'] as const).flatMap((outcome) => {
    const count = subjects.filter((subject) => subject.outcome === outcome).length;
    return count === 0 ? [] : [`${plural(count, 'subject')} ${DONE[outcome]}`];
  });
  const parts = steps.length === 0 ? [] : [...outcomes, ...countSteps(steps)];
  if (warnings > 0) parts.push(plural(warnings, 'warning'));
  return `${[verdict, ...(parts.length === 0 ? [] : [parts.join(', ')])].join(': ')}.`;
}

const DONE: Readonly<Record<SubjectPlan['outcome'], string>> = {
  create: 'created',
  extend: 'extended',
  replace: 'replaced',
  prune: 'pruned',
  settings: 'set',
  skip: 'left alone',
  same: 'the same',
};

function countSteps(steps: readonly PlanStep[]): readonly string[] {
  const registered = steps.filter(({ action }) => action === 'register').length;
  const deleted = steps.reduce((sum, step) => {
    if (step.action === 'delete-subject') return sum + (step.permanent ? 0 : step.versions.length);
    return sum + (step.action === 'delete-version' && !step.permanent ? 1 : 0);
  }, 0);
  const forGood = steps.reduce((sum, step) => {
    if (step.action === 'delete-subject') return sum + (step.permanent ? step.versions.length : 0);
    return sum + (step.action === 'delete-version' && step.permanent ? 1 : 0);
  }, 0);
  return [
    ...(registered > 0 ? [`${plural(registered, 'version')} registered`] : []),
    ...(deleted > 0 ? [`${deleted} soft-deleted`] : []),
    ...(forGood > 0 ? [`${forGood} deleted for good`] : []),
    plural(steps.length, 'step'),
  ];
}

/** Subjects about which there is something to say, in the plan's order. */
export function changedSubjects({ subjects }: Plan): readonly SubjectPlan[] {
  return subjects.filter(({ outcome }) => outcome !== 'same');
}

/** What is done about it, in a few words each. */
export function describeChange({ outcome, adds, deletes, changesConfig, changesMode }: SubjectPlan): readonly string[] {
  const parts = [
    ...(adds.length > 0 ? [`adds ${listVersions(adds)}`] : []),
    ...(deletes.length > 0 ? [`deletes ${listVersions(deletes)}`] : []),
    ...(changesConfig ? ['sets config'] : []),
    ...(changesMode ? ['sets mode'] : []),
  ];
  return parts.length > 0 ? parts : [outcome === 'skip' ? 'left alone' : 'nothing to do'];
}

/** `v1–v3, v5`. */
export function listVersions(versions: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const version of versions) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === version - 1) last[1] = version;
    else ranges.push([version, version]);
  }
  const shown = ranges.slice(0, 8).map(([first, last]) => (first === last ? `v${first}` : `v${first}–v${last}`));
  return ranges.length > 8 ? `${shown.join(', ')}, … (${versions.length})` : shown.join(', ');
}

/** A likely cause, and where it shows. */
export interface PlanCause {
  readonly cause: DriftCause;
  /** Subjects, and levels that are none: as they are shown. */
  readonly places: readonly string[];
}

/** Each cause once, in the order in which the plan meets them. None for a registry that has no schema yet. */
export function groupCauses(plan: Plan): readonly PlanCause[] {
  const places = new Map<DriftCause, string[]>();
  const add = (cause: DriftCause, place: string): void => {
    places.set(cause, [...(places.get(cause) ?? []), place]);
  };
  for (const { subject, causes = [] } of plan.subjects) for (const cause of causes) add(cause, showName(subject));
  if (places.size > 0 || isOfOwnRegistry(plan)) {
    for (const { level, action } of changedLevels(plan)) {
      add(action === 'set-mode' ? 'mode-changed' : 'config-changed', level);
    }
  }
  return [...places].map(([cause, names]) => ({ cause, places: names }));
}

/** It has some of the tree's versions, under the same names. */
function isOfOwnRegistry({ source, target, options, subjects }: Plan): boolean {
  const isRenamed = options.subjectMapping.length > 0 || options.toContext !== undefined;
  if (source.kind !== 'tree' || target.tree !== undefined || isRenamed) return false;
  return subjects.some(({ keeps }) => keeps.length > 0);
}

/** Settings that are no subject's. */
export function describeLevels(plan: Plan): readonly string[] {
  return changedLevels(plan).map(({ level, change }) => `~ ${level}: ${change}`);
}

interface LevelChange {
  readonly level: string;
  readonly action: 'set-config' | 'set-mode';
  readonly change: string;
}

function changedLevels({ steps, subjects }: Plan): readonly LevelChange[] {
  const names = new Set(subjects.map(({ subject }) => subject));
  const changedForNow = new Set<string>();
  return steps.flatMap((step): LevelChange[] => {
    if (step.action !== 'set-config' && step.action !== 'set-mode') return [];
    if (step.temporary) {
      changedForNow.add(`${step.action} ${step.subject}`);
      return [];
    }
    // The first one after a temporary one puts back what was there.
    if (changedForNow.delete(`${step.action} ${step.subject}`) || names.has(step.subject)) return [];
    const { action } = step;
    const level = step.subject === '' ? 'the registry' : nameLevel(step.subject);
    if (step.action === 'set-mode') {
      return [{ level, action, change: `mode ${step.before ?? 'inherited'} → ${step.mode ?? 'inherited'}` }];
    }
    const set = step.config === null ? 'removed' : escapeUnsafe(JSON.stringify(step.config));
    return [{ level, action, change: `config ${set}` }];
  });
}

function nameLevel(level: string): string {
  const context = /^:(\..*):$/s.exec(level)?.[1];
  return context === undefined ? showName(level) : `context ${showName(context)}`;
}

/** `5 → 2`, with contexts where they are not the default one. */
export function changedIds({ ids }: Plan): readonly string[] {
  return ids.flatMap(({ context, from, toContext, to }) => {
    if (from === to && context === toContext) return [];
    const show = (name: string, id: string) => (name === '.' ? id : `${showName(name)} ${id}`);
    return [
      `${show(context, String(from))} → ${show(toContext, to === undefined ? 'given by the registry' : String(to))}`,
    ];
  });
}
