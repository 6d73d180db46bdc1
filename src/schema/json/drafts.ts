/** Which version of JSON Schema a text is written in, and what that changes. */
import type { JsonNode } from './json-node.ts';

export type Draft = 'draft-04' | 'draft-06' | 'draft-07' | '2019-09' | '2020-12';

const DRAFTS: readonly Draft[] = ['draft-04', 'draft-06', 'draft-07', '2019-09', '2020-12'];

/**
 * Draft 7 without a `$schema`, or with one that is nobody's (observed). Only the beginning of the address counts:
 * `#` and what follows do not.
 *
 * @returns undefined when `$schema` is no string: such a schema is refused (observed).
 */
export function draftOf(root: JsonNode): Draft | undefined {
  const schema = root.kind === 'object' ? root.members.get('$schema') : undefined;
  if (schema === undefined) return 'draft-07';
  if (schema.kind !== 'string') return undefined;
  for (const draft of DRAFTS) {
    const path = isModern(draft) ? `draft/${draft}/schema` : `${draft}/schema`;
    if (new RegExp(`^https?://json-schema\\.org/${path}`).test(schema.value)) return draft;
  }
  return /^https?:\/\/json-schema\.org\/schema/.test(schema.value) ? 'draft-04' : 'draft-07';
}

/** Drafts that the registry loads with its newer library. */
export function isModern(draft: Draft): boolean {
  return draft === '2019-09' || draft === '2020-12';
}
