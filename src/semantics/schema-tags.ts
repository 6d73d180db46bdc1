/**
 * Inline tags: the `confluent:tags` that an Avro schema carries at its records and fields. The recorded server shows
 * how edits are asked for, not what they do; this is what their names say. Tags of JSON and Protobuf schemas are left
 * alone: how their places are named is not known.
 */
import type { SchemaType } from '../model/schema-version.ts';
import { type OutlineNode, type OutlineObject, outlineJson } from './json-outline.ts';

/** Where a tag stands. */
export interface SchemaEntity {
  /** Full name of a record, and for a field a dot and its name after it: `com.example.User.id`. */
  readonly entityPath: string;
  readonly entityType: 'sr_record' | 'sr_field';
}

export interface TaggedEntity {
  readonly schemaEntity: SchemaEntity;
  readonly tags: readonly string[];
}

export interface TagEdits {
  readonly add: readonly TaggedEntity[];
  readonly remove: readonly TaggedEntity[];
}

const TAGS = 'confluent:tags';

/** The tags of a stored schema, in the order of its text. */
export function findTags(schemaType: SchemaType, schema: string): readonly TaggedEntity[] {
  if (schemaType !== 'AVRO' || !schema.includes(TAGS)) return [];
  const places = placesOf(schema);
  return [...(places ?? [])].flatMap(({ entity, node }) => {
    const tags = tagsAt(node);
    return tags.length === 0 ? [] : [{ schemaEntity: entity, tags }];
  });
}

export type EditedTags =
  | { readonly text: string }
  /** The text is no schema: whoever registers it says so. */
  | { readonly unreadable: true }
  | { readonly missing: SchemaEntity };

/** An Avro schema's text with tags added, then others removed; the rest of the text keeps every byte. */
export function editTags(schema: string, { add, remove }: TagEdits): EditedTags {
  const places = placesOf(schema);
  if (places === undefined) return { unreadable: true };
  const nodes = new Map(places.map(({ entity, node }) => [entityKey(entity), node]));
  const tagsOf = new Map<OutlineObject, Set<string>>();
  for (const [edits, isRemoval] of [
    [add, false],
    [remove, true],
  ] as const) {
    for (const { schemaEntity, tags } of edits) {
      const node = nodes.get(entityKey(schemaEntity));
      if (node === undefined) return { missing: schemaEntity };
      const held = tagsOf.get(node) ?? new Set(tagsAt(node));
      tagsOf.set(node, held);
      for (const tag of tags) isRemoval ? held.delete(tag) : held.add(tag);
    }
  }
  const changes = [...tagsOf].map(([node, tags]) => changeOf(schema, node, [...tags]));
  changes.sort((a, b) => b.start - a.start);
  return { text: changes.reduce((text, { start, end, by }) => text.slice(0, start) + by + text.slice(end), schema) };
}

interface Change {
  readonly start: number;
  readonly end: number;
  readonly by: string;
}

function changeOf(text: string, node: OutlineObject, tags: readonly string[]): Change {
  const old = node.members.get(TAGS);
  const list = JSON.stringify(tags);
  if (old !== undefined && tags.length > 0) return { start: old.start, end: old.end, by: list };
  if (old === undefined) {
    // A record and a field have a name, so there is a member to follow.
    const end = node.end - 1;
    return { start: end, end, by: tags.length === 0 ? '' : `,${JSON.stringify(TAGS)}:${list}` };
  }
  // From the comma before the key, or to the one after the value when the member is the first.
  const key = text.lastIndexOf('"', text.lastIndexOf(':', old.start) - 1);
  const keyStart = text.lastIndexOf('"', key - 1);
  const before = text.slice(0, keyStart).trimEnd();
  if (before.endsWith(',')) return { start: before.length - 1, end: old.end, by: '' };
  const after = /^\s*,/.exec(text.slice(old.end))?.[0].length ?? 0;
  return { start: keyStart, end: old.end + after, by: '' };
}

function tagsAt(node: OutlineObject): readonly string[] {
  const tags = node.members.get(TAGS);
  if (tags?.kind !== 'array') return [];
  return [...new Set(tags.items.flatMap((item) => (item.kind === 'string' ? [item.value] : [])))];
}

const entityKey = ({ entityPath, entityType }: SchemaEntity): string =>
  `${entityType} ${entityPath.replace(/^\./, '')}`;

interface Place {
  readonly entity: SchemaEntity;
  readonly node: OutlineObject;
}

/** Every record and field; undefined for what cannot be read. */
function placesOf(schema: string): readonly Place[] | undefined {
  const root = outlineJson(schema);
  if (root === undefined) return undefined;
  const places: Place[] = [];
  collectPlaces(root, '', places);
  return places;
}

/** The outline's own limit bounds the recursion. */
function collectPlaces(node: OutlineNode, namespace: string, places: Place[]): void {
  if (node.kind === 'array') {
    for (const item of node.items) collectPlaces(item, namespace, places);
    return;
  }
  if (node.kind !== 'object') return;
  const type = node.members.get('type');
  if (type?.kind !== 'string') {
    if (type !== undefined) collectPlaces(type, namespace, places);
    return;
  }
  if (type.value === 'record' || type.value === 'error') {
    collectFields(node, namespace, places);
    return;
  }
  const inner = node.members.get(type.value === 'array' ? 'items' : 'values');
  if (inner !== undefined && (type.value === 'array' || type.value === 'map')) collectPlaces(inner, namespace, places);
}

function collectFields(node: OutlineObject, outer: string, places: Place[]): void {
  const name = textOf(node.members.get('name'));
  if (name === undefined) return;
  const dot = name.lastIndexOf('.');
  const namespace = dot >= 0 ? name.slice(0, dot) : (textOf(node.members.get('namespace')) ?? outer);
  const fullName = dot >= 0 || namespace === '' ? name : `${namespace}.${name}`;
  places.push({ entity: { entityPath: fullName, entityType: 'sr_record' }, node });
  const fields = node.members.get('fields');
  for (const field of fields?.kind === 'array' ? fields.items : []) {
    if (field.kind !== 'object') continue;
    const fieldName = textOf(field.members.get('name'));
    if (fieldName === undefined) continue;
    places.push({ entity: { entityPath: `${fullName}.${fieldName}`, entityType: 'sr_field' }, node: field });
    const type = field.members.get('type');
    if (type !== undefined) collectPlaces(type, namespace, places);
  }
}

function textOf(node: OutlineNode | undefined): string | undefined {
  return node?.kind === 'string' ? node.value : undefined;
}
