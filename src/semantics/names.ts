/** Names as the state's keys spell them, and what a name stands for in settings and references. */
import { contextSubject, DEFAULT_CONTEXT, formatSubjectName, parseSubjectName } from '../model/subject-name.ts';

/** Key of the registry's global settings, which are those of the default context (`GET /config`). */
export const GLOBAL_KEY = '';

/** `:.__GLOBAL:`, the level above every context. */
export const GLOBAL_LEVEL = ':.__GLOBAL:';

/** The two levels that always answer, with the server's default when nothing is set. */
export function isGlobalLevel(subject: string): boolean {
  return subject === GLOBAL_KEY || subject === GLOBAL_LEVEL;
}

/** The one spelling of a subject: `:.:a` is `a`, `:.x` is `:.x:`. The empty string is the default context itself. */
export function canonicalSubject(name: string): string {
  return name.startsWith(':.') ? formatSubjectName(parseSubjectName(name)) : name;
}

export function contextOf(subject: string): string {
  return parseSubjectName(subject).context;
}

/** A context as messages show it: nothing for the default one, `:.x:` otherwise. */
export function contextInMessage(subject: string): string {
  const { context } = parseSubjectName(subject);
  return context === DEFAULT_CONTEXT ? '' : contextSubject(context);
}

/**
 * The subject a reference means. Relative to its referrer's context unless it names another one. Observed: from a
 * non-default context the default one cannot be named, `:.:addr` said in `.y` is the subject `:.:addr` of `.y`.
 */
export function referencedSubject(referrer: string, subject: string): string {
  const home = contextOf(referrer);
  if (home === DEFAULT_CONTEXT) return canonicalSubject(subject);
  if (subject.startsWith(':.') && contextOf(subject) !== DEFAULT_CONTEXT) return canonicalSubject(subject);
  return `${contextSubject(home)}${subject}`;
}

const RESERVED = new Set(['__GLOBAL', '__EMPTY']);

/** Whether schemas and settings can be written under this name. */
export function isValidSubject(subject: string): boolean {
  const { context, subject: name } = parseSubjectName(subject);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what the rule is about
  return !RESERVED.has(name) && !/[\u0000-\u001f\u007f-\u009f]/.test(subject) && context !== '';
}

/** The settings keys asked in turn for a subject: its own, its context's, then `:.__GLOBAL:`. */
export function settingsScope(subject: string): readonly string[] {
  const { context } = parseSubjectName(subject);
  const ofContext = context === DEFAULT_CONTEXT ? GLOBAL_KEY : contextSubject(context);
  return subject === ofContext ? [subject, GLOBAL_LEVEL] : [subject, ofContext, GLOBAL_LEVEL];
}
