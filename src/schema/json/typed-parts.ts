/**
 * The demands of a schema that are about values of one type: of the types that it names, and of keywords of types that it
 * does not name.
 */
import { type Draft, isModern } from './drafts.ts';
import { type Keywords, refuse } from './keyword-values.ts';
import { type LoadChild, readArrayBody, readNumberBody, readObjectBody, readStringBody } from './schema-bodies.ts';
import type { CombinedBody, SchemaBody } from './schema-node.ts';
import {
  demandsAmong,
  isTypedKind,
  keywordsInTypeList,
  keywordsOf,
  TYPED_KINDS,
  type TypedKind,
} from './typed-keywords.ts';

/** One of the demands of a schema, with the keywords that may be part of it. */
export interface Part {
  readonly body: SchemaBody;
  readonly keywords: readonly string[];
}

export function* readTypedParts(members: Keywords, draft: Draft, loadChild: LoadChild): Generator<Part> {
  const read = (kind: TypedKind, from: Keywords, requiresInteger = false): SchemaBody => {
    if (kind === 'array') return readArrayBody(from, draft, loadChild);
    if (kind === 'object') return readObjectBody(from, draft, loadChild);
    return kind === 'number' ? readNumberBody(from, draft, requiresInteger) : readStringBody(from, draft);
  };
  const names = readTypes(members);
  const kinds = new Set(names?.map(kindOf).filter(isTypedKind));
  const ofNamed = [...kinds].flatMap((kind) => demandsAmong(members, keywordsOf(kind, draft), draft));
  const isList = members.get('type')?.kind === 'array';
  const inside = isList && isModern(draft) ? keywordsInTypeList(members, kinds, draft) : ofNamed;
  if (names !== undefined) {
    const outside = new Set(ofNamed).difference(new Set(inside));
    const told = new Set<TypedKind>();
    const bodies = names.map((name): SchemaBody => {
      const kind = kindOf(name);
      if (!isTypedKind(kind)) return { kind };
      // Of `integer` and `number` in one list the newer library's translation tells the first one only.
      const isTold = isModern(draft) && told.has(kind);
      told.add(kind);
      return read(kind, isTold ? new Map() : without(members, outside), name === 'integer');
    });
    const contents = names.map((name) => TYPE_NAMES.indexOf(name));
    const [only] = bodies;
    const body = only === undefined || isList ? combine('anyOf', bodies, contents) : only;
    yield { body, keywords: ['type', ...inside] };
  }
  // Keywords that `type` does not account for make a demand of their own.
  for (const kind of TYPED_KINDS) {
    const keywords = demandsAmong(members, keywordsOf(kind, draft), draft).filter((word) => !inside.includes(word));
    if (keywords.length > 0) yield { body: read(kind, without(members, new Set(inside))), keywords };
  }
}

/** A schema made of several demands, which have no text of their own. */
export function combine(
  criterion: CombinedBody['criterion'],
  bodies: readonly SchemaBody[],
  contents: readonly number[],
): CombinedBody {
  const schemas = bodies.map((body) => ({ body, hasDefault: false }));
  return { kind: 'combined', criterion, joinsKinds: false, schemas, contents };
}

const TYPE_NAMES = ['string', 'integer', 'number', 'boolean', 'null', 'array', 'object'];

function readTypes(members: Keywords): readonly string[] | undefined {
  const type = members.get('type');
  if (type === undefined) return undefined;
  if (type.kind === 'string') return [type.value];
  if (type.kind !== 'array') return refuse('type', 'a string or an array');
  return type.items.map((item) => (item.kind === 'string' ? item.value : refuse('type', 'an array of strings')));
}

function kindOf(name: string): TypedKind | 'boolean' | 'null' {
  const kind = name === 'integer' ? 'number' : name;
  return kind === 'boolean' || kind === 'null' || isTypedKind(kind) ? kind : refuse('type', 'a known type');
}

function without(members: Keywords, keywords: ReadonlySet<string>): Keywords {
  return keywords.size === 0 ? members : new Map([...members].filter(([keyword]) => !keywords.has(keyword)));
}
