/** Stored texts, guids, descriptors and refusals, row for row as Confluent 8.3.1 answered. */
import { describe, expect, it } from 'vitest';
import { protobufLanguage } from '../../../src/schema/protobuf/protobuf-language.ts';
import { computeGuid } from '../../../src/semantics/guid.ts';
import { type CanonicalRow, readCanonicalRows, resolveReferences } from './recorded.ts';

const rows = readCanonicalRows();
const accepted = rows.filter((row) => row.stored !== undefined);

function canonicalize(row: CanonicalRow, schema: string) {
  const references = resolveReferences(row.references, row.refs);
  return protobufLanguage.canonicalize(schema, references, { normalize: row.normalize === true, validate: true });
}

it('has rows to hold the language to', () => {
  expect(rows.length).toBeGreaterThan(100);
  expect(accepted.length).toBeGreaterThan(80);
});

describe('canonicalize', () => {
  it.each(accepted.map((row) => [row.case, row] as const))('stores %s', (_, row) => {
    const canonical = canonicalize(row, row.input);
    expect(canonical).toEqual({ text: row.stored });
    const references = row.storedReferences ?? [];
    expect(computeGuid({ schema: row.stored ?? '', references })).toBe(row.guid);
    expect(canonicalize(row, row.stored ?? '')).toEqual(canonical);
  });

  it.each(rows.filter((row) => row.error).map((row) => [row.case, row] as const))('refuses %s', (_, row) => {
    const { message = '' } = row.error ?? {};
    const error = message.slice(message.lastIndexOf(', details: ') + ', details: '.length);
    const inParsing = message.startsWith('Invalid schema of type');
    expect(canonicalize(row, row.input)).toEqual(inParsing ? { error } : { error, phase: 'validate' });
  });
});

describe('format', () => {
  it.each(accepted.map((row) => [row.case, row] as const))('serializes %s', (_, row) => {
    const references = resolveReferences(row.references, row.refs);
    const schema = { schemaType: 'PROTOBUF' as const, schema: row.stored ?? '', references };
    const formatted = protobufLanguage.format(schema, 'serialized');
    if (typeof row.serialized === 'string') expect(formatted).toEqual({ text: row.serialized });
    else expect(formatted).toEqual({ error: expect.any(String) });
  });
});
