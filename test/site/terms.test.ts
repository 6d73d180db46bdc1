import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFields } from '../../src/site/fields/read-fields.ts';
import type { TermEntry, WordPayload } from '../../src/site/model.ts';
import { cutTerms, TermCollector } from '../../src/site/terms.ts';
import { wordsOf } from '../../src/site/words.ts';

const SEED = Number(process.env['SRGIT_SEED'] ?? Date.now());
const RUNS = Number(process.env['SRGIT_RUNS'] ?? 50);

describe('words', () => {
  it.each([
    ['order_totalCents', ['order', 'total', 'cents']],
    ['team-42.orders-value', ['team', '42', 'orders', 'value']],
    ['Größe der Änderung', ['größe', 'der', 'änderung']],
    ['שלום 42', ['שלום', '42']],
    ['', []],
  ])('of %j', (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });
});

/** Subjects under a word, by the rule that the page has. */
function subjectsOf(payload: WordPayload): readonly number[] {
  let at = 0;
  return payload.s.map((step) => {
    at += step;
    return at;
  });
}

describe('terms', () => {
  it('lead from every word of a field or doc to its subject and place', () => {
    const terms = new TermCollector();
    const schema = (name: string, doc: string) =>
      JSON.stringify({ type: 'record', name: 'R', fields: [{ name, type: 'string', doc }] });
    for (const [at, text] of [schema('total_cents', 'In minor units.'), schema('total', 'All')].entries()) {
      const tree = readFields('AVRO', text);
      if (tree !== undefined) terms.addFields(at, tree);
    }
    terms.addRow(0, 1, 7, 'abc');
    terms.addRow(1, 2, 7, 'def');
    terms.addRetired(0, 9);
    terms.addMapped(0, 0, 7, 70, '.x');
    const entries = new Map(terms.entries());
    expect(entries.get('wtotal')).toEqual({ s: [0, 1], f: ['R.total_cents', 'R.total'] });
    expect(entries.get('wminor')).toEqual({ s: [0], f: ['R.total_cents'] });
    expect(entries.get('wtotal_cents')).toEqual({ s: [0], f: ['R.total_cents'] });
    expect(entries.get('i7')).toEqual({
      rows: [
        [0, 1],
        [1, 2],
      ],
      maps: [[0, 0, 70, '.x']],
    });
    expect(entries.get('i9')).toEqual({ rows: [], retired: [0] });
    expect(entries.get('gdef')).toEqual({ rows: [[1, 2]] });
  });

  it(`are all in their pieces, in order, and no piece is huge (seed ${SEED})`, () => {
    const names = fc.array(fc.stringMatching(/^[a-z]{2,8}$/), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(names, { maxLength: 200 }), (subjects) => {
        const terms = new TermCollector();
        for (const [at, fields] of subjects.entries()) {
          terms.addFields(at, { cut: false, nodes: fields.map((name) => ({ name, type: 'string' })) });
        }
        const entries = terms.entries();
        const pieces = cutTerms(entries);
        expect(pieces.flat()).toEqual(entries);
        const sorted = entries.map(([term]) => term);
        expect(sorted).toEqual([...sorted].sort());
        for (const piece of pieces) expect(JSON.stringify(piece).length).toBeLessThan(100_000);
        const found = new Map<string, TermEntry[1]>(entries);
        for (const [at, fields] of subjects.entries()) {
          for (const name of fields) expect(subjectsOf(found.get(`w${name}`) as WordPayload)).toContain(at);
        }
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });
});
