/** Verdicts and messages, row for row as Confluent 8.3.1 answered. */
import { expect, it } from 'vitest';
import type { Incompatibility, ResolvedSchema } from '../../../src/schema/language.ts';
import { protobufLanguage } from '../../../src/schema/protobuf/protobuf-language.ts';
import { type ComparedSchema, type CompatRow, readCompatRows, resolveReferences } from './recorded.ts';

const rows = readCompatRows();

it('has rows to hold the language to', () => {
  expect(rows.length).toBeGreaterThan(300);
  expect(rows.some((row) => row.is_compatible)).toBe(true);
  expect(rows.some((row) => !row.is_compatible)).toBe(true);
});

it.each(rows.map((row) => [row.id, row] as const))('judges %s', (_, row) => {
  const messages = row.level === 'NONE' ? [] : judge(row);
  expect({ is_compatible: messages.length === 0, messages }).toEqual({
    is_compatible: row.is_compatible,
    messages: (row.messages ?? []).filter(isOfLanguage).map((message) => message.replace(/^.*, details: /s, '')),
  });
});

/** The other lines tell the compared version and the config; the registry adds them. */
function isOfLanguage(message: string): boolean {
  return !/^\{(oldSchemaVersion|oldSchema|validateFields):/.test(message);
}

/** The registry's part, as far as it decides what a language is asked. */
function judge(row: CompatRow): readonly string[] {
  const candidate = store(row.candidate, row, row.kind === 'normalized');
  if ('error' in candidate) return [candidate.error];
  const history = row.history.map((version) => store(version, row, false));
  const compared = row.level.endsWith('_TRANSITIVE') ? history.toReversed() : history.slice(-1);
  for (const previous of compared) {
    if ('error' in previous) throw new Error(previous.error);
    const found: Incompatibility[] = [];
    if (!row.level.startsWith('BACKWARD')) {
      found.push(...protobufLanguage.findIncompatibilities(previous, candidate, 'old'));
    }
    if (!row.level.startsWith('FORWARD')) {
      found.push(...protobufLanguage.findIncompatibilities(candidate, previous, 'new'));
    }
    if (found.length > 0) return found.map(({ message }) => message);
  }
  return [];
}

function store(
  schema: ComparedSchema,
  row: CompatRow,
  normalize: boolean,
): ResolvedSchema | { readonly error: string } {
  const references = resolveReferences(schema.references, row.refs);
  const canonical = protobufLanguage.canonicalize(schema.schema, references, { normalize, validate: true });
  if ('error' in canonical) return { error: canonical.error };
  return { schemaType: 'PROTOBUF', schema: canonical.text, references };
}
