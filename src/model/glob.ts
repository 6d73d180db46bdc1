/**
 * Globs over names. `*` and `**` are any characters, `/` and line breaks too, `?` is one; `[a-z]` and `[!a-z]` are sets,
 * `{a,b}` are alternatives, `\` takes the next character as it is. What is not closed is plain text. Matching takes time
 * in proportion to both lengths whatever the pattern is, which a regular expression does not.
 */
import { SrgitError } from '../errors.ts';

type Token =
  | { readonly kind: 'star' | 'one' }
  | { readonly kind: 'text'; readonly character: string }
  | { readonly kind: 'set'; readonly negated: boolean; readonly ranges: readonly (readonly [string, string])[] };

/** Alternatives that one pattern may stand for. */
const MAX_ALTERNATIVES = 1000;

/** @throws SrgitError SRGIT_USAGE when the pattern stands for more than a thousand alternatives. */
export function compileGlob(pattern: string): (name: string) => boolean {
  const alternatives = expandBraces(pattern).map(tokenize);
  return (name) => {
    const characters = [...name];
    return alternatives.some((tokens) => matches(tokens, characters));
  };
}

function expandBraces(pattern: string): string[] {
  const done: string[] = [];
  const queue = [pattern];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const group = firstGroup(next);
    if (!group) done.push(next);
    else for (const part of group.parts) queue.push(next.slice(0, group.start) + part + next.slice(group.end));
    if (done.length + queue.length > MAX_ALTERNATIVES) {
      throw new SrgitError('SRGIT_USAGE', `a pattern stands for more than ${MAX_ALTERNATIVES} alternatives`, {
        hint: 'Give several simpler patterns.',
      });
    }
  }
  return done;
}

/** The first `{…,…}` of a pattern; braces without a comma, or never closed, are none. */
function firstGroup(pattern: string): { start: number; end: number; parts: readonly string[] } | undefined {
  for (let start = pattern.indexOf('{'); start >= 0; start = pattern.indexOf('{', start + 1)) {
    if (isEscaped(pattern, start)) continue;
    const parts: string[] = [];
    let depth = 0;
    let from = start + 1;
    for (let at = start; at < pattern.length; at++) {
      const character = pattern[at];
      if (character === '\\') at++;
      else if (character === '{') depth++;
      else if (character === ',' && depth === 1) {
        parts.push(pattern.slice(from, at));
        from = at + 1;
      } else if (character === '}' && --depth === 0) {
        if (parts.length === 0) break;
        return { start, end: at + 1, parts: [...parts, pattern.slice(from, at)] };
      }
    }
  }
  return undefined;
}

function isEscaped(pattern: string, at: number): boolean {
  let backslashes = 0;
  while (pattern[at - 1 - backslashes] === '\\') backslashes++;
  return backslashes % 2 === 1;
}

function tokenize(pattern: string): Token[] {
  const tokens: Token[] = [];
  const characters = [...pattern];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? '';
    const set = character === '[' ? readSet(characters, at) : undefined;
    if (set) {
      tokens.push(set.token);
      at = set.end;
    } else if (character === '*') {
      if (tokens.at(-1)?.kind !== 'star') tokens.push({ kind: 'star' });
    } else if (character === '?') tokens.push({ kind: 'one' });
    else if (character === '\\' && at + 1 < characters.length)
      tokens.push({ kind: 'text', character: characters[++at] ?? '' });
    else tokens.push({ kind: 'text', character });
  }
  return tokens;
}

/** The set that begins at `start`; a `]` that comes first is a member of it. */
function readSet(characters: readonly string[], start: number): { token: Token; end: number } | undefined {
  const negated = characters[start + 1] === '!' || characters[start + 1] === '^';
  const first = start + (negated ? 2 : 1);
  const end = characters.indexOf(']', first + 1);
  if (end < 0) return undefined;
  const ranges: [string, string][] = [];
  for (let at = first; at < end; at++) {
    const low = characters[at] ?? '';
    const isRange = characters[at + 1] === '-' && at + 2 < end;
    ranges.push([low, isRange ? (characters[at + 2] ?? low) : low]);
    if (isRange) at += 2;
  }
  return { token: { kind: 'set', negated, ranges }, end };
}

/** Only the last star is ever tried again: what an earlier one could take more, the last one can too. */
function matches(tokens: readonly Token[], characters: readonly string[]): boolean {
  let at = 0;
  let next = 0;
  let star = -1;
  let retry = 0;
  while (at < characters.length) {
    const token = tokens[next];
    if (token?.kind === 'star') {
      star = next++;
      retry = at;
    } else if (token && takes(token, characters[at] ?? '')) {
      at++;
      next++;
    } else if (star >= 0) {
      next = star + 1;
      at = ++retry;
    } else return false;
  }
  while (tokens[next]?.kind === 'star') next++;
  return next === tokens.length;
}

function takes(token: Token, character: string): boolean {
  if (token.kind === 'text') return token.character === character;
  if (token.kind !== 'set') return true;
  return token.ranges.some(([low, high]) => low <= character && character <= high) !== token.negated;
}
