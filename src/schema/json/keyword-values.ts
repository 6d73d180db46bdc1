/** Values of keywords, each as the type it must have. What is of another type makes the whole schema invalid. */
import { type Draft, isModern } from './drafts.ts';
import { truncateToInt } from './java-decimal.ts';
import type { JsonArray, JsonNode, JsonNumber, JsonObject } from './json-node.ts';

/**
 * A schema that the registry's loaders refuse; the message is a sentence for people. Caught where a load begins; never
 * leaves `src/schema/json`.
 */
export class InvalidSchema extends Error {}

export type Keywords = ReadonlyMap<string, JsonNode>;

const INT_MAX = 2147483647n;

/** A limit for lengths and counts. The newer library takes any number and cuts it to what an `int` has room for. */
export function readLimit(keywords: Keywords, keyword: string, draft: Draft): number | undefined {
  if (!isModern(draft)) return readInteger(keywords, keyword);
  const value = readNumber(keywords, keyword);
  return value === undefined ? undefined : truncateToInt(value.text);
}

function readInteger(keywords: Keywords, keyword: string): number | undefined {
  const value = keywords.get(keyword);
  if (value === undefined) return undefined;
  // A Java `Integer`: `1.0`, `1e1` and larger numbers are other types (observed for `1e1`).
  if (value.kind === 'number' && value.isInteger && value.text.length <= 11) {
    const integer = BigInt(value.text);
    if (integer <= INT_MAX && integer >= -INT_MAX - 1n) return Number(integer);
  }
  return refuse(keyword, 'an integer');
}

export function readNumber(keywords: Keywords, keyword: string): JsonNumber | undefined {
  const value = keywords.get(keyword);
  return value === undefined || value.kind === 'number' ? value : refuse(keyword, 'a number');
}

export function readString(keywords: Keywords, keyword: string): string | undefined {
  const value = keywords.get(keyword);
  if (value === undefined) return undefined;
  return value.kind === 'string' ? value.value : refuse(keyword, 'a string');
}

export function readBoolean(keywords: Keywords, keyword: string): boolean | undefined {
  const value = keywords.get(keyword);
  if (value === undefined) return undefined;
  return value.kind === 'boolean' ? value.value : refuse(keyword, 'a boolean');
}

export function readArray(keywords: Keywords, keyword: string): JsonArray | undefined {
  const value = keywords.get(keyword);
  return value === undefined || value.kind === 'array' ? value : refuse(keyword, 'an array');
}

export function readObject(keywords: Keywords, keyword: string): JsonObject | undefined {
  const value = keywords.get(keyword);
  return value === undefined || value.kind === 'object' ? value : refuse(keyword, 'an object');
}

/** The strings of an array; undefined where the keyword is absent. */
export function readStrings(keywords: Keywords, keyword: string): readonly string[] | undefined {
  return readArray(keywords, keyword)?.items.map((item) =>
    item.kind === 'string' ? item.value : refuse(keyword, 'an array of strings'),
  );
}

/** @param expected what a value of the keyword must be: `an integer`. */
export function refuse(keyword: string, expected: string): never {
  throw new InvalidSchema(`\`${keyword}\` is not ${expected}`);
}
