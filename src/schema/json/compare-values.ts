/** What strings, numbers and listed values may become. */
import { addDifference, type Comparison, within } from './comparison.ts';
import type { DifferenceType } from './difference.ts';
import { isMultiple, truncateToInt } from './java-decimal.ts';
import type { JsonNumber } from './json-node.ts';
import type { NumberBody, StringBody } from './schema-node.ts';

/** A limit from above: it may go, or go up. */
export function compareUpperBound(
  comparison: Comparison,
  keyword: string,
  [original, update]: readonly [number | undefined, number | undefined],
  [added, decreased]: readonly [DifferenceType, DifferenceType],
): void {
  if (update === undefined) return;
  if (original === undefined) within(comparison, keyword, () => addDifference(comparison, added));
  else if (update < original) within(comparison, keyword, () => addDifference(comparison, decreased));
}

/** A limit from below: it may go, or go down. */
export function compareLowerBound(
  comparison: Comparison,
  keyword: string,
  [original, update]: readonly [number | undefined, number | undefined],
  [added, increased]: readonly [DifferenceType, DifferenceType],
): void {
  if (update === undefined) return;
  if (original === undefined) within(comparison, keyword, () => addDifference(comparison, added));
  else if (update > original) within(comparison, keyword, () => addDifference(comparison, increased));
}

export function compareStrings(comparison: Comparison, from: StringBody, to: StringBody): void {
  compareUpperBound(
    comparison,
    'maxLength',
    [from.maxLength, to.maxLength],
    ['MAX_LENGTH_ADDED', 'MAX_LENGTH_DECREASED'],
  );
  compareLowerBound(
    comparison,
    'minLength',
    [from.minLength, to.minLength],
    ['MIN_LENGTH_ADDED', 'MIN_LENGTH_INCREASED'],
  );
  if (to.pattern === undefined || to.pattern === from.pattern) return;
  within(comparison, 'pattern', () =>
    addDifference(comparison, from.pattern === undefined ? 'PATTERN_ADDED' : 'PATTERN_CHANGED'),
  );
}

export function compareNumbers(comparison: Comparison, from: NumberBody, to: NumberBody): void {
  compareUpperBound(comparison, 'maximum', bounds(from.maximum, to.maximum), ['MAXIMUM_ADDED', 'MAXIMUM_DECREASED']);
  compareLowerBound(comparison, 'minimum', bounds(from.minimum, to.minimum), ['MINIMUM_ADDED', 'MINIMUM_INCREASED']);
  compareExclusiveMaximum(comparison, from.exclusiveMaximum, to);
  compareLowerBound(comparison, 'exclusiveMinimum', bounds(from.exclusiveMinimum, to.exclusiveMinimum), [
    'EXCLUSIVE_MINIMUM_ADDED',
    'EXCLUSIVE_MINIMUM_INCREASED',
  ]);
  compareMultipleOf(comparison, from.multipleOf, to.multipleOf);
  if (to.requiresInteger && !from.requiresInteger) addDifference(comparison, 'TYPE_NARROWED');
}

/** Limits are compared as doubles. */
function bounds(
  original: JsonNumber | undefined,
  update: JsonNumber | undefined,
): readonly [number | undefined, number | undefined] {
  return [original && Number(original.text), update && Number(update.text)];
}

/**
 * Where it is not raised, Confluent holds the older limit against the newer `maximum` instead (read in its source), and
 * answers 500 when there is none (observed): then a lowered limit is one.
 */
function compareExclusiveMaximum(
  comparison: Comparison,
  original: JsonNumber | undefined,
  { exclusiveMaximum: update, maximum }: NumberBody,
): void {
  if (update === undefined || update.text === original?.text) return;
  within(comparison, 'exclusiveMaximum', () => {
    const before = Number(original?.text);
    if (original === undefined) addDifference(comparison, 'EXCLUSIVE_MAXIMUM_ADDED');
    else if (before < Number(update.text)) return;
    else if (before > Number((maximum ?? update).text)) {
      addDifference(comparison, 'EXCLUSIVE_MAXIMUM_DECREASED', maximum === undefined);
    }
  });
}

function compareMultipleOf(
  comparison: Comparison,
  original: JsonNumber | undefined,
  update: JsonNumber | undefined,
): void {
  if (update === undefined || update.text === original?.text) return;
  within(comparison, 'multipleOf', () => {
    if (original === undefined) {
      addDifference(comparison, 'MULTIPLE_OF_ADDED');
      return;
    }
    const change = describeMultipleOf(original, update);
    if (change !== undefined) addDifference(comparison, change.type, change.crashesConfluent);
  });
}

/**
 * Confluent compares the whole part alone, and that divides by zero for decimals below one (observed): then the
 * answer is what the numbers mean.
 */
function describeMultipleOf(
  original: JsonNumber,
  update: JsonNumber,
): { readonly type: DifferenceType; readonly crashesConfluent: boolean } | undefined {
  const from = truncateToInt(original.text);
  const to = truncateToInt(update.text);
  if (from !== 0 && to % from === 0) return { type: 'MULTIPLE_OF_EXPANDED', crashesConfluent: false };
  if (from !== 0 && to !== 0) {
    return from % to === 0 ? undefined : { type: 'MULTIPLE_OF_CHANGED', crashesConfluent: false };
  }
  if (isMultiple(original.text, update.text)) return undefined;
  const type = isMultiple(update.text, original.text) ? 'MULTIPLE_OF_EXPANDED' : 'MULTIPLE_OF_CHANGED';
  return { type, crashesConfluent: true };
}

export function compareEnums(comparison: Comparison, from: ReadonlySet<string>, to: ReadonlySet<string>): void {
  if (from.isSubsetOf(to)) return;
  within(comparison, 'enum', () =>
    addDifference(comparison, to.isSubsetOf(from) ? 'ENUM_ARRAY_NARROWED' : 'ENUM_ARRAY_CHANGED'),
  );
}

export function compareConsts(comparison: Comparison, from: string, to: string): void {
  if (from !== to) within(comparison, 'const', () => addDifference(comparison, 'ENUM_ARRAY_CHANGED'));
}
