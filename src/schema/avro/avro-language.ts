/** Avro as Confluent's registry understands it. */
import type {
  Canonical,
  CanonicalizeOptions,
  Formatted,
  Incompatibility,
  ResolvedReference,
  ResolvedSchema,
  SchemaLanguage,
  Side,
} from '../language.ts';
import { AvroSchemaError } from './avro-error.ts';
import { findMismatches } from './compatibility.ts';
import { describeMismatch } from './describe-mismatch.ts';
import { writeComparable } from './equal-schema.ts';
import { loadSchema } from './load-schema.ts';
import { normalizeText } from './normalize-schema.ts';
import { writeSchema } from './schema-text.ts';

export const avroLanguage: SchemaLanguage = {
  canonicalize,
  findIncompatibilities,
  equalsInlined,
  format: (schema, format) => (format === 'resolved' ? resolve(schema) : undefined),
};

function canonicalize(
  schema: string,
  references: readonly ResolvedReference[],
  options: CanonicalizeOptions,
): Canonical {
  return catchSchemaError(() => {
    const loaded = loadSchema(schema, references, options.validate);
    const text = writeSchema(loaded.schema, loaded.referenced);
    if (!options.normalize) return { text };
    const sorted = loadSchema(normalizeText(loaded.schema, loaded.referenced), references, options.validate);
    return { text: writeSchema(sorted.schema, sorted.referenced) };
  });
}

function findIncompatibilities(reader: ResolvedSchema, writer: ResolvedSchema, side: Side): readonly Incompatibility[] {
  const found = catchSchemaError(() => ({
    mismatches: findMismatches(loadStored(reader), loadStored(writer)),
  }));
  if ('mismatches' in found) return found.mismatches.map((mismatch) => describeMismatch(mismatch, side));
  const message = `Unexpected exception during compatibility check: ${found.error}`;
  return [{ errorType: 'UNEXPECTED_EXCEPTION', path: '/', description: found.error, message }];
}

function equalsInlined(schema: string, stored: string, storedReferences: readonly ResolvedReference[]): boolean {
  const compared = catchSchemaError(() => ({
    equal:
      writeComparable(loadSchema(schema, [], false).schema) ===
      writeComparable(loadSchema(stored, storedReferences, false).schema),
  }));
  return 'equal' in compared && compared.equal;
}

function resolve(schema: ResolvedSchema): Formatted {
  return catchSchemaError(() => ({ text: writeSchema(loadStored(schema)) }));
}

/** What is stored was checked when it came, or was imported without a check. */
function loadStored({ schema, references }: ResolvedSchema) {
  return loadSchema(schema, references, false).schema;
}

function catchSchemaError<T extends object>(action: () => T): T | { readonly error: string } {
  try {
    return action();
  } catch (error) {
    if (error instanceof AvroSchemaError) return { error: error.message };
    throw error;
  }
}
