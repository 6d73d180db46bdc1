/**
 * Reads JSON as the registry does, whose parser (Jackson) is set to exact decimals, comments and the words `NaN` and
 * `Infinity`: more than `JSON.parse` takes, and less in one place: no byte order mark. Of equal keys the last value
 * counts, in the first one's place; text after the value is not looked at (all observed).
 */
import { formatDecimal } from './java-decimal.ts';
import type { JsonNode, JsonNumber, JsonString } from './json-node.ts';

/** Jackson's own limits (`StreamReadConstraints`). */
const DEPTH_LIMIT = 1000;
const NUMBER_LIMIT = 1000;
const NAME_LIMIT = 50_000;
const STRING_LIMIT = 20_000_000;

interface Cursor {
  readonly text: string;
  at: number;
  depth: number;
}

/** Never leaves this file. */
class JsonFault extends Error {}

/**
 * @returns undefined when the text does not begin with a JSON value, or is nested deeper than 1000 levels.
 */
export function readJson(text: string): JsonNode | undefined {
  const cursor: Cursor = { text, at: 0, depth: 0 };
  try {
    skipSpace(cursor);
    const value = readValue(cursor);
    // A number at the top must be followed by a space or nothing, unlike all other values.
    if (value.kind === 'number' && cursor.at < text.length && !isSpace(text.charCodeAt(cursor.at))) return undefined;
    return value;
  } catch (error) {
    if (error instanceof JsonFault) return undefined;
    throw error;
  }
}

function fail(cursor: Cursor): never {
  throw new JsonFault(`not JSON at ${cursor.at}`);
}

function readValue(cursor: Cursor): JsonNode {
  const char = cursor.text[cursor.at];
  if (char === '{') return readObject(cursor);
  if (char === '[') return readArray(cursor);
  if (char === '"') return { kind: 'string', value: readString(cursor, STRING_LIMIT) };
  if (char !== undefined && ((char >= '0' && char <= '9') || char === '-')) return readNumber(cursor);
  return readWord(cursor);
}

function enter(cursor: Cursor): void {
  cursor.at++;
  cursor.depth++;
  if (cursor.depth > DEPTH_LIMIT) fail(cursor);
  skipSpace(cursor);
}

/** Steps over a closing bracket if there is one here. */
function leave(cursor: Cursor, bracket: string): boolean {
  if (cursor.text[cursor.at] !== bracket) return false;
  cursor.at++;
  cursor.depth--;
  return true;
}

function expect(cursor: Cursor, char: string): void {
  if (cursor.text[cursor.at] !== char) fail(cursor);
  cursor.at++;
  skipSpace(cursor);
}

function readObject(cursor: Cursor): JsonNode {
  const members = new Map<string, JsonNode>();
  enter(cursor);
  if (leave(cursor, '}')) return { kind: 'object', members };
  for (;;) {
    if (cursor.text[cursor.at] !== '"') fail(cursor);
    const name = readString(cursor, NAME_LIMIT);
    skipSpace(cursor);
    expect(cursor, ':');
    members.set(name, readValue(cursor));
    skipSpace(cursor);
    if (leave(cursor, '}')) return { kind: 'object', members };
    expect(cursor, ',');
  }
}

function readArray(cursor: Cursor): JsonNode {
  const items: JsonNode[] = [];
  enter(cursor);
  if (leave(cursor, ']')) return { kind: 'array', items };
  for (;;) {
    items.push(readValue(cursor));
    skipSpace(cursor);
    if (leave(cursor, ']')) return { kind: 'array', items };
    expect(cursor, ',');
  }
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

function readString(cursor: Cursor, limit: number): string {
  const { text } = cursor;
  let value = '';
  let from = ++cursor.at;
  for (;;) {
    const code = text.charCodeAt(cursor.at);
    if (code === 0x22) break;
    // Also catches the end of the text, whose code is NaN.
    if (!(code >= 0x20)) fail(cursor);
    if (code === 0x5c) {
      value += text.slice(from, cursor.at) + readEscape(cursor);
      from = cursor.at;
    } else {
      cursor.at++;
    }
  }
  value += text.slice(from, cursor.at++);
  return value.length <= limit ? value : fail(cursor);
}

function readEscape(cursor: Cursor): string {
  const char = cursor.text[cursor.at + 1] ?? '';
  if (char === 'u') {
    const digits = cursor.text.slice(cursor.at + 2, cursor.at + 6);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) fail(cursor);
    cursor.at += 6;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }
  cursor.at += 2;
  return ESCAPES.get(char) ?? fail(cursor);
}

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const NUMBER_BEGINS_WRONG = /-?0\d|-?\d+(?:\.(?!\d)|(?:\.\d+)?[eE](?![+-]?\d))/y;

function readNumber(cursor: Cursor): JsonNumber | JsonString {
  if (/[nI]/.test(cursor.text[cursor.at + 1] ?? '')) return readWord(cursor) as JsonString;
  NUMBER_BEGINS_WRONG.lastIndex = cursor.at;
  NUMBER.lastIndex = cursor.at;
  const match = NUMBER.exec(cursor.text);
  if (match === null || NUMBER_BEGINS_WRONG.test(cursor.text)) return fail(cursor);
  const [lexeme, fraction, exponent] = match;
  if (lexeme.length > NUMBER_LIMIT) fail(cursor);
  cursor.at += lexeme.length;
  if (fraction === undefined && exponent === undefined) {
    return { kind: 'number', text: lexeme === '-0' ? '0' : lexeme, isInteger: true };
  }
  const text = formatDecimal(lexeme);
  return text === undefined ? fail(cursor) : { kind: 'number', text, isInteger: false };
}

const WORDS: readonly (readonly [string, JsonNode])[] = [
  ['true', { kind: 'boolean', value: true }],
  ['false', { kind: 'boolean', value: false }],
  ['null', { kind: 'null' }],
  ['NaN', { kind: 'string', value: 'NaN' }],
  ['Infinity', { kind: 'string', value: 'Infinity' }],
  ['+Infinity', { kind: 'string', value: 'Infinity' }],
  ['-Infinity', { kind: 'string', value: '-Infinity' }],
  ['INF', { kind: 'string', value: 'Infinity' }],
  ['+INF', { kind: 'string', value: 'Infinity' }],
  ['-INF', { kind: 'string', value: '-Infinity' }],
];

function readWord(cursor: Cursor): JsonNode {
  for (const [word, value] of WORDS) {
    if (!cursor.text.startsWith(word, cursor.at)) continue;
    if (/[\p{L}\p{N}_$]/u.test(cursor.text[cursor.at + word.length] ?? '')) break;
    cursor.at += word.length;
    return value;
  }
  return fail(cursor);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** Over white space and comments. */
function skipSpace(cursor: Cursor): void {
  const { text } = cursor;
  for (;;) {
    const code = text.charCodeAt(cursor.at);
    if (isSpace(code)) {
      cursor.at++;
    } else if (code === 0x2f) {
      skipComment(cursor);
    } else {
      return;
    }
  }
}

function skipComment(cursor: Cursor): void {
  const { text, at } = cursor;
  if (text[at + 1] === '*') {
    const end = text.indexOf('*/', at + 2);
    if (end < 0) fail(cursor);
    cursor.at = end + 2;
  } else if (text[at + 1] === '/') {
    cursor.at = at + 2;
    while (cursor.at < text.length && !/[\n\r]/.test(text[cursor.at] ?? '')) cursor.at++;
  } else {
    fail(cursor);
  }
}
