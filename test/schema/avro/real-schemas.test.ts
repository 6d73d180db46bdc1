/** Other projects' schemas, posted in order: accepted, stored and refused as Confluent 8.3.1 did. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Reference } from '../../../src/model/schema-version.ts';
import { avroLanguage } from '../../../src/schema/avro/avro-language.ts';
import type { ResolvedReference } from '../../../src/schema/language.ts';
import { computeGuid } from '../../../src/semantics/guid.ts';
import { type ObservedRow, readLines, realSchemasFolder } from '../../support/data.ts';

const folder = realSchemasFolder();
if (folder === undefined) console.log('skipped: no real schemas; set SRGIT_REAL_SCHEMAS to their folder');

interface PostedRow {
  readonly subject: string;
  readonly version: number;
  readonly schemaType: string;
  readonly schema: string;
  readonly references?: readonly Reference[];
  readonly expectInvalid?: boolean;
  readonly observed?: { readonly status: number };
}

it.skipIf(folder === undefined)('stores and refuses real schemas', () => {
  const posted = readAvro<PostedRow>('real-registry.ndjson');
  const observed = new Map(readAvro<ObservedRow>('observed-state.ndjson').map((row) => [keyOf(row), row]));
  const stored = new Map<string, ResolvedReference>();
  let refused = 0;
  for (const row of posted) {
    const references = (row.references ?? []).map(({ name, subject, version }) => {
      const target = stored.get(keyOf({ subject, version }));
      if (target === undefined) throw new Error(`${row.subject} refers to ${subject}, which is not there yet`);
      return { ...target, name };
    });
    const canonical = avroLanguage.canonicalize(row.schema, references, { normalize: false, validate: true });
    if (row.observed !== undefined) {
      expect(canonical, keyOf(row)).toHaveProperty('error');
      refused++;
      continue;
    }
    const expected = observed.get(keyOf(row));
    expect(canonical, keyOf(row)).toEqual({ text: expected?.schema });
    const schema = expected?.schema ?? '';
    expect(computeGuid({ schema, references: expected?.references ?? [] })).toBe(expected?.guid);
    expect(avroLanguage.canonicalize(schema, references, { normalize: false, validate: true })).toEqual(canonical);
    stored.set(keyOf(row), { name: '', schemaType: 'AVRO', schema, references });
  }
  expect(stored.size).toBeGreaterThan(150);
  expect(refused).toBeGreaterThan(5);
  console.log(`${stored.size} real Avro schemas stored as observed, ${refused} refused`);
});

function readAvro<T extends { readonly schemaType: string }>(file: string): readonly T[] {
  return readLines<T>(join(folder ?? '', file)).filter(({ schemaType }) => schemaType === 'AVRO');
}

function keyOf({ subject, version }: { readonly subject: string; readonly version: number }): string {
  return `${subject} ${version}`;
}
