/** Which schemas of a registry's state a record's frame, or a person, may mean. */
import type { SchemaType } from '../../model/schema-version.ts';
import { compareContexts, DEFAULT_CONTEXT, parseSubjectName } from '../../model/subject-name.ts';
import type { Frame } from '../../records/decode-frame.ts';
import type { ResolvedSchema } from '../../schema/language.ts';
import { findByGuid, listVersionsOfId } from '../../semantics/by-id.ts';
import { canonicalSubject, contextOf } from '../../semantics/names.ts';
import { resolveStored } from '../../semantics/references.ts';
import { findLatest, findRow, LATEST, type RegistryState, type Row } from '../../semantics/state.ts';

export interface SchemaPlace {
  /** Qualified outside the default context. */
  readonly subject: string;
  readonly version: number;
  readonly deleted: boolean;
}

export interface FoundSchema {
  readonly context: string;
  readonly id: number;
  readonly guid: string;
  readonly schemaType: SchemaType;
  /** Where it is registered; of each subject the highest version with this id. */
  readonly places: readonly SchemaPlace[];
  /** Rules of it encrypt fields, or the whole payload. */
  readonly encrypts: boolean;
  readonly row: Row;
}

export interface RecordTopic {
  readonly topic: string;
  readonly side: 'key' | 'value';
}

/**
 * The schemas that the frame's id stands for, one for each context that has it: those of the topic's subjects first, then
 * the default context's. Empty where the state does not know it, and for frames of other registries.
 */
export function findFramed(
  state: RegistryState,
  frame: Pick<Frame, 'id' | 'guid' | 'kind'>,
  context: string | undefined,
  topic: RecordTopic | undefined,
): readonly FoundSchema[] {
  let found: FoundSchema[] = [];
  if (frame.id !== undefined) {
    const { id } = frame;
    found = [...state.ids.keys()].sort(compareContexts).flatMap((each) => ofId(state, each, id) ?? []);
  } else if (frame.guid !== undefined && frame.kind !== 'glue') {
    found = findByGuid(state, frame.guid).flatMap((each) => {
      if (each.row === undefined) return [];
      return [ofId(state, each.context, each.id) ?? describe([each.row], each.row)];
    });
  }
  return found
    .filter((each) => context === undefined || each.context === context)
    .sort((a, b) => rankOf(b, topic) - rankOf(a, topic));
}

/** @param version the latest live one where there is none. */
export function findNamed(state: RegistryState, subject: string, version: number | undefined): FoundSchema | undefined {
  const name = canonicalSubject(subject);
  const row = version === undefined || version === LATEST ? findLatest(state, name) : findRow(state, name, version);
  return row === undefined ? undefined : describe([row], row);
}

/**
 * Every schema that may have written a topic's records, each once: those of `{topic}-{side}`, those of
 * `{topic}-{record}`, and where there are neither all of them. Newer ones first.
 */
export function findPossible(
  state: RegistryState,
  context: string | undefined,
  topic: RecordTopic | undefined,
): readonly FoundSchema[] {
  const byContent = new Map<string, Row[]>();
  const add = (accepts: (name: string) => boolean): void => {
    for (const { subject, context: home, rows } of state.subjects.values()) {
      if (context !== undefined && home !== context) continue;
      if (!accepts(parseSubjectName(subject).subject)) continue;
      for (const row of rows.toReversed()) {
        const known = byContent.get(`${home} ${row.guid}`);
        if (known === undefined) byContent.set(`${home} ${row.guid}`, [row]);
        else if (!known.some((other) => other.subject === row.subject)) known.push(row);
      }
    }
  };
  if (topic !== undefined) {
    const other = `${topic.topic}-${topic.side === 'key' ? 'value' : 'key'}`;
    add((name) => name === subjectOf(topic));
    add((name) => name.startsWith(`${topic.topic}-`) && name !== other);
  }
  if (byContent.size === 0) add(() => true);
  return [...byContent.values()].flatMap((rows) => {
    const [first] = rows;
    return first === undefined ? [] : [describe(rows, first)];
  });
}

export function resolveFound(state: RegistryState, { row }: FoundSchema): ResolvedSchema {
  return { schemaType: row.schemaType, schema: row.schema, references: resolveStored(state, row) };
}

/** References that lead nowhere: `name → subject version 3`. */
export function missingReferences(state: RegistryState, { row }: FoundSchema): readonly string[] {
  const resolved = new Set(resolveStored(state, row).map(({ name }) => name));
  return row.references
    .filter(({ name }) => !resolved.has(name))
    .map(({ name, subject, version }) => `${name} (${subject} version ${version})`);
}

export function subjectOf({ topic, side }: RecordTopic): string {
  return `${topic}-${side}`;
}

function ofId(state: RegistryState, context: string, id: number): FoundSchema | undefined {
  const listed = listVersionsOfId(state, id, context === DEFAULT_CONTEXT ? undefined : `:${context}:`, true);
  if (!Array.isArray(listed)) return undefined;
  const rows = (listed as readonly { readonly subject: string; readonly version: number }[])
    .flatMap(({ subject, version }) => findRow(state, subject, version) ?? [])
    .filter((row) => contextOf(row.subject) === context);
  const [first] = rows;
  return first === undefined ? undefined : describe(rows, first);
}

function describe(rows: readonly Row[], row: Row): FoundSchema {
  const rules = [...(row.ruleSet?.domainRules ?? []), ...(row.ruleSet?.encodingRules ?? [])];
  return {
    context: contextOf(row.subject),
    id: row.id,
    guid: row.guid,
    schemaType: row.schemaType,
    places: rows.map(({ subject, version, deleted }) => ({ subject, version, deleted })),
    encrypts: rules.some(({ type, disabled }) => disabled !== true && /^ENCRYPT/.test(type ?? '')),
    row,
  };
}

function rankOf({ places, context }: FoundSchema, topic: RecordTopic | undefined): number {
  const names = places.map(({ subject }) => parseSubjectName(subject).subject);
  if (topic !== undefined && names.includes(subjectOf(topic))) return 3;
  if (topic !== undefined && names.some((name) => name.startsWith(`${topic.topic}-`))) return 2;
  return context === DEFAULT_CONTEXT ? 1 : 0;
}
