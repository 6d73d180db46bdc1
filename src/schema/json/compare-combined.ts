/**
 * What combinations of schemas may become. Every part of the smaller one needs a partner of its own in the other; the
 * most partners that can be found at once decide.
 */
import { addDifference, type CompareSchemas, type Comparison, isCompatible } from './comparison.ts';
import { countMatches } from './maximum-matching.ts';
import type { CombinedBody, SchemaNode } from './schema-node.ts';

export function compareCombined(
  comparison: Comparison,
  from: CombinedBody,
  to: CombinedBody,
  compareSchemas: CompareSchemas,
): void {
  if (!mayBecome(from, to)) {
    addDifference(comparison, 'COMBINED_TYPE_CHANGED');
    return;
  }
  const originals = withoutDuplicates(from);
  const updates = withoutDuplicates(to);
  if (originals.length < updates.length && to.criterion === 'allOf') {
    addDifference(comparison, 'PRODUCT_TYPE_EXTENDED');
  }
  if (originals.length > updates.length && from.criterion !== 'allOf') {
    addDifference(comparison, 'SUM_TYPE_NARROWED');
  }
  const smaller = Math.min(originals.length, updates.length);
  const fits = (original: SchemaNode, update: SchemaNode) =>
    isCompatible(comparison, () => compareSchemas(comparison, original, update));
  if (countMatches(originals, updates, fits) < smaller) addDifference(comparison, 'COMBINED_TYPE_SUBSCHEMAS_CHANGED');
}

/**
 * `anyOf` accepts whatever the other two do. Of a single part the word in front means nothing: it is one of several as
 * well, and all of several demand it as well.
 */
function mayBecome(from: CombinedBody, to: CombinedBody): boolean {
  if (from.criterion === to.criterion || to.criterion === 'anyOf') return true;
  if (from.schemas.length === 1 && (to.schemas.length === 1 || to.criterion === 'oneOf')) return true;
  return to.schemas.length === 1 && from.criterion === 'allOf';
}

/** Equal parts count once. */
function withoutDuplicates({ schemas, contents }: CombinedBody): readonly SchemaNode[] {
  const seen = new Map<number | undefined, SchemaNode>();
  for (const [at, schema] of schemas.entries()) if (!seen.has(contents[at])) seen.set(contents[at], schema);
  return [...seen.values()];
}
