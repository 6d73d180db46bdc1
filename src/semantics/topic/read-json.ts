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

/** A whole number, also one in a string or with a fraction, which is cut off (observed). */
export function readInteger(value: JsonValue | undefined): number | undefined {
  const number = typeof value === 'string' && /^\s*-?\d+\s*$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? Math.trunc(number) : undefined;
}

export function readBoolean(value: JsonValue | undefined): boolean {
  return value === true || value === 'true' || value === 'True' || (typeof value === 'number' && value !== 0);
}

export function readText(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
