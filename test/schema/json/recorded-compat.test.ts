/** Verdicts and messages as Confluent 8.3.1 answered them. */
import { describe, expect, it } from 'vitest';
import { jsonLanguage } from '../../../src/schema/json/json-language.ts';
import type { Incompatibility, ResolvedSchema } from '../../../src/schema/language.ts';
import { type CompatRow, makeSchema, type RecordedSchema, readCompatRows, resolve } from './recorded.ts';

const rows = readCompatRows();

/** Where Confluent answers 500 the honest verdict stands: whether the schemas really are compatible. */
const CRASHES: ReadonlyMap<string, boolean> = new Map([
  ['json/number-bounds/exclusiveMaximum-up/FORWARD', false],
  ['json/number-bounds/exclusiveMaximum-down/BACKWARD', false],
  ['json/integer-bounds/exclusiveMaximum-up/FORWARD', false],
  ['json/integer-bounds/exclusiveMaximum-down/BACKWARD', false],
  // From multiples of 0.5 to those of 0.25: every one of the first is one of the second.
  ['json/number-bounds/decimal-multiple/BACKWARD', true],
  ['json/number-bounds/decimal-multiple/FORWARD', false],
]);

describe('recorded verdicts', () => {
  it('are there', () => expect(rows.length).toBeGreaterThan(750));

  it.each(rows)('$id', (row) => {
    const { is_compatible, messages = [] } = row;
    const answer = check(row);
    if (is_compatible === undefined) {
      expect(CRASHES.has(row.id)).toBe(true);
      expect(answer.found.length === 0).toBe(CRASHES.get(row.id));
      expect(answer.found.every(({ crashesConfluent }) => crashesConfluent === true)).toBe(true);
      return;
    }
    if (answer.error !== undefined) {
      expect(is_compatible).toBe(false);
      expect(messages).toEqual([expect.stringMatching(new RegExp(`, details: ${answer.error}$`))]);
      return;
    }
    const told = messages.filter((line) => !/^\{(oldSchemaVersion: |oldSchema: '|validateFields: ')/.test(line));
    expect(answer.found.map(({ message }) => message)).toEqual(told);
    expect(answer.found.length === 0).toBe(is_compatible);
    expect(answer.found.some(({ crashesConfluent }) => crashesConfluent === true)).toBe(false);
  });
});

interface Answer {
  readonly found: readonly Incompatibility[];
  readonly error?: string;
}

/** What levels and histories mean is shared code; this is as much of it as the rows need. */
function check(row: CompatRow): Answer {
  const asSchema = (recorded: RecordedSchema): ResolvedSchema =>
    makeSchema(recorded.schema, resolve(recorded.references, row.refs) ?? []);
  const sent = asSchema(row.candidate);
  const canonical = jsonLanguage.canonicalize(sent.schema, sent.references, { normalize: false, validate: true });
  if ('error' in canonical) return { found: [], error: canonical.error };
  const candidate = { ...sent, schema: canonical.text };
  const history = row.history.map(asSchema);
  if (row.level === 'NONE') return { found: [] };
  for (const previous of row.level.endsWith('_TRANSITIVE') ? history.toReversed() : history.slice(-1)) {
    const forward = /^F/.test(row.level) ? jsonLanguage.findIncompatibilities(previous, candidate, 'old') : [];
    const backward = /^(BACK|FULL)/.test(row.level)
      ? jsonLanguage.findIncompatibilities(candidate, previous, 'new')
      : [];
    const found = [...forward, ...backward];
    if (found.length > 0) return { found };
  }
  return { found: [] };
}
