/**
 * Whether a schema accepts all that an older one did, as Confluent's comparison of JSON Schemas decides it: keyword by
 * keyword, without looking for what keywords mean together.
 */
import { compareArrays } from './compare-arrays.ts';
import { compareCombined } from './compare-combined.ts';
import { compareObjects } from './compare-objects.ts';
import { compareConsts, compareEnums, compareNumbers, compareStrings } from './compare-values.ts';
import {
  addDifference,
  type CompareSchemas,
  type Comparison,
  isCompatible,
  isDecided,
  keepVerdict,
  knownVerdict,
  makeComparison,
  within,
} from './comparison.ts';
import type { Difference } from './difference.ts';
import type { CombinedBody, SchemaNode } from './schema-node.ts';

/** Far deeper than schemas of this world; every level takes some ten frames of the stack. */
const DEPTH_LIMIT = 300;
/** Some ten seconds. Only combinations of thousands of schemas get there, each of which is held against each. */
const CALL_LIMIT = 3_000_000;

/** Comparisons within one that make its verdict worth the memory. */
const WORTH_KEEPING = 32;

/**
 * @param original what the data was written with.
 * @param update what it is to be read with.
 * @returns why not, in Confluent's order; empty when all is well.
 */
export function findDifferences(original: SchemaNode, update: SchemaNode): readonly Difference[] {
  const comparison = makeComparison();
  compareSchemas(comparison, original, update);
  // What was found until then may rest on what was not compared.
  if (comparison.isTooLarge) return [{ type: 'NOT_COMPARED', path: '#/', crashesConfluent: true }];
  return comparison.found;
}

const compareSchemas: CompareSchemas = (comparison, originalOrReference, updateOrReference) => {
  if (isDecided(comparison)) return;
  if (originalOrReference === undefined) {
    if (updateOrReference !== undefined) addDifference(comparison, 'SCHEMA_ADDED');
    return;
  }
  if (updateOrReference === undefined) return;
  const original = followReferences(comparison, originalOrReference);
  const update = followReferences(comparison, updateOrReference);
  const from = original.body.kind;
  const to = update.body.kind;
  if (from !== to && from !== 'combined' && to !== 'combined') {
    // Nothing was allowed before, or everything is now: else one kind cannot stand for another.
    if (from !== 'false' && to !== 'empty') addDifference(comparison, 'TYPE_CHANGED');
    return;
  }
  const known = knownVerdict(comparison, original, update);
  if (known === undefined || (!known && !comparison.verdictOnly)) compareNewPair(comparison, original, update);
  else if (!known) addDifference(comparison, 'TYPE_CHANGED');
};

/** A reference that leads back to itself demands nothing. */
function followReferences({ targets }: Comparison, schema: SchemaNode): SchemaNode {
  if (schema.body.kind !== 'reference') return schema;
  const known = targets.get(schema);
  if (known !== undefined) return known;
  const seen = new Set<SchemaNode>();
  let here: SchemaNode = schema;
  while (here.body.kind === 'reference') {
    seen.add(here);
    here = targets.get(here) ?? here.body.target;
    if (seen.has(here)) here = EMPTY;
  }
  for (const reference of seen) targets.set(reference, here);
  return here;
}

const EMPTY: SchemaNode = { body: { kind: 'empty' }, hasDefault: false };

function compareNewPair(comparison: Comparison, original: SchemaNode, update: SchemaNode): void {
  const open = comparison.open.get(original) ?? new Set<SchemaNode>();
  if (open.has(update)) {
    // Back where it began: through members the cycle is closed as compatible, without any step there is no answer.
    comparison.shallowest = Math.min(comparison.shallowest, comparison.entered.get(original) ?? 0);
    if (!comparison.entered.has(original)) addDifference(comparison, 'TYPE_CHANGED');
    return;
  }
  if (comparison.depth >= DEPTH_LIMIT || comparison.calls >= CALL_LIMIT) {
    comparison.isTooLarge = true;
    return;
  }
  comparison.open.set(original, open.add(update));
  comparison.depth++;
  const callsBefore = comparison.calls++;
  const outer = comparison.shallowest;
  comparison.shallowest = Number.POSITIVE_INFINITY;
  const before = comparison.found.length;

  compareBodies(comparison, original, update);

  if (comparison.calls - callsBefore >= WORTH_KEEPING) {
    const compatible = comparison.found.length === before;
    keepVerdict(comparison, original, update, compatible, comparison.shallowest >= comparison.depth);
  }
  comparison.shallowest = Math.min(outer, comparison.shallowest);
  comparison.depth--;
  open.delete(update);
}

function compareBodies(comparison: Comparison, original: SchemaNode, update: SchemaNode): void {
  const from = original.body;
  const to = update.body;
  if (from.kind !== 'combined' && to.kind === 'combined') {
    if (fitsAlternative(comparison, original, to)) return;
  } else if (from.kind === 'combined' && to.kind !== 'combined') {
    if (isCoveredByPart(comparison, from, update)) return;
  }
  if (from.kind !== to.kind) {
    if (from.kind !== 'false' && to.kind !== 'empty') addDifference(comparison, 'TYPE_CHANGED');
    return;
  }
  const enteredAt = comparison.entered.get(original);
  if (enteredAt !== undefined) {
    // Inside of the same older schema already: no member can differ in a new way (Confluent's guard against cycles).
    comparison.shallowest = Math.min(comparison.shallowest, enteredAt);
    return;
  }
  comparison.entered.set(original, comparison.depth);
  compareMembers(comparison, original, update);
  comparison.entered.delete(original);
}

/** A schema becomes one of several alternatives, or the only part of a combination. */
function fitsAlternative(comparison: Comparison, original: SchemaNode, { criterion, schemas }: CombinedBody): boolean {
  if (criterion === 'allOf' && schemas.length !== 1) return false;
  return schemas.some((schema) => isCompatible(comparison, () => compareSchemas(comparison, original, schema)));
}

/** All of several demands become one of them, or the only part of a combination stands alone. */
function isCoveredByPart(comparison: Comparison, { criterion, schemas }: CombinedBody, update: SchemaNode): boolean {
  if (criterion !== 'allOf' && schemas.length !== 1) return false;
  return schemas.some((schema) => isCompatible(comparison, () => compareSchemas(comparison, schema, update)));
}

function compareMembers(comparison: Comparison, { body: from }: SchemaNode, { body: to }: SchemaNode): void {
  if (from.kind === 'string' && to.kind === 'string') compareStrings(comparison, from, to);
  else if (from.kind === 'number' && to.kind === 'number') compareNumbers(comparison, from, to);
  else if (from.kind === 'enum' && to.kind === 'enum') compareEnums(comparison, from.values, to.values);
  else if (from.kind === 'const' && to.kind === 'const') compareConsts(comparison, from.value, to.value);
  else if (from.kind === 'object' && to.kind === 'object') compareObjects(comparison, from, to, compareSchemas);
  else if (from.kind === 'array' && to.kind === 'array') compareArrays(comparison, from, to, compareSchemas);
  else if (from.kind === 'combined' && to.kind === 'combined') compareCombined(comparison, from, to, compareSchemas);
  else if (from.kind === 'not' && to.kind === 'not') compareNot(comparison, from.schema, to.schema);
}

/** What is forbidden must not grow: so the two change places. */
function compareNot(comparison: Comparison, original: SchemaNode, update: SchemaNode): void {
  within(comparison, 'not', () => {
    const compatible = isCompatible(comparison, () => compareSchemas(comparison, update, original));
    if (!compatible) addDifference(comparison, 'NOT_TYPE_EXTENDED');
  });
}
