/** Other projects' JSON Schemas, registered in the order in which Confluent 8.3.1 got them. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Reference } from '../../../src/model/schema-version.ts';
import { jsonLanguage } from '../../../src/schema/json/json-language.ts';
import type { ResolvedReference } from '../../../src/schema/language.ts';
import { computeGuid } from '../../../src/semantics/guid.ts';
import { type ObservedRow, readLines, realSchemasFolder } from '../../support/data.ts';
import { makeSchema } from './recorded.ts';

const folder = realSchemasFolder();
if (folder === undefined) console.log('skipped: no real schemas; set SRGIT_REAL_SCHEMAS to their folder');

interface PostedRow {
  readonly subject: string;
  readonly version: number;
  readonly schemaType: string;
  readonly schema: string;
  readonly references: readonly Reference[];
  readonly observed?: { readonly status: number };
}

it.skipIf(folder === undefined)('stores and refuses what Confluent did', () => {
  const observed = new Map(
    readLines<ObservedRow>(join(folder ?? '', 'observed-state.ndjson')).map((row) => [nameOf(row), row]),
  );
  const posted = readLines<PostedRow>(join(folder ?? '', 'real-registry.ndjson')).filter(isJson);
  const stored = new Map<string, Omit<ResolvedReference, 'name'>>();
  const answers = posted.map((row) => {
    const references = row.references.flatMap((reference): readonly ResolvedReference[] => {
      const target = stored.get(nameOf(reference));
      return target === undefined ? [] : [{ ...target, name: reference.name }];
    });
    const canonical =
      references.length < row.references.length
        ? { error: 'a reference to nothing' }
        : jsonLanguage.canonicalize(row.schema, references, { normalize: false, validate: true });
    if ('error' in canonical) return [nameOf(row), 'refused'];
    stored.set(nameOf(row), { schemaType: 'JSON', schema: canonical.text, references });
    return [nameOf(row), canonical.text, computeGuid({ schema: canonical.text, references: row.references })];
  });
  expect(answers.length).toBeGreaterThan(100);
  expect(answers).toEqual(
    posted.map((row) => {
      const { schema, guid } = observed.get(nameOf(row)) ?? {};
      return row.observed === undefined ? [nameOf(row), schema, guid] : [nameOf(row), 'refused'];
    }),
  );
  for (const { schema, references } of stored.values()) {
    expect(
      jsonLanguage.findIncompatibilities(makeSchema(schema, references), makeSchema(schema, references), 'new'),
    ).toEqual([]);
  }
});

function isJson({ schemaType }: PostedRow): boolean {
  return schemaType === 'JSON';
}

function nameOf({ subject, version }: { readonly subject: string; readonly version: number }): string {
  return `${subject} ${version}`;
}
