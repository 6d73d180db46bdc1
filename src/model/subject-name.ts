/**
 * Subject names and contexts as a Confluent-compatible registry spells them.
 *
 * `orders-value` is the subject `orders-value` of the default context `.`; `:.staging:orders-value` is the subject
 * of that name in the context `.staging`. `:.staging:` (empty subject) names the context itself in /config and /mode.
 */

/** The default context: subjects in it are written without a qualifier. */
export const DEFAULT_CONTEXT = '.';

/** Pseudo-context whose config and mode stand above every context's own (`:.__GLOBAL:`). */
export const GLOBAL_CONTEXT = '.__GLOBAL';

export interface SubjectName {
  /** `.` or `.name`. */
  readonly context: string;
  /** The name within its context; empty when a context itself is meant. */
  readonly subject: string;
}

/**
 * Splits a possibly qualified name. An unqualified one belongs to `home`, the context of whoever says it: references
 * are stored as sent and usually relative to the referrer's context.
 */
export function parseSubjectName(name: string, home: string = DEFAULT_CONTEXT): SubjectName {
  if (!name.startsWith(':.')) return { context: home, subject: name };
  const end = name.indexOf(':', 1);
  if (end < 0) return { context: name.slice(1), subject: '' };
  return { context: name.slice(1, end), subject: name.slice(end + 1) };
}

/** The name as the registry's listings show it: qualified unless it is in the default context. */
export function formatSubjectName({ context, subject }: SubjectName): string {
  return context === DEFAULT_CONTEXT ? subject : `:${context}:${subject}`;
}

/** The name of a context in `/config/{name}` and `/mode/{name}`: `:.staging:`. */
export function contextSubject(context: string): string {
  return `:${context}:`;
}

/** UTF-16 code unit order: the order of Java's String.compareTo, so the registry's own. Also `Array.sort`'s default. */
export function compareCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Contexts in listing order: the default one first, the others by name. */
export function compareContexts(a: string, b: string): number {
  if (a === b) return 0;
  if (a === DEFAULT_CONTEXT) return -1;
  if (b === DEFAULT_CONTEXT) return 1;
  return compareCodeUnits(a, b);
}
