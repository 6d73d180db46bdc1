/** A JSON value with everything that a schema's identity depends on: key order, and what kind of number it was. */
import { AvroSchemaError, constraintError } from './avro-error.ts';
import { formatDouble, formatFloat } from './java-number.ts';

/** Jackson's tree: whole numbers stay `int` (32 bits), `long` (64) or `big`; all others become a double. */
export type JsonNode =
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'int' | 'long' | 'big'; readonly value: bigint }
  | { readonly kind: 'double' | 'float'; readonly value: number }
  | { readonly kind: 'array'; readonly items: readonly JsonNode[] }
  | JsonObject;

/** Of duplicate keys the last value counts, at the first one's place. */
export interface JsonObject {
  readonly kind: 'object';
  readonly entries: ReadonlyMap<string, JsonNode>;
}

export const NULL_NODE: JsonNode = { kind: 'null' };

/** The member `key`; undefined when there is none, or when the value is no object. */
export function getMember(node: JsonNode, key: string): JsonNode | undefined {
  return node.kind === 'object' ? node.entries.get(key) : undefined;
}

/** The member `key` when it is a string. */
export function getText(node: JsonNode, key: string): string | undefined {
  const member = getMember(node, key);
  return member?.kind === 'string' ? member.value : undefined;
}

/** Jackson writes no deeper than this, and reads no deeper. */
export const MOST_NESTING = 1000;

/** Throws when containers nest deeper than Jackson writes them. */
export function checkWrittenDepth(depth: number): void {
  if (depth > MOST_NESTING) {
    throw constraintError('Document nesting depth', depth, MOST_NESTING, 'StreamWriteConstraints.getMaxNestingDepth()');
  }
}

/** Compact text as Jackson writes it. `depth`: how many containers are open around it. */
export function writeNode(node: JsonNode, depth = 0): string {
  switch (node.kind) {
    case 'null':
      return 'null';
    case 'boolean':
      return node.value ? 'true' : 'false';
    case 'string':
      return writeString(node.value);
    case 'int':
    case 'long':
    case 'big':
      return node.value.toString();
    case 'double':
    case 'float': {
      const text = node.kind === 'double' ? formatDouble(node.value) : formatFloat(node.value);
      return Number.isFinite(node.value) ? text : `"${text}"`;
    }
    case 'array':
      checkWrittenDepth(depth + 1);
      return `[${node.items.map((item) => writeNode(item, depth + 1)).join(',')}]`;
    case 'object': {
      checkWrittenDepth(depth + 1);
      const members: string[] = [];
      for (const [key, value] of node.entries) members.push(`${writeString(key)}:${writeNode(value, depth + 1)}`);
      return `{${members.join(',')}}`;
    }
    default:
      throw new AvroSchemaError('unknown kind of JSON value');
  }
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
};

/** A string in quotes. Only what JSON demands is escaped; lone surrogates stay as they are (observed). */
export function writeString(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that JSON escapes
  const escaped = text.replace(/[\u0000-\u001f"\\]/g, (char) => {
    return SHORT_ESCAPES[char] ?? `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}

/** The same value with the keys of every object in it sorted, as Confluent normalises properties and defaults. */
export function sortKeys(node: JsonNode): JsonNode {
  if (node.kind === 'array') return { kind: 'array', items: node.items.map(sortKeys) };
  if (node.kind !== 'object') return node;
  const sorted = [...node.entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return { kind: 'object', entries: new Map(sorted.map(([key, value]) => [key, sortKeys(value)])) };
}
