/**
 * Turns a text into the schema that is compared, or finds out that the registry would refuse it. Drafts 4 to 7 follow
 * the rules of the library that the registry loads them with (everit), 2019-09 and 2020-12 those of the other
 * (json-sKema). Only what can be reached is looked at: a wrong `definitions` entry that nothing refers to is accepted.
 */
import { type ContentTable, contentOf, makeContentTable } from './content-table.ts';
import { type Draft, draftOf, isModern } from './drafts.ts';
import { documentAt, findReferenced, type Library, type Place } from './find-referenced.ts';
import type { JsonNode, JsonObject } from './json-node.ts';
import { InvalidSchema, readArray, readBoolean, readString, refuse } from './keyword-values.ts';
import { isJavaUri, resolveAddress } from './reference-uri.ts';
import {
  arrayKeywords,
  numberKeywords,
  objectKeywords,
  readArrayBody,
  readNumberBody,
  readObjectBody,
  readStringBody,
  stringKeywords,
} from './schema-bodies.ts';
import { baseInside, type Located, locateRoot, makeDocument, type SchemaDocument } from './schema-document.ts';
import type { CombinedBody, SchemaBody, SchemaNode } from './schema-node.ts';
import { writeSortedJson } from './write-json.ts';

interface Loading extends Library {
  readonly draft: Draft;
  /** What references lead to, by address: the same for all of them, which is where cycles close. */
  readonly targets: Map<string, SchemaNode>;
  readonly contents: ContentTable;
  /** Nodes whose demands are not read yet. A list, so that no depth of nesting ends the stack. */
  readonly waiting: PendingNode[];
}

interface PendingNode extends SchemaNode {
  body: SchemaBody;
  readonly at: Located;
}

const UNREAD: SchemaBody = { kind: 'empty' };

/** `reason`: why the registry's loaders refuse the schema, for people. */
export type LoadedSchema = { readonly schema: SchemaNode } | { readonly reason: string };

/**
 * @param texts what the schema's references stand for, by name.
 */
export function loadSchema(root: JsonNode, texts: ReadonlyMap<string, string>): LoadedSchema {
  try {
    return { schema: load(root, texts) };
  } catch (error) {
    if (error instanceof InvalidSchema) return { reason: error.message };
    throw error;
  }
}

function load(root: JsonNode, texts: ReadonlyMap<string, string>): SchemaNode {
  const draft = draftOf(root) ?? refuse('$schema', 'a string');
  const rules = { idKeyword: draft === 'draft-04' ? 'id' : '$id', embedsResources: isModern(draft) };
  const document = makeDocument(root, undefined);
  const base = baseInside(locateRoot(document), rules);
  if (base !== undefined && !isJavaUri(base)) refuse(rules.idKeyword, 'an address');
  const byAddress = new Map([...texts].map(([name, text]) => [resolveAddress(base, name), text]));
  const loading: Loading = {
    draft,
    rules,
    texts: byAddress,
    documents: new Map(),
    targets: new Map(),
    contents: makeContentTable(),
    waiting: [],
  };
  // The older library parses every text that is referred to, used or not, and takes objects only.
  if (!isModern(draft)) for (const address of byAddress.keys()) documentAt(loading, address);
  const node = makeNode(loading, locateRoot(document));
  for (let next = loading.waiting.pop(); next !== undefined; next = loading.waiting.pop()) {
    next.body = readBody(loading, next.at);
  }
  return node;
}

function makeNode(loading: Loading, at: Located): SchemaNode {
  const { json } = at;
  const hasDefault = json.kind === 'object' && json.members.has('default');
  const node: PendingNode = { body: UNREAD, hasDefault, at };
  loading.waiting.push(node);
  return node;
}

function readBody(loading: Loading, at: Located): SchemaBody {
  const { json } = at;
  if (json.kind === 'boolean') return { kind: json.value ? 'empty' : 'false' };
  if (json.kind !== 'object') throw new InvalidSchema('a schema is neither an object nor a boolean');
  const draft = draftAt(loading, at.document);
  checkAnnotations(loading, draft, json);
  const parts = [...readParts(loading, draft, json, at)];
  const [only] = parts;
  if (only === undefined) return { kind: 'empty' };
  return parts.length === 1 ? only : combine('allOf', parts, [...parts.keys()]);
}

/** A document that is referred to may be of another draft than the one that refers to it. */
function draftAt(loading: Loading, document: SchemaDocument): Draft {
  if (document.address === undefined || isModern(loading.draft)) return loading.draft;
  const named = document.root.kind === 'object' && document.root.members.has('$schema');
  const draft = draftOf(document.root) ?? refuse('$schema', 'a string');
  return named && !isModern(draft) ? draft : loading.draft;
}

function checkAnnotations(loading: Loading, draft: Draft, { members }: JsonObject): void {
  for (const keyword of [loading.rules.idKeyword, 'title', 'description']) readString(members, keyword);
  if (draft !== 'draft-07' && !isModern(draft)) return;
  for (const keyword of ['readOnly', 'writeOnly']) readBoolean(members, keyword);
}

/** A schema made of several demands, which have no text of their own. */
function combine(
  criterion: CombinedBody['criterion'],
  bodies: readonly SchemaBody[],
  contents: readonly number[],
): CombinedBody {
  return { kind: 'combined', criterion, schemas: bodies.map((body) => ({ body, hasDefault: false })), contents };
}

/** What a schema demands, kind by kind. */
function* readParts(loading: Loading, draft: Draft, json: JsonObject, at: Located): Generator<SchemaBody> {
  const { members } = json;
  const base = baseInside(at, loading.rules);
  const loadChild = (child: JsonNode) => makeNode(loading, { json: child, base, document: at.document });

  for (const keyword of isModern(draft) ? ['$ref', '$dynamicRef'] : ['$ref']) {
    const ref = readString(members, keyword);
    if (ref === undefined) continue;
    yield { kind: 'reference', target: resolveReference(loading, ref, { base, document: at.document }) };
    // Until draft 7 a reference hides all that stands beside it.
    if (!isModern(draft)) return;
  }

  const values = readArray(members, 'enum');
  if (values !== undefined) {
    yield { kind: 'enum', values: new Set(values.items.map(writeSortedJson)) };
  }
  for (const criterion of ['allOf', 'anyOf', 'oneOf'] as const) {
    const schemas = readArray(members, criterion);
    if (schemas === undefined) continue;
    const contents = schemas.items.map((item) => contentOf(loading.contents, item));
    yield { kind: 'combined', criterion, schemas: schemas.items.map(loadChild), contents };
  }
  const not = members.get('not');
  if (not !== undefined) yield { kind: 'not', schema: loadChild(not) };
  const constant = draft === 'draft-04' ? undefined : members.get('const');
  if (constant !== undefined) yield { kind: 'const', value: writeSortedJson(constant) };

  const read = (kind: TypedKind, requiresInteger = false): SchemaBody => {
    if (kind === 'array') return readArrayBody(members, draft, loadChild);
    if (kind === 'object') return readObjectBody(members, draft, loadChild);
    return kind === 'number' ? readNumberBody(members, draft, requiresInteger) : readStringBody(members);
  };
  const typed = new Set<TypedKind>();
  const readType = (name: string): SchemaBody => {
    const kind = name === 'integer' ? 'number' : name;
    if (kind === 'boolean' || kind === 'null') return { kind };
    if (!isTypedKind(kind)) return refuse('type', 'a known type');
    typed.add(kind);
    return read(kind, name === 'integer');
  };
  const type = members.get('type');
  if (type?.kind === 'string') {
    yield readType(type.value);
  } else if (type?.kind === 'array') {
    const names = type.items.map((item) =>
      item.kind === 'string' ? item.value : refuse('type', 'an array of strings'),
    );
    const bodies = names.map(readType);
    const contents = names.map((name) => TYPE_NAMES.indexOf(name));
    yield combine('anyOf', bodies, contents);
  } else if (type !== undefined) {
    refuse('type', 'a string or an array');
  }
  // Keywords of a kind that `type` does not name make a demand of their own.
  for (const kind of TYPED_KINDS) {
    if (!typed.has(kind) && keywordsOf(kind, draft).some((keyword) => members.has(keyword))) yield read(kind);
  }
  yield* readConditional(draft, json, loadChild);
  if (isModern(draft)) checkUnevaluated(json, loadChild);
}

const TYPE_NAMES = ['string', 'integer', 'number', 'boolean', 'null', 'array', 'object'];

type TypedKind = 'array' | 'object' | 'number' | 'string';

const TYPED_KINDS: readonly TypedKind[] = ['array', 'object', 'number', 'string'];

function isTypedKind(name: string): name is TypedKind {
  return TYPED_KINDS.some((kind) => kind === name);
}

function keywordsOf(kind: TypedKind, draft: Draft): readonly string[] {
  if (kind === 'array') return arrayKeywords(draft);
  if (kind === 'object') return objectKeywords(draft);
  return kind === 'number' ? numberKeywords() : stringKeywords();
}

function* readConditional(draft: Draft, { members }: JsonObject, loadChild: LoadChild): Generator<SchemaBody> {
  if (draft === 'draft-04' || draft === 'draft-06') return;
  const schemas = ['if', 'then', 'else'].map((keyword) => members.get(keyword)).filter((json) => json !== undefined);
  if (schemas.length === 0) return;
  for (const json of schemas) loadChild(json);
  yield { kind: 'conditional' };
}

type LoadChild = (json: JsonNode) => SchemaNode;

/** Must be schemas, and are never compared (observed). */
function checkUnevaluated({ members }: JsonObject, loadChild: LoadChild): void {
  for (const keyword of ['unevaluatedItems', 'unevaluatedProperties']) {
    const json = members.get(keyword);
    if (json !== undefined) loadChild(json);
  }
}

function resolveReference(loading: Loading, ref: string, place: Place): SchemaNode {
  const address = resolveAddress(place.base, ref);
  const known = loading.targets.get(address);
  if (known !== undefined) return known;
  const found = findReferenced(loading, ref, address, place);
  if (found === undefined) throw new InvalidSchema(`\`$ref\` leads nowhere: ${ref}`);
  const target = makeNode(loading, found);
  loading.targets.set(address, target);
  return target;
}
