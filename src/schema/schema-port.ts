/**
 * What the registry's rules need to know of the schema languages, and no more. Injected, so that a test can hold the
 * rules to a recording however well a language is understood.
 */
import type { CompatibilityLevel, SchemaType } from '../model/schema-version.ts';
import { type CompatibilityResult, checkCompatibility, type VersionedSchema } from './check-compatibility.ts';
import type { Canonical, CanonicalizeOptions, Formatted, ResolvedReference, ResolvedSchema } from './language.ts';
import { languageOf } from './schema-languages.ts';

export interface SchemaPort {
  /** The text as the registry stores it. Idempotent. */
  canonicalize(
    schemaType: SchemaType,
    schema: string,
    references: readonly ResolvedReference[],
    options: CanonicalizeOptions,
  ): Canonical;
  /** See `checkCompatibility`. Never called at level NONE. */
  checkCompatibility(
    level: CompatibilityLevel,
    candidate: ResolvedSchema,
    history: readonly VersionedSchema[],
  ): CompatibilityResult;
  /**
   * Whether a canonical text without references is a stored one with what it refers to written in its place. Both have
   * the same metadata and rules.
   */
  equalsInlined(
    schemaType: SchemaType,
    schema: string,
    stored: string,
    storedReferences: readonly ResolvedReference[],
  ): boolean;
  /** The text for a `format` parameter; undefined when the stored text stands. */
  format(schema: ResolvedSchema, format: string): Formatted | undefined;
}

/** The three languages as they are. */
export const schemaLanguages: SchemaPort = {
  canonicalize: (schemaType, schema, references, options) =>
    languageOf(schemaType).canonicalize(schema, references, options),
  checkCompatibility,
  equalsInlined: (schemaType, schema, stored, storedReferences) =>
    languageOf(schemaType).equalsInlined(schema, stored, storedReferences),
  format: (schema, format) => languageOf(schema.schemaType).format(schema, format),
};
