/** The recorded JSON Schema rows, with the schemas that their references stand for. */
import { join } from 'node:path';
import type { Reference } from '../../../src/model/schema-version.ts';
import type { ResolvedReference, ResolvedSchema } from '../../../src/schema/language.ts';
import { FIXTURES, readLines } from '../../support/data.ts';

interface RecordedReferred {
  readonly subject: string;
  readonly schema: string;
  readonly schemaType?: string;
  readonly references?: readonly Reference[];
}

export interface CanonicalRow {
  readonly case: string;
  readonly schemaType: string;
  readonly input: string;
  readonly refs?: readonly RecordedReferred[];
  readonly references?: readonly Reference[];
  readonly normalize?: boolean;
  readonly stored?: string;
  readonly guid?: string;
  readonly storedReferences?: readonly Reference[];
  readonly error?: { readonly message: string };
}

export interface RecordedSchema {
  readonly schema: string;
  readonly references?: readonly Reference[];
}

export interface CompatRow {
  readonly id: string;
  readonly kind: string;
  readonly schemaType: string;
  readonly level: string;
  readonly history: readonly RecordedSchema[];
  readonly candidate: RecordedSchema;
  readonly refs: readonly RecordedReferred[];
  readonly is_compatible?: boolean;
  readonly messages?: readonly string[];
}

export function readCanonicalRows(): readonly CanonicalRow[] {
  const rows = readLines<CanonicalRow>(join(FIXTURES, 'confluent-8.3.1/canonical.ndjson'));
  return rows.filter(({ schemaType }) => schemaType === 'JSON');
}

export function readCompatRows(): readonly CompatRow[] {
  const rows = readLines<CompatRow>(join(FIXTURES, 'confluent-8.3.1/compat.ndjson'));
  return rows.filter(({ schemaType, kind }) => schemaType === 'JSON' && kind !== 'cross-type');
}

/** Undefined when something that is referred to was never registered. */
export function resolve(
  references: readonly Reference[] = [],
  refs: readonly RecordedReferred[] = [],
): readonly ResolvedReference[] | undefined {
  const resolved: ResolvedReference[] = [];
  for (const { name, subject, version } of references) {
    const versions = refs.filter((row) => row.subject === subject);
    const found = versions.at(version === -1 ? -1 : version - 1);
    if (found === undefined) return undefined;
    const inner = resolve(found.references, refs);
    if (inner === undefined) return undefined;
    resolved.push({ name, schemaType: 'JSON', schema: found.schema, references: inner });
  }
  return resolved;
}

export function makeSchema(schema: string, references: readonly ResolvedReference[] = []): ResolvedSchema {
  return { schemaType: 'JSON', schema, references };
}
