/** A text is parsed once for placing it and for playing its registration, and never taken for what it is not. */
import { describe, expect, it } from 'vitest';
import { makePlan } from '../../src/plan/make-plan.ts';
import { rememberCanonicals } from '../../src/plan/remember-canonical.ts';
import type { ResolvedReference } from '../../src/schema/language.ts';
import type { SchemaPort } from '../../src/schema/schema-port.ts';
import { EMPTY, lenientPort, RESTORE, record, snapshotOf, sourceOf, targetOf } from './support.ts';

/** How often each text is put into its canonical form. */
function counting() {
  const counts = new Map<string, number>();
  const port: SchemaPort = {
    ...lenientPort,
    canonicalize: (type, schema, ...rest) => {
      counts.set(schema, (counts.get(schema) ?? 0) + 1);
      return lenientPort.canonicalize(type, schema, ...rest);
    },
  };
  return { counts, port };
}

const options = { normalize: false, validate: false };
const reference = (schema: string, references: readonly ResolvedReference[] = []): ResolvedReference => ({
  name: 'N',
  schemaType: 'AVRO',
  schema,
  references,
});

describe('canonical texts', () => {
  it('of what is imported are made once each', () => {
    const texts = [record('A'), record('B', 'A'), record('C', 'B')];
    const [a = '', b = '', c = ''] = texts;
    const source = snapshotOf([
      { subject: 'a', id: 1, schema: a },
      { subject: 'b', id: 2, schema: b, references: [{ name: 'A', subject: 'a', version: 1 }] },
      { subject: 'c', id: 3, schema: c, references: [{ name: 'B', subject: 'b', version: 1 }] },
    ]);
    const { counts, port } = counting();
    const { plan } = makePlan(sourceOf(source), targetOf(EMPTY), RESTORE, { port });
    expect(plan.problems).toEqual([]);
    expect(plan.steps).toHaveLength(5);
    expect(counts).toEqual(new Map(texts.map((text) => [text, 1])));
  });

  it('are made anew where anything that they are built on is different', () => {
    const { counts, port } = counting();
    const { placing, playing } = rememberCanonicals(port);
    const text = record('B', 'A');
    const built = [reference(record('A'), [reference(record('Z'))])];
    placing.canonicalize('AVRO', text, built, options);
    const count = (...call: Parameters<SchemaPort['canonicalize']>): number => {
      const before = counts.get(call[1]) ?? 0;
      expect(playing.canonicalize(...call)).toEqual(lenientPort.canonicalize(...call));
      return (counts.get(call[1]) ?? 0) - before;
    };
    expect(count('AVRO', text, structuredClone(built), options)).toBe(0);
    expect(count('JSON', text, built, options)).toBe(1);
    expect(count('AVRO', text, built, { ...options, normalize: true })).toBe(1);
    expect(count('AVRO', text, built, { ...options, validate: true })).toBe(1);
    expect(count('AVRO', text, [], options)).toBe(1);
    expect(count('AVRO', text, [reference(record('A'), [reference(record('Y'))])], options)).toBe(1);
    expect(count('AVRO', text, [...built, reference(record('Q'))], options)).toBe(1);
    expect(count('AVRO', text, [...built, reference(record('Q'))], options)).toBe(0);
    expect(count('AVRO', record('A'), [], options)).toBe(1);
  });

  it('of texts whose references meet again and again are told apart in no time', () => {
    const { counts, port } = counting();
    const { placing, playing } = rememberCanonicals({
      ...port,
      canonicalize: (_, text) => port.canonicalize('AVRO', text, [], options),
    });
    const ladder = (): readonly ResolvedReference[] => {
      let list: readonly ResolvedReference[] = [];
      for (let at = 0; at < 60; at++) list = [reference(record(`R${at}`), list), reference(record(`S${at}`), list)];
      return list;
    };
    placing.canonicalize('AVRO', record('A'), ladder(), options);
    playing.canonicalize('AVRO', record('A'), ladder(), options);
    expect(counts.get(record('A'))).toBe(1);
  });
});
