/**
 * Why a reader's schema cannot read what a writer's schema wrote, as Confluent sees it. `original` is the writer's,
 * `update` the reader's.
 */

import { joinHashKeys } from '../java-hash-order.ts';
import { compareFieldTypes, type ScopedField } from './compare-fields.ts';
import type { Difference, DifferenceType } from './difference.ts';
import { isMapEntry, type MessageElement, type OneOfElement, type ProtoFile, type TypeElement } from './elements.ts';
import type { SchemaFiles } from './schema-files.ts';
import { buildTypeTable, splitName, type TypeInfo, type TypeTable } from './type-table.ts';

export function compareSchemas(original: SchemaFiles, update: SchemaFiles): readonly Difference[] {
  return new Comparison(buildTypeTable(original), buildTypeTable(update)).compareFiles(original.root, update.root);
}

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
        found.push({ type: 'MESSAGE_REMOVED', path: own });
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
    const compareField = (tag: number, from: MessageElement['fields'][number], to: typeof from, at: string): void =>
      this.#compareFields(
        found,
        `${at}/${tag}`,
        { field: from, scope: originalScope },
        { field: to, scope: updateScope },
      );
    const before = byTag(original.fields);
    this.#compareOneOfs(found, path, original, update, compareField);
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

  #compareOneOfs(
    found: Difference[],
    path: string,
    original: MessageElement,
    update: MessageElement,
    compareField: (tag: number, from: MessageElement['fields'][number], to: typeof from, at: string) => void,
  ): void {
    const plain = byTag(original.fields);
    const before = byName(original.oneOfs);
    const after = byName(update.oneOfs);
    for (const name of joinHashKeys(before.keys(), after.keys())) {
      const [from, to] = [before.get(name), after.get(name)];
      if (to === undefined) continue;
      const own = `${path}/${name}`;
      if (from !== undefined) compareMembers(found, own, from, to, compareField);
      const moved = to.fields.filter(({ tag }) => plain.has(tag)).length;
      if (from === undefined && moved > 1) found.push({ type: 'MULTIPLE_FIELDS_MOVED_TO_ONEOF', path: own });
      if (from !== undefined && moved > 0) found.push({ type: 'FIELD_MOVED_TO_EXISTING_ONEOF', path: own });
    }
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
      this.#compareTypes(
        own,
        '#',
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

function compareMembers(
  found: Difference[],
  path: string,
  original: OneOfElement,
  update: OneOfElement,
  compareField: (tag: number, from: MessageElement['fields'][number], to: typeof from, at: string) => void,
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

/** Entries of maps are none: a field that was declared as `map<>` has no message of its own. */
function messagesOf(types: readonly TypeElement[]): readonly MessageElement[] {
  return types.filter((type) => type.kind === 'message').filter((message) => !isMapEntry(message));
}

/** Of elements with the same name the last one counts. */
function byName<Element extends { readonly name: string }>(elements: readonly Element[]): ReadonlyMap<string, Element> {
  return new Map(elements.map((element) => [element.name, element]));
}

function byTag<Element extends { readonly tag: number }>(elements: readonly Element[]): ReadonlyMap<number, Element> {
  return new Map(elements.map((element) => [element.tag, element]));
}
