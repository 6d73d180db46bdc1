/** The records a registration writes. */
import type { Metadata, RuleSet, SchemaContent } from '../model/schema-version.ts';
import { DEFAULT_CONTEXT } from '../model/subject-name.ts';
import { contextOf } from './names.ts';
import type { RegistryRecord, SchemaRecord } from './records.ts';
import { referrersOf } from './references.ts';
import type { RegistryState, Row } from './state.ts';

/** A context is made by its first registration. */
export function newContext(state: RegistryState, subject: string, now: number): RegistryRecord[] {
  const context = contextOf(subject);
  if (context === DEFAULT_CONTEXT || state.contexts.has(context)) return [];
  return [{ key: { keytype: 'CONTEXT', context }, value: { context }, timestamp: now }];
}

/** Lower soft-deleted versions with the same id make room, unless something refers to them (observed). */
export function supersededRows(
  state: RegistryState,
  rows: readonly Row[],
  id: number,
  version: number,
  now: number,
): RegistryRecord[] {
  return rows
    .filter((row) => row.deleted && row.id === id && row.version < version)
    .filter((row) => [...referrersOf(state, row.subject, row.version)].length === 0)
    .map((row) => ({
      key: { keytype: 'SCHEMA', subject: row.subject, version: row.version },
      value: null,
      timestamp: now,
    }));
}

export function contentOf(content: SchemaContent): SchemaContent {
  const { schemaType, schema, references, metadata, ruleSet } = content;
  return { schemaType, schema, references, ...described(metadata, ruleSet) };
}

export function schemaRecord(
  subject: string,
  version: number,
  id: number,
  content: SchemaContent,
  deleted: boolean,
  timestamp: number,
): SchemaRecord {
  return {
    key: { keytype: 'SCHEMA', subject, version },
    value: { subject, version, id, ...contentOf(content), deleted },
    timestamp,
  };
}

/** The optional members of a content. */
export function described(metadata: Metadata | undefined, ruleSet: RuleSet | undefined): Partial<SchemaContent> {
  return { ...(metadata === undefined ? {} : { metadata }), ...(ruleSet === undefined ? {} : { ruleSet }) };
}
