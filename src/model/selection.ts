/** Which subjects a command means: globs over subject names. */
import { compileGlob } from './glob.ts';
import { formatSubjectName } from './subject-name.ts';

export interface SubjectSelection {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

export type SubjectFilter = (context: string, subject: string) => boolean;

/**
 * A predicate for a selection. A pattern that begins with `:.` is held against the qualified name
 * (`:.staging:orders-*`), any other against the name within its context. `*` matches every character, `/` too:
 * subject names are not paths.
 */
export function compileSelection(selection: SubjectSelection): SubjectFilter {
  const include = compilePatterns(selection.include);
  const exclude = compilePatterns(selection.exclude);
  return (context, subject) => include(context, subject) && !exclude(context, subject);
}

export function selectsEverything(selection: SubjectSelection): boolean {
  return selection.exclude.length === 0 && selection.include.some((pattern) => pattern === '*' || pattern === '**');
}

function compilePatterns(patterns: readonly string[]): SubjectFilter {
  if (patterns.some((pattern) => pattern === '*' || pattern === '**')) return () => true;
  const matchers = patterns.map((pattern) => ({
    qualified: pattern.startsWith(':.') || pattern.startsWith(':*'),
    matches: compileGlob(pattern),
  }));
  return (context, subject) =>
    matchers.some(({ qualified, matches }) => matches(qualified ? formatSubjectName({ context, subject }) : subject));
}
