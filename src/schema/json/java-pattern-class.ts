/** Classes of characters in Java's regular expressions: `[a-z&&[^x]]`, `\d`, `\p{L}`. */

/** Says whether a character (one code point, or half of a broken pair) belongs to a class. */
export type CharTest = (char: string) => boolean;

export interface PatternCursor {
  /** Code points. */
  readonly chars: readonly string[];
  at: number;
  flags: ReadonlySet<string>;
}

type Fail = (message: string) => never;

export function not(test: CharTest): CharTest {
  return (char) => !test(char);
}

function matches(expression: RegExp): CharTest {
  return (char) => expression.test(char);
}

const PREDICATES: ReadonlyMap<string, CharTest> = new Map([
  ['d', matches(/^[0-9]$/)],
  ['s', matches(/^[ \t\n\v\f\r]$/)],
  ['w', matches(/^[A-Za-z0-9_]$/)],
  ['h', matches(/^[ \t\u00a0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000]$/)],
  ['v', matches(/^[\n\v\f\r\u0085\u2028\u2029]$/)],
]);

/** `\d`, `\P{Lu}` and their like; undefined when the escape stands for one character. Steps over what it reads. */
export function readPredicate(cursor: PatternCursor, fail: Fail): CharTest | undefined {
  const char = cursor.chars[cursor.at + 1] ?? '';
  const test = PREDICATES.get(char.toLowerCase());
  if (test !== undefined) {
    cursor.at += 2;
    return char === char.toLowerCase() ? test : not(test);
  }
  if (char !== 'p' && char !== 'P') return undefined;
  cursor.at += 2;
  const property = propertyTest(readPropertyName(cursor, fail)) ?? fail('unknown property');
  return char === 'p' ? property : not(property);
}

function readPropertyName(cursor: PatternCursor, fail: Fail): string {
  const first = cursor.chars[cursor.at];
  if (first === undefined) return fail('a property without a name');
  if (first !== '{') {
    cursor.at++;
    return first;
  }
  const end = cursor.chars.indexOf('}', cursor.at);
  if (end < 0) return fail('unclosed property name');
  const name = cursor.chars.slice(cursor.at + 1, end).join('');
  cursor.at = end + 1;
  return name === '' ? fail('empty property name') : name;
}

/** Characters of these ranges of code points. */
function between(...ranges: readonly (readonly [number, number])[]): CharTest {
  return (char) => {
    const code = char.codePointAt(0) ?? 0;
    return ranges.some(([from, to]) => code >= from && code <= to);
  };
}

const POSIX: ReadonlyMap<string, CharTest> = new Map([
  ['Lower', matches(/^[a-z]$/)],
  ['Upper', matches(/^[A-Z]$/)],
  ['ASCII', between([0, 0x7f])],
  ['Alpha', matches(/^[A-Za-z]$/)],
  ['Digit', matches(/^[0-9]$/)],
  ['Alnum', matches(/^[A-Za-z0-9]$/)],
  ['Punct', matches(/^[!-/:-@[-`{-~]$/)],
  ['Graph', matches(/^[!-~]$/)],
  ['Print', matches(/^[ -~]$/)],
  ['Blank', matches(/^[ \t]$/)],
  ['Cntrl', between([0, 0x1f], [0x7f, 0x7f])],
  ['XDigit', matches(/^[0-9A-Fa-f]$/)],
  ['Space', matches(/^[ \t\n\v\f\r]$/)],
  ['L1', between([0, 0xff])],
  ['all', () => true],
  ['ALL', () => true],
  ['LD', matches(/^[\p{L}\p{Nd}]$/u)],
]);

const CATEGORY = /^(?:C[nfcos]?|L[ultmoC]?|M[nec]?|N[dlo]?|P[dsecoif]?|S[mcko]?|Z[slp]?)$/;
const JAVA_METHODS: ReadonlyMap<string, string> = new Map([
  ['javaLowerCase', '\\p{Lowercase}'],
  ['javaUpperCase', '\\p{Uppercase}'],
  ['javaAlphabetic', '\\p{Alphabetic}'],
  ['javaIdeographic', '\\p{Ideographic}'],
  ['javaTitleCase', '\\p{Lt}'],
  ['javaDigit', '\\p{Nd}'],
  ['javaDefined', '\\P{Cn}'],
  ['javaLetter', '\\p{L}'],
  ['javaLetterOrDigit', '[\\p{L}\\p{Nd}]'],
  ['javaJavaIdentifierStart', '[\\p{L}\\p{Nl}\\p{Sc}\\p{Pc}]'],
  ['javaJavaIdentifierPart', '[\\p{L}\\p{Nl}\\p{Sc}\\p{Pc}\\p{Nd}\\p{M}]'],
  ['javaUnicodeIdentifierStart', '\\p{ID_Start}'],
  ['javaUnicodeIdentifierPart', '\\p{ID_Continue}'],
  ['javaSpaceChar', '\\p{Z}'],
  ['javaWhitespace', '[ \\t-\\r\\x1c-\\x1f\\p{Z}]'],
  ['javaISOControl', '\\p{Cc}'],
  ['javaMirrored', '\\p{Bidi_Mirrored}'],
]);
const BINARY = new Map([
  ['ALPHABETIC', 'Alphabetic'],
  ['LETTER', 'L'],
  ['IDEOGRAPHIC', 'Ideographic'],
  ['LOWERCASE', 'Lowercase'],
  ['UPPERCASE', 'Uppercase'],
  ['TITLECASE', 'Lt'],
  ['WHITE_SPACE', 'White_Space'],
  ['WHITESPACE', 'White_Space'],
  ['CONTROL', 'Cc'],
  ['PUNCTUATION', 'P'],
  ['HEX_DIGIT', 'Hex_Digit'],
  ['HEXDIGIT', 'Hex_Digit'],
  ['ASSIGNED', 'Assigned'],
  ['NONCHARACTER_CODE_POINT', 'Noncharacter_Code_Point'],
  ['NONCHARACTERCODEPOINT', 'Noncharacter_Code_Point'],
  ['DIGIT', 'Nd'],
  ['ALNUM', 'Alphabetic'],
  ['EMOJI', 'Emoji'],
  ['EMOJI_PRESENTATION', 'Emoji_Presentation'],
  ['EMOJI_MODIFIER', 'Emoji_Modifier'],
  ['EMOJI_MODIFIER_BASE', 'Emoji_Modifier_Base'],
  ['EMOJI_COMPONENT', 'Emoji_Component'],
  ['EXTENDED_PICTOGRAPHIC', 'Extended_Pictographic'],
]);

function propertyTest(name: string): CharTest | undefined {
  const posix = POSIX.get(name);
  if (posix !== undefined) return posix;
  const method = JAVA_METHODS.get(name);
  if (method !== undefined) return unicodeTest(method);
  const [key = '', value] = name.split('=', 2);
  if (value !== undefined) {
    const kind = key.toLowerCase();
    if (kind === 'sc' || kind === 'script') return scriptTest(value);
    if (kind === 'gc' || kind === 'general_category') return categoryTest(value);
    return kind === 'blk' || kind === 'block' ? blockTest(value) : undefined;
  }
  if (name.startsWith('In')) return blockTest(name.slice(2));
  if (name.startsWith('Is')) {
    const inner = name.slice(2);
    const binary = BINARY.get(inner.toUpperCase());
    if (binary !== undefined) return unicodeTest(`\\p{${binary}}`);
    return categoryTest(inner) ?? scriptTest(inner);
  }
  return categoryTest(name);
}

function categoryTest(name: string): CharTest | undefined {
  if (!CATEGORY.test(name)) return undefined;
  return name === 'LC' ? unicodeTest('[\\p{Lu}\\p{Ll}\\p{Lt}]') : unicodeTest(`\\p{${name}}`);
}

/** Java takes script names in any case. */
function scriptTest(name: string): CharTest | undefined {
  const spelled = name.toLowerCase().replace(/(^|_)[a-z]/g, (start) => start.toUpperCase());
  return unicodeTest(`\\p{Script=${spelled}}`);
}

/** JavaScript knows no blocks: such a class is taken for valid, and holds nothing. */
function blockTest(name: string): CharTest | undefined {
  return /^[A-Za-z][A-Za-z0-9 _-]*$/.test(name) ? () => false : undefined;
}

function unicodeTest(source: string): CharTest | undefined {
  try {
    return matches(new RegExp(`^${source}$`, 'u'));
  } catch {
    return undefined;
  }
}

const SINGLE: ReadonlyMap<string, number> = new Map([
  ['t', 9],
  ['n', 10],
  ['r', 13],
  ['f', 12],
  ['a', 7],
  ['e', 27],
]);

/** The code point of an escape that stands for one character. Steps over it. */
export function readEscapedChar(cursor: PatternCursor, fail: Fail): number {
  const char = cursor.chars[cursor.at + 1];
  if (char === undefined) return fail('a backslash at the end');
  const rest = cursor.chars.slice(cursor.at + 2, cursor.at + 14).join('');
  const take = (length: number, code: number): number => {
    cursor.at += 2 + length;
    return code;
  };
  const single = SINGLE.get(char);
  if (single !== undefined) return take(0, single);
  if (char === '0') {
    const digits = /^(?:[0-3][0-7]{0,2}|[4-7][0-7]?)/.exec(rest)?.[0] ?? fail('illegal octal escape');
    return take(digits.length, Number.parseInt(digits, 8));
  }
  if (char === 'x') {
    const [whole, braced, plain] = /^(?:\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{2}))/.exec(rest) ?? fail('illegal hex escape');
    const code = Number.parseInt(braced ?? plain ?? '', 16);
    return code <= 0x10ffff ? take(whole.length, code) : fail('illegal hex escape');
  }
  if (char === 'u') {
    const [whole, high = '', low] =
      /^([0-9a-fA-F]{4})(?:\\u([dD][c-fC-F][0-9a-fA-F]{2}))?/.exec(rest) ?? fail('illegal Unicode escape');
    const first = Number.parseInt(high, 16);
    if (low === undefined || first < 0xd800 || first > 0xdbff) return take(4, first);
    return take(whole.length, 0x10000 + ((first - 0xd800) << 10) + (Number.parseInt(low, 16) - 0xdc00));
  }
  if (char === 'c') {
    const control = cursor.chars[cursor.at + 2] ?? fail('illegal control escape');
    return take(1, (control.codePointAt(0) ?? 0) ^ 64);
  }
  if (char === 'N') {
    const [whole] =
      /^\{[A-Za-z0-9 -]+\}/.exec(cursor.chars.slice(cursor.at + 2, cursor.at + 120).join('')) ?? fail('name');
    return take(whole.length, 0);
  }
  // Other letters are kept for later versions; everything else stands for itself.
  return /^[A-Za-z1-9]$/.test(char) ? fail('unsupported escape') : take(0, char.codePointAt(0) ?? 0);
}

const DEPTH_LIMIT = 250;

/** Begins at the opening bracket, ends behind the closing one. */
export function parseClass(cursor: PatternCursor, fail: Fail, depth = 0): CharTest {
  cursor.at++;
  const isNegated = cursor.chars[cursor.at] === '^';
  if (isNegated) cursor.at++;
  const test = parseMembers(cursor, fail, depth);
  cursor.at++;
  return isNegated ? not(test) : test;
}

/** Up to the closing bracket, which stays. What follows `&&` is cut with all that stands before. */
function parseMembers(cursor: PatternCursor, fail: Fail, depth: number): CharTest {
  if (depth > DEPTH_LIMIT) fail('nested too deeply');
  const tests: CharTest[] = [];
  for (;;) {
    const char = cursor.chars[cursor.at];
    if (char === undefined) return fail('unclosed character class');
    if (char === ']' && tests.length > 0) return anyOf(tests);
    if (char === '&' && cursor.chars[cursor.at + 1] === '&') {
      cursor.at += 2;
      while (cursor.chars[cursor.at] === '&') cursor.at++;
      // Nothing on the right: the left side stands alone.
      if (cursor.chars[cursor.at] === ']' && tests.length > 0) return anyOf(tests);
      const left = tests.length === 0 ? undefined : anyOf(tests);
      const right = parseMembers(cursor, fail, depth + 1);
      return left === undefined ? right : (here) => left(here) && right(here);
    }
    tests.push(char === '[' ? parseClass(cursor, fail, depth + 1) : parseRange(cursor, fail));
  }
}

function anyOf(tests: readonly CharTest[]): CharTest {
  const [only] = tests;
  return tests.length === 1 && only !== undefined ? only : (char) => tests.some((test) => test(char));
}

function parseRange(cursor: PatternCursor, fail: Fail): CharTest {
  const predicate = cursor.chars[cursor.at] === '\\' ? readPredicate(cursor, fail) : undefined;
  if (predicate !== undefined) return predicate;
  const from = readClassChar(cursor, fail);
  const end = cursor.chars[cursor.at + 1];
  let to = from;
  if (cursor.chars[cursor.at] === '-' && end !== undefined && end !== ']' && end !== '[') {
    cursor.at++;
    // A class cannot end a range.
    if (end === '\\' && readPredicate(cursor, fail) !== undefined) return fail('illegal character range');
    to = readClassChar(cursor, fail);
    if (to < from) return fail('illegal character range');
  }
  const inRange = (char: string) => {
    const code = char.codePointAt(0) ?? 0;
    return code >= from && code <= to;
  };
  if (!cursor.flags.has('i')) return inRange;
  return (char) => inRange(char) || inRange(char.toLowerCase()) || inRange(char.toUpperCase());
}

function readClassChar(cursor: PatternCursor, fail: Fail): number {
  const char = cursor.chars[cursor.at];
  if (char === undefined) return fail('unclosed character class');
  if (char === '\\') return readEscapedChar(cursor, fail);
  cursor.at++;
  return char.codePointAt(0) ?? 0;
}
