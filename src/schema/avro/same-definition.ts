/** Whether a type may be defined again: Java compares the two by `equals`. */
import { type JsonNode, sortKeys, writeNode } from './json-node.ts';
import { type AvroSchema, childrenOf, type Field, isNamed, type NamedSchema, type Properties } from './schema-model.ts';

/**
 * Documentation, aliases, an enum's default, the order of attributes and whether a record is an error do not count.
 * Without recursion: chains of names can be long.
 */
export function isSameDefinition(known: NamedSchema, added: NamedSchema): boolean {
  const compared = new Map<AvroSchema, Set<AvroSchema>>();
  const open: (readonly [AvroSchema, AvroSchema])[] = [[known, added]];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [first, second] = pair;
    if (first === second) continue;
    // A pair that comes again, around a cycle or by two ways, is being compared already.
    const withFirst = compared.get(first) ?? new Set<AvroSchema>();
    compared.set(first, withFirst);
    if (withFirst.has(second)) continue;
    withFirst.add(second);
    const [children, others] = [childrenOf(first), childrenOf(second)];
    if (children.length !== others.length || !isAlikeOutside(first, second)) return false;
    for (const [index, child] of children.entries()) open.push([child, others[index] ?? child]);
  }
  return true;
}

/** Everything but the schemas inside. An unresolved name has its own number in Java, and equals nothing. */
function isAlikeOutside(first: AvroSchema, second: AvroSchema): boolean {
  if (first.type === 'unresolved' || second.type === 'unresolved') return false;
  if (first.type === 'union' || second.type === 'union') return first.type === second.type;
  if (first.type !== second.type || !areSameProperties(first.props, second.props)) return false;
  if (isNamed(first) && isNamed(second)) return first.name.full === second.name.full && isSameBody(first, second);
  return true;
}

function isSameBody(first: NamedSchema, second: NamedSchema): boolean {
  if (first.type === 'fixed') return second.type === 'fixed' && first.size === second.size;
  if (first.type === 'enum') return second.type === 'enum' && first.symbols.join() === second.symbols.join();
  const others = second.type === 'record' ? (second.fields ?? []) : [];
  return (first.fields ?? []).every((field, index) => isSameField(field, others[index]));
}

function isSameField(field: Field, other: Field | undefined): boolean {
  return (
    field.name === other?.name &&
    field.order === other.order &&
    isSameValue(field.default, other.default) &&
    areSameProperties(field.props, other.props)
  );
}

function areSameProperties(first: Properties, second: Properties): boolean {
  return first.size === second.size && [...first].every(([key, value]) => isSameValue(value, second.get(key)));
}

/** Texts tell kinds of numbers apart, as Jackson does. */
function isSameValue(first: JsonNode | undefined, second: JsonNode | undefined): boolean {
  if (first === undefined || second === undefined) return first === second;
  return first.kind === second.kind && writeNode(sortKeys(first)) === writeNode(sortKeys(second));
}
