/** What Confluent 8.3.1 was observed to do with Protobuf schemas. */
import { readFileSync } from 'node:fs';
import type { ResolvedReference } from '../../../src/schema/language.ts';

const FOLDER = new URL('../../fixtures/confluent-8.3.1/', import.meta.url);

export interface RecordedReference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

/** A version of another subject, registered before. */
export interface RecordedSchema {
  readonly subject: string;
  readonly schema: string;
  readonly references?: readonly RecordedReference[];
}

export interface CanonicalRow {
  readonly case: string;
  readonly kind: string;
  readonly schemaType: string;
  readonly input: string;
  readonly references?: readonly RecordedReference[];
  readonly refs?: readonly RecordedSchema[];
  readonly normalize?: boolean;
  readonly status: number;
  readonly stored?: string;
  readonly guid?: string;
  readonly storedReferences?: readonly RecordedReference[];
  readonly error?: { readonly error_code: number; readonly message: string };
  /** Base64, or the status and message of the refusal. */
  readonly serialized?: string | object;
}

export interface ComparedSchema {
  readonly schema: string;
  readonly schemaType?: string;
  readonly references?: readonly RecordedReference[];
}

export interface CompatRow {
  readonly id: string;
  readonly kind: string;
  readonly schemaType: string;
  readonly level: string;
  readonly history: readonly ComparedSchema[];
  readonly candidate: ComparedSchema;
  readonly refs: readonly RecordedSchema[];
  readonly is_compatible: boolean;
  readonly messages?: readonly string[];
}

export function readRows<Row>(path: URL | string): readonly Row[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

export function readCanonicalRows(): readonly CanonicalRow[] {
  return readRows<CanonicalRow>(new URL('canonical.ndjson', FOLDER)).filter((row) => row.schemaType === 'PROTOBUF');
}

/** Cases in which every schema is Protobuf and none is blank: the others are decided before a language is asked. */
export function readCompatRows(): readonly CompatRow[] {
  return readRows<CompatRow>(new URL('compat.ndjson', FOLDER)).filter(
    ({ schemaType, history, candidate }) =>
      schemaType === 'PROTOBUF' &&
      candidate.schema.trim() !== '' &&
      [...history, candidate].every((schema) => (schema.schemaType ?? 'PROTOBUF') === 'PROTOBUF'),
  );
}

/** References to versions in the order of their registration; version -1 is a subject's last. */
export function resolveReferences(
  references: readonly RecordedReference[] = [],
  schemas: readonly RecordedSchema[] = [],
): readonly ResolvedReference[] {
  return references.map(({ name, subject, version }) => {
    const found = schemas.filter((schema) => schema.subject === subject).at(version < 0 ? -1 : version - 1);
    if (found === undefined) throw new Error(`the recording has no ${subject} ${version}`);
    return {
      name,
      schemaType: 'PROTOBUF',
      schema: found.schema,
      references: resolveReferences(found.references, schemas),
    };
  });
}
