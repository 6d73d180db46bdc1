/**
 * Lossless re-indenting of JSON text.
 *
 * `JSON.parse` and `JSON.stringify` lose the order of integer-like keys, number lexemes (`1.0`, `1e2`, big integers)
 * and duplicate keys, and with them a schema's identity. These functions only ever add or drop whitespace between
 * tokens, so that `compactJson(indentJson(text)) === text` whenever `indentJson` gives a text at all.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;

/** Arrays without nested containers stay on one line up to this length: `["null", "string"]` reads better so. */
const INLINE_LIMIT = 80;

/** Deeper nesting is left as it is: indentation would grow with the square of the depth. */
const DEPTH_LIMIT = 120;

/**
 * Pretty-prints compact JSON (two spaces, one member a line, final newline).
 *
 * @returns undefined when the text is not compact (has whitespace between tokens), not balanced, or nested deeper than
 * 120 levels: then only the text itself keeps every byte.
 */
export function indentJson(text: string): string | undefined {
  const closers: number[] = [];
  const length = text.length;
  let out = '';
  let at = 0;
  if (length === 0) return undefined;
  while (at < length) {
    const code = text.charCodeAt(at);
    if (code === COLON) {
      out += ': ';
      at++;
    } else if (code === COMMA) {
      if (closers.length === 0) return undefined;
      out += `,${lineBreak(closers.length)}`;
      at++;
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      const inline = inlineContainer(text, at, code);
      if (inline) {
        out += inline.text;
        at = inline.end;
      } else {
        closers.push(code + 2);
        if (closers.length > DEPTH_LIMIT) return undefined;
        out += text[at] + lineBreak(closers.length);
        at++;
      }
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      if (closers.pop() !== code) return undefined;
      out += lineBreak(closers.length) + text[at];
      at++;
    } else {
      const end = code === QUOTE ? endOfString(text, at) : endOfScalar(text, at);
      if (end <= at) return undefined;
      out += text.slice(at, end);
      at = end;
    }
  }
  return closers.length === 0 ? `${out}\n` : undefined;
}

/**
 * Drops the whitespace between tokens.
 *
 * @returns undefined when the text is not well-formed JSON. Well-formed here means what `JSON.parse` accepts.
 */
export function compactJson(text: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  return stripJsonWhitespace(text);
}

/** Drops whitespace outside of strings, whatever the text is; an unterminated string is kept to its end. */
export function stripJsonWhitespace(text: string): string {
  const length = text.length;
  let out = '';
  let from = 0;
  let at = 0;
  while (at < length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfString(text, at);
      if (end < 0) break;
      at = end;
    } else if (isWhitespace(code)) {
      out += text.slice(from, at);
      do at++;
      while (at < length && isWhitespace(text.charCodeAt(at)));
      from = at;
    } else {
      at++;
    }
  }
  return from === 0 ? text : out + text.slice(from);
}

const BREAKS = Array.from({ length: DEPTH_LIMIT + 1 }, (_, depth) => `\n${'  '.repeat(depth)}`);

function lineBreak(depth: number): string {
  return BREAKS[depth] ?? '\n';
}

function isWhitespace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** Index after the closing quote of the string that begins at `start`; -1 when it has none. */
function endOfString(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1);
  while (quote >= 0) {
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
    quote = text.indexOf('"', quote + 1);
  }
  return -1;
}

function endOfScalar(text: string, start: number): number {
  let at = start;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === COMMA || code === COLON || code === QUOTE || isWhitespace(code)) break;
    if (code === OPEN_OBJECT || code === OPEN_ARRAY || code === CLOSE_OBJECT || code === CLOSE_ARRAY) break;
    at++;
  }
  return at;
}

/** An empty container, or a short array of scalars, on one line. */
function inlineContainer(text: string, start: number, code: number): { text: string; end: number } | undefined {
  if (text.charCodeAt(start + 1) === code + 2) return { text: text.slice(start, start + 2), end: start + 2 };
  if (code !== OPEN_ARRAY) return undefined;
  let out = '[';
  let at = start + 1;
  while (at < text.length && out.length <= INLINE_LIMIT) {
    const next = text.charCodeAt(at);
    if (next === CLOSE_ARRAY) return out.length < INLINE_LIMIT ? { text: `${out}]`, end: at + 1 } : undefined;
    if (next === COMMA) {
      out += ', ';
      at++;
      continue;
    }
    const end = next === QUOTE ? endOfString(text, at) : endOfScalar(text, at);
    if (end <= at) return undefined;
    out += text.slice(at, end);
    at = end;
  }
  return undefined;
}
