/** Short ways to ask the language, for tests. */
import type { Canonical, ResolvedReference, ResolvedSchema } from '../../../src/schema/language.ts';
import { protobufLanguage } from '../../../src/schema/protobuf/protobuf-language.ts';

export function protobuf(schema: string, references: readonly ResolvedReference[] = []): ResolvedSchema {
  return { schemaType: 'PROTOBUF', schema, references };
}

export function referTo(
  name: string,
  schema: string,
  references: readonly ResolvedReference[] = [],
): ResolvedReference {
  return { name, ...protobuf(schema, references) };
}

export function canonicalize(schema: string, references: readonly ResolvedReference[] = []): Canonical {
  return protobufLanguage.canonicalize(schema, references, { normalize: false, validate: true });
}

export function normalize(schema: string, references: readonly ResolvedReference[] = []): Canonical {
  return protobufLanguage.canonicalize(schema, references, { normalize: true, validate: true });
}

/** Without looking at what names mean, as for imports. */
export function parseOnly(schema: string): Canonical {
  return protobufLanguage.canonicalize(schema, [], { normalize: false, validate: false });
}

/** `TYPE path` for each reason why `update` cannot read what `original` wrote. */
export function compare(original: ResolvedSchema, update: ResolvedSchema): readonly string[] {
  return protobufLanguage
    .findIncompatibilities(update, original, 'new')
    .map(({ errorType, path }) => `${errorType} ${path}`);
}

export function serialize(schema: ResolvedSchema): string {
  const formatted = protobufLanguage.format(schema, 'serialized');
  if (formatted === undefined || 'error' in formatted) throw new Error(formatted?.error ?? 'no such format');
  return formatted.text;
}
