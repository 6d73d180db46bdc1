/** Which keywords demand something of one type of values, and which of them become part of what a list of types says. */
import { joinHashKeys } from '../java-hash-order.ts';
import { type Draft, isModern } from './drafts.ts';
import type { Keywords } from './keyword-values.ts';
import { arrayKeywords, numberKeywords, objectKeywords, stringKeywords } from './schema-bodies.ts';

export type TypedKind = 'array' | 'object' | 'number' | 'string';

export const TYPED_KINDS: readonly TypedKind[] = ['array', 'object', 'number', 'string'];

export function isTypedKind(name: string): name is TypedKind {
  return TYPED_KINDS.some((kind) => kind === name);
}

export function keywordsOf(kind: TypedKind, draft: Draft): readonly string[] {
  if (kind === 'array') return arrayKeywords(draft);
  if (kind === 'object') return objectKeywords(draft);
  return kind === 'number' ? numberKeywords() : stringKeywords(draft);
}

/** Those of these keywords that are there and demand something. */
export function demandsAmong(members: Keywords, keywords: readonly string[], draft: Draft): readonly string[] {
  return keywords.filter((keyword) => {
    const value = members.get(keyword);
    if (value === undefined) return false;
    // The newer library goes through the properties one by one.
    return !(isModern(draft) && LAST.includes(keyword) && value.kind === 'object' && value.members.size === 0);
  });
}

/** What the newer library looks at after all other keywords. */
const LAST = ['properties', 'patternProperties'];

/** Other keywords than those of types that the newer library makes a demand of, even an empty one. */
const OTHERS: ReadonlySet<string> = new Set([
  '$dynamicRef',
  '$ref',
  'allOf',
  'anyOf',
  'const',
  'enum',
  'format',
  'if',
  'not',
  'oneOf',
  'readOnly',
  'writeOnly',
]);

/**
 * The keywords whose demands the newer library's translation joins with a list of types. It takes keyword after keyword
 * in the order of Java's hash table: as soon as two do not fit together, all that follow stay outside of the list.
 */
export function keywordsInTypeList(members: Keywords, kinds: ReadonlySet<TypedKind>, draft: Draft): readonly string[] {
  const demands = new Map<string, TypedKind>();
  for (const kind of TYPED_KINDS) {
    for (const keyword of demandsAmong(members, keywordsOf(kind, draft), draft)) demands.set(keyword, kind);
  }
  const inside: string[] = [];
  let isOpen = false;
  for (const keyword of inOrder(members)) {
    const kind = demands.get(keyword);
    if (keyword === 'type') {
      const kindsBefore = new Set(inside.map((before) => demands.get(before)));
      if (kindsBefore.size > 1) return [];
      isOpen = true;
    } else if (kind !== undefined && kinds.has(kind)) {
      inside.push(keyword);
    } else if (kind !== undefined || OTHERS.has(keyword)) {
      return isOpen ? inside : [];
    }
  }
  return inside;
}

function inOrder(members: Keywords): readonly string[] {
  const keywords = joinHashKeys([], members.keys());
  return [...keywords.filter((keyword) => !LAST.includes(keyword)), ...LAST.filter((keyword) => members.has(keyword))];
}
