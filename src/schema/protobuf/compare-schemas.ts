/**
 * Why a reader's schema cannot read what a writer's schema wrote, as Confluent sees it. `original` is the writer's,
 * `update` the reader's.
 */

import { joinHashKeys } from '../java-hash-order.ts';
import { compareFieldTypes, type ScopedField } from './compare-fields.ts';
import type { Difference, DifferenceType } from './difference.ts';
import {
  type FieldElement,
  isMapEntry,
  type MessageElement,
  type OneOfElement,
  type ProtoFile,
  type TypeElement,
} from './elements.ts';
import type { SchemaFiles } from './schema-files.ts';
import { buildTypeTable, splitName, type TypeInfo, type TypeTable } from './type-table.ts';

export function compareSchemas(original: SchemaFiles, update: SchemaFiles): readonly Difference[] {
  return new Comparison(buildTypeTable(original), buildTypeTable(update)).compareFiles(original.root, update.root);
}

type CompareField = (tag: number, from: FieldElement, to: FieldElement, at: string) => void;

/** Types of one scope, of both schemas. */
interface Scoped {
  readonly types: readonly TypeElement[];
  readonly scope: readonly string[];
}

/**
 * Types in other files are compared where a field uses them, and what they have against each other is told there. A
 * chain of files in which every message uses the next one twice would tell it without end: enough is enough.
 */
const MOST_DIFFERENCES = 1000;

/** Calls through messages of other files. */
const MOST_FILES_DEEP = 200;

class Comparison {
  readonly #originalTypes: TypeTable;
  readonly #updateTypes: TypeTable;
  /** What two types of other files have against each other; a comparison under way has nothing yet. */
  readonly #compared = new Map<string, readonly Difference[]>();
  #depth = 0;

  constructor(originalTypes: TypeTable, updateTypes: TypeTable) {
    this.#originalTypes = originalTypes;
    this.#updateTypes = updateTypes;
  }

  compareFiles(original: ProtoFile, update: ProtoFile): readonly Difference[] {
    const found: Difference[] = [];
    if (original.packageName !== update.packageName) found.push({ type: 'PACKAGE_CHANGED', path: '#/' });
    const scoped = ({ types, packageName = '' }: ProtoFile): Scoped => ({ types, scope: splitName(packageName) });
    this.#compareTypes(found, '#', scoped(original), scoped(update));
    return found;
  }

  /** Enums never stand in the way: their fields are read as numbers. */
  #compareTypes(found: Difference[], path: string, original: Scoped, update: Scoped): void {
    const before = byName(messagesOf(original.types));
    const after = byName(messagesOf(update.types));
    for (const name of joinHashKeys(before.keys(), after.keys())) {
      const [from, to] = [before.get(name), after.get(name)];
      const own = `${path}/${name}`;
      if (to === undefined) {
        // A map has entries without a message for them.
        if (from !== undefined && !isMapEntry(from)) found.push({ type: 'MESSAGE_REMOVED', path: own });
      } else if (from !== undefined) {
        this.#compareMessages(found, own, [from, [...original.scope, name]], [to, [...update.scope, name]]);
      }
    }
  }

  #compareMessages(
    found: Difference[],
    path: string,
    [original, originalScope]: readonly [MessageElement, readonly string[]],
    [update, updateScope]: readonly [MessageElement, readonly string[]],
  ): void {
    const compareField: CompareField = (tag, from, to, at) =>
      this.#compareFields(
        found,
        `${at}/${tag}`,
        { field: from, scope: originalScope },
        { field: to, scope: updateScope },
      );
    const before = byTag(original.fields);
    takeMovedFields(found, path, original, update, before);
    compareOneOfs(found, path, original, update, compareField);
    const after = byTag(update.fields);
    for (const tag of joinHashKeys(before.keys(), after.keys())) {
      const [from, to] = [before.get(tag), after.get(tag)];
      const add = (type: DifferenceType): void => {
        found.push({ type, path: `${path}/${tag}` });
      };
      if (from === undefined) {
        if (to?.label === 'required') add('REQUIRED_FIELD_ADDED');
      } else if (to === undefined) {
        if (from.label === 'required') add('REQUIRED_FIELD_REMOVED');
      } else {
        compareField(tag, from, to, path);
      }
    }
    this.#compareTypes(
      found,
      path,
      { types: original.types, scope: originalScope },
      { types: update.types, scope: updateScope },
    );
  }

  #compareFields(found: Difference[], path: string, from: ScopedField, to: ScopedField): void {
    const types = compareFieldTypes(
      { ...from, table: this.#originalTypes },
      { ...to, table: this.#updateTypes },
      (original, update) => this.#compareReferred(found, original, update),
    );
    for (const type of types) found.push({ type, path });
  }

  /** Tells whether two messages of which one is in another file are compatible, and adds what is between them. */
  #compareReferred(found: Difference[], original: TypeInfo, update: TypeInfo): boolean {
    const key = `${original.fullName} ${update.fullName}`;
    let differences = this.#compared.get(key);
    if (differences === undefined) {
      // What is deeper than any real chain of files is not looked at.
      if (this.#depth >= MOST_FILES_DEEP) return true;
      this.#compared.set(key, []);
      const own: Difference[] = [];
      this.#depth++;
      // Told from the root of its own file, whatever field it was met at.
      const outer = update.scope.slice(splitName(update.packageName).length);
      this.#compareTypes(
        own,
        ['#', ...outer].join('/'),
        { types: [original.type], scope: original.scope },
        { types: [update.type], scope: update.scope },
      );
      this.#depth--;
      differences = own;
      this.#compared.set(key, own);
    }
    for (const difference of differences) if (found.length < MOST_DIFFERENCES) found.push(difference);
    return differences.length === 0;
  }
}

/**
 * Fields that stood alone and are now in a oneof. Two in one oneof could both be in a record; one beside fields that were
 * in a oneof already, whichever, could be there together with them. What moved is not missed among the other fields.
 */
function takeMovedFields(
  found: Difference[],
  path: string,
  original: MessageElement,
  update: MessageElement,
  alone: Map<number, FieldElement>,
): void {
  const inOneOfs = byTag(original.oneOfs.flatMap(({ fields }) => fields));
  for (const { name, fields } of update.oneOfs) {
    let moved = 0;
    let existing = 0;
    for (const { tag } of fields) {
      if (alone.delete(tag)) moved++;
      else if (inOneOfs.has(tag)) existing++;
    }
    const own = `${path}/${name}`;
    if (moved > 1) found.push({ type: 'MULTIPLE_FIELDS_MOVED_TO_ONEOF', path: own });
    else if (moved === 1 && existing > 0) found.push({ type: 'FIELD_MOVED_TO_EXISTING_ONEOF', path: own });
  }
}

/** Oneofs that only one of the messages has are no matter. */
function compareOneOfs(
  found: Difference[],
  path: string,
  original: MessageElement,
  update: MessageElement,
  compareField: CompareField,
): void {
  const before = byName(original.oneOfs);
  const after = byName(update.oneOfs);
  for (const name of joinHashKeys(before.keys(), after.keys())) {
    const [from, to] = [before.get(name), after.get(name)];
    if (from !== undefined && to !== undefined) compareMembers(found, `${path}/${name}`, from, to, compareField);
  }
}

function compareMembers(
  found: Difference[],
  path: string,
  original: OneOfElement,
  update: OneOfElement,
  compareField: CompareField,
): void {
  const before = byTag(original.fields);
  const after = byTag(update.fields);
  for (const tag of joinHashKeys(before.keys(), after.keys())) {
    const [from, to] = [before.get(tag), after.get(tag)];
    if (from === undefined) continue;
    if (to === undefined) found.push({ type: 'ONEOF_FIELD_REMOVED', path: `${path}/${tag}` });
    else compareField(tag, from, to, path);
  }
}

function messagesOf(types: readonly TypeElement[]): readonly MessageElement[] {
  return types.filter((type) => type.kind === 'message');
}

/** Of elements with the same name the last one counts. */
function byName<Element extends { readonly name: string }>(elements: readonly Element[]): ReadonlyMap<string, Element> {
  return new Map(elements.map((element) => [element.name, element]));
}

function byTag<Element extends { readonly tag: number }>(elements: readonly Element[]): Map<number, Element> {
  return new Map(elements.map((element) => [element.tag, element]));
}
