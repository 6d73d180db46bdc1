/**
 * The characters of a .proto text as words, strings and numbers. The rules and the words of its errors are those of
 * Wire's reader, which is laxer than protoc: any run of letters, digits and `_-.` is a word.
 */
import { ProtobufFault } from './protobuf-fault.ts';

export interface Position {
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
}

/** The name of a `member`, a field or a constant, starts with no digit. */
type WordRule = 'any' | 'member';

const WORD = /[a-zA-Z0-9_.-]*/y;

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

export class SyntaxReader {
  readonly #text: string;
  #at = 0;
  #line = 0;
  #lineStart = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Whether no character is left; white space and comments count as characters. */
  isExhausted(): boolean {
    return this.#at >= this.#text.length;
  }

  position(): Position {
    return { line: this.#line + 1, column: this.#at - this.#lineStart + 1 };
  }

  fail(message: string, at: Position = this.position()): never {
    throw new ProtobufFault(`Syntax error in ${describePosition(at)}: ${message}`);
  }

  /** The next character that is no white space and in no comment, which stays unread. */
  peek(): string {
    this.#skipBlank(true);
    if (this.#at >= this.#text.length) this.fail('unexpected end of file');
    return this.#text.charAt(this.#at);
  }

  read(): string {
    const char = this.peek();
    this.#at++;
    return char;
  }

  /** Reads the next character if it is this one. */
  tryRead(char: string): boolean {
    if (this.peek() !== char) return false;
    this.#at++;
    return true;
  }

  require(char: string): void {
    const found = this.read();
    if (found !== char) this.fail(`expected '${char}' but was '${found}'`);
  }

  /** Makes the character just read unread. */
  unread(): void {
    this.#at--;
  }

  readWord(rule: WordRule = 'any'): string {
    this.#skipBlank(true);
    WORD.lastIndex = this.#at;
    const word = WORD.exec(this.#text)?.[0] ?? '';
    if (word === '') this.fail('expected a word');
    if (rule === 'member' && /^[0-9]/.test(word)) {
      // Wire counts this column from 0, and only this one.
      const { line, column } = this.position();
      this.fail('field and constant names cannot start with a digit', { line, column: column - 1 });
    }
    this.#at += word.length;
    return word;
  }

  /** A word, with or without `()` or `[]` around it, which are not part of the answer. */
  readName(rule: WordRule = 'any'): string {
    const open = this.peek();
    const close = open === '(' ? ')' : open === '[' ? ']' : undefined;
    if (close === undefined) return this.readWord(rule);
    this.#at++;
    const word = this.readWord(rule);
    if (this.read() !== close) this.fail(`expected '${close}'`);
    return word;
  }

  /** A quoted string or a word. */
  readString(): string {
    const next = this.peek();
    return next === '"' || next === "'" ? this.readQuotedString() : this.readWord();
  }

  /** Strings that follow each other are one. */
  readQuotedString(): string {
    let quote = this.read();
    if (quote !== '"' && quote !== "'") this.fail('Check failed.');
    const text = this.#text;
    const pieces: string[] = [];
    let start = this.#at;
    while (this.#at < text.length) {
      const char = text.charAt(this.#at);
      if (char === quote) {
        pieces.push(text.slice(start, this.#at));
        this.#at++;
        const next = this.peek();
        if (next !== '"' && next !== "'") return pieces.join('');
        quote = this.read();
        start = this.#at;
      } else if (char === '\\') {
        pieces.push(text.slice(start, this.#at), this.#readEscape());
        start = this.#at;
      } else {
        this.#at++;
        if (char === '\n') this.#startLine();
      }
    }
    this.fail('unterminated string');
  }

  /** A 32 bit integer, decimal or hexadecimal. */
  readInt(): number {
    const word = this.readWord();
    const isHex = /^0[xX]/.test(word);
    const digits = isHex ? word.slice(2) : word;
    const value = parseInt32(digits, isHex ? 16 : 10);
    if (value === undefined) this.fail(`expected an integer but was ${digits}`);
    return value;
  }

  /** The name of a type; `map<key, value>` is one. */
  readDataType(first: string = this.readWord(), depth = 0): string {
    if (first !== 'map') return first;
    if (depth > 100) this.fail('map types are nested too deep');
    if (this.read() !== '<') this.fail("expected '<'");
    const key = this.readDataType(undefined, depth + 1);
    if (this.read() !== ',') this.fail("expected ','");
    const value = this.readDataType(undefined, depth + 1);
    if (this.read() !== '>') this.fail("expected '>'");
    return `map<${key}, ${value}>`;
  }

  /** Skips white space and the comments that document what follows. */
  skipDocumentation(): void {
    for (;;) {
      this.#skipBlank(false);
      if (this.#text[this.#at] !== '/') return;
      this.#skipComment();
    }
  }

  /** Skips a comment behind a declaration. Nothing but white space may follow it on its last line. */
  skipTrailingComment(): void {
    const text = this.#text;
    while (text[this.#at] === ' ' || text[this.#at] === '\t') this.#at++;
    if (this.isExhausted()) {
      // Wire steps back as from the start of a comment: the text ends inside a block, so it is an error anyway.
      this.#at--;
      this.fail("expected '//' or '/*'");
    }
    if (text[this.#at] !== '/') return;
    const kind = text[this.#at + 1];
    if (kind !== '/' && kind !== '*') this.fail("expected '//' or '/*'");
    if (kind === '/') {
      this.#skipLine();
      return;
    }
    const end = text.indexOf('*/', this.#at + 2);
    if (end < 0) {
      this.#at = text.length;
      this.fail('trailing comment must be closed');
    }
    this.#at = end + 2;
    while (this.#at < text.length) {
      const char = text.charAt(this.#at++);
      if (char === '\n') {
        this.#startLine();
        return;
      }
      if (char !== ' ' && char !== '\t' && char !== '\r') this.fail('no syntax may follow trailing comment');
    }
  }

  #readEscape(): string {
    const char = this.#text[this.#at + 1];
    if (char === undefined) {
      this.#at++;
      this.fail('unexpected end of file');
    }
    if (char === 'x' || char === 'X') {
      this.#at += 2;
      return this.#readNumericEscape(/[0-9a-fA-F]{1,2}/y, 16);
    }
    if (char >= '0' && char <= '7') {
      this.#at += 1;
      return this.#readNumericEscape(/[0-7]{1,3}/y, 8);
    }
    this.#at += 2;
    if (char === '\n') this.#startLine();
    return ESCAPES[char] ?? char;
  }

  #readNumericEscape(digits: RegExp, radix: number): string {
    digits.lastIndex = this.#at;
    const found = digits.exec(this.#text)?.[0];
    if (found === undefined) this.fail('expected a digit after \\x or \\X');
    this.#at += found.length;
    return String.fromCharCode(Number.parseInt(found, radix));
  }

  #skipBlank(withComments: boolean): void {
    const text = this.#text;
    while (this.#at < text.length) {
      const char = text[this.#at];
      if (char === ' ' || char === '\t' || char === '\r') {
        this.#at++;
      } else if (char === '\n') {
        this.#at++;
        this.#startLine();
      } else if (withComments && char === '/') {
        this.#skipComment();
      } else {
        return;
      }
    }
  }

  #skipComment(): void {
    const kind = this.#text[this.#at + 1];
    if (kind === '/') {
      this.#skipLine();
      return;
    }
    this.#at += kind === undefined ? 1 : 2;
    if (kind !== '*') this.fail("unexpected '/'");
    const end = this.#text.indexOf('*/', this.#at);
    const comment = this.#text.slice(this.#at, end < 0 ? undefined : end);
    const lastBreak = comment.lastIndexOf('\n');
    if (lastBreak >= 0) {
      this.#line += comment.split('\n').length - 1;
      // Wire counts the line break itself as the first column here, and only here.
      this.#lineStart = this.#at + lastBreak;
    }
    if (end < 0) {
      this.#at = Math.max(this.#at, this.#text.length - 1);
      this.fail('unterminated comment');
    }
    this.#at = end + 2;
  }

  #skipLine(): void {
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end < 0 ? this.#text.length : end + 1;
    if (end >= 0) this.#startLine();
  }

  #startLine(): void {
    this.#line++;
    this.#lineStart = this.#at;
  }
}

/** As errors name a place in a text without a file name. */
export function describePosition({ line, column }: Position): string {
  return `:${line}:${column}`;
}

/** Java's `Integer.parseInt`; undefined where that throws. */
export function parseInt32(digits: string, radix: 10 | 16): number | undefined {
  const wellFormed = radix === 10 ? /^[+-]?[0-9]+$/ : /^[+-]?[0-9a-fA-F]+$/;
  if (!wellFormed.test(digits)) return undefined;
  const value = Number.parseInt(digits, radix);
  return value >= -2_147_483_648 && value <= 2_147_483_647 ? value + 0 : undefined;
}
