/** What objects may become. Whether members without a name of their own are allowed decides what a new name means. */

import { joinHashKeys } from '../java-hash-order.ts';
import { compareLowerBound, compareUpperBound } from './compare-values.ts';
import { addDifference, type CompareSchemas, type Comparison, within } from './comparison.ts';
import type { DifferenceType } from './difference.ts';
import { findsPattern } from './java-pattern.ts';
import type { Additional, ObjectBody, SchemaNode } from './schema-node.ts';

export function compareObjects(
  comparison: Comparison,
  from: ObjectBody,
  to: ObjectBody,
  compareSchemas: CompareSchemas,
): void {
  compareRequired(comparison, from, to);
  for (const name of namesOf(from.properties, to.properties)) {
    comparison.path.push(`properties/${name}`);
    compareProperty(comparison, from, to, name, compareSchemas);
    comparison.path.pop();
  }
  compareDependencies(comparison, from, to, compareSchemas);
  within(comparison, 'additionalProperties', () =>
    compareAdditional(comparison, from.additional, to.additional, compareSchemas, [
      'ADDITIONAL_PROPERTIES_REMOVED',
      'ADDITIONAL_PROPERTIES_NARROWED',
    ]),
  );
  compareUpperBound(
    comparison,
    'maxProperties',
    [from.maxProperties, to.maxProperties],
    ['MAX_PROPERTIES_ADDED', 'MAX_PROPERTIES_DECREASED'],
  );
  compareLowerBound(
    comparison,
    'minProperties',
    [from.minProperties, to.minProperties],
    ['MIN_PROPERTIES_ADDED', 'MIN_PROPERTIES_INCREASED'],
  );
}

/** All names of two maps in the order in which the real comparison goes through them. */
function namesOf(from: ReadonlyMap<string, unknown>, to: ReadonlyMap<string, unknown>): readonly string[] {
  return joinHashKeys(from.keys(), to.keys());
}

/** Properties that both know. For others `required` makes no difference by itself (observed). */
function compareRequired(comparison: Comparison, from: ObjectBody, to: ObjectBody): void {
  for (const name of namesOf(from.properties, new Map())) {
    if (!to.required.has(name) || from.required.has(name)) continue;
    const property = to.properties.get(name);
    if (property === undefined || property.hasDefault) continue;
    within(comparison, `required/${name}`, () => addDifference(comparison, 'REQUIRED_ATTRIBUTE_ADDED'));
  }
}

function compareProperty(
  comparison: Comparison,
  from: ObjectBody,
  to: ObjectBody,
  name: string,
  compareSchemas: CompareSchemas,
): void {
  const original = from.properties.get(name);
  const update = to.properties.get(name);
  if (original === undefined && update !== undefined) {
    compareAdded(comparison, from, to, name, update, compareSchemas);
  } else if (original !== undefined && update === undefined) {
    compareRemoved(comparison, to, name, original, compareSchemas);
  } else {
    compareSchemas(comparison, original, update);
  }
}

/** What the older schema allowed under the name decides. */
function compareAdded(
  comparison: Comparison,
  from: ObjectBody,
  to: ObjectBody,
  name: string,
  update: SchemaNode,
  compareSchemas: CompareSchemas,
): void {
  const isRequired = to.required.has(name);
  if (isOpen(from)) {
    if (update.body.kind !== 'empty') addDifference(comparison, typeOfAddedToOpen(isRequired, update));
    return;
  }
  const allowed = schemaForUnnamed(from, name);
  if (allowed !== undefined) {
    const before = comparison.found.length;
    compareSchemas(comparison, allowed, update);
    if (comparison.found.length > before) {
      addDifference(comparison, 'PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL');
    }
  }
  if (isRequired && !update.hasDefault) {
    addDifference(comparison, 'REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL');
  }
}

function typeOfAddedToOpen(isRequired: boolean, update: SchemaNode): DifferenceType {
  if (!isRequired) return 'OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL';
  return update.hasDefault
    ? 'REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL'
    : 'REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL';
}

/** What the newer schema still allows under the name decides. */
function compareRemoved(
  comparison: Comparison,
  to: ObjectBody,
  name: string,
  original: SchemaNode,
  compareSchemas: CompareSchemas,
): void {
  if (isOpen(to)) return;
  const allowed = schemaForUnnamed(to, name);
  if (allowed === undefined) {
    if (original.body.kind !== 'false') addDifference(comparison, 'PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL');
    return;
  }
  const before = comparison.found.length;
  compareSchemas(comparison, original, allowed);
  if (comparison.found.length > before) {
    addDifference(comparison, 'PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL');
  }
}

/** Open: members of any name and kind. One `patternProperties` is enough not to be. */
function isOpen({ additional, patterns }: ObjectBody): boolean {
  return additional === true && patterns.size === 0;
}

function schemaForUnnamed(object: ObjectBody, name: string): SchemaNode | undefined {
  for (const [pattern, schema] of object.patterns) if (findsPattern(object, pattern, name)) return schema;
  return typeof object.additional === 'boolean' ? undefined : object.additional;
}

function compareDependencies(
  comparison: Comparison,
  from: ObjectBody,
  to: ObjectBody,
  compareSchemas: CompareSchemas,
): void {
  for (const name of namesOf(from.requiredWith, to.requiredWith)) {
    const update = to.requiredWith.get(name);
    if (update === undefined) continue;
    within(comparison, `dependencies/${name}`, () => {
      const original = from.requiredWith.get(name);
      if (original === undefined) addDifference(comparison, 'DEPENDENCY_ARRAY_ADDED');
      else if (update.isSubsetOf(original)) return;
      else if (original.isSubsetOf(update)) addDifference(comparison, 'DEPENDENCY_ARRAY_EXTENDED');
      else addDifference(comparison, 'DEPENDENCY_ARRAY_CHANGED');
    });
  }
  for (const name of namesOf(from.schemaWith, to.schemaWith)) {
    const update = to.schemaWith.get(name);
    if (update === undefined) continue;
    within(comparison, `dependencies/${name}`, () => {
      const original = from.schemaWith.get(name);
      if (original === undefined) addDifference(comparison, 'DEPENDENCY_SCHEMA_ADDED');
      else compareSchemas(comparison, original, update);
    });
  }
}

/** Members or items without a name or place of their own. */
export function compareAdditional(
  comparison: Comparison,
  from: Additional,
  to: Additional,
  compareSchemas: CompareSchemas,
  [removed, narrowed]: readonly [
    'ADDITIONAL_PROPERTIES_REMOVED' | 'ADDITIONAL_ITEMS_REMOVED',
    'ADDITIONAL_PROPERTIES_NARROWED' | 'ADDITIONAL_ITEMS_NARROWED',
  ],
): void {
  if (from === false || to === true) return;
  if (to === false) addDifference(comparison, removed);
  else if (from === true) addDifference(comparison, narrowed);
  else compareSchemas(comparison, from, to);
}
