/** Finds a regular expression in a text, by trying, with a limit on the tries. */
import type { AssertionName, PatternNode } from './java-pattern-parse.ts';

/** Steps for one text. Enough for any name of a property; an expression made to take forever ends here. */
const STEP_LIMIT = 200_000;
/** Each repetition of a group is a level of the stack. */
const DEPTH_LIMIT = 1000;

interface Match {
  readonly chars: readonly string[];
  readonly groups: (readonly [number, number] | undefined)[];
  steps: number;
  depth: number;
}

/** What must match behind a node, from a position on. */
type Rest = (at: number) => boolean;

/** Never leaves this file. */
class BudgetSpent extends Error {}

export function matchPattern(node: PatternNode, text: string): boolean {
  const match: Match = { chars: Array.from(text), groups: [], steps: 0, depth: 0 };
  try {
    for (let at = 0; at <= match.chars.length; at++) {
      match.groups.length = 0;
      if (run(match, node, at, () => true)) return true;
    }
  } catch (error) {
    if (!(error instanceof BudgetSpent)) throw error;
  }
  return false;
}

function run(match: Match, node: PatternNode, at: number, rest: Rest): boolean {
  if (++match.steps > STEP_LIMIT || match.depth > DEPTH_LIMIT) throw new BudgetSpent();
  match.depth++;
  const found = runNode(match, node, at, rest);
  match.depth--;
  return found;
}

function runNode(match: Match, node: PatternNode, at: number, rest: Rest): boolean {
  switch (node.kind) {
    case 'char': {
      const char = match.chars[at];
      return char !== undefined && node.test(char) && rest(at + 1);
    }
    case 'sequence':
      return runSequence(match, node.nodes, 0, at, rest);
    case 'choice':
      return node.nodes.some((branch) => run(match, branch, at, rest));
    case 'repeat':
      return runRepeat(match, node, at, rest);
    case 'group':
      return run(match, node.node, at, (end) => {
        const before = match.groups[node.index];
        match.groups[node.index] = [at, end];
        if (rest(end)) return true;
        match.groups[node.index] = before;
        return false;
      });
    case 'atomic': {
      const end = endOf(match, node.node, at);
      return end !== undefined && rest(end);
    }
    case 'look':
      return (node.behind ? endsAt(match, node.node, at) : endOf(match, node.node, at) !== undefined) !== node.negative
        ? rest(at)
        : false;
    case 'backreference': {
      const [from, to] = match.groups[node.index] ?? [];
      if (from === undefined || to === undefined) return false;
      const same = match.chars.slice(from, to).every((char, offset) => match.chars[at + offset] === char);
      return same && rest(at + to - from);
    }
    default:
      return holds(match, node.name, at) && rest(at);
  }
}

function runSequence(match: Match, nodes: readonly PatternNode[], from: number, at: number, rest: Rest): boolean {
  const node = nodes[from];
  if (node === undefined) return rest(at);
  return run(match, node, at, (end) => runSequence(match, nodes, from + 1, end, rest));
}

/** Where a node that is not gone back into ends. */
function endOf(match: Match, node: PatternNode, at: number): number | undefined {
  let found: number | undefined;
  run(match, node, at, (end) => {
    found = end;
    return true;
  });
  return found;
}

function endsAt(match: Match, node: PatternNode, at: number): boolean {
  for (let from = at; from >= 0; from--) if (run(match, node, from, (end) => end === at)) return true;
  return false;
}

type Repeat = Extract<PatternNode, { kind: 'repeat' }>;

function runRepeat(match: Match, node: Repeat, at: number, rest: Rest): boolean {
  if (node.mode === 'possessive') {
    const end = endOf(match, { ...node, mode: 'greedy' }, at);
    return end !== undefined && rest(end);
  }
  return node.node.kind === 'char' ? runCharRepeat(match, node, at, rest) : runGroupRepeat(match, node, 0, at, rest);
}

/** One character repeated: counted, so that it needs no stack. */
function runCharRepeat(match: Match, { node, min, max, mode }: Repeat, at: number, rest: Rest): boolean {
  if (node.kind !== 'char') return false;
  const fits = (index: number): boolean => {
    if (++match.steps > STEP_LIMIT) throw new BudgetSpent();
    const char = match.chars[index];
    return char !== undefined && node.test(char);
  };
  let count = 0;
  while (count < min) if (!fits(at + count++)) return false;
  if (mode === 'lazy') {
    for (; ; count++) {
      if (rest(at + count)) return true;
      if (count >= max || !fits(at + count)) return false;
    }
  }
  while (count < max && fits(at + count)) count++;
  for (; count >= min; count--) if (rest(at + count)) return true;
  return false;
}

function runGroupRepeat(match: Match, node: Repeat, count: number, at: number, rest: Rest): boolean {
  const again = () =>
    count < node.max &&
    run(match, node.node, at, (end) => {
      // A repetition that takes nothing is not repeated, but counts for all that are demanded.
      if (end === at) return rest(end);
      return runGroupRepeat(match, node, count + 1, end, rest);
    });
  if (count < node.min) return again();
  return node.mode === 'lazy' ? rest(at) || again() : again() || rest(at);
}

function holds({ chars }: Match, name: AssertionName, at: number): boolean {
  switch (name) {
    case 'begin':
      return at === 0;
    case 'end':
      return at === chars.length;
    case 'line-begin':
      return at === 0 || isLineEnd(chars[at - 1]);
    case 'line-end':
      return at === chars.length || isLineEnd(chars[at]);
    case 'last-end':
      return at === chars.length || (at === chars.length - 1 && isLineEnd(chars[at]));
    case 'any':
      return true;
    default:
      return (isWord(chars[at - 1]) !== isWord(chars[at])) === (name === 'boundary');
  }
}

function isLineEnd(char: string | undefined): boolean {
  return char !== undefined && /^[\n\r\u0085\u2028\u2029]$/.test(char);
}

function isWord(char: string | undefined): boolean {
  return char !== undefined && /^[\p{L}\p{Nd}_]$/u.test(char);
}
