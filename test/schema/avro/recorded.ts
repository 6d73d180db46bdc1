/** Rows of the recordings on Avro, with their references resolved as the registry does. */
import { join } from 'node:path';
import type { Reference } from '../../../src/model/schema-version.ts';
import type { ResolvedReference, ResolvedSchema } from '../../../src/schema/language.ts';
import { FIXTURES, readLines } from '../../support/data.ts';

export interface RecordedText {
  readonly schema: string;
  readonly schemaType?: string;
  readonly references?: readonly Reference[];
}

export interface RecordedSubject extends RecordedText {
  readonly subject: string;
}

export interface CanonicalRow {
  readonly case: string;
  readonly schemaType: string;
  readonly input: string;
  readonly references?: readonly Reference[];
  readonly refs?: readonly RecordedSubject[];
  readonly normalize?: boolean;
  readonly status: number;
  readonly stored?: string;
  readonly storedReferences?: readonly Reference[];
  readonly guid?: string;
  readonly resolved?: string;
  readonly error?: { readonly error_code: number; readonly message: string };
}

export interface CompatRow {
  readonly id: string;
  readonly kind: string;
  readonly schemaType: string;
  readonly level: string;
  readonly history: readonly RecordedText[];
  readonly candidate: RecordedText;
  readonly refs?: readonly RecordedSubject[];
  readonly is_compatible: boolean;
  readonly messages: readonly string[];
}

export function canonicalRows(): readonly CanonicalRow[] {
  const rows = readLines<CanonicalRow>(join(FIXTURES, 'confluent-8.3.1/canonical.ndjson'));
  return rows.filter(({ schemaType }) => schemaType === 'AVRO');
}

export function compatRows(): readonly CompatRow[] {
  const rows = readLines<CompatRow>(join(FIXTURES, 'confluent-8.3.1/compat.ndjson'));
  return rows.filter(({ schemaType, kind }) => schemaType === 'AVRO' && kind !== 'cross-type');
}

/** Undefined when a reference points to nothing among `subjects`, of which the n-th of one name is its version n. */
export function resolveReferences(
  references: readonly Reference[] | undefined,
  subjects: readonly RecordedSubject[] | undefined,
): readonly ResolvedReference[] | undefined {
  const resolved: ResolvedReference[] = [];
  for (const { name, subject, version } of references ?? []) {
    const versions = (subjects ?? []).filter((each) => each.subject === subject);
    const target = versions.at(version === -1 ? -1 : version - 1);
    const inner = target && resolveReferences(target.references, subjects);
    if (target === undefined || inner === undefined) return undefined;
    resolved.push({ name, schemaType: 'AVRO', schema: target.schema, references: inner });
  }
  return resolved;
}

export function resolveText(text: RecordedText, subjects: readonly RecordedSubject[] | undefined): ResolvedSchema {
  return { schemaType: 'AVRO', schema: text.schema, references: resolveReferences(text.references, subjects) ?? [] };
}
