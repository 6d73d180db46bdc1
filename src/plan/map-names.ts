/** What the source's names become in the target: `subject_mapping`, then `--to-context`. */
import type { Reference } from '../model/schema-version.ts';
import {
  contextSubject,
  DEFAULT_CONTEXT,
  formatSubjectName,
  GLOBAL_CONTEXT,
  parseSubjectName,
} from '../model/subject-name.ts';
import { contextName } from '../semantics/contexts.ts';
import { canonicalSubject, contextOf, referencedSubject } from '../semantics/names.ts';
import type { PlanOptions, Problem } from './plan.ts';

export interface NameMapping {
  /** Qualified source subject to qualified target subject. */
  readonly subject: (name: string) => string;
  /** `.name` to `.name`. */
  readonly context: (name: string) => string;
  readonly problems: readonly Problem[];
}

interface Rule {
  readonly context: string;
  readonly prefix: string;
  /** Undefined: the whole name must be `prefix`. */
  readonly suffix?: string;
  readonly to: { readonly context: string; readonly prefix: string; readonly suffix: string };
}

/**
 * Compiles the mapping. A rule without a context is about the default one, on both sides; the first that matches
 * counts. What is in the moved context after that goes into the other one.
 */
export function compileNameMapping(options: Pick<PlanOptions, 'subjectMapping' | 'toContext'>): NameMapping {
  const problems: Problem[] = [];
  const rules: Rule[] = [];
  for (const { from, to } of options.subjectMapping) {
    const rule = compileRule(from, to);
    if (rule !== undefined) rules.push(rule);
    else {
      problems.push({
        severity: 'error',
        reason: 'INVALID_SUBJECT',
        message: `subject_mapping cannot tell what ${from} becomes: ${to} must have as many * as it, at most one`,
        hint: 'Write names, or one * on both sides: "orders-*": "restored-orders-*".',
      });
    }
  }
  const moved = options.toContext && {
    from: contextName(options.toContext.from),
    to: contextName(options.toContext.to),
  };
  const context = (name: string): string => (moved !== undefined && name === moved.from ? moved.to : name);
  const exact = new Map(rules.flatMap((rule, at) => (rule.suffix === undefined ? [[exactKey(rule), at]] : [])));
  const globs = rules.flatMap((rule, at) => (rule.suffix === undefined ? [] : [{ rule, at }]));
  const findRule = (of: { readonly context: string; readonly subject: string }): Rule | undefined => {
    const exactAt = exact.get(exactKey({ context: of.context, prefix: of.subject })) as number | undefined;
    const glob = globs.find(({ rule }) => matches(rule, of));
    return exactAt !== undefined && (glob === undefined || exactAt < glob.at) ? rules[exactAt] : glob?.rule;
  };
  return {
    context,
    subject: (name) => {
      const parsed = parseSubjectName(name);
      // The name of a context itself is no subject that a rule could be about.
      const rule = parsed.subject === '' ? undefined : findRule(parsed);
      const mapped = rule === undefined ? parsed : apply(rule, parsed);
      return formatSubjectName({ context: context(mapped.context), subject: mapped.subject });
    },
    problems,
  };
}

function compileRule(from: string, to: string): Rule | undefined {
  const source = parseSubjectName(canonicalSubject(from));
  const target = parseSubjectName(canonicalSubject(to));
  const [prefix = '', suffix, ...more] = source.subject.split('*');
  const [toPrefix = '', toSuffix, ...toMore] = target.subject.split('*');
  if (more.length + toMore.length > 0 || (suffix === undefined) !== (toSuffix === undefined)) return undefined;
  if (source.context.includes('*') || target.context.includes('*')) return undefined;
  const rule = {
    context: source.context,
    prefix,
    to: { context: target.context, prefix: toPrefix, suffix: toSuffix ?? '' },
  };
  return suffix === undefined ? rule : { ...rule, suffix };
}

function exactKey({ context, prefix }: Pick<Rule, 'context' | 'prefix'>): string {
  return `${context}\u0000${prefix}`;
}

function matches({ context, prefix, suffix = '' }: Rule, of: { readonly context: string; readonly subject: string }) {
  const { subject } = of;
  if (of.context !== context || subject.length < prefix.length + suffix.length) return false;
  return subject.startsWith(prefix) && subject.endsWith(suffix);
}

function apply({ prefix, suffix, to }: Rule, { subject }: { readonly subject: string }) {
  const star = suffix === undefined ? '' : subject.slice(prefix.length, subject.length - suffix.length);
  return { context: to.context, subject: to.prefix + star + to.suffix };
}

/** Key of a context's settings: `` for the default one (`GET /config`), else `:.name:`. */
export function levelOfContext(context: string): string {
  return context === DEFAULT_CONTEXT ? '' : contextSubject(context);
}

export const GLOBAL_SETTINGS = contextSubject(GLOBAL_CONTEXT);

/**
 * How a referrer in the target names a subject of the target: as the source had it where that still means it, else in
 * the shortest way.
 *
 * @returns undefined where it cannot be named: the default context from another one.
 */
export function spellReference(referrer: string, target: string, original: Reference['subject']): string | undefined {
  const { context, subject } = parseSubjectName(target);
  const ways = [original, ...(context === contextOf(referrer) ? [subject] : []), target];
  return ways.find((way) => referencedSubject(referrer, way) === target);
}
