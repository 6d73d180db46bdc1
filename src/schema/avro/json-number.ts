/** The numbers of JSON as Jackson reads them. */
import { constraintError } from './avro-error.ts';
import type { JsonNode } from './json-node.ts';

/** What is wrong with a number, and where. */
export interface NumberFault {
  /** Jackson's words on the character `char`; `plain`: `char` holds the whole message; `end`: the text ended. */
  readonly fault: string;
  readonly at: number;
  readonly char: string;
}

export type ScannedNumber = { readonly node: JsonNode; readonly end: number } | NumberFault;

const MOST_LENGTH = 1000;
const INT_LIMIT = 1n << 31n;
const LONG_LIMIT = 1n << 63n;
const NO_FRACTION = 'Decimal point not followed by a digit';
const NO_EXPONENT = 'Exponent indicator not followed by a digit';
const NO_DIGIT = 'expected digit (0-9) to follow minus sign, for valid numeric value';

/** Reads the number that begins at `from` with a digit or a minus. */
export function scanNumber(text: string, from: number): ScannedNumber {
  const start = text[from] === '-' ? from + 1 : from;
  const first = text[start];
  if (first === undefined) return { fault: 'end', at: start, char: 'No digit following sign' };
  if (!isDigit(text, start)) return refuseSigned(text, from, start, first);
  const whole = skipDigits(text, start);
  if (first === '0' && whole > start + 1) {
    return { fault: 'plain', at: start + 1, char: 'Invalid numeric value: Leading zeroes not allowed' };
  }
  let end = whole;
  if (text[end] === '.') {
    const digits = skipDigits(text, end + 1);
    if (digits === end + 1) return missingFraction(text, end, first === '0');
    end = digits;
  }
  if (text[end] === 'e' || text[end] === 'E') {
    const signed = text[end + 1] === '+' || text[end + 1] === '-' ? end + 2 : end + 1;
    const digits = skipDigits(text, signed);
    if (digits === signed) return missingExponent(text, end, signed, end > whole ? whole : end);
    end = digits;
  }
  const length = end - start - (end > whole && text[whole] === '.' ? 1 : 0);
  if (length > MOST_LENGTH) {
    const limit = 'StreamReadConstraints.getMaxNumberLength()';
    throw constraintError('Number value length', length, MOST_LENGTH, limit);
  }
  const lexeme = text.slice(from, end);
  return { node: end === whole ? wholeNumber(BigInt(lexeme)) : { kind: 'double', value: Number(lexeme) }, end };
}

/** The smallest of int, long and big that holds the value. */
export function wholeNumber(value: bigint): JsonNode {
  const fits = (limit: bigint) => value >= -limit && value < limit;
  return { kind: fits(INT_LIMIT) ? 'int' : fits(LONG_LIMIT) ? 'long' : 'big', value };
}

/** Jackson names the character that is wrong, but gives the place of the point, except after a single 0. */
function missingFraction(text: string, point: number, afterZero: boolean): NumberFault {
  const char = text[point + 1];
  if (char === undefined) return { fault: NO_FRACTION, at: point, char: '.' };
  return { fault: NO_FRACTION, at: afterZero ? point + 1 : point, char };
}

function missingExponent(text: string, letter: number, digit: number, place: number): NumberFault {
  const char = text[digit];
  if (char === undefined) return { fault: 'end', at: letter, char: 'expected a digit for number exponent' };
  return { fault: NO_EXPONENT, at: place, char };
}

function refuseSigned(text: string, from: number, start: number, first: string): NumberFault {
  const word = /^(?:INF|Infinity)/.exec(text.slice(start, start + 8))?.[0];
  if (word === undefined) return { fault: NO_DIGIT, at: start, char: first };
  const token = text.slice(from, start + word.length);
  const char = `Non-standard token '${token}': enable \`JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS\` to allow`;
  return { fault: 'plain', at: start + word.length, char };
}

function skipDigits(text: string, from: number): number {
  let at = from;
  while (isDigit(text, at)) at++;
  return at;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0x30 && code <= 0x39;
}
