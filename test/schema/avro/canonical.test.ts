/** Texts and identities as Confluent 8.3.1 stored them, and its words on what it refused. */
import { expect, it } from 'vitest';
import { avroLanguage } from '../../../src/schema/avro/avro-language.ts';
import type { ResolvedSchema } from '../../../src/schema/language.ts';
import { computeGuid } from '../../../src/semantics/guid.ts';
import { type CanonicalRow, canonicalRows, resolveReferences } from './recorded.ts';

const rows = canonicalRows();

it('has rows of both kinds', () => {
  expect(rows.filter(({ status }) => status === 200).length).toBeGreaterThan(100);
  expect(rows.filter(({ status }) => status === 422).length).toBeGreaterThan(40);
});

it.each(rows.filter(({ status }) => status === 200))('stores $case', (row) => {
  const references = resolveReferences(row.references, row.refs) ?? [];
  const stored = canonicalize(row, row.input);
  expect(stored).toEqual({ text: row.stored });
  expect(canonicalize(row, row.stored ?? '')).toEqual(stored);
  expect(computeGuid({ schema: row.stored ?? '', references: row.storedReferences ?? [] })).toBe(row.guid);
  if (row.resolved === undefined) return;
  const schema: ResolvedSchema = { schemaType: 'AVRO', schema: row.stored ?? '', references };
  expect(avroLanguage.format(schema, 'resolved')).toEqual({ text: row.resolved });
  expect(avroLanguage.format(schema, 'serialized')).toBeUndefined();
  expect(avroLanguage.equalsInlined(row.resolved, row.stored ?? '', references)).toBe(true);
});

it.each(rows.filter(isParseError))('refuses $case', (row) => {
  const details = row.error?.message.split(' of type AVRO, details: ').slice(-1)[0];
  expect(withoutCount(canonicalize(row, row.input))).toEqual(withoutCount({ error: details ?? '' }));
});

/** The registry itself refuses a blank text, and a reference that points to nothing. */
function isParseError(row: CanonicalRow): boolean {
  return row.status === 422 && row.input.trim() !== '' && resolveReferences(row.references, row.refs) !== undefined;
}

function canonicalize(row: CanonicalRow, schema: string) {
  return avroLanguage.canonicalize(schema, resolveReferences(row.references, row.refs) ?? [], {
    normalize: row.normalize === true,
    validate: true,
  });
}

/** Java counts unresolved names since the start of the process. */
function withoutCount(answer: object) {
  return JSON.parse(JSON.stringify(answer).replace(/UnresolvedSchema_\d+/g, 'UnresolvedSchema_N')) as unknown;
}
