/** Stored texts, guids and refusals as Confluent 8.3.1 answered them. */
import { describe, expect, it } from 'vitest';
import { jsonLanguage } from '../../../src/schema/json/json-language.ts';
import { computeGuid } from '../../../src/semantics/guid.ts';
import { readCanonicalRows, resolve } from './recorded.ts';

const rows = readCanonicalRows();
// A blank text, and a reference to nothing, are refused before a language is asked.
const asked = rows.filter((row) => row.input.trim() !== '' && resolve(row.references, row.refs) !== undefined);

describe('recorded texts', () => {
  it('are there', () => expect(asked.length).toBeGreaterThan(180));

  it.each(asked)('$case', (row) => {
    const references = resolve(row.references, row.refs) ?? [];
    const options = { normalize: row.normalize === true, validate: true };
    const canonical = jsonLanguage.canonicalize(row.input, references, options);
    if (row.stored === undefined) {
      const isParseError = row.error?.message.startsWith('Invalid schema of type JSON, ') === true;
      expect(canonical).toEqual({
        error: row.error?.message.slice(row.error.message.lastIndexOf(', details: ') + ', details: '.length),
        ...(isParseError ? {} : { phase: 'validate', reason: expect.any(String) }),
      });
      return;
    }
    expect(canonical).toEqual({ text: row.stored });
    expect(computeGuid({ schema: row.stored, references: row.storedReferences ?? [] })).toBe(row.guid);
    expect(jsonLanguage.canonicalize(row.stored, references, options)).toEqual({ text: row.stored });
  });
});
