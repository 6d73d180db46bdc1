/** JSON Schema as Confluent 8.3.1 stores and compares it, drafts 4 to 2020-12. */
import type { Incompatibility, ResolvedSchema, SchemaLanguage, Side } from '../language.ts';
import { findDifferences } from './compare-schemas.ts';
import { describeDifference } from './difference.ts';
import { type LoadedSchema, loadSchema } from './load-schema.ts';
import { readJson } from './read-json.ts';
import { collectReferencedTexts } from './resolved-texts.ts';
import { writeJson, writeSortedJson } from './write-json.ts';

export const jsonLanguage: SchemaLanguage = {
  canonicalize(schema, references, { normalize, validate }) {
    const root = readJson(schema);
    if (root === undefined) return { error: 'Invalid JSON schema' };
    if (validate) {
      const loaded = loadSchema(root, collectReferencedTexts(references));
      // Confluent's words say no more.
      if ('reason' in loaded) return { error: 'Invalid JSON', phase: 'validate', reason: loaded.reason };
    }
    return { text: normalize ? writeSortedJson(root) : writeJson(root) };
  },

  findIncompatibilities(reader, writer, readerSide) {
    const update = load(reader);
    if ('reason' in update) return [describeUnreadable(readerSide, update.reason)];
    const original = load(writer);
    if ('reason' in original) return [describeUnreadable(readerSide === 'new' ? 'old' : 'new', original.reason)];
    return findDifferences(original.schema, update.schema).map((found) => describeDifference(found, readerSide));
  },

  // Confluent writes no references into a JSON Schema: only one that does not use what it names can be sent without.
  equalsInlined: (schema, stored) => schema === stored,

  format: () => undefined,
};

function load({ schema, references }: ResolvedSchema): LoadedSchema {
  const root = readJson(schema);
  if (root === undefined) return { reason: 'it is not JSON' };
  return loadSchema(root, collectReferencedTexts(references));
}

/** An import may have left a schema whose references lead nowhere: Confluent cannot compare it. */
function describeUnreadable(side: Side, reason: string): Incompatibility {
  const description = `The ${side} schema cannot be loaded: ${reason}`;
  return {
    errorType: 'INVALID_SCHEMA',
    path: '#/',
    description,
    message: `{errorType:"INVALID_SCHEMA", description:"${description}'}`,
    crashesConfluent: true,
  };
}
