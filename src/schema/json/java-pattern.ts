/**
 * Regular expressions as Java has them, which the registry compiles every `pattern` with: some that JavaScript takes
 * are refused there, and the other way round. Matching has a budget, so that no expression from outside can hang us.
 */
import { matchPattern } from './java-pattern-match.ts';
import { type PatternNode, parsePattern } from './java-pattern-parse.ts';

/** Whether Java compiles it. */
export function isJavaPattern(pattern: string): boolean {
  return parsePattern(pattern) !== undefined;
}

const parsed = new WeakMap<object, Map<string, PatternNode | undefined>>();

/**
 * Whether the expression is found anywhere in a text; false too where that cannot be told within the budget.
 *
 * @param owner remembers the parsed expression for as long as it lives.
 */
export function findsPattern(owner: object, pattern: string, text: string): boolean {
  const known = parsed.get(owner) ?? new Map<string, PatternNode | undefined>();
  parsed.set(owner, known);
  if (!known.has(pattern)) known.set(pattern, parsePattern(pattern)?.node);
  const node = known.get(pattern);
  return node !== undefined && matchPattern(node, text);
}
