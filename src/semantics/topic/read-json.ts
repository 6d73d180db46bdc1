/** JSON as a registry's own reader (Jackson) takes it, where that is more than `JSON.parse` does. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../model/json.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The first JSON value of the bytes: a byte order mark before it and anything after it are passed over (observed).
 * Undefined when there is none, or the bytes are not UTF-8.
 */
export function readJson(bytes: Buffer): JsonValue | undefined {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return undefined;
  }
  return parse(text) ?? parse(firstObject(text) ?? '');
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

/** The object that the text begins with. */
function firstObject(text: string): string | undefined {
  const start = text.search(/\S/);
  if (text[start] !== '{') return undefined;
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}]/gs)) {
    if (token === '{') depth++;
    if (token === '}') depth--;
    if (depth === 0 && token === '}') return text.slice(start, index + 1);
  }
  return undefined;
}

export function readObject(bytes: Buffer): JsonObject | undefined {
  const value = readJson(bytes);
  return isJsonObject(value) ? value : undefined;
}

/**
 * A member of a type that the reader does not take there: the registry passes over the whole record. What it does take
 * was tried on Jackson 2.21.
 */
export class WrongType extends Error {
  constructor(name: string, value: JsonValue) {
    const text = JSON.stringify(value);
    super(`${name} is ${text.length > 120 ? `${text.slice(0, 120)}…` : text}`);
  }
}

const INT_RANGE = 2 ** 31;
const LONG_RANGE = 2 ** 63;

/** A whole number, also one in a string or with a fraction, which is cut off (observed). */
export function readInteger(json: JsonObject, name: string, range = INT_RANGE): number | undefined {
  const value = given(json[name]);
  if (value === undefined) return undefined;
  const number = typeof value === 'string' && /^[+-]?\d+$/.test(value.trim()) ? Number(value) : value;
  if (typeof number !== 'number' || number < -range || number > range - 1) throw new WrongType(name, value);
  return Math.trunc(number);
}

export function readLong(json: JsonObject, name: string): number | undefined {
  return readInteger(json, name, LONG_RANGE);
}

export function readBoolean(json: JsonObject, name: string): boolean | undefined {
  const value = given(json[name]);
  if (value === undefined) return undefined;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isInteger(value)) return value !== 0;
  const word = typeof value === 'string' ? value.trim() : '';
  if (word === 'true' || word === 'True' || word === 'TRUE') return true;
  if (word === 'false' || word === 'False' || word === 'FALSE') return false;
  throw new WrongType(name, value);
}

export function readText(json: JsonObject, name: string): string | undefined {
  const value = json[name];
  return value === undefined || value === null ? undefined : textOf(value, name);
}

/** A name of the list as it is spelt there, or its place in the list. */
export function readName<Name extends string>(
  json: JsonObject,
  name: string,
  names: readonly Name[],
): Name | undefined {
  const value = json[name];
  if (value === undefined || value === null) return undefined;
  const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
  const found =
    names.find((known) => known === text) ?? (/^(0|[1-9]\d*)$/.test(text) ? names[Number(text)] : undefined);
  if (found === undefined) throw new WrongType(name, value);
  return found;
}

export function readMember(json: JsonObject, name: string): JsonObject | undefined {
  const value = json[name];
  if (value === undefined || value === null) return undefined;
  if (!isJsonObject(value)) throw new WrongType(name, value);
  return value;
}

/** Objects; a null among them is passed over. */
export function readMembers(json: JsonObject, name: string): readonly JsonObject[] | undefined {
  return readList(json, name)
    ?.filter((item) => item !== null)
    .map((item) => {
      if (!isJsonObject(item)) throw new WrongType(name, item);
      return item;
    });
}

export function readTexts(json: JsonObject, name: string): readonly string[] | undefined {
  return readList(json, name)?.map((item) => textOf(item, name));
}

function readList(json: JsonObject, name: string): readonly JsonValue[] | undefined {
  const value = json[name];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw new WrongType(name, value);
  return value;
}

function textOf(value: JsonValue, name: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new WrongType(name, value);
}

/** For numbers and truth values an empty text, and the word null, are as good as nothing. */
function given(value: JsonValue | undefined): JsonValue | undefined {
  return value === null || (typeof value === 'string' && /^\s*(null)?\s*$/.test(value)) ? undefined : value;
}
