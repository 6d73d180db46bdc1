/** The grammar of Java's `Pattern`, with its errors. */
import { type CharTest, type PatternCursor, parseClass, readEscapedChar, readPredicate } from './java-pattern-class.ts';

export type PatternNode =
  | { readonly kind: 'char'; readonly test: CharTest }
  | { readonly kind: 'sequence'; readonly nodes: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly nodes: readonly PatternNode[] }
  | {
      readonly kind: 'repeat';
      readonly node: PatternNode;
      readonly min: number;
      readonly max: number;
      readonly mode: 'greedy' | 'lazy' | 'possessive';
    }
  | { readonly kind: 'group'; readonly node: PatternNode; readonly index: number }
  | { readonly kind: 'atomic'; readonly node: PatternNode }
  | { readonly kind: 'look'; readonly node: PatternNode; readonly behind: boolean; readonly negative: boolean }
  | { readonly kind: 'backreference'; readonly index: number }
  | { readonly kind: 'assertion'; readonly name: AssertionName };

export type AssertionName =
  | 'begin'
  | 'end'
  | 'line-begin'
  | 'line-end'
  | 'last-end'
  | 'boundary'
  | 'no-boundary'
  | 'any';

/** Never leaves this file. */
export class PatternFault extends Error {}

const DEPTH_LIMIT = 250;

interface Parser extends PatternCursor {
  groups: number;
  depth: number;
  readonly names: Map<string, number>;
}

/** @returns undefined where Java throws a `PatternSyntaxException`. */
export function parsePattern(pattern: string): { readonly node: PatternNode } | undefined {
  try {
    const parser: Parser = {
      chars: Array.from(unquote(pattern)),
      at: 0,
      flags: new Set(),
      groups: 0,
      depth: 0,
      names: new Map(),
    };
    const node = parseChoice(parser);
    // What ends a choice before the end of the text is a closing parenthesis that nothing opened.
    return parser.at < parser.chars.length ? undefined : { node };
  } catch (error) {
    if (error instanceof PatternFault) return undefined;
    throw error;
  }
}

function fail(message: string): never {
  throw new PatternFault(message);
}

/** Replaces `\Q…\E` with the same, escaped. */
function unquote(pattern: string): string {
  let out = '';
  let at = 0;
  while (at < pattern.length) {
    if (pattern[at] !== '\\') {
      out += pattern[at++];
    } else if (pattern[at + 1] === 'Q') {
      const end = pattern.indexOf('\\E', at + 2);
      const literal = pattern.slice(at + 2, end < 0 ? pattern.length : end);
      out += literal.replace(/[^A-Za-z0-9\u0080-\uffff]/g, '\\$&');
      at = end < 0 ? pattern.length : end + 2;
    } else {
      out += pattern.slice(at, at + 2);
      at += 2;
    }
  }
  return out;
}

function parseChoice(parser: Parser): PatternNode {
  const nodes = [parseSequence(parser)];
  while (parser.chars[parser.at] === '|') {
    parser.at++;
    nodes.push(parseSequence(parser));
  }
  const [only] = nodes;
  return nodes.length === 1 && only !== undefined ? only : { kind: 'choice', nodes };
}

function parseSequence(parser: Parser): PatternNode {
  const nodes: PatternNode[] = [];
  for (;;) {
    skipComments(parser);
    const char = parser.chars[parser.at];
    if (char === undefined || char === '|' || char === ')') return { kind: 'sequence', nodes };
    if (char === '*' || char === '+' || char === '?') fail('dangling meta character');
    const node = parseAtom(parser, char);
    if (node !== undefined) nodes.push(parseRepeat(parser, node));
  }
}

/** White space and `#` to the end of the line mean nothing under the flag `x`. */
function skipComments(parser: Parser): void {
  if (!parser.flags.has('x')) return;
  for (;;) {
    const char = parser.chars[parser.at] ?? '';
    if (/^[ \t\n\v\f\r]$/.test(char)) {
      parser.at++;
    } else if (char === '#') {
      while (parser.at < parser.chars.length && parser.chars[parser.at] !== '\n') parser.at++;
    } else {
      return;
    }
  }
}

/** Undefined for flags, which are no node and cannot be repeated. */
function parseAtom(parser: Parser, char: string): PatternNode | undefined {
  if (char === '(') return parseGroup(parser);
  // An opening brace repeats nothing; what follows it is checked as a repetition.
  if (char === '{') return { kind: 'sequence', nodes: [] };
  if (char === '[') return { kind: 'char', test: parseClass(parser, fail) };
  if (char === '\\') return parseEscape(parser);
  parser.at++;
  if (char === '.') return { kind: 'char', test: dot(parser.flags) };
  if (char === '^') return { kind: 'assertion', name: parser.flags.has('m') ? 'line-begin' : 'begin' };
  if (char === '$') return { kind: 'assertion', name: parser.flags.has('m') ? 'line-end' : 'last-end' };
  return { kind: 'char', test: literal(parser.flags, char) };
}

const LINE_ENDS = new Set(['\n', '\r', '\u0085', '\u2028', '\u2029']);

function dot(flags: ReadonlySet<string>): CharTest {
  if (flags.has('s')) return () => true;
  return flags.has('d') ? (char) => char !== '\n' : (char) => !LINE_ENDS.has(char);
}

function literal(flags: ReadonlySet<string>, expected: string): CharTest {
  if (!flags.has('i')) return (char) => char === expected;
  const lower = expected.toLowerCase();
  return (char) => char.toLowerCase() === lower;
}

function parseRepeat(parser: Parser, node: PatternNode): PatternNode {
  skipComments(parser);
  const char = parser.chars[parser.at];
  let range: readonly [number, number];
  if (char === '?') range = [0, 1];
  else if (char === '*') range = [0, Number.POSITIVE_INFINITY];
  else if (char === '+') range = [1, Number.POSITIVE_INFINITY];
  else if (char === '{') range = parseRange(parser);
  else return node;
  parser.at++;
  const sign = parser.chars[parser.at];
  const mode = sign === '?' ? 'lazy' : sign === '+' ? 'possessive' : 'greedy';
  if (mode !== 'greedy') parser.at++;
  return { kind: 'repeat', node, min: range[0], max: range[1], mode };
}

/** Stops at the closing brace. */
function parseRange(parser: Parser): readonly [number, number] {
  const rest = parser.chars.slice(parser.at, parser.at + 40).join('');
  const match = /^\{(\d+)(?:(,)(\d*))?\}/.exec(rest);
  if (match === null) return fail('illegal repetition');
  const [whole, low = '', comma, high = ''] = match;
  parser.at += whole.length - 1;
  const min = Number(low);
  const max = comma === undefined ? min : high === '' ? Number.POSITIVE_INFINITY : Number(high);
  const isTooLarge = min > 0x7fffffff || (max !== Number.POSITIVE_INFINITY && max > 0x7fffffff);
  return isTooLarge || max < min ? fail('illegal repetition range') : [min, max];
}

const NO_SPECIAL_GROUP = /^(?!\?)/;
const GROUP_HEADS: readonly (readonly [RegExp, string])[] = [
  [/^\?:/, 'plain'],
  [/^\?=/, 'ahead'],
  [/^\?!/, 'not-ahead'],
  [/^\?>/, 'atomic'],
  [/^\?<=/, 'behind'],
  [/^\?<!/, 'not-behind'],
  [/^\?<([A-Za-z][A-Za-z0-9]*)>/, 'named'],
  [/^\?([idmsuxU]*)(?:-([idmsuxU]*))?([:)])/, 'flags'],
  [NO_SPECIAL_GROUP, 'capturing'],
];

function parseGroup(parser: Parser): PatternNode | undefined {
  if (++parser.depth > DEPTH_LIMIT) fail('nested too deeply');
  const rest = parser.chars.slice(parser.at + 1, parser.at + 100).join('');
  for (const [head, kind] of GROUP_HEADS) {
    const match = head.exec(rest);
    if (match === null) continue;
    parser.at += 1 + match[0].length;
    const outer = parser.flags;
    if (kind === 'flags') {
      parser.flags = changeFlags(outer, match[1] ?? '', match[2] ?? '');
      if (match[3] === ')') {
        parser.depth--;
        return undefined;
      }
    }
    const node = parseGroupBody(parser, kind, match[1] ?? '');
    if (parser.chars[parser.at] !== ')') fail('unclosed group');
    parser.at++;
    parser.flags = outer;
    parser.depth--;
    return node;
  }
  return fail('unknown group');
}

function changeFlags(flags: ReadonlySet<string>, on: string, off: string): ReadonlySet<string> {
  return new Set([...flags, ...on].filter((flag) => !off.includes(flag)));
}

function parseGroupBody(parser: Parser, kind: string, name: string): PatternNode {
  if (kind === 'capturing' || kind === 'named') {
    const index = ++parser.groups;
    if (kind === 'named') {
      if (parser.names.has(name)) fail('a group of that name is already defined');
      parser.names.set(name, index);
    }
    return { kind: 'group', node: parseChoice(parser), index };
  }
  const node = parseChoice(parser);
  if (kind === 'atomic') return { kind: 'atomic', node };
  if (kind === 'plain' || kind === 'flags') return node;
  const behind = kind.endsWith('behind');
  if (behind && !hasLongest(node)) fail('look-behind without an obvious maximum length');
  return { kind: 'look', node, behind, negative: kind.startsWith('not') };
}

function hasLongest(node: PatternNode): boolean {
  switch (node.kind) {
    case 'repeat':
      return node.max !== Number.POSITIVE_INFINITY && hasLongest(node.node);
    case 'sequence':
    case 'choice':
      return node.nodes.every(hasLongest);
    case 'group':
    case 'atomic':
      return hasLongest(node.node);
    default:
      return node.kind !== 'backreference';
  }
}

const ASSERTIONS: ReadonlyMap<string, AssertionName> = new Map([
  ['A', 'begin'],
  ['z', 'end'],
  ['Z', 'last-end'],
  ['b', 'boundary'],
  ['B', 'no-boundary'],
  ['G', 'any'],
]);

const LINE_BREAK = /[\n\v\f\r\u0085\u2028\u2029]/;

function parseEscape(parser: Parser): PatternNode {
  const char = parser.chars[parser.at + 1];
  if (char === undefined) return fail('a backslash at the end');
  const assertion = ASSERTIONS.get(char);
  if (assertion !== undefined) {
    parser.at += 2;
    if (char === 'b' && parser.chars.slice(parser.at, parser.at + 3).join('') === '{g}') parser.at += 3;
    return { kind: 'assertion', name: assertion };
  }
  if (/^[1-9]$/.test(char)) return parseBackreference(parser);
  if (char === 'k') {
    const match = /^<([A-Za-z][A-Za-z0-9]*)>/.exec(parser.chars.slice(parser.at + 2, parser.at + 100).join(''));
    const index = parser.names.get(match?.[1] ?? '') ?? fail('no such group');
    parser.at += 2 + (match?.[0].length ?? 0);
    return { kind: 'backreference', index };
  }
  if (char === 'R') {
    parser.at += 2;
    return { kind: 'char', test: (here) => LINE_BREAK.test(here) };
  }
  if (char === 'X') {
    parser.at += 2;
    return { kind: 'char', test: () => true };
  }
  const predicate = readPredicate(parser, fail);
  if (predicate !== undefined) return { kind: 'char', test: predicate };
  const code = readEscapedChar(parser, fail);
  return { kind: 'char', test: literal(parser.flags, String.fromCodePoint(code)) };
}

/** More digits belong to the number as long as there are that many groups. */
function parseBackreference(parser: Parser): PatternNode {
  parser.at++;
  let index = Number(parser.chars[parser.at++]);
  while (/^\d$/.test(parser.chars[parser.at] ?? '')) {
    const longer = index * 10 + Number(parser.chars[parser.at]);
    if (longer > parser.groups) break;
    index = longer;
    parser.at++;
  }
  return { kind: 'backreference', index };
}
