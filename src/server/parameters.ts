/** Reading path and query parameters as the Java server does. */
import { internalError, invalidVersion, isRefusal, type Refusal } from '../semantics/decision.ts';
import { LATEST } from '../semantics/state.ts';
import { type Call, notFound } from './call.ts';

export function param(call: Call, name: string): string {
  return call.params[name] ?? '';
}

/** The first value of a query parameter. */
export function queryText(call: Call, name: string): string | undefined {
  const value = call.query[name];
  return typeof value === 'string' || value === undefined ? value : value[0];
}

export function queryTexts(call: Call, name: string): readonly string[] {
  const value = call.query[name];
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}

/** Only `true`, in any case, is true (observed: `yes` and `1` are not). */
export function queryFlag(call: Call, name: string): boolean {
  return queryText(call, name)?.toLowerCase() === 'true';
}

const MAX_INT = 0x7fff_ffff;

/** A Java int; undefined for anything else. */
function readInt(text: string): number | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const value = Number(text);
  return value > MAX_INT || value < -MAX_INT - 1 ? undefined : value;
}

export interface Page {
  readonly offset: number;
  /** Infinity when all the rest is meant. */
  readonly limit: number;
}

/** `offset` and `limit`. What is no number is answered 404 and a negative offset 500 (observed). */
export function readPage(call: Call): Page | Refusal {
  const offset = readInt(queryText(call, 'offset') ?? '0');
  const limit = readInt(queryText(call, 'limit') ?? '-1');
  if (offset === undefined || limit === undefined) return notFound();
  if (offset < 0) return internalError();
  return { offset, limit: limit <= 0 ? Number.POSITIVE_INFINITY : limit };
}

/** Most rows of one bulk page, and the number when none or too many are asked for: `schema.search.max.limit`. */
const MAX_ROWS = 1000;

export function readRowPage(call: Call): Page | Refusal {
  const page = readPage(call);
  if (isRefusal(page)) return page;
  return page.limit > MAX_ROWS ? { ...page, limit: MAX_ROWS } : page;
}

export function slicePage<Item>(items: readonly Item[], { offset, limit }: Page): readonly Item[] {
  return offset === 0 && limit >= items.length ? items : items.slice(offset, offset + limit);
}

/** A schema id in a path; what is no int is an unknown path (observed). */
export function readId(call: Call): number | Refusal {
  return readInt(param(call, 'id')) ?? notFound();
}

/** A version in a path: a number, `-1` or `latest` in any case (observed: ` 1`, `+1` and `01` are 1). */
export function readVersion(call: Call): number | Refusal {
  const text = param(call, 'version');
  const trimmed = text.trim();
  if (trimmed.toLowerCase() === 'latest') return LATEST;
  const version = readInt(trimmed);
  if (version === undefined) return invalidVersion(text);
  // The number is named as it was read: `00` is 0.
  return version >= 1 || version === LATEST ? version : invalidVersion(String(version));
}
