/**
 * What the rules need to know of the schema languages, and no more: the canonical text of a schema, and whether it can
 * follow others. Injected, so that the rules do not depend on how well a language is understood.
 */
import type { CompatibilityLevel, SchemaContent, SchemaType, SchemaVersion } from '../model/schema-version.ts';

/** A reference with what it points to, and that schema's own references. */
export interface ResolvedReference {
  readonly name: string;
  readonly schemaType: SchemaType;
  readonly schema: string;
  readonly references: readonly ResolvedReference[];
}

interface CanonicalizeOptions {
  /** The request's or the config's `normalize`. */
  readonly normalize: boolean;
  /** False for imports: the text must parse, but what it names need not resolve. */
  readonly validate: boolean;
}

export type Canonical =
  | { readonly text: string }
  | {
      /** The language's own words on what is wrong. */
      readonly error: string;
      /** `parse` (default): not a schema at all. `validate`: a schema, but something it names is missing. */
      readonly phase?: 'parse' | 'validate';
    };

export interface SchemaPort {
  /** The text as the registry stores it. Must be idempotent. */
  canonicalize(
    schemaType: SchemaType,
    schema: string,
    references: readonly ResolvedReference[],
    options: CanonicalizeOptions,
  ): Canonical;
  /**
   * Messages that tell why the candidate cannot follow `history` (live versions, ascending; the last one is compared
   * at a level that is not transitive). Empty when it can. Never called at level NONE.
   */
  checkCompatibility(
    level: CompatibilityLevel,
    candidate: SchemaContent,
    history: readonly SchemaVersion[],
  ): readonly string[];
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
}
