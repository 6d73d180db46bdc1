/**
 * Reads a record's JSON from its bytes: strictly (RFC 8259), with the place of what is wrong, keeping what was read, and
 * numbers that a double cannot hold.
 */
import { isUtf8 } from 'node:buffer';
import type { JsonValue } from '../../model/json.ts';
import { DecodeFault, formatPath, type OpenObject, readItem, readMember, type Step } from './decode-fault.ts';
import type { DecodeLimits } from './decoded.ts';
import type { Remarks } from './remarks.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const WORDS: readonly (readonly [string, JsonValue])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

/** Throws a `DecodeFault`. */
export class JsonRecordReader {
  at: number;
  readonly #bytes: Buffer;
  readonly #limits: DecodeLimits;
  readonly #remarks: Remarks | undefined;
  readonly #path: Step[] = [];
  #values = 0;
  /** Places that are looked for, by path. */
  readonly #places: Map<string, number> | undefined;

  /** @param places paths whose places are to be found: their entries are set. */
  constructor(bytes: Buffer, start: number, limits: DecodeLimits, remarks?: Remarks, places?: Map<string, number>) {
    this.#bytes = bytes;
    this.at = start;
    this.#limits = limits;
    this.#remarks = remarks;
    this.#places = places;
  }

  read(): JsonValue {
    this.skipSpace();
    if (++this.#values > this.#limits.values) throw this.#fault(`more than ${this.#limits.values} values`);
    if (this.#path.length > this.#limits.depth) throw this.#fault(`nested deeper than ${this.#limits.depth} levels`);
    if (this.#places !== undefined) {
      const path = formatPath(this.#path);
      if (this.#places.has(path)) this.#places.set(path, this.at);
    }
    const byte = this.#bytes[this.at];
    if (byte === undefined) throw this.#fault('the bytes end where a value should be');
    if (byte === 0x7b) return this.#object();
    if (byte === 0x5b) return this.#array();
    if (byte === QUOTE) return this.#string();
    if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) return this.#number();
    for (const [word, value] of WORDS) {
      if (this.#bytes.toString('latin1', this.at, this.at + word.length) !== word) continue;
      this.at += word.length;
      return value;
    }
    throw this.#fault(`no JSON value begins with ${showByte(byte)}`);
  }

  skipSpace(): void {
    for (;;) {
      const byte = this.#bytes[this.at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.at++;
    }
  }

  #object(): JsonValue {
    const object: OpenObject = {};
    this.#members(object, 0x7d, () => {
      if (this.#bytes[this.at] !== QUOTE) throw this.#unexpected('a name in quotes');
      const start = this.at;
      const name = this.#string();
      this.skipSpace();
      if (this.#bytes[this.at] !== 0x3a) throw this.#unexpected('a colon');
      this.at++;
      if (Object.hasOwn(object, name)) {
        this.#note(start, [...this.#path, stepOf(name)], 'the name is there twice; the later value is shown');
      }
      readMember(object, name, stepOf(name), () => this.#inside(stepOf(name)));
    });
    return object;
  }

  #array(): JsonValue {
    const array: JsonValue[] = [];
    this.#members(array, 0x5d, () => readItem(array, () => this.#inside(array.length)));
    return array;
  }

  #members(container: JsonValue, close: number, readNext: () => void): void {
    this.at++;
    this.skipSpace();
    if (this.#bytes[this.at] === close) {
      this.at++;
      return;
    }
    try {
      for (;;) {
        this.skipSpace();
        readNext();
        this.skipSpace();
        const byte = this.#bytes[this.at];
        if (byte !== close && byte !== 0x2c) throw this.#unexpected(`a comma or ${String.fromCharCode(close)}`);
        this.at++;
        if (byte === close) return;
      }
    } catch (error) {
      if (error instanceof DecodeFault) error.partial ??= container;
      throw error;
    }
  }

  #string(): string {
    const start = this.at;
    for (let at = start + 1; at < this.#bytes.length; at++) {
      const byte = this.#bytes[at];
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) {
        this.at = at + 1;
        return this.#textOf(start, at + 1);
      }
    }
    throw this.#fault('a string without an end');
  }

  #textOf(start: number, end: number): string {
    const bytes = this.#bytes.subarray(start, end);
    if (!isUtf8(bytes)) {
      this.#remarks?.problem({ offset: start, path: formatPath(this.#path), message: 'a string is not UTF-8' });
    }
    try {
      return JSON.parse(bytes.toString('utf8')) as string;
    } catch {
      // Control characters and escapes that do not exist are all that can be wrong here.
      throw new DecodeFault('a string has a control character, or an escape that does not exist', start);
    }
  }

  #number(): JsonValue {
    const start = this.at;
    let end = start + 1;
    while (NUMBER_BYTES.has(this.#bytes[end] ?? 0)) end++;
    const text = this.#bytes.toString('latin1', start, end);
    if (!/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text))
      throw this.#fault(`${text.slice(0, 40)} is no JSON number`);
    this.at = end;
    const value = Number(text);
    if (isExact(text, value)) return value;
    this.#note(start, this.#path, 'a number with more digits than programs usually keep: shown as text');
    return text;
  }

  #inside(step: Step): JsonValue {
    this.#path.push(step);
    const value = this.read();
    this.#path.pop();
    return value;
  }

  #unexpected(wanted: string): DecodeFault {
    const byte = this.#bytes[this.at];
    if (byte === undefined) return this.#fault(`the bytes end where ${wanted} should be`);
    return this.#fault(`${showByte(byte)} where ${wanted} should be`);
  }

  #fault(message: string): DecodeFault {
    return new DecodeFault(message, this.at);
  }

  #note(offset: number, path: readonly Step[], message: string): void {
    this.#remarks?.note({ offset, path: formatPath(path), message });
  }
}

/** Whether a double holds the number: of fifteen digits it does always. */
function isExact(text: string, value: number): boolean {
  if (!Number.isFinite(value) || Object.is(value, -0)) return false;
  const digits = text
    .replace(/[eE].*$/, '')
    .replace('.', '')
    .replace(/^-?0*/, '')
    .replace(/0+$/, '');
  return digits.length <= 15 || `${value}` === text;
}

const NUMBER_BYTES = new Set(Buffer.from('0123456789+-.eE'));

/** Names that could be taken for something else in a path are put in brackets. */
export function stepOf(name: string): Step {
  return /^[A-Za-z_$][\w$-]*$/.test(name) ? name : { key: name };
}

function showByte(byte: number): string {
  return byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `the byte 0x${byte.toString(16).padStart(2, '0')}`;
}
