/** What arrays may become. */
import { compareAdditional } from './compare-objects.ts';
import { compareLowerBound, compareUpperBound } from './compare-values.ts';
import { addDifference, type CompareSchemas, type Comparison, within } from './comparison.ts';
import type { ArrayBody, SchemaNode } from './schema-node.ts';

export function compareArrays(
  comparison: Comparison,
  from: ArrayBody,
  to: ArrayBody,
  compareSchemas: CompareSchemas,
): void {
  within(comparison, 'items', () => compareSchemas(comparison, from.items, to.items));
  const length = Math.max(from.tuple.length, to.tuple.length);
  for (let at = 0; at < length; at++) {
    within(comparison, `items/${at}`, () => compareItem(comparison, from, to, at, compareSchemas));
  }
  within(comparison, 'additionalItems', () =>
    compareAdditional(comparison, from.additional, to.additional, compareSchemas, [
      'ADDITIONAL_ITEMS_REMOVED',
      'ADDITIONAL_ITEMS_NARROWED',
    ]),
  );
  compareUpperBound(comparison, 'maxItems', [from.maxItems, to.maxItems], ['MAX_ITEMS_ADDED', 'MAX_ITEMS_DECREASED']);
  compareLowerBound(comparison, 'minItems', [from.minItems, to.minItems], ['MIN_ITEMS_ADDED', 'MIN_ITEMS_INCREASED']);
  if (to.uniqueItems && !from.uniqueItems) {
    within(comparison, 'uniqueItems', () => addDifference(comparison, 'UNIQUE_ITEMS_ADDED'));
  }
  compareUpperBound(
    comparison,
    'maxContains',
    [from.maxContains, to.maxContains],
    ['MAX_CONTAINS_ADDED', 'MAX_CONTAINS_DECREASED'],
  );
  compareLowerBound(
    comparison,
    'minContains',
    [from.minContains, to.minContains],
    ['MIN_CONTAINS_ADDED', 'MIN_CONTAINS_INCREASED'],
  );
}

function compareItem(
  comparison: Comparison,
  from: ArrayBody,
  to: ArrayBody,
  at: number,
  compareSchemas: CompareSchemas,
): void {
  const original = from.tuple[at];
  const update = to.tuple[at];
  if (original === undefined && update !== undefined) compareAdded(comparison, from, update, compareSchemas);
  else if (original !== undefined && update === undefined) compareRemoved(comparison, original, to, compareSchemas);
  else compareSchemas(comparison, original, update);
}

/** An item gets a place of its own: what the older schema allowed there decides. */
function compareAdded(
  comparison: Comparison,
  { additional }: ArrayBody,
  update: SchemaNode,
  compareSchemas: CompareSchemas,
): void {
  if (additional === false) return;
  if (additional === true) {
    if (update.body.kind !== 'empty') addDifference(comparison, 'ITEM_ADDED_TO_OPEN_CONTENT_MODEL');
    return;
  }
  const before = comparison.found.length;
  compareSchemas(comparison, additional, update);
  if (comparison.found.length > before) {
    addDifference(comparison, 'ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL');
  }
}

/** An item loses its place: what the newer schema still allows there decides. */
function compareRemoved(
  comparison: Comparison,
  original: SchemaNode,
  { additional }: ArrayBody,
  compareSchemas: CompareSchemas,
): void {
  if (additional === true) return;
  if (additional === false) {
    if (original.body.kind !== 'false') addDifference(comparison, 'ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL');
    return;
  }
  const before = comparison.found.length;
  compareSchemas(comparison, original, additional);
  if (comparison.found.length > before) {
    addDifference(comparison, 'ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL');
  }
}
