/** The ids of each context of the source with those of the target, from the tree and the id map together. */
import { createHash } from 'node:crypto';
import { SrgitError } from '../../errors.ts';
import type { RegistrySnapshot } from '../../model/registry-snapshot.ts';
import { compareContexts } from '../../model/subject-name.ts';
import { hashSchemaIdMap, type SchemaIdMap } from '../../records/schema-id-map.ts';
import type { LoadedMap, MapEntry } from './load-map.ts';

/** Schemas of the source as a tree holds them. */
export interface KnownSchemas {
  readonly snapshot: RegistrySnapshot;
  /** Ids that were there once, by context. */
  readonly retiredIds: ReadonlyMap<string, readonly number[]>;
}

export interface ContextMaps {
  readonly maps: ReadonlyMap<string, SchemaIdMap>;
  /** What the maps were made of: nothing else is ever written into a record. */
  readonly entries: readonly MapEntry[];
  /** Of the entries alone: a tree that grew meanwhile is no other map. */
  readonly hash: string;
}

/**
 * Every id that the tree has or had is a key of its context's map; without a map file ids stay what they are.
 *
 * @param toContext of the target, where a map has entries for several
 * @throws SrgitError SRGIT_USAGE when it is not clear which of several ids is meant
 */
export function makeContextMaps(
  known: KnownSchemas | undefined,
  map: LoadedMap | undefined,
  toContext?: string,
): ContextMaps {
  const entries = map === undefined ? [] : chooseEntries(map, toContext);
  const drafts = new Map<string, { ids: Map<number, number | undefined>; guids: Map<string, string | undefined> }>();
  const draftOf = (context: string) => {
    let draft = drafts.get(context);
    if (draft === undefined) {
      draft = { ids: new Map(), guids: new Map() };
      drafts.set(context, draft);
    }
    return draft;
  };
  for (const { name, subjects } of known?.snapshot.contexts ?? []) {
    const { ids, guids } = draftOf(name);
    for (const id of known?.retiredIds.get(name) ?? []) ids.set(id, map === undefined ? id : undefined);
    for (const { versions } of subjects) {
      for (const { id, guid } of versions) {
        ids.set(id, map === undefined ? id : undefined);
        guids.set(guid, map === undefined ? guid : undefined);
      }
    }
  }
  const proven = draftsOfEntries(entries);
  for (const [context, { ids, guids }] of proven) {
    const draft = draftOf(context);
    for (const [from, to] of ids) draft.ids.set(from, to);
    for (const [from, to] of guids) draft.guids.set(from, to);
  }
  keepGuidsOfUnproven(known, entries, drafts);
  return { maps: drafts, entries, hash: hashMaps(map === undefined ? undefined : proven) };
}

function draftsOfEntries(
  entries: readonly MapEntry[],
): Map<string, { ids: Map<number, number>; guids: Map<string, string> }> {
  const drafts = new Map<string, { ids: Map<number, number>; guids: Map<string, string> }>();
  for (const { context, from, to, fromGuid, toGuid } of entries) {
    const draft = drafts.get(context) ?? { ids: new Map<number, number>(), guids: new Map<string, string>() };
    drafts.set(context, draft);
    draft.ids.set(from, to);
    if (fromGuid !== undefined) draft.guids.set(fromGuid, toGuid ?? fromGuid);
  }
  return drafts;
}

/** A form without guids says that the content is the same on both sides: then so is the guid. */
function keepGuidsOfUnproven(
  known: KnownSchemas | undefined,
  entries: readonly MapEntry[],
  drafts: ReadonlyMap<string, { guids: Map<string, string | undefined> }>,
): void {
  const unproven = new Set<string>();
  for (const { context, from, fromGuid } of entries) if (fromGuid === undefined) unproven.add(`${from} ${context}`);
  if (unproven.size === 0) return;
  for (const { name, subjects } of known?.snapshot.contexts ?? []) {
    const guids = drafts.get(name)?.guids;
    for (const { versions } of subjects) {
      for (const { id, guid } of versions) if (unproven.has(`${id} ${name}`)) guids?.set(guid, guid);
    }
  }
}

function chooseEntries(map: LoadedMap, toContext: string | undefined): readonly MapEntry[] {
  const chosen = new Map<string, MapEntry>();
  for (const entry of map.entries) {
    if (toContext !== undefined && entry.toContext !== toContext) continue;
    const key = `${entry.from} ${entry.context}`;
    const other = chosen.get(key);
    if (other !== undefined && (other.to !== entry.to || other.toContext !== entry.toContext)) {
      throw new SrgitError(
        'SRGIT_USAGE',
        `${map.file} maps id ${entry.from} of context ${entry.context} to several contexts: ${other.toContext}, ${entry.toContext}`,
        { hint: 'Choose one with --to-context.' },
      );
    }
    chosen.set(key, entry);
  }
  return [...chosen.values()];
}

function hashMaps(maps: ReadonlyMap<string, SchemaIdMap> | undefined): string {
  if (maps === undefined) return 'unchanged';
  const hash = createHash('sha256');
  for (const [context, map] of [...maps].sort(([a], [b]) => compareContexts(a, b))) {
    hash.update(`${JSON.stringify(context)} ${hashSchemaIdMap(map)}\n`);
  }
  return hash.digest('hex');
}
