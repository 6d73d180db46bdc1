/**
 * Reads JSON the way Jackson reads it for Avro: comments are allowed, duplicate keys too, and text after the value is
 * left to the caller. Messages and places of errors are Jackson's (observed).
 */
import { constraintError, endOfInputError, SOURCE, syntaxError } from './avro-error.ts';
import { type JsonNode, MOST_NESTING, NULL_NODE } from './json-node.ts';
import { type NumberFault, scanNumber } from './json-number.ts';

export interface ReadJson {
  /** Undefined for a text without any value. */
  readonly node: JsonNode | undefined;
  /** Index after the value's last character. */
  readonly end: number;
}

/** Throws an `AvroSchemaError` where Jackson throws. */
export function readJson(text: string): ReadJson {
  const reader = new JsonReader(text);
  const node = reader.readRoot();
  return { node, end: reader.at };
}

const VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
const MOST_NAME_LENGTH = 50_000;
const MOST_STRING_LENGTH = 20_000_000;
const MOST_TOKEN_LENGTH = 256;

const IDENTIFIER_START = /^[\p{L}\p{Nl}\p{Sc}\p{Pc}]$/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: Java counts these among the characters of an identifier
const IDENTIFIER_PART = /^[\p{L}\p{Nl}\p{Sc}\p{Pc}\p{Nd}\p{Mn}\p{Mc}\p{Cf}\u0000-\u0008\u000e-\u001b\u007f-\u009f]$/u;

const LITERALS: Readonly<Record<string, readonly [string, JsonNode]>> = {
  t: ['true', { kind: 'boolean', value: true }],
  f: ['false', { kind: 'boolean', value: false }],
  n: ['null', NULL_NODE],
};

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** An open container: its kind, and where it began. */
interface Scope {
  readonly kind: 'Array' | 'Object';
  readonly start: number;
}

class JsonReader {
  at = 0;
  readonly #text: string;
  readonly #scopes: Scope[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  readRoot(): JsonNode | undefined {
    this.#skipSpace();
    if (this.at >= this.#text.length) return undefined;
    const char = this.#char();
    if (char === ']' || char === '}') {
      throw this.#error(`Unexpected close marker '${char}': no open ${kindOf(char)} to close`, this.at);
    }
    return this.#readValue();
  }

  #readValue(): JsonNode {
    const char = this.#char();
    switch (char) {
      case '"':
        return { kind: 'string', value: this.#readString(false) };
      case '{':
        return this.#readObject();
      case '[':
        return this.#readArray();
      case '}':
        throw this.#unexpected(this.at, 'expected a value');
      case 't':
      case 'f':
      case 'n':
        return this.#readLiteral(char);
      default:
        return char === '-' || isDigit(char) ? this.#readNumber() : this.#refuseValue(char);
    }
  }

  #readObject(): JsonNode {
    this.#open('Object');
    const entries = new Map<string, JsonNode>();
    while (this.#nextEntry(entries.size === 0, '}')) {
      if (this.#char() !== '"') throw this.#unexpected(this.at, 'was expecting double-quote to start field name');
      const key = this.#readString(true);
      this.#skipSpace();
      this.#needBetween();
      if (this.#char() !== ':') {
        throw this.#unexpected(this.at, 'was expecting a colon to separate field name and value');
      }
      this.at++;
      this.#skipSpace();
      this.#needBetween();
      entries.set(key, this.#readValue());
    }
    return { kind: 'object', entries };
  }

  #readArray(): JsonNode {
    this.#open('Array');
    const items: JsonNode[] = [];
    while (this.#nextEntry(items.length === 0, ']')) items.push(this.#readValue());
    return { kind: 'array', items };
  }

  #open(kind: Scope['kind']): void {
    this.#scopes.push({ kind, start: this.at });
    const depth = this.#scopes.length;
    if (depth > MOST_NESTING) {
      throw constraintError(
        'Document nesting depth',
        depth,
        MOST_NESTING,
        'StreamReadConstraints.getMaxNestingDepth()',
      );
    }
    this.at++;
  }

  /** Moves to the next entry of the innermost container; false, with the container closed, when there is none. */
  #nextEntry(first: boolean, closer: string): boolean {
    this.#skipSpace();
    const scope = this.#scopes.at(-1) ?? { kind: 'Object', start: 0 };
    if (this.at >= this.#text.length) {
      const start = this.#describePlace(scope.start);
      throw this.#endOfInput(`: expected close marker for ${scope.kind} (start marker at ${start})`);
    }
    const char = this.#char();
    if (char === closer) {
      this.at++;
      this.#scopes.pop();
      return false;
    }
    if (char === ']' || char === '}') {
      const start = this.#describePlace(scope.start);
      const words = `Unexpected close marker '${char}': expected '${closer}' (for ${scope.kind} starting at ${start})`;
      throw this.#error(words, this.at);
    }
    if (first) return true;
    if (char !== ',') throw this.#unexpected(this.at, `was expecting comma to separate ${scope.kind} entries`);
    this.at++;
    this.#skipSpace();
    this.#needBetween();
    return true;
  }

  #needBetween(): void {
    if (this.at < this.#text.length) return;
    throw this.#endOfInput(` within/between ${this.#scopes.at(-1)?.kind ?? 'root'} entries`);
  }

  #readLiteral(first: string): JsonNode {
    const [word, node] = LITERALS[first] ?? ['', NULL_NODE];
    const end = this.at + word.length;
    const next = this.#text[end];
    if (this.#text.startsWith(word, this.at) && (next === undefined || !IDENTIFIER_PART.test(next))) {
      this.at = end;
      return node;
    }
    throw this.#unknownToken();
  }

  #readNumber(): JsonNode {
    const scanned = scanNumber(this.#text, this.at);
    if ('fault' in scanned) throw this.#numberError(scanned);
    const next = this.#text[scanned.end];
    if (this.#scopes.length === 0 && next !== undefined && !' \t\r\n'.includes(next)) {
      throw this.#unexpected(scanned.end, 'Expected space separating root-level values');
    }
    this.at = scanned.end;
    return scanned.node;
  }

  #numberError({ fault, at, char }: NumberFault): Error {
    if (fault === 'end') return this.#endOfInput(char);
    if (fault === 'plain') return this.#error(char, at);
    return this.#error(`Unexpected character (${describeChar(char)}) in numeric value: ${fault}`, at);
  }

  /** What looks like a number or a word of other dialects, and whatever else cannot begin a value. */
  #refuseValue(char: string): never {
    const odd = /^(?:[+-]?(?:INF|Infinity)|NaN)/.exec(this.#text.slice(this.at, this.at + 9))?.[0];
    if (odd !== undefined && odd !== 'INF') throw this.#nonStandard(odd);
    if (char === '+') {
      if (this.at + 1 >= this.#text.length) throw this.#endOfInput(' in a value');
      const words =
        'JSON spec does not allow numbers to have plus signs: enable ' +
        '`JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow';
      throw this.#error(`Unexpected character (${describeChar(char)}) in numeric value: ${words}`, this.at + 1);
    }
    if (IDENTIFIER_START.test(char)) throw this.#unknownToken();
    throw this.#unexpected(this.at, `expected a valid value ${VALUES}`);
  }

  #nonStandard(token: string): Error {
    const words = `Non-standard token '${token}': enable \`JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS\` to allow`;
    return this.#error(words, this.at + token.length);
  }

  #unknownToken(): Error {
    let end = this.at + 1;
    while (end < this.#text.length && IDENTIFIER_PART.test(this.#text.charAt(end))) end++;
    const long = end - this.at >= MOST_TOKEN_LENGTH;
    const token = this.#text.slice(this.at, long ? this.at + MOST_TOKEN_LENGTH : end) + (long ? '...' : '');
    return this.#error(`Unrecognized token '${token}': was expecting ${VALUES}`, this.at);
  }

  #readString(isName: boolean): string {
    const text = this.#text;
    let from = this.at + 1;
    let at = from;
    let value = '';
    for (;;) {
      if (at >= text.length) {
        throw this.#endOfInput(isName ? ' in field name' : ': was expecting closing quote for a string value');
      }
      const code = text.charCodeAt(at);
      if (code === 0x22) break;
      if (code < 0x20) {
        const where = isName ? 'name' : 'string value';
        const words = `Illegal unquoted character (${describeChar(text.charAt(at))})`;
        throw this.#error(`${words}: has to be escaped using backslash to be included in ${where}`, at);
      }
      if (code === 0x5c) {
        value += text.slice(from, at);
        const [char, end] = this.#readEscape(at + 1);
        value += char;
        at = end;
        from = end;
      } else {
        at++;
      }
    }
    value += text.slice(from, at);
    this.at = at + 1;
    if (isName && value.length > MOST_NAME_LENGTH) {
      throw constraintError('Name length', value.length, MOST_NAME_LENGTH, 'StreamReadConstraints.getMaxNameLength()');
    }
    if (value.length > MOST_STRING_LENGTH) {
      const limit = 'StreamReadConstraints.getMaxStringLength()';
      throw constraintError('String value length', value.length, MOST_STRING_LENGTH, limit);
    }
    return value;
  }

  /** The character of an escape whose letter is at `at`, and the index after it. */
  #readEscape(at: number): readonly [string, number] {
    const letter = this.#text[at];
    if (letter === undefined) throw this.#endOfInput(' in character escape sequence');
    if (letter !== 'u') {
      const char = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
      if (char === undefined) throw this.#error(`Unrecognized character escape ${describeChar(letter)}`, at);
      return [char, at + 1];
    }
    for (let digit = at + 1; digit < at + 5; digit++) {
      const char = this.#text[digit];
      if (char === undefined) throw this.#endOfInput(' in character escape sequence');
      if (!/[0-9a-fA-F]/.test(char)) {
        throw this.#unexpected(digit, 'expected a hex-digit for character escape sequence');
      }
    }
    return [String.fromCharCode(Number.parseInt(this.#text.slice(at + 1, at + 5), 16)), at + 5];
  }

  #skipSpace(): void {
    const text = this.#text;
    while (this.at < text.length) {
      const code = text.charCodeAt(this.at);
      if (code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d) this.at++;
      else if (code === 0x2f) this.#skipComment();
      else if (code < 0x20) {
        const words = `Illegal character (${describeChar(this.#char())})`;
        throw this.#error(`${words}: only regular white space (\\r, \\n, \\t) is allowed between tokens`, this.at + 1);
      } else return;
    }
  }

  #skipComment(): void {
    const kind = this.#text[this.at + 1];
    if (kind === '*') {
      const end = this.#text.indexOf('*/', this.at + 2);
      if (end < 0) throw this.#endOfInput(' in a comment');
      this.at = end + 2;
    } else if (kind === '/') {
      const end = this.#text.slice(this.at).search(/[\r\n]/);
      this.at = end < 0 ? this.#text.length : this.at + end;
    } else if (kind === undefined) {
      throw this.#endOfInput(' in a comment');
    } else {
      throw this.#unexpected(this.at + 1, "was expecting either '*' or '/' for a comment");
    }
  }

  #char(): string {
    return this.#text.charAt(this.at);
  }

  #unexpected(at: number, words: string): Error {
    return this.#error(`Unexpected character (${describeChar(this.#text.charAt(at))}): ${words}`, at);
  }

  #error(words: string, at: number): Error {
    const [line, column] = this.#place(at);
    return syntaxError(words, line, column);
  }

  #endOfInput(words: string): Error {
    const [line, column] = this.#place(this.#text.length);
    return endOfInputError(`Unexpected end-of-input${words}`, line, column);
  }

  #describePlace(at: number): string {
    const [line, column] = this.#place(at);
    return `${SOURCE}line: ${line}, column: ${column}]`;
  }

  /** Line and column, from 1. Line breaks are LF, CR and CR LF. */
  #place(at: number): readonly [number, number] {
    const before = this.#text.slice(0, at);
    const lines = before.split(/\r\n|\r|\n/);
    return [lines.length, (lines.at(-1)?.length ?? 0) + 1];
  }
}

function kindOf(closer: string): Scope['kind'] {
  return closer === ']' ? 'Array' : 'Object';
}

function isDigit(char: string): boolean {
  return char >= '0' && char <= '9' && char.length === 1;
}

/** `'x' (code 120)`, as Jackson shows a character. */
function describeChar(char: string): string {
  const code = char.charCodeAt(0);
  if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return `(CTRL-CHAR, code ${code})`;
  return code > 0xff ? `'${char}' (code ${code} / 0x${code.toString(16)})` : `'${char}' (code ${code})`;
}
