/** Numbers for JSON values, equal for values that are equal whatever the order of their keys. */
import type { JsonNode } from './json-node.ts';

export interface ContentTable {
  readonly byKey: Map<string, number>;
  readonly known: Map<JsonNode, number>;
}

export function makeContentTable(): ContentTable {
  return { byKey: new Map(), known: new Map() };
}

/** `1` and `1.0` are different values, as they are for the registry. */
export function contentOf(table: ContentTable, json: JsonNode): number {
  const known = table.known.get(json);
  if (known !== undefined) return known;
  const key = keyOf(table, json);
  const content = table.byKey.get(key) ?? table.byKey.size;
  table.byKey.set(key, content);
  table.known.set(json, content);
  return content;
}

/** Recursion ends with the depth that JSON is read to. */
function keyOf(table: ContentTable, json: JsonNode): string {
  switch (json.kind) {
    case 'object': {
      const members = [...json.members].map(([name, value]) => `${JSON.stringify(name)}:${contentOf(table, value)}`);
      return `{${members.sort().join(',')}}`;
    }
    case 'array':
      return `[${json.items.map((item) => contentOf(table, item)).join(',')}]`;
    case 'string':
      return JSON.stringify(json.value);
    case 'number':
      return json.text;
    case 'boolean':
      return String(json.value);
    default:
      return 'null';
  }
}
