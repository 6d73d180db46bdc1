/**
 * One line of `kcat -J`, read as bytes: kcat escapes quotes, backslashes and control characters in keys, payloads and headers
 * and writes all other bytes as they are, whether they are UTF-8 or not (json.c of kcat 1.7.1 on yajl, observed). So such a
 * file carries every record exactly, yet is no valid JSON where there is binary data: a program that takes it for text
 * (jq, an editor) puts U+FFFD in place of such bytes.
 */
import { RecordError } from '../records/record-error.ts';
import type { RecordSlices } from '../records/record-slices.ts';

/** Parses line after line. Positions are in the buffer of the line, in which escapes are replaced by what they stand for. */
export class KcatLine implements RecordSlices {
  topic = '';
  partition = 0;
  /** Undefined where the line has none. */
  offset: bigint | undefined;
  keyStart = 0;
  keyLength = -1;
  valueStart = 0;
  valueLength = -1;
  headerCount = 0;
  headers: Int32Array<ArrayBuffer> = new Int32Array(64);
  timestampHigh = -1;
  timestampLow = -1;

  private bytes: Buffer = Buffer.alloc(0);
  private at = 0;
  private end = 0;
  /** Of the string read last. */
  private start = 0;
  private length = 0;

  /**
   * Reads the line in `bytes[start, end)`, its end of line excluded, and changes these bytes: a line can be read once.
   * @throws RecordError `bad-record` or `truncated`
   */
  parse(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    this.offset = undefined;
    this.timestampHigh = -1;
    this.timestampLow = -1;
    this.headerCount = 0;
    this.keyLength = -1;
    let seen = 0;
    this.expect(OPEN_OBJECT, 'a line is no JSON object');
    if (this.peek() === CLOSE_OBJECT) this.at++;
    else {
      do {
        this.readString();
        const name = this.latin1(this.start, this.start + this.length);
        this.expect(COLON, 'a name has no value');
        seen |= this.readMember(name);
      } while (this.isAnother(CLOSE_OBJECT));
    }
    if (this.peek() !== undefined) this.fail('something follows the JSON object');
    if ((seen & TOPIC) === 0) this.fail('"topic" is missing');
    if ((seen & PARTITION) === 0) this.fail('"partition" is missing');
    if ((seen & PAYLOAD) === 0) this.fail('"payload" is missing: null would be a tombstone');
  }

  private readMember(name: string): number {
    switch (name) {
      case 'topic':
        this.readString();
        this.topic = this.text();
        return TOPIC;
      case 'partition': {
        const partition = this.readInteger();
        if (partition < 0n || partition > 0x7fff_ffffn) this.fail(`there is no partition ${partition}`);
        this.partition = Number(partition);
        return PARTITION;
      }
      case 'offset':
        this.offset = this.readInteger();
        if (this.offset < 0n) this.fail(`there is no offset ${this.offset}`);
        return 0;
      case 'ts': {
        const time = this.readInteger();
        this.timestampHigh = Number(BigInt.asIntN(32, time >> 32n));
        this.timestampLow = Number(BigInt.asIntN(32, time));
        return 0;
      }
      case 'headers':
        this.readHeaders();
        return 0;
      case 'key':
        this.readBytes(name);
        this.keyStart = this.start;
        this.keyLength = this.length;
        return 0;
      case 'payload':
        this.readBytes(name);
        this.valueStart = this.start;
        this.valueLength = this.length;
        return PAYLOAD;
      case 'key_schema_id':
      case 'value_schema_id':
      case 'key_error':
      case 'payload_error':
        return this.fail(`"${name}" says that kcat deserialized the record (-s): its bytes are not in the file`);
      default:
        this.skipValue();
        return 0;
    }
  }

  /** A string, or null: `length` is -1 then. */
  private readBytes(name: string): void {
    const first = this.peek();
    if (first === LETTER_N) {
      this.skipWord();
      this.length = -1;
    } else if (first === QUOTE) this.readString();
    else this.fail(`"${name}" is neither text nor null: its bytes are not in the file`);
  }

  /** An array of names and values by turns; or, from later kcats asked for it, an object of arrays. */
  private readHeaders(): void {
    this.headerCount = 0;
    const first = this.peek();
    if (first === LETTER_N) this.skipWord();
    else if (first === OPEN_ARRAY) {
      this.at++;
      if (this.peek() === CLOSE_ARRAY) this.at++;
      else {
        do {
          this.readString();
          const { start, length } = this;
          if (!this.isAnother(CLOSE_ARRAY)) this.fail('a header has no value');
          this.readHeaderValue(start, length);
        } while (this.isAnother(CLOSE_ARRAY));
      }
    } else if (first === OPEN_OBJECT) this.readHeaderMap();
    else this.fail('"headers" is no array');
  }

  private readHeaderMap(): void {
    this.at++;
    if (this.peek() === CLOSE_OBJECT) {
      this.at++;
      return;
    }
    do {
      this.readString();
      const { start, length } = this;
      this.expect(COLON, 'a header has no value');
      this.expect(OPEN_ARRAY, 'the values of a header are no array');
      do this.readHeaderValue(start, length);
      while (this.isAnother(CLOSE_ARRAY));
    } while (this.isAnother(CLOSE_OBJECT));
  }

  private readHeaderValue(start: number, length: number): void {
    this.readBytes('headers');
    const slot = 4 * this.headerCount++;
    if (slot + 4 > this.headers.length) {
      const larger = new Int32Array(2 * this.headers.length);
      larger.set(this.headers);
      this.headers = larger;
    }
    this.headers[slot] = start;
    this.headers[slot + 1] = length;
    this.headers[slot + 2] = this.start;
    this.headers[slot + 3] = this.length;
  }

  /** The bytes of a string are then at `start`, and `length` long. */
  private readString(): void {
    this.expect(QUOTE, 'text is missing');
    const { bytes, end } = this;
    const start = this.at;
    let at = start;
    for (; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte === QUOTE || byte === BACKSLASH) break;
      if (byte < 0x20) this.fail('a control character is not escaped');
    }
    let to = at;
    while (at < end && bytes[at] !== QUOTE) {
      const byte = bytes[at] as number;
      if (byte !== BACKSLASH) {
        if (byte < 0x20) this.fail('a control character is not escaped');
        bytes[to++] = byte;
        at++;
        continue;
      }
      const letter = bytes[at + 1];
      if (letter === LETTER_U) {
        const code = this.readEscapedCode(at);
        at += code > 0xffff ? 12 : 6;
        to = writeUtf8(bytes, to, code);
      } else {
        const plain = ESCAPES.get(letter ?? 0);
        if (plain === undefined) this.fail('a backslash before what needs none');
        bytes[to++] = plain;
        at += 2;
      }
    }
    if (at >= end) this.fail('the line ends inside text', 'truncated');
    this.at = at + 1;
    this.start = start;
    this.length = to - start;
  }

  /** The character of `\uXXXX`, or of two of them that are a surrogate pair. */
  private readEscapedCode(at: number): number {
    const first = this.readHex(at + 2);
    if (first < 0xd800 || first > 0xdfff) return first;
    const second = first < 0xdc00 && this.bytes[at + 6] === BACKSLASH && this.bytes[at + 7] === LETTER_U;
    const low = second ? this.readHex(at + 8) : 0;
    if (low < 0xdc00 || low > 0xdfff) this.fail('half a surrogate pair');
    return 0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00);
  }

  private readHex(at: number): number {
    const text = at + 4 <= this.end ? this.latin1(at, at + 4) : '';
    if (!/^[0-9a-fA-F]{4}$/.test(text)) this.fail('an escape is not four hexadecimal digits');
    return Number.parseInt(text, 16);
  }

  private readInteger(): bigint {
    this.peek();
    const start = this.at;
    let at = start;
    if (this.bytes[at] === MINUS) at++;
    while (at < this.end && isDigit(this.bytes[at] as number)) at++;
    const text = this.latin1(start, at);
    const next = this.bytes[at];
    // 5.0 and 5e3, which JSON knows as numbers, no kcat writes.
    if (!/^-?(?:0|[1-9]\d{0,18})$/.test(text) || (at < this.end && (next === 0x2e || next === 0x65 || next === 0x45))) {
      this.fail('a whole number is missing');
    }
    const value = BigInt(text);
    if (BigInt.asIntN(64, value) !== value) this.fail(`${text} is no number of 64 bits`);
    this.at = at;
    return value;
  }

  /** Whatever a member that is not needed has. */
  private skipValue(depth = 0): void {
    const byte = this.peek();
    if (byte === QUOTE) this.readString();
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (depth === MAX_DEPTH) this.fail('a value is nested too deep');
      const close = byte === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY;
      this.at++;
      if (this.peek() === close) {
        this.at++;
        return;
      }
      do {
        if (close === CLOSE_OBJECT) {
          this.readString();
          this.expect(COLON, 'a name has no value');
        }
        this.skipValue(depth + 1);
      } while (this.isAnother(close));
    } else this.skipWord();
  }

  /** `null`, `true`, a number. */
  private skipWord(): void {
    const start = this.at;
    while (this.at < this.end && isWord(this.bytes[this.at] as number)) this.at++;
    const word = this.latin1(start, this.at);
    if (!/^(?:null|true|false|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/.test(word))
      this.fail('a value is none of JSON');
  }

  /** After a member or an element: true when another follows, false after `close`. */
  private isAnother(close: number): boolean {
    const byte = this.peek();
    this.at++;
    if (byte === COMMA) return true;
    if (byte !== close) this.fail('a comma or an end is missing', byte === undefined ? 'truncated' : 'bad-record');
    return false;
  }

  private expect(byte: number, otherwise: string): void {
    const found = this.peek();
    if (found !== byte) this.fail(otherwise, found === undefined ? 'truncated' : 'bad-record');
    this.at++;
  }

  /** The next byte that is no space; undefined at the end. */
  private peek(): number | undefined {
    while (this.at < this.end) {
      const byte = this.bytes[this.at] as number;
      if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return byte;
      this.at++;
    }
    return undefined;
  }

  private latin1(start: number, end: number): string {
    return this.bytes.toString('latin1', start, end);
  }

  private text(): string {
    return this.bytes.toString('utf8', this.start, this.start + this.length);
  }

  private fail(what: string, reason: 'bad-record' | 'truncated' = 'bad-record'): never {
    throw new RecordError(reason, what, { position: this.at });
  }
}

const TOPIC = 1;
const PARTITION = 2;
const PAYLOAD = 4;

const MAX_DEPTH = 100;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const COLON = 0x3a;
const COMMA = 0x2c;
const MINUS = 0x2d;
const LETTER_N = 0x6e;
const LETTER_U = 0x75;

/** What the letter after a backslash stands for. */
const ESCAPES: ReadonlyMap<number, number> = new Map(
  [...'"\\/bfnrt'].map((letter, index) => [letter.charCodeAt(0), '"\\/\b\f\n\r\t'.charCodeAt(index)]),
);

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** Of a number or of null, true and false. */
function isWord(byte: number): boolean {
  return (
    isDigit(byte) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x45 || byte === 0x2b || byte === 0x2d || byte === 0x2e
  );
}

/** Never longer than the escape that it replaces. */
function writeUtf8(bytes: Buffer, at: number, code: number): number {
  if (code < 0x80) {
    bytes[at] = code;
    return at + 1;
  }
  return at + bytes.write(String.fromCodePoint(code), at, 'utf8');
}
