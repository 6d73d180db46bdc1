/**
 * Which id a schema of the source has in the target, for one context. Applied in one pass, so that a permutation
 * (1 to 2 and 2 to 1) is a map like any other.
 */
import { createHash } from 'node:crypto';

/**
 * Every id of the source, with the target's: `undefined` for a schema that the target lacks. An id that is no key of a map
 * is one that the source never had.
 */
export interface SchemaIdMap {
  /** Ids as Confluent's clients write them, 1 to 2,147,483,647. Apicurio's clients of version 3 write theirs alike. */
  readonly ids: ReadonlyMap<number, number | undefined>;
  /** Schema guids as text, 8-4-4-4-12 lower-case hex digits: see `computeGuid`. They differ only where references were renumbered. */
  readonly guids?: ReadonlyMap<string, string | undefined>;
  /** Apicurio's 64-bit ids; without a map they are counted and left. */
  readonly apicurioGlobalIds?: ReadonlyMap<bigint, bigint | undefined>;
  readonly apicurioContentIds?: ReadonlyMap<bigint, bigint | undefined>;
  /** AWS Glue's schema version ids; without a map they are counted and left. */
  readonly glueVersions?: ReadonlyMap<string, string | undefined>;
}

/** A map that knows nothing: every frame is unknown, or no frame at all. */
export const EMPTY_MAP: SchemaIdMap = { ids: new Map() };

/** SHA-256 of what the map says, lower-case hex: equal for equal maps, in whatever order they were made. */
export function hashSchemaIdMap(map: SchemaIdMap): string {
  const hash = createHash('sha256');
  const add = (name: string, entries: ReadonlyMap<number | bigint | string, unknown> | undefined): void => {
    const lines = [...(entries ?? [])].map(([from, to]) => `${name} ${from} ${to ?? '-'}\n`.toLowerCase());
    for (const line of lines.sort()) hash.update(line);
  };
  add('id', map.ids);
  add('guid', map.guids);
  add('apicurio-global', map.apicurioGlobalIds);
  add('apicurio-content', map.apicurioContentIds);
  add('glue', map.glueVersions);
  return hash.digest('hex');
}

/** The four big-endian words of a guid. @throws TypeError when the text is none: a map is checked where it is made */
export function guidWords(guid: string): Int32Array {
  const hex = guid.replaceAll('-', '');
  if (!/^[0-9a-f]{32}$/i.test(hex)) throw new TypeError(`no guid: ${guid}`);
  return Int32Array.from([0, 8, 16, 24], (at) => Number.parseInt(hex.slice(at, at + 8), 16) | 0);
}

/** The text of a guid in bytes. */
export function guidText(bytes: Buffer, start: number): string {
  const hex = bytes.toString('hex', start, start + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
