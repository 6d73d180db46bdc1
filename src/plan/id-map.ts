/**
 * Which id of a source is which id of a registry, with the proof that both are the same schema: what a restore leaves
 * behind, and what everything that rewrites records goes by.
 */
import type { RegistryKind, RegistrySnapshot } from '../model/registry-snapshot.ts';
import type { SchemaVersion } from '../model/schema-version.ts';
import { compareContexts, formatSubjectName, parseSubjectName } from '../model/subject-name.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Plan, PlanSource } from './plan.ts';
import { rowKey } from './target-index.ts';

export interface IdMapEntry {
  /** Context of the source, and the id in it. */
  readonly context: string;
  readonly from: number;
  readonly toContext: string;
  readonly to: number;
  /** Guids of the content on both sides. */
  readonly fromGuid: string;
  readonly toGuid: string;
}

export interface IdMap {
  readonly source: {
    readonly kind: PlanSource['kind'];
    /** Of a registry. A tree has none: where it lay when the map was made says nothing to anybody else. */
    readonly name?: string;
    /** Commit of the tree, where it has one. */
    readonly commit?: string;
    readonly fingerprint: string;
  };
  readonly target: { readonly name: string; readonly kind: RegistryKind };
  /** By context of the source, id, context of the target; no two for one of these. */
  readonly ids: readonly IdMapEntry[];
}

export interface BuiltIdMap {
  readonly map: IdMap;
  /** Ids of the source that the registry has no id for: it was left alone, or has not been restored yet. */
  readonly missing: readonly { readonly context: string; readonly from: number; readonly toContext: string }[];
}

/** What the registry answered to a registration. */
export interface GivenId {
  readonly id: number;
  /** Where the registry told, or it was computed from what the registry has stored. */
  readonly guid?: string;
}

/**
 * The map of a plan.
 *
 * @param given by step number, what registrations were answered; empty before the plan is carried out, and the map then
 * has what is certain already.
 */
export function buildIdMap(plan: Plan, given: ReadonlyMap<number, GivenId>): BuiltIdMap {
  const actual = new Map<string, { readonly id: number; readonly guid: string }>();
  const byRow = new Map<string, { readonly id: number; readonly guid: string }>();
  for (const step of plan.steps) {
    const answer = step.action === 'register' ? given.get(step.step) : undefined;
    if (step.action !== 'register' || answer === undefined) continue;
    const { context } = parseSubjectName(step.subject);
    const found = { id: answer.id, guid: answer.guid ?? step.guid };
    actual.set(`${context} ${step.guid}`, found);
    const from = parseSubjectName(step.from.subject);
    if (step.from.id !== undefined) byRow.set(`${from.context} ${step.from.id} ${context}`, found);
  }
  const ids: IdMapEntry[] = [];
  const missing: BuiltIdMap['missing'][number][] = [];
  for (const { context, from, toContext, to, fromGuid, toGuid } of plan.ids) {
    const answer = byRow.get(`${context} ${from} ${toContext}`) ?? actual.get(`${toContext} ${toGuid}`);
    const id = answer?.id ?? to;
    if (id === undefined) missing.push({ context, from, toContext });
    else ids.push({ context, from, toContext, to: id, fromGuid, toGuid: answer?.guid ?? toGuid });
  }
  const { kind, name, commit, fingerprint } = plan.source;
  return {
    map: {
      source: {
        kind,
        ...(kind === 'registry' ? { name } : {}),
        ...(commit === undefined ? {} : { commit }),
        fingerprint,
      },
      target: { name: plan.target.name, kind: plan.target.kind },
      ids: sortEntries(ids),
    },
    missing,
  };
}

export function sortEntries(ids: readonly IdMapEntry[]): readonly IdMapEntry[] {
  return [...ids].sort(
    (a, b) => compareContexts(a.context, b.context) || a.from - b.from || compareContexts(a.toContext, b.toContext),
  );
}

export interface IdMapFault {
  /**
   * `unmapped`: an id of the source has no entry. `unknown`: an entry is about an id that the source does not have.
   * `absent`: the registry does not have the id. `different`: the two ids are not the same schema.
   */
  readonly kind: 'unmapped' | 'unknown' | 'absent' | 'different';
  readonly context: string;
  readonly from: number;
  readonly message: string;
}

/**
 * Whether a map is total, and both sides of every entry are the same schema.
 *
 * @param isSameText whether two texts mean the same, where they are not the same: registries store texts in their form.
 * @returns every fault, by context and id; entries about ids that the source no longer has are no reason not to use a
 * map, the other faults are.
 */
export function checkIdMap(
  map: IdMap,
  source: RegistrySnapshot,
  target: RegistrySnapshot,
  isSameText: (a: SchemaVersion, b: SchemaVersion) => boolean,
): readonly IdMapFault[] {
  const left = rowsById(source);
  const right = rowsById(target);
  const faults: IdMapFault[] = [];
  const mapped = new Set<string>();
  for (const entry of map.ids) {
    const { context, from, toContext, to } = entry;
    mapped.add(rowKey(context, from));
    const fault = (kind: IdMapFault['kind'], message: string): void => {
      faults.push({ kind, context, from, message });
    };
    const a = left.get(rowKey(context, from));
    const b = right.get(rowKey(toContext, to));
    if (a === undefined) fault('unknown', `the source has no id ${from} in context ${context} any more`);
    if (b === undefined)
      fault('absent', `${from} becomes ${to}, but the registry has no id ${to} in context ${toContext}`);
    if (a === undefined || b === undefined) continue;
    const difference = differenceOf(entry, a, b, isSameText);
    if (difference === undefined) continue;
    fault('different', `${from} (${a.name}) becomes ${to} (${b.name}): ${difference}`);
  }
  for (const [key, { name, context, row }] of left) {
    if (mapped.has(key)) continue;
    faults.push({ kind: 'unmapped', context, from: row.id, message: `${row.id} (${name}) has no entry` });
  }
  return faults.sort((a, b) => compareContexts(a.context, b.context) || a.from - b.from);
}

interface NamedRow {
  readonly name: string;
  readonly context: string;
  readonly row: SchemaVersion;
}

function rowsById({ contexts }: RegistrySnapshot): ReadonlyMap<string, NamedRow> {
  const rows = new Map<string, NamedRow>();
  for (const context of contexts) {
    for (const subject of context.subjects) {
      for (const row of subject.versions) {
        const key = rowKey(context.name, row.id);
        if (rows.has(key)) continue;
        const name = `${formatSubjectName({ context: context.name, subject: subject.name })} version ${row.version}`;
        rows.set(key, { name, context: context.name, row });
      }
    }
  }
  return rows;
}

/** Names and versions of what is referred to may differ, and what the registry added or dropped around the text. */
function differenceOf(
  { fromGuid, toGuid }: IdMapEntry,
  { row: a }: NamedRow,
  { row: b }: NamedRow,
  isSameText: (a: SchemaVersion, b: SchemaVersion) => boolean,
): string | undefined {
  if (a.schemaType !== b.schemaType) return `one is ${a.schemaType}, the other ${b.schemaType}`;
  if (a.guid === b.guid) return undefined;
  if (a.guid !== fromGuid) return 'the source has another schema under the id than when the map was made';
  if (b.guid !== toGuid) return 'the registry has another schema under the id than when the map was made';
  const names = [a, b].map(({ references }) => canonicalJson(references.map(({ name }) => name)));
  if (names[0] !== names[1]) return 'they refer to other schemas';
  return a.schema === b.schema || isSameText(a, b) ? undefined : 'their texts differ';
}
