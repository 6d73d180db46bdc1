/** What the registry's rules and everybody else may ask of a schema language. One implementation for each type. */
import type { SchemaType } from '../model/schema-version.ts';

/** A reference with what it points to, and that schema's own references. */
export interface ResolvedReference {
  readonly name: string;
  readonly schemaType: SchemaType;
  readonly schema: string;
  readonly references: readonly ResolvedReference[];
}

/** A schema with everything it is built on. */
export interface ResolvedSchema {
  readonly schemaType: SchemaType;
  readonly schema: string;
  readonly references: readonly ResolvedReference[];
}

export interface CanonicalizeOptions {
  /** The request's or the config's `normalize`. */
  readonly normalize: boolean;
  /** False for imports: the text must parse, but what it names need not resolve. */
  readonly validate: boolean;
}

export type Canonical =
  | { readonly text: string }
  | {
      /** The language's own words on what is wrong, as Confluent has them where that is known. */
      readonly error: string;
      /** `parse` (default): not a schema at all. `validate`: a schema, but something it names is missing. */
      readonly phase?: 'parse' | 'validate';
      /** The same for people, where Confluent's words say nothing. */
      readonly reason?: string;
    };

/** Which of two compared schemas is the candidate: messages call that one `new`. */
export type Side = 'new' | 'old';

/** One reason why a reader cannot read what a writer wrote. */
export interface Incompatibility {
  /** Confluent's name for the kind of reason: `TYPE_MISMATCH`, `FIELD_REMOVED`, … */
  readonly errorType: string;
  /** Where in the schema, in the language's own notation: `/fields/1`, `#/properties/a`, `#/Order/2`. */
  readonly path: string;
  /** A sentence for people. */
  readonly description: string;
  /** The whole line as Confluent 8.3.1 prints it: `{errorType:'…', description:'…', …}`. */
  readonly message: string;
  /** Confluent 8.3.1 answers 500 where it meets this one (observed). */
  readonly crashesConfluent?: boolean;
}

/** A schema's text in another form; `error` where it cannot be made. */
export type Formatted = { readonly text: string } | { readonly error: string };

export interface SchemaLanguage {
  /** The text as the registry stores it. Idempotent. */
  canonicalize(schema: string, references: readonly ResolvedReference[], options: CanonicalizeOptions): Canonical;
  /**
   * Why data written with `writer` cannot be read with `reader`: empty when it can.
   *
   * @param readerSide what messages call the reader; the writer is the other side.
   */
  findIncompatibilities(reader: ResolvedSchema, writer: ResolvedSchema, readerSide: Side): readonly Incompatibility[];
  /** Whether a canonical text without references is a stored one with what it refers to written in its place. */
  equalsInlined(schema: string, stored: string, storedReferences: readonly ResolvedReference[]): boolean;
  /**
   * The text for a `format` parameter (in lower case), from a stored one; undefined when the format says nothing to this language and
   * the stored text stands.
   */
  format(schema: ResolvedSchema, format: string): Formatted | undefined;
}
